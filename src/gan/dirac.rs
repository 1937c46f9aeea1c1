//! The Dirac-GAN, the smallest GAN with two parameters (Mescheder et al. 2018, section 2).
//!
//! The data are the single point 0, the generator generates the single point θ, and the score of x is
//! ψ x. With f(t) = −ln(1 + e⁻ᵗ) the value function of both players is
//!
//! $$ L(\theta, \psi) = f(\psi\theta) + f(0) $$
//!
//! θ minimises it and ψ maximises it; if D's gradient at the data is penalised (R₁), ψ maximises
//! L − γ/2·ψ². The gradient vector field and its Jacobian at the equilibrium (0, 0) are
//!
//! $$ v(\theta, \psi) = \begin{pmatrix} -\psi f'(\psi\theta) \\ \theta f'(\psi\theta) - \gamma\psi \end{pmatrix},
//!    \qquad J = \begin{pmatrix} 0 & -\tfrac12 \\ \tfrac12 & -\gamma \end{pmatrix},
//!    \qquad \lambda = -\tfrac{\gamma}{2} \pm \tfrac12\sqrt{\gamma^2 - 1} $$

use serde::{Deserialize, Serialize};

/// The Dirac-GAN with a zero-centred gradient penalty of weight γ.
///
/// ```
/// use ganscope::gan::dirac::DiracGan;
/// let [(re, im), _] = DiracGan { gamma: 0.0 }.eigenvalues();
/// assert_eq!((re, im), (0.0, 0.5));
/// let [(re, im), _] = DiracGan { gamma: 0.6 }.eigenvalues();
/// assert!((re + 0.3).abs() < 1e-12 && (im - 0.4).abs() < 1e-12);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct DiracGan {
    /// Weight γ ≥ 0 of the penalty; 0 for no penalty.
    pub gamma: f64,
}

impl DiracGan {
    /// Returns v(θ, ψ), the direction in which both parameters move under simultaneous gradient steps.
    pub fn field(&self, [theta, psi]: [f64; 2]) -> [f64; 2] {
        // f'(t) = 1/(1 + eᵗ)
        let slope = 1.0 / (1.0 + (psi * theta).exp());
        [-psi * slope, theta * slope - self.gamma * psi]
    }

    /// Returns the Jacobian J at the equilibrium, row by row.
    pub fn jacobian(&self) -> [[f64; 2]; 2] {
        [[0.0, -0.5], [0.5, -self.gamma]]
    }

    /// Returns both eigenvalues of J as (real part, imaginary part): the one with the larger imaginary part first,
    /// or the larger one first where both are real.
    pub fn eigenvalues(&self) -> [(f64, f64); 2] {
        let [[a, b], [c, d]] = self.jacobian();
        let (half_trace, determinant) = ((a + d) / 2.0, a * d - b * c);
        let discriminant = half_trace * half_trace - determinant;
        let root = discriminant.abs().sqrt();
        if discriminant < 0.0 {
            [(half_trace, root), (half_trace, -root)]
        } else {
            [(half_trace + root, 0.0), (half_trace - root, 0.0)]
        }
    }

    /// Integrates v from `start` with `steps` steps of size `dt` of the classical Runge–Kutta method. This is
    /// training in the limit of small learning rates. The result includes the start.
    pub fn flow(&self, start: [f64; 2], dt: f64, steps: usize) -> Vec<[f64; 2]> {
        let along = |p: [f64; 2], v: [f64; 2], t: f64| [p[0] + t * v[0], p[1] + t * v[1]];
        trajectory(start, steps, |p| {
            let k1 = self.field(p);
            let k2 = self.field(along(p, k1, dt / 2.0));
            let k3 = self.field(along(p, k2, dt / 2.0));
            let k4 = self.field(along(p, k3, dt));
            let mean = |i: usize| (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i]) / 6.0;
            along(p, [mean(0), mean(1)], dt)
        })
    }

    /// Returns the path of gradient steps with learning rate `lr` in which both players move at once.
    pub fn simultaneous(&self, start: [f64; 2], lr: f64, steps: usize) -> Vec<[f64; 2]> {
        trajectory(start, steps, |[theta, psi]| {
            let v = self.field([theta, psi]);
            [theta + lr * v[0], psi + lr * v[1]]
        })
    }

    /// Returns the path of gradient steps with learning rate `lr` in which D moves first and then G, as in the
    /// training of GANs.
    pub fn alternating(&self, start: [f64; 2], lr: f64, steps: usize) -> Vec<[f64; 2]> {
        trajectory(start, steps, |[theta, psi]| {
            let psi = psi + lr * self.field([theta, psi])[1];
            [theta + lr * self.field([theta, psi])[0], psi]
        })
    }
}

fn trajectory(start: [f64; 2], steps: usize, next: impl Fn([f64; 2]) -> [f64; 2]) -> Vec<[f64; 2]> {
    let points = std::iter::successors(Some(start), |&p| Some(next(p)));
    points.take(steps + 1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jacobian_is_the_derivative_of_the_field() {
        for gamma in [0.0, 0.3, 1.0, 2.5] {
            let game = DiracGan { gamma };
            let h = 1e-6;
            for column in 0..2 {
                let mut step = [0.0; 2];
                step[column] = h;
                let (forth, back) = (game.field(step), game.field([-step[0], -step[1]]));
                for row in 0..2 {
                    let difference = (forth[row] - back[row]) / (2.0 * h);
                    assert!((difference - game.jacobian()[row][column]).abs() < 1e-9);
                }
            }
        }
    }

    #[test]
    fn eigenvalues_solve_the_characteristic_equation() {
        // λ² − trace λ + determinant = 0, in complex numbers.
        for gamma in [0.0, 0.5, 1.0, 3.0] {
            let game = DiracGan { gamma };
            for (re, im) in game.eigenvalues() {
                let real = re * re - im * im + gamma * re + 0.25;
                let imaginary = 2.0 * re * im + gamma * im;
                assert!(real.abs() < 1e-12 && imaginary.abs() < 1e-12, "{gamma}");
            }
        }
    }

    /// Without a penalty θ·v₁ + ψ·v₂ = 0, so the flow keeps θ² + ψ² constant.
    #[test]
    fn radius_is_constant_without_a_penalty_and_decays_with_one() {
        let radius = |p: &[f64; 2]| p[0].hypot(p[1]);
        let unpenalised = DiracGan::default().flow([1.0, 0.5], 0.05, 4000);
        assert!((radius(&unpenalised[4000]) / radius(&unpenalised[0]) - 1.0).abs() < 1e-6);
        let penalised = DiracGan { gamma: 1.0 }.flow([1.0, 0.5], 0.05, 4000);
        assert!(radius(&penalised[4000]) < 1e-12);
    }

    /// One simultaneous step multiplies the radius by √(1 + lr² f'²), so the path spirals outwards.
    #[test]
    fn simultaneous_steps_spiral_outwards() {
        let path = DiracGan::default().simultaneous([1.0, 0.0], 0.1, 1);
        assert!((path[1][0].hypot(path[1][1]) - (1.0f64 + 0.0025).sqrt()).abs() < 1e-12);
        let path = DiracGan::default().alternating([1.0, 0.0], 0.1, 1);
        assert_eq!(path[1][1], 0.05);
    }
}
