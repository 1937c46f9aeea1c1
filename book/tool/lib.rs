//! From chapters to book pages and tests, with the outputs that their notebooks saved.
//!
//! [`project`] knows the folders and holds chapters against notebooks; [`page`] is mdBook's preprocessor;
//! [`program`] serves the build script, which makes a test of each chapter.

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
