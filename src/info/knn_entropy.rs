//! Differential entropy by nearest neighbours (Kozachenko & Leonenko 1987; k neighbours after Kraskov et al.
//! 2004, equation 20).
//!
//! $$ \hat H = \psi(N) - \psi(k) + \ln c_d + \frac{d}{N}\sum_{i=1}^N \ln \rho_i $$
//!
//! ρᵢ is the distance of xᵢ to its k-th nearest neighbour, and c_d the volume of the unit ball: 2ᵈ in the maximum norm,
//! π^{d/2}/Γ(1 + d/2) in the Euclidean norm.

use std::f64::consts::{LN_2, PI};

use statrs::function::gamma::{digamma, ln_gamma};

use super::estimator::{
    Auto, Columns, Cost, Descriptor, MANY_COLUMNS, Quantity, Summary, combined, scaled_back,
    standardised,
};
use super::knn::{Knn, distances_to_kth, limit_warning, standard_error};
use super::neighbours::Norm;
use super::{Estimate, Kind, Sample};
use crate::error::Result;

/// The estimator as `ganscope measure` offers it.
pub(super) static DESCRIPTOR: Descriptor = Descriptor {
    name: "kozachenko-leonenko",
    summary: "distances to the k-th nearest neighbour (Kozachenko & Leonenko 1987)",
    columns: Columns::Numbers,
    assumes: "a density that is nearly constant within the distance to the k-th neighbour; at most a few columns",
    cost: Cost::Sorting,
    neighbours: true,
    duplicates_mislead: true,
    auto: Some(Auto {
        when: "entropy of up to 8 continuous columns",
        reason,
    }),
    runs: &[(Quantity::Entropy, |input| {
        standardised_entropy(&input.variable(0).sample, input.knn())
    })],
};

fn reason(table: &Summary<'_>) -> Result<Option<String>> {
    let fits = table.quantity == Quantity::Entropy
        && table.all(Kind::Continuous)
        && table.width() <= MANY_COLUMNS;
    Ok(fits.then(|| table.kinds_in_words()))
}

/// H(x), from distances between rows whose columns were divided by their standard deviations.
pub(super) fn standardised_entropy(x: &Sample, knn: Knn) -> Result<Estimate> {
    let found = entropy_knn(&standardised(x)?, knn, Norm::Euclidean)?;
    Ok(scaled_back(found, x))
}

/// H(y | x) = H(y) − I(x; y), the estimate of the estimator `name`, from its information.
pub(super) fn remaining_entropy(
    name: &'static str,
    y: &Sample,
    knn: Knn,
    mut information: Estimate,
) -> Result<Estimate> {
    let warning = limit_warning(&information);
    let warning = warning.map(|text| format!("I(x; y): {text}, and H(y | x) is −∞"));
    information.notes.extend(warning);
    let own = standardised_entropy(y, knn)?;
    Ok(combined(name, &own, -1.0, &information))
}

/// Estimates the entropy of the density that a sample was drawn from.
///
/// Assumes independent rows, and a density that hardly changes over the k nearest neighbours: the bias
/// vanishes as N grows, more slowly in higher dimensions. The standard error is that of the mean of d ln ρᵢ. O(N log N) for a few dimensions, O(N²) for many; O(N) memory.
///
/// ```
/// use ganscope::info::{Knn, Norm, Sample, entropy_knn};
/// use ganscope::random::{Stream, standard_normal};
/// let draws = standard_normal(1, Stream::Data, 0, 8000).into_iter().map(f64::from);
/// let found = entropy_knn(&Sample::new(draws.collect(), 2)?, Knn::new(5), Norm::Euclidean)?;
/// // ln 2πe
/// assert!((found.value.0 - 2.837_877).abs() < 0.05, "{found}");
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`](crate::Error::Usage) for k = 0, N ≤ k, a constant column, and a row with k exact copies: its
/// distance is 0, and the entropy would be −∞.
pub fn entropy_knn(sample: &Sample, knn: Knn, norm: Norm) -> Result<Estimate> {
    let [sample] = knn.prepare([sample], ["the sample"])?;
    let distances = distances_to_kth(&sample, knn.k, norm)?;
    let (n, k, d) = (sample.len() as f64, knn.k as f64, sample.dimension() as f64);
    let terms: Vec<f64> = distances.iter().map(|rho| d * rho.ln()).collect();
    let rest = digamma(n) - digamma(k) + ln_unit_ball(d, norm);
    let mut found = knn.estimate("kozachenko-leonenko", &terms, rest, sample.dimension())?;
    found.standard_error = Some(standard_error(&terms));
    Ok(found.with("norm", norm.name()))
}

/// The logarithm of the volume c_d of the unit ball.
fn ln_unit_ball(d: f64, norm: Norm) -> f64 {
    match norm {
        Norm::Maximum => d * LN_2,
        Norm::Euclidean => d / 2.0 * PI.ln() - ln_gamma(1.0 + d / 2.0),
    }
}
