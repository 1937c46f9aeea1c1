//! Tangents: how the value of an operation moves when its input x moves along ẋ.
//!
//! Linear operations are their own tangents. Here are those of the others, and each is itself an
//! operation on the tape: ẏ is differentiated with respect to ẋ, the weights and, where the operation
//! is curved, x. So a function of a network's derivative can be differentiated exactly, though dfdx
//! knows no second derivatives.
//!
//! The tape travels with ẋ. The gradient of x goes to x by its key, whoever recorded that.

use super::activation::Activation;
use super::normalize::{Moments, batch_norm as normalize};
use super::{Batch, Needs, Parameter, Tape, composed};
use crate::error::Result;

/// ẏ = σ'(x) ȧ, where σ' is known from y = σ(x).
///
/// ```
/// use ganscope::tensor::{Batch, activation::Activation, tangent};
/// let y = Batch::new(vec![0.5], 1, 1)?; // tanh x, whose slope is 1 − y²
/// let dy = tangent::activate(&y, Batch::new(vec![4.0], 1, 1)?, Activation::Tanh)?;
/// assert_eq!(*dy.values(), [3.0]);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Device`](crate::Error::Device) when the device fails, here and below. Shapes are the
/// caller's to check.
#[cfg(not(feature = "cuda"))]
pub fn activate<T: Tape>(y: &Batch, da: Batch<T>, activation: Activation) -> Result<Batch<T>> {
    use super::buffer::Buffer;
    use super::dense::{CHUNK, backward_in_parallel};
    use super::parameter::add_gradient;
    use rayon::prelude::*;
    if activation == Activation::Linear {
        return Ok(da);
    }
    let (da, tape) = da.split();
    let mut dy = Buffer::copy(&da.host());
    backward_in_parallel(activation, &y.host(), &mut dy);
    let (y, size) = (y.clone(), (da.rows(), da.columns()));
    super::batch::recorded(dy, size, tape, move |_, mut g, store| {
        let ys = y.host();
        if activation.is_curved() {
            let mut on_y = Buffer::copy(&g);
            on_y.par_chunks_mut(CHUNK)
                .zip(ys.par_chunks(CHUNK).zip(da.host().par_chunks(CHUNK)))
                .for_each(|(g, (y, da))| {
                    g.iter_mut().zip(da).for_each(|(g, da)| *g *= da);
                    activation.curvature(y, g);
                });
            add_gradient(store, y.key(), &on_y);
        }
        backward_in_parallel(activation, &ys, &mut g);
        add_gradient(store, da.key(), &g);
        Ok(())
    })
}

/// The same, composed of dfdx's operations.
#[cfg(feature = "cuda")]
pub fn activate<T: Tape>(y: &Batch, da: Batch<T>, activation: Activation) -> Result<Batch<T>> {
    let y = y.clone().into_tensor()?;
    Batch::from_tensor(composed::tangent::activate(
        y,
        da.into_tensor()?,
        activation,
    )?)
}

/// The tangent of [`batch_norm`](normalize); with `running` moments that is linear.
///
/// # Errors
/// As [`activate`].
pub fn batch_norm<T: Tape>(
    x: &Batch,
    dx: Batch<T>,
    gamma: &Parameter,
    eps: f32,
    running: Option<&Moments>,
    needs: Needs,
) -> Result<Batch<T>> {
    let channels = gamma.shape()[0];
    match running {
        Some(running) => {
            let zeros = vec![0.0; channels];
            let scales = Moments {
                mean: zeros.clone(),
                variance: running.variance.clone(),
            };
            let no_shift = Parameter::new(zeros, &[channels])?;
            Ok(normalize(dx, gamma, &no_shift, eps, Some(&scales), needs)?.0)
        }
        None => norm(x, dx, gamma, eps, Groups::Channels(channels), needs),
    }
}

/// The tangent of [`layer_norm`](super::normalize::layer_norm).
///
/// # Errors
/// As [`activate`].
pub fn layer_norm<T: Tape>(
    x: &Batch,
    dx: Batch<T>,
    gamma: &Parameter,
    eps: f32,
    needs: Needs,
) -> Result<Batch<T>> {
    norm(x, dx, gamma, eps, Groups::Samples, needs)
}

/// ẋ where x is the largest of its group; see [`composed::maxout`].
///
/// # Errors
/// As [`activate`].
pub fn maxout<T: Tape>(x: &Batch, dx: Batch<T>, pieces: usize) -> Result<Batch<T>> {
    let largest = |group: &[f32]| group.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let chosen = |group: &[f32]| {
        let largest = largest(group);
        // All that are largest, as dfdx differentiates the maximum itself.
        let chosen = |x: &f32| f32::from(*x == largest);
        group.iter().map(chosen).collect::<Vec<f32>>()
    };
    let mask = x.values().chunks(pieces).flat_map(chosen).collect();
    let mask = Batch::new(mask, x.rows(), x.columns())?.into_tensor()?;
    Batch::from_tensor(composed::tangent::maxout(dx.into_tensor()?, mask, pieces)?)
}

/// The tangent of [`composed::minibatch_stddev`].
///
/// # Errors
/// As [`activate`].
pub fn minibatch_stddev<T: Tape>(x: &Batch, dx: Batch<T>, plane: usize) -> Result<Batch<T>> {
    let x = x.clone().with_tape(T::default()).into_tensor()?;
    let dy = composed::tangent::minibatch_stddev(x, dx.into_tensor()?, plane)?;
    Batch::from_tensor(dy)
}

/// What a norm takes its moments over: the numbers of a sample, or of a channel.
#[derive(Debug, Clone, Copy)]
enum Groups {
    Samples,
    Channels(usize),
}

#[cfg(feature = "cuda")]
fn norm<T: Tape>(
    x: &Batch,
    dx: Batch<T>,
    gamma: &Parameter,
    eps: f32,
    groups: Groups,
    _: Needs,
) -> Result<Batch<T>> {
    let x = x.clone().with_tape(T::default()).into_tensor()?;
    let (dx, gamma) = (dx.into_tensor()?, gamma.tensor());
    Batch::from_tensor(match groups {
        Groups::Samples => composed::tangent::layer_norm(x, dx, gamma, eps)?,
        Groups::Channels(_) => composed::tangent::batch_norm(x, dx, gamma, eps)?,
    })
}

/// The tangent of both norms: [`Group`] has the equation.
#[cfg(not(feature = "cuda"))]
fn norm<T: Tape>(
    x: &Batch,
    dx: Batch<T>,
    gamma: &Parameter,
    eps: f32,
    groups: Groups,
    needs: Needs,
) -> Result<Batch<T>> {
    use super::buffer::Buffer;
    use super::norm_tangent::Group;
    use super::parameter::{input_gradient, zeroed};
    use rayon::prelude::*;
    let (dx, tape) = dx.split();
    let (n, features) = (x.rows(), x.columns());
    let len = match groups {
        Groups::Samples => features,
        Groups::Channels(channels) => n * (features / channels),
    };
    let (xs, dxs) = (groups.gather(&x.host(), n), groups.gather(&dx.host(), n));
    let mut t = Buffer::any(n * features);
    let moments: Vec<Group> = (t.par_chunks_mut(len))
        .zip(xs.par_chunks(len).zip(dxs.par_chunks(len)))
        .map(|(t, (x, dx))| Group::tangent(x, dx, eps, t))
        .collect();
    let t = groups.scatter(t, n);
    let (gamma, gs) = (gamma.clone(), gamma.values());
    let plane = features / gs.len();
    let mut dy = Buffer::copy(&t);
    scale_channels(&mut dy, &gs, plane);
    let x = x.clone();
    super::batch::recorded(dy, (n, features), tape, move |_, mut g, store| {
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
            let mut on_dx = groups.gather(&g, n);
            let mut on_x = Buffer::any(n * features);
            (on_x.par_chunks_mut(len))
                .zip(on_dx.par_chunks_mut(len))
                .zip(xs.par_chunks(len).zip(dxs.par_chunks(len)).zip(&moments))
                .for_each(|((on_x, g), ((x, dx), group))| group.backward(x, dx, g, on_x));
            for (batch, gradient) in [(&dx, on_dx), (&x, on_x)] {
                let gradient = groups.scatter(gradient, n);
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
#[cfg(not(feature = "cuda"))]
fn scale_channels(values: &mut [f32], gamma: &[f32], plane: usize) {
    use rayon::prelude::*;
    values
        .par_chunks_mut(gamma.len() * plane)
        .for_each(|sample| {
            for (run, gamma) in sample.chunks_exact_mut(plane).zip(gamma) {
                run.iter_mut().for_each(|v| *v *= gamma);
            }
        });
}

#[cfg(not(feature = "cuda"))]
impl Groups {
    /// `[n, channels, plane]` as `[channels, n, plane]`: one group after the other.
    fn gather(self, values: &[f32], n: usize) -> super::buffer::Buffer {
        let mut grouped = super::buffer::Buffer::copy(values);
        if let Groups::Channels(channels) = self {
            swap(values, &mut grouped, n, channels);
        }
        grouped
    }

    /// The way back.
    fn scatter(self, grouped: super::buffer::Buffer, n: usize) -> super::buffer::Buffer {
        let Groups::Channels(channels) = self else {
            return grouped;
        };
        let mut values = super::buffer::Buffer::any(grouped.len());
        swap(&grouped, &mut values, channels, n);
        values
    }
}

/// `[rows, columns, plane]` into `[columns, rows, plane]`.
#[cfg(not(feature = "cuda"))]
fn swap(from: &[f32], to: &mut [f32], rows: usize, columns: usize) {
    let plane = from.len() / (rows * columns).max(1);
    for (k, run) in from.chunks_exact(plane.max(1)).enumerate() {
        let place = (k % columns * rows + k / columns) * plane;
        to[place..place + plane].copy_from_slice(run);
    }
}
