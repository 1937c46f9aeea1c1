//! Images held in memory as bytes, a quarter of what `f32` would take.

use sha2::{Digest as _, Sha256};

use super::source::FiniteSource;
use crate::files::hex;

/// Images of one size with their class labels, where they have them.
#[derive(Debug)]
pub(super) struct StoredImages {
    /// Row-major [n, numel]; 0 is black.
    pub pixels: Vec<u8>,
    /// Numbers of an image: channels · height · width.
    pub numel: usize,
    /// The class of each image.
    pub labels: Option<Vec<u8>>,
}

impl FiniteSource for StoredImages {
    fn len(&self) -> usize {
        self.pixels.len() / self.numel
    }

    fn read(&self, indices: &[usize], values: &mut [f32]) {
        for (image, &i) in values.chunks_exact_mut(self.numel).zip(indices) {
            for (x, &byte) in image.iter_mut().zip(&self.pixels[i * self.numel..]) {
                *x = f32::from(byte) / 127.5 - 1.0;
            }
        }
    }

    fn labels(&self) -> Option<&[u8]> {
        self.labels.as_deref()
    }

    fn digest(&self) -> Option<String> {
        let mut hash = Sha256::new();
        hash.update((self.pixels.len() as u64).to_le_bytes());
        hash.update(&self.pixels);
        hash.update(self.labels.as_deref().unwrap_or_default());
        Some(hex(&hash.finalize()))
    }
}
