//! `mnist`: handwritten digits, from IDX files.

use std::path::Path;

use crate::data::kind::{DatasetKind, Origin, Setting};
use crate::data::mirror::{Digest, Mirror, RemoteFile};
use crate::data::stored_images::StoredImages;
use crate::data::{DataConfig, Dataset, Description, data_dir, idx};
use crate::error::{Error, Result};

pub(super) const KIND: DatasetKind = kind("mnist", mirror);

/// A dataset whose files have the names and the format of MNIST's.
pub(super) const fn kind(name: &'static str, mirror: fn() -> Mirror) -> DatasetKind {
    DatasetKind {
        name,
        origin: Origin::Download { open, mirror },
        settings: &[Setting::TestSplit],
        images: true,
        mixture: None,
    }
}

/// The mirror at `base_url`, with a digest for each of MNIST's four files.
pub(super) fn mirror_of(base_url: &str, digests: [Digest; 4]) -> Mirror {
    let names = [
        "train-images-idx3-ubyte.gz",
        "train-labels-idx1-ubyte.gz",
        "t10k-images-idx3-ubyte.gz",
        "t10k-labels-idx1-ubyte.gz",
    ];
    let files = names.into_iter().zip(digests);
    let files = files.map(|(name, digest)| RemoteFile {
        name: name.into(),
        digest,
    });
    Mirror {
        base_url: base_url.into(),
        files: files.collect(),
    }
}

fn mirror() -> Mirror {
    // Of the original files by Y. LeCun, C. Cortes and C. Burges.
    let digests = [
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ];
    mirror_of(
        "https://ossci-datasets.s3.amazonaws.com/mnist",
        digests.map(|digest| Digest::Sha256OfContent(digest.into())),
    )
}

/// The command that downloads a dataset into the data directory `dir`, if it was given.
pub(in crate::data) fn fetch_command(name: &str, dir: Option<&Path>) -> String {
    match dir {
        Some(dir) => format!("ganscope data fetch {name} --data-dir {}", dir.display()),
        None => format!("ganscope data fetch {name}"),
    }
}

fn open(config: &DataConfig) -> Result<Dataset> {
    let name = &config.name;
    let folder = data_dir(config.dir.as_deref())?.join(name);
    let fetch = fetch_command(name, config.dir.as_deref());
    if !folder.is_dir() {
        return Err(Error::data(
            &folder,
            format!(
                "this directory does not exist, so {name} is missing; run: {fetch} \
                 (or say where it is with --data-dir or GANSCOPE_DATA_DIR)"
            ),
        ));
    }
    let images = idx::read_pair(&folder, config.split).map_err(|e| match e {
        Error::Data { path, problem } if path == folder => Error::Data {
            path,
            problem: format!("{problem}; run: {fetch}"),
        },
        other => other,
    })?;
    Ok(Dataset::finite(
        Description::of_images(name, 1, images.height, images.width),
        StoredImages {
            numel: images.height * images.width,
            pixels: images.pixels,
            labels: Some(images.labels),
        },
    ))
}
