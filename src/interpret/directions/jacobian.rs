//! Directions in which the output of a generator changes most: the right singular vectors of its Jacobian (Ramesh,
//! Choi & LeCun 2019), and those of the average over z.
//!
//! With the Jacobian J(z) = ∂G/∂z, a small step εv changes the output by
//!
//! $$ \lVert G(z + \varepsilon v) - G(z) \rVert^2 = \varepsilon^2\, v^\top J(z)^\top J(z)\, v + O(\varepsilon^3). $$
//!
//! $J^\top J$ is the metric of the output, seen from z. Its eigenvectors at one z are valid near that z only. A single
//! set of directions for all z comes from the average metric
//!
//! $$ M = \mathbb{E}_z\bigl[J(z)^\top J(z)\bigr], $$
//!
//! whose eigenvalue λ_k is the mean square of the change along v_k. Both depend on the function G only, not on the
//! weights that compute it. For a linear G = Az they are the directions of SeFa.

use nalgebra::DMatrix;

use super::part::Part;
use super::ranked::{check_count, ranked, singular_values};
use crate::error::{Error, Result, counted};
use crate::interpret::Directions;
use crate::interpret::linear::{Eigen, symmetric_eigen};
use crate::interpret::rows::count_rows;
use crate::nn::Network;

/// Finds the right singular vectors of the Jacobian of the first `layers` layers of `g` at one `z` \[latent\].
///
/// An activation function that follows the last of these layers counts as part of it. With the number of all layers,
/// J is the Jacobian of the output. The strength of a direction is the singular value. There are fewer than `count`
/// directions if the rank of J is lower; a singular value below 10⁻⁵ of the largest one is regarded as 0.
///
/// ```
/// use ganscope::interpret::jacobian_directions;
/// use ganscope::nn::{Network, NetworkSpec};
/// use ganscope::random::Stream;
/// let spec: NetworkSpec = serde_json::from_str(r#"{
///     "input": { "kind": "vector", "len": 2 },
///     "layers": [{ "type": "dense", "in": 2, "out": 2, "bias": false }, { "type": "tanh" }]
/// }"#)?;
/// let mut g = Network::new("generator", &spec, 1, Stream::GeneratorInit)?;
/// g.parameters_mut()[0].1.update(|a| a.copy_from_slice(&[2.0, 0.0, 0.0, 1.0]));
/// // At z = (1, 0) the derivatives of tanh are 1 − tanh² 2 = 0.07 and 1, so the second axis changes G most.
/// let found = jacobian_directions(&g, &[1.0, 0.0], 2, 2)?;
/// assert!((found.all[0].vector[1] - 1.0).abs() < 1e-6);
/// assert!((found.all[1].strength - 2.0 * (1.0 - 2f64.tanh().powi(2))).abs() < 1e-6);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] if `g` does not have so many layers, if z does not have one finite value for each latent variable,
/// if J is 0, not finite or too large for the memory, and for a `count` of 0; the errors of [`Network::infer`].
pub fn jacobian_directions(
    g: &Network,
    z: &[f32],
    layers: usize,
    count: usize,
) -> Result<Directions> {
    check_count(count)?;
    let part = Part::first(g, layers)?;
    let n = count_rows(z, part.latent(), "z")?;
    if n != 1 {
        return Err(Error::Usage(format!(
            "the Jacobian is computed at a single z, but {n} were given; average_jacobian_directions takes several"
        )));
    }
    let metric = part.sum_of_metrics(z)?;
    directions(&part, metric, count, "Jacobian", "at one z")
}

/// Finds the eigenvectors of the average metric M = E\[JᵀJ\] of the first `layers` layers of `g` over the rows of `z`
/// [n, latent].
///
/// An activation function that follows the last of these layers counts as part of it. The strength of a direction is
/// √λ, the root mean square of the change per unit of α. There are fewer than `count` directions if the rank of M is
/// lower, as for [`jacobian_directions`].
///
/// ```
/// use ganscope::interpret::average_jacobian_directions;
/// use ganscope::nn::{Network, NetworkSpec};
/// use ganscope::random::{Stream, standard_normal};
/// let spec: NetworkSpec = serde_json::from_str(r#"{
///     "input": { "kind": "vector", "len": 2 },
///     "layers": [{ "type": "dense", "in": 2, "out": 2 }]
/// }"#)?;
/// let mut g = Network::new("generator", &spec, 1, Stream::GeneratorInit)?;
/// g.parameters_mut()[0].1.update(|a| a.copy_from_slice(&[0.0, 3.0, 1.0, 0.0]));
/// let z = standard_normal(1, Stream::Exploration, 0, 50 * 2);
/// let found = average_jacobian_directions(&g, &z, 1, 2)?;
/// assert!((found.all[0].vector[1] - 1.0).abs() < 1e-9 && (found.all[0].strength - 3.0).abs() < 1e-6);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] if `g` does not have so many layers, if z has no row, an incomplete one or a value that is not
/// finite, if all Jacobians are 0, one is not finite or too large for the memory, and for a `count` of 0; the errors of
/// [`Network::infer`].
pub fn average_jacobian_directions(
    g: &Network,
    z: &[f32],
    layers: usize,
    count: usize,
) -> Result<Directions> {
    check_count(count)?;
    let part = Part::first(g, layers)?;
    let (n, metric) = average(&part, z)?;
    let place = format!("averaged over {}", counted(n, "latent"));
    directions(&part, metric, count, "average Jacobian metric", &place)
}

/// Computes the average metric M = E\[JᵀJ\] of the first `layers` layers of `g` over the rows of `z` [n, latent],
/// row-major [latent, latent].
///
/// ```
/// use ganscope::interpret::average_metric;
/// use ganscope::nn::{Network, NetworkSpec};
/// use ganscope::random::Stream;
/// let spec: NetworkSpec = serde_json::from_str(r#"{
///     "input": { "kind": "vector", "len": 2 },
///     "layers": [{ "type": "dense", "in": 2, "out": 1 }]
/// }"#)?;
/// let mut g = Network::new("generator", &spec, 1, Stream::GeneratorInit)?;
/// g.parameters_mut()[0].1.update(|a| a.copy_from_slice(&[1.0, 2.0]));
/// assert_eq!(average_metric(&g, &[0.5, -1.0], 1)?, [1.0, 2.0, 2.0, 4.0]); // AᵀA
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Those of [`average_jacobian_directions`], except that all Jacobians may be 0.
pub fn average_metric(g: &Network, z: &[f32], layers: usize) -> Result<Vec<f64>> {
    let (_, metric) = average(&Part::first(g, layers)?, z)?;
    // A symmetric matrix is the same by rows and by columns.
    Ok(metric.as_slice().to_vec())
}

/// Computes the number of latents and the average metric over them.
fn average(part: &Part, z: &[f32]) -> Result<(usize, DMatrix<f64>)> {
    let n = count_rows(z, part.latent(), "z")?;
    Ok((n, part.sum_of_metrics(z)? / n as f64))
}

/// Makes directions of the eigenvectors of a metric.
fn directions(
    part: &Part,
    metric: DMatrix<f64>,
    count: usize,
    method: &str,
    place: &str,
) -> Result<Directions> {
    let Eigen { values, vectors } = symmetric_eigen(metric)?;
    let sigma = singular_values(&values);
    if sigma.is_empty() {
        return Err(Error::Usage(format!(
            "the Jacobian of {} is 0 {place}, so no direction changes the activations; use other latents, or check \
             whether all units are saturated",
            part.description
        )));
    }
    Ok(Directions {
        method: method.into(),
        quantity: "singular value".into(),
        protocol: format!("{}, {place}", part.description),
        all: ranked(&sigma, &vectors, count)?,
    })
}
