//! `grid25`: twenty-five Gaussians on a square grid.

use crate::data::kind::DatasetKind;
use crate::data::{Dataset, Description, Mixture};

pub(super) const KIND: DatasetKind = DatasetKind {
    mixture: Some(Mixture::grid25),
    ..DatasetKind::built_in("grid25", |_| {
        Ok(Dataset::endless(
            Description::of_points("grid25"),
            Mixture::grid25(),
        ))
    })
};

impl Mixture {
    /// Twenty-five modes on the grid {−4, −2, 0, 2, 4}², σ = 0.05 (Srivastava et al. 2017, Lin et
    /// al. 2018).
    pub fn grid25() -> Self {
        let at = [-4.0, -2.0, 0.0, 2.0, 4.0];
        let centres = at.iter().flat_map(|&x| at.iter().map(move |&y| [x, y]));
        Mixture {
            name: "grid25".into(),
            centres: centres.collect(),
            sigma: 0.05,
        }
    }
}
