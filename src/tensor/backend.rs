//! The implementation of this build: `cpu/`, or `cuda/` with the feature `cuda`.

#[cfg(not(feature = "cuda"))]
pub(super) use super::cpu::*;
#[cfg(feature = "cuda")]
pub(super) use super::cuda::*;
