//! Studies: many training runs, one for each recipe, variant and seed, and a table of their results.
//!
//! A study is a TOML file (`spec`). All its runs are planned before the first one starts. Workers (`worker`), which
//! are child processes (`pool`), train and measure them. The result of each run is a line of a log (`log`), so that an
//! interrupted study continues with the runs that are missing (`conduct`). The tables are made from the log (`table`,
//! `files`), and a figure from samples of the generators (`gallery`).

mod conduct;
mod files;
mod gallery;
mod log;
mod metrics;
mod pool;
mod spec;
mod table;
mod worker;

pub use conduct::{StudyProgress, conduct};
pub use files::{ResultFiles, csv, markdown, write};
pub use log::Row;
pub use metrics::{Metric, SAMPLING_SEED, metrics};
pub use spec::{PlannedRun, PublishedResult, Study};
pub use table::{Group, Mean, groups, protocol, table};
pub use worker::{Job, Outcome, RunResult, WorkerMessage, work};
