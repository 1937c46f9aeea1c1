//! The elements of a matrix, and the library's kernels for them.

use super::view::View;
use std::ops::Add;

/// An element of a matrix: `f32` in networks, `f64` in measurements.
pub(crate) trait Number: Copy + Send + Sync + Add<Output = Self> + 'static {
    /// The number 0.
    const ZERO: Self;

    /// Computes self · factor + sum, rounded once.
    fn multiply_add(self, factor: Self, sum: Self) -> Self;

    /// Computes C ← A·B, or C ← C + A·B when `accumulate`, by the library's kernel for this processor.
    ///
    /// The library computes Cᵀ = Bᵀ·Aᵀ, because it is faster when the columns of its result are
    /// contiguous.
    ///
    /// # Safety
    /// `c` must be valid for reads and writes of `m` rows of `n` numbers, `c_row` apart, that nothing
    /// else accesses meanwhile; `a` must hold `[m, k]` and `b` `[k, n]`.
    unsafe fn kernel(
        c: *mut Self,
        c_row: usize,
        mnk: (usize, usize, usize),
        a: View<'_, Self>,
        b: View<'_, Self>,
        accumulate: bool,
    );
}

macro_rules! kernel {
    ($library:path) => {
        unsafe fn kernel(
            c: *mut Self,
            c_row: usize,
            (m, n, k): (usize, usize, usize),
            a: View<'_, Self>,
            b: View<'_, Self>,
            accumulate: bool,
        ) {
            use $library as library;
            // SAFETY: the caller guarantees what the library requires; the strides fit in isize because the
            // slices do.
            unsafe {
                library::get_gemm_fn()(
                    n,
                    m,
                    k,
                    c,
                    c_row as isize,
                    1,
                    accumulate,
                    b.data.as_ptr(),
                    b.row as isize,
                    b.column as isize,
                    a.data.as_ptr(),
                    a.row as isize,
                    a.column as isize,
                    1.0,
                    1.0,
                    false,
                    false,
                    false,
                    gemm_common::Parallelism::None,
                );
            }
        }
    };
}

impl Number for f32 {
    const ZERO: f32 = 0.0;

    #[inline(always)]
    fn multiply_add(self, factor: f32, sum: f32) -> f32 {
        self.mul_add(factor, sum)
    }

    kernel!(gemm_f32::gemm::f32);
}

impl Number for f64 {
    const ZERO: f64 = 0.0;

    #[inline(always)]
    fn multiply_add(self, factor: f64, sum: f64) -> f64 {
        self.mul_add(factor, sum)
    }

    kernel!(gemm_f64::gemm::f64);
}
