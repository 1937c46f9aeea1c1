//! Directions of labels: the normal of a hyperplane in z that separates two classes, InterFaceGAN (Shen et al. 2020).
//!
//! For labels y_i ∈ {0, 1} of the samples G(z_i), a logistic regression gives the hyperplane w·z + b = 0:
//!
//! $$ \min_{w, b}\; \frac1n \sum_i \log\bigl(1 + e^{-s_i (w \cdot z_i + b)}\bigr) + \frac\lambda2 \lVert w \rVert^2,
//!    \qquad s_i = 2 y_i - 1, \qquad n_1 = \frac{w}{\lVert w \rVert} $$
//!
//! (the paper uses a support vector machine; both are linear). It is solved by Newton's method. For a numeric factor y,
//! w is the least-squares solution of w·z + b = y, the one of smallest norm if several are equally good, as they are when
//! z contains a one-hot code. Part of the samples are held out: a direction means something only if the hyperplane
//! predicts their labels better than chance.

use std::fmt;

use rand::RngExt;
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

use super::linear_models::{least_squares, logistic_regression, r_squared, row};
use crate::error::{Error, Result, counted, counted_are, thousands};
use crate::info::resampling::quantile;
use crate::interpret::intervals::wilson;
use crate::interpret::rows::count_rows;
use crate::interpret::{Direction, Directions};
use crate::random::{Stream, rng};

/// Smallest number of samples: with fewer, the held-out ones say nothing.
const FEWEST: usize = 20;
/// Largest number of bootstrap samples.
const MOST_RESAMPLES: usize = 100_000;

/// How a linear model of a label is fitted and tested.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SupervisedSettings {
    /// Penalty λ of the logistic regression; not used for a numeric factor.
    pub penalty: f64,
    /// Fraction of the samples that are held out for the test.
    pub held_out: f64,
    /// Number of bootstrap samples for the interval of R².
    pub resamples: usize,
    /// Random seed of the division into training and held-out samples, and of the bootstrap.
    pub seed: u64,
}

impl Default for SupervisedSettings {
    fn default() -> Self {
        SupervisedSettings {
            penalty: 1e-3,
            held_out: 0.3,
            resamples: 200,
            seed: 1,
        }
    }
}

/// The direction of a binary label, with the accuracy of its hyperplane on held-out samples.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LabelDirection {
    /// Unit normal of the hyperplane, towards the samples with the label; the strength is the held-out accuracy.
    pub direction: Direction,
    /// Signed distance of the origin of z from the hyperplane, b/‖w‖.
    pub offset: f64,
    /// Fraction of the held-out samples that are on the correct side, 0 to 1.
    pub accuracy: f64,
    /// 95 % interval of the accuracy (Wilson 1927).
    pub interval: (f64, f64),
    /// Fraction of the held-out samples that have the more frequent label: the accuracy of a constant prediction.
    pub chance: f64,
    /// Number of samples that the model was fitted to.
    pub n_training: usize,
    /// Number of held-out samples.
    pub n_held_out: usize,
    /// Penalty λ of the logistic regression.
    pub penalty: f64,
    /// Random seed of the division into training and held-out samples.
    pub seed: u64,
}

impl LabelDirection {
    /// Whether the interval of the accuracy is above chance.
    pub fn is_more_than_chance(&self) -> bool {
        self.interval.0 > self.chance
    }
}

impl fmt::Display for LabelDirection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = verdict(self.is_more_than_chance());
        write!(
            f,
            "{:<16} {verdict}: accuracy {:.1} % [{:.1} %, {:.1} %] on {}, {:.1} % for a constant prediction\n\
             {:<16} logistic regression on {}, penalty {}, seed {}",
            self.direction.name,
            100.0 * self.accuracy,
            100.0 * self.interval.0,
            100.0 * self.interval.1,
            counted(self.n_held_out, "held-out sample"),
            100.0 * self.chance,
            "",
            counted(self.n_training, "sample"),
            self.penalty,
            self.seed
        )
    }
}

/// The direction of a numeric factor, with the R² of its linear model on held-out samples.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FactorDirection {
    /// Unit vector along which the predicted factor grows fastest; the strength is the held-out R².
    pub direction: Direction,
    /// Growth of the predicted factor per unit of α along the direction, ‖w‖, in units of the factor.
    pub slope: f64,
    /// Prediction at z = 0, b, in units of the factor.
    pub intercept: f64,
    /// Held-out R² = 1 − Σ (y − ŷ)²/Σ (y − ȳ)². For predictions that are no better than the mean it is 0 or negative.
    pub r_squared: f64,
    /// 95 % percentile interval of R² from bootstrap samples of the held-out samples.
    pub interval: (f64, f64),
    /// Number of bootstrap samples.
    pub resamples: usize,
    /// Number of samples that the model was fitted to.
    pub n_training: usize,
    /// Number of held-out samples.
    pub n_held_out: usize,
    /// Random seed of the division into training and held-out samples, and of the bootstrap.
    pub seed: u64,
}

impl FactorDirection {
    /// Whether the interval of R² is above 0, the value of a prediction by the mean.
    pub fn is_more_than_chance(&self) -> bool {
        self.interval.0 > 0.0
    }
}

impl fmt::Display for FactorDirection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = verdict(self.is_more_than_chance());
        write!(
            f,
            "{:<16} {verdict}: R² {:.3} [{:.3}, {:.3}] on {}, 0 for a prediction by the mean\n\
             {:<16} least squares on {}, {} bootstrap samples, seed {}",
            self.direction.name,
            self.r_squared,
            self.interval.0,
            self.interval.1,
            counted(self.n_held_out, "held-out sample"),
            "",
            counted(self.n_training, "sample"),
            self.resamples,
            self.seed
        )
    }
}

/// The verdict on a direction, in words.
fn verdict(is_more_than_chance: bool) -> &'static str {
    if is_more_than_chance {
        "more than chance"
    } else {
        "not more than chance"
    }
}

impl From<LabelDirection> for Directions {
    fn from(found: LabelDirection) -> Self {
        Directions {
            method: "linear classifier (InterFaceGAN)".into(),
            quantity: "held-out accuracy".into(),
            protocol: format!(
                "{} for training, {} held out, penalty {}, seed {}",
                counted(found.n_training, "sample"),
                found.n_held_out,
                found.penalty,
                found.seed
            ),
            all: vec![found.direction],
        }
    }
}

impl From<FactorDirection> for Directions {
    fn from(found: FactorDirection) -> Self {
        Directions {
            method: "linear regression".into(),
            quantity: "held-out R²".into(),
            protocol: format!(
                "{} for training, {} held out, seed {}",
                counted(found.n_training, "sample"),
                found.n_held_out,
                found.seed
            ),
            all: vec![found.direction],
        }
    }
}

/// Finds the direction of a binary label, called `name`. The rows of `z` [n, latent] belong to `labels` \[n\].
///
/// The same fraction of each class is held out. The result is a function of the data and the seed.
///
/// ```
/// use ganscope::interpret::{SupervisedSettings, label_direction};
/// use ganscope::random::{Stream, standard_normal};
/// let z = standard_normal(1, Stream::Exploration, 0, 1000 * 2);
/// let labels: Vec<bool> = z.chunks(2).map(|z| z[0] + z[1] > 0.0).collect();
/// let found = label_direction("sum", &z, &labels, &SupervisedSettings::default())?;
/// assert!(found.direction.vector.iter().all(|v| (v - 0.5f64.sqrt()).abs() < 0.05));
/// assert!(found.accuracy > 0.95 && found.is_more_than_chance());
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] for fewer than 20 samples, for rows of z that do not fit the labels or are not finite, for a class
/// with fewer than two samples, for a penalty that is not positive, for a held-out fraction outside (0, 1), and if the
/// classes do not differ at all.
pub fn label_direction(
    name: &str,
    z: &[f32],
    labels: &[bool],
    settings: &SupervisedSettings,
) -> Result<LabelDirection> {
    let latent = check_samples(name, z, labels.len(), settings)?;
    let penalty = settings.penalty;
    if !(penalty > 0.0 && penalty.is_finite()) {
        return Err(Error::Usage(format!(
            "the penalty of a logistic regression must be positive and finite, not {penalty}: without one, the weights \
             grow without limit if a hyperplane separates the classes"
        )));
    }
    let (mut training, mut held_out) = (Vec::new(), Vec::new());
    for class in [false, true] {
        let of_class = |i: &usize| labels[*i] == class;
        let members: Vec<usize> = (0..labels.len()).filter(of_class).collect();
        if members.len() < 2 {
            let have = if class { "have" } else { "do not have" };
            return Err(Error::Usage(format!(
                "only {} {have} the label \"{name}\"; a classifier needs at least 2 of each class, and should have \
                 hundreds",
                counted(members.len(), "sample")
            )));
        }
        let (train, test) = divided(members, settings, u64::from(class));
        training.extend(train);
        held_out.extend(test);
    }
    let (w, b) = logistic_regression(z, latent, labels, &training, penalty)?;
    let correct = held_out
        .iter()
        .filter(|&&i| (w.dot(&row(z, latent, i)) + b > 0.0) == labels[i]);
    let (correct, tested) = (correct.count(), held_out.len());
    let positive = held_out.iter().filter(|&&i| labels[i]).count();
    let accuracy = correct as f64 / tested as f64;
    let norm = w.norm();
    Ok(LabelDirection {
        direction: Direction::new(name, w.as_slice().to_vec(), accuracy)?,
        offset: b / norm,
        accuracy,
        interval: wilson(correct, tested),
        chance: positive.max(tested - positive) as f64 / tested as f64,
        n_training: training.len(),
        n_held_out: tested,
        penalty,
        seed: settings.seed,
    })
}

/// Finds the direction along which a numeric factor grows, called `name`. The rows of `z` [n, latent] belong to
/// `values` \[n\].
///
/// ```
/// use ganscope::interpret::{SupervisedSettings, factor_direction};
/// use ganscope::random::{Stream, standard_normal};
/// let z = standard_normal(1, Stream::Exploration, 0, 100 * 2);
/// let values: Vec<f64> = z.chunks(2).map(|z| 5.0 - 2.0 * f64::from(z[1])).collect();
/// let found = factor_direction("size", &z, &values, &SupervisedSettings::default())?;
/// assert!((found.direction.vector[1] + 1.0).abs() < 1e-9 && (found.slope - 2.0).abs() < 1e-9);
/// assert!((found.r_squared - 1.0).abs() < 1e-9 && (found.intercept - 5.0).abs() < 1e-9);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] for fewer than 20 samples, for rows of z that do not fit the values or are not finite, for values
/// that are not finite or all equal, for a held-out fraction outside (0, 1), and for no bootstrap sample or more than
/// 100,000.
pub fn factor_direction(
    name: &str,
    z: &[f32],
    values: &[f64],
    settings: &SupervisedSettings,
) -> Result<FactorDirection> {
    let latent = check_samples(name, z, values.len(), settings)?;
    if let Some(wrong) = values.iter().find(|v| !v.is_finite()) {
        return Err(Error::Usage(format!(
            "a value of \"{name}\" is {wrong}; all values must be finite"
        )));
    }
    if !(1..=MOST_RESAMPLES).contains(&settings.resamples) {
        return Err(Error::Usage(format!(
            "the interval of R² needs at least one bootstrap sample and at most {}, not {}",
            thousands(MOST_RESAMPLES as u64),
            settings.resamples
        )));
    }
    let (training, held_out) = divided((0..values.len()).collect(), settings, 2);
    let (w, b) = least_squares(z, latent, values, &training)?;
    let norm = w.norm();
    let pairs = held_out.iter().map(|&i| {
        let prediction = w.dot(&row(z, latent, i)) + b;
        (values[i], prediction)
    });
    let pairs: Vec<(f64, f64)> = pairs.collect();
    let constant = || {
        Error::Usage(format!(
            "\"{name}\" has the same value for all training samples or for all held-out ones, so no direction can be \
             found or tested; use more samples"
        ))
    };
    let is_constant = training.iter().all(|&i| values[i] == values[training[0]]);
    let found = r_squared(&pairs).filter(|_| !is_constant);
    let found = found.ok_or_else(constant)?;
    let mut resampled = Vec::with_capacity(settings.resamples);
    for step in 0..settings.resamples as u64 {
        let mut rng = rng(settings.seed, Stream::Bootstrap, step);
        let drawn = (0..pairs.len()).map(|_| pairs[rng.random_range(0..pairs.len())]);
        // A sample of equal values has no R²; it says as little as a prediction by the mean.
        resampled.push(r_squared(&drawn.collect::<Vec<_>>()).unwrap_or(0.0));
    }
    resampled.sort_by(f64::total_cmp);
    Ok(FactorDirection {
        direction: Direction::new(name, w.as_slice().to_vec(), found)?,
        slope: norm,
        intercept: b,
        r_squared: found,
        interval: (quantile(&resampled, 0.025), quantile(&resampled, 0.975)),
        resamples: settings.resamples,
        n_training: training.len(),
        n_held_out: held_out.len(),
        seed: settings.seed,
    })
}

/// Checks the samples, and returns the number of latent variables.
fn check_samples(name: &str, z: &[f32], n: usize, settings: &SupervisedSettings) -> Result<usize> {
    if n < FEWEST {
        return Err(Error::Usage(format!(
            "{} too few for the direction of \"{name}\"; use at least {FEWEST}, better thousands",
            counted_are(n, "sample")
        )));
    }
    if !(settings.held_out > 0.0 && settings.held_out < 1.0) {
        return Err(Error::Usage(format!(
            "held_out, the fraction of held-out samples, must be between 0 and 1, not {}",
            settings.held_out
        )));
    }
    let latent = z.len() / n;
    if latent == 0 || z.len() != n * latent {
        return Err(Error::Usage(format!(
            "z has {}, which do not fit {} of \"{name}\"; each needs one row of z",
            counted(z.len(), "number"),
            counted(n, "value")
        )));
    }
    count_rows(z, latent, "z")?;
    if z.chunks_exact(latent).all(|row| row == &z[..latent]) {
        return Err(Error::Usage(format!(
            "z is the same for all samples, so it has no direction of \"{name}\""
        )));
    }
    Ok(latent)
}

/// Divides samples at random into training and held-out ones, with at least one of each.
fn divided(
    mut members: Vec<usize>,
    settings: &SupervisedSettings,
    step: u64,
) -> (Vec<usize>, Vec<usize>) {
    members.shuffle(&mut rng(settings.seed, Stream::Split, step));
    let tested = (settings.held_out * members.len() as f64).round() as usize;
    let training = members.split_off(tested.clamp(1, members.len() - 1));
    (training, members)
}
