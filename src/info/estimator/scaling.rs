//! Columns divided by their standard deviations before distances are measured.

use crate::error::Result;
use crate::info::knn::deviations;
use crate::info::{Estimate, Nats, Sample};

use super::data::stacked;

/// The standard deviation σⱼ of each column; 1 for a constant column, which the estimator then refuses.
fn scales(x: &Sample) -> Vec<f64> {
    let usable = |s: f64| if s.is_normal() { s } else { 1.0 };
    deviations(x).map(usable).collect()
}

fn divided(x: &Sample, scales: &[f64]) -> Result<Sample> {
    let values = x.values().iter().zip(scales.iter().cycle());
    Sample::new(values.map(|(x, scale)| x / scale).collect(), x.dimension())
}

/// Each column divided by its standard deviation.
pub(in crate::info) fn standardised(x: &Sample) -> Result<Sample> {
    divided(x, &scales(x))
}

/// Each column of both samples divided by its standard deviation over all rows.
pub(in crate::info) fn standardised_together(p: &Sample, q: &Sample) -> Result<[Sample; 2]> {
    let scales = scales(&stacked(p, q)?);
    Ok([divided(p, &scales)?, divided(q, &scales)?])
}

/// H(x) from the entropy of the standardised columns: H(x/σ) + Σ ln σⱼ.
pub(in crate::info) fn scaled_back(found: Estimate, x: &Sample) -> Estimate {
    let logarithms: f64 = scales(x).iter().map(|scale| scale.ln()).sum();
    let value = found.value + Nats(logarithms);
    with_scaling(Estimate { value, ..found })
}

/// The estimate with a parameter that states the scaling.
pub(in crate::info) fn with_scaling(found: Estimate) -> Estimate {
    found.with("scaling", "each column divided by its standard deviation")
}
