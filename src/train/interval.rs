//! What is summed between two lines of the log.

use super::Losses;
use serde::{Deserialize, Serialize};

/// Sums since the last regular line of the log. A checkpoint holds them: a run that goes on logs, and
/// lets its schedules see, the means that it would have had unbroken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Interval {
    steps: u64,
    sum: Losses,
}

impl Interval {
    pub fn add(&mut self, l: &Losses) {
        let s = &mut self.sum;
        for (sum, value) in [
            (&mut s.d_loss, l.d_loss),
            (&mut s.g_loss, l.g_loss),
            (&mut s.d_real, l.d_real),
            (&mut s.d_fake, l.d_fake),
            (&mut s.grad_norm_d, l.grad_norm_d),
            (&mut s.grad_norm_g, l.grad_norm_g),
        ] {
            *sum += value;
        }
        self.steps += 1;
    }

    pub fn means(&self) -> Losses {
        let (s, n) = (&self.sum, self.steps as f64);
        Losses {
            d_loss: s.d_loss / n,
            g_loss: s.g_loss / n,
            d_real: s.d_real / n,
            d_fake: s.d_fake / n,
            grad_norm_d: s.grad_norm_d / n,
            grad_norm_g: s.grad_norm_g / n,
        }
    }
}
