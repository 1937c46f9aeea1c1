//! A pool of host memory.
//!
//! Every training step allocates buffers of the same few sizes. When they are returned to the operating
//! system, allocating them again costs a page fault per 4 KiB, which took half the time of a
//! convolution. So buffers of more than a few pages are kept here for the next allocation of that size.

use std::collections::HashMap;
use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, PoisonError};

/// Smallest number of values of a buffer that is pooled. The allocator itself keeps smaller ones.
const MIN_POOLED_LEN: usize = 1 << 12;
/// Largest number of values in the pool (256 MiB); further buffers are returned to the system.
const MAX_POOLED_NUMBERS: usize = 1 << 26;

#[derive(Default)]
struct Pool {
    /// Free buffers by their length.
    free: HashMap<usize, Vec<Vec<f32>>>,
    /// Number of values in all free buffers.
    numbers: usize,
}

static POOL: Mutex<Option<Pool>> = Mutex::new(None);

fn with_pool<R>(f: impl FnOnce(&mut Pool) -> R) -> R {
    let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
    f(pool.get_or_insert_default())
}

/// Numbers on the host that return to the pool when dropped, if they came from it.
///
/// Memory that a caller passed in returns to the system; otherwise every batch of data would stay in the
/// pool.
#[derive(Debug)]
pub struct Buffer {
    values: Vec<f32>,
    pooled: bool,
}

impl Buffer {
    /// Returns `len` arbitrary numbers, which the caller overwrites.
    pub fn any(len: usize) -> Self {
        let free = (len >= MIN_POOLED_LEN).then(|| {
            with_pool(|pool| {
                let found = pool.free.get_mut(&len).and_then(Vec::pop);
                pool.numbers -= found.as_ref().map_or(0, Vec::len);
                found
            })
        });
        Buffer {
            values: free.flatten().unwrap_or_else(|| vec![0.0; len]),
            pooled: true,
        }
    }

    /// Returns `len` zeros.
    pub fn zeros(len: usize) -> Self {
        let mut buffer = Buffer::any(len);
        buffer.fill(0.0);
        buffer
    }

    /// Returns a copy of `values`.
    pub fn copy(values: &[f32]) -> Self {
        let mut buffer = Buffer::any(values.len());
        buffer.copy_from_slice(values);
        buffer
    }

    /// Returns the numbers. [`Buffer::back`] returns them to the pool.
    pub fn into_vec(mut self) -> Vec<f32> {
        std::mem::take(&mut self.values)
    }

    /// Makes a buffer of numbers that [`into_vec`](Self::into_vec) returned.
    pub fn back(values: Vec<f32>) -> Self {
        Buffer {
            values,
            pooled: true,
        }
    }
}

impl From<Vec<f32>> for Buffer {
    fn from(values: Vec<f32>) -> Self {
        Buffer {
            values,
            pooled: false,
        }
    }
}

impl Deref for Buffer {
    type Target = Vec<f32>;
    fn deref(&self) -> &Vec<f32> {
        &self.values
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut Vec<f32> {
        &mut self.values
    }
}

impl Clone for Buffer {
    fn clone(&self) -> Self {
        Buffer::copy(self)
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let values = std::mem::take(&mut self.values);
        if self.pooled && values.len() >= MIN_POOLED_LEN {
            with_pool(|pool| {
                if pool.numbers + values.len() <= MAX_POOLED_NUMBERS {
                    pool.numbers += values.len();
                    pool.free.entry(values.len()).or_default().push(values);
                }
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_buffer_is_reused() {
        let len = MIN_POOLED_LEN + 12_345; // a size that no other test allocates
        let first = Buffer::zeros(len);
        let address = first.as_ptr();
        drop(first);
        let second = Buffer::any(len);
        assert_eq!(second.as_ptr(), address);
        assert_ne!(Buffer::any(len).as_ptr(), address);
        // Memory that a caller passed in does not stay in the pool.
        drop(Buffer::from(vec![0.0; len + 1]));
        let kept = with_pool(|pool| pool.free.get(&(len + 1)).map_or(0, Vec::len));
        assert_eq!(kept, 0);
    }
}
