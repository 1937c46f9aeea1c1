//! Sample files, which `sample` writes and `evaluate --samples` reads.

use std::path::Path;

use super::column::is_number;
use super::{SampleShape, Table, npy, write_grid};
use crate::error::{Error, Result};
use crate::files::write_atomically;

/// Number of images in a row of a PNG.
const GRID_COLUMNS: usize = 8;

/// Samples of one shape.
///
/// ```
/// use ganscope::data::{SampleShape, Samples};
/// let samples = Samples {
///     shape: SampleShape::Vector { len: 2 },
///     columns: vec!["x".into(), "y".into()],
///     values: vec![0.5, -1.0, 0.1, 3.0],
/// };
/// assert_eq!(samples.len(), 2);
/// assert_eq!(samples.row(1), Some(&[0.1, 3.0][..]));
///
/// let folder = tempfile::tempdir()?;
/// for name in ["points.csv", "points.npy"] {
///     let path = folder.path().join(name);
///     samples.write(&path)?;
///     assert_eq!(Samples::read(&path)?.values, samples.values);
/// }
/// let message = samples.write(&folder.path().join("points.txt")).unwrap_err().to_string();
/// assert!(message.contains(".png, .csv or .npy"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Samples {
    /// Shape of one sample.
    pub shape: SampleShape,
    /// Column names of vectors; empty for images.
    pub columns: Vec<String>,
    /// Values, row-major [n, numel]: in the user's units, images in [−1, 1].
    pub values: Vec<f32>,
}

impl Samples {
    /// Number of samples.
    pub fn len(&self) -> usize {
        self.values.len() / self.shape.numel().max(1)
    }

    /// Whether there is no sample.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The sample at `index` (from 0), or `None` if there are not that many.
    pub fn row(&self, index: usize) -> Option<&[f32]> {
        self.values
            .chunks_exact(self.shape.numel().max(1))
            .nth(index)
    }

    /// Writes the samples atomically, in the format given by the extension of the file.
    ///
    /// `.png` is a grid of images; `.csv` has one row per sample, below a header when the columns have
    /// names; `.npy` is an array of f32, [n, columns] or [n, channels, height, width].
    ///
    /// # Errors
    /// [`Error::Usage`] for another extension, for vectors as PNG, and for values that are not a whole number
    /// of samples; [`Error::Io`] when the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        let numel = self.shape.numel().max(1);
        if !self.values.len().is_multiple_of(numel) {
            return Err(Error::Usage(format!(
                "{} numbers cannot be divided into samples of {}",
                self.values.len(),
                self.shape
            )));
        }
        match extension(path).as_str() {
            "png" => write_grid(path, &self.values, &self.shape, GRID_COLUMNS),
            "csv" => self.write_csv(path),
            "npy" => {
                let mut dimensions = vec![self.len()];
                match self.shape {
                    SampleShape::Vector { len } => dimensions.push(len),
                    SampleShape::Image {
                        channels,
                        height,
                        width,
                    } => dimensions.extend([channels, height, width]),
                }
                npy::write(path, &dimensions, &self.values)
            }
            _ => Err(Error::Usage(format!(
                "{}: samples can be written to files that end in .png, .csv or .npy",
                path.display()
            ))),
        }
    }

    fn write_csv(&self, path: &Path) -> Result<()> {
        write_atomically(path, |out| {
            let mut writer = csv::Writer::from_writer(out);
            // A header of numbers would be read back as a row.
            let has_header = self.columns.iter().any(|c| !is_number(c));
            if has_header {
                writer.write_record(&self.columns)?;
            }
            for row in self.values.chunks_exact(self.shape.numel().max(1)) {
                // The shortest decimal that is read back as the same number.
                writer.write_record(row.iter().map(f32::to_string))?;
            }
            writer.flush()
        })
    }

    /// Reads samples from a `.csv` file (vectors) or `.npy` file (vectors, or images with four dimensions).
    ///
    /// # Errors
    /// [`Error::Usage`] for another extension; [`Error::Data`] for a damaged file and for numbers that are
    /// not finite; [`Error::Io`] when the file cannot be read.
    pub fn read(path: &Path) -> Result<Self> {
        let (shape, columns, wide) = match extension(path).as_str() {
            "csv" => vectors(Table::read(path)?),
            "npy" => {
                let array = npy::read(path)?;
                match array.dimensions[..] {
                    [_, channels, height, width] => {
                        let shape = SampleShape::Image {
                            channels,
                            height,
                            width,
                        };
                        (shape, vec![], array.values)
                    }
                    _ => vectors(Table::read(path)?),
                }
            }
            _ => {
                return Err(Error::Usage(format!(
                    "{}: samples can be read from files that end in .csv or .npy",
                    path.display()
                )));
            }
        };
        let values: Vec<f32> = wide.iter().map(|x| *x as f32).collect();
        if let Some(at) = values.iter().position(|x| !x.is_finite()) {
            return Err(Error::data(
                path,
                format!(
                    "row {}, number {}: {:e} is not finite in single precision",
                    at / shape.numel() + 1,
                    at % shape.numel() + 1,
                    wide[at]
                ),
            ));
        }
        Ok(Samples {
            shape,
            columns,
            values,
        })
    }
}

fn vectors(table: Table) -> (SampleShape, Vec<String>, Vec<f64>) {
    let len = table.columns.len();
    (SampleShape::Vector { len }, table.columns, table.values)
}

fn extension(path: &Path) -> String {
    let extension = path.extension().unwrap_or_default();
    extension.to_string_lossy().to_ascii_lowercase()
}
