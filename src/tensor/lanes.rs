//! Sums over many numbers, as several partial sums that are computed side by side.
//!
//! The compiler may vectorise a sum only if the source fixes the order of the additions. All sums are in f64.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

/// Number of partial sums, enough that an addition does not wait for the previous one.
const LANES: usize = 8;

/// Computes K sums of the terms `f` over slices of equal length.
pub fn sums<const A: usize, const K: usize>(
    slices: [&[f32]; A],
    f: impl Fn([f64; A]) -> [f64; K],
) -> [f64; K] {
    pulp::Arch::new().dispatch(Sums { slices, f })
}

struct Sums<'a, F, const A: usize, const K: usize> {
    slices: [&'a [f32]; A],
    f: F,
}

impl<F: Fn([f64; A]) -> [f64; K], const A: usize, const K: usize> WithSimd for Sums<'_, F, A, K> {
    type Output = [f64; K];

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> [f64; K] {
        let Sums { slices, f } = self;
        let mut lanes = [[0.0f64; LANES]; K];
        let blocks = slices.map(|slice| slice.as_chunks::<LANES>());
        let count = blocks.iter().map(|(blocks, _)| blocks.len()).min();
        for block in 0..count.unwrap_or(0) {
            let values = blocks.map(|(blocks, _)| blocks[block]);
            for i in 0..LANES {
                let terms = f(values.map(|values| f64::from(values[i])));
                for (lanes, term) in lanes.iter_mut().zip(terms) {
                    lanes[i] += term;
                }
            }
        }
        let rest = blocks.map(|(_, rest)| rest);
        for i in 0..rest.iter().map(|rest| rest.len()).min().unwrap_or(0) {
            let terms = f(rest.map(|rest| f64::from(rest[i])));
            for (lanes, term) in lanes.iter_mut().zip(terms) {
                lanes[i] += term;
            }
        }
        lanes.map(|lanes| lanes.iter().sum())
    }
}

/// Computes K sums for each channel of arrays `[n, channels, plane]`, of the terms `f(channel, values)`.
pub fn channel_sums<const A: usize, const K: usize>(
    arrays: [&[f32]; A],
    channels: usize,
    plane: usize,
    f: impl Fn(usize, [f64; A]) -> [f64; K] + Sync,
) -> Vec<[f64; K]> {
    let features = channels * plane;
    let samples = || (0..arrays[0].len() / features).map(|row| row * features);
    let add = |sum: &mut [f64; K], terms: [f64; K]| {
        sum.iter_mut()
            .zip(terms)
            .for_each(|(sum, term)| *sum += term);
    };
    let mut all = vec![[0.0; K]; channels];
    if plane < LANES {
        for first in samples() {
            for (channel, sum) in all.iter_mut().enumerate() {
                for i in 0..plane {
                    let at = first + channel * plane + i;
                    add(sum, f(channel, arrays.map(|array| f64::from(array[at]))));
                }
            }
        }
    } else {
        all.par_iter_mut().enumerate().for_each(|(channel, sum)| {
            for first in samples() {
                let run = arrays.map(|array| &array[first + channel * plane..][..plane]);
                add(sum, sums(run, |values| f(channel, values)));
            }
        });
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_slices_and_of_channels_equal_their_definition() {
        let x: Vec<f32> = (0..3 * 60).map(|i| (i * 37 % 101) as f32).collect();
        let y: Vec<f32> = x.iter().rev().copied().collect();
        let terms = |c: usize, [x, y]: [f64; 2]| [x, x * y + c as f64];
        for (channels, plane) in [(3, 20), (20, 3), (60, 1), (1, 60)] {
            let found = channel_sums([&x, &y], channels, plane, terms);
            let mut expected = vec![[0.0; 2]; channels];
            for (i, (&x, &y)) in x.iter().zip(&y).enumerate() {
                let c = i / plane % channels;
                let [a, b] = terms(c, [f64::from(x), f64::from(y)]);
                expected[c] = [expected[c][0] + a, expected[c][1] + b];
            }
            // All of these numbers are whole, so the sums are exact.
            assert_eq!(found, expected);
        }
        let [found] = sums([&x[..13]], |[x]| [x]);
        assert_eq!(found, x[..13].iter().sum::<f32>() as f64);
    }
}
