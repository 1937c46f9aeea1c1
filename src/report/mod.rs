//! Figures, tables and the HTML report of a run.
//!
//! This module shows what other modules measured: it never trains and does not use dfdx. Figures are SVG
//! strings that take their colours from the page they are in, so they follow its light and dark theme. Where
//! there is no page, as in a notebook, they use colours that are legible on white and on black.

pub mod balance;
mod canvas;
mod contour;
mod curves;
mod curves_frame;
mod diagnosis;
mod figure;
mod figure_grid;
pub(crate) mod format;
mod from_run;
mod gallery;
mod heat_map;
mod html;
mod interval_plot;
mod key_number;
mod labels;
mod phase;
mod plane;
mod plane_frame;
pub(crate) mod png;
mod run;
mod summary;
mod table;
mod thinning;
mod ticks;
pub(crate) mod titles;

pub use contour::Grid;
pub use curves::Curves;
pub use figure::{Figure, Figures};
pub use from_run::write_page;
pub use gallery::{clouds, strips};
pub use heat_map::HeatMap;
pub use html::Page;
pub use interval_plot::IntervalPlot;
pub use key_number::KeyNumber;
pub use phase::PhasePlane;
pub use plane::Plane;
pub use run::{RunReport, page};
pub use table::Table;
