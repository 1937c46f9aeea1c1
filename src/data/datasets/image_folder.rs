//! `images:DIR`: the PNG and JPEG files of a directory.

use std::path::Path;

use crate::data::kind::{DatasetKind, Origin, PathKind, Setting};
use crate::data::stored_images::StoredImages;
use crate::data::{DataConfig, Dataset, Description, images};
use crate::error::Result;

pub(super) const KIND: DatasetKind = DatasetKind {
    name: "images:DIR",
    origin: Origin::UserFiles {
        open,
        path: PathKind::ImageDirectory,
    },
    settings: &[Setting::ImageSize, Setting::Grey],
    images: true,
    mixture: None,
};

fn open(config: &DataConfig, folder: &Path) -> Result<Dataset> {
    let images = images::read_folder(folder, config.image_size, config.grey)?;
    Ok(Dataset::finite(
        Description::of_images(&config.name, images.channels, images.size, images.size),
        StoredImages {
            numel: images.channels * images.size * images.size,
            pixels: images.pixels,
            labels: None,
        },
    ))
}
