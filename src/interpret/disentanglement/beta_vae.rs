//! The score of β-VAE: a linear classifier that tells which factor is fixed (Higgins et al. 2017).
//!
//! For each point, a factor k is chosen at random, and L pairs of samples (c, c′) are drawn. The two samples of a pair
//! have the same random level of factor k; all their other factors are random. The classifier sees the mean difference
//!
//! $$ z_j = \frac1L \sum_{i=1}^{L} |c_{ij} - c'_{ij}| $$
//!
//! and predicts k. The score is the fraction of test points whose factor is predicted: 1 if fixing a factor makes a
//! difference small, and 1/K on average for independent codes. The score is also 1 if K − 1 factors have a code of
//! their own and the last has none, because the classifier predicts it when no difference is small (Kim & Mnih 2018).
//!
//! The classifier is one logistic regression for each factor against all others, on standardised z; the factor with the
//! largest log-odds is predicted. `disentanglement_lib` (Locatello et al. 2019) has L = 64 pairs, 10,000 training
//! points, and 5,000 test points; the default here is 800 of each.

use std::fmt;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::explicitness::check_penalty;
use super::groups::{Plan, Point, accuracy};
use super::lasso::Scale;
use super::logistic::Logistic;
use super::{Group, Representation};
use crate::error::{Error, Result, thousands};

/// Settings of [`beta_vae`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BetaVaeSettings {
    /// Number of pairs of samples of a point, L.
    pub pairs: usize,
    /// Number of points that train the classifier.
    pub training: usize,
    /// Number of points on which it is tested.
    pub test: usize,
    /// Quadratic penalty α of the classifier's weights; 1 is scikit-learn's default.
    pub penalty: f64,
    /// Random seed of factors, levels and samples.
    pub seed: u64,
}

impl Default for BetaVaeSettings {
    fn default() -> Self {
        BetaVaeSettings {
            pairs: 64,
            training: 800,
            test: 800,
            penalty: 1.0,
            seed: 1,
        }
    }
}

/// The score of β-VAE.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BetaVae {
    /// Accuracy on the test points, 0 to 1.
    pub score: f64,
    /// 95 % interval of the score for new points (Wilson), for the same classifier.
    pub interval: [f64; 2],
    /// Accuracy on the training points, 0 to 1.
    pub training_accuracy: f64,
    /// Score for codes that are independent of the factors, 1/K.
    pub chance: f64,
    /// Accuracy on the test points of each factor; `None` for factors without test points.
    pub accuracies: Vec<Option<f64>>,
    /// Names of the factors.
    pub factors: Vec<String>,
    /// How the points were drawn.
    pub protocol: BetaVaeSettings,
}

impl fmt::Display for BetaVae {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [low, high] = self.interval;
        writeln!(
            f,
            "β-VAE score        {:.3} (95 % interval {low:.3} to {high:.3}); {:.3} by chance",
            self.score, self.chance
        )?;
        for (name, accuracy) in self.factors.iter().zip(&self.accuracies) {
            match accuracy {
                Some(accuracy) => writeln!(
                    f,
                    "{name:<18} predicted for {:.1} % of its points",
                    100.0 * accuracy
                )?,
                None => writeln!(f, "{name:<18} no test points")?,
            }
        }
        let protocol = &self.protocol;
        write!(
            f,
            "protocol           {} training and {} test points of {} pairs; penalty {}; seed {}",
            thousands(protocol.training as u64),
            thousands(protocol.test as u64),
            protocol.pairs,
            protocol.penalty,
            protocol.seed
        )
    }
}

/// Computes the score of β-VAE.
///
/// `representation` gives the factors and the number of codes. `draw` returns the codes for each [`Group`]; it is
/// called for up to 512 samples at a time.
///
/// ```
/// use ganscope::random::{Stream, rng};
/// use ganscope::interpret::disentanglement::{BetaVaeSettings, Factor, Group, Representation, beta_vae};
/// use rand::RngExt;
/// // Two codes are the two factors, which have 4 levels each.
/// let levels: Vec<usize> = (0..400).flat_map(|i| [i % 4, i / 4 % 4]).collect();
/// let codes: Vec<f64> = levels.iter().map(|v| *v as f64).collect();
/// let factors = [Factor::new("hue", 4), Factor::new("size", 4)];
/// let representation = Representation::new(&codes, 2, &levels, &factors)?;
/// let draw = |group: &Group| {
///     let mut rng = rng(group.seed, Stream::Data, 0);
///     let sample = |level: &usize| {
///         let mut factors = [0, 1].map(|_| rng.random_range(0..4));
///         factors[group.factor] = *level;
///         factors.map(|v| v as f64)
///     };
///     Ok(group.levels.iter().flat_map(sample).collect())
/// };
/// let found = beta_vae(&representation, draw, &BetaVaeSettings::default())?;
/// assert_eq!((found.score, found.chance), (1.0, 0.5));
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] for fewer than two factors, factors with a single level, settings out of range, training points
/// that all have the same factor, and for codes of another number or that are not finite; the errors of `draw`.
pub fn beta_vae(
    representation: &Representation,
    draw: impl Fn(&Group) -> Result<Vec<f64>>,
    settings: &BetaVaeSettings,
) -> Result<BetaVae> {
    check_penalty(settings.penalty)?;
    let plan = Plan {
        points: [settings.training, settings.test],
        levels: settings.pairs,
        samples: 2,
        seed: settings.seed,
    };
    let width = representation.width();
    let differences = |codes: &[f64]| {
        let mut z = vec![0.0; width];
        for pair in codes.chunks_exact(2 * width) {
            let (first, second) = pair.split_at(width);
            for (z, (a, b)) in z.iter_mut().zip(first.iter().zip(second)) {
                *z += (a - b).abs() / settings.pairs as f64;
            }
        }
        z
    };
    let [mut training, mut test] = plan.points(representation, draw, differences)?;
    for j in 0..width {
        let values: Vec<f64> = training.iter().map(|point| point.value[j]).collect();
        let scale = Scale::of(&values);
        for point in training.iter_mut().chain(&mut test) {
            point.value[j] = scale.apply(point.value[j]);
        }
    }
    let factors = representation.factors();
    let x: Vec<f64> = training
        .iter()
        .flat_map(|point| point.value.clone())
        .collect();
    let fit = |k: usize| {
        let labels: Vec<bool> = training.iter().map(|point| point.factor == k).collect();
        // A factor without training points is never predicted.
        (labels.contains(&true)).then(|| Logistic::fit(&x, width, &labels, settings.penalty))
    };
    let fitted: Vec<Option<Logistic>> = (0..factors.len()).into_par_iter().map(fit).collect();
    if fitted.iter().flatten().count() < 2 {
        return Err(Error::Usage(format!(
            "the {} training points have a single factor; use more points, such as 800",
            settings.training
        )));
    }
    let predict = |point: &Point<Vec<f64>>| {
        let (mut best, mut largest) = (0, f64::NEG_INFINITY);
        for (k, fitted) in fitted.iter().enumerate() {
            let log_odds = fitted.as_ref().map(|fitted| fitted.log_odds(&point.value));
            if let Some(log_odds) = log_odds.filter(|log_odds| *log_odds > largest) {
                (best, largest) = (k, log_odds);
            }
        }
        best
    };
    let is_right = |point: &&Point<Vec<f64>>| predict(point) == point.factor;
    let accuracy_of = |k: usize| {
        let of_factor = || test.iter().filter(|point| point.factor == k);
        let right = of_factor().filter(is_right).count();
        let all = of_factor().count();
        (all > 0).then(|| accuracy(right, all).0)
    };
    let (score, interval) = accuracy(test.iter().filter(is_right).count(), test.len());
    let right_in_training = training.iter().filter(is_right).count();
    Ok(BetaVae {
        score,
        interval,
        training_accuracy: accuracy(right_in_training, training.len()).0,
        chance: 1.0 / factors.len() as f64,
        accuracies: (0..factors.len()).map(accuracy_of).collect(),
        factors: factors.iter().map(|f| f.name.clone()).collect(),
        protocol: settings.clone(),
    })
}
