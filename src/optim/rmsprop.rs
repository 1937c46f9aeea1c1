//! RMSProp (Tieleman & Hinton 2012, lecture 6.5 of "Neural Networks for Machine Learning").
//!
//! $$ v_t = \alpha\,v_{t-1} + (1 - \alpha)\,g_t^2 $$
//! $$ \theta_t = \theta_{t-1} - \eta\,\frac{g_t}{\sqrt{v_t} + \epsilon} $$
//!
//! $v_0 = 0$ and nothing corrects that bias, so with $\alpha = 0.99$ the first step is
//! $\eta / \sqrt{0.01} = 10\,\eta$ long in every coordinate. WGAN (Arjovsky et al. 2017) trains
//! its critic with RMSProp because a moving target makes Adam's momentum harmful there.

use super::elementwise::ElementRule;

/// One step of RMSProp; the state is v, PyTorch's `square_avg`.
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
    /// `lr` is η, `alpha` the memory of v, `eps` is added outside the root.
    pub fn new(lr: f64, alpha: f64, eps: f64) -> Self {
        Self {
            eta: lr as f32,
            alpha: alpha as f32,
            // Subtracted in f64: in f32, 1 − 0.99 is already wrong in the seventh digit.
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
