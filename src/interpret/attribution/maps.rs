//! Attributions of a function's value to its inputs, for each of several samples.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::{counted, short, thousands};
use crate::interpret::intervals::mean;

/// The attributions of f(x) to the inputs of each sample x.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Attributions {
    /// Name of the method, such as `gradient`.
    pub method: String,
    /// The function f, such as `output 0 of discriminator`.
    pub output: String,
    /// Number of samples.
    pub n: usize,
    /// Number of inputs of a sample.
    pub width: usize,
    /// f(x) of each sample.
    pub values: Vec<f64>,
    /// The attribution of each input, row-major [n, width]. Units: those of f for integrated gradients and occlusion,
    /// those of f per unit of the input for gradients.
    pub maps: Vec<f64>,
}

impl Attributions {
    /// The attributions of sample `index`; `None` if there is no such sample.
    pub fn map(&self, index: usize) -> Option<&[f64]> {
        self.maps.chunks_exact(self.width.max(1)).nth(index)
    }

    /// The smallest fraction of the inputs that hold half of the total |attribution|, as the mean over the samples
    /// whose attributions are not all 0; `None` if there are no such samples.
    ///
    /// It is ½ when all inputs have the same |attribution|, and 1/width when a single input has all of it.
    ///
    /// ```
    /// use ganscope::interpret::Attributions;
    /// let maps = Attributions {
    ///     method: "gradient".into(), output: "f".into(), n: 2, width: 4,
    ///     values: vec![0.0; 2], maps: vec![1.0, -1.0, 1.0, -1.0, 0.0, 9.0, 0.0, -1.0],
    /// };
    /// // Two of four inputs for the first sample, one of four for the second.
    /// assert_eq!(maps.half_of_total(), Some((0.5 + 0.25) / 2.0));
    /// ```
    pub fn half_of_total(&self) -> Option<f64> {
        let of_map = |map: &[f64]| {
            let mut sizes: Vec<f64> = map.iter().map(|v| v.abs()).collect();
            let total: f64 = sizes.iter().sum();
            sizes.sort_by(|a, b| b.total_cmp(a));
            let mut sum = 0.0;
            let count = sizes.iter().position(|size| {
                sum += size;
                // Rounding in either sum must not add an input.
                sum >= 0.5 * total * (1.0 - 1e-12)
            });
            let count = count.filter(|_| total > 0.0)?;
            Some((count + 1) as f64 / map.len() as f64)
        };
        let maps = self.maps.chunks_exact(self.width.max(1));
        let fractions: Vec<f64> = maps.filter_map(of_map).collect();
        (!fractions.is_empty()).then(|| mean(&fractions))
    }
}

impl fmt::Display for Attributions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.half_of_total() {
            Some(half) => write!(
                f,
                "half of the total |attribution| lies in {:.1} % of the inputs (mean over the samples)",
                100.0 * half
            )?,
            None => write!(f, "all attributions are 0")?,
        }
        write!(
            f,
            "\n{} of {} to {} inputs, for {} with a mean value of {}",
            self.method,
            self.output,
            thousands(self.width as u64),
            counted(self.n, "sample"),
            short(mean(&self.values))
        )
    }
}
