//! Mutual information of strongly dependent variables: local non-uniformity correction (Gao, Ver Steeg & Galstyan
//! 2015).
//!
//! $$ \hat I_{\mathrm{LNC}} = I^{(2)} - \frac1N \sum_{i:\ \bar V_i < \alpha V_i} \ln\frac{\bar V_i}{V_i} $$
//!
//! Vᵢ = (2 ε_x)^{d_x} (2 ε_y)^{d_y} is the volume of the box that I⁽²⁾ puts around the k nearest neighbours of xᵢ, in which
//! it assumes a constant density. V̄ᵢ is the volume of the box along their principal axes, centred at xᵢ. Where V̄ᵢ is much
//! smaller than Vᵢ, the density is a thin ridge in the box. The threshold α_{k,d} is the 0.005-quantile of V̄/V for k points
//! that are uniform in a cube.

use nalgebra::{DMatrix, SymmetricEigen};
use rand::RngExt;
use rayon::prelude::*;

use super::estimator::{
    Auto, Columns, Cost, Descriptor, Input, Quantity, Summary, standardised, with_scaling,
};
use super::knn::{Knn, near_limit, note_data};
use super::knn_entropy::remaining_entropy;
use super::ksg::{by_ksg_1, psi, reach};
use super::neighbours::{Marginal, Neighbours};
use super::{Estimate, Kind, Sample};
use crate::error::{Error, Result, short, thousands};
use crate::random::{Stream, rng};

/// The estimator as `ganscope measure` offers it.
pub(super) static DESCRIPTOR: Descriptor = Descriptor {
    name: "lnc",
    summary: "ksg-2 with local non-uniformity correction (Gao, Ver Steeg & Galstyan 2015)",
    columns: Columns::Numbers,
    assumes: "one column per variable; a smooth, strong dependence",
    cost: Cost::Sorting,
    neighbours: true,
    duplicates_mislead: true,
    auto: Some(Auto {
        when: "mi and conditional-entropy of two columns, if ksg-1 is above ½ ln N",
        reason,
    }),
    runs: &[
        (Quantity::Mi, corrected),
        (Quantity::ConditionalEntropy, |input| {
            let y = &input.variable(1).sample;
            remaining_entropy("lnc", y, input.knn(), corrected(input)?)
        }),
    ],
};

/// KSG falls short where the information that it finds is near its limit.
fn reason(table: &Summary<'_>) -> Result<Option<String>> {
    let fits = matches!(table.quantity, Quantity::Mi | Quantity::ConditionalEntropy)
        && table.all(Kind::Continuous)
        && table.variables.iter().all(|v| v.sample.dimension() == 1)
        && table.settings.k > 2;
    if !fits {
        return Ok(None);
    }
    let found = table.ksg_1(by_ksg_1)?;
    Ok(near_limit(found).then(|| {
        format!(
            "{}, and so dependent (ksg-1 finds {} nats in {} rows) that ksg underestimates the information",
            table.kinds_in_words(),
            short(found.value.0),
            thousands(found.n as u64)
        )
    }))
}

fn corrected(input: &Input<'_>) -> Result<Estimate> {
    let [x, y] = [0, 1].map(|i| standardised(&input.variable(i).sample));
    local_nonuniformity(&x?, &y?, input.knn()).map(with_scaling)
}

/// Share of uniformly filled boxes that are corrected by chance: the paper's ε.
const CORRECTED_BY_CHANCE: f64 = 5e-3;
/// Number of uniformly filled boxes from which α is computed.
const TRIALS: usize = 20_000;

/// Estimates I(X; Y), corrected where the neighbours of a point lie along a line or a plane.
///
/// Made for a smooth and strong dependence between two single columns: there N need not grow exponentially with I, as
/// [`ksg`](super::ksg()) needs it. The estimate tends to be a lower bound, and is too high by up to about
/// 0.005 ln(1/α) where X and Y are independent. Do not use it for many columns, where few neighbours always lie near a
/// plane: for 5 + 5 independent normal columns it finds 0.4 nats (N = 10,000, k = 20), and where x alone lies on a line it
/// is 4 nats too high. There is no standard error, as for [`ksg`](super::ksg()). O(N log N + N k d²) for a few dimensions;
/// O(N) memory.
///
/// ```
/// use ganscope::info::{Knn, Ksg, Sample, ksg, local_nonuniformity};
/// use ganscope::random::{Stream, rng};
/// use rand::RngExt;
/// // Y is X, both uniform on [0, 1], and noise uniform on [0, 10⁻⁴]: ln 10⁴ + ½ · 10⁻⁴ nats.
/// let mut random = rng(1, Stream::Data, 0);
/// let x: Vec<f64> = (0..1000).map(|_| random.random()).collect();
/// let y = x.iter().map(|x| x + random.random_range(0.0..1e-4)).collect();
/// let (x, y) = (Sample::new(x, 1)?, Sample::new(y, 1)?);
/// assert!(ksg(&x, &y, Ksg::Two, Knn::new(5))?.value.0 < 9.210 - 3.0);
/// let found = local_nonuniformity(&x, &y, Knn::new(5))?;
/// assert!((found.value.0 - 9.210).abs() < 0.5, "{found}");
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] for different lengths, k not above the number of columns (fewer points have no principal axes),
/// N ≤ k, a constant column, and k neighbours that lie exactly on a line or plane: either X and Y determine each other,
/// and the information is infinite, or one of them has no density.
pub fn local_nonuniformity(x: &Sample, y: &Sample, knn: Knn) -> Result<Estimate> {
    x.as_long_as(y)?;
    let [x, y] = knn.prepare([x, y], ["x", "y"])?;
    let (k, d) = (knn.k, x.dimension() + y.dimension());
    if k <= d {
        return Err(Error::Usage(format!(
            "the principal axes of {d} columns need more than {d} neighbours, but k is {k}; use a larger k"
        )));
    }
    let both = x.beside(&y)?;
    let joint = Neighbours::new(&both);
    let (of_x, of_y) = (Marginal::new(&x), Marginal::new(&y));
    let ln_alpha = ln_alpha(k, x.dimension(), y.dimension());
    let found = joint.of_each(|row, point, room| {
        let (x_i, y_i) = point.split_at(x.dimension());
        joint.nearest(point, row, k, room);
        let (side_x, side_y) = (reach(&x, x_i, room), reach(&y, y_i, room));
        let term = -psi(of_x.within(x_i, side_x)) - psi(of_y.within(y_i, side_y));
        let others = room.iter().map(|&(_, j)| both.row(j));
        let offsets: Vec<f64> = others
            .flat_map(|other| other.iter().zip(point).map(|(a, b)| a - b))
            .collect();
        let scale = point
            .iter()
            .fold(0.0, |scale: f64, coordinate| scale.max(coordinate.abs()));
        let ratio = ln_ratio(&offsets, x_i.len(), y_i.len(), scale);
        (term, if ratio < ln_alpha { -ratio } else { 0.0 })
    });
    let degenerate = found
        .iter()
        .filter(|(_, correction)| !correction.is_finite())
        .count();
    if degenerate > 0 {
        return Err(Error::Usage(format!(
            "at {} of {} rows, the {k} nearest neighbours lie exactly on a line or plane, or are copies: either x \
             and y \
             determine each other, and the information is infinite, or one of them is discrete and has no density; \
             rounded data need `jitter`",
            thousands(degenerate as u64),
            thousands(x.len() as u64)
        )));
    }
    let terms: Vec<f64> = found
        .iter()
        .map(|(term, correction)| term + correction)
        .collect();
    let corrected = found
        .iter()
        .filter(|(_, correction)| *correction > 0.0)
        .count();
    let rest = psi(k) - 1.0 / k as f64 + psi(x.len());
    let estimate = knn
        .estimate("lnc", &terms, rest, d)?
        .with("alpha", ln_alpha.exp())
        .noting(format!(
            "the estimate is corrected for a density that is not locally uniform at {} of {} rows",
            thousands(corrected as u64),
            thousands(x.len() as u64)
        ));
    Ok(note_data(estimate, &[(&x, "x"), (&y, "y")]))
}

/// ln(V̄/V) of neighbours at these offsets (row-major, columns of X and of Y) from a point whose largest coordinate
/// is `scale`; −∞ where the extent along a principal axis is only rounding error of the coordinates.
fn ln_ratio(offsets: &[f64], d_x: usize, d_y: usize, scale: f64) -> f64 {
    let d = d_x + d_y;
    let offsets = DMatrix::from_row_slice(offsets.len() / d, d, offsets);
    let ln_v = d_x as f64 * (2.0 * offsets.columns(0, d_x).amax()).ln()
        + d_y as f64 * (2.0 * offsets.columns(d_x, d_y).amax()).ln();
    let axes = SymmetricEigen::new(offsets.tr_mul(&offsets)).eigenvectors;
    let along = offsets * axes;
    let side = |axis: f64| {
        if axis > 1e-14 * scale {
            2.0 * axis
        } else {
            0.0
        }
    };
    let sides = along.column_iter().map(|axis| side(axis.amax()).ln());
    // Both volumes of copies are 0; their ratio is defined as 0.
    if ln_v.is_finite() {
        sides.sum::<f64>() - ln_v
    } else {
        f64::NEG_INFINITY
    }
}

/// ln α_{k,d}, by algorithm 1 of the paper.
fn ln_alpha(k: usize, d_x: usize, d_y: usize) -> f64 {
    let trial = |trial: usize| {
        let mut random = rng(0, Stream::UniformBox, trial as u64);
        let uniform = (0..k * (d_x + d_y)).map(|_| random.random_range(-1.0..1.0));
        ln_ratio(&uniform.collect::<Vec<f64>>(), d_x, d_y, 0.0)
    };
    let mut ratios: Vec<f64> = (0..TRIALS).into_par_iter().map(trial).collect();
    let rank = (CORRECTED_BY_CHANCE * TRIALS as f64) as usize;
    let (_, alpha, _) = ratios.select_nth_unstable_by(rank, f64::total_cmp);
    *alpha
}
