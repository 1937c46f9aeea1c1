//! Jacobian directions against closed forms, nalgebra's singular values, and the other mode of differentiation.

use ganscope::data::SampleShape;
use ganscope::interpret::Directions;
use ganscope::interpret::{
    SefaVariant, average_jacobian_directions, average_metric, jacobian_directions, sefa,
};
use ganscope::nn::{Network, NetworkSpec, presets};
use ganscope::random::{Stream, standard_normal};
use ganscope::tensor::Batch;
use nalgebra::DMatrix;

fn network(latent: usize, layers: &str, weights: &[&[f32]]) -> Network {
    let spec: NetworkSpec = serde_json::from_str(&format!(
        r#"{{ "input": {{ "kind": "vector", "len": {latent} }}, "layers": [{layers}] }}"#
    ))
    .unwrap();
    let mut g = Network::new("generator", &spec, 1, Stream::GeneratorInit).unwrap();
    for ((_, parameter), values) in g.parameters_mut().into_iter().zip(weights) {
        parameter.update(|w| w.copy_from_slice(values));
    }
    g
}

fn dense(inputs: usize, outputs: usize) -> String {
    format!(r#"{{ "type": "dense", "in": {inputs}, "out": {outputs}, "bias": false }}"#)
}

/// G(z) = tanh(Az).
fn tanh_network(latent: usize, outputs: usize, a: &[f32]) -> Network {
    network(
        latent,
        &format!(r#"{}, {{ "type": "tanh" }}"#, dense(latent, outputs)),
        &[a],
    )
}

fn wide(rows: usize, columns: usize, values: &[f32]) -> DMatrix<f64> {
    DMatrix::from_row_iterator(rows, columns, values.iter().map(|v| f64::from(*v)))
}

/// ∂ tanh(Az)/∂z = diag(1 − tanh²(Az)) A.
fn tanh_jacobian(a: &DMatrix<f64>, z: &[f32]) -> DMatrix<f64> {
    let mut jacobian = a.clone();
    let y = a * DMatrix::from_iterator(z.len(), 1, z.iter().map(|v| f64::from(*v)));
    for (mut row, y) in jacobian.row_iter_mut().zip(y.iter()) {
        row *= 1.0 - y.tanh().powi(2);
    }
    jacobian
}

#[track_caller]
fn assert_singular_vectors(found: &Directions, j: DMatrix<f64>, tolerance: f64) {
    let svd = j.svd(false, true);
    let (v, largest) = (svd.v_t.unwrap(), svd.singular_values[0]);
    for (k, direction) in found.all.iter().enumerate() {
        let sigma = svd.singular_values[k];
        let error = (direction.strength - sigma).abs() / largest;
        assert!(error < tolerance, "σ_{k}: {} {sigma}", direction.strength);
        let cosine: f64 = v
            .row(k)
            .iter()
            .zip(&direction.vector)
            .map(|(a, b)| a * b)
            .sum();
        assert!(
            1.0 - cosine.abs() < tolerance,
            "v_{k}: |cos| {}",
            cosine.abs()
        );
    }
}

/// Forward mode for more outputs than inputs, reverse mode for fewer.
#[test]
fn directions_of_a_tanh_layer_agree_with_the_closed_form() {
    for (latent, outputs) in [(5, 9), (7, 3)] {
        let a = standard_normal(1, Stream::Exploration, 0, outputs * latent);
        let a: Vec<f32> = a.iter().map(|v| 0.5 * v).collect();
        let z = standard_normal(1, Stream::Exploration, 1, latent);
        let found = jacobian_directions(&tanh_network(latent, outputs, &a), &z, 2, latent).unwrap();
        assert_eq!(found.all.len(), latent.min(outputs));
        // Single precision gives J up to 1e-6.
        assert_singular_vectors(&found, tanh_jacobian(&wide(outputs, latent, &a), &z), 1e-5);
    }
}

/// The directions come from tangents; the same J from the rows that reverse mode gives.
#[test]
fn forward_mode_agrees_with_reverse_mode() {
    let shape = SampleShape::Image {
        channels: 1,
        height: 16,
        width: 16,
    };
    let mut spec = presets::generator(&shape, 4).unwrap();
    spec.init = ganscope::nn::Initializer::He;
    let g = Network::new("generator", &spec, 1, Stream::GeneratorInit).unwrap();
    let z = standard_normal(2, Stream::Exploration, 0, 4);
    let found = jacobian_directions(&g, &z, spec.layers.len(), 4).unwrap();
    let copies = Batch::new(z.repeat(256), 256, 4).unwrap();
    let mut identity = vec![0.0; 256 * 256];
    identity.iter_mut().step_by(257).for_each(|v| *v = 1.0);
    let rows = g
        .pull_back(&copies, |_| Batch::new(identity, 256, 256))
        .unwrap()
        .1;
    assert_singular_vectors(&found, wide(256, 4, &rows), 1e-4);
}

#[test]
fn a_small_step_changes_the_output_by_the_singular_value() {
    let a = standard_normal(3, Stream::Exploration, 0, 8 * 4);
    let g = tanh_network(4, 8, &a);
    let z = standard_normal(3, Stream::Exploration, 1, 4);
    let output = |z: Vec<f32>| {
        g.infer(Batch::new(z, 1, 4).unwrap())
            .unwrap()
            .values()
            .to_vec()
    };
    let epsilon = 1e-2;
    for direction in jacobian_directions(&g, &z, 2, 2).unwrap().all {
        let (minus, plus) = (direction.walk(&z, -epsilon), direction.walk(&z, epsilon));
        let pairs = output(minus).into_iter().zip(output(plus));
        let change = pairs
            .map(|(a, b)| f64::from(b - a).powi(2))
            .sum::<f64>()
            .sqrt();
        // Central difference: errors of ε² ≈ 1e-4 and of rounding, 1e-7/ε.
        let slope = change / (2.0 * epsilon);
        assert!(
            (slope / direction.strength - 1.0).abs() < 2e-3,
            "{slope} {direction:?}"
        );
    }
}

#[test]
fn the_average_metric_of_a_linear_generator_is_its_own() {
    // More latent variables than rows of a batch, and fewer.
    for (latent, outputs, n) in [(300, 310, 2), (6, 10, 77), (6, 2, 77)] {
        let a = standard_normal(4, Stream::Exploration, 0, outputs * latent);
        let g = network(latent, &dense(latent, outputs), &[&a]);
        let z = standard_normal(4, Stream::Exploration, 1, n * latent);
        let metric = average_metric(&g, &z, 1).unwrap();
        let a = wide(outputs, latent, &a);
        let expected = a.tr_mul(&a);
        let error = (DMatrix::from_row_slice(latent, latent, &metric) - &expected).amax();
        assert!(error < 1e-5 * expected.amax(), "{latent}: {error}");
        if latent == 6 {
            let found = average_jacobian_directions(&g, &z, 1, latent).unwrap();
            let closed = sefa(&g, SefaVariant::Paper, latent).unwrap();
            assert_eq!(found.all.len(), closed.all.len());
            for (a, b) in found.all.iter().zip(&closed.all) {
                assert!(1.0 - a.similarity(b) < 1e-6 && (a.strength - b.strength).abs() < 1e-4);
            }
        }
    }
}

#[test]
fn the_average_metric_is_the_mean_over_the_latents() {
    let (latent, outputs, n) = (5, 8, 200);
    let a = standard_normal(5, Stream::Exploration, 0, outputs * latent);
    let z = standard_normal(5, Stream::Exploration, 1, n * latent);
    let metric = average_metric(&tanh_network(latent, outputs, &a), &z, 2).unwrap();
    let a = wide(outputs, latent, &a);
    let mut expected = DMatrix::zeros(latent, latent);
    for z in z.chunks(latent) {
        let jacobian = tanh_jacobian(&a, z);
        expected += jacobian.tr_mul(&jacobian) / n as f64;
    }
    let error = (DMatrix::from_row_slice(latent, latent, &metric) - &expected).amax();
    assert!(error < 1e-5 * expected.amax(), "{error}");
}

#[test]
fn the_layers_can_be_chosen() {
    let (a, b) = (
        standard_normal(6, Stream::Exploration, 0, 6 * 3),
        standard_normal(6, Stream::Exploration, 1, 4 * 6),
    );
    let layers = format!(r#"{}, {{ "type": "tanh" }}, {}"#, dense(3, 6), dense(6, 4));
    let g = network(3, &layers, &[&a, &b]);
    let z = standard_normal(6, Stream::Exploration, 2, 3);
    let hidden = tanh_jacobian(&wide(6, 3, &a), &z);
    // The tanh belongs to the layer that it follows.
    for layers in [1, 2] {
        let found = jacobian_directions(&g, &z, layers, 3).unwrap();
        assert_singular_vectors(&found, hidden.clone(), 1e-5);
        assert!(
            found
                .protocol
                .contains("the first 2 of 3 layers (up to tanh)"),
            "{found}"
        );
    }
    let found = jacobian_directions(&g, &z, 3, 3).unwrap();
    assert_singular_vectors(&found, wide(4, 6, &b) * hidden, 1e-5);
    assert!(found.protocol.contains("all 3 layers"), "{found}");
    // Without a layer, J is the identity.
    assert_eq!(
        average_metric(&g, &z, 0).unwrap(),
        *DMatrix::<f64>::identity(3, 3).as_slice()
    );
}

#[test]
fn bad_input_is_refused() {
    let g = tanh_network(2, 2, &[1.0, 0.0, 0.0, 1.0]);
    let refusal = |z: &[f32], layers, count| {
        jacobian_directions(&g, z, layers, count)
            .unwrap_err()
            .to_string()
    };
    assert!(refusal(&[0.0; 4], 2, 1).contains("average_jacobian_directions"));
    assert!(refusal(&[0.0; 3], 2, 1).contains("3 numbers"));
    assert!(refusal(&[], 2, 1).contains("at least one complete row"));
    assert!(refusal(&[0.0, f32::NAN], 2, 1).contains("NaN"));
    assert!(refusal(&[0.0; 2], 3, 1).contains("2 layers"));
    assert!(refusal(&[0.0; 2], 2, 0).contains("at least 1"));
    // tanh(100) is 1 in single precision, and its derivative 0.
    assert!(refusal(&[100.0; 2], 2, 1).contains("saturated"));
    assert!(average_jacobian_directions(&g, &[], 2, 1).is_err());
    let broken = tanh_network(2, 2, &[f32::NAN; 4]);
    assert!(
        average_metric(&broken, &[0.0; 2], 2)
            .unwrap_err()
            .to_string()
            .contains("not finite")
    );
}
