//! Two networks that compute the same function: which methods see the function, and which the weights.

use ganscope::interpret::{
    PrincipalSettings, SefaVariant, average_jacobian_directions, ganspace, jacobian_directions,
    sefa,
};
use ganscope::nn::{Network, NetworkSpec};
use ganscope::random::{Stream, standard_normal};
use ganscope::tensor::Batch;

const LATENT: usize = 5;
const HIDDEN: usize = 12;
const OUTPUTS: usize = 9;

/// G(z) = B ReLU(Az), and the same function with one row of A scaled by c and the column of B behind it by 1/c.
fn networks(c: f32) -> (Network, Network) {
    let spec: NetworkSpec = serde_json::from_str(&format!(
        r#"{{ "input": {{ "kind": "vector", "len": {LATENT} }},
              "layers": [{{ "type": "dense", "in": {LATENT}, "out": {HIDDEN}, "bias": false }}, {{ "type": "relu" }},
                         {{ "type": "dense", "in": {HIDDEN}, "out": {OUTPUTS} }}] }}"#
    ))
    .unwrap();
    let g = Network::new("generator", &spec, 1, Stream::GeneratorInit).unwrap();
    let mut other = g.clone();
    let mut parameters = other.parameters_mut();
    parameters[0]
        .1
        .update(|a| a[..LATENT].iter_mut().for_each(|a| *a *= c));
    parameters[1]
        .1
        .update(|b| b.iter_mut().step_by(HIDDEN).for_each(|b| *b /= c));
    (g, other)
}

// 16 is a power of two, so both networks round in the same way, and their outputs are equal to the last bit or nearly.
const C: f32 = 16.0;

#[test]
fn the_networks_compute_the_same_function() {
    let (g, other) = networks(C);
    let z = standard_normal(1, Stream::Exploration, 0, 50 * LATENT);
    let outputs = |g: &Network| {
        g.infer(Batch::new(z.clone(), 50, LATENT).unwrap())
            .unwrap()
            .values()
            .to_vec()
    };
    for (a, b) in outputs(&g).iter().zip(outputs(&other)) {
        assert!((a - b).abs() < 1e-6, "{a} {b}");
    }
}

#[test]
fn jacobian_and_ganspace_see_the_function() {
    let (g, other) = networks(C);
    let z = standard_normal(2, Stream::Exploration, 0, 500 * LATENT);
    let at = |g: &Network| jacobian_directions(g, &z[..LATENT], 3, LATENT).unwrap();
    let average = |g: &Network| average_jacobian_directions(g, &z, 3, LATENT).unwrap();
    let settings = PrincipalSettings {
        layers: 3,
        count: LATENT,
        seed: 1,
    };
    let principal = |g: &Network| ganspace(g, &z, &settings).unwrap().directions;
    for (one, two) in [
        (at(&g), at(&other)),
        (average(&g), average(&other)),
        (principal(&g), principal(&other)),
    ] {
        assert!(one.all.len() >= 3, "{one}");
        for (a, b) in one.all.iter().zip(&two.all) {
            assert!(1.0 - a.similarity(b) < 1e-6, "{one}\n{two}");
            assert!((a.strength - b.strength).abs() < 1e-4 * one.all[0].strength);
        }
    }
}

/// As c grows, the first direction of SeFa turns to the scaled row of A, whatever that unit does to the output.
#[test]
fn sefa_sees_the_weights() {
    let (g, other) = networks(C);
    let first = |g: &Network| sefa(g, SefaVariant::Paper, 1).unwrap().all.remove(0);
    assert!(first(&g).similarity(&first(&other)) < 0.9);
    let row: Vec<f64> = g.parameters()[0].1.values()[..LATENT]
        .iter()
        .map(|a| f64::from(*a))
        .collect();
    let row = ganscope::interpret::Direction::new("row", row, 1.0).unwrap();
    assert!(first(&other).similarity(&row) > 0.99);

    // Rows of norm 1 undo this reparametrisation.
    let normalized = |g: &Network| sefa(g, SefaVariant::NormalizedRows, LATENT).unwrap();
    for (a, b) in normalized(&g).all.iter().zip(&normalized(&other).all) {
        assert!(1.0 - a.similarity(b) < 1e-9);
    }
    // GANSpace of the hidden layer sees it, too: only that of the output is a property of the function.
    let z = standard_normal(3, Stream::Exploration, 0, 500 * LATENT);
    let settings = PrincipalSettings {
        layers: 2,
        count: 1,
        seed: 1,
    };
    let hidden = |g: &Network| ganspace(g, &z, &settings).unwrap().directions.all.remove(0);
    assert!(hidden(&g).similarity(&hidden(&other)) < 0.9);
}
