//! AdaGrad (Duchi, Hazan & Singer 2011).
//!
//! $$ s_t = s_{t-1} + g_t^2 $$
//! $$ \theta_t = \theta_{t-1} - \eta\,\frac{g_t}{\sqrt{s_t} + \epsilon} $$
//!
//! $s_0 = 0$. The sum only grows, so the effective learning rate falls like $1/\sqrt t$. That suits a fixed
//! convex problem; a GAN, whose problem changes all the time, soon stops learning with it.

use super::elementwise::ElementRule;

/// The update rule of AdaGrad. Its state is s, PyTorch's `sum`.
///
/// ```
/// use ganscope::optim::{adagrad::AdaGrad, elementwise::apply};
/// let (mut theta, mut s) = ([0.0], [9.0]);
/// apply(AdaGrad::new(0.5, 0.0), &mut theta, &[4.0], [&mut s]);
/// assert_eq!(s, [25.0]);
/// assert!((theta[0] + 0.4_f32).abs() < 1e-7); // 0.5 · 4 / 5
/// ```
#[derive(Debug, Clone, Copy)]
pub struct AdaGrad {
    eta: f32,
    epsilon: f32,
}

impl AdaGrad {
    /// A rule with learning rate η = `lr` and ε = `eps`, which is added outside the root.
    pub fn new(lr: f64, eps: f64) -> Self {
        Self {
            eta: lr as f32,
            epsilon: eps as f32,
        }
    }
}

impl ElementRule<1> for AdaGrad {
    #[inline(always)]
    fn step(self, theta: f32, g: f32, [s]: [f32; 1]) -> (f32, [f32; 1]) {
        let s = s + g * g;
        (theta - self.eta * (g / (s.sqrt() + self.epsilon)), [s])
    }
}
