//! Distances to the nearest training sample, and the k-means partition of the training samples.

use crate::evaluate::{Features, Nearest};
use crate::random::{Stream, rng};
use rand::RngExt;
use rayon::prelude::*;

use super::settings::CopyingSettings;
use crate::error::Result;

/// Number of training samples that are compared at a time.
const PIECE: usize = 8192;
/// Number of other samples that are compared at a time.
const QUERIES: usize = 1024;
/// Number of neighbours whose distance is computed again without rounding errors of the matrix product.
const CANDIDATES: usize = 4;
/// Largest number of steps of k-means.
const STEPS: usize = 100;

/// The mean of the samples.
pub(super) fn mean_row(samples: &[f64], dimension: usize) -> Vec<f64> {
    let n = (samples.len() / dimension) as f64;
    let mut mean = vec![0.0; dimension];
    for row in samples.chunks_exact(dimension) {
        mean.iter_mut().zip(row).for_each(|(m, v)| *m += v / n);
    }
    mean
}

/// Samples minus `centre`, which makes the rounding errors of distances small.
fn centred(samples: &[f64], centre: &[f64]) -> Result<Features> {
    let values = samples.iter().zip(centre.iter().cycle());
    Features::new(values.map(|(v, c)| v - c).collect(), centre.len())
}

/// Euclidean distance of each query to the nearest point.
pub(super) fn distances(queries: &[f64], points: &[f64], centre: &[f64]) -> Result<Vec<f64>> {
    let d = centre.len();
    let mut squared = vec![f64::INFINITY; queries.len() / d];
    for points in points.chunks(PIECE * d) {
        let features = centred(points, centre)?;
        let k = CANDIDATES.min(features.len());
        for (queries, squared) in queries.chunks(QUERIES * d).zip(squared.chunks_mut(QUERIES)) {
            let nearest = Nearest::of(&centred(queries, centre)?, &features, k)?;
            let rows = (queries.par_chunks_exact(d)).zip(nearest.indices.par_chunks_exact(k));
            rows.zip(squared.par_iter_mut())
                .for_each(|((query, candidates), squared)| {
                    for i in candidates {
                        let point = &points[i * d..][..d];
                        let differences = query.iter().zip(point).map(|(a, b)| (a - b) * (a - b));
                        *squared = squared.min(differences.sum());
                    }
                });
        }
    }
    Ok(squared.into_iter().map(f64::sqrt).collect())
}

/// The cell of each sample, that of the nearest of `centroids`, which are centred.
pub(super) fn cells_of(samples: &[f64], centroids: &[f64], centre: &[f64]) -> Result<Vec<usize>> {
    let d = centre.len();
    let centroids = Features::new(centroids.to_vec(), d)?;
    let mut cells = Vec::with_capacity(samples.len() / d);
    for samples in samples.chunks(PIECE * d) {
        cells.extend(Nearest::of(&centred(samples, centre)?, &centroids, 1)?.indices);
    }
    Ok(cells)
}

/// Centroids of a k-means partition (Lloyd 1982), centred, and the cell of each sample.
pub(super) fn partition(
    training: &[f64],
    centre: &[f64],
    settings: &CopyingSettings,
) -> Result<(Vec<f64>, Vec<usize>)> {
    let d = centre.len();
    let mut centroids = starting_points(training, centre, settings);
    let mut cells = cells_of(training, &centroids, centre)?;
    for _ in 0..STEPS {
        let mut sums = vec![0.0; centroids.len()];
        let mut counts = vec![0usize; centroids.len() / d];
        for (row, cell) in training.chunks_exact(d).zip(&cells) {
            counts[*cell] += 1;
            let sum = &mut sums[cell * d..][..d];
            for (sum, (v, c)) in sum.iter_mut().zip(row.iter().zip(centre)) {
                *sum += v - c;
            }
        }
        let rows = centroids.chunks_exact_mut(d).zip(sums.chunks_exact(d));
        // A cell that has lost all samples keeps its centroid.
        for ((centroid, sum), count) in rows.zip(&counts).filter(|(_, count)| **count > 0) {
            for (centroid, sum) in centroid.iter_mut().zip(sum) {
                *centroid = sum / *count as f64;
            }
        }
        let next = cells_of(training, &centroids, centre)?;
        if next == cells {
            break;
        }
        cells = next;
    }
    Ok((centroids, cells))
}

/// Starting points of k-means, centred: each is a sample drawn with a probability proportional to its squared distance
/// to the nearest of the previous ones (Arthur & Vassilvitskii 2007). Fewer if there are not enough different samples.
fn starting_points(training: &[f64], centre: &[f64], settings: &CopyingSettings) -> Vec<f64> {
    let d = centre.len();
    let n = training.len() / d;
    let mut rng = rng(settings.seed, Stream::Restart, 0);
    let mut squared = vec![f64::INFINITY; n];
    let mut chosen = rng.random_range(0..n);
    let mut points = Vec::with_capacity(settings.cells * d);
    loop {
        let point = &training[chosen * d..][..d];
        points.extend(point.iter().zip(centre).map(|(v, c)| v - c));
        if points.len() == settings.cells * d {
            return points;
        }
        let rows = training.par_chunks_exact(d).zip(squared.par_iter_mut());
        rows.for_each(|(row, squared)| {
            let differences = row.iter().zip(point).map(|(a, b)| (a - b) * (a - b));
            *squared = squared.min(differences.sum());
        });
        let total: f64 = squared.iter().sum();
        if total <= 0.0 {
            return points;
        }
        let mut left = rng.random::<f64>() * total;
        // The last sample with a positive distance is taken if rounding errors leave a rest.
        for (i, squared) in squared.iter().enumerate().filter(|(_, s)| **s > 0.0) {
            chosen = i;
            left -= squared;
            if left < 0.0 {
                break;
            }
        }
    }
}
