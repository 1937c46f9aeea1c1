//! The Jacobian J = ∂f/∂x of a network in inference, and its products with vectors.

use super::network::Network;
use super::pass::Pass;
use crate::error::Result;
use crate::tensor::{Batch, Gradients, Needs};

impl Network {
    /// Computes y = f(x) and (∂f/∂x)ᵀ r in inference, row by row, for an r that may depend on y. The gradient has the
    /// shape of x.
    ///
    /// With r = 1 for a network with a single output, this is the gradient of the output with respect to the input.
    ///
    /// ```
    /// use ganscope::nn::{Network, NetworkSpec};
    /// use ganscope::{random::Stream, tensor::Batch};
    /// let spec: NetworkSpec = serde_json::from_str(r#"{
    ///     "input": { "kind": "vector", "len": 2 },
    ///     "layers": [{ "type": "dense", "in": 2, "out": 1, "bias": false }]
    /// }"#)?;
    /// let mut f = Network::new("f", &spec, 1, Stream::DiscriminatorInit)?;
    /// f.parameters_mut()[0].1.update(|w| w.copy_from_slice(&[3.0, 4.0]));
    /// let x = Batch::new(vec![1.0, 1.0, 0.0, 2.0], 2, 2)?;
    /// let (y, gradient) = f.pull_back(&x, |_| Batch::new(vec![1.0, -1.0], 2, 1))?;
    /// assert_eq!(*y.values(), [7.0, 8.0]);
    /// assert_eq!(gradient, [3.0, 4.0, -3.0, -4.0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The errors of [`forward`](Self::forward) and of `r`.
    pub fn pull_back(
        &self,
        x: &Batch,
        r: impl FnOnce(&Batch) -> Result<Batch>,
    ) -> Result<(Batch, Vec<f32>)> {
        let y = self.apply(x.clone().record(), Pass::INFERENCE.through())?;
        let value = y.detached();
        let product = y.dot(&r(&value)?)?;
        Ok((value, Gradients::of(product)?.take_input(x)?))
    }

    /// Computes y = f(x) and the Jacobian ∂f/∂x at a single x, row-major \[output, input\].
    ///
    /// Takes one pass along each direction of the input (forward mode) or one for each output (reverse mode),
    /// whichever are fewer.
    ///
    /// ```
    /// use ganscope::nn::{Network, NetworkSpec};
    /// use ganscope::random::Stream;
    /// let spec: NetworkSpec = serde_json::from_str(r#"{
    ///     "input": { "kind": "vector", "len": 1 },
    ///     "layers": [{ "type": "dense", "in": 1, "out": 2, "bias": false }, { "type": "tanh" }]
    /// }"#)?;
    /// let mut f = Network::new("f", &spec, 1, Stream::GeneratorInit)?;
    /// f.parameters_mut()[0].1.update(|w| w.copy_from_slice(&[1.0, -2.0]));
    /// let (y, jacobian) = f.jacobian(&[0.5])?;
    /// // The derivative of tanh(wx) is (1 − tanh² wx) w.
    /// for ((y, slope), w) in y.into_iter().zip(jacobian).zip([1.0f32, -2.0]) {
    ///     assert!((y - (0.5 * w).tanh()).abs() < 1e-6 && (slope - (1.0 - y * y) * w).abs() < 1e-6);
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) when x does not have the width of the input;
    /// [`Error::Device`](crate::Error::Device).
    pub fn jacobian(&self, x: &[f32]) -> Result<(Vec<f32>, Vec<f32>)> {
        let (inputs, outputs) = (x.len(), self.output().numel());
        let passes = inputs.min(outputs);
        let identity = || {
            let mut identity = vec![0.0; passes * passes];
            identity
                .iter_mut()
                .step_by(passes + 1)
                .for_each(|v| *v = 1.0);
            Batch::new(identity, passes, passes)
        };
        let copies = Batch::new(x.repeat(passes), passes, inputs)?;
        let (y, jacobian) = if inputs <= outputs {
            let (y, trace) = self.trace(copies, Pass::INFERENCE)?;
            let columns = trace.tangent(identity()?, Needs::NONE)?;
            (y, transposed(&columns.values(), outputs))
        } else {
            self.pull_back(&copies, |_| identity())?
        };
        Ok((y.values()[..outputs].to_vec(), jacobian))
    }
}

/// The transpose of a matrix that has `columns` columns.
fn transposed(values: &[f32], columns: usize) -> Vec<f32> {
    let rows = values.len() / columns;
    let of_column = |j: usize| (0..rows).map(move |i| values[i * columns + j]);
    (0..columns).flat_map(of_column).collect()
}
