//! A generator that is divided at a layer, G = f₂ ∘ f₁, with the units of that layer.

use serde::{Deserialize, Serialize};

use crate::data::SampleShape;
use crate::error::{Error, Result, counted};
use crate::interpret::inference::{
    MAXIMUM_ROWS, check_kept, check_rows_are_independent, infer, infer_all,
};
use crate::interpret::rows::count_rows;
use crate::nn::Network;

/// The value to which the activations of an ablated unit are set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Replacement {
    /// The number 0, so that the unit adds nothing to the next layer.
    Zero,
    /// The mean of the unit over all samples and pixels.
    Mean,
}

/// The units of one layer of a generator. A unit is a channel if the output of the layer is an image, otherwise a single
/// number.
///
/// ```
/// use ganscope::{data::SampleShape, nn::{Network, presets}, random::{Stream, standard_normal}};
/// use ganscope::interpret::Units;
/// let digits = SampleShape::Image { channels: 1, height: 28, width: 28 };
/// let g = presets::generator(&digits, 8)?;
/// let g = Network::new("generator", &g, 1, Stream::GeneratorInit)?;
/// // The first four layers: dense, reshape, batch norm and ReLU.
/// let units = Units::new(&g, 4)?;
/// assert_eq!((units.count(), units.resolution()), (128, (3, 3)));
/// let z = standard_normal(1, Stream::Exploration, 0, 2 * 8);
/// assert_eq!(units.activations(&z)?.len(), 2 * 128 * 3 * 3);
/// # Ok::<(), ganscope::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Units {
    first: Network,
    rest: Network,
    layers: usize,
    description: String,
    count: usize,
    resolution: (usize, usize),
}

impl Units {
    /// Divides `network` after its first `layers` layers. With 0 layers, the units are the latent variables.
    ///
    /// An activation function is computed by the layer before it, so the activations are those after the function even if
    /// `layers` does not count it.
    ///
    /// # Errors
    /// [`Error::Usage`] if the network has fewer layers, or a layer whose output for a sample depends on the other samples
    /// of its batch.
    pub fn new(network: &Network, layers: usize) -> Result<Self> {
        check_rows_are_independent(network)?;
        let (first, rest) = network.split_at(layers)?;
        let (count, resolution) = match *first.output() {
            SampleShape::Vector { len } => (len, (1, 1)),
            SampleShape::Image {
                channels,
                height,
                width,
            } => (channels, (height, width)),
        };
        let description = match layers.checked_sub(1) {
            Some(last) => network.describe(&last.to_string()),
            None => "input".into(),
        };
        Ok(Units {
            first,
            rest,
            layers,
            description,
            count,
            resolution,
        })
    }

    /// Number of units.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Height and width of the activations of a unit in pixels; 1 and 1 for a layer of single numbers.
    pub fn resolution(&self) -> (usize, usize) {
        self.resolution
    }

    /// Number of layers up to the units.
    pub fn layers(&self) -> usize {
        self.layers
    }

    /// Index and description of the layer, such as `3 (relu)`.
    pub fn layer(&self) -> &str {
        &self.description
    }

    /// Width of a latent vector.
    pub fn latent(&self) -> usize {
        self.first.spec().input.numel()
    }

    /// Number of values of an image.
    pub fn image_width(&self) -> usize {
        self.rest.output().numel()
    }

    /// Number of activations of a unit for one sample.
    pub(super) fn pixels(&self) -> usize {
        self.resolution.0 * self.resolution.1
    }

    /// Number of latent vectors in `z`, which must be complete and finite.
    pub(super) fn samples(&self, z: &[f32]) -> Result<usize> {
        count_rows(z, self.latent(), "the latent vectors")
    }

    /// Returns f₁(z), the activations of all units for each row of `z` [n, latent]: row-major [n, units, height, width].
    ///
    /// # Errors
    /// [`Error::Usage`] for incomplete rows, values that are not finite, and more samples than fit into memory;
    /// [`Error::Device`].
    pub fn activations(&self, z: &[f32]) -> Result<Vec<f32>> {
        self.samples(z)?;
        infer_all(&self.first, z)
    }

    /// Returns f₂ of activations [n, units, height, width]: images [n, image width].
    pub(super) fn images_of(&self, activations: &[f32]) -> Result<Vec<f32>> {
        infer_all(&self.rest, activations)
    }

    /// Calls `visit(index of the first sample, activations)` for every block of samples.
    pub(super) fn for_each_block(
        &self,
        z: &[f32],
        visit: impl FnMut(usize, &[f32]) -> Result<()>,
    ) -> Result<()> {
        infer(&self.first, z, visit)
    }

    /// Returns the images G(z) for each row of `z` [n, latent], with the activations of `units` replaced: row-major
    /// [n, image width]. With no units, these are the images of the generator.
    ///
    /// ```
    /// use ganscope::nn::{Network, NetworkSpec};
    /// use ganscope::random::Stream;
    /// use ganscope::interpret::{Replacement, Units};
    /// let spec: NetworkSpec = serde_json::from_str(r#"{
    ///     "input": { "kind": "vector", "len": 2 },
    ///     "layers": [{ "type": "dense", "in": 2, "out": 2, "bias": false },
    ///                { "type": "dense", "in": 2, "out": 1, "bias": false }]
    /// }"#)?;
    /// let mut g = Network::new("generator", &spec, 1, Stream::GeneratorInit)?;
    /// g.parameters_mut()[0].1.update(|w| w.copy_from_slice(&[1.0, 0.0, 0.0, 1.0]));
    /// g.parameters_mut()[1].1.update(|w| w.copy_from_slice(&[1.0, 10.0]));
    /// let (units, z) = (Units::new(&g, 1)?, [1.0, 2.0, 3.0, 4.0]);
    /// assert_eq!(units.ablate(&z, &[], Replacement::Zero)?, [21.0, 43.0]);
    /// assert_eq!(units.ablate(&z, &[1], Replacement::Zero)?, [1.0, 3.0]);
    /// assert_eq!(units.ablate(&z, &[1], Replacement::Mean)?, [31.0, 33.0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Usage`] for units that the layer does not have, and as [`activations`](Self::activations).
    pub fn ablate(&self, z: &[f32], units: &[usize], replacement: Replacement) -> Result<Vec<f32>> {
        self.check_units(units)?;
        let activations = self.activations(z)?;
        let means = self.means_for(&activations, replacement);
        self.ablate_activations(&activations, units, &means)
    }

    /// The value that replaces each unit.
    pub(super) fn means_for(&self, activations: &[f32], replacement: Replacement) -> Vec<f32> {
        let mut sums = vec![0.0; self.count];
        if replacement == Replacement::Mean {
            let pixels = self.pixels();
            for (index, of_unit) in activations.chunks_exact(pixels).enumerate() {
                sums[index % self.count] += of_unit.iter().map(|a| f64::from(*a)).sum::<f64>();
            }
        }
        let numbers = (activations.len() / self.count.max(1)).max(1);
        sums.iter()
            .map(|sum| (sum / numbers as f64) as f32)
            .collect()
    }

    /// The images for activations in which `units` are set to their `values`.
    pub(super) fn ablate_activations(
        &self,
        activations: &[f32],
        units: &[usize],
        values: &[f32],
    ) -> Result<Vec<f32>> {
        let (width, pixels) = (self.first.output().numel(), self.pixels());
        let mut images = Vec::new();
        check_kept(
            activations.len() / width,
            self.image_width(),
            size_of::<f32>(),
            self.rest.name(),
        )?;
        // A few hundred samples at a time, so that the changed activations take little memory.
        for block in activations.chunks(MAXIMUM_ROWS * width) {
            let mut block = block.to_vec();
            for of_sample in block.chunks_exact_mut(width) {
                for &unit in units {
                    of_sample[unit * pixels..][..pixels].fill(values[unit]);
                }
            }
            images.extend(self.images_of(&block)?);
        }
        Ok(images)
    }

    /// Refuses units that do not exist, and units that occur twice.
    pub(super) fn check_units(&self, units: &[usize]) -> Result<()> {
        if let Some(unit) = units.iter().find(|unit| **unit >= self.count) {
            return Err(Error::Usage(format!(
                "layer {} has {}, so there is no unit {unit} (counted from 0)",
                self.description,
                counted(self.count, "unit")
            )));
        }
        let mut sorted = units.to_vec();
        sorted.sort_unstable();
        match sorted.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(Error::Usage(format!(
                "unit {} occurs twice in the set of units; name each unit once",
                pair[0]
            ))),
            None => Ok(()),
        }
    }
}
