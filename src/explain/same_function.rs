//! A generator that computes the same function with other weights.
//!
//! Every eighth unit (or channel) of the first layer is multiplied by c, and the next layer undoes it: a batch norm whose running mean
//! and variance are changed accordingly, or, behind an activation a with a(cx) = c a(x), a dense layer whose weights are
//! divided by c.
//!
//! $$ \frac{cx - c\mu}{\sqrt{v' + \varepsilon}} = \frac{x - \mu}{\sqrt{v + \varepsilon}}
//!    \quad\text{for}\quad v' = c^2 (v + \varepsilon) - \varepsilon $$

use crate::nn::{LayerSpec, Network, StateDict, StateTensor, StateValues};

/// The factor; a power of two, so that the twin rounds as the original does.
const C: f32 = 16.0;

/// Distance between the units that are scaled.
const EVERY: usize = 8;

/// Returns the twin of `g`; `None` if its first layers are of other kinds.
pub(super) fn same_function(g: &Network) -> Option<Network> {
    let layers = &g.spec().layers;
    let LayerSpec::Dense(first) = layers.first()? else {
        return None;
    };
    if g.spec().spectral_norm {
        return None;
    }
    let mut twin = Twin::of(g);
    let mut next = 1;
    if let Some(LayerSpec::Reshape(_)) = layers.get(next) {
        next += 1;
    }
    match layers.get(next)? {
        LayerSpec::BatchNorm(norm) => {
            // Units of the same channel are normalised together.
            let per_channel = first.outputs / norm.features.max(1);
            let is_scaled = |unit: usize| (unit / per_channel.max(1)).is_multiple_of(EVERY);
            twin.scale_first_layer(first.inputs, is_scaled)?;
            twin.change(&format!("{next}.running_mean"), |channel, mean| {
                if channel.is_multiple_of(EVERY) {
                    mean * C
                } else {
                    mean
                }
            })?;
            twin.change(&format!("{next}.running_var"), |channel, variance| {
                if channel.is_multiple_of(EVERY) {
                    C * C * (variance + norm.eps) - norm.eps
                } else {
                    variance
                }
            })?;
        }
        LayerSpec::Relu(_) | LayerSpec::LeakyRelu(_) if next == 1 => {
            let LayerSpec::Dense(second) = layers.get(2)? else {
                return None;
            };
            twin.scale_first_layer(first.inputs, |unit| unit.is_multiple_of(EVERY))?;
            twin.change("2.weight", |place, w| {
                if (place % second.inputs).is_multiple_of(EVERY) {
                    w / C
                } else {
                    w
                }
            })?;
        }
        _ => return None,
    }
    let mut other = g.clone();
    twin.0.load(PREFIX, &mut other).ok()?;
    Some(other)
}

/// Name under which the network stands in the state dict.
const PREFIX: &str = "twin";

struct Twin(StateDict);

impl Twin {
    fn of(g: &Network) -> Self {
        let mut state = StateDict::default();
        state.add(PREFIX, g);
        Twin(state)
    }

    /// Replaces each number of a tensor by `new(place, number)`.
    fn change(&mut self, name: &str, new: impl Fn(usize, f32) -> f32) -> Option<()> {
        let name = format!("{PREFIX}.{name}");
        let tensor = self.0.get(&name)?;
        let StateValues::F32(values) = &tensor.values else {
            return None;
        };
        let numbers = values.iter().enumerate().map(|(place, v)| new(place, *v));
        let changed = StateTensor::f32(numbers.collect(), &tensor.shape.clone());
        self.0.insert(name, changed);
        Some(())
    }

    fn scale_first_layer(
        &mut self,
        inputs: usize,
        is_scaled: impl Fn(usize) -> bool,
    ) -> Option<()> {
        let factor = |unit: usize| if is_scaled(unit) { C } else { 1.0 };
        self.change("0.weight", |place, w| w * factor(place / inputs))?;
        if self.0.get(&format!("{PREFIX}.0.bias")).is_some() {
            self.change("0.bias", |unit, b| b * factor(unit))?;
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::SampleShape;
    use crate::nn::presets;
    use crate::random::{Stream, standard_normal};
    use crate::tensor::Batch;

    #[test]
    fn the_twin_computes_the_same_function_with_other_weights() {
        let points = SampleShape::Vector { len: 2 };
        let digits = SampleShape::Image {
            channels: 1,
            height: 28,
            width: 28,
        };
        for shape in [points, digits] {
            let spec = presets::generator(&shape, 6).unwrap();
            let g = Network::new("generator", &spec, 1, Stream::GeneratorInit).unwrap();
            let twin = same_function(&g).unwrap();
            let z = standard_normal(1, Stream::Exploration, 0, 20 * 6);
            let of = |g: &Network| {
                let z = Batch::new(z.clone(), 20, 6).unwrap();
                g.infer(z).unwrap().values().to_vec()
            };
            let (a, b) = (of(&g), of(&twin));
            assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-5));
            let weights = |g: &Network| g.parameters()[0].1.values().to_vec();
            assert_ne!(weights(&g), weights(&twin));
        }
    }
}
