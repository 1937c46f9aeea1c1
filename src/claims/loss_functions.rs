//! §3.2: L_D and L_G.

use statrs::distribution::{Continuous, ContinuousCDF};

use super::model_structure::{critic, draw, normal, probabilities};
use super::{Claim, Expected, Measurement};
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

/// Real samples are N(0, 1), generated ones N(3, 1): the best possible D is right in Φ(1.5) of cases.
const APART: f32 = 3.0;

/// D after 500 steps down ±L_D as written, +1 as the article has it.
fn after_training(sign: f64) -> Result<Player> {
    let mut d = critic(&OptimizerConfig::adam(5e-3, 0.9, 0.99))?;
    for step in 0..500 {
        let x = draw(0.0, 1.0, Stream::Data, step)?;
        let gz = draw(APART, 1.0, Stream::Latent, step)?;
        let l_d = as_written::l_d(d.scores(x)?, d.scores(gz)?);
        d.descend(l_d * sign)?;
    }
    Ok(d)
}

/// D's probabilities of real for samples that it has not seen: 10 × 512 real, as many generated.
fn held_out(d: &Player) -> Result<(Vec<f64>, Vec<f64>)> {
    let ask = |mean: f32, stream| -> Result<Vec<f64>> {
        let mut all = Vec::new();
        for step in 0..10 {
            let x = draw(mean, 1.0, stream, 1_000_000 + step)?;
            let places: Vec<f64> = x.values().iter().map(|&x| x.into()).collect();
            all.extend(probabilities(d, &places)?);
        }
        Ok(all)
    };
    Ok((ask(0.0, Stream::Data)?, ask(APART, Stream::Latent)?))
}

fn accuracy((real, generated): &(Vec<f64>, Vec<f64>)) -> f64 {
    let right =
        real.iter().filter(|&&d| d > 0.5).count() + generated.iter().filter(|&&d| d <= 0.5).count();
    right as f64 / (real.len() + generated.len()) as f64
}

pub(super) const D_MINIMISES: Claim = Claim {
    id: "3.2.a",
    paraphrase: "D learns by minimising L_D = ½(log D(x) + log(1 − D(G(z))))",
    rule: "It holds if a D that minimises L_D is right more often than a coin.",
    place: concat!(file!(), ":", line!()),
    measure: || {
        let written = accuracy(&held_out(&after_training(1.0)?)?);
        let negated = accuracy(&held_out(&after_training(-1.0)?)?);
        let best = normal(0.0, 1.0)?.cdf(f64::from(APART) / 2.0);
        Ok(vec![
            Measurement::written(
                "accuracy on unseen samples, D minimising L_D",
                written,
                "",
                Expected::AtLeast(0.55),
            ),
            Measurement::context("accuracy, D minimising −L_D", negated, ""),
            Measurement::context("accuracy of the best D, Φ(1.5)", best, ""),
        ])
    },
};

pub(super) const LABELS: Claim = Claim {
    id: "3.2.b",
    paraphrase: "D's labels are 0 for real samples and 1 for generated ones",
    rule: "It holds if a D that tells them apart by the article's L_D gives generated samples the higher value.",
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
    paraphrase: "Training D by cross-entropy is maximum likelihood for its labels",
    rule: "It holds if the cross-entropy equals −log-likelihood of a Bernoulli variable, in value and gradient, to \
           single precision, for scores from −8 to 8.",
    place: concat!(file!(), ":", line!()),
    measure: || {
        let scores: Vec<f32> = (0..33).map(|i| i as f32 / 2.0 - 8.0).collect();
        let n = scores.len() as f64;
        // ℓ(s) = Σ log p(label | s), with P(1) = σ(s): label 1 for each score, then 0 for each.
        let likelihood = |s: f64| {
            let p = 1.0 / (1.0 + (-s).exp());
            [p.ln(), (-p).ln_1p()]
        };
        let batch = || Batch::new(scores.clone(), scores.len(), 1);
        let (real, generated) = (batch()?, batch()?);
        let on = |x: &Batch| Scores::of(x.clone().record());
        let loss = NonSaturating::default().discriminator(on(&real)?, on(&generated)?);
        let value = loss.value();
        let mut gradients = Gradients::of(loss)?;
        let ours = [
            gradients.take_input(&real)?,
            gradients.take_input(&generated)?,
        ];
        let total: f64 = scores.iter().flat_map(|&s| likelihood(s.into())).sum();
        let h = 1e-5;
        let mut worst = 0.0f64;
        for (i, &s) in scores.iter().enumerate() {
            let (forth, back) = (likelihood(f64::from(s) + h), likelihood(f64::from(s) - h));
            for label in 0..2 {
                let slope = -(forth[label] - back[label]) / (2.0 * h) / n;
                worst = worst.max((f64::from(ours[label][i]) - slope).abs());
            }
        }
        Ok(vec![
            Measurement::written(
                "|cross-entropy + log-likelihood|, a sample",
                (value + total / n).abs(),
                "nats",
                Expected::AtMost(1e-6),
            ),
            Measurement::written(
                "largest difference of their gradients (central differences)",
                worst,
                "",
                Expected::AtMost(1e-6),
            ),
        ])
    },
};

pub(super) const JENSEN_SHANNON: Claim = Claim {
    id: "3.2.d",
    paraphrase: "At the best D, L_D is JSD(p_r‖p_θ) − ln 2 (not in the text, but the reason for it)",
    rule: "It holds if both sides, by quadrature, agree to 1e-9 nats for three pairs of normal densities.",
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
            let other = jensen_shannon(&p_r, &p_theta)?.0 - std::f64::consts::LN_2;
            let name = format!("|L_D − (JSD − ln 2)|, N(0, 1) and N({mean}, {sd}²)");
            evidence.push(Measurement::written(
                &name,
                (l_d - other).abs(),
                "nats",
                Expected::AtMost(1e-9),
            ));
            let name = format!("L_D there, N({mean}, {sd}²)");
            evidence.push(Measurement::context(&name, l_d, "nats"));
        }
        Ok(evidence)
    },
};

pub(super) const L_G_TRAINS: Claim = Claim {
    id: "3.2.e",
    paraphrase: "L_G trains G",
    rule: "Real samples are N(8, 1), G starts at N(0, 1), and D has learnt to tell them apart. L_G trains G if 200 \
           steps of gradient descent (rate 0.1) against that D take G's mean at least half of the way; as written: \
           V = log(1 − D(G(z))), the saturating form; repaired: −log D(G(z)).",
    place: concat!(file!(), ":", line!()),
    measure: || {
        let written = early(&Saturating::default())?;
        let repaired = early(&NonSaturating::default())?;
        Ok(vec![
            Measurement::written(
                "way that G's mean went, saturating L_G",
                written.0 / 8.0,
                "",
                Expected::AtLeast(0.5),
            ),
            Measurement::context("‖∂L_G/∂θ‖ at the start, saturating", written.1, ""),
            Measurement::repaired(
                "way that G's mean went, non-saturating L_G",
                repaired.0 / 8.0,
                "",
                Expected::AtLeast(0.5),
            ),
            Measurement::context("‖∂L_G/∂θ‖ at the start, non-saturating", repaired.1, ""),
        ])
    },
};

/// G(z) = w z + b against a D that was trained on it before: where b is after 200 steps, and the first
/// gradient's norm.
fn early(objective: &dyn Objective) -> Result<(f64, f64)> {
    let mut d = critic(&OptimizerConfig::adam(5e-3, 0.9, 0.99))?;
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
