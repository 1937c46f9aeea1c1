//! Everything that touches dfdx's device and tape directly.
//!
//! dfdx brings the device, the tape and the element-wise operations. What it lacks on stable Rust is
//! here, as operations of ours recorded on its tape: convolutions, dense layers with bias and
//! activation fused, batch and layer norm. On the CPU they run on host slices with the crate `gemm` and
//! rayon; with the feature `cuda` the same functions are composed of dfdx's own operations
//! ([`composed`]), which is also what the CPU versions are tested against.
//!
//! All activations are matrices `[batch, features]`; an image is a row in channel-height-width order,
//! so flattening and reshaping cost nothing.

pub mod activation;
mod batch;
#[cfg(not(feature = "cuda"))]
pub(crate) mod buffer;
pub mod columns;
pub mod composed;
pub mod conv;
#[cfg(not(feature = "cuda"))]
pub(crate) mod correlation;
pub mod dense;
mod device;
pub(crate) mod gemm;
pub mod logistic;
mod loss;
pub mod mutual_information;
#[cfg(not(feature = "cuda"))]
mod norm_tangent;
pub mod normal;
pub mod normalize;
pub mod operator;
mod parameter;
pub mod resample;
pub mod restoration;
pub mod scores;
pub mod softmax;
pub mod tangent;
mod thin;

pub use batch::Batch;
pub use device::{Device, Recording, Scalar, Tape, Tensor, device};
pub use loss::Loss;
pub use parameter::{Gradients, Parameter};
pub use scores::Scores;

use crate::error::Error;

/// More threads than this are a slip of the finger, and only wait for each other.
const MOST_THREADS: usize = 1024;

/// Computes with this many threads (0 for one a core), of which the calling thread is one.
///
/// Without this call the CPU kernels use rayon's global pool beside the calling thread, which then
/// sleeps and is woken for every operation: for small networks that costs as much as the arithmetic.
/// Results do not depend on the number.
///
/// # Errors
/// [`Error::Usage`] for more than 1024, and when rayon's global pool is already in use.
pub fn use_threads(threads: usize) -> crate::Result<()> {
    if threads > MOST_THREADS {
        return Err(Error::Usage(format!(
            "--threads {threads} is more than {MOST_THREADS}; 0 takes one for each core"
        )));
    }
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .use_current_thread()
        .build_global()
        .map_err(|e| Error::Usage(format!("the number of threads cannot be set now: {e}")))
}

/// Which gradients somebody will read. Those that nobody needs are not computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needs {
    /// The gradient with respect to the input: false for data and for latent vectors.
    pub input: bool,
    /// The gradients with respect to weights: false for a frozen network.
    pub weights: bool,
}

impl Needs {
    /// Both.
    pub const ALL: Needs = Needs {
        input: true,
        weights: true,
    };
}
