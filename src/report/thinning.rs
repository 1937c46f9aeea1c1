//! Reduces a curve of thousands of noisy points to as many as the figure can show.

/// Keeps at most two points per pixel column, the lowest and the highest, so that every spike remains visible.
pub(super) fn decimated(points: &[(f64, f64)], columns: usize) -> Vec<(f64, f64)> {
    if points.len() <= 2 * columns || columns == 0 {
        return points.to_vec();
    }
    let mut kept = Vec::with_capacity(2 * columns + 2);
    kept.push(points[0]);
    for column in 0..columns {
        let part = &points[column * points.len() / columns..(column + 1) * points.len() / columns];
        let by_y = |a: &&(f64, f64), b: &&(f64, f64)| a.1.total_cmp(&b.1);
        if let (Some(&low), Some(&high)) = (part.iter().min_by(by_y), part.iter().max_by(by_y)) {
            let (first, second) = if low.0 <= high.0 {
                (low, high)
            } else {
                (high, low)
            };
            kept.push(first);
            if second.0 > first.0 {
                kept.push(second);
            }
        }
    }
    kept.push(points[points.len() - 1]);
    kept
}

/// Running mean over a centred window of 1/40 of the points, shorter at the ends.
///
/// On a logarithmic axis the points hold logarithms, so the mean is geometric.
pub(super) fn running_mean(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let reach = (points.len() / 80).max(1);
    let sums: Vec<f64> = std::iter::once(0.0)
        .chain(points.iter().scan(0.0, |sum, p| {
            *sum += p.1;
            Some(*sum)
        }))
        .collect();
    let mean = |(i, p): (usize, &(f64, f64))| {
        let (from, to) = (i.saturating_sub(reach), (i + reach + 1).min(points.len()));
        (p.0, (sums[to] - sums[from]) / (to - from) as f64)
    };
    points.iter().enumerate().map(mean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimation_keeps_the_end_points_and_every_spike() {
        let mut points: Vec<(f64, f64)> = (0..50_000).map(|i| (f64::from(i), 0.0)).collect();
        points[12_345].1 = 9.0;
        points[30_001].1 = -7.0;
        let kept = decimated(&points, 300);
        assert!(kept.len() <= 602, "{}", kept.len());
        assert_eq!((kept[0], kept[kept.len() - 1]), (points[0], points[49_999]));
        assert!(kept.contains(&(12_345.0, 9.0)) && kept.contains(&(30_001.0, -7.0)));
        assert!(kept.is_sorted_by(|a, b| a.0 <= b.0));
    }

    #[test]
    fn the_running_mean_of_a_straight_line_is_that_line() {
        let points: Vec<(f64, f64)> = (0..1000)
            .map(|i| (f64::from(i), 3.0 * f64::from(i)))
            .collect();
        for (mean, p) in running_mean(&points).iter().zip(&points).skip(20).take(960) {
            assert!((mean.1 - p.1).abs() < 1e-9);
        }
    }
}
