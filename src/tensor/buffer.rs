//! Host memory that is used again.
//!
//! A training step asks for the same few sizes every time. Handing them back to the operating system
//! and getting them again costs a page fault for every 4 KiB, which was half the time of a
//! convolution: so buffers of more than a few pages wait here for the next who needs that size.

use std::collections::HashMap;
use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, PoisonError};

/// Shorter buffers are left to the allocator, which keeps them itself.
const POOLED_FROM: usize = 1 << 12;
/// Numbers kept waiting at most (256 MiB): what is beyond goes back to the system.
const POOLED_AT_MOST: usize = 1 << 26;

#[derive(Default)]
struct Pool {
    waiting: HashMap<usize, Vec<Vec<f32>>>,
    numbers: usize,
}

static POOL: Mutex<Option<Pool>> = Mutex::new(None);

fn with_pool<R>(f: impl FnOnce(&mut Pool) -> R) -> R {
    let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
    f(pool.get_or_insert_default())
}

/// Numbers on the host that return to the pool when dropped, if they came from it.
///
/// What a caller brought goes back to the system: else every batch of data would stay in the pool.
#[derive(Debug)]
pub(crate) struct Buffer {
    values: Vec<f32>,
    pooled: bool,
}

impl Buffer {
    /// `len` numbers of any value: for who overwrites them all.
    pub fn any(len: usize) -> Self {
        let waiting = (len >= POOLED_FROM).then(|| {
            with_pool(|pool| {
                let found = pool.waiting.get_mut(&len).and_then(Vec::pop);
                pool.numbers -= found.as_ref().map_or(0, Vec::len);
                found
            })
        });
        Buffer {
            values: waiting.flatten().unwrap_or_else(|| vec![0.0; len]),
            pooled: true,
        }
    }

    /// `len` zeros.
    pub fn zeros(len: usize) -> Self {
        let mut buffer = Buffer::any(len);
        buffer.fill(0.0);
        buffer
    }

    /// A copy.
    pub fn copy(values: &[f32]) -> Self {
        let mut buffer = Buffer::any(values.len());
        buffer.copy_from_slice(values);
        buffer
    }

    /// The numbers, to be given back with [`Buffer::back`] or not.
    pub fn into_vec(mut self) -> Vec<f32> {
        std::mem::take(&mut self.values)
    }

    /// Numbers that [`into_vec`](Self::into_vec) took out.
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
        if self.pooled && values.len() >= POOLED_FROM {
            with_pool(|pool| {
                if pool.numbers + values.len() <= POOLED_AT_MOST {
                    pool.numbers += values.len();
                    pool.waiting.entry(values.len()).or_default().push(values);
                }
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_buffer_is_used_again() {
        let len = POOLED_FROM + 12_345; // a size nobody else asks for
        let first = Buffer::zeros(len);
        let address = first.as_ptr();
        drop(first);
        let second = Buffer::any(len);
        assert_eq!(second.as_ptr(), address);
        assert_ne!(Buffer::any(len).as_ptr(), address);
        // What a caller brought does not pile up.
        drop(Buffer::from(vec![0.0; len + 1]));
        let waiting = with_pool(|pool| pool.waiting.get(&(len + 1)).map_or(0, Vec::len));
        assert_eq!(waiting, 0);
    }
}
