//! Traversals and interpolations, on vectors and through linear networks.

use std::f64::consts::{FRAC_PI_2, PI};

use ganscope::interpret::Direction;
use ganscope::interpret::{Interpolation, LatentPath, coordinate, interpolate, traverse};
use ganscope::nn::{Network, NetworkSpec};
use ganscope::random::{Stream, standard_normal};

/// z ↦ Az, with A row-major [d, latent].
fn linear(latent: usize, a: &[f32]) -> Network {
    let spec: NetworkSpec = serde_json::from_str(&format!(
        r#"{{"input": {{"kind": "vector", "len": {latent}}},
            "layers": [{{"type": "dense", "in": {latent}, "out": {}, "bias": false}}]}}"#,
        a.len() / latent
    ))
    .unwrap();
    let mut g = Network::new("generator", &spec, 1, Stream::GeneratorInit).unwrap();
    g.parameters_mut()[0].1.update(|w| w.copy_from_slice(a));
    g
}

fn norm(z: &[f32]) -> f64 {
    z.iter().map(|z| f64::from(*z).powi(2)).sum::<f64>().sqrt()
}

fn identity(n: usize) -> Vec<f32> {
    (0..n * n)
        .map(|i| if i % (n + 1) == 0 { 1.0 } else { 0.0 })
        .collect()
}

#[test]
fn spherical_interpolation_of_orthogonal_unit_vectors_stays_on_the_circle_at_constant_speed() {
    let g = linear(3, &identity(3));
    let path = interpolate(
        &g,
        &[0.0, 1.0, 0.0],
        &[0.0, 0.0, 1.0],
        Interpolation::Spherical,
        11,
    )
    .unwrap();
    for (z, t) in path.latents.chunks(3).zip(&path.t) {
        assert!((norm(z) - 1.0).abs() < 1e-6, "{z:?}");
        // Single precision.
        assert!(
            (f64::from(z[1]) - (t * FRAC_PI_2).cos()).abs() < 1e-7,
            "{z:?}"
        );
        assert!(
            (f64::from(z[2]) - (t * FRAC_PI_2).sin()).abs() < 1e-7,
            "{z:?}"
        );
    }
    // Ten chords of an angle of 9° each.
    let chord = 2.0 * (FRAC_PI_2 / 20.0).sin();
    for step in &path.latent_steps {
        assert!((step - chord).abs() < 1e-6, "{step} {chord}");
    }
    assert!((path.latent_length - 10.0 * chord).abs() < 1e-5);
    assert!((path.image_length - 10.0 * chord).abs() < 1e-5);
    assert!((path.largest_step().unwrap() - 1.0).abs() < 1e-5);
    assert_eq!((path.t[0], path.t[5], path.t[10]), (0.0, 0.5, 1.0));
}

#[test]
fn the_ends_are_kept_when_their_norms_differ() {
    let (z0, z1) = ([3.0, 4.0, 0.0], [-1.0, 0.5, 2.0]);
    for interpolation in [Interpolation::Linear, Interpolation::Spherical] {
        assert_eq!(interpolation.at(&z0, &z1, 0.0).unwrap(), z0);
        assert_eq!(interpolation.at(&z0, &z1, 1.0).unwrap(), z1);
    }
    // Weights sin((1 − t)ω)/sin ω and sin(tω)/sin ω with cos ω = −1/(5 · √5.25).
    let omega = (-1.0 / (5.0 * 5.25_f64.sqrt())).acos();
    let (a, b) = (
        (0.7 * omega).sin() / omega.sin(),
        (0.3 * omega).sin() / omega.sin(),
    );
    let z = Interpolation::Spherical.at(&z0, &z1, 0.3).unwrap();
    for ((z, z0), z1) in z.iter().zip(z0).zip(z1) {
        let expected = a * f64::from(z0) + b * f64::from(z1);
        assert!((f64::from(*z) - expected).abs() < 1e-6, "{z} {expected}");
    }
}

#[test]
fn spherical_interpolation_at_angle_zero_is_linear() {
    let (z0, z1) = ([1.0, 2.0], [3.0, 6.0]);
    assert_eq!(
        Interpolation::Spherical.at(&z0, &z1, 0.25).unwrap(),
        [1.5, 3.0]
    );
    assert_eq!(Interpolation::Spherical.at(&z0, &z0, 0.25).unwrap(), z0);
    // At an angle of 10⁻³ both differ by less than its square.
    let near = [1.0, 2.0 - 2.5e-3];
    let (a, b) = (Interpolation::Linear, Interpolation::Spherical);
    let (a, b) = (
        a.at(&z0, &near, 0.5).unwrap(),
        b.at(&z0, &near, 0.5).unwrap(),
    );
    assert!(
        a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 3e-6),
        "{a:?} {b:?}"
    );
}

#[test]
fn spherical_interpolation_is_refused_where_no_path_is_the_shortest() {
    let slerp = |z0: &[f32], z1: &[f32]| Interpolation::Spherical.at(z0, z1, 0.5);
    let problem = slerp(&[1.0, -2.0], &[-0.5, 1.0]).unwrap_err().to_string();
    assert!(
        problem.contains("opposite directions") && problem.contains("linear"),
        "{problem}"
    );
    let problem = slerp(&[0.0, 0.0], &[1.0, 0.0]).unwrap_err().to_string();
    assert!(problem.contains("other than 0"), "{problem}");
    // Just before the opposite the plane is still determined.
    let angle = PI - 1e-3;
    let z = slerp(&[1.0, 0.0], &[angle.cos() as f32, angle.sin() as f32]).unwrap();
    assert!((norm(&z) - 1.0).abs() < 1e-3 && z[1] > 0.99, "{z:?}");
}

#[test]
fn between_gaussian_latents_only_the_spherical_path_keeps_the_norm() {
    let latent = 512;
    let g = linear(latent, &vec![1.0; latent]);
    let z = standard_normal(4, Stream::Exploration, 0, 2 * latent);
    let (z0, z1) = z.split_at(latent);
    let middle = |interpolation| {
        let path = interpolate(&g, z0, z1, interpolation, 3).unwrap();
        norm(&path.latents[latent..2 * latent]) / (latent as f64).sqrt()
    };
    // The norm of a latent of 512 numbers has a standard deviation of 0.03 √latent.
    assert!((middle(Interpolation::Linear) - 0.5_f64.sqrt()).abs() < 0.1);
    assert!((middle(Interpolation::Spherical) - 1.0).abs() < 0.1);
}

#[test]
fn the_length_of_a_linear_image_path_is_the_norm_of_the_image_of_the_difference() {
    // A = [[1, 2], [0, 1], [2, 0]] and Δz = (2, −1): AΔz = (0, −1, 4).
    let g = linear(2, &[1.0, 2.0, 0.0, 1.0, 2.0, 0.0]);
    let path = interpolate(&g, &[1.0, 1.0], &[3.0, 0.0], Interpolation::Linear, 9).unwrap();
    assert!((path.image_length - 17f64.sqrt()).abs() < 1e-5, "{path}");
    assert!((path.latent_length - 5f64.sqrt()).abs() < 1e-6, "{path}");
    assert_eq!((path.latents.len(), path.images.len()), (18, 27));
    assert_eq!(path.images[..3], [3.0, 1.0, 2.0]);
    assert_eq!(path.images[24..], [3.0, 0.0, 6.0]);
}

#[test]
fn a_traversal_adds_multiples_of_the_direction_in_the_given_order() {
    let g = linear(2, &[3.0, 4.0]);
    let direction = Direction::new("diagonal", vec![3.0, 4.0], 2.0).unwrap();
    let path = traverse(&g, &[1.0, -1.0], &direction, &[5.0, -5.0, 0.0]).unwrap();
    assert_eq!(path.latents, [4.0, 3.0, -2.0, -5.0, 1.0, -1.0]);
    assert_eq!(path.images, [24.0, -26.0, -1.0]);
    assert_eq!((path.latent_length, path.image_length), (15.0, 75.0));
    assert_eq!(path.largest_step(), Some(50.0 / 37.5));
    assert_eq!(path.kind, "traversal of diagonal");

    // Of a coordinate, all others stay.
    let path = traverse(&g, &[1.0, -1.0], &coordinate(2, 1).unwrap(), &[0.0, 0.5]).unwrap();
    assert_eq!(path.latents, [1.0, -1.0, 1.0, -0.5]);
}

#[test]
fn a_path_along_which_the_image_does_not_change_says_so() {
    let g = linear(2, &[1.0, 0.0]);
    let path = traverse(&g, &[1.0, 1.0], &coordinate(2, 1).unwrap(), &[0.0, 1.0]).unwrap();
    assert_eq!((path.image_length, path.largest_step()), (0.0, None));
    assert!(
        path.to_string().contains("the image does not change"),
        "{path}"
    );
}

#[test]
fn paths_are_written_as_json_and_printed() {
    let g = linear(2, &[1.0, 0.5]);
    let path = interpolate(&g, &[0.1, 0.2], &[0.3, 0.7], Interpolation::Spherical, 4).unwrap();
    let json = serde_json::to_string(&path).unwrap();
    assert_eq!(serde_json::from_str::<LatentPath>(&json).unwrap(), path);
    let text = path.to_string();
    assert!(
        text.starts_with("image path") && text.contains("4 points"),
        "{text}"
    );
}

#[test]
fn paths_that_cannot_be_computed_are_refused() {
    let g = linear(2, &[1.0, 0.5]);
    let interpolate = |z0: &[f32], z1: &[f32], points| {
        let found = interpolate(&g, z0, z1, Interpolation::Linear, points);
        found.unwrap_err().to_string()
    };
    assert!(interpolate(&[1.0], &[1.0, 2.0], 3).contains("z0 has 1 number"));
    assert!(interpolate(&[1.0, 2.0], &[1.0; 3], 3).contains("z1 has 3 numbers"));
    assert!(interpolate(&[1.0, 2.0], &[1.0, 3.0], 1).contains("at least 2 points"));
    assert!(interpolate(&[1.0, 2.0], &[1.0, 3.0], usize::MAX).contains("too many"));
    assert!(
        interpolate(&[1.0, f32::NAN], &[1.0, 3.0], 3)
            .contains("row 0 (counted from 0) has a value that is NaN")
    );
    let (axis, long) = (coordinate(2, 0).unwrap(), coordinate(3, 0).unwrap());
    let traverse = |z: &[f32], direction, alphas: &[f64]| {
        let found = traverse(&g, z, direction, alphas);
        found.unwrap_err().to_string()
    };
    assert!(traverse(&[1.0, 2.0], &long, &[0.0, 1.0]).contains("the direction has 3 numbers"));
    assert!(traverse(&[1.0, 2.0], &axis, &[]).contains("at least 2 points"));
    assert!(traverse(&[1.0, 2.0], &axis, &[0.0, f64::INFINITY]).contains("finite"));
    assert!(
        coordinate(2, 2)
            .unwrap_err()
            .to_string()
            .contains("there is no z[2]")
    );
    let at = |z0: &[f32], z1: &[f32], t| Interpolation::Linear.at(z0, z1, t);
    assert!(at(&[], &[], 0.5).is_err());
    assert!(at(&[1.0], &[1.0, 2.0], 0.5).is_err());
    assert!(at(&[1.0], &[2.0], f64::NAN).is_err());

    let broken = linear(2, &[f32::NAN, 0.5]);
    let found = traverse_broken(&broken);
    assert!(found.contains("not finite"), "{found}");
}

fn traverse_broken(g: &Network) -> String {
    let found = traverse(g, &[1.0, 2.0], &coordinate(2, 0).unwrap(), &[0.0, 1.0]);
    found.unwrap_err().to_string()
}
