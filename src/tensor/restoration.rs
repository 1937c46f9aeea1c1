//! How badly an auto-encoder restores a sample: the mean absolute difference.

use super::{Batch, Tape};
use crate::error::Result;

/// 𝓛 `[n, 1]` with 𝓛ᵢ = (1/m) Σⱼ |xᵢⱼ − yᵢⱼ|, for x and y `[n, m]`. The gradient goes to both.
///
/// ```
/// use ganscope::tensor::{Batch, restoration::error};
/// let x = Batch::new(vec![1.0, 2.0, 0.0, 0.0], 2, 2)?;
/// let y = Batch::new(vec![0.0, 4.0, 0.0, 1.0], 2, 2)?;
/// assert_eq!(*error(&x, y)?.values(), [1.5, 0.5]);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Device`](crate::Error::Device) when the device fails.
#[cfg(not(feature = "cuda"))]
pub fn error<T: Tape>(x: &Batch, y: Batch<T>) -> Result<Batch<T>> {
    use super::parameter::add_gradient;
    let (y, tape) = y.split();
    let (n, m) = (x.rows(), x.columns());
    let (xs, ys) = (x.host(), y.host());
    let rows = xs.chunks_exact(m).zip(ys.chunks_exact(m));
    let means: Vec<f32> = rows
        .map(|(x, y)| {
            let sum: f64 = x.iter().zip(y).map(|(x, y)| f64::from((x - y).abs())).sum();
            (sum / m as f64) as f32
        })
        .collect();
    let x = x.clone();
    super::batch::recorded(means.into(), (n, 1), tape, move |_, g, store| {
        let mut dx = super::buffer::Buffer::any(n * m);
        for (i, dx) in dx.chunks_exact_mut(m).enumerate() {
            let share = g[i] / m as f32;
            for ((dx, x), y) in dx.iter_mut().zip(&xs[i * m..]).zip(&ys[i * m..]) {
                let difference = x - y;
                *dx = match difference == 0.0 {
                    true => 0.0,
                    false => share.copysign(share * difference),
                };
            }
        }
        add_gradient(store, x.key(), &dx);
        dx.iter_mut().for_each(|d| *d = -*d);
        add_gradient(store, y.key(), &dx);
        Ok(())
    })
}

/// The same, composed of dfdx's operations.
#[cfg(feature = "cuda")]
pub fn error<T: Tape>(x: &Batch, y: Batch<T>) -> Result<Batch<T>> {
    Batch::from_tensor(super::composed::restoration(
        x.key().clone(),
        y.into_tensor()?,
    )?)
}
