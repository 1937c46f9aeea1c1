//! Matrix products with one row, one column, or at most two products per element, in the order that
//! [`gemm`](super) documents.
//!
//! For such shapes the library adds along k in the lanes of a vector, whose number depends on the
//! processor. Here each lane computes one element of C.

use super::number::Number;
use super::view::View;
use pulp::{Simd, WithSimd};

/// Number of elements of C that are computed at once if M's rows are contiguous.
const LANES: usize = 32;

/// Number of elements of C that are computed at once otherwise.
const COLUMNS: usize = 8;

/// Computes C ← A·B, or C ← C + A·B when `accumulate`, where m or n is 1, or k is at most 2; `row(i)` is
/// row i of C.
pub(super) fn product<'c, T: Number>(
    row: impl Fn(usize) -> &'c mut [T],
    size: (usize, usize, usize),
    a: View<'_, T>,
    b: View<'_, T>,
    accumulate: bool,
) {
    pulp::Arch::new().dispatch(Product {
        row,
        size,
        a,
        b,
        accumulate,
    });
}

/// The arguments of [`product`].
///
/// A closure would do, but the compiler does not always inline one into the function with this processor's
/// instructions, and a fused multiply-add is then a call.
struct Product<'a, R, T> {
    row: R,
    size: (usize, usize, usize),
    a: View<'a, T>,
    b: View<'a, T>,
    accumulate: bool,
}

impl<'c, R: Fn(usize) -> &'c mut [T], T: Number> WithSimd for Product<'_, R, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Product {
            row, a, b, size, ..
        } = self;
        let (m, n, k) = size;
        let put = |c: &mut T, sum: T| *c = if self.accumulate { *c + sum } else { sum };
        if m == 1 {
            let c = row(0);
            row_times_matrix(a, b, k, n, |j, sum| put(&mut c[j], sum));
        } else if n == 1 {
            row_times_matrix(b.t(), a.t(), k, m, |i, sum| put(&mut row(i)[0], sum));
        } else {
            // B is copied row by row, so that the loop over columns is vectorised whatever B's layout.
            let mut copy = Vec::with_capacity(k * n);
            for p in 0..k {
                for j in 0..n {
                    copy.push(b.at(p, j));
                }
            }
            for i in 0..m {
                let c = &mut row(i)[..n];
                // k is at most 2.
                let (first, second) = copy.split_at(n);
                match k {
                    0 => c.iter_mut().for_each(|c| put(c, T::ZERO)),
                    1 => {
                        let u = a.at(i, 0);
                        for j in 0..n {
                            put(&mut c[j], u.multiply_add(first[j], T::ZERO));
                        }
                    }
                    _ => {
                        let (u, v) = (a.at(i, 0), a.at(i, 1));
                        for j in 0..n {
                            let sum = u.multiply_add(first[j], T::ZERO);
                            put(&mut c[j], v.multiply_add(second[j], sum));
                        }
                    }
                }
            }
        }
    }
}

/// Calls `put(j, element)` for each element of the row u·M, for u `[1, k]` and M `[k, n]`.
#[inline(always)]
fn row_times_matrix<T: Number>(
    u: View<'_, T>,
    matrix: View<'_, T>,
    k: usize,
    n: usize,
    mut put: impl FnMut(usize, T),
) {
    let u: Vec<T> = (0..k).map(|p| u.at(0, p)).collect();
    let mut first = 0;
    while first < n {
        let sums = rows_at_once(&u, matrix, first, n);
        let width = if let Some(sums) = sums {
            (0..LANES).for_each(|lane| put(first + lane, sums[lane]));
            LANES
        } else {
            let sums = columns_at_once(&u, matrix, first, n);
            let width = COLUMNS.min(n - first);
            (0..width).for_each(|lane| put(first + lane, sums[lane]));
            width
        };
        first += width;
    }
}

/// Computes Σ uₚ Mₚⱼ for [`LANES`] columns from `first` on, if there are so many and they are contiguous.
#[inline(always)]
fn rows_at_once<T: Number>(
    u: &[T],
    matrix: View<'_, T>,
    first: usize,
    n: usize,
) -> Option<[T; LANES]> {
    if n - first < LANES {
        return None;
    }
    let mut sums = [T::ZERO; LANES];
    for (p, &u) in u.iter().enumerate() {
        let row = matrix.run(p, first, LANES)?.first_chunk::<LANES>()?;
        for (sum, &x) in sums.iter_mut().zip(row) {
            *sum = u.multiply_add(x, *sum);
        }
    }
    Some(sums)
}

/// Computes Σ uₚ Mₚⱼ for [`COLUMNS`] columns from `first` on, and repeats the sum of the last column after
/// it.
#[inline(always)]
fn columns_at_once<T: Number>(
    u: &[T],
    matrix: View<'_, T>,
    first: usize,
    n: usize,
) -> [T; COLUMNS] {
    let column = |lane: usize| (first + lane).min(n - 1);
    let mut sums = [T::ZERO; COLUMNS];
    let runs: [Option<&[T]>; COLUMNS] =
        std::array::from_fn(|lane| matrix.t().run(column(lane), 0, u.len()));
    for (p, &u) in u.iter().enumerate() {
        for (lane, sum) in sums.iter_mut().enumerate() {
            let x = match runs[lane] {
                Some(run) => run[p],
                None => matrix.at(p, column(lane)),
            };
            *sum = u.multiply_add(x, *sum);
        }
    }
    sums
}
