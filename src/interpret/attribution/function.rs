//! The function f whose value is attributed to its inputs: one number for each row x, with its gradient.
//!
//! For a network with outputs y(x), f is one of
//!
//! $$ f = y_j, \qquad f = \sum_j w_j y_j, \qquad
//!    f = \log p(c \mid x) = y_c - \log \sum_{k} e^{y_k} $$
//!
//! and its gradient is (∂y/∂x)ᵀ r with r = ∂f/∂y.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result, counted};
use crate::interpret::inference::{MAXIMUM_ROWS, check_rows_are_independent, rows_at_a_time};
use crate::interpret::rows::count_rows;
use crate::nn::Network;
use crate::tensor::Batch;

/// A function of a row of `width` numbers with its gradient.
///
/// [`NetworkOutput`] makes one of a network, [`DifferentiableFn`] of a closure.
pub trait Differentiable {
    /// Number of inputs.
    fn width(&self) -> usize;

    /// Name of the function for results, such as `output 0 of discriminator`.
    fn name(&self) -> String;

    /// Number of rows that are computed at a time.
    fn rows_at_a_time(&self) -> usize {
        MAXIMUM_ROWS
    }

    /// f(x) for each row of `x` [m, width].
    ///
    /// # Errors
    /// Those of the function.
    fn values(&self, x: &[f32]) -> Result<Vec<f64>> {
        Ok(self.values_and_gradients(x)?.0)
    }

    /// f(x) and ∂f/∂x for each row of `x` [m, width]: m values and a row-major [m, width] of gradients.
    ///
    /// # Errors
    /// Those of the function.
    fn values_and_gradients(&self, x: &[f32]) -> Result<(Vec<f64>, Vec<f32>)>;
}

/// A closure as a [`Differentiable`] function. It receives rows [m, width] and returns m values and the gradients
/// [m, width].
///
/// ```
/// use ganscope::interpret::{DifferentiableFn, gradient};
/// let square = DifferentiableFn::new("x²", 1, |x: &[f32]| {
///     let values = x.iter().map(|x| f64::from(x * x)).collect();
///     Ok((values, x.iter().map(|x| 2.0 * x).collect()))
/// });
/// assert_eq!(gradient(&square, &[3.0, -1.0])?.maps, [6.0, -2.0]);
/// # Ok::<(), ganscope::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct DifferentiableFn<F> {
    name: String,
    width: usize,
    f: F,
}

impl<F: Fn(&[f32]) -> Result<(Vec<f64>, Vec<f32>)>> DifferentiableFn<F> {
    /// Names a closure that takes rows of `width` numbers.
    pub fn new(name: impl Into<String>, width: usize, f: F) -> Self {
        DifferentiableFn {
            name: name.into(),
            width,
            f,
        }
    }
}

impl<F: Fn(&[f32]) -> Result<(Vec<f64>, Vec<f32>)>> Differentiable for DifferentiableFn<F> {
    fn width(&self) -> usize {
        self.width
    }

    fn name(&self) -> String {
        self.name.clone()
    }

    fn values_and_gradients(&self, x: &[f32]) -> Result<(Vec<f64>, Vec<f32>)> {
        (self.f)(x)
    }
}

/// The number f that is computed from the outputs y of a network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttributedOutput {
    /// The output y_j with this index, such as 0 for the score of a discriminator, or a class logit.
    Column(usize),
    /// The linear combination Σ w_j y_j with these weights, one for each output.
    Combination(Vec<f64>),
    /// The log-probability of a class, log softmax(y_first, …, y_{first + classes − 1})_class.
    LogProbability {
        /// Index of the output that is the logit of class 0.
        first: usize,
        /// Number of classes, at least 2.
        classes: usize,
        /// The class, from 0.
        class: usize,
    },
}

impl AttributedOutput {
    /// Refuses an f that needs other outputs than the `outputs` of `network`.
    fn check(&self, network: &str, outputs: usize) -> Result<()> {
        let has = format!("{network} has {}", counted(outputs, "output"));
        let problem = match self {
            AttributedOutput::Column(j) if *j >= outputs => {
                format!("{has}, so there is no output {j} (counted from 0)")
            }
            AttributedOutput::Combination(w) if w.len() != outputs => format!(
                "{has}, but {} were given; a linear combination needs one for each output",
                counted(w.len(), "weight")
            ),
            AttributedOutput::Combination(w) if w.iter().any(|w| !w.is_finite()) => {
                "the weights of a linear combination must be finite".into()
            }
            AttributedOutput::LogProbability {
                first,
                classes,
                class,
            } if *classes < 2
                || class >= classes
                || first.checked_add(*classes).is_none_or(|end| end > outputs) =>
            {
                format!(
                    "{has}; the log-probability of class {class} (counted from 0) among {classes} classes from output \
                     {first} on needs at least 2 classes, a class among them, and a logit for each"
                )
            }
            _ => return Ok(()),
        };
        Err(Error::Usage(problem))
    }

    /// f, and ∂f/∂y into `r`, for the outputs `y` of one sample.
    fn of(&self, y: &[f32], r: &mut [f32]) -> f64 {
        match self {
            AttributedOutput::Column(j) => {
                r[*j] = 1.0;
                f64::from(y[*j])
            }
            AttributedOutput::Combination(w) => {
                r.iter_mut().zip(w).for_each(|(r, w)| *r = *w as f32);
                y.iter().zip(w).map(|(y, w)| f64::from(*y) * w).sum()
            }
            AttributedOutput::LogProbability {
                first,
                classes,
                class,
            } => {
                let logits = &y[*first..first + classes];
                let largest = logits.iter().fold(f32::NEG_INFINITY, |m, y| m.max(*y));
                let largest = f64::from(largest);
                let exponential = |y: &f32| (f64::from(*y) - largest).exp();
                let sum: f64 = logits.iter().map(exponential).sum();
                for (r, y) in r[*first..].iter_mut().zip(logits) {
                    *r = (-exponential(y) / sum) as f32;
                }
                // 1 − p of the class itself is a sum without cancellation: that of the other probabilities.
                let others = logits.iter().enumerate().filter(|(k, _)| k != class);
                let others: f64 = others.map(|(_, y)| exponential(y)).sum();
                r[first + class] = (others / sum) as f32;
                f64::from(logits[*class]) - largest - sum.ln()
            }
        }
    }
}

impl fmt::Display for AttributedOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AttributedOutput::Column(j) => write!(f, "output {j}"),
            AttributedOutput::Combination(_) => write!(f, "a linear combination of the outputs"),
            AttributedOutput::LogProbability { class, .. } => {
                write!(f, "the log-probability of class {class}")
            }
        }
    }
}

/// One output of a network in inference, or a combination of outputs, as a [`Differentiable`] function.
///
/// ```
/// use ganscope::{data::SampleShape, nn::{Network, presets}, random::Stream};
/// use ganscope::interpret::{AttributedOutput, Differentiable, NetworkOutput};
/// let spec = presets::discriminator(&SampleShape::Vector { len: 2 })?;
/// let d = Network::new("discriminator", &spec, 1, Stream::DiscriminatorInit)?;
/// let score = NetworkOutput::new(&d, AttributedOutput::Column(0))?;
/// assert_eq!((score.width(), score.name().as_str()), (2, "output 0 of discriminator"));
/// assert!(NetworkOutput::new(&d, AttributedOutput::Column(1)).is_err());
/// # Ok::<(), ganscope::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct NetworkOutput<'a> {
    network: &'a Network,
    output: AttributedOutput,
    rows: usize,
}

impl<'a> NetworkOutput<'a> {
    /// Selects what is attributed.
    ///
    /// # Errors
    /// [`Error::Usage`] if the network does not have the outputs that `output` needs, and for a network in which the
    /// output for one sample depends on the other samples of its batch (minibatch standard deviation).
    pub fn new(network: &'a Network, output: AttributedOutput) -> Result<Self> {
        output.check(network.name(), network.output().numel())?;
        check_rows_are_independent(network)?;
        Ok(NetworkOutput {
            network,
            output,
            // A gradient takes about twice the memory of the activations.
            rows: rows_at_a_time(network)?.div_ceil(2),
        })
    }

    /// f for each row of the outputs `y`, and ∂f/∂y.
    fn of(&self, y: &[f32]) -> (Vec<f64>, Vec<f32>) {
        let outputs = self.network.output().numel();
        let mut r = vec![0.0; y.len()];
        let rows = y.chunks_exact(outputs).zip(r.chunks_exact_mut(outputs));
        let values = rows.map(|(y, r)| self.output.of(y, r)).collect();
        (values, r)
    }

    fn batch(&self, x: &[f32]) -> Result<Batch> {
        let rows = x.len() / self.width().max(1);
        Batch::new(x.to_vec(), rows, self.width())
    }
}

impl Differentiable for NetworkOutput<'_> {
    fn width(&self) -> usize {
        self.network.spec().input.numel()
    }

    fn name(&self) -> String {
        format!("{} of {}", self.output, self.network.name())
    }

    fn rows_at_a_time(&self) -> usize {
        self.rows
    }

    fn values(&self, x: &[f32]) -> Result<Vec<f64>> {
        let y = self.network.infer(self.batch(x)?)?;
        Ok(self.of(&y.values()).0)
    }

    fn values_and_gradients(&self, x: &[f32]) -> Result<(Vec<f64>, Vec<f32>)> {
        let mut values = Vec::new();
        let (_, gradients) = self.network.pull_back(&self.batch(x)?, |y| {
            let (of_rows, r) = self.of(&y.values());
            values = of_rows;
            Batch::new(r, y.rows(), y.columns())
        })?;
        Ok((values, gradients))
    }
}

/// Number of rows of `x`, which must be complete and finite.
pub(super) fn rows_of(f: &impl Differentiable, x: &[f32]) -> Result<usize> {
    count_rows(x, f.width(), "the inputs")
}

/// Checks the baseline of a method, one row of inputs.
pub(super) fn check_baseline(f: &impl Differentiable, baseline: &[f32]) -> Result<()> {
    let rows = count_rows(baseline, f.width(), "the baseline")?;
    if rows == 1 {
        return Ok(());
    }
    Err(Error::Usage(format!(
        "the baseline must be a single row of {}, not {}",
        counted(f.width(), "number"),
        counted(rows, "row")
    )))
}

/// Computes f for `count` rows that `make(index, block)` appends to a block, and calls `visit(index, f(x))` in order.
pub(super) fn for_each_value(
    f: &impl Differentiable,
    count: usize,
    mut make: impl FnMut(usize, &mut Vec<f32>),
    mut visit: impl FnMut(usize, f64),
) -> Result<()> {
    let rows = f.rows_at_a_time().max(1);
    for first in (0..count).step_by(rows) {
        let indices = first..count.min(first + rows);
        let mut block = Vec::with_capacity(indices.len() * f.width());
        indices.clone().for_each(|index| make(index, &mut block));
        let values = f.values(&block)?;
        check_results(f, indices.len(), &values, None)?;
        indices.zip(values).for_each(|(i, value)| visit(i, value));
    }
    Ok(())
}

/// The same with the gradient: calls `visit(index, f(x), ∂f/∂x)`.
pub(super) fn for_each_gradient(
    f: &impl Differentiable,
    count: usize,
    mut make: impl FnMut(usize, &mut Vec<f32>),
    mut visit: impl FnMut(usize, f64, &[f32]),
) -> Result<()> {
    let (rows, width) = (f.rows_at_a_time().max(1), f.width().max(1));
    for first in (0..count).step_by(rows) {
        let indices = first..count.min(first + rows);
        let mut block = Vec::with_capacity(indices.len() * width);
        indices.clone().for_each(|index| make(index, &mut block));
        let (values, gradients) = f.values_and_gradients(&block)?;
        check_results(f, indices.len(), &values, Some(&gradients))?;
        let results = values.iter().zip(gradients.chunks_exact(width));
        for (index, (value, gradient)) in indices.zip(results) {
            visit(index, *value, gradient);
        }
    }
    Ok(())
}

/// Refuses results of a function that are incomplete or not finite.
fn check_results(
    f: &impl Differentiable,
    rows: usize,
    values: &[f64],
    gradients: Option<&[f32]>,
) -> Result<()> {
    let counts = (
        values.len(),
        gradients.map_or(rows * f.width(), <[f32]>::len),
    );
    if counts != (rows, rows * f.width()) {
        return Err(Error::Usage(format!(
            "{} returned {} and {} for {} of {}; it must return one value for each row and a gradient as long as the row",
            f.name(),
            counted(counts.0, "value"),
            counted(counts.1, "derivative"),
            counted(rows, "row"),
            counted(f.width(), "number"),
        )));
    }
    let is_finite = values.iter().all(|v| v.is_finite())
        && gradients.is_none_or(|g| g.iter().all(|v| v.is_finite()));
    if is_finite {
        return Ok(());
    }
    Err(Error::Usage(format!(
        "a value or a derivative of {} is not finite, so it cannot be attributed to the inputs",
        f.name()
    )))
}
