//! Settings of an optimiser, as in a `config.toml`.

use serde::{Deserialize, Serialize};

use super::adagrad::AdaGrad;
use super::adam::Adam;
use super::elementwise::apply;
use super::rmsprop::RmsProp;
use super::sgd::{Momentum, Sgd};
use crate::{Error, Result};

/// An optimiser with its settings. The equations are in the files of [`optim`](super).
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
        /// Momentum μ, the decay rate of the velocity, in [0, 1); default 0, which has no velocity.
        #[serde(default)]
        momentum: f64,
    },
    /// RMSProp (Tieleman & Hinton 2012).
    RmsProp {
        /// Learning rate η; default 5 · 10⁻⁵, as in WGAN (Arjovsky et al. 2017).
        #[serde(default = "default::rmsprop_lr")]
        lr: f64,
        /// Decay rate α of the mean square, in [0, 1); default 0.99.
        #[serde(default = "default::rmsprop_alpha")]
        alpha: f64,
        /// ε, added to the root mean square; default 10⁻⁸.
        #[serde(default = "default::eps")]
        eps: f64,
    },
    /// Adam (Kingma & Ba 2015), by default with DCGAN's settings (Radford et al. 2016).
    Adam {
        /// Learning rate η; default 0.0002.
        #[serde(default = "default::adam_lr")]
        lr: f64,
        /// Decay rate β₁ of the mean gradient, in [0, 1); default 0.5.
        #[serde(default = "default::adam_beta1")]
        beta1: f64,
        /// Decay rate β₂ of the mean square, in [0, 1); default 0.999.
        #[serde(default = "default::adam_beta2")]
        beta2: f64,
        /// ε, added to the root mean square; default 10⁻⁸.
        #[serde(default = "default::eps")]
        eps: f64,
    },
    /// AdaGrad (Duchi, Hazan & Singer 2011).
    AdaGrad {
        /// Learning rate η; default 0.01.
        #[serde(default = "default::adagrad_lr")]
        lr: f64,
        /// ε, added to the root of the sum; default 10⁻¹⁰.
        #[serde(default = "default::adagrad_eps")]
        eps: f64,
    },
}

/// Default values, as functions because serde requires that.
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
    /// Adam with the settings of DCGAN.
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

    /// Name of the optimiser in a configuration: `sgd`, `rmsprop`, `adam` or `adagrad`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Sgd { .. } => "sgd",
            Self::RmsProp { .. } => "rmsprop",
            Self::Adam { .. } => "adam",
            Self::AdaGrad { .. } => "adagrad",
        }
    }

    /// Learning rate, before a schedule multiplies it.
    pub fn lr(&self) -> f64 {
        match *self {
            Self::Sgd { lr, .. }
            | Self::RmsProp { lr, .. }
            | Self::Adam { lr, .. }
            | Self::AdaGrad { lr, .. } => lr,
        }
    }

    /// Names of the moments that are kept for each parameter, as in PyTorch.
    pub fn moment_names(&self) -> &'static [&'static str] {
        match *self {
            Self::Sgd { momentum: 0.0, .. } => &[],
            Self::Sgd { .. } => &["momentum_buffer"],
            Self::RmsProp { .. } => &["square_avg"],
            Self::Adam { .. } => &["exp_avg", "exp_avg_sq"],
            Self::AdaGrad { .. } => &["sum"],
        }
    }

    /// Checks that η > 0 and ε > 0 are finite and that decay rates are in [0, 1).
    ///
    /// # Errors
    /// [`Error::Config`] with the name of the field. An ε of 0 (or one that `f32` rounds to 0) is refused,
    /// because the update of a coordinate that has had no gradient yet would be 0/0.
    ///
    /// ```
    /// use ganscope::optim::OptimizerConfig;
    /// let problem = OptimizerConfig::adam(2e-4, 1.0, 0.999).validate().unwrap_err();
    /// assert_eq!(problem.to_string(), "adam.beta1 must be in [0, 1), got 1");
    /// ```
    pub fn validate(&self) -> Result<()> {
        let check = |holds: bool, field: &str, condition: &str, got: f64| {
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
        let decay = |field, value| check((0.0..1.0).contains(&value), field, "in [0, 1)", value);
        let positive = |field, value: f64| {
            let holds = value as f32 > 0.0 && (value as f32).is_finite();
            check(
                holds,
                field,
                "positive and finite in single precision",
                value,
            )
        };
        positive("lr", self.lr())?;
        match *self {
            Self::Sgd { momentum, .. } => decay("momentum", momentum),
            Self::RmsProp { alpha, eps, .. } => {
                decay("alpha", alpha)?;
                positive("eps", eps)
            }
            Self::Adam {
                beta1, beta2, eps, ..
            } => {
                decay("beta1", beta1)?;
                decay("beta2", beta2)?;
                positive("eps", eps)
            }
            Self::AdaGrad { eps, .. } => positive("eps", eps),
        }
    }

    /// Updates one parameter in step `t`. `moments` are in the order of [`Self::moment_names`].
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
            (Self::Sgd { .. }, []) => apply(Sgd::new(lr), theta, gradient, []),
            (Self::Sgd { momentum, .. }, [v]) => {
                apply(Momentum::new(lr, *momentum), theta, gradient, [v]);
            }
            (Self::RmsProp { alpha, eps, .. }, [v]) => {
                apply(RmsProp::new(lr, *alpha, *eps), theta, gradient, [v]);
            }
            (
                Self::Adam {
                    beta1, beta2, eps, ..
                },
                [m, v],
            ) => {
                let rule = Adam::new(lr, *beta1, *beta2, *eps, t);
                apply(rule, theta, gradient, [m, v]);
            }
            (Self::AdaGrad { eps, .. }, [s]) => {
                apply(AdaGrad::new(lr, *eps), theta, gradient, [s]);
            }
            (_, moments) => unreachable!(
                "{} has the moments {:?}, but was given {}",
                self.kind(),
                self.moment_names(),
                moments.len()
            ),
        }
    }
}
