//! What a trained GAN has learnt: one method per file, each with its equation and its source.
//!
//! A method takes a [`Network`](crate::nn::Network), latents or data, and returns a result with its protocol (sample
//! size, seed, layer, step sizes). Results are printed with `Display`, written as JSON with serde, and shown in a
//! notebook cell.

mod agreement;
mod attribution;
mod closed_form;
mod codes;
mod components;
mod conditional;
mod controls;
mod copying;
mod differentiable_map;
mod direction;
pub mod disentanglement;
mod effect;
mod geodesic;
mod geometry;
mod inference;
mod intervals;
mod inversion;
mod inversion_summary;
mod jacobian_directions;
mod lbfgs;
mod linear;
mod linear_models;
mod meters;
mod part;
mod paths;
mod principal;
mod probe;
mod quantiles;
mod quantity;
mod ranked;
mod significance;
mod span;
mod spectrum;
mod subject;
mod supervised;
mod units;

pub use agreement::{Agreement, agreement, similarity_matrix, subspace_angles};
pub use attribution::{
    AttributedOutput, Attributions, Differentiable, DifferentiableFn, IntegratedGradients,
    IntegratedGradientsSettings, MAXIMUM_MAP_CORRELATION, NetworkOutput, Occlusion,
    OcclusionSettings, PathRule, Randomization, SanityCheck, SanitySettings, SanityStage,
    SmoothGrad, SmoothGradSettings, gradient, integrated_gradients, map_correlation, occlusion,
    sanity_check, smooth_grad,
};
pub use closed_form::{SefaVariant, sefa};
pub use codes::code_directions;
pub use conditional::conditional_direction;
pub use controls::{halves, random_directions, randomized, resample_rows};
pub use copying::{CopyingCell, CopyingSettings, CopyingTest, RankTest, copying_test, rank_test};
pub use direction::{Direction, Directions, read_direction};
pub use effect::{Effect, EffectSettings, Effects, QuantityEffect};
pub use geodesic::{Geodesic, GeodesicSettings, Geodesics, geodesics};
pub use geometry::{COLLAPSED_FRACTION, STRETCHED_MULTIPLE, SliceGeometry, slice_geometry};
pub use inversion::{Inversion, InversionSettings, Inversions, invert};
pub use inversion_summary::{InversionSummary, PsnrDifference};
pub use jacobian_directions::{average_jacobian_directions, average_metric, jacobian_directions};
pub use meters::{ColumnMeter, ImageMeter, MixtureMeter, PixelMeter, ScoreMeter, SpriteMeter};
pub use paths::{Interpolation, LatentPath, coordinate, interpolate, traverse};
pub use principal::{PrincipalDirections, PrincipalSettings, ganspace, ganspace_of_activations};
pub use probe::{
    Difference, LayerProbe, LayerProbes, LogisticRegression, Probe, ProbeQuantity, ProbeSettings,
    Reduction, RidgeRegression, probe_classes, probe_layers, probe_layers_numeric, probe_numeric,
};
pub use quantiles::Quantiles;
pub use quantity::{Meter, Quantity, Values};
pub use significance::{
    DirectionStability, RepeatedOn, Spread, Stability, StabilitySettings, random_cosine_quantile,
    stability,
};
pub use spectrum::{COUNTED_FRACTION, JacobianSpectrum, LocalSpectrum, jacobian_spectrum};
pub use subject::{RealData, Subject};
pub use supervised::{
    FactorDirection, LabelDirection, SupervisedSettings, factor_direction, label_direction,
};
pub use units::{
    AblationEffect, AblationSettings, ClassSelectivity, ConceptMasks, ConceptSettings, ConceptUnit,
    ConceptUnits, EffectSize, ImageMeasure, NullEffects, Replacement, SelectiveUnit, Selectivity,
    SelectivitySettings, ThresholdRule, Units, ablation_effect, concept_units, selectivity,
};
