//! Titles of the figures: the only place where they are written.

/// Losses of D and G against the step.
pub(super) const LOSSES: &str = "Losses";
/// Mean probability of "real" that D gives to real and to generated samples, against the step.
pub(super) const PROBABILITIES: &str = "Mean output of D";
/// Mean score that a critic gives to real and to generated samples, against the step.
pub(super) const SCORES: &str = "Mean score of D";
/// Gradient norms of D and G against the step.
pub(super) const GRADIENT_NORMS: &str = "Gradient norms";
/// Information about the categorical codes that Q finds in generated samples, against the step.
pub(super) const CODE_INFORMATION: &str = "Information about the codes";
/// Share of the generated samples in each mode.
pub(super) const MODE_SHARES: &str = "Share of samples in each mode";

/// Title of [`Plane`](super::Plane) for the mixture of this name.
pub(super) fn plane(mixture: &str) -> String {
    format!("Generated samples and D on {mixture}")
}

/// Title of the samples that the generators of a study draw.
pub(crate) fn study_samples(data: &str, seed: u64) -> String {
    format!("Samples on {data}, seed {seed}")
}
