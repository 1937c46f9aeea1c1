//! A network as two networks that are applied one after the other.

use super::layers::LayerSpec;
use super::network::{Network, NetworkLayer};
use super::spec::NetworkSpec;
use crate::data::SampleShape;
use crate::error::{Error, Result, counted};

impl Network {
    /// Returns the network as two networks f₁ and f₂ with f = f₂ ∘ f₁, where f₁ has the first `layers` layers. A residual block is
    /// one layer.
    ///
    /// An activation function is computed by the layer before it, so it belongs to f₁ even where `layers` does not
    /// count it. Layers that are random in training (dropout) draw other numbers in f₂ than in f.
    ///
    /// ```
    /// use ganscope::{data::SampleShape, nn::{Network, presets}, random::Stream, tensor::Batch};
    /// let d = presets::discriminator(&SampleShape::Vector { len: 2 })?;
    /// let d = Network::new("discriminator", &d, 1, Stream::DiscriminatorInit)?;
    /// let x = Batch::new(vec![0.5, -0.5], 1, 2)?;
    /// let (first, second) = d.split_at(4)?;
    /// let features = first.infer(x.clone())?;
    /// assert_eq!(features.columns(), 128);
    /// assert_eq!(*second.infer(features)?.values(), *d.infer(x)?.values());
    /// # Ok::<(), ganscope::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Usage`] when the network does not have so many layers.
    pub fn split_at(&self, layers: usize) -> Result<(Network, Network)> {
        let all = &self.spec.layers;
        if layers > all.len() {
            return Err(Error::Usage(format!(
                "{} has {}, so it cannot be split after layer {layers}",
                self.name,
                counted(all.len(), "layer")
            )));
        }
        let shapes = self.spec.shapes(&self.name)?;
        let between = layers
            .checked_sub(1)
            .map_or(&self.spec.input, |last| &shapes[last]);
        // A residual block is several steps.
        let first = layers.to_string();
        let step = self.layers.iter().position(|placed| placed.name == first);
        let step = step.unwrap_or(self.layers.len());
        let part = |input: &SampleShape,
                    output: &SampleShape,
                    layers: &[LayerSpec],
                    steps: &[NetworkLayer]|
         -> Result<Network> {
            let mut part = Network {
                name: self.name.clone(),
                output: output.clone(),
                spec: NetworkSpec {
                    input: input.clone(),
                    layers: layers.to_vec(),
                    ..self.spec.clone()
                },
                layers: steps.to_vec(),
            };
            let names = part
                .spec
                .plan(&self.name)?
                .into_iter()
                .map(|step| step.name);
            let names: Vec<String> = names.collect();
            for (placed, name) in part.layers.iter_mut().zip(names) {
                placed.name = name;
            }
            Ok(part)
        };
        Ok((
            part(
                &self.spec.input,
                between,
                &all[..layers],
                &self.layers[..step],
            )?,
            part(between, &self.output, &all[layers..], &self.layers[step..])?,
        ))
    }
}
