//! Features and images for the tests.

use std::path::Path;

use ganscope::data::idx::Idx;
use ganscope::data::{DataConfig, Dataset, Split};
use ganscope::evaluate::Features;
use ganscope::random::{Stream, standard_normal};

/// Pseudo-random numbers in [0, 1) that can be reproduced in NumPy: s ← 1664525 s + 1013904223 mod 2³², s / 2³².
pub fn lcg(seed: u32, n: usize) -> impl Iterator<Item = f64> {
    let mut state = seed;
    (0..n).map(move |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state) / 2f64.powi(32)
    })
}

/// `n` draws of N(0, 1) in each of `d` dimensions.
pub fn normal(seed: u64, n: usize, d: usize) -> Features {
    let draws = standard_normal(seed, Stream::Data, 0, n * d);
    Features::new(draws.iter().map(|v| f64::from(*v)).collect(), d).unwrap()
}

/// The real and generated features for which the results of NumPy are known: 300 and 250 rows of 16 numbers.
pub fn numpy_features() -> (Features, Features) {
    let real = lcg(1, 300 * 16).collect();
    let generated = lcg(2, 250 * 16).map(|v| 0.1 + 0.9 * v).collect();
    let features = |values| Features::new(values, 16).unwrap();
    (features(real), features(generated))
}

/// Writes `n` training and `n` test images of 8×8 pixels in the files of MNIST: noise with a bar of random
/// brightness and length at the top, bottom, left or right, which is the class.
pub fn write_bars(data: &Path, n: usize) {
    for (seed, prefix) in [(5, "train"), (6, "t10k")] {
        let noise: Vec<u8> = lcg(seed, n * 64).map(|v| (v * 60.0) as u8).collect();
        let mut pixels = noise;
        let mut labels = Vec::new();
        let each = lcg(seed + 2, 3 * n).collect::<Vec<_>>();
        for (image, random) in pixels.chunks_exact_mut(64).zip(each.chunks_exact(3)) {
            let class = (random[0] * 4.0) as usize;
            let bright = 120 + (random[1] * 130.0) as u8;
            for along in 0..5 + (random[2] * 4.0) as usize {
                for across in 1..3 {
                    let (row, column) = match class {
                        0 => (across, along),
                        1 => (7 - across, along),
                        2 => (along, across),
                        _ => (along, 7 - across),
                    };
                    image[row * 8 + column] = bright;
                }
            }
            labels.push(class as u8);
        }
        let write = |name: &str, dimensions: Vec<usize>, bytes: Vec<u8>| {
            let path = data.join("mnist").join(format!("{prefix}-{name}-ubyte"));
            Idx { dimensions, bytes }.write(&path).unwrap();
        };
        write("images-idx3", vec![n, 8, 8], pixels);
        write("labels-idx1", vec![n], labels);
    }
}

pub fn bars_config(data: &Path, split: Split) -> DataConfig {
    DataConfig {
        dir: Some(data.into()),
        split,
        ..DataConfig::named("mnist")
    }
}

/// Training and test images of [`write_bars`].
pub fn bars(data: &Path) -> (Dataset, Dataset) {
    let open = |split| Dataset::open(&bars_config(data, split)).unwrap();
    (open(Split::Train), open(Split::Test))
}
