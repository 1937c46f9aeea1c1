//! Properties of columns that distort distances between rows.

/// How many times its robust scale the standard deviation of a column may be before outliers or separate groups
/// dominate its distances.
const OUTLIER_RATIO: f64 = 5.0;
/// Share of the gaps between values that are the smallest gap, above which the values are evenly spaced. Among
/// numbers drawn from a density only one gap is.
const EVEN_SHARE: f64 = 0.5;

/// What dominates the distances between the values of a column.
pub(super) enum Dominated {
    /// Outliers, with the ratio of the standard deviation to that of the middle half of the values.
    ByOutliers(f64),
    /// The distance between groups of values.
    BySeparateGroups,
}

/// What makes the standard deviation of a column much larger than the distances between most of its values, if
/// anything does.
pub(super) fn dominated(mut values: Vec<f64>, deviation: f64) -> Option<Dominated> {
    values.sort_by(f64::total_cmp);
    let quarter = values.len() / 4;
    // The interquartile range of a normal variable is 1.349 standard deviations.
    let middle = (values[values.len() - 1 - quarter] - values[quarter]) / 1.349;
    if deviation > OUTLIER_RATIO * middle {
        Some(Dominated::ByOutliers(deviation / middle))
    } else if deviation > OUTLIER_RATIO * span_of_median_gap(&values) {
        Some(Dominated::BySeparateGroups)
    } else {
        None
    }
}

/// The range that a column of n values would span if all gaps were the median one; 2.6 standard deviations for a
/// normal variable.
fn span_of_median_gap(sorted: &[f64]) -> f64 {
    let mut values = sorted.to_vec();
    values.dedup();
    let mut gaps: Vec<f64> = values.windows(2).map(|pair| pair[1] - pair[0]).collect();
    if gaps.is_empty() {
        return f64::INFINITY;
    }
    let middle = gaps.len() / 2;
    *gaps.select_nth_unstable_by(middle, f64::total_cmp).1 * values.len() as f64
}

/// Whether most values are at the smallest distance between any two values.
pub(super) fn evenly_spaced(column: impl Iterator<Item = f64>) -> bool {
    let mut values: Vec<f64> = column.collect();
    values.sort_by(f64::total_cmp);
    values.dedup();
    let gaps = || values.windows(2).map(|pair| pair[1] - pair[0]);
    let smallest = gaps().fold(f64::INFINITY, f64::min);
    // The rounding error of equal gaps grows with the size of the values.
    let equal = values.windows(2).filter(|pair| {
        let size = pair[0].abs().max(pair[1].abs());
        pair[1] - pair[0] - smallest <= 1e-6 * smallest + 4.0 * f64::EPSILON * size
    });
    // Among few values many gaps may be equal by chance.
    values.len() > 20 && equal.count() as f64 > EVEN_SHARE * values.len() as f64
}

/// Pearson's correlation. Each column is divided by its largest value first, so that squares do not overflow.
pub(super) fn correlation(x: &[f64], y: &[f64]) -> f64 {
    let unit = |v: &[f64]| {
        let largest = v.iter().fold(f64::MIN_POSITIVE, |m, v| m.max(v.abs()));
        let mean = v.iter().map(|v| v / largest).sum::<f64>() / v.len() as f64;
        let centred: Vec<f64> = v.iter().map(|v| v / largest - mean).collect();
        let size = centred.iter().map(|v| v * v).sum::<f64>().sqrt();
        centred.into_iter().map(move |v| v / size)
    };
    unit(x).zip(unit(y)).map(|(x, y)| x * y).sum()
}
