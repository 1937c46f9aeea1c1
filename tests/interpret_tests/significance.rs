//! Which directions are found again, and how often noise is mistaken for a direction.

use ganscope::Error;
use ganscope::interpret::Directions;
use ganscope::interpret::{
    PrincipalSettings, RepeatedOn, Stability, StabilitySettings, ganspace_of_activations, halves,
    random_cosine_quantile, random_directions, resample_rows, stability,
};
use ganscope::random::{Stream, standard_normal};

/// Normal latents with these standard deviations.
fn latents(seed: u64, n: usize, deviations: &[f32]) -> Vec<f32> {
    let mut z = standard_normal(seed, Stream::Exploration, 0, n * deviations.len());
    for row in z.chunks_mut(deviations.len()) {
        row.iter_mut().zip(deviations).for_each(|(z, s)| *z *= s);
    }
    z
}

/// The `count` leading principal components of z.
fn components(z: &[f32], latent: usize, count: usize) -> Directions {
    let settings = PrincipalSettings {
        layers: 0,
        count,
        seed: 1,
    };
    ganspace_of_activations(z, z, latent, &settings)
        .unwrap()
        .directions
}

fn settings(repetitions: usize) -> StabilitySettings {
    StabilitySettings {
        repetitions,
        random_spans: 400,
        ..StabilitySettings::default()
    }
}

/// The stability of the `k` leading components of latents from `seed`, in repetitions on these samples.
fn repeated(
    on: RepeatedOn,
    seed: u64,
    n: usize,
    deviations: &[f32],
    k: usize,
    repetitions: usize,
) -> Stability {
    let latent = deviations.len();
    let z = latents(seed, n, deviations);
    let (first, second) = halves(&z, latent, seed).unwrap();
    let original = match on {
        RepeatedOn::OtherHalf => &first,
        _ => &z,
    };
    let find = |seed| {
        let z = match on {
            RepeatedOn::NewSamples => latents(seed, n, deviations),
            RepeatedOn::OtherHalf => resample_rows(&second, latent, seed)?,
            RepeatedOn::SameSamples => resample_rows(&z, latent, seed)?,
        };
        Ok(components(&z, latent, k))
    };
    let settings = StabilitySettings {
        repeated_on: on,
        random_spans: 100,
        ..settings(repetitions)
    };
    stability(&components(original, latent, k), k, find, &settings).unwrap()
}

#[test]
fn a_strong_direction_is_found_again() {
    let mut deviations = [1.0; 12];
    deviations[4] = 3.0;
    for on in [
        RepeatedOn::NewSamples,
        RepeatedOn::OtherHalf,
        RepeatedOn::SameSamples,
    ] {
        let found = repeated(on, 1, 400, &deviations, 3, 100);
        let more: Vec<Option<bool>> = found
            .directions
            .iter()
            .map(|d| d.more_than_chance)
            .collect();
        match on {
            RepeatedOn::SameSamples => assert_eq!(more, [None; 3]),
            _ => assert_eq!(more, [Some(true), Some(false), Some(false)], "{found}"),
        }
        // Along each of the 11 others the error has the standard deviation √(9·1/n)/8 = 0.019 for n = 400, and 0.027
        // for 200: in both runs together cos is about 1 − 11·0.019² = 0.996, or 0.992.
        let cosine = found.directions[0].cosine;
        assert!(
            (0.98..0.999).contains(&cosine.median) && cosine.low > 0.97,
            "{found}"
        );
        let first = if on == RepeatedOn::SameSamples {
            "3 leading"
        } else {
            "1 of 3 leading"
        };
        let text = found.to_string();
        assert!(
            text.starts_with(first) && text.contains(&on.to_string()),
            "{found}"
        );
        assert_eq!(text.lines().count(), 1 + 3 + 2);
    }
}

/// Two directions of equal strength rotate into each other, but their plane is stable.
#[test]
fn the_span_of_equal_directions_is_stable() {
    let mut deviations = [0.3; 8];
    (deviations[0], deviations[1]) = (2.0, 2.0);
    let found = repeated(RepeatedOn::NewSamples, 7, 300, &deviations, 2, 60);
    for direction in &found.directions {
        assert!(direction.cosine.low < 0.9, "{found}");
    }
    assert!(found.largest_angle.high < 3.0, "{found}");
    assert!(
        found.chance_largest_angle > 30.0 && found.chance_mean_angle > 20.0,
        "{found}"
    );
    assert!(found.mean_angle.median <= found.largest_angle.median);
}

/// At most 5 % of the directions of isotropic noise may be called more than chance, whatever the dimension. Of 200
/// directions with n = 1000, d = 64, k = 5 and 60 repetitions there were none; see also the next test.
#[test]
fn noise_is_rarely_more_than_chance() {
    for (latent, n, k) in [(24, 100, 5), (4, 100, 2)] {
        for on in [RepeatedOn::NewSamples, RepeatedOn::OtherHalf] {
            let more = (0..200 / k as u64).map(|seed| {
                let found = repeated(on, 1000 + seed, n, &vec![1.0; latent], k, 20);
                let more = found
                    .directions
                    .iter()
                    .filter(|d| d.more_than_chance == Some(true));
                more.count()
            });
            let more: usize = more.sum();
            println!("d = {latent}, n = {n}, k = {k}: {more} of 200 directions, {on}");
            assert!(more <= 10, "{more} of 200, {on}");
        }
    }
}

/// Why resamples of the same samples do not say what is more than chance: the lower end of the interval is above the
/// chance value for many directions of noise.
#[test]
fn noise_is_found_again_in_resamples_of_the_same_samples() {
    let lower_ends = |on| {
        let above = (0..6).map(|seed| {
            let found = repeated(on, 2000 + seed, 200, &[1.0; 64], 5, 20);
            let above = found
                .directions
                .iter()
                .filter(|d| d.cosine.low > found.chance_cosine);
            above.count()
        });
        above.sum::<usize>()
    };
    let (same, half) = (
        lower_ends(RepeatedOn::SameSamples),
        lower_ends(RepeatedOn::OtherHalf),
    );
    // 29 % and 0 % of 200 directions in a longer run; here of 30.
    assert!((3..=20).contains(&same) && half <= 1, "{same} {half}");
}

#[test]
fn the_chance_value_agrees_with_the_closed_form() {
    for latent in [3, 20] {
        let original = random_directions(latent, 2, 1).unwrap();
        let repeat = |seed| random_directions(latent, 2, seed);
        let settings = StabilitySettings {
            random_spans: 4000,
            ..settings(20)
        };
        let found = stability(&original, 1, repeat, &settings).unwrap();
        let expected = random_cosine_quantile(latent, 0.95).unwrap();
        // The quantile of 4000 values: √(0.95·0.05/4000)/density = 0.0034/density, where the density is 1 for three
        // dimensions and about 0.5 for twenty.
        assert!(
            (found.chance_cosine - expected).abs() < 0.02,
            "{} {expected}",
            found.chance_cosine
        );
        // The angle to a random line is the arc cosine.
        let angle = expected.acos().to_degrees();
        assert!((found.chance_largest_angle - angle).abs() < 2.0, "{found}");
        assert_eq!(found.chance_largest_angle, found.chance_mean_angle);
    }
    // In the plane one of two perpendicular lines is within 45° of any other: the angle to it is uniform in [0°, 45°].
    let original = random_directions(2, 2, 1).unwrap();
    let repeat = |seed| random_directions(2, 2, seed);
    let many = StabilitySettings {
        random_spans: 4000,
        ..settings(20)
    };
    let found = stability(&original, 2, repeat, &many).unwrap();
    let expected = (0.05 * std::f64::consts::FRAC_PI_4).cos();
    // For a single line it would be 0.9969 instead of 0.9992; the standard error is 0.0001.
    assert!((found.chance_cosine - expected).abs() < 5e-4, "{found}");
    assert!(found.chance_largest_angle < 1e-5, "{found}");
}

/// The best match counts, whatever its rank, and the lower end of the interval decides, not the median.
#[test]
fn a_direction_must_be_found_in_nearly_all_repetitions() {
    let original = random_directions(30, 3, 1).unwrap();
    let reversed = |every: usize| {
        let calls = std::cell::Cell::new(0usize);
        let original = &original;
        move |seed| {
            calls.set(calls.get() + 1);
            if calls.get().is_multiple_of(every) {
                return random_directions(30, 3, seed);
            }
            let mut all = original.all.clone();
            all.reverse();
            Ok(Directions {
                all,
                ..original.clone()
            })
        }
    };
    for (every, expected) in [(100, true), (10, false)] {
        let found = stability(&original, 3, reversed(every), &settings(200)).unwrap();
        for direction in &found.directions {
            assert!((direction.cosine.median - 1.0).abs() < 1e-12, "{found}");
            assert_eq!(direction.more_than_chance, Some(expected), "{found}");
        }
    }
}

#[test]
fn quantiles_of_the_random_cosine_agree_with_closed_forms() {
    for p in [0.01, 0.3, 0.5, 0.95, 0.999] {
        let quantile = |latent| random_cosine_quantile(latent, p).unwrap();
        // |cos θ| of a uniform angle, and the uniform distribution of a coordinate on the sphere (Archimedes).
        assert!((quantile(2) - (p * std::f64::consts::FRAC_PI_2).sin()).abs() < 1e-9);
        assert!((quantile(3) - p).abs() < 1e-9);
        // In five dimensions the distribution function of t is (3t − t³)/2.
        let t = quantile(5);
        assert!((1.5 * t - 0.5 * t.powi(3) - p).abs() < 1e-9);
        assert_eq!(quantile(1), 1.0);
    }
    // √d cos is nearly normal in many dimensions.
    let t = random_cosine_quantile(10_000, 0.95).unwrap();
    assert!((100.0 * t - 1.96).abs() < 0.001, "{t}");
    for (latent, p) in [(0, 0.5), (3, 0.0), (3, 1.0), (3, f64::NAN)] {
        assert!(random_cosine_quantile(latent, p).is_err());
    }
}

#[test]
fn directions_that_a_repetition_lacks_have_the_cosine_0() {
    let original = random_directions(6, 2, 1).unwrap();
    let none = |_| {
        Ok(Directions {
            all: vec![],
            ..original.clone()
        })
    };
    let found = stability(&original, 2, none, &settings(20)).unwrap();
    assert!(
        found
            .directions
            .iter()
            .all(|d| d.cosine.high == 0.0 && d.more_than_chance == Some(false))
    );
    assert_eq!(
        (found.largest_angle.median, found.mean_angle.median),
        (90.0, 90.0)
    );
    let one = |_| {
        Ok(Directions {
            all: original.all[..1].to_vec(),
            ..original.clone()
        })
    };
    let found = stability(&original, 2, one, &settings(20)).unwrap();
    assert!((found.directions[0].cosine.median - 1.0).abs() < 1e-12);
    assert!((found.mean_angle.median - 45.0).abs() < 1e-6, "{found}");
}

#[test]
fn repetitions_have_different_seeds() {
    let original = random_directions(6, 1, 1).unwrap();
    let seeds = std::cell::RefCell::new(Vec::new());
    let repeat = |seed| {
        seeds.borrow_mut().push(seed);
        Ok(original.clone())
    };
    let found = stability(&original, 1, repeat, &settings(50)).unwrap();
    let mut drawn = seeds.into_inner();
    assert_eq!(drawn.len(), 50);
    drawn.sort_unstable();
    drawn.dedup();
    assert_eq!(drawn.len(), 50);
    let json = serde_json::to_string(&found).unwrap();
    assert_eq!(found, serde_json::from_str(&json).unwrap());
}

#[test]
fn bad_input_is_refused() {
    let original = random_directions(6, 2, 1).unwrap();
    let same = |_| Ok(original.clone());
    let refusal =
        |k, s: StabilitySettings| stability(&original, k, same, &s).unwrap_err().to_string();
    assert!(refusal(0, settings(20)).contains("at least 1"));
    assert!(refusal(3, settings(20)).contains("smaller k"));
    assert!(refusal(1, settings(19)).contains("19 repetitions"));
    assert!(refusal(1, settings(1_000_000)).contains("at most 100,000"));
    assert!(
        refusal(
            1,
            StabilitySettings {
                random_spans: 1,
                ..settings(20)
            }
        )
        .contains("random spans")
    );
    let shorter = |seed| random_directions(5, 2, seed);
    let message = stability(&original, 1, shorter, &settings(20))
        .unwrap_err()
        .to_string();
    assert!(message.contains("another length"), "{message}");
    let failing = |_| Err(Error::Usage("no latents".into()));
    assert_eq!(
        stability(&original, 1, failing, &settings(20))
            .unwrap_err()
            .to_string(),
        "no latents"
    );
}
