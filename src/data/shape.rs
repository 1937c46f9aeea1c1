//! What one sample looks like, and how to turn network outputs back into the user's units.

use serde::{Deserialize, Serialize};

/// The shape of one sample.
///
/// ```
/// use ganscope::data::SampleShape;
/// let digit = SampleShape::Image { channels: 1, height: 28, width: 28 };
/// assert_eq!(digit.numel(), 784);
/// assert_eq!(digit.to_string(), "1×28×28 image");
/// assert_eq!(SampleShape::Vector { len: 2 }.to_string(), "2 numbers");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SampleShape {
    /// A row of numbers: a point of a mixture, a row of a table.
    Vector {
        /// How many numbers.
        len: usize,
    },
    /// An image in channel, row, column order with values in [−1, 1].
    Image {
        /// 1 for grey, 3 for RGB.
        channels: usize,
        /// Rows of pixels.
        height: usize,
        /// Columns of pixels.
        width: usize,
    },
}

impl SampleShape {
    /// Numbers in one sample; the largest there is for sizes that no memory can hold.
    pub fn numel(&self) -> usize {
        match *self {
            SampleShape::Vector { len } => len,
            SampleShape::Image {
                channels,
                height,
                width,
            } => channels.saturating_mul(height).saturating_mul(width),
        }
    }
}

impl std::fmt::Display for SampleShape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match *self {
            SampleShape::Vector { len: 1 } => write!(f, "1 number"),
            SampleShape::Vector { len } => write!(f, "{len} numbers"),
            SampleShape::Image {
                channels,
                height,
                width,
            } => write!(f, "{channels}×{height}×{width} image"),
        }
    }
}

/// What must be known of a data set to use a network trained on it without the data itself.
///
/// A checkpoint carries one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Description {
    /// The name that the data set was opened by.
    pub name: String,
    /// The shape of one sample.
    pub shape: SampleShape,
    /// Column names of a table or a mixture; empty for images.
    pub columns: Vec<String>,
    /// Mean of each column of a table, in the user's units; empty for everything else.
    pub mean: Vec<f32>,
    /// Standard deviation of each column of a table, in the user's units; empty for everything else.
    pub std: Vec<f32>,
}

impl Description {
    /// What is not as it was `then`, in words.
    pub(crate) fn difference(&self, then: &Description) -> Option<String> {
        if self == then {
            return None;
        }
        if self.shape != then.shape {
            let (now, then) = (&self.shape, &then.shape);
            return Some(format!("a sample is {now} now, and was {then}"));
        }
        if self.columns != then.columns {
            let [now, then] = [self, then].map(|d| d.columns.join(", "));
            return Some(format!("its columns are {now} now, and were {then}"));
        }
        let moments = |d: &Description, i: usize| Some((*d.mean.get(i)?, *d.std.get(i)?));
        let changed = |i: &usize| moments(self, *i) != moments(then, *i);
        let column = (0..self.columns.len()).find(changed);
        let column = column.and_then(|i| Some((i, moments(self, i)?, moments(then, i)?)));
        Some(match column {
            Some((i, now, then)) => format!(
                "column \"{}\" has mean {} and standard deviation {} now, and had {} and {}",
                self.columns[i], now.0, now.1, then.0, then.1
            ),
            None => format!("it is {} now, and was {}", self.name, then.name),
        })
    }

    /// Turns standardised rows back into the user's units in place: `x · std + mean` per column.
    ///
    /// Images and mixtures are already in their own units and stay as they are. `rows` is row-major
    /// [n, columns].
    ///
    /// ```
    /// use ganscope::data::{Description, SampleShape};
    /// let table = Description {
    ///     name: "csv:weather.csv".into(),
    ///     shape: SampleShape::Vector { len: 2 },
    ///     columns: vec!["°C".into(), "hPa".into()],
    ///     mean: vec![10.0, 1000.0],
    ///     std: vec![5.0, 20.0],
    /// };
    /// let mut rows = [0.0, 1.0, -2.0, 0.5];
    /// table.to_units(&mut rows);
    /// assert_eq!(rows, [10.0, 1020.0, 0.0, 1010.0]);
    /// ```
    pub fn to_units(&self, rows: &mut [f32]) {
        // A table has at least one column; `max` keeps `chunks_mut` from being asked for empty rows.
        for row in rows.chunks_mut(self.mean.len().max(1)) {
            for ((x, mean), std) in row.iter_mut().zip(&self.mean).zip(&self.std) {
                *x = *x * std + mean;
            }
        }
    }
}
