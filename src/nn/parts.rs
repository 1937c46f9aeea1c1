//! A network as two networks that are applied one after the other.

use std::ops::Range;

use super::network::Network;
use super::spec::NetworkSpec;
use crate::data::SampleShape;
use crate::error::{Error, Result, counted};

impl Network {
    /// Returns the network as two networks f₁ and f₂ with f = f₂ ∘ f₁, where f₁ has the first `layers` layers.
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
        if layers > self.layers.len() {
            return Err(Error::Usage(format!(
                "{} has {}, so it cannot be split after layer {layers}",
                self.name,
                counted(self.layers.len(), "layer")
            )));
        }
        let shapes = self.spec.shapes(&self.name)?;
        let between = layers
            .checked_sub(1)
            .map_or(&self.spec.input, |last| &shapes[last]);
        let part = |input: &SampleShape, output: &SampleShape, range: Range<usize>| Network {
            name: self.name.clone(),
            output: output.clone(),
            spec: NetworkSpec {
                input: input.clone(),
                layers: self.spec.layers[range.clone()].to_vec(),
                ..self.spec.clone()
            },
            layers: self.layers[range].to_vec(),
        };
        Ok((
            part(&self.spec.input, between, 0..layers),
            part(between, &self.output, layers..self.layers.len()),
        ))
    }
}
