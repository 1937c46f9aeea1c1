//! Disentanglement, completeness and informativeness, DCI (Eastwood & Williams 2018).
//!
//! A regressor predicts each factor v_k from all codes; R_jk ≥ 0 is the importance of code j for factor k. From the
//! shares P_jk = R_jk/Σ_l R_jl of the factors in the importance of a code, and likewise P̃_jk of the codes for a
//! factor:
//!
//! $$ D = \sum_j \rho_j \Bigl(1 + \sum_k P_{jk} \log_K P_{jk}\Bigr), \qquad
//!    C = \sum_k \tilde\rho_k \Bigl(1 + \sum_j \tilde P_{jk} \log_C \tilde P_{jk}\Bigr) $$
//!
//! where the weights ρ_j and ρ̃_k are the shares of a code and of a factor in the sum of all importances. D is 1 if
//! each code is important for one factor only, and C is 1 if one code only is important for each factor.
//! Informativeness is the error of the predictions for held-out samples.
//!
//! The regressor is one of:
//!
//! * [`BoostedTrees`], as in `disentanglement_lib` (Locatello et al. 2019), for factors of any kind: a classifier whose
//!   importances sum to 1 for each factor. The error is the fraction of wrong levels.
//! * [`Lasso`], as in the paper, for factors whose levels are in order: R_jk is the absolute weight of the
//!   standardised code. The error is the root mean squared error in standard deviations of the factor. Only linear
//!   relations are seen.
//!
//! A third of the samples is held out. The importances of codes without information are not 0, so the value for chance
//! is computed with the same regressor after a permutation of the factors.

use std::fmt;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::binning::{Binned, Borders};
use super::importances::{completeness, disentanglement};
use super::information::{check_permutations, mean};
use super::lasso::Regression;
use super::representation::Parts;
use super::trees::Classifier;
use super::{BoostedTrees, Completeness, Disentanglement, Lasso, Protocol, Representation};
use crate::error::{Error, Result};

/// Largest product of the numbers of training samples and levels for trees.
const MAXIMUM_SIZE: usize = 10_000_000;

/// The regressor that predicts the factors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Regressor {
    /// Gradient-boosted classification trees.
    Trees(BoostedTrees),
    /// Linear regression with an absolute penalty.
    Lasso(Lasso),
}

impl fmt::Display for Regressor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Regressor::Trees(trees) => write!(
                f,
                "gradient-boosted trees ({} stages, rate {}, depth {})",
                trees.stages, trees.rate, trees.depth
            ),
            Regressor::Lasso(lasso) => write!(
                f,
                "lasso ({} penalties, from λ_max down to {:e} λ_max)",
                lasso.penalties, lasso.smallest
            ),
        }
    }
}

/// Settings of [`dci`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DciSettings {
    /// The regressor that predicts the factors.
    pub regressor: Regressor,
    /// Number of permutations of the samples' factors for the value for chance; each takes as long as the score. 0 for
    /// none.
    pub permutations: usize,
    /// Random seed of the division of the samples and of the permutations.
    pub seed: u64,
}

impl Default for DciSettings {
    fn default() -> Self {
        DciSettings {
            regressor: Regressor::Trees(BoostedTrees::default()),
            permutations: 1,
            seed: 1,
        }
    }
}

impl DciSettings {
    pub(super) fn check(&self) -> Result<()> {
        check_permutations(self.permutations)?;
        match &self.regressor {
            Regressor::Trees(trees) => trees.check(),
            Regressor::Lasso(lasso) => lasso.check(),
        }
    }
}

/// Mean scores of representations in which codes and factors are independent.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DciChance {
    /// Disentanglement, 0 to 1.
    pub disentanglement: f64,
    /// Completeness, 0 to 1.
    pub completeness: f64,
    /// Error of the predictions, in the unit of [`Dci::error`].
    pub error: f64,
}

/// Disentanglement, completeness and informativeness of a representation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dci {
    /// Disentanglement D.
    pub disentanglement: Disentanglement,
    /// Completeness C.
    pub completeness: Completeness,
    /// Informativeness: mean of `errors`; 0 is best.
    pub error: f64,
    /// Error for the held-out samples of each factor. Trees: fraction of wrong levels. Lasso: root mean squared error
    /// in standard deviations of the factor.
    pub errors: Vec<f64>,
    /// Importance R of each code (rows) for each factor (columns).
    pub importances: Vec<Vec<f64>>,
    /// Penalty λ of each factor; empty for trees.
    pub penalties: Vec<f64>,
    /// Scores after permutations of the samples' factors.
    pub chance: Option<DciChance>,
    /// The regressor that predicted the factors.
    pub regressor: Regressor,
    /// Number of permutations for `chance`.
    pub permutations: usize,
    /// Sample size, codes and factors.
    pub protocol: Protocol,
}

impl fmt::Display for Dci {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.regressor {
            Regressor::Trees(_) => "fraction of wrong levels",
            Regressor::Lasso(_) => "standard deviations of the factor",
        };
        let rows = [
            ("disentanglement", self.disentanglement.score, "1 is best"),
            ("completeness", self.completeness.score, "1 is best"),
            ("error", self.error, unit),
        ];
        let chance = self
            .chance
            .map(|c| [c.disentanglement, c.completeness, c.error]);
        for (i, (name, value, unit)) in rows.into_iter().enumerate() {
            write!(f, "{name:<18} {value:.3} ({unit})")?;
            match chance {
                Some(chance) => writeln!(f, "; {:.3} by chance (factors permuted)", chance[i])?,
                None => writeln!(f)?,
            }
        }
        for (k, name) in self.protocol.factors.iter().enumerate() {
            writeln!(
                f,
                "{name:<18} completeness {:.3}, error {:.3}",
                self.completeness.factors[k], self.errors[k]
            )?;
        }
        write!(
            f,
            "regressor          {}\n{}",
            self.regressor, self.protocol
        )
    }
}

/// Computes disentanglement, completeness and informativeness.
///
/// ```
/// use ganscope::interpret::disentanglement::{DciSettings, Factor, Representation, dci};
/// // Two codes are the two factors.
/// let levels: Vec<usize> = (0..400).flat_map(|i| [i % 4, i / 4 % 4]).collect();
/// let codes: Vec<f64> = levels.iter().map(|v| *v as f64).collect();
/// let factors = [Factor::new("hue", 4), Factor::new("size", 4)];
/// let representation = Representation::new(&codes, 2, &levels, &factors)?;
/// let found = dci(&representation, &DciSettings::default())?;
/// assert!(found.disentanglement.score > 0.99 && found.completeness.score > 0.99);
/// assert_eq!(found.error, 0.0);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] for fewer than two codes, fewer than 20 samples, fewer than two factors that vary, settings out of
/// range, and with trees for a product of training samples and levels above 10,000,000.
pub fn dci(representation: &Representation, settings: &DciSettings) -> Result<Dci> {
    settings.check()?;
    representation.needs_two_codes()?;
    let parts = representation.parts(settings.seed)?;
    let mut found = dci_of(representation, &parts, settings)?;
    let mut sums = [0.0; 3];
    for step in 0..settings.permutations as u64 {
        let permuted = representation.permuted(settings.seed, step);
        let chance = dci_of(&permuted, &parts, settings)?;
        let scores = chance.scores();
        sums.iter_mut().zip(scores).for_each(|(sum, s)| *sum += s);
    }
    if settings.permutations > 0 {
        let [disentanglement, completeness, error] =
            sums.map(|sum| sum / settings.permutations as f64);
        found.chance = Some(DciChance {
            disentanglement,
            completeness,
            error,
        });
    }
    Ok(found)
}

impl Dci {
    /// Disentanglement, completeness and error.
    pub(super) fn scores(&self) -> [f64; 3] {
        [
            self.disentanglement.score,
            self.completeness.score,
            self.error,
        ]
    }
}

/// What a regressor finds about one factor.
struct Found {
    importances: Vec<f64>,
    error: f64,
    penalty: Option<f64>,
}

/// [`dci`] with a given division of the samples, without the value for chance.
pub(super) fn dci_of(
    representation: &Representation,
    parts: &Parts,
    settings: &DciSettings,
) -> Result<Dci> {
    let used = representation.varying(&parts.training, 2)?;
    let found: Vec<Found> = match &settings.regressor {
        Regressor::Trees(trees) => {
            check_size(representation, &used, parts)?;
            by_trees(representation, &used, parts, trees)
        }
        Regressor::Lasso(lasso) => by_lasso(representation, &used, parts, lasso),
    };
    let width = representation.width();
    let row = |j: usize| found.iter().map(|found| found.importances[j]).collect();
    let importances: Vec<Vec<f64>> = (0..width).map(row).collect();
    let errors: Vec<f64> = found.iter().map(|found| found.error).collect();
    Ok(Dci {
        disentanglement: disentanglement(&importances),
        completeness: completeness(&importances),
        error: mean(&errors),
        errors,
        importances,
        penalties: found.iter().filter_map(|found| found.penalty).collect(),
        chance: None,
        regressor: settings.regressor.clone(),
        permutations: settings.permutations,
        protocol: representation.protocol(&used, parts.held_out.len(), settings.seed),
    })
}

/// Refuses more samples and levels than fit into memory: trees need two numbers for each.
fn check_size(representation: &Representation, used: &[usize], parts: &Parts) -> Result<()> {
    for factor in used.iter().map(|k| &representation.factors()[*k]) {
        let size = factor.levels * parts.training.len();
        if size > MAXIMUM_SIZE {
            return Err(Error::Usage(format!(
                "{} training samples and {} levels of factor \"{}\" are too many for boosted trees; use fewer samples, by \
                 convention 10,000",
                parts.training.len(),
                factor.levels,
                factor.name
            )));
        }
    }
    Ok(())
}

fn by_trees(
    representation: &Representation,
    used: &[usize],
    parts: &Parts,
    settings: &BoostedTrees,
) -> Vec<Found> {
    let (mut sizes, mut training, mut held_out) = (Vec::new(), Vec::new(), Vec::new());
    for j in 0..representation.width() {
        let values = representation.code_at(j, &parts.training);
        let borders = Borders::of(&values);
        sizes.push(borders.count());
        training.push(borders.bins(&values));
        held_out.push(borders.bins(&representation.code_at(j, &parts.held_out)));
    }
    let training = Binned {
        sizes: sizes.clone(),
        codes: training,
    };
    let held_out = Binned {
        sizes,
        codes: held_out,
    };
    let one = |k: &usize| {
        let levels = representation.level_at(*k, &parts.training);
        let fitted = Classifier::fit(&training, &levels, settings);
        let truth = representation.level_at(*k, &parts.held_out);
        let predicted = fitted.predict(&held_out);
        let wrong = predicted.iter().zip(&truth).filter(|(p, v)| p != v).count();
        Found {
            importances: fitted.importances,
            error: wrong as f64 / truth.len() as f64,
            penalty: None,
        }
    };
    used.par_iter().map(one).collect()
}

fn by_lasso(
    representation: &Representation,
    used: &[usize],
    parts: &Parts,
    settings: &Lasso,
) -> Vec<Found> {
    let codes_at = |rows: &[usize]| -> Vec<Vec<f64>> {
        let all = 0..representation.width();
        all.map(|j| representation.code_at(j, rows)).collect()
    };
    let factor_at = |k: usize, rows: &[usize]| -> Vec<f64> {
        let levels = representation.level_at(k, rows);
        levels.into_iter().map(f64::from).collect()
    };
    let (training, held_out) = (codes_at(&parts.training), codes_at(&parts.held_out));
    let one = |k: &usize| {
        let factor = factor_at(*k, &parts.training);
        let fitted = Regression::fit(&training, &factor, parts.choice, settings);
        Found {
            importances: fitted.weights.iter().map(|w| w.abs()).collect(),
            error: fitted.error(&held_out, &factor_at(*k, &parts.held_out)),
            penalty: Some(fitted.penalty),
        }
    };
    used.iter().map(one).collect()
}
