//! Quantities, estimators, and which fits which.

use serde::{Serialize, Serializer};

use crate::error::{Error, Result, unknown};
use crate::info::discrete::Estimator;

/// What can be asked of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// H(x).
    Entropy,
    /// H(p, q).
    CrossEntropy,
    /// KL(p‖q).
    Kl,
    /// JSD(p‖q).
    Js,
    /// I(x; y).
    Mi,
    /// H(y | x).
    ConditionalEntropy,
    /// I(x; y | z).
    ConditionalMi,
}

impl Quantity {
    /// All.
    pub const ALL: [Quantity; 7] = [
        Quantity::Entropy,
        Quantity::CrossEntropy,
        Quantity::Kl,
        Quantity::Js,
        Quantity::Mi,
        Quantity::ConditionalEntropy,
        Quantity::ConditionalMi,
    ];

    /// By its [`name`](Self::name).
    ///
    /// # Errors
    /// [`Error::Usage`] with the nearest name.
    pub fn named(name: &str) -> Result<Quantity> {
        let found = Quantity::ALL.into_iter().find(|q| q.name() == name);
        found.ok_or_else(|| unknown("quantity", name, &Quantity::ALL.map(Quantity::name)))
    }

    /// `entropy`, `cross-entropy`, …
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

    /// What it is of, in order.
    pub fn variables(self) -> &'static [&'static str] {
        match self {
            Quantity::Entropy => &["x"],
            Quantity::CrossEntropy | Quantity::Kl | Quantity::Js => &["p", "q"],
            Quantity::Mi | Quantity::ConditionalEntropy => &["x", "y"],
            Quantity::ConditionalMi => &["x", "y", "z"],
        }
    }

    /// Compares two samples, rather than variables of one.
    pub fn of_two_samples(self) -> bool {
        self.variables() == ["p", "q"]
    }

    /// The estimators that fit.
    pub fn methods(self) -> Vec<Method> {
        use Method::*;
        let counts = Method::COUNTS.into_iter();
        let others: &[Method] = match self {
            Quantity::Entropy => &[KozachenkoLeonenko, Gaussian, Histogram, Kernel],
            Quantity::CrossEntropy | Quantity::Kl => {
                return vec![PlugIn, Dirichlet, WangKulkarniVerdu];
            }
            Quantity::Js => return vec![PlugIn, Ross, GaoMixture],
            Quantity::Mi => &[Ksg1, Ksg2, Lnc, Ross, GaoMixture, Gaussian, Histogram],
            Quantity::ConditionalEntropy => &[Ksg1, Ksg2, Lnc, Ross, GaoMixture, Gaussian],
            Quantity::ConditionalMi => &[FrenzelPompe, MesnerShalizi, Gaussian],
        };
        counts.chain(others.iter().copied()).collect()
    }

    /// The estimator of this name, if it fits.
    ///
    /// # Errors
    /// [`Error::Usage`] with the nearest name, and all that fit.
    pub fn method(self, name: &str) -> Result<Method> {
        let fitting = self.methods();
        if let Some(found) = fitting.iter().find(|method| method.name() == name) {
            return Ok(*found);
        }
        let mut names = vec!["auto"];
        names.extend(fitting.iter().map(|method| method.name()));
        match Method::ALL.iter().any(|method| method.name() == name) {
            true => Err(Error::Usage(format!(
                "{name} does not measure {}; what does: {}",
                self.name(),
                names.join(", ")
            ))),
            false => Err(unknown(
                &format!("estimator of {}", self.name()),
                name,
                &names,
            )),
        }
    }
}

/// An estimator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the estimator that its name says")]
pub enum Method {
    PlugIn,
    MillerMadow,
    Grassberger,
    ChaoShen,
    Dirichlet,
    Nsb,
    KozachenkoLeonenko,
    WangKulkarniVerdu,
    Ksg1,
    Ksg2,
    Lnc,
    Ross,
    GaoMixture,
    FrenzelPompe,
    MesnerShalizi,
    Gaussian,
    Histogram,
    Kernel,
}

impl Method {
    const COUNTS: [Method; 6] = [
        Method::PlugIn,
        Method::MillerMadow,
        Method::Grassberger,
        Method::ChaoShen,
        Method::Dirichlet,
        Method::Nsb,
    ];

    const ALL: [Method; 18] = [
        Method::PlugIn,
        Method::MillerMadow,
        Method::Grassberger,
        Method::ChaoShen,
        Method::Dirichlet,
        Method::Nsb,
        Method::KozachenkoLeonenko,
        Method::WangKulkarniVerdu,
        Method::Ksg1,
        Method::Ksg2,
        Method::Lnc,
        Method::Ross,
        Method::GaoMixture,
        Method::FrenzelPompe,
        Method::MesnerShalizi,
        Method::Gaussian,
        Method::Histogram,
        Method::Kernel,
    ];

    /// As in a protocol.
    pub fn name(self) -> &'static str {
        match self {
            Method::PlugIn => "plug-in",
            Method::MillerMadow => "miller-madow",
            Method::Grassberger => "grassberger",
            Method::ChaoShen => "chao-shen",
            Method::Dirichlet => "dirichlet",
            Method::Nsb => "nsb",
            Method::KozachenkoLeonenko => "kozachenko-leonenko",
            Method::WangKulkarniVerdu => "wang-kulkarni-verdu",
            Method::Ksg1 => "ksg-1",
            Method::Ksg2 => "ksg-2",
            Method::Lnc => "lnc",
            Method::Ross => "ross",
            Method::GaoMixture => "gao-mixture",
            Method::FrenzelPompe => "frenzel-pompe",
            Method::MesnerShalizi => "mesner-shalizi",
            Method::Gaussian => "gaussian",
            Method::Histogram => "histogram",
            Method::Kernel => "kernel",
        }
    }

    /// Of those from counts: how. Dirichlet's prior is Jeffreys'.
    pub(super) fn counts(self) -> Option<Estimator> {
        match self {
            Method::PlugIn => Some(Estimator::PlugIn),
            Method::MillerMadow => Some(Estimator::MillerMadow),
            Method::Grassberger => Some(Estimator::Grassberger),
            Method::ChaoShen => Some(Estimator::ChaoShen),
            Method::Dirichlet => Some(Estimator::Dirichlet(super::apply::JEFFREYS)),
            Method::Nsb => Some(Estimator::Nsb),
            _ => None,
        }
    }

    /// Looks for neighbours.
    pub fn has_neighbours(self) -> bool {
        use Method::*;
        self.counts().is_none() && !matches!(self, Gaussian | Histogram | Kernel)
    }

    /// Noise can make numbers of rounded ones for it.
    pub(super) fn breaks_ties(self) -> bool {
        self.has_neighbours() && !self.takes_mixtures()
    }

    /// Variables may be of any kind.
    pub(super) fn takes_mixtures(self) -> bool {
        matches!(self, Method::GaoMixture | Method::MesnerShalizi)
    }

    /// An observation drawn twice would mislead it.
    pub(super) fn minds_copies(self) -> bool {
        self.has_neighbours() || self == Method::Kernel
    }
}

impl Serialize for Method {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
