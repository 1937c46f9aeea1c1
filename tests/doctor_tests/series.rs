//! Oscillation of series whose periodic part is known.

use ganscope::random::{Stream, standard_normal};
use ganscope::train::oscillation;
use std::f64::consts::TAU;

fn noise(n: usize) -> Vec<f64> {
    let noise = standard_normal(3, Stream::Data, 0, n);
    noise.into_iter().map(f64::from).collect()
}

/// A sine of size 1 in noise of variance v has r = ½/(½ + v) one period on.
#[test]
fn strength_of_a_sine_in_noise_is_its_share_of_the_variance() {
    for (deviation, tolerance) in [(0.0, 0.01), (0.3, 0.04), (0.7, 0.1)] {
        let noise = noise(500);
        let series: Vec<f64> = (0..500)
            .map(|t| (t as f64 / 40.0 * TAU).sin() + deviation * noise[t])
            .collect();
        let found = oscillation(&series).unwrap();
        let expected = 0.5 / (0.5 + deviation * deviation);
        assert!((38..=42).contains(&found.period), "{found:?}");
        assert!(
            (found.strength - expected).abs() < tolerance,
            "{found:?} {expected}"
        );
    }
}

#[test]
fn a_linear_trend_is_ignored() {
    let line = |t: usize| 5.0 - 0.3 * t as f64;
    let series: Vec<f64> = (0..300)
        .map(|t| line(t) + (t as f64 / 20.0 * TAU).sin())
        .collect();
    let found = oscillation(&series).unwrap();
    assert!(found.period == 20 && found.strength > 0.95, "{found:?}");
    let lines: Vec<f64> = (0..300).map(line).collect();
    assert_eq!(oscillation(&lines), None);
}

#[test]
fn growth_tells_a_decaying_oscillation_from_a_growing_one() {
    // e^{−t/100}: over the 200 lines from the middle of the first third to that of the last, e^{−2}.
    let swing = |rate: f64| -> Vec<f64> {
        let at = |t: f64| (rate * t).exp() * (t / 15.0 * TAU).sin();
        (0..300).map(|t| at(f64::from(t))).collect()
    };
    let (down, up) = (
        oscillation(&swing(-0.01)).unwrap(),
        oscillation(&swing(0.01)).unwrap(),
    );
    assert!(
        (down.growth / (-2.0f64).exp() - 1.0).abs() < 0.05,
        "{down:?}"
    );
    assert!((up.growth / 2.0f64.exp() - 1.0).abs() < 0.05, "{up:?}");
}

#[test]
fn neither_noise_nor_a_random_walk_nor_a_rise_oscillates() {
    let noise = noise(600);
    let walk: Vec<f64> = (noise.iter())
        .scan(0.0, |sum, step| {
            *sum += step;
            Some(*sum)
        })
        .collect();
    let rise: Vec<f64> = (0..600)
        .map(|t| 1.0 - (-f64::from(t) / 80.0).exp())
        .collect();
    for series in [noise, walk, rise] {
        let found = oscillation(&series);
        assert!(found.is_none_or(|o| o.strength < 0.4), "{found:?}");
    }
}

#[test]
fn short_constant_and_non_finite_series_have_no_oscillation() {
    let sine: Vec<f64> = (0..100).map(|t| (f64::from(t) / 5.0 * TAU).sin()).collect();
    assert!(oscillation(&sine).is_some());
    assert_eq!(oscillation(&sine[..59]), None);
    assert_eq!(oscillation(&[]), None);
    let mut broken = sine.clone();
    broken[50] = f64::NAN;
    assert_eq!(oscillation(&broken), None);
    // A series with fewer than three periods is too short.
    let slow: Vec<f64> = (0..100)
        .map(|t| (f64::from(t) / 40.0 * TAU).sin())
        .collect();
    assert_eq!(oscillation(&slow), None);
}
