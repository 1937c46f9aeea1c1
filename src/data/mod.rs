//! Where samples come from.
//!
//! A [`Dataset`] is opened by name ([`DataConfig`]) and hands out batches of real samples, each a
//! function of (seed, step) alone, so that a resumed run sees what an unbroken one would have seen.
//! Nothing here knows of networks: samples are plain row-major `Vec<f32>`.
//!
//! | name | samples |
//! |---|---|
//! | `ring8`, `grid25` | points of a [`Mixture`] whose density is known |
//! | `sprites` | procedural 32×32 images with known [`Factors`] |
//! | `mnist`, `fashion-mnist` | 28×28 images with labels, from [IDX files](idx) |
//! | `images:DIR` | a [folder of PNG and JPEG files](images) |
//! | `csv:FILE` | a numeric [`Table`] |

mod batches;
mod config;
mod dataset;
#[cfg(feature = "cli")]
pub mod fetch;
mod fields;
pub mod grid;
pub mod idx;
pub mod images;
mod list;
mod mixture;
pub mod npy;
mod place;
mod samples;
mod shape;
pub mod sprites;
mod table;

pub use config::{DATASETS, DataConfig, Split};
pub use dataset::Dataset;
pub(crate) use fields::stands_for_missing;
pub use fields::{Fields, Values};
pub use grid::{encode_grid, write_grid};
pub use list::{Availability, Listing, list};
pub use mixture::Mixture;
pub(crate) use place::cache_folders;
pub use place::data_dir;
pub use samples::Samples;
pub use shape::{Description, SampleShape};
pub use sprites::{Factors, SPRITE_COUNT, SPRITE_FACTORS, Shape, Sprite, render};
pub use table::{Standardised, Table};
