//! What a trained GAN has learnt: one method per file, each with its equation and its source.
//!
//! A method takes a [`Network`](crate::nn::Network), latents or data, and returns a result with its protocol (sample
//! size, seed, layer, step sizes). Results are printed with `Display`, written as JSON with serde, and shown in a
//! notebook cell.

mod attribution;
mod copying;
mod differentiable_map;
mod directions;
pub mod disentanglement;
mod effects;
mod evidence;
mod geometry;
mod inference;
mod intervals;
mod inversion;
mod lbfgs;
mod linear;
mod probe;
mod quantiles;
mod rows;
mod subject;
mod units;

pub use attribution::{
    AttributedOutput, Attributions, Differentiable, DifferentiableFn, IntegratedGradients,
    IntegratedGradientsSettings, MAXIMUM_MAP_CORRELATION, NetworkOutput, Occlusion,
    OcclusionSettings, PathRule, Randomization, SanityCheck, SanitySettings, SanityStage,
    SmoothGrad, SmoothGradSettings, gradient, integrated_gradients, map_correlation, occlusion,
    sanity_check, smooth_grad,
};
pub use copying::{CopyingCell, CopyingSettings, CopyingTest, RankTest, copying_test, rank_test};
pub use directions::{
    Direction, Directions, FactorDirection, LabelDirection, PrincipalDirections, PrincipalSettings,
    SefaVariant, SupervisedSettings, average_jacobian_directions, average_metric, code_directions,
    conditional_direction, factor_direction, ganspace, ganspace_of_activations,
    jacobian_directions, label_direction, read_direction, sefa,
};
pub use effects::{
    ColumnMeter, Effect, EffectSettings, Effects, ImageMeter, Meter, MixtureMeter, OutputMeter,
    PixelMeter, Quantity, QuantityEffect, ScoreMeter, SpriteMeter, Values,
};
pub use evidence::{
    Agreement, DirectionStability, RepeatedOn, Spread, Stability, StabilitySettings, agreement,
    halves, random_cosine_quantile, random_directions, randomized, resample_rows,
    similarity_matrix, stability, subspace_angles,
};
pub use geometry::{
    COLLAPSED_FRACTION, COUNTED_FRACTION, Geodesic, GeodesicSettings, Geodesics, Interpolation,
    JacobianSpectrum, LatentPath, LocalSpectrum, STRETCHED_MULTIPLE, SliceGeometry, coordinate,
    geodesics, interpolate, jacobian_spectrum, slice_geometry, traverse,
};
pub use inversion::{
    Inversion, InversionSettings, InversionSummary, Inversions, PsnrDifference, invert,
};
pub use probe::{
    Difference, LayerProbe, LayerProbes, LogisticRegression, Probe, ProbeQuantity, ProbeSettings,
    Reduction, RidgeRegression, probe_classes, probe_layers, probe_layers_numeric, probe_numeric,
};
pub use quantiles::Quantiles;
pub use subject::{RealData, Subject};
pub use units::{
    AblationEffect, AblationSettings, ClassSelectivity, ConceptMasks, ConceptSettings, ConceptUnit,
    ConceptUnits, EffectSize, ImageMeasure, NullEffects, Replacement, SelectiveUnit, Selectivity,
    SelectivitySettings, ThresholdRule, Units, ablation_effect, concept_units, selectivity,
};
