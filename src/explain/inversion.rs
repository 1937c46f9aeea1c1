//! Which samples G can make: the z from which it makes a given one.

use super::context::Context;
use super::section::Section;
use crate::data::{DataConfig, SampleShape, Split};
use crate::error::{Result, counted, minus};
use crate::interpret::{
    InversionSettings, InversionSummary, Inversions, RealData, Subject, invert,
};
use crate::report::{IntervalPlot, Table, strips};
use crate::tensor::Batch;

/// Number of samples in a row of images.
const DRAWN: usize = 8;
/// Largest number of evaluations for each starting point.
const EVALUATIONS: usize = 120;

pub(super) fn obstacle(subject: &Subject) -> Option<&'static str> {
    if subject.generator.is_none() {
        return Some("it examines a generator, and there is none");
    }
    subject
        .data
        .is_none()
        .then_some("it needs real samples; give --data")
}

/// A set of samples with its name.
struct Set {
    name: &'static str,
    samples: Vec<f32>,
}

pub(super) fn run(context: &mut Context<'_>, section: &mut Section) -> Result<()> {
    let g = context.subject.generator()?;
    let seed = context.settings.seed;
    let sets = sets(context)?;
    let settings = InversionSettings {
        evaluations: EVALUATIONS,
        seed,
        ..InversionSettings::default()
    };
    let mut all: Vec<(Set, Inversions, InversionSummary)> = Vec::new();
    for set in sets {
        let found = invert(g, &set.samples, &settings)?;
        let summary = found.summary(set.name, context.settings.replicates, seed)?;
        all.push((set, found, summary));
    }
    let mut plot = IntervalPlot::new("How well G represents samples", "median PSNR, dB");
    for (set, _, summary) in &all {
        plot = plot.row(set.name, summary.psnr_db.median, summary.interval, None);
    }
    let median = |name: &str| {
        let set = all.iter().find(|(set, ..)| set.name == name);
        set.map_or(f64::NAN, |(_, _, summary)| summary.psnr_db.median)
    };
    let undetermined = all.first().map_or(0.0, |(_, _, s)| s.undetermined);
    section.finding(format!(
        "G reproduces training samples with a median PSNR of {:.1} dB, {}foreign ones with {:.1} dB. At the solution, {:.0} of {} hardly change the \
         sample.",
        median(TRAINING),
        if median(HELD_OUT).is_nan() {
            String::new()
        } else {
            format!("held-out ones with {:.1} dB, ", median(HELD_OUT))
        },
        median(FOREIGN),
        undetermined,
        counted(context.latent(), "direction") + " of z"
    ));
    if let [(a, first, _), (b, second, _), ..] = &all[..]
        && b.name == HELD_OUT
    {
        let difference =
            first.compare(a.name, second, b.name, context.settings.replicates, seed)?;
        section.finding(if difference.interval.0 > 0.0 {
            format!(
                "Training samples are reproduced better than held-out ones by {:.2} dB (interval {:.2} to {:.2}): G may have \
                 memorised some.",
                difference.difference_db, difference.interval.0, difference.interval.1
            )
        } else {
            let [mean, low, high] = [
                difference.difference_db,
                difference.interval.0,
                difference.interval.1,
            ]
            .map(|v| minus(format!("{v:+.2}")));
            format!(
                "This test finds no memorisation: the difference between training and held-out samples is {mean} dB (95 % \
                 interval {low} to {high}).",
            )
        });
        section.record("training_minus_held_out", &difference)?;
    }
    section.figure(
        plot.svg()?,
        "If G represents its data, training samples have a higher PSNR than foreign ones, whose quarters are exchanged (for points \
         and tables: whose values are multiplied by −2). Median of the peak signal-to-noise ratio of the \
         reconstructions, with its 95 % interval.",
    );
    if let Some(shape) = context.image() {
        pictures(context, shape, &all, section)?;
    }
    let table = Table::new(
        "Inversions by L-BFGS from several starting points. Start: the best starting point, before the search. Disagreement: \
         distance between the latents of the two best searches, divided by √d, d = number of latent variables (0: same z, 1.41: independent z). \
         z is not restricted: a norm far above 1 means a z that is practically never drawn.",
        &[
            "samples",
            "n",
            "PSNR, dB",
            "25 to 75 % quantile",
            "best start, dB",
            "disagreement",
            "‖z‖/√d",
        ],
    );
    section.table(all.iter().fold(table, |table, (set, _, s)| {
        table.row([
            set.name.to_string(),
            s.n.to_string(),
            format!("{:.1}", s.psnr_db.median),
            format!("{:.1} to {:.1}", s.psnr_db.q25, s.psnr_db.q75),
            format!("{:.1}", s.start_psnr_db),
            s.disagreement
                .as_ref()
                .map_or("–".into(), |d| format!("{:.2}", d.median)),
            format!("{:.2}", s.relative_norm.median),
        ])
    }));
    let summaries: Vec<&InversionSummary> = all.iter().map(|(_, _, s)| s).collect();
    section.record("summaries", &summaries)
}

const TRAINING: &str = "training samples";
const HELD_OUT: &str = "held-out samples";
const FOREIGN: &str = "foreign samples";

/// Training samples, held-out ones where there is a test split, and foreign ones.
fn sets(context: &Context<'_>) -> Result<Vec<Set>> {
    let Some(data) = &context.subject.data else {
        return Ok(Vec::new());
    };
    let (seed, n) = (context.settings.seed, context.settings.inverted);
    let n = data.dataset.len().map_or(n, |len| len.min(n));
    let training = data.dataset.sample(seed, n)?;
    let mut sets = vec![];
    let mut last = training.clone();
    sets.push(Set {
        name: TRAINING,
        samples: training,
    });
    if data.dataset.labels().is_some() && data.config.split == Split::Train {
        let test = RealData::open(DataConfig {
            split: Split::Test,
            ..data.config.clone()
        })?;
        let samples = test.dataset.sample(seed, n)?;
        last.clone_from(&samples);
        sets.push(Set {
            name: HELD_OUT,
            samples,
        });
    }
    sets.push(Set {
        name: FOREIGN,
        samples: foreign(&last, &data.dataset.description().shape),
    });
    Ok(sets)
}

/// Images whose quarters are exchanged diagonally; points and rows of tables whose signs are changed and whose values are
/// doubled.
fn foreign(samples: &[f32], shape: &SampleShape) -> Vec<f32> {
    let SampleShape::Image { height, width, .. } = *shape else {
        return samples.iter().map(|v| -2.0 * v).collect();
    };
    let (down, across) = (height / 2, width / 2);
    let moved = |place: usize| {
        let (plane, pixel) = (place / (height * width), place % (height * width));
        let (y, x) = (pixel / width, pixel % width);
        let from = (y + down) % height * width + (x + across) % width;
        samples[plane * height * width + from]
    };
    (0..samples.len()).map(moved).collect()
}

/// Samples above their reconstructions, and what BEGAN's D makes of them.
fn pictures(
    context: &Context<'_>,
    shape: &SampleShape,
    all: &[(Set, Inversions, InversionSummary)],
    section: &mut Section,
) -> Result<()> {
    let mut rows = Vec::new();
    for (set, found, _) in all {
        let n = DRAWN.min(found.all.len());
        let originals = set.samples[..n * found.width].to_vec();
        let reconstructions = found.all[..n].iter().flat_map(|i| i.reconstruction.clone());
        rows.push((set.name.to_string(), originals.clone()));
        rows.push(("G(z)".into(), reconstructions.collect()));
        let objective = context.subject.objective.as_ref();
        if let Some(d) = &context.subject.discriminator
            && objective.is_some_and(|o| o.objective().reconstructs())
        {
            let batch = Batch::new(originals, n, found.width)?;
            rows.push(("D, auto-encoder".into(), d.infer(batch)?.values().to_vec()));
        }
    }
    section.figure(
        strips("Samples and the nearest that G can make", shape, &rows)?,
        "What G can make of each sample: the original above, the best reconstruction below.",
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_images_have_their_quarters_exchanged() {
        let shape = SampleShape::Image {
            channels: 1,
            height: 2,
            width: 2,
        };
        assert_eq!(foreign(&[1.0, 2.0, 3.0, 4.0], &shape), [4.0, 3.0, 2.0, 1.0]);
        let point = SampleShape::Vector { len: 2 };
        assert_eq!(foreign(&[1.0, -0.5], &point), [-2.0, 1.0]);
    }
}
