//! The types and functions that notebook cells use most: `use ganscope::prelude::*;`.
//!
//! ```
//! use ganscope::prelude::*;
//! let mut d = Player::new(
//!     "discriminator",
//!     &presets::discriminator(&SampleShape::Vector { len: 1 })?,
//!     1,
//!     Stream::DiscriminatorInit,
//!     &OptimizerConfig::adam(1e-3, 0.9, 0.999),
//! )?;
//! assert_eq!(d.network.infer(Batch::new(vec![0.5], 1, 1)?)?.columns(), 1);
//! # Ok::<(), ganscope::Error>(())
//! ```

pub use crate::claims::{Claim, Ledger, Verdict};
pub use crate::data::{DataConfig, Dataset, Factors, Mixture, SampleShape, Samples, Shape, Sprite};
pub use crate::evaluate::{ModeCoverage, mode_coverage, points};
pub use crate::gan::dirac::DiracGan;
pub use crate::gan::{
    Codes, Hinge, LeastSquares, Loss, NonSaturating, Objective, PenaltyConfig, RAdv, Recipe,
    Saturating, Scores, Wasserstein, as_written,
};
pub use crate::info::quadrature::integrate;
pub use crate::info::{Nats, jensen_shannon, optimal_discriminator};
pub use crate::nn::{Initializer, LayerSpec, Network, NetworkSpec, Pass, layers, presets};
pub use crate::optim::{Decay, OptimizerConfig, ScheduleConfig};
pub use crate::random::{Stream, standard_normal};
pub use crate::report::{Curves, Figure, Figures, Grid, PhasePlane, Plane, RunReport, Table};
pub use crate::tensor::{Batch, Gradients};
pub use crate::train::{Diagnosis, Disease, Losses, Player, Run, Settings, Trainer};
pub use crate::{Error, Result};
pub use statrs::distribution::{Continuous, ContinuousCDF, Normal};
