//! The state of an optimiser, and its step.

use std::collections::BTreeMap;

use super::config::OptimizerConfig;
use crate::{Error, Result};

/// The state of an optimiser: its settings, the step t, and the moments of every parameter.
///
/// A parameter is identified by a number that the caller chooses. Its moments are allocated, as zeros, at
/// its first update.
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
    /// Moments by parameter number, each in the order of [`OptimizerConfig::moment_names`].
    moments: BTreeMap<usize, Vec<Vec<f32>>>,
}

impl Optimizer {
    /// The settings of this optimiser.
    pub fn config(&self) -> &OptimizerConfig {
        &self.config
    }

    /// Begins a step. Must be called once per step, before the parameters are updated.
    pub fn begin_step(&mut self) {
        self.step += 1;
    }

    /// Number of steps begun so far, t in the equations.
    pub fn step(&self) -> u64 {
        self.step
    }

    /// Sets the number of steps begun so far, to continue an earlier run.
    pub fn set_step(&mut self, step: u64) {
        self.step = step;
    }

    /// Updates parameter number `index` with its gradient. The learning rate is multiplied by `lr_factor`.
    ///
    /// All parameters share the step t of [`begin_step`](Self::begin_step). PyTorch counts per parameter,
    /// which is the same as long as every parameter has a gradient in every step.
    ///
    /// # Errors
    /// [`Error::Usage`] when no step was begun, or when the gradient or the stored moments do not have the
    /// length of the parameter.
    pub fn update(
        &mut self,
        index: usize,
        lr_factor: f64,
        parameter: &mut [f32],
        gradient: &[f32],
    ) -> Result<()> {
        if self.step == 0 {
            return Err(Error::Usage(
                "optimizer: update was called before begin_step".into(),
            ));
        }
        let n = parameter.len();
        if gradient.len() != n {
            return Err(Error::Usage(format!(
                "optimizer: parameter {index} has {n} elements, but its gradient has {}",
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
                    "optimizer: parameter {index} has {n} elements, but its moment {index}.{name} has {}",
                    moment.len()
                )));
            }
        }
        self.config
            .apply(self.step, lr_factor, parameter, gradient, moments);
        Ok(())
    }

    /// Returns all moments by name, `<parameter number>.<PyTorch's name>`, for a checkpoint.
    pub fn moments(&self) -> impl Iterator<Item = (String, &[f32])> {
        let names = self.config.moment_names();
        self.moments.iter().flat_map(move |(index, moments)| {
            (names.iter().zip(moments))
                .map(move |(name, moment)| (format!("{index}.{name}"), moment.as_slice()))
        })
    }

    /// Sets one moment by the name that [`moments`](Self::moments) returned.
    ///
    /// # Errors
    /// [`Error::Usage`] when this optimiser has no moment of that name.
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
        let index_and_slot = name.split_once('.').and_then(|(index, moment)| {
            let slot = names.iter().position(|known| *known == moment)?;
            Some((index.parse::<usize>().ok()?, slot))
        });
        let Some((index, slot)) = index_and_slot else {
            return Err(Error::Usage(format!(
                "optimizer: {} has no moment \"{name}\" (it has: {})",
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

impl OptimizerConfig {
    /// Returns an optimiser at step 0 without moments.
    ///
    /// # Errors
    /// The errors of [`validate`](Self::validate).
    pub fn init(&self) -> Result<Optimizer> {
        self.validate()?;
        Ok(Optimizer {
            config: self.clone(),
            step: 0,
            moments: BTreeMap::new(),
        })
    }
}
