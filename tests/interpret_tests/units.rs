//! The units of hand-made generators, whose concepts, classes and effects are known.

use ganscope::interpret::{
    AblationEffect, AblationSettings, ConceptMasks, ConceptSettings, ConceptUnits, Replacement,
    Selectivity, SelectivitySettings, ThresholdRule, Units, ablation_effect, concept_units,
    selectivity,
};
use ganscope::nn::{Network, NetworkSpec};
use ganscope::random::{Stream, standard_normal};
use ganscope::{Error, Result};

const SIDE: usize = 8;
const PIXELS: usize = SIDE * SIDE;

/// Whether a pixel is inside the square of the planted unit: 3 × 3 pixels.
fn is_in_square(pixel: usize) -> bool {
    let (row, column) = (pixel / SIDE, pixel % SIDE);
    (2..5).contains(&row) && (4..7).contains(&column)
}

/// A generator of 1×8×8 images with four channels: unit 3 is ReLU(z₁) in the square and 0 elsewhere; unit 0 is the
/// constant 1; units 1 and 2 are random. The image is 0.5 r₀ + 0.25 r₁ − 0.25 r₂ + 2 r₃.
fn planted() -> Network {
    let spec: NetworkSpec = serde_json::from_str(
        r#"{"input": {"kind": "vector", "len": 4}, "layers": [
            {"type": "dense", "in": 4, "out": 256}, {"type": "reshape", "channels": 4, "height": 8, "width": 8},
            {"type": "relu"},
            {"type": "conv2d", "in": 4, "out": 1, "kernel": 1}]}"#,
    )
    .unwrap();
    let mut g = Network::new("generator", &spec, 1, Stream::GeneratorInit).unwrap();
    for (name, parameter) in g.parameters_mut() {
        parameter.update(|w| match name.as_str() {
            "0.weight" => {
                for (i, of_output) in w.chunks_exact_mut(4).enumerate() {
                    match i / PIXELS {
                        0 => of_output.fill(0.0),
                        3 => {
                            let square = f32::from(u8::from(is_in_square(i % PIXELS)));
                            of_output.copy_from_slice(&[square, 0.0, 0.0, 0.0]);
                        }
                        // Independent of z₁.
                        _ => of_output[0] = 0.0,
                    }
                }
            }
            "0.bias" => {
                w.fill(0.0);
                w[..PIXELS].fill(1.0);
            }
            "3.weight" => w.copy_from_slice(&[0.5, 0.25, -0.25, 2.0]),
            _ => w.fill(0.0),
        });
    }
    g
}

/// Latent vectors with z₁ = `first(i)`.
fn latents(n: usize, first: impl Fn(usize) -> f32) -> Vec<f32> {
    let mut z = standard_normal(3, Stream::Exploration, 0, 4 * n);
    z.chunks_exact_mut(4)
        .enumerate()
        .for_each(|(i, z)| z[0] = first(i));
    z
}

/// z₁ = ±1: the square is in the images with an even index.
fn alternating(n: usize) -> Vec<f32> {
    latents(n, |i| if i % 2 == 0 { 1.0 } else { -1.0 })
}

/// The masks of the square in images with z₁ > 0, enlarged by a factor.
fn masks(z: &[f32], factor: usize) -> ConceptMasks {
    let side = SIDE * factor;
    let pixel = move |i: usize| is_in_square(i / side / factor * SIDE + i % side / factor);
    let of_image = |z: &[f32]| {
        let is_there = z[0] > 0.0;
        (0..side * side).map(move |i| is_there && pixel(i))
    };
    ConceptMasks {
        name: "square".into(),
        height: side,
        width: side,
        present: z.chunks_exact(4).flat_map(of_image).collect(),
    }
}

fn units() -> Units {
    Units::new(&planted(), 3).unwrap()
}

#[test]
fn the_planted_unit_matches_its_concept_exactly() {
    let z = alternating(80);
    // At twice the resolution, the activation is blurred: 0.25 beside the square, at least 0.5625 in its corners.
    let settings = ConceptSettings {
        shuffles: 400,
        ..ConceptSettings::default()
    };
    for factor in [1, 2] {
        let found = concept_units(&units(), &z, &masks(&z, factor), &settings);
        let found = found.unwrap();
        let best = &found.units[0];
        assert_eq!((best.unit, best.iou, best.interval), (3, 1.0, (1.0, 1.0)));
        assert_eq!((found.n_fitted, found.n_measured), (40, 40));
        assert!(if factor == 1 {
            best.threshold == 0.5
        } else {
            (0.25..0.5625).contains(&best.threshold)
        });
        // m of the 40 measured samples have the square. With random masks, i of them keep it, with hypergeometric
        // probabilities, and the IoU is i/(2m − i).
        let m = (found.present * 40.0 * 64.0 / 9.0).round() as u64;
        let choose = |n, k| statrs::function::factorial::binomial(n, k);
        let of_count = |i: u64| {
            let probability = choose(m, i) * choose(40 - m, m - i) / choose(40, m);
            probability * i as f64 / (2 * m - i) as f64
        };
        let expected: f64 = (0..=m).map(of_count).sum();
        // i has a standard deviation of 1.6 and the IoU one of about 0.07, so the mean of 400 has one of 0.0035.
        assert!(
            (best.chance_iou - expected).abs() < 0.014,
            "{} {expected}",
            best.chance_iou
        );
        assert!((best.active - found.present).abs() < 1e-12);
        // The constant unit is active everywhere or nowhere: its IoU is at most the fraction of the concept.
        let constant = found.units.iter().find(|u| u.unit == 0).unwrap();
        assert!(
            (constant.iou - found.present).abs() < 1e-12,
            "{}",
            constant.iou
        );
        assert!((constant.chance_iou - constant.iou).abs() < 1e-12);
    }
}

#[test]
fn a_top_fraction_selects_the_largest_activations() {
    // z₁ = 1/64, …, 32/64 in half of 64 images, so the activations are different and the square is in 32 · 9 of
    // 64 · 64 pixels, 7.03 %.
    let z = latents(64, |i| if i < 32 { (i + 1) as f32 / 64.0 } else { -1.0 });
    let with = |fraction| {
        let settings = ConceptSettings {
            threshold: ThresholdRule::TopFraction(fraction),
            ..ConceptSettings::default()
        };
        let found = concept_units(&units(), &z, &masks(&z, 1), &settings).unwrap();
        assert_eq!((found.n_fitted, found.n_measured), (0, 64));
        let unit = found.units.into_iter().find(|u| u.unit == 3).unwrap();
        (unit.iou, unit.threshold)
    };
    // 10 % reaches down to the activations 0, which do not exceed the threshold 0.
    assert_eq!(with(0.1), (1.0, 0.0));
    // 5 % are 204 pixels: the squares of the 22 brightest images, 198 pixels, exceed the activation 10/64 of the next.
    let (iou, threshold) = with(0.05);
    assert_eq!(threshold, 10.0 / 64.0);
    assert!((iou - 22.0 / 32.0).abs() < 1e-12, "{iou}");
}

#[test]
fn selectivity_finds_the_planted_unit_and_not_the_constant() {
    let z = alternating(40);
    let labels: Vec<usize> = (0..40).map(|i| if i % 2 == 0 { 7 } else { 2 }).collect();
    let found = selectivity(&units(), &z, &labels, &SelectivitySettings::default()).unwrap();
    assert_eq!(
        found.classes.iter().map(|c| c.class).collect::<Vec<_>>(),
        [2, 7]
    );
    for (class, auc) in found.classes.iter().zip([0.0, 1.0]) {
        assert_eq!(
            (class.n_class, class.units[0].unit, class.units[0].auc),
            (20, 3, auc)
        );
        let constant = class.units.iter().find(|u| u.unit == 0).unwrap();
        assert_eq!(constant.auc, 0.5);
        // scipy.optimize.brentq for (AUC − θ)² = 1.96² V(θ) with n₁ = n₂ = 20 and AUC = ½ and 1.
        let (low, high) = constant.interval;
        assert!((low - 0.331_487_927).abs() < 1e-8 && (high - 0.668_512_072).abs() < 1e-8);
        let (low, high) = class.units[0].interval;
        let (low, high) = if auc == 1.0 {
            (low, high)
        } else {
            (1.0 - high, 1.0 - low)
        };
        assert!(
            (low - 0.898_668_136).abs() < 1e-8 && high == 1.0,
            "{low} {high}"
        );
    }
}

/// A generator whose units are the latent variables.
fn identity(width: usize) -> Units {
    let spec = format!(
        r#"{{"input": {{"kind": "vector", "len": {width}}}, "layers": [{{"type": "relu"}}]}}"#
    );
    let spec: NetworkSpec = serde_json::from_str(&spec).unwrap();
    let g = Network::new("generator", &spec, 1, Stream::GeneratorInit).unwrap();
    Units::new(&g, 0).unwrap()
}

#[test]
fn intervals_of_the_auc_contain_the_true_value_in_95_percent() {
    // 400 units N(0, 1), shifted by δ in the class: AUC = Φ(δ/√2), Φ(1/√2) = 0.760250.
    for (shift, truth) in [(0.0, 0.5), (1.0, 0.760_250)] {
        let (n, width) = (50, 400);
        let mut z = standard_normal(5, Stream::Data, 0, n * width);
        let labels: Vec<usize> = (0..n).map(|i| usize::from(i % 5 < 2)).collect();
        for (z, label) in z.chunks_exact_mut(width).zip(&labels) {
            z.iter_mut().for_each(|z| *z += shift * *label as f32);
        }
        let settings = SelectivitySettings {
            permutations: 20,
            seed: 1,
        };
        let found = selectivity(&identity(width), &z, &labels, &settings).unwrap();
        let units = &found.classes[1].units;
        let inside = units
            .iter()
            .filter(|u| u.interval.0 <= truth && truth <= u.interval.1);
        // The number inside has a standard deviation of √(400 · 0.95 · 0.05) = 4.4; the nominal number is 380.
        let inside = inside.count();
        assert!((362..=398).contains(&inside), "{shift}: {inside}");
        let mean = units.iter().map(|u| u.auc).sum::<f64>() / 400.0;
        // The standard deviation of an AUC is at most √((n + 1)/(12 n₁ n₂)) = 0.084.
        assert!((mean - truth).abs() < 4.0 * 0.084 / 20.0, "{mean}");
    }
}

#[test]
fn the_chance_of_one_unit_is_that_of_the_rank_sum_test() {
    let n = 100;
    let z = standard_normal(6, Stream::Data, 0, n);
    let labels: Vec<usize> = (0..n).map(|i| i % 2).collect();
    let settings = SelectivitySettings {
        permutations: 4000,
        seed: 1,
    };
    let found = selectivity(&identity(1), &z, &labels, &settings).unwrap();
    // The variance under permutation is (n + 1)/(12 n₁ n₂), so 95 % are within 1.96 · 0.0580 = 0.1137 of ½. The quantile of
    // 4,000 draws has a relative standard error of 1.6 %.
    let chance = found.classes[0].chance_deviation;
    assert!((chance / 0.1137 - 1.0).abs() < 0.07, "{chance}");
}

#[test]
fn ablation_removes_exactly_the_effect_of_the_planted_unit() {
    let (units, z) = (units(), alternating(30));
    let original = units.ablate(&z, &[], Replacement::Zero).unwrap();
    let ablated = units.ablate(&z, &[3], Replacement::Zero).unwrap();
    for (i, (a, b)) in original.iter().zip(&ablated).enumerate() {
        let square = (i / PIXELS).is_multiple_of(2) && is_in_square(i % PIXELS);
        let expected = if square { 2.0 } else { 0.0 };
        // The image is of order 2, computed in single precision.
        assert!((a - b - expected).abs() < 1e-6, "{i}: {a} {b}");
    }
    // The mean of unit 3 is the fraction of the pixels with a square, 9/64 · ½.
    let mean = 9.0 / 128.0;
    let averaged = units.ablate(&z, &[3], Replacement::Mean).unwrap();
    for (ablated, averaged) in ablated.iter().zip(&averaged) {
        assert!((averaged - ablated - 2.0 * mean).abs() < 1e-6);
    }

    let inside = |images: &[f32]| -> Result<Vec<f64>> {
        let of_image = |image: &[f32]| {
            let pixels = image.iter().enumerate().filter(|(i, _)| is_in_square(*i));
            pixels.map(|(_, v)| f64::from(*v)).sum::<f64>() / 9.0
        };
        Ok(images.chunks_exact(PIXELS).map(of_image).collect())
    };
    let settings = AblationSettings::default();
    let found = ablation_effect(&units, &z, &[3], Some(&inside), &settings).unwrap();
    let measured = found.measured.unwrap();
    // −2 in half of the images, for the measure and, in 9 of 64 pixels, for the change.
    assert!((measured.effect + 1.0).abs() < 1e-6, "{measured}");
    assert!(
        (found.change.effect - 9.0 / 64.0).abs() < 1e-6,
        "{}",
        found.change
    );
    // Three other units are too few for a range of 95 %: one more unit is the smallest or the largest with probability ½.
    assert_eq!((measured.null.sets, measured.null.coverage), (3, 0.5));
    assert!(measured.is_outside);
    // Standard error of the mean of 30 values 0 and −2: 1/√30.
    let half = 1.96 / 30f64.sqrt();
    let (low, high) = measured.interval;
    assert!(
        (low + 1.0 + half).abs() < 0.15 && (high + 1.0 - half).abs() < 0.15,
        "{low} {high}"
    );
    // Unit 0 adds 0.5 everywhere.
    let found = ablation_effect(&units, &z, &[0], Some(&inside), &settings).unwrap();
    assert!((found.measured.unwrap().effect + 0.5).abs() < 1e-6);
    assert!((found.change.effect - 0.5).abs() < 1e-6);
}

#[test]
fn random_units_are_inside_the_range_of_random_units_in_95_percent() {
    let spec: NetworkSpec = serde_json::from_str(
        r#"{"input": {"kind": "vector", "len": 3}, "layers": [
            {"type": "dense", "in": 3, "out": 200}, {"type": "leaky_relu", "slope": 0.2},
            {"type": "dense", "in": 200, "out": 2}]}"#,
    )
    .unwrap();
    let g = Network::new("generator", &spec, 1, Stream::GeneratorInit).unwrap();
    let units = Units::new(&g, 2).unwrap();
    let z = standard_normal(1, Stream::Exploration, 0, 3 * 10);
    let first = |images: &[f32]| Ok(images.chunks_exact(2).map(|x| f64::from(x[0])).collect());
    let mut inside = [0, 0];
    for unit in 0..200 {
        let settings = AblationSettings {
            draws: 39,
            resamples: 2,
            seed: unit as u64,
            ..AblationSettings::default()
        };
        let found = ablation_effect(&units, &z, &[unit], Some(&first), &settings).unwrap();
        assert_eq!(found.change.null.sets, 39);
        assert!((found.change.null.coverage - 0.95).abs() < 1e-12);
        inside[0] += usize::from(!found.change.is_outside);
        inside[1] += usize::from(!found.measured.unwrap().is_outside);
    }
    // Nominally 190, with a standard deviation of about √(200 · 0.95 · 0.05) = 3.1.
    assert!(inside.iter().all(|n| (179..=199).contains(n)), "{inside:?}");
}

#[test]
fn results_are_printed_and_stored() {
    let (units, z) = (units(), alternating(40));
    let found = concept_units(&units, &z, &masks(&z, 1), &ConceptSettings::default()).unwrap();
    println!("{found}\n");
    let json = serde_json::to_string(&found).unwrap();
    assert_eq!(serde_json::from_str::<ConceptUnits>(&json).unwrap(), found);
    let labels: Vec<usize> = (0..40).map(|i| i % 2).collect();
    let found = selectivity(&units, &z, &labels, &SelectivitySettings::default()).unwrap();
    println!("{found}\n");
    let json = serde_json::to_string(&found).unwrap();
    assert_eq!(serde_json::from_str::<Selectivity>(&json).unwrap(), found);
    let found = ablation_effect(&units, &z, &[3], None, &AblationSettings::default()).unwrap();
    println!("{found}");
    assert!(found.measured.is_none() && found.to_string().contains("unit 3 of the 4"));
    let json = serde_json::to_string(&found).unwrap();
    assert_eq!(
        serde_json::from_str::<AblationEffect>(&json).unwrap(),
        found
    );
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
    let (units, z) = (units(), alternating(8));
    assert!(refusal(Units::new(&planted(), 5)).contains("4 layers"));
    assert!(refusal(units.activations(&z[..3])).contains("rows of 4"));
    assert!(refusal(units.activations(&[])).contains("at least one"));
    assert!(refusal(units.ablate(&[f32::NAN; 4], &[], Replacement::Zero)).contains("finite"));
    assert!(refusal(units.ablate(&z, &[4], Replacement::Zero)).contains("no unit 4"));
    assert!(refusal(units.ablate(&z, &[1, 1], Replacement::Zero)).contains("twice"));

    let concept =
        |masks: &ConceptMasks, settings| refusal(concept_units(&units, &z, masks, &settings));
    let settings = ConceptSettings::default();
    let good = masks(&z, 1);
    let with = |height, width, present: Vec<bool>| ConceptMasks {
        height,
        width,
        present,
        name: "square".into(),
    };
    assert!(concept(&with(4, 8, good.present.clone()), settings).contains("at least as many"));
    assert!(concept(&with(8, 8, vec![true; 64]), settings).contains("one mask"));
    assert!(concept(&with(usize::MAX, 8, vec![true; 64]), settings).contains("one mask"));
    assert!(concept(&with(8, 8, vec![false; 8 * 64]), settings).contains("in none of"));
    for fraction in [0.0, 1.0, f64::NAN] {
        let threshold = ThresholdRule::TopFraction(fraction);
        assert!(
            concept(
                &good,
                ConceptSettings {
                    threshold,
                    ..settings
                }
            )
            .contains("fraction")
        );
    }
    assert!(
        concept(
            &good,
            ConceptSettings {
                shuffles: 0,
                ..settings
            }
        )
        .contains("shuffles")
    );
    assert!(
        concept(
            &good,
            ConceptSettings {
                resamples: 0,
                ..settings
            }
        )
        .contains("resamples")
    );
    let few = concept_units(&units, &z[..12], &masks(&z[..12], 1), &settings);
    assert!(refusal(few).contains("at least 4"));

    let select = |labels: &[usize], permutations| {
        let settings = SelectivitySettings {
            permutations,
            seed: 1,
        };
        refusal(selectivity(&units, &z, labels, &settings))
    };
    assert!(select(&[0, 1], 200).contains("one label"));
    assert!(select(&[3; 8], 200).contains("1 different value"));
    assert!(select(&[0, 1, 0, 1, 0, 1, 0, 1], 3).contains("3 permutations"));

    let ablate =
        |set: &[usize], settings| refusal(ablation_effect(&units, &z, set, None, &settings));
    let settings = AblationSettings::default();
    assert!(ablate(&[], settings).contains("at least one"));
    assert!(ablate(&[0, 1, 2], settings).contains("more than half"));
    assert!(
        ablate(
            &[0],
            AblationSettings {
                draws: 38,
                ..settings
            }
        )
        .contains("draws")
    );
    assert!(
        ablate(
            &[0],
            AblationSettings {
                resamples: 1,
                ..settings
            }
        )
        .contains("resamples")
    );
    let short = |_: &[f32]| Ok(vec![0.0]);
    assert!(
        refusal(ablation_effect(&units, &z, &[0], Some(&short), &settings))
            .contains("one for each")
    );
    let infinite = |images: &[f32]| Ok(vec![f64::NAN; images.len() / PIXELS]);
    assert!(
        refusal(ablation_effect(
            &units,
            &z,
            &[0],
            Some(&infinite),
            &settings
        ))
        .contains("finite")
    );
}
