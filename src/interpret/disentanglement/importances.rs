//! Disentanglement and completeness of a matrix of importances (Eastwood & Williams 2018).
//!
//! With R_jk ≥ 0 the importance of code j for factor k, and the shares P_jk = R_jk/Σ_l R_jl of a code and P̃_jk =
//! R_jk/Σ_i R_ik of a factor:
//!
//! $$ D_j = 1 + \sum_k P_{jk} \log_K P_{jk}, \quad D = \sum_j \rho_j D_j, \quad \rho_j = \frac{\sum_k R_{jk}}{\sum_{ik} R_{ik}} $$
//! $$ C_k = 1 + \sum_j \tilde P_{jk} \log_C \tilde P_{jk}, \quad
//!    C = \sum_k \tilde\rho_k C_k, \quad \tilde\rho_k = \frac{\sum_j R_{jk}}{\sum_{ji} R_{ji}} $$
//!
//! D is 1 if each code is important for one factor only, C is 1 if one code only is important for each factor, and both
//! are 0 if all importances are equal.

use serde::{Deserialize, Serialize};

use super::information::matrix;
use crate::error::{Error, Result};

/// Disentanglement of the codes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Disentanglement {
    /// D, the weighted mean of `codes`, 0 to 1.
    pub score: f64,
    /// D_j of each code; 0 for a code without importance.
    pub codes: Vec<f64>,
    /// Weight ρ_j of each code.
    pub weights: Vec<f64>,
}

/// Completeness of the factors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Completeness {
    /// C, the weighted mean of `factors`, 0 to 1.
    pub score: f64,
    /// C_k of each factor; 0 for a factor for which no code is important.
    pub factors: Vec<f64>,
    /// Weight ρ̃_k of each factor.
    pub weights: Vec<f64>,
}

/// Disentanglement for a known matrix of importances, row-major [codes, factors].
///
/// ```
/// use ganscope::interpret::disentanglement::disentanglement_of;
/// let found = disentanglement_of(&[3.0, 0.0, 0.5, 0.5], 2)?;
/// assert_eq!((found.codes, found.weights), (vec![1.0, 0.0], vec![0.75, 0.25]));
/// assert_eq!(found.score, 0.75);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] for fewer than two factors, an incomplete matrix, and importances that are negative or infinite.
pub fn disentanglement_of(importances: &[f64], factors: usize) -> Result<Disentanglement> {
    if factors < 2 {
        return Err(Error::Usage(
            "disentanglement compares the factors of a code, so it needs at least 2 factors".into(),
        ));
    }
    Ok(disentanglement(&matrix(
        importances,
        factors,
        "importances",
    )?))
}

/// Completeness for a known matrix of importances, row-major [codes, factors].
///
/// ```
/// use ganscope::interpret::disentanglement::completeness_of;
/// let found = completeness_of(&[1.0, 0.5, 0.0, 0.5], 2)?;
/// assert_eq!((found.factors, found.score), (vec![1.0, 0.0], 0.5));
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] for fewer than two codes, an incomplete matrix, and importances that are negative or infinite.
pub fn completeness_of(importances: &[f64], factors: usize) -> Result<Completeness> {
    let rows = matrix(importances, factors, "importances")?;
    if rows.len() < 2 {
        return Err(Error::Usage(
            "completeness compares the codes of a factor, so it needs at least 2 codes".into(),
        ));
    }
    Ok(completeness(&rows))
}

/// [`disentanglement_of`] for the rows of the matrix.
pub(super) fn disentanglement(importances: &[Vec<f64>]) -> Disentanglement {
    let (codes, weights): (Vec<f64>, Vec<f64>) =
        concentrations(importances.iter().map(Vec::as_slice));
    Disentanglement {
        score: weighted(&codes, &weights),
        codes,
        weights,
    }
}

/// [`completeness_of`] for the rows of the matrix.
pub(super) fn completeness(importances: &[Vec<f64>]) -> Completeness {
    let factors = importances.first().map_or(0, Vec::len);
    let column = |k: usize| -> Vec<f64> { importances.iter().map(|row| row[k]).collect() };
    let columns: Vec<Vec<f64>> = (0..factors).map(column).collect();
    let (factors, weights): (Vec<f64>, Vec<f64>) =
        concentrations(columns.iter().map(Vec::as_slice));
    Completeness {
        score: weighted(&factors, &weights),
        factors,
        weights,
    }
}

/// For each list of importances, 1 + Σ P log P with the logarithm to the base of their number, and their share of the
/// sum of all lists.
fn concentrations<'a>(lists: impl Iterator<Item = &'a [f64]> + Clone) -> (Vec<f64>, Vec<f64>) {
    // Divided by the largest importance, the sums are finite for any importances.
    let largest = (lists.clone().flatten().copied()).fold(f64::MIN_POSITIVE, f64::max);
    let sum = |list: &[f64]| list.iter().map(|r| r / largest).sum::<f64>();
    let total: f64 = lists.clone().map(sum).sum();
    let one = |list: &[f64]| {
        let own = sum(list);
        if own == 0.0 {
            return (0.0, 0.0);
        }
        let shares = list.iter().map(|r| r / largest / own);
        let entropy: f64 = shares.filter(|p| *p > 0.0).map(|p| -p * p.ln()).sum();
        let concentration = 1.0 - entropy / (list.len() as f64).ln();
        (concentration.clamp(0.0, 1.0), own / total)
    };
    lists.map(one).unzip()
}

/// Σ weight × value.
fn weighted(values: &[f64], weights: &[f64]) -> f64 {
    values.iter().zip(weights).map(|(v, w)| v * w).sum()
}
