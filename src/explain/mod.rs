//! Everything that can be found out about one GAN, as a page and as JSON.
//!
//! [`explain`] runs the methods of [`interpret`](crate::interpret) that apply to a GAN and turns each result into a
//! [`Section`]: findings in sentences, figures, tables, and every number with its protocol. A method that does not apply
//! is listed with the reason.

mod attribution;
mod concepts;
mod context;
mod copying;
mod directions;
mod disentanglement;
mod effects;
mod explanation;
mod finder;
mod found;
mod geometry;
mod inversion;
mod method;
mod page;
mod paths;
mod pictures;
mod probes;
mod same_function;
mod samples;
mod section;
mod settings;
mod units;

pub use explanation::{Explanation, Omission, explain};
pub use method::{METHODS, Method};
pub use section::{Part, Section};
pub use settings::{Event, ExplainSettings, Progress};
