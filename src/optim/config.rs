//! The settings of an optimiser, as they stand in a `config.toml`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Optimizer, adagrad, adam, elementwise::apply, rmsprop, sgd};
use crate::{Error, Result};

/// Which optimiser, with its settings; each file of [`optim`](super) has the equation.
///
/// ```
/// use ganscope::optim::OptimizerConfig;
/// #[derive(serde::Deserialize)]
/// struct Config { optimizer: OptimizerConfig }
/// let config: Config = toml::from_str(r#"optimizer = { kind = "adam", beta1 = 0.0 }"#).unwrap();
/// assert_eq!(config.optimizer, OptimizerConfig::adam(2e-4, 0.0, 0.999));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum OptimizerConfig {
    /// Gradient descent (Robbins & Monro 1951; momentum: Polyak 1964).
    Sgd {
        /// Learning rate η; default 0.001.
        #[serde(default = "default::sgd_lr")]
        lr: f64,
        /// What the velocity keeps of itself each step, μ in [0, 1); default 0: no velocity.
        #[serde(default)]
        momentum: f64,
    },
    /// RMSProp (Tieleman & Hinton 2012).
    RmsProp {
        /// Learning rate η; default 5 · 10⁻⁵, that of WGAN (Arjovsky et al. 2017).
        #[serde(default = "default::rmsprop_lr")]
        lr: f64,
        /// Memory of the mean square, in [0, 1); default 0.99.
        #[serde(default = "default::rmsprop_alpha")]
        alpha: f64,
        /// Added to the root mean square; default 10⁻⁸.
        #[serde(default = "default::eps")]
        eps: f64,
    },
    /// Adam (Kingma & Ba 2015), by default with DCGAN's settings (Radford et al. 2016).
    Adam {
        /// Learning rate η; default 0.0002.
        #[serde(default = "default::adam_lr")]
        lr: f64,
        /// Memory of the mean gradient, in [0, 1); default 0.5.
        #[serde(default = "default::adam_beta1")]
        beta1: f64,
        /// Memory of the mean square, in [0, 1); default 0.999.
        #[serde(default = "default::adam_beta2")]
        beta2: f64,
        /// Added to the root mean square; default 10⁻⁸.
        #[serde(default = "default::eps")]
        eps: f64,
    },
    /// AdaGrad (Duchi, Hazan & Singer 2011).
    AdaGrad {
        /// Learning rate η; default 0.01.
        #[serde(default = "default::adagrad_lr")]
        lr: f64,
        /// Added to the root of the sum; default 10⁻¹⁰.
        #[serde(default = "default::adagrad_eps")]
        eps: f64,
    },
}

/// Serde takes a default as a function; these are the only place each number is written.
mod default {
    pub fn sgd_lr() -> f64 {
        1e-3
    }
    pub fn rmsprop_lr() -> f64 {
        5e-5
    }
    pub fn rmsprop_alpha() -> f64 {
        0.99
    }
    pub fn adam_lr() -> f64 {
        2e-4
    }
    pub fn adam_beta1() -> f64 {
        0.5
    }
    pub fn adam_beta2() -> f64 {
        0.999
    }
    pub fn adagrad_lr() -> f64 {
        1e-2
    }
    pub fn eps() -> f64 {
        1e-8
    }
    pub fn adagrad_eps() -> f64 {
        1e-10
    }
}

impl Default for OptimizerConfig {
    /// Adam as DCGAN used it.
    fn default() -> Self {
        Self::adam(
            default::adam_lr(),
            default::adam_beta1(),
            default::adam_beta2(),
        )
    }
}

impl OptimizerConfig {
    /// Gradient descent without momentum.
    pub fn sgd(lr: f64) -> Self {
        Self::Sgd { lr, momentum: 0.0 }
    }

    /// RMSProp with α = 0.99.
    pub fn rmsprop(lr: f64) -> Self {
        Self::RmsProp {
            lr,
            alpha: default::rmsprop_alpha(),
            eps: default::eps(),
        }
    }

    /// Adam with ε = 10⁻⁸.
    pub fn adam(lr: f64, beta1: f64, beta2: f64) -> Self {
        Self::Adam {
            lr,
            beta1,
            beta2,
            eps: default::eps(),
        }
    }

    /// AdaGrad with ε = 10⁻¹⁰.
    pub fn adagrad(lr: f64) -> Self {
        Self::AdaGrad {
            lr,
            eps: default::adagrad_eps(),
        }
    }

    /// Its name in a configuration: `sgd`, `rmsprop`, `adam` or `adagrad`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Sgd { .. } => "sgd",
            Self::RmsProp { .. } => "rmsprop",
            Self::Adam { .. } => "adam",
            Self::AdaGrad { .. } => "adagrad",
        }
    }

    /// The learning rate before any schedule.
    pub fn lr(&self) -> f64 {
        match *self {
            Self::Sgd { lr, .. }
            | Self::RmsProp { lr, .. }
            | Self::Adam { lr, .. }
            | Self::AdaGrad { lr, .. } => lr,
        }
    }

    /// What it keeps beside each parameter, under PyTorch's names.
    pub fn moment_names(&self) -> &'static [&'static str] {
        match *self {
            Self::Sgd { momentum: 0.0, .. } => &[],
            Self::Sgd { .. } => &["momentum_buffer"],
            Self::RmsProp { .. } => &["square_avg"],
            Self::Adam { .. } => &["exp_avg", "exp_avg_sq"],
            Self::AdaGrad { .. } => &["sum"],
        }
    }

    /// # Errors
    /// [`Error::Config`], naming the field, unless η > 0 and finite, each memory in [0, 1) and
    /// ε > 0 and finite. An ε of 0 (or one that `f32` rounds to 0) is refused because it turns a
    /// coordinate that has had no gradient yet, a dead unit's weight, into 0/0.
    ///
    /// ```
    /// use ganscope::optim::OptimizerConfig;
    /// let problem = OptimizerConfig::adam(2e-4, 1.0, 0.999).validate().unwrap_err();
    /// assert_eq!(problem.to_string(), "adam.beta1 must be in [0, 1), got 1");
    /// ```
    pub fn validate(&self) -> Result<()> {
        let must = |holds: bool, field: &str, condition: &str, got: f64| {
            if holds {
                return Ok(());
            }
            let kind = self.kind();
            let got = match got.abs() {
                1e-6..1e9 | 0.0 => format!("{got}"),
                _ => format!("{got:e}"),
            };
            Err(Error::setting(
                field,
                format!("{kind}.{field} must be {condition}, got {got}"),
            ))
        };
        let memory = |field, value| must((0.0..1.0).contains(&value), field, "in [0, 1)", value);
        let positive = |field, value: f64| {
            let holds = value as f32 > 0.0 && (value as f32).is_finite();
            must(
                holds,
                field,
                "positive and finite in single precision",
                value,
            )
        };
        positive("lr", self.lr())?;
        match *self {
            Self::Sgd { momentum, .. } => memory("momentum", momentum),
            Self::RmsProp { alpha, eps, .. } => {
                memory("alpha", alpha)?;
                positive("eps", eps)
            }
            Self::Adam {
                beta1, beta2, eps, ..
            } => {
                memory("beta1", beta1)?;
                memory("beta2", beta2)?;
                positive("eps", eps)
            }
            Self::AdaGrad { eps, .. } => positive("eps", eps),
        }
    }

    /// An optimiser at step 0 without moments.
    ///
    /// # Errors
    /// As [`validate`](Self::validate).
    pub fn init(&self) -> Result<Optimizer> {
        self.validate()?;
        Ok(Optimizer {
            config: self.clone(),
            step: 0,
            moments: BTreeMap::new(),
        })
    }

    /// Step `t` of one parameter; `moments` are in the order of [`Self::moment_names`].
    pub(super) fn apply(
        &self,
        t: u64,
        lr_factor: f64,
        theta: &mut [f32],
        gradient: &[f32],
        moments: &mut [Vec<f32>],
    ) {
        let lr = self.lr() * lr_factor;
        match (self, moments) {
            (Self::Sgd { .. }, []) => apply(sgd::Sgd::new(lr), theta, gradient, []),
            (Self::Sgd { momentum, .. }, [v]) => {
                apply(sgd::Momentum::new(lr, *momentum), theta, gradient, [v]);
            }
            (Self::RmsProp { alpha, eps, .. }, [v]) => {
                apply(
                    rmsprop::RmsProp::new(lr, *alpha, *eps),
                    theta,
                    gradient,
                    [v],
                );
            }
            (
                Self::Adam {
                    beta1, beta2, eps, ..
                },
                [m, v],
            ) => {
                let rule = adam::Adam::new(lr, *beta1, *beta2, *eps, t);
                apply(rule, theta, gradient, [m, v]);
            }
            (Self::AdaGrad { eps, .. }, [s]) => {
                apply(adagrad::AdaGrad::new(lr, *eps), theta, gradient, [s]);
            }
            (_, moments) => unreachable!(
                "{} keeps {:?}, was handed {} moments",
                self.kind(),
                self.moment_names(),
                moments.len()
            ),
        }
    }
}
