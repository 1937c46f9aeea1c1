//! The number of pixels that are combined into one when an image is resampled.

/// Number of pixels in each weighted sum of [`resample`](super::resample::resample).
pub const TAPS: usize = 4;
