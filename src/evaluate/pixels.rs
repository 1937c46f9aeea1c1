//! A feature space for images without labels: the principal components of their pixels.
//!
//! Each image is averaged over squares of pixels until no side exceeds 16, and projected on the directions
//! in which real images vary most (Pearson 1901). Distances in this space are distances between blurred
//! pixels. They are less meaningful than distances between the features of a classifier, but need no labels.

use super::Features;
use super::frechet::{Gaussian, eigen};
use crate::data::SampleShape;
use crate::error::{Error, Result};
use crate::tensor::gemm::{View, gemm};

/// Largest side of an averaged image in pixels.
const SIDE: usize = 16;
/// Largest number of principal components.
const COMPONENTS: usize = 64;

/// The principal components of averaged images.
#[derive(Debug, Clone)]
pub struct PixelComponents {
    shape: SampleShape,
    dimension: usize,
    /// Principal directions, row-major [components, averaged pixels].
    directions: Vec<f64>,
}

impl PixelComponents {
    /// Fits the first 64 components to `images`, row-major [n, numel], or fewer if there are fewer pixels.
    ///
    /// # Errors
    /// [`Error::Usage`] for samples that are not images, and for fewer than two images.
    pub fn fit(images: &[f32], shape: &SampleShape) -> Result<Self> {
        let averaged = averaged(images, shape)?;
        let found = eigen(Gaussian::fit(&averaged)?.covariance().clone())?;
        let mut order: Vec<usize> = (0..averaged.dimension()).collect();
        order.sort_by(|a, b| found.eigenvalues[*b].total_cmp(&found.eigenvalues[*a]));
        order.truncate(COMPONENTS);
        // The eigenvectors are columns, which are contiguous in memory.
        let (vectors, d) = (found.eigenvectors.as_slice(), averaged.dimension());
        let directions = order.iter().map(|i| &vectors[i * d..][..d]);
        Ok(PixelComponents {
            shape: shape.clone(),
            directions: directions.collect::<Vec<_>>().concat(),
            dimension: order.len(),
        })
    }

    /// Number of components.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// The components of images of the same shape, row-major [n, numel].
    ///
    /// # Errors
    /// [`Error::Usage`] when there is no image or the last image is incomplete.
    pub fn features(&self, images: &[f32]) -> Result<Features> {
        let pixels = averaged(images, &self.shape)?;
        let (n, k, d) = (pixels.len(), self.dimension, pixels.dimension());
        let mut projected = vec![0.0; n * k];
        let directions = View::rows(&self.directions, d).t();
        gemm(
            &mut projected,
            (n, k, d),
            View::rows(pixels.values(), d),
            directions,
            false,
        );
        Features::new(projected, k)
    }
}

/// Averages images over squares of ⌈side / 16⌉ pixels. The squares at the right and bottom edge may be smaller.
fn averaged(images: &[f32], shape: &SampleShape) -> Result<Features> {
    let SampleShape::Image {
        channels,
        height,
        width,
    } = *shape
    else {
        return Err(Error::Usage(format!(
            "principal components of pixels need images, not samples of {shape}"
        )));
    };
    let numel = shape.numel();
    if numel == 0 || !images.len().is_multiple_of(numel) {
        return Err(Error::Usage(format!(
            "{} numbers cannot be divided into images of {shape}",
            images.len()
        )));
    }
    let square = height.max(width).div_ceil(SIDE);
    let (rows, columns) = (height.div_ceil(square), width.div_ceil(square));
    let mut values = Vec::with_capacity(images.len() / numel * channels * rows * columns);
    for plane in images.chunks_exact(height * width) {
        for top in (0..height).step_by(square) {
            for left in (0..width).step_by(square) {
                let (bottom, right) = ((top + square).min(height), (left + square).min(width));
                let lines = (top..bottom).map(|y| &plane[y * width + left..y * width + right]);
                let sum: f64 = lines.flatten().map(|v| f64::from(*v)).sum();
                values.push(sum / ((bottom - top) * (right - left)) as f64);
            }
        }
    }
    Features::new(values, channels * rows * columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(channels: usize, height: usize, width: usize) -> SampleShape {
        SampleShape::Image {
            channels,
            height,
            width,
        }
    }

    #[test]
    fn images_are_averaged_over_squares() {
        // 2 channels of 3×33: squares of 3×3, so 1×11 of them.
        let values: Vec<f32> = (0..198).map(|i| i as f32).collect();
        let features = averaged(&values, &image(2, 3, 33)).unwrap();
        assert_eq!((features.len(), features.dimension()), (1, 22));
        // The mean of a square is its centre: row 1, column 3 j + 1.
        assert_eq!(features.row(0)[..2], [34.0, 37.0]);
        assert_eq!(features.row(0)[11], 99.0 + 34.0);
        // 17×17: squares of 2×2, the last of a row 2×1.
        let values: Vec<f32> = (0..289).map(|i| (i % 17) as f32).collect();
        let features = averaged(&values, &image(1, 17, 17)).unwrap();
        assert_eq!(features.dimension(), 81);
        assert_eq!((features.row(0)[0], features.row(0)[8]), (0.5, 16.0));
    }

    #[test]
    fn components_are_the_directions_of_largest_variance() {
        // Images a·u + b·v with orthonormal u, v of 4 pixels, and a varying more than b.
        let u = [0.5, 0.5, 0.5, 0.5];
        let v = [0.5, -0.5, 0.5, -0.5];
        let pairs = [(3.0, 1.0), (-3.0, 1.0), (3.0, -1.0), (-3.0, -1.0)];
        let images: Vec<f32> = pairs
            .iter()
            .flat_map(|(a, b)| (0..4).map(move |i| a * u[i] + b * v[i]))
            .collect();
        let space = PixelComponents::fit(&images, &image(1, 2, 2)).unwrap();
        let found = space.features(&images).unwrap();
        for (i, (a, b)) in pairs.iter().enumerate() {
            let row = found.row(i);
            assert!((row[0].abs() - a.abs() as f64).abs() < 1e-6, "{row:?}");
            assert!((row[1].abs() - b.abs() as f64).abs() < 1e-6, "{row:?}");
            assert!(row[2].abs() < 1e-6 && row[3].abs() < 1e-6, "{row:?}");
        }
        assert!(space.features(&images[1..]).is_err());
        assert!(PixelComponents::fit(&images, &SampleShape::Vector { len: 4 }).is_err());
    }
}
