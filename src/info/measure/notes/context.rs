//! What a note depends on.

use crate::error::Result;
use crate::info::Estimate;
use crate::info::estimator::{Descriptor, Summary};

/// The columns and the result that notes are about.
pub(in crate::info::measure) struct Context<'a> {
    pub table: &'a Summary<'a>,
    pub estimator: &'static Descriptor,
    /// The estimate, with the standard error from resampling if there is one.
    pub found: &'a Estimate,
    /// Number of replicates for the standard error; 0 for none.
    pub bootstrap: usize,
    /// Number of permutations for the p-value; 0 for none.
    pub permutations: usize,
}

/// The texts of a note that applies at most once.
pub(super) fn if_some(note: Option<String>) -> Result<Vec<String>> {
    Ok(Vec::from_iter(note))
}
