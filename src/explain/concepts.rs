//! Which units of G are active where a sprite of one shape is.

use super::context::Context;
use super::section::Section;
use crate::data::{SPRITE_FACTORS, SampleShape, render};
use crate::error::Result;
use crate::evaluate::nearest_sprites;
use crate::interpret::{ConceptMasks, ConceptSettings, Units, concept_units};
use crate::report::Table;

/// Number of units of a shape in the table.
const SHOWN: usize = 3;

/// Which units are active exactly where a sprite of a shape is.
pub(super) fn run(context: &Context<'_>, units: &Units, section: &mut Section) -> Result<()> {
    let Some(SampleShape::Image { height, width, .. }) = context.image().cloned() else {
        return Ok(());
    };
    let data = context.subject.data.as_ref();
    let levels = data.map(|d| d.config.factors.clone()).unwrap_or_default();
    let nearest = nearest_sprites(&context.generated, &levels)?;
    let mut table = Table::new(
        "Intersection over union (IoU) of a unit's active region with the mask of the nearest sprite, for the best units of each shape. \
         Chance: the mean over masks of other samples.",
        &["shape", "unit", "IoU", "interval", "chance"],
    );
    let mut results = Vec::new();
    let shapes = ["square", "ellipse", "heart"];
    for (shape, name) in shapes.iter().enumerate().take(SPRITE_FACTORS[0].1) {
        let mut present = Vec::with_capacity(nearest.len() * height * width);
        for sprite in &nearest {
            let is_shape = sprite.is_recognised() && sprite.factors.indices()[0] == shape;
            let mask = render(&sprite.factors);
            present.extend(mask.iter().map(|v| is_shape && *v > 0.0));
        }
        if !present.contains(&true) {
            continue;
        }
        let masks = ConceptMasks {
            name: (*name).into(),
            height,
            width,
            present,
        };
        let settings = ConceptSettings {
            resamples: context.settings.replicates,
            seed: context.settings.seed,
            ..ConceptSettings::default()
        };
        let found = concept_units(units, &context.z, &masks, &settings)?;
        for unit in found.units.iter().take(SHOWN) {
            table = table.row([
                (*name).to_string(),
                unit.unit.to_string(),
                format!("{:.2}", unit.iou),
                format!("{:.2} to {:.2}", unit.interval.0, unit.interval.1),
                format!("{:.2}", unit.chance_iou),
            ]);
        }
        results.push(found);
    }
    let best: Vec<_> = (results.iter())
        .filter_map(|found| Some((found, found.units.first()?)))
        .collect();
    if let [(_, first), rest @ ..] = &best[..]
        && !rest.is_empty()
        && rest.iter().all(|(_, unit)| unit.unit == first.unit)
    {
        section.finding(format!(
            "Unit {} is the best one for every shape, so it marks where a sprite is, not which shape it has.",
            first.unit
        ));
    }
    if let Some((found, unit)) = best.iter().max_by(|a, b| a.1.iou.total_cmp(&b.1.iou)) {
        section.finding(format!(
            "Unit {} matches the {} best: the region where it is active and the mask of the nearest sprite have an IoU of {:.2} \
             (interval {:.2} to {:.2}; {:.2} by chance).",
            unit.unit, found.concept, unit.iou, unit.interval.0, unit.interval.1, unit.chance_iou
        ));
    }
    section.table(table);
    section.record("concepts", &results)
}
