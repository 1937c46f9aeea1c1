//! Training: settings, the run folder, exact resume, and what stops a run.

mod bound;
mod common;
mod data;
mod exactness;
mod folder;
mod settings;
mod starts;
mod stops;
