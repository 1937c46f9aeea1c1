//! Arrays in NumPy's `.npz` format, a zip archive of `.npy` files, read as a stream.
//!
//! A file may claim any size, so nothing is allocated by what a header says: the array is passed on in pieces as its
//! bytes arrive.

use std::fs::File;
use std::io::{BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};

use npyz::Order;
use zip::ZipArchive;
use zip::read::ZipFile;
use zip::result::ZipError;

use super::npy::read_header;
use crate::error::{AtPath, Error, Result};

/// Number of bytes that are read at a time, or one row where that is more.
const PIECE: usize = 1 << 18;

/// An open `.npz` file.
pub(super) struct Npz {
    path: PathBuf,
    archive: ZipArchive<BufReader<File>>,
}

/// Type of the elements of an array.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Element {
    U8,
    I64,
    F64,
}

impl Element {
    /// NumPy's name, and the description in a header.
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Element::U8 => ("uint8", "|u1"),
            Element::I64 => ("int64", "<i8"),
            Element::F64 => ("float64", "<f8"),
        }
    }

    fn bytes(self) -> usize {
        match self {
            Element::U8 => 1,
            Element::I64 | Element::F64 => 8,
        }
    }
}

impl Npz {
    /// Opens a file and reads its list of members.
    ///
    /// # Errors
    /// [`Error::Data`] for a file that is not a zip archive or is truncated; [`Error::Io`] when it cannot be read.
    pub fn open(path: &Path) -> Result<Self> {
        let file = BufReader::new(File::open(path).at(path)?);
        let archive = ZipArchive::new(file).map_err(|error| match error {
            ZipError::Io(error) if error.raw_os_error().is_some() => Error::Io {
                path: path.into(),
                source: error,
            },
            error => Error::data(
                path,
                format!(
                    "is not a readable .npz file (a zip archive), or is truncated: {error}; get the file again"
                ),
            ),
        })?;
        Ok(Npz {
            path: path.into(),
            archive,
        })
    }

    /// Starts to read the array of a member such as `imgs.npy`, which must have elements of type `element` and shape
    /// \[n, `columns`…\] with n from 1 to `maximum`.
    ///
    /// # Errors
    /// [`Error::Data`] naming the member, if it is missing, encrypted, damaged or another array.
    pub fn array(
        &mut self,
        member: &'static str,
        element: Element,
        columns: &[u64],
        maximum: usize,
    ) -> Result<Array<'_>> {
        let path = self.path.as_path();
        let refuse = |problem: String| Error::data(path, format!("{member} {problem}"));
        let mut bytes = self.archive.by_name(member).map_err(|error| match error {
            ZipError::FileNotFound => refuse("is missing from the archive".into()),
            error => refuse(format!("cannot be read: {error}")),
        })?;
        let damaged = |error| refuse(format!("is not a readable .npy array: {error}"));
        let (header, header_len) = read_header(&mut bytes).map_err(damaged)?;
        let (name, descr) = element.names();
        if header.dtype().descr() != format!("'{descr}'") {
            return Err(refuse(format!(
                "has elements of type {}, but {name} ('{descr}') is needed",
                header.dtype().descr()
            )));
        }
        let rows = match header.shape() {
            [rows, rest @ ..] if rest == columns => *rows,
            shape => {
                let columns = columns.iter().map(u64::to_string).collect::<Vec<_>>();
                return Err(refuse(format!(
                    "has shape {shape:?}, but [n, {}] is needed",
                    columns.join(", ")
                )));
            }
        };
        if header.order() == Order::Fortran {
            return Err(refuse(
                "is in Fortran order, which is not supported; save numpy.ascontiguousarray(array)"
                    .into(),
            ));
        }
        let rows = usize::try_from(rows)
            .ok()
            .filter(|n| (1..=maximum).contains(n));
        let rows = rows.ok_or_else(|| {
            refuse(format!(
                "has {} rows, but must have from 1 to {maximum}",
                header.shape()[0]
            ))
        })?;
        let row_len = element.bytes() * columns.iter().product::<u64>() as usize;
        let (expected, found) = (row_len as u64 * rows as u64 + header_len, bytes.size());
        if expected != found {
            return Err(refuse(format!(
                "should take {expected} bytes by its header, but the archive says {found}; the file is damaged"
            )));
        }
        Ok(Array {
            path,
            member,
            rows,
            row_len,
            bytes,
        })
    }
}

/// An array whose header has been read.
pub(super) struct Array<'a> {
    path: &'a Path,
    member: &'static str,
    /// Number of rows.
    pub rows: usize,
    /// Number of bytes of a row.
    row_len: usize,
    bytes: ZipFile<'a, BufReader<File>>,
}

impl Array<'_> {
    /// Calls `receive` with the number of the first row and the bytes of one or several rows, until all rows are read.
    ///
    /// # Errors
    /// Those of `receive`, to which the name of the member is added; [`Error::Data`] for data that are truncated or do
    /// not have the checksum that the archive states.
    pub fn read(
        mut self,
        mut receive: impl FnMut(usize, &[u8]) -> Result<(), String>,
    ) -> Result<()> {
        let refuse = |problem: String| Error::data(self.path, format!("{} {problem}", self.member));
        let failed = |error: std::io::Error| match error.kind() {
            ErrorKind::UnexpectedEof => refuse("is truncated; get the file again".into()),
            _ => refuse(format!("is damaged: {error}; get the file again")),
        };
        let rows_at_a_time = (PIECE / self.row_len).max(1);
        let mut piece = vec![0; rows_at_a_time.min(self.rows) * self.row_len];
        for first in (0..self.rows).step_by(rows_at_a_time) {
            let rows = rows_at_a_time.min(self.rows - first);
            let piece = &mut piece[..rows * self.row_len];
            self.bytes.read_exact(piece).map_err(failed)?;
            receive(first, piece).map_err(refuse)?;
        }
        // The checksum is compared when the end is reached.
        match self.bytes.read(&mut [0]).map_err(failed)? {
            0 => Ok(()),
            _ => Err(refuse(
                "has more data than its header says; get the file again".into(),
            )),
        }
    }
}
