//! Schedules: the factor on the learning rate at step t, counted from 0.
//!
//! With a warm-up of $w$ steps the factor is linear first, and the decay counts from its end:
//!
//! $$ f(t) = \begin{cases} (t + 1) / w & t < w \\ d(t - w) & t \ge w \end{cases} $$
//!
//! | kind | $d(s)$ |
//! |---|---|
//! | constant | $1$ |
//! | step | $\gamma^{\lfloor s / \mathrm{every} \rfloor}$ |
//! | cosine (Loshchilov & Hutter 2017) | $f_0 + (1 - f_0)\,\frac12\left(1 + \cos\frac{\pi s}{T}\right)$, then $f_0$ from $s = T$ on |
//! | plateau | multiplied by γ whenever a metric has not improved for too long |

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// A warm-up and what follows it.
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
    /// What follows. Its fields stand beside `warmup` in a configuration, which also is how an
    /// unknown field is found out: it is left over for the decay, and the decay refuses it.
    #[serde(flatten)]
    pub decay: Decay,
}

/// How the learning rate falls after the warm-up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum Decay {
    /// It does not. (Braces, because serde lets a unit variant pass with unknown fields.)
    Constant {},
    /// By `factor` at every multiple of `every` steps.
    Step {
        /// Steps between two falls, at least 1.
        every: u64,
        /// γ in (0, 1]; default 0.1.
        #[serde(default = "default::step_factor")]
        factor: f64,
    },
    /// Along half a cosine.
    Cosine {
        /// T, the steps it takes, at least 1.
        over: u64,
        /// f₀, what remains at the end, in [0, 1]; default 0.
        #[serde(default)]
        floor: f64,
    },
    /// By `factor` after more than `patience` observations in a row without improvement.
    ///
    /// Lower is better. An observation improves when it is below the best by more than
    /// `threshold`·|best|; PyTorch's `ReduceLROnPlateau` omits the absolute value, and so takes
    /// no change for an improvement when the metric is negative, as a Wasserstein loss is.
    Plateau {
        /// The logged metric to watch; default `d_loss`.
        #[serde(default = "default::metric")]
        metric: String,
        /// Observations without improvement that are forgiven; default 10.
        #[serde(default = "default::patience")]
        patience: u64,
        /// γ in (0, 1); default 0.1.
        #[serde(default = "default::step_factor")]
        factor: f64,
        /// The factor never falls below this, in [0, 1]; default 0.
        #[serde(default)]
        min_factor: f64,
        /// The relative improvement that counts, at least 0; default 10⁻⁴.
        #[serde(default = "default::threshold")]
        threshold: f64,
    },
}

/// Serde takes a default as a function.
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
    /// # Errors
    /// [`Error::Config`], naming the field, for a value outside the range its field states.
    pub fn validate(&self) -> Result<()> {
        let must = |holds: bool, field: &str, condition: &str| {
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
                must(*every > 0, "every", "at least 1")?;
                must(*factor > 0.0 && *factor <= 1.0, "factor", "in (0, 1]")
            }
            Decay::Cosine { over, floor } => {
                must(*over > 0, "over", "at least 1")?;
                must((0.0..=1.0).contains(floor), "floor", "in [0, 1]")
            }
            Decay::Plateau {
                factor,
                min_factor,
                threshold,
                ..
            } => {
                must(*factor > 0.0 && *factor < 1.0, "factor", "in (0, 1)")?;
                must((0.0..=1.0).contains(min_factor), "min_factor", "in [0, 1]")?;
                must(
                    *threshold >= 0.0 && threshold.is_finite(),
                    "threshold",
                    "finite and at least 0",
                )
            }
        }
    }

    /// The schedule, before anything was observed.
    ///
    /// # Errors
    /// As [`validate`](Self::validate).
    pub fn init(&self) -> Result<Schedule> {
        self.validate()?;
        Ok(Schedule {
            config: self.clone(),
            state: ScheduleState::default(),
        })
    }
}

/// What a schedule remembers: nothing but the plateau's search. It belongs in the checkpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScheduleState {
    /// The best metric so far; none before the first observation.
    pub best: Option<f64>,
    /// Observations since then without improvement.
    pub bad: u64,
    /// The product of all reductions so far.
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

/// A schedule at work.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    config: ScheduleConfig,
    state: ScheduleState,
}

impl Schedule {
    /// f(t): what the learning rate is multiplied by in step `step`, the first being 0.
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

    /// The metric to [`observe`](Self::observe), when the schedule looks at one.
    pub fn metric(&self) -> Option<&str> {
        match &self.config.decay {
            Decay::Plateau { metric, .. } => Some(metric),
            _ => None,
        }
    }

    /// Tells a plateau schedule its metric, lower being better; NaN counts as no improvement.
    /// Other schedules do not listen.
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
            // Not `max(factor, min_factor)` alone: a minimum above the present factor, as after
            // a change of settings, must not raise the learning rate.
            state.factor = state.factor.min((state.factor * factor).max(min_factor));
            state.bad = 0;
        }
    }

    /// What to keep in a checkpoint.
    pub fn state(&self) -> &ScheduleState {
        &self.state
    }

    /// Continues from a checkpoint.
    pub fn set_state(&mut self, state: ScheduleState) {
        self.state = state;
    }
}
