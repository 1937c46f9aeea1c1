//! The loop of every optimiser: one update rule, applied to each coordinate of a parameter.
//!
//! All optimisers here are diagonal: coordinate i of the new parameter depends only on coordinate i of the
//! old parameter, of the gradient and of the moments,
//!
//! $$ (\theta_i, s_i) \leftarrow \mathrm{rule}(\theta_i, g_i, s_i) $$
//!
//! so the loop can be split anywhere and run on any number of threads and any vector unit, with the same
//! result, bit for bit.

use pulp::{Arch, Simd, WithSimd};

/// Number of coordinates that a thread processes at a time. Four `f32` slices of this length (θ, g, two
/// moments) fill 256 KiB, a second-level cache. Parameters of at most this size are updated on one thread.
pub const CHUNK: usize = 16_384;

/// The update rule of one coordinate, with `M` numbers of state.
pub trait ElementRule<const M: usize>: Copy + Send + Sync {
    /// Returns the new (θᵢ, sᵢ) for (θᵢ, gᵢ, sᵢ).
    ///
    /// Implementations must be `#[inline(always)]`: only code that is inlined into the dispatched loop is
    /// compiled for the vector unit that is found at run time.
    fn step(self, theta: f32, gradient: f32, moments: [f32; M]) -> (f32, [f32; M]);
}

/// Applies `rule` to every coordinate, on several threads when there are more than [`CHUNK`].
///
/// # Panics
/// If the slices differ in length.
///
/// ```
/// use ganscope::optim::{adagrad::AdaGrad, elementwise::apply};
/// let (mut theta, mut sum) = ([1.0, 2.0], [0.0, 0.0]);
/// apply(AdaGrad::new(0.5, 0.0), &mut theta, &[3.0, -4.0], [&mut sum]);
/// assert_eq!(sum, [9.0, 16.0]);
/// assert_eq!(theta, [0.5, 2.5]); // the first step of AdaGrad is lr · sign(g)
/// ```
pub fn apply<const M: usize>(
    rule: impl ElementRule<M>,
    theta: &mut [f32],
    gradient: &[f32],
    moments: [&mut [f32]; M],
) {
    assert_eq!(
        theta.len(),
        gradient.len(),
        "length of parameter and gradient"
    );
    for moment in &moments {
        assert_eq!(theta.len(), moment.len(), "length of parameter and moment");
    }
    apply_in_chunks(Arch::new(), rule, theta, gradient, moments);
}

/// Splits the slices at a multiple of [`CHUNK`] until they are one chunk long, which one thread processes.
fn apply_in_chunks<const M: usize>(
    arch: Arch,
    rule: impl ElementRule<M>,
    theta: &mut [f32],
    gradient: &[f32],
    moments: [&mut [f32]; M],
) {
    if theta.len() <= CHUNK {
        arch.dispatch(Chunk {
            rule,
            theta,
            gradient,
            moments,
        });
        return;
    }
    let middle = theta.len().div_ceil(CHUNK) / 2 * CHUNK;
    let (theta_left, theta_right) = theta.split_at_mut(middle);
    let (gradient_left, gradient_right) = gradient.split_at(middle);
    let mut moments_left = moments;
    let moments_right = moments_left.each_mut().map(|moment| {
        let (left, right) = std::mem::take(moment).split_at_mut(middle);
        *moment = left;
        right
    });
    rayon::join(
        || apply_in_chunks(arch, rule, theta_left, gradient_left, moments_left),
        || apply_in_chunks(arch, rule, theta_right, gradient_right, moments_right),
    );
}

/// The part of one thread. `with_simd` is compiled once for each vector unit.
struct Chunk<'a, R, const M: usize> {
    rule: R,
    theta: &'a mut [f32],
    gradient: &'a [f32],
    moments: [&'a mut [f32]; M],
}

impl<R: ElementRule<M>, const M: usize> WithSimd for Chunk<'_, R, M> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        // With slices of visibly equal length the compiler removes the bounds checks, which would otherwise
        // prevent vectorisation.
        let n = self.theta.len();
        let theta = &mut self.theta[..n];
        let gradient = &self.gradient[..n];
        let moments = self.moments.map(|moment| &mut moment[..n]);
        for i in 0..n {
            let state = std::array::from_fn(|m| moments[m][i]);
            let (new_theta, new_state) = self.rule.step(theta[i], gradient[i], state);
            theta[i] = new_theta;
            for m in 0..M {
                moments[m][i] = new_state[m];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computes θ ← θ − g and counts the calls per coordinate, which shows one that is updated twice or
    /// never.
    #[derive(Clone, Copy)]
    struct Count;

    impl ElementRule<2> for Count {
        #[inline(always)]
        fn step(self, theta: f32, gradient: f32, [a, b]: [f32; 2]) -> (f32, [f32; 2]) {
            (theta - gradient, [a + 1.0, b + theta])
        }
    }

    #[test]
    fn every_coordinate_is_updated_exactly_once() {
        for n in [0, 1, 7, CHUNK, CHUNK + 1, 2 * CHUNK, 5 * CHUNK + 3] {
            let mut theta: Vec<f32> = (0..n).map(|i| i as f32).collect();
            let (mut a, mut b) = (vec![0.0; n], vec![0.0; n]);
            apply(Count, &mut theta, &vec![0.5; n], [&mut a, &mut b]);
            assert!(theta.iter().enumerate().all(|(i, &x)| x == i as f32 - 0.5));
            assert!(a.iter().all(|&calls| calls == 1.0));
            assert!(b.iter().enumerate().all(|(i, &x)| x == i as f32));
        }
    }
}
