//! Activation functions and their derivatives, computed from the function's value.

use pulp::{Simd, WithSimd};
use serde::{Deserialize, Serialize};

/// The activation function σ of a layer.
///
/// Every derivative is computed from y = σ(x) alone, so the backward pass does not keep x.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Activation {
    /// The identity, y = x.
    Linear,
    /// The rectifier, y = max(x, 0).
    Relu,
    /// The leaky rectifier: y = x for x > 0, and `slope`·x otherwise.
    LeakyRelu {
        /// The slope for x ≤ 0.
        slope: f32,
    },
    /// The hyperbolic tangent, y = tanh x.
    Tanh,
    /// The logistic function, y = 1/(1 + e^{−x}).
    Sigmoid,
    /// The softplus function, y = ln(1 + e^x).
    Softplus,
    /// The exponential linear unit: y = x for x > 0, and α(e^x − 1) otherwise.
    Elu {
        /// The factor α; the function approaches −α for small x.
        alpha: f32,
    },
}

/// Computes e^x with an error of at most 2 ulp over the range of f32, in operations that the compiler
/// vectorises.
#[inline(always)]
fn exp(x: f32) -> f32 {
    const SHIFT: f32 = 12_582_912.0; // 1.5·2²³; adding it rounds x to an integer.
    const LN2_HIGH: f32 = 0.693_359_4; // The first ten bits of ln 2, so that n·LN2_HIGH is exact.
    const LN2_LOW: f32 = -2.121_944_4e-4;
    let x = x.clamp(-87.0, 88.0);
    let shifted = x * std::f32::consts::LOG2_E + SHIFT;
    let n = shifted - SHIFT;
    let r = x - n * LN2_HIGH - n * LN2_LOW;
    // The Taylor polynomial of degree 7; its error is below 6e-9 for |r| ≤ ln2/2.
    let mut sum = 1.0 / 5040.0;
    for coefficient in [
        1.0 / 720.0,
        1.0 / 120.0,
        1.0 / 24.0,
        1.0 / 6.0,
        0.5,
        1.0,
        1.0,
    ] {
        sum = sum * r + coefficient;
    }
    let power = (shifted
        .to_bits()
        .wrapping_sub(SHIFT.to_bits())
        .wrapping_add(127))
        << 23;
    sum * f32::from_bits(power)
}

#[inline(always)]
fn tanh(x: f32) -> f32 {
    let magnitude = x.abs();
    let t = exp(-2.0 * magnitude);
    let quotient = ((1.0 - t) / (1.0 + t)).copysign(x);
    // Near 0 the difference 1 − t loses digits, so the Taylor series is used there.
    let s = x * x;
    let series =
        x * (1.0 + s * (-1.0 / 3.0 + s * (2.0 / 15.0 + s * (-17.0 / 315.0 + s * (62.0 / 2835.0)))));
    if magnitude < 0.3 { series } else { quotient }
}

#[inline(always)]
fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

#[inline(always)]
fn softplus(x: f32) -> f32 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// Applies `f` to every element, compiled for the widest vectors of this processor.
fn map(values: &mut [f32], f: impl Fn(f32) -> f32) {
    pulp::Arch::new().dispatch(Map(values, f));
}

/// Computes g ← g · f(y).
fn scale(y: &[f32], g: &mut [f32], f: impl Fn(f32) -> f32) {
    pulp::Arch::new().dispatch(Scale(y, g, f));
}

// These are types and not closures, because a closure that the compiler does not inline is not compiled for the widest
// vectors.

struct Map<'a, F>(&'a mut [f32], F);

impl<F: Fn(f32) -> f32> WithSimd for Map<'_, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Map(values, f) = self;
        for value in values {
            *value = f(*value);
        }
    }
}

struct Scale<'a, F>(&'a [f32], &'a mut [f32], F);

impl<F: Fn(f32) -> f32> WithSimd for Scale<'_, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Scale(y, g, f) = self;
        for (g, &y) in g.iter_mut().zip(y) {
            *g *= f(y);
        }
    }
}

impl Activation {
    /// Computes x ← σ(x) in place.
    ///
    /// ```
    /// use ganscope::tensor::activation::Activation;
    /// let mut x = [-1.0, 0.5];
    /// Activation::LeakyRelu { slope: 0.2 }.apply(&mut x);
    /// assert_eq!(x, [-0.2, 0.5]);
    /// ```
    pub fn apply(self, x: &mut [f32]) {
        match self {
            Activation::Linear => {}
            Activation::Relu => map(x, |x| x.max(0.0)),
            Activation::LeakyRelu { slope } => map(x, |x| if x > 0.0 { x } else { slope * x }),
            Activation::Tanh => map(x, tanh),
            Activation::Sigmoid => map(x, sigmoid),
            Activation::Softplus => map(x, softplus),
            Activation::Elu { alpha } => {
                map(x, |x| if x > 0.0 { x } else { alpha * x.exp_m1() });
            }
        }
    }

    /// Computes g ← g · σ'(x), given y = σ(x).
    pub fn backward(self, y: &[f32], g: &mut [f32]) {
        match self {
            Activation::Linear => {}
            Activation::Relu => scale(y, g, |y| if y > 0.0 { 1.0 } else { 0.0 }),
            Activation::LeakyRelu { slope } => {
                scale(y, g, |y| if y > 0.0 { 1.0 } else { slope });
            }
            Activation::Tanh => scale(y, g, |y| 1.0 - y * y),
            Activation::Sigmoid => scale(y, g, |y| y * (1.0 - y)),
            // σ' = sigmoid(x) = 1 − e^{−y}
            Activation::Softplus => scale(y, g, |y| -(-y).exp_m1()),
            Activation::Elu { alpha } => scale(y, g, |y| if y > 0.0 { 1.0 } else { y + alpha }),
        }
    }

    /// Computes g ← g · dσ'/dy, where the slope σ' is a function of y.
    pub fn curvature(self, y: &[f32], g: &mut [f32]) {
        match self {
            Activation::Linear | Activation::Relu | Activation::LeakyRelu { .. } => g.fill(0.0),
            Activation::Tanh => scale(y, g, |y| -2.0 * y),
            Activation::Sigmoid => scale(y, g, |y| 1.0 - 2.0 * y),
            Activation::Softplus => scale(y, g, |y| exp(-y)),
            Activation::Elu { .. } => scale(y, g, |y| if y > 0.0 { 0.0 } else { 1.0 }),
        }
    }

    /// Returns whether the slope changes smoothly: false for piecewise linear functions.
    pub fn is_curved(self) -> bool {
        use Activation::{Elu, Sigmoid, Softplus, Tanh};
        matches!(self, Tanh | Sigmoid | Softplus | Elu { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Activation; 7] = [
        Activation::Linear,
        Activation::Relu,
        Activation::LeakyRelu { slope: 0.2 },
        Activation::Tanh,
        Activation::Sigmoid,
        Activation::Softplus,
        Activation::Elu { alpha: 1.3 },
    ];

    fn exact(activation: Activation, x: f64) -> f64 {
        match activation {
            Activation::Linear => x,
            Activation::Relu => x.max(0.0),
            Activation::LeakyRelu { slope } => x.max(0.0) + slope as f64 * x.min(0.0),
            Activation::Tanh => x.tanh(),
            Activation::Sigmoid => 1.0 / (1.0 + (-x).exp()),
            Activation::Softplus => (1.0 + x.exp()).ln(),
            Activation::Elu { alpha } => {
                if x > 0.0 {
                    x
                } else {
                    alpha as f64 * x.exp_m1()
                }
            }
        }
    }

    #[test]
    fn values_agree_with_f64() {
        for activation in ALL {
            for i in -4000..=4000 {
                let x = i as f32 * 0.005;
                let mut y = [x];
                activation.apply(&mut y);
                let expected = exact(activation, x as f64);
                let error = (y[0] as f64 - expected).abs();
                assert!(
                    error <= 3e-7 * expected.abs() + 1e-12,
                    "{activation:?}({x}): {error:e}"
                );
            }
        }
    }

    #[test]
    fn derivatives_agree_with_central_differences_in_f64() {
        for activation in ALL {
            for i in -400..400 {
                let x = i as f64 * 0.02 + 0.0071; // no x at a kink
                let h = 1e-5;
                let expected = (exact(activation, x + h) - exact(activation, x - h)) / (2.0 * h);
                let y = [exact(activation, x) as f32];
                let mut g = [2.0];
                activation.backward(&y, &mut g);
                let error = (g[0] as f64 - 2.0 * expected).abs();
                assert!(error < 2e-6, "{activation:?}'({x}): {error:e}");
            }
        }
    }

    /// Compares dσ'/dy · σ' with σ'', which are equal by the chain rule.
    #[test]
    fn curvatures_agree_with_second_differences_in_f64() {
        for activation in ALL {
            for i in -300..300 {
                let x = i as f64 * 0.02 + 0.0071; // no x at a kink
                let h = 1e-4;
                let at = |x| exact(activation, x);
                let expected = (at(x + h) - 2.0 * at(x) + at(x - h)) / (h * h);
                let y = [at(x) as f32];
                let mut g = [2.0];
                activation.backward(&y, &mut g);
                activation.curvature(&y, &mut g);
                let error = (g[0] as f64 - 2.0 * expected).abs();
                assert!(error < 2e-6, "{activation:?}''({x}): {error:e}");
                assert!(activation.is_curved() || g[0] == 0.0, "{activation:?}");
            }
        }
    }

    #[test]
    fn values_are_finite_for_extreme_arguments() {
        for activation in ALL {
            let mut x = [-1e30, -100.0, 0.0, 100.0, 1e30];
            activation.apply(&mut x);
            assert!(x.iter().all(|x| x.is_finite()), "{activation:?}: {x:?}");
        }
    }
}
