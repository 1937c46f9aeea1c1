//! Geodesics of networks. (Great circles and other analytic maps are tested in the source file.)

use ganscope::interpret::{GeodesicSettings, Geodesics, geodesics};
use ganscope::nn::{Network, NetworkSpec};
use ganscope::random::{Stream, standard_normal};

/// z ↦ activation(Az), with A row-major [d, latent].
fn network(latent: usize, a: &[f32], layers: &str) -> Network {
    let spec: NetworkSpec = serde_json::from_str(&format!(
        r#"{{"input": {{"kind": "vector", "len": {latent}}},
            "layers": [{{"type": "dense", "in": {latent}, "out": {}, "bias": false}}{layers}]}}"#,
        a.len() / latent
    ))
    .unwrap();
    let mut g = Network::new("generator", &spec, 1, Stream::GeneratorInit).unwrap();
    g.parameters_mut()[0].1.update(|w| w.copy_from_slice(a));
    g
}

#[test]
fn the_geodesic_of_a_linear_network_is_the_straight_line() {
    let (d, latent, n) = (20, 6, 3);
    let a = standard_normal(1, Stream::RandomWeights, 0, d * latent);
    let g = network(latent, &a, "");
    let z0 = standard_normal(2, Stream::Exploration, 0, n * latent);
    let z1 = standard_normal(2, Stream::Exploration, 1, n * latent);
    let found = geodesics(&g, &z0, &z1, &GeodesicSettings::default()).unwrap();
    assert_eq!(found.all.len(), n);
    for ((found, z0), z1) in found
        .all
        .iter()
        .zip(z0.chunks(latent))
        .zip(z1.chunks(latent))
    {
        let image = a.chunks(latent).map(|row| -> f64 {
            let products = row.iter().zip(z0.iter().zip(z1));
            products.map(|(a, (z0, z1))| f64::from(a * (z1 - z0))).sum()
        });
        let expected = image.map(|v| v * v).sum::<f64>().sqrt();
        // Sums of numbers in single precision.
        assert!(
            (found.straight_length / expected - 1.0).abs() < 1e-5,
            "{found:?} {expected}"
        );
        assert!(
            (found.length / expected - 1.0).abs() < 1e-5,
            "{found:?} {expected}"
        );
        assert!((found.ratio.unwrap() - 1.0).abs() < 1e-5);
        assert!((found.energy * 16.0 / (expected * expected) - 1.0).abs() < 1e-5);
        assert!(found.speed_variation < 1e-4 && found.converged, "{found:?}");
        assert_eq!(found.latents.len(), 17 * latent);
        assert_eq!(
            (&found.latents[..latent], &found.latents[16 * latent..]),
            (z0, z1)
        );
    }
    let (low, high) = found.interval.unwrap();
    assert!(low <= high && (low - 1.0).abs() < 1e-5 && (high - 1.0).abs() < 1e-5);
}

/// A random network with two hidden layers of 32 tanh units, which is strongly curved.
fn curved() -> Network {
    let layers = r#", {"type": "tanh"}, {"type": "dense", "in": 32, "out": 32}, {"type": "tanh"},
        {"type": "dense", "in": 32, "out": 40}"#;
    let mut g = network(4, &[1.0; 32 * 4], layers);
    for (place, (_, parameter)) in g.parameters_mut().into_iter().enumerate() {
        let n = parameter.values().len();
        let scale = if place == 0 { 1.0 } else { 0.3 };
        let values = standard_normal(7, Stream::RandomWeights, place as u64, n);
        parameter.update(|w| w.iter_mut().zip(&values).for_each(|(w, v)| *w = scale * v));
    }
    g
}

#[test]
fn the_geodesic_of_a_curved_network_is_shorter_than_the_straight_line_and_evenly_walked() {
    let g = curved();
    let z0 = standard_normal(3, Stream::Exploration, 0, 5 * 4);
    let z1 = standard_normal(3, Stream::Exploration, 1, 5 * 4);
    let settings = GeodesicSettings {
        evaluations: 1000,
        ..GeodesicSettings::default()
    };
    let found = geodesics(&g, &z0, &z1, &settings).unwrap();
    for geodesic in &found.all {
        assert!(geodesic.energy < geodesic.straight_energy, "{geodesic:?}");
        let ratio = geodesic.ratio.unwrap();
        assert!(ratio > 0.2 && ratio < 1.0, "{ratio}");
        assert!(geodesic.detour.unwrap() > 1.0);
        // (Σ‖ΔG‖)² ≤ kE, almost with equality for steps of almost equal length.
        let bound = geodesic.chord_length.powi(2) / (16.0 * geodesic.energy);
        assert!(bound <= 1.0 + 1e-9 && bound > 0.99, "{bound}");
        assert!(geodesic.chord_length <= geodesic.length * (1.0 + 1e-6));
    }
    let quantiles = found.ratio.unwrap();
    let (low, high) = found.interval.unwrap();
    assert!(quantiles.minimum <= low && low <= quantiles.median);
    assert!(quantiles.median <= high && high <= quantiles.maximum);
    // A pair alone has the same geodesic.
    let alone = geodesics(&g, &z0[8..12], &z1[8..12], &settings).unwrap();
    assert!((alone.all[0].length / found.all[2].length - 1.0).abs() < 1e-3);

    let json = serde_json::to_string(&found).unwrap();
    assert_eq!(serde_json::from_str::<Geodesics>(&json).unwrap(), found);
    let text = found.to_string();
    assert!(
        text.starts_with("geodesic / straight length 0.") && text.contains("5 pairs"),
        "{text}"
    );
}

#[test]
fn a_geodesic_between_equal_images_has_no_ratio() {
    let g = network(2, &[1.0, 0.0], "");
    let found = geodesics(&g, &[0.5, 0.0], &[0.5, 3.0], &GeodesicSettings::default()).unwrap();
    let geodesic = &found.all[0];
    assert_eq!((geodesic.length, geodesic.ratio), (0.0, None));
    assert_eq!((found.ratio, found.interval), (None, None));
    assert!(found.to_string().contains("not defined"), "{found}");
    let same = geodesics(&g, &[0.5, 0.0], &[0.5, 0.0], &GeodesicSettings::default()).unwrap();
    assert_eq!(same.all[0].detour, None);
}

#[test]
fn geodesics_that_cannot_be_computed_are_refused() {
    let g = network(2, &[1.0, 0.5, 0.3, 1.0], "");
    let settings = GeodesicSettings::default();
    let refused = |z0: &[f32], z1: &[f32], settings: &GeodesicSettings| {
        geodesics(&g, z0, z1, settings).unwrap_err().to_string()
    };
    let (a, b) = ([0.0, 1.0], [1.0, 0.0]);
    assert!(refused(&[], &b, &settings).contains("z0"));
    assert!(refused(&a, &[1.0], &settings).contains("z1"));
    assert!(refused(&a, &[1.0; 4], &settings).contains("1 latents z0, but 2 latents z1"));
    assert!(refused(&a, &[f32::NAN, 0.0], &settings).contains("finite"));
    let with = |change: &dyn Fn(&mut GeodesicSettings)| {
        let mut settings = settings;
        change(&mut settings);
        refused(&a, &b, &settings)
    };
    assert!(with(&|s| s.segments = 1).contains("segments must be between 2"));
    assert!(with(&|s| s.segments = usize::MAX).contains("segments"));
    assert!(with(&|s| s.evaluations = 0).contains("evaluations"));
    assert!(with(&|s| s.refinement = 0).contains("refinement"));
    assert!(with(&|s| s.resamples = 1).contains("resamples"));
    let broken = network(2, &[f32::NAN; 4], "");
    assert!(
        geodesics(&broken, &a, &b, &settings)
            .unwrap_err()
            .to_string()
            .contains("not finite")
    );
}
