//! Matrix products on host slices, in parallel, with the same bits for any number of threads and on
//! every processor with fused multiply-add.
//!
//! Every element is computed in one order, whatever the shapes and the layouts of the matrices:
//!
//! $$ c_{ij} = \sum_s \Big( \sum_{p \in s} a_{ip} b_{pj} \Big) $$
//!
//! where the inner sum starts at 0 and adds one product after the other, each by a fused multiply-add,
//! and the slices s of k have equal lengths, at most `SLICE`, and are added in order. Large products are
//! computed by the crates `gemm-f32` and `gemm-f64`, whose kernels follow this order within a call: their
//! vectors run along the columns, so the width of a vector does not matter. These crates cut k by the
//! size of the caches that they find, but never into slices shorter than `SLICE`. The products that they
//! would sum across a vector, or without fused multiply-adds, are computed in `thin.rs`.

#![expect(
    unsafe_code,
    reason = "the library's kernels take pointers; each block says why it is sound"
)]

mod number;
pub(super) mod product;
mod thin;
mod view;

pub(crate) use product::{gemm, gemm_serial};
pub(crate) use view::View;
