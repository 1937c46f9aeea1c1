//! Tangents: the derivative ẏ of an operation's value when its input x changes along ẋ.
//!
//! A linear operation is its own tangent. This module has the tangents of the others, each of them an
//! operation on the tape: ẏ is differentiated with respect to ẋ, the weights and, where the operation is
//! curved, x. So a function of a network's derivative can be differentiated exactly, although dfdx has no
//! second derivatives.
//!
//! The tape travels with ẋ. The gradient with respect to x is added to that of x itself, on whatever
//! tape x was recorded.

use super::activation::Activation;
use super::backend;
use super::batch::Batch;
use super::composed;
use super::device::Tape;
use super::groups::Groups;
use super::moments::Moments;
use super::needs::Needs;
use super::normalize;
use super::parameter::Parameter;
use crate::error::Result;

/// Computes ẏ = σ'(x) ȧ, where σ'(x) is a function of y = σ(x).
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
/// [`Error::Device`](crate::Error::Device) when the device fails, here and below. The caller checks the
/// shapes.
pub fn activate<T: Tape>(y: &Batch, da: Batch<T>, activation: Activation) -> Result<Batch<T>> {
    Ok(Batch(backend::activate_tangent(&y.0, da.0, activation)?))
}

/// Computes the tangent of [`batch_norm`](normalize::batch_norm), which is linear with `running` moments.
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
            let (dy, _) = normalize::batch_norm(dx, gamma, &no_shift, eps, Some(&scales), needs)?;
            Ok(dy)
        }
        None => norm(x, dx, gamma, eps, Groups::Channels, needs),
    }
}

/// Computes the tangent of [`layer_norm`](normalize::layer_norm).
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

/// Computes the tangent of [`maxout`](super::features::maxout): the ẋ where x is the largest of its group.
///
/// # Errors
/// As [`activate`].
pub fn maxout<T: Tape>(x: &Batch, dx: Batch<T>, pieces: usize) -> Result<Batch<T>> {
    let largest = |group: &[f32]| group.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let chosen = |group: &[f32]| {
        let largest = largest(group);
        // Where several are the largest, all are chosen, as in dfdx's derivative of the maximum.
        let chosen = |x: &f32| f32::from(*x == largest);
        group.iter().map(chosen).collect::<Vec<f32>>()
    };
    let mask = x.values().chunks(pieces).flat_map(chosen).collect();
    let mask = Batch::new(mask, x.rows(), x.columns())?.into_tensor()?;
    Batch::from_tensor(composed::tangent::maxout(dx.into_tensor()?, mask, pieces)?)
}

/// Computes the tangent of [`minibatch_stddev`](super::features::minibatch_stddev).
///
/// # Errors
/// As [`activate`].
pub fn minibatch_stddev<T: Tape>(x: &Batch, dx: Batch<T>, plane: usize) -> Result<Batch<T>> {
    let x = x.clone().with_tape(T::default()).into_tensor()?;
    let dy = composed::tangent::minibatch_stddev(x, dx.into_tensor()?, plane)?;
    Batch::from_tensor(dy)
}

fn norm<T: Tape>(
    x: &Batch,
    dx: Batch<T>,
    gamma: &Parameter,
    eps: f32,
    groups: Groups,
    needs: Needs,
) -> Result<Batch<T>> {
    let dy = backend::norm_tangent(&x.0, dx.0, &gamma.0, eps, groups, needs)?;
    Ok(Batch(dy))
}
