//! Optimisers, gradient clipping and learning-rate schedules, on plain `f32` slices.
//!
//! | file | what it does to a parameter θ with gradient g |
//! |---|---|
//! | [`sgd`] | gradient descent, with or without momentum |
//! | [`rmsprop`] | divides g by a decaying root mean square of g |
//! | [`adagrad`] | divides g by the root of the sum of all g² so far |
//! | [`adam`] | momentum and RMSProp, both with bias correction |
//! | [`clip`] | limits g before a step, or θ itself after it |
//! | [`schedule`] | multiplies the learning rate by a factor that depends on the step |
//!
//! Names, state and arithmetic are those of `torch.optim`, so moments can be exchanged with PyTorch in both
//! directions. The caller owns the parameters; [`Optimizer`] owns the moments.

pub mod adagrad;
pub mod adam;
pub mod clip;
mod config;
pub mod elementwise;
mod optimizer;
pub mod rmsprop;
pub mod schedule;
pub mod sgd;

pub use clip::Clip;
pub use config::OptimizerConfig;
pub use optimizer::Optimizer;
pub use schedule::{Decay, Schedule, ScheduleConfig, ScheduleState};
