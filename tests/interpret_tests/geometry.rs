//! The area element of networks on planes through the latent space. (Spheres and other analytic maps are tested in the
//! source file.)

use ganscope::interpret::Direction;
use ganscope::interpret::{SliceGeometry, coordinate, slice_geometry};
use ganscope::nn::{Network, NetworkSpec};
use ganscope::random::Stream;

/// z ↦ activation(Az), with A row-major [d, latent].
fn network(latent: usize, a: &[f32], activation: &str) -> Network {
    let spec: NetworkSpec = serde_json::from_str(&format!(
        r#"{{"input": {{"kind": "vector", "len": {latent}}},
            "layers": [{{"type": "dense", "in": {latent}, "out": {}, "bias": false}}, {{"type": "{activation}"}}]}}"#,
        a.len() / latent
    ))
    .unwrap();
    let mut g = Network::new("generator", &spec, 1, Stream::GeneratorInit).unwrap();
    g.parameters_mut()[0].1.update(|w| w.copy_from_slice(a));
    g
}

fn grid(points: usize, extent: f64) -> Vec<f64> {
    let step = 2.0 * extent / (points - 1) as f64;
    (0..points).map(|i| i as f64 * step - extent).collect()
}

#[test]
fn the_area_element_of_a_saturating_network_has_a_closed_form() {
    // Only the first two of three latent variables vary, from z₀ = (0.2, −0.1, 0.5).
    let a = [1.0, 0.5, 1.0, -0.25, 2.0, 0.0_f32];
    let g = network(3, &a, "tanh");
    let (u, v) = (coordinate(3, 0).unwrap(), coordinate(3, 1).unwrap());
    // 21 · 17 points need more than one pass.
    let (s, t) = (grid(21, 1.5), grid(17, 1.0));
    let slice = slice_geometry(&g, &[0.2, -0.1, 0.5], &u, &v, &s, &t).unwrap();
    assert_eq!(slice.log_area.len(), 21 * 17);
    for (row, t) in slice.log_area.chunks(21).zip(&t) {
        for (found, s) in row.iter().zip(&s) {
            let z = [0.2 + s, -0.1 + t, 0.5];
            let h = |i: usize| -> f64 { (0..3).map(|j| f64::from(a[3 * i + j]) * z[j]).sum() };
            let expected = 2.125_f64.ln() - 2.0 * (h(0).cosh().ln() + h(1).cosh().ln());
            // 1 − tanh² has an error of about 10⁻⁷ cosh² relative to itself.
            let allowed = 1e-5 + 1e-6 * (h(0).cosh().powi(2) + h(1).cosh().powi(2));
            assert!(
                (found.unwrap() - expected).abs() < allowed,
                "{found:?} {expected}"
            );
        }
    }
    let quantiles = slice.log_area_quantiles.unwrap();
    assert!(quantiles.minimum < quantiles.median && quantiles.median < quantiles.maximum);
    assert_eq!(slice.stretched, 0.0);
}

#[test]
fn a_plane_that_a_relu_network_folds_onto_lines_is_collapsed_there() {
    // (s, t) ↦ (relu(s), relu(t))
    let g = network(2, &[1.0, 0.0, 0.0, 1.0], "relu");
    let (u, v) = (coordinate(2, 0).unwrap(), coordinate(2, 1).unwrap());
    let s = grid(10, 1.8);
    let slice = slice_geometry(&g, &[0.0, 0.0], &u, &v, &s, &s).unwrap();
    // Only the quarter with s, t > 0 keeps its area; in the others at least one output is constantly 0.
    for (row, t) in slice.log_area.chunks(10).zip(&s) {
        for (found, s) in row.iter().zip(&s) {
            let expected = (*s > 0.0 && *t > 0.0).then_some(0.0);
            assert_eq!(*found, expected, "{s} {t}");
        }
    }
    assert_eq!(slice.collapsed, 0.75);
    assert!(
        slice.to_string().starts_with("collapsed          75.0 %"),
        "{slice}"
    );
    assert_eq!(slice.condition_quantiles.unwrap().maximum, 1.0);
}

#[test]
fn slices_are_written_as_json() {
    let g = network(2, &[1.0, 0.5, 0.3, 1.0], "relu");
    let (u, v) = (coordinate(2, 0).unwrap(), coordinate(2, 1).unwrap());
    let slice = slice_geometry(&g, &[0.0, 0.0], &u, &v, &grid(4, 1.0), &grid(3, 1.0)).unwrap();
    let json = serde_json::to_string(&slice).unwrap();
    assert_eq!(serde_json::from_str::<SliceGeometry>(&json).unwrap(), slice);
}

#[test]
fn slices_that_cannot_be_computed_are_refused() {
    let g = network(2, &[1.0, 0.5, 0.3, 1.0], "tanh");
    let (u, v) = (coordinate(2, 0).unwrap(), coordinate(2, 1).unwrap());
    let line = [0.0, 1.0];
    let refused = |z0: &[f32], u: &Direction, v: &Direction, s: &[f64], t: &[f64]| {
        slice_geometry(&g, z0, u, v, s, t).unwrap_err().to_string()
    };
    assert!(refused(&[0.0], &u, &v, &line, &line).contains("rows of 2"));
    assert!(refused(&[0.0; 4], &u, &v, &line, &line).contains("single latent"));
    assert!(refused(&[0.0, f32::NAN], &u, &v, &line, &line).contains("finite"));
    let long = coordinate(3, 0).unwrap();
    assert!(refused(&[0.0; 2], &long, &v, &line, &line).contains("z[0] has 3 numbers"));
    let opposite = Direction::new("opposite", vec![-2.0, 0.0], 1.0).unwrap();
    assert!(refused(&[0.0; 2], &u, &opposite, &line, &line).contains("parallel"));
    assert!(refused(&[0.0; 2], &u, &v, &[0.0], &line).contains("values of s"));
    assert!(refused(&[0.0; 2], &u, &v, &line, &[1.0, 1.0]).contains("values of t"));
    assert!(refused(&[0.0; 2], &u, &v, &line, &[1.0, f64::INFINITY]).contains("values of t"));
    let many = grid(501, 1.0);
    assert!(refused(&[0.0; 2], &u, &v, &many, &many).contains("at most 250,000 points"));
    let broken = network(2, &[f32::NAN; 4], "tanh");
    let found = slice_geometry(&broken, &[0.0; 2], &u, &v, &line, &line).unwrap_err();
    assert!(found.to_string().contains("not finite"), "{found}");
}
