//! Penalties on D's gradient: compares their values with differences of plain loops in f64, and their
//! gradients with respect to every weight with differences of those values.

use crate::common::{ON_GPU, batch, image, network, vector, weights, wide};
use crate::plain;
use ganscope::gan::{Loss, NonSaturating, Objective, Penalty, PenaltyConfig, Scores};
use ganscope::nn::{Network, NetworkSpec, Pass};
use ganscope::random::{Stream, rng};
use ganscope::tensor::activation::Activation;
use ganscope::tensor::dense::dense;
use ganscope::tensor::{Batch, Gradients, Needs, tangent};
use rand::RngExt;
use std::collections::BTreeMap;

type Weights = BTreeMap<String, Vec<f64>>;

const ROWS: usize = 3;
const H: f64 = 1e-4;
const GRADIENT: PenaltyConfig = PenaltyConfig::Gradient {
    weight: 10.0,
    target: 1.0,
};
const R1: PenaltyConfig = PenaltyConfig::R1 { gamma: 3.0 };
const R2: PenaltyConfig = PenaltyConfig::R2 { gamma: 3.0 };
const R1R2: PenaltyConfig = PenaltyConfig::R1R2 { gamma: 3.0 };

const TANH: &str = r#"{"type":"dense","in":3,"out":8}, {"type":"tanh"},
    {"type":"dense","in":8,"out":6}, {"type":"tanh"}, {"type":"dense","in":6,"out":1}"#;

/// A small critic as in SNGAN, with softplus and tanh, whose derivatives change continuously.
const RESIDUAL: &str = r#"{"type":"residual","main":[
      {"type":"conv2d","in":1,"out":2,"kernel":3,"padding":1}, {"type":"softplus"},
      {"type":"conv2d","in":2,"out":2,"kernel":3,"padding":1}, {"type":"avg_pool2d","kernel":2}],
    "shortcut":[{"type":"avg_pool2d","kernel":2}, {"type":"conv2d","in":1,"out":2,"kernel":1}]},
    {"type":"residual","main":[{"type":"tanh"}, {"type":"conv2d","in":2,"out":2,"kernel":3,"padding":1}]},
    {"type":"flatten"}, {"type":"dense","in":8,"out":1}"#;

fn critics() -> Vec<(&'static str, Network)> {
    let leaky = TANH.replace("tanh", "leaky_relu");
    let convolution = r#"{"type":"conv2d","in":1,"out":2,"kernel":3,"padding":1}, {"type":"layer_norm"},
        {"type":"leaky_relu"}, {"type":"conv2d","in":2,"out":3,"kernel":4,"stride":2,"padding":1},
        {"type":"layer_norm"}, {"type":"softplus"}, {"type":"flatten"}, {"type":"dense","in":12,"out":1},
        {"type":"scale","factor":3.0}"#;
    let batches = r#"{"type":"dense","in":3,"out":6}, {"type":"batch_norm","features":6}, {"type":"elu"},
        {"type":"minibatch_stddev"}, {"type":"dense","in":7,"out":1}"#;
    vec![
        ("dense tanh", network(&vector(3), TANH)),
        ("dense leaky", network(&vector(3), &leaky)),
        (
            "convolution and layer norm",
            network(&image(1, 4, 4), convolution),
        ),
        ("batch norm", network(&vector(3), batches)),
        ("residual blocks", network(&image(1, 4, 4), RESIDUAL)),
    ]
}

/// Computes (E[φ(‖∇ΣD‖)], mean ‖∇ΣD‖) at x by differences.
fn at(spec: &NetworkSpec, w: &Weights, x: &[f64], phi: impl Fn(f64) -> f64) -> (f64, f64) {
    let total = |x: &[f64]| -> f64 { plain::forward(spec, w, x, ROWS, true).iter().sum() };
    let slope = |i: usize| {
        let at = |h: f64| {
            let mut x = x.to_vec();
            x[i] += h;
            total(&x)
        };
        (at(H) - at(-H)) / (2.0 * H)
    };
    let g: Vec<f64> = (0..x.len()).map(slope).collect();
    let norms = g
        .chunks(x.len() / ROWS)
        .map(|g| g.iter().map(|g| g * g).sum::<f64>().sqrt());
    norms.fold((0.0, 0.0), |(p, mean), norm| {
        (p + phi(norm) / ROWS as f64, mean + norm / ROWS as f64)
    })
}

/// Computes the penalty by its definition, and the mean norm.
fn plainly(
    penalty: PenaltyConfig,
    spec: &NetworkSpec,
    w: &Weights,
    (real, fake): (&[f64], &[f64]),
    (seed, step): (u64, u64),
) -> (f64, f64) {
    let r = |x, gamma: f64| at(spec, w, x, |norm| gamma / 2.0 * norm * norm);
    match penalty {
        PenaltyConfig::None {} => (0.0, 0.0),
        PenaltyConfig::Gradient { weight, target } => {
            let mut rng = rng(seed, Stream::Interpolation, step);
            let columns = real.len() / ROWS;
            let mut between = Vec::new();
            for (x, fake) in real.chunks(columns).zip(fake.chunks(columns)) {
                let epsilon = rng.random::<f32>() as f64;
                assert!((0.0..1.0).contains(&epsilon));
                between.extend(
                    x.iter()
                        .zip(fake)
                        .map(|(x, f)| epsilon * x + (1.0 - epsilon) * f),
                );
            }
            at(spec, w, &between, |norm| weight * (norm - target).powi(2))
        }
        PenaltyConfig::R1 { gamma } => r(real, gamma),
        PenaltyConfig::R2 { gamma } => r(fake, gamma),
        PenaltyConfig::R1R2 { .. } => unreachable!("held to R1 and R2"),
    }
}

/// Computes the derivatives of f with respect to every weight, in order.
fn differences(network: &Network, f: impl Fn(&Weights) -> f64) -> Vec<f64> {
    let start = weights(network);
    let mut all = Vec::new();
    for (name, _) in network.parameters() {
        for i in 0..start[&name].len() {
            let at = |h: f64| {
                let mut w = start.clone();
                if let Some(values) = w.get_mut(&name) {
                    values[i] += h;
                }
                f(&w)
            };
            all.push((at(H) - at(-H)) / (2.0 * H));
        }
    }
    all
}

fn taken(network: &Network, mut gradients: Gradients) -> Vec<f32> {
    let parameters = network.parameters().into_iter();
    parameters
        .flat_map(|(_, p)| gradients.take(p).unwrap())
        .collect()
}

/// ‖ours − expected‖/‖expected‖
fn relative(ours: &[f32], expected: &[f64]) -> f64 {
    assert_eq!(ours.len(), expected.len());
    let squares = |v: &mut dyn Iterator<Item = f64>| v.map(|v| v * v).sum::<f64>().sqrt();
    let off = squares(&mut ours.iter().zip(expected).map(|(a, b)| *a as f64 - b));
    off / squares(&mut expected.iter().copied())
}

fn samples(network: &Network) -> (Batch, Batch) {
    let columns = network.spec().input.numel();
    (batch(41, ROWS, columns), batch(42, ROWS, columns))
}

fn of(penalty: PenaltyConfig, d: &Network, real: &Batch, fake: &Batch) -> Penalty {
    penalty.of(d, real, fake, 5, 6).unwrap().unwrap()
}

/// Compares the penalty's gradient and that of D's whole loss with differences, and checks that the latter
/// differs without the penalty: a trainer that ignored the penalty's gradient would follow that one.
#[test]
fn gradients_of_all_weights_agree_with_the_definition() {
    for (name, network) in critics() {
        let (real, fake) = samples(&network);
        let (spec, w) = (network.spec().clone(), weights(&network));
        let (xs, fakes) = (wide(&real.values()), wide(&fake.values()));
        // E[−ln σ(D(x))] + E[−ln(1 − σ(D(x̃)))]
        let of_loss = differences(&network, |w| {
            let scores = |x: &[f64]| plain::forward(&spec, w, x, ROWS, true);
            let softplus = |s: f64| s.exp().ln_1p();
            let on_real: f64 = scores(&xs).iter().map(|s| softplus(-s)).sum();
            let on_fake: f64 = scores(&fakes).iter().map(|s| softplus(*s)).sum();
            (on_real + on_fake) / ROWS as f64
        });
        for penalty in [GRADIENT, R1, R2] {
            let what = format!("{penalty:?} of {name}");
            let plainly = |w: &Weights| plainly(penalty, &spec, w, (&xs, &fakes), (5, 6));
            let (value, norm) = plainly(&w);
            let before = weights(&network);
            let ours = of(penalty, &network, &real, &fake);
            let near = |ours: f64, expected: f64| (ours / expected - 1.0).abs() < 1e-5;
            assert!(near(ours.value, value), "{what}: {} {value}", ours.value);
            assert!(near(ours.gradient_norm, norm), "{what}: norm {norm}");
            assert_eq!(weights(&network), before, "running moments followed");

            let off = |loss: Loss, expected: &[f64]| {
                let gradients = Gradients::of(loss).unwrap();
                relative(&taken(&network, gradients), expected)
            };
            let of_penalty = differences(&network, |w| plainly(w).0);
            let error = off(ours.surrogate, &of_penalty);
            println!("{what}: {error:.1e}");
            assert!(error < 1e-5, "{what}: {error:e}");

            let whole: Vec<f64> = (of_loss.iter().zip(&of_penalty))
                .map(|(a, b)| a + b)
                .collect();
            let mut d = network.clone();
            let mut l_d = || {
                let mut scores = |x: &Batch| {
                    let y = d.forward(x.clone().record(), Pass::training(5, 6));
                    Scores::of(y.unwrap()).unwrap()
                };
                NonSaturating::default().discriminator(scores(&real), scores(&fake))
            };
            let (with, without) = (l_d(), l_d());
            let with = with + of(penalty, &network, &real, &fake).surrogate;
            let (with, without) = (off(with, &whole), off(without, &whole));
            assert!(with < 1e-5, "{what}: {with:e}");
            assert!(without > 0.1, "{what}: {without:e}");
        }
    }
}

#[test]
fn r1r2_is_the_sum_of_both() {
    for (name, d) in critics() {
        let (real, fake) = samples(&d);
        let [both, r1, r2] = [R1R2, R1, R2].map(|penalty| of(penalty, &d, &real, &fake));
        // On a GPU, sums of up to 48 terms are added in any order, with an error of 48 · 2⁻²⁴ = 3e-6 each.
        let same = |a: f64, b: f64| a == b || ON_GPU && (a - b).abs() < 1e-5 * b;
        assert!(same(both.value, r1.value + r2.value), "{name}");
        let norm = (r1.gradient_norm + r2.gradient_norm) / 2.0;
        assert!(same(both.gradient_norm, norm), "{name}");
        let [both, r1, r2] = [both, r1, r2].map(|penalty| {
            let gradients = Gradients::of(penalty.surrogate);
            taken(&d, gradients.unwrap())
        });
        let sum: Vec<f64> = (wide(&r1).iter().zip(wide(&r2)))
            .map(|(a, b)| a + b)
            .collect();
        let error = relative(&both, &sum);
        assert!(error < 1e-6, "{name}: {error:e}");
    }
}

/// If y in σ'(y) is treated as a constant in the tangent of a critic with smooth activations, the gradient of
/// the penalty is wrong: it omits how the slopes of the activations change with the weights.
#[test]
fn the_gradient_is_wrong_without_the_curvature() {
    let d = network(&vector(3), TANH);
    let (real, fake) = samples(&d);
    let (xs, fakes) = (wide(&real.values()), wide(&fake.values()));
    let expected = differences(&d, |w| plainly(R1, d.spec(), w, (&xs, &fakes), (5, 6)).0);

    // The direction u = γ∇D of the penalty.
    let y = d.apply(
        real.clone().record(),
        Pass::training(5, 6).frozen().through(),
    );
    let scale = 3.0 * ROWS as f32;
    let mut gradients = Gradients::of(y.unwrap().mean().unwrap()).unwrap();
    let u = gradients.take_input(&real).unwrap();
    let u = Batch::new(u.iter().map(|u| u * scale).collect(), ROWS, 3).unwrap();
    let names = d.parameters();
    let parameter = |i: usize| names[i].1;
    let (mut x, mut dx) = (real.clone(), u.record());
    for (layer, activation) in [Activation::Tanh, Activation::Tanh, Activation::Linear]
        .into_iter()
        .enumerate()
    {
        let (w, b) = (parameter(2 * layer), parameter(2 * layer + 1));
        let y = dense(x, w, Some(b), activation, Needs::ALL).unwrap();
        let da = dense(dx, w, None, Activation::Linear, Needs::ALL).unwrap();
        dx = tangent::activate(&y, da, activation).unwrap();
        x = y;
    }
    let ours = taken(&d, Gradients::of(dx.mean().unwrap()).unwrap());
    let error = relative(&ours, &expected);
    assert!(error > 0.1, "{error:e}");
    let whole = of(R1, &d, &real, &fake).surrogate;
    assert!(relative(&taken(&d, Gradients::of(whole).unwrap()), &expected) < 1e-5);
}

/// For D(x) = w·x + b, ∇D = w for every x. The gradient of λ(‖w‖ − t)² with respect to w is
/// 2λ(‖w‖ − t) w/‖w‖, and that of γ/2 ‖w‖² is γw.
#[test]
fn a_linear_critic_has_the_closed_form() {
    let mut d = network(&vector(2), r#"{"type":"dense","in":2,"out":1}"#);
    for w in [[3.0f32, -4.0], [0.1, 0.2], [0.0, 0.0]] {
        d.parameters_mut()[0].1.update(|v| v.copy_from_slice(&w));
        let norm = wide(&w).iter().map(|w| w * w).sum::<f64>().sqrt();
        let (real, fake) = samples(&d);
        for (penalty, value, slope) in [
            (
                GRADIENT,
                10.0 * (norm - 1.0).powi(2),
                if norm > 0.0 {
                    20.0 * (norm - 1.0) / norm
                } else {
                    0.0
                },
            ),
            (R1, 1.5 * norm * norm, 3.0),
            (R2, 1.5 * norm * norm, 3.0),
            (R1R2, 3.0 * norm * norm, 6.0),
        ] {
            let ours = of(penalty, &d, &real, &fake);
            assert!(
                (ours.value - value).abs() < 2e-6 * (1.0 + value),
                "{penalty:?}: {}",
                ours.value
            );
            assert!((ours.gradient_norm - norm).abs() < 1e-6 * (1.0 + norm));
            let ours = taken(&d, Gradients::of(ours.surrogate).unwrap());
            for (ours, w) in ours.iter().zip(wide(&w)) {
                let expected = slope * w;
                assert!(
                    (*ours as f64 - expected).abs() < 1e-5 * (1.0 + expected.abs()),
                    "{penalty:?}"
                );
            }
            assert_eq!(ours[2], 0.0, "the bias moves no gradient");
        }
    }
}

#[test]
fn settings_are_read_and_checked() {
    let read = |text: &str| serde_json::from_str::<PenaltyConfig>(text);
    assert_eq!(
        read(r#"{"kind":"none"}"#).unwrap(),
        PenaltyConfig::default()
    );
    assert_eq!(read(r#"{"kind":"gradient"}"#).unwrap(), GRADIENT);
    let ten = PenaltyConfig::R1R2 { gamma: 10.0 };
    assert_eq!(read(r#"{"kind":"r1r2"}"#).unwrap(), ten);
    assert!(read(r#"{"kind":"none","gamma":1}"#).is_err());
    assert!(read(r#"{"kind":"r1","weight":1}"#).is_err());
    let refuse = |text: &str| read(text).unwrap().validate().unwrap_err().to_string();
    assert_eq!(
        refuse(r#"{"kind":"r2","gamma":-1}"#),
        "penalty.gamma must be at least 0 and finite in single precision, not -1"
    );
    assert!(refuse(r#"{"kind":"r1","gamma":1e39}"#).contains("single precision"));
    assert!(refuse(r#"{"kind":"gradient","target":-0.5}"#).contains("penalty.target"));
    for penalty in [GRADIENT, R1, R2, R1R2] {
        penalty.validate().unwrap();
    }
    let d = network(&vector(3), TANH);
    let (real, _) = samples(&d);
    let none = PenaltyConfig::None {}.of(&d, &real, &real, 1, 1).unwrap();
    assert!(none.is_none());
    let Err(error) = GRADIENT.of(&d, &real, &batch(1, 2, 3), 1, 1) else {
        panic!("pairs of 3 and 2 samples")
    };
    assert_eq!(
        error.to_string(),
        "a gradient penalty needs as many generated samples as real ones, of the same width: got 3 real samples of 3 \
         numbers and 2 generated ones of 3"
    );
}
