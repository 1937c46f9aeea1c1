//! Measurements of each layer.

use crate::error::Result;
use crate::nn::{Network, Pass};
use crate::random::Stream;
use crate::tensor::Batch;
use crate::train::losses::Losses;
use crate::train::player::{Player, Update};
use crate::train::trainer::Trainer;
use serde::Serialize;

/// Measurements of a layer with weights, or of an activation function. A quantity that a layer does not have is `None`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LayerSigns {
    /// Name of the network, `generator` or `discriminator`.
    pub network: String,
    /// Name of the layer, and its description: `2 (dense 128→128)`, or `2.main.0 (dense 128→128)` in a residual block.
    pub layer: String,
    /// ‖∂L/∂W‖ of the weight W, for the loss of the network on the batches of the next step, before clipping; NaN where
    /// it is not finite.
    pub gradient: Option<f64>,
    /// ‖W‖.
    pub weight: Option<f64>,
    /// ‖W‖ of a newly initialised layer; `None` with spectral norm, where W cannot become small.
    pub fresh: Option<f64>,
    /// ‖ΔW‖/‖W‖ of the next step; `None` also where W is 0, and where a gradient is not finite and the step is refused.
    pub update: Option<f64>,
    /// Norm ‖A_W‖ of the linear operator that the layer applies to its input; `None` where that is not linear.
    pub spectral_norm: Option<f64>,
    /// Fraction of the values or units of the activation function that are saturated: see
    /// [`Network::saturation`].
    pub saturation: Option<f64>,
    /// Whether this is the last layer of the network. The tanh at the end of a generator may reach −1 and 1.
    pub last: bool,
}

impl LayerSigns {
    /// Returns ‖∂L/∂W‖·‖W‖ for a layer that is linear in its input. To first order, this is the largest change
    /// of the loss when W changes by its own norm. Unlike the gradient it does not depend on how the scale of a
    /// ReLU network is distributed over its layers.
    ///
    /// ```
    /// use ganscope::train::{Settings, Trainer};
    /// let (config, data) = Settings::parse("data = \"ring8\"\nbatch = 64")?.resolve()?;
    /// let layers = Trainer::new(config, data)?.examine(&[])?.layers;
    /// let dense = &layers[0];
    /// let product = dense.gradient.zip(dense.weight).map(|(g, w)| g * w);
    /// assert_eq!(dense.influence(), product);
    /// // A ReLU has no weights.
    /// assert_eq!(layers[1].influence(), None);
    /// # Ok::<(), ganscope::Error>(())
    /// ```
    pub fn influence(&self) -> Option<f64> {
        self.spectral_norm?;
        Some(self.gradient? * self.weight?)
    }
}

/// Measures the next step of both networks on a copy of the trainer.
pub(super) fn examine(trainer: &Trainer) -> Result<Vec<LayerSigns>> {
    let mut copy = trainer.clone();
    let batch = copy.minibatch(copy.step * copy.config.n_critic as u64)?;
    let step = copy.step_of_component();
    let (z, fake) = (batch.z.clone(), batch.fake.clone());
    let pass = batch.passes.fake.frozen();
    let mut losses = Losses::default();
    let (loss, _) = copy.discriminator_loss(&batch, &mut losses)?;
    let d_gradients = copy.discriminator.gradients(loss)?;
    let loss = copy.generator_loss(batch, &mut losses)?;
    let g_gradients = copy.generator.gradients(loss)?;
    let mut all = measure(&mut copy.generator, g_gradients, step, z, pass)?;
    let of_d = measure(&mut copy.discriminator, d_gradients, step, fake, pass)?;
    all.extend(of_d);
    Ok(all)
}

/// Measures the layers of one network, with its gradients and its input x.
fn measure(
    player: &mut Player,
    gradients: Vec<Vec<f32>>,
    step: u64,
    x: Batch,
    pass: Pass,
) -> Result<Vec<LayerSigns>> {
    let network = player.network.clone();
    let parameters = network.parameters();
    let mut signs = without_measurements(&network);
    let names: Vec<String> = network.layer_names().map(str::to_string).collect();
    let place = |layer: &str| names.iter().position(|name| name == layer);
    let layer_of_weight = |name: &str| place(name.strip_suffix(".weight")?);
    for ((name, weight), gradient) in parameters.iter().zip(&gradients) {
        if let Some(index) = layer_of_weight(name) {
            signs[index].gradient = Some(norm(gradient));
            signs[index].weight = Some(norm(&weight.values()));
        }
    }
    if !network.spec().spectral_norm {
        let fresh = Network::new(network.name(), network.spec(), 0, Stream::Examination)?;
        for (name, weight) in fresh.parameters() {
            if let Some(index) = layer_of_weight(&name) {
                signs[index].fresh = Some(norm(&weight.values()));
            }
        }
    }
    for (layer, sigma) in network.spectral_norms()? {
        if let Some(index) = place(&layer) {
            signs[index].spectral_norm = Some(sigma);
        }
    }
    for (layer, share) in network.saturation(x, pass)? {
        if let Some(index) = place(&layer) {
            signs[index].saturation = Some(share);
        }
    }
    if let Update::Done { .. } = player.apply(gradients, step)? {
        for ((name, before), (_, after)) in parameters.iter().zip(player.network.parameters()) {
            if let Some(index) = layer_of_weight(name) {
                let (before, after) = (before.values(), after.values());
                let change: Vec<f32> = after.iter().zip(&*before).map(|(a, b)| a - b).collect();
                let size = norm(&before);
                signs[index].update = (size > 0.0).then(|| norm(&change) / size);
            }
        }
    }
    signs.retain(|s| s.gradient.is_some() || s.saturation.is_some());
    Ok(signs)
}

/// Returns an entry without measurements for every layer.
fn without_measurements(network: &Network) -> Vec<LayerSigns> {
    let last = network.spec().layers.len().saturating_sub(1).to_string();
    let sign = |name: &str| LayerSigns {
        network: network.name().into(),
        layer: network.describe(name),
        gradient: None,
        weight: None,
        fresh: None,
        update: None,
        spectral_norm: None,
        saturation: None,
        last: name == last,
    };
    network.layer_names().map(sign).collect()
}

/// Returns the Euclidean norm. It is computed in f64, where the square of an f32 cannot overflow.
fn norm(x: &[f32]) -> f64 {
    x.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt()
}
