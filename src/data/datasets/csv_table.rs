//! `csv:FILE`: a table of numbers, CSV or NPY.

use std::path::Path;

use crate::data::kind::{DatasetKind, Origin, PathKind};
use crate::data::source::FiniteSource;
use crate::data::{DataConfig, Dataset, Description, SampleShape, Table};
use crate::error::Result;

pub(super) const KIND: DatasetKind = DatasetKind {
    name: "csv:FILE",
    origin: Origin::UserFiles {
        open,
        path: PathKind::File,
    },
    settings: &[],
    images: false,
    mixture: None,
};

fn open(config: &DataConfig, file: &Path) -> Result<Dataset> {
    let table = Table::read(file)?;
    let standardised = table.standardise()?;
    let width = table.columns.len();
    let description = Description {
        name: config.name.clone(),
        shape: SampleShape::Vector { len: width },
        columns: table.columns,
        mean: standardised.mean,
        std: standardised.std,
        content: None,
    };
    let rows = Rows {
        values: standardised.values,
        width,
    };
    Ok(Dataset::finite(description, rows))
}

/// Standardised rows of a table.
#[derive(Debug)]
struct Rows {
    /// Row-major [rows, width].
    values: Vec<f32>,
    width: usize,
}

impl FiniteSource for Rows {
    fn len(&self) -> usize {
        self.values.len() / self.width
    }

    fn read(&self, indices: &[usize], values: &mut [f32]) {
        for (row, &i) in values.chunks_exact_mut(self.width).zip(indices) {
            row.copy_from_slice(&self.values[i * self.width..][..self.width]);
        }
    }
}
