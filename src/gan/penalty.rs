//! Penalties on the gradient of D with respect to its input.
//!
//! The gradient penalty (Gulrajani et al. 2017) holds ‖∇D‖ to a target, between real and generated
//! samples; R₁ and R₂ (Mescheder et al. 2018) hold it small on the real and on the generated ones, and
//! together they make the relativistic game converge (Huang et al. 2024):
//!
//! $$ P = \lambda\,\mathbb{E}\bigl[(\lVert\nabla_{\hat x} D(\hat x)\rVert - t)^2\bigr], \qquad
//!    \hat x = \epsilon x + (1 - \epsilon)\tilde x, \quad \epsilon \sim U(0, 1) $$
//! $$ R_1 = \tfrac{\gamma}{2}\,\mathbb{E}\bigl[\lVert\nabla_x D(x)\rVert^2\bigr], \qquad
//!    R_2 = \tfrac{\gamma}{2}\,\mathbb{E}\bigl[\lVert\nabla_{\tilde x} D(\tilde x)\rVert^2\bigr] $$
//!
//! All are E[φ(g)] of g = ∇D, and how they change with D's weights θ asks for a second derivative. It
//! is that of a first: with u = φ'(g) *held fixed*,
//!
//! $$ \frac{\partial}{\partial\theta}\,\mathbb{E}[\varphi(g)]
//!    = \mathbb{E}\Bigl[u\cdot\frac{\partial g}{\partial\theta}\Bigr]
//!    = \frac{\partial}{\partial\theta}\,\mathbb{E}[\dot D], $$
//!
//! where Ḋ = u·∇D is the tangent of D along u, computed forward on the tape. The mean of Ḋ is the
//! *surrogate*: its gradient is P's, exactly; its value is not.

use super::{Loss, Scores, mean};
use crate::error::{Error, Result};
use crate::nn::{Network, Pass};
use crate::random::{Stream, rng};
use crate::tensor::{Batch, Gradients};
use rand::RngExt;
use serde::{Deserialize, Serialize};

/// Which penalty D pays, as it stands in a configuration.
///
/// ```
/// use ganscope::gan::PenaltyConfig;
/// let penalty: PenaltyConfig = serde_json::from_str(r#"{ "kind": "gradient" }"#)?;
/// assert_eq!(penalty, PenaltyConfig::Gradient { weight: 10.0, target: 1.0 });
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum PenaltyConfig {
    /// D pays nothing. (Braces, because serde lets a unit variant pass with unknown fields.)
    None {},
    /// λ E[(‖∇D‖ − t)²] between real and generated samples.
    Gradient {
        /// λ; default 10.
        #[serde(default = "ten")]
        weight: f64,
        /// t, what the norm should be; default 1.
        #[serde(default = "one")]
        target: f64,
    },
    /// γ/2 E‖∇D‖² on real samples.
    R1 {
        /// γ; default 10.
        #[serde(default = "ten")]
        gamma: f64,
    },
    /// γ/2 E‖∇D‖² on generated samples.
    R2 {
        /// γ; default 10.
        #[serde(default = "ten")]
        gamma: f64,
    },
    /// R₁ + R₂.
    R1R2 {
        /// γ of both; default 10.
        #[serde(default = "ten")]
        gamma: f64,
    },
}

fn ten() -> f64 {
    10.0
}
fn one() -> f64 {
    1.0
}

impl Default for PenaltyConfig {
    fn default() -> Self {
        PenaltyConfig::None {}
    }
}

/// What D pays for its gradient on one batch.
pub struct Penalty {
    /// What to add to L_D: its gradient is that of P. Its value is not P's.
    pub surrogate: Loss,
    /// P.
    pub value: f64,
    /// The mean of ‖∇D‖ over the samples.
    pub gradient_norm: f64,
}

impl PenaltyConfig {
    /// Refuses settings that mean nothing.
    ///
    /// # Errors
    /// [`Error::Config`] naming the setting.
    pub fn validate(&self) -> Result<()> {
        let settings = match *self {
            PenaltyConfig::None {} => vec![],
            PenaltyConfig::Gradient { weight, target } => {
                vec![("weight", weight), ("target", target)]
            }
            PenaltyConfig::R1 { gamma }
            | PenaltyConfig::R2 { gamma }
            | PenaltyConfig::R1R2 { gamma } => vec![("gamma", gamma)],
        };
        let weight = |(name, value): (&str, f64)| super::weight(&format!("penalty.{name}"), value);
        settings.into_iter().try_for_each(weight)
    }

    /// The penalty of D on a real and a generated batch of one size; none for the kind `none`.
    ///
    /// ε, and D's dropout, are functions of (`seed`, `step`). D's moving averages do not follow.
    ///
    /// ```
    /// use ganscope::gan::PenaltyConfig;
    /// use ganscope::nn::{Network, NetworkSpec};
    /// use ganscope::{random::Stream, tensor::{Batch, Gradients}};
    /// let spec: NetworkSpec = serde_json::from_str(r#"{
    ///     "input": { "kind": "vector", "len": 2 },
    ///     "layers": [{ "type": "dense", "in": 2, "out": 1 }]
    /// }"#)?;
    /// let mut d = Network::new("discriminator", &spec, 1, Stream::DiscriminatorInit)?;
    /// d.parameters_mut()[0].1.update(|w| w.copy_from_slice(&[3.0, 4.0]));
    /// let (real, fake) = (Batch::new(vec![1.0; 8], 4, 2)?, Batch::new(vec![-1.0; 8], 4, 2)?);
    ///
    /// // D(x) = w·x + b has ∇D = w everywhere, ‖w‖ = 5: P = 10 (5 − 1)², ∂P/∂w = 20 (5 − 1) w/5.
    /// let penalty = PenaltyConfig::Gradient { weight: 10.0, target: 1.0 };
    /// let Some(p) = penalty.of(&d, &real, &fake, 7, 0)? else { unreachable!() };
    /// assert!((p.value - 160.0).abs() < 1e-4 && (p.gradient_norm - 5.0).abs() < 1e-6);
    /// let slope = Gradients::of(p.surrogate.into_scalar())?.take(d.parameters()[0].1)?;
    /// assert!((slope[0] - 48.0).abs() < 1e-4 && (slope[1] - 64.0).abs() < 1e-4);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Shape`] when a batch is not of D's width, [`Error::Usage`] when one is larger;
    /// [`Error::Device`].
    pub fn of(
        &self,
        d: &Network,
        real: &Batch,
        generated: &Batch,
        seed: u64,
        step: u64,
    ) -> Result<Option<Penalty>> {
        let pass = Pass::training(seed, step);
        // γ/2 ‖g‖², as (φ, φ'/‖g‖)
        let squared = |gamma: f64| move |norm: f64| (gamma / 2.0 * norm * norm, gamma);
        Ok(Some(match *self {
            PenaltyConfig::None {} => return Ok(None),
            PenaltyConfig::Gradient { weight, target } => {
                let between = interpolate(real, generated, seed, step)?;
                penalty(d, between, pass, |norm| {
                    let excess = norm - target;
                    // Where ‖g‖ = 0 it has no derivative, and 0 is a subgradient.
                    let slope = if norm > 0.0 { excess / norm } else { 0.0 };
                    (weight * excess * excess, 2.0 * weight * slope)
                })?
            }
            PenaltyConfig::R1 { gamma } => penalty(d, real.clone(), pass, squared(gamma))?,
            PenaltyConfig::R2 { gamma } => penalty(d, generated.clone(), pass, squared(gamma))?,
            PenaltyConfig::R1R2 { gamma } => {
                let r1 = penalty(d, real.clone(), pass, squared(gamma))?;
                let r2 = penalty(d, generated.clone(), pass, squared(gamma))?;
                Penalty {
                    surrogate: r1.surrogate + r2.surrogate,
                    value: r1.value + r2.value,
                    gradient_norm: (r1.gradient_norm + r2.gradient_norm) / 2.0,
                }
            }
        }))
    }
}

/// x̂ = εx + (1 − ε)x̃, one ε a sample.
fn interpolate(real: &Batch, generated: &Batch, seed: u64, step: u64) -> Result<Batch> {
    let (rows, columns) = (real.rows(), real.columns());
    if (generated.rows(), generated.columns()) != (rows, columns) {
        return Err(Error::Usage(format!(
            "a gradient penalty lies between pairs: {rows} real samples of {columns} numbers, but \
             {} generated of {}",
            generated.rows(),
            generated.columns()
        )));
    }
    let mut rng = rng(seed, Stream::Interpolation, step);
    let (real, generated) = (real.values(), generated.values());
    let mut between = Vec::with_capacity(rows * columns);
    for (x, fake) in real.chunks(columns).zip(generated.chunks(columns)) {
        let epsilon: f32 = rng.random();
        between.extend(
            x.iter()
                .zip(fake)
                .map(|(x, fake)| fake + epsilon * (x - fake)),
        );
    }
    Batch::new(between, rows, columns)
}

/// E[φ(‖∇D(x)‖)], where `phi` gives φ and φ'/‖g‖ for a norm ‖g‖.
fn penalty(d: &Network, x: Batch, pass: Pass, phi: impl Fn(f64) -> (f64, f64)) -> Result<Penalty> {
    let (n, columns) = (x.rows(), x.columns());
    let scores = d.apply(x.clone().record(), pass.frozen().through())?;
    let mut u = Gradients::of(mean(Scores::of(scores)?).into_scalar())?.take_input(&x)?;
    let (mut value, mut gradient_norm) = (0.0, 0.0);
    for g in u.chunks_mut(columns) {
        // The mean's gradient is that of one score over n.
        let square: f64 = g.iter().map(|&g| (g as f64).powi(2)).sum();
        let norm = n as f64 * square.sqrt();
        let (height, slope) = phi(norm);
        let factor = (n as f64 * slope) as f32;
        g.iter_mut().for_each(|g| *g *= factor);
        value += height / n as f64;
        gradient_norm += norm / n as f64;
    }
    let tangent = d.tangent(x, Batch::new(u, n, columns)?.record(), pass)?;
    Ok(Penalty {
        surrogate: mean(Scores::of(tangent)?),
        value,
        gradient_norm,
    })
}
