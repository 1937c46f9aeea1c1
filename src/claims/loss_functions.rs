//! Claims of §3.2: the loss functions L_D and L_G.

use statrs::distribution::{Continuous, ContinuousCDF};

use super::claim::Claim;
use super::measurement::{Expected, Measurement};
use super::one_dimensional::{discriminator, draw, normal, probabilities};
use crate::data::SampleShape;
use crate::error::Result;
use crate::gan::{NonSaturating, Objective, Saturating, Scores, as_written};
use crate::info::divergence::{support, weighted};
use crate::info::jensen_shannon;
use crate::info::quadrature::integrate;
use crate::nn::layers::Dense;
use crate::nn::{Initializer, NetworkSpec, Pass};
use crate::optim::OptimizerConfig;
use crate::random::{Stream, standard_normal};
use crate::tensor::{Batch, Gradients};
use crate::train::Player;

/// Real samples are from N(0, 1), generated ones from N(3, 1), so that the accuracy of the optimal D is Φ(1.5).
const GENERATED_MEAN: f32 = 3.0;

/// D after 500 steps that minimise `sign` · L_D; 1 is the article's sign.
fn after_training(sign: f64) -> Result<Player> {
    let mut d = discriminator(&OptimizerConfig::adam(5e-3, 0.9, 0.99))?;
    for step in 0..500 {
        let x = draw(0.0, 1.0, Stream::Data, step)?;
        let gz = draw(GENERATED_MEAN, 1.0, Stream::Latent, step)?;
        let l_d = as_written::l_d(d.scores(x)?, d.scores(gz)?);
        d.descend(l_d * sign)?;
    }
    Ok(d)
}

/// D's probabilities that samples are real, for 10 × 512 unseen real and as many unseen generated samples.
fn held_out(d: &Player) -> Result<(Vec<f64>, Vec<f64>)> {
    let evaluate = |mean: f32, stream| -> Result<Vec<f64>> {
        let mut all = Vec::new();
        for step in 0..10 {
            let x = draw(mean, 1.0, stream, 1_000_000 + step)?;
            let points: Vec<f64> = x.values().iter().map(|&x| x.into()).collect();
            all.extend(probabilities(d, &points)?);
        }
        Ok(all)
    };
    Ok((
        evaluate(0.0, Stream::Data)?,
        evaluate(GENERATED_MEAN, Stream::Latent)?,
    ))
}

fn accuracy((real, generated): &(Vec<f64>, Vec<f64>)) -> f64 {
    let correct =
        real.iter().filter(|&&d| d > 0.5).count() + generated.iter().filter(|&&d| d <= 0.5).count();
    correct as f64 / (real.len() + generated.len()) as f64
}

pub(super) const D_MINIMISES: Claim = Claim {
    id: "3.2.a",
    paraphrase: "D is trained by minimising L_D = ½(log D(x) + log(1 − D(G(z))))",
    rule: "The claim holds if a D that was trained by minimising L_D classifies at least 55 % of unseen samples correctly \
           (guessing gives 50 %).",
    place: concat!(file!(), ":", line!()),
    measure: || {
        let written = accuracy(&held_out(&after_training(1.0)?)?);
        let negated = accuracy(&held_out(&after_training(-1.0)?)?);
        let optimal = normal(0.0, 1.0)?.cdf(f64::from(GENERATED_MEAN) / 2.0);
        Ok(vec![
            Measurement::written(
                "accuracy on unseen samples, D minimising L_D",
                written,
                "",
                Expected::AtLeast(0.55),
            ),
            Measurement::context("accuracy on unseen samples, D minimising −L_D", negated, ""),
            Measurement::context("accuracy of the optimal D, Φ(1.5)", optimal, ""),
        ])
    },
};

pub(super) const LABELS: Claim = Claim {
    id: "3.2.b",
    paraphrase: "D's labels are 0 for real samples and 1 for generated ones",
    rule: "The claim holds if D, trained by maximising the article's L_D (D learns only when L_D is maximised), \
        has a higher mean output on generated samples than on real ones.",
    place: concat!(file!(), ":", line!()),
    measure: || {
        let mean = |d: &[f64]| d.iter().sum::<f64>() / d.len() as f64;
        let (real, generated) = held_out(&after_training(-1.0)?)?;
        let (real, generated) = (mean(&real), mean(&generated));
        Ok(vec![
            Measurement::written(
                "mean D(G(z)) − mean D(x), unseen samples",
                generated - real,
                "",
                Expected::AtLeast(0.0),
            ),
            Measurement::context("mean D(x)", real, ""),
            Measurement::context("mean D(G(z))", generated, ""),
        ])
    },
};

pub(super) const MAXIMUM_LIKELIHOOD: Claim = Claim {
    id: "3.2.c",
    paraphrase: "Training D with the cross-entropy loss is maximum likelihood estimation for its labels",
    rule: "The claim holds if the cross-entropy equals the negative log-likelihood of a Bernoulli variable, in \
        value and gradient, to within 1e-6 for scores from −8 to 8.",
    place: concat!(file!(), ":", line!()),
    measure: || {
        let scores: Vec<f32> = (0..33).map(|i| i as f32 / 2.0 - 8.0).collect();
        let n = scores.len() as f64;
        // log p(label | s) with P(1) = σ(s), for label 1 and for label 0.
        let log_likelihoods = |s: f64| {
            let p = 1.0 / (1.0 + (-s).exp());
            [p.ln(), (-p).ln_1p()]
        };
        let batch = || Batch::new(scores.clone(), scores.len(), 1);
        let (real, generated) = (batch()?, batch()?);
        let on = |x: &Batch| Scores::of(x.clone().record());
        let loss = NonSaturating::default().discriminator(on(&real)?, on(&generated)?);
        let value = loss.value();
        let mut gradients = Gradients::of(loss)?;
        let by_backpropagation = [
            gradients.take_input(&real)?,
            gradients.take_input(&generated)?,
        ];
        let total: f64 = scores.iter().flat_map(|&s| log_likelihoods(s.into())).sum();
        let h = 1e-5;
        let mut worst = 0.0f64;
        for (i, &s) in scores.iter().enumerate() {
            let (above, below) = (
                log_likelihoods(f64::from(s) + h),
                log_likelihoods(f64::from(s) - h),
            );
            for label in 0..2 {
                let slope = -(above[label] - below[label]) / (2.0 * h) / n;
                worst = worst.max((f64::from(by_backpropagation[label][i]) - slope).abs());
            }
        }
        Ok(vec![
            Measurement::written(
                "|cross-entropy + log-likelihood| per sample",
                (value + total / n).abs(),
                "nats",
                Expected::AtMost(1e-6),
            ),
            Measurement::written(
                "largest difference between the gradient of the loss and central differences of the log-likelihood",
                worst,
                "",
                Expected::AtMost(1e-6),
            ),
        ])
    },
};

pub(super) const JENSEN_SHANNON: Claim = Claim {
    id: "3.2.d",
    paraphrase: "At the optimal D, L_D equals JSD(p_r‖p_θ) − ln 2 (not stated in the article)",
    rule: "The claim holds if both sides, computed by quadrature, agree to within 1e-9 nats for three pairs of \
        normal densities.",
    place: concat!(file!(), ":", line!()),
    measure: || {
        let mut evidence = Vec::new();
        for (mean, sd) in [(1.0, 1.5), (3.0, 1.0), (0.0, 0.2)] {
            let (p_r, p_theta) = (normal(0.0, 1.0)?, normal(mean, sd)?);
            let (a, b) = support(&p_r, &p_theta)?;
            let l_d = integrate(a, b, |x| {
                // log D*(x) = −softplus(t) and log(1 − D*(x)) = −softplus(−t)
                let t = p_theta.ln_pdf(x) - p_r.ln_pdf(x);
                let softplus = |t: f64| t.max(0.0) + (-t.abs()).exp().ln_1p();
                -0.5 * (weighted(p_r.pdf(x), softplus(t)) + weighted(p_theta.pdf(x), softplus(-t)))
            })?;
            let divergence = jensen_shannon(&p_r, &p_theta)?.0 - std::f64::consts::LN_2;
            let name = format!("|L_D − (JSD − ln 2)|, N(0, 1) and N({mean}, {sd}²)");
            evidence.push(Measurement::written(
                &name,
                (l_d - divergence).abs(),
                "nats",
                Expected::AtMost(1e-9),
            ));
            let name = format!("L_D at the optimal D, N(0, 1) and N({mean}, {sd}²)");
            evidence.push(Measurement::context(&name, l_d, "nats"));
        }
        Ok(evidence)
    },
};

pub(super) const L_G_TRAINS: Claim = Claim {
    id: "3.2.e",
    paraphrase: "Minimising L_G trains G",
    rule: "Real samples are from N(8, 1), generated ones at first from N(0, 1), and D has been trained to distinguish \
           them. The claim holds if 200 steps of gradient descent (learning rate 0.1) against this fixed D move the mean \
           of the generated samples at least half of the distance to 8. As written: the saturating form, \
           V = log(1 − D(G(z))). Repaired: the non-saturating form, −log D(G(z)).",
    place: concat!(file!(), ":", line!()),
    measure: || {
        let written = train_generator(&Saturating::default())?;
        let repaired = train_generator(&NonSaturating::default())?;
        Ok(vec![
            Measurement::written(
                "fraction of the distance that G's mean moved, saturating L_G",
                written.0 / 8.0,
                "",
                Expected::AtLeast(0.5),
            ),
            Measurement::context("‖∂L_G/∂θ‖ at the first step, saturating L_G", written.1, ""),
            Measurement::repaired(
                "fraction of the distance that G's mean moved, non-saturating L_G",
                repaired.0 / 8.0,
                "",
                Expected::AtLeast(0.5),
            ),
            Measurement::context(
                "‖∂L_G/∂θ‖ at the first step, non-saturating L_G",
                repaired.1,
                "",
            ),
        ])
    },
};

/// Trains G(z) = w z + b against a fixed D that was trained on it before. Returns b after 200 steps, and the
/// norm of the first gradient.
fn train_generator(objective: &dyn Objective) -> Result<(f64, f64)> {
    let mut d = discriminator(&OptimizerConfig::adam(5e-3, 0.9, 0.99))?;
    for step in 0..500 {
        let x = draw(8.0, 1.0, Stream::Data, step)?;
        let gz = draw(0.0, 1.0, Stream::Latent, step)?;
        let l_d = objective.discriminator(d.scores(x)?, d.scores(gz)?);
        d.descend(l_d)?;
    }
    let spec = NetworkSpec {
        input: SampleShape::Vector { len: 1 },
        init: Initializer::Xavier,
        spectral_norm: false,
        layers: vec![Dense::new(1, 1).into()],
    };
    let mut g = Player::new(
        "generator",
        &spec,
        1,
        Stream::GeneratorInit,
        &OptimizerConfig::sgd(0.1),
    )?;
    for (name, parameter) in g.network.parameters_mut() {
        let start = if name.ends_with("weight") { 1.0 } else { 0.0 };
        parameter.update(|values| values.fill(start));
    }
    let mut first = None;
    for step in 0..200 {
        let z = Batch::new(standard_normal(1, Stream::LatentFixed, step, 512), 512, 1)?;
        let gz = g.network.forward(z.record(), Pass::training(1, step))?;
        let frozen = Pass::training(1, step).frozen().through();
        let scores = d.network.forward(gz, frozen)?;
        let norm = g.descend(objective.generator(Scores::of(scores)?))?;
        first.get_or_insert(norm);
    }
    let bias = g
        .network
        .parameters()
        .into_iter()
        .find(|(name, _)| name.ends_with("bias"));
    let mean = bias.map_or(f64::NAN, |(_, b)| f64::from(b.values()[0]));
    Ok((mean, first.unwrap_or(f64::NAN)))
}
