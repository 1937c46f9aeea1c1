//! A linear probe: how well a linear model predicts a label or a number from features (Alain & Bengio 2017).
//!
//! The model is fitted to a part of the samples and measured on the others, which are held out:
//!
//! $$ \text{accuracy} = \frac1m \#\{i : \hat y_i = y_i\}, \qquad
//!    R^2 = 1 - \frac{\sum_i (y_i - \hat y_i)^2}{\sum_i (y_i - \bar y)^2} $$
//!
//! The interval is Wilson's for an accuracy, and that of the bootstrap over the held-out samples for an R². Neither contains
//! the variation between training samples.

use std::fmt;

use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

use super::logistic::LogisticRegression;
use super::ridge::RidgeRegression;
use crate::error::{Error, Result, counted, counted_are, minus, thousands};
use crate::evaluate::Features;
use crate::interpret::intervals::{bootstrap, check_resamples, wilson};
use crate::random::{Stream, rng};

/// Settings of probes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ProbeSettings {
    /// Fraction of the samples to which the model is fitted, above 0 and below 1; default 0.5. The others are held out.
    pub training_fraction: f64,
    /// Factor λ of the L2 penalty; default 0.001.
    pub lambda: f64,
    /// Largest number of features of a layer; layers with more are reduced. Default 512.
    pub max_features: usize,
    /// Number of bootstrap resamples for intervals of R² and of differences; default 200.
    pub resamples: usize,
    /// Random seed of the division into training and held-out samples, of random weights and of random projections;
    /// default 1.
    pub seed: u64,
}

impl Default for ProbeSettings {
    fn default() -> Self {
        ProbeSettings {
            training_fraction: 0.5,
            lambda: 1e-3,
            max_features: 512,
            resamples: 200,
            seed: 1,
        }
    }
}

/// The quantity by which a probe is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProbeQuantity {
    /// Fraction of the samples whose label is predicted correctly.
    Accuracy,
    /// Coefficient of determination of the predicted number.
    RSquared,
}

/// How well a linear model predicts a label or a number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Probe {
    /// What the score is.
    pub quantity: ProbeQuantity,
    /// Accuracy (0 to 1) or R² (at most 1) on the held-out samples.
    pub score: f64,
    /// Interval of 95 % for the score.
    pub interval: (f64, f64),
    /// The score on held-out samples of a model that ignores the features: the accuracy of always predicting the most
    /// frequent training label; 0 for R².
    pub chance: f64,
    /// The score on the training samples.
    pub training_score: f64,
    /// Number of features.
    pub features: usize,
    /// Number of classes among the training samples; 0 for a number.
    pub classes: usize,
    /// Number of samples to which the model was fitted.
    pub n_training: usize,
    /// Number of held-out samples.
    pub n_held_out: usize,
    /// Whether the minimisation converged; always true for a number, whose model has a closed form.
    pub is_converged: bool,
    /// Training fraction, penalty, resamples and seed.
    pub settings: ProbeSettings,
}

/// A probe with what its score consists of.
pub(super) struct FittedProbe {
    pub probe: Probe,
    /// For each held-out sample: the error, 0 or 1 for a label and the squared residual for a number.
    pub errors: Vec<f64>,
    /// The numbers that were predicted; none for labels.
    pub values: Option<Vec<f64>>,
}

impl FittedProbe {
    /// The score of held-out samples with these errors, among the `drawn` ones.
    fn score(errors: &[f64], values: Option<&[f64]>, drawn: &[usize]) -> f64 {
        let m = drawn.len() as f64;
        let error: f64 = drawn.iter().map(|&i| errors[i]).sum();
        let Some(values) = values else {
            return 1.0 - error / m;
        };
        let mean = drawn.iter().map(|&i| values[i]).sum::<f64>() / m;
        let squares: f64 = drawn.iter().map(|&i| (values[i] - mean).powi(2)).sum();
        // A resample in which all values are equal has no R²; predicting their mean would have been right.
        if squares > 0.0 {
            1.0 - error / squares
        } else {
            0.0
        }
    }

    /// The difference of the score from that of another probe of the same samples, with its interval by the bootstrap.
    pub fn difference(&self, other: &FittedProbe) -> (f64, (f64, f64)) {
        let values = self.values.as_deref();
        let difference = |drawn: &[usize]| {
            Self::score(&self.errors, values, drawn) - Self::score(&other.errors, values, drawn)
        };
        let all: Vec<usize> = (0..self.errors.len()).collect();
        let ProbeSettings {
            resamples, seed, ..
        } = self.probe.settings;
        let intervals = bootstrap(all.len(), resamples, seed, |drawn| vec![difference(drawn)]);
        (difference(&all), intervals[0])
    }
}

/// Fits a linear classifier to the labels of a part of the samples, and measures its accuracy on the others.
///
/// ```
/// use ganscope::evaluate::Features;
/// use ganscope::interpret::{ProbeSettings, probe_classes};
/// let features: Vec<f64> = (0..200).map(f64::from).collect();
/// let labels: Vec<usize> = (0..200).map(|i| usize::from(i >= 100)).collect();
/// let probe = probe_classes(&Features::new(features, 1)?, &labels, &ProbeSettings::default())?;
/// assert!(probe.score > 0.95 && probe.interval.0 > probe.chance);
/// assert_eq!((probe.n_training, probe.n_held_out), (100, 100));
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] unless there is one label for each sample, with 2 to 1000 different values among the training samples;
/// for settings out of range.
pub fn probe_classes(
    features: &Features,
    labels: &[usize],
    settings: &ProbeSettings,
) -> Result<Probe> {
    Ok(fit_classes(features, labels, settings)?.probe)
}

/// [`probe_classes`] with the errors.
pub(super) fn fit_classes(
    features: &Features,
    labels: &[usize],
    settings: &ProbeSettings,
) -> Result<FittedProbe> {
    let halves = Halves::new(features.len(), labels.len(), "label", settings)?;
    let of = |samples: &[usize]| samples.iter().map(|&i| labels[i]).collect::<Vec<_>>();
    let (training_labels, labels) = (of(&halves.training), of(&halves.held_out));
    let training = rows(features, &halves.training)?;
    let held_out = rows(features, &halves.held_out)?;
    let model = LogisticRegression::fit(&training, &training_labels, settings.lambda)?;
    let errors_of = |features: &Features, labels: &[usize]| -> Result<Vec<f64>> {
        let predicted = model.predict(features)?;
        let is_wrong = |(a, b): (&usize, &usize)| f64::from(u8::from(a != b));
        Ok(predicted.iter().zip(labels).map(is_wrong).collect())
    };
    let errors = errors_of(&held_out, &labels)?;
    let training_errors = errors_of(&training, &training_labels)?;
    let accuracy = |errors: &[f64]| 1.0 - errors.iter().sum::<f64>() / errors.len() as f64;
    let frequency = |labels: &[usize], class: usize| labels.iter().filter(|y| **y == class).count();
    // The first of several equally frequent classes.
    let most_frequent = model.classes().iter().rev();
    let most_frequent = most_frequent.max_by_key(|c| frequency(&training_labels, **c));
    let chance = most_frequent.map_or(0, |class| frequency(&labels, *class));
    let correct = errors.iter().filter(|e| **e == 0.0).count();
    let probe = Probe {
        quantity: ProbeQuantity::Accuracy,
        score: accuracy(&errors),
        interval: wilson(correct, errors.len()),
        chance: chance as f64 / errors.len() as f64,
        training_score: accuracy(&training_errors),
        features: features.dimension(),
        classes: model.classes().len(),
        n_training: halves.training.len(),
        n_held_out: halves.held_out.len(),
        is_converged: model.is_converged(),
        settings: *settings,
    };
    Ok(FittedProbe {
        probe,
        errors,
        values: None,
    })
}

/// Fits a linear regression to the numbers of a part of the samples, and measures its R² on the others.
///
/// ```
/// use ganscope::evaluate::Features;
/// use ganscope::interpret::{ProbeSettings, probe_numeric};
/// let features: Vec<f64> = (0..200).map(f64::from).collect();
/// let values: Vec<f64> = features.iter().map(|x| 3.0 - 0.5 * x).collect();
/// let probe = probe_numeric(&Features::new(features, 1)?, &values, &ProbeSettings::default())?;
/// assert!(probe.score > 0.999);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] unless there is one finite number for each sample, which are not all equal among the held-out ones; for
/// settings out of range; the errors of [`RidgeRegression::fit`].
pub fn probe_numeric(
    features: &Features,
    values: &[f64],
    settings: &ProbeSettings,
) -> Result<Probe> {
    Ok(fit_numeric(features, values, settings)?.probe)
}

/// [`probe_numeric`] with the errors.
pub(super) fn fit_numeric(
    features: &Features,
    values: &[f64],
    settings: &ProbeSettings,
) -> Result<FittedProbe> {
    let halves = Halves::new(features.len(), values.len(), "value", settings)?;
    if let Some(i) = values.iter().position(|v| !v.is_finite()) {
        return Err(Error::Usage(format!(
            "the value of sample {i} (counted from 0) is {}; only finite numbers can be predicted",
            values[i]
        )));
    }
    let of = |samples: &[usize]| samples.iter().map(|&i| values[i]).collect::<Vec<_>>();
    let (training_values, values) = (of(&halves.training), of(&halves.held_out));
    if values.iter().all(|v| *v == values[0]) {
        return Err(Error::Usage(format!(
            "the values of all {} are equal, so R² is not defined; use more samples or another factor",
            counted(values.len(), "held-out sample")
        )));
    }
    let training = rows(features, &halves.training)?;
    let held_out = rows(features, &halves.held_out)?;
    let model = RidgeRegression::fit(&training, &training_values, settings.lambda)?;
    let errors_of = |features: &Features, values: &[f64]| -> Result<Vec<f64>> {
        let predicted = model.predict(features)?;
        Ok(predicted
            .iter()
            .zip(values)
            .map(|(a, b)| (a - b).powi(2))
            .collect())
    };
    let errors = errors_of(&held_out, &values)?;
    let training_errors = errors_of(&training, &training_values)?;
    let score = |errors: &[f64], values: &[f64]| {
        let all: Vec<usize> = (0..errors.len()).collect();
        FittedProbe::score(errors, Some(values), &all)
    };
    let resampled = |drawn: &[usize]| vec![FittedProbe::score(&errors, Some(&values), drawn)];
    let interval = bootstrap(errors.len(), settings.resamples, settings.seed, resampled)[0];
    let probe = Probe {
        quantity: ProbeQuantity::RSquared,
        score: score(&errors, &values),
        interval,
        chance: 0.0,
        training_score: score(&training_errors, &training_values),
        features: features.dimension(),
        classes: 0,
        n_training: halves.training.len(),
        n_held_out: halves.held_out.len(),
        is_converged: true,
        settings: *settings,
    };
    Ok(FittedProbe {
        probe,
        errors,
        values: Some(values),
    })
}

/// Training and held-out samples.
struct Halves {
    training: Vec<usize>,
    held_out: Vec<usize>,
}

impl Halves {
    /// Divides `n` samples at random.
    fn new(n: usize, given: usize, noun: &str, settings: &ProbeSettings) -> Result<Self> {
        if given != n {
            return Err(Error::Usage(format!(
                "{} and {} do not fit together; each sample needs one {noun}",
                counted(given, noun),
                counted(n, "sample")
            )));
        }
        let fraction = settings.training_fraction;
        if !(fraction > 0.0 && fraction < 1.0) {
            return Err(Error::Usage(format!(
                "the training fraction must be above 0 and below 1, not {fraction}"
            )));
        }
        check_resamples(settings.resamples)?;
        let count = (fraction * n as f64).round() as usize;
        if count < 2 || count + 2 > n {
            return Err(Error::Usage(format!(
                "{} too few: a probe needs at least 2 training samples and 2 held-out samples",
                counted_are(n, "sample")
            )));
        }
        let mut training: Vec<usize> = (0..n).collect();
        training.shuffle(&mut rng(settings.seed, Stream::Split, 0));
        let held_out = training.split_off(count);
        Ok(Halves { training, held_out })
    }
}

/// The features of some samples.
fn rows(features: &Features, samples: &[usize]) -> Result<Features> {
    let values = samples.iter().flat_map(|&i| features.row(i)).copied();
    Features::new(values.collect(), features.dimension())
}

impl fmt::Display for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (low, high) = self.interval;
        let number = |v: f64| match self.quantity {
            ProbeQuantity::Accuracy => format!("{:.1} %", 100.0 * v),
            ProbeQuantity::RSquared => minus(format!("{v:.3}")),
        };
        let name = match self.quantity {
            ProbeQuantity::Accuracy => "accuracy",
            ProbeQuantity::RSquared => "R²",
        };
        write!(
            f,
            "{name} {} (95 % interval {} to {}; {} without the features), from {}; {} for training, {} held out; λ = {}, \
             seed {}",
            number(self.score),
            number(low),
            number(high),
            number(self.chance),
            counted(self.features, "feature"),
            counted(self.n_training, "sample"),
            thousands(self.n_held_out as u64),
            self.settings.lambda,
            self.settings.seed
        )?;
        if !self.is_converged {
            write!(
                f,
                "\nthe minimisation did not converge; a larger lambda makes it easier"
            )?;
        }
        Ok(())
    }
}
