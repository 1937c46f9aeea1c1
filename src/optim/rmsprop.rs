//! RMSProp (Tieleman & Hinton 2012, lecture 6.5 of "Neural Networks for Machine Learning").
//!
//! $$ v_t = \alpha\,v_{t-1} + (1 - \alpha)\,g_t^2 $$
//! $$ \theta_t = \theta_{t-1} - \eta\,\frac{g_t}{\sqrt{v_t} + \epsilon} $$
//!
//! $v_0 = 0$, and that bias is not corrected: with $\alpha = 0.99$ the first step has length
//! $\eta / \sqrt{0.01} = 10\,\eta$ in every coordinate. WGAN (Arjovsky et al. 2017) trains its critic with
//! RMSProp, because the critic's loss changes with G and training with Adam's momentum became unstable.

use super::elementwise::ElementRule;

/// The update rule of RMSProp. Its state is v, PyTorch's `square_avg`.
///
/// ```
/// use ganscope::optim::{elementwise::apply, rmsprop::RmsProp};
/// let (mut theta, mut v) = ([0.0], [0.0]);
/// apply(RmsProp::new(0.5, 0.75, 0.0), &mut theta, &[3.0], [&mut v]);
/// assert_eq!(v, [2.25]);
/// assert_eq!(theta, [-1.0]); // 0.5 · 3 / 1.5
/// ```
#[derive(Debug, Clone, Copy)]
pub struct RmsProp {
    eta: f32,
    alpha: f32,
    one_minus_alpha: f32,
    epsilon: f32,
}

impl RmsProp {
    /// A rule with learning rate η = `lr`, decay rate α = `alpha`, and ε = `eps`, which is added outside the
    /// root.
    pub fn new(lr: f64, alpha: f64, eps: f64) -> Self {
        Self {
            eta: lr as f32,
            alpha: alpha as f32,
            // Computed in f64: in f32, 1 − 0.99 would be wrong in the seventh digit.
            one_minus_alpha: (1.0 - alpha) as f32,
            epsilon: eps as f32,
        }
    }
}

impl ElementRule<1> for RmsProp {
    #[inline(always)]
    fn step(self, theta: f32, g: f32, [v]: [f32; 1]) -> (f32, [f32; 1]) {
        let v = self.alpha * v + self.one_minus_alpha * g * g;
        (theta - self.eta * (g / (v.sqrt() + self.epsilon)), [v])
    }
}
