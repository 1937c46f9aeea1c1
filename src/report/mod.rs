//! What a run looks like: figures as SVG and one self-contained HTML page.
//!
//! This module reads what others measured; it never trains and knows no dfdx. Figures are strings of
//! SVG that take the page's colours, so they follow its light and dark theme, and fall back to
//! colours that work on both where there is no page, as in a notebook.

pub mod balance;
mod captioned;
mod contour;
mod curves;
mod diagnosis;
mod figure;
pub(crate) mod format;
mod from_run;
mod gallery;
mod heat_map;
mod html;
mod phase;
mod plane;
pub(crate) mod png;
mod run;
mod summary;
mod table;
mod thinning;

pub use captioned::{Figure, Figures};
pub use contour::Grid;
pub use curves::Curves;
pub use from_run::write_page;
pub use gallery::{clouds, strips};
pub use heat_map::HeatMap;
pub use html::{KeyNumber, Page};
pub use phase::PhasePlane;
pub use plane::Plane;
pub use run::{RunReport, page};
pub use table::Table;
