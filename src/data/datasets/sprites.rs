//! `sprites`: images that are rendered from known factors.

use rayon::prelude::*;

use crate::data::kind::{DatasetKind, Setting};
use crate::data::source::FiniteSource;
use crate::data::sprites::{Factors, SPRITE_FACTORS, SPRITE_SIZE, combinations};
use crate::data::{DataConfig, Dataset, Description};
use crate::error::Result;

pub(super) const KIND: DatasetKind = DatasetKind {
    settings: &[Setting::Factors],
    images: true,
    ..DatasetKind::built_in("sprites", open)
};

fn open(config: &DataConfig) -> Result<Dataset> {
    let description = Description::of_images("sprites", 1, SPRITE_SIZE, SPRITE_SIZE);
    let combinations = combinations(&config.factors)?;
    Ok(Dataset::finite(description, RenderedSprites(combinations)))
}

/// Ascending indices of the combinations of factors.
#[derive(Debug)]
struct RenderedSprites(Vec<usize>);

impl FiniteSource for RenderedSprites {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn read(&self, indices: &[usize], values: &mut [f32]) {
        let (images, _) = values.as_chunks_mut::<{ SPRITE_SIZE * SPRITE_SIZE }>();
        images.par_iter_mut().zip(indices).for_each(|(image, &i)| {
            if let Some(factors) = Factors::from_index(self.0[i]) {
                factors.sprite().render_into(image);
            }
        });
    }

    fn with_replacement(&self) -> bool {
        true
    }

    fn number(&self, index: usize) -> usize {
        self.0[index]
    }

    fn factors(&self) -> &'static [(&'static str, usize)] {
        &SPRITE_FACTORS
    }

    fn factor_levels(&self, number: usize) -> Option<Vec<usize>> {
        Some(Factors::from_index(number)?.indices().into())
    }
}
