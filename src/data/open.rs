//! Finds a dataset by its name and opens it.

use std::path::{Path, PathBuf};

use super::datasets::KINDS;
use super::kind::{DatasetKind, Origin, PathKind, Setting};
use super::{DataConfig, Dataset, Mixture, Split};
use crate::error::{Error, Result, unknown};

/// The names that [`Dataset::open`] knows.
pub const DATASETS: [&str; KINDS.len()] = {
    let mut names = [""; KINDS.len()];
    let mut i = 0;
    while i < names.len() {
        names[i] = KINDS[i].name;
        i += 1;
    }
    names
};

/// Names of the datasets whose samples are images.
pub fn image_datasets() -> Vec<&'static str> {
    names(|kind| kind.images)
}

/// Whether the samples of the dataset with this name are images; `false` for an unknown name.
///
/// ```
/// use ganscope::data::has_images;
/// assert!(has_images("images:photos") && !has_images("ring8"));
/// ```
pub fn has_images(name: &str) -> bool {
    find(name).is_some_and(|kind| kind.images)
}

/// Names of the datasets with a training and a test split.
pub fn datasets_with_test_split() -> Vec<&'static str> {
    names(|kind| kind.settings.contains(&Setting::TestSplit))
}

pub(super) fn names(of: impl Fn(&DatasetKind) -> bool) -> Vec<&'static str> {
    let kinds = KINDS.iter().filter(|kind| of(kind));
    kinds.map(|kind| kind.name).collect()
}

fn find(name: &str) -> Option<&'static DatasetKind> {
    KINDS.iter().find(|kind| kind.has_name(name))
}

impl Dataset {
    /// Opens a dataset by name.
    ///
    /// # Errors
    /// [`Error::Usage`] for an unknown name; [`Error::Config`] for a setting that does not apply to the dataset;
    /// [`Error::Data`] or [`Error::Io`] for files that are missing or damaged.
    pub fn open(config: &DataConfig) -> Result<Self> {
        let name = &config.name;
        let kind = find(name).ok_or_else(|| unknown("dataset", name, &DATASETS))?;
        check_settings(config, kind)?;
        match kind.origin {
            Origin::BuiltIn(open) | Origin::Download { open, .. } => open(config),
            Origin::UserFiles {
                open,
                path: kind_of_path,
            } => {
                let (name_of_kind, prefix) = (kind.name, kind.prefix().unwrap_or_default());
                match name.strip_prefix(prefix).unwrap_or_default() {
                    "" => Err(Error::Usage(format!(
                        "\"{prefix}\" needs a path after it, as in {prefix}my-data"
                    ))),
                    path => {
                        check_path(path.as_ref(), name_of_kind, kind_of_path)?;
                        open(config, path.as_ref())
                    }
                }
            }
        }
    }
}

/// Refuses a path that does not exist, a file in place of a directory of images, and a directory in place of a file.
fn check_path(path: &Path, name: &str, kind: PathKind) -> Result<()> {
    let problem = if !path.exists() {
        format!(
            "does not exist; check the path after the colon of {name}, or put the data back if a run was trained on them"
        )
    } else if kind == PathKind::ImageDirectory && path.is_file() {
        format!("is a file; {name} needs a directory of PNG or JPEG files")
    } else if kind == PathKind::File && path.is_dir() {
        format!("is a directory; {name} needs a file")
    } else {
        return Ok(());
    };
    Err(Error::data(path, problem))
}

/// Refuses a setting that was changed from its default and does not apply to this dataset.
fn check_settings(config: &DataConfig, kind: &DatasetKind) -> Result<()> {
    let (name, default) = (&config.name, DataConfig::default());
    let changed = [
        (
            "factors",
            Setting::Factors,
            config.factors != default.factors,
            "factors; the setting \"factors\" is only for",
        ),
        (
            "image_size",
            Setting::ImageSize,
            config.image_size != default.image_size,
            "adjustable image size; image_size is only for",
        ),
        (
            "grey",
            Setting::Grey,
            config.grey != default.grey,
            "choice of colours; grey is only for",
        ),
        (
            "split",
            Setting::TestSplit,
            config.split != default.split,
            "test split; split = \"test\" is only for",
        ),
    ];
    for (key, setting, is_changed, problem) in changed {
        if is_changed && !kind.settings.contains(&setting) {
            let names = names(|kind| kind.settings.contains(&setting)).join(" and ");
            return Err(Error::setting(
                key,
                format!("{name} has no {problem} {names}"),
            ));
        }
    }
    Ok(())
}

impl DataConfig {
    /// The split that a model trained on this one has not seen; `None` for data without a test split.
    ///
    /// ```
    /// use ganscope::data::{DataConfig, Split};
    /// assert_eq!(DataConfig::named("mnist").unseen().map(|other| other.split), Some(Split::Test));
    /// assert_eq!(DataConfig::named("sprites").unseen(), None);
    /// ```
    pub fn unseen(&self) -> Option<DataConfig> {
        let kind = find(&self.name)?;
        let split = match self.split {
            Split::Train => Split::Test,
            Split::Test => Split::Train,
        };
        kind.settings
            .contains(&Setting::TestSplit)
            .then(|| DataConfig {
                split,
                ..self.clone()
            })
    }

    /// Refuses to write the pictures of a run into `folder` if they would become images of this dataset, which
    /// includes all subdirectories of its directory.
    pub(crate) fn refuse_run_inside(&self, folder: &Path) -> Result<()> {
        let kind = find(&self.name).filter(|kind| kind.images);
        let path = kind
            .and_then(DatasetKind::prefix)
            .and_then(|prefix| self.name.strip_prefix(prefix));
        match path {
            Some(images) if real_path(folder).starts_with(real_path(Path::new(images))) => {
                Err(Error::Usage(format!(
                    "{} is inside {images}, and every image in a subdirectory of that directory belongs to the \
                     dataset, so the pictures of the run would become training images; choose an --out outside of it",
                    folder.display()
                )))
            }
            _ => Ok(()),
        }
    }

    /// The same with absolute paths, so that it means the same wherever the program is started.
    pub(crate) fn absolute(mut self) -> Self {
        let absolute = |path: &Path| std::path::absolute(path).unwrap_or(path.into());
        self.dir = self.dir.as_deref().map(absolute);
        let Some(prefix) = find(&self.name).and_then(DatasetKind::prefix) else {
            return self;
        };
        let path = self.name.strip_prefix(prefix).filter(|p| !p.is_empty());
        // A path that is not valid UTF-8 cannot be written to a configuration: it stays relative.
        if let Some(path) = path
            .map(|p| absolute(p.as_ref()))
            .as_deref()
            .and_then(Path::to_str)
        {
            self.name = format!("{prefix}{path}");
        }
        self
    }
}

/// The absolute path with all links resolved, of which the last parts need not exist yet.
fn real_path(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or(path.into());
    let existing = absolute
        .ancestors()
        .find_map(|part| Some((part, part.canonicalize().ok()?)));
    match existing {
        Some((part, real)) => match absolute.strip_prefix(part) {
            Ok(rest) => real.join(rest),
            Err(_) => real,
        },
        None => absolute,
    }
}

impl Mixture {
    /// The mixture that the dataset with this name is drawn from; `None` for datasets whose density is
    /// not known.
    ///
    /// ```
    /// use ganscope::data::Mixture;
    /// assert_eq!(Mixture::named("grid25"), Some(Mixture::grid25()));
    /// assert_eq!(Mixture::named("mnist"), None);
    /// ```
    pub fn named(name: &str) -> Option<Self> {
        find(name)?.mixture.map(|mixture| mixture())
    }

    /// The names that [`named`](Self::named) knows.
    pub fn names() -> Vec<&'static str> {
        names(|kind| kind.mixture.is_some())
    }
}
