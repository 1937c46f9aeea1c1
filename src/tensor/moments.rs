//! Mean and variance of each channel.

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
        let mut sums = vec![0.0f64; channels];
        for_each_channel(x, features, plane, |c, run| {
            sums[c] += run.iter().map(|&x| x as f64).sum::<f64>();
        });
        let mean: Vec<f64> = sums.iter().map(|s| s / count).collect();
        let mut squares = vec![0.0f64; channels];
        for_each_channel(x, features, plane, |c, run| {
            let square = |&x: &f32| (x as f64 - mean[c]).powi(2);
            squares[c] += run.iter().map(square).sum::<f64>();
        });
        Moments {
            mean: mean.iter().map(|&m| m as f32).collect(),
            variance: squares.iter().map(|s| (s / count) as f32).collect(),
        }
    }
}

/// Calls `f(channel, plane of the channel)` for each sample and channel.
fn for_each_channel<'a>(
    x: &'a [f32],
    features: usize,
    plane: usize,
    mut f: impl FnMut(usize, &'a [f32]),
) {
    for sample in x.chunks_exact(features) {
        for (c, run) in sample.chunks_exact(plane).enumerate() {
            f(c, run);
        }
    }
}
