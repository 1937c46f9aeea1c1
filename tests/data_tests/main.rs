//! Datasets: the message for every invalid input, and batches as a function of (seed, step).

mod batches;
mod common;
mod dsprites;
#[cfg(feature = "cli")]
mod fetch;
mod folders;
mod idx;
mod samples;
mod tables;
