//! SeFa against the singular value decomposition of the weight.

use ganscope::interpret::Directions;
use ganscope::interpret::{SefaVariant, sefa};
use ganscope::nn::{Network, NetworkSpec};
use ganscope::random::{Stream, standard_normal};
use ganscope::tensor::Batch;
use nalgebra::DMatrix;

/// G with these layers, whose first weight is `a` and whose other parameters are as initialised.
fn network(latent: usize, layers: &str, a: &[f32]) -> Network {
    let spec: NetworkSpec = serde_json::from_str(&format!(
        r#"{{ "input": {{ "kind": "vector", "len": {latent} }}, "layers": [{layers}] }}"#
    ))
    .unwrap();
    let mut g = Network::new("generator", &spec, 1, Stream::GeneratorInit).unwrap();
    g.parameters_mut()[0].1.update(|w| w.copy_from_slice(a));
    g
}

fn dense(inputs: usize, outputs: usize) -> String {
    format!(r#"{{ "type": "dense", "in": {inputs}, "out": {outputs} }}"#)
}

fn wide(rows: usize, columns: usize, values: &[f32]) -> DMatrix<f64> {
    DMatrix::from_row_iterator(rows, columns, values.iter().map(|v| f64::from(*v)))
}

/// Compares directions with the right singular vectors of a matrix, up to the sign.
#[track_caller]
fn assert_singular_vectors(found: &Directions, a: DMatrix<f64>, tolerance: f64) {
    let svd = a.svd(false, true);
    let v = svd.v_t.unwrap();
    for (k, direction) in found.all.iter().enumerate() {
        let sigma = svd.singular_values[k];
        let error = (direction.strength / sigma - 1.0).abs();
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

#[test]
fn directions_are_the_right_singular_vectors() {
    let a = standard_normal(1, Stream::Exploration, 0, 12 * 6);
    let g = network(6, &dense(6, 12), &a);
    let found = sefa(&g, SefaVariant::Paper, 6).unwrap();
    assert_eq!(found.all.len(), 6);
    assert_singular_vectors(&found, wide(12, 6, &a), 1e-9);
    for direction in &found.all {
        let vector = &direction.vector;
        let largest = vector
            .iter()
            .copied()
            .fold(0.0, |a: f64, b| if b.abs() > a.abs() { b } else { a });
        assert!(largest > 0.0, "{vector:?}");
    }
}

#[test]
fn a_step_along_a_direction_changes_the_output_by_the_singular_value() {
    let a = standard_normal(2, Stream::Exploration, 0, 12 * 6);
    let g = network(6, &dense(6, 12), &a);
    let z = standard_normal(2, Stream::Exploration, 1, 6);
    let output = |z: Vec<f32>| {
        g.infer(Batch::new(z, 1, 6).unwrap())
            .unwrap()
            .values()
            .to_vec()
    };
    let before = output(z.clone());
    for direction in sefa(&g, SefaVariant::Paper, 6).unwrap().all {
        let after = output(direction.walk(&z, 1.5));
        let change = before
            .iter()
            .zip(&after)
            .map(|(a, b)| f64::from(b - a).powi(2));
        let change = change.sum::<f64>().sqrt();
        // The outputs, of about 3, are in single precision.
        assert!(
            (change - 1.5 * direction.strength).abs() < 1e-5,
            "{change} {direction:?}"
        );
    }
}

#[test]
fn a_rotation_of_z_rotates_the_directions() {
    let a = standard_normal(3, Stream::Exploration, 0, 10 * 4);
    // G'(z) = G(Rᵀz) has the weight ARᵀ.
    let noise = standard_normal(3, Stream::Exploration, 1, 16);
    let r = wide(4, 4, &noise).qr().q();
    let rotated: Vec<f32> = (wide(10, 4, &a) * r.transpose())
        .transpose()
        .iter()
        .map(|v| *v as f32)
        .collect();
    let found = sefa(&network(4, &dense(4, 10), &a), SefaVariant::Paper, 4).unwrap();
    let found_rotated = sefa(&network(4, &dense(4, 10), &rotated), SefaVariant::Paper, 4).unwrap();
    for (one, other) in found.all.iter().zip(&found_rotated.all) {
        let v = &r * nalgebra::DVector::from_column_slice(&one.vector);
        let cosine: f64 = v.iter().zip(&other.vector).map(|(a, b)| a * b).sum();
        // ARᵀ is rounded to single precision, which turns a direction by about 1e-7·σ²/gap.
        assert!(1.0 - cosine.abs() < 1e-9, "{cosine}");
        assert!((one.strength - other.strength).abs() < 1e-6);
    }
}

#[test]
fn the_authors_variant_scales_the_rows() {
    let mut a = standard_normal(4, Stream::Exploration, 0, 8 * 5);
    a[..5].fill(0.0);
    let g = network(5, &dense(5, 8), &a);
    let mut normalized = wide(8, 5, &a);
    for mut row in normalized.row_iter_mut().skip(1) {
        row.normalize_mut();
    }
    let found = sefa(&g, SefaVariant::NormalizedRows, 5).unwrap();
    assert_singular_vectors(&found, normalized, 1e-9);
    // Seven rows of norm 1: Σ σ² = 7.
    let squares: f64 = found.all.iter().map(|d| d.strength.powi(2)).sum();
    assert!((squares - 7.0).abs() < 1e-9, "{squares}");

    // A larger row changes the directions of the paper only.
    a[5..10].iter_mut().for_each(|w| *w *= 8.0);
    let scaled = network(5, &dense(5, 8), &a);
    let again = sefa(&scaled, SefaVariant::NormalizedRows, 5).unwrap();
    for (one, other) in found.all.iter().zip(&again.all) {
        assert!(1.0 - one.similarity(other) < 1e-9);
    }
    let paper = |g: &Network| sefa(g, SefaVariant::Paper, 1).unwrap().all.remove(0);
    assert!(paper(&g).similarity(&paper(&scaled)) < 0.99);
}

#[test]
fn there_are_as_many_directions_as_the_rank_and_at_most_as_asked_for() {
    let a = standard_normal(5, Stream::Exploration, 0, 2 * 5);
    let g = network(5, &dense(5, 2), &a);
    assert_eq!(sefa(&g, SefaVariant::Paper, 5).unwrap().all.len(), 2);
    assert_eq!(sefa(&g, SefaVariant::Paper, 1).unwrap().all.len(), 1);
}

#[test]
fn layers_after_the_first_do_not_matter() {
    let a = standard_normal(6, Stream::Exploration, 0, 4 * 3);
    let deep = format!(r#"{}, {{ "type": "relu" }}, {}"#, dense(3, 4), dense(4, 2));
    let one = sefa(&network(3, &dense(3, 4), &a), SefaVariant::Paper, 3).unwrap();
    let other = sefa(&network(3, &deep, &a), SefaVariant::Paper, 3).unwrap();
    assert_eq!(one, other);
}

#[test]
fn what_cannot_be_decomposed_is_refused() {
    let refusal = |g: &Network, count| sefa(g, SefaVariant::Paper, count).unwrap_err().to_string();
    let linear = network(2, &dense(2, 2), &[1.0; 4]);
    assert!(refusal(&linear, 0).contains("at least 1"));
    assert!(refusal(&network(2, &dense(2, 2), &[0.0; 4]), 1).contains("all weights"));
    assert!(refusal(&network(2, &dense(2, 2), &[f32::NAN; 4]), 1).contains("finite"));
    let layers = format!(r#"{{ "type": "tanh" }}, {}"#, dense(2, 2));
    let message = refusal(&network(2, &layers, &[1.0; 4]), 1);
    assert!(
        message.contains("\"tanh\"") && message.contains("dense"),
        "{message}"
    );
    let (none, _) = linear.split_at(0).unwrap();
    assert!(refusal(&none, 1).contains("there is none"));
}
