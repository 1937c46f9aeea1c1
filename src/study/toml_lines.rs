//! Line numbers of the tables in a TOML file, for error messages.

use std::ops::Range;

/// Returns the lines, from 0, of a table with the tables inside it. For an array of tables, these are the lines of its
/// element `nth`.
pub(super) fn table_lines(text: &str, name: &str, nth: usize) -> Range<usize> {
    let header = |line: &str| {
        let line = line.split('#').next()?.trim().replace(['"', ' '], "");
        let inner = line.strip_prefix('[')?.strip_suffix(']')?;
        let item = inner.strip_prefix('[').and_then(|i| i.strip_suffix(']'));
        let path = item.unwrap_or(inner);
        let own = path.strip_prefix(name);
        let own = own.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        Some((own, item == Some(name)))
    };
    let headers = text.lines().enumerate();
    let mut headers = headers.filter_map(|(at, line)| Some((at, header(line)?)));
    let array = text.lines().filter_map(header).any(|(_, item)| item);
    let start = if array {
        headers.by_ref().filter(|(_, (_, item))| *item).nth(nth)
    } else {
        headers.by_ref().find(|(_, (own, _))| *own)
    };
    let Some((start, _)) = start else {
        return 0..0;
    };
    let end = headers.find(|(_, (own, item))| !own || *item);
    start..end.map_or(text.lines().count(), |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_of_a_table_end_where_the_next_table_begins() {
        let text = "base.steps = 3\n[recipe.\"wgan-gp\"]\na = 1\n[[variants]]\nname = 'x'\n\
                    [variants.optimizer.generator] # G\nlr = 1\n[[variants]]\nname = 'y'\n";
        let cases = [
            ("base", 0, 0..0),
            ("recipe.wgan-gp", 0, 1..3),
            ("recipe.wgan", 0, 0..0),
            ("variants", 0, 3..7),
            ("variants", 1, 7..9),
            ("variants", 2, 0..0),
        ];
        for (name, nth, expected) in cases {
            assert_eq!(table_lines(text, name, nth), expected, "{name} {nth}");
        }
    }
}
