//! A matrix in a slice, in any layout.

/// A matrix in a slice: element (i, j) is `data[i * row + j * column]`.
#[derive(Clone, Copy)]
pub(crate) struct View<'a, T> {
    /// The slice.
    pub(super) data: &'a [T],
    /// Distance between the elements of a column.
    pub(super) row: usize,
    /// Distance between the elements of a row.
    pub(super) column: usize,
}

impl<'a, T: Copy> View<'a, T> {
    /// Returns a row-major matrix with this number of columns.
    pub fn rows(data: &'a [T], columns: usize) -> Self {
        View {
            data,
            row: columns,
            column: 1,
        }
    }

    /// Returns the transpose.
    pub fn t(self) -> Self {
        View {
            data: self.data,
            row: self.column,
            column: self.row,
        }
    }

    /// Returns element (row, column).
    #[inline(always)]
    pub fn at(&self, row: usize, column: usize) -> T {
        self.data[row * self.row + column * self.column]
    }

    /// Returns the `len` elements of row `row` from column `column` on, if they are contiguous.
    #[inline(always)]
    pub fn run(&self, row: usize, column: usize, len: usize) -> Option<&'a [T]> {
        let start = row * self.row + column;
        (self.column == 1).then(|| &self.data[start..start + len])
    }

    /// Returns the matrix without its first `count` columns.
    pub(super) fn skip_columns(self, count: usize) -> Self {
        View {
            data: &self.data[count * self.column..],
            ..self
        }
    }

    /// Returns the matrix without its first `count` rows.
    pub(super) fn skip_rows(self, count: usize) -> Self {
        View {
            data: &self.data[count * self.row..],
            ..self
        }
    }

    /// Whether all elements of a matrix `[rows, columns]` are in the slice.
    pub(super) fn holds(&self, rows: usize, columns: usize) -> bool {
        rows == 0
            || columns == 0
            || (rows - 1) * self.row + (columns - 1) * self.column < self.data.len()
    }
}
