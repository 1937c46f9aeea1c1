//! Which dataset to open, as a configuration file describes it.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Part of a dataset that has a training and a test split.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Split {
    /// Samples to train on.
    #[default]
    Train,
    /// Samples to test on; only MNIST and Fashion-MNIST have them.
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

/// Which dataset to open, and how.
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
    /// Name of the dataset: one of [`DATASETS`](super::DATASETS), with a path in place of `DIR` or `FILE`.
    pub name: String,
    /// Directory that holds the datasets; see [`data_dir`](super::data_dir) for what `None` means.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dir: Option<PathBuf>,
    /// Rows and columns to which the images of `images:DIR` are scaled; 1 to 1024.
    pub image_size: usize,
    /// Whether the images of `images:DIR` are converted to greyscale.
    pub grey: bool,
    /// Split of MNIST or Fashion-MNIST.
    pub split: Split,
    /// Levels to which factors of `sprites` or `dsprites:FILE.npz` are restricted, as in `rotation = [0]` for
    /// upright sprites. A factor that is not named here may have any level. See
    /// [`Dataset::factors`](super::Dataset::factors).
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
    /// The dataset with this name and the default for every other setting.
    pub fn named(name: impl Into<String>) -> Self {
        DataConfig {
            name: name.into(),
            ..Self::default()
        }
    }
}
