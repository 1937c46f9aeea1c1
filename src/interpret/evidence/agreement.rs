//! How far different methods find the same directions.
//!
//! The directions of two methods can differ although both describe the same changes of the output. So the spans of their
//! k leading directions are compared, by the principal angles θ_i (Björck & Golub 1973). With orthonormal bases P and Q
//! of the spans, in d dimensions,
//!
//! $$ \text{overlap} = \frac1k \sum_i \cos^2 \theta_i = \frac1k \lVert P^\top Q \rVert_F^2, \qquad
//!    \mathbb{E}[\text{overlap}] = \frac kd, \qquad
//!    \operatorname{Var}[\text{overlap}] = \frac{2\,(d - k)^2}{d^2\,(d - 1)(d + 2)} $$
//!
//! for random spans. If the directions of a method depend linearly on each other, their span has fewer dimensions than
//! k. For dimensions p ≤ q,
//!
//! $$ \text{overlap} = \frac1p \lVert P^\top Q \rVert_F^2, \qquad \mathbb{E}[\text{overlap}] = \frac qd, \qquad
//!    \operatorname{Var}[\text{overlap}] = \frac{2\,q\,(d - p)(d - q)}{p\,d^2\,(d - 1)(d + 2)}. $$

use std::fmt;

use nalgebra::DMatrix;
use serde::{Deserialize, Serialize};

use super::span::{latent_of, leading_span, same_latent};
use crate::error::{Error, Result, counted};
use crate::interpret::linear::principal_angles;
use crate::interpret::{Direction, Directions};

/// How far different methods find the same directions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    /// Names of the methods.
    pub methods: Vec<String>,
    /// Number of latent variables d.
    pub latent: usize,
    /// Number of leading directions k of each method.
    pub k: usize,
    /// Dimension of the span of the leading directions of each method: k, or less if they depend linearly on each other.
    pub ranks: Vec<usize>,
    /// Mean cos² of the principal angles between the spans, 0 to 1, for each pair of methods.
    pub overlap: Vec<Vec<f64>>,
    /// Expected overlap of random spans with the same dimensions: k/d if these are k.
    pub chance: Vec<Vec<f64>>,
    /// Standard deviation of the overlap of random spans.
    pub chance_deviation: Vec<Vec<f64>>,
}

impl fmt::Display for Agreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "overlap of the spans of {} in {} dimensions (1: same span)",
            counted(self.k, "leading direction"),
            self.latent
        )?;
        for (i, first) in self.methods.iter().enumerate() {
            for (j, second) in self.methods.iter().enumerate().skip(i + 1) {
                write!(
                    f,
                    "\n{first} and {second}: {:.3} (random spans: {:.3} ± {:.3})",
                    self.overlap[i][j], self.chance[i][j], self.chance_deviation[i][j]
                )?;
            }
        }
        Ok(())
    }
}

/// Compares the spans of the `k` leading directions of each method with those of all others.
///
/// ```
/// use ganscope::interpret::{agreement, random_directions};
/// let (a, b) = (random_directions(100, 10, 1)?, random_directions(100, 10, 2)?);
/// let found = agreement(&[a.clone(), a, b], 10)?;
/// assert!((found.overlap[0][1] - 1.0).abs() < 1e-9 && found.chance[0][2] == 0.1);
/// assert!((found.overlap[0][2] - 0.1).abs() < 4.0 * found.chance_deviation[0][2]);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] for fewer than two methods, for a k of 0 or more than a method has directions, and for directions of
/// different lengths.
pub fn agreement(methods: &[Directions], k: usize) -> Result<Agreement> {
    let [first, _, ..] = methods else {
        return Err(Error::Usage(format!(
            "the agreement of methods needs at least two, not {}",
            methods.len()
        )));
    };
    let latent = latent_of(first)?;
    let mut spans = Vec::with_capacity(methods.len());
    for method in methods {
        same_latent(first, latent, method)?;
        spans.push(leading_span(method, k)?);
    }
    let matrix = |entry: &dyn Fn(usize, usize) -> Result<f64>| -> Result<Vec<Vec<f64>>> {
        let row = |i| (0..spans.len()).map(|j| entry(i, j)).collect();
        (0..spans.len()).map(row).collect()
    };
    let rank = |i: usize| spans[i].ncols() as f64;
    let d = latent as f64;
    Ok(Agreement {
        methods: methods.iter().map(|method| method.method.clone()).collect(),
        latent,
        k,
        ranks: spans.iter().map(DMatrix::ncols).collect(),
        // Σ cos² of the principal angles is the squared norm of the product of the bases.
        overlap: matrix(&|i, j| {
            Ok(spans[i].tr_mul(&spans[j]).norm_squared() / rank(i).min(rank(j)))
        })?,
        chance: matrix(&|i, j| Ok(rank(i).max(rank(j)) / d))?,
        chance_deviation: matrix(&|i, j| {
            // Var tr(PQ) = 2 p(d − p) q(d − q)/(d² (d − 1)(d + 2)) for random projections of ranks p and q.
            let spread = |r: f64| r * (d - r) / d;
            let variance = 2.0 * spread(rank(i)) * spread(rank(j));
            let variance = variance / ((d - 1.0).max(1.0) * (d + 2.0));
            Ok(variance.sqrt() / rank(i).min(rank(j)))
        })?,
    })
}

/// Returns |cos| of the angles between the directions of two methods: a row for each of `first`, a column for each of
/// `second`.
///
/// ```
/// use ganscope::interpret::{random_directions, similarity_matrix};
/// let found = similarity_matrix(&random_directions(8, 3, 1)?, &random_directions(8, 2, 1)?)?;
/// assert_eq!((found.len(), found[0].len()), (3, 2));
/// assert!((found[1][1] - 1.0).abs() < 1e-12); // the same seed gives the same directions
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] if a method has no direction, and for directions of different lengths.
pub fn similarity_matrix(first: &Directions, second: &Directions) -> Result<Vec<Vec<f64>>> {
    let latent = latent_of(first)?;
    latent_of(second)?;
    same_latent(first, latent, second)?;
    let row = |a: &Direction| {
        let cosines = second.all.iter().map(|b| a.similarity(b).min(1.0));
        cosines.collect()
    };
    Ok(first.all.iter().map(row).collect())
}

/// Computes the principal angles between the spans of the `k` leading directions of two methods, in degrees and in
/// ascending order (Björck & Golub 1973). There are k, or fewer if the directions of a method depend linearly on each
/// other.
///
/// ```
/// use ganscope::interpret::subspace_angles;
/// use ganscope::interpret::{Direction, Directions};
/// let one = |name: &str, v: [f64; 3]| -> Result<Directions, ganscope::Error> {
///     let all = vec![Direction::new(name, v.to_vec(), 1.0)?];
///     Ok(Directions { method: name.into(), quantity: "norm".into(), protocol: "by hand".into(), all })
/// };
/// let angles = subspace_angles(&one("a", [1.0, 0.0, 0.0])?, &one("b", [-1.0, 1.0, 0.0])?, 1)?;
/// assert!((angles[0] - 45.0).abs() < 1e-9);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] for a k of 0 or more than a method has directions, and for directions of different lengths.
pub fn subspace_angles(first: &Directions, second: &Directions, k: usize) -> Result<Vec<f64>> {
    let latent = latent_of(first)?;
    same_latent(first, latent, second)?;
    let angles = principal_angles(&leading_span(first, k)?, &leading_span(second, k)?)?;
    Ok(angles.into_iter().map(f64::to_degrees).collect())
}
