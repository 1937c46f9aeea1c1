//! What a direction changes.

use ganscope::Result;
use ganscope::interpret::{Direction, EffectSettings, Effects, Meter, Quantity};
use ganscope::nn::{Network, NetworkSpec};
use ganscope::random::{Stream, standard_normal};

/// x = z, in `latent` dimensions.
fn identity(latent: usize) -> Network {
    let spec: NetworkSpec = serde_json::from_str(&format!(
        r#"{{ "input": {{ "kind": "vector", "len": {latent} }},
              "layers": [{{ "type": "dense", "in": {latent}, "out": {latent}, "bias": false }}] }}"#
    ))
    .unwrap();
    let mut g = Network::new("generator", &spec, 1, Stream::GeneratorInit).unwrap();
    g.parameters_mut()[0].1.update(|w| {
        w.fill(0.0);
        w.iter_mut().step_by(latent + 1).for_each(|w| *w = 1.0);
    });
    g
}

fn axis(latent: usize, place: usize) -> Direction {
    let mut vector = vec![0.0; latent];
    vector[place] = 1.0;
    Direction::new(format!("axis {place}"), vector, 1.0).unwrap()
}

/// Measures the first coordinate: as a number, and as the level ⌊x⌋ clamped to −4 … 3.
struct First(usize);

impl Meter for First {
    fn measure(&self, samples: &[f32]) -> Result<Vec<Quantity>> {
        let first = || samples.chunks(self.0).map(|x| f64::from(x[0]));
        let level = first().map(|x| (x.floor().clamp(-4.0, 3.0) + 4.0) as usize);
        Ok(vec![
            Quantity::levels("cell", level.collect(), 8),
            Quantity::numbers("x", first().collect(), "units"),
        ])
    }
}

/// Φ, by the error function of `statrs`.
fn normal_below(x: f64) -> f64 {
    0.5 * (1.0 + statrs::function::erf::erf(x / std::f64::consts::SQRT_2))
}

#[test]
fn the_information_of_a_shift_is_that_of_the_shifted_normal_distributions() {
    let latent = 4;
    let g = identity(latent);
    let settings = EffectSettings::default();
    let n = 4000;
    let z = standard_normal(1, Stream::Exploration, 0, n * latent);
    let effects = Effects::measure(&g, &[axis(latent, 0)], &z, &First(latent), &settings).unwrap();
    // P(cell | α) from Φ; I = H(mean of the rows) − mean of H(rows).
    let cell = |alpha: f64, k: i32| {
        let at = |edge: i32| match edge {
            -4 => 0.0,
            4 => 1.0,
            edge => normal_below(f64::from(edge) - alpha),
        };
        at(k + 1) - at(k)
    };
    let entropy = |p: &[f64]| -> f64 {
        let terms = p.iter().filter(|p| **p > 0.0);
        terms.map(|p| -p * p.log2()).sum()
    };
    let rows: Vec<Vec<f64>> = settings
        .positions
        .iter()
        .map(|&alpha| (-4..4).map(|k| cell(alpha, k)).collect())
        .collect();
    let mean: Vec<f64> = (0..8)
        .map(|k| rows.iter().map(|row| row[k]).sum::<f64>() / 5.0)
        .collect();
    let exact = entropy(&mean) - rows.iter().map(|row| entropy(row)).sum::<f64>() / 5.0;
    let found = &effects.directions[0].on[0];
    // The standard error at 4,000 latents is below 0.01 bits; the interval has to contain the truth.
    assert!(
        (found.information.0 - exact).abs() < 0.03,
        "{found:?} {exact}"
    );
    assert!(
        found.interval.0.0 < exact && exact < found.interval.1.0,
        "{found:?} {exact}"
    );
    assert!(found.more_than_chance);
    // The mean of a number moves by α.
    let number = &effects.directions[0].on[1];
    for (mean, alpha) in number.curve.iter().zip(&settings.positions) {
        assert!((mean - alpha).abs() < 4.0 / (n as f64).sqrt(), "{number:?}");
    }
    assert_eq!(number.unit, "units");
}

#[test]
fn a_direction_that_changes_nothing_is_not_more_than_chance() {
    let latent = 4;
    let g = identity(latent);
    let z = standard_normal(1, Stream::Exploration, 0, 500 * latent);
    let directions = [axis(latent, 1), axis(latent, 0)];
    let settings = EffectSettings::default();
    let effects = Effects::measure(&g, &directions, &z, &First(latent), &settings).unwrap();
    let [nothing, all] = &effects.directions[..] else {
        unreachable!()
    };
    assert!(nothing.strongest().is_none() && nothing.leakage().is_none());
    assert!(
        nothing.on.iter().all(|on| on.information.0 < 0.01),
        "{nothing:?}"
    );
    assert_eq!(nothing.on[0].curve, [0.0; 5]);
    // Both quantities are functions of the same coordinate.
    assert!(all.leakage().unwrap() > 0.7, "{all:?}");
    assert!(
        nothing
            .to_string()
            .contains("no more than a random direction")
    );
}

#[test]
fn random_directions_are_rarely_more_than_chance() {
    // 40 random directions against the largest of 16: 1 in 17 is expected above it before the interval is considered.
    let latent = 6;
    let g = identity(latent);
    let z = standard_normal(2, Stream::Exploration, 0, 300 * latent);
    let directions: Vec<Direction> = (0..40)
        .map(|k| {
            let v = standard_normal(77, Stream::Examination, k, latent);
            let v = v.into_iter().map(f64::from).collect();
            Direction::new("random", v, 0.0).unwrap()
        })
        .collect();
    let settings = EffectSettings::default();
    let effects = Effects::measure(&g, &directions, &z, &First(latent), &settings).unwrap();
    let found = effects
        .directions
        .iter()
        .filter(|e| e.strongest().is_some())
        .count();
    assert!(found <= 6, "{found} of 40");
}

#[test]
fn the_result_depends_on_the_seed_and_not_on_the_threads() {
    let g = identity(2);
    let z = standard_normal(1, Stream::Exploration, 0, 200 * 2);
    let settings = EffectSettings::default();
    let measure = |settings: &EffectSettings| {
        Effects::measure(&g, &[axis(2, 0)], &z, &First(2), settings).unwrap()
    };
    let first = measure(&settings);
    assert_eq!(first, measure(&settings));
    let other = EffectSettings {
        seed: 2,
        ..settings
    };
    assert_ne!(
        first.directions[0].on[0].interval,
        measure(&other).directions[0].on[0].interval
    );
}

#[test]
fn settings_that_cannot_be_used_are_refused() {
    let g = identity(2);
    let z = standard_normal(1, Stream::Exploration, 0, 20);
    let refused = |z: &[f32], direction: &Direction, settings: EffectSettings, part: &str| {
        let directions = std::slice::from_ref(direction);
        let problem = Effects::measure(&g, directions, z, &First(2), &settings).unwrap_err();
        assert!(problem.to_string().contains(part), "{problem}");
    };
    let settings = EffectSettings::default;
    let at = |positions: &[f64]| EffectSettings {
        positions: positions.to_vec(),
        ..EffectSettings::default()
    };
    refused(&[], &axis(2, 0), settings(), "at least one row");
    refused(&z[1..], &axis(2, 0), settings(), "cannot be divided");
    refused(&z, &axis(3, 0), settings(), "z has 2");
    refused(&z, &axis(2, 0), at(&[1.0, 2.0]), "one of them must be 0");
    refused(&z, &axis(2, 0), at(&[0.0]), "at least two");
    refused(&z, &axis(2, 0), at(&[0.0, f64::NAN]), "finite");
    refused(
        &z,
        &axis(2, 0),
        EffectSettings {
            bins: 1,
            ..settings()
        },
        "2 bins",
    );
}
