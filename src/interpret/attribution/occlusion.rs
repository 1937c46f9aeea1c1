//! Occlusion: the change of f when a part of x is replaced by a baseline (Zeiler & Fergus 2014).
//!
//! $$ \Delta_P(x) = f(x_{P \leftarrow x^0}) - f(x), \qquad
//!    A_i(x) = -\frac{1}{|\{P : i \in P\}|} \sum_{P \ni i} \Delta_P(x) $$
//!
//! P ranges over square patches of an image, in all channels, or over the single features of a vector. Unlike a
//! gradient, Δ is the effect of a finite change and needs no derivative; but an image with a patch in it may look
//! unlike all images on which the network was trained.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::function::{Differentiable, check_baseline, for_each_value, rows_of};
use super::maps::Attributions;
use crate::data::SampleShape;
use crate::error::{Error, Result, counted, short};
use crate::interpret::inference::check_kept;

/// Settings of [`occlusion`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OcclusionSettings {
    /// Side of the square patch in pixels; default 4. Features of a vector are always replaced one at a time.
    pub patch: usize,
    /// Pixels between neighbouring patches, at most `patch`; default 2. A last patch is added at the right and at the
    /// bottom if the patches would not reach the border.
    pub stride: usize,
}

impl Default for OcclusionSettings {
    fn default() -> Self {
        OcclusionSettings {
            patch: 4,
            stride: 2,
        }
    }
}

/// The changes of f under occlusion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Occlusion {
    /// For each input, the mean decrease of f when a patch that contains it is replaced, in units of f: positive where
    /// the input raises f. All channels of a pixel have the same value.
    pub attributions: Attributions,
    /// The change Δ of f for each patch, row-major [n, patches], in units of f.
    pub changes: Vec<f64>,
    /// Row and column of the top-left pixel of each patch; for vectors, 0 and the index of the feature.
    pub corners: Vec<(usize, usize)>,
    /// The baseline x⁰, one row of inputs.
    pub baseline: Vec<f32>,
    /// Side of a patch and distance between patches, in pixels; both 1 for vectors.
    pub settings: OcclusionSettings,
}

/// Replaces every patch of each row of `x` [n, shape] by the same pixels of `baseline` \[shape\], and measures the change
/// of f.
///
/// A constant baseline is `&vec![-1.0; f.width()]` (black).
///
/// ```
/// use ganscope::data::SampleShape;
/// use ganscope::interpret::{DifferentiableFn, OcclusionSettings, occlusion};
/// let sum = DifferentiableFn::new("x₁ + 2 x₂", 2, |x: &[f32]| {
///     let rows = x.chunks_exact(2);
///     let values = rows.clone().map(|x| f64::from(x[0] + 2.0 * x[1])).collect();
///     Ok((values, rows.flat_map(|_| [1.0, 2.0]).collect()))
/// });
/// let shape = SampleShape::Vector { len: 2 };
/// let found = occlusion(&sum, &shape, &[5.0, 7.0], &[0.0, 0.0], &OcclusionSettings::default())?;
/// assert_eq!(found.changes, [-5.0, -14.0]);
/// assert_eq!(found.attributions.maps, [5.0, 14.0]);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] for a shape or a baseline of another width than f, a patch that is empty or larger than the image, a
/// stride that is 0 or larger than the patch, and as [`gradient`](super::gradient()).
pub fn occlusion(
    f: &impl Differentiable,
    shape: &SampleShape,
    x: &[f32],
    baseline: &[f32],
    settings: &OcclusionSettings,
) -> Result<Occlusion> {
    if shape.numel() != f.width() {
        return Err(Error::Usage(format!(
            "{} takes {}, but the shape is {shape}",
            f.name(),
            counted(f.width(), "number")
        )));
    }
    let (n, width) = (rows_of(f, x)?, f.width());
    check_baseline(f, baseline)?;
    let patches = Patches::new(shape, settings)?;
    let count = patches.corners.len();
    check_kept(n, count.max(width), size_of::<f64>(), &f.name())?;
    let sample = |i: usize| &x[i * width..][..width];
    let mut values = Vec::with_capacity(n);
    for_each_value(
        f,
        n,
        |i, block| block.extend(sample(i)),
        |_, value| values.push(value),
    )?;

    let occluded = |index: usize, block: &mut Vec<f32>| {
        let start = block.len();
        block.extend(sample(index / count));
        patches.for_each_input(index % count, |input| {
            block[start + input] = baseline[input];
        });
    };
    let mut changes = Vec::with_capacity(n * count);
    for_each_value(f, n * count, occluded, |index, value| {
        changes.push(value - values[index / count]);
    })?;

    let mut covering = vec![0.0; width];
    for patch in 0..count {
        patches.for_each_input(patch, |input| covering[input] += 1.0);
    }
    let mut maps = vec![0.0; n * width];
    for (map, changes) in maps
        .chunks_exact_mut(width)
        .zip(changes.chunks_exact(count))
    {
        for (patch, change) in changes.iter().enumerate() {
            patches.for_each_input(patch, |input| map[input] -= change / covering[input]);
        }
    }
    Ok(Occlusion {
        attributions: Attributions {
            method: "occlusion".into(),
            output: f.name(),
            n,
            width,
            values,
            maps,
        },
        changes,
        baseline: baseline.to_vec(),
        settings: OcclusionSettings {
            patch: patches.patch,
            stride: patches.stride,
        },
        corners: patches.corners,
    })
}

/// The patches of an image, or the features of a vector.
struct Patches {
    channels: usize,
    height: usize,
    width: usize,
    patch: usize,
    stride: usize,
    corners: Vec<(usize, usize)>,
}

impl Patches {
    fn new(shape: &SampleShape, settings: &OcclusionSettings) -> Result<Self> {
        let (channels, height, width, patch, stride) = match *shape {
            // A feature is a pixel of an image with one row.
            SampleShape::Vector { len } => (1, 1, len, 1, 1),
            SampleShape::Image {
                channels,
                height,
                width,
            } => (channels, height, width, settings.patch, settings.stride),
        };
        if patch == 0 || patch > height.min(width) {
            return Err(Error::Usage(format!(
                "patch, the side of the patch in pixels, must be between 1 and {} for a {shape}, not {patch}",
                height.min(width)
            )));
        }
        if stride == 0 || stride > patch {
            return Err(Error::Usage(format!(
                "stride, the distance between patches, must be between 1 and the side of the patch, {patch}, or some \
                 pixels would never be replaced; it is {stride}"
            )));
        }
        let starts = |size: usize| {
            let last = size - patch;
            let regular = (0..=last).step_by(stride);
            let at_border = (!last.is_multiple_of(stride)).then_some(last);
            regular.chain(at_border).collect::<Vec<_>>()
        };
        let columns = starts(width);
        let in_row = |row: usize| columns.iter().map(move |column| (row, *column));
        Ok(Patches {
            channels,
            height,
            width,
            patch,
            stride,
            corners: starts(height).into_iter().flat_map(in_row).collect(),
        })
    }

    /// Calls `act` with the index of every input in a patch.
    fn for_each_input(&self, patch: usize, mut act: impl FnMut(usize)) {
        let (top, left) = self.corners[patch];
        for channel in 0..self.channels {
            for row in top..top + self.patch {
                let first = (channel * self.height + row) * self.width + left;
                (first..first + self.patch).for_each(&mut act);
            }
        }
    }
}

impl fmt::Display for Occlusion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.corners.len().max(1);
        let mean_largest = self.changes.chunks_exact(count).map(|changes| {
            changes
                .iter()
                .fold(0.0, |m: f64, change| m.max(change.abs()))
        });
        let mean_largest = mean_largest.sum::<f64>() / self.attributions.n.max(1) as f64;
        let OcclusionSettings { patch, stride } = self.settings;
        write!(
            f,
            "the patch with the largest effect changes f by {} (mean |change| over the samples)\n{}\n{} of {patch}×{patch}, \
             {} apart, replaced by the baseline",
            short(mean_largest),
            self.attributions,
            counted(self.corners.len(), "patch").replace("patchs", "patches"),
            counted(stride, "pixel"),
        )
    }
}
