//! A network built from its description.

use super::NetworkSpec;
use super::layer::{Layer, Op, Running, build};
use super::spectral::Spectral;
use crate::data::SampleShape;
use crate::error::{Error, Result};
use crate::random::{Stream, rng};
use crate::tensor::normalize::Moments;
use crate::tensor::{Batch, Gradients, Needs, Parameter, Tape};

/// What a forward pass is for: decides batch norm's moments, dropout, and which gradients exist.
#[derive(Debug, Clone, Copy)]
pub struct Pass {
    /// Batch norm uses the batch, dropout drops.
    pub(super) training: bool,
    /// Somebody will read the gradients of the weights, of the input.
    pub(super) needs: Needs,
    /// Dropout masks are a function of these two.
    pub(super) seed: u64,
    pub(super) step: u64,
}

impl Pass {
    /// Running moments, no dropout; nothing is differentiated.
    pub const INFERENCE: Pass = Pass {
        training: false,
        needs: Needs {
            input: false,
            weights: false,
        },
        seed: 0,
        step: 0,
    };

    /// A pass whose weights learn from an input that does not.
    pub fn training(seed: u64, step: u64) -> Pass {
        Pass {
            training: true,
            needs: Needs {
                input: false,
                weights: true,
            },
            seed,
            step,
        }
    }

    /// The weights stay as they are: their gradients are not computed.
    pub fn frozen(mut self) -> Pass {
        self.needs.weights = false;
        self
    }

    /// The gradient flows on into what the input was computed from.
    pub fn through(mut self) -> Pass {
        self.needs.input = true;
        self
    }
}

/// A network: built at run time from a [`NetworkSpec`], applied to [`Batch`]es.
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
    name: String,
    spec: NetworkSpec,
    output: SampleShape,
    pub(super) layers: Vec<Layer>,
}

impl Network {
    /// Builds the network; initial weights are a function of (`seed`, `stream`).
    ///
    /// # Errors
    /// [`Error::Shape`] naming the first layer that does not fit, and both shapes; or the largest,
    /// when they do not fit into memory.
    pub fn new(name: &str, spec: &NetworkSpec, seed: u64, stream: Stream) -> Result<Self> {
        spec.fits(name, 1)?;
        let shapes = spec.shapes(name)?;
        let mut layers: Vec<Layer> = Vec::new();
        let mut input = &spec.input;
        for (index, (layer, output)) in spec.layers.iter().zip(&shapes).enumerate() {
            // Each layer has its own numbers: adding one does not change those before it.
            let mut rng = rng(seed, stream, index as u64);
            let op = match layer.activation() {
                Some(activation) => {
                    let before = layers.last_mut().filter(|last| last.index + 1 == index);
                    let fused = before.is_some_and(|last| last.takes(activation));
                    (!fused).then_some(Op::Activate(activation))
                }
                None => build(layer, spec.init, input, &mut rng)?,
            };
            if let Some(mut op) = op {
                let operator = op.operator().filter(|_| spec.spectral_norm);
                let weight = op.parameters_mut().next();
                let sizes = (input.numel(), output.numel());
                let spectral = match (operator, weight) {
                    (Some(operator), Some(weight)) => {
                        Some(Spectral::new(operator, weight, sizes, &mut rng)?)
                    }
                    _ => None,
                };
                layers.push(Layer {
                    index,
                    op,
                    spectral,
                });
            }
            input = output;
        }
        Ok(Network {
            name: name.into(),
            output: shapes.last().cloned().unwrap_or_else(|| spec.input.clone()),
            spec: spec.clone(),
            layers,
        })
    }

    /// `generator`, `discriminator`: what errors and checkpoints call it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The description it was built from.
    pub fn spec(&self) -> &NetworkSpec {
        &self.spec
    }

    /// Shape of one output sample.
    pub fn output(&self) -> &SampleShape {
        &self.output
    }

    /// Applies the network and lets batch norm's moving averages follow.
    ///
    /// # Errors
    /// [`Error::Shape`] when the batch is not of the input's width; [`Error::Device`].
    pub fn forward<T: Tape>(&mut self, x: Batch<T>, pass: Pass) -> Result<Batch<T>> {
        let (y, seen) = self.run(x, pass, None)?;
        for (place, count, moments) in seen {
            if let Op::BatchNorm {
                running, momentum, ..
            } = &mut self.layers[place].op
            {
                running.follow(&moments, *momentum, count);
            }
        }
        Ok(y)
    }

    /// The same, but what the network remembers stays as it is.
    ///
    /// # Errors
    /// As [`forward`](Self::forward).
    pub fn apply<T: Tape>(&self, x: Batch<T>, pass: Pass) -> Result<Batch<T>> {
        Ok(self.run(x, pass, None)?.0)
    }

    /// Applies the network as it is, without recording.
    ///
    /// # Errors
    /// As [`forward`](Self::forward).
    pub fn infer(&self, x: Batch) -> Result<Batch> {
        self.apply(x, Pass::INFERENCE)
    }

    /// The first layer whose weights are not finite, or whose output for `x` in training mode is
    /// not: (layer, what).
    ///
    /// # Errors
    /// As [`forward`](Self::forward).
    pub fn first_not_finite(&self, x: Batch) -> Result<Option<(String, &'static str)>> {
        for (name, parameter) in self.parameters() {
            if parameter.values().iter().any(|v| !v.is_finite()) {
                return Ok(Some((self.describe(&name), "a weight")));
            }
        }
        let mut found = None;
        let mut look = |layer: &Layer, y: &[f32]| {
            if found.is_none() && y.iter().any(|y| !y.is_finite()) {
                let index = layer.index;
                found = Some(format!("{index} ({})", self.spec.layers[index]));
            }
        };
        self.run(x, Pass::training(0, 0), Some(&mut look))?;
        Ok(found.map(|layer| (layer, "the output")))
    }

    /// `3 (dense 256→1)` for parameter `3.weight`.
    pub fn describe(&self, parameter: &str) -> String {
        let index = parameter
            .split('.')
            .next()
            .and_then(|i| i.parse::<usize>().ok());
        match index.and_then(|i| Some((i, self.spec.layers.get(i)?))) {
            Some((i, layer)) => format!("{i} ({layer})"),
            None => parameter.to_string(),
        }
    }

    /// Refuses a batch that is not of the input's width.
    pub(super) fn check<T>(&self, x: &Batch<T>) -> Result<()> {
        match x.columns() == self.spec.input.numel() {
            true => Ok(()),
            false => Err(Error::Shape {
                network: self.name.clone(),
                index: 0,
                layer: "input".into(),
                expected: self.spec.input.to_string(),
                got: format!("{} numbers", x.columns()),
            }),
        }
    }

    /// Runs the layers; returns what each batch norm saw: (place, numbers a channel, moments).
    #[allow(clippy::type_complexity)]
    pub(super) fn run<T: Tape>(
        &self,
        x: Batch<T>,
        pass: Pass,
        mut look: Option<&mut dyn FnMut(&Layer, &[f32])>,
    ) -> Result<(Batch<T>, Vec<(usize, usize, Moments)>)> {
        self.check(&x)?;
        let mut seen = Vec::new();
        let mut y = x;
        // Below the first layer that learns, gradients are needed only if the input wants one.
        let mut needs = pass.needs;
        for (place, layer) in self.layers.iter().enumerate() {
            let count = y.rows() * y.columns();
            let (output, moments) = layer.forward(y, pass, needs)?;
            seen.extend(moments.map(|m| (place, count / m.mean.len(), m)));
            y = output;
            needs.input |= needs.weights && layer.op.learns();
            if let Some(look) = &mut look {
                look(layer, &y.values());
            }
        }
        Ok((y, seen))
    }

    /// The parameters with PyTorch's names, in order.
    pub fn parameters(&self) -> Vec<(String, &Parameter)> {
        let mut all = Vec::new();
        for layer in &self.layers {
            let names = ["weight", "bias"];
            for (name, parameter) in names.iter().zip(layer.op.parameters()) {
                all.push((format!("{}.{name}", layer.index), parameter));
            }
        }
        all
    }

    /// The same, to be changed at once: weights are set so, not learnt, which is
    /// [`update`](Self::update)'s.
    pub fn parameters_mut(&mut self) -> Vec<(String, &mut Parameter)> {
        let mut all = Vec::new();
        for layer in &mut self.layers {
            let names = ["weight", "bias"];
            for (name, parameter) in names.iter().zip(layer.op.parameters_mut()) {
                all.push((format!("{}.{name}", layer.index), parameter));
            }
        }
        all
    }

    /// Takes out the gradients with respect to what is learnt, in the order of
    /// [`parameters`](Self::parameters). With spectral norm that is not a weight as it is applied, but
    /// what it is made from.
    ///
    /// # Errors
    /// [`Error::Device`].
    pub fn gradients(&self, all: &mut Gradients) -> Result<Vec<Vec<f32>>> {
        let mut gradients = Vec::new();
        for (parameter, spectral) in self.layers.iter().flat_map(Layer::parameters) {
            let mut gradient = all.take(parameter)?;
            if let Some(spectral) = spectral {
                spectral.pull_back(parameter, &mut gradient)?;
            }
            gradients.push(gradient);
        }
        Ok(gradients)
    }

    /// Changes what is learnt by `change(place, values)`, in the same order; weights with spectral norm
    /// follow.
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
    /// Those of `change`; [`Error::Device`].
    pub fn update(
        &mut self,
        mut change: impl FnMut(usize, &mut [f32]) -> Result<()>,
    ) -> Result<()> {
        let all = self.layers.iter_mut().flat_map(Layer::parameters_mut);
        for (place, (parameter, spectral)) in all.enumerate() {
            match spectral {
                Some(spectral) => spectral.update(parameter, |w| change(place, w))?,
                None => {
                    let mut outcome = Ok(());
                    parameter.update(|values| outcome = change(place, values));
                    outcome?;
                }
            }
        }
        Ok(())
    }

    /// Weights with spectral norm, by their layer's place, with what they are made from.
    pub(super) fn spectral(&self) -> impl Iterator<Item = (usize, &Parameter, &Spectral)> {
        self.layers.iter().flat_map(|layer| {
            let all = layer.parameters();
            all.filter_map(|(weight, spectral)| Some((layer.index, weight, spectral?)))
        })
    }

    pub(super) fn spectral_mut(
        &mut self,
    ) -> impl Iterator<Item = (usize, &mut Parameter, &mut Spectral)> {
        self.layers.iter_mut().flat_map(|layer| {
            let index = layer.index;
            let all = layer.parameters_mut();
            all.filter_map(move |(weight, spectral)| Some((index, weight, spectral?)))
        })
    }

    /// Batch norms with their place in PyTorch's names.
    pub(super) fn running(&self) -> impl Iterator<Item = (usize, &Running)> {
        self.layers.iter().filter_map(|layer| match &layer.op {
            Op::BatchNorm { running, .. } => Some((layer.index, running)),
            _ => None,
        })
    }

    pub(super) fn running_mut(&mut self) -> impl Iterator<Item = (usize, &mut Running)> {
        self.layers
            .iter_mut()
            .filter_map(|layer| match &mut layer.op {
                Op::BatchNorm { running, .. } => Some((layer.index, running)),
                _ => None,
            })
    }

    /// θ ← decay·θ + (1 − decay)·θ': the moving average of a network's weights. Batch norm's moments
    /// are copied, since they are averages already. With spectral norm it is the weights as they are
    /// applied that are averaged: the average of operators of norm 1 has at most norm 1.
    pub fn follow(&mut self, other: &Network, decay: f64) {
        // An average is W/σ(W) of no W.
        for layer in &mut self.layers {
            layer.spectral = None;
        }
        let theirs = other.parameters();
        for ((_, mine), (_, theirs)) in self.parameters_mut().into_iter().zip(theirs) {
            let theirs = theirs.values();
            let decay = decay as f32;
            mine.update(|mine| {
                for (mine, theirs) in mine.iter_mut().zip(theirs.iter()) {
                    *mine += (1.0 - decay) * (theirs - *mine);
                }
            });
        }
        for ((_, mine), (_, theirs)) in self.running_mut().zip(other.running()) {
            *mine = theirs.clone();
        }
    }
}
