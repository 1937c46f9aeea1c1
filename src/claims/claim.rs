//! A claim of the article, and the verdict that follows from its evidence.

use serde::{Deserialize, Serialize};

use super::measurement::{Measurement, Reading};
use crate::error::{Error, Result};
use crate::report::Table;
use crate::report::format::short;

/// A claim of the article.
#[derive(Debug, Clone, Copy)]
pub struct Claim {
    /// Section and letter, as in `3.1.a`.
    pub id: &'static str,
    /// What the article says, in other words.
    pub paraphrase: &'static str,
    /// The rule that decides the verdict, in words.
    pub rule: &'static str,
    /// File and line that define the claim, for errors.
    pub(super) place: &'static str,
    /// Measures the evidence.
    pub(super) measure: fn() -> Result<Vec<Measurement>>,
}

/// Whether a claim is true.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// The claim is true as written.
    #[serde(rename = "holds")]
    Holds,
    /// The claim is false as written, and true in the repaired reading.
    #[serde(rename = "holds when repaired")]
    HoldsWhenRepaired,
    /// The claim is false, also in the repaired reading if there is one.
    #[serde(rename = "refuted")]
    Refuted,
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Verdict::Holds => "holds",
            Verdict::HoldsWhenRepaired => "holds when repaired",
            Verdict::Refuted => "refuted",
        })
    }
}

/// A claim with its verdict and evidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Id of the claim, as [`Claim::id`].
    pub id: String,
    /// Section of the article: the id without its letter.
    pub section: String,
    /// What the article says, as [`Claim::paraphrase`].
    pub paraphrase: String,
    /// Verdict that follows from the evidence.
    pub verdict: Verdict,
    /// Rule that decides the verdict, as [`Claim::rule`].
    pub rule: String,
    /// All measurements.
    pub evidence: Vec<Measurement>,
}

impl Claim {
    /// The section of the article that makes the claim, as in `3.1`.
    pub fn section(&self) -> &'static str {
        self.id
            .rsplit_once('.')
            .map_or(self.id, |(section, _)| section)
    }

    /// Measures the evidence and derives the verdict.
    ///
    /// # Errors
    /// [`Error::Claim`] when a measurement is not finite, or when nothing was measured as written; the
    /// errors of training a network.
    pub fn decide(&self) -> Result<Finding> {
        let evidence = (self.measure)()?;
        Ok(Finding {
            id: self.id.into(),
            section: self.section().into(),
            paraphrase: self.paraphrase.into(),
            verdict: self.verdict(&evidence)?,
            rule: self.rule.into(),
            evidence,
        })
    }

    fn verdict(&self, evidence: &[Measurement]) -> Result<Verdict> {
        let error = |problem: String| Error::Claim {
            place: self.place.into(),
            id: self.id.into(),
            problem,
        };
        if let Some(m) = evidence.iter().find(|m| !m.value.is_finite()) {
            return Err(error(format!("\"{}\" is {}", m.name, m.value)));
        }
        let of = |reading| evidence.iter().filter(move |m| m.reading == reading);
        if of(Reading::AsWritten).next().is_none() {
            return Err(error(
                "no measurement tests the claim in its original wording".into(),
            ));
        }
        let holds = |reading| of(reading).next().is_some() && of(reading).all(|m| m.met);
        Ok(if holds(Reading::AsWritten) {
            Verdict::Holds
        } else if holds(Reading::Repaired) {
            Verdict::HoldsWhenRepaired
        } else {
            Verdict::Refuted
        })
    }
}

impl std::fmt::Display for Claim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}  {}\nRule: {}", self.id, self.paraphrase, self.rule)
    }
}

impl Finding {
    /// The evidence as a table, with the verdict in its caption.
    pub fn table(&self) -> Table {
        let caption = format!(
            "{} {}: {}. {}",
            self.id, self.paraphrase, self.verdict, self.rule
        );
        let table = Table::new(
            &caption,
            &["measured", "value", "unit", "expected", "", "reading"],
        );
        self.evidence.iter().fold(table, |table, m| {
            let (met, reading) = match (m.reading, m.met) {
                (Reading::Context, _) => ("", "context"),
                (Reading::AsWritten, true) => ("✓", "as written"),
                (Reading::AsWritten, false) => ("✗", "as written"),
                (Reading::Repaired, true) => ("✓", "repaired"),
                (Reading::Repaired, false) => ("✗", "repaired"),
            };
            table.row([
                &m.name,
                &short(m.value),
                &m.unit,
                &m.expectation,
                met,
                reading,
            ])
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims::{CLAIMS, Expected};

    fn verdict(evidence: &[Measurement]) -> Result<Verdict> {
        CLAIMS[0].verdict(evidence)
    }

    #[test]
    fn the_verdict_follows_from_the_measurements() {
        let good = |r| Measurement::new(r, "x", 1.0, "", Expected::AtLeast(0.5));
        let bad = |r| Measurement::new(r, "x", 1.0, "", Expected::AtMost(0.5));
        let (w, r) = (Reading::AsWritten, Reading::Repaired);
        assert_eq!(verdict(&[good(w), bad(r)]).unwrap(), Verdict::Holds);
        assert_eq!(verdict(&[good(w), bad(w)]).unwrap(), Verdict::Refuted);
        assert_eq!(
            verdict(&[bad(w), good(r)]).unwrap(),
            Verdict::HoldsWhenRepaired
        );
        assert_eq!(
            verdict(&[bad(w), good(r), bad(r)]).unwrap(),
            Verdict::Refuted
        );
        assert!(verdict(&[good(r)]).is_err());
    }

    #[test]
    fn evidence_that_is_not_finite_is_an_error() {
        let m = Measurement::written("the mean", f64::NAN, "", Expected::AtMost(1.0));
        let message = verdict(&[m]).unwrap_err().to_string();
        for words in [
            "src/claims/model_structure.rs:",
            "3.1.a",
            "\"the mean\" is NaN",
        ] {
            assert!(message.contains(words), "{message}");
        }
    }

    #[test]
    fn ids_are_unique_and_in_order() {
        assert!(CLAIMS.windows(2).all(|pair| pair[0].id < pair[1].id));
        assert_eq!(Claim::named("3.2.e").unwrap().section(), "3.2");
    }
}
