//! Attribution methods against closed forms, and the sanity check on networks that pass it and that fail it.

use std::cell::RefCell;

use ganscope::data::SampleShape;
use ganscope::interpret::{
    AttributedOutput, Attributions, Differentiable, DifferentiableFn, IntegratedGradients,
    IntegratedGradientsSettings, MAXIMUM_MAP_CORRELATION, NetworkOutput, Occlusion,
    OcclusionSettings, PathRule, Randomization, SanityCheck, SanitySettings, SmoothGrad,
    SmoothGradSettings, gradient, integrated_gradients, map_correlation, occlusion, sanity_check,
    smooth_grad,
};
use ganscope::nn::{Network, NetworkSpec, presets};
use ganscope::random::{Stream, standard_normal};
use ganscope::tensor::Batch;
use ganscope::{Error, Result};

fn spec(json: &str) -> NetworkSpec {
    serde_json::from_str(json).unwrap()
}

/// A network with these parameters, in order.
fn network(json: &str, parameters: &[&[f32]]) -> Network {
    let mut network = Network::new("f", &spec(json), 1, Stream::DiscriminatorInit).unwrap();
    for ((_, parameter), values) in network.parameters_mut().into_iter().zip(parameters) {
        parameter.update(|w| w.copy_from_slice(values));
    }
    network
}

fn score(network: &Network) -> NetworkOutput<'_> {
    NetworkOutput::new(network, AttributedOutput::Column(0)).unwrap()
}

/// f(x) = w · x as a closure.
fn linear(w: Vec<f32>) -> impl Differentiable {
    DifferentiableFn::new("w · x", w.len(), move |x: &[f32]| {
        let rows = x.chunks_exact(w.len());
        let dot = |x: &[f32]| -> f64 {
            x.iter()
                .zip(&w)
                .map(|(x, w)| f64::from(*x) * f64::from(*w))
                .sum()
        };
        let gradients = rows.clone().flat_map(|_| w.iter().copied()).collect();
        Ok((rows.map(dot).collect(), gradients))
    })
}

/// The discriminator for vectors: four dense layers with leaky ReLUs.
fn deep(width: usize, seed: u64) -> Network {
    let spec = presets::discriminator(&SampleShape::Vector { len: width }).unwrap();
    Network::new("discriminator", &spec, seed, Stream::DiscriminatorInit).unwrap()
}

#[test]
fn the_gradient_of_a_log_probability_is_that_of_softmax() {
    let w = [[0.5f32, -1.0], [2.0, 0.25], [0.0, 1.0]];
    // Output 0 is a score; outputs 1 to 3 are the logits.
    let weights: Vec<f32> = [7.0, 7.0].into_iter().chain(w.concat()).collect();
    let f = network(
        r#"{"input": {"kind": "vector", "len": 2},
            "layers": [{"type": "dense", "in": 2, "out": 4, "bias": false}]}"#,
        &[&weights],
    );
    let class = 2;
    let output = AttributedOutput::LogProbability {
        first: 1,
        classes: 3,
        class,
    };
    let x = [0.3f32, -0.7, 40.0, 2.0];
    let found = gradient(&NetworkOutput::new(&f, output).unwrap(), &x).unwrap();
    for (x, (value, map)) in x
        .chunks_exact(2)
        .zip(found.values.iter().zip(found.maps.chunks_exact(2)))
    {
        let logit = |w: &[f32; 2]| f64::from(w[0] * x[0] + w[1] * x[1]);
        let logits = w.each_ref().map(logit);
        let sum: f64 = logits.iter().map(|l| l.exp()).sum();
        // The logits have rounding errors of 1e-7 relative to their size, up to 80.
        assert!((value - (logits[class] - sum.ln())).abs() < 2e-5);
        for i in 0..2 {
            let mean: f64 = (0..3)
                .map(|k| logits[k].exp() / sum * f64::from(w[k][i]))
                .sum();
            let expected = f64::from(w[class][i]) - mean;
            assert!((map[i] - expected).abs() < 1e-5, "{} {expected}", map[i]);
        }
    }
}

#[test]
fn a_combination_of_outputs_has_the_combined_gradient() {
    let f = network(
        r#"{"input": {"kind": "vector", "len": 2},
            "layers": [{"type": "dense", "in": 2, "out": 2, "bias": false}]}"#,
        &[&[1.0, 2.0, 3.0, 4.0]],
    );
    let output = AttributedOutput::Combination(vec![10.0, -1.0]);
    let found = gradient(&NetworkOutput::new(&f, output).unwrap(), &[1.0, 1.0]).unwrap();
    assert_eq!((found.maps, found.values), (vec![7.0, 16.0], vec![23.0]));
}

#[test]
fn integrated_gradients_of_a_linear_function_are_exact_in_one_step() {
    let f = linear(vec![2.0, -3.0, 0.5]);
    for rule in [PathRule::GaussLegendre, PathRule::Trapezoid] {
        let settings = IntegratedGradientsSettings { steps: 1, rule };
        let x = [1.0, 2.0, 4.0, 0.0, -1.0, 8.0];
        let found = integrated_gradients(&f, &x, &[1.0, 1.0, 2.0], &settings).unwrap();
        assert_eq!(found.attributions.maps, [0.0, -3.0, 1.0, -2.0, 6.0, 3.0]);
        assert_eq!(found.completeness_errors, [0.0, 0.0]);
        assert_eq!(
            (found.baseline_value, &found.relative_errors[1]),
            (0.0, &Some(0.0))
        );
    }
}

#[test]
fn integrated_gradients_divide_a_product_equally() {
    let product = DifferentiableFn::new("x₁x₂", 2, |x: &[f32]| {
        let rows = x.chunks_exact(2);
        let values = rows.clone().map(|x| f64::from(x[0] * x[1])).collect();
        Ok((values, rows.flat_map(|x| [x[1], x[0]]).collect()))
    });
    for rule in [PathRule::GaussLegendre, PathRule::Trapezoid] {
        for steps in [1, 7, 64] {
            let settings = IntegratedGradientsSettings { steps, rule };
            let found = integrated_gradients(&product, &[4.0, 3.0], &[0.0, 0.0], &settings);
            // The gradients are in single precision.
            for a in found.unwrap().attributions.maps {
                assert!((a - 6.0).abs() < 1e-5, "{rule:?} {steps}: {a}");
            }
        }
    }
}

/// 1 − ReLU(1 − x): the gradient is 0 at x = 2, although f(2) − f(0) = 1 (Sundararajan et al. 2017, section 2.1).
#[test]
fn integrated_gradients_see_a_saturated_function() {
    let f = network(
        r#"{"input": {"kind": "vector", "len": 1},
            "layers": [{"type": "dense", "in": 1, "out": 1}, {"type": "relu"},
                       {"type": "dense", "in": 1, "out": 1}]}"#,
        &[&[-1.0], &[1.0], &[-1.0], &[1.0]],
    );
    assert_eq!(gradient(&score(&f), &[2.0]).unwrap().maps, [0.0]);
    let settings = IntegratedGradientsSettings::default();
    let found = integrated_gradients(&score(&f), &[2.0], &[0.0], &settings).unwrap();
    // Half of the nodes are below α = ½, with half of the weight.
    assert!((found.attributions.maps[0] - 1.0).abs() < 1e-6);
    assert!(found.completeness_errors[0] < 1e-6);
    // With 33 nodes the one at α = ½ may count on either side: its weight is about π/66.
    let odd = IntegratedGradientsSettings {
        steps: 33,
        ..settings
    };
    let found = integrated_gradients(&score(&f), &[2.0], &[0.0], &odd).unwrap();
    assert!((found.completeness_errors[0] - std::f64::consts::PI / 66.0).abs() < 1e-3);
}

#[test]
fn integrated_gradients_of_a_deep_network_are_complete() {
    let d = deep(64, 3);
    let x = standard_normal(1, Stream::Data, 0, 40 * 64);
    for rule in [PathRule::GaussLegendre, PathRule::Trapezoid] {
        let settings = IntegratedGradientsSettings {
            rule,
            ..IntegratedGradientsSettings::default()
        };
        let found = integrated_gradients(&score(&d), &x, &[0.1; 64], &settings).unwrap();
        let differences = found.attributions.values.iter();
        let differences: f64 = differences.map(|f| (f - found.baseline_value).abs()).sum();
        let errors: f64 = found.completeness_errors.iter().sum();
        assert!(
            errors / differences < 0.01,
            "{rule:?}: {}",
            errors / differences
        );
        // Not zero either: the gradient jumps along the path.
        assert!(errors > 0.0);
    }
}

#[test]
fn integrated_gradients_of_a_convolutional_network_are_complete() {
    let image = SampleShape::Image {
        channels: 1,
        height: 16,
        width: 16,
    };
    let mut d = presets::discriminator(&image).unwrap();
    d.init = ganscope::nn::Initializer::He;
    let d = Network::new("discriminator", &d, 1, Stream::DiscriminatorInit).unwrap();
    let x = standard_normal(2, Stream::Data, 0, 4 * 256);
    let settings = IntegratedGradientsSettings::default();
    let found = integrated_gradients(&score(&d), &x, &[-1.0; 256], &settings).unwrap();
    let differences = found.attributions.values.iter();
    let differences: f64 = differences.map(|f| (f - found.baseline_value).abs()).sum();
    let errors: f64 = found.completeness_errors.iter().sum();
    assert!(errors / differences < 0.01, "{}", errors / differences);
}

#[test]
fn smooth_grad_of_a_linear_function_is_its_gradient() {
    let f = linear(vec![2.0, -3.0, 0.5]);
    let found = smooth_grad(&f, &[1.0, 2.0, 4.0], &SmoothGradSettings::default()).unwrap();
    assert_eq!(found.attributions.maps, [2.0, -3.0, 0.5]);
    assert_eq!(found.monte_carlo_errors, [Some(0.0)]);
}

#[test]
fn smooth_grad_of_a_relu_at_its_kink_is_one_half() {
    // f(x) = ReLU(x₁); x₂ only makes the range of the sample 1.
    let f = network(
        r#"{"input": {"kind": "vector", "len": 2},
            "layers": [{"type": "dense", "in": 2, "out": 1, "bias": false}, {"type": "relu"}]}"#,
        &[&[1.0, 0.0]],
    );
    let settings = SmoothGradSettings {
        copies: 4000,
        ..SmoothGradSettings::default()
    };
    let found = smooth_grad(&score(&f), &[0.0, 1.0], &settings).unwrap();
    // The standard error is ½/√4000 = 0.0079.
    assert!((found.attributions.maps[0] - 0.5).abs() < 4.0 * 0.0079);
    let error = found.monte_carlo_errors[0].unwrap();
    assert!(
        (error * found.attributions.maps[0] / 0.0079 - 1.0).abs() < 0.02,
        "{error}"
    );
    // The noise is a function of the seed.
    assert_eq!(
        smooth_grad(&score(&f), &[0.0, 1.0], &settings).unwrap(),
        found
    );
    let other = SmoothGradSettings {
        seed: 2,
        ..settings
    };
    assert_ne!(
        smooth_grad(&score(&f), &[0.0, 1.0], &other)
            .unwrap()
            .attributions
            .maps,
        found.attributions.maps
    );
}

#[test]
fn smooth_grad_uses_the_range_of_each_sample() {
    // f = x₁², whose gradient 2 (x₁ + ε) has a standard deviation of 2σ.
    let f = DifferentiableFn::new("x₁²", 2, |x: &[f32]| {
        let rows = x.chunks_exact(2);
        let values = rows.clone().map(|x| f64::from(x[0] * x[0])).collect();
        Ok((values, rows.flat_map(|x| [2.0 * x[0], 0.0]).collect()))
    });
    let settings = SmoothGradSettings {
        noise: 0.2,
        copies: 5000,
        seed: 1,
    };
    let found = smooth_grad(&f, &[1.0, 11.0, 3.0, 3.0], &settings).unwrap();
    // σ = 0.2 · 10 for the first sample, so the standard error is 4/√5000, of a gradient of 2.
    let error = found.monte_carlo_errors[0].unwrap() * found.attributions.maps[0];
    // The standard deviation of 5,000 draws has a relative standard error of 1 %.
    assert!(
        (error / (4.0 / 5000f64.sqrt()) - 1.0).abs() < 0.04,
        "{error}"
    );
    // The second sample is constant, so it gets no noise.
    assert_eq!(found.attributions.maps[2..], [6.0, 0.0]);
}

#[test]
fn occlusion_of_a_linear_function_is_exact() {
    let shape = SampleShape::Image {
        channels: 2,
        height: 5,
        width: 6,
    };
    // Multiples of 1/8, so that single precision is exact.
    let eighths = |seed| -> Vec<f32> {
        let normal = standard_normal(seed, Stream::Data, 0, 60).into_iter();
        normal.map(|v| (v * 8.0).round() / 8.0).collect()
    };
    let (w, x, b) = (eighths(1), eighths(2), eighths(3));
    let f = linear(w.clone());
    let settings = OcclusionSettings {
        patch: 2,
        stride: 2,
    };
    let found = occlusion(&f, &shape, &x, &b, &settings).unwrap();
    // Rows 0, 2 and, at the border, 3; columns 0, 2, 4.
    let corners = [
        (0, 0),
        (0, 2),
        (0, 4),
        (2, 0),
        (2, 2),
        (2, 4),
        (3, 0),
        (3, 2),
        (3, 4),
    ];
    assert_eq!(found.corners, corners);
    let is_covered = |i: usize, (top, left): (usize, usize)| {
        let (row, column) = (i % 30 / 6, i % 6);
        (top..top + 2).contains(&row) && (left..left + 2).contains(&column)
    };
    for (corner, change) in corners.into_iter().zip(&found.changes) {
        let covered = (0..60).filter(|&i| is_covered(i, corner));
        let expected: f64 = covered
            .map(|i| f64::from(w[i]) * f64::from(x[i] - b[i]))
            .sum();
        assert!((change + expected).abs() < 1e-12, "{corner:?}: {change}");
    }
    for (i, a) in found.attributions.maps.iter().enumerate() {
        let covering = corners
            .iter()
            .zip(&found.changes)
            .filter(|(c, _)| is_covered(i, **c));
        let (sum, count) = covering.fold((0.0, 0.0), |(s, n), (_, change)| (s - change, n + 1.0));
        assert!(count > 0.0 && (a - sum / count).abs() < 1e-12);
    }
}

#[test]
fn occlusion_of_a_vector_replaces_one_feature_at_a_time() {
    let d = deep(6, 1);
    let x = standard_normal(1, Stream::Data, 0, 3 * 6);
    let shape = SampleShape::Vector { len: 6 };
    let settings = OcclusionSettings::default();
    let found = occlusion(&score(&d), &shape, &x, &[0.5; 6], &settings).unwrap();
    assert_eq!((found.settings.patch, found.corners[4]), (1, (0, 4)));
    let f = |x: &[f32]| {
        let y = d.infer(Batch::new(x.to_vec(), 1, 6).unwrap()).unwrap();
        f64::from(y.values()[0])
    };
    for (sample, x) in x.chunks_exact(6).enumerate() {
        for feature in 0..6 {
            let mut occluded = x.to_vec();
            occluded[feature] = 0.5;
            let expected = f(&occluded) - f(x);
            let found = found.changes[sample * 6 + feature];
            assert!((found - expected).abs() < 1e-5, "{found} {expected}");
        }
    }
}

#[test]
fn rank_correlation_is_that_of_scipy() {
    // scipy.stats.spearmanr(np.abs(a), np.abs(b)).statistic
    let a = [1.0, -2.0, 2.0, 0.5, 0.0, 3.0];
    let b = [2.0, 0.0, -1.0, 1.0, 0.0, 5.0];
    let found = map_correlation(&a, &b, 6).unwrap()[0].unwrap();
    assert!((found - 0.507_519_218_922_552_3).abs() < 1e-12, "{found}");
}

/// Maps of ∂f/∂x for f = Σ x², which do not depend on the network.
fn maps_of_the_input(_: &Network, x: &[f32]) -> Result<Vec<f64>> {
    Ok(x.iter().map(|x| 2.0 * f64::from(*x)).collect())
}

fn gradient_maps(network: &Network, x: &[f32]) -> Result<Vec<f64>> {
    Ok(gradient(
        &NetworkOutput::new(network, AttributedOutput::Column(0))?,
        x,
    )?
    .maps)
}

#[test]
fn maps_that_depend_only_on_the_input_fail_the_sanity_check() {
    let x = standard_normal(1, Stream::Data, 0, 10 * 30);
    let check = sanity_check(
        &deep(30, 1),
        &x,
        &SanitySettings::default(),
        maps_of_the_input,
    );
    let check = check.unwrap();
    assert!(!check.is_passed);
    assert_eq!(check.stages.len(), 4);
    for stage in &check.stages {
        assert!((stage.correlation - 1.0).abs() < 1e-12 && stage.n_defined == 10);
    }
    assert!(check.to_string().starts_with("failed"));
}

#[test]
fn identical_weights_fail_the_sanity_check() {
    let spec = spec(
        r#"{"input": {"kind": "vector", "len": 20},
            "layers": [{"type": "dense", "in": 20, "out": 1}]}"#,
    );
    // The weights that the check itself draws.
    let same = Network::new("f", &spec, 5, Stream::RandomWeights).unwrap();
    let settings = SanitySettings {
        draws: 1,
        seed: 5,
        ..SanitySettings::default()
    };
    let x = standard_normal(1, Stream::Data, 0, 10 * 20);
    let check = sanity_check(&same, &x, &settings, gradient_maps).unwrap();
    assert!((check.stages[0].correlation - 1.0).abs() < 1e-12 && !check.is_passed);
}

#[test]
fn unrelated_deep_networks_pass_the_sanity_check() {
    let x = standard_normal(1, Stream::Data, 0, 20 * 144);
    let settings = SanitySettings {
        randomization: Randomization::AllAtOnce,
        ..SanitySettings::default()
    };
    let check = sanity_check(&deep(144, 7), &x, &settings, gradient_maps).unwrap();
    let [stage] = &check.stages[..] else {
        panic!("one stage was expected: {check}");
    };
    assert_eq!(
        (stage.first_random_layer, stage.layer.as_str()),
        (0, "0 (dense 144→128)")
    );
    // For one network, the rank correlation of unrelated maps of 144 inputs has a standard deviation of 1/√143 = 0.084,
    // if the maps of all samples are the same; there are three networks.
    assert!(
        stage.correlation.abs() < 4.0 * 0.084 / 3f64.sqrt(),
        "{}",
        stage.correlation
    );
    assert!(check.is_passed && stage.interval.1 < MAXIMUM_MAP_CORRELATION);
}

#[test]
fn a_stage_replaces_all_layers_from_its_first_on() {
    // Batch norm and spectral norm have numbers besides the parameters, which must be replaced, too.
    for json in [
        r#"{"input": {"kind": "vector", "len": 3}, "layers": [
            {"type": "dense", "in": 3, "out": 4}, {"type": "batch_norm", "features": 4}, {"type": "relu"},
            {"type": "dense", "in": 4, "out": 2}]}"#,
        r#"{"input": {"kind": "vector", "len": 3}, "spectral_norm": true, "layers": [
            {"type": "dense", "in": 3, "out": 4}, {"type": "relu"},
            {"type": "dense", "in": 4, "out": 2}]}"#,
    ] {
        let spec = spec(json);
        let mut trained = Network::new("f", &spec, 1, Stream::DiscriminatorInit).unwrap();
        let x = standard_normal(1, Stream::Data, 0, 8 * 3);
        let batch = || Batch::new(x.clone(), 8, 3).unwrap();
        // Moves the running moments of batch norm.
        let noise = Batch::new(x.iter().map(|x| 3.0 * x + 1.0).collect(), 8, 3).unwrap();
        trained
            .forward(noise, ganscope::nn::Pass::training(1, 1))
            .unwrap();
        let outputs = RefCell::new(Vec::new());
        let settings = SanitySettings {
            draws: 1,
            seed: 9,
            ..SanitySettings::default()
        };
        let record = |network: &Network, x: &[f32]| {
            let y = network.infer(Batch::new(x.to_vec(), 8, 3)?)?;
            let values: Vec<f64> = y.values().iter().map(|y| f64::from(*y)).collect();
            outputs.borrow_mut().push(values.clone());
            Ok(values)
        };
        let check = sanity_check(&trained, &x, &settings, record).unwrap();
        let outputs = outputs.into_inner();
        let random = Network::new("f", &spec, 9, Stream::RandomWeights).unwrap();
        let as_f64 =
            |batch: Batch| -> Vec<f64> { batch.values().iter().map(|y| f64::from(*y)).collect() };
        assert_eq!(outputs.len(), 1 + check.stages.len());
        assert_eq!(outputs[0], as_f64(trained.infer(batch()).unwrap()));
        // First the last layer only.
        let last = spec.layers.len() - 1;
        let (first, _) = trained.split_at(last).unwrap();
        let (_, rest) = random.split_at(last).unwrap();
        let mixed = rest.infer(first.infer(batch()).unwrap()).unwrap();
        assert_eq!(outputs[1], as_f64(mixed));
        // In the end, the whole network.
        assert_eq!(
            outputs.last().unwrap(),
            &as_f64(random.infer(batch()).unwrap())
        );
    }
}

#[test]
fn results_are_printed_and_stored() {
    let d = deep(16, 1);
    let x = standard_normal(1, Stream::Data, 0, 4 * 16);
    let f = score(&d);
    let g = gradient(&f, &x).unwrap();
    let settings = IntegratedGradientsSettings::default();
    let ig = integrated_gradients(&f, &x, &[0.0; 16], &settings).unwrap();
    let smooth = smooth_grad(&f, &x, &SmoothGradSettings::default()).unwrap();
    let image = SampleShape::Image {
        channels: 1,
        height: 4,
        width: 4,
    };
    let patches = OcclusionSettings {
        patch: 2,
        stride: 2,
    };
    let occluded = occlusion(&f, &image, &x, &[0.0; 16], &patches).unwrap();
    let check = sanity_check(&d, &x, &SanitySettings::default(), gradient_maps).unwrap();
    for text in [
        g.to_string(),
        ig.to_string(),
        smooth.to_string(),
        occluded.to_string(),
        check.to_string(),
    ] {
        println!("{text}\n");
        assert!(text.contains("4 samples"), "{text}");
    }
    let json = serde_json::to_string(&g).unwrap();
    assert_eq!(serde_json::from_str::<Attributions>(&json).unwrap(), g);
    let json = serde_json::to_string(&ig).unwrap();
    assert_eq!(
        serde_json::from_str::<IntegratedGradients>(&json).unwrap(),
        ig
    );
    let json = serde_json::to_string(&smooth).unwrap();
    assert_eq!(serde_json::from_str::<SmoothGrad>(&json).unwrap(), smooth);
    let json = serde_json::to_string(&occluded).unwrap();
    assert_eq!(serde_json::from_str::<Occlusion>(&json).unwrap(), occluded);
    let json = serde_json::to_string(&check).unwrap();
    assert_eq!(serde_json::from_str::<SanityCheck>(&json).unwrap(), check);
    assert_eq!(g.map(3).map(<[f64]>::len), Some(16));
    assert_eq!(g.map(4), None);
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
    let d = deep(4, 1);
    let f = score(&d);
    assert!(refusal(gradient(&f, &[])).contains("at least one complete row"));
    assert!(refusal(gradient(&f, &[0.0; 6])).contains("rows of 4"));
    assert!(refusal(gradient(&f, &[0.0, f32::NAN, 0.0, 0.0])).contains("row 0"));

    let x = [0.0; 8];
    let settings = IntegratedGradientsSettings::default();
    assert!(refusal(integrated_gradients(&f, &x, &x, &settings)).contains("single row"));
    for steps in [0, 1001] {
        let settings = IntegratedGradientsSettings { steps, ..settings };
        assert!(refusal(integrated_gradients(&f, &x, &x[..4], &settings)).contains("steps"));
    }
    for (noise, copies) in [(-0.1, 5), (f64::NAN, 5), (0.1, 0), (0.1, usize::MAX)] {
        let settings = SmoothGradSettings {
            noise,
            copies,
            seed: 1,
        };
        refusal(smooth_grad(&f, &x, &settings));
    }
    let image = |height, width| SampleShape::Image {
        channels: 1,
        height,
        width,
    };
    let occlude = |shape, patch, stride| {
        let settings = OcclusionSettings { patch, stride };
        refusal(occlusion(&f, &shape, &x, &x[..4], &settings))
    };
    assert!(occlude(image(3, 3), 1, 1).contains("shape"));
    assert!(occlude(image(2, 2), 3, 1).contains("between 1 and 2"));
    assert!(occlude(image(2, 2), 0, 0).contains("patch"));
    assert!(occlude(image(2, 2), 2, 0).contains("stride"));
    assert!(occlude(image(2, 2), 1, 2).contains("stride"));

    let choose = |output| refusal(NetworkOutput::new(&d, output).map(|_| ()));
    assert!(choose(AttributedOutput::Column(1)).contains("1 output"));
    assert!(choose(AttributedOutput::Combination(vec![1.0; 2])).contains("2 weights"));
    assert!(choose(AttributedOutput::Combination(vec![f64::NAN])).contains("finite"));
    for (first, classes, class) in [(0, 1, 0), (0, 2, 0), (usize::MAX, 2, 0), (0, 1, 1)] {
        choose(AttributedOutput::LogProbability {
            first,
            classes,
            class,
        });
    }
    let coupled = spec(
        r#"{"input": {"kind": "image", "channels": 1, "height": 2, "width": 2},
            "layers": [{"type": "minibatch_stddev"}, {"type": "flatten"}, {"type": "dense", "in": 8, "out": 1}]}"#,
    );
    let coupled = Network::new("d", &coupled, 1, Stream::DiscriminatorInit).unwrap();
    let output = NetworkOutput::new(&coupled, AttributedOutput::Column(0));
    assert!(refusal(output.map(|_| ())).contains("other samples"));

    let short = DifferentiableFn::new("short", 2, |_: &[f32]| Ok((vec![0.0], vec![])));
    assert!(refusal(gradient(&short, &[0.0; 4])).contains("one value for each row"));
    let infinite = DifferentiableFn::new("1/x", 1, |x: &[f32]| {
        Ok((vec![f64::INFINITY; x.len()], vec![0.0; x.len()]))
    });
    assert!(refusal(gradient(&infinite, &[0.0])).contains("not finite"));
    let empty = DifferentiableFn::new("no input", 0, |_: &[f32]| Ok((vec![], vec![])));
    refusal(gradient(&empty, &[]));

    assert!(refusal(map_correlation(&[0.0; 4], &[0.0; 6], 2)).contains("same complete rows"));
    refusal(map_correlation(&[], &[], 2));
    refusal(map_correlation(&[0.0; 4], &[0.0; 4], 0));
    refusal(map_correlation(&[f64::NAN], &[0.0], 1));
    let check = |settings: SanitySettings, x: &[f32]| {
        refusal(sanity_check(&d, x, &settings, gradient_maps))
    };
    let settings = SanitySettings::default();
    assert!(check(settings, &x[..4]).contains("2 samples"));
    assert!(
        check(
            SanitySettings {
                draws: 0,
                ..settings
            },
            &x
        )
        .contains("draws")
    );
    assert!(
        check(
            SanitySettings {
                resamples: 1,
                ..settings
            },
            &x
        )
        .contains("resamples")
    );
    let without = spec(r#"{"input": {"kind": "vector", "len": 4}, "layers": [{"type": "relu"}]}"#);
    let without = Network::new("g", &without, 1, Stream::GeneratorInit).unwrap();
    assert!(
        refusal(sanity_check(&without, &x, &settings, maps_of_the_input)).contains("no weights")
    );
    let constant = |_: &Network, x: &[f32]| Ok(vec![1.0; x.len()]);
    assert!(refusal(sanity_check(&d, &x, &settings, constant)).contains("equal"));
}
