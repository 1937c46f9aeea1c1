//! The norms of the linear operators of a network.

use super::layer::Layer;
use super::network::Network;
use super::spectral::SpectralWeight;
use crate::error::Result;
use crate::random::{Stream, rng};

impl Network {
    /// Returns (name of the layer, ‖A_W‖) for every layer whose weight is that of a linear operator, with
    /// the weight as it is applied. The norm is NaN if a weight is not finite. The network does not change.
    ///
    /// ```
    /// use ganscope::{nn::{Network, NetworkSpec}, random::Stream};
    /// let spec: NetworkSpec = serde_json::from_str(r#"{
    ///     "input": { "kind": "vector", "len": 2 },
    ///     "layers": [{ "type": "dense", "in": 2, "out": 2 }, { "type": "relu" }]
    /// }"#)?;
    /// let mut network = Network::new("generator", &spec, 1, Stream::GeneratorInit)?;
    /// network.parameters_mut()[0].1.update(|w| w.copy_from_slice(&[3.0, 0.0, 0.0, -5.0]));
    /// let norms = network.spectral_norms()?;
    /// assert!(norms[0].0 == "0" && (norms[0].1 - 5.0).abs() < 1e-3);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Device`](crate::Error::Device).
    pub fn spectral_norms(&self) -> Result<Vec<(String, f64)>> {
        let steps = self.spec().plan(self.name())?;
        let mut norms = Vec::new();
        for (index, (placed, step)) in self.layers.iter().zip(&steps).enumerate() {
            let sizes = (step.input.numel(), step.output.numel());
            let parameters = placed.layer.parameters();
            let (Some(operator), Some((_, weight))) = (placed.layer.operator(), parameters.first())
            else {
                continue;
            };
            let weights = weight.values();
            // Divided by the largest weight, the squares neither overflow nor vanish in f32.
            let largest = weights.iter().fold(0.0, |max: f32, w| max.max(w.abs()));
            let norm = if weights.iter().any(|w| !w.is_finite()) {
                f64::NAN
            } else if largest == 0.0 {
                0.0
            } else {
                let mut copy = (*weight).clone();
                copy.update(|w| w.iter_mut().for_each(|w| *w /= largest));
                let mut rng = rng(0, Stream::Examination, index as u64);
                let found = SpectralWeight::new(operator, &mut copy, sizes, &mut rng)?;
                f64::from(found.sigma) * f64::from(largest)
            };
            norms.push((step.name.clone(), norm));
        }
        Ok(norms)
    }
}
