//! Division of the values of a code into intervals.

/// Largest number of intervals of a code.
const MAXIMUM_BINS: usize = 256;

/// The borders of the intervals of one code.
pub(super) struct Borders(Vec<f64>);

impl Borders {
    /// Borders between all different values, or at quantiles if there are more than 256.
    pub(super) fn of(values: &[f64]) -> Borders {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let mut different = sorted.clone();
        different.dedup();
        let mut borders: Vec<f64> = if different.len() <= MAXIMUM_BINS {
            different
                .windows(2)
                .map(|pair| middle(pair[0], pair[1]))
                .collect()
        } else {
            let places = (1..MAXIMUM_BINS).map(|b| b * sorted.len() / MAXIMUM_BINS);
            let pairs = places.map(|at| (sorted[at - 1], sorted[at]));
            let between = pairs.filter(|(below, above)| below < above);
            between.map(|(below, above)| middle(below, above)).collect()
        };
        borders.dedup();
        Borders(borders)
    }

    /// Number of intervals, at most 256.
    pub(super) fn count(&self) -> usize {
        self.0.len() + 1
    }

    /// The interval of each value. A value on a border is in the lower interval.
    pub(super) fn bins(&self, values: &[f64]) -> Vec<u8> {
        let bin = |value: &f64| self.0.partition_point(|border| border < value) as u8;
        values.iter().map(bin).collect()
    }
}

/// A border between two neighbouring values.
fn middle(below: f64, above: f64) -> f64 {
    let middle = 0.5 * (below + above);
    // Between adjacent numbers the middle is rounded to one of them; the border must be below the upper one.
    if middle < above { middle } else { below }
}

/// Codes in intervals.
pub(super) struct Binned {
    /// Number of intervals of each code.
    pub sizes: Vec<usize>,
    /// Interval of each code (outer) of each sample.
    pub codes: Vec<Vec<u8>>,
}

impl Binned {
    /// Number of samples.
    pub(super) fn samples(&self) -> usize {
        self.codes.first().map_or(0, Vec::len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn borders_separate_all_values_or_quantiles() {
        let few = Borders::of(&[3.0, 1.0, 3.0, 2.0]);
        assert_eq!(few.0, [1.5, 2.5]);
        assert_eq!(few.bins(&[0.0, 1.5, 1.6, 9.0]), [0, 0, 1, 2]);
        let many: Vec<f64> = (0..2560).map(f64::from).collect();
        let borders = Borders::of(&many);
        assert_eq!(borders.count(), 256);
        let bins = borders.bins(&many);
        assert!((0..=255).all(|b| bins.iter().filter(|bin| **bin == b).count() == 10));
        // Adjacent numbers are separated, too.
        let (below, above) = (1.0, 1.0 + f64::EPSILON);
        assert_eq!(Borders::of(&[below, above]).bins(&[below, above]), [0, 1]);
        assert_eq!(Borders::of(&[7.0; 5]).count(), 1);
    }
}
