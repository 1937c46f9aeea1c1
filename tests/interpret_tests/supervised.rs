//! Linear models of labels and factors against known hyperplanes and known R².

use ganscope::gan::Codes;
use ganscope::interpret::{Direction, Directions};
use ganscope::interpret::{SupervisedSettings, factor_direction, label_direction};
use ganscope::random::{Stream, rng, standard_normal};
use rand::RngExt;

fn settings() -> SupervisedSettings {
    SupervisedSettings::default()
}

fn unit(seed: u64, latent: usize) -> Direction {
    let noise = standard_normal(seed, Stream::RandomDirection, 0, latent);
    Direction::new("w", noise.into_iter().map(f64::from).collect(), 1.0).unwrap()
}

fn along(z: &[f32], w: &Direction) -> f64 {
    z.iter()
        .zip(&w.vector)
        .map(|(z, w)| f64::from(*z) * w)
        .sum()
}

/// Angle between the normal that is found and w in degrees, averaged over four w, for the labels sign(w·z).
fn angle(n: usize) -> f64 {
    let latent = 8;
    let angles = (0..4).map(|seed| {
        let w = unit(seed, latent);
        let z = standard_normal(seed, Stream::Exploration, 0, n * latent);
        let labels: Vec<bool> = z.chunks(latent).map(|z| along(z, &w) > 0.0).collect();
        let found = label_direction("sign", &z, &labels, &settings()).unwrap();
        assert!(
            found.is_more_than_chance() && found.accuracy > 0.9,
            "{found}"
        );
        // The sign is that of w, not only the line.
        let cosine: f64 = found
            .direction
            .vector
            .iter()
            .zip(&w.vector)
            .map(|(a, b)| a * b)
            .sum();
        cosine.min(1.0).acos().to_degrees()
    });
    angles.sum::<f64>() / 4.0
}

/// Sixteen times as many samples should give a quarter of the angle, if it is a standard error.
#[test]
fn the_normal_approaches_the_true_one() {
    let (few, many) = (angle(400), angle(6400));
    assert!((0.5..15.0).contains(&few), "{few}");
    assert!(many < 0.5 * few && many > 0.01 * few, "{few} {many}");
}

#[test]
fn the_hyperplane_is_at_its_true_distance() {
    let w = unit(5, 4);
    let z = standard_normal(5, Stream::Exploration, 0, 4000 * 4);
    let labels: Vec<bool> = z.chunks(4).map(|z| along(z, &w) > 0.7).collect();
    let found = label_direction("above", &z, &labels, &settings()).unwrap();
    // w·z − 0.7 = 0. The penalty moves the plane a little.
    assert!((found.offset + 0.7).abs() < 0.05, "{found:?}");
    // P(w·z > 0.7) = 0.242 for N(0, 1), with the standard error √(0.242·0.758/1200) = 0.012.
    assert!((found.chance - 0.758).abs() < 0.05, "{found}");
    assert_eq!((found.n_training, found.n_held_out), (2800, 1200));
}

#[test]
fn labels_that_do_not_depend_on_z_are_not_more_than_chance() {
    let (n, latent) = (200, 4);
    let more = (0..100).filter(|&seed| {
        let z = standard_normal(seed, Stream::Exploration, 0, n * latent);
        let mut rng = rng(seed, Stream::Group, 0);
        let labels: Vec<bool> = (0..n).map(|_| rng.random_range(0..2) == 1).collect();
        label_direction("coin", &z, &labels, &settings())
            .unwrap()
            .is_more_than_chance()
    });
    // The lower end of the interval is above ½ with probability 0.025 at most.
    let more = more.count();
    assert!(more <= 8, "{more} of 100");
}

/// With noise of variance σ² on y = a·z, R² of the true line is |a|²/(|a|² + σ²).
#[test]
fn r_squared_is_the_explained_fraction() {
    let (n, latent) = (5000, 6);
    let a = unit(6, latent);
    let z = standard_normal(6, Stream::Exploration, 0, n * latent);
    let noise = standard_normal(6, Stream::Exploration, 1, n);
    let y = |sigma: f64| -> Vec<f64> {
        let rows = z.chunks(latent).zip(&noise);
        rows.map(|(z, e)| 3.0 + 2.0 * along(z, &a) + sigma * f64::from(*e))
            .collect()
    };
    for sigma in [0.5, 2.0, 6.0] {
        let found = factor_direction("factor", &z, &y(sigma), &settings()).unwrap();
        let expected = 4.0 / (4.0 + sigma * sigma);
        // Standard error of R², about 2 R (1 − R²)/√n for n = 1500 held-out samples.
        let error = 2.0 * expected.sqrt() * (1.0 - expected) / 1500f64.sqrt();
        assert!(
            (found.r_squared - expected).abs() < 4.0 * error,
            "{found} {expected}"
        );
        let width = (found.interval.1 - found.interval.0) / (2.0 * 1.96 * error);
        assert!((0.6..1.6).contains(&width), "{found}: {width}");
        assert!(found.interval.0 < found.r_squared && found.r_squared < found.interval.1);
        // A coefficient has the standard error σ/√3500.
        let tolerance = 4.0 * sigma / 3500f64.sqrt();
        assert!((found.slope - 2.0).abs() < tolerance && (found.intercept - 3.0).abs() < tolerance);
        assert!(found.direction.similarity(&a) > 0.99 && found.is_more_than_chance());
    }
}

#[test]
fn a_factor_that_does_not_depend_on_z_has_no_r_squared() {
    let z = standard_normal(7, Stream::Exploration, 0, 500 * 5);
    let y: Vec<f64> = standard_normal(7, Stream::Exploration, 1, 500)
        .into_iter()
        .map(f64::from)
        .collect();
    let found = factor_direction("noise", &z, &y, &settings()).unwrap();
    assert!(
        !found.is_more_than_chance() && found.r_squared.abs() < 0.1,
        "{found}"
    );
    assert!(
        found.to_string().contains("not more than chance"),
        "{found}"
    );
}

/// The entries of a one-hot code have the sum 1, so a constant can be added to their weights and taken from b. The
/// solution of smallest norm has weights with the sum 0.
#[test]
fn one_hot_codes_have_a_solution() {
    let codes = Codes {
        categorical: vec![3],
        ..Codes::default()
    };
    let (latent, n) = (5, 600);
    let z = codes.latents(8, Stream::Exploration, 0, n, latent);
    let y: Vec<f64> = z
        .chunks(latent)
        .map(|z| f64::from(2.0 * z[3] - z[0]))
        .collect();
    let found = factor_direction("value", &z, &y, &settings()).unwrap();
    assert!((found.r_squared - 1.0).abs() < 1e-6, "{found}");
    let w: Vec<f64> = found
        .direction
        .vector
        .iter()
        .map(|v| v * found.slope)
        .collect();
    // 2 e₁ − mean: (−2/3, 4/3, −2/3).
    for (w, expected) in w.iter().zip([-1.0, 0.0, -2.0 / 3.0, 4.0 / 3.0, -2.0 / 3.0]) {
        assert!((w - expected).abs() < 1e-5, "{w} {expected}");
    }
    assert!(
        (found.intercept - 2.0 / 3.0).abs() < 1e-5,
        "{}",
        found.intercept
    );
    let labels: Vec<bool> = z.chunks(latent).map(|z| z[4] == 1.0).collect();
    let found = label_direction("third", &z, &labels, &settings()).unwrap();
    assert_eq!(found.accuracy, 1.0);
    let v = &found.direction.vector;
    assert!((v[2] + v[3] + v[4]).abs() < 0.01 && v[4] > 0.7, "{v:?}");
}

#[test]
fn results_are_a_function_of_the_seed() {
    let z = standard_normal(9, Stream::Exploration, 0, 200 * 3);
    let y: Vec<f64> = z.chunks(3).map(|z| f64::from(z[0] * z[1] + z[2])).collect();
    let labels: Vec<bool> = y.iter().map(|y| *y > 0.0).collect();
    let other = SupervisedSettings {
        seed: 2,
        ..settings()
    };
    let label = |s: &SupervisedSettings| label_direction("label", &z, &labels, s).unwrap();
    let factor = |s: &SupervisedSettings| factor_direction("factor", &z, &y, s).unwrap();
    assert_eq!(label(&settings()), label(&settings()));
    assert_ne!(label(&settings()).direction, label(&other).direction);
    assert_eq!(factor(&settings()), factor(&settings()));
    assert_ne!(factor(&settings()).direction, factor(&other).direction);
    let directions = Directions::from(label(&settings()));
    assert_eq!(directions.all[0].strength, label(&settings()).accuracy);
    assert_eq!(
        Directions::from(factor(&settings())).quantity,
        "held-out R²"
    );
    let json = serde_json::to_string(&label(&settings())).unwrap();
    assert_eq!(label(&settings()), serde_json::from_str(&json).unwrap());
}

#[test]
fn bad_input_is_refused() {
    let z = standard_normal(10, Stream::Exploration, 0, 100 * 2);
    let labels: Vec<bool> = (0..100).map(|i| i % 2 == 0).collect();
    let y: Vec<f64> = (0..100).map(f64::from).collect();
    let label = |z: &[f32], labels: &[bool], s: &SupervisedSettings| {
        label_direction("label", z, labels, s)
            .unwrap_err()
            .to_string()
    };
    let factor = |z: &[f32], y: &[f64], s: &SupervisedSettings| {
        factor_direction("factor", z, y, s).unwrap_err().to_string()
    };
    assert!(label(&z[..20], &labels[..10], &settings()).contains("10 samples are too few"));
    assert!(label(&z[1..], &labels, &settings()).contains("199 numbers"));
    assert!(label(&[], &labels, &settings()).contains("0 numbers"));
    assert!(label(&z, &[true; 100], &settings()).contains("only 0 samples do not have"));
    let broken: Vec<f32> = z
        .iter()
        .enumerate()
        .map(|(i, z)| if i == 7 { f32::NAN } else { *z })
        .collect();
    assert!(label(&broken, &labels, &settings()).contains("row 3"));
    for penalty in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let s = SupervisedSettings {
            penalty,
            ..settings()
        };
        assert!(label(&z, &labels, &s).contains("penalty"));
    }
    for held_out in [0.0, 1.0, f64::NAN] {
        let s = SupervisedSettings {
            held_out,
            ..settings()
        };
        assert!(factor(&z, &y, &s).contains("held_out"));
    }
    assert!(factor(&z, &[0.1; 100], &settings()).contains("same value"));
    assert!(factor(&z, &[f64::NAN; 100], &settings()).contains("finite"));
    let s = SupervisedSettings {
        resamples: 0,
        ..settings()
    };
    assert!(factor(&z, &y, &s).contains("at least one bootstrap sample"));
    let s = SupervisedSettings {
        resamples: usize::MAX,
        ..settings()
    };
    assert!(factor(&z, &y, &s).contains("at most 100,000"));
    assert!(factor(&[0.5; 200], &y, &settings()).contains("z is the same"));
    assert!(label(&[0.5; 200], &labels, &settings()).contains("z is the same"));
}
