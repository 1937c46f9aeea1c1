//! Studies: recipes × variants × seeds, each run in a process of its own, and one table of them all.
//!
//! A study is written in TOML (`spec`) and planned before anything runs. Its runs are trained and
//! measured by workers (`worker`), which are child processes (`pool`); what they say of each run is a
//! line of a log (`log`), so that what is done is not done again (`conduct`). The tables are made from
//! the log (`table`), and a picture from what the generators make (`gallery`).

mod conduct;
mod gallery;
mod log;
mod measure;
mod pool;
mod spec;
mod table;
mod worker;

pub use conduct::{Progress, conduct};
pub use log::Row;
pub use measure::{MEASURES_SEED, Measure, measures};
pub use spec::{Planned, Published, Study};
pub use table::{Group, Mean, Written, csv, groups, markdown, protocol, table, write};
pub use worker::{Done, Job, Outcome, Said, work};
