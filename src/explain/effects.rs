//! What each direction of the page changes in the samples.

use super::context::Context;
use super::finder::found;
use super::section::{Section, capitalised};
use crate::data::SampleShape;
use crate::error::{Result, counted, thousands};
use crate::evaluate::points;
use crate::interpret::{Direction, Effect, EffectSettings, Effects, QuantityEffect};
use crate::report::format::short;
use crate::report::{Curves, IntervalPlot, Table, clouds, strips};

/// Positions along a direction in a row of images.
const POSITIONS: [f64; 7] = [-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0];
/// Largest number of rows of images, and of curves in a chart.
const ROWS: usize = 8;
const CURVES: usize = 4;
/// Positions along a direction in panels of points.
const PANELS: [f64; 4] = [-2.0, -1.0, 1.0, 2.0];

/// A direction with the quantity that it changes most, of those that the page is about.
struct Row<'a> {
    direction: &'a Direction,
    effect: &'a Effect,
    strongest: &'a QuantityEffect,
    /// Largest information about another of these quantities, relative to the strongest; `None` if there is no other.
    leakage: Option<f64>,
}

impl<'a> Row<'a> {
    fn of(direction: &'a Direction, effect: &'a Effect, focus: &[String]) -> Option<Self> {
        let in_focus = || effect.on.iter().filter(|on| focus.contains(&on.quantity));
        let key = |on: &QuantityEffect| (on.more_than_chance, on.information.0);
        let strongest = in_focus().max_by(|a, b| {
            let ((a_real, a), (b_real, b)) = (key(a), key(b));
            a_real.cmp(&b_real).then(a.total_cmp(&b))
        })?;
        let others = in_focus().filter(|on| on.quantity != strongest.quantity);
        let most = others.map(|on| on.information.0).max_by(f64::total_cmp);
        Some(Row {
            direction,
            effect,
            strongest,
            leakage: most.map(|most| most / strongest.information.0),
        })
    }
}

pub(super) fn run(context: &mut Context<'_>, section: &mut Section) -> Result<()> {
    let g = context.subject.generator()?;
    let directions = &found(context)?.selected.all;
    if directions.is_empty() {
        section.finding("No method finds a direction in this generator.");
        return Ok(());
    }
    let settings = EffectSettings {
        replicates: context.settings.replicates,
        seed: context.settings.seed,
        ..EffectSettings::default()
    };
    let z = context.new_latents(context.settings.latents)?;
    let effects = Effects::measure(g, directions, &z, &context.meter, &settings)?;
    // Classes, factors and modes are what people ask about; without them, every quantity is.
    let mut focus: Vec<String> = context.levels().map(|(name, ..)| name.into()).collect();
    let has_levels = !focus.is_empty();
    if !has_levels {
        focus = context.quantities.iter().map(|q| q.name.clone()).collect();
    }
    let pairs = directions.iter().zip(&effects.directions);
    let mut rows: Vec<Row<'_>> = pairs
        .filter_map(|(direction, effect)| Row::of(direction, effect, &focus))
        .collect();
    rows.sort_by(|a, b| {
        let real = b
            .strongest
            .more_than_chance
            .cmp(&a.strongest.more_than_chance);
        real.then(
            b.strongest
                .information
                .0
                .total_cmp(&a.strongest.information.0),
        )
    });
    findings(&rows, has_levels, &settings, section);
    intervals(&rows, section)?;
    if let Some(shape) = context.image() {
        images(context, shape, &rows, section)?;
    } else if context.subject.shape().map(SampleShape::numel) == Some(2) {
        panels(context, rows[0].direction, section)?;
    }
    curves(&effects, &rows, section)?;
    table(&effects, &rows, section);
    section.details("Protocol", effects.to_string());
    section.record("effects", &effects)
}

fn findings(rows: &[Row<'_>], has_levels: bool, settings: &EffectSettings, section: &mut Section) {
    let real = || rows.iter().filter(|row| row.strongest.more_than_chance);
    let focus = if has_levels {
        "a class or factor"
    } else {
        "a quantity"
    };
    if let Some(first) = real().next() {
        let on = first.strongest;
        section.finding(format!(
            "Of all directions, \"{}\" changes {} most: the mutual information of its position α and {} is {} bits of at most \
             {:.2} (95 % interval {} to {}; the largest of {} random directions: {}).",
            first.effect.direction,
            on.quantity,
            on.quantity,
            short(on.information.0),
            (settings.positions.len() as f64).log2(),
            short(on.interval.0.0),
            short(on.interval.1.0),
            settings.random_directions,
            short(on.chance.0)
        ));
    }
    section.finding(match real().count() {
        0 => format!(
            "None of {} changes {focus} more than each of {} random directions does.",
            counted(rows.len(), "direction"),
            settings.random_directions
        ),
        some => format!(
            "{some} of {} change {focus} more than each of {} random directions does.",
            counted(rows.len(), "direction"),
            settings.random_directions
        ),
    });
    let separate = real().filter_map(|row| Some((row, row.leakage?)));
    if let Some((row, leakage)) = separate.min_by(|a, b| a.1.total_cmp(&b.1)) {
        section.finding(format!(
            "The most specific direction is \"{}\": it tells at most {:.0} % as much about any other of these quantities as \
             about {}.",
            row.effect.direction,
            100.0 * leakage,
            row.strongest.quantity
        ));
    }
}

/// The strongest effect of each direction with its interval, beside that of random directions.
fn intervals(rows: &[Row<'_>], section: &mut Section) -> Result<()> {
    let mut plot = IntervalPlot::new(
        "What the position along a direction tells",
        "mutual information, bits",
    );
    for row in rows {
        let on = row.strongest;
        plot = plot.row(
            &format!("{} → {}", row.effect.direction, on.quantity),
            on.information.0,
            (on.interval.0.0, on.interval.1.0),
            Some(on.chance.0),
        );
    }
    section.figure(
        plot.svg()?,
        "Directions whose interval lies to the right of the orange line change a quantity more than chance; the others are \
         grey. Each row shows the class or factor (or else the quantity) that the direction changes most: the information between the position α and the \
         quantity, its 95 % interval, and, in orange, the most that any of the random directions tells.",
    );
    Ok(())
}

/// One row of images for each direction, from α = −3 to 3.
fn images(
    context: &Context<'_>,
    shape: &SampleShape,
    rows: &[Row<'_>],
    section: &mut Section,
) -> Result<()> {
    let z = context.first(1);
    let mut drawn = Vec::new();
    for row in rows.iter().take(ROWS) {
        let mut images = Vec::new();
        for alpha in POSITIONS {
            images.extend(context.subject.generate(&row.direction.walk(z, alpha))?);
        }
        let name = &row.direction.name;
        let name = if row.strongest.more_than_chance {
            name.clone()
        } else {
            format!("{name} (chance)")
        };
        drawn.push((name, images));
    }
    section.figure(
        strips("One sample, moved along each direction", shape, &drawn)?,
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
        clouds(
            &format!("Samples moved along {}", direction.name),
            mixture,
            &panels,
        )?,
        format!(
            "Where the samples go when their latents are moved along \"{}\"; the rings are the modes of the data.",
            direction.name
        ),
    );
    Ok(())
}

/// The quantity that is changed most, along the directions that change it.
fn curves(effects: &Effects, rows: &[Row<'_>], section: &mut Section) -> Result<()> {
    let quantity = &rows[0].strongest.quantity;
    let (mut title, mut label) = (
        format!("{} along the directions", capitalised(quantity)),
        quantity.clone(),
    );
    if !rows[0].strongest.unit.is_empty() {
        label.clone_from(&rows[0].strongest.unit);
    }
    let is_level = label == "fraction changed";
    if is_level {
        title = format!("How often {quantity} changes along the directions");
    }
    let mut chart = Curves::new(&title, "position α", &label);
    for row in rows
        .iter()
        .filter(|row| row.strongest.quantity == *quantity)
        .take(CURVES)
    {
        let points = effects.settings.positions.iter().zip(&row.strongest.curve);
        chart = chart.series(&row.effect.direction, points.map(|(a, v)| (*a, *v)));
    }
    let n = counted(effects.n, "latent");
    section.figure(
        chart.svg()?,
        if is_level {
            format!(
                "Fraction of {n} whose {quantity} differs from that at α = 0, for the directions that change it most."
            )
        } else {
            format!("How {quantity} follows the position, for the directions that change it most: mean over {n}.")
        },
    );
    Ok(())
}

fn table(effects: &Effects, rows: &[Row<'_>], section: &mut Section) {
    let quantities = rows[0].effect.on.iter().map(|on| on.quantity.as_str());
    let mut header = vec!["direction"];
    header.extend(quantities);
    let has_leakage = rows.iter().any(|row| row.leakage.is_some());
    if has_leakage {
        header.push("leakage");
    }
    let mut table = Table::new(
        &format!(
            "Information in bits between the position along each direction and each quantity, from {} latents. Values in \
             brackets are no more than chance.{}",
            thousands(effects.n as u64),
            if has_leakage {
                " Leakage: the largest value of another class or factor relative to the largest."
            } else {
                ""
            }
        ),
        &header,
    );
    for row in rows {
        let mut cells = vec![row.effect.direction.clone()];
        for on in &row.effect.on {
            let bits = format!("{:.2}", on.information.0);
            cells.push(if on.more_than_chance {
                bits
            } else {
                format!("({bits})")
            });
        }
        cells.extend(row.leakage.map(|l| format!("{l:.2}")));
        table = table.row(cells);
    }
    section.table(table);
}
