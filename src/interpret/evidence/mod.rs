//! Whether the directions that a method finds are more than chance, and whether methods agree.

mod agreement;
mod controls;
mod significance;
mod span;

pub use agreement::{Agreement, agreement, similarity_matrix, subspace_angles};
pub use controls::{halves, random_directions, randomized, resample_rows};
pub use significance::{
    DirectionStability, RepeatedOn, Spread, Stability, StabilitySettings, random_cosine_quantile,
    stability,
};
