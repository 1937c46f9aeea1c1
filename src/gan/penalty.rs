//! Penalties on the gradient of D with respect to its input.
//!
//! The gradient penalty (Gulrajani et al. 2017) keeps ‖∇D‖ near a target between real and generated
//! samples. R₁ and R₂ (Mescheder et al. 2018) keep it small on real and on generated samples; with both of them
//! relativistic training converges (Huang et al. 2024):
//!
//! $$ P = \lambda\,\mathbb{E}\bigl[(\lVert\nabla_{\hat x} D(\hat x)\rVert - t)^2\bigr], \qquad
//!    \hat x = \epsilon x + (1 - \epsilon)\tilde x, \quad \epsilon \sim U(0, 1) $$
//! $$ R_1 = \tfrac{\gamma}{2}\,\mathbb{E}\bigl[\lVert\nabla_x D(x)\rVert^2\bigr], \qquad
//!    R_2 = \tfrac{\gamma}{2}\,\mathbb{E}\bigl[\lVert\nabla_{\tilde x} D(\tilde x)\rVert^2\bigr] $$
//!
//! All of them have the form E[φ(g)] with g = ∇D, so their gradient with respect to D's weights θ needs a second
//! derivative of D. With u = φ'(g) *held fixed* it is the gradient of a first derivative,
//!
//! $$ \frac{\partial}{\partial\theta}\,\mathbb{E}[\varphi(g)]
//!    = \mathbb{E}\Bigl[u\cdot\frac{\partial g}{\partial\theta}\Bigr]
//!    = \frac{\partial}{\partial\theta}\,\mathbb{E}[\dot D], $$
//!
//! where Ḋ = u·∇D is the tangent of D along u, computed forward on the tape. The mean of Ḋ is the
//! *surrogate*: it has exactly the gradient of P, but not its value.

use super::term_weight;
use crate::error::{Error, Result};
use crate::nn::{Network, Pass};
use crate::random::{Stream, rng};
use crate::tensor::scores::mean;
use crate::tensor::{Batch, Gradients, Loss, Needs, Scores};
use rand::RngExt;
use serde::{Deserialize, Serialize};

/// The penalty on D's gradient, as a configuration holds it.
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
    /// No penalty. (With braces, because serde accepts unknown fields for a unit variant.)
    None {},
    /// λ E[(‖∇D‖ − t)²] between real and generated samples.
    Gradient {
        /// Weight λ; default 10.
        #[serde(default = "default_weight")]
        weight: f64,
        /// Target t of the norm; default 1.
        #[serde(default = "default_target")]
        target: f64,
    },
    /// γ/2 E‖∇D‖² on real samples.
    R1 {
        /// Weight γ; default 10.
        #[serde(default = "default_weight")]
        gamma: f64,
    },
    /// γ/2 E‖∇D‖² on generated samples.
    R2 {
        /// Weight γ; default 10.
        #[serde(default = "default_weight")]
        gamma: f64,
    },
    /// R₁ + R₂.
    R1R2 {
        /// Weight γ of both terms; default 10.
        #[serde(default = "default_weight")]
        gamma: f64,
    },
}

fn default_weight() -> f64 {
    10.0
}
fn default_target() -> f64 {
    1.0
}

impl Default for PenaltyConfig {
    fn default() -> Self {
        PenaltyConfig::None {}
    }
}

/// The penalty P on one batch.
pub struct Penalty {
    /// The loss to add to L_D. It has the gradient of P, but not its value.
    pub surrogate: Loss,
    /// Value of P.
    pub value: f64,
    /// Mean of ‖∇D‖ over the samples.
    pub gradient_norm: f64,
}

impl PenaltyConfig {
    /// Checks the weights and the target.
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
        let check =
            |(name, value): (&str, f64)| term_weight::check(&format!("penalty.{name}"), value);
        settings.into_iter().try_for_each(check)
    }

    /// Whether the penalty keeps ‖∇D‖ near a target between real and generated samples, so that the mean slope
    /// of D there is known.
    pub fn holds_slope(&self) -> bool {
        matches!(self, PenaltyConfig::Gradient { .. })
    }

    /// Returns the penalty of D on a real and a generated batch of the same size, or `None` for the kind `none`.
    ///
    /// ε and D's dropout are functions of (`seed`, `step`). D's moving averages are not updated.
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
    /// let slope = Gradients::of(p.surrogate)?.take(d.parameters()[0].1)?;
    /// assert!((slope[0] - 48.0).abs() < 1e-4 && (slope[1] - 64.0).abs() < 1e-4);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Shape`] when a batch does not have D's width, [`Error::Usage`] when the batches differ in size,
    /// [`Error::Device`] when the device is out of memory.
    pub fn of(
        &self,
        d: &Network,
        real: &Batch,
        generated: &Batch,
        seed: u64,
        step: u64,
    ) -> Result<Option<Penalty>> {
        let pass = Pass::training(seed, step);
        // γ/2 ‖g‖² as the pair (φ, φ'/‖g‖).
        let squared = |gamma: f64| move |norm: f64| (gamma / 2.0 * norm * norm, gamma);
        Ok(Some(match *self {
            PenaltyConfig::None {} => return Ok(None),
            PenaltyConfig::Gradient { weight, target } => {
                let between = interpolate(real, generated, seed, step)?;
                penalty(d, &between, pass, |norm| {
                    let excess = norm - target;
                    // The norm has no derivative at g = 0; 0 is a subgradient there.
                    let slope = if norm > 0.0 { excess / norm } else { 0.0 };
                    (weight * excess * excess, 2.0 * weight * slope)
                })?
            }
            PenaltyConfig::R1 { gamma } => penalty(d, real, pass, squared(gamma))?,
            PenaltyConfig::R2 { gamma } => penalty(d, generated, pass, squared(gamma))?,
            PenaltyConfig::R1R2 { gamma } => {
                let r1 = penalty(d, real, pass, squared(gamma))?;
                let r2 = penalty(d, generated, pass, squared(gamma))?;
                Penalty {
                    surrogate: r1.surrogate + r2.surrogate,
                    value: r1.value + r2.value,
                    gradient_norm: (r1.gradient_norm + r2.gradient_norm) / 2.0,
                }
            }
        }))
    }
}

/// Returns x̂ = εx + (1 − ε)x̃ with one ε per sample.
fn interpolate(real: &Batch, generated: &Batch, seed: u64, step: u64) -> Result<Batch> {
    let (rows, columns) = (real.rows(), real.columns());
    if (generated.rows(), generated.columns()) != (rows, columns) {
        return Err(Error::Usage(format!(
            "a gradient penalty needs as many generated samples as real ones, of the same width: got {rows} real \
             samples of {columns} numbers and {} generated ones of {}",
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

/// Returns E[φ(‖∇D(x)‖)], where `phi` computes φ and φ'/‖g‖ from a norm ‖g‖.
fn penalty(d: &Network, x: &Batch, pass: Pass, phi: impl Fn(f64) -> (f64, f64)) -> Result<Penalty> {
    let (n, columns) = (x.rows(), x.columns());
    let (scores, trace) = d.trace(x.clone().record(), pass.frozen().through())?;
    let mut u = Gradients::of(mean(Scores::of(scores)?))?.take_input(x)?;
    let (mut value, mut gradient_norm) = (0.0, 0.0);
    for g in u.chunks_mut(columns) {
        // The gradient of the mean is that of one score divided by n.
        let square: f64 = g.iter().map(|&g| (g as f64).powi(2)).sum();
        let norm = n as f64 * square.sqrt();
        let (loss, slope) = phi(norm);
        let factor = (n as f64 * slope) as f32;
        g.iter_mut().for_each(|g| *g *= factor);
        value += loss / n as f64;
        gradient_norm += norm / n as f64;
    }
    let tangent = trace.tangent(Batch::new(u, n, columns)?.record(), Needs::WEIGHTS)?;
    Ok(Penalty {
        surrogate: mean(Scores::of(tangent)?),
        value,
        gradient_norm,
    })
}
