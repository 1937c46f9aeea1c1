//! Tables of claims: a line `{{#claims 3.1}}` of a chapter becomes the table of the claims of section 3.1.

use serde::Deserialize;

use crate::chapter::Chapter;
use crate::finding::Finding;
use crate::html::escape;

/// File with the claims, relative to the project's directory.
pub const FILE: &str = "book/src/claims.json";
/// What to do about a ledger that is missing or out of date.
const MAKE: &str = "run `just claims`";

/// The claims with their verdicts and evidence.
#[derive(Debug, Deserialize)]
pub struct Ledger {
    claims: Vec<Claim>,
}

#[derive(Debug, Deserialize)]
struct Claim {
    id: String,
    section: String,
    paraphrase: String,
    verdict: Verdict,
    evidence: Vec<Evidence>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
enum Verdict {
    #[serde(rename = "holds")]
    Holds,
    #[serde(rename = "holds when repaired")]
    Repaired,
    #[serde(rename = "refuted")]
    Refuted,
}

#[derive(Debug, Deserialize)]
struct Evidence {
    name: String,
    /// `None` for a number that is not finite, which JSON cannot hold.
    value: Option<f64>,
    unit: String,
    expectation: String,
    met: bool,
}

/// A line of a chapter that is replaced by the table of a section.
#[derive(Debug, Clone, PartialEq)]
pub struct Marker {
    /// Index of the line, from 0.
    pub index: usize,
    /// Section of the article, such as `3.1`.
    pub section: String,
}

/// Returns the markers of a chapter. Those inside code blocks do not count.
pub fn markers(chapter: &Chapter) -> Vec<Marker> {
    let section = |line: &str| {
        let section = line.trim().strip_prefix("{{#claims")?.strip_suffix("}}")?;
        Some(section.trim().to_owned())
    };
    let prose = chapter.prose();
    prose
        .filter_map(|(index, line)| section(line).map(|section| Marker { index, section }))
        .collect()
}

impl Ledger {
    /// Reads the text of `book/src/claims.json`.
    ///
    /// # Errors
    /// The text is not the output of `ganscope claims --json`.
    pub fn parse(json: &str) -> Result<Self, Finding> {
        serde_json::from_str(json).map_err(|e| {
            let message =
                format!("this is not the output of `ganscope claims --json`: {e}; {MAKE}");
            Finding::new(FILE, e.line().max(1), message)
        })
    }

    /// Returns the table of a section as HTML without blank lines.
    ///
    /// # Errors
    /// There is no claim of this section, or the value of some evidence is missing.
    pub fn table(&self, section: &str) -> Result<String, String> {
        let mut rows = Vec::new();
        for claim in self.claims.iter().filter(|claim| claim.section == section) {
            rows.push(claim.row()?);
        }
        if rows.is_empty() {
            return Err(format!(
                "{FILE} has no claim of section `{section}`; correct the section, or {MAKE}"
            ));
        }
        Ok(format!(
            "<div class=\"table-wrapper\"><table class=\"claims\">\n<thead><tr><th>id</th><th>claim</th><th>verdict</th><th>evidence</th></tr></thead>\n\
             <tbody>\n{}\n</tbody>\n</table></div>",
            rows.join("\n")
        ))
    }
}

/// Returns the table that replaces a marker.
///
/// # Errors
/// There is no ledger; the errors of [`Ledger::table`].
pub fn table(file: &str, marker: &Marker, ledger: Option<&Ledger>) -> Result<String, Finding> {
    let table = match ledger {
        Some(ledger) => ledger.table(&marker.section),
        None => Err(format!("{FILE} does not exist; {MAKE}")),
    };
    table.map_err(|message| Finding::new(file, marker.index + 1, message))
}

impl Claim {
    fn row(&self) -> Result<String, String> {
        let evidence: Result<Vec<String>, String> =
            self.evidence.iter().map(|e| e.line(&self.id)).collect();
        let (class, verdict) = match self.verdict {
            Verdict::Holds => ("holds", "holds"),
            Verdict::Repaired => ("repaired", "holds when repaired"),
            Verdict::Refuted => ("refuted", "refuted"),
        };
        Ok(format!(
            "<tr><td>{}</td><td>{}</td><td class=\"verdict {class}\">{verdict}</td><td><ul>{}</ul></td></tr>",
            one_line(&self.id),
            one_line(&self.paraphrase),
            evidence?.concat()
        ))
    }
}

impl Evidence {
    fn line(&self, claim: &str) -> Result<String, String> {
        let Self { name, unit, .. } = self;
        let Some(value) = self.value.filter(|value| value.is_finite()) else {
            return Err(format!(
                "claim {claim}: the evidence `{name}` in {FILE} is not a finite number; correct the claim, then {MAKE}"
            ));
        };
        let unit = if unit.is_empty() {
            String::new()
        } else {
            format!(" {}", one_line(unit))
        };
        let measured = format!("{}: {}{unit}", one_line(name), number(value));
        // Evidence without an expectation is context and does not decide the verdict.
        if self.expectation.is_empty() {
            return Ok(format!("<li>{measured}</li>"));
        }
        let mark = if self.met { "✓" } else { "✗" };
        let expectation = one_line(&self.expectation);
        Ok(format!(
            "<li>{measured} (expected {expectation}) {mark}</li>"
        ))
    }
}

fn one_line(text: &str) -> String {
    escape(text)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

/// Formats a number with four significant digits.
fn number(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 || value.fract() == 0.0 && size < 1e6 {
        return format!("{value}");
    }
    if !(1e-3..1e6).contains(&size) {
        return format!("{value:.3e}");
    }
    // Enough decimals for four significant digits, without trailing zeros.
    let decimals = 3 - size.log10().floor() as i32;
    let text = format!("{value:.*}", decimals.max(0) as usize);
    let trimmed = text.trim_end_matches('0').trim_end_matches('.');
    if text.contains('.') {
        trimmed.to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_four_significant_digits() {
        let cases = [
            (0.0, "0"),
            (12.0, "12"),
            (0.1, "0.1"),
            (std::f64::consts::LN_2, "0.6931"),
            (-1234.56, "-1235"),
            (1200.4, "1200"),
            (0.000_123_45, "1.234e-4"),
            (3.5e7, "3.500e7"),
        ];
        for (value, text) in cases {
            assert_eq!(number(value), text);
        }
    }
}
