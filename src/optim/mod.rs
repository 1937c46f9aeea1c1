//! How parameters move: optimisers, clipping and learning-rate schedules, on plain `f32` slices.
//!
//! | file | what it does to a parameter θ with gradient g |
//! |---|---|
//! | [`sgd`] | gradient descent, with or without momentum |
//! | [`rmsprop`] | divides by a decaying root mean square of g |
//! | [`adagrad`] | divides by the root of the sum of all g² |
//! | [`adam`] | momentum and RMSProp, both with bias correction |
//! | [`clip`] | bounds g, or θ itself, before or after a step |
//! | [`schedule`] | a factor on the learning rate that depends on the step |
//!
//! Names, state and arithmetic are those of `torch.optim`, so moments can be carried over in
//! either direction. The caller owns the parameters; [`Optimizer`] owns the moments.

pub mod adagrad;
pub mod adam;
pub mod clip;
mod config;
pub mod elementwise;
pub mod rmsprop;
pub mod schedule;
pub mod sgd;

pub use clip::Clip;
pub use config::OptimizerConfig;
pub use schedule::{Decay, Schedule, ScheduleConfig, ScheduleState};

use std::collections::BTreeMap;

use crate::{Error, Result};

/// An optimiser at work: its settings, the step t and the moments of every parameter.
///
/// Parameters are known by a number the caller chooses and keeps. Moments are allocated, as
/// zeros, at a parameter's first update.
///
/// ```
/// use ganscope::optim::OptimizerConfig;
///
/// // Minimise (θ − 3)².
/// let mut optimizer = OptimizerConfig::adam(0.1, 0.5, 0.999).init()?;
/// let mut theta = [0.0_f32];
/// for _ in 0..200 {
///     let gradient = [2.0 * (theta[0] - 3.0)];
///     optimizer.begin_step();
///     optimizer.update(0, 1.0, &mut theta, &gradient)?;
/// }
/// assert!((theta[0] - 3.0).abs() < 1e-3);
/// let names: Vec<String> = optimizer.moments().map(|(name, _)| name).collect();
/// assert_eq!(names, ["0.exp_avg", "0.exp_avg_sq"]);
/// # Ok::<(), ganscope::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Optimizer {
    config: OptimizerConfig,
    step: u64,
    /// By parameter number, then in the order of [`OptimizerConfig::moment_names`].
    moments: BTreeMap<usize, Vec<Vec<f32>>>,
}

impl Optimizer {
    /// The settings it was made with.
    pub fn config(&self) -> &OptimizerConfig {
        &self.config
    }

    /// Counts a step. Call it once before the updates of all parameters of that step.
    pub fn begin_step(&mut self) {
        self.step += 1;
    }

    /// The steps begun so far, t in the equations.
    pub fn step(&self) -> u64 {
        self.step
    }

    /// Continues from step `step` of an earlier run.
    pub fn set_step(&mut self, step: u64) {
        self.step = step;
    }

    /// Moves parameter number `index` along `gradient`, with the learning rate times `lr_factor`.
    ///
    /// All parameters share the step t of [`begin_step`](Self::begin_step), which is PyTorch's
    /// behaviour as long as every parameter has a gradient in every step.
    ///
    /// # Errors
    /// [`Error::Usage`] when no step was begun, or when the gradient, or the moments kept under
    /// this number, are not of the parameter's length.
    pub fn update(
        &mut self,
        index: usize,
        lr_factor: f64,
        parameter: &mut [f32],
        gradient: &[f32],
    ) -> Result<()> {
        if self.step == 0 {
            return Err(Error::Usage(
                "optimizer: update before the first begin_step".into(),
            ));
        }
        let n = parameter.len();
        if gradient.len() != n {
            return Err(Error::Usage(format!(
                "optimizer: parameter {index} has {n} elements, its gradient {}",
                gradient.len()
            )));
        }
        let names = self.config.moment_names();
        let moments = self
            .moments
            .entry(index)
            .or_insert_with(|| vec![vec![0.0; n]; names.len()]);
        for (name, moment) in names.iter().zip(moments.iter()) {
            if moment.len() != n {
                return Err(Error::Usage(format!(
                    "optimizer: parameter {index} has {n} elements, its moment {index}.{name} {}",
                    moment.len()
                )));
            }
        }
        self.config
            .apply(self.step, lr_factor, parameter, gradient, moments);
        Ok(())
    }

    /// All moments, named `<parameter number>.<PyTorch's name>`, for a checkpoint.
    pub fn moments(&self) -> impl Iterator<Item = (String, &[f32])> {
        let names = self.config.moment_names();
        self.moments.iter().flat_map(move |(index, moments)| {
            (names.iter().zip(moments))
                .map(move |(name, moment)| (format!("{index}.{name}"), moment.as_slice()))
        })
    }

    /// Puts back one moment under the name that [`moments`](Self::moments) gave it.
    ///
    /// # Errors
    /// [`Error::Usage`] when this optimiser keeps no moment of that name.
    ///
    /// ```
    /// use ganscope::optim::OptimizerConfig;
    /// let mut optimizer = OptimizerConfig::rmsprop(1e-3).init()?;
    /// optimizer.set_moments("4.square_avg", vec![1.0, 2.0])?;
    /// assert_eq!(optimizer.moments().next(), Some(("4.square_avg".into(), &[1.0, 2.0][..])));
    /// assert!(optimizer.set_moments("4.exp_avg", vec![1.0, 2.0]).is_err());
    /// # Ok::<(), ganscope::Error>(())
    /// ```
    pub fn set_moments(&mut self, name: &str, values: Vec<f32>) -> Result<()> {
        let names = self.config.moment_names();
        let place = name.split_once('.').and_then(|(index, moment)| {
            let slot = names.iter().position(|known| *known == moment)?;
            Some((index.parse::<usize>().ok()?, slot))
        });
        let Some((index, slot)) = place else {
            return Err(Error::Usage(format!(
                "optimizer: {} keeps no moment \"{name}\" (it keeps: {})",
                self.config.kind(),
                match names {
                    [] => "none".to_string(),
                    names => format!("<parameter>.{}", names.join(", <parameter>.")),
                }
            )));
        };
        self.moments
            .entry(index)
            .or_insert_with(|| vec![Vec::new(); names.len()])[slot] = values;
        Ok(())
    }
}
