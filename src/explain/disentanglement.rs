//! How well the codes that Q finds match the true factors of the data.

use super::context::Context;
use super::section::Section;
use crate::error::Result;
use crate::gan::Codes;
use crate::interpret::Subject;
use crate::interpret::disentanglement::{
    DciSettings, ExplicitnessSettings, Factor, InformationSettings, Representation, SapSettings,
    dci, explicitness, mig, modularity, sap,
};
use crate::report::Table;
use crate::tensor::Batch;

/// Number of real samples for each latent of the explanation.
const SAMPLES: usize = 5;
/// Number of permutations of the factors for chance.
const PERMUTATIONS: usize = 10;
/// The same for trees, which take longer.
const PERMUTATIONS_OF_TREES: usize = 3;

pub(super) fn obstacle(subject: &Subject) -> Option<&'static str> {
    if subject.discriminator.is_none() || subject.codes.width() == 0 {
        return Some("it needs a network Q that reads codes, as InfoGAN has");
    }
    let has_factors = subject
        .data
        .as_ref()
        .is_some_and(|data| !data.dataset.factors().is_empty() || data.dataset.labels().is_some());
    (!has_factors).then_some("it needs data with known factors or classes")
}

pub(super) fn run(context: &mut Context<'_>, section: &mut Section) -> Result<()> {
    let (Some(d), Some(data)) = (&context.subject.discriminator, &context.subject.data) else {
        return Ok(());
    };
    let settings = context.settings;
    let n = SAMPLES * settings.latents;
    let n = data.dataset.len().map_or(n, |len| len.min(n));
    let samples = data.dataset.sample(settings.seed, n)?;
    let Some(indices) = data.dataset.sample_indices(settings.seed, n)? else {
        return Ok(());
    };
    let (factors, levels) = match data.dataset.labels() {
        Some(labels) => {
            let levels: Vec<usize> = indices.iter().map(|&i| labels[i].into()).collect();
            let count = labels.iter().max().map_or(1, |m| usize::from(*m) + 1);
            (vec![Factor::new("class", count)], levels)
        }
        None => {
            let factors = data.dataset.factors().iter();
            let factors = factors.map(|&(name, count)| Factor::new(name, count));
            (factors.collect(), data.dataset.factor_levels(&indices)?)
        }
    };
    let outputs = d.infer(Batch::new(samples, n, d.spec().input.numel())?)?;
    let (codes, width) = codes_of(&context.subject.codes, &outputs.values(), n);
    let representation = Representation::new(&codes, width, &levels, &factors)?;
    let information = InformationSettings {
        permutations: PERMUTATIONS,
        seed: settings.seed,
        ..InformationSettings::default()
    };
    let mig = mig(&representation, &information)?;
    let sap = sap(
        &representation,
        &SapSettings {
            permutations: PERMUTATIONS,
            seed: settings.seed,
            ..SapSettings::default()
        },
    )?;
    let explicitness = explicitness(
        &representation,
        &ExplicitnessSettings {
            seed: settings.seed,
            ..ExplicitnessSettings::default()
        },
    )?;
    let best = mig
        .information_bits
        .iter()
        .enumerate()
        .flat_map(|(factor, bits)| {
            bits.iter()
                .enumerate()
                .map(move |(code, bits)| (*bits, factor, code))
        });
    if let Some((bits, factor, code)) = best.max_by(|a, b| a.0.total_cmp(&b.0)) {
        let others = mig.information_bits.iter().enumerate();
        let others = others
            .filter(|(f, _)| *f != factor)
            .map(|(_, bits)| bits[code]);
        let most = others.fold(0.0, f64::max);
        section.finding(format!(
            "Code {} that Q reads from real samples holds {bits:.2} of the {:.2} bits about {}{}.",
            code + 1,
            mig.entropies_bits[factor],
            factors[factor].name,
            if factors.len() > 1 {
                format!(", and at most {most:.2} bits about any other factor")
            } else {
                String::new()
            }
        ));
    }
    let chance = |value: Option<f64>| value.map_or("–".to_string(), |v| format!("{v:.3}"));
    let score = |name: &str, value: f64, by_chance: Option<f64>| {
        [name.to_string(), format!("{value:.3}"), chance(by_chance)]
    };
    let mut table = Table::new(
        "Scores of disentanglement, 0 to 1. Chance: the same with permuted factors.",
        &["score", "value", "chance"],
    )
    .row(score("MIG", mig.score, mig.chance))
    .row(score("SAP", sap.score, sap.chance))
    .row(score("explicitness", explicitness.score, None));
    // With a single factor, every code belongs to it.
    if factors.len() > 1 {
        let modularity = modularity(&representation, &information)?;
        let settings = DciSettings {
            permutations: PERMUTATIONS_OF_TREES,
            seed: settings.seed,
            ..DciSettings::default()
        };
        let dci = dci(&representation, &settings)?;
        let by_chance = dci.chance.as_ref();
        table = table
            .row(score(
                "DCI disentanglement (trees)",
                dci.disentanglement.score,
                by_chance.map(|c| c.disentanglement),
            ))
            .row(score(
                "DCI completeness (trees)",
                dci.completeness.score,
                by_chance.map(|c| c.completeness),
            ))
            .row(score("modularity", modularity.score, modularity.chance));
        section.record("dci", &dci)?;
        section.record("modularity", &modularity)?;
    }
    section.table(table);
    section.record("mig", &mig)?;
    section.record("sap", &sap)?;
    section.record("explicitness", &explicitness)
}

/// Q's reading of the codes, row-major [n, width]: the likeliest value of each categorical code, and the mean of each
/// continuous one. D's outputs are a score, the logits, the means and the log σ.
fn codes_of(codes: &Codes, outputs: &[f32], n: usize) -> (Vec<f64>, usize) {
    let columns = outputs.len() / n.max(1);
    let logits: usize = codes.categorical.iter().sum();
    let mut all = Vec::new();
    for row in outputs.chunks_exact(columns.max(1)) {
        all.extend(codes.likeliest(row).map(|value| value as f64));
        let means = &row[1 + logits..][..codes.continuous];
        all.extend(means.iter().map(|v| f64::from(*v)));
    }
    (all, codes.categorical.len() + codes.continuous)
}
