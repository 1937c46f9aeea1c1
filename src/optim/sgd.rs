//! Stochastic gradient descent (Robbins & Monro 1951), with momentum (Polyak 1964).
//!
//! $$ v_t = \mu\,v_{t-1} + g_t $$
//! $$ \theta_t = \theta_{t-1} - \eta\,v_t $$
//!
//! $v_0 = 0$. As in PyTorch, the velocity $v$ does not contain the learning rate $\eta$, so a change of the
//! learning rate takes full effect in the next step. With $\mu = 0$ there is no state.

use super::elementwise::ElementRule;

/// The update rule of gradient descent without momentum.
///
/// ```
/// use ganscope::optim::{elementwise::apply, sgd::Sgd};
/// let mut theta = [1.0];
/// apply(Sgd::new(0.5), &mut theta, &[4.0], []);
/// assert_eq!(theta, [-1.0]);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Sgd {
    eta: f32,
}

impl Sgd {
    /// A rule with learning rate η = `lr`.
    pub fn new(lr: f64) -> Self {
        Self { eta: lr as f32 }
    }
}

impl ElementRule<0> for Sgd {
    #[inline(always)]
    fn step(self, theta: f32, g: f32, []: [f32; 0]) -> (f32, [f32; 0]) {
        (theta - self.eta * g, [])
    }
}

/// The update rule of gradient descent with momentum. Its state is v, PyTorch's `momentum_buffer`.
///
/// ```
/// use ganscope::optim::{elementwise::apply, sgd::Momentum};
/// let (mut theta, mut v) = ([0.0], [0.0]);
/// for _ in 0..2 {
///     apply(Momentum::new(1.0, 0.5), &mut theta, &[1.0], [&mut v]);
/// }
/// assert_eq!(v, [1.5]);
/// assert_eq!(theta, [-2.5]);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Momentum {
    eta: f32,
    mu: f32,
}

impl Momentum {
    /// A rule with learning rate η = `lr` and momentum μ = `momentum`.
    pub fn new(lr: f64, momentum: f64) -> Self {
        Self {
            eta: lr as f32,
            mu: momentum as f32,
        }
    }
}

impl ElementRule<1> for Momentum {
    #[inline(always)]
    fn step(self, theta: f32, g: f32, [v]: [f32; 1]) -> (f32, [f32; 1]) {
        let v = self.mu * v + g;
        (theta - self.eta * v, [v])
    }
}
