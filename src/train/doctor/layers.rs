//! What can be seen of each layer.

use crate::error::Result;
use crate::nn::{Network, Pass};
use crate::random::Stream;
use crate::tensor::Batch;
use crate::train::player::Player;
use crate::train::{Losses, Trainer};
use serde::Serialize;

/// A layer that learns or is an activation function; what it has not is `None`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LayerSigns {
    /// `generator` or `discriminator`.
    pub network: String,
    /// Place in the network's description, and the layer: `2 (dense 128→128)`.
    pub layer: String,
    /// ‖∂L/∂W‖ of the weight W for the loss of its own network, before clipping, on the next step's
    /// batches; NaN where it is not finite.
    pub gradient: Option<f64>,
    /// ‖W‖.
    pub weight: Option<f64>,
    /// ‖W‖ of a fresh layer; `None` with spectral norm, which keeps W from growing small.
    pub fresh: Option<f64>,
    /// ‖ΔW‖/‖W‖ of the next step; `None` also where W is 0, and where a gradient is not finite, and there is
    /// no step.
    pub update: Option<f64>,
    /// ‖A_W‖ of what W does to the layer's input; `None` where that is not linear.
    pub spectral_norm: Option<f64>,
    /// Share of the activation function's values, or units, that are flat: see
    /// [`Network::saturation`].
    pub saturation: Option<f64>,
    /// Whether the network's output is this layer's: a generator's tanh is to reach −1 and 1.
    pub last: bool,
}

impl LayerSigns {
    /// ‖∂L/∂W‖·‖W‖ where W makes a linear operator: by how much the loss changes, at most, when W
    /// changes by its own size. Unlike the gradient it does not depend on how the layers of a ReLU
    /// network share its scale among them.
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

/// Looks at the next step of both players on a copy.
pub(super) fn examine(trainer: &Trainer) -> Result<Vec<LayerSigns>> {
    let mut copy = trainer.clone();
    let turn = copy.turn(copy.step * copy.config.n_critic as u64)?;
    let step = copy.step_of_component();
    let (z, fake) = (turn.z.clone(), turn.fake.clone());
    let pass = turn.passes[1].frozen();
    let mut losses = Losses::default();
    let loss = copy.discriminator_loss(&turn, &mut losses)?;
    let d_gradients = copy.discriminator.gradients(loss)?;
    let loss = copy.generator_loss(turn, &mut losses)?;
    let g_gradients = copy.generator.gradients(loss)?;
    let mut all = of(&mut copy.generator, g_gradients, step, z, pass)?;
    all.extend(of(&mut copy.discriminator, d_gradients, step, fake, pass)?);
    Ok(all)
}

fn of(
    player: &mut Player,
    gradients: Vec<Vec<f32>>,
    step: u64,
    x: Batch,
    pass: Pass,
) -> Result<Vec<LayerSigns>> {
    let network = player.network.clone();
    let places = network.parameters();
    let mut signs = blank(&network);
    let place = |name: &str| -> Option<usize> {
        let (index, kind) = name.split_once('.')?;
        index.parse().ok().filter(|_| kind == "weight")
    };
    for ((name, weight), gradient) in places.iter().zip(&gradients) {
        if let Some(index) = place(name) {
            signs[index].gradient = Some(norm(gradient));
            signs[index].weight = Some(norm(&weight.values()));
        }
    }
    if !network.spec().spectral_norm {
        let fresh = Network::new(network.name(), network.spec(), 0, Stream::Examination)?;
        for (name, weight) in fresh.parameters() {
            if let Some(index) = place(&name) {
                signs[index].fresh = Some(norm(&weight.values()));
            }
        }
    }
    for (index, sigma) in network.spectral_norms()? {
        signs[index].spectral_norm = Some(sigma);
    }
    for (index, share) in network.saturation(x, pass)? {
        signs[index].saturation = Some(share);
    }
    if player.follow(gradients, step)?.is_ok() {
        for ((name, before), (_, after)) in places.iter().zip(player.network.parameters()) {
            if let Some(index) = place(name) {
                let (before, after) = (before.values(), after.values());
                let change: Vec<f32> = after.iter().zip(&*before).map(|(a, b)| a - b).collect();
                let size = norm(&before);
                signs[index].update = (size > 0.0).then(|| norm(&change) / size);
            }
        }
    }
    let seen = |s: &LayerSigns| s.gradient.is_some() || s.saturation.is_some();
    signs.retain(seen);
    Ok(signs)
}

fn blank(network: &Network) -> Vec<LayerSigns> {
    let layers = network.spec().layers.len();
    let sign = |index: usize| LayerSigns {
        network: network.name().into(),
        layer: network.describe(&index.to_string()),
        gradient: None,
        weight: None,
        fresh: None,
        update: None,
        spectral_norm: None,
        saturation: None,
        last: index + 1 == layers,
    };
    (0..layers).map(sign).collect()
}

/// In f64, where no square of an f32 overflows.
fn norm(x: &[f32]) -> f64 {
    x.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt()
}
