//! The derivative of a network's output along a direction of its input, on the tape.

use super::layer::Layer;
use super::network::Network;
use super::pass::Pass;
use crate::error::{Error, Result, counted};
use crate::tensor::{Batch, Tape};

impl Network {
    /// Returns the directional derivative ẏ = d f(x + εẋ)/dε at ε = 0. x and ẋ have the shape of the input,
    /// ẏ that of the output.
    ///
    /// The tape is that of `dx`. ẏ can be differentiated exactly with respect to the weights or the input
    /// (x and ẋ), whichever the pass says will be read. The moving averages of batch norm are not updated.
    ///
    /// ```
    /// use ganscope::{nn::{Network, NetworkSpec, Pass}, random::Stream, tensor::Batch};
    /// let spec: NetworkSpec = serde_json::from_str(r#"{
    ///     "input": { "kind": "vector", "len": 1 },
    ///     "layers": [{ "type": "dense", "in": 1, "out": 1 }, { "type": "tanh" }]
    /// }"#)?;
    /// let mut f = Network::new("f", &spec, 1, Stream::DiscriminatorInit)?;
    /// f.parameters_mut()[0].1.update(|w| w[0] = 2.0);
    /// let (x, dx) = (Batch::new(vec![0.3], 1, 1)?, Batch::new(vec![1.0], 1, 1)?);
    /// let dy = f.tangent(x, dx, Pass::INFERENCE)?;
    /// // (tanh 2x)' = 2 (1 − tanh² 2x)
    /// assert!((dy.values()[0] - 2.0 * (1.0 - 0.6f32.tanh().powi(2))).abs() < 1e-6);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Shape`] when a batch does not have the width of the input; [`Error::Usage`] when `x` and
    /// `dx` have different numbers of rows; [`Error::Device`].
    pub fn tangent<T: Tape>(&self, x: Batch, dx: Batch<T>, pass: Pass) -> Result<Batch<T>> {
        self.check_width(&x)?;
        self.check_width(&dx)?;
        if x.rows() != dx.rows() {
            return Err(Error::Usage(format!(
                "{}: a tangent needs one direction for each sample, not {} for {}",
                self.name(),
                counted(dx.rows(), "direction"),
                counted(x.rows(), "sample"),
            )));
        }
        // The gradient reaches x itself only through layers whose tangent depends on it. x is recorded up to
        // the last of them; in a network of (leaky) ReLUs there is none.
        let last_recorded = self
            .layers
            .iter()
            .rposition(|placed| placed.layer.tangent_depends_on_input(pass));
        let (mut x, mut dx, mut pass) = (x, dx, pass);
        for (index, placed) in self.layers.iter().enumerate() {
            pass.layer = index;
            let y = if last_recorded.is_some_and(|last| index <= last) {
                let (direction, tape) = dx.split();
                let recorded = placed.layer.forward(x.clone().with_tape(tape), pass)?;
                let (y, tape) = recorded.split();
                dx = direction.with_tape(tape);
                y
            } else {
                placed.layer.forward(x.clone(), pass)?
            };
            dx = placed.layer.tangent(&x, &y, dx, pass)?;
            x = y;
            pass.needs.input |= pass.needs.weights && placed.has_parameters();
        }
        Ok(dx)
    }
}
