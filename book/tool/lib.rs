//! Turns chapters into pages of the book and into test programs, with the outputs that their notebooks saved.
//!
//! [`project`] knows the directories and compares chapters with notebooks, [`page`] is the preprocessor for mdBook,
//! and [`program`] is used by the build script, which makes a test of each chapter.

#![warn(missing_docs)]

pub mod chapter;
pub mod claims;
pub mod finding;
pub mod html;
pub mod notebook;
pub mod outputs;
pub mod page;
pub mod program;
pub mod project;
pub mod summary;
pub mod svg;
