//! Positions of the ticks of an axis.

/// Round numbers that divide `from ..= to` into about `count` parts.
pub(super) fn ticks(from: f64, to: f64, count: usize) -> Vec<f64> {
    let rough = (to - from) / count.max(1) as f64;
    if rough.is_nan() || rough <= 0.0 || !rough.is_finite() {
        return vec![from];
    }
    let decade = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0]
        .map(|s| s * decade)
        .into_iter()
        .find(|s| *s >= rough * 0.999)
        .unwrap_or(10.0 * decade);
    let first = (from / step - 1e-9).ceil() as i64;
    let last = (to / step + 1e-9).floor() as i64;
    (first..=last).map(|i| i as f64 * step).collect()
}

/// Ticks of a log₁₀ axis: whole decades if the range holds at least two, else 1, 2 and 5 in each decade.
pub(super) fn log_ticks(from: f64, to: f64) -> Vec<f64> {
    let decades = ticks(from, to, 4);
    let whole: Vec<f64> = decades.into_iter().filter(|d| d.fract() == 0.0).collect();
    if whole.len() >= 2 {
        return whole;
    }
    let finer = (from.floor() as i32..=to.ceil() as i32)
        .flat_map(|d| [1.0f64, 2.0, 5.0].map(|m| f64::from(d) + m.log10()))
        .filter(|v| (from..=to).contains(v));
    let finer: Vec<f64> = finer.collect();
    if finer.is_empty() {
        ticks(from, to, 3)
    } else {
        finer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_numbers_within_the_range() {
        assert_eq!(ticks(0.0, 10.0, 5), [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]);
        assert_eq!(ticks(3.0, 997.0, 4), [500.0]);
        assert_eq!(ticks(-1.4, 1.4, 4), [-1.0, 0.0, 1.0]);
        assert_eq!(ticks(2.0, 2.0, 4), [2.0]);
    }

    #[test]
    fn a_log_axis_has_ticks_for_any_range() {
        for (from, to) in [(-3.0, 2.0), (0.1, 0.6), (0.31, 0.33), (-8.0, 8.0)] {
            let marks = log_ticks(from, to);
            assert!((1..=9).contains(&marks.len()), "{from} {to} {marks:?}");
        }
    }
}
