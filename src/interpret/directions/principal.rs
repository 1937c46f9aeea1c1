//! Directions along which activations vary most: GANSpace (Härkönen et al. 2020).
//!
//! Let y_j be the activations of a layer for latents z_1 … z_n, μ their mean, and V their leading principal components.
//! For a generator whose input is z itself (in the paper: BigGAN), a component is brought back to z by the regression of
//! z on the coordinates of the activations:
//!
//! $$ x_j = V^\top (y_j - \mu), \qquad U = \arg\min_U \sum_j \lVert U x_j - (z_j - \bar z) \rVert^2, \qquad
//!    u_k = \frac{\sum_j x_{jk}\, z_j}{\sum_j x_{jk}^2} $$
//!
//! The last equation holds because the coordinates of different components are uncorrelated and have mean 0, which also
//! makes it unimportant whether the mean of z is subtracted. With the activations of no layer, y = z, the directions are
//! the principal components of z.
//!
//! The regression finds only what is linear in z. For z from N(0, I), the multiple correlation coefficient of x_k and
//! z is
//!
//! $$ r_k = \sqrt{\operatorname{Var} x_k}\;\lVert u_k \rVert, $$
//!
//! which is 1 if the component is a linear function of z. If it does not depend on z linearly, u_k is noise, and r_k is
//! about √(latent/n).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::components::{coordinates, leading_components};
use super::part::Part;
use super::ranked::check_count;
use crate::error::{Error, Result, counted, thousands};
use crate::interpret::rows::count_rows;
use crate::interpret::{Direction, Directions};
use crate::nn::Network;

/// What GANSpace has to find.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PrincipalSettings {
    /// Number of layers of G whose activations are analysed. An activation function that follows the last of them
    /// counts as part of it. 0: z itself.
    pub layers: usize,
    /// Largest number of directions.
    pub count: usize,
    /// Random seed of the search for the components, which matters only below their relative accuracy of 10⁻⁵.
    pub seed: u64,
}

impl Default for PrincipalSettings {
    fn default() -> Self {
        PrincipalSettings {
            layers: 1,
            count: 10,
            seed: 1,
        }
    }
}

/// The directions that GANSpace finds, with the principal components that they come from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PrincipalDirections {
    /// Unit vectors u_k/‖u_k‖; the strength is the standard deviation of the component.
    pub directions: Directions,
    /// Fraction of the variance of the activations that each component explains, 0 to 1.
    pub explained_variance: Vec<f64>,
    /// Multiple correlation coefficient r_k of each component and z, if z is normal: 1 for a component that is linear in
    /// z, about √(latent/n) for one that does not depend on z linearly.
    pub correlation: Vec<f64>,
    /// Variance of all activations together.
    pub total_variance: f64,
    /// The layers whose activations were analysed, in words.
    pub layers: String,
    /// Number of activations of one sample.
    pub width: usize,
    /// Number of latents.
    pub n: usize,
    /// Random seed of the search for the components.
    pub seed: u64,
}

impl fmt::Display for PrincipalDirections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let explained: f64 = self.explained_variance.iter().sum();
        write!(
            f,
            "{} explain {:.1} % of the variance of {} ({}, {})",
            counted(self.directions.all.len(), "component"),
            100.0 * explained,
            counted(self.width, "activation"),
            self.layers,
            counted(self.n, "latent")
        )?;
        let rows = self.directions.all.iter().zip(&self.explained_variance);
        for ((direction, explained), correlation) in rows.zip(&self.correlation) {
            write!(
                f,
                "\n{:<16} {:>5.1} % of the variance, standard deviation {:.4}, correlation with z {correlation:.2}",
                direction.name,
                100.0 * explained,
                direction.strength
            )?;
        }
        Ok(())
    }
}

/// Finds directions by GANSpace, from the activations of `g` for the latents `z` [n, latent].
///
/// There are fewer directions than `settings.count` if the activations have a lower rank.
///
/// ```
/// use ganscope::interpret::{PrincipalSettings, ganspace};
/// use ganscope::nn::{Network, NetworkSpec};
/// use ganscope::random::{Stream, standard_normal};
/// let spec: NetworkSpec = serde_json::from_str(r#"{
///     "input": { "kind": "vector", "len": 2 },
///     "layers": [{ "type": "dense", "in": 2, "out": 3 }]
/// }"#)?;
/// let mut g = Network::new("generator", &spec, 1, Stream::GeneratorInit)?;
/// g.parameters_mut()[0].1.update(|a| a.copy_from_slice(&[2.0, 0.0, 0.0, 3.0, 0.0, 4.0]));
/// let z = standard_normal(1, Stream::Exploration, 0, 2000 * 2);
/// let found = ganspace(&g, &z, &PrincipalSettings { layers: 1, count: 2, seed: 1 })?;
/// // For a linear G these are the right singular vectors, here the second axis with the singular value 5.
/// let first = &found.directions.all[0];
/// assert!(first.vector[1] > 0.999 && (first.strength - 5.0).abs() < 0.3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] if `g` does not have so many layers, if z has fewer than two rows, an incomplete one or a value that
/// is not finite, if the activations do not vary, are not finite or do not fit into memory, and for a `count` of 0; the
/// errors of [`Network::infer`].
pub fn ganspace(
    g: &Network,
    z: &[f32],
    settings: &PrincipalSettings,
) -> Result<PrincipalDirections> {
    check_count(settings.count)?;
    let part = Part::first(g, settings.layers)?;
    let activations = part.activations(z)?;
    find(activations, z, part.latent(), &part.description, settings)
}

/// Finds directions by GANSpace from activations that were computed before: `activations` [n, width] belong to the
/// latents `z` [n, latent]. `settings.layers` is not used.
///
/// With [`resample_rows`](crate::interpret::resample_rows) of both, a bootstrap needs no further pass through the network.
///
/// ```
/// use ganscope::interpret::{PrincipalSettings, ganspace_of_activations};
/// // The only activation is 3 z₂.
/// let (z, y) = ([1.0, 1.0, -1.0, 1.0, 1.0, -1.0, -1.0, -1.0], [3.0, 3.0, -3.0, -3.0]);
/// let found = ganspace_of_activations(&y, &z, 2, &PrincipalSettings::default())?;
/// assert_eq!(found.directions.all[0].vector, [0.0, 1.0]);
/// assert_eq!(found.explained_variance, [1.0]);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] if the numbers of rows differ, and otherwise as for [`ganspace`].
pub fn ganspace_of_activations(
    activations: &[f32],
    z: &[f32],
    latent: usize,
    settings: &PrincipalSettings,
) -> Result<PrincipalDirections> {
    check_count(settings.count)?;
    find(
        activations.to_vec(),
        z,
        latent,
        "given activations",
        settings,
    )
}

fn find(
    mut y: Vec<f32>,
    z: &[f32],
    latent: usize,
    layers: &str,
    settings: &PrincipalSettings,
) -> Result<PrincipalDirections> {
    let n = count_rows(z, latent, "z")?;
    let width = y.len() / n;
    if width == 0 || y.len() != n * width {
        return Err(Error::Usage(format!(
            "{} cannot belong to {}; each latent needs the same number of activations",
            counted(y.len(), "activation"),
            counted(n, "latent")
        )));
    }
    let count = settings.count.min(latent);
    let components = leading_components(&mut y, width, count, settings.seed)?;
    if components.variances.is_empty() {
        return Err(Error::Usage(format!(
            "{layers}: the activations are the same for all latents, so they have no principal components"
        )));
    }
    let x = coordinates(&y, &components.vectors);
    let mut all = Vec::new();
    let mut correlation = Vec::new();
    for (k, (x, variance)) in x.column_iter().zip(&components.variances).enumerate() {
        // u_k, up to the number of samples, which cancels.
        let mut u = vec![0.0; latent];
        let mut squares = 0.0;
        for (z, x) in z.chunks_exact(latent).zip(x.iter()) {
            squares += x * x;
            u.iter_mut()
                .zip(z)
                .for_each(|(u, z)| *u += x * f64::from(*z));
        }
        u.iter_mut().for_each(|u| *u /= squares);
        let deviation = variance.sqrt();
        correlation.push(deviation * u.iter().map(|u| u * u).sum::<f64>().sqrt());
        all.push(Direction::new(
            format!("component {}", k + 1),
            u,
            deviation,
        )?);
    }
    let explained = |v: &f64| v / components.total_variance;
    Ok(PrincipalDirections {
        directions: Directions {
            method: "principal components (GANSpace)".into(),
            quantity: "standard deviation".into(),
            protocol: format!("{layers}, {} latents", thousands(n as u64)),
            all,
        },
        explained_variance: components.variances.iter().map(explained).collect(),
        correlation,
        total_variance: components.total_variance,
        layers: layers.into(),
        width,
        n,
        seed: settings.seed,
    })
}
