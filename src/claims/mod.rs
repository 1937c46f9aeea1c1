//! The ledger: each claim of the article, decided by evidence that is computed.
//!
//! A claim has measurements of two kinds: of the article's words and formulas *as written*, and of a
//! *repaired* reading where there is one. Each states what it is expected to be if the reading is
//! true. The verdict follows: all of the first kind met, the claim **holds**; else all of the second
//! kind met, it **holds when repaired**; else it is **refuted**. Measurements marked as context decide
//! nothing. A measurement that is not finite is an error, not a verdict.

mod ledger;
mod loss_functions;
mod model_structure;

pub use ledger::Ledger;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::report::Table;
use crate::report::format::short;

/// A claim of the article.
#[derive(Debug, Clone, Copy)]
pub struct Claim {
    /// `3.1.a`: section and letter.
    pub id: &'static str,
    /// What the article says, in our words.
    pub paraphrase: &'static str,
    /// When the verdict is what: the rule, in words.
    pub rule: &'static str,
    /// Where the claim is decided, for errors.
    place: &'static str,
    measure: fn() -> Result<Vec<Measurement>>,
}

/// All claims decided so far, in the article's order.
pub const CLAIMS: [Claim; 7] = [
    model_structure::OPTIMAL_DISCRIMINATOR,
    model_structure::FEEDBACK_IS_STABLE,
    loss_functions::D_MINIMISES,
    loss_functions::LABELS,
    loss_functions::MAXIMUM_LIKELIHOOD,
    loss_functions::JENSEN_SHANNON,
    loss_functions::L_G_TRAINS,
];

/// What was found out about a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// As written.
    #[serde(rename = "holds")]
    Holds,
    /// Not as written; in the repaired reading.
    #[serde(rename = "holds when repaired")]
    HoldsWhenRepaired,
    /// Neither.
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

/// What a measurement is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// The article's words and formulas.
    AsWritten,
    /// The repaired reading.
    Repaired,
    /// Neither: what one needs to know to understand the others.
    Context,
}

/// What a number should be if the reading is true.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Expected {
    /// At most this.
    AtMost(f64),
    /// At least this.
    AtLeast(f64),
}

impl Expected {
    fn met(self, value: f64) -> bool {
        match self {
            Expected::AtMost(bound) => value <= bound,
            Expected::AtLeast(bound) => value >= bound,
        }
    }
}

impl std::fmt::Display for Expected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Expected::AtMost(bound) => write!(f, "≤ {}", short(*bound)),
            Expected::AtLeast(bound) => write!(f, "≥ {}", short(*bound)),
        }
    }
}

/// One number of the evidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    /// What was measured, and how.
    pub name: String,
    /// As written, repaired, or context.
    pub reading: Reading,
    /// The number.
    pub value: f64,
    /// Its unit; empty for a pure number.
    pub unit: String,
    /// What it should be if the reading is true; empty for context.
    pub expectation: String,
    /// Whether it is.
    pub met: bool,
}

impl Measurement {
    fn new(reading: Reading, name: &str, value: f64, unit: &str, expected: Expected) -> Self {
        Measurement {
            name: name.into(),
            reading,
            value,
            unit: unit.into(),
            expectation: expected.to_string(),
            met: expected.met(value),
        }
    }

    fn written(name: &str, value: f64, unit: &str, expected: Expected) -> Self {
        Self::new(Reading::AsWritten, name, value, unit, expected)
    }

    fn repaired(name: &str, value: f64, unit: &str, expected: Expected) -> Self {
        Self::new(Reading::Repaired, name, value, unit, expected)
    }

    fn context(name: &str, value: f64, unit: &str) -> Self {
        Measurement {
            name: name.into(),
            reading: Reading::Context,
            value,
            unit: unit.into(),
            expectation: String::new(),
            met: true,
        }
    }
}

/// A claim decided.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// As [`Claim::id`].
    pub id: String,
    /// The section: the id without its letter.
    pub section: String,
    /// As [`Claim::paraphrase`].
    pub paraphrase: String,
    /// What follows from the evidence.
    pub verdict: Verdict,
    /// As [`Claim::rule`].
    pub rule: String,
    /// All that was measured.
    pub evidence: Vec<Measurement>,
}

impl Claim {
    /// The claim with that id.
    ///
    /// ```
    /// use ganscope::claims::{Claim, Verdict};
    /// let finding = Claim::named("3.2.d")?.decide()?;
    /// assert_eq!(finding.verdict, Verdict::Holds);
    /// assert!(Claim::named("3.2.x").unwrap_err().to_string().contains("unknown claim"));
    /// # Ok::<(), ganscope::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Usage`] naming the nearest.
    pub fn named(id: &str) -> Result<Claim> {
        let known = CLAIMS.map(|claim| claim.id);
        let found = CLAIMS.into_iter().find(|claim| claim.id == id);
        found.ok_or_else(|| crate::error::unknown("claim", id, &known))
    }

    /// The section of the article that makes it: `3.1`.
    pub fn section(&self) -> &'static str {
        self.id
            .rsplit_once('.')
            .map_or(self.id, |(section, _)| section)
    }

    /// Measures, and draws the conclusion.
    ///
    /// # Errors
    /// [`Error::Claim`] when a measurement is not finite, or nothing was measured as written;
    /// whatever training a network can give.
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
            return Err(error("nothing was measured of the claim as written".into()));
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
    /// The evidence as a table under the verdict.
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

    fn verdict(evidence: &[Measurement]) -> Result<Verdict> {
        CLAIMS[0].verdict(evidence)
    }

    #[test]
    fn the_rule_is_kept() {
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
    fn evidence_that_is_not_finite_decides_nothing() {
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
    fn ids_are_in_order_and_different() {
        assert!(CLAIMS.windows(2).all(|pair| pair[0].id < pair[1].id));
        assert_eq!(Claim::named("3.2.e").unwrap().section(), "3.2");
    }
}
