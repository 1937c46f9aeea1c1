//! Figure with samples of the generators of a study: one panel for each row of the table.

use std::path::Path;

use super::log::Row;
use super::metrics::SAMPLING_SEED;
use super::worker::Outcome;
use crate::data::{Mixture, SampleShape};
use crate::error::Result;
use crate::evaluate::points;
use crate::report::{clouds, strips, titles};
use crate::train::{Checkpoint, Run};

/// Number of images and number of points of each generator.
const IMAGES: usize = 16;
const POINTS: usize = 1000;

/// Returns samples of the first finished run of each recipe and variant, as SVG.
///
/// There is no figure for data that are neither images nor a mixture, for several datasets, and for runs whose
/// directories do not exist any more.
///
/// # Errors
/// [`Error::Device`](crate::Error::Device) when sampling fails.
pub(super) fn gallery(rows: &[Row], runs: &Path) -> Result<Option<String>> {
    let one_recipe = rows.iter().all(|row| row.config.gan == rows[0].config.gan);
    let mut trained: Vec<(String, Checkpoint)> = Vec::new();
    for group in rows.chunk_by(Row::same_variant) {
        let finished = |row: &&Row| row.result.outcome == Outcome::Finished;
        let newest = |row: &Row| Run::open(&runs.join(&row.run))?.newest();
        // A run that cannot be read is left out of the figure.
        let Some(Ok((checkpoint, _))) = group.iter().find(finished).map(newest) else {
            continue;
        };
        let (gan, variant) = (&group[0].config.gan, &group[0].variant);
        let name = if variant.is_empty() {
            gan.clone()
        } else if one_recipe {
            variant.clone()
        } else {
            format!("{gan}, {variant}")
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
    let title = titles::study_samples(data, first.config.seed);
    let samples = |n| {
        trained.iter().map(move |(name, checkpoint)| {
            Ok((name.clone(), checkpoint.sample(n, SAMPLING_SEED)?.values))
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
