//! The bounds to choose from, and how a network learns them.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::optim::OptimizerConfig;

/// A lower bound on mutual information that a network maximises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NeuralBound {
    /// The bound of Donsker and Varadhan, maximised as in Belghazi et al. (2018).
    Mine,
    /// The bound of Nguyen, Wainwright and Jordan (2010).
    Nwj,
    /// The bound of van den Oord, Li and Vinyals (2018).
    #[default]
    InfoNce,
    /// The bound of Barber and Agakov (2003), which InfoGAN uses (Chen et al. 2016). Q predicts x from y, so x must
    /// have a density.
    ///
    /// The entropy of x's normal scores is known exactly for one column. For several columns it is estimated by
    /// nearest neighbours, and the value is not a bound. q is a normal distribution with independent columns, after
    /// the linear dependence between the columns of x has been removed.
    BarberAgakov,
}

impl NeuralBound {
    pub(super) fn name(self) -> &'static str {
        match self {
            NeuralBound::Mine => "mine",
            NeuralBound::Nwj => "nwj",
            NeuralBound::InfoNce => "info-nce",
            NeuralBound::BarberAgakov => "barber-agakov",
        }
    }
}

/// An estimator of mutual information by a network: the bound, and how the network learns.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NeuralInformation {
    /// Bound that the network maximises.
    pub bound: NeuralBound,
    /// Number of updates of the network.
    pub steps: u64,
    /// Number of pairs per update; InfoNCE uses all combinations of their x and y.
    pub batch: usize,
    /// Number of units in each of the two hidden layers.
    pub units: usize,
    /// Learning rate of Adam.
    pub lr: f64,
    /// Random seed.
    pub seed: u64,
}

impl Default for NeuralInformation {
    fn default() -> Self {
        NeuralInformation {
            bound: NeuralBound::default(),
            steps: 2000,
            batch: 64,
            units: 64,
            lr: 1e-3,
            seed: 1,
        }
    }
}

impl NeuralInformation {
    pub(super) fn validate(&self) -> Result<()> {
        let sizes = [("steps", self.steps as usize), ("units", self.units)];
        if let Some((name, _)) = sizes.iter().find(|(_, size)| *size == 0) {
            return Err(Error::Usage(format!("{name} must be at least 1, not 0")));
        }
        if self.batch < 2 {
            return Err(Error::Usage(format!(
                "batch must be at least 2, not {}, because pairs are shuffled within a batch",
                self.batch
            )));
        }
        OptimizerConfig::adam(self.lr, 0.9, 0.999).validate()
    }
}
