//! The choice of σ, the noise around G(z).

use crate::data::SampleShape;
use crate::error::{Error, Result};
use crate::evaluate::{Annealing, Decoder};
use crate::nn::Network;

/// Number of validation samples on which σ is chosen.
pub(super) const SEARCH_N: usize = 50;
/// Number of chains for each of them.
const SEARCH_CHAINS: usize = 4;
/// For images, the search uses this fraction of the distributions. A bound that is a little low for every σ
/// still has its maximum at the right one.
const SEARCH_SPEEDUP: usize = 5;
/// The smallest σ of the first search, in standard deviations of the data.
const FIRST_SIGMA: f64 = 0.125;
/// If the smallest σ of a search is the best, the next search starts at a σ that is smaller by this factor.
const REDUCTION: f64 = 4.0;
/// Largest number of searches.
const SEARCHES: usize = 5;

/// The σ that maximises the likelihood of x, and a note if the search did not find a maximum.
///
/// `progress` is called with the completed share of the current search.
pub(super) fn best_noise(
    g: &Network,
    shape: &SampleShape,
    x: &[f32],
    annealing: Annealing,
    progress: &mut dyn FnMut(f64),
) -> Result<(f64, Option<String>)> {
    let search = Annealing {
        chains: SEARCH_CHAINS,
        distributions: match shape {
            SampleShape::Image { .. } => annealing.distributions.div_ceil(SEARCH_SPEEDUP),
            // For points σ may be far below their standard deviation. With few distributions the bound is then
            // too low at small σ, and the maximum would be at a larger one.
            SampleShape::Vector { .. } => annealing.distributions,
        },
        ..annealing
    };
    let mut smallest = FIRST_SIGMA * standard_deviation(x);
    for _ in 0..SEARCHES {
        let decoder = Decoder::new(g, smallest)?;
        let total = search.total_progress(x.len() / decoder.width(), 1);
        let mut done = 0.0;
        let bounds = search.bounds_by_noise(&decoder, x, &mut |chains| {
            done += chains as f64;
            progress(done / total);
        })?;
        let finite = bounds.iter().filter(|(_, bound)| bound.0.is_finite());
        let best = finite.max_by(|a, b| a.1.0.total_cmp(&b.1.0));
        let Some(&(sigma, _)) = best else {
            return Err(Error::Usage(
                "no sample has a finite likelihood for any σ that was tried; check that the output of G is \
                 finite".into(),
            ));
        };
        if sigma > smallest {
            return Ok((sigma, None));
        }
        smallest /= REDUCTION;
    }
    let note = "σ is the smallest value that was tried; a smaller one may be better, so the log-likelihood may be \
    higher than reported";
    Ok((smallest * REDUCTION, Some(note.into())))
}

/// Standard deviation of all numbers together.
pub(super) fn standard_deviation(x: &[f32]) -> f64 {
    let n = x.len() as f64;
    let mean = x.iter().map(|&x| f64::from(x)).sum::<f64>() / n;
    let squares: f64 = x.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum();
    (squares / n).sqrt()
}
