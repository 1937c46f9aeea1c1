//! Metrics of a trained run: the columns of a study's table.
//!
//! To add a metric, add a line to the `metrics` of an evaluation, or a new evaluation to [`EVALUATIONS`].

use std::collections::BTreeMap;

use crate::data::{Dataset, Mixture, SampleShape};
use crate::error::{Error, Result, unknown};
use crate::evaluate::{ImageBenchmark, LikelihoodProtocol, mode_coverage, points};
use crate::train::names::{DISCRIMINATOR, metric};
use crate::train::{Checkpoint, Record};

/// Seed of the samples that are measured. It is the seed of `ganscope evaluate`, for every seed of the run.
pub const SAMPLING_SEED: u64 = 1;

/// A metric, which has a column in the table of a study.
#[derive(Debug, PartialEq)]
pub struct Metric {
    /// Name in the list `measure` of a study and in the CSV file.
    pub name: &'static str,
    /// Heading of the column, with the unit.
    pub heading: &'static str,
    /// Number of decimals in the table of means. The CSV file has all digits.
    pub decimals: usize,
}

/// A run that has been trained to its end.
pub(super) struct TrainedRun<'a> {
    /// Its last checkpoint.
    pub checkpoint: &'a Checkpoint,
    /// The last line of its metric log.
    pub last: &'a Record,
    /// Number of samples to draw.
    pub n: usize,
}

/// Metrics that are computed together.
struct Evaluation {
    metrics: &'static [Metric],
    /// Returns an error with the data that it needs if it cannot be used on this dataset.
    check: fn(&Dataset) -> Result<(), &'static str>,
    /// Returns one number for each metric.
    evaluate: fn(&TrainedRun<'_>) -> Result<Vec<f64>>,
}

const fn metric(name: &'static str, heading: &'static str, decimals: usize) -> Metric {
    Metric {
        name,
        heading,
        decimals,
    }
}

const EVALUATIONS: [Evaluation; 6] = [
    Evaluation {
        metrics: &[
            metric("modes", "modes", 1),
            metric("high_quality", "high quality, %", 1),
            metric("reverse_kl", "reverse KL, nats", 3),
        ],
        check: |data| data.mixture().map(|_| ()).ok_or("ring8 or grid25"),
        evaluate: coverage,
    },
    Evaluation {
        metrics: &[
            metric("classifier_score", "classifier score", 2),
            metric("frechet", "Fréchet distance", 1),
            metric("precision", "precision", 3),
            metric("recall", "recall", 3),
        ],
        check: |data| match data.description().shape {
            SampleShape::Image { .. } => Ok(()),
            SampleShape::Vector { .. } => Err("images"),
        },
        evaluate: images,
    },
    Evaluation {
        metrics: &[
            metric("code_accuracy", "code accuracy, %", 2),
            metric("code_information", "L_I of the code, bits", 3),
        ],
        check: |data| data.labels().map(|_| ()).ok_or("mnist or fashion-mnist"),
        evaluate: codes,
    },
    Evaluation {
        metrics: &[
            metric("log_likelihood", "log-likelihood by AIS, nats", 1),
            metric("bracket", "BDMC gap, nats", 2),
            metric("parzen", "log-likelihood by Parzen, nats", 1),
            metric("bits_per_dimension", "I(p_r, p_θ), bits per dimension", 3),
            metric("noise", "σ", 3),
        ],
        check: |data| {
            if data.mixture().is_some() || data.labels().is_some() {
                Ok(())
            } else {
                Err("held-out samples (mnist, fashion-mnist, ring8 or grid25)")
            }
        },
        evaluate: likelihood,
    },
    Evaluation {
        metrics: &[
            metric("d_first", "first layer of D, log₁₀ ‖∂L_D/∂W‖", 2),
            metric("d_last", "last layer of D, log₁₀ ‖∂L_D/∂W‖", 2),
            metric(
                "d_decay",
                "change of the gradient norm per layer in the backward pass (factor)",
                2,
            ),
        ],
        check: |_| Ok(()),
        evaluate: by_layer,
    },
    Evaluation {
        metrics: &[
            metric(metric::D_LOSS, "L_D", 3),
            metric(metric::G_LOSS, "L_G", 3),
        ],
        check: |_| Ok(()),
        // The log has means over the steps since its previous line.
        evaluate: |trained| Ok(vec![trained.last.d_loss, trained.last.g_loss]),
    },
];

fn coverage(trained: &TrainedRun<'_>) -> Result<Vec<f64>> {
    let data = &trained.checkpoint.config.data.name;
    let mixture = Mixture::named(data)
        .ok_or_else(|| Error::Usage(format!("the density of {data} is not known")))?;
    let samples = trained.checkpoint.sample(trained.n, SAMPLING_SEED)?;
    let found = mode_coverage(points(&samples.values, 2)?, &mixture)?;
    let good: usize = found.high_quality_counts.iter().sum();
    Ok(vec![
        found.modes_covered as f64,
        (100 * good) as f64 / found.n as f64,
        found.reverse_kl_nats,
    ])
}

/// Without labels there is no classifier, and the classifier score is NaN.
fn images(trained: &TrainedRun<'_>) -> Result<Vec<f64>> {
    let (checkpoint, n) = (trained.checkpoint, trained.n);
    // A worker shows no progress. Training the classifier, if it is not cached, takes minutes.
    let benchmark = ImageBenchmark::open(&checkpoint.config.data, n, &mut |_| {})?;
    let samples = checkpoint.sample(n, SAMPLING_SEED)?;
    let found = benchmark.compare(&samples.values)?.generated;
    Ok(vec![
        found.classifier_score.unwrap_or(f64::NAN),
        found.frechet,
        found.precision,
        found.recall,
    ])
}

/// Norms ‖∂L_D/∂W‖ of the first and the last of D's L weights, on the batches of the next step, and the mean factor from
/// a layer to the one before it: (first/last)^(1/(L − 1)).
fn by_layer(trained: &TrainedRun<'_>) -> Result<Vec<f64>> {
    let checkpoint = trained.checkpoint;
    let trainer = checkpoint.trainer(Dataset::open(&checkpoint.config.data)?)?;
    let layers = trainer.examine(&[])?.layers;
    let of_d = layers.iter().filter(|l| l.network == DISCRIMINATOR);
    let norms: Vec<f64> = of_d.filter_map(|l| l.gradient).collect();
    let (Some(first), Some(last)) = (norms.first(), norms.last()) else {
        return Ok(vec![f64::NAN; 3]);
    };
    let decay = (first / last).powf(1.0 / (norms.len() as f64 - 1.0));
    Ok(vec![first.log10(), last.log10(), decay])
}

/// Accuracy of the categorical code that predicts the classes best, and L_I. Both are NaN for a run without codes.
fn codes(trained: &TrainedRun<'_>) -> Result<Vec<f64>> {
    let checkpoint = trained.checkpoint;
    let samples = checkpoint.sample(trained.n, SAMPLING_SEED)?;
    let read = checkpoint.read_codes(&checkpoint.config.data, &samples, SAMPLING_SEED)?;
    Ok(read.map_or(vec![f64::NAN; 2], |read| {
        let accuracies = read.codes.iter().map(|code| code.accuracy);
        vec![
            100.0 * accuracies.fold(0.0, f64::max),
            read.information_bits,
        ]
    }))
}

/// Likelihood of `n` held-out samples. Everything else is as in the default of [`LikelihoodProtocol`].
fn likelihood(trained: &TrainedRun<'_>) -> Result<Vec<f64>> {
    let protocol = LikelihoodProtocol {
        n: trained.n,
        ..LikelihoodProtocol::default()
    };
    let checkpoint = trained.checkpoint;
    let found = checkpoint.likelihood(&checkpoint.config.data, protocol, &mut |_, _| {})?;
    Ok(vec![
        found.annealing.value.0,
        found.bracket.value.0,
        found.parzen.value.0,
        found.cross_entropy_per_dimension.0,
        found.sigma,
    ])
}

/// Returns all metrics.
///
/// ```
/// let names: Vec<&str> = ganscope::study::metrics().map(|m| m.name).collect();
/// assert_eq!(names[..3], ["modes", "high_quality", "reverse_kl"]);
/// ```
pub fn metrics() -> impl Iterator<Item = &'static Metric> {
    EVALUATIONS.iter().flat_map(|evaluation| evaluation.metrics)
}

/// Returns the metric with this name.
///
/// # Errors
/// [`Error::Usage`] with the most similar name.
pub(super) fn named(name: &str) -> Result<&'static Metric> {
    metrics().find(|m| m.name == name).ok_or_else(|| {
        let known: Vec<&str> = metrics().map(|m| m.name).collect();
        unknown("measure", name, &known)
    })
}

/// Returns the metrics for a study that does not name any: those of the first evaluation for this dataset.
pub(super) fn defaults(data: &Dataset) -> Vec<&'static Metric> {
    let evaluation = EVALUATIONS.iter().find(|e| (e.check)(data).is_ok());
    evaluation.map_or(Vec::new(), |e| e.metrics.iter().collect())
}

/// Returns an error if a metric cannot be computed on this dataset.
pub(super) fn check(metric: &Metric, data: &Dataset) -> Result<()> {
    let evaluation = EVALUATIONS.iter().find(|e| e.metrics.contains(metric));
    let checked = evaluation.map_or(Ok(()), |e| (e.check)(data));
    checked.map_err(|needed| {
        Error::Usage(format!(
            "measure: \"{}\" cannot be measured on {}; it needs {needed}",
            metric.name,
            data.description().name
        ))
    })
}

/// Computes the metrics with these names. A value that is not finite becomes `None`.
pub(super) fn evaluate(
    names: &[String],
    trained: &TrainedRun<'_>,
) -> Result<BTreeMap<String, Option<f64>>> {
    let wanted = |metric: &Metric| names.iter().any(|name| name == metric.name);
    let mut all = BTreeMap::new();
    for evaluation in &EVALUATIONS {
        if evaluation.metrics.iter().any(wanted) {
            let values = (evaluation.evaluate)(trained)?;
            let named = evaluation.metrics.iter().zip(values);
            let named = named.filter(|(metric, _)| wanted(metric));
            all.extend(named.map(|(m, v)| (m.name.to_string(), v.is_finite().then_some(v))));
        }
    }
    Ok(all)
}
