//! `ring8`: eight Gaussians on a circle.

use std::f64::consts::TAU;

use crate::data::kind::DatasetKind;
use crate::data::{Dataset, Description, Mixture};

pub(super) const KIND: DatasetKind = DatasetKind {
    mixture: Some(Mixture::ring8),
    ..DatasetKind::built_in("ring8", |_| {
        Ok(Dataset::endless(
            Description::of_points("ring8"),
            Mixture::ring8(),
        ))
    })
};

impl Mixture {
    /// Eight modes on the unit circle, σ = 0.01 (Srivastava et al. 2017, Lin et al. 2018).
    pub fn ring8() -> Self {
        let centres = (0..8).map(|k| {
            let (sin, cos) = (TAU * f64::from(k) / 8.0).sin_cos();
            [cos, sin]
        });
        Mixture {
            name: "ring8".into(),
            centres: centres.collect(),
            sigma: 0.01,
        }
    }
}
