//! A map from latents to samples with its derivatives: all that the methods of this directory need of a generator.
//!
//! $$ y = f(z), \qquad \dot y = J v, \qquad g = J^{\top} r, \qquad J = \frac{\partial f}{\partial z} $$

use crate::data::SampleShape;
use crate::nn::{Network, Pass};
use crate::tensor::{Batch, Needs};
use rayon::prelude::*;

use crate::error::{Error, Result, thousands};

/// Largest number of activations of a network that a pass keeps (`f32`, 128 MiB).
const MAX_ACTIVATIONS: usize = 1 << 25;
/// Largest number of rows of a pass.
const MAX_ROWS: usize = 256;
/// Largest number of entries of Jacobians that are kept at a time (`f64`, 128 MiB).
const MAX_JACOBIAN: usize = 1 << 24;
/// Largest number of values of latents or samples that a caller may ask for (`f32`, 256 MiB).
const MAX_VALUES: usize = 1 << 26;

/// A differentiable map f from rows z `[n, latent]` to rows y `[n, width]`.
pub(super) trait DifferentiableMap {
    /// Number of latent variables.
    fn latent(&self) -> usize;

    /// Number of values of a sample.
    fn width(&self) -> usize;

    /// Largest number of rows that one of the passes below should get.
    fn rows_per_pass(&self) -> usize {
        MAX_ROWS
    }

    /// Computes f(z) row by row.
    fn value(&self, z: &[f64]) -> Result<Vec<f64>>;

    /// Computes Jᵀ r row by row, where r `[n, width]` is a function of y = f(z).
    fn pull_back(&self, z: &[f64], r: &mut dyn FnMut(&[f64]) -> Vec<f64>) -> Result<Vec<f64>>;

    /// Computes J v row by row for several directions v, each of which is the same for all rows.
    fn push_forward(&self, z: &[f64], directions: &[Vec<f64>]) -> Result<Vec<Vec<f64>>>;

    /// Computes f(z) for any number of rows, in passes.
    fn values(&self, z: &[f64]) -> Result<Vec<f64>> {
        let mut all = Vec::with_capacity(z.len() / self.latent() * self.width());
        for rows in z.chunks(self.rows_per_pass() * self.latent()) {
            all.extend(self.value(rows)?);
        }
        Ok(all)
    }
}

impl DifferentiableMap for Network {
    fn latent(&self) -> usize {
        self.spec().input.numel()
    }

    fn width(&self) -> usize {
        self.output().numel()
    }

    fn rows_per_pass(&self) -> usize {
        let shapes = self.spec().shapes(self.name()).unwrap_or_default();
        let activations = shapes.iter().map(SampleShape::numel).sum::<usize>();
        (MAX_ACTIVATIONS / activations.max(1)).clamp(1, MAX_ROWS)
    }

    fn value(&self, z: &[f64]) -> Result<Vec<f64>> {
        Ok(to_f64(&self.infer(rows(z, self.latent())?)?.values()))
    }

    fn pull_back(&self, z: &[f64], r: &mut dyn FnMut(&[f64]) -> Vec<f64>) -> Result<Vec<f64>> {
        let z = rows(z, self.latent())?;
        let (_, gradient) =
            Network::pull_back(self, &z, |y| rows(&r(&to_f64(&y.values())), y.columns()))?;
        Ok(to_f64(&gradient))
    }

    fn push_forward(&self, z: &[f64], directions: &[Vec<f64>]) -> Result<Vec<Vec<f64>>> {
        let z = rows(z, self.latent())?;
        let n = z.rows();
        let (_, trace) = self.trace(z, Pass::INFERENCE)?;
        let push = |v: &Vec<f64>| {
            let dy = trace.tangent(rows(&v.repeat(n), self.latent())?, Needs::NONE)?;
            Ok(to_f64(&dy.values()))
        };
        directions.iter().map(push).collect()
    }
}

/// Computes `of_row(columns of J)` for each row of z, where a column of J has `width` entries.
///
/// Takes one pass for each latent variable, which all rows of a chunk share.
pub(super) fn for_each_jacobian<T: Send>(
    f: &impl DifferentiableMap,
    z: &[f64],
    of_row: impl Fn(usize, &[&[f64]]) -> T + Sync,
) -> Result<Vec<T>> {
    let (latent, width) = (f.latent(), f.width());
    if latent.saturating_mul(width) > MAX_VALUES {
        return Err(Error::Usage(format!(
            "the Jacobian of {} values by {} latent variables does not fit into memory; the limit is {} entries",
            thousands(width as u64),
            thousands(latent as u64),
            thousands(MAX_VALUES as u64)
        )));
    }
    let unit = |j: usize| {
        let mut unit = vec![0.0; latent];
        unit[j] = 1.0;
        unit
    };
    let directions: Vec<Vec<f64>> = (0..latent).map(unit).collect();
    let chunk = (MAX_JACOBIAN / (latent * width)).clamp(1, f.rows_per_pass());
    let mut all = Vec::with_capacity(z.len() / latent);
    for (index, rows) in z.chunks(chunk * latent).enumerate() {
        let pushed = f.push_forward(rows, &directions)?;
        let one = |i: usize| {
            let columns = pushed.iter().map(|dy| &dy[i * width..(i + 1) * width]);
            of_row(index * chunk + i, &columns.collect::<Vec<_>>())
        };
        let n = rows.len() / latent;
        all.extend((0..n).into_par_iter().map(one).collect::<Vec<T>>());
    }
    Ok(all)
}

/// ⟨a, b⟩, added in eight interleaved sums, which the compiler keeps in vector registers.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    let (a_eights, b_eights) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest = a_eights.remainder().iter().zip(b_eights.remainder());
    let rest: f64 = rest.map(|(a, b)| a * b).sum();
    for (a, b) in a_eights.zip(b_eights) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    sums.iter().sum::<f64>() + rest
}

/// ‖a − b‖.
pub(super) fn distance(a: &[f64], b: &[f64]) -> f64 {
    let squares = a.iter().zip(b).map(|(a, b)| (a - b) * (a - b));
    squares.sum::<f64>().sqrt()
}

/// The numbers in double precision.
pub(super) fn to_f64(values: &[f32]) -> Vec<f64> {
    values.iter().map(|v| f64::from(*v)).collect()
}

/// The numbers in single precision.
pub(super) fn to_f32(values: &[f64]) -> Vec<f32> {
    values.iter().map(|v| *v as f32).collect()
}

/// The rows as a batch for a network.
fn rows(values: &[f64], columns: usize) -> Result<Batch> {
    Batch::new(to_f32(values), values.len() / columns, columns)
}

/// Refuses a result of so many values that it might not fit into memory.
pub(super) fn check_size(what: &str, rows: usize, columns: usize) -> Result<()> {
    if rows.saturating_mul(columns) <= MAX_VALUES {
        return Ok(());
    }
    Err(Error::Usage(format!(
        "{} {what} of {} numbers are too many to keep in memory; the limit is {} numbers, so use at most {} {what}",
        thousands(rows as u64),
        thousands(columns as u64),
        thousands(MAX_VALUES as u64),
        thousands((MAX_VALUES / columns.max(1)) as u64),
    )))
}

/// Refuses numbers computed by a map that are not finite.
pub(super) fn check_finite(values: &[f64]) -> Result<()> {
    if values.iter().all(|v| v.is_finite()) {
        return Ok(());
    }
    Err(Error::Usage(
        "the network computes numbers that are not finite for these latents, so nothing can be measured; check its \
         weights, or use an earlier checkpoint"
            .into(),
    ))
}

#[cfg(test)]
pub(super) mod analytic {
    use super::*;

    type Map = Box<dyn Fn(&[f64]) -> Vec<f64> + Sync>;

    /// A map that is given by formulas for f(z) and J(z), in double precision.
    pub struct Analytic {
        latent: usize,
        width: usize,
        f: Map,
        /// Row-major \[width, latent\].
        jacobian: Map,
        rows_per_pass: usize,
    }

    impl Analytic {
        pub fn new(
            latent: usize,
            width: usize,
            f: impl Fn(&[f64]) -> Vec<f64> + Sync + 'static,
            jacobian: impl Fn(&[f64]) -> Vec<f64> + Sync + 'static,
        ) -> Analytic {
            Analytic {
                latent,
                width,
                f: Box::new(f),
                jacobian: Box::new(jacobian),
                // An odd number, so that chunks end in the middle of the tests' data.
                rows_per_pass: 7,
            }
        }

        /// z ↦ Az + b, with A row-major \[width, latent\].
        pub fn linear(a: Vec<f64>, b: Vec<f64>) -> Analytic {
            let (width, latent) = (b.len(), a.len() / b.len());
            let copy = a.clone();
            let f = move |z: &[f64]| -> Vec<f64> {
                let rows = a.chunks(latent).zip(&b);
                rows.map(|(row, b)| dot(row, z) + b).collect()
            };
            Analytic::new(latent, width, f, move |_| copy.clone())
        }

        /// (φ, θ) ↦ r (sin φ cos θ, sin φ sin θ, cos φ).
        pub fn sphere(r: f64) -> Analytic {
            let f = move |z: &[f64]| {
                let ((sin_p, cos_p), (sin_t, cos_t)) = (z[0].sin_cos(), z[1].sin_cos());
                vec![r * sin_p * cos_t, r * sin_p * sin_t, r * cos_p]
            };
            let jacobian = move |z: &[f64]| {
                let ((sin_p, cos_p), (sin_t, cos_t)) = (z[0].sin_cos(), z[1].sin_cos());
                let of_first = [r * cos_p * cos_t, -r * sin_p * sin_t];
                let of_second = [r * cos_p * sin_t, r * sin_p * cos_t];
                [of_first, of_second, [-r * sin_p, 0.0]].concat()
            };
            Analytic::new(2, 3, f, jacobian)
        }
    }

    impl DifferentiableMap for Analytic {
        fn latent(&self) -> usize {
            self.latent
        }

        fn width(&self) -> usize {
            self.width
        }

        fn rows_per_pass(&self) -> usize {
            self.rows_per_pass
        }

        fn value(&self, z: &[f64]) -> Result<Vec<f64>> {
            Ok(z.chunks(self.latent).flat_map(&self.f).collect())
        }

        fn pull_back(&self, z: &[f64], r: &mut dyn FnMut(&[f64]) -> Vec<f64>) -> Result<Vec<f64>> {
            let r = r(&self.value(z)?);
            let rows = z.chunks(self.latent).zip(r.chunks(self.width));
            let product = |(z, r): (&[f64], &[f64])| -> Vec<f64> {
                let jacobian = (self.jacobian)(z);
                let column = |j: usize| {
                    let rows = jacobian.chunks(self.latent).zip(r);
                    rows.map(|(row, r)| row[j] * r).sum()
                };
                (0..self.latent).map(column).collect()
            };
            Ok(rows.flat_map(product).collect())
        }

        fn push_forward(&self, z: &[f64], directions: &[Vec<f64>]) -> Result<Vec<Vec<f64>>> {
            let push = |v: &Vec<f64>| {
                let of_row = |z: &[f64]| -> Vec<f64> {
                    let jacobian = (self.jacobian)(z);
                    jacobian
                        .chunks(self.latent)
                        .map(|row| dot(row, v))
                        .collect()
                };
                z.chunks(self.latent).flat_map(of_row).collect()
            };
            Ok(directions.iter().map(push).collect())
        }
    }
}
