//! The leading principal components of many samples in many dimensions.
//!
//! For samples x₁ … x_n in d dimensions, with mean 0, the principal components are the eigenvectors of
//!
//! $$ C = \frac{1}{n-1} \sum_i x_i x_i^\top $$
//!
//! C is computed when d is small. When n is small, the eigenvectors u of the Gram matrix with the entries
//! $x_i^\top x_j/(n-1)$ give those of C, $v \propto \sum_i u_i x_i$. Otherwise only products CV are computed: a subspace
//! V grows by the residuals of its best approximations (Davidson 1975, without a preconditioner), until
//!
//! $$ \lVert C v_k - \lambda_k v_k \rVert \le 10^{-5}\,\lambda_k $$
//!
//! An error of this size moves an eigenvector by about $10^{-5}\lambda_k$/gap, where gap is the distance to the nearest
//! other eigenvalue. The samples themselves determine it only up to about $\lambda_k$/(√n gap).

use nalgebra::{DMatrix, DMatrixView};
use rayon::prelude::*;

use crate::error::{Error, Result, counted};
use crate::interpret::linear::{
    Eigen, fix_signs, orthonormal_basis, orthonormal_extension, symmetric_eigen,
};
use crate::random::{Stream, standard_normal};

/// Largest norm of a residual of a converged component, in units of its eigenvalue.
const TOLERANCE: f64 = 1e-5;
/// The same in units of the largest eigenvalue, where rounding makes a smaller residual impossible.
const ROUNDING: f64 = 1e-12;
/// Variance, in units of the largest one, below which a component is rounding error of the single-precision samples.
const SMALLEST_VARIANCE: f64 = 1e-12;
/// Largest number of entries of the basis of a subspace (160 MB).
const MOST_NUMBERS: usize = 20_000_000;
/// Number of vectors that are multiplied by C at a time.
const LANES: usize = 8;
/// Number of parts of the samples whose sums are computed in parallel and then added in order.
const PARTS: usize = 16;
/// Largest number of rounds of the search for the leading components.
const MAXIMUM_ROUNDS: usize = 400;

/// The leading principal components of some samples.
#[derive(Debug, Clone)]
pub(super) struct Components {
    /// Variance along each component, with divisor n − 1, in descending order.
    pub variances: Vec<f64>,
    /// Unit vectors, as columns [d, count].
    pub vectors: DMatrix<f64>,
    /// Variance in all directions together, tr C.
    pub total_variance: f64,
}

/// Centres the samples `x` [n, d] in place, and computes their `count` leading principal components. There are fewer
/// if the samples have a lower rank.
///
/// The search for the components starts from random vectors, which are a function of `seed`.
///
/// # Errors
/// [`Error::Usage`] for fewer than two samples, for values that are not finite, for more components than fit into the
/// memory, and if the components are not found with the required accuracy.
pub(super) fn leading_components(
    x: &mut [f32],
    d: usize,
    count: usize,
    seed: u64,
) -> Result<Components> {
    let n = x.len() / d.max(1);
    if n < 2 || x.len() != n * d {
        return Err(Error::Usage(format!(
            "principal components need at least 2 complete samples, not {} of {d} numbers each",
            counted(x.len(), "number")
        )));
    }
    if x.iter().any(|v| !v.is_finite()) {
        return Err(Error::Usage(
            "the samples have no principal components, because some of their values are not finite"
                .into(),
        ));
    }
    let total_variance = centre(x, d) / (n - 1) as f64;
    let covariance = Covariance { x, n, d };
    let count = count.min(d).min(n - 1);
    // Largest size of the subspace, beyond which the iteration starts again with its best vectors.
    let size = 2 * count + 64;
    if d.saturating_mul(size) > MOST_NUMBERS {
        return Err(Error::Usage(format!(
            "{} in {d} dimensions do not fit into the memory that is set aside for them; use fewer components, or \
             activations of fewer dimensions",
            counted(count, "principal component")
        )));
    }
    let Eigen {
        mut values,
        vectors,
    } = if d <= size.max(256) {
        symmetric_eigen(covariance.apply(&DMatrix::identity(d, d)))?
    } else if n <= size.max(256) {
        covariance.eigen_of_gram_matrix(count)?
    } else {
        covariance.leading(count, size, seed)?
    };
    let smallest = SMALLEST_VARIANCE * values.first().copied().unwrap_or(0.0);
    values.truncate(count);
    values.retain(|v| *v > smallest);
    let mut vectors = vectors.columns(0, values.len()).into_owned();
    fix_signs(&mut vectors);
    Ok(Components {
        variances: values,
        vectors,
        total_variance,
    })
}

/// Subtracts the mean of each column, and returns the sum of all squares. A column of equal values becomes exactly 0.
fn centre(x: &mut [f32], d: usize) -> f64 {
    let n = x.len() / d;
    let mut mean = vec![0.0; d];
    let mut is_constant = vec![true; d];
    for row in x.chunks_exact(d) {
        for (j, v) in row.iter().enumerate() {
            mean[j] += f64::from(*v);
            is_constant[j] &= *v == x[j];
        }
    }
    for (j, mean) in mean.iter_mut().enumerate() {
        *mean = if is_constant[j] {
            f64::from(x[j])
        } else {
            *mean / n as f64
        };
    }
    let mut squares = 0.0;
    for row in x.chunks_exact_mut(d) {
        for (v, m) in row.iter_mut().zip(&mean) {
            *v = (f64::from(*v) - m) as f32;
            squares += f64::from(*v).powi(2);
        }
    }
    squares
}

/// Computes XV for the samples `x` [n, d] and the columns of V.
pub(super) fn coordinates(x: &[f32], v: &DMatrix<f64>) -> DMatrix<f64> {
    let d = v.nrows();
    let n = x.len() / d.max(1);
    let mut all = DMatrix::zeros(n, v.ncols());
    for first in (0..v.ncols()).step_by(LANES) {
        let lanes = LANES.min(v.ncols() - first);
        let panel = panel(&v.columns(first, lanes));
        let products: Vec<_> = x.par_chunks(d).map(|row| dots([row], &panel)[0]).collect();
        for (i, products) in products.iter().enumerate() {
            for (lane, product) in products.iter().take(lanes).enumerate() {
                all[(i, first + lane)] = *product;
            }
        }
    }
    all
}

/// C, as products with the samples.
struct Covariance<'a> {
    /// Centred samples, row-major [n, d].
    x: &'a [f32],
    n: usize,
    d: usize,
}

impl Covariance<'_> {
    /// Computes CV.
    fn apply(&self, v: &DMatrix<f64>) -> DMatrix<f64> {
        let rows = self.n.div_ceil(PARTS);
        let mut all = DMatrix::zeros(self.d, v.ncols());
        for first in (0..v.ncols()).step_by(LANES) {
            let lanes = LANES.min(v.ncols() - first);
            let panel = panel(&v.columns(first, lanes));
            let parts = self.x.par_chunks(rows * self.d);
            let parts: Vec<_> = parts.map(|part| self.apply_part(part, &panel)).collect();
            for part in &parts {
                for (j, sums) in part.iter().enumerate() {
                    for (lane, sum) in sums.iter().take(lanes).enumerate() {
                        all[(j, first + lane)] += sum;
                    }
                }
            }
        }
        all / (self.n - 1) as f64
    }

    /// Computes Σ x xᵀV over some of the samples.
    fn apply_part(&self, rows: &[f32], panel: &[[f64; LANES]]) -> Vec<[f64; LANES]> {
        let mut sums = vec![[0.0; LANES]; self.d];
        for pair in rows.chunks(2 * self.d) {
            let (a, b) = pair.split_at(self.d);
            if b.is_empty() {
                add([a], &dots([a], panel), &mut sums);
            } else {
                add([a, b], &dots([a, b], panel), &mut sums);
            }
        }
        sums
    }

    /// Computes the leading eigenvectors from those of the Gram matrix.
    fn eigen_of_gram_matrix(&self, count: usize) -> Result<Eigen> {
        let mut gram = DMatrix::zeros(self.n, self.n);
        for (block, rows) in self.x.chunks(LANES * self.d).enumerate() {
            let lanes = rows.len() / self.d;
            let rows = rows.iter().map(|v| f64::from(*v));
            let products = coordinates(self.x, &DMatrix::from_iterator(self.d, lanes, rows));
            gram.columns_mut(block * LANES, lanes).copy_from(&products);
        }
        let eigen = symmetric_eigen(gram / (self.n - 1) as f64)?;
        let mut vectors: DMatrix<f64> = DMatrix::zeros(self.d, count);
        for (mut vector, u) in vectors.column_iter_mut().zip(eigen.vectors.column_iter()) {
            for (row, u) in self.x.chunks_exact(self.d).zip(u.iter()) {
                let pairs = vector.iter_mut().zip(row);
                pairs.for_each(|(v, x)| *v += u * f64::from(*x));
            }
            let length: f64 = vector.norm();
            vector.unscale_mut(length.max(f64::MIN_POSITIVE));
        }
        Ok(Eigen {
            values: eigen.values,
            vectors,
        })
    }

    /// Computes the leading eigenvectors with subspaces of at most `size` dimensions, which is less than n and d.
    fn leading(&self, count: usize, size: usize, seed: u64) -> Result<Eigen> {
        let start = count + LANES;
        let noise = standard_normal(seed, Stream::Examination, 0, self.d * start);
        let noise = DMatrix::from_iterator(self.d, start, noise.into_iter().map(f64::from));
        let mut v = orthonormal_basis(&noise);
        let mut cv = self.apply(&v);
        // VᵀCV, whose eigenvectors are the best approximations in the subspace (Rayleigh-Ritz).
        let mut projected = v.tr_mul(&cv);
        for _ in 0..MAXIMUM_ROUNDS {
            let Eigen { values, vectors } = symmetric_eigen(projected.clone())?;
            let best = vectors.columns(0, count);
            let mut residuals = &cv * best;
            let approximations = &v * best;
            for ((mut residual, approximation), value) in residuals
                .column_iter_mut()
                .zip(approximations.column_iter())
                .zip(&values)
            {
                residual.axpy(-value, &approximation, 1.0);
            }
            let largest = values[0].max(0.0);
            let is_left = |&k: &usize| {
                residuals.column(k).norm() > (TOLERANCE * values[k]).max(ROUNDING * largest)
            };
            let left: Vec<usize> = (0..count).filter(is_left).take(LANES).collect();
            let residuals = residuals.select_columns(&left);
            if v.ncols() + left.len() > size {
                let kept = vectors.columns(0, start);
                (v, cv) = (&v * kept, &cv * kept);
                projected = DMatrix::from_diagonal(&values[..start].to_vec().into());
            }
            let new = orthonormal_extension(&v, &residuals);
            if new.ncols() == 0 {
                return Ok(Eigen {
                    values,
                    vectors: approximations,
                });
            }
            let c_new = self.apply(&new);
            let (old, m) = (v.ncols(), v.ncols() + new.ncols());
            v = joined(&v, &new);
            cv = joined(&cv, &c_new);
            let products = v.tr_mul(&c_new);
            projected = projected.resize(m, m, 0.0);
            projected.columns_mut(old, m - old).copy_from(&products);
            projected
                .rows_mut(old, m - old)
                .copy_from(&products.transpose());
        }
        Err(Error::Usage(format!(
            "the {} of {} were not found with a relative accuracy of {TOLERANCE}; use fewer components",
            counted(count, "leading component"),
            counted(self.n, "sample")
        )))
    }
}

/// The columns of two matrices in one.
fn joined(left: &DMatrix<f64>, right: &DMatrix<f64>) -> DMatrix<f64> {
    let values = left.iter().chain(right.iter()).copied();
    DMatrix::from_iterator(left.nrows(), left.ncols() + right.ncols(), values)
}

/// The entries of up to [`LANES`] columns, those of one row beside each other, so that the loops below are vectorised.
fn panel(columns: &DMatrixView<'_, f64>) -> Vec<[f64; LANES]> {
    let entry = |j: usize, lane: usize| columns.get((j, lane)).copied().unwrap_or(0.0);
    (0..columns.nrows())
        .map(|j| std::array::from_fn(|lane| entry(j, lane)))
        .collect()
}

/// Computes the scalar products of each row with all columns of a panel.
fn dots<const ROWS: usize>(rows: [&[f32]; ROWS], panel: &[[f64; LANES]]) -> [[f64; LANES]; ROWS] {
    let mut sums = [[0.0; LANES]; ROWS];
    let rows = rows.map(|row| &row[..panel.len()]);
    for (j, entries) in panel.iter().enumerate() {
        for (sums, row) in sums.iter_mut().zip(rows) {
            let x = f64::from(row[j]);
            for (sum, entry) in sums.iter_mut().zip(entries) {
                *sum += x * entry;
            }
        }
    }
    sums
}

/// Adds each row, times its factor for each lane, to `sums`.
fn add<const ROWS: usize>(
    rows: [&[f32]; ROWS],
    factors: &[[f64; LANES]; ROWS],
    sums: &mut [[f64; LANES]],
) {
    let rows = rows.map(|row| &row[..sums.len()]);
    for (j, sums) in sums.iter_mut().enumerate() {
        for (row, factors) in rows.iter().zip(factors) {
            let x = f64::from(row[j]);
            for (sum, factor) in sums.iter_mut().zip(factors) {
                *sum += x * factor;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Samples X = U S Vᵀ with orthonormal columns of U, which have the mean 0, and V: the eigenvalues of the
    /// covariance are s²/(n − 1).
    fn samples(n: usize, d: usize, s: &[f64]) -> (Vec<f32>, DMatrix<f64>) {
        let noise = |rows, seed| {
            let noise = standard_normal(seed, Stream::Exploration, 0, rows * s.len());
            DMatrix::from_iterator(rows, s.len(), noise.into_iter().map(f64::from))
        };
        let mut u = noise(n, 1);
        for mut column in u.column_iter_mut() {
            let mean = column.mean();
            column.add_scalar_mut(-mean);
        }
        let (u, v) = (orthonormal_basis(&u), orthonormal_basis(&noise(d, 2)));
        let x = u * DMatrix::from_diagonal(&s.to_vec().into()) * v.transpose();
        (x.transpose().iter().map(|v| *v as f32).collect(), v)
    }

    /// The covariance matrix, the Gram matrix and the iteration each give the known components.
    #[test]
    fn components_are_those_that_the_samples_were_made_of() {
        let s: Vec<f64> = (0..60).map(|k| 100.0 / f64::from(k + 1)).collect();
        for (n, d) in [(300, 70), (120, 400), (400, 300)] {
            let (mut x, v) = samples(n, d, &s);
            // A mean does not matter.
            x.iter_mut().for_each(|x| *x += 3.0);
            let found = leading_components(&mut x, d, 6, 1).unwrap();
            assert_eq!(found.variances.len(), 6);
            for (k, variance) in found.variances.iter().enumerate() {
                let expected = s[k].powi(2) / (n - 1) as f64;
                // The samples are rounded to single precision.
                assert!(
                    (variance / expected - 1.0).abs() < 1e-5,
                    "{n}×{d} {k}: {variance} {expected}"
                );
                let cosine = found.vectors.column(k).dot(&v.column(k)).abs();
                assert!(1.0 - cosine < 1e-8, "{n}×{d} {k}: {cosine}");
            }
            let total = s.iter().map(|s| s * s).sum::<f64>() / (n - 1) as f64;
            assert!((found.total_variance / total - 1.0).abs() < 1e-5);
        }
    }

    #[test]
    fn components_with_equal_variances_are_all_found() {
        let mut s = [10.0; 40];
        s[5..].fill(1.0);
        let (mut x, v) = samples(500, 400, &s);
        let found = leading_components(&mut x, 400, 8, 1).unwrap();
        for (k, variance) in found.variances.iter().enumerate() {
            let expected = s[k].powi(2) / 499.0;
            assert!((variance / expected - 1.0).abs() < 1e-5, "{k}: {variance}");
        }
        // Any basis of the span is a solution.
        let products = v.columns(0, 5).tr_mul(&found.vectors.columns(0, 5));
        assert!((products.norm_squared() - 5.0).abs() < 1e-8);
    }

    #[test]
    fn components_do_not_depend_on_the_start() {
        let mut x = standard_normal(3, Stream::Exploration, 0, 400 * 300);
        let mut again = x.clone();
        let one = leading_components(&mut x, 300, 3, 1).unwrap();
        let other = leading_components(&mut again, 300, 3, 2).unwrap();
        for (a, b) in one.vectors.column_iter().zip(other.vectors.column_iter()) {
            // The gap between neighbouring variances of noise is about 1 % here.
            assert!(1.0 - a.dot(&b) < 1e-6, "{}", a.dot(&b));
        }
    }

    #[test]
    fn results_do_not_depend_on_the_number_of_threads() {
        let x = standard_normal(4, Stream::Exploration, 0, 333 * 300);
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            let mut x = x.clone();
            let found = pool
                .install(|| leading_components(&mut x, 300, 2, 1))
                .unwrap();
            let coordinates = pool.install(|| coordinates(&x, &found.vectors));
            (found.variances, found.vectors, coordinates)
        };
        assert_eq!(run(1), run(3));
    }

    #[test]
    fn coordinates_are_products_with_the_components() {
        let x = standard_normal(5, Stream::Exploration, 0, 7 * 5);
        let v = DMatrix::from_fn(5, 9, |i, j| (i * 9 + j) as f64);
        let wide = DMatrix::from_row_iterator(7, 5, x.iter().map(|v| f64::from(*v)));
        assert!((coordinates(&x, &v) - wide * v).amax() < 1e-12);
    }

    #[test]
    fn samples_of_lower_rank_have_fewer_components() {
        for (n, d) in [(300, 70), (120, 400), (400, 300)] {
            let (mut x, _) = samples(n, d, &[5.0, 2.0]);
            assert_eq!(
                leading_components(&mut x, d, 6, 1).unwrap().variances.len(),
                2
            );
            let mut constant = vec![0.1; n * d];
            let found = leading_components(&mut constant, d, 6, 1).unwrap();
            assert!(found.variances.is_empty() && found.total_variance == 0.0);
        }
    }

    #[test]
    fn bad_samples_are_refused() {
        for x in [&mut [1.0f32, 2.0][..], &mut [1.0; 5], &mut []] {
            assert!(leading_components(x, 2, 1, 1).is_err());
        }
        assert!(leading_components(&mut [f32::NAN; 8], 2, 1, 1).is_err());
        assert!(leading_components(&mut [1.0; 8], 0, 1, 1).is_err());
        let message = leading_components(&mut vec![1.0; 800_000], 400_000, 1, 1).unwrap_err();
        assert!(
            message.to_string().contains("400000 dimensions"),
            "{message}"
        );
    }
}
