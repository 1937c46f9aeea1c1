//! Fully connected layer with bias and activation fused: y = σ(x Wᵀ + b).

use super::activation::Activation;
use super::{Batch, Needs, Parameter, Tape};
use crate::error::Result;

/// y = σ(x Wᵀ + b) for x `[n, in]`, W `[out, in]`, b `[out]`; y is `[n, out]`.
///
/// Only the gradients in `needs` are computed on the way back.
///
/// ```
/// use ganscope::tensor::{Batch, Needs, Parameter, activation::Activation, dense::dense};
/// let x = Batch::new(vec![1.0, 2.0], 1, 2)?;
/// let w = Parameter::new(vec![1.0, 1.0, 1.0, -1.0], &[2, 2])?;
/// let b = Parameter::new(vec![0.5, 0.5], &[2])?;
/// let y = dense(x, &w, Some(&b), Activation::Relu, Needs::ALL)?;
/// assert_eq!(*y.values(), [3.5, 0.0]);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Device`](crate::Error::Device) when the device fails. Shapes are the caller's to check.
#[cfg(not(feature = "cuda"))]
pub fn dense<T: Tape>(
    x: Batch<T>,
    w: &Parameter,
    b: Option<&Parameter>,
    activation: Activation,
    needs: Needs,
) -> Result<Batch<T>> {
    use super::buffer::Buffer;
    use super::gemm::{View, gemm, gemm_then};
    use super::parameter::{Lent, zeroed};

    let (x, tape) = x.split();
    let (n, inputs, outputs) = (x.rows(), x.columns(), w.shape()[0]);
    let (xs, ws, bs) = (x.host(), w.values(), b.map(|b| b.values()));
    let mut y = Buffer::any(n * outputs);
    gemm_then(
        &mut y,
        (n, outputs, inputs),
        View::rows(&xs, inputs),
        View::rows(&ws, inputs).t(),
        false,
        |first, row| {
            if let Some(b) = &bs {
                row.iter_mut().zip(&b[first..]).for_each(|(y, b)| *y += b);
            }
            activation.apply(row);
        },
    );
    let (w, b) = (w.clone(), b.cloned());
    super::batch::recorded(y, (n, outputs), tape, move |y, mut g, store| {
        backward_in_parallel(activation, y, &mut g);
        let mut db = b.as_ref().filter(|_| needs.weights).map(|b| b.lent(store));
        let mut dw = needs.weights.then(|| w.lent(store));
        let mut dx = needs.input.then(|| Lent::of(store, x.key(), n * inputs));
        let rows = View::rows(&g, outputs);
        rayon::join(
            || {
                if let Some(db) = &mut db {
                    let sum = zeroed((&mut db.values, db.holds));
                    for row in g.chunks(outputs) {
                        sum.iter_mut().zip(row).for_each(|(sum, g)| *sum += g);
                    }
                }
                if let Some(dw) = &mut dw {
                    let size = (outputs, inputs, n);
                    gemm(
                        &mut dw.values,
                        size,
                        rows.t(),
                        View::rows(&xs, inputs),
                        dw.holds,
                    );
                }
            },
            || {
                if let Some(dx) = &mut dx {
                    let size = (n, inputs, outputs);
                    gemm(
                        &mut dx.values,
                        size,
                        rows,
                        View::rows(&ws, inputs),
                        dx.holds,
                    );
                }
            },
        );
        for lent in [db, dw, dx].into_iter().flatten() {
            lent.give_back(store);
        }
        Ok(())
    })
}

/// The same, composed of dfdx's operations; `needs.input` is left to dfdx.
#[cfg(feature = "cuda")]
pub fn dense<T: Tape>(
    x: Batch<T>,
    w: &Parameter,
    b: Option<&Parameter>,
    activation: Activation,
    _: Needs,
) -> Result<Batch<T>> {
    let b = b.map(|b| b.tensor());
    let y = super::composed::dense(x.into_tensor()?, w.tensor(), b)?;
    Batch::from_tensor(super::composed::activate(y, activation)?)
}

/// σ as a layer of its own.
///
/// # Errors
/// [`Error::Device`](crate::Error::Device) when the device fails.
#[cfg(not(feature = "cuda"))]
pub fn activate<T: Tape>(x: Batch<T>, activation: Activation) -> Result<Batch<T>> {
    use rayon::prelude::*;
    let (x, tape) = x.split();
    let size = (x.rows(), x.columns());
    let mut y = super::buffer::Buffer::copy(&x.host());
    y.par_chunks_mut(CHUNK).for_each(|y| activation.apply(y));
    super::batch::recorded(y, size, tape, move |y, mut g, store| {
        backward_in_parallel(activation, y, &mut g);
        super::parameter::add_gradient(store, x.key(), &g);
        Ok(())
    })
}

/// The same, composed of dfdx's operations.
#[cfg(feature = "cuda")]
pub fn activate<T: Tape>(x: Batch<T>, activation: Activation) -> Result<Batch<T>> {
    let y = super::composed::activate(x.into_tensor()?, activation)?;
    Batch::from_tensor(y)
}

/// Numbers that are worth a task of their own.
#[cfg(not(feature = "cuda"))]
pub(super) const CHUNK: usize = 1 << 14;

#[cfg(not(feature = "cuda"))]
pub(super) fn backward_in_parallel(activation: Activation, y: &[f32], g: &mut [f32]) {
    use rayon::prelude::*;
    if activation == Activation::Linear {
        return;
    }
    g.par_chunks_mut(CHUNK)
        .zip(y.par_chunks(CHUNK))
        .for_each(|(g, y)| activation.backward(y, g));
}
