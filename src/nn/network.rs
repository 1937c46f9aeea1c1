//! A network that is built from its description.

use super::layer::Layer;
use super::layers::BuiltLayer;
use super::pass::Pass;
use super::plan::Role;
use super::spec::NetworkSpec;
use super::spectral::SpectralWeight;
use crate::data::SampleShape;
use crate::error::Result;
use crate::random::{Stream, rng};
use crate::tensor::activation::Activation;
use crate::tensor::{Batch, Gradients, Parameter, Tape};

/// A network, built at run time from a [`NetworkSpec`] and applied to [`Batch`]es.
///
/// ```
/// use ganscope::{data::SampleShape, nn::{Network, presets}, random::Stream, tensor::Batch};
/// let spec = presets::discriminator(&SampleShape::Vector { len: 2 })?;
/// let critic = Network::new("discriminator", &spec, 1, Stream::DiscriminatorInit)?;
/// let scores = critic.infer(Batch::new(vec![0.5, -0.5], 1, 2)?)?;
/// assert_eq!((scores.rows(), scores.columns()), (1, 1));
/// # Ok::<(), ganscope::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Network {
    pub(super) name: String,
    pub(super) spec: NetworkSpec,
    pub(super) output: SampleShape,
    /// One layer for each step of the description's plan, at the same index.
    pub(super) layers: Vec<NetworkLayer>,
}

/// A layer of a network, or the beginning, middle or end of a residual block.
#[derive(Debug, Clone)]
pub(super) struct NetworkLayer {
    /// Name by which parameters are called, such as `3`, or `3.main.0` in a residual block.
    pub name: String,
    /// The layer in words, such as `dense 784→512`.
    pub description: String,
    pub role: Role,
    /// The identity, unless the role is to apply a layer.
    pub layer: BuiltLayer,
    /// With spectral norm, the weight that the first parameter of `layer` is computed from.
    pub spectral: Option<SpectralWeight>,
}

impl NetworkLayer {
    /// The layer by name and description, such as `3 (dense 256→1)`.
    fn in_words(&self) -> String {
        format!("{} ({})", self.name, self.description)
    }

    pub fn has_parameters(&self) -> bool {
        !self.layer.parameters().is_empty()
    }

    /// Returns every parameter, the first one with its spectral weight.
    fn parameters(&self) -> impl Iterator<Item = (&Parameter, Option<&SpectralWeight>)> {
        let spectral = std::iter::once(self.spectral.as_ref()).chain(std::iter::repeat(None));
        let parameters = self.layer.parameters().into_iter();
        parameters.map(|(_, parameter)| parameter).zip(spectral)
    }

    /// Returns every parameter, the first one with its spectral weight, mutably.
    fn parameters_mut(
        &mut self,
    ) -> impl Iterator<Item = (&mut Parameter, Option<&mut SpectralWeight>)> {
        let spectral =
            std::iter::once(self.spectral.as_mut()).chain(std::iter::repeat_with(|| None));
        let parameters = self.layer.parameters_mut().into_iter();
        parameters.map(|(_, parameter)| parameter).zip(spectral)
    }
}

impl Network {
    /// Builds the network. The initial weights are a function of `seed` and `stream`; errors and
    /// checkpoints call the network `name`.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) with the first layer that does not fit, and both shapes; or with the largest layer,
    /// when the network does not fit into memory.
    pub fn new(name: &str, spec: &NetworkSpec, seed: u64, stream: Stream) -> Result<Self> {
        spec.check_memory(name, 1)?;
        let steps = spec.plan(name)?;
        let mut layers: Vec<NetworkLayer> = Vec::with_capacity(steps.len());
        let mut output = spec.input.clone();
        for (index, step) in steps.into_iter().enumerate() {
            // Each layer has random numbers of its own, so adding a layer does not change those before it.
            let mut rng = rng(seed, stream, index as u64);
            let fused = match step.layer.activation() {
                Some(activation) => layers
                    .last_mut()
                    .is_some_and(|previous| fuse(&mut previous.layer, activation)),
                None => false,
            };
            let mut layer = if fused {
                BuiltLayer::fused()
            } else {
                step.layer.build(&step.input, spec.init, &mut rng)?
            };
            let operator = layer.operator().filter(|_| spec.spectral_norm);
            let weight = layer.parameters_mut().into_iter().next();
            let spectral = match (operator, weight) {
                (Some(operator), Some((_, weight))) => {
                    let sizes = (step.input.numel(), step.output.numel());
                    Some(SpectralWeight::new(operator, weight, sizes, &mut rng)?)
                }
                _ => None,
            };
            layers.push(NetworkLayer {
                description: step.layer.to_string(),
                name: step.name,
                role: step.role,
                layer,
                spectral,
            });
            output = step.output;
        }
        Ok(Network {
            name: name.into(),
            output,
            spec: spec.clone(),
            layers,
        })
    }

    /// The name by which errors and checkpoints call the network, such as `generator`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The description that the network was built from.
    pub fn spec(&self) -> &NetworkSpec {
        &self.spec
    }

    /// Shape of one output sample.
    pub fn output(&self) -> &SampleShape {
        &self.output
    }

    /// Applies the network and updates the moving averages of batch norm.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) when the batch does not have the width of the input; [`Error::Device`](crate::Error::Device).
    pub fn forward<T: Tape>(&mut self, x: Batch<T>, pass: Pass) -> Result<Batch<T>> {
        let (y, moments) = self.run(x, pass, None)?;
        for of_batch in moments {
            let layer = &mut self.layers[of_batch.index].layer;
            layer.update_running_moments(&of_batch.moments, of_batch.count);
        }
        Ok(y)
    }

    /// Applies the network without updating the moving averages of batch norm.
    ///
    /// # Errors
    /// The errors of [`forward`](Self::forward).
    pub fn apply<T: Tape>(&self, x: Batch<T>, pass: Pass) -> Result<Batch<T>> {
        Ok(self.run(x, pass, None)?.0)
    }

    /// Applies the network for inference, without recording operations on a tape.
    ///
    /// # Errors
    /// The errors of [`forward`](Self::forward).
    pub fn infer(&self, x: Batch) -> Result<Batch> {
        self.apply(x, Pass::INFERENCE)
    }

    /// Returns the first layer with a weight that is not finite, or else the first whose output for `x` in
    /// training mode is not finite: (layer, `a weight` or `the output`).
    ///
    /// # Errors
    /// The errors of [`forward`](Self::forward).
    pub fn first_not_finite(&self, x: Batch) -> Result<Option<(String, &'static str)>> {
        for (name, parameter) in self.parameters() {
            if parameter.values().iter().any(|v| !v.is_finite()) {
                return Ok(Some((self.describe(&name), "a weight")));
            }
        }
        let mut found = None;
        let mut observe = |index: usize, y: Batch| {
            if found.is_none() && y.values().iter().any(|y| !y.is_finite()) {
                found = Some(self.layers[index].in_words());
            }
        };
        self.run(x, Pass::training(0, 0), Some(&mut observe))?;
        Ok(found.map(|layer| (layer, "the output")))
    }

    /// Returns the layer of a parameter by name and description: `3 (dense 256→1)` for `3.weight`, and
    /// `3.main.0 (dense 256→1)` for `3.main.0.weight` in a residual block.
    pub fn describe(&self, parameter: &str) -> String {
        let is_in = |placed: &&NetworkLayer| {
            let rest = parameter.strip_prefix(&placed.name);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        // A block's name begins the names of its layers.
        let layers = self.layers.iter().filter(is_in);
        let innermost = layers.max_by_key(|placed| placed.name.len());
        innermost.map_or_else(|| parameter.to_string(), NetworkLayer::in_words)
    }

    /// Returns the names of all layers in the order in which they are applied, such as `3`, or `3.main.0` for a layer in
    /// a residual block. The block itself is not among them.
    pub fn layer_names(&self) -> impl Iterator<Item = &str> {
        let layers = self.layers.iter();
        let applied = layers.filter(|placed| placed.role == Role::Layer);
        applied.map(|placed| placed.name.as_str())
    }

    /// Returns the parameters with PyTorch's names (`0.weight`), in order.
    pub fn parameters(&self) -> Vec<(String, &Parameter)> {
        let named = self.layers.iter().flat_map(|placed| {
            let (layer, parameters) = (&placed.name, placed.layer.parameters().into_iter());
            parameters.map(move |(name, parameter)| (format!("{layer}.{name}"), parameter))
        });
        named.collect()
    }

    /// Returns the same parameters, to set them. This sets the weights as they are applied; training goes
    /// through [`update`](Self::update).
    pub fn parameters_mut(&mut self) -> Vec<(String, &mut Parameter)> {
        let named = self.layers.iter_mut().flat_map(|placed| {
            let (layer, parameters) = (&placed.name, placed.layer.parameters_mut().into_iter());
            parameters.map(move |(name, parameter)| (format!("{layer}.{name}"), parameter))
        });
        named.collect()
    }

    /// Takes the gradients with respect to the trained weights out of `all`, in the order of
    /// [`parameters`](Self::parameters). With spectral norm the trained weight is W, not the normalised W̄.
    ///
    /// # Errors
    /// [`Error::Device`](crate::Error::Device).
    pub fn gradients(&self, all: &mut Gradients) -> Result<Vec<Vec<f32>>> {
        let mut gradients = Vec::new();
        for (parameter, spectral) in self.layers.iter().flat_map(NetworkLayer::parameters) {
            let mut gradient = all.take(parameter)?;
            if let Some(spectral) = spectral {
                spectral.pull_back(parameter, &mut gradient)?;
            }
            gradients.push(gradient);
        }
        Ok(gradients)
    }

    /// Changes the trained weights by `change(place, values)`, in the order of
    /// [`parameters`](Self::parameters). Weights with spectral norm are normalised again.
    ///
    /// ```
    /// use ganscope::{nn::{Network, NetworkSpec}, random::Stream};
    /// let spec: NetworkSpec = serde_json::from_str(r#"{
    ///     "input": { "kind": "vector", "len": 2 }, "spectral_norm": true,
    ///     "layers": [{ "type": "dense", "in": 2, "out": 1 }]
    /// }"#)?;
    /// let mut critic = Network::new("critic", &spec, 1, Stream::DiscriminatorInit)?;
    /// critic.update(|place, values| {
    ///     values.copy_from_slice(if place == 0 { &[3.0, 4.0] } else { &[7.0] });
    ///     Ok(())
    /// })?;
    /// let values = |place: usize| critic.parameters()[place].1.values();
    /// assert!((values(0)[0] - 0.6).abs() < 1e-6 && (values(0)[1] - 0.8).abs() < 1e-6);
    /// assert_eq!(*values(1), [7.0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The errors of `change`; [`Error::Device`](crate::Error::Device).
    pub fn update(
        &mut self,
        mut change: impl FnMut(usize, &mut [f32]) -> Result<()>,
    ) -> Result<()> {
        let all = self
            .layers
            .iter_mut()
            .flat_map(NetworkLayer::parameters_mut);
        for (place, (parameter, spectral)) in all.enumerate() {
            if let Some(spectral) = spectral {
                spectral.update(parameter, |w| change(place, w))?;
            } else {
                let mut outcome = Ok(());
                parameter.update(|values| outcome = change(place, values));
                outcome?;
            }
        }
        Ok(())
    }

    /// Returns (name of the layer, W̄, W) for every weight with spectral norm.
    pub(super) fn spectral_weights(
        &self,
    ) -> impl Iterator<Item = (&str, &Parameter, &SpectralWeight)> {
        self.layers.iter().flat_map(|placed| {
            let (layer, all) = (placed.name.as_str(), placed.parameters());
            all.filter_map(move |(weight, spectral)| Some((layer, weight, spectral?)))
        })
    }

    /// Returns the same weights, mutably.
    pub(super) fn spectral_weights_mut(
        &mut self,
    ) -> impl Iterator<Item = (String, &mut Parameter, &mut SpectralWeight)> {
        self.layers.iter_mut().flat_map(|placed| {
            let (layer, all) = (placed.name.clone(), placed.parameters_mut());
            all.filter_map(move |(weight, spectral)| Some((layer.clone(), weight, spectral?)))
        })
    }

    /// Updates a moving average of the weights of `other`: θ ← decay·θ + (1 − decay)·θ'.
    ///
    /// The buffers of batch norm are copied, since they are averages already. With spectral norm the
    /// normalised weights are averaged: an average of operators of norm 1 has at most norm 1.
    pub fn average_with(&mut self, other: &Network, decay: f64) {
        // An average of normalised weights is itself not a normalised weight.
        for placed in &mut self.layers {
            placed.spectral = None;
        }
        let new = other.parameters();
        for ((_, average), (_, new)) in self.parameters_mut().into_iter().zip(new) {
            let new = new.values();
            let decay = decay as f32;
            average.update(|average| {
                for (average, new) in average.iter_mut().zip(new.iter()) {
                    *average += (1.0 - decay) * (new - *average);
                }
            });
        }
        for (average, new) in self.layers.iter_mut().zip(&other.layers) {
            let buffers = new.layer.buffers().into_iter();
            let tensors: Vec<_> = buffers.map(|(_, tensor)| tensor).collect();
            average.layer.set_buffers(&tensors);
        }
    }
}

/// Makes a layer apply the activation function that follows it. Returns whether it can.
fn fuse(layer: &mut BuiltLayer, activation: Activation) -> bool {
    match layer.fused_activation() {
        Some(fused) if *fused == Activation::Linear => {
            *fused = activation;
            true
        }
        _ => false,
    }
}
