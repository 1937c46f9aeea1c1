//! What the generators of a study make: one figure, a panel for each row of the table.

use std::path::Path;

use super::{MEASURES_SEED, Outcome, Row};
use crate::data::{Mixture, SampleShape};
use crate::error::Result;
use crate::evaluate::points;
use crate::report::{clouds, strips};
use crate::train::{Checkpoint, Run};

/// Images of each generator, and points.
const IMAGES: usize = 16;
const POINTS: usize = 1000;

/// Samples of the first finished run of each recipe and variant, as SVG. There is none for data that are neither
/// images nor a mixture, for several data sets, and for runs whose folders are gone.
///
/// # Errors
/// [`Error::Device`](crate::Error::Device).
pub(super) fn gallery(rows: &[Row], runs: &Path) -> Result<Option<String>> {
    let one_recipe = rows.iter().all(|row| row.config.gan == rows[0].config.gan);
    let mut trained: Vec<(String, Checkpoint)> = Vec::new();
    for group in rows.chunk_by(Row::differs_in_seed) {
        let finished = |row: &&Row| row.done.outcome == Outcome::Finished;
        let newest = |row: &Row| Run::open(&runs.join(&row.run))?.newest();
        // A picture is no reason to refuse a table.
        let Some(Ok((checkpoint, _))) = group.iter().find(finished).map(newest) else {
            continue;
        };
        let (gan, variant) = (&group[0].config.gan, &group[0].variant);
        let name = match (variant.is_empty(), one_recipe) {
            (true, _) => gan.clone(),
            (false, true) => variant.clone(),
            (false, false) => format!("{gan}, {variant}"),
        };
        trained.push((name, checkpoint));
    }
    let Some((_, first)) = trained.first() else {
        return Ok(None);
    };
    let (data, shape) = (&first.config.data.name, &first.description.shape);
    let same = |(_, other): &(String, Checkpoint)| other.config.data.name == *data;
    if !trained.iter().all(same) {
        return Ok(None);
    }
    let title = format!("Samples on {data}, seed {}", first.config.seed);
    let samples = |n| {
        trained.iter().map(move |(name, checkpoint)| {
            Ok((name.clone(), checkpoint.sample(n, MEASURES_SEED)?.values))
        })
    };
    match (Mixture::named(data), shape) {
        (Some(mixture), _) => {
            let panels = samples(POINTS).map(|panel: Result<_>| {
                let (name, values): (_, Vec<f32>) = panel?;
                Ok((name, points(&values, 2)?.to_vec()))
            });
            clouds(&title, &mixture, &panels.collect::<Result<Vec<_>>>()?).map(Some)
        }
        (None, SampleShape::Image { .. }) => {
            let rows: Result<Vec<_>> = samples(IMAGES).collect();
            strips(&title, shape, &rows?).map(Some)
        }
        (None, SampleShape::Vector { .. }) => Ok(None),
    }
}
