//! Probes of all layers of a network (Alain & Bengio 2017).
//!
//! For each layer three scores are compared, on the same held-out samples: that of the layer, that of the input, and that
//! of the same layer in a network of the same description with random weights. Only what exceeds the last has been learnt:
//! random layers already make some labels easier to read than the pixels do.

use std::fmt;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::features::{Reduction, features_at, places};
use super::probing::{FittedProbe, Probe, ProbeQuantity, ProbeSettings, fit_classes, fit_numeric};
use crate::error::{Result, counted, minus, thousands};
use crate::evaluate::Features;
use crate::interpret::inference::check_rows_are_independent;
use crate::interpret::rows::count_rows;
use crate::nn::Network;
use crate::random::Stream;

/// The difference of two scores on the same held-out samples.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// The difference.
    pub value: f64,
    /// Interval of 95 % by the bootstrap over the held-out samples.
    pub interval: (f64, f64),
}

/// The probes of one layer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LayerProbe {
    /// Index of the layer; `None` for the input. The features are those after its normalisation and activation.
    pub layer: Option<usize>,
    /// Index and description of the layer, or `input`.
    pub name: String,
    /// Number of features of the layer before a reduction.
    pub width: usize,
    /// How the features were reduced.
    pub reduction: Reduction,
    /// The probe of the layer in the network.
    pub trained: Probe,
    /// The probe of the same layer with random weights; `None` for the input, which has no weights.
    pub random: Option<Probe>,
    /// Score of the layer minus that of the layer with random weights.
    pub over_random: Option<Difference>,
    /// Score of the layer minus that of the input.
    pub over_input: Option<Difference>,
}

/// The probes of the input and of all layers of a network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LayerProbes {
    /// Name of the network.
    pub network: String,
    /// The input, then each dense or convolutional layer.
    pub layers: Vec<LayerProbe>,
    /// Number of samples.
    pub n: usize,
    /// Settings of the probes. The random weights are those of `Network::new(…, seed, Stream::RandomWeights)`.
    pub settings: ProbeSettings,
}

/// Probes the input and all layers of `network` for the label of each row of `x` [n, input].
///
/// The layers are the dense and convolutional ones, each after the normalisation and the activation that follow it.
///
/// ```
/// use ganscope::{data::SampleShape, nn::{Network, presets}, random::{Stream, standard_normal}};
/// use ganscope::interpret::{ProbeSettings, probe_layers};
/// let spec = presets::discriminator(&SampleShape::Vector { len: 2 })?;
/// let d = Network::new("discriminator", &spec, 1, Stream::DiscriminatorInit)?;
/// let x = standard_normal(1, Stream::Data, 0, 2 * 400);
/// // The product of the coordinates cannot be classified linearly, but a random layer makes it possible.
/// let labels: Vec<usize> = x.chunks_exact(2).map(|x| usize::from(x[0] * x[1] > 0.0)).collect();
/// let probes = probe_layers(&d, &x, &labels, &ProbeSettings::default())?;
/// assert!(probes.layers[0].trained.score < 0.65);
/// assert!(probes.layers[1].trained.score > 0.85);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`](crate::Error::Usage) for incomplete rows, labels of another number than the rows, settings out of range,
/// and as [`probe_classes`](super::probe_classes()); [`Error::Device`](crate::Error::Device).
pub fn probe_layers(
    network: &Network,
    x: &[f32],
    labels: &[usize],
    settings: &ProbeSettings,
) -> Result<LayerProbes> {
    probe_all(network, x, settings, |features| {
        fit_classes(features, labels, settings)
    })
}

/// Probes the input and all layers of `network` for the number that belongs to each row of `x` [n, input], such as the
/// size of a sprite.
///
/// # Errors
/// As [`probe_layers`] and [`probe_numeric`](super::probe_numeric()).
pub fn probe_layers_numeric(
    network: &Network,
    x: &[f32],
    values: &[f64],
    settings: &ProbeSettings,
) -> Result<LayerProbes> {
    probe_all(network, x, settings, |features| {
        fit_numeric(features, values, settings)
    })
}

fn probe_all(
    network: &Network,
    x: &[f32],
    settings: &ProbeSettings,
    fit: impl Fn(&Features) -> Result<FittedProbe> + Sync,
) -> Result<LayerProbes> {
    let n = count_rows(x, network.spec().input.numel(), "the samples")?;
    check_rows_are_independent(network)?;
    let places = places(network)?;
    let random = Network::new(
        network.name(),
        network.spec(),
        settings.seed,
        Stream::RandomWeights,
    )?;
    let probe = |network: &Network, places| -> Result<Vec<(Reduction, FittedProbe)>> {
        let features = features_at(network, places, x, settings.max_features, settings.seed)?;
        let fitted: Vec<Result<_>> = features
            .par_iter()
            .map(|(reduction, features)| Ok((*reduction, fit(features)?)))
            .collect();
        fitted.into_iter().collect()
    };
    let trained = probe(network, &places)?;
    let random = probe(&random, &places[1..])?;
    let input = &trained[0].1;
    let difference = |a: &FittedProbe, b: &FittedProbe| {
        let (value, interval) = a.difference(b);
        Difference { value, interval }
    };
    // The input has no counterpart with random weights.
    let random = std::iter::once(None).chain(random.iter().map(|(_, fitted)| Some(fitted)));
    let layers = places.iter().zip(&trained).zip(random);
    let layers = layers.map(|((place, (reduction, fitted)), random)| LayerProbe {
        layer: place.layer,
        name: place.name.clone(),
        width: place.numel(),
        reduction: *reduction,
        trained: fitted.probe.clone(),
        random: random.map(|random| random.probe.clone()),
        over_random: random.map(|random| difference(fitted, random)),
        over_input: place.layer.map(|_| difference(fitted, input)),
    });
    Ok(LayerProbes {
        network: network.name().into(),
        layers: layers.collect(),
        n,
        settings: *settings,
    })
}

impl fmt::Display for LayerProbes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(first) = self.layers.first() else {
            return write!(f, "no layer was probed");
        };
        let quantity = match first.trained.quantity {
            ProbeQuantity::Accuracy => "accuracy",
            ProbeQuantity::RSquared => "R²",
        };
        write!(
            f,
            "{quantity} of linear probes of {} on held-out samples",
            self.network
        )?;
        let number = |v: f64| minus(format!("{v:.3}"));
        for layer in &self.layers {
            let (low, high) = layer.trained.interval;
            write!(
                f,
                "\n{:<28} {} ({} to {})",
                layer.name,
                number(layer.trained.score),
                number(low),
                number(high)
            )?;
            if let (Some(random), Some(over)) = (&layer.random, &layer.over_random) {
                write!(
                    f,
                    ", with random weights {}, difference {} ({} to {})",
                    number(random.score),
                    number(over.value),
                    number(over.interval.0),
                    number(over.interval.1)
                )?;
            }
            if layer.reduction != Reduction::None {
                write!(f, "; {}", layer.reduction)?;
            }
        }
        write!(
            f,
            "\n{:<28} {}\n{} for training, {} held out; 95 % intervals; λ = {}, seed {}",
            "without features",
            number(first.trained.chance),
            counted(first.trained.n_training, "sample"),
            thousands(first.trained.n_held_out as u64),
            self.settings.lambda,
            self.settings.seed
        )
    }
}
