//! Fréchet distance between Gaussians fitted to features (Dowson & Landau 1982; Heusel et al. 2017).
//!
//! $$ d^2 = \lVert\mu_1 - \mu_2\rVert^2
//!     + \operatorname{tr}\bigl(\Sigma_1 + \Sigma_2 - 2(\Sigma_1\Sigma_2)^{1/2}\bigr) $$
//!
//! $\Sigma_1\Sigma_2$ has the same eigenvalues as the symmetric matrix
//! $\Sigma_1^{1/2}\,\Sigma_2\,\Sigma_1^{1/2}$, so that two symmetric eigen-decompositions give the trace of
//! its square root. For finite samples of one distribution the distance is not 0, but about proportional to
//! 1/n, so only distances with the same n can be compared.

use nalgebra::{DMatrix, DVector, SymmetricEigen};

use super::Features;
use crate::error::{Error, Result};
use crate::tensor::gemm::{View, gemm};

/// Largest number of iterations of an eigen-decomposition, which takes about two per eigenvalue.
const MAXIMUM_ITERATIONS: usize = 100_000;

/// A Gaussian with mean μ and covariance Σ.
#[derive(Debug, Clone, PartialEq)]
pub struct Gaussian {
    mu: DVector<f64>,
    sigma: DMatrix<f64>,
}

impl Gaussian {
    /// The mean and the covariance (with divisor n − 1) of the samples.
    ///
    /// # Errors
    /// [`Error::Usage`] for fewer than two samples.
    pub fn fit(features: &Features) -> Result<Self> {
        let (n, d) = (features.len(), features.dimension());
        if n < 2 {
            return Err(Error::Usage(
                "a covariance needs at least 2 samples, and should have many more samples than features"
                    .into(),
            ));
        }
        let mut mu = DVector::zeros(d);
        for i in 0..n {
            mu.iter_mut()
                .zip(features.row(i))
                .for_each(|(m, v)| *m += v);
        }
        mu /= n as f64;
        let mut centred = features.values().to_vec();
        for row in centred.chunks_exact_mut(d) {
            row.iter_mut().zip(mu.iter()).for_each(|(v, m)| *v -= m);
        }
        let mut products = vec![0.0; d * d];
        let centred = View::rows(&centred, d);
        gemm(&mut products, (d, d, n), centred.t(), centred, false);
        let sigma = DMatrix::from_vec(d, d, products) / (n - 1) as f64;
        Ok(Gaussian { mu, sigma })
    }

    /// The covariance Σ.
    pub(super) fn covariance(&self) -> &DMatrix<f64> {
        &self.sigma
    }

    /// The squared Fréchet distance d² to another Gaussian. It is called FID when the features are those of
    /// an Inception network.
    ///
    /// ```
    /// use ganscope::evaluate::{Features, Gaussian};
    /// // In one dimension: (μ₁ − μ₂)² + (σ₁ − σ₂)² = 3² + (2 − 1)², with unbiased variances.
    /// let (r, s) = (2f64.sqrt() / 2.0, 2f64.sqrt());
    /// let one = Gaussian::fit(&Features::new(vec![-r, r], 1)?)?;
    /// let two = Gaussian::fit(&Features::new(vec![3.0 - s, 3.0 + s], 1)?)?;
    /// assert!((one.frechet(&two)? - 10.0).abs() < 1e-12);
    /// # Ok::<(), ganscope::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Usage`] for Gaussians of different dimensions, and for values so large that no
    /// eigen-decomposition is found.
    pub fn frechet(&self, other: &Gaussian) -> Result<f64> {
        if self.mu.len() != other.mu.len() {
            return Err(Error::Usage(format!(
                "Gaussians of {} and of {} dimensions cannot be compared",
                self.mu.len(),
                other.mu.len()
            )));
        }
        let SymmetricEigen {
            eigenvectors,
            eigenvalues,
        } = eigen(self.sigma.clone())?;
        let roots = DMatrix::from_diagonal(&eigenvalues.map(root));
        let sigma_root = &eigenvectors * roots * eigenvectors.transpose();
        let product = &sigma_root * &other.sigma * &sigma_root;
        let trace_of_root: f64 = eigen(product)?.eigenvalues.iter().copied().map(root).sum();
        let means = (&self.mu - &other.mu).norm_squared();
        let traces = self.sigma.trace() + other.sigma.trace() - 2.0 * trace_of_root;
        // For equal Gaussians rounding may give a small negative number.
        Ok((means + traces).max(0.0))
    }
}

/// √λ for an eigenvalue λ that is non-negative up to rounding.
fn root(eigenvalue: f64) -> f64 {
    eigenvalue.max(0.0).sqrt()
}

/// The eigen-decomposition of a symmetric matrix M, of which the lower triangle is read.
///
/// The iteration may not converge for a nearly singular covariance, whose smallest eigenvalues are below the
/// rounding of M. So M + cI is decomposed instead, with c as large as the entries of M: it has the same eigenvectors,
/// and its eigenvalues are larger by c.
pub(super) fn eigen(mut matrix: DMatrix<f64>) -> Result<SymmetricEigen<f64, nalgebra::Dyn>> {
    let c = matrix.amax();
    for i in 0..matrix.nrows() {
        matrix[(i, i)] += c;
    }
    let decomposition = if matrix.iter().all(|v| v.is_finite()) {
        SymmetricEigen::try_new(matrix, f64::EPSILON, MAXIMUM_ITERATIONS)
    } else {
        None
    };
    let mut decomposition = decomposition.ok_or_else(|| {
        Error::Usage(
            "the covariance of the features has no eigen-decomposition in double precision; \
             check whether their values are extremely large"
                .into(),
        )
    })?;
    decomposition.eigenvalues.add_scalar_mut(-c);
    Ok(decomposition)
}
