//! Mean and variance of each channel.

use super::lanes::channel_sums;

/// Mean and (biased) variance of each channel of one batch.
#[derive(Debug, Clone, PartialEq)]
pub struct Moments {
    /// Mean of each channel.
    pub mean: Vec<f32>,
    /// Variance of each channel, the sum of squares divided by the number of values.
    pub variance: Vec<f32>,
}

impl Moments {
    /// Computes the moments of x `[n, channels·plane]`, where a row has `features` numbers, with sums in
    /// f64.
    pub fn of(x: &[f32], channels: usize, features: usize) -> Self {
        let plane = features / channels;
        let count = (x.len() / channels) as f64;
        let sums = channel_sums([x], channels, plane, |_, [x]| [x]);
        let mean: Vec<f64> = sums.iter().map(|[sum]| sum / count).collect();
        let squares = channel_sums([x], channels, plane, |c, [x]| [(x - mean[c]).powi(2)]);
        Moments {
            mean: mean.iter().map(|&m| m as f32).collect(),
            variance: squares.iter().map(|[s]| (s / count) as f32).collect(),
        }
    }
}
