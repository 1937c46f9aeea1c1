//! Reads the public dSprites file (Matthey et al. 2017).
//!
//! The archive has four members: `imgs.npy` of shape [n, 64, 64] with pixels 0 and 1, `latents_classes.npy` of shape
//! [n, 6] with the level of each factor, `latents_values.npy` of the same shape with the factors as numbers, and
//! `metadata.npy`, a pickled Python object, which could run any code and is therefore not read.
//!
//! An image is kept as 4,096 bits, so that the 737,280 images take 377 MB.

use std::path::Path;

use super::npz::{Element, Npz};
use crate::error::{Error, Result};

/// Height and width of an image in pixels.
pub(super) const SIDE: usize = 64;
/// Number of pixels of an image.
const PIXELS: usize = SIDE * SIDE;
/// Number of bytes in which the pixels of an image are kept.
const IMAGE_BYTES: usize = PIXELS / 8;
/// Largest number of images, which take 512 MiB. The public file has 737,280.
const MAXIMUM_IMAGES: usize = 1 << 20;

/// Name and number of levels of each factor, with the names in the file.
pub(super) const FACTORS: [(&str, usize); 6] = [
    ("color", 1),
    ("shape", 3),
    ("scale", 6),
    ("orientation", 40),
    ("posX", 32),
    ("posY", 32),
];

/// Images of the dSprites file and the levels of their factors.
#[derive(Debug)]
pub(super) struct Dsprites {
    /// Pixels, row-major [n, 4096], eight to a byte with the first in the lowest bit; 1 is white.
    pub bits: Vec<u8>,
    /// Level of each factor, in the order of [`FACTORS`].
    pub levels: Vec<[u8; FACTORS.len()]>,
}

impl Dsprites {
    /// Reads a file.
    ///
    /// # Errors
    /// [`Error::Data`] naming the member for a file that is damaged, truncated or has another layout, for pixels other
    /// than 0 and 1, and for levels that their factor does not have; [`Error::Io`] when the file cannot be read.
    pub fn read(path: &Path) -> Result<Self> {
        let mut file = Npz::open(path)?;
        let sides = [SIDE as u64; 2];
        let columns = [FACTORS.len() as u64];
        let classes = file.array(
            "latents_classes.npy",
            Element::I64,
            &columns,
            MAXIMUM_IMAGES,
        )?;
        let n = classes.rows;
        let mut levels = Vec::new();
        classes.read(|_, bytes| {
            for row in bytes.as_chunks::<{ 8 * FACTORS.len() }>().0 {
                let image = levels.len();
                let of_image = levels_of(row);
                levels.push(
                    of_image.map_err(|problem| format!("says that image {image} has {problem}"))?,
                );
            }
            Ok(())
        })?;
        let check_rows = |member: &str, rows: usize| {
            if rows == n {
                return Ok(());
            }
            Err(Error::data(
                path,
                format!(
                    "{member} has {rows} rows, but latents_classes.npy has {n}; the file is damaged or was put together \
                     from different files"
                ),
            ))
        };
        let values = file.array("latents_values.npy", Element::F64, &columns, MAXIMUM_IMAGES)?;
        check_rows("latents_values.npy", values.rows)?;
        // The levels say the same; only the header is checked.
        drop(values);
        let images = file.array("imgs.npy", Element::U8, &sides, MAXIMUM_IMAGES)?;
        check_rows("imgs.npy", images.rows)?;
        let mut bits = Vec::new();
        bits.try_reserve_exact(n * IMAGE_BYTES)
            .map_err(|_| Error::Device(format!("{n} images of dSprites do not fit into memory")))?;
        images.read(|first, pixels| {
            if let Some(at) = pixels.iter().position(|pixel| *pixel > 1) {
                return Err(format!(
                    "has a pixel of value {} in image {}, but the images of dSprites have only 0 and 1",
                    pixels[at],
                    first + at / PIXELS
                ));
            }
            let packed = pixels.as_chunks::<8>().0.iter().map(|eight| {
                let bits = eight.iter().enumerate();
                bits.fold(0, |byte, (i, bit)| byte | bit << i)
            });
            bits.extend(packed);
            Ok(())
        })?;
        Ok(Dsprites { bits, levels })
    }

    /// Writes image `index` into `values`, black as −1 and white as 1.
    pub fn write_image(&self, index: usize, values: &mut [f32]) {
        let bytes = &self.bits[index * IMAGE_BYTES..][..IMAGE_BYTES];
        for (values, byte) in values.chunks_exact_mut(8).zip(bytes) {
            for (i, value) in values.iter_mut().enumerate() {
                *value = if byte >> i & 1 == 1 { 1.0 } else { -1.0 };
            }
        }
    }

    /// Level of each factor of image `index`, if there is such an image.
    pub fn levels(&self, index: usize) -> Option<[usize; FACTORS.len()]> {
        Some(self.levels.get(index)?.map(usize::from))
    }
}

/// The levels in a row of `latents_classes.npy`; the error names a factor and its level.
fn levels_of(row: &[u8; 8 * FACTORS.len()]) -> Result<[u8; FACTORS.len()], String> {
    let mut levels = [0; FACTORS.len()];
    let numbers = row
        .as_chunks()
        .0
        .iter()
        .map(|bytes| i64::from_le_bytes(*bytes));
    for ((level, number), (name, count)) in levels.iter_mut().zip(numbers).zip(FACTORS) {
        *level = u8::try_from(number)
            .ok()
            .filter(|level| usize::from(*level) < count)
            .ok_or_else(|| {
                format!(
                    "level {number} of {name}, which has levels 0 to {}",
                    count - 1
                )
            })?;
    }
    Ok(levels)
}
