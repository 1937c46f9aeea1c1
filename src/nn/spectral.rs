//! Spectral normalisation (Miyato et al. 2018): a layer of weights W is applied with
//!
//! $$ \bar W = \frac{W}{\sigma(W)}, \qquad \sigma(W) = \max_{\lVert v\rVert = 1} \lVert A_W v\rVert $$
//!
//! where A_W is what the layer does to its input, without the bias. For a convolution that is the
//! operator from image to maps at the image's actual size, and not W reshaped to a matrix, as in the
//! paper's own code: that matrix knows neither stride nor padding, and its largest singular value is
//! off by a factor that depends on the layer.
//!
//! σ and its singular vectors u and v come from power iteration. W moves little from one step to the
//! next, so the vectors are kept, and one round follows each update of W:
//!
//! $$ u \leftarrow \frac{A_W v}{\lVert A_W v\rVert}, \qquad
//!    v \leftarrow \frac{A_W^\top u}{\lVert A_W^\top u\rVert}, \qquad
//!    \sigma = \lVert A_W^\top u\rVert = u^\top A_W v $$
//!
//! One v alone stays with the singular value that was the largest once. Learning drives the others
//! up to it, since only the largest is held down, and where one overtakes it, v's part along that
//! one is a rounding error, which takes hundreds of rounds to grow: hidden layers of 128 units
//! reached norms of 1.34. Hence several orthonormal v's iterate together (Rutishauser 1970), and in
//! each round they are turned among themselves until their images are orthogonal, the longest first
//! (Hestenes 1958).
//!
//! With u and v held, σ is linear in W, and what the loss L says of W̄, G = ∂L/∂W̄, says of W
//!
//! $$ \frac{\partial L}{\partial W} = \frac1\sigma \left(G - \langle G, \bar W\rangle\,
//!    \frac{\partial\, u^\top A_W v}{\partial W}\right) $$
//!
//! This is exact where u and v have converged: σ does not change with them there.

use super::{LayerSpec, Network};
use crate::error::Result;
use crate::random::{Stream, rng};
use crate::tensor::operator::Operator;
use crate::tensor::{Batch, Gradients, Needs, Parameter};
use pulp::Arch;
use rand::Rng;
use rand_distr::{Distribution, StandardNormal};

/// Rounds of power iteration at most, where no earlier step has done them.
const MOST_ROUNDS: usize = 100;
/// σ has converged when a round changes it by no larger part.
const CONVERGED: f32 = 1e-4;
/// Vectors that iterate together. In critics on `ring8` (hidden layers of 64 and 128, Adam at 2·10⁻⁴
/// and 10⁻³, 800 to 1,500 steps) the largest norm ever seen was 1.34 with 1, 1.08 with 4, 1.03 with
/// 8 and less than 1.01 with 16; 5 rounds a step with 1 vector still left 1.10.
const TOGETHER: usize = 16;
/// The part, in units of σ², that each but the first keeps of itself: they stay independent where A
/// has fewer singular values than there are vectors.
const KEPT: f32 = 1e-3;

/// What stands behind a layer's weight W̄.
#[derive(Debug, Clone)]
pub(super) struct Spectral {
    operator: Operator,
    inputs: usize,
    /// W, in the layout of W̄: what the optimiser moves.
    pub w: Vec<f32>,
    /// The largest σ's left singular vector.
    pub u: Vec<f32>,
    /// Orthonormal rows, the first of them the right singular vector.
    pub v: Vec<f32>,
    pub sigma: f32,
}

impl Spectral {
    /// Divides `weight`, the layer's fresh W, by its σ; A's sizes are `(inputs, outputs)`.
    pub fn new(
        operator: Operator,
        weight: &mut Parameter,
        (inputs, outputs): (usize, usize),
        rng: &mut impl Rng,
    ) -> Result<Self> {
        let together = TOGETHER.min(inputs);
        let draw = |_| StandardNormal.sample(rng);
        let mut v: Vec<f32> = (0..together * inputs).map(draw).collect();
        orthonormalize(&mut v, inputs);
        let mut spectral = Spectral {
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

    /// Takes `weight` as it is, with σ = 1, for W: what a file without W brought.
    pub fn adopt(&mut self, weight: &Parameter) -> Result<()> {
        self.w = weight.values().to_vec();
        self.converge(weight)?;
        self.sigma = 1.0;
        Ok(())
    }

    /// Changes W, and `weight`, the layer's W̄, after it.
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

    /// Makes ∂L/∂W of `gradient`, which is ∂L/∂W̄.
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

    /// One round of power iteration on `weight`, which is W.
    fn iterate(&mut self, weight: &Parameter) -> Result<()> {
        let needs = Needs {
            input: true,
            weights: false,
        };
        let (inputs, outputs) = (self.inputs, self.u.len());
        let basis = rows(&self.v, inputs)?;
        let images = self.operator.apply(basis.clone().record(), weight, needs)?;

        let (mut v, mut av) = (self.v.clone(), images.values().to_vec());
        turn(&mut v, inputs, &mut av, outputs);
        let size = norm(&av[..outputs]);
        // W = 0 has no direction, and what is no number neither: the last ones stay.
        if size.is_nan() || size == 0.0 {
            return Ok(());
        }
        // u is the first row now.
        av.iter_mut().for_each(|y| *y /= size);
        self.u.copy_from_slice(&av[..outputs]);

        // Each row is Aᵀ of that of av: the gradient of their product with the images.
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

    fn converge(&mut self, weight: &Parameter) -> Result<()> {
        let mut before = 0.0;
        for _ in 0..MOST_ROUNDS {
            self.iterate(weight)?;
            if (self.sigma - before).abs() <= CONVERGED * self.sigma {
                break;
            }
            before = self.sigma;
        }
        Ok(())
    }

    /// W̄ = W/σ
    fn divide(&self, weight: &mut Parameter) {
        weight.update(|w| w.iter_mut().for_each(|w| *w /= self.sigma));
    }
}

impl Network {
    /// ‖A_W‖ of every layer whose weight makes a linear operator, as it is applied, by its place in the
    /// description; NaN where a weight is not finite. Nothing of the network changes.
    ///
    /// ```
    /// use ganscope::{nn::{Network, NetworkSpec}, random::Stream};
    /// let spec: NetworkSpec = serde_json::from_str(r#"{
    ///     "input": { "kind": "vector", "len": 2 },
    ///     "layers": [{ "type": "dense", "in": 2, "out": 2 }, { "type": "relu" }]
    /// }"#)?;
    /// let mut network = Network::new("generator", &spec, 1, Stream::GeneratorInit)?;
    /// network.parameters_mut()[0].1.update(|w| w.copy_from_slice(&[3.0, 0.0, 0.0, -5.0]));
    /// let norms = network.spectral_norms()?;
    /// assert!(norms[0].0 == 0 && (norms[0].1 - 5.0).abs() < 1e-3);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Device`](crate::Error::Device).
    pub fn spectral_norms(&self) -> Result<Vec<(usize, f64)>> {
        let shapes = self.spec().shapes(self.name())?;
        let mut norms = Vec::new();
        for layer in &self.layers {
            let weight = layer.op.parameters().next();
            let (Some(operator), Some(weight)) = (layer.op.operator(), weight) else {
                continue;
            };
            let input = layer.index.checked_sub(1).map(|before| &shapes[before]);
            let input = input.unwrap_or(&self.spec().input);
            let sizes = (input.numel(), shapes[layer.index].numel());
            // Of size 1 its squares are neither 0 nor too large for f32.
            let size = |w: &[f32]| w.iter().fold(0.0, |most: f32, w| most.max(w.abs()));
            let largest = size(&weight.values());
            let norm = match weight.values().iter().all(|w| w.is_finite()) {
                false => f64::NAN,
                true if largest == 0.0 => 0.0,
                true => {
                    let mut copy = weight.clone();
                    copy.update(|w| w.iter_mut().for_each(|w| *w /= largest));
                    let mut rng = rng(0, Stream::Examination, layer.index as u64);
                    let found = Spectral::new(operator, &mut copy, sizes, &mut rng)?;
                    f64::from(found.sigma) * f64::from(largest)
                }
            };
            norms.push((layer.index, norm));
        }
        Ok(norms)
    }
}

fn rows(values: &[f32], columns: usize) -> Result<Batch> {
    Batch::new(values.to_vec(), values.len() / columns, columns)
}

/// ⟨a, b⟩ in sixteen interleaved sums: an order that the source fixes may be vectorised.
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

/// Turns the rows of `v` in the plane of each two of them, and their images with them, so that the
/// images are orthogonal and the earlier is the longer. After one pass they nearly are; the next
/// round's goes on from there.
fn turn(v: &mut [f32], inputs: usize, images: &mut [f32], outputs: usize) {
    let mut squares: Vec<f64> = images.chunks(outputs).map(|y| dot(y, y)).collect();
    for j in 1..squares.len() {
        for i in 0..j {
            let (a, b) = pair(images, outputs, i, j);
            // The axes of the ellipse that the images of the plane's circle make.
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

fn rotate(a: &mut [f32], b: &mut [f32], angle: f64) {
    let (sin, cos) = (angle.sin() as f32, angle.cos() as f32);
    Arch::new().dispatch(|| {
        for (a, b) in a.iter_mut().zip(b) {
            (*a, *b) = (cos * *a + sin * *b, cos * *b - sin * *a);
        }
    });
}

/// Rows i < j.
fn pair(rows: &mut [f32], columns: usize, i: usize, j: usize) -> (&mut [f32], &mut [f32]) {
    let (before, after) = rows.split_at_mut(j * columns);
    (&mut before[i * columns..][..columns], &mut after[..columns])
}

/// Gram–Schmidt on rows; what is left of their dependence by rounding, the next round takes away.
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

impl LayerSpec {
    /// Why this layer cannot be in a network with spectral norm.
    pub(super) fn undoes_spectral_norm(&self) -> Option<&'static str> {
        match self {
            LayerSpec::BatchNorm { .. } => Some(
                "divides each channel by its deviation over the batch, however small that is, and so \
                 undoes the bound",
            ),
            LayerSpec::LayerNorm { .. } => Some(
                "divides each sample by its own deviation, however small that is, and so undoes the bound",
            ),
            LayerSpec::Maxout { .. } => Some(
                "puts through one of its pieces at a time, while the norm is that of all pieces together: \
                 what the layer is then bounded by, between 1/√pieces and 1, nobody can say",
            ),
            _ => None,
        }
    }
}
