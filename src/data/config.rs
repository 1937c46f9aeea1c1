//! Which data to open, as a configuration file says it.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The names that [`Dataset::open`](super::Dataset::open) knows.
pub const DATASETS: [&str; 7] = [
    "ring8",
    "grid25",
    "sprites",
    "mnist",
    "fashion-mnist",
    "images:DIR",
    "csv:FILE",
];

/// Which part of a data set that comes in two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Split {
    /// What one learns from.
    #[default]
    Train,
    /// What one is examined on: only MNIST and Fashion-MNIST have it.
    Test,
}

impl fmt::Display for Split {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Split::Train => "training",
            Split::Test => "test",
        })
    }
}

/// Which data to open, and how.
///
/// ```
/// use ganscope::data::DataConfig;
/// let config: DataConfig = toml::from_str("name = \"images:photos\"\nimage_size = 64")?;
/// assert_eq!(config, DataConfig { image_size: 64, ..DataConfig::named("images:photos") });
/// assert!(!config.grey);
/// # Ok::<(), toml::de::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DataConfig {
    /// One of [`DATASETS`], with a path of the user's in place of `DIR` and `FILE`.
    pub name: String,
    /// The data folder; see [`data_dir`](super::data_dir) for what `None` means.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dir: Option<PathBuf>,
    /// Rows and columns that the images of `images:DIR` are brought to; 1 to 1024.
    pub image_size: usize,
    /// Whether `images:DIR` is turned to grey even if it has colours.
    pub grey: bool,
    /// Which part of MNIST or Fashion-MNIST.
    pub split: Split,
    /// The levels that factors of `sprites` are held to, as in `rotation = [0]` for upright shapes; a
    /// factor that is not named here takes all its levels. See [`Factors`](super::Factors).
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub factors: BTreeMap<String, Vec<usize>>,
}

impl Default for DataConfig {
    fn default() -> Self {
        DataConfig {
            name: "ring8".into(),
            dir: None,
            image_size: 32,
            grey: false,
            split: Split::Train,
            factors: BTreeMap::new(),
        }
    }
}

impl DataConfig {
    /// The data set of that name with every other setting at its default.
    pub fn named(name: impl Into<String>) -> Self {
        DataConfig {
            name: name.into(),
            ..Self::default()
        }
    }

    /// The split that who learns from this one does not see; none where data come in one piece.
    ///
    /// ```
    /// use ganscope::data::{DataConfig, Split};
    /// assert_eq!(DataConfig::named("mnist").unseen().map(|other| other.split), Some(Split::Test));
    /// assert_eq!(DataConfig::named("sprites").unseen(), None);
    /// ```
    pub fn unseen(&self) -> Option<DataConfig> {
        let split = match self.split {
            Split::Train => Split::Test,
            Split::Test => Split::Train,
        };
        ["mnist", "fashion-mnist"]
            .contains(&self.name.as_str())
            .then(|| DataConfig {
                split,
                ..self.clone()
            })
    }

    /// Refuses `factors` for data that have none.
    pub(super) fn no_factors(&self) -> Result<()> {
        if self.factors.is_empty() || self.name == "sprites" {
            return Ok(());
        }
        Err(Error::setting(
            "factors",
            format!("{} has no factors to hold; only sprites do", self.name),
        ))
    }

    /// With paths that mean the same wherever the program is started.
    pub(crate) fn absolute(mut self) -> Self {
        let absolute = |path: &Path| std::path::absolute(path).unwrap_or(path.into());
        self.dir = self.dir.as_deref().map(absolute);
        for prefix in ["images:", "csv:"] {
            let path = self.name.strip_prefix(prefix).filter(|p| !p.is_empty());
            // A folder whose name is no UTF-8 cannot stand in a configuration: then as it was.
            if let Some(path) = path
                .map(|p| absolute(p.as_ref()))
                .as_deref()
                .and_then(Path::to_str)
            {
                self.name = format!("{prefix}{path}");
            }
        }
        self
    }

    /// Refuses settings of images for data that are not `images:DIR`.
    pub(super) fn no_image_settings(&self) -> Result<()> {
        let plain = DataConfig::default();
        let name = match (self.image_size == plain.image_size, self.grey == plain.grey) {
            _ if self.name.starts_with("images:") => return Ok(()),
            (true, true) => return Ok(()),
            (false, _) => "image_size",
            (_, false) => "grey",
        };
        Err(Error::setting(
            name,
            format!(
                "{name} is only for images:DIR; {} come as they are",
                self.name
            ),
        ))
    }

    /// Refuses `split = "test"` for data that come in one piece.
    pub(super) fn no_test_split(&self) -> Result<()> {
        match self.split {
            Split::Train => Ok(()),
            Split::Test => Err(Error::setting(
                "split",
                format!(
                    "{} has no test split; only mnist and fashion-mnist do",
                    self.name
                ),
            )),
        }
    }
}
