//! The number of threads that the CPU kernels compute with.

use crate::error::{Error, Result};

/// Largest number of threads that is accepted: more is a typing mistake.
const MAX_THREADS: usize = 1024;

/// Sets the number of threads (0: one per core), of which the calling thread is one.
///
/// Without this call the CPU kernels use rayon's global pool beside the calling thread, which sleeps
/// while the pool computes and is woken after every operation. For small networks that takes as long as
/// the arithmetic. The number of threads does not change the results.
///
/// # Errors
/// [`Error::Usage`] for more than 1024 threads, and when rayon's global pool is already in use.
pub fn use_threads(threads: usize) -> Result<()> {
    if threads > MAX_THREADS {
        return Err(Error::Usage(format!(
            "--threads {threads} is too large: the maximum is {MAX_THREADS}; 0 takes one thread per core"
        )));
    }
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .use_current_thread()
        .build_global()
        .map_err(|e| {
            Error::Usage(format!(
                "the number of threads has already been set and cannot be changed: {e}"
            ))
        })
}
