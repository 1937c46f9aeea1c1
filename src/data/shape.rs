//! The shape of a sample, and the description of a dataset that converts samples back to the user's units.

use serde::{Deserialize, Serialize};

use crate::error::{counted, thousands};

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
    /// A vector of numbers: a point of a mixture, or a row of a table.
    Vector {
        /// Number of values.
        len: usize,
    },
    /// An image in channel, row, column order with values in [−1, 1].
    Image {
        /// Number of channels: 1 for greyscale, 3 for RGB.
        channels: usize,
        /// Height in pixels.
        height: usize,
        /// Width in pixels.
        width: usize,
    },
}

impl SampleShape {
    /// Number of values in one sample; `usize::MAX` if the product overflows.
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

impl SampleShape {
    /// The shape as a noun phrase for one sample: `2 numbers`, `a 1×28×28 image`.
    pub(crate) fn of_one_sample(&self) -> String {
        match self {
            SampleShape::Vector { .. } => self.to_string(),
            SampleShape::Image { .. } => format!("a {self}"),
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

/// What identifies the stored images of a dataset, so that a change is noticed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredContent {
    /// Number of images.
    pub count: usize,
    /// SHA-256 of the pixels and labels, in hexadecimal.
    pub digest: String,
}

/// What must be known of a dataset to use a network that was trained on it, without the data.
///
/// Every checkpoint contains one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Description {
    /// Name by which the dataset was opened.
    pub name: String,
    /// Shape of one sample.
    pub shape: SampleShape,
    /// Column names of a table or a mixture; empty for images.
    pub columns: Vec<String>,
    /// Mean of each column of a table, in the user's units; empty for everything else.
    pub mean: Vec<f32>,
    /// Standard deviation of each column of a table, in the user's units; empty for everything else.
    pub std: Vec<f32>,
    /// Content of stored images; `None` for everything else, and in checkpoints of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<StoredContent>,
}

impl Description {
    /// Points of the plane with coordinates x and y.
    pub(super) fn of_points(name: &str) -> Self {
        Description {
            name: name.into(),
            shape: SampleShape::Vector { len: 2 },
            columns: vec!["x".into(), "y".into()],
            mean: vec![],
            std: vec![],
            content: None,
        }
    }

    /// The description of images with this number of channels and pixels.
    pub(super) fn of_images(name: &str, channels: usize, height: usize, width: usize) -> Self {
        Description {
            name: name.into(),
            shape: SampleShape::Image {
                channels,
                height,
                width,
            },
            columns: vec![],
            mean: vec![],
            std: vec![],
            content: None,
        }
    }

    /// The first difference from an earlier description, in words; `None` if they are equal.
    pub(crate) fn difference(&self, then: &Description) -> Option<String> {
        // Checkpoints of earlier versions do not describe the content, so it cannot be compared.
        let content = match (&self.content, &then.content) {
            (Some(now), Some(then)) if now != then => Some((now, then)),
            _ => None,
        };
        let without_content = |d: &Description| Description {
            content: None,
            ..d.clone()
        };
        if without_content(self) == without_content(then) {
            return content.map(|(now, then)| {
                if now.count == then.count {
                    "it has as many images as during training, but their pixels or labels differ"
                        .into()
                } else {
                    format!(
                        "it now has {}, but had {} during training",
                        counted(now.count, "image"),
                        thousands(then.count as u64)
                    )
                }
            });
        }
        if self.shape != then.shape {
            let [now, then] = [self, then].map(|d| d.shape.of_one_sample());
            return Some(format!(
                "a sample is now {now}, but was {then} during training"
            ));
        }
        if self.columns != then.columns {
            let [now, then] = [self, then].map(|d| d.columns.join(", "));
            return Some(format!(
                "its columns are now {now}, but were {then} during training"
            ));
        }
        let moments = |d: &Description, i: usize| Some((*d.mean.get(i)?, *d.std.get(i)?));
        let changed = |i: &usize| moments(self, *i) != moments(then, *i);
        let column = (0..self.columns.len()).find(changed);
        let column = column.and_then(|i| Some((i, moments(self, i)?, moments(then, i)?)));
        Some(match column {
            Some((i, now, then)) => format!(
                "column \"{}\" now has mean {} and standard deviation {}, but had {} and {} during training",
                self.columns[i], now.0, now.1, then.0, then.1
            ),
            None => format!(
                "the dataset is now {}, but was {} during training",
                self.name, then.name
            ),
        })
    }

    /// Converts standardised rows back to the user's units in place: `x · std + mean` for each column.
    ///
    /// Images and points of mixtures are not standardised and stay unchanged. `rows` is row-major
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
    ///     content: None,
    /// };
    /// let mut rows = [0.0, 1.0, -2.0, 0.5];
    /// table.to_units(&mut rows);
    /// assert_eq!(rows, [10.0, 1020.0, 0.0, 1010.0]);
    /// ```
    pub fn to_units(&self, rows: &mut [f32]) {
        // Without standardised columns there is nothing to convert, and `chunks_mut` refuses a length of 0.
        for row in rows.chunks_mut(self.mean.len().max(1)) {
            for ((x, mean), std) in row.iter_mut().zip(&self.mean).zip(&self.std) {
                *x = *x * std + mean;
            }
        }
    }
}
