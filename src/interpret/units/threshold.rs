//! The threshold above which a unit counts as active.

use serde::{Deserialize, Serialize};

/// How the threshold t of a unit is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ThresholdRule {
    /// The t that maximises the IoU on half of the samples; the IoU is that of the other half.
    Fitted,
    /// The smallest t that at most this fraction of all upsampled activations of the unit exceeds, above 0 and below 1.
    /// Network Dissection uses 0.005. The IoU is that of all samples.
    TopFraction(f64),
}

/// The threshold t that maximises the IoU of {activation > t} with the pixels in which a concept is present.
///
/// It is half-way between two activations, or below all of them. There is one flag for each activation.
pub(super) fn best_threshold(activations: &[f32], present: impl Iterator<Item = bool>) -> f32 {
    let (mut inside, mut outside) = (Vec::new(), Vec::new());
    for (value, is_inside) in activations.iter().zip(present) {
        let side = if is_inside { &mut inside } else { &mut outside };
        side.push(*value);
    }
    let descending = |values: &mut Vec<f32>| values.sort_unstable_by(|a, b| b.total_cmp(a));
    descending(&mut inside);
    descending(&mut outside);
    let next = |i: usize, o: usize| -> Option<f32> {
        match (inside.get(i), outside.get(o)) {
            (Some(a), Some(b)) => Some(a.max(*b)),
            (a, b) => a.or(b).copied(),
        }
    };
    // The numbers of pixels inside and outside of the concept whose activation exceeds the threshold, i and o, grow from
    // one distinct activation to the next.
    let (mut i, mut o) = (0, 0);
    let (mut best, mut threshold) = (-1.0, 0.0);
    while let Some(value) = next(i, o) {
        while inside.get(i).is_some_and(|v| *v >= value) {
            i += 1;
        }
        while outside.get(o).is_some_and(|v| *v >= value) {
            o += 1;
        }
        let iou = i as f64 / (inside.len() + o) as f64;
        if iou > best {
            best = iou;
            threshold = match next(i, o) {
                Some(smaller) => {
                    let half = 0.5 * smaller + 0.5 * value;
                    // Where the mean of two neighbouring numbers is rounded up to the larger one, the smaller one
                    // separates them.
                    if half < value {
                        half.max(smaller)
                    } else {
                        smaller
                    }
                }
                None => value.next_down(),
            };
        }
    }
    threshold
}

/// The smallest activation that at most this fraction of the activations exceeds.
pub(super) fn top_fraction(values: &[f32], fraction: f64) -> f32 {
    let mut values = values.to_vec();
    let above = ((fraction * values.len() as f64).floor() as usize).min(values.len() - 1);
    let (_, threshold, _) = values.select_nth_unstable_by(above, |a, b| b.total_cmp(a));
    *threshold
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Stream, standard_normal};

    #[test]
    fn the_fitted_threshold_has_the_largest_iou_of_all() {
        for case in 0..50 {
            // Activations with many ties, and a concept that is related to them.
            let draws = standard_normal(case, Stream::Data, 0, 100);
            let values: Vec<f32> = draws.iter().map(|v| (2.0 * v).round()).collect();
            let noise = standard_normal(case, Stream::Data, 1, 100);
            let present: Vec<bool> = (values.iter().zip(noise))
                .map(|(v, e)| v + 2.0 * e > 1.0)
                .collect();
            let iou = |threshold: f32| {
                let pairs = values.iter().map(|v| *v > threshold).zip(&present);
                let both = pairs.clone().filter(|(a, s)| *a && **s).count();
                let any = pairs.filter(|(a, s)| *a || **s).count();
                both as f64 / any as f64
            };
            let best = values.iter().map(|v| iou(v - 0.5)).fold(0.0, f64::max);
            let threshold = best_threshold(&values, present.iter().copied());
            assert_eq!(iou(threshold), best, "case {case}");
        }
    }

    #[test]
    fn a_threshold_separates_neighbouring_and_extreme_numbers() {
        let next = 1f32.next_up();
        let threshold = best_threshold(&[1.0, next], [false, true].into_iter());
        assert!(1.0 <= threshold && threshold < next);
        let threshold = best_threshold(&[-f32::MAX, f32::MAX], [false, true].into_iter());
        assert_eq!(threshold, 0.0);
        assert!(best_threshold(&[2.0, 2.0], [false, true].into_iter()) < 2.0);
    }

    #[test]
    fn a_top_fraction_is_exceeded_by_at_most_this_fraction() {
        let values = [5.0, 1.0, 2.0, 2.0, 3.0, 0.0, 0.0, 2.0];
        // 25 % of 8 are 2 values: 5 and 3 exceed 2. One more is not possible, as three values are 2.
        assert_eq!(top_fraction(&values, 0.25), 2.0);
        assert_eq!(top_fraction(&values, 0.5), 2.0);
        assert_eq!(top_fraction(&values, 0.625), 1.0);
        assert_eq!(top_fraction(&values, 0.01), 5.0);
        assert_eq!(top_fraction(&values, 0.999), 0.0);
    }
}
