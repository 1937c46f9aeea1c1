//! Code accuracy: permuted identities, brute force over all matchings, and a Q with known weights.

use ganscope::data::{DataConfig, SampleShape, Split};
use ganscope::evaluate::{CodeAccuracy, CodeReading};
use ganscope::gan::Codes;
use ganscope::nn::layers::{Dense, Flatten};
use ganscope::nn::{Initializer, Network, NetworkSpec};
use ganscope::random::Stream;

use crate::common::{bars, bars_config, lcg, write_bars};

#[test]
fn a_permuted_identity_has_accuracy_1() {
    let named = |value: usize| (3 * value + 4) % 10;
    let row = |value: usize| {
        let mut row = vec![0; 10];
        row[named(value)] = 5 + value;
        row
    };
    let read = CodeAccuracy::of((0..10).map(row).collect()).unwrap();
    assert_eq!(read.accuracy, 1.0);
    let expected: Vec<_> = (0..10).map(|value| Some(named(value))).collect();
    assert_eq!(read.matching, expected);
}

/// Σ_c N[c, π(c)] for the best π, by brute force.
fn brute_force(counts: &[Vec<usize>], given: &mut Vec<usize>) -> usize {
    let Some((row, rest)) = counts.split_first() else {
        return 0;
    };
    let mut best = brute_force(rest, given);
    for (y, count) in row.iter().enumerate() {
        if !given.contains(&y) {
            given.push(y);
            best = best.max(count + brute_force(rest, given));
            given.pop();
        }
    }
    best
}

#[test]
fn the_matching_is_the_best_by_brute_force() {
    let mut numbers = lcg(7, 100_000).map(|v| (v * 40.0) as usize);
    for (values, classes) in [(1, 1), (2, 2), (5, 5), (6, 6), (3, 6), (6, 3), (6, 1)] {
        for _ in 0..20 {
            let mut row = || (0..classes).map(|_| numbers.next().unwrap()).collect();
            let counts: Vec<Vec<usize>> = (0..values).map(|_| row()).collect();
            let best = brute_force(&counts, &mut vec![]);
            let n: usize = counts.iter().flatten().sum();
            let read = CodeAccuracy::of(counts.clone()).unwrap();
            assert_eq!(read.accuracy, best as f64 / n as f64, "{counts:?}");
            // No class is matched twice, and the accuracy is that of the matching.
            let mut given: Vec<usize> = read.matching.iter().flatten().copied().collect();
            assert!(given.len() <= classes.min(values));
            let pairs = counts.iter().zip(&read.matching);
            let sum: usize = pairs.map(|(row, y)| y.map_or(0, |y| row[y])).sum();
            given.sort_unstable();
            given.dedup();
            assert_eq!(given.len(), read.matching.iter().flatten().count());
            assert_eq!(sum, best);
        }
    }
}

#[test]
fn invalid_counts_are_refused() {
    let refused = |counts: Vec<Vec<usize>>, part: &str| {
        let message = CodeAccuracy::of(counts).unwrap_err().to_string();
        assert!(message.contains(part), "{message}");
    };
    refused(vec![], "no image");
    refused(vec![vec![0, 0]; 2], "no image");
    refused(vec![vec![1, 2], vec![1]], "each class");
    refused(
        vec![vec![1; 17]; 2],
        "2 values cannot be matched with 17 classes",
    );
    refused(vec![vec![1]; 257], "257 values");
    // The largest counts that are accepted.
    let most = CodeAccuracy::of(vec![vec![1; 16]; 256]).unwrap();
    assert_eq!(most.accuracy, 16.0 / 4096.0);
}

/// A D with score 0 whose logits detect the side of the bar in images of [`write_bars`], in another order.
fn reader() -> Network {
    let spec = NetworkSpec {
        input: SampleShape::Image {
            channels: 1,
            height: 8,
            width: 8,
        },
        init: Initializer::Xavier,
        spectral_norm: false,
        layers: vec![Flatten {}.into(), Dense::new(64, 5).into()],
    };
    let mut d = Network::new("discriminator", &spec, 1, Stream::DiscriminatorInit).unwrap();
    // Bars along the sides: bottom, left, top, right.
    let on: [fn(usize, usize) -> bool; 4] = [
        |row, _| row > 4,
        |_, column| column < 3,
        |row, _| row < 3,
        |_, column| column > 4,
    ];
    d.update(|place, values| {
        values.fill(0.0);
        if place == 0 {
            for (logits, on) in values[64..].chunks_exact_mut(64).zip(on) {
                for (pixel, w) in logits.iter_mut().enumerate() {
                    *w = f32::from(u8::from(on(pixel / 8, pixel % 8)));
                }
            }
        }
        Ok(())
    })
    .unwrap();
    d
}

#[test]
fn a_q_that_detects_the_bars_has_a_high_accuracy() {
    let folder = tempfile::tempdir().unwrap();
    write_bars(folder.path(), 600);
    let codes = Codes {
        categorical: vec![4],
        ..Codes::default()
    };
    let d = reader();
    // Real images in place of generated ones; their classes are independent of the latents.
    let generated = bars(folder.path()).0.rows(0..300).unwrap();
    let latent = 6;
    let z = codes.latents(1, Stream::LatentForSampling, 0, 300, latent);
    let unseen = bars_config(folder.path(), Split::Test);
    let read = CodeReading::of(&d, &codes, &unseen, z.clone(), &generated).unwrap();
    // Classes: top, bottom, left, right.
    assert_eq!(read.codes[0].matching, [1, 2, 0, 3].map(Some));
    assert!((0.9..=1.0).contains(&read.codes[0].accuracy), "{read}");
    assert_eq!((read.n, read.n_generated), (600, 300));
    assert_eq!(read.images, "mnist's test split");
    assert_eq!(read.entropy_bits, 2.0);
    // L_I = H(c) + E[log₂ Q] by its definition.
    let mut bits = 2.0;
    for (z, image) in z.chunks_exact(latent).zip(generated.chunks_exact(64)) {
        let bottom: f64 = image[40..].iter().map(|v| f64::from(*v)).sum();
        let top: f64 = image[..24].iter().map(|v| f64::from(*v)).sum();
        let across = |columns: std::ops::Range<usize>| -> f64 {
            let row = |row: &[f32]| {
                row[columns.clone()]
                    .iter()
                    .map(|v| f64::from(*v))
                    .sum::<f64>()
            };
            image.chunks_exact(8).map(row).sum()
        };
        let logits = [bottom, across(0..3), top, across(5..8)];
        let most = logits.iter().copied().fold(f64::MIN, f64::max);
        let total: f64 = logits.iter().map(|l| (l - most).exp()).sum();
        let value = z[2..].iter().position(|c| *c == 1.0).unwrap();
        bits += (logits[value] - most - total.ln()) / std::f64::consts::LN_2 / 300.0;
    }
    assert!(
        (read.information_bits - bits).abs() < 1e-3 * bits.abs(),
        "{bits} {read}"
    );

    let without = CodeReading::of(&d, &Codes::default(), &unseen, z.clone(), &generated);
    assert!(without.unwrap_err().to_string().contains("categorical"));
    let nothing = CodeReading::of(&d, &codes, &unseen, vec![], &[]);
    assert!(
        nothing
            .unwrap_err()
            .to_string()
            .contains("no generated image")
    );
    let sprites = DataConfig::named("sprites");
    let unlabelled = CodeReading::of(&d, &codes, &sprites, z, &generated);
    assert!(
        unlabelled
            .unwrap_err()
            .to_string()
            .contains("sprites has no labels")
    );
}
