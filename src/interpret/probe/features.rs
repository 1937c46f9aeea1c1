//! The features that the layers of a network have for a set of samples, reduced to a moderate number.
//!
//! A layer with more than `max_features` numbers is reduced. The channels of an image are averaged over a grid of cells,
//! the finest grid with at most `max_features` numbers. If that would be coarser than 4 × 4, they are averaged over 4 × 4
//! cells, and the result h is projected at random, to
//!
//! $$ h R, \qquad R \in \mathbb R^{d \times \mathrm{max\_features}}, \quad R_{ij} \sim \mathcal N(0, 2/d) $$
//!
//! A vector is projected directly. Random projections nearly keep the distances between samples (Johnson & Lindenstrauss
//! 1984), so most of what is linearly separable stays so.

use serde::{Deserialize, Serialize};

use crate::data::SampleShape;
use crate::error::{Error, Result, counted};
use crate::evaluate::Features;
use crate::interpret::inference::rows_at_a_time;
use crate::nn::layers::Dense;
use crate::nn::{Initializer, LayerSpec, Network, NetworkSpec};
use crate::random::Stream;
use crate::tensor::Batch;

/// Side of the coarsest grid to which images are averaged.
const COARSEST_GRID: usize = 4;

/// Largest number of features of all layers and samples: 268 MB.
const MAXIMUM_FEATURES: usize = 1 << 25;

/// How the features of a layer were reduced to a moderate number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reduction {
    /// Not at all.
    None,
    /// Each channel is averaged over a grid of cells.
    Pooled {
        /// Number of rows of the grid.
        height: usize,
        /// Number of columns of the grid.
        width: usize,
    },
    /// Projected by a random Gaussian matrix.
    Projected,
    /// Averaged over a grid of cells, then projected by a random Gaussian matrix.
    PooledAndProjected {
        /// Number of rows of the grid.
        height: usize,
        /// Number of columns of the grid.
        width: usize,
    },
}

impl std::fmt::Display for Reduction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Reduction::None => write!(f, "all features"),
            Reduction::Pooled { height, width } => write!(f, "averaged to {height}×{width}"),
            Reduction::Projected => write!(f, "random projection"),
            Reduction::PooledAndProjected { height, width } => {
                write!(f, "averaged to {height}×{width}, random projection")
            }
        }
    }
}

/// A place in a network at which features are taken.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// Index of the layer; `None` for the input.
    pub layer: Option<usize>,
    /// Number of layers that are applied.
    end: usize,
    /// Name of the place.
    pub name: String,
    /// Shape of the features.
    shape: SampleShape,
}

impl Place {
    /// Number of features before a reduction.
    pub fn numel(&self) -> usize {
        self.shape.numel()
    }
}

/// The input, and every dense or convolutional layer and residual block after its normalisation and activation.
pub(super) fn places(network: &Network) -> Result<Vec<Place>> {
    let spec = network.spec();
    let shapes = spec.shapes(network.name())?;
    let mut places = vec![Place {
        layer: None,
        end: 0,
        name: "input".into(),
        shape: spec.input.clone(),
    }];
    for (index, layer) in spec.layers.iter().enumerate() {
        if is_operator(layer) {
            places.push(Place {
                layer: Some(index),
                end: index + 1,
                name: network.describe(&index.to_string()),
                shape: shapes[index].clone(),
            });
        } else if is_normalization_or_activation(layer)
            && let Some(place) = places.last_mut()
            && place.layer.is_some()
        {
            place.end = index + 1;
            place.shape = shapes[index].clone();
        }
    }
    Ok(places)
}

fn is_operator(layer: &LayerSpec) -> bool {
    matches!(
        layer,
        LayerSpec::Dense(_)
            | LayerSpec::Conv2d(_)
            | LayerSpec::ConvTranspose2d(_)
            | LayerSpec::Residual(_)
    )
}

fn is_normalization_or_activation(layer: &LayerSpec) -> bool {
    matches!(
        layer,
        LayerSpec::BatchNorm(_)
            | LayerSpec::LayerNorm(_)
            | LayerSpec::Relu(_)
            | LayerSpec::LeakyRelu(_)
            | LayerSpec::Tanh(_)
            | LayerSpec::Sigmoid(_)
            | LayerSpec::Softplus(_)
            | LayerSpec::Elu(_)
            | LayerSpec::Maxout(_)
    )
}

/// Computes the features of `x` [n, input] at all places, with how they were reduced.
pub(super) fn features_at(
    network: &Network,
    places: &[Place],
    x: &[f32],
    max_features: usize,
    seed: u64,
) -> Result<Vec<(Reduction, Features)>> {
    let reducers = places
        .iter()
        .map(|place| Reducer::new(&place.shape, max_features, seed))
        .collect::<Result<Vec<_>>>()?;
    let width = network.spec().input.numel();
    let total: usize = reducers.iter().map(|r| r.outputs).sum();
    if (x.len() / width).saturating_mul(total) > MAXIMUM_FEATURES {
        return Err(Error::Usage(format!(
            "{} with {} in all probed layers do not fit into memory; use at most {}, or smaller max_features",
            counted(x.len() / width, "sample"),
            counted(total, "feature"),
            counted(MAXIMUM_FEATURES / total.max(1), "sample")
        )));
    }
    // The network in parts, so that each layer is computed once.
    let (mut parts, mut rest, mut done) = (Vec::new(), network.clone(), 0);
    for place in places {
        let (part, after) = rest.split_at(place.end - done)?;
        parts.push(part);
        (rest, done) = (after, place.end);
    }
    let mut values = vec![Vec::new(); places.len()];
    for x in x.chunks(rows_at_a_time(network)? * width) {
        let mut y = Batch::new(x.to_vec(), x.len() / width, width)?;
        for ((part, reducer), values) in parts.iter().zip(&reducers).zip(&mut values) {
            y = part.infer(y)?;
            let reduced = reducer.apply(&y.values())?;
            values.extend(reduced.into_iter().map(f64::from));
        }
    }
    let reduced = reducers.iter().zip(values);
    reduced
        .map(|(reducer, values)| Ok((reducer.reduction(), Features::new(values, reducer.outputs)?)))
        .collect()
}

/// The reduction of the features of one layer.
struct Reducer {
    pool: Option<Pool>,
    projection: Option<Network>,
    outputs: usize,
}

impl Reducer {
    fn new(shape: &SampleShape, max_features: usize, seed: u64) -> Result<Self> {
        if max_features == 0 {
            return Err(Error::Usage(
                "max_features, the largest number of features of a probe, must be at least 1"
                    .into(),
            ));
        }
        let mut pool = None;
        let mut outputs = shape.numel();
        if let SampleShape::Image {
            channels,
            height,
            width,
        } = *shape
            && outputs > max_features
        {
            let grid = |side: usize| (side.min(height), side.min(width));
            let numbers = |side: usize| channels * grid(side).0 * grid(side).1;
            let sides = (COARSEST_GRID..=height.max(width)).rev();
            let side = sides
                .into_iter()
                .find(|side| numbers(*side) <= max_features);
            let side = side.unwrap_or(COARSEST_GRID);
            // An image that is no larger than the grid cannot be averaged.
            if grid(side) != (height, width) {
                outputs = numbers(side);
                pool = Some(Pool {
                    from: (height, width),
                    to: grid(side),
                });
            }
        }
        let mut projection = None;
        if outputs > max_features {
            let spec = NetworkSpec {
                input: SampleShape::Vector { len: outputs },
                // N(0, 2/d), a Gaussian matrix.
                init: Initializer::He,
                spectral_norm: false,
                layers: vec![
                    Dense {
                        bias: false,
                        ..Dense::new(outputs, max_features)
                    }
                    .into(),
                ],
            };
            projection = Some(Network::new(
                "projection",
                &spec,
                seed,
                Stream::RandomDirection,
            )?);
            outputs = max_features;
        }
        Ok(Reducer {
            pool,
            projection,
            outputs,
        })
    }

    fn reduction(&self) -> Reduction {
        match (&self.pool, &self.projection) {
            (None, None) => Reduction::None,
            (Some(pool), None) => Reduction::Pooled {
                height: pool.to.0,
                width: pool.to.1,
            },
            (None, Some(_)) => Reduction::Projected,
            (Some(pool), Some(_)) => Reduction::PooledAndProjected {
                height: pool.to.0,
                width: pool.to.1,
            },
        }
    }

    fn apply(&self, values: &[f32]) -> Result<Vec<f32>> {
        let pooled = match &self.pool {
            Some(pool) => pool.apply(values),
            None => values.to_vec(),
        };
        let Some(projection) = &self.projection else {
            return Ok(pooled);
        };
        let width = projection.spec().input.numel();
        let rows = pooled.len() / width;
        let projected = projection.infer(Batch::new(pooled, rows, width)?)?;
        Ok(projected.values().to_vec())
    }
}

/// The average of each channel over a grid of cells (PyTorch's `AdaptiveAvgPool2d`): cell i of N has the pixels from
/// ⌊i n/N⌋ to ⌈(i + 1) n/N⌉ − 1.
struct Pool {
    from: (usize, usize),
    to: (usize, usize),
}

impl Pool {
    fn apply(&self, images: &[f32]) -> Vec<f32> {
        let ((height, width), (rows, columns)) = (self.from, self.to);
        let cell = |i: usize, from: usize, to: usize| i * from / to..((i + 1) * from).div_ceil(to);
        let cells = images.len() / (height * width) * rows * columns;
        let mut pooled = Vec::with_capacity(cells);
        for channel in images.chunks_exact(height * width) {
            for row in 0..rows {
                let lines = cell(row, height, rows);
                for column in 0..columns {
                    let pixels = cell(column, width, columns);
                    let count = lines.len() * pixels.len();
                    let line_sum = |line: usize| -> f64 {
                        let line = &channel[line * width..][pixels.clone()];
                        line.iter().map(|v| f64::from(*v)).sum()
                    };
                    let sum: f64 = lines.clone().map(line_sum).sum();
                    pooled.push((sum / count as f64) as f32);
                }
            }
        }
        pooled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pooling_is_that_of_pytorch() {
        // torch.nn.AdaptiveAvgPool2d((2, 3))(torch.arange(20.).reshape(1, 1, 4, 5))
        let images: Vec<f32> = (0..20u8).map(f32::from).collect();
        let pool = Pool {
            from: (4, 5),
            to: (2, 3),
        };
        assert_eq!(pool.apply(&images), [3.0, 4.5, 6.0, 13.0, 14.5, 16.0]);
    }

    #[test]
    fn a_layer_is_reduced_as_little_as_needed() {
        let image = |channels, side| SampleShape::Image {
            channels,
            height: side,
            width: side,
        };
        let reduce = |shape: &SampleShape, max| {
            let reducer = Reducer::new(shape, max, 1).unwrap();
            (reducer.reduction(), reducer.outputs)
        };
        let pooled = |side| Reduction::Pooled {
            height: side,
            width: side,
        };
        let vector = |len| SampleShape::Vector { len };
        assert_eq!(reduce(&vector(512), 512), (Reduction::None, 512));
        assert_eq!(reduce(&vector(513), 512), (Reduction::Projected, 512));
        assert_eq!(reduce(&image(1, 22), 512), (Reduction::None, 484));
        // 22² = 484 is the largest square below 512.
        assert_eq!(reduce(&image(1, 28), 512), (pooled(22), 484));
        assert_eq!(reduce(&image(32, 14), 512), (pooled(4), 512));
        let both = Reduction::PooledAndProjected {
            height: 4,
            width: 4,
        };
        assert_eq!(reduce(&image(64, 14), 512), (both, 512));
        assert_eq!(reduce(&image(64, 4), 512), (Reduction::Projected, 512));
    }
}
