//! Data sets: every bad input says what is wrong, every batch is a function of (seed, step).

mod batches;
mod common;
#[cfg(feature = "cli")]
mod fetch;
mod folders;
mod idx;
mod samples;
mod tables;
