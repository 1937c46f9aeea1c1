//! `dsprites:FILE.npz`: the public dSprites file.

use std::path::Path;

use rayon::prelude::*;
use sha2::{Digest as _, Sha256};

use crate::data::dsprites::{Dsprites, FACTORS, SIDE};
use crate::data::factor_levels::LevelChoice;
use crate::data::kind::{DatasetKind, Origin, PathKind, Setting};
use crate::data::source::FiniteSource;
use crate::data::{DataConfig, Dataset, Description};
use crate::error::{Error, Result};
use crate::files::hex;

pub(super) const KIND: DatasetKind = DatasetKind {
    name: "dsprites:FILE.npz",
    origin: Origin::UserFiles {
        open,
        path: PathKind::File,
    },
    settings: &[Setting::Factors],
    images: true,
    mixture: None,
};

fn open(config: &DataConfig, file: &Path) -> Result<Dataset> {
    // The setting is checked first, because the file takes seconds to read.
    let choice = LevelChoice::new("dsprites", &FACTORS, &config.factors)?;
    let images = Dsprites::read(file)?;
    let is_chosen = |index: &usize| {
        let levels = images.levels(*index);
        levels.is_some_and(|levels| choice.allows(&levels))
    };
    let chosen: Vec<usize> = (0..images.levels.len()).filter(is_chosen).collect();
    if chosen.is_empty() {
        return Err(Error::data(
            file,
            "no image has the levels in the setting \"factors\"; allow more levels",
        ));
    }
    Ok(Dataset::finite(
        Description::of_images(&config.name, 1, SIDE, SIDE),
        ChosenImages { images, chosen },
    ))
}

/// The images of a file whose factors have allowed levels.
#[derive(Debug)]
struct ChosenImages {
    images: Dsprites,
    /// Ascending positions of the images in the file.
    chosen: Vec<usize>,
}

impl FiniteSource for ChosenImages {
    fn len(&self) -> usize {
        self.chosen.len()
    }

    fn read(&self, indices: &[usize], values: &mut [f32]) {
        let images = values.par_chunks_exact_mut(SIDE * SIDE).zip(indices);
        images.for_each(|(image, &i)| self.images.write_image(self.chosen[i], image));
    }

    fn digest(&self) -> Option<String> {
        let mut hash = Sha256::new();
        hash.update((self.images.levels.len() as u64).to_le_bytes());
        hash.update(&self.images.bits);
        hash.update(self.images.levels.as_flattened());
        Some(hex(&hash.finalize()))
    }

    fn number(&self, index: usize) -> usize {
        self.chosen[index]
    }

    fn factors(&self) -> &'static [(&'static str, usize)] {
        &FACTORS
    }

    fn factor_levels(&self, number: usize) -> Option<Vec<usize>> {
        Some(self.images.levels(number)?.into())
    }
}
