//! Which directions there are, how stable they are, and whether the methods agree.

use super::context::Context;
use super::finder::{self, COUNT, UNSUPERVISED, directions_of, is_sampled};
use super::found::Found;
use super::same_function::same_function;
use super::section::Section;
use crate::error::{Result, counted};
use crate::interpret::{
    Agreement, Directions, RepeatedOn, Stability, StabilitySettings, Subject, agreement,
    randomized, subspace_angles,
};
use crate::nn::Network;
use crate::report::Table;

/// Number of repetitions with new latents for the stability of a method: the smallest number with an interval.
const REPETITIONS: usize = 20;
pub(super) fn run(context: &mut Context<'_>, section: &mut Section) -> Result<()> {
    let found = finder::found(context)?;
    if found.methods.is_empty() {
        section.finding("No method finds a direction in this generator.");
        return Ok(());
    }
    let stabilities = stabilities(context, section)?;
    strengths(context, found, section)?;
    agreements(found, section)?;
    other_weights(context, section)?;
    for other in context.others {
        compare_with(context, other, section)?;
    }
    let rows = found.selected.all.iter().enumerate();
    let table = Table::new(
        "The directions of the page. Number K is row K of directions.npy: ganscope sample RUN --direction RUN/directions.npy \
         --index K --alpha 3 --out moved.png (or .csv for points and tables)",
        &["K", "direction"],
    );
    section.table(rows.fold(table, |table, (i, direction)| {
        table.row([(i + 1).to_string(), direction.name.clone()])
    }));
    section.record("methods", &found.methods)?;
    section.record("labels", &found.labels)?;
    section.record("stability", &stabilities)
}

/// How well the methods find their directions again with new latents.
fn stabilities(context: &Context<'_>, section: &mut Section) -> Result<Vec<Stability>> {
    let g = context.subject.generator()?;
    let n = context.z.len() / context.latent().max(1);
    let settings = StabilitySettings {
        repeated_on: RepeatedOn::NewSamples,
        repetitions: REPETITIONS,
        seed: context.settings.seed,
        ..StabilitySettings::default()
    };
    let mut all = Vec::new();
    for method in UNSUPERVISED.into_iter().filter(|m| is_sampled(m.0)) {
        let (name, find) = method;
        let Some(original) = directions_of(method, g, &context.z, context.settings.seed) else {
            continue;
        };
        let k = original.all.len().min(COUNT);
        let again = |seed: u64| find(g, &context.subject.latents(seed, 1, n)?, seed);
        let stability = crate::interpret::stability(&original, k, again, &settings)?;
        let stable = stability
            .directions
            .iter()
            .filter(|d| d.more_than_chance == Some(true));
        section.finding(format!(
            "With new latents, {name} finds {} of its {} again: in at least 97.5 % of the repetitions |cos| exceeds {:.2}, the 95 % \
             point of random directions.",
            stable.count(),
            counted(k, "leading direction"),
            stability.chance_cosine
        ));
        all.push(stability);
    }
    let mut table = Table::new(
        "How well each direction is found again with new latents: |cos| of the best match, median and 95 % interval over the \
         repetitions. Directions that are not more than chance should not be interpreted.",
        &[
            "method",
            "direction",
            "|cos|",
            "interval",
            "chance",
            "more than chance",
        ],
    );
    for stability in &all {
        for direction in &stability.directions {
            table = table.row([
                stability.method.clone(),
                direction.name.clone(),
                format!("{:.2}", direction.cosine.median),
                format!(
                    "{:.2} to {:.2}",
                    direction.cosine.low, direction.cosine.high
                ),
                format!("{:.2}", stability.chance_cosine),
                if direction.more_than_chance == Some(true) {
                    "yes"
                } else {
                    "no"
                }
                .into(),
            ]);
        }
    }
    section.table(table);
    Ok(all)
}

/// The share of the first direction in the squared strengths, beside that of a generator with random weights.
fn strengths(context: &Context<'_>, found: &Found, section: &mut Section) -> Result<()> {
    let g = context.subject.generator()?;
    let random = randomized(g, context.settings.seed)?;
    let share = |directions: &Directions| {
        let squares: Vec<f64> = directions.all.iter().map(|d| d.strength.powi(2)).collect();
        squares
            .first()
            .map(|first| first / squares.iter().sum::<f64>())
    };
    let seed = context.settings.seed;
    let untrained = UNSUPERVISED.map(|method| directions_of(method, &random, &context.z, seed));
    let mut table = Table::new(
        "How dominant the first direction is: the square of its strength divided by the sum over the leading ones. A generator \
         with random weights shows what the architecture alone gives.",
        &["method", "quantity", "trained", "random weights"],
    );
    let mut shares = Vec::new();
    for before in untrained.iter().flatten() {
        let after = found.methods.iter().find(|m| m.method == before.method);
        if let Some((after, directions)) = after.and_then(|m| Some((share(m)?, m))) {
            let before = share(before).unwrap_or(f64::NAN);
            table = table.row([
                directions.method.clone(),
                directions.quantity.clone(),
                format!("{after:.2}"),
                format!("{before:.2}"),
            ]);
            shares.push((directions.method.clone(), after, before));
        }
    }
    section.table(table);
    section.record("share_of_first_direction", &shares)
}

/// Whether the methods find the same directions.
fn agreements(found: &Found, section: &mut Section) -> Result<()> {
    let several: Vec<Directions> = found
        .methods
        .iter()
        .filter(|m| m.all.len() > 1)
        .cloned()
        .collect();
    if several.len() < 2 {
        return Ok(());
    }
    let k = several
        .iter()
        .map(|m| m.all.len())
        .min()
        .unwrap_or(1)
        .min(COUNT);
    let all: Agreement = agreement(&several, k)?;
    let mut header = vec!["overlap"];
    header.extend(all.methods.iter().map(String::as_str));
    let mut table = Table::new(
        &format!(
            "Overlap of the subspaces of {} (mean squared cosine; 1: same subspace). In brackets the overlap of random subspaces with its standard \
             deviation.",
            counted(k, "leading direction")
        ),
        &header,
    );
    let mut best: Option<(f64, usize, usize)> = None;
    for (i, name) in all.methods.iter().enumerate() {
        let mut cells = vec![name.clone()];
        for (j, overlap) in all.overlap[i].iter().enumerate() {
            cells.push(if i == j {
                "–".into()
            } else {
                format!(
                    "{overlap:.2} ({:.2} ± {:.2})",
                    all.chance[i][j], all.chance_deviation[i][j]
                )
            });
            let excess = (overlap - all.chance[i][j]) / all.chance_deviation[i][j].max(1e-9);
            // Two variants of one method say nothing about agreement.
            let are_variants = name.starts_with("SeFa") && all.methods[j].starts_with("SeFa");
            if j > i && !are_variants && best.is_none_or(|(most, ..)| excess > most) {
                best = Some((excess, i, j));
            }
        }
        table = table.row(cells);
    }
    if let Some((excess, i, j)) = best {
        let verdict = if excess > 2.0 {
            "agree most"
        } else {
            "agree most, but no more than chance,"
        };
        section.finding(format!(
            "{} and {} {verdict} with an overlap of {:.2} (random spans: {:.2}).",
            all.methods[i], all.methods[j], all.overlap[i][j], all.chance[i][j]
        ));
    }
    section.table(table);
    section.record("agreement", &all)
}

/// Whether the methods find the same directions in a generator that computes the same function with other weights.
fn other_weights(context: &Context<'_>, section: &mut Section) -> Result<()> {
    let g = context.subject.generator()?;
    let Some(twin) = same_function(g) else {
        return Ok(());
    };
    let seed = context.settings.seed;
    let mut rows = Vec::new();
    for method in UNSUPERVISED {
        let of = |g: &Network| directions_of(method, g, &context.z, seed);
        if let (Some(first), Some(second)) = (of(g), of(&twin)) {
            rows.push((method.0, first.all[0].similarity(&second.all[0])));
        }
    }
    let changed = rows.iter().filter(|(_, cosine)| *cosine < 0.9);
    let changed: Vec<String> = changed
        .map(|(name, cosine)| format!("{name} (|cos| {cosine:.2})"))
        .collect();
    if !changed.is_empty() {
        section.finding(format!(
            "The first direction depends on how the weights are scaled, not only on what G does, for {}: in a generator with the \
             same outputs but other weights it is another one.",
            changed.join(" and ")
        ));
    }
    let table = Table::new(
        "First direction in a generator that computes the same function with other weights (every eighth unit of the first layer \
         is multiplied by 16, which the next layer undoes): |cos| with the original direction.",
        &["method", "|cos|"],
    );
    section.table(rows.iter().fold(table, |table, (name, cosine)| {
        table.row([name.to_string(), format!("{cosine:.2}")])
    }));
    section.record("same_function_other_weights", &rows)
}

/// Principal angles between the directions of this GAN and those of another.
fn compare_with(context: &Context<'_>, other: &Subject, section: &mut Section) -> Result<()> {
    let g = other.generator()?;
    let (seed, ours) = (context.settings.seed, finder::found(context)?);
    let mut table = Table::new(
        &format!(
            "Principal angles between the leading directions and those of {}. Different training runs use z \
                  differently, so only small angles mean agreement.",
            other.title
        ),
        &["method", "smallest angle", "largest angle"],
    );
    let mut all = Vec::new();
    for method in UNSUPERVISED {
        let Some(theirs) = directions_of(method, g, &context.z, seed) else {
            continue;
        };
        let Some(own) = ours.methods.iter().find(|m| m.method == theirs.method) else {
            continue;
        };
        let k = own.all.len().min(theirs.all.len());
        let angles = subspace_angles(own, &theirs, k)?;
        let (smallest, largest) = angles
            .iter()
            .fold((f64::MAX, 0f64), |(s, l), a| (s.min(*a), l.max(*a)));
        table = table.row([
            theirs.method.clone(),
            format!("{smallest:.0}°"),
            format!("{largest:.0}°"),
        ]);
        all.push((theirs.method.clone(), angles));
    }
    section.table(table);
    section.record(&format!("against {}", other.title), &all)
}
