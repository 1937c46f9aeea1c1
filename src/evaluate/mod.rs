//! Measures of what a generator makes, each printed with the protocol it was measured under.

mod modes;

pub use modes::{HIGH_QUALITY_SIGMAS, ModeCoverage, PROTOCOL_N, mode_coverage, points};
