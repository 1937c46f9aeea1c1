//! Losses and their gradients with respect to D's scores, against closed forms in f64.

use ganscope::gan::{LeastSquares, NonSaturating, Objective, Recipe, Saturating, Scores};
use ganscope::tensor::{Batch, Gradients};

const SCORES: [f32; 5] = [-50.0, -1.5, 0.0, 0.7, 50.0];

fn sigmoid(s: f64) -> f64 {
    1.0 / (1.0 + (-s).exp())
}

/// log(1 + e^s), without overflow.
fn softplus(s: f64) -> f64 {
    s.max(0.0) + (-s.abs()).exp().ln_1p()
}

fn batch(scores: &[f32]) -> Batch {
    Batch::new(scores.to_vec(), scores.len(), 1).unwrap()
}

fn near(what: &str, ours: f64, expected: f64) {
    let error = (ours - expected).abs();
    assert!(
        error <= 2e-6 * expected.abs().max(1e-3),
        "{what}: {ours} against {expected}"
    );
}

/// L_G(s) and ∂L_G/∂s for one score.
fn generator(objective: &dyn Objective, score: f32) -> (f64, f64) {
    let s = batch(&[score]);
    let loss = objective.generator(Scores::of(s.clone().record()).unwrap());
    let value = loss.value();
    let gradient = Gradients::of(loss.into_scalar())
        .unwrap()
        .take_input(&s)
        .unwrap()[0];
    (value, gradient as f64)
}

/// L_D(real, generated) and its two derivatives.
fn discriminator(objective: &dyn Objective, real: f32, generated: f32) -> (f64, f64, f64) {
    let (r, g) = (batch(&[real]), batch(&[generated]));
    let scores = |b: &Batch| Scores::of(b.clone().record()).unwrap();
    let loss = objective.discriminator(scores(&r), scores(&g));
    let value = loss.value();
    let mut gradients = Gradients::of(loss.into_scalar()).unwrap();
    let dr = gradients.take_input(&r).unwrap()[0];
    let dg = gradients.take_input(&g).unwrap()[0];
    (value, dr as f64, dg as f64)
}

#[test]
fn generator_losses_are_their_equations() {
    for score in SCORES {
        let s = score as f64;
        // E[log(1 − D)] = −softplus(s); its derivative −σ(s) vanishes for a confident D.
        let (value, gradient) = generator(&Saturating::default(), score);
        near("gan", value, -softplus(s));
        near("gan'", gradient, -sigmoid(s));
        // −E[log D] = softplus(−s); its derivative σ(s) − 1 does not.
        let (value, gradient) = generator(&NonSaturating::default(), score);
        near("nsgan", value, softplus(-s));
        near("nsgan'", gradient, sigmoid(s) - 1.0);
        for c in [1.0, 0.0] {
            let lsgan = LeastSquares { a: -1.0, b: 1.0, c };
            let (value, gradient) = generator(&lsgan, score);
            near("lsgan", value, 0.5 * (s - c).powi(2));
            near("lsgan'", gradient, s - c);
        }
    }
    let confident = -50.0;
    assert!(generator(&Saturating::default(), confident).1.abs() < 1e-20);
    assert!(generator(&NonSaturating::default(), confident).1 < -0.999);
}

#[test]
fn discriminator_losses_are_their_equations() {
    for real in SCORES {
        for generated in SCORES {
            let (r, g) = (real as f64, generated as f64);
            for smoothing in [0.0, 0.1] {
                let t = 1.0 - smoothing;
                let value = t * softplus(-r) + (1.0 - t) * softplus(r) + softplus(g);
                let gan = Saturating {
                    label_smoothing: smoothing,
                };
                let nsgan = NonSaturating {
                    label_smoothing: smoothing,
                };
                for objective in [&gan as &dyn Objective, &nsgan] {
                    let (ours, dr, dg) = discriminator(objective, real, generated);
                    near("L_D", ours, value);
                    near("∂L_D/∂real", dr, sigmoid(r) - t);
                    near("∂L_D/∂generated", dg, sigmoid(g));
                }
            }
            let lsgan = LeastSquares {
                a: -1.0,
                b: 0.9,
                c: 0.0,
            };
            let (ours, dr, dg) = discriminator(&lsgan, real, generated);
            near(
                "lsgan L_D",
                ours,
                0.5 * (r - 0.9).powi(2) + 0.5 * (g + 1.0).powi(2),
            );
            near("lsgan ∂real", dr, r - 0.9);
            near("lsgan ∂generated", dg, g + 1.0);
        }
    }
}

/// A mean over the batch, not a sum.
#[test]
fn losses_are_means() {
    let scores = [1.0f32, -2.0, 0.5];
    let expected = scores.iter().map(|&s| softplus(-s as f64)).sum::<f64>() / 3.0;
    let s = Scores::of(batch(&scores).record()).unwrap();
    near(
        "mean",
        NonSaturating::default().generator(s).value(),
        expected,
    );
}

/// −L_D = 2·JSD − ln 4 at D*: for N(0, 1) and N(1, 1.5²) half of it is −0.593857 (reading guide, 3.2.d).
#[test]
fn the_optimal_discriminator_pays_the_jensen_shannon_divergence() {
    let normal = |x: f64, mean: f64, sd: f64| {
        (-0.5 * ((x - mean) / sd).powi(2)).exp() / (sd * (2.0 * std::f64::consts::PI).sqrt())
    };
    let h = 0.002;
    let mut loss = 0.0;
    for i in -6000..=8000 {
        let x = i as f64 * h;
        let (p, q) = (normal(x, 0.0, 1.0), normal(x, 1.0, 1.5));
        let score = (p / q).ln() as f32; // the logit of D* = p/(p + q)
        let nsgan = NonSaturating::default();
        // With one score at a time L_D separates: real part weighed by p, generated part by q.
        let (at_score, _, _) = discriminator(&nsgan, score, -80.0);
        let (at_generated, _, _) = discriminator(&nsgan, 80.0, score);
        loss += h * (p * at_score + q * at_generated);
    }
    assert!((loss - 2.0 * 0.593857).abs() < 5e-6, "{loss}");
}

#[test]
fn equilibria_and_probabilities() {
    let ln4 = 4f64.ln();
    near("gan", Saturating::default().equilibrium().unwrap(), ln4);
    near(
        "nsgan",
        NonSaturating::default().equilibrium().unwrap(),
        ln4,
    );
    near(
        "lsgan",
        LeastSquares::default().equilibrium().unwrap(),
        0.25,
    );
    // At the equilibrium no constant score does better.
    for smoothing in [0.0, 0.2] {
        let nsgan = NonSaturating {
            label_smoothing: smoothing,
        };
        let best = (-4000..4000)
            .map(|i| i as f64 * 1e-3)
            .map(|s| {
                let t = 1.0 - smoothing;
                t * softplus(-s) + (1.0 - t) * softplus(s) + softplus(s)
            })
            .fold(f64::MAX, f64::min);
        assert!((nsgan.equilibrium().unwrap() - best).abs() < 1e-6);
    }
    near(
        "σ(1)",
        NonSaturating::default().probability(1.0).unwrap(),
        sigmoid(1.0),
    );
    let coded = LeastSquares {
        a: -1.0,
        b: 1.0,
        c: 0.0,
    };
    near("lsgan", coded.probability(0.5).unwrap(), 0.75);
}

#[test]
fn recipes_are_found_by_name() {
    for name in ganscope::gan::RECIPES {
        assert_eq!(Recipe::named(name).unwrap().name, name);
    }
    let message = Recipe::named("nsgna").unwrap_err().to_string();
    assert!(message.contains("nearest is \"nsgan\""), "{message}");
}
