//! Learning-rate schedules: the factor f(t) that multiplies the learning rate at step t, counted from 0.
//!
//! During a warm-up of $w$ steps the factor rises linearly. The decay $d$ counts from the end of the warm-up:
//!
//! $$ f(t) = \begin{cases} (t + 1) / w & t < w \\ d(t - w) & t \ge w \end{cases} $$
//!
//! | kind | $d(s)$ |
//! |---|---|
//! | constant | $1$ |
//! | step | $\gamma^{\lfloor s / \mathrm{every} \rfloor}$ |
//! | cosine (Loshchilov & Hutter 2017) | $f_0 + (1 - f_0)\,\frac12\left(1 + \cos\frac{\pi s}{T}\right)$, then $f_0$ from $s = T$ on |
//! | plateau | multiplied by γ whenever a metric has not improved for some time |

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// Settings of a learning-rate schedule: a warm-up, followed by a decay.
///
/// ```
/// use ganscope::optim::{Decay, ScheduleConfig};
/// let config: ScheduleConfig =
///     toml::from_str("warmup = 4\nkind = \"cosine\"\nover = 100").unwrap();
/// assert_eq!(config.decay, Decay::Cosine { over: 100, floor: 0.0 });
/// let schedule = config.init()?;
/// assert_eq!(schedule.factor(0), 0.25);
/// assert_eq!(schedule.factor(4), 1.0);
/// assert!((schedule.factor(54) - 0.5).abs() < 1e-12);
/// # Ok::<(), ganscope::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ScheduleConfig {
    /// Steps over which the learning rate rises linearly to its full value; default 0.
    #[serde(default)]
    pub warmup: u64,
    /// Decay after the warm-up. In a configuration its fields stand beside `warmup`.
    // An unknown field is refused by the decay, which gets every field except `warmup`.
    #[serde(flatten)]
    pub decay: Decay,
}

/// How the learning rate falls after the warm-up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum Decay {
    /// No decay.
    // With braces, because serde accepts unknown fields for a unit variant.
    Constant {},
    /// Multiplies the learning rate by `factor` at every multiple of `every` steps.
    Step {
        /// Steps between two reductions, at least 1.
        every: u64,
        /// Factor γ of each reduction, in (0, 1]; default 0.1.
        #[serde(default = "default::step_factor")]
        factor: f64,
    },
    /// Reduces the learning rate along half a period of a cosine.
    Cosine {
        /// Number of steps T of the decay, at least 1.
        over: u64,
        /// Final factor f₀, in [0, 1]; default 0.
        #[serde(default)]
        floor: f64,
    },
    /// Multiplies the learning rate by `factor` after more than `patience` observations of a metric in a
    /// row without improvement.
    ///
    /// Lower is better. An observation is an improvement if it is below the best one by more than
    /// `threshold`·|best|. PyTorch's `ReduceLROnPlateau` omits the absolute value, so for a negative metric,
    /// such as a Wasserstein loss, it takes an unchanged value for an improvement.
    Plateau {
        /// Name of the observed metric in the log; default `d_loss`.
        #[serde(default = "default::metric")]
        metric: String,
        /// Number of observations without improvement before a reduction; default 10.
        #[serde(default = "default::patience")]
        patience: u64,
        /// Factor γ of each reduction, in (0, 1); default 0.1.
        #[serde(default = "default::step_factor")]
        factor: f64,
        /// Smallest factor on the learning rate, in [0, 1]; default 0.
        #[serde(default)]
        min_factor: f64,
        /// Smallest relative improvement that counts, at least 0; default 10⁻⁴.
        #[serde(default = "default::threshold")]
        threshold: f64,
    },
}

/// Default values, as functions because serde requires that.
mod default {
    pub fn step_factor() -> f64 {
        0.1
    }
    pub fn metric() -> String {
        "d_loss".into()
    }
    pub fn patience() -> u64 {
        10
    }
    pub fn threshold() -> f64 {
        1e-4
    }
}

impl Default for Decay {
    fn default() -> Self {
        Decay::Constant {}
    }
}

impl ScheduleConfig {
    /// Checks that each value is in the range that its field states.
    ///
    /// # Errors
    /// [`Error::Config`] with the name of the field.
    pub fn validate(&self) -> Result<()> {
        let check = |holds: bool, field: &str, condition: &str| {
            if holds {
                return Ok(());
            }
            Err(Error::setting(
                field,
                format!("schedule.{field} must be {condition}"),
            ))
        };
        match &self.decay {
            Decay::Constant {} => Ok(()),
            Decay::Step { every, factor } => {
                check(*every > 0, "every", "at least 1")?;
                check(*factor > 0.0 && *factor <= 1.0, "factor", "in (0, 1]")
            }
            Decay::Cosine { over, floor } => {
                check(*over > 0, "over", "at least 1")?;
                check((0.0..=1.0).contains(floor), "floor", "in [0, 1]")
            }
            Decay::Plateau {
                factor,
                min_factor,
                threshold,
                ..
            } => {
                check(*factor > 0.0 && *factor < 1.0, "factor", "in (0, 1)")?;
                check((0.0..=1.0).contains(min_factor), "min_factor", "in [0, 1]")?;
                check(
                    *threshold >= 0.0 && threshold.is_finite(),
                    "threshold",
                    "finite and at least 0",
                )
            }
        }
    }

    /// Returns the schedule before its first observation.
    ///
    /// # Errors
    /// The errors of [`validate`](Self::validate).
    pub fn init(&self) -> Result<Schedule> {
        self.validate()?;
        Ok(Schedule {
            config: self.clone(),
            state: ScheduleState::default(),
        })
    }
}

/// State of a schedule, for a checkpoint. Only a plateau schedule changes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScheduleState {
    /// Best metric so far; none before the first observation.
    pub best: Option<f64>,
    /// Number of observations without improvement since the best one or the last reduction.
    pub bad: u64,
    /// Product of all reductions so far.
    pub factor: f64,
}

impl Default for ScheduleState {
    fn default() -> Self {
        Self {
            best: None,
            bad: 0,
            factor: 1.0,
        }
    }
}

/// A learning-rate schedule with its state.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    config: ScheduleConfig,
    state: ScheduleState,
}

impl Schedule {
    /// Returns f(t), the factor on the learning rate in step t = `step`, counted from 0.
    pub fn factor(&self, step: u64) -> f64 {
        let warmup = self.config.warmup;
        if step < warmup {
            return (step + 1) as f64 / warmup as f64;
        }
        let step = step - warmup;
        match self.config.decay {
            Decay::Constant {} => 1.0,
            Decay::Step { every, factor } => factor.powf((step / every) as f64),
            Decay::Cosine { over, floor } => {
                let progress = step.min(over) as f64 / over as f64;
                floor + (1.0 - floor) * 0.5 * (1.0 + (PI * progress).cos())
            }
            Decay::Plateau { .. } => self.state.factor,
        }
    }

    /// Returns the name of the metric to [`observe`](Self::observe), if the schedule depends on one.
    pub fn metric(&self) -> Option<&str> {
        match &self.config.decay {
            Decay::Plateau { metric, .. } => Some(metric),
            _ => None,
        }
    }

    /// Gives a plateau schedule the next value of its metric. Lower is better; NaN is no improvement. Other
    /// schedules ignore it.
    ///
    /// ```
    /// use ganscope::optim::ScheduleConfig;
    /// let text = "kind = \"plateau\"\npatience = 1\nfactor = 0.5";
    /// let mut schedule = toml::from_str::<ScheduleConfig>(text).unwrap().init()?;
    /// for metric in [2.0, 1.0, 1.0, 1.0] {
    ///     assert_eq!(schedule.factor(0), 1.0);
    ///     schedule.observe(metric);
    /// }
    /// assert_eq!(schedule.factor(0), 0.5); // the second observation without improvement
    /// # Ok::<(), ganscope::Error>(())
    /// ```
    pub fn observe(&mut self, metric: f64) {
        let Decay::Plateau {
            patience,
            factor,
            min_factor,
            threshold,
            ..
        } = self.config.decay
        else {
            return;
        };
        let state = &mut self.state;
        let improved = match state.best {
            None => !metric.is_nan(),
            Some(best) => metric < best - threshold * best.abs(),
        };
        if improved {
            state.best = Some(metric);
            state.bad = 0;
            return;
        }
        state.bad += 1;
        if state.bad > patience {
            // The outer `min` keeps a `min_factor` above the present factor, possible after a change of
            // settings, from raising the learning rate.
            state.factor = state.factor.min((state.factor * factor).max(min_factor));
            state.bad = 0;
        }
    }

    /// State to store in a checkpoint.
    pub fn state(&self) -> &ScheduleState {
        &self.state
    }

    /// Restores the state from a checkpoint.
    pub fn set_state(&mut self, state: ScheduleState) {
        self.state = state;
    }
}
