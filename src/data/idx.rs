//! The IDX format of MNIST: a magic number, the dimensions, then the elements; plain or gzipped.
//!
//! | bytes | meaning |
//! |---|---|
//! | 0, 1 | zero |
//! | 2 | element type: 0x08 for unsigned bytes, the only type supported here |
//! | 3 | number of dimensions: 3 for images, 1 for labels |
//! | 4 per dimension | big-endian size |
//! | the rest | elements, where the last dimension varies fastest |

use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::bufread::MultiGzDecoder;
use flate2::write::GzEncoder;

use super::Split;
use crate::error::{AtPath, Error, Result};
use crate::files::write_atomically;

const UNSIGNED_BYTE: u8 = 0x08;
/// Number of classes of MNIST and of datasets like it.
const CLASSES: u8 = 10;

/// The content of one IDX file of unsigned bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idx {
    /// Size of each dimension, the slowest to vary first: `[n, rows, columns]` for images, `[n]` for labels.
    pub dimensions: Vec<usize>,
    /// Elements, row-major; their number is the product of `dimensions`.
    pub bytes: Vec<u8>,
}

impl Idx {
    /// Reads a file with `rank` dimensions, gzipped if its name ends in `.gz`.
    ///
    /// ```
    /// use ganscope::data::idx::Idx;
    /// let folder = tempfile::tempdir()?;
    /// let path = folder.path().join("train-labels-idx1-ubyte.gz");
    /// let labels = Idx { dimensions: vec![3], bytes: vec![5, 0, 4] };
    /// labels.write(&path)?;
    /// assert_eq!(Idx::read(&path, 1)?, labels);
    /// assert!(Idx::read(&path, 3).unwrap_err().to_string().contains("labels"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Data`] when the file has another format, rank or element type, or fewer or more bytes
    /// than its header says; [`Error::Io`] when it cannot be read.
    pub fn read(path: &Path, rank: usize) -> Result<Self> {
        let file = BufReader::new(File::open(path).at(path)?);
        if path.extension().is_some_and(|e| e == "gz") {
            parse(MultiGzDecoder::new(file), path, rank)
        } else {
            parse(file, path, rank)
        }
    }

    /// Writes the file atomically, gzipped if its name ends in `.gz`.
    ///
    /// # Errors
    /// [`Error::Usage`] when the number of bytes does not match the dimensions or there are more than 255
    /// dimensions; [`Error::Io`] when the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        let invalid = || {
            Error::Usage(format!(
                "{} bytes cannot be an IDX array of dimensions {:?}",
                self.bytes.len(),
                self.dimensions
            ))
        };
        if count(&self.dimensions) != Some(self.bytes.len()) {
            return Err(invalid());
        }
        let rank = u8::try_from(self.dimensions.len()).map_err(|_| invalid())?;
        let mut header = vec![0, 0, UNSIGNED_BYTE, rank];
        for &size in &self.dimensions {
            let size = u32::try_from(size).map_err(|_| invalid())?;
            header.extend(size.to_be_bytes());
        }
        let zipped = path.extension().is_some_and(|e| e == "gz");
        write_atomically(path, |out| {
            if zipped {
                let mut out = GzEncoder::new(out, Compression::default());
                out.write_all(&header)?;
                out.write_all(&self.bytes)?;
                out.finish().map(drop)
            } else {
                out.write_all(&header)?;
                out.write_all(&self.bytes)
            }
        })
    }
}

fn count(dimensions: &[usize]) -> Option<usize> {
    dimensions.iter().try_fold(1usize, |n, d| n.checked_mul(*d))
}

/// Parses an IDX file. `path` is only used in messages.
fn parse(mut from: impl Read, path: &Path, rank: usize) -> Result<Idx> {
    let read_failed = |e: std::io::Error| match e.kind() {
        std::io::ErrorKind::UnexpectedEof => Error::data(
            path,
            "truncated: the compressed data is incomplete; download the file again",
        ),
        _ => Error::data(path, format!("cannot be decompressed or read: {e}")),
    };
    let mut header = Vec::new();
    let header_size = 4 + 4 * rank;
    (&mut from)
        .take(header_size as u64)
        .read_to_end(&mut header)
        .map_err(read_failed)?;
    if let Some(magic) = header.first_chunk::<4>() {
        check_magic(*magic, rank).map_err(|problem| Error::data(path, problem))?;
    }
    if header.len() < header_size {
        return Err(Error::data(
            path,
            format!(
                "truncated: the file has {} bytes, but the header alone takes {header_size}",
                header.len()
            ),
        ));
    }
    let sizes = header[4..].chunks_exact(4);
    let dimensions: Vec<usize> = sizes
        .map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]) as usize)
        .collect();
    let expected = count(&dimensions).filter(|n| *n > 0).ok_or_else(|| {
        Error::data(
            path,
            format!("the header says {dimensions:?}, which is not a valid shape"),
        )
    })?;

    // At most one byte more than the header says is read, so that a damaged file cannot fill the memory.
    // That byte shows whether the file is too long.
    let mut bytes = Vec::new();
    (&mut from)
        .take(expected as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(read_failed)?;
    if bytes.len() < expected {
        return Err(Error::data(
            path,
            format!(
                "truncated: the header says {dimensions:?}, which takes {expected} bytes, but {} follow",
                bytes.len()
            ),
        ));
    }
    if bytes.len() > expected {
        let rest = std::io::copy(&mut from, &mut std::io::sink()).map_err(read_failed)?;
        return Err(Error::data(
            path,
            format!(
                "trailing bytes: the header says {dimensions:?}, which takes {expected} bytes, but {} follow",
                bytes.len() as u64 + rest
            ),
        ));
    }
    Ok(Idx { dimensions, bytes })
}

fn check_magic(magic: [u8; 4], rank: usize) -> std::result::Result<(), String> {
    let kind = |rank: usize| match rank {
        1 => "labels".to_string(),
        3 => "images".to_string(),
        n => format!("{n} dimensions"),
    };
    let number = u32::from_be_bytes(magic);
    let wanted = u32::from_be_bytes([0, 0, UNSIGNED_BYTE, rank as u8]);
    match magic {
        [0, 0, UNSIGNED_BYTE, found] if usize::from(found) == rank => Ok(()),
        [0, 0, UNSIGNED_BYTE, found] => Err(format!(
            "mislabelled: the magic number {number:#010x} means {}, but a file with this name should hold \
             {} ({wanted:#010x}); are two files swapped?",
            kind(found.into()),
            kind(rank)
        )),
        [0, 0, element, _] => Err(format!(
            "element type {element:#04x} in the magic number {number:#010x}; \
             only unsigned bytes (0x08) are supported"
        )),
        [0x1f, 0x8b, ..] => {
            Err("the file is gzipped, but its name does not end in .gz; rename it".into())
        }
        _ => Err(format!(
            "not an IDX file: the magic number is {number:#010x}, expected {wanted:#010x}"
        )),
    }
}

/// Greyscale images with a class label each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelledImages {
    /// Height of an image in pixels.
    pub height: usize,
    /// Width of an image in pixels.
    pub width: usize,
    /// Pixels, row-major [n, height, width]; 0 is black.
    pub pixels: Vec<u8>,
    /// The class of each image.
    pub labels: Vec<u8>,
}

/// Reads the images and labels of one split from a directory with files named like MNIST's, gzipped or
/// plain.
///
/// # Errors
/// [`Error::Data`] when a file is missing or damaged, when the numbers of labels and images differ, and for a label
/// above 9.
pub fn read_pair(folder: &Path, split: Split) -> Result<LabelledImages> {
    let prefix = match split {
        Split::Train => "train",
        Split::Test => "t10k",
    };
    let images_path = find(folder, &format!("{prefix}-images-idx3-ubyte"))?;
    let labels_path = find(folder, &format!("{prefix}-labels-idx1-ubyte"))?;
    let images = Idx::read(&images_path, 3)?;
    let labels = Idx::read(&labels_path, 1)?;
    if images.dimensions[0] != labels.dimensions[0] {
        return Err(Error::data(
            labels_path,
            format!(
                "mismatched: {} labels for the {} images of {}",
                labels.dimensions[0],
                images.dimensions[0],
                images_path.display()
            ),
        ));
    }
    if let Some(index) = labels.bytes.iter().position(|label| *label >= CLASSES) {
        return Err(Error::data(
            labels_path,
            format!(
                "the label of image {index} (counted from 0) is {}, but classes are numbered 0 to {}; the file is \
                 damaged or belongs to another dataset",
                labels.bytes[index],
                CLASSES - 1
            ),
        ));
    }
    Ok(LabelledImages {
        height: images.dimensions[1],
        width: images.dimensions[2],
        pixels: images.bytes,
        labels: labels.bytes,
    })
}

fn find(folder: &Path, name: &str) -> Result<PathBuf> {
    let candidates = [folder.join(format!("{name}.gz")), folder.join(name)];
    let found = candidates.into_iter().find(|path| path.is_file());
    found.ok_or_else(|| Error::data(folder, format!("contains neither {name}.gz nor {name}")))
}
