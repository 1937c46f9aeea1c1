//! Directions from the weights of the first layer: SeFa, closed-form factorisation (Shen & Zhou 2021).
//!
//! If the first layer of G is y = Az + b, a step αv changes y by αAv, whatever z is. The directions that change y most
//! are
//!
//! $$ V^* = \arg\max_{V^\top V = I} \sum_k \lVert A v_k \rVert^2, $$
//!
//! the eigenvectors of $A^\top A$ with the largest eigenvalues $\sigma_k^2$: the right singular vectors of A. No sample
//! is needed. The layers after the first one are ignored. So the result depends on how the weights are divided between
//! layers: two networks that compute the same function can have different directions.

use nalgebra::DMatrix;
use serde::{Deserialize, Serialize};

use super::ranked::{check_count, ranked, singular_values};
use crate::error::{Error, Result};
use crate::interpret::Directions;
use crate::interpret::linear::{Eigen, symmetric_eigen};
use crate::nn::{LayerSpec, Network};

/// The matrix that SeFa decomposes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SefaVariant {
    /// A as it is, as the paper defines the directions.
    #[default]
    Paper,
    /// A with each row divided by its norm, as in the code of the paper's authors. Rows of zeros stay as they are.
    NormalizedRows,
}

/// Finds up to `count` directions by SeFa, from the weight A [out, latent] of the first layer of `g`.
///
/// The strength of a direction is the singular value σ: a step αv changes the output of the first layer by ασ. There
/// are fewer than `count` directions if the rank of A is lower; a singular value below 10⁻⁵ of the largest one is
/// regarded as 0.
///
/// ```
/// use ganscope::interpret::{SefaVariant, sefa};
/// use ganscope::nn::{Network, NetworkSpec};
/// use ganscope::random::Stream;
/// let spec: NetworkSpec = serde_json::from_str(r#"{
///     "input": { "kind": "vector", "len": 2 },
///     "layers": [{ "type": "dense", "in": 2, "out": 3, "bias": false }, { "type": "tanh" }]
/// }"#)?;
/// let mut g = Network::new("generator", &spec, 1, Stream::GeneratorInit)?;
/// g.parameters_mut()[0].1.update(|a| a.copy_from_slice(&[2.0, 0.0, 0.0, 3.0, 0.0, 4.0]));
/// let found = sefa(&g, SefaVariant::Paper, 2)?;
/// assert_eq!(found.all[0].vector, [0.0, 1.0]);
/// assert!((found.all[0].strength - 5.0).abs() < 1e-12 && (found.all[1].strength - 2.0).abs() < 1e-12);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] if the first layer is not dense, if all of its weights are 0 or one is not finite, and for a
/// `count` of 0.
pub fn sefa(g: &Network, variant: SefaVariant, count: usize) -> Result<Directions> {
    check_count(count)?;
    let (weight, shape) = first_dense_weight(g)?;
    let (outputs, latent) = (shape[0], shape[1]);
    let mut a = DMatrix::from_row_iterator(outputs, latent, weight.iter().map(|w| f64::from(*w)));
    if variant == SefaVariant::NormalizedRows {
        for mut row in a.row_iter_mut() {
            let norm = row.norm();
            if norm > 0.0 {
                row.unscale_mut(norm);
            }
        }
    }
    let Eigen { values, vectors } = symmetric_eigen(a.tr_mul(&a))?;
    let sigma = singular_values(&values);
    if sigma.is_empty() {
        return Err(Error::Usage(format!(
            "all weights of the first layer of {} are 0, so no direction of z changes its output",
            g.name()
        )));
    }
    let rows = match variant {
        SefaVariant::Paper => "",
        SefaVariant::NormalizedRows => ", each row scaled to norm 1",
    };
    Ok(Directions {
        method: "closed form (SeFa)".into(),
        quantity: "singular value".into(),
        protocol: format!("weight {outputs}×{latent} of layer 0{rows}"),
        all: ranked(&sigma, &vectors, count)?,
    })
}

/// Returns the weight of the first layer and its shape [out, in].
fn first_dense_weight(g: &Network) -> Result<(std::sync::Arc<Vec<f32>>, Vec<usize>)> {
    let first = g.spec().layers.first();
    if !matches!(first, Some(LayerSpec::Dense(_))) {
        let first = first.map_or("there is none".into(), |first| format!("it is \"{first}\""));
        return Err(Error::Usage(format!(
            "SeFa needs a network whose first layer is dense, but for {} {first}; use the directions of its Jacobian",
            g.name()
        )));
    }
    let parameters = g.parameters();
    let weight = parameters.iter().find(|(name, _)| name == "0.weight");
    match weight {
        Some((_, weight)) if weight.shape().len() == 2 => {
            Ok((weight.values(), weight.shape().to_vec()))
        }
        _ => Err(Error::Usage(format!(
            "the first layer of {} has no weight matrix",
            g.name()
        ))),
    }
}
