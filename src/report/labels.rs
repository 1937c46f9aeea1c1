//! Placement of the labels at the right ends of curves.

use super::canvas::Role;

/// Least distance between two labels, in pixels.
const LABEL_GAP: f64 = 17.0;

/// A label with its vertical position in pixels.
#[derive(Debug, Clone)]
pub(super) struct Label<'a> {
    /// Vertical position of the label's middle, in pixels.
    pub(super) y: f64,
    /// Text of the label.
    pub(super) text: &'a str,
    /// Role whose colour the label has.
    pub(super) role: Role,
}

/// Moves labels so that none overlaps another. They keep their order and move as little as possible.
///
/// Labels that are too close form a block, which is centred on the mean of their original positions.
pub(super) fn separate(labels: &mut [Label<'_>], (top, bottom): (f64, f64)) {
    labels.sort_by(|a, b| a.y.total_cmp(&b.y));
    // Blocks as (position of the first label, number of labels).
    let mut blocks: Vec<(f64, usize)> = Vec::new();
    let mut original: Vec<f64> = Vec::new();
    for label in labels.iter() {
        original.push(label.y);
        let mut block = (label.y, 1);
        while let Some(&(above, size)) = blocks.last() {
            if above + size as f64 * LABEL_GAP <= block.0 {
                break;
            }
            blocks.pop();
            let members = size + block.1;
            let centre = original[original.len() - members..].iter().sum::<f64>() / members as f64;
            let height = (members - 1) as f64 * LABEL_GAP;
            let first = (centre - height / 2.0).min(bottom - height).max(top);
            block = (first, members);
        }
        blocks.push(block);
    }
    let positions = blocks
        .iter()
        .flat_map(|&(first, members)| (0..members).map(move |i| first + i as f64 * LABEL_GAP));
    for (label, y) in labels.iter_mut().zip(positions) {
        label.y = y;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_do_not_overlap_and_stay_within_the_figure() {
        let mut labels = [(100.0, "a"), (101.0, "b"), (99.0, "c")].map(|(y, text)| Label {
            y,
            text,
            role: Role::Ink,
        });
        separate(&mut labels, (0.0, 105.0));
        assert!(
            labels.windows(2).all(|w| w[1].y - w[0].y >= LABEL_GAP),
            "{labels:?}"
        );
        assert!(
            labels.iter().all(|l| (0.0..=105.0).contains(&l.y)),
            "{labels:?}"
        );
    }
}
