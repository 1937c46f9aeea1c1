//! The losses of D and G, and everything a configuration can add to them.
//!
//! An [`Objective`] is a pure function of D's scores; one file in `objectives/` holds one objective, with its
//! equation above the code. The other files hold what can be added to any objective: a [penalty](PenaltyConfig)
//! on D's gradient, InfoGAN's [codes](Codes), the article's regulariser [`RAdv`], AdaGAN's [`Boosting`]. A
//! [`Recipe`] names a combination with its default settings.

mod adagan;
pub mod as_written;
pub mod bounds;
pub mod dirac;
mod infogan;
mod objective;
mod objectives;
mod penalty;
mod r_adv;
mod recipe;
mod term_weight;

pub use crate::tensor::{Loss, Scores};
pub use adagan::{Boosting, reweight};
pub use infogan::{Agreement, Codes, Information};
pub use objective::{MeanOutputs, Measurement, Objective};
// A new objective is re-exported here by the list in `objectives`.
pub use objectives::*;
pub use penalty::{Penalty, PenaltyConfig};
pub use r_adv::RAdv;
pub use recipe::{RECIPES, Recipe};
