//! The first layers of a network, applied to latents that a caller gives.

use nalgebra::DMatrix;

use crate::error::{Error, Result, counted, thousands};
use crate::interpret::rows::count_rows;
use crate::nn::{LayerSpec, Network, Pass};
use crate::tensor::{Batch, Needs};

/// Number of rows that are passed through a network at a time.
const ROWS: usize = 256;
/// Largest number of activations that are kept at a time (400 MB).
const MOST_NUMBERS: usize = 100_000_000;

/// The first layers of a network.
#[derive(Debug, Clone)]
pub(super) struct Part {
    network: Network,
    /// Number of layers.
    pub layers: usize,
    /// The layers in words, such as `the first 2 of 7 layers (up to relu)`.
    pub description: String,
}

impl Part {
    /// Takes the first `layers` layers of a network. An activation function that comes next is taken, too, because
    /// some layers compute the one that follows them.
    ///
    /// # Errors
    /// [`Error::Usage`] when the network does not have so many layers.
    pub fn first(network: &Network, layers: usize) -> Result<Part> {
        let all = &network.spec().layers;
        let layers = match all.get(layers) {
            Some(next) if layers > 0 && is_activation(next) => layers + 1,
            _ => layers,
        };
        let (part, _) = network.split_at(layers)?;
        let description = match layers.checked_sub(1).and_then(|last| all.get(last)) {
            None => "z itself".into(),
            Some(last) if layers == all.len() => format!("all {layers} layers (up to {last})"),
            Some(last) => format!("the first {layers} of {} layers (up to {last})", all.len()),
        };
        Ok(Part {
            network: part,
            layers,
            description,
        })
    }

    /// Number of latent variables.
    pub fn latent(&self) -> usize {
        self.network.spec().input.numel()
    }

    /// Number of activations of the last layer.
    pub fn width(&self) -> usize {
        self.network.output().numel()
    }

    /// Computes the activations [n, width] for latents `z` [n, latent].
    ///
    /// # Errors
    /// [`Error::Usage`] for latents that are refused by `count_rows`, and if the activations do not fit into memory;
    /// the errors of [`Network::infer`].
    pub fn activations(&self, z: &[f32]) -> Result<Vec<f32>> {
        let n = count_rows(z, self.latent(), "z")?;
        let numbers = n.saturating_mul(self.width());
        if numbers > MOST_NUMBERS {
            return Err(Error::Usage(format!(
                "{} of {} activations each need more than {} MB; use fewer latents or another layer",
                counted(n, "latent"),
                thousands(self.width() as u64),
                MOST_NUMBERS * 4 / 1_000_000
            )));
        }
        if self.layers == 0 {
            return Ok(z.to_vec());
        }
        let mut all = Vec::with_capacity(numbers);
        for rows in z.chunks(ROWS * self.latent()) {
            let batch = Batch::new(rows.to_vec(), rows.len() / self.latent(), self.latent())?;
            all.extend_from_slice(&self.network.infer(batch)?.values());
        }
        Ok(all)
    }

    /// Computes Σ JᵀJ over the rows of `z` [n, latent], where J = ∂(activations)/∂z.
    ///
    /// J is computed along all directions of z (forward mode) or from all activations (reverse mode), whichever are
    /// fewer.
    ///
    /// # Errors
    /// [`Error::Usage`] for latents that are refused by `count_rows`, and for Jacobians that do not fit into memory or
    /// are not finite; the errors of [`Network::infer`].
    pub fn sum_of_metrics(&self, z: &[f32]) -> Result<DMatrix<f64>> {
        let (latent, width) = (self.latent(), self.width());
        count_rows(z, latent, "z")?;
        if latent.saturating_mul(width) > MOST_NUMBERS {
            return Err(Error::Usage(format!(
                "a Jacobian of {} activations with respect to {} needs more than {} MB; use another layer",
                thousands(width as u64),
                counted(latent, "latent variable"),
                MOST_NUMBERS * 4 / 1_000_000
            )));
        }
        let mut sum = DMatrix::zeros(latent, latent);
        let passes = latent.min(width);
        // Several latents share a batch if their Jacobians are small.
        for rows in z.chunks((ROWS / passes).max(1) * latent) {
            let jacobians = self.jacobians(rows, passes)?;
            for jacobian in jacobians.chunks_exact(latent * width) {
                add_metric(&mut sum, jacobian, latent, latent <= width);
            }
        }
        if sum.iter().any(|v| !v.is_finite()) {
            return Err(Error::Usage(format!(
                "the Jacobian of {} is not finite at some of the latents; check the weights",
                self.description
            )));
        }
        sum.fill_upper_triangle_with_lower_triangle();
        Ok(sum)
    }

    /// Computes the Jacobian at each row of `z`: its columns one after the other if z has at most as many entries as
    /// there are activations, else its rows. Each takes `passes` rows of a batch.
    fn jacobians(&self, z: &[f32], passes: usize) -> Result<Vec<f32>> {
        let (latent, width) = (self.latent(), self.width());
        let total = z.len() / latent * passes;
        let mut all = Vec::with_capacity(total * latent.max(width));
        let mut row = 0;
        while row < total {
            let count = ROWS.min(total - row);
            let mut copies = Vec::with_capacity(count * latent);
            let mut units = vec![0.0; count * passes];
            for (unit, row) in units.chunks_exact_mut(passes).zip(row..) {
                let z = &z[row / passes * latent..][..latent];
                copies.extend_from_slice(z);
                unit[row % passes] = 1.0;
            }
            let copies = Batch::new(copies, count, latent)?;
            let units = Batch::new(units, count, passes)?;
            if latent <= width {
                let (_, trace) = self.network.trace(copies, Pass::INFERENCE)?;
                all.extend_from_slice(&trace.tangent(units, Needs::NONE)?.values());
            } else {
                all.extend(self.network.pull_back(&copies, |_| Ok(units))?.1);
            }
            row += count;
        }
        Ok(all)
    }
}

/// Adds the lower triangle of JᵀJ, where `jacobian` holds the columns of J one after the other, or its rows.
fn add_metric(sum: &mut DMatrix<f64>, jacobian: &[f32], latent: usize, by_columns: bool) {
    let wide: Vec<f64> = jacobian.iter().map(|v| f64::from(*v)).collect();
    if by_columns {
        let columns: Vec<&[f64]> = wide.chunks_exact(wide.len() / latent).collect();
        for (j, a) in columns.iter().enumerate() {
            for (i, b) in columns.iter().enumerate().skip(j) {
                sum[(i, j)] += dot(a, b);
            }
        }
    } else {
        for row in wide.chunks_exact(latent) {
            for (j, a) in row.iter().enumerate() {
                for (i, b) in row.iter().enumerate().skip(j) {
                    sum[(i, j)] += a * b;
                }
            }
        }
    }
}

/// Returns ⟨a, b⟩ as eight interleaved sums, which the compiler can vectorise.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut lanes = [0.0; 8];
    let (a, a_rest) = a.as_chunks::<8>();
    let (b, b_rest) = b.as_chunks::<8>();
    for (a, b) in a.iter().zip(b) {
        for ((lane, a), b) in lanes.iter_mut().zip(a).zip(b) {
            *lane += a * b;
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    lanes.iter().sum::<f64>() + rest
}

/// Whether a layer is an activation function.
fn is_activation(layer: &LayerSpec) -> bool {
    matches!(
        layer,
        LayerSpec::Relu(_)
            | LayerSpec::LeakyRelu(_)
            | LayerSpec::Tanh(_)
            | LayerSpec::Sigmoid(_)
            | LayerSpec::Softplus(_)
            | LayerSpec::Elu(_)
    )
}
