//! A fully connected layer.

use super::activate::scale_by_slope;
use super::array::{Array, recorded};
use super::buffer::Buffer;
use super::weights::Weights;
use crate::error::Result;
use crate::tensor::activation::Activation;
use crate::tensor::device::Tape;
use crate::tensor::gemm::product::gemm_then;
use crate::tensor::gemm::{View, gemm};
use crate::tensor::needs::Needs;

pub fn dense<T: Tape>(
    x: Array<T>,
    w: &Weights,
    b: Option<&Weights>,
    activation: Activation,
    needs: Needs,
) -> Result<Array<T>> {
    let (x, tape) = x.split();
    let (n, inputs, outputs) = (x.rows(), x.columns(), w.shape()[0]);
    let (xs, ws, bs) = (x.host(), w.values(), b.map(super::weights::Weights::values));
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
    recorded(y, (n, outputs), tape, move |y, mut g, store| {
        scale_by_slope(activation, y, &mut g);
        let b = b.as_ref().filter(|_| needs.weights);
        let mut db = b.map(|b| b.own_gradient(store));
        let mut dw = needs.weights.then(|| w.own_gradient(store));
        let mut dx = needs.input.then(|| x.own_gradient(store));
        let rows = View::rows(&g, outputs);
        rayon::join(
            || {
                if let Some(db) = &mut db {
                    let sum = db.sum();
                    for row in g.chunks(outputs) {
                        sum.iter_mut().zip(row).for_each(|(sum, g)| *sum += g);
                    }
                }
                if let Some(dw) = &mut dw {
                    let size = (outputs, inputs, n);
                    let xs = View::rows(&xs, inputs);
                    gemm(&mut dw.values, size, rows.t(), xs, dw.has_sum);
                }
            },
            || {
                if let Some(dx) = &mut dx {
                    let size = (n, inputs, outputs);
                    let ws = View::rows(&ws, inputs);
                    gemm(&mut dx.values, size, rows, ws, dx.has_sum);
                }
            },
        );
        for gradient in [db, dw, dx].into_iter().flatten() {
            gradient.put_back(store);
        }
        Ok(())
    })
}
