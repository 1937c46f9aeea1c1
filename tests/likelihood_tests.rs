//! Annealed importance sampling against models whose likelihood has a closed form.

use std::f64::consts::TAU;

use ganscope::data::idx::Idx;
use ganscope::data::{DataConfig, Dataset, Split};
use ganscope::evaluate::{Annealing, Decoder, Likelihood, LikelihoodProtocol};
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

/// log N(x; b, WWᵀ + σ²I), by the identities of Sylvester and Woodbury.
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
fn the_likelihood_of_a_linear_decoder_agrees_with_its_normal_density() {
    let g = linear(0.1);
    let decoder = Decoder::new(&g, 0.3).unwrap();
    // log w has a standard deviation of about 0.3, the mean over 64 chains one of 0.04.
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
        // The values are bounds only in expectation.
        let (lower, upper) = (lower.0 - 0.05, upper.0 + 0.05);
        assert!((lower..upper).contains(&exact), "{bracket:?} {exact}");
    }
}

/// Every intermediate power of p(x|z) belongs to another noise level, for which the likelihood is as exact.
#[test]
fn one_run_gives_the_likelihood_for_every_noise_level() {
    let g = linear(0.1);
    let decoder = Decoder::new(&g, 0.2).unwrap();
    let (_, x) = Decoder::new(&g, 0.3).unwrap().draw(4, 1).unwrap();
    let annealing = Annealing {
        chains: 32,
        distributions: 2000,
        ..Annealing::default()
    };
    let found = annealing.by_noise(&decoder, &x).unwrap();
    assert_eq!(found.len(), 2000);
    assert!(found.is_sorted_by(|a, b| a.0 > b.0));
    // Noise levels from 0.2 to 1.
    for (sigma, bound) in found.iter().rev().step_by(100) {
        let exact = x.chunks(WIDTH).map(|x| exact(&g, *sigma, x)).sum::<f64>() / 4.0;
        assert!((bound.0 - exact).abs() < 0.3, "{sigma}: {bound} {exact}");
    }
    // At the decoder's own noise it equals log_likelihood.
    let last = found.last().unwrap();
    let each = annealing.log_likelihood(&decoder, &x).unwrap();
    let mean = each.iter().map(|l| l.0).sum::<f64>() / 4.0;
    assert_eq!(last.0, 0.2);
    assert!((last.1.0 - mean).abs() < 1e-9);
}

/// With few distributions both bounds are far from the truth, each on its side.
#[test]
fn too_few_distributions_give_a_large_gap() {
    let g = linear(0.1);
    let decoder = Decoder::new(&g, 0.3).unwrap();
    let short = Annealing {
        distributions: 5,
        chains: 4,
        ..Annealing::default()
    };
    let bracket = short.bracket(&decoder, 4).unwrap();
    let (_, x) = decoder.draw(4, short.seed).unwrap();
    assert!(bracket.gap().0 > 10.0, "{bracket:?}");
    for (x, (lower, upper)) in x.chunks(WIDTH).zip(&bracket.bounds) {
        let exact = exact(&g, 0.3, x);
        assert!(lower.0 < exact && exact < upper.0, "{bracket:?} {exact}");
    }
}

#[test]
fn a_result_does_not_depend_on_the_other_samples() {
    let g = linear(0.1);
    let decoder = Decoder::new(&g, 0.3).unwrap();
    let annealing = Annealing {
        distributions: 10,
        chains: 300,
        ..Annealing::default()
    };
    let (_, x) = decoder.draw(3, 1).unwrap();
    // With 300 chains each sample is in a group of its own.
    let three = annealing.log_likelihood(&decoder, &x).unwrap();
    let one = annealing.log_likelihood(&decoder, &x[..WIDTH]).unwrap();
    assert_eq!(three[..1], one);
    assert_eq!(three, annealing.log_likelihood(&decoder, &x).unwrap());
}

#[test]
fn invalid_settings_are_refused() {
    let g = linear(0.1);
    let decoder = Decoder::new(&g, 0.3).unwrap();
    let refused = |annealing: Annealing, x: &[f32], words: &str| {
        let message = annealing.log_likelihood(&decoder, x).unwrap_err();
        assert!(message.to_string().contains(words), "{message}");
    };
    let usual = Annealing::default();
    let x = vec![0.0; WIDTH];
    refused(Annealing { chains: 0, ..usual }, &x, "chains must be");
    let many = Annealing {
        chains: usize::MAX,
        ..usual
    };
    refused(many, &x, "chains must be from 1 to 10,000");
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
    refused(usual, &x[1..], "complete rows of 784 finite numbers");
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

/// A linear G of 3 latent numbers, and 300 training and 60 test images of 8 × 8 pixels that are drawn from it
/// with noise 0.1 and written to the files of MNIST.
fn small_mnist(folder: &std::path::Path) -> (Network, DataConfig) {
    let spec: NetworkSpec = serde_json::from_str(
        r#"{ "input": { "kind": "vector", "len": 3 },
             "layers": [{ "type": "dense", "in": 3, "out": 64 },
                        { "type": "reshape", "channels": 1, "height": 8, "width": 8 }] }"#,
    )
    .unwrap();
    let mut g = Network::new("generator", &spec, 1, Stream::GeneratorInit).unwrap();
    for (place, (_, parameter)) in g.parameters_mut().into_iter().enumerate() {
        parameter.update(|w| {
            let noise = standard_normal(5, Stream::Data, place as u64, w.len());
            w.iter_mut().zip(noise).for_each(|(w, e)| *w = 0.15 * e);
        });
    }
    for (prefix, n, seed) in [("train", 300, 1), ("t10k", 60, 2)] {
        let (_, x) = Decoder::new(&g, 0.1).unwrap().draw(n, seed).unwrap();
        let images = Idx {
            dimensions: vec![n, 8, 8],
            bytes: x
                .iter()
                .map(|x| ((x + 1.0) * 127.5).round() as u8)
                .collect(),
        };
        let labels = Idx {
            dimensions: vec![n],
            bytes: vec![0; n],
        };
        let path = |rest: &str| folder.join("mnist").join(format!("{prefix}-{rest}-ubyte"));
        images.write(&path("images-idx3")).unwrap();
        labels.write(&path("labels-idx1")).unwrap();
    }
    let data = DataConfig {
        dir: Some(folder.into()),
        ..DataConfig::named("mnist")
    };
    (g, data)
}

/// log N(u; m, C) of pixel values u = (x + 1)/2 in [0, 1] for x ~ N(b, WWᵀ + σ²I), given σ_u = σ/2. It is computed
/// directly from the density of u, without a change of variables.
fn exact_of_pixels(g: &Network, sigma_u: f64, u: &DVector<f64>) -> f64 {
    let wide = |values: &[f32]| values.iter().map(|&v| f64::from(v)).collect::<Vec<f64>>();
    let parameters = g.parameters();
    let d = u.len();
    let w = DMatrix::from_row_slice(d, 3, &wide(&parameters[0].1.values())) / 2.0;
    let m = DVector::from_vec(wide(&parameters[1].1.values())).map(|b| (b + 1.0) / 2.0);
    let covariance = &w * w.transpose() + DMatrix::identity(d, d) * (sigma_u * sigma_u);
    let cholesky = covariance.cholesky().unwrap();
    let r = u - m;
    let log_det = 2.0 * cholesky.l().diagonal().iter().map(|l| l.ln()).sum::<f64>();
    -0.5 * (r.dot(&cholesky.solve(&r)) + log_det + d as f64 * TAU.ln())
}

#[test]
fn the_likelihood_of_held_out_images_agrees_with_the_density_of_their_pixels() {
    let folder = tempfile::tempdir().unwrap();
    let (g, data) = small_mnist(folder.path());
    let (_, generated) = Decoder::new(&g, 1e-6).unwrap().draw(500, 9).unwrap();
    let protocol = LikelihoodProtocol {
        n: 40,
        simulated: 20,
        annealing: Annealing {
            chains: 16,
            distributions: 1000,
            ..Annealing::default()
        },
    };
    let mut calls = Vec::new();
    let mut progress = |what: &str, share: f64| calls.push((what.to_string(), share));
    let found = Likelihood::of(&g, &data, &generated, protocol, &mut progress).unwrap();
    for what in ["noise", "annealing", "bracket"] {
        let last = calls.iter().rfind(|(of, _)| of == what).unwrap();
        assert!((last.1 - 1.0).abs() < 1e-9, "{last:?}");
    }

    // The noise of the data, in units of pixel values in [0, 1].
    assert!((found.sigma - 0.05).abs() < 0.002, "{found}");
    let test = DataConfig {
        split: Split::Test,
        ..data.clone()
    };
    let test = Dataset::open(&test).unwrap().sample(0, 40).unwrap();
    let pixels = |x: &[f32]| {
        x.iter()
            .map(|&x| (f64::from(x) + 1.0) / 2.0)
            .collect::<Vec<_>>()
    };
    let rows: Vec<Vec<f64>> = test.chunks(64).map(pixels).collect();
    let exact = rows.iter().cloned().map(DVector::from_vec);
    let exact: Vec<f64> = exact
        .map(|u| exact_of_pixels(&g, found.sigma, &u))
        .collect();
    let mean = exact.iter().sum::<f64>() / 40.0;
    assert!(
        (found.annealing.value.0 - mean).abs() < 0.1,
        "{found} {mean}"
    );
    let variance = exact.iter().map(|l| (l - mean).powi(2)).sum::<f64>() / 39.0;
    let error = found.annealing.standard_error.unwrap().0;
    assert!(
        (error - (variance / 40.0).sqrt()).abs() < 0.05,
        "{error} {variance}"
    );
    assert!(found.bracket.value.0.abs() < 0.2, "{found}");
    let bits = found.cross_entropy.0;
    assert!((bits + mean / 2f64.ln()).abs() < 0.2, "{bits}");
    assert!((found.cross_entropy_per_dimension.0 - bits / 64.0).abs() < 1e-12);
    assert!(
        found
            .unit
            .contains("[0, 1]; for pixel values in [−1, 1] the log-likelihood is 44.4 nats lower"),
        "{}",
        found.unit
    );

    // Parzen's estimate by its definition.
    let sigma = found.parzen.parameters["sigma"].as_f64().unwrap();
    let kernels: Vec<Vec<f64>> = generated.chunks(64).map(pixels).collect();
    let density = |u: &Vec<f64>| {
        let kernel = |x: &Vec<f64>| {
            let square: f64 = u.iter().zip(x).map(|(u, x)| (u - x).powi(2)).sum();
            (-square / (2.0 * sigma * sigma)).exp() / (TAU.sqrt() * sigma).powi(64)
        };
        kernels.iter().map(kernel).sum::<f64>() / 500.0
    };
    let brute = rows.iter().map(|u| density(u).ln()).sum::<f64>() / 40.0;
    assert!(
        (found.parzen.value.0 - brute).abs() < 1e-9,
        "{found} {brute}"
    );
    // The smallest of 10⁻¹ … 1. It is larger than the noise, since 500 kernels are sparse, and the estimate is lower.
    assert_eq!((sigma, found.parzen.n), (0.1, 40));
    assert!(found.parzen.value.0 < mean);
}

#[test]
fn data_without_held_out_samples_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (g, data) = small_mnist(folder.path());
    let generated = vec![0.0; 640];
    let refused = |data: &DataConfig, n: usize, simulated: usize, words: &str| {
        let protocol = LikelihoodProtocol {
            n,
            simulated,
            ..LikelihoodProtocol::default()
        };
        let found = Likelihood::of(&g, data, &generated, protocol, &mut |_, _| {});
        let message = found.unwrap_err().to_string();
        assert!(message.contains(words), "{message}");
    };
    refused(
        &DataConfig::named("sprites"),
        10,
        1,
        "sprites has no test split",
    );
    refused(
        &DataConfig::named("ring8"),
        10,
        1,
        "a sample of G has 64 numbers, but ring8 has samples of 2 numbers",
    );
    refused(&data, 61, 1, "60");
    refused(&data, 0, 1, "n must be from 1 to 1,000,000, not 0");
    refused(&data, 10, 0, "simulated must be");
    let mut broken = g.clone();
    broken.parameters_mut()[0].1.update(|w| w[0] = f32::NAN);
    let found = Likelihood::of(
        &broken,
        &data,
        &generated,
        LikelihoodProtocol::default(),
        &mut |_, _| {},
    );
    let message = found.unwrap_err().to_string();
    assert!(
        message.contains("check that the output of G is finite"),
        "{message}"
    );
}
