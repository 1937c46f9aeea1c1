//! Singular values of the Jacobian of networks.

use ganscope::interpret::{JacobianSpectrum, jacobian_spectrum};
use ganscope::nn::{Network, NetworkSpec};
use ganscope::random::{Stream, standard_normal};

/// z ↦ tanh(Az) or z ↦ Az, with A row-major [d, latent].
fn network(latent: usize, a: &[f32], activation: &str) -> Network {
    let spec: NetworkSpec = serde_json::from_str(&format!(
        r#"{{"input": {{"kind": "vector", "len": {latent}}},
            "layers": [{{"type": "dense", "in": {latent}, "out": {}, "bias": false}}{activation}]}}"#,
        a.len() / latent
    ))
    .unwrap();
    let mut g = Network::new("generator", &spec, 1, Stream::GeneratorInit).unwrap();
    g.parameters_mut()[0].1.update(|w| w.copy_from_slice(a));
    g
}

const TANH: &str = r#", {"type": "tanh"}"#;

#[test]
fn a_linear_network_has_the_singular_values_of_its_weights() {
    // Columns (4, 0, 0), (0, 3, 0), (0, 0, 0.01): σ = 4, 3, 0.01 in any order of the columns.
    let g = network(3, &[0.0, 4.0, 0.0, 3.0, 0.0, 0.0, 0.0, 0.0, 0.01], "");
    let spectrum = jacobian_spectrum(&g, &standard_normal(1, Stream::Exploration, 0, 30)).unwrap();
    assert_eq!((spectrum.n, spectrum.latent, spectrum.width), (10, 3, 3));
    let expected_pr = 25.0001_f64.powi(2) / (256.0 + 81.0 + 1e-8);
    for point in &spectrum.points {
        for (found, sigma) in point.singular_values.iter().zip([4.0, 3.0, 0.01]) {
            assert!((found - sigma).abs() < 1e-6, "{found} {sigma}");
        }
        assert!((point.participation_ratio - expected_pr).abs() < 1e-6);
        assert_eq!(point.numerical_rank, 2);
        // 0.01 is rounded to single precision.
        assert!((point.log_volume.unwrap() - 0.12_f64.ln()).abs() < 1e-6);
    }
    assert!((spectrum.participation_ratio.median - expected_pr).abs() < 1e-6);
    assert_eq!(spectrum.numerical_rank.maximum, 2.0);
    assert!((spectrum.median_singular_values[1] - 3.0).abs() < 1e-6);
    assert!((spectrum.random_participation_ratio - 11.0 / 7.0).abs() < 1e-12);
}

#[test]
fn the_volume_element_of_a_saturating_network_has_a_closed_form() {
    // √det JᵀJ = |det A| Π (1 − tanh²(Az)ᵢ)
    let a = [1.0, 0.5, -0.25, 2.0_f32];
    let g = network(2, &a, TANH);
    let z = standard_normal(2, Stream::Exploration, 0, 2 * 300);
    let spectrum = jacobian_spectrum(&g, &z).unwrap();
    assert_eq!(spectrum.n, 300);
    for (point, z) in spectrum.points.iter().zip(z.chunks(2)) {
        let h = |i: usize| f64::from(a[2 * i] * z[0] + a[2 * i + 1] * z[1]);
        let expected = 2.125_f64.ln() - 2.0 * (h(0).cosh().ln() + h(1).cosh().ln());
        // 1 − tanh² loses digits where tanh is close to 1: an error of 10⁻⁷ cosh².
        let allowed = 1e-5 + 1e-6 * (h(0).cosh().powi(2) + h(1).cosh().powi(2));
        let found = point.log_volume.unwrap();
        assert!(
            (found - expected).abs() < allowed,
            "{found} {expected} {allowed}"
        );
    }
    // Each latent alone, in chunks of another size, has the same singular values.
    let alone = jacobian_spectrum(&g, &z[2 * 270..2 * 271]).unwrap();
    let (alone, together) = (&alone.points[0], &spectrum.points[270]);
    for (a, b) in alone.singular_values.iter().zip(&together.singular_values) {
        assert!((a - b).abs() < 1e-6 * (1.0 + a), "{a} {b}");
    }
}

#[test]
fn a_random_matrix_has_the_stated_participation_ratio() {
    let (d, m) = (60, 20);
    let mut mean = 0.0;
    for seed in 0..40 {
        let g = network(
            m,
            &standard_normal(seed, Stream::RandomWeights, 0, d * m),
            "",
        );
        let spectrum = jacobian_spectrum(&g, &vec![0.0; m]).unwrap();
        mean += spectrum.participation_ratio.median / 40.0;
        assert!((spectrum.random_participation_ratio - 1202.0 / 81.0).abs() < 1e-12);
    }
    // PR = (md + 2)/(d + m + 1) to first order; a single one varies by about 2 %, the mean of 40 by 0.3 %, and the ratio of
    // expectations differs from the expectation of the ratio by less than 1 %.
    assert!((mean / (1202.0 / 81.0) - 1.0).abs() < 0.02, "{mean}");
}

#[test]
fn networks_without_full_rank_have_no_volume_element() {
    // The second column is twice the first.
    let flat = jacobian_spectrum(&network(2, &[1.0, 2.0, 3.0, 6.0], ""), &[0.1, 0.2]).unwrap();
    assert_eq!((flat.points[0].log_volume, flat.log_volume), (None, None));
    assert_eq!(flat.points[0].numerical_rank, 1);
    assert!((flat.points[0].participation_ratio - 1.0).abs() < 1e-6);
    assert!(flat.to_string().contains("J has no full rank"), "{flat}");

    // Fewer values than latent variables: as many singular values as values.
    let wide = jacobian_spectrum(&network(3, &[3.0, 0.0, 4.0], ""), &[0.1, 0.2, 0.3]).unwrap();
    assert_eq!(wide.points[0].singular_values.len(), 1);
    assert!((wide.points[0].singular_values[0] - 5.0).abs() < 1e-6);
    assert_eq!(wide.points[0].log_volume, None);

    // A constant map has none.
    let constant = jacobian_spectrum(&network(2, &[0.0; 4], TANH), &[0.1, 0.2]).unwrap();
    let point = &constant.points[0];
    assert_eq!(
        (
            point.participation_ratio,
            point.numerical_rank,
            point.log_volume
        ),
        (0.0, 0, None)
    );
}

#[test]
fn results_are_written_as_json_and_printed() {
    let g = network(2, &[1.0, 0.5, -0.25, 2.0], TANH);
    let spectrum = jacobian_spectrum(&g, &standard_normal(3, Stream::Exploration, 0, 20)).unwrap();
    let json = serde_json::to_string(&spectrum).unwrap();
    assert_eq!(
        serde_json::from_str::<JacobianSpectrum>(&json).unwrap(),
        spectrum
    );
    let text = spectrum.to_string();
    assert!(
        text.starts_with("effective dimension") && text.contains("10 latents"),
        "{text}"
    );
}

#[test]
fn a_jacobian_that_does_not_fit_into_memory_is_refused() {
    let (latent, width) = (8200, 8200);
    let spec: NetworkSpec = serde_json::from_str(
        r#"{"input": {"kind": "vector", "len": 8200}, "layers": [
            {"type": "dense", "in": 8200, "out": 1}, {"type": "dense", "in": 1, "out": 8200}]}"#,
    )
    .unwrap();
    let g = Network::new("generator", &spec, 1, Stream::GeneratorInit).unwrap();
    assert_eq!(g.output().numel(), width);
    let found = jacobian_spectrum(&g, &vec![0.0; latent])
        .unwrap_err()
        .to_string();
    assert!(
        found.contains("8,200 values by 8,200 latent variables"),
        "{found}"
    );
}

#[test]
fn latents_that_do_not_fit_are_refused() {
    let g = network(2, &[1.0, 0.5, -0.25, 2.0], TANH);
    let refused = |z: &[f32]| jacobian_spectrum(&g, z).unwrap_err().to_string();
    assert!(refused(&[]).contains("rows of 2"));
    assert!(refused(&[1.0, 2.0, 3.0]).contains("3 numbers"));
    assert!(refused(&[1.0, f32::INFINITY]).contains("finite"));
    let broken = network(2, &[f32::NAN; 4], TANH);
    let found = jacobian_spectrum(&broken, &[0.1, 0.2])
        .unwrap_err()
        .to_string();
    assert!(found.contains("not finite"), "{found}");
}
