//! The score of FactorVAE: a majority vote on the code that varies least (Kim & Mnih 2018).
//!
//! For each vote, a factor k is chosen at random, and L samples are drawn in which k has the same random level and all
//! other factors are random. With the variances Var(c_j) over all samples and Var_L(c_j) over these,
//!
//! $$ d = \arg\min_j \frac{\mathrm{Var}_L(c_j)}{\mathrm{Var}(c_j)}, \qquad
//!    \text{classifier}(d) = \arg\max_k \#\{\text{training votes with code } d \text{ and factor } k\} $$
//!
//! The score is the fraction of test votes whose factor is the classifier's answer to d: 1 if a code is constant
//! whenever a factor is fixed, and 1/K on average for independent codes.
//!
//! The default L = 64 is that of `disentanglement_lib` (Locatello et al. 2019), which takes 10,000 training and 5,000
//! test votes; the default here is 800 of each. A code is dead, and cannot win a vote, if its standard deviation is
//! below a fraction (0.05) of the root mean variance of all codes. `disentanglement_lib` has the same threshold for
//! codes whose prior has variance 1.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::groups::{Plan, Point, accuracy};
use super::{Group, Representation};
use crate::error::{Error, Result, thousands};

/// Settings of [`factor_vae`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FactorVaeSettings {
    /// Number of samples of a vote, L.
    pub samples: usize,
    /// Number of votes that train the classifier.
    pub training: usize,
    /// Number of votes on which it is tested.
    pub test: usize,
    /// A code is dead if its standard deviation is below this fraction of the root mean variance of all codes.
    pub dead_below: f64,
    /// Random seed of factors, levels and samples.
    pub seed: u64,
}

impl Default for FactorVaeSettings {
    fn default() -> Self {
        FactorVaeSettings {
            samples: 64,
            training: 800,
            test: 800,
            dead_below: 0.05,
            seed: 1,
        }
    }
}

/// The score of FactorVAE.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FactorVae {
    /// Accuracy on the test votes, 0 to 1.
    pub score: f64,
    /// 95 % interval of the score for new votes (Wilson), for the same classifier.
    pub interval: [f64; 2],
    /// Accuracy on the training votes, 0 to 1.
    pub training_accuracy: f64,
    /// Score for codes that are independent of the factors, 1/K.
    pub chance: f64,
    /// Number of training votes for each code (rows) and factor (columns).
    pub votes: Vec<Vec<usize>>,
    /// The factor that the classifier answers for each code; `None` for codes without training votes.
    pub answers: Vec<Option<usize>>,
    /// Positions of the codes that were excluded because their variance is too small.
    pub dead_codes: Vec<usize>,
    /// Names of the factors.
    pub factors: Vec<String>,
    /// Number of samples from which the variances of the codes were estimated.
    pub n: usize,
    /// How the votes were drawn.
    pub protocol: FactorVaeSettings,
}

impl fmt::Display for FactorVae {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [low, high] = self.interval;
        writeln!(
            f,
            "FactorVAE score    {:.3} (95 % interval {low:.3} to {high:.3}); {:.3} by chance",
            self.score, self.chance
        )?;
        for (k, name) in self.factors.iter().enumerate() {
            let codes = self.answers.iter().enumerate();
            let codes: Vec<String> = codes
                .filter(|(_, answer)| **answer == Some(k))
                .map(|(j, _)| j.to_string())
                .collect();
            let codes = if codes.is_empty() {
                "none".into()
            } else {
                codes.join(", ")
            };
            writeln!(f, "{name:<18} codes that indicate it: {codes}")?;
        }
        if !self.dead_codes.is_empty() {
            let dead: Vec<String> = self.dead_codes.iter().map(ToString::to_string).collect();
            writeln!(f, "dead codes         {}", dead.join(", "))?;
        }
        let protocol = &self.protocol;
        write!(
            f,
            "protocol           {} training and {} test votes of {} samples; variances from n = {}; seed {}",
            thousands(protocol.training as u64),
            thousands(protocol.test as u64),
            protocol.samples,
            thousands(self.n as u64),
            protocol.seed
        )
    }
}

/// Computes the score of FactorVAE.
///
/// `representation` gives the factors and the variances of the codes, by convention from 10,000 samples. `draw` returns
/// the codes for each [`Group`]; it is called for up to 512 samples at a time.
///
/// ```
/// use ganscope::random::{Stream, rng};
/// use ganscope::interpret::disentanglement::{Factor, FactorVaeSettings, Group, Representation, factor_vae};
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
/// let found = factor_vae(&representation, draw, &FactorVaeSettings::default())?;
/// assert_eq!((found.score, found.chance), (1.0, 0.5));
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] for fewer than two factors, factors with a single level, settings out of range, if all codes are
/// constant, and for codes of another number or that are not finite; the errors of `draw`.
pub fn factor_vae(
    representation: &Representation,
    draw: impl Fn(&Group) -> Result<Vec<f64>>,
    settings: &FactorVaeSettings,
) -> Result<FactorVae> {
    if !(0.0..=1.0).contains(&settings.dead_below) {
        return Err(Error::Usage(format!(
            "the threshold for dead codes is a fraction of a standard deviation between 0 and 1, not {}",
            settings.dead_below
        )));
    }
    let plan = Plan {
        points: [settings.training, settings.test],
        levels: 1,
        samples: settings.samples,
        seed: settings.seed,
    };
    let width = representation.width();
    let constant = representation.constant_codes();
    let variance_of = |j: usize| {
        if constant.contains(&j) {
            0.0
        } else {
            variance(representation.code(j).iter().copied())
        }
    };
    let variances: Vec<f64> = (0..width).map(variance_of).collect();
    let threshold = settings.dead_below.powi(2) * variances.iter().sum::<f64>() / width as f64;
    let is_dead = |j: &usize| variances[*j] == 0.0 || variances[*j] < threshold;
    let (dead_codes, active): (Vec<usize>, Vec<usize>) = (0..width).partition(is_dead);
    if active.is_empty() {
        return Err(Error::Usage(
            "all codes are constant, so none of them can indicate a factor".into(),
        ));
    }
    let least_varying = |codes: &[f64]| {
        let (mut best, mut least) = (active[0], f64::INFINITY);
        for j in &active {
            let column = codes.iter().skip(*j).step_by(width).copied();
            let ratio = variance(column) / variances[*j];
            if ratio < least {
                (best, least) = (*j, ratio);
            }
        }
        best
    };
    let [training, test] = plan.points(representation, draw, least_varying)?;
    let factors = representation.factors();
    let mut votes = vec![vec![0; factors.len()]; width];
    for point in &training {
        votes[point.value][point.factor] += 1;
    }
    let answer = |votes: &Vec<usize>| {
        let better = |a: usize, b: usize| if votes[b] > votes[a] { b } else { a };
        let best = (0..votes.len()).fold(0, better);
        (votes[best] > 0).then_some(best)
    };
    let answers: Vec<Option<usize>> = votes.iter().map(answer).collect();
    let right = |points: &[Point<usize>]| {
        let right = points.iter().filter(|p| answers[p.value] == Some(p.factor));
        right.count()
    };
    let (score, interval) = accuracy(right(&test), test.len());
    Ok(FactorVae {
        score,
        interval,
        training_accuracy: accuracy(right(&training), training.len()).0,
        chance: 1.0 / factors.len() as f64,
        votes,
        answers,
        dead_codes,
        factors: factors.iter().map(|f| f.name.clone()).collect(),
        n: representation.len(),
        protocol: settings.clone(),
    })
}

/// The variance (n − 1) of at least two values.
fn variance(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let n = values.clone().count() as f64;
    let mean = values.clone().sum::<f64>() / n;
    values.map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0)
}
