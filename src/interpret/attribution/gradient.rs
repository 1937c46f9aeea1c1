//! Attribution by the gradient (Simonyan et al. 2014).
//!
//! $$ A_i(x) = \frac{\partial f(x)}{\partial x_i} $$
//!
//! The attribution of an input is the change of f per unit of that input, for a small change.

use super::function::{Differentiable, for_each_gradient, rows_of};
use super::maps::Attributions;
use crate::error::Result;

/// Computes ∂f/∂x for each row of `x` [n, width], as maps in units of f per unit of the input.
///
/// ```
/// use ganscope::nn::{Network, NetworkSpec};
/// use ganscope::random::Stream;
/// use ganscope::interpret::{AttributedOutput, NetworkOutput, gradient};
/// let spec: NetworkSpec = serde_json::from_str(r#"{
///     "input": { "kind": "vector", "len": 2 },
///     "layers": [{ "type": "dense", "in": 2, "out": 1 }]
/// }"#)?;
/// let mut f = Network::new("f", &spec, 1, Stream::DiscriminatorInit)?;
/// f.parameters_mut()[0].1.update(|w| w.copy_from_slice(&[3.0, -4.0]));
/// let score = NetworkOutput::new(&f, AttributedOutput::Column(0))?;
/// let found = gradient(&score, &[1.0, 1.0, 0.0, 2.0])?;
/// // The gradient of a linear function is its weights, whatever x is.
/// assert_eq!(found.maps, [3.0, -4.0, 3.0, -4.0]);
/// assert_eq!(found.values, [-1.0, -8.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::Usage`](crate::Error::Usage) when `x` is empty, has an incomplete row or a value that is not finite, and for
/// a function whose results are not finite; the errors of the function.
pub fn gradient(f: &impl Differentiable, x: &[f32]) -> Result<Attributions> {
    let (n, width) = (rows_of(f, x)?, f.width());
    let (mut values, mut maps) = (Vec::with_capacity(n), Vec::with_capacity(x.len()));
    let row = |i: usize, block: &mut Vec<f32>| block.extend(&x[i * width..][..width]);
    for_each_gradient(f, n, row, |_, value, gradient| {
        values.push(value);
        maps.extend(gradient.iter().map(|g| f64::from(*g)));
    })?;
    Ok(Attributions {
        method: "gradient".into(),
        output: f.name(),
        n,
        width,
        values,
        maps,
    })
}
