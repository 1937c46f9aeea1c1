//! The derivative of a network's output along a direction of its input, on the tape.

use super::layer::Layer;
use super::network::Network;
use super::pass::Pass;
use super::plan::Role;
use super::run::Branches;
use crate::error::{Error, Result, counted};
use crate::tensor::sum::sum;
use crate::tensor::{Batch, Needs, Tape};

/// The outputs of all steps of a network for one input. The [tangent](Self::tangent) at that input needs them.
#[derive(Debug)]
pub struct Trace<'a> {
    network: &'a Network,
    pass: Pass,
    x: Batch,
    outputs: Vec<Batch>,
}

impl Network {
    /// Applies the network like [`apply`](Self::apply), and returns the outputs of its layers beside the result.
    ///
    /// # Errors
    /// The errors of [`forward`](Self::forward).
    pub fn trace<T: Tape>(&self, x: Batch<T>, pass: Pass) -> Result<(Batch<T>, Trace<'_>)> {
        let mut outputs = Vec::with_capacity(self.layers.len());
        let input = x.detached();
        let (y, _) = self.run(x, pass, Some(&mut |_, y| outputs.push(y)))?;
        let trace = Trace {
            network: self,
            pass,
            x: input,
            outputs,
        };
        Ok((y, trace))
    }
}

impl Trace<'_> {
    /// Returns the directional derivative ẏ = d f(x + εẋ)/dε at ε = 0. x is the input of the trace, ẋ has its shape,
    /// and ẏ that of the output.
    ///
    /// The tape is that of `dx`. ẏ can be differentiated exactly with respect to the weights or the input
    /// (x and ẋ), whichever `needs` names. The moving averages of batch norm are not updated.
    ///
    /// ```
    /// use ganscope::nn::{Network, NetworkSpec, Pass};
    /// use ganscope::{random::Stream, tensor::{Batch, Needs}};
    /// let spec: NetworkSpec = serde_json::from_str(r#"{
    ///     "input": { "kind": "vector", "len": 1 },
    ///     "layers": [{ "type": "dense", "in": 1, "out": 1 }, { "type": "tanh" }]
    /// }"#)?;
    /// let mut f = Network::new("f", &spec, 1, Stream::DiscriminatorInit)?;
    /// f.parameters_mut()[0].1.update(|w| w[0] = 2.0);
    /// let (y, trace) = f.trace(Batch::new(vec![0.3], 1, 1)?, Pass::INFERENCE)?;
    /// let dy = trace.tangent(Batch::new(vec![1.0], 1, 1)?, Needs::NONE)?;
    /// // (tanh 2x)' = 2 (1 − tanh² 2x)
    /// assert!((dy.values()[0] - 2.0 * (1.0 - y.values()[0].powi(2))).abs() < 1e-6);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Shape`] when `dx` does not have the width of the input; [`Error::Usage`] when x and `dx` have
    /// different numbers of rows; [`Error::Device`].
    pub fn tangent<T: Tape>(&self, dx: Batch<T>, needs: Needs) -> Result<Batch<T>> {
        let network = self.network;
        network.check_width(&dx)?;
        if self.x.rows() != dx.rows() {
            return Err(Error::Usage(format!(
                "{}: a tangent needs one direction for each sample, not {} for {}",
                network.name(),
                counted(dx.rows(), "direction"),
                counted(self.x.rows(), "sample"),
            )));
        }
        // The gradient reaches x itself only through layers whose tangent depends on it. x is recorded up to
        // the last of them; in a network of (leaky) ReLUs there is none.
        let mut pass = self.pass;
        pass.needs = needs;
        let last_recorded = network
            .layers
            .iter()
            .rposition(|placed| placed.layer.tangent_depends_on_input(pass));
        let mut branches = Branches::new();
        let (mut x, mut dx) = (self.x.clone(), dx);
        for (index, (placed, output)) in network.layers.iter().zip(&self.outputs).enumerate() {
            pass.layer = index;
            let is_recorded = last_recorded.is_some_and(|last| index <= last);
            (x, dx) = match placed.role {
                Role::Layer => {
                    let y = if is_recorded {
                        let (direction, tape) = dx.split();
                        let recorded = placed.layer.forward(x.clone().with_tape(tape), pass)?;
                        let (y, tape) = recorded.split();
                        dx = direction.with_tape(tape);
                        y
                    } else {
                        output.clone()
                    };
                    let dy = placed.layer.tangent(&x, &y, dx, pass)?;
                    (y, dy)
                }
                Role::Fork => {
                    let (direction, tape) = dx.split();
                    branches.fork((x.clone(), direction.clone()), pass);
                    (x, direction.with_tape(tape))
                }
                Role::Switch => {
                    let (direction, tape) = dx.split();
                    let (x, direction) = branches.switch((x, direction), &mut pass);
                    (x, direction.with_tape(tape))
                }
                // The tangent of a sum is the sum of the tangents.
                Role::Join => match branches.join(&mut pass) {
                    Some((main, d_main)) if is_recorded => {
                        let (direction, tape) = dx.split();
                        let (y, tape) = sum(x.with_tape(tape), &main)?.split();
                        (y, sum(direction.with_tape(tape), &d_main)?)
                    }
                    Some((_, d_main)) => (output.clone(), sum(dx, &d_main)?),
                    None => (x, dx),
                },
            };
            pass.needs.input |= pass.needs.weights && placed.has_parameters();
        }
        Ok(dx)
    }
}
