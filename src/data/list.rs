//! The list of all datasets, and which of them are available.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::datasets::{KINDS, fetch_command};
use super::kind::{DatasetKind, Origin};
use super::{DataConfig, Dataset, SampleShape, Split, data_dir};
use crate::files::lossy;

/// One line of `ganscope data list`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Listing {
    /// Name that `--data` takes.
    pub name: String,
    /// Whether the dataset can be used, and if not, why.
    pub availability: Availability,
    /// Number of different samples; `None` when they are drawn without end or not available.
    pub count: Option<usize>,
    /// Shape of one sample, when it is known.
    pub shape: Option<SampleShape>,
}

/// Whether a dataset can be used, and if not, why.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Availability {
    /// The program makes the samples.
    BuiltIn,
    /// The files have been downloaded and are valid.
    Present {
        /// Directory that holds them.
        #[serde(serialize_with = "lossy")]
        folder: PathBuf,
    },
    /// The files can be downloaded.
    Missing {
        /// Directory that would hold them.
        #[serde(serialize_with = "lossy")]
        folder: PathBuf,
        /// Command that downloads them.
        remedy: String,
    },
    /// The files are there but cannot be used.
    Damaged {
        /// Directory that holds them.
        #[serde(serialize_with = "lossy")]
        folder: PathBuf,
        /// The damaged file, what is wrong with it, and what to do.
        problem: String,
    },
    /// The user's own files, at the path after the colon.
    Yours,
}

/// Every dataset, and whether it can be used with the data directory `dir`. Both splits are read to find out.
///
/// ```
/// use ganscope::data::{Availability, list};
/// let empty = tempfile::tempdir()?;
/// let listings = list(empty.path());
/// let sprites = listings.iter().find(|l| l.name == "sprites").unwrap();
/// assert_eq!((sprites.count, &sprites.availability), (Some(73_728), &Availability::BuiltIn));
/// let mnist = listings.iter().find(|l| l.name == "mnist").unwrap();
/// assert!(matches!(mnist.availability, Availability::Missing { .. }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn list(dir: &Path) -> Vec<Listing> {
    KINDS.iter().map(|kind| examine(kind, dir)).collect()
}

fn examine(kind: &DatasetKind, dir: &Path) -> Listing {
    let name = kind.name;
    let config = DataConfig {
        dir: Some(dir.into()),
        ..DataConfig::named(name)
    };
    match kind.origin {
        Origin::UserFiles { .. } => listing(name, Availability::Yours, None),
        Origin::BuiltIn(open) => listing(name, Availability::BuiltIn, open(&config).ok().as_ref()),
        Origin::Download { open, .. } => {
            let folder = dir.join(name);
            if !folder.is_dir() {
                let is_default = data_dir(None).is_ok_and(|default| default == dir);
                let remedy = fetch_command(name, Some(dir).filter(|_| !is_default));
                return listing(name, Availability::Missing { folder, remedy }, None);
            }
            let test = DataConfig {
                split: Split::Test,
                ..config.clone()
            };
            match open(&test).and_then(|_| open(&config)) {
                Ok(train) => listing(name, Availability::Present { folder }, Some(&train)),
                Err(error) => {
                    let problem = error.to_string();
                    listing(name, Availability::Damaged { folder, problem }, None)
                }
            }
        }
    }
}

fn listing(name: &str, availability: Availability, dataset: Option<&Dataset>) -> Listing {
    Listing {
        name: name.into(),
        availability,
        count: dataset.and_then(Dataset::len),
        shape: dataset.map(|dataset| dataset.description().shape.clone()),
    }
}
