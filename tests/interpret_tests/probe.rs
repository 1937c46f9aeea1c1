//! Linear probes against independent computations, and on data where the answer is known.

use ganscope::data::SampleShape;
use ganscope::evaluate::Features;
use ganscope::interpret::{
    LayerProbes, LogisticRegression, ProbeQuantity, ProbeSettings, Reduction, RidgeRegression,
    probe_classes, probe_layers, probe_layers_numeric, probe_numeric,
};
use ganscope::nn::{Network, presets};
use ganscope::random::{Stream, rng, standard_normal};
use ganscope::{Error, Result};
use rand::RngExt;

/// x[i, j] = sin(1.3 i + 0.7 j² + 0.1 i j) for 40 samples with 5 features.
fn sines() -> Vec<f64> {
    let value = |i: f64, j: f64| (1.3 * i + 0.7 * j * j + 0.1 * i * j).sin();
    (0..200)
        .map(|k| value(f64::from(k / 5), f64::from(k % 5)))
        .collect()
}

fn normal(seed: u64, n: usize, d: usize) -> Vec<f64> {
    standard_normal(seed, Stream::Data, 0, n * d)
        .into_iter()
        .map(f64::from)
        .collect()
}

/// Labels that do not depend on anything.
fn random_labels(seed: u64, n: usize, classes: usize) -> Vec<usize> {
    let mut rng = rng(seed, Stream::Data, 1);
    (0..n).map(|_| rng.random_range(0..classes)).collect()
}

fn features(values: Vec<f64>, d: usize) -> Features {
    Features::new(values, d).unwrap()
}

/// The reference values come from:
///
/// ```python
/// i = np.arange(40)[:, None]; j = np.arange(5)[None, :]
/// x = np.sin(1.3 * i + 0.7 * j**2 + 0.1 * i * j)
/// y = np.where(x[:, 0] + x[:, 3] > 0.4, 2, np.arange(40) * 7 % 3)
/// s = (x - x.mean(0)) / x.std(0); lam = 0.05
/// def f(p):
///     W = p[:15].reshape(3, 5); b = p[15:]; l = s @ W.T + b
///     lp = l - np.log(np.exp(l).sum(1, keepdims=True))
///     r = np.exp(lp); r[np.arange(40), y] -= 1; r /= 40
///     return (-lp[np.arange(40), y].mean() + lam / 2 * (W**2).sum(),
///             np.concatenate([(r.T @ s + lam * W).ravel(), r.sum(0)]))
/// r = scipy.optimize.minimize(f, np.zeros(18), jac=True, method="BFGS", options=dict(gtol=1e-10))
/// r.fun, r.x[:15], r.x[15:] - r.x[15:].mean()
/// ```
#[test]
fn logistic_regression_is_that_of_scipy() {
    let x = sines();
    let label = |(i, x): (usize, &[f64])| if x[0] + x[3] > 0.4 { 2 } else { i * 7 % 3 };
    let y: Vec<usize> = x.chunks_exact(5).enumerate().map(label).collect();
    // The classes may have any numbers.
    let named: Vec<usize> = y.iter().map(|y| [3, 10, usize::MAX][*y]).collect();
    let found = LogisticRegression::fit(&features(x.clone(), 5), &named, 0.05).unwrap();
    assert_eq!(found.classes(), [3, 10, usize::MAX]);
    assert!(found.is_converged());
    assert!(
        (found.loss() - 0.882_759_609_765_681_4).abs() < 1e-8,
        "{}",
        found.loss()
    );
    let weights = [
        -0.234_283_20,
        -0.068_154_55,
        -0.202_171_50,
        -0.179_389_25,
        -0.207_551_32,
        -0.250_621_92,
        0.125_071_92,
        0.017_593_28,
        -0.182_173_27,
        -0.031_656_30,
        0.484_905_12,
        -0.056_917_37,
        0.184_578_22,
        0.361_562_52,
        0.239_207_63,
    ];
    let biases = [-0.349_929_12, -0.206_198_52, 0.556_127_63];
    // All derivatives are below 1e-5 and the curvature is at least λ = 0.05, so the distance to the minimum is at most
    // 1e-5 √15/0.05 = 8e-4.
    for (found, expected) in found.weights().iter().zip(weights) {
        assert!((found - expected).abs() < 8e-4, "{found} {expected}");
    }
    for (found, expected) in found.biases().iter().zip(biases) {
        assert!((found - expected).abs() < 8e-4, "{found} {expected}");
    }
    // 55 % of the training samples, as for the reference.
    let predicted = found.predict(&features(x, 5)).unwrap();
    let correct = predicted.iter().zip(&named).filter(|(a, b)| a == b).count();
    assert_eq!(correct, 22);
}

/// The reference values come from, with `s` as above:
///
/// ```python
/// t = np.cos(0.9 * np.arange(40)) + x[:, 1]
/// np.linalg.solve(s.T @ s / 40 + 0.1 * np.eye(5), s.T @ (t - t.mean()) / 40)
/// ```
///
/// and the same for the first 4 samples alone.
#[test]
fn ridge_regression_is_that_of_numpy() {
    let x = sines();
    let value = |(i, x): (usize, &[f64])| (0.9 * i as f64).cos() + x[1];
    let t: Vec<f64> = x.chunks_exact(5).enumerate().map(value).collect();
    let all = [
        0.082_532_223_9,
        0.696_818_352_7,
        -0.052_338_451_3,
        0.096_362_984_5,
        -0.077_185_151_9,
    ];
    // With fewer samples than features, the other system is solved.
    let four = [
        0.286_913_198_3,
        0.908_786_007_5,
        -0.015_742_972_6,
        0.258_490_707_5,
        -0.406_220_174_1,
    ];
    for (n, expected) in [(40, all), (4, four)] {
        let found = RidgeRegression::fit(&features(x[..5 * n].to_vec(), 5), &t[..n], 0.1).unwrap();
        for (found, expected) in found.weights().iter().zip(expected) {
            assert!((found - expected).abs() < 2e-10, "{n}: {found} {expected}");
        }
    }
    let found = RidgeRegression::fit(&features(x, 5), &t, 0.1).unwrap();
    assert!((found.intercept() + 0.008_716_656_665_431_144).abs() < 1e-14);
}

#[test]
fn separable_labels_are_read_completely() {
    // Three clusters at a distance of at least 10 standard deviations.
    let n = 300;
    let labels: Vec<usize> = (0..n).map(|i| i % 3).collect();
    let mut x = normal(1, n, 4);
    for (x, y) in x.chunks_exact_mut(4).zip(&labels) {
        x[*y] += 10.0;
    }
    let probe = probe_classes(&features(x, 4), &labels, &ProbeSettings::default()).unwrap();
    assert_eq!((probe.score, probe.training_score), (1.0, 1.0));
    // Wilson's lower end for 150 of 150: 150/(150 + 1.96²).
    assert!((probe.interval.0 - 150.0 / 153.841_459).abs() < 1e-6 && probe.interval.1 == 1.0);
    assert!(probe.is_converged && (0.25..0.42).contains(&probe.chance));
}

#[test]
fn random_labels_are_predicted_by_chance() {
    // The true accuracy is ¼ whatever the classifier is.
    let labels = random_labels(2, 4000, 4);
    let x = features(normal(2, 4000, 20), 20);
    let probe = probe_classes(&x, &labels, &ProbeSettings::default()).unwrap();
    assert!(
        probe.interval.0 < 0.25 && probe.interval.1 > 0.25,
        "{probe}"
    );
    assert!((probe.chance - 0.25).abs() < 4.0 * (0.25 * 0.75 / 2000f64).sqrt());
    // Over 60 datasets, the interval contains ½ in about 95 %, with a standard deviation of 1.7 datasets.
    let covers = |seed: &u64| {
        let labels = random_labels(*seed, 200, 2);
        let x = features(normal(*seed, 200, 3), 3);
        let probe = probe_classes(&x, &labels, &ProbeSettings::default()).unwrap();
        probe.interval.0 <= 0.5 && 0.5 <= probe.interval.1
    };
    let covered = (100..160).filter(covers).count();
    assert!((51..=60).contains(&covered), "{covered}");
}

#[test]
fn the_held_out_r_squared_is_that_of_the_noise() {
    // y = x₁ + 2 x₂ + 3 ε: R² = 5/14 for the true model.
    let n = 4000;
    let (x, noise) = (normal(3, n, 5), normal(4, n, 1));
    let values: Vec<f64> = (x.chunks_exact(5).zip(&noise))
        .map(|(x, e)| x[0] + 2.0 * x[1] + 3.0 * e)
        .collect();
    let probe = probe_numeric(&features(x, 5), &values, &ProbeSettings::default()).unwrap();
    // The standard error of R² is about 2 √(R²/n) (1 − R²) = 0.017.
    assert!((probe.score - 5.0 / 14.0).abs() < 0.07, "{probe}");
    let half = (probe.interval.1 - probe.interval.0) / 2.0;
    assert!((half / (1.96 * 0.017) - 1.0).abs() < 0.3, "{half}");
    assert_eq!(
        (probe.quantity, probe.chance),
        (ProbeQuantity::RSquared, 0.0)
    );
    // Values that do not depend on the features: about −d/n of overfitting.
    let probe = probe_numeric(
        &features(normal(5, n, 5), 5),
        &noise,
        &ProbeSettings::default(),
    );
    assert!(probe.unwrap().score.abs() < 0.02);
}

#[test]
fn a_constant_feature_does_not_matter() {
    let x = normal(6, 100, 2);
    let labels: Vec<usize> = x.chunks_exact(2).map(|x| usize::from(x[0] > 0.3)).collect();
    let with: Vec<f64> = x.chunks_exact(2).flat_map(|x| [0.1, x[0], x[1]]).collect();
    let settings = ProbeSettings::default();
    let a = probe_classes(&features(x, 2), &labels, &settings).unwrap();
    let b = probe_classes(&features(with.clone(), 3), &labels, &settings).unwrap();
    assert_eq!((a.score, a.interval), (b.score, b.interval));
    let found = LogisticRegression::fit(&features(with, 3), &labels, 1e-3).unwrap();
    assert_eq!(found.weights()[0], 0.0);
}

#[test]
fn every_layer_is_probed_after_its_activation() {
    let digits = SampleShape::Image {
        channels: 1,
        height: 8,
        width: 8,
    };
    let d = presets::discriminator(&digits).unwrap();
    let d = Network::new("discriminator", &d, 4, Stream::DiscriminatorInit).unwrap();
    // Class 1 is brighter.
    let mut x = standard_normal(1, Stream::Data, 0, 60 * 64);
    let labels: Vec<usize> = (0..60).map(|i| i % 2).collect();
    for (x, y) in x.chunks_exact_mut(64).zip(&labels) {
        x.iter_mut().for_each(|x| *x = 0.2 * *x + 0.5 * *y as f32);
    }
    let settings = ProbeSettings {
        max_features: 40,
        ..ProbeSettings::default()
    };
    let probes = probe_layers(&d, &x, &labels, &settings).unwrap();
    println!("{probes}\n");
    let layers: Vec<_> = probes
        .layers
        .iter()
        .map(|l| (l.layer, l.width, l.reduction))
        .collect();
    let pooled = Reduction::Pooled {
        height: 6,
        width: 6,
    };
    let channels = layers[1].1 / 16;
    assert_eq!(layers[0], (None, 64, pooled));
    assert_eq!(layers[1], (Some(0), channels * 16, Reduction::Projected));
    assert_eq!(
        layers.last().unwrap(),
        &(Some(d.spec().layers.len() - 1), 1, Reduction::None)
    );
    for layer in &probes.layers {
        assert!(
            layer.trained.score > 0.8,
            "{}: {}",
            layer.name,
            layer.trained
        );
        assert!(layer.trained.features <= 40);
        assert_eq!(layer.random.is_some(), layer.layer.is_some());
    }
    let json = serde_json::to_string(&probes).unwrap();
    assert_eq!(serde_json::from_str::<LayerProbes>(&json).unwrap(), probes);
    // Brightness itself.
    let brightness: Vec<f64> = (x.chunks_exact(64))
        .map(|x| x.iter().map(|x| f64::from(*x)).sum::<f64>() / 64.0)
        .collect();
    let probes = probe_layers_numeric(&d, &x, &brightness, &settings).unwrap();
    println!("{probes}");
    assert!(probes.layers[0].trained.score > 0.95);
}

#[test]
fn a_network_with_the_random_weights_has_no_advantage() {
    let spec = presets::discriminator(&SampleShape::Vector { len: 3 }).unwrap();
    let d = Network::new("discriminator", &spec, 1, Stream::RandomWeights).unwrap();
    let x = standard_normal(1, Stream::Data, 0, 3 * 200);
    let labels: Vec<usize> = x
        .chunks_exact(3)
        .map(|x| usize::from(x[0] * x[1] > 0.0))
        .collect();
    let settings = ProbeSettings {
        max_features: 64,
        ..ProbeSettings::default()
    };
    let probes = probe_layers(&d, &x, &labels, &settings).unwrap();
    for layer in &probes.layers[1..] {
        let over = layer.over_random.unwrap();
        assert_eq!(
            (over.value, over.interval),
            (0.0, (0.0, 0.0)),
            "{}",
            layer.name
        );
        assert_eq!(layer.random.as_ref(), Some(&layer.trained));
        // The difference from the input is that of the accuracies.
        let difference = layer.trained.score - probes.layers[0].trained.score;
        let over = layer.over_input.unwrap();
        assert!((over.value - difference).abs() < 1e-12);
        assert!(over.interval.0 <= over.value && over.value <= over.interval.1);
    }
    assert_eq!(probes.layers[1].reduction, Reduction::Projected);
}

/// The message of an [`Error::Usage`].
fn refusal<T: std::fmt::Debug>(result: Result<T>) -> String {
    match result {
        Err(Error::Usage(message)) => message,
        other => panic!("a refusal was expected, not {other:?}"),
    }
}

#[test]
fn bad_input_is_refused() {
    let x = features(normal(1, 20, 2), 2);
    let labels: Vec<usize> = (0..20).map(|i| i % 2).collect();
    let settings = ProbeSettings::default();
    assert!(refusal(probe_classes(&x, &labels[1..], &settings)).contains("one label"));
    assert!(refusal(probe_classes(&x, &[1; 20], &settings)).contains("1 different value"));
    let all_different: Vec<usize> = (0..20_000).collect();
    let many = features(vec![0.0; 20_000], 1);
    assert!(refusal(probe_classes(&many, &all_different, &settings)).contains("1,000"));
    for training_fraction in [0.0, 1.0, f64::NAN, 1e-9, 0.999] {
        let settings = ProbeSettings {
            training_fraction,
            ..settings
        };
        refusal(probe_classes(&x, &labels, &settings));
    }
    for lambda in [0.0, -1.0, f64::INFINITY, f64::NAN] {
        let settings = ProbeSettings { lambda, ..settings };
        assert!(refusal(probe_classes(&x, &labels, &settings)).contains("lambda"));
        assert!(refusal(probe_numeric(&x, &normal(2, 20, 1), &settings)).contains("lambda"));
    }
    let none = ProbeSettings {
        resamples: 0,
        ..settings
    };
    assert!(refusal(probe_classes(&x, &labels, &none)).contains("resamples"));
    assert!(refusal(probe_numeric(&x, &[1.0; 20], &settings)).contains("equal"));
    let mut values = normal(2, 20, 1);
    values[3] = f64::NAN;
    assert!(refusal(probe_numeric(&x, &values, &settings)).contains("sample 3"));
    let model = LogisticRegression::fit(&x, &labels, 1.0).unwrap();
    assert!(refusal(model.predict(&features(vec![0.0; 3], 3))).contains("3 features"));
    let huge = features(vec![0.0; 4100 * 4100], 4100);
    assert!(refusal(RidgeRegression::fit(&huge, &[0.0; 4100], 1.0)).contains("4,096"));

    let spec = presets::discriminator(&SampleShape::Vector { len: 2 }).unwrap();
    let d = Network::new("discriminator", &spec, 1, Stream::DiscriminatorInit).unwrap();
    let x = standard_normal(1, Stream::Data, 0, 40);
    assert!(refusal(probe_layers(&d, &x[1..], &labels, &settings)).contains("rows of 2"));
    assert!(refusal(probe_layers(&d, &x[2..], &labels, &settings)).contains("one label"));
    let zero = ProbeSettings {
        max_features: 0,
        ..settings
    };
    assert!(refusal(probe_layers(&d, &x, &labels, &zero)).contains("max_features"));
}
