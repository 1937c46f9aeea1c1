//! The derivative of a network's output along a direction, on the tape.

use super::layer::{Layer, Op};
use super::{Network, Pass};
use crate::error::{Error, Result, counted};
use crate::tensor::activation::Activation;
use crate::tensor::conv::{conv_transpose2d, conv2d};
use crate::tensor::dense::dense;
use crate::tensor::{Batch, Needs, Tape, tangent};

impl Network {
    /// ẏ = d f(x + εẋ)/dε at ε = 0, for x and ẋ of one shape; ẏ is of the output's.
    ///
    /// The tape is that of `dx`: ẏ is differentiated exactly with respect to what the pass says is
    /// read, weights or input (x and ẋ). Batch norm's moving averages do not follow.
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
    /// [`Error::Shape`] when a batch is not of the input's width; [`Error::Usage`] when they are not
    /// equally many; [`Error::Device`].
    pub fn tangent<T: Tape>(&self, x: Batch, dx: Batch<T>, pass: Pass) -> Result<Batch<T>> {
        self.check(&x)?;
        self.check(&dx)?;
        if x.rows() != dx.rows() {
            return Err(Error::Usage(format!(
                "{}: a tangent needs one direction for each sample, not {} for {}",
                self.name(),
                counted(dx.rows(), "direction"),
                counted(x.rows(), "sample"),
            )));
        }
        // Where the last tangent is that changes with x, other than in jumps: up to there x itself
        // is recorded. In a network of (leaky) ReLUs nowhere.
        let last = self.layers.iter().rposition(|layer| layer.bends(pass));
        let (mut x, mut dx) = (x, dx);
        let mut needs = pass.needs;
        for (place, layer) in self.layers.iter().enumerate() {
            let y = match last.is_some_and(|last| place <= last) {
                true => {
                    let (direction, tape) = dx.split();
                    let (y, tape) = layer
                        .forward(x.clone().with_tape(tape), pass, needs)?
                        .0
                        .split();
                    dx = direction.with_tape(tape);
                    y
                }
                false => layer.forward(x.clone(), pass, needs)?.0,
            };
            dx = layer.tangent(&x, &y, dx, pass, needs)?;
            x = y;
            needs.input |= needs.weights && layer.op.learns();
        }
        Ok(dx)
    }
}

impl Layer {
    /// Whether the tangent changes with x, other than in jumps.
    fn bends(&self, pass: Pass) -> bool {
        match &self.op {
            Op::Dense { activation, .. }
            | Op::Conv { activation, .. }
            | Op::ConvTranspose { activation, .. }
            | Op::Activate(activation) => activation.is_curved(),
            Op::BatchNorm { running, .. } => running.given(pass).is_none(),
            Op::LayerNorm { .. } | Op::MinibatchStddev { .. } => true,
            Op::Maxout { .. }
            | Op::Upsample { .. }
            | Op::Dropout { .. }
            | Op::RandomAffine { .. } => false,
        }
    }

    /// How the output y moves when the input x moves along ẋ.
    fn tangent<T: Tape>(
        &self,
        x: &Batch,
        y: &Batch,
        dx: Batch<T>,
        pass: Pass,
        needs: Needs,
    ) -> Result<Batch<T>> {
        const LINEAR: Activation = Activation::Linear;
        match &self.op {
            Op::Dense { w, activation, .. } => {
                tangent::activate(y, dense(dx, w, None, LINEAR, needs)?, *activation)
            }
            Op::Conv {
                w, g, activation, ..
            } => tangent::activate(y, conv2d(dx, w, None, *g, LINEAR, needs)?, *activation),
            Op::ConvTranspose {
                w, g, activation, ..
            } => {
                let da = conv_transpose2d(dx, w, None, *g, LINEAR, needs)?;
                tangent::activate(y, da, *activation)
            }
            Op::BatchNorm {
                gamma,
                eps,
                running,
                ..
            } => tangent::batch_norm(x, dx, gamma, *eps, running.given(pass), needs),
            Op::LayerNorm { gamma, eps, .. } => tangent::layer_norm(x, dx, gamma, *eps, needs),
            Op::Activate(activation) => tangent::activate(y, dx, *activation),
            Op::Maxout { pieces } => tangent::maxout(x, dx, *pieces),
            Op::MinibatchStddev { plane } => tangent::minibatch_stddev(x, dx, *plane),
            // These are linear: their own tangents, with the masks and maps of this pass.
            Op::Upsample { .. } | Op::Dropout { .. } | Op::RandomAffine { .. } => {
                Ok(self.forward(dx, pass, needs)?.0)
            }
        }
    }
}
