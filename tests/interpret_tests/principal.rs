//! GANSpace against Gaussians of known covariance, and against SeFa for a linear generator.

use ganscope::interpret::{
    PrincipalSettings, SefaVariant, ganspace, ganspace_of_activations, sefa,
};
use ganscope::nn::{Network, NetworkSpec};
use ganscope::random::{Stream, standard_normal};
use nalgebra::DMatrix;

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

fn settings(layers: usize, count: usize) -> PrincipalSettings {
    PrincipalSettings {
        layers,
        count,
        seed: 1,
    }
}

/// A random orthogonal matrix.
fn rotation(d: usize, seed: u64) -> DMatrix<f64> {
    let noise = standard_normal(seed, Stream::RandomDirection, 0, d * d);
    DMatrix::from_iterator(d, d, noise.into_iter().map(f64::from))
        .qr()
        .q()
}

/// Rows of the product of a matrix with each row of z.
fn mapped(z: &[f32], matrix: &DMatrix<f64>) -> Vec<f32> {
    let rows = z.chunks(matrix.ncols()).flat_map(|z| {
        let z = DMatrix::from_iterator(z.len(), 1, z.iter().map(|v| f64::from(*v)));
        (matrix * z).iter().map(|v| *v as f32).collect::<Vec<f32>>()
    });
    rows.collect()
}

/// The sampling error of an eigenvector along another one has the standard deviation √(λ_i λ_j/n)/(λ_i − λ_j).
#[test]
fn components_of_a_gaussian_have_the_expected_sampling_error() {
    let (d, n) = (5, 4000);
    let lambda: [f64; 5] = [9.0, 5.0, 3.0, 1.5, 0.5];
    let r = rotation(d, 1);
    let roots = DMatrix::from_diagonal(&nalgebra::DVector::from_iterator(
        d,
        lambda.iter().map(|l| l.sqrt()),
    ));
    let z = mapped(
        &standard_normal(2, Stream::Exploration, 0, n * d),
        &(&r * roots),
    );
    let g = network(d, &dense(d, 1), &[1.0; 5]);
    let found = ganspace(&g, &z, &settings(0, d)).unwrap();
    assert_eq!(found.layers, "z itself");
    let mut chi_squared = 0.0;
    for (i, direction) in found.directions.all.iter().enumerate() {
        for (j, axis) in r.column_iter().enumerate().filter(|(j, _)| *j != i) {
            let along: f64 = axis.iter().zip(&direction.vector).map(|(a, b)| a * b).sum();
            let deviation =
                (lambda[i] * lambda[j] / n as f64).sqrt() / (lambda[i] - lambda[j]).abs();
            assert!(
                along.abs() < 4.0 * deviation,
                "{i} {j}: {along} {deviation}"
            );
            if i < j {
                chi_squared += (along / deviation).powi(2);
            }
        }
        // A variance has the relative standard error √(2/n) = 0.022.
        let variance = direction.strength.powi(2);
        assert!(
            (variance / lambda[i] - 1.0).abs() < 4.0 * 0.0224,
            "{variance}"
        );
        let fraction = found.explained_variance[i] * 19.0 / lambda[i];
        assert!((fraction - 1.0).abs() < 4.0 * 0.0224, "{fraction}");
    }
    // The 0.1 % and the 99.9 % quantile of χ² with 10 degrees of freedom.
    assert!((1.48..29.6).contains(&chi_squared), "{chi_squared}");
    assert!((found.total_variance / 19.0 - 1.0).abs() < 0.06);
}

/// To first order u_k deviates from v_k along v_j by a normal error of standard deviation λ_k/(|λ_k − λ_j| √n).
#[test]
fn directions_of_a_linear_generator_are_those_of_sefa() {
    let (latent, width, n) = (6, 20, 5000);
    let a = standard_normal(3, Stream::Exploration, 0, width * latent);
    let g = network(latent, &dense(latent, width), &a);
    let z = standard_normal(3, Stream::Exploration, 1, n * latent);
    let found = ganspace(&g, &z, &settings(1, latent)).unwrap();
    let closed = sefa(&g, SefaVariant::Paper, latent).unwrap();
    let lambda: Vec<f64> = closed.all.iter().map(|d| d.strength.powi(2)).collect();
    for (k, u) in found.directions.all.iter().enumerate() {
        for (j, v) in closed.all.iter().enumerate().filter(|(j, _)| *j != k) {
            let deviation = lambda[k] / (lambda[k] - lambda[j]).abs() / (n as f64).sqrt();
            assert!(
                u.similarity(v) < 4.0 * deviation,
                "{k} {j}: {} {deviation}",
                u.similarity(v)
            );
        }
        assert!((u.strength / closed.all[k].strength - 1.0).abs() < 4.0 * (0.5 / n as f64).sqrt());
        // A linear component is found again completely; the norm of z has the relative error 1/√2n.
        assert!(
            (found.correlation[k] - 1.0).abs() < 0.1,
            "{:?}",
            found.correlation
        );
    }
    assert!((found.explained_variance.iter().sum::<f64>() - 1.0).abs() < 1e-6);
}

/// The regression is linear in z, so it follows a rotation of z exactly.
#[test]
fn a_rotation_of_z_rotates_the_directions() {
    let (latent, width, n) = (4, 7, 300);
    let y = standard_normal(4, Stream::Exploration, 0, n * width);
    let z = standard_normal(4, Stream::Exploration, 1, n * latent);
    let r = rotation(latent, 5);
    let one = ganspace_of_activations(&y, &z, latent, &settings(1, 4)).unwrap();
    let other = ganspace_of_activations(&y, &mapped(&z, &r), latent, &settings(1, 4)).unwrap();
    for (one, other) in one.directions.all.iter().zip(&other.directions.all) {
        let rotated = &r * nalgebra::DVector::from_column_slice(&one.vector);
        for (a, b) in rotated.iter().zip(&other.vector) {
            assert!((a - b).abs() < 1e-6, "{a} {b}");
        }
    }
}

/// z₁² is uncorrelated with all of z: n r² has the expectation Σ_j E[(z₁² − 1)² z_j²]/2 = 5 + (latent − 1).
#[test]
fn a_component_that_is_not_linear_in_z_has_a_small_correlation() {
    let (latent, n) = (6, 2000);
    let z = standard_normal(6, Stream::Exploration, 0, n * latent);
    let y: Vec<f32> = z.chunks(latent).map(|z| z[0] * z[0]).collect();
    let found = ganspace_of_activations(&y, &z, latent, &settings(1, 1)).unwrap();
    let squared = n as f64 * found.correlation[0].powi(2);
    assert!((1.0..40.0).contains(&squared), "{squared}");
}

#[test]
fn the_activation_function_belongs_to_its_layer() {
    let a = standard_normal(7, Stream::Exploration, 0, 8 * 3);
    let layers = format!(r#"{}, {{ "type": "relu" }}, {}"#, dense(3, 8), dense(8, 2));
    let g = network(3, &layers, &a);
    let z = standard_normal(7, Stream::Exploration, 1, 400 * 3);
    let one = ganspace(&g, &z, &settings(1, 3)).unwrap();
    let two = ganspace(&g, &z, &settings(2, 3)).unwrap();
    assert_eq!(one.directions, two.directions);
    assert_eq!(
        (one.width, one.layers.as_str()),
        (8, "the first 2 of 3 layers (up to relu)")
    );
    // The ReLU halves the variance of a unit, roughly: E[max(0, x)²] − E[max(0, x)]² = ½ − 1/2π for N(0, 1).
    let squares: f64 = a.iter().map(|w| f64::from(*w).powi(2)).sum();
    let expected = squares * (0.5 - 0.5 / std::f64::consts::PI);
    assert!(
        (one.total_variance / expected - 1.0).abs() < 0.3,
        "{}",
        one.total_variance
    );
}

#[test]
fn there_are_as_many_directions_as_the_rank() {
    let a = standard_normal(8, Stream::Exploration, 0, 3 * 5);
    let g = network(5, &dense(5, 3), &a);
    let z = standard_normal(8, Stream::Exploration, 1, 100 * 5);
    let found = ganspace(&g, &z, &settings(1, 5)).unwrap();
    assert_eq!(found.directions.all.len(), 3);
    assert_eq!(
        (found.explained_variance.len(), found.correlation.len()),
        (3, 3)
    );
    let text = found.to_string();
    assert!(
        text.starts_with("3 components explain 100.0 % of the variance of 3 activations"),
        "{text}"
    );
    assert_eq!(text.lines().count(), 4);
}

#[test]
fn results_survive_json() {
    let g = network(2, &dense(2, 2), &[1.0, 2.0, 3.0, 4.0]);
    let z = standard_normal(9, Stream::Exploration, 0, 50 * 2);
    let found = ganspace(&g, &z, &settings(1, 2)).unwrap();
    let json = serde_json::to_string(&found).unwrap();
    assert_eq!(found, serde_json::from_str(&json).unwrap());
}

#[test]
fn bad_input_is_refused() {
    let g = network(2, &dense(2, 2), &[1.0, 2.0, 3.0, 4.0]);
    let z = standard_normal(10, Stream::Exploration, 0, 50 * 2);
    let refusal = |z: &[f32], layers, count| {
        ganspace(&g, z, &settings(layers, count))
            .unwrap_err()
            .to_string()
    };
    assert!(refusal(&z, 1, 0).contains("at least 1"));
    assert!(refusal(&z, 2, 1).contains("1 layer"));
    assert!(refusal(&z[1..], 1, 1).contains("99 numbers"));
    assert!(refusal(&[], 1, 1).contains("at least one complete row"));
    assert!(refusal(&z[..2], 1, 1).contains("at least 2"));
    assert!(refusal(&[0.0, f32::INFINITY], 1, 1).contains("finite"));
    assert!(refusal(&[1.0; 20], 1, 1).contains("the same for all latents"));
    let of = |y: &[f32]| {
        ganspace_of_activations(y, &z, 2, &settings(1, 1))
            .unwrap_err()
            .to_string()
    };
    assert!(of(&[1.0; 99]).contains("99 activations"));
    assert!(of(&[]).contains("0 activations"));
    assert!(of(&[f32::NAN; 50]).contains("not finite"));
    let broken = network(2, &dense(2, 2), &[f32::NAN; 4]);
    assert!(ganspace(&broken, &z, &settings(1, 1)).is_err());
}
