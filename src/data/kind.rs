//! What the program knows about a dataset before opening it.

use std::path::Path;

use super::mirror::Mirror;
use super::{DataConfig, Dataset, Mixture};
use crate::error::Result;

/// One dataset that can be named in a configuration.
#[derive(Clone, Copy)]
pub(super) struct DatasetKind {
    /// The name that `--data` takes; a prefix and a placeholder for the user's own files, as in `csv:FILE`.
    pub name: &'static str,
    /// Where the samples come from, and how they are opened.
    pub origin: Origin,
    /// Settings of [`DataConfig`] that apply to it, besides `name` and `dir`.
    pub settings: &'static [Setting],
    /// Whether the samples are images.
    pub images: bool,
    /// The mixture of Gaussians that the samples are drawn from, where they are.
    pub mixture: Option<fn() -> Mixture>,
}

/// Where the samples of a dataset come from, and how they are opened.
#[derive(Clone, Copy)]
pub(super) enum Origin {
    /// The program makes them.
    BuiltIn(fn(&DataConfig) -> Result<Dataset>),
    /// Files from a mirror, with a training and a test split.
    Download {
        open: fn(&DataConfig) -> Result<Dataset>,
        #[cfg_attr(
            not(feature = "cli"),
            expect(dead_code, reason = "downloads are a part of the command line")
        )]
        mirror: fn() -> Mirror,
    },
    /// The user's own files, at the path after the colon of the name.
    UserFiles {
        open: fn(&DataConfig, &Path) -> Result<Dataset>,
        /// What the path has to be.
        path: PathKind,
    },
}

/// What the path after the colon of a name has to be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum PathKind {
    /// One file.
    File,
    /// A directory of images.
    ImageDirectory,
}

/// A setting of [`DataConfig`] that applies to some datasets only.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Setting {
    /// `split = "test"`.
    TestSplit,
    /// `factors`.
    Factors,
    /// `image_size`.
    ImageSize,
    /// `grey`.
    Grey,
}

impl DatasetKind {
    /// A built-in dataset of vectors without any setting of its own.
    pub const fn built_in(name: &'static str, open: fn(&DataConfig) -> Result<Dataset>) -> Self {
        DatasetKind {
            name,
            origin: Origin::BuiltIn(open),
            settings: &[],
            images: false,
            mixture: None,
        }
    }

    /// What a name of the user's own files begins with, as in `csv:`.
    pub fn prefix(&self) -> Option<&'static str> {
        self.name.find(':').map(|colon| &self.name[..=colon])
    }

    /// Whether a configuration that names `name` means this dataset.
    pub fn has_name(&self, name: &str) -> bool {
        match self.prefix() {
            Some(prefix) => name.starts_with(prefix),
            None => name == self.name,
        }
    }
}
