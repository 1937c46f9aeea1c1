//! Paths between two samples: linear and spherical interpolation.

use super::context::Context;
use super::section::Section;
use crate::error::Result;
use crate::interpret::{Interpolation, Meter, Quantity, Values, interpolate};
use crate::report::format::short;
use crate::report::{Table, strips};

/// Number of pairs of latents that are measured, and of those that are drawn.
const PAIRS: usize = 64;
const DRAWN: usize = 3;
/// Number of points of a path.
const POINTS: usize = 9;

pub(super) fn run(context: &mut Context<'_>, section: &mut Section) -> Result<()> {
    let g = context.subject.generator()?;
    let latent = context.latent();
    let rows: Vec<&[f32]> = context.z.chunks_exact(latent).collect();
    let pairs: Vec<(&[f32], &[f32])> = (rows.chunks_exact(2).take(PAIRS))
        .map(|pair| (pair[0], pair[1]))
        .collect();
    let mut table = Table::new(
        "The middle of paths between two latents, beside their ends: medians over the pairs, in the unit of each quantity.",
        &["quantity", "ends", "middle, linear", "middle, spherical"],
    );
    let (mut ends, mut middles) = (Vec::new(), [Vec::new(), Vec::new()]);
    for (a, b) in &pairs {
        ends.extend_from_slice(a);
        ends.extend_from_slice(b);
        for (way, middle) in [Interpolation::Linear, Interpolation::Spherical]
            .into_iter()
            .zip(&mut middles)
        {
            middle.extend(way.at(a, b, 0.5)?);
        }
    }
    let measure = |z: &[f32]| -> Result<Vec<Quantity>> {
        context.meter.measure(&context.subject.generate(z)?)
    };
    let at_ends = measure(&ends)?;
    let [linear, spherical] = [measure(&middles[0])?, measure(&middles[1])?];
    let mut medians = Vec::new();
    for ((ends, linear), spherical) in at_ends.iter().zip(&linear).zip(&spherical) {
        let values = [ends, linear, spherical].map(median);
        if let [Some(e), Some(l), Some(s)] = values {
            table = table.row([ends.name.clone(), short(e), short(l), short(s)]);
            medians.push((ends.name.clone(), e, l, s));
        }
    }
    if let Some((name, e, l, s)) = medians
        .iter()
        .find(|(name, ..)| name.starts_with("distance"))
        .or_else(|| medians.first())
    {
        section.finding(format!(
            "Midpoints of paths between two latents: median {name} {} (linear) and {} (spherical); at the ends {}.",
            short(*l),
            short(*s),
            short(*e)
        ));
    }
    if let Some(shape) = context.image() {
        let mut strip = Vec::new();
        for (i, (a, b)) in pairs.iter().take(DRAWN).enumerate() {
            let path = interpolate(g, a, b, Interpolation::Spherical, POINTS)?;
            strip.push((format!("pair {}", i + 1), path.images));
        }
        section.figure(
            strips("From one sample to another", shape, &strip)?,
            "Each row goes from one random latent to another (spherical interpolation). Blurred or broken images in the middle mean \
             that G maps this region to no valid sample.",
        );
    }
    section.table(table);
    section.record("pairs", &pairs.len())?;
    section.record("medians_at_ends_linear_spherical", &medians)
}

/// The median of a quantity that is a number.
fn median(quantity: &Quantity) -> Option<f64> {
    let Values::Numbers { numbers, .. } = &quantity.values else {
        return None;
    };
    let mut sorted = numbers.clone();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied()
}
