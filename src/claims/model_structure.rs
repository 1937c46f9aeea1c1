//! Claims of §3.1: G and D, and how they interact.

use statrs::distribution::Continuous;

use super::claim::Claim;
use super::measurement::{Expected, Measurement};
use super::one_dimensional::{discriminator, draw, normal, probabilities};
use crate::error::Result;
use crate::gan::dirac::DiracGan;
use crate::gan::{NonSaturating, Objective};
use crate::info::optimal_discriminator;
use crate::optim::{Decay, OptimizerConfig, ScheduleConfig};
use crate::random::Stream;
use crate::train::Player;

pub(super) const OPTIMAL_DISCRIMINATOR: Claim = Claim {
    id: "3.1.a",
    paraphrase: "The optimal D returns the probability that x is real, p_r/(p_r + p_θ)",
    rule: "The claim holds if a trained D differs from this formula by at most 0.02 on average, and by at most 0.1 \
           wherever the density is above 0.01.",
    place: concat!(file!(), ":", line!()),
    measure: optimal,
};

/// Trains D alone against a fixed G with known density, p_r = N(0, 1) and p_θ = N(1, 1.5²), and compares
/// it with the formula at 401 points from −4 to 6.
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
            "mean |D − D*|, weighted by the density (p_r + p_θ)/2, 401 points",
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

/// D after 3,000 steps with 512 samples each of N(m_r, s_r²) and N(m_θ, s_θ²).
fn trained(m_r: f32, s_r: f32, m_theta: f32, s_theta: f32) -> Result<Player> {
    let steps = 3000;
    let mut d =
        discriminator(&OptimizerConfig::adam(5e-3, 0.9, 0.99))?.scheduled(&ScheduleConfig {
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

pub(super) const FEEDBACK_IS_STABLE: Claim = Claim {
    id: "3.1.b",
    paraphrase: "The feedback between G and D makes the training of a GAN stable and robust",
    rule: "Training is stable if every eigenvalue of the Jacobian at the equilibrium has a real part of at most −0.01, \
           and training from (1, 0) ends within 0.01 of the equilibrium. As written: Dirac-GAN \
           without a penalty (γ = 0). Repaired: with a zero-centred gradient penalty (γ = 1).",
    place: concat!(file!(), ":", line!()),
    measure: feedback,
};

fn feedback() -> Result<Vec<Measurement>> {
    let real_part = |gamma: f64| {
        let eigenvalues = DiracGan { gamma }.eigenvalues();
        eigenvalues[0].0.max(eigenvalues[1].0)
    };
    let final_distance = |gamma: f64, path: fn(&DiracGan) -> Vec<[f64; 2]>| {
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
            "distance from the equilibrium after time 100, γ = 0",
            final_distance(0.0, flow),
            "",
            near,
        ),
        Measurement::written(
            "distance after 1,000 steps of gradient descent with step size 0.1, γ = 0",
            final_distance(0.0, descent),
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
            "distance from the equilibrium after time 100, γ = 1",
            final_distance(1.0, flow),
            "",
            near,
        ),
        Measurement::repaired(
            "distance after 1,000 steps of gradient descent with step size 0.1, γ = 1",
            final_distance(1.0, descent),
            "",
            near,
        ),
    ])
}
