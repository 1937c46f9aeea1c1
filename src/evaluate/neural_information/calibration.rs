//! The bias of a bound, measured on Gaussians whose information is known.

use std::fmt;

use super::settings::NeuralInformation;
use crate::error::Result;
use crate::info::{Estimate, Sample};
use crate::random::{Stream, standard_normal};

/// Largest number of Gaussians that are tried.
const GAUSSIANS: usize = 5;
/// Difference in nats between the estimates for the data and for a Gaussian up to which they count as equal, even
/// if it is larger than their standard errors.
const TOLERANCE: f64 = 0.02;

/// The bias of a bound on a Gaussian with the same dimensions and number of rows as the data.
#[derive(Clone, Copy)]
pub(super) struct Calibration {
    /// Information of the Gaussian in nats.
    pub information: f64,
    /// Estimate minus information.
    pub bias: f64,
    /// Whether the estimate is the same as for the data.
    matches: bool,
}

impl Calibration {
    fn estimate(&self) -> f64 {
        self.information + self.bias
    }
}

impl fmt::Display for Calibration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Calibration {
            information, bias, ..
        } = self;
        if self.matches {
            write!(
                f,
                "for Gaussian data with as many dimensions and rows as your data and with {information:.4} nats of mutual information, the estimator gives the same value as for your data, and its error is {bias:+.4} nats; for other data the \
                 error may differ"
            )
        } else {
            write!(
                f,
                "for Gaussian data with as many dimensions and rows as your data and with {information:.4} nats of mutual information, the error is {bias:+.4} nats; no Gaussian data were found for which the estimate is the same as for your data, so the error for your data is not known"
            )
        }
    }
}

impl NeuralInformation {
    /// The bias for a Gaussian that gives the same estimate as the data; if none is found, for a Gaussian whose
    /// information equals the estimate.
    pub(super) fn calibrate(
        &self,
        estimate: &Estimate,
        n: usize,
        d: [usize; 2],
    ) -> Result<Calibration> {
        let error = |of: &Estimate| of.standard_error.map_or(0.0, |error| error.0);
        let calibration_at = |information: f64| -> Result<Calibration> {
            let (x, y) = self.gaussian(n, d, information)?;
            let on_gaussian = self.evaluate_bound(&x, &y)?;
            let tolerance = error(estimate).hypot(error(&on_gaussian)).max(TOLERANCE);
            Ok(Calibration {
                information,
                bias: on_gaussian.value.0 - information,
                matches: (estimate.value.0 - on_gaussian.value.0).abs() <= tolerance,
            })
        };
        let first = calibration_at(estimate.value.0.max(0.0))?;
        let mut last = first;
        for _ in 1..GAUSSIANS {
            if last.matches {
                break;
            }
            let next = calibration_at((estimate.value.0 - last.bias).max(0.0))?;
            // The estimate fell although the information rose, so no Gaussian gives the estimate of the data.
            if !next.matches && next.estimate() < last.estimate() {
                break;
            }
            last = next;
        }
        Ok(if last.matches { last } else { first })
    }

    /// Gaussian samples with these dimensions and `nats` of information, in as many pairs of correlated variables as
    /// possible: ρ² = 1 − e^{−2I/m} for m pairs.
    fn gaussian(&self, n: usize, [d_x, d_y]: [usize; 2], nats: f64) -> Result<(Sample, Sample)> {
        let pairs = d_x.min(d_y);
        let rho = (1.0 - (-2.0 * nats / pairs as f64).exp()).sqrt();
        let draw = |step, d| standard_normal(self.seed, Stream::Simulation, step, n * d);
        let x: Vec<f64> = draw(1, d_x).into_iter().map(f64::from).collect();
        let mut y: Vec<f64> = draw(2, d_y).into_iter().map(f64::from).collect();
        for (x, y) in x.chunks(d_x).zip(y.chunks_mut(d_y)) {
            for (x, y) in x.iter().zip(y).take(pairs) {
                *y = rho * x + (1.0 - rho * rho).sqrt() * *y;
            }
        }
        Ok((Sample::new(x, d_x)?, Sample::new(y, d_y)?))
    }
}
