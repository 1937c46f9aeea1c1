//! Mode coverage for mixtures with known centres (Lin et al. 2018, PacGAN).
//!
//! For centres c₁ … c_K with standard deviation σ, and generated points x₁ … x_n:
//!
//! * xᵢ is of *high quality* when min_k ‖xᵢ − c_k‖ ≤ 3σ;
//! * mode k is *covered* when at least one high-quality point is nearest to c_k;
//! * reverse KL = Σ_k q_k ln(K q_k), where q_k is the fraction of *all* points that are nearest to c_k.
//!
//! The reverse KL follows the paper's words, "assigning each generated sample to the closest mode", so
//! samples of low quality count too. It measures only the balance between modes: a blurred but balanced
//! generator has a value near 0, so the fraction of high quality must be considered as well. With
//! 0 ln 0 = 0, 0 ≤ KL ≤ ln K.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::data::Mixture;
use crate::error::{Error, Result, counted_are};

/// Number of points in the published protocol.
pub const PROTOCOL_N: usize = 2500;

/// Number of points per mode below which even a perfect generator may miss a mode: with this many, it misses one of K
/// modes with a probability of at most K e⁻¹⁰.
const POINTS_PER_MODE: usize = 10;

/// Largest distance from the nearest centre, in σ, of a point of high quality.
pub const HIGH_QUALITY_SIGMAS: f64 = 3.0;

/// How many modes a generator covers, how well and how evenly, with the protocol.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModeCoverage {
    /// Number of modes with at least one high-quality point.
    pub modes_covered: usize,
    /// Number of modes of the true distribution, K.
    pub modes_total: usize,
    /// Fraction of all points that are of high quality, 0 to 1.
    pub high_quality: f64,
    /// KL(model ‖ truth) over modes in nats, 0 to ln K; every point counts for its nearest centre.
    pub reverse_kl_nats: f64,
    /// Number of points nearest to each centre, in the order of the centres; their sum is `n`.
    pub counts: Vec<usize>,
    /// Number of high-quality points nearest to each centre.
    pub high_quality_counts: Vec<usize>,
    /// Number of points; the published protocol uses [`PROTOCOL_N`].
    pub n: usize,
    /// Largest distance of a high-quality point in σ, [`HIGH_QUALITY_SIGMAS`].
    pub threshold_sigmas: f64,
    /// Name of the mixture.
    pub mixture: String,
    /// What the values can and cannot be trusted for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl fmt::Display for ModeCoverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            modes_covered,
            modes_total,
            ..
        } = self;
        writeln!(f, "modes covered  {modes_covered} of {modes_total}")?;
        writeln!(f, "high quality   {:.1} %", 100.0 * self.high_quality)?;
        writeln!(f, "reverse KL     {:.3} nats", self.reverse_kl_nats)?;
        write!(
            f,
            "protocol       {}, n = {}, within {}σ of the nearest centre (Lin et al. 2018)",
            self.mixture, self.n, self.threshold_sigmas
        )?;
        let mut notes = self.notes.iter();
        notes.try_for_each(|note| write!(f, "\nnote           {note}"))
    }
}

/// A note for so few points that modes are missed by chance.
fn too_few_points(n: usize, modes: usize) -> Option<String> {
    let enough = POINTS_PER_MODE * modes;
    (n < enough).then(|| {
        format!(
            "{} too few for {modes} modes: a perfect generator would also miss modes and have a reverse KL above 0 by \
             chance; use at least {enough} points, or {PROTOCOL_N} to compare with published values",
            counted_are(n, "point")
        )
    })
}

/// Interprets row-major `values` of two columns as points of the plane, without copying.
///
/// # Errors
/// [`Error::Usage`] unless `width` is 2 and `values` holds whole rows.
///
/// ```
/// use ganscope::evaluate::points;
/// assert_eq!(points(&[1.0, 2.0, 3.0, 4.0], 2)?, &[[1.0, 2.0], [3.0, 4.0]]);
/// assert!(points(&[1.0, 2.0, 3.0], 3).is_err());
/// # Ok::<(), ganscope::Error>(())
/// ```
pub fn points(values: &[f32], width: usize) -> Result<&[[f32; 2]]> {
    if width != 2 {
        return Err(Error::Usage(format!(
            "mode coverage needs points of the plane with 2 columns, got {width}"
        )));
    }
    match values.as_chunks::<2>() {
        (points, []) => Ok(points),
        _ => Err(Error::Usage(format!(
            "{} numbers cannot be divided into rows of 2 columns",
            values.len()
        ))),
    }
}

/// Measures `points` [n, 2] against the centres of `mixture`.
///
/// # Errors
/// [`Error::Usage`] for no points, a mixture without centres, or a coordinate that is not finite
/// (the row is named).
///
/// ```
/// use ganscope::{data::Mixture, evaluate::mode_coverage};
/// // A collapsed generator: every point on the first of 8 centres.
/// let collapsed = mode_coverage(&[[1.0, 0.0]; 2500], &Mixture::ring8())?;
/// assert_eq!((collapsed.modes_covered, collapsed.modes_total), (1, 8));
/// assert_eq!(collapsed.high_quality, 1.0);
/// assert!((collapsed.reverse_kl_nats - 8f64.ln()).abs() < 1e-12);
/// # Ok::<(), ganscope::Error>(())
/// ```
pub fn mode_coverage(points: &[[f32; 2]], mixture: &Mixture) -> Result<ModeCoverage> {
    let modes_total = mixture.centres.len();
    if points.is_empty() || modes_total == 0 {
        return Err(Error::Usage(format!(
            "mode coverage needs points and centres, got {} points and {modes_total} centres",
            points.len()
        )));
    }
    let mut counts = vec![0; modes_total];
    let mut high_quality_counts = vec![0; modes_total];
    for (row, &[x, y]) in points.iter().enumerate() {
        if !(x.is_finite() && y.is_finite()) {
            return Err(Error::Usage(format!(
                "mode coverage: row {row} (counted from 0) is ({x}, {y}), which is not finite"
            )));
        }
        let (mode, distance) = mixture.nearest([x.into(), y.into()]);
        counts[mode] += 1;
        if distance <= HIGH_QUALITY_SIGMAS * mixture.sigma {
            high_quality_counts[mode] += 1;
        }
    }
    let n = points.len();
    let high_quality: usize = high_quality_counts.iter().sum();
    Ok(ModeCoverage {
        modes_covered: high_quality_counts.iter().filter(|&&c| c > 0).count(),
        modes_total,
        high_quality: high_quality as f64 / n as f64,
        reverse_kl_nats: kl_from_uniform(&counts),
        counts,
        high_quality_counts,
        n,
        threshold_sigmas: HIGH_QUALITY_SIGMAS,
        mixture: mixture.name.clone(),
        notes: Vec::from_iter(too_few_points(n, modes_total)),
    })
}

/// KL(q ‖ uniform) = Σ q ln(K q) in nats for q = counts / n.
pub(super) fn kl_from_uniform(counts: &[usize]) -> f64 {
    let n: usize = counts.iter().sum();
    let term = |&count: &usize| {
        let q = count as f64 / n as f64;
        if count == 0 {
            0.0
        } else {
            q * (counts.len() as f64 * q).ln()
        }
    };
    // For a uniform q rounding may give a small negative number.
    counts.iter().map(term).sum::<f64>().max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Stream, rng, standard_normal};
    use rand::RngExt;

    /// `each[k]` points exactly on centre k.
    fn on_centres(mixture: &Mixture, each: &[usize]) -> Vec<[f32; 2]> {
        let pairs = mixture.centres.iter().zip(each);
        let point = |c: &[f64; 2]| c.map(|v| v as f32);
        pairs
            .flat_map(|(c, &times)| vec![point(c); times])
            .collect()
    }

    fn draws(mixture: &Mixture, n: usize) -> Vec<[f32; 2]> {
        let noise = standard_normal(5, Stream::Data, 0, 2 * n);
        let mut rng = rng(5, Stream::Data, 1);
        let draw = |e: &[f32]| {
            let c = mixture.centres[rng.random_range(0..mixture.centres.len())];
            [0, 1].map(|i| (c[i] + mixture.sigma * f64::from(e[i])) as f32)
        };
        noise.chunks_exact(2).map(draw).collect()
    }

    #[test]
    fn the_reverse_kl_agrees_with_closed_forms() {
        let ring = Mixture::ring8();
        let kl = |each: &[usize]| {
            let measured = mode_coverage(&on_centres(&ring, each), &ring).unwrap();
            (measured.modes_covered, measured.reverse_kl_nats)
        };
        let cases = [
            ([300, 0, 0, 0, 0, 0, 0, 0], 1, 8f64.ln()),
            ([50; 8], 8, 0.0),
            ([70, 0, 70, 0, 70, 0, 70, 0], 4, 2f64.ln()),
            // q = (1/2, 1/2 shared by seven): ln 8 − H(q) with H(q) = ln 2 + ½ ln 7.
            (
                [7, 1, 1, 1, 1, 1, 1, 1],
                8,
                8f64.ln() - 2f64.ln() - 0.5 * 7f64.ln(),
            ),
        ];
        for (each, modes, expected) in cases {
            let (covered, measured) = kl(&each);
            assert_eq!(covered, modes, "{each:?}");
            assert!(
                (measured - expected).abs() < 1e-12,
                "{each:?}: {measured} {expected}"
            );
        }
    }

    #[test]
    fn exact_draws_have_the_expected_fraction_of_high_quality() {
        // ‖ε‖ ≤ 3 for ε ~ N(0, I₂) has probability 1 − e^(−9/2).
        let p = 1.0 - (-4.5f64).exp();
        let n = 40_000;
        for mixture in [Mixture::ring8(), Mixture::grid25()] {
            let measured = mode_coverage(&draws(&mixture, n), &mixture).unwrap();
            let sd = (p * (1.0 - p) / n as f64).sqrt();
            assert!(
                (measured.high_quality - p).abs() < 4.0 * sd,
                "{measured} {p} ± {sd}"
            );
            assert_eq!(measured.modes_covered, measured.modes_total);
            // 2n KL is asymptotically χ² with K − 1 degrees of freedom: mean K − 1.
            let dof = measured.modes_total as f64 - 1.0;
            let statistic = 2.0 * n as f64 * measured.reverse_kl_nats;
            assert!(
                (statistic - dof).abs() < 4.0 * (2.0 * dof).sqrt(),
                "{statistic} {dof}"
            );
        }
    }

    #[test]
    fn agrees_with_brute_force_on_a_blurred_generator() {
        let mixture = Mixture::grid25();
        let wide = Mixture {
            sigma: 0.3,
            ..mixture.clone()
        };
        let points = draws(&wide, 3000);
        let measured = mode_coverage(&points, &mixture).unwrap();

        let (mut good, mut kl) = (0, 0.0);
        for (k, c) in mixture.centres.iter().enumerate() {
            let squared = |p: &[f32; 2], c: &[f64; 2]| {
                (f64::from(p[0]) - c[0]).powi(2) + (f64::from(p[1]) - c[1]).powi(2)
            };
            let nearest_is_k = |p: &&[f32; 2]| {
                let mut others = mixture.centres.iter();
                others.all(|other| squared(p, c) <= squared(p, other))
            };
            let mine: Vec<_> = points.iter().filter(nearest_is_k).collect();
            let near = mine.iter().filter(|p| squared(p, c) <= 0.15 * 0.15).count();
            assert_eq!(
                (mine.len(), near),
                (measured.counts[k], measured.high_quality_counts[k])
            );
            good += near;
            let q = mine.len() as f64 / 3000.0;
            kl += q * (q / 0.04).ln();
        }
        assert!((measured.high_quality - good as f64 / 3000.0).abs() < 1e-12);
        assert!((measured.reverse_kl_nats - kl).abs() < 1e-12);
        assert!(
            measured.high_quality < 0.2,
            "blurred samples count for balance, not for quality"
        );
    }

    #[test]
    fn a_point_beyond_three_sigma_covers_nothing_but_still_counts() {
        let ring = Mixture::ring8();
        let measured = mode_coverage(&[[1.029, 0.0], [0.0, 1.031]], &ring).unwrap();
        assert_eq!((measured.modes_covered, measured.high_quality), (1, 0.5));
        assert_eq!(measured.counts[..3], [1, 0, 1]);
    }

    #[test]
    fn invalid_points_are_refused() {
        let ring = Mixture::ring8();
        assert!(mode_coverage(&[], &ring).is_err());
        let message = mode_coverage(&[[0.0, 0.0], [f32::NAN, 0.0]], &ring)
            .unwrap_err()
            .to_string();
        assert!(message.contains("row 1"), "{message}");
        assert!(points(&[0.0; 5], 2).is_err());
        assert!(points(&[0.0; 6], 3).unwrap_err().to_string().contains('3'));
    }

    #[test]
    fn the_protocol_is_shown_and_json_round_trips() {
        let measured = mode_coverage(&[[1.0, 0.0]; 4], &Mixture::ring8()).unwrap();
        let text = measured.to_string();
        assert!(
            text.contains("1 of 8") && text.contains("n = 4") && text.contains("2.079 nats"),
            "{text}"
        );
        let json = serde_json::to_string(&measured).unwrap();
        assert_eq!(
            serde_json::from_str::<ModeCoverage>(&json).unwrap(),
            measured
        );
    }
}
