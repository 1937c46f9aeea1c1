//! Multinomial logistic regression with an L2 penalty.
//!
//! With standardised features x, weights W and biases b,
//!
//! $$ p(c \mid x) = \frac{e^{w_c \cdot x + b_c}}{\sum_k e^{w_k \cdot x + b_k}}, \qquad
//!    L = -\frac1n \sum_i \log p(y_i \mid x_i) + \frac\lambda2 \lVert W \rVert^2 $$
//!
//! L is convex, with one minimum in W. scikit-learn's `C` is 1/(nλ).

use super::minimize::{add, dot, minimize};
use super::standardize::Standardizer;
use crate::error::{Error, Result, counted, thousands};
use crate::evaluate::Features;

/// Largest number of classes.
const MAXIMUM_CLASSES: usize = 1000;

/// Largest |derivative| of L at which the minimisation stops.
const TOLERANCE: f64 = 1e-5;

/// Largest number of steps of the minimisation.
const ITERATIONS: usize = 1000;

/// A linear classifier.
#[derive(Debug, Clone, PartialEq)]
pub struct LogisticRegression {
    standardizer: Standardizer,
    classes: Vec<usize>,
    weights: Vec<f64>,
    biases: Vec<f64>,
    fit: LogisticFit,
}

/// How the minimisation of L ended.
#[derive(Debug, Clone, Copy, PartialEq)]
struct LogisticFit {
    loss: f64,
    iterations: usize,
    is_converged: bool,
}

impl LogisticRegression {
    /// Fits the classifier to `features` with one label each; `lambda` is the factor λ of the penalty.
    ///
    /// ```
    /// use ganscope::evaluate::Features;
    /// use ganscope::interpret::LogisticRegression;
    /// let features = Features::new(vec![-3.0, -2.0, -1.0, 1.0, 2.0, 3.0], 1)?;
    /// let classifier = LogisticRegression::fit(&features, &[4, 4, 4, 9, 9, 9], 1e-3)?;
    /// assert_eq!(classifier.predict(&Features::new(vec![-0.5, 0.5], 1)?)?, [4, 9]);
    /// # Ok::<(), ganscope::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Usage`] unless there is one label for each row, with 2 to 1000 different values, and λ is positive and
    /// finite.
    pub fn fit(features: &Features, labels: &[usize], lambda: f64) -> Result<Self> {
        check_lambda(lambda)?;
        if labels.len() != features.len() {
            return Err(Error::Usage(format!(
                "{} and {} do not fit together; each sample needs one label",
                counted(labels.len(), "label"),
                counted(features.len(), "sample")
            )));
        }
        let mut classes = labels.to_vec();
        classes.sort_unstable();
        classes.dedup();
        if !(2..=MAXIMUM_CLASSES).contains(&classes.len()) {
            return Err(Error::Usage(format!(
                "the labels have {}; a classifier needs 2 to {}",
                counted(classes.len(), "different value"),
                thousands(MAXIMUM_CLASSES as u64)
            )));
        }
        let standardizer = Standardizer::of(features);
        let x = standardizer.apply(features);
        let (n, d, k) = (features.len(), features.dimension(), classes.len());
        // Every label is among the classes, which are sorted.
        let targets: Vec<usize> = labels
            .iter()
            .map(|y| classes.partition_point(|c| c < y))
            .collect();
        let mut logits = vec![0.0; k];
        let found = minimize(
            vec![0.0; k * (d + 1)],
            TOLERANCE,
            ITERATIONS,
            |parameters, gradient| {
                let (weights, biases) = parameters.split_at(k * d);
                gradient.fill(0.0);
                let (weight_gradient, bias_gradient) = gradient.split_at_mut(k * d);
                let mut loss = 0.0;
                for (x, &target) in x.chunks_exact(d).zip(&targets) {
                    linear(weights, biases, x, &mut logits);
                    loss -= log_softmax(&mut logits, target) / n as f64;
                    // `logits` now has the probabilities.
                    logits[target] -= 1.0;
                    for ((residual, g), b) in logits
                        .iter()
                        .zip(weight_gradient.chunks_exact_mut(d))
                        .zip(bias_gradient.iter_mut())
                    {
                        add(g, residual / n as f64, x);
                        *b += residual / n as f64;
                    }
                }
                add(weight_gradient, lambda, weights);
                loss + 0.5 * lambda * dot(weights, weights)
            },
        );
        let mut weights = found.x;
        let biases = weights.split_off(k * d);
        Ok(LogisticRegression {
            standardizer,
            classes,
            weights,
            biases,
            fit: LogisticFit {
                loss: found.value,
                iterations: found.iterations,
                is_converged: found.gradient <= TOLERANCE,
            },
        })
    }

    /// The classes, in ascending order.
    pub fn classes(&self) -> &[usize] {
        &self.classes
    }

    /// The weights W for standardised features, row-major [classes, features].
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// The biases b, one for each class.
    pub fn biases(&self) -> &[f64] {
        &self.biases
    }

    /// The minimum of L in nats.
    pub fn loss(&self) -> f64 {
        self.fit.loss
    }

    /// Number of steps of the minimisation.
    pub fn iterations(&self) -> usize {
        self.fit.iterations
    }

    /// Whether all derivatives of L are at most 1e-5.
    pub fn is_converged(&self) -> bool {
        self.fit.is_converged
    }

    /// Returns the most probable class of each sample; the smallest, if several are equally probable.
    ///
    /// # Errors
    /// [`Error::Usage`] for another number of features than the classifier was fitted to.
    pub fn predict(&self, features: &Features) -> Result<Vec<usize>> {
        check_dimension(&self.standardizer, features)?;
        let mut logits = vec![0.0; self.classes.len()];
        let x = self.standardizer.apply(features);
        let rows = x.chunks_exact(features.dimension());
        let predict = |x: &[f64]| {
            linear(&self.weights, &self.biases, x, &mut logits);
            let mut best = 0;
            for (class, logit) in logits.iter().enumerate() {
                if *logit > logits[best] {
                    best = class;
                }
            }
            self.classes[best]
        };
        Ok(rows.map(predict).collect())
    }
}

/// W x + b, four classes at a time, so that each feature is read less often.
fn linear(weights: &[f64], biases: &[f64], x: &[f64], out: &mut [f64]) {
    let d = x.len();
    let mut rows = weights.chunks_exact(4 * d);
    let mut class = 0;
    for four in &mut rows {
        let (first, second) = four.split_at(2 * d);
        let ((a, b), (c, e)) = (first.split_at(d), second.split_at(d));
        let mut sums = [[0.0f64; 4]; 4];
        let (chunks, rest) = x.as_chunks::<4>();
        let [(a, ra), (b, rb), (c, rc), (e, re)] = [a, b, c, e].map(<[f64]>::as_chunks::<4>);
        for (i, x) in chunks.iter().enumerate() {
            for k in 0..4 {
                sums[0][k] += a[i][k] * x[k];
                sums[1][k] += b[i][k] * x[k];
                sums[2][k] += c[i][k] * x[k];
                sums[3][k] += e[i][k] * x[k];
            }
        }
        for (sums, of_rest) in sums.iter().zip([ra, rb, rc, re]) {
            out[class] = biases[class] + sums.iter().sum::<f64>() + dot(of_rest, rest);
            class += 1;
        }
    }
    for row in rows.remainder().chunks_exact(d) {
        out[class] = biases[class] + dot(row, x);
        class += 1;
    }
}

/// The log-probability of `target`; `logits` become probabilities.
fn log_softmax(logits: &mut [f64], target: usize) -> f64 {
    let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let shifted = logits[target] - largest;
    let mut sum = 0.0;
    for logit in logits.iter_mut() {
        *logit = (*logit - largest).exp();
        sum += *logit;
    }
    logits.iter_mut().for_each(|p| *p /= sum);
    shifted - sum.ln()
}

/// Refuses a factor of the penalty that gives no unique minimum.
pub(super) fn check_lambda(lambda: f64) -> Result<()> {
    if lambda > 0.0 && lambda.is_finite() {
        return Ok(());
    }
    Err(Error::Usage(format!(
        "lambda, the factor of the L2 penalty, must be positive and finite, not {lambda}"
    )))
}

/// Refuses features of another dimension than those of the fit.
pub(super) fn check_dimension(standardizer: &Standardizer, features: &Features) -> Result<()> {
    if features.dimension() == standardizer.dimension() {
        return Ok(());
    }
    Err(Error::Usage(format!(
        "the probe was fitted to {}, but the samples have {}",
        counted(standardizer.dimension(), "feature"),
        counted(features.dimension(), "feature")
    )))
}
