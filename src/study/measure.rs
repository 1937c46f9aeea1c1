//! What is measured of a trained run: the columns of a study's table.
//!
//! A column more is a line in the `gives` of an instrument, or an instrument more.

use std::collections::BTreeMap;

use crate::data::{Dataset, Mixture, SampleShape};
use crate::error::{Error, Result, unknown};
use crate::evaluate::{ImageBenchmark, LikelihoodProtocol, mode_coverage, points};
use crate::train::names::{DISCRIMINATOR, metric};
use crate::train::{Checkpoint, Record};

/// The seed of the samples that are measured, whatever the seed of the run: that of `evaluate`.
pub const MEASURES_SEED: u64 = 1;

/// A column of the table.
#[derive(Debug, PartialEq)]
pub struct Measure {
    /// Its name in `measure` of a study, and in the CSV file.
    pub name: &'static str,
    /// Its heading, with the unit.
    pub heading: &'static str,
    /// Digits after the point in the table of means; the CSV file has all.
    pub decimals: usize,
}

/// A run at its end.
pub(super) struct Trained<'a> {
    pub checkpoint: &'a Checkpoint,
    /// The last line of its log.
    pub last: &'a Record,
    /// How many samples to draw.
    pub n: usize,
}

/// Measures that are taken together.
struct Instrument {
    gives: &'static [Measure],
    /// Whether it can be used on such data, and if not, what it needs.
    fits: fn(&Dataset) -> Result<(), &'static str>,
    /// One number for each that it gives.
    take: fn(&Trained) -> Result<Vec<f64>>,
}

const fn measure(name: &'static str, heading: &'static str, decimals: usize) -> Measure {
    Measure {
        name,
        heading,
        decimals,
    }
}

const INSTRUMENTS: [Instrument; 6] = [
    Instrument {
        gives: &[
            measure("modes", "modes", 1),
            measure("high_quality", "high quality, %", 1),
            measure("reverse_kl", "reverse KL, nats", 3),
        ],
        fits: |data| data.mixture().map(|_| ()).ok_or("ring8 or grid25"),
        take: coverage,
    },
    Instrument {
        gives: &[
            measure("classifier_score", "classifier score", 2),
            measure("frechet", "Fréchet distance", 1),
            measure("precision", "precision", 3),
            measure("recall", "recall", 3),
        ],
        fits: |data| match data.description().shape {
            SampleShape::Image { .. } => Ok(()),
            SampleShape::Vector { .. } => Err("images"),
        },
        take: images,
    },
    Instrument {
        gives: &[
            measure("code_accuracy", "code accuracy, %", 2),
            measure("code_information", "L_I of the code, bits", 3),
        ],
        fits: |data| data.labels().map(|_| ()).ok_or("mnist or fashion-mnist"),
        take: codes,
    },
    Instrument {
        gives: &[
            measure("log_likelihood", "log-likelihood by AIS, nats", 1),
            measure("bracket", "BDMC gap, nats", 2),
            measure("parzen", "log-likelihood by Parzen, nats", 1),
            measure("bits_per_dimension", "I(p_r, p_θ), bits a dimension", 3),
            measure("noise", "σ", 3),
        ],
        fits: |data| match data.mixture().is_some() || data.labels().is_some() {
            true => Ok(()),
            false => Err("samples that are not learnt from: mnist, fashion-mnist, ring8 or grid25"),
        },
        take: likelihood,
    },
    Instrument {
        gives: &[
            measure("d_first", "first layer of D, log₁₀ ‖∂L_D/∂W‖", 2),
            measure("d_last", "last layer of D, log₁₀ ‖∂L_D/∂W‖", 2),
            measure("d_decay", "factor a layer, on the way back", 2),
        ],
        fits: |_| Ok(()),
        take: by_layer,
    },
    Instrument {
        gives: &[
            measure(metric::D_LOSS, "L_D", 3),
            measure(metric::G_LOSS, "L_G", 3),
        ],
        fits: |_| Ok(()),
        // Means over the last interval of the log.
        take: |trained| Ok(vec![trained.last.d_loss, trained.last.g_loss]),
    },
];

fn coverage(trained: &Trained) -> Result<Vec<f64>> {
    let data = &trained.checkpoint.config.data.name;
    let mixture = Mixture::named(data)
        .ok_or_else(|| Error::Usage(format!("the density of {data} is not known")))?;
    let samples = trained.checkpoint.sample(trained.n, MEASURES_SEED)?;
    let found = mode_coverage(points(&samples.values, 2)?, &mixture)?;
    let good: usize = found.high_quality_counts.iter().sum();
    Ok(vec![
        found.modes_covered as f64,
        (100 * good) as f64 / found.n as f64,
        found.reverse_kl_nats,
    ])
}

/// Without labels there is no classifier, and the classifier score has no number.
fn images(trained: &Trained) -> Result<Vec<f64>> {
    let (checkpoint, n) = (trained.checkpoint, trained.n);
    // Workers say nothing; where a classifier has to be trained first, that takes minutes.
    let benchmark = ImageBenchmark::open(&checkpoint.config.data, n, &mut |_| {})?;
    let samples = checkpoint.sample(n, MEASURES_SEED)?;
    let found = benchmark.compare(&samples.values)?.generated;
    Ok(vec![
        found.classifier_score.unwrap_or(f64::NAN),
        found.frechet,
        found.precision,
        found.recall,
    ])
}

/// ‖∂L_D/∂W‖ of D's first weight and of its last, L weights on, on the batches of the next step; and by what
/// factor it changes from a layer to the one before it: (first/last)^(1/(L − 1)).
fn by_layer(trained: &Trained) -> Result<Vec<f64>> {
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

/// Of the categorical code that names the classes best; a run without codes has no numbers.
fn codes(trained: &Trained) -> Result<Vec<f64>> {
    let checkpoint = trained.checkpoint;
    let samples = checkpoint.sample(trained.n, MEASURES_SEED)?;
    let read = checkpoint.read_codes(&checkpoint.config.data, &samples, MEASURES_SEED)?;
    Ok(read.map_or(vec![f64::NAN; 2], |read| {
        let accuracies = read.codes.iter().map(|code| code.accuracy);
        vec![
            100.0 * accuracies.fold(0.0, f64::max),
            read.information_bits,
        ]
    }))
}

/// Of `n` held-out samples; everything else is [`LikelihoodProtocol`]'s own.
fn likelihood(trained: &Trained) -> Result<Vec<f64>> {
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

/// All that a study can measure.
///
/// ```
/// let names: Vec<&str> = ganscope::study::measures().map(|m| m.name).collect();
/// assert_eq!(names[..3], ["modes", "high_quality", "reverse_kl"]);
/// ```
pub fn measures() -> impl Iterator<Item = &'static Measure> {
    INSTRUMENTS.iter().flat_map(|instrument| instrument.gives)
}

/// The measure of that name.
///
/// # Errors
/// [`Error::Usage`] naming the nearest.
pub(super) fn named(name: &str) -> Result<&'static Measure> {
    measures().find(|m| m.name == name).ok_or_else(|| {
        let known: Vec<&str> = measures().map(|m| m.name).collect();
        unknown("measure", name, &known)
    })
}

/// What is measured on such data when a study does not say: what the first instrument that fits gives.
pub(super) fn usual(data: &Dataset) -> Vec<&'static Measure> {
    let fitting = INSTRUMENTS.iter().find(|i| (i.fits)(data).is_ok());
    fitting.map_or(Vec::new(), |i| i.gives.iter().collect())
}

/// Refuses a measure that cannot be taken on such data.
pub(super) fn fits(measure: &Measure, data: &Dataset) -> Result<()> {
    let giving = INSTRUMENTS.iter().find(|i| i.gives.contains(measure));
    giving.map_or(Ok(()), |i| (i.fits)(data)).map_err(|needed| {
        Error::Usage(format!(
            "measure: \"{}\" cannot be taken on {}; it needs {needed}",
            measure.name,
            data.description().name
        ))
    })
}

/// Takes the measures of these names; what is not finite has no value.
pub(super) fn take(names: &[String], trained: &Trained) -> Result<BTreeMap<String, Option<f64>>> {
    let wanted = |measure: &Measure| names.iter().any(|name| name == measure.name);
    let mut taken = BTreeMap::new();
    for instrument in &INSTRUMENTS {
        if instrument.gives.iter().any(wanted) {
            let values = (instrument.take)(trained)?;
            let named = instrument.gives.iter().zip(values);
            let named = named.filter(|(measure, _)| wanted(measure));
            taken.extend(named.map(|(m, v)| (m.name.to_string(), v.is_finite().then_some(v))));
        }
    }
    Ok(taken)
}
