//! Gradient clipping, by value or by norm (Pascanu, Mikolov & Bengio 2013).
//!
//! By value, each coordinate is clipped separately. WGAN clips the *weights* of its critic in the same way
//! (Arjovsky et al. 2017):
//!
//! $$ g_i \leftarrow \min(\max(g_i, -c), c) $$
//!
//! By norm, the gradients of all parameters are scaled together, which keeps their direction:
//!
//! $$ \lVert g\rVert = \sqrt{\textstyle\sum_i g_i^2}, \qquad
//!    g \leftarrow g \cdot \min\left(1, \frac{c}{\lVert g\rVert + 10^{-6}}\right) $$
//!
//! The $10^{-6}$ is the same as in PyTorch's `clip_grad_norm_`.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::elementwise::CHUNK;
use crate::{Error, Result};

/// How gradients are clipped before a step.
///
/// ```
/// use ganscope::optim::Clip;
/// let (mut a, mut b) = ([3.0, 0.0], [4.0]);
/// let norm = Clip::Norm { limit: 1.0 }.apply(&mut [&mut a, &mut b]);
/// assert_eq!(norm, 5.0);
/// assert!((a[0] - 0.6).abs() < 1e-6 && (b[0] - 0.8).abs() < 1e-6);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum Clip {
    /// No clipping.
    // With braces, because serde accepts unknown fields for a unit variant.
    None {},
    /// Clips each coordinate to [−limit, limit].
    Value {
        /// Largest absolute value c > 0.
        limit: f64,
    },
    /// Scales all gradients so that their common norm is at most `limit`.
    Norm {
        /// Largest norm c > 0.
        limit: f64,
    },
}

impl Default for Clip {
    fn default() -> Self {
        Clip::None {}
    }
}

impl Clip {
    /// Checks the limit.
    ///
    /// # Errors
    /// [`Error::Config`] unless the limit is positive and finite.
    pub fn validate(&self) -> Result<()> {
        match *self {
            Clip::Value { limit } | Clip::Norm { limit } if !(limit > 0.0 && limit.is_finite()) => {
                Err(Error::setting(
                    "limit",
                    format!("clip.limit must be positive and finite, got {limit}"),
                ))
            }
            _ => Ok(()),
        }
    }

    /// Clips the gradients in place and returns their common norm before clipping.
    pub fn apply(&self, gradients: &mut [&mut [f32]]) -> f64 {
        match *self {
            Clip::None {} => global_norm(gradients),
            Clip::Value { limit } => {
                let norm = global_norm(gradients);
                for gradient in gradients {
                    clip_value(gradient, limit);
                }
                norm
            }
            Clip::Norm { limit } => clip_norm(gradients, limit),
        }
    }
}

/// Clips each value to [−limit, limit]; NaN stays NaN.
///
/// ```
/// let mut weights = [-0.5, 0.005, 7.0];
/// ganscope::optim::clip::clip_value(&mut weights, 0.01);
/// assert_eq!(weights, [-0.01, 0.005, 0.01]);
/// ```
pub fn clip_value(values: &mut [f32], limit: f64) {
    // The absolute value, because `f32::clamp` panics if the lower bound is above the upper one.
    let limit = limit.abs() as f32;
    map_in_chunks(values, Clamp { limit });
}

/// Scales all gradients so that their common norm is at most `limit`, and returns the norm before.
///
/// Gradients below the limit do not change. If the norm is NaN, it is returned and nothing is scaled, so that
/// the caller can still find the parameter it came from.
///
/// ```
/// let mut gradient = [3.0, 4.0];
/// assert_eq!(ganscope::optim::clip::clip_norm(&mut [&mut gradient], 10.0), 5.0);
/// assert_eq!(gradient, [3.0, 4.0]);
/// ```
pub fn clip_norm(gradients: &mut [&mut [f32]], limit: f64) -> f64 {
    let norm = global_norm(gradients);
    let factor = limit / (norm + 1e-6);
    if factor < 1.0 {
        let factor = factor as f32;
        for gradient in gradients {
            map_in_chunks(gradient, Scale { factor });
        }
    }
    norm
}

/// Returns the Euclidean norm over all slices together.
///
/// The squares are summed in f64, chunk by chunk in a fixed order, so the sum does not overflow and does not
/// depend on the number of threads.
///
/// ```
/// use ganscope::optim::clip::global_norm;
/// assert_eq!(global_norm(&[[3.0, 0.0], [0.0, 4.0]]), 5.0);
/// assert_eq!(global_norm(&[[1e30_f32; 4]]), 2.0 * f64::from(1e30_f32));
/// ```
pub fn global_norm(slices: &[impl AsRef<[f32]>]) -> f64 {
    let arch = Arch::new();
    let mut sum = 0.0;
    for slice in slices {
        let slice = slice.as_ref();
        if slice.len() <= CHUNK {
            sum += arch.dispatch(SumOfSquares(slice));
        } else {
            let partial: Vec<f64> = slice
                .par_chunks(CHUNK)
                .map(|chunk| arch.dispatch(SumOfSquares(chunk)))
                .collect();
            sum += partial.iter().sum::<f64>();
        }
    }
    sum.sqrt()
}

/// Σ xᵢ² as sixteen interleaved sums. The compiler may vectorise them, since their order is fixed by the
/// source, and the result is the same on every vector unit. A plain `sum()` cannot be vectorised.
struct SumOfSquares<'a>(&'a [f32]);

impl WithSimd for SumOfSquares<'_> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> f64 {
        let mut lanes = [0.0_f64; 16];
        let (rows, rest) = self.0.as_chunks::<16>();
        for row in rows {
            for (lane, &x) in lanes.iter_mut().zip(row) {
                *lane += f64::from(x) * f64::from(x);
            }
        }
        for (lane, &x) in lanes.iter_mut().zip(rest) {
            *lane += f64::from(x) * f64::from(x);
        }
        lanes.iter().sum()
    }
}

/// A function of one number that is inlined into the dispatched loop.
trait Map: Copy + Sync {
    fn map(self, x: f32) -> f32;
}

/// x ↦ min(max(x, −limit), limit)
#[derive(Clone, Copy)]
struct Clamp {
    limit: f32,
}

impl Map for Clamp {
    #[inline(always)]
    fn map(self, x: f32) -> f32 {
        x.clamp(-self.limit, self.limit)
    }
}

/// x ↦ factor·x
#[derive(Clone, Copy)]
struct Scale {
    factor: f32,
}

impl Map for Scale {
    #[inline(always)]
    fn map(self, x: f32) -> f32 {
        x * self.factor
    }
}

/// The part of one thread. `with_simd` is compiled once for each vector unit.
struct MapChunk<'a, M>(&'a mut [f32], M);

impl<M: Map> WithSimd for MapChunk<'_, M> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for x in self.0 {
            *x = self.1.map(*x);
        }
    }
}

/// Applies `map` to every value, on several threads when there are more than [`CHUNK`].
fn map_in_chunks(values: &mut [f32], map: impl Map) {
    let arch = Arch::new();
    if values.len() <= CHUNK {
        arch.dispatch(MapChunk(values, map));
    } else {
        values
            .par_chunks_mut(CHUNK)
            .for_each(|chunk| arch.dispatch(MapChunk(chunk, map)));
    }
}
