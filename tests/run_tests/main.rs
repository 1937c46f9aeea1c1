//! Training: settings, the run directory, exact resuming, and errors that end a run.

mod bound;
mod common;
mod data;
mod exactness;
mod folder;
mod settings;
mod starts;
mod stops;
