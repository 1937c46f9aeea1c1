//! What each direction of the page changes in the samples.

use super::context::Context;
use super::section::Section;
use crate::data::SampleShape;
use crate::error::{Result, counted, thousands};
use crate::evaluate::points;
use crate::interpret::{Direction, Effect, EffectSettings, Effects};
use crate::report::format::short;
use crate::report::{Curves, IntervalPlot, Table, clouds, strips};

/// Positions along a direction in a row of images.
const POSITIONS: [f64; 7] = [-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0];
/// Largest number of rows of images, and of curves in a chart.
const ROWS: usize = 8;
const CURVES: usize = 4;
/// Positions along a direction in panels of points.
const PANELS: [f64; 4] = [-2.0, -1.0, 1.0, 2.0];

pub(super) fn run(context: &mut Context<'_>, section: &mut Section) -> Result<()> {
    let g = context.subject.generator()?;
    let directions = &context.directions()?.selected.all;
    if directions.is_empty() {
        section.finding("No method finds a direction in this generator.");
        return Ok(());
    }
    let settings = EffectSettings {
        replicates: context.settings.replicates,
        seed: context.settings.seed,
        ..EffectSettings::default()
    };
    let effects = Effects::measure(g, directions, &context.z, &context.meter, &settings)?;
    // The direction with the largest effect first.
    let strength = |effect: &Effect| effect.strongest().map_or(0.0, |on| on.information.0);
    let mut order: Vec<usize> = (0..directions.len()).collect();
    order.sort_by(|&a, &b| {
        strength(&effects.directions[b]).total_cmp(&strength(&effects.directions[a]))
    });
    findings(&effects, &order, section);
    intervals(&effects, &order, section)?;
    if let Some(shape) = context.image() {
        images(context, shape, directions, &effects, &order, section)?;
    } else if context.subject.shape().map(SampleShape::numel) == Some(2) {
        panels(context, &directions[order[0]], section)?;
    }
    curves(&effects, &order, section)?;
    table(&effects, &order, section);
    section.details("Protocol", effects.to_string());
    section.record("effects", &effects)
}

fn findings(effects: &Effects, order: &[usize], section: &mut Section) {
    let ranked = || order.iter().map(|&i| &effects.directions[i]);
    let real = ranked()
        .filter(|effect| effect.strongest().is_some())
        .count();
    if let Some((first, strongest)) = ranked().find_map(|e| Some((e, e.strongest()?))) {
        section.finding(format!(
            "The direction \"{}\" changes {} most: its position tells {} bits about it (95 % interval {} to {}), where random \
             directions tell at most {}.",
            first.direction,
            strongest.quantity,
            short(strongest.information.0),
            short(strongest.interval.0.0),
            short(strongest.interval.1.0),
            short(strongest.chance.0)
        ));
    }
    section.finding(match real {
        0 => format!(
            "None of {} changes anything more than a random direction does.",
            counted(order.len(), "direction")
        ),
        all if all == order.len() => format!(
            "All {} change something more than every random direction does.",
            counted(all, "direction")
        ),
        some => format!(
            "{some} of {} change something more than every random direction does; the others are grey.",
            counted(order.len(), "direction")
        ),
    });
    let separate = ranked().filter_map(|e| Some((e, e.strongest()?, e.leakage()?)));
    if let Some((effect, on, leakage)) = separate.min_by(|a, b| a.2.total_cmp(&b.2)) {
        section.finding(format!(
            "The most specific direction is \"{}\": what it tells about any other quantity is at most {:.0} % of what it \
             tells about {}.",
            effect.direction,
            100.0 * leakage,
            on.quantity
        ));
    }
}

/// The strongest effect of each direction with its interval, beside that of random directions.
fn intervals(effects: &Effects, order: &[usize], section: &mut Section) -> Result<()> {
    let mut plot = IntervalPlot::new(
        "What the position along a direction tells",
        "mutual information, bits",
    );
    for &i in order {
        let effect = &effects.directions[i];
        let all = effect.on.iter();
        let most = effect
            .strongest()
            .or_else(|| all.max_by(|a, b| a.information.0.total_cmp(&b.information.0)));
        let Some(on) = most else { continue };
        plot = plot.row(
            &format!("{} → {}", effect.direction, on.quantity),
            on.information.0,
            (on.interval.0.0, on.interval.1.0),
            Some(on.chance.0),
        );
    }
    section.figure(
        plot.svg()?,
        "Directions whose interval lies to the right of the orange line change a quantity more than chance; the others are \
         grey. Each row shows the quantity that the direction changes most: the information between the position α and the \
         quantity, its 95 % interval, and, in orange, the most that any of the random directions tells.",
    );
    Ok(())
}

/// One row of images for each direction, from α = −3 to 3.
fn images(
    context: &Context<'_>,
    shape: &SampleShape,
    directions: &[Direction],
    effects: &Effects,
    order: &[usize],
    section: &mut Section,
) -> Result<()> {
    let z = context.first(1);
    let mut rows = Vec::new();
    for &i in order.iter().take(ROWS) {
        let mut row = Vec::new();
        for alpha in POSITIONS {
            row.extend(context.subject.generate(&directions[i].walk(z, alpha))?);
        }
        let name = match effects.directions[i].strongest() {
            Some(_) => directions[i].name.clone(),
            None => format!("{} (chance)", directions[i].name),
        };
        rows.push((name, row));
    }
    section.figure(
        strips("One sample, moved along each direction", shape, &rows)?,
        "What each direction does to the same sample, from α = −3 on the left to α = 3 on the right; the sample itself is in \
         the middle.",
    );
    Ok(())
}

/// Points at several positions along a direction.
fn panels(context: &Context<'_>, direction: &Direction, section: &mut Section) -> Result<()> {
    let data = context.subject.data.as_ref();
    let Some(mixture) = data.and_then(|data| data.dataset.mixture()) else {
        return Ok(());
    };
    let mut panels = Vec::new();
    for alpha in PANELS {
        let moved = context
            .subject
            .generate(&direction.walk(&context.z, alpha))?;
        panels.push((format!("α = {}", short(alpha)), points(&moved, 2)?.to_vec()));
    }
    section.figure(
        clouds(&format!("Samples moved along {}", direction.name), mixture, &panels)?,
        format!(
            "The direction \"{}\" moves the samples between the modes; the rings are the modes of the data.",
            direction.name
        ),
    );
    Ok(())
}

/// The quantities that are numbers, along the directions that change them.
fn curves(effects: &Effects, order: &[usize], section: &mut Section) -> Result<()> {
    let strongest = order.iter().filter_map(|&i| {
        let effect = &effects.directions[i];
        Some((effect, effect.strongest()?))
    });
    let strongest: Vec<_> = strongest.collect();
    let Some((_, first)) = strongest.first() else {
        return Ok(());
    };
    let mut chart = Curves::new(
        &format!("{} along the directions", first.quantity),
        "position α",
        if first.unit.is_empty() {
            &first.quantity
        } else {
            &first.unit
        },
    );
    let same = strongest
        .iter()
        .filter(|(_, on)| on.quantity == first.quantity);
    for (effect, on) in same.take(CURVES) {
        let points = effects.settings.positions.iter().zip(&on.curve);
        chart = chart.series(&effect.direction, points.map(|(a, v)| (*a, *v)));
    }
    section.figure(
        chart.svg()?,
        format!(
            "How {} follows the position, for the directions that change it most: the mean over {}, or the fraction whose \
             level is another than at α = 0.",
            first.quantity,
            counted(effects.n, "latent")
        ),
    );
    Ok(())
}

fn table(effects: &Effects, order: &[usize], section: &mut Section) {
    let quantities = effects.directions[0]
        .on
        .iter()
        .map(|on| on.quantity.as_str());
    let mut header = vec!["direction"];
    header.extend(quantities);
    header.push("leakage");
    let mut table = Table::new(
        &format!(
            "Information in bits between the position along each direction and each quantity, from {} latents. Values in \
             brackets are no more than chance. Leakage is the largest value of another quantity relative to the largest.",
            thousands(effects.n as u64)
        ),
        &header,
    );
    for &i in order {
        let effect = &effects.directions[i];
        let mut cells = vec![effect.direction.clone()];
        for on in &effect.on {
            let bits = format!("{:.2}", on.information.0);
            cells.push(if on.more_than_chance {
                bits
            } else {
                format!("({bits})")
            });
        }
        cells.push(effect.leakage().map_or("–".into(), |l| format!("{l:.2}")));
        table = table.row(cells);
    }
    section.table(table);
}
