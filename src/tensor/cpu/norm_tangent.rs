//! The tangent of batch norm and layer norm, and its gradients, with sums in f64 in a fixed order.
//!
//! For a group (a channel or a sample) of n numbers x, let c = x − mean x, s = √(mean c² + ε), h = c/s
//! and ċ = ẋ − mean ẋ. When x changes along ẋ, the derivative of h is
//!
//! $$ t = \frac{\dot c - h\,m}{s}, \qquad m = \overline{h\,\dot c} $$
//!
//! Given the gradient g of t, let d = g − mean g. Then
//!
//! $$ q = \overline{h\,d}, \quad p = \overline{\dot c\,d}, \qquad
//!    \nabla_{\dot x} = \frac{d - h\,q}{s}, \qquad
//!    \nabla_x = \frac{h\,(3mq - p) - m\,d - q\,\dot c}{s^2} $$
//!
//! ∇ẋ is the tangent along g, because the derivative of a norm is symmetric. ∇x is symmetric in ċ and d,
//! as a second derivative along two directions must be.

use super::array::{Array, recorded};
use super::buffer::Buffer;
use super::weights::Weights;
use crate::error::Result;
use crate::tensor::device::Tape;
use crate::tensor::groups::Groups;
use crate::tensor::lanes::sums;
use crate::tensor::needs::Needs;
use rayon::prelude::*;

/// Computes ẏ = γ t for x and ẋ `[n, channels·plane]` and γ `[channels]`; in layer norm every feature
/// has a γ, so a plane is one number.
pub fn norm_tangent<T: Tape>(
    x: &Array,
    dx: Array<T>,
    gamma: &Weights,
    eps: f32,
    groups: Groups,
    needs: Needs,
) -> Result<Array<T>> {
    let (dx, tape) = dx.split();
    let (n, features) = (x.rows(), x.columns());
    let (gamma, gs) = (gamma.clone(), gamma.values());
    let plane = features / gs.len();
    let len = match groups {
        Groups::Samples => features,
        Groups::Channels => (n * plane).max(1),
    };
    let (xs, dxs) = (
        gather(groups, &x.host(), n, plane),
        gather(groups, &dx.host(), n, plane),
    );
    let mut t = Buffer::any(n * features);
    let moments: Vec<Group> = (t.par_chunks_mut(len))
        .zip(xs.par_chunks(len).zip(dxs.par_chunks(len)))
        .map(|(t, (x, dx))| Group::tangent(x, dx, eps, t))
        .collect();
    let t = scatter(groups, t, n, plane);
    let mut dy = Buffer::copy(&t);
    scale_channels(&mut dy, &gs, plane);
    let x = x.clone();
    recorded(dy, (n, features), tape, move |_, mut g, store| {
        if needs.weights {
            // dγ = Σ g t
            let sum = gamma.gradient(store).sum();
            for (g, t) in g.chunks_exact(features).zip(t.chunks_exact(features)) {
                let runs = g.chunks_exact(plane).zip(t.chunks_exact(plane));
                for (sum, (g, t)) in sum.iter_mut().zip(runs) {
                    *sum += g.iter().zip(t).map(|(g, t)| g * t).sum::<f32>();
                }
            }
        }
        if needs.input {
            scale_channels(&mut g, &gs, plane);
            let mut on_dx = gather(groups, &g, n, plane);
            let mut on_x = Buffer::any(n * features);
            (on_x.par_chunks_mut(len))
                .zip(on_dx.par_chunks_mut(len))
                .zip(xs.par_chunks(len).zip(dxs.par_chunks(len)).zip(&moments))
                .for_each(|((on_x, g), ((x, dx), group))| group.backward(x, dx, g, on_x));
            for (array, gradient) in [(&dx, on_dx), (&x, on_x)] {
                let gradient = scatter(groups, gradient, n, plane);
                let sum = array.gradient(store).sum();
                sum.iter_mut()
                    .zip(gradient.iter())
                    .for_each(|(s, g)| *s += g);
            }
        }
        Ok(())
    })
}

/// Multiplies each number by the γ of its channel.
fn scale_channels(values: &mut [f32], gamma: &[f32], plane: usize) {
    values
        .par_chunks_mut(gamma.len() * plane)
        .for_each(|sample| {
            for (run, gamma) in sample.chunks_exact_mut(plane).zip(gamma) {
                run.iter_mut().for_each(|v| *v *= gamma);
            }
        });
}

/// Orders `[n, channels, plane]` group by group, which for channels is `[channels, n, plane]`.
fn gather(groups: Groups, values: &[f32], n: usize, plane: usize) -> Buffer {
    let mut grouped = Buffer::copy(values);
    if groups == Groups::Channels {
        transpose(values, &mut grouped, n, plane);
    }
    grouped
}

/// Reverses [`gather`].
fn scatter(groups: Groups, grouped: Buffer, n: usize, plane: usize) -> Buffer {
    if groups == Groups::Samples {
        return grouped;
    }
    let mut values = Buffer::any(grouped.len());
    let channels = grouped.len() / (n * plane).max(1);
    transpose(&grouped, &mut values, channels, plane);
    values
}

/// Transposes `[rows, columns, plane]` to `[columns, rows, plane]`.
fn transpose(from: &[f32], to: &mut [f32], rows: usize, plane: usize) {
    let columns = from.len() / (rows * plane).max(1);
    for (k, run) in from.chunks_exact(plane).enumerate() {
        let start = (k % columns * rows + k / columns) * plane;
        to[start..start + plane].copy_from_slice(run);
    }
}

/// The moments of one group, which its gradients need.
#[derive(Debug, Clone, Copy)]
struct Group {
    /// The mean of x.
    mean: f32,
    /// The reciprocal 1/s of the standard deviation.
    inverse: f32,
    /// The mean of ẋ.
    tangent_mean: f32,
    /// The mean m of h ċ.
    product_mean: f32,
}

impl Group {
    /// Writes t and returns the moments.
    fn tangent(x: &[f32], dx: &[f32], eps: f32, t: &mut [f32]) -> Self {
        let n = x.len() as f64;
        let [sum_x, sum_dx] = sums([x, dx], |[x, dx]| [x, dx]);
        let (mean, tangent_mean) = (sum_x / n, sum_dx / n);
        let [square, product] = sums([x, dx], |[x, dx]| {
            [(x - mean) * (x - mean), (x - mean) * (dx - tangent_mean)]
        });
        let s = (square / n + eps as f64).sqrt();
        let group = Group {
            mean: mean as f32,
            inverse: (1.0 / s) as f32,
            tangent_mean: tangent_mean as f32,
            product_mean: (product / n / s) as f32,
        };
        let Group {
            mean,
            inverse,
            tangent_mean,
            product_mean: m,
        } = group;
        for ((t, x), dx) in t.iter_mut().zip(x).zip(dx) {
            let h = (x - mean) * inverse;
            *t = (dx - tangent_mean - h * m) * inverse;
        }
        group
    }

    /// Replaces the gradient g of t by ∇ẋ, and writes ∇x.
    fn backward(&self, x: &[f32], dx: &[f32], g: &mut [f32], on_x: &mut [f32]) {
        let Group {
            mean,
            inverse,
            tangent_mean,
            product_mean: m,
        } = *self;
        let n = x.len() as f64;
        let centred = |x: f64| (x - mean as f64) * inverse as f64;
        let [sum] = sums([g], |[g]| [g]);
        let g_mean = sum / n;
        let [hd, cd] = sums([x, dx, g], |[x, dx, g]| {
            let d = g - g_mean;
            [centred(x) * d, (dx - tangent_mean as f64) * d]
        });
        let (q, p, g_mean) = ((hd / n) as f32, (cd / n) as f32, g_mean as f32);
        let factor = 3.0 * m * q - p;
        let numbers = x.iter().zip(dx).zip(g.iter_mut().zip(on_x));
        for ((x, dx), (g, on_x)) in numbers {
            let (h, d) = ((x - mean) * inverse, *g - g_mean);
            *g = (d - h * q) * inverse;
            *on_x = (h * factor - m * d - q * (dx - tangent_mean)) * (inverse * inverse);
        }
    }
}
