//! The reconstruction error of an auto-encoder.

use super::array::{Array, recorded};
use super::buffer::Buffer;
use crate::error::Result;
use crate::tensor::device::Tape;

pub fn reconstruction_error<T: Tape>(x: &Array, y: Array<T>) -> Result<Array<T>> {
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
    recorded(means.into(), (n, 1), tape, move |_, g, store| {
        let mut dx = Buffer::any(n * m);
        for (i, dx) in dx.chunks_exact_mut(m).enumerate() {
            let share = g[i] / m as f32;
            for ((dx, x), y) in dx.iter_mut().zip(&xs[i * m..]).zip(&ys[i * m..]) {
                let difference = x - y;
                *dx = if difference == 0.0 {
                    0.0
                } else {
                    share.copysign(share * difference)
                };
            }
        }
        x.gradient(store).add(&dx);
        dx.iter_mut().for_each(|d| *d = -*d);
        y.gradient(store).add(&dx);
        Ok(())
    })
}
