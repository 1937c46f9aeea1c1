//! The quantities that can be measured in a table.

use crate::error::{Error, Result, unknown};

/// Quantity to measure in a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// Entropy H(x), differential where x is continuous.
    Entropy,
    /// Cross-entropy H(p, q) of the distributions that two samples were drawn from.
    CrossEntropy,
    /// Kullback–Leibler divergence KL(p‖q).
    Kl,
    /// Jensen–Shannon divergence JSD(p‖q).
    Js,
    /// Mutual information I(x; y).
    Mi,
    /// Conditional entropy H(y | x).
    ConditionalEntropy,
    /// Conditional mutual information I(x; y | z).
    ConditionalMi,
}

impl Quantity {
    /// All quantities, in the order in which the help lists them.
    pub const ALL: [Quantity; 7] = [
        Quantity::Entropy,
        Quantity::Mi,
        Quantity::ConditionalEntropy,
        Quantity::ConditionalMi,
        Quantity::CrossEntropy,
        Quantity::Kl,
        Quantity::Js,
    ];

    /// The quantity of this [`name`](Self::name).
    ///
    /// # Errors
    /// [`Error::Usage`] with the nearest name for an unknown one.
    pub fn named(name: &str) -> Result<Quantity> {
        let found = Quantity::ALL.into_iter().find(|q| q.name() == name);
        found.ok_or_else(|| unknown("quantity", name, &Quantity::ALL.map(Quantity::name)))
    }

    /// The name on the command line and in JSON: `entropy`, `cross-entropy`, …
    pub fn name(self) -> &'static str {
        match self {
            Quantity::Entropy => "entropy",
            Quantity::CrossEntropy => "cross-entropy",
            Quantity::Kl => "kl",
            Quantity::Js => "js",
            Quantity::Mi => "mi",
            Quantity::ConditionalEntropy => "conditional-entropy",
            Quantity::ConditionalMi => "conditional-mi",
        }
    }

    /// One phrase that explains the quantity, with its formula.
    pub fn description(self) -> &'static str {
        match self {
            Quantity::Entropy => "H(x), differential where x is continuous",
            Quantity::CrossEntropy => {
                "H(p, q) of the distributions p and q that two files were drawn from"
            }
            Quantity::Kl => "KL(p‖q), the Kullback–Leibler divergence",
            Quantity::Js => "JSD(p‖q), the Jensen–Shannon divergence; at most 1 bit",
            Quantity::Mi => "I(x; y), the mutual information",
            Quantity::ConditionalEntropy => {
                "H(y | x), the uncertainty in y that remains once x is known"
            }
            Quantity::ConditionalMi => "I(x; y | z), the mutual information once z is known",
        }
    }

    /// Names of the variables that the quantity is a function of, in order.
    pub fn variables(self) -> &'static [&'static str] {
        match self {
            Quantity::Entropy => &["x"],
            Quantity::CrossEntropy | Quantity::Kl | Quantity::Js => &["p", "q"],
            Quantity::Mi | Quantity::ConditionalEntropy => &["x", "y"],
            Quantity::ConditionalMi => &["x", "y", "z"],
        }
    }

    /// Whether the quantity compares two samples, p and q, rather than variables of one sample.
    pub fn compares_samples(self) -> bool {
        self.variables() == ["p", "q"]
    }

    /// Refuses a number of variables that the quantity is not a function of.
    pub(in crate::info) fn expects(self, given: usize) -> Result<()> {
        let names = self.variables();
        if given == names.len() {
            return Ok(());
        }
        Err(Error::Usage(format!(
            "{} needs the variables {}, but {given} were given",
            self.name(),
            names.join(", ")
        )))
    }
}
