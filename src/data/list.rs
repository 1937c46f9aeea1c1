//! What data sets there are and which of them are here.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{DataConfig, Dataset, SampleShape};

/// One line of `ganscope data list`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Listing {
    /// What `--data` takes.
    pub name: String,
    /// Whether it can be used now.
    pub availability: Availability,
    /// How many different samples; `None` when there is no end to them or they are not here.
    pub count: Option<usize>,
    /// The shape of one sample, when it is known.
    pub shape: Option<SampleShape>,
}

/// Whether a data set can be used, and if not, why.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Availability {
    /// Made by the program.
    BuiltIn,
    /// In this folder, whole.
    Present {
        /// Where.
        folder: PathBuf,
    },
    /// Can be downloaded.
    Missing {
        /// Where it was looked for.
        folder: PathBuf,
        /// The command that brings it.
        remedy: String,
    },
    /// In this folder, but not usable.
    Damaged {
        /// Where.
        folder: PathBuf,
        /// Which file, what is wrong with it, and what to do.
        problem: String,
    },
    /// The user's own files, named after the colon.
    Yours,
}

/// Every known data set, and whether it is whole in the data folder `dir`; both splits are read.
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
    super::DATASETS.iter().map(|name| look(name, dir)).collect()
}

fn look(name: &str, dir: &Path) -> Listing {
    if name.contains(':') {
        return listing(name, Availability::Yours, None);
    }
    let config = DataConfig {
        dir: Some(dir.into()),
        ..DataConfig::named(name)
    };
    let downloaded = matches!(name, "mnist" | "fashion-mnist");
    if !downloaded {
        return listing(
            name,
            Availability::BuiltIn,
            Dataset::open(&config).ok().as_ref(),
        );
    }
    let folder = dir.join(name);
    if !folder.is_dir() {
        let remedy = format!("ganscope data fetch {name}");
        return listing(name, Availability::Missing { folder, remedy }, None);
    }
    let test = DataConfig {
        split: super::Split::Test,
        ..config.clone()
    };
    match Dataset::open(&test).and_then(|_| Dataset::open(&config)) {
        Ok(train) => listing(name, Availability::Present { folder }, Some(&train)),
        Err(error) => {
            let problem = error.to_string();
            listing(name, Availability::Damaged { folder, problem }, None)
        }
    }
}

fn listing(name: &str, availability: Availability, open: Option<&Dataset>) -> Listing {
    Listing {
        name: name.into(),
        availability,
        count: open.and_then(Dataset::len),
        shape: open.map(|dataset| dataset.description().shape.clone()),
    }
}
