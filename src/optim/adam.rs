//! Adam (Kingma & Ba 2015).
//!
//! $$ m_t = \beta_1\,m_{t-1} + (1 - \beta_1)\,g_t $$
//! $$ v_t = \beta_2\,v_{t-1} + (1 - \beta_2)\,g_t^2 $$
//! $$ \hat m_t = \frac{m_t}{1 - \beta_1^t}, \qquad \hat v_t = \frac{v_t}{1 - \beta_2^t} $$
//! $$ \theta_t = \theta_{t-1} - \eta\,\frac{\hat m_t}{\sqrt{\hat v_t} + \epsilon} $$
//!
//! $m_0 = v_0 = 0$. Dividing by $1 - \beta^t$ removes the bias towards that zero, so the first step has
//! length $\eta$ in every coordinate. GANs are trained with $\beta_1$ = 0.5 (Radford et al. 2016) or 0: the
//! other player changes with every step, so an average over the last ten gradients is out of date.

use super::elementwise::ElementRule;

/// The update rule of one step of Adam. Its state is (m, v), PyTorch's `exp_avg` and `exp_avg_sq`.
///
/// ```
/// use ganscope::optim::{adam::Adam, elementwise::apply};
/// let (mut theta, mut m, mut v) = ([0.0, 0.0], [0.0, 0.0], [0.0, 0.0]);
/// apply(Adam::new(0.1, 0.9, 0.999, 1e-8, 1), &mut theta, &[1e-3, -1e3], [&mut m, &mut v]);
/// assert!((theta[0] + 0.1_f32).abs() < 1e-5);
/// assert!((theta[1] - 0.1_f32).abs() < 1e-6);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Adam {
    beta1: f32,
    one_minus_beta1: f32,
    beta2: f32,
    one_minus_beta2: f32,
    /// η / (1 − β₁ᵗ)
    step_size: f32,
    /// 1 / √(1 − β₂ᵗ)
    root_correction: f32,
    epsilon: f32,
}

impl Adam {
    /// The rule of step `t`, counted from 1, with learning rate η = `lr` and ε = `eps`, which is added
    /// outside the root.
    ///
    /// The bias corrections are computed in f64: with β₂ = 0.999, f32 would lose four digits of 1 − β₂ᵗ.
    pub fn new(lr: f64, beta1: f64, beta2: f64, eps: f64, t: u64) -> Self {
        let t = t as f64;
        Self {
            beta1: beta1 as f32,
            one_minus_beta1: (1.0 - beta1) as f32,
            beta2: beta2 as f32,
            one_minus_beta2: (1.0 - beta2) as f32,
            step_size: (lr / (1.0 - beta1.powf(t))) as f32,
            root_correction: (1.0 / (1.0 - beta2.powf(t)).sqrt()) as f32,
            epsilon: eps as f32,
        }
    }
}

impl ElementRule<2> for Adam {
    #[inline(always)]
    fn step(self, theta: f32, g: f32, [m, v]: [f32; 2]) -> (f32, [f32; 2]) {
        let m = self.beta1 * m + self.one_minus_beta1 * g;
        let v = self.beta2 * v + self.one_minus_beta2 * g * g;
        let denominator = v.sqrt() * self.root_correction + self.epsilon;
        (theta - self.step_size * (m / denominator), [m, v])
    }
}
