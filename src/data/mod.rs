//! Datasets and sample files.
//!
//! A [`Dataset`] is opened by name ([`DataConfig`]) and returns batches of real samples. A batch is a
//! function of (seed, step) alone, so that a resumed run sees the same samples as an uninterrupted one.
//! Samples are plain row-major `Vec<f32>`; nothing here depends on networks.
//!
//! | name | samples |
//! |---|---|
//! | `ring8`, `grid25` | points drawn from a [`Mixture`] of Gaussians |
//! | `sprites` | rendered 32×32 images with known [`Factors`] |
//! | `mnist`, `fashion-mnist` | 28×28 images with labels, from [IDX files](idx) |
//! | `images:DIR` | [PNG and JPEG files](images) of a directory |
//! | `csv:FILE` | rows of a numeric [`Table`] |
//! | `dsprites:FILE.npz` | the 64×64 images of the public dSprites file, with known factors |
//!
//! Each dataset is one file of `datasets/`, where all of them are listed.

mod batches;
mod column;
mod config;
mod csv_file;
mod dataset;
mod datasets;
mod dsprites;
mod factor_levels;
#[cfg(feature = "cli")]
pub mod fetch;
mod fields;
pub mod grid;
pub mod idx;
pub mod images;
mod kind;
mod list;
mod mirror;
mod mixture;
pub mod npy;
mod npz;
mod open;
mod place;
mod samples;
mod shape;
mod source;
pub mod sprites;
mod stored_images;
mod table;

pub(crate) use column::stands_for_missing;
pub use config::{DataConfig, Split};
pub use dataset::Dataset;
pub use fields::{Fields, Values};
pub use grid::{encode_grid, write_grid};
pub use list::{Availability, Listing, list};
pub use mixture::Mixture;
pub use open::{DATASETS, datasets_with_test_split, has_images, image_datasets};
pub(crate) use place::cache_folders;
pub use place::data_dir;
pub use samples::Samples;
pub use shape::{Description, SampleShape, StoredContent};
pub use sprites::{Factors, SPRITE_COUNT, SPRITE_FACTORS, Shape, Sprite, render};
pub use table::{Standardised, Table};
