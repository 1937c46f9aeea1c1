//! Tangents: how the value of an operation moves when its input x moves along ẋ.
//!
//! Linear operations are their own tangents. Here are those of the others, and each is itself an
//! operation on the tape: ẏ is differentiated with respect to ẋ, the weights and, where the operation
//! is curved, x. So a function of a network's derivative can be differentiated exactly, though dfdx
//! knows no second derivatives.
//!
//! The tape travels with ẋ. The gradient of x goes to x by its key, whoever recorded that.

use super::activation::Activation;
#[cfg(not(feature = "cuda"))]
use super::norm_tangent::norm;
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
        None => norm(x, dx, gamma, eps, Groups::Channels, needs),
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

/// What a norm takes its moments over.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Groups {
    /// The numbers of a sample.
    Samples,
    /// The numbers of a channel, over batch and plane.
    Channels,
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
        Groups::Channels => composed::tangent::batch_norm(x, dx, gamma, eps)?,
    })
}
