//! Whether G copies training samples.

use super::context::Context;
use super::section::{Section, capitalised};
use crate::data::{DataConfig, Split};
use crate::error::{Result, thousands};
use crate::evaluate::{Classifier, Features, Nearest};
use crate::interpret::{CopyingSettings, RealData, Subject, copying_test};
use crate::report::strips;

/// Largest number of training samples that are searched.
const TRAINING: usize = 10_000;
/// Largest number of held-out samples.
const HELD_OUT: usize = 2000;
/// Number of samples that are drawn beside their nearest training samples.
const DRAWN: usize = 8;

pub(super) fn obstacle(subject: &Subject) -> Option<&'static str> {
    if subject.generator.is_none() {
        return Some("it examines a generator, and there is none");
    }
    let has_split = subject
        .data
        .as_ref()
        .is_some_and(|data| data.dataset.labels().is_some());
    (!has_split).then_some(
        "it needs data with a test split, to compare with samples that G cannot have seen",
    )
}

pub(super) fn run(context: &mut Context<'_>, section: &mut Section) -> Result<()> {
    let Some(data) = &context.subject.data else {
        return Ok(());
    };
    let seed = context.settings.seed;
    let shape = data.dataset.description().shape.clone();
    let n = data.dataset.len().unwrap_or(TRAINING).min(TRAINING);
    let training = data.dataset.sample(seed, n)?;
    let test = RealData::open(DataConfig {
        split: Split::Test,
        ..data.config.clone()
    })?;
    let held_out = test.dataset.len().unwrap_or(HELD_OUT).min(HELD_OUT);
    let held_out = test.dataset.sample(seed, held_out)?;
    let classifier = Classifier::of(&data.config, &mut |_| ())?;
    let features = |samples: &[f32]| classifier.features(samples);
    let (training_features, generated) = (features(&training)?, features(&context.generated)?);
    let settings = CopyingSettings {
        seed,
        ..CopyingSettings::default()
    };
    let found = copying_test(
        training_features.values(),
        features(&held_out)?.values(),
        generated.values(),
        generated.dimension(),
        &settings,
    )?;
    // The first line of the text, such as `underfitting: generated samples are further …`.
    let text = found.to_string();
    let first = text.lines().next().unwrap_or_default();
    let (verdict, reason) = first.split_once(": ").unwrap_or(("result", first));
    section.finding(format!(
        "{} ({verdict}; {} training samples were searched).",
        capitalised(reason),
        thousands(n as u64)
    ));
    let numel = shape.numel();
    let rows = pairs(
        &training,
        &training_features,
        &context.generated,
        &generated,
        numel,
    )?;
    section.figure(
        strips("Generated samples and their nearest training samples", &shape, &rows)?,
        "A copy would be equal to the training sample below it. Nearest in the features of the classifier, among the training \
         samples that were searched.",
    );
    section.details("Protocol", text);
    section.record("copying_test", &found)
}

/// Generated samples above their nearest training samples.
fn pairs(
    training: &[f32],
    training_features: &Features,
    generated: &[f32],
    generated_features: &Features,
    numel: usize,
) -> Result<Vec<(String, Vec<f32>)>> {
    let nearest = Nearest::of(generated_features, training_features, 1)?;
    let drawn = DRAWN.min(nearest.indices.len());
    let neighbours = nearest.indices[..drawn].iter();
    let neighbours = neighbours.flat_map(|&i| training[i * numel..][..numel].to_vec());
    Ok(vec![
        ("generated".into(), generated[..drawn * numel].to_vec()),
        ("nearest".into(), neighbours.collect()),
    ])
}
