//! The value of a bound, whichever it is.

use super::settings::{NeuralBound, NeuralInformation};
use crate::error::{Error, Result};
use crate::info::{Estimate, Sample};

/// A smaller value in nats means that the training of the network failed.
const SMALLEST_VALUE: f64 = -100.0;

impl NeuralInformation {
    /// Trains the network and evaluates the bound on other rows.
    pub(super) fn evaluate_bound(&self, x: &Sample, y: &Sample) -> Result<Estimate> {
        let estimate = match self.bound {
            NeuralBound::BarberAgakov => self.barber_agakov(x, y),
            NeuralBound::Mine | NeuralBound::Nwj | NeuralBound::InfoNce => self.contrastive(x, y),
        }?;
        if estimate.value.0 > SMALLEST_VALUE && estimate.value.0.is_finite() {
            return Ok(estimate);
        }
        Err(Error::Usage(format!(
            "{} gives {:e} nats on rows that its network was not trained on: the training diverged, or the network \
             memorised its training rows; use a smaller lr, fewer steps or more rows",
            self.bound.name(),
            estimate.value.0
        )))
    }
}
