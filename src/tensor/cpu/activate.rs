//! Activations and their tangent.

use super::array::{Array, recorded};
use super::buffer::Buffer;
use crate::error::Result;
use crate::tensor::activation::Activation;
use crate::tensor::device::Tape;
use rayon::prelude::*;

/// Numbers that are activated in one parallel task.
const CHUNK: usize = 1 << 14;

pub fn activate<T: Tape>(x: Array<T>, activation: Activation) -> Result<Array<T>> {
    let (x, tape) = x.split();
    let size = (x.rows(), x.columns());
    let mut y = Buffer::copy(&x.host());
    y.par_chunks_mut(CHUNK).for_each(|y| activation.apply(y));
    recorded(y, size, tape, move |y, mut g, store| {
        scale_by_slope(activation, y, &mut g);
        x.gradient(store).add(&g);
        Ok(())
    })
}

pub fn activate_tangent<T: Tape>(
    y: &Array,
    da: Array<T>,
    activation: Activation,
) -> Result<Array<T>> {
    if activation == Activation::Linear {
        return Ok(da);
    }
    let (da, tape) = da.split();
    let mut dy = Buffer::copy(&da.host());
    scale_by_slope(activation, &y.host(), &mut dy);
    let (y, size) = (y.clone(), (da.rows(), da.columns()));
    recorded(dy, size, tape, move |_, mut g, store| {
        let ys = y.host();
        if activation.is_curved() {
            let mut on_y = Buffer::copy(&g);
            on_y.par_chunks_mut(CHUNK)
                .zip(ys.par_chunks(CHUNK).zip(da.host().par_chunks(CHUNK)))
                .for_each(|(g, (y, da))| {
                    g.iter_mut().zip(da).for_each(|(g, da)| *g *= da);
                    activation.curvature(y, g);
                });
            y.gradient(store).add(&on_y);
        }
        scale_by_slope(activation, &ys, &mut g);
        da.gradient(store).add(&g);
        Ok(())
    })
}

/// Computes g ← g · σ'(x), given y = σ(x).
pub fn scale_by_slope(activation: Activation, y: &[f32], g: &mut [f32]) {
    if activation == Activation::Linear {
        return;
    }
    g.par_chunks_mut(CHUNK)
        .zip(y.par_chunks(CHUNK))
        .for_each(|(g, y)| activation.backward(y, g));
}
