//! Annealed importance sampling against a model whose likelihood has a closed form.

use ganscope::evaluate::{Annealing, Decoder};
use ganscope::info::Nats;
use ganscope::nn::{Network, NetworkSpec};
use ganscope::random::{Stream, standard_normal};
use nalgebra::{DMatrix, DVector};

const LATENT: usize = 10;
const WIDTH: usize = 784;

/// G(z) = Wz + b with W from N(0, `scale`²).
fn linear(scale: f32) -> Network {
    let spec: NetworkSpec = serde_json::from_str(&format!(
        r#"{{ "input": {{ "kind": "vector", "len": {LATENT} }},
              "layers": [{{ "type": "dense", "in": {LATENT}, "out": {WIDTH} }}] }}"#
    ))
    .unwrap();
    let mut g = Network::new("generator", &spec, 1, Stream::GeneratorInit).unwrap();
    for (place, (_, parameter)) in g.parameters_mut().into_iter().enumerate() {
        parameter.update(|w| {
            let noise = standard_normal(5, Stream::Data, place as u64, w.len());
            w.iter_mut().zip(noise).for_each(|(w, e)| *w = scale * e);
        });
    }
    g
}

/// log N(x; b, WWᵀ + σ²I), with Sylvester's and Woodbury's identities.
fn exact(g: &Network, sigma: f64, x: &[f32]) -> f64 {
    let wide = |values: &[f32]| values.iter().map(|&v| f64::from(v)).collect::<Vec<f64>>();
    let parameters = g.parameters();
    let w = DMatrix::from_row_slice(WIDTH, LATENT, &wide(&parameters[0].1.values()));
    let b = DVector::from_vec(wide(&parameters[1].1.values()));
    let r = DVector::from_vec(wide(x)) - b;
    let variance = sigma * sigma;
    let inner = DMatrix::identity(LATENT, LATENT) * variance + w.transpose() * &w;
    let cholesky = inner.cholesky().unwrap();
    let seen = w.transpose() * &r;
    let square = (r.dot(&r) - seen.dot(&cholesky.solve(&seen))) / variance;
    let log_det = (WIDTH - LATENT) as f64 * variance.ln()
        + 2.0 * cholesky.l().diagonal().iter().map(|l| l.ln()).sum::<f64>();
    -0.5 * (square + log_det + WIDTH as f64 * std::f64::consts::TAU.ln())
}

#[test]
fn a_linear_decoder_is_as_likely_as_its_normal_distribution() {
    let g = linear(0.1);
    let decoder = Decoder::new(&g, 0.3).unwrap();
    // log w has a deviation of about 0.3, the mean of 64 one of 0.04.
    let annealing = Annealing {
        chains: 64,
        distributions: 4000,
        ..Annealing::default()
    };
    let (_, x) = decoder.draw(2, annealing.seed).unwrap();
    let found = annealing.log_likelihood(&decoder, &x).unwrap();
    let bracket = annealing.bracket(&decoder, 2).unwrap();
    assert!(bracket.gap().0 < 0.1, "{bracket:?}");
    let rows = x.chunks(WIDTH).zip(&found).zip(&bracket.bounds);
    for ((x, found), (lower, upper)) in rows {
        let exact = exact(&g, 0.3, x);
        assert!((found.0 - exact).abs() < 0.1, "{found} {exact}");
        // They are bounds in expectation only.
        let (lower, upper) = (lower.0 - 0.05, upper.0 + 0.05);
        assert!((lower..upper).contains(&exact), "{bracket:?} {exact}");
    }
}

/// In a hurry, both bounds are far off, and on the sides that they should be.
#[test]
fn too_few_distributions_show_in_the_gap() {
    let g = linear(0.1);
    let decoder = Decoder::new(&g, 0.3).unwrap();
    let hurried = Annealing {
        distributions: 5,
        chains: 4,
        ..Annealing::default()
    };
    let bracket = hurried.bracket(&decoder, 4).unwrap();
    let (_, x) = decoder.draw(4, hurried.seed).unwrap();
    assert!(bracket.gap().0 > 10.0, "{bracket:?}");
    for (x, (lower, upper)) in x.chunks(WIDTH).zip(&bracket.bounds) {
        let exact = exact(&g, 0.3, x);
        assert!(lower.0 < exact && exact < upper.0, "{bracket:?} {exact}");
    }
}

#[test]
fn what_is_done_beside_it_changes_nothing() {
    let g = linear(0.1);
    let decoder = Decoder::new(&g, 0.3).unwrap();
    let annealing = Annealing {
        distributions: 10,
        chains: 300,
        ..Annealing::default()
    };
    let (_, x) = decoder.draw(3, 1).unwrap();
    // A sample a portion, and one alone.
    let three = annealing.log_likelihood(&decoder, &x).unwrap();
    let one = annealing.log_likelihood(&decoder, &x[..WIDTH]).unwrap();
    assert_eq!(three[..1], one);
    assert_eq!(three, annealing.log_likelihood(&decoder, &x).unwrap());
}

#[test]
fn what_cannot_be_is_refused() {
    let g = linear(0.1);
    let decoder = Decoder::new(&g, 0.3).unwrap();
    let refused = |annealing: Annealing, x: &[f32], words: &str| {
        let message = annealing.log_likelihood(&decoder, x).unwrap_err();
        assert!(message.to_string().contains(words), "{message}");
    };
    let usual = Annealing::default();
    let x = vec![0.0; WIDTH];
    refused(Annealing { chains: 0, ..usual }, &x, "chains must be");
    let none = Annealing {
        distributions: 0,
        ..usual
    };
    refused(none, &x, "distributions must be");
    refused(
        Annealing {
            leapfrog: 0,
            ..usual
        },
        &x,
        "leapfrog must be",
    );
    refused(usual, &x[1..], "rows of 784 finite numbers");
    refused(usual, &[], "rows of 784");
    refused(usual, &vec![f32::NAN; WIDTH], "finite");
    assert!(usual.bracket(&decoder, 0).is_err());
    for sigma in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(Decoder::new(&g, sigma).is_err());
    }
    let gap = ganscope::evaluate::Bracket {
        bounds: vec![(Nats(1.0), Nats(2.0)), (Nats(0.0), Nats(3.0))],
    };
    assert_eq!(gap.gap(), Nats(2.0));
}
