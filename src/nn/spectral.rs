//! Spectral normalisation (Miyato et al. 2018): a layer with weights W is applied with
//!
//! $$ \bar W = \frac{W}{\sigma(W)}, \qquad \sigma(W) = \max_{\lVert v\rVert = 1} \lVert A_W v\rVert $$
//!
//! where A_W is the linear operator of the layer, without the bias. For a convolution that is the operator
//! from image to maps at the image's actual size. The paper's own code takes the norm of W reshaped to a
//! matrix instead; that ignores stride and padding, and is off by a factor that depends on the layer.
//!
//! σ and its singular vectors u and v come from power iteration. W changes little from one step to the
//! next, so the vectors are kept, and one round follows each update of W:
//!
//! $$ u \leftarrow \frac{A_W v}{\lVert A_W v\rVert}, \qquad
//!    v \leftarrow \frac{A_W^\top u}{\lVert A_W^\top u\rVert}, \qquad
//!    \sigma = \lVert A_W^\top u\rVert = u^\top A_W v $$
//!
//! A single v would stay with the singular value that was the largest once. Training raises the other
//! singular values, since only the largest is bounded, and when one overtakes it, the component of v along
//! the new one is a rounding error, which takes hundreds of rounds to grow. Therefore several orthonormal
//! v's iterate together (Rutishauser 1970), and each round rotates them among themselves until their images
//! are orthogonal, the longest first (Hestenes 1958).
//!
//! With u and v held fixed, σ is linear in W, and the gradient of the loss L with respect to W follows from
//! that with respect to W̄, G = ∂L/∂W̄:
//!
//! $$ \frac{\partial L}{\partial W} = \frac1\sigma \left(G - \langle G, \bar W\rangle\,
//!    \frac{\partial\, u^\top A_W v}{\partial W}\right) $$
//!
//! This is exact once u and v have converged, because the derivative of σ with respect to them is 0 there.

use crate::error::Result;
use crate::tensor::operator::Operator;
use crate::tensor::{Batch, Gradients, Needs, Parameter};
use pulp::Arch;
use rand::Rng;
use rand_distr::{Distribution, StandardNormal};

/// Largest number of rounds of power iteration for weights that no earlier step has iterated.
const MAX_ROUNDS: usize = 100;
/// Relative change of σ in one round below which it has converged.
const TOLERANCE: f32 = 1e-4;
/// Number of vectors that iterate together. With 16, the norms of the critics that were tried stayed below
/// 1.01; with a single vector they reached 1.34.
const VECTORS: usize = 16;
/// Fraction, in units of σ², that each vector but the first keeps of itself. It keeps them independent where
/// A has fewer singular values than there are vectors.
const KEPT: f32 = 1e-3;

/// The weight W that a layer's normalised weight W̄ is computed from, with its singular vectors.
#[derive(Debug, Clone)]
pub(super) struct SpectralWeight {
    operator: Operator,
    /// Number of inputs of the operator.
    inputs: usize,
    /// W, in the layout of W̄: the weight that the optimiser updates.
    pub w: Vec<f32>,
    /// Left singular vector of σ.
    pub u: Vec<f32>,
    /// Orthonormal rows. The first is the right singular vector of σ.
    pub v: Vec<f32>,
    /// Largest singular value σ.
    pub sigma: f32,
}

impl SpectralWeight {
    /// Takes the initial W from `weight` and divides `weight` by its σ. The operator has sizes
    /// `(inputs, outputs)`.
    pub fn new(
        operator: Operator,
        weight: &mut Parameter,
        (inputs, outputs): (usize, usize),
        rng: &mut impl Rng,
    ) -> Result<Self> {
        let vectors = VECTORS.min(inputs);
        let draw = |_| StandardNormal.sample(rng);
        let mut v: Vec<f32> = (0..vectors * inputs).map(draw).collect();
        orthonormalize(&mut v, inputs);
        let mut spectral = SpectralWeight {
            operator,
            inputs,
            w: weight.values().to_vec(),
            u: vec![0.0; outputs],
            v,
            sigma: 1.0,
        };
        spectral.converge(weight)?;
        spectral.divide(weight);
        Ok(spectral)
    }

    /// Takes W from `weight` as it is, with σ = 1, for weights from a file without W.
    pub fn adopt(&mut self, weight: &Parameter) -> Result<()> {
        self.w = weight.values().to_vec();
        self.converge(weight)?;
        self.sigma = 1.0;
        Ok(())
    }

    /// Changes W, then computes W̄ = W/σ into `weight`.
    pub fn update(
        &mut self,
        weight: &mut Parameter,
        change: impl FnOnce(&mut [f32]) -> Result<()>,
    ) -> Result<()> {
        change(&mut self.w)?;
        weight.update(|w| w.copy_from_slice(&self.w));
        self.iterate(weight)?;
        self.divide(weight);
        Ok(())
    }

    /// Turns `gradient`, which is ∂L/∂W̄, into ∂L/∂W.
    pub fn pull_back(&self, weight: &Parameter, gradient: &mut [f32]) -> Result<()> {
        let needs = Needs {
            input: false,
            weights: true,
        };
        let v = rows(&self.v[..self.inputs], self.inputs)?;
        let y = self.operator.apply(v.record(), weight, needs)?;
        let change = Gradients::of(y.dot(&rows(&self.u, self.u.len())?)?)?.take(weight)?;
        let along = dot(gradient, &weight.values()) as f32;
        for (g, change) in gradient.iter_mut().zip(&change) {
            *g = (*g - along * change) / self.sigma;
        }
        Gradients::done_with(change);
        Ok(())
    }

    /// Does one round of power iteration on `weight`, which holds W.
    fn iterate(&mut self, weight: &Parameter) -> Result<()> {
        let needs = Needs {
            input: true,
            weights: false,
        };
        let (inputs, outputs) = (self.inputs, self.u.len());
        let basis = rows(&self.v, inputs)?;
        let images = self.operator.apply(basis.clone().record(), weight, needs)?;

        let (mut v, mut av) = (self.v.clone(), images.values().to_vec());
        orthogonalize_images(&mut v, inputs, &mut av, outputs);
        let size = norm(&av[..outputs]);
        // If W is 0 or not finite, there are no singular vectors to find; the previous ones are kept.
        if size.is_nan() || size == 0.0 {
            return Ok(());
        }
        // The first row of `av` becomes u.
        av.iter_mut().for_each(|y| *y /= size);
        self.u.copy_from_slice(&av[..outputs]);

        // Each row of `next` is Aᵀ times the same row of `av`: the gradient of ⟨av, A v⟩ with respect to v.
        let product = images.dot(&rows(&av, outputs)?)?;
        let mut next = Gradients::of(product)?.take_input(&basis)?;
        self.sigma = norm(&next[..inputs]);
        for (next, v) in next.iter_mut().zip(&v).skip(inputs) {
            *next += KEPT * size * v;
        }
        orthonormalize(&mut next, inputs);
        self.v = next;
        Ok(())
    }

    /// Iterates until σ has converged.
    fn converge(&mut self, weight: &Parameter) -> Result<()> {
        let mut previous = 0.0;
        for _ in 0..MAX_ROUNDS {
            self.iterate(weight)?;
            if (self.sigma - previous).abs() <= TOLERANCE * self.sigma {
                break;
            }
            previous = self.sigma;
        }
        Ok(())
    }

    /// Computes W̄ = W/σ from `weight`, which holds W.
    fn divide(&self, weight: &mut Parameter) {
        weight.update(|w| w.iter_mut().for_each(|w| *w /= self.sigma));
    }
}

fn rows(values: &[f32], columns: usize) -> Result<Batch> {
    Batch::new(values.to_vec(), values.len() / columns, columns)
}

/// Returns ⟨a, b⟩ as sixteen interleaved sums: the compiler may vectorise a sum only if the source fixes
/// its order.
fn dot(a: &[f32], b: &[f32]) -> f64 {
    Arch::new().dispatch(|| {
        let mut lanes = [0.0; 16];
        let (a, a_rest) = a.as_chunks::<16>();
        let (b, b_rest) = b.as_chunks::<16>();
        let rows = a.iter().zip(b).map(|(a, b)| (&a[..], &b[..]));
        for (a, b) in rows.chain([(a_rest, b_rest)]) {
            for ((lane, a), b) in lanes.iter_mut().zip(a).zip(b) {
                *lane += f64::from(*a) * f64::from(*b);
            }
        }
        lanes.iter().sum()
    })
}

fn norm(x: &[f32]) -> f32 {
    dot(x, x).sqrt() as f32
}

/// Rotates each pair of rows of `v` in the plane that they span, and their images with them, so that the
/// images become orthogonal and the earlier one is the longer. One pass makes them nearly orthogonal; the
/// next round continues from there.
fn orthogonalize_images(v: &mut [f32], inputs: usize, images: &mut [f32], outputs: usize) {
    let mut squares: Vec<f64> = images.chunks(outputs).map(|y| dot(y, y)).collect();
    for j in 1..squares.len() {
        for i in 0..j {
            let (a, b) = pair(images, outputs, i, j);
            // The images of the unit circle of the plane form an ellipse; these are its half axes, squared.
            let (sum, difference) = (squares[i] + squares[j], squares[i] - squares[j]);
            let twice = 2.0 * dot(a, b);
            let angle = 0.5 * twice.atan2(difference);
            let radius = difference.hypot(twice);
            (squares[i], squares[j]) = (0.5 * (sum + radius), 0.5 * (sum - radius));
            rotate(a, b, angle);
            let (a, b) = pair(v, inputs, i, j);
            rotate(a, b, angle);
        }
    }
}

/// Rotates two rows in the plane that they span.
fn rotate(a: &mut [f32], b: &mut [f32], angle: f64) {
    let (sin, cos) = (angle.sin() as f32, angle.cos() as f32);
    Arch::new().dispatch(|| {
        for (a, b) in a.iter_mut().zip(b) {
            (*a, *b) = (cos * *a + sin * *b, cos * *b - sin * *a);
        }
    });
}

/// Returns rows i and j, where i < j.
fn pair(rows: &mut [f32], columns: usize, i: usize, j: usize) -> (&mut [f32], &mut [f32]) {
    let (before, after) = rows.split_at_mut(j * columns);
    (&mut before[i * columns..][..columns], &mut after[..columns])
}

/// Orthonormalises rows by Gram–Schmidt. What remains by rounding is removed in the next round.
fn orthonormalize(rows: &mut [f32], columns: usize) {
    for j in 0..rows.len() / columns {
        for i in 0..j {
            let (a, b) = pair(rows, columns, i, j);
            let along = dot(a, b) as f32;
            Arch::new().dispatch(|| b.iter_mut().zip(a).for_each(|(b, a)| *b -= along * *a));
        }
        let row = &mut rows[j * columns..][..columns];
        let size = norm(row);
        row.iter_mut().for_each(|x| *x /= size);
    }
}
