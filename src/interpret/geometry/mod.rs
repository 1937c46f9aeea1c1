//! The generator as a map: what it stretches, folds and collapses, and paths through its latent space.

mod geodesic;
mod paths;
mod slice;
mod spectrum;

pub use geodesic::{Geodesic, GeodesicSettings, Geodesics, geodesics};
pub use paths::{Interpolation, LatentPath, coordinate, interpolate, traverse};
pub use slice::{COLLAPSED_FRACTION, STRETCHED_MULTIPLE, SliceGeometry, slice_geometry};
pub use spectrum::{COUNTED_FRACTION, JacobianSpectrum, LocalSpectrum, jacobian_spectrum};
pub(super) use spectrum::{ROUNDING, gram, singular_values};
