//! The datasets that can be named, one file each.
//!
//! To add one, write its file with a `KIND`, and add the file and the `KIND` here.

mod csv_table;
mod dsprites;
mod fashion_mnist;
mod grid25;
mod image_folder;
mod mnist;
mod ring8;
mod sprites;

use super::kind::DatasetKind;

pub(super) use mnist::fetch_command;

/// All datasets, in the order in which they are listed.
pub(super) const KINDS: &[DatasetKind] = &[
    ring8::KIND,
    grid25::KIND,
    sprites::KIND,
    mnist::KIND,
    fashion_mnist::KIND,
    image_folder::KIND,
    csv_table::KIND,
    dsprites::KIND,
];
