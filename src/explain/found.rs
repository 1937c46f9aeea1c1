//! The directions that were found.

use crate::interpret::{Directions, LabelDirection};

/// The directions of all methods.
pub(super) struct Found {
    /// One entry for each method.
    pub methods: Vec<Directions>,
    /// The directions of labels, with their accuracies.
    pub labels: Vec<LabelDirection>,
    /// The directions of the page.
    pub selected: Directions,
}
