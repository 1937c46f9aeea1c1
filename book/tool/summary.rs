//! The chapters of the book, in the order of `SUMMARY.md`.

/// Returns the Markdown files that a summary links to, each with its line number from 1.
pub fn chapters(summary: &str) -> Vec<(usize, String)> {
    let link = |line: &str| {
        let (_, target) = line.split_once("](")?;
        let (target, _) = target.split_once(')')?;
        let target = target.strip_prefix("./").unwrap_or(target);
        target.ends_with(".md").then(|| target.to_owned())
    };
    let lines = summary.lines().zip(1..);
    lines
        .filter_map(|(line, at)| Some((at, link(line)?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chapters_are_listed_in_order_without_drafts() {
        let summary = "# Summary\n\n[Start](start.md)\n\n- [One](./one.md)\n  - [Later]()\n  - [Two](two.md)\n";
        let expected = [(3, "start.md"), (5, "one.md"), (7, "two.md")];
        assert_eq!(
            chapters(summary),
            expected.map(|(at, name)| (at, name.to_owned()))
        );
    }
}
