//! §3.1: G and D, and what flows between them.

use statrs::distribution::{Continuous, Normal};

use super::{Claim, Expected, Measurement};
use crate::data::SampleShape;
use crate::error::{Error, Result};
use crate::gan::dirac::DiracGan;
use crate::gan::{NonSaturating, Objective};
use crate::info::optimal_discriminator;
use crate::nn::layers::{Dense, Tanh};
use crate::nn::{Initializer, NetworkSpec};
use crate::optim::{Decay, OptimizerConfig, ScheduleConfig};
use crate::random::{Stream, standard_normal};
use crate::tensor::Batch;
use crate::train::Player;

const SEED: u64 = 1;

pub(super) const OPTIMAL_DISCRIMINATOR: Claim = Claim {
    id: "3.1.a",
    paraphrase: "The best D gives the probability that x is real: p_r/(p_r + p_θ)",
    rule: "It holds if a trained D is within 0.02 of that on average and within 0.1 anywhere that samples reach.",
    place: concat!(file!(), ":", line!()),
    measure: optimal,
};

/// D alone is trained against a G of known density, p_r = N(0, 1) and p_θ = N(1, 1.5²), and compared
/// with the formula at 401 places from −4 to 6.
fn optimal() -> Result<Vec<Measurement>> {
    let (p_r, p_theta) = (normal(0.0, 1.0)?, normal(1.0, 1.5)?);
    let d = trained(0.0, 1.0, 1.0, 1.5)?;
    let grid: Vec<f64> = (0..=400).map(|i| -4.0 + i as f64 / 40.0).collect();
    let learnt = probabilities(&d, &grid)?;
    let (mut sum, mut weights, mut worst) = (0.0, 0.0, 0.0f64);
    for (&x, d) in grid.iter().zip(learnt) {
        let density = (p_r.pdf(x) + p_theta.pdf(x)) / 2.0;
        let error = (d - optimal_discriminator(&p_r, &p_theta, x)).abs();
        sum += density * error;
        weights += density;
        if density > 0.01 {
            worst = worst.max(error);
        }
    }
    Ok(vec![
        Measurement::written(
            "mean |D − D*| over samples of both, 401 places",
            sum / weights,
            "",
            Expected::AtMost(0.02),
        ),
        Measurement::written(
            "largest |D − D*| where the density is above 0.01",
            worst,
            "",
            Expected::AtMost(0.1),
        ),
    ])
}

/// D after 3,000 steps of 512 samples each of N(m_r, s_r²) and N(m_θ, s_θ²).
pub(super) fn trained(m_r: f32, s_r: f32, m_theta: f32, s_theta: f32) -> Result<Player> {
    let steps = 3000;
    let mut d = critic(&OptimizerConfig::adam(5e-3, 0.9, 0.99))?.scheduled(&ScheduleConfig {
        decay: Decay::Cosine {
            over: steps,
            floor: 0.0,
        },
        ..ScheduleConfig::default()
    })?;
    for step in 0..steps {
        let x = draw(m_r, s_r, Stream::Data, step)?;
        let gz = draw(m_theta, s_theta, Stream::Latent, step)?;
        let l_d = NonSaturating::default().discriminator(d.scores(x)?, d.scores(gz)?);
        d.descend(l_d)?;
    }
    Ok(d)
}

/// D of one number: two hidden layers of 32.
pub(super) fn critic(optimizer: &OptimizerConfig) -> Result<Player> {
    let spec = NetworkSpec {
        input: SampleShape::Vector { len: 1 },
        init: Initializer::Xavier,
        spectral_norm: false,
        layers: vec![
            Dense::new(1, 32).into(),
            Tanh {}.into(),
            Dense::new(32, 32).into(),
            Tanh {}.into(),
            Dense::new(32, 1).into(),
        ],
    };
    let stream = Stream::DiscriminatorInit;
    Player::new("discriminator", &spec, SEED, stream, optimizer)
}

/// 512 draws from N(m, s²).
pub(super) fn draw(m: f32, s: f32, stream: Stream, step: u64) -> Result<Batch> {
    let noise = standard_normal(SEED, stream, step, 512);
    Batch::new(noise.iter().map(|e| m + s * e).collect(), 512, 1)
}

/// σ of D's score at each place.
pub(super) fn probabilities(d: &Player, places: &[f64]) -> Result<Vec<f64>> {
    let x: Vec<f32> = places.iter().map(|&x| x as f32).collect();
    let scores = d.network.infer(Batch::new(x, places.len(), 1)?)?;
    let sigma = |&s: &f32| 1.0 / (1.0 + (-f64::from(s)).exp());
    Ok(scores.values().iter().map(sigma).collect())
}

pub(super) fn normal(mean: f64, sd: f64) -> Result<Normal> {
    Normal::new(mean, sd).map_err(|e| Error::Usage(format!("N({mean}, {sd}²): {e}")))
}

pub(super) const FEEDBACK_IS_STABLE: Claim = Claim {
    id: "3.1.b",
    paraphrase: "The feedback between G and D makes a GAN stable and robust",
    rule: "A game is stable if every eigenvalue of its Jacobian at the equilibrium has a real part below −0.01 and \
           training from (1, 0) ends within 1 % of the way; as written: Dirac-GAN without, repaired: with a \
           zero-centred penalty, γ = 1.",
    place: concat!(file!(), ":", line!()),
    measure: feedback,
};

fn feedback() -> Result<Vec<Measurement>> {
    let real_part = |gamma: f64| {
        let eigenvalues = DiracGan { gamma }.eigenvalues();
        eigenvalues[0].0.max(eigenvalues[1].0)
    };
    let left = |gamma: f64, path: fn(&DiracGan) -> Vec<[f64; 2]>| {
        let path = path(&DiracGan { gamma });
        path.last()
            .map_or(f64::NAN, |[theta, psi]| theta.hypot(*psi))
    };
    let flow = |game: &DiracGan| game.flow([1.0, 0.0], 0.05, 2000);
    let descent = |game: &DiracGan| game.simultaneous([1.0, 0.0], 0.1, 1000);
    let (stable, near) = (Expected::AtMost(-0.01), Expected::AtMost(0.01));
    Ok(vec![
        Measurement::written(
            "largest real part of an eigenvalue, γ = 0",
            real_part(0.0),
            "",
            stable,
        ),
        Measurement::written(
            "distance left after time 100, γ = 0",
            left(0.0, flow),
            "",
            near,
        ),
        Measurement::written(
            "the same by 1,000 descent steps of 0.1",
            left(0.0, descent),
            "",
            near,
        ),
        Measurement::repaired(
            "largest real part of an eigenvalue, γ = 1",
            real_part(1.0),
            "",
            stable,
        ),
        Measurement::repaired(
            "distance left after time 100, γ = 1",
            left(1.0, flow),
            "",
            near,
        ),
        Measurement::repaired(
            "the same by 1,000 descent steps of 0.1",
            left(1.0, descent),
            "",
            near,
        ),
    ])
}
