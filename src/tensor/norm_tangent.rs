//! The tangent of batch and layer norm on host slices, and its gradients; sums in f64, in one order.
//!
//! In a group (a channel, a sample) of n numbers x, with
//! c = x − mean x, s = √(mean c² + ε), h = c/s and ċ = ẋ − mean ẋ,
//!
//! $$ t = \frac{\dot c - h\,m}{s}, \qquad m = \overline{h\,\dot c} $$
//!
//! is what h moves by when x moves along ẋ. Given the gradient g of t, with d = g − mean g,
//!
//! $$ q = \overline{h\,d}, \quad p = \overline{\dot c\,d}, \qquad
//!    \nabla_{\dot x} = \frac{d - h\,q}{s}, \qquad
//!    \nabla_x = \frac{h\,(3mq - p) - m\,d - q\,\dot c}{s^2} $$
//!
//! ∇ẋ is the tangent along g: the derivative of a norm is symmetric. ∇x is symmetric in ċ and d, as a
//! second derivative along two directions must be.

use super::batch::recorded;
use super::buffer::Buffer;
use super::parameter::{input_gradient, zeroed};
use super::tangent::Groups;
use super::{Batch, Needs, Parameter, Tape};
use crate::error::Result;
use rayon::prelude::*;

/// ẏ = γ t, for x and ẋ `[n, channels·plane]` and γ `[channels]`; layer norm's channels have a plane of 1.
///
/// # Errors
/// [`Error::Device`](crate::Error::Device) when the device fails.
pub(super) fn norm<T: Tape>(
    x: &Batch,
    dx: Batch<T>,
    gamma: &Parameter,
    eps: f32,
    groups: Groups,
    needs: Needs,
) -> Result<Batch<T>> {
    let (dx, tape) = dx.split();
    let (n, features) = (x.rows(), x.columns());
    let (gamma, gs) = (gamma.clone(), gamma.values());
    let plane = features / gs.len();
    let len = match groups {
        Groups::Samples => features,
        Groups::Channels => (n * plane).max(1),
    };
    let (xs, dxs) = (
        groups.gather(&x.host(), n, plane),
        groups.gather(&dx.host(), n, plane),
    );
    let mut t = Buffer::any(n * features);
    let moments: Vec<Group> = (t.par_chunks_mut(len))
        .zip(xs.par_chunks(len).zip(dxs.par_chunks(len)))
        .map(|(t, (x, dx))| Group::tangent(x, dx, eps, t))
        .collect();
    let t = groups.scatter(t, n, plane);
    let mut dy = Buffer::copy(&t);
    scale_channels(&mut dy, &gs, plane);
    let x = x.clone();
    recorded(dy, (n, features), tape, move |_, mut g, store| {
        if needs.weights {
            // dγ = Σ g t
            let sum = zeroed(gamma.gradient(store));
            for (g, t) in g.chunks_exact(features).zip(t.chunks_exact(features)) {
                let runs = g.chunks_exact(plane).zip(t.chunks_exact(plane));
                for (sum, (g, t)) in sum.iter_mut().zip(runs) {
                    *sum += g.iter().zip(t).map(|(g, t)| g * t).sum::<f32>();
                }
            }
        }
        if needs.input {
            scale_channels(&mut g, &gs, plane);
            let mut on_dx = groups.gather(&g, n, plane);
            let mut on_x = Buffer::any(n * features);
            (on_x.par_chunks_mut(len))
                .zip(on_dx.par_chunks_mut(len))
                .zip(xs.par_chunks(len).zip(dxs.par_chunks(len)).zip(&moments))
                .for_each(|((on_x, g), ((x, dx), group))| group.backward(x, dx, g, on_x));
            for (batch, gradient) in [(&dx, on_dx), (&x, on_x)] {
                let gradient = groups.scatter(gradient, n, plane);
                let sum = zeroed(input_gradient(store, batch));
                sum.iter_mut()
                    .zip(gradient.iter())
                    .for_each(|(s, g)| *s += g);
            }
        }
        Ok(())
    })
}

/// Each number times its channel's γ.
fn scale_channels(values: &mut [f32], gamma: &[f32], plane: usize) {
    values
        .par_chunks_mut(gamma.len() * plane)
        .for_each(|sample| {
            for (run, gamma) in sample.chunks_exact_mut(plane).zip(gamma) {
                run.iter_mut().for_each(|v| *v *= gamma);
            }
        });
}

impl Groups {
    /// `[n, channels, plane]` as one group after the other: `[channels, n, plane]` for channels.
    fn gather(self, values: &[f32], n: usize, plane: usize) -> Buffer {
        let mut grouped = Buffer::copy(values);
        if self == Groups::Channels {
            swap(values, &mut grouped, n, plane);
        }
        grouped
    }

    /// The way back.
    fn scatter(self, grouped: Buffer, n: usize, plane: usize) -> Buffer {
        if self == Groups::Samples {
            return grouped;
        }
        let mut values = Buffer::any(grouped.len());
        let channels = grouped.len() / (n * plane).max(1);
        swap(&grouped, &mut values, channels, plane);
        values
    }
}

/// `[rows, columns, plane]` into `[columns, rows, plane]`.
fn swap(from: &[f32], to: &mut [f32], rows: usize, plane: usize) {
    let columns = from.len() / (rows * plane).max(1);
    for (k, run) in from.chunks_exact(plane).enumerate() {
        let place = (k % columns * rows + k / columns) * plane;
        to[place..place + plane].copy_from_slice(run);
    }
}

/// The moments of one group that its gradients need again.
#[derive(Debug, Clone, Copy)]
struct Group {
    mean: f32,
    /// 1/s
    inverse: f32,
    /// mean ẋ
    drift: f32,
    /// m
    along: f32,
}

impl Group {
    /// Writes t.
    fn tangent(x: &[f32], dx: &[f32], eps: f32, t: &mut [f32]) -> Self {
        let n = x.len() as f64;
        let [sum_x, sum_dx] = sums(x, dx, dx, |x, dx, _| [x, dx]);
        let (mean, drift) = (sum_x / n, sum_dx / n);
        let [square, product] = sums(x, dx, dx, |x, dx, _| {
            [(x - mean) * (x - mean), (x - mean) * (dx - drift)]
        });
        let s = (square / n + eps as f64).sqrt();
        let group = Group {
            mean: mean as f32,
            inverse: (1.0 / s) as f32,
            drift: drift as f32,
            along: (product / n / s) as f32,
        };
        let Group {
            mean,
            inverse,
            drift,
            along,
        } = group;
        for ((t, x), dx) in t.iter_mut().zip(x).zip(dx) {
            let h = (x - mean) * inverse;
            *t = (dx - drift - h * along) * inverse;
        }
        group
    }

    /// Replaces the gradient g of t by ∇ẋ, and writes ∇x.
    fn backward(&self, x: &[f32], dx: &[f32], g: &mut [f32], on_x: &mut [f32]) {
        let Group {
            mean,
            inverse,
            drift,
            along: m,
        } = *self;
        let n = x.len() as f64;
        let centred = |x: f64| (x - mean as f64) * inverse as f64;
        let [sum] = sums(g, g, g, |g, _, _| [g]);
        let level = sum / n;
        let [hd, cd] = sums(x, dx, g, |x, dx, g| {
            let d = g - level;
            [centred(x) * d, (dx - drift as f64) * d]
        });
        let (q, p, level) = ((hd / n) as f32, (cd / n) as f32, level as f32);
        let bend = 3.0 * m * q - p;
        let numbers = x.iter().zip(dx).zip(g.iter_mut().zip(on_x));
        for ((x, dx), (g, on_x)) in numbers {
            let (h, d) = ((x - mean) * inverse, *g - level);
            *g = (d - h * q) * inverse;
            *on_x = (h * bend - m * d - q * (dx - drift)) * (inverse * inverse);
        }
    }
}

/// Running sums of a group: enough that the processor need not wait for the last addition.
const LANES: usize = 8;

/// Σ f over three slices, K sums at once.
fn sums<const K: usize>(
    a: &[f32],
    b: &[f32],
    c: &[f32],
    f: impl Fn(f64, f64, f64) -> [f64; K],
) -> [f64; K] {
    pulp::Arch::new().dispatch(
        #[inline(always)]
        || {
            let mut lanes = [[0.0f64; LANES]; K];
            for ((a, b), c) in a.chunks(LANES).zip(b.chunks(LANES)).zip(c.chunks(LANES)) {
                for (i, ((a, b), c)) in a.iter().zip(b).zip(c).enumerate() {
                    let terms = f(*a as f64, *b as f64, *c as f64);
                    (lanes.iter_mut().zip(terms)).for_each(|(lanes, term)| lanes[i] += term);
                }
            }
            lanes.map(|lanes| lanes.iter().sum())
        },
    )
}
