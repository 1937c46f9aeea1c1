//! Objectives: values and gradients against their closed forms in f64, and the optimum they have.

use ganscope::data::SampleShape;
use ganscope::gan::{
    Began, Codes, Hinge, LeastSquares, Loss, MeanOutputs, NonSaturating, Objective,
    ObjectiveConfig, PenaltyConfig, RAdv, RECIPES, Recipe, Relativistic, Saturating, Scores,
    Wasserstein,
};
use ganscope::optim::{Decay, OptimizerConfig, ScheduleConfig};
use ganscope::random::{Stream, standard_normal};
use ganscope::tensor::{Batch, Gradients};
use ganscope::train::Player;

/// Scores of an uncertain D, of a confident one, and of one so certain that its probability rounds to 0 or 1.
const REAL: [f32; 6] = [0.0, 1.0, -2.5, 4.0, 50.0, -50.0];
const GENERATED: [f32; 6] = [0.0, -1.5, 3.0, -7.0, -50.0, 50.0];

fn sigma(s: f64) -> f64 {
    1.0 / (1.0 + (-s).exp())
}

/// ln(1 + eˢ), without overflow.
fn softplus(s: f64) -> f64 {
    s.max(0.0) + (-s.abs()).exp().ln_1p()
}

fn column(values: &[f32]) -> Batch {
    Batch::new(values.to_vec(), values.len(), 1).unwrap()
}

fn scores(batch: &Batch) -> Scores {
    Scores::of(batch.clone().record()).unwrap()
}

/// L_D, and its gradients with respect to both kinds of scores.
fn discriminator(o: &dyn Objective, real: &[f32], fake: &[f32]) -> (f64, Vec<f32>, Vec<f32>) {
    let (real, fake) = (column(real), column(fake));
    let loss = o.discriminator(scores(&real), scores(&fake));
    let value = loss.value();
    let mut gradients = Gradients::of(loss).unwrap();
    let on_real = gradients.take_input(&real).unwrap();
    (value, on_real, gradients.take_input(&fake).unwrap())
}

/// L_G and its gradient with respect to the scores.
fn generator(o: &dyn Objective, fake: &[f32]) -> (f64, Vec<f32>) {
    let fake = column(fake);
    let loss: Loss = o.generator(scores(&fake));
    let value = loss.value();
    let mut gradients = Gradients::of(loss).unwrap();
    (value, gradients.take_input(&fake).unwrap())
}

/// The mean of `f` over the scores.
fn mean(scores: &[f32], f: impl Fn(f64) -> f64) -> f64 {
    scores.iter().map(|&s| f(s as f64)).sum::<f64>() / scores.len() as f64
}

#[track_caller]
fn near(what: &str, ours: f64, expected: f64) {
    let tolerance = 1e-6 * expected.abs().max(1.0);
    assert!(
        (ours - expected).abs() <= tolerance,
        "{what}: {ours} against {expected}"
    );
}

/// Compares gradients of a mean with `f(s)/n`, with an absolute tolerance for slopes below 1, since a sigmoid cannot be
/// resolved below 10⁻⁷ in f32.
#[track_caller]
fn slopes(what: &str, ours: &[f32], at: &[f32], f: impl Fn(f64) -> f64) {
    assert_eq!(ours.len(), at.len());
    for (&ours, &s) in ours.iter().zip(at) {
        let expected = f(s as f64) / at.len() as f64;
        let error = (ours as f64 - expected).abs();
        let tolerance = 1e-7 * expected.abs().max(1.0);
        assert!(error <= tolerance, "{what} at {s}: {ours}, not {expected}");
    }
}

#[test]
fn l_d_of_the_cross_entropy_with_and_without_smoothing() {
    for smoothing in [0.0, 0.1] {
        let t = 1.0 - smoothing;
        // −t ln σ(s) − (1 − t) ln(1 − σ(s)) = softplus(s) − t s
        let value = mean(&REAL, |s| softplus(s) - t * s) + mean(&GENERATED, softplus);
        let saturating = Saturating {
            label_smoothing: smoothing,
        };
        let nonsaturating = NonSaturating {
            label_smoothing: smoothing,
        };
        for objective in [&saturating as &dyn Objective, &nonsaturating] {
            let (loss, on_real, on_fake) = discriminator(objective, &REAL, &GENERATED);
            near("L_D", loss, value);
            slopes("∂L_D/∂real", &on_real, &REAL, |s| sigma(s) - t);
            slopes("∂L_D/∂generated", &on_fake, &GENERATED, sigma);
        }
    }
}

#[test]
fn losses_of_single_scores_computed_by_hand() {
    // σ(1) = 0.7310586, ln σ(1) = −0.3132617; σ(−1) = 0.2689414, ln(1 − σ(−1)) = −0.3132617
    let (loss, on_real, on_fake) = discriminator(&Saturating::default(), &[1.0], &[-1.0]);
    near("L_D", loss, 0.626_523_4);
    near("∂real", on_real[0] as f64, -0.268_941_4);
    near("∂generated", on_fake[0] as f64, 0.268_941_4);
    // ln(1 − σ(−1)) = −0.3132617, −ln σ(−1) = 1.3132617
    let (loss, slope) = generator(&Saturating::default(), &[-1.0]);
    near("saturating L_G", loss, -0.313_261_7);
    near("its slope", slope[0] as f64, -0.268_941_4);
    let (loss, slope) = generator(&NonSaturating::default(), &[-1.0]);
    near("non-saturating L_G", loss, 1.313_261_7);
    near("its slope", slope[0] as f64, -0.731_058_6);
    // ½(2 − 1)² + ½(−1 − 0)² = 1; ½(−1 − 1)² = 2
    let (loss, on_real, on_fake) = discriminator(&LeastSquares::default(), &[2.0], &[-1.0]);
    assert_eq!((loss, on_real[0], on_fake[0]), (1.0, 1.0, -1.0));
    let (loss, slope) = generator(&LeastSquares::default(), &[-1.0]);
    assert_eq!((loss, slope[0]), (2.0, -2.0));
}

#[test]
fn losses_of_g_and_their_slopes() {
    let (loss, slope) = generator(&Saturating::default(), &GENERATED);
    near("saturating L_G", loss, mean(&GENERATED, |s| -softplus(s)));
    slopes("saturating", &slope, &GENERATED, |s| -sigma(s));
    let (loss, slope) = generator(&NonSaturating::default(), &GENERATED);
    near(
        "non-saturating L_G",
        loss,
        mean(&GENERATED, |s| softplus(-s)),
    );
    slopes("non-saturating", &slope, &GENERATED, |s| sigma(s) - 1.0);
}

#[test]
fn only_the_saturating_slope_vanishes_where_d_is_certain() {
    let (loss, slope) = generator(&Saturating::default(), &[-50.0]);
    assert!(
        loss.abs() < 1e-7 && slope[0].abs() < 1e-7,
        "{loss} {slope:?}"
    );
    let (loss, slope) = generator(&NonSaturating::default(), &[-50.0]);
    near("L_G", loss, 50.0);
    near("its slope", slope[0] as f64, -1.0);
    // For a D that is certain and wrong, the loss equals the score and the slope is 1.
    let (loss, on_real, on_fake) = discriminator(&NonSaturating::default(), &[-50.0], &[50.0]);
    near("L_D", loss, 100.0);
    assert_eq!((on_real[0], on_fake[0]), (-1.0, 1.0));
    for extreme in [200.0, -200.0, 3e4, -3e4] {
        for objective in [
            &Saturating::default() as &dyn Objective,
            &NonSaturating::default(),
        ] {
            let (g, slope) = generator(objective, &[extreme]);
            let (d, on_real, on_fake) = discriminator(objective, &[extreme], &[extreme]);
            let slopes = [slope[0], on_real[0], on_fake[0]];
            assert!(g.is_finite() && d.is_finite(), "{extreme}: {g} {d}");
            assert!(slopes.iter().all(|s| s.abs() <= 1.0), "{slopes:?}");
        }
    }
}

#[test]
fn least_squares_in_both_codings() {
    let pearson = LeastSquares {
        a: -1.0,
        b: 1.0,
        c: 0.0,
    };
    for o in [LeastSquares::default(), pearson] {
        let (loss, on_real, on_fake) = discriminator(&o, &REAL, &GENERATED);
        let square = |target: f64| move |s: f64| 0.5 * (s - target).powi(2);
        near(
            "L_D",
            loss,
            mean(&REAL, square(o.b)) + mean(&GENERATED, square(o.a)),
        );
        slopes("∂real", &on_real, &REAL, |s| s - o.b);
        slopes("∂generated", &on_fake, &GENERATED, |s| s - o.a);
        let (loss, slope) = generator(&o, &GENERATED);
        near("L_G", loss, mean(&GENERATED, square(o.c)));
        slopes("∂L_G", &slope, &GENERATED, |s| s - o.c);
    }
}

#[test]
fn l_d_at_equilibrium() {
    let nsgan = NonSaturating::default();
    near("2 ln 2", nsgan.equilibrium().unwrap(), 1.386_294_361);
    near(
        "2 ln 2",
        Saturating::default().equilibrium().unwrap(),
        1.386_294_361,
    );
    near(
        "lsgan",
        LeastSquares::default().equilibrium().unwrap(),
        0.25,
    );
    let pearson = LeastSquares {
        a: -1.0,
        b: 1.0,
        c: 0.0,
    };
    near("pearson", pearson.equilibrium().unwrap(), 1.0);
    // It is the smallest loss of a constant score when p_θ = p_r.
    let smooth = NonSaturating {
        label_smoothing: 0.1,
    };
    // D = t/2 = 0.45: −0.9 ln 0.45 − 0.1 ln 0.55 − ln 0.55
    near("smoothed", smooth.equilibrium().unwrap(), 1.376_277_7);
    let objectives: [&dyn Objective; 4] = [&nsgan, &smooth, &LeastSquares::default(), &pearson];
    for objective in objectives {
        let least = (-200..=300)
            .map(|i| [i as f32 * 0.01])
            .map(|s| discriminator(objective, &s, &s).0)
            .fold(f64::MAX, f64::min);
        let expected = objective.equilibrium().unwrap();
        assert!((least - expected).abs() < 1e-5, "{least} {expected}");
    }
}

/// Values and slopes of the critics' objectives against their definitions in f64.
#[test]
fn critics_by_their_definitions() {
    let n = REAL.len() as f64;
    let slope = |what: &str, ours: &[f32], expected: &dyn Fn(usize) -> f64| {
        for (i, g) in ours.iter().enumerate() {
            near(what, n * *g as f64, expected(i));
        }
    };
    let (loss, real, fake) = discriminator(&Wasserstein {}, &REAL, &GENERATED);
    near("wgan D", loss, mean(&GENERATED, |s| s) - mean(&REAL, |s| s));
    slope("wgan D, real", &real, &|_| -1.0);
    slope("wgan D, generated", &fake, &|_| 1.0);
    let (loss, fake) = generator(&Wasserstein {}, &GENERATED);
    near("wgan G", loss, -mean(&GENERATED, |s| s));
    slope("wgan G", &fake, &|_| -1.0);

    // No score is exactly at the corners ±1, where the slope is not defined.
    let (r, g) = ([0.0, 1.5, -2.5, 4.0], [0.5, -1.5, 3.0, -7.0]);
    let (loss, real, fake) = discriminator(&Hinge {}, &r, &g);
    near("hinge D", loss, (1.0 + 3.5) / 4.0 + (1.5 + 4.0) / 4.0);
    assert_eq!(real, [-0.25, 0.0, -0.25, 0.0]);
    assert_eq!(fake, [0.25, 0.0, 0.25, 0.0]);

    let pair = |i: usize| (REAL[i] - GENERATED[i]) as f64;
    let (loss, real, fake) = discriminator(&Relativistic {}, &REAL, &GENERATED);
    let all = (0..REAL.len()).map(|i| softplus(-pair(i)));
    near("relativistic D", loss, all.sum::<f64>() / n);
    slope("relativistic D, real", &real, &|i| -sigma(-pair(i)));
    slope("relativistic D, generated", &fake, &|i| sigma(-pair(i)));
    let (of_real, of_fake) = (column(&REAL), column(&GENERATED));
    let loss = Relativistic {}.generator_against(scores(&of_real), scores(&of_fake));
    let all = (0..REAL.len()).map(|i| softplus(pair(i)));
    near("relativistic G", loss.value(), all.sum::<f64>() / n);
    let mut gradients = Gradients::of(loss).unwrap();
    let fake = gradients.take_input(&of_fake).unwrap();
    slope("relativistic G", &fake, &|i| -sigma(pair(i)));
}

/// The score of v with reconstruction y is their mean absolute difference, and its gradient goes to both.
#[test]
fn score_of_an_auto_encoder_is_its_reconstruction_error() {
    let began = Began::default();
    let x = Batch::new(vec![1.0, -2.0, 0.5, 0.0, 3.0, 1.0], 2, 3).unwrap();
    let y = Batch::new(vec![0.0, -1.0, 0.5, 2.0, 3.5, 0.0], 2, 3).unwrap();
    let errors = began.scores(&x, y.clone().record()).unwrap();
    near("first", errors.values()[0] as f64, 2.0 / 3.0);
    near("second", errors.values()[1] as f64, 3.5 / 3.0);
    let mut gradients = Gradients::of(began.generator(errors)).unwrap();
    let sixth = 1.0 / 6.0;
    let expected = [sixth, -sixth, 0.0, -sixth, -sixth, sixth];
    for (sign, batch) in [(1.0, &x), (-1.0, &y)] {
        let ours = gradients.take_input(batch).unwrap();
        for (ours, expected) in ours.iter().zip(expected) {
            near("slope", *ours as f64, sign * expected);
        }
    }
}

/// What only some objectives log, and what a configuration asks every objective.
#[test]
fn objectives_describe_themselves() {
    let means = MeanOutputs {
        real: 0.3,
        generated: 0.4,
        slope: None,
    };
    let with_slope = MeanOutputs {
        slope: Some(0.5),
        ..means
    };
    // The error of generated samples is less than half of that of real ones, so BEGAN's k rises.
    let better_than_half = MeanOutputs { real: 0.9, ..means };
    let logged = |o: &dyn Objective, means: &MeanOutputs| -> Vec<(&str, f64)> {
        let all = o.measurements(means).into_iter();
        all.map(|m| (m.key, m.value)).collect()
    };
    let began = Began {
        k: 0.2,
        ..Began::default()
    };
    let [("k", k), ("convergence", convergence)] = logged(&began, &means)[..] else {
        panic!("k and M are not logged")
    };
    near("k", k, 0.2);
    near("0.3 + |0.5 · 0.3 − 0.4|", convergence, 0.55);
    assert_eq!(logged(&Wasserstein {}, &means), []);
    let [("w1", distance)] = logged(&Wasserstein {}, &with_slope)[..] else {
        panic!("w1 is not logged")
    };
    near("(0.3 − 0.4)/0.5", distance, -0.2);
    for (kind, logits, bounded) in [
        ("gan", true, true),
        ("nsgan", true, true),
        ("lsgan", false, true),
        ("wgan", false, false),
        ("hinge", false, true),
        ("relativistic", false, true),
        ("began", false, true),
    ] {
        let json = format!(r#"{{ "kind": "{kind}" }}"#);
        let config: ObjectiveConfig = serde_json::from_str(&json).unwrap();
        let objective = config.objective();
        assert_eq!(objective.scores_are_logits(), logits, "{kind}");
        assert_eq!(objective.is_bounded_below(), bounded, "{kind}");
        let changes = config.next(&better_than_half) != config;
        assert_eq!(changes, kind == "began", "{kind}");
        if !matches!(kind, "began" | "wgan") {
            assert_eq!(logged(objective, &with_slope), [], "{kind}");
        }
    }
}

/// The article's R_adv (§3.3): ∂/∂θ_G is exactly zero as written, and not zero in the repaired form.
#[test]
fn only_the_repaired_r_adv_has_a_gradient_for_g() {
    let (real, fake) = (column(&[0.5, -1.0]), column(&[1.0, -2.0]));
    let slope = |r_adv: RAdv, t: u64| {
        let loss = r_adv.of(Some(scores(&real)), scores(&fake), t).unwrap();
        let value = loss.value();
        let mut gradients = Gradients::of(loss).unwrap();
        (value, gradients.take_input(&fake).unwrap())
    };
    let (lambda, epsilon) = (0.7, 0.01);
    for t in [0, 100, 1000] {
        let (value, zero) = slope(RAdv::AsWritten { lambda, epsilon }, t);
        assert!(zero.iter().all(|g| *g == 0.0), "{zero:?}");
        // −mean ln D(x) + n ln(1 − ε), n = 2 samplings
        let expected = (softplus(-0.5) + softplus(1.0)) / 2.0 + 2.0 * 0.99f64.ln();
        near("as written", value, lambda * expected);
        let (value, slopes) = slope(RAdv::Repaired { lambda, epsilon }, t);
        let weight = lambda * 0.99f64.powi(t as i32);
        near(
            "repaired",
            value,
            weight * (softplus(-1.0) + softplus(2.0)) / 2.0,
        );
        for (slope, s) in slopes.iter().zip([1.0, -2.0]) {
            near("slope", *slope as f64, -weight * sigma(-s) / 2.0);
        }
    }
}

/// L_I against its definition in f64, and its gradient against differences of the definition.
#[test]
fn information_equals_the_bound_of_chen_et_al() {
    let codes = Codes {
        categorical: vec![3],
        continuous: 1,
        weight: 0.8,
        weight_continuous: 0.3,
        ..Codes::default()
    };
    // Two numbers of noise, then a unit vector, then c.
    let z = [0.3, -0.2, 0.0, 1.0, 0.0, 0.4, 1.1, 0.1, 0.0, 0.0, 1.0, -0.9];
    let z = Batch::new(z.to_vec(), 2, 6).unwrap();
    // Score, three logits, mean, log σ.
    let start = [
        5.0, 0.2, 1.0, -0.5, 0.1, -0.3, -4.0, 0.7, 0.0, 0.4, -0.6, 0.2,
    ];
    let value = |o: &[f64]| {
        let (mut categorical, mut continuous) = (0.0, 0.0);
        for (o, (k, c)) in o.chunks(6).zip([(1, 0.4f32 as f64), (2, -0.9f32 as f64)]) {
            let total: f64 = o[1..4].iter().map(|l| l.exp()).sum();
            categorical += (o[1 + k].exp() / total).ln() / 2.0;
            let deviation = (c - o[4]) / o[5].exp();
            continuous += (-0.5 * deviation * deviation - o[5]) / 2.0;
        }
        let normal = 0.5 * (2.0 * std::f64::consts::PI).ln();
        (categorical + 3f64.ln(), continuous - normal + 2f64.ln())
    };
    let wide: Vec<f64> = start.iter().map(|&v| v as f32 as f64).collect();
    let outputs = Batch::new(start.map(|v| v as f32).to_vec(), 2, 6).unwrap();
    let found = codes.information(&z, &outputs).unwrap().unwrap();
    let (categorical, continuous) = value(&wide);
    near("categorical", found.categorical.unwrap(), categorical);
    near("continuous", found.continuous.unwrap(), continuous);
    let mut gradients = Gradients::of(found.loss).unwrap();
    for (i, ours) in gradients.take_input(&outputs).unwrap().iter().enumerate() {
        let at = |d: f64| {
            let mut o = wide.clone();
            o[i] += d;
            let (categorical, continuous) = value(&o);
            -0.8 * categorical - 0.3 * continuous
        };
        near("slope", *ours as f64, (at(1e-6) - at(-1e-6)) / 2e-6);
    }
    assert!(
        Codes::default()
            .information(&z, &outputs)
            .unwrap()
            .is_none()
    );
}

/// Two codes with three and two values, assigned to two views. The logits of the third sample are so large that
/// a softmax in f32 rounds to 0 and 1.
#[test]
fn agreement_of_two_views_equals_their_mutual_information() {
    let codes = Codes {
        categorical: vec![3, 2],
        weight_real: 0.7,
        ..Codes::default()
    };
    let views = [
        [5.0, 0.2, 1.0, -0.5, 0.1, -0.3],
        [-4.0, 0.7, 0.0, 0.4, -0.6, 0.2],
        [1.0, 300.0, 0.0, -300.0, 1.5, 0.5],
        [0.0, -1.0, -0.2, 0.9, 0.3, -1.4],
        // Second view.
        [2.0, 0.6, 0.3, -0.1, -0.2, 0.4],
        [7.0, -0.7, 1.1, 0.5, 0.9, 0.1],
        [0.5, 200.0, 0.0, 0.0, 1.0, -0.5],
        [3.0, 0.8, -0.6, 0.2, -1.3, 0.7],
    ];
    let wide: Vec<f64> = (views.as_flattened().iter())
        .map(|&v| v as f32 as f64)
        .collect();
    let softmax = |logits: &[f64]| -> Vec<f64> {
        let most = logits.iter().fold(f64::MIN, |most, l| most.max(*l));
        let e: Vec<f64> = logits.iter().map(|l| (l - most).exp()).collect();
        e.iter().map(|x| x / e.iter().sum::<f64>()).collect()
    };
    // D(P ‖ p pᵀ) cell by cell, where P contains each pair of views in both orders.
    let value = |o: &[f64]| {
        let mut found = 0.0;
        for code in [1..4, 4..6] {
            let mut joint = vec![vec![0.0; code.len()]; code.len()];
            for i in 0..4 {
                let read = |row: usize| softmax(&o[6 * row..][code.clone()]);
                for (q, other) in [(read(i), read(i + 4)), (read(i + 4), read(i))] {
                    for (c, q) in q.iter().enumerate() {
                        for (d, other) in other.iter().enumerate() {
                            joint[c][d] += q * other / 8.0;
                        }
                    }
                }
            }
            let p: Vec<f64> = joint.iter().map(|row| row.iter().sum()).collect();
            for (c, row) in joint.iter().enumerate() {
                for (d, both) in row.iter().enumerate().filter(|(_, both)| **both > 0.0) {
                    found += both * (both / (p[c] * p[d])).ln();
                }
            }
        }
        found
    };
    let batch = |rows: &[[f64; 6]]| {
        let values = rows.as_flattened().iter().map(|&v| v as f32).collect();
        Batch::new(values, 4, 6).unwrap()
    };
    let (view, other) = (batch(&views[..4]), batch(&views[4..]));
    let found = codes.agreement(&view, other.clone().record()).unwrap();
    let found = found.unwrap();
    near("L_R", found.nats, value(&wide));
    near("−μ L_R", found.loss.value(), -0.7 * found.nats);
    let mut gradients = Gradients::of(found.loss).unwrap();
    let mut ours = gradients.take_input(&view).unwrap();
    ours.extend(gradients.take_input(&other).unwrap());
    for (i, ours) in ours.iter().enumerate() {
        let at = |d: f64| {
            let mut o = wide.clone();
            o[i] += d;
            -0.7 * value(&o)
        };
        near("slope", *ours as f64, (at(1e-6) - at(-1e-6)) / 2e-6);
    }
    let none = Codes::default().agreement(&view, other.record());
    assert!(none.unwrap().is_none());
}

#[test]
fn latents_contain_noise_and_codes() {
    let codes = Codes {
        categorical: vec![10, 2],
        continuous: 3,
        ..Codes::default()
    };
    let n = 4000;
    let z = codes.latents(3, Stream::Latent, 7, n, 20);
    assert_eq!(z, codes.latents(3, Stream::Latent, 7, n, 20));
    assert_ne!(z, codes.latents(3, Stream::Latent, 8, n, 20));
    let (mut counts, mut sum) = ([0; 10], 0.0);
    for z in z.chunks(20) {
        for unit in [&z[5..15], &z[15..17]] {
            assert_eq!(unit.iter().filter(|c| **c == 1.0).count(), 1);
            assert_eq!(unit.iter().filter(|c| **c == 0.0).count(), unit.len() - 1);
        }
        counts[z[5..15].iter().position(|c| *c == 1.0).unwrap()] += 1;
        assert!(z[17..].iter().all(|c| (-1.0..1.0).contains(c)));
        sum += z[17..].iter().map(|c| (*c as f64).powi(2)).sum::<f64>();
    }
    // Binomial: sd 19; E c² = 1/3 with sd √(4/45)/√12000 = 0.0027.
    assert!(counts.iter().all(|c| (310..490).contains(c)), "{counts:?}");
    assert!((sum / (3 * n) as f64 - 1.0 / 3.0).abs() < 0.012);
}

#[test]
fn scores_as_probabilities() {
    for objective in [
        &Saturating::default() as &dyn Objective,
        &NonSaturating::default(),
    ] {
        near("σ(0)", objective.probability(0.0).unwrap(), 0.5);
        near("σ(1)", objective.probability(1.0).unwrap(), 0.731_058_578_6);
        near("σ(−50)", objective.probability(-50.0).unwrap(), 0.0);
        near("σ(800)", objective.probability(800.0).unwrap(), 1.0);
        assert_eq!(objective.probability(-800.0), Some(0.0));
    }
    let lsgan = LeastSquares::default();
    assert_eq!(lsgan.probability(0.25), Some(0.25));
    let pearson = LeastSquares {
        a: -1.0,
        b: 1.0,
        c: 0.0,
    };
    assert_eq!(pearson.probability(0.5), Some(0.75));
}

/// Quantiles of a normal distribution p. The mean over them approximates E_p.
fn quantiles(mean: f64, deviation: f64, n: usize) -> Vec<f64> {
    let density = |x: f64| (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt();
    // Integrates the density by Simpson's rule from −9 and records each quantile as it is passed.
    let (h, mut x, mut below) = (1e-5, -9.0f64, 0.0f64);
    let mut found = Vec::with_capacity(n);
    while found.len() < n && x < 9.0 {
        let more = h / 6.0 * (density(x) + 4.0 * density(x + h / 2.0) + density(x + h));
        while found.len() < n && (found.len() as f64 + 0.5) / (n as f64) < below + more {
            let part = ((found.len() as f64 + 0.5) / n as f64 - below) / more;
            found.push(mean + deviation * (x + part * h));
        }
        (x, below) = (x + h, below + more);
    }
    assert_eq!(found.len(), n);
    found
}

#[test]
fn at_the_optimal_d_the_loss_is_the_divergence() {
    // p_r = N(0, 1), p_θ = N(1, 1.5²). By quadrature JSD − ln 2 = −0.593857 nats, so
    // L_D = ln 4 − 2·JSD = 1.187714.
    let log_density = |x: f64, mean: f64, deviation: f64| {
        -0.5 * ((x - mean) / deviation).powi(2) - deviation.ln()
    };
    // D* = p_r/(p_r + p_θ) is σ of the log density ratio.
    let best = |x: &f64| (log_density(*x, 0.0, 1.0) - log_density(*x, 1.0, 1.5)) as f32;
    let n = 20_000;
    let real: Vec<f32> = quantiles(0.0, 1.0, n).iter().map(best).collect();
    let fake: Vec<f32> = quantiles(1.0, 1.5, n).iter().map(best).collect();
    let (loss, ..) = discriminator(&Saturating::default(), &real, &fake);
    assert!((loss - 1.187_714).abs() < 5e-5, "{loss}");
    // Every other D has a larger loss.
    for shift in [-0.05f32, 0.05] {
        let moved = |s: &[f32]| s.iter().map(|s| s + shift).collect::<Vec<f32>>();
        let (other, ..) = discriminator(&Saturating::default(), &moved(&real), &moved(&fake));
        assert!(other > loss + 1e-5, "{other} {loss}");
    }
}

#[test]
fn recipes_by_name() {
    for name in RECIPES {
        let recipe = Recipe::named(name).unwrap();
        assert_eq!(recipe.name, name);
        assert!(recipe.objective.validate().is_ok() && recipe.n_critic >= 1);
        let kind = serde_json::to_value(recipe.objective).unwrap()["kind"].clone();
        assert_eq!(kind, recipe.objective.kind());
        for shape in [
            SampleShape::Vector { len: 2 },
            SampleShape::Image {
                channels: 1,
                height: 28,
                width: 28,
            },
        ] {
            let (generator, discriminator) = recipe.optimizers(&shape);
            assert!(generator.validate().is_ok() && discriminator.validate().is_ok());
        }
    }
    for (wrong, nearest) in [("nsgna", "nsgan"), ("LSGAN", "lsgan"), ("", "gan")] {
        let message = Recipe::named(wrong).unwrap_err().to_string();
        assert!(message.contains(&format!("\"{wrong}\"")), "{message}");
        assert!(message.contains("gan, nsgan, lsgan"), "{message}");
        if wrong == "nsgna" {
            assert!(
                message.contains(&format!("nearest is \"{nearest}\"")),
                "{message}"
            );
        }
    }
}

#[test]
fn invalid_settings_are_refused() {
    for (config, field) in [
        (
            r#"{"kind": "gan", "label_smoothing": 1.0}"#,
            "label_smoothing",
        ),
        (
            r#"{"kind": "nsgan", "label_smoothing": -0.1}"#,
            "label_smoothing",
        ),
        (r#"{"kind": "lsgan", "a": 1.0}"#, "objective.a"),
    ] {
        let config: ObjectiveConfig = serde_json::from_str(config).unwrap();
        let message = config.validate().unwrap_err().to_string();
        assert!(message.contains(field), "{message}");
    }
    let unknown = serde_json::from_str::<ObjectiveConfig>(r#"{"kind": "nsgan", "smooth": 0.1}"#);
    assert!(unknown.unwrap_err().to_string().contains("smooth"));
}

/// The saturating gradient decreases like e^s: at s = −30 it is 9.4e-14, not 0.
#[test]
fn gradients_of_a_certain_discriminator_keep_their_precision() {
    for s in [-12.0f32, -15.0, -17.0, -30.0, -60.0] {
        let (_, gradient) = generator(&Saturating::default(), &[s]);
        let expected = -sigma(s as f64);
        let relative = gradient[0] as f64 / expected - 1.0;
        assert!(relative.abs() < 1e-6, "{s}: {} {expected}", gradient[0]);
        // By symmetry, D's gradient on a real sample about which it is certain is the same.
        let (_, on_real, _) = discriminator(&NonSaturating::default(), &[-s], &[0.0]);
        let relative = on_real[0] as f64 / expected - 1.0;
        assert!(relative.abs() < 1e-6, "{s}: {} {expected}", on_real[0]);
    }
}

/// Trains a critic of three layers on two sets of 256 points with WGAN-GP's penalty. Returns two estimates of their
/// distance: the difference of its mean scores, and the same divided by its slope.
fn critic(real: &[f32], fake: &[f32]) -> (f64, f64) {
    let spec = r#"{ "input": { "kind": "vector", "len": 2 }, "layers": [
        { "type": "dense", "in": 2, "out": 64 }, { "type": "relu" },
        { "type": "dense", "in": 64, "out": 64 }, { "type": "relu" },
        { "type": "dense", "in": 64, "out": 1 }
    ] }"#;
    let adam = OptimizerConfig::adam(1e-3, 0.0, 0.9);
    let spec = serde_json::from_str(spec).unwrap();
    let d = Player::new("critic", &spec, 1, Stream::DiscriminatorInit, &adam).unwrap();
    let steps = 1200;
    let decay = ScheduleConfig {
        warmup: 0,
        decay: Decay::Cosine {
            over: steps,
            floor: 0.01,
        },
    };
    let mut d = d.scheduled(&decay).unwrap();
    let batch = |points: &[f32]| Batch::new(points.to_vec(), points.len() / 2, 2).unwrap();
    let (real, fake) = (batch(real), batch(fake));
    let penalty = PenaltyConfig::Gradient {
        weight: 10.0,
        target: 1.0,
    };
    let last = 200;
    let mut sums = [0.0; 2];
    for step in 0..steps {
        let on_real = d.scores(real.clone()).unwrap();
        let on_fake = d.scores(fake.clone()).unwrap();
        let means = [&on_real, &on_fake].map(|s| mean(&s.values(), |s| s));
        let paid = penalty
            .of(&d.network, &real, &fake, 1, step)
            .unwrap()
            .unwrap();
        if step >= steps - last {
            sums[0] += means[0] - means[1];
            sums[1] += Wasserstein::distance(means[0], means[1], paid.gradient_norm);
        }
        let loss = Wasserstein {}.discriminator(on_real, on_fake) + paid.surrogate;
        d.descend(loss).unwrap();
    }
    let [difference, distance] = sums.map(|s| s / last as f64);
    (difference, distance)
}

#[test]
fn critic_with_a_gradient_penalty_estimates_w1() {
    let cloud = standard_normal(3, Stream::Data, 0, 512);
    // For a set of points and its translation by v, W₁ = ‖v‖, which D(x) = v·x/‖v‖ attains.
    let moved: Vec<f32> = cloud
        .chunks(2)
        .flat_map(|p| [p[0] + 1.8, p[1] - 2.4])
        .collect();
    let (difference, distance) = critic(&moved, &cloud);
    assert!(
        (distance / 3.0 - 1.0).abs() < 0.01,
        "W₁ = 3, estimated as {distance}"
    );
    // With the penalty the slope is 1 + W₁/2λ.
    assert!(
        (difference / 3.45 - 1.0).abs() < 0.01,
        "3.45 without the division, not {difference}"
    );

    // Two concentric circles of 256 points, of radius 1 and 2: D(x) = ‖x‖ attains W₁ = 1.
    let circle = |r: f64| {
        (0..256).flat_map(move |i| {
            let angle = std::f64::consts::TAU * f64::from(i) / 256.0;
            [(r * angle.cos()) as f32, (r * angle.sin()) as f32]
        })
    };
    let (outer, inner): (Vec<f32>, Vec<f32>) = (circle(2.0).collect(), circle(1.0).collect());
    let (difference, distance) = critic(&outer, &inner);
    assert!(
        (difference - 1.05).abs() < 0.01,
        "1.05 without the division, not {difference}"
    );
    assert!(
        (distance - 1.0).abs() < 0.01,
        "W₁ = 1, estimated as {distance}"
    );
}

/// The radius of alternating steps oscillates and drifts outward very slowly: the bounds are those of an
/// independent computation of the recurrence ψ += η θ f'(ψθ), θ −= η ψ f'(ψθ) in Python.
#[test]
fn alternating_steps_of_the_dirac_gan_oscillate_and_drift_outward() {
    let path = ganscope::gan::dirac::DiracGan { gamma: 0.0 }.alternating([1.0, 0.0], 0.2, 400_100);
    let range = |window: &[[f64; 2]]| {
        let radii = window.iter().map(|[theta, psi]| theta.hypot(*psi));
        radii.fold((f64::INFINITY, 0.0f64), |(low, high), r| {
            (low.min(r), high.max(r))
        })
    };
    let close = |found: (f64, f64), expected: (f64, f64)| {
        let off = (found.0 - expected.0)
            .abs()
            .max((found.1 - expected.1).abs());
        assert!(off < 5e-4, "{found:?} for {expected:?}");
    };
    close(range(&path[..=100]), (0.9867, 1.0391));
    close(range(&path[400_000..]), (1.0311, 1.0863));
}
