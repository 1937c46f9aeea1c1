//! Arrays of floating-point numbers in NumPy's `.npy` format.

use std::fs::File;
use std::io::{BufReader, ErrorKind, Read};
use std::path::Path;

use npyz::{DType, NpyFile, NpyHeader, Order, TypeChar, WriterBuilder};

use crate::error::{AtPath, Error, Result};
use crate::files::write_atomically;

/// Largest number of bytes of a header. NumPy writes 128 for an array without named fields.
const MAXIMUM_HEADER: usize = 4096;
/// Largest number of opening brackets in a header. An array without named fields has two.
const MAXIMUM_BRACKETS: usize = 8;

/// An array of numbers, converted to f64.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// Size of each dimension, the slowest to vary first.
    pub dimensions: Vec<usize>,
    /// Elements, row-major.
    pub values: Vec<f64>,
}

/// Reads an array of f32 or f64 with two dimensions [n, columns] or four [n, channels, height, width].
///
/// # Errors
/// [`Error::Data`] when the array has another type or number of dimensions, is in Fortran order, or has
/// fewer or more bytes than its header says; [`Error::Io`] when the file cannot be read.
pub fn read(path: &Path) -> Result<Array> {
    let damaged = |e: std::io::Error| Error::data(path, format!("not a readable .npy file: {e}"));
    let mut start = BufReader::new(File::open(path).at(path)?);
    let (header, _) = read_header(&mut start).map_err(damaged)?;
    let file = NpyFile::with_header(header, start);
    let wide = match file.dtype() {
        DType::Plain(t) if t.type_char() == TypeChar::Float && t.size_field() == 4 => false,
        DType::Plain(t) if t.type_char() == TypeChar::Float && t.size_field() == 8 => true,
        other => {
            return Err(Error::data(
                path,
                format!(
                    "has elements of type {}, but only f32 and f64 are supported; \
                     save array.astype(numpy.float32)",
                    other.descr()
                ),
            ));
        }
    };
    let sizes = file.shape().iter().map(|&d| usize::try_from(d).ok());
    let dimensions = sizes.collect::<Option<Vec<usize>>>().unwrap_or_default();
    if !matches!(dimensions.len(), 2 | 4) {
        return Err(Error::data(
            path,
            format!(
                "has shape {:?}; expected two dimensions (samples × columns), \
                 or four for images (samples × channels × height × width)",
                file.shape()
            ),
        ));
    }
    if file.order() == Order::Fortran {
        return Err(Error::data(
            path,
            "is in Fortran order, which is not supported; save numpy.ascontiguousarray(array)",
        ));
    }
    let width = if wide { 8 } else { 4 };
    let expected = dimensions
        .iter()
        .try_fold(width, |n: usize, d| n.checked_mul(*d));
    let expected = expected
        .and_then(|n| u64::try_from(n).ok())
        .filter(|n| *n > 0)
        .ok_or_else(|| {
            Error::data(
                path,
                format!("has shape {dimensions:?}, so there are no samples"),
            )
        })?;

    let little = match file.dtype() {
        DType::Plain(t) => t.endianness() != npyz::Endianness::Big,
        _ => true,
    };
    let mut bytes = Vec::new();
    let mut rest = file.into_inner();
    // At most one byte more than the header says is read; it shows whether the file is too long.
    let mut limited = (&mut rest).take(expected.saturating_add(1));
    limited.read_to_end(&mut bytes).at(path)?;
    if bytes.len() as u64 != expected {
        let more = std::io::copy(&mut rest, &mut std::io::sink()).at(path)?;
        return Err(Error::data(
            path,
            format!(
                "the header says shape {dimensions:?}, which takes {expected} bytes, but {} follow",
                bytes.len() as u64 + more
            ),
        ));
    }
    Ok(Array {
        dimensions,
        values: numbers(bytes, wide, little),
    })
}

/// Reads the header of a `.npy` file, and returns it with its length in bytes. The header may have been written by
/// anyone, so what the parser would take too long for, or panic on, is refused before it is parsed.
pub(super) fn read_header(bytes: &mut impl Read) -> std::io::Result<(NpyHeader, u64)> {
    let invalid = |problem: &str| std::io::Error::new(ErrorKind::InvalidData, problem.to_string());
    let mut read = |to: &mut [u8]| {
        bytes.read_exact(to).map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => invalid("it ends within its header"),
            _ => error,
        })
    };
    // Magic number, version, and length of the text: two bytes in version 1, four in later ones.
    let mut start = vec![0; 10];
    read(&mut start)?;
    if !start.starts_with(b"\x93NUMPY") {
        return Err(invalid("it does not begin with the mark of a NumPy array"));
    }
    if start[6] > 1 {
        start.resize(12, 0);
        read(&mut start[10..])?;
    }
    let length = start[8..].iter().rev();
    let length = length.fold(0, |len: usize, byte| len << 8 | usize::from(*byte));
    if length > MAXIMUM_HEADER {
        return Err(invalid("the header is too long"));
    }
    let text = start.len();
    start.resize(text + length, 0);
    read(&mut start[text..])?;
    // The time to parse a header grows exponentially with the depth of its brackets.
    let is_open = |byte: &&u8| b"([{".contains(byte);
    if start[text..].iter().filter(is_open).count() > MAXIMUM_BRACKETS {
        return Err(invalid("the header has too many brackets"));
    }
    if overflows(&start) {
        return Err(invalid("it has more elements than can be counted"));
    }
    let header = NpyHeader::from_reader(&start[..])?;
    Ok((header, start.len() as u64))
}

/// Whether the product of the sizes in the header exceeds 64 bits, which would make the reader panic.
fn overflows(start: &[u8]) -> bool {
    let text = String::from_utf8_lossy(start);
    let shape = text
        .split("'shape':")
        .nth(1)
        .and_then(|s| s.split(')').next());
    let sizes = shape
        .unwrap_or_default()
        .split(|c: char| !c.is_ascii_digit());
    let sizes = sizes
        .filter(|s| !s.is_empty())
        .map(|s| s.parse::<u64>().ok());
    sizes
        .map(|size| size.map(|n| n.max(1)))
        .try_fold(8u64, |n, size| n.checked_mul(size?))
        .is_none()
}

fn numbers(mut bytes: Vec<u8>, wide: bool, little: bool) -> Vec<f64> {
    if !little {
        let width = if wide { 8 } else { 4 };
        bytes.chunks_exact_mut(width).for_each(<[u8]>::reverse);
    }
    if wide {
        bytes
            .as_chunks()
            .0
            .iter()
            .map(|b| f64::from_le_bytes(*b))
            .collect()
    } else {
        let singles = bytes.as_chunks().0.iter();
        singles.map(|b| f64::from(f32::from_le_bytes(*b))).collect()
    }
}

/// Writes a row-major array of f32 atomically.
///
/// ```
/// use ganscope::data::npy;
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("points.npy");
/// npy::write(&path, &[2, 2], &[1.0, -0.5, 0.25, 8.0])?;
/// let array = npy::read(&path)?;
/// assert_eq!(array.dimensions, [2, 2]);
/// assert_eq!(array.values, [1.0, -0.5, 0.25, 8.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] when the number of values does not match the dimensions; [`Error::Io`] when the file
/// cannot be written.
pub fn write(path: &Path, dimensions: &[usize], values: &[f32]) -> Result<()> {
    let expected = dimensions.iter().try_fold(1usize, |n, d| n.checked_mul(*d));
    if expected != Some(values.len()) {
        return Err(Error::Usage(format!(
            "{}: {} numbers cannot be an array of shape {dimensions:?}",
            path.display(),
            values.len()
        )));
    }
    let shape: Vec<u64> = dimensions.iter().map(|d| *d as u64).collect();
    write_atomically(path, |out| {
        let mut writer = npyz::WriteOptions::<f32>::new()
            .default_dtype()
            .shape(&shape)
            .writer(out)
            .begin_nd()?;
        writer.extend(values.iter().copied())?;
        writer.finish()
    })
}
