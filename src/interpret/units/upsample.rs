//! Bilinear upsampling of one channel (as PyTorch's `interpolate` with `align_corners=False`).
//!
//! Pixel centres of both grids are at (i + ½) · size of a pixel, so output pixel i of an axis that is enlarged from n to
//! N pixels takes the position (i + ½) n/N − ½ of the input, and positions beyond the outermost centres take their values.

/// The weights of an enlargement from one size to another.
pub(super) struct Upsample {
    rows: Vec<(usize, usize, f32)>,
    columns: Vec<(usize, usize, f32)>,
    width: usize,
}

impl Upsample {
    /// An enlargement of images of (height, width) `from` to images of (height, width) `to`.
    pub fn new(from: (usize, usize), to: (usize, usize)) -> Self {
        Upsample {
            rows: axis(from.0, to.0),
            columns: axis(from.1, to.1),
            width: from.1,
        }
    }

    /// Number of pixels of an enlarged image.
    pub fn pixels(&self) -> usize {
        self.rows.len() * self.columns.len()
    }

    /// Enlarges `image` and appends its pixels to `out`.
    pub fn append(&self, image: &[f32], out: &mut Vec<f32>) {
        for &(above, below, down) in &self.rows {
            let above = &image[above * self.width..][..self.width];
            let below = &image[below * self.width..][..self.width];
            out.extend(self.columns.iter().map(|&(left, right, across)| {
                let top = above[left] + (above[right] - above[left]) * across;
                let bottom = below[left] + (below[right] - below[left]) * across;
                top + (bottom - top) * down
            }));
        }
    }
}

/// For each pixel of the enlarged axis: its two neighbours on the smaller one, and the weight of the second.
fn axis(from: usize, to: usize) -> Vec<(usize, usize, f32)> {
    let scale = from as f64 / to as f64;
    let place = |i: usize| {
        let at = ((i as f64 + 0.5) * scale - 0.5).clamp(0.0, (from - 1) as f64);
        let first = at.floor() as usize;
        (first, (first + 1).min(from - 1), at.fract() as f32)
    };
    (0..to).map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn upsampling_is_that_of_pytorch() {
        // torch.nn.functional.interpolate(torch.tensor([[[[1., 2.], [3., 5.]]]]), size=(4, 3), mode="bilinear")
        let expected = [
            1.0, 1.5, 2.0, 1.5, 2.125, 2.75, 2.5, 3.375, 4.25, 3.0, 4.0, 5.0,
        ];
        let mut found = Vec::new();
        Upsample::new((2, 2), (4, 3)).append(&[1.0, 2.0, 3.0, 5.0], &mut found);
        assert_eq!(found, expected);
    }
}
