//! What a trained GAN has learnt: one method per file, each with its equation and its source.
//!
//! A method takes a [`Network`](crate::nn::Network), latents or data, and returns a result with its protocol (sample
//! size, seed, layer, step sizes). Results are printed with `Display`, written as JSON with serde, and shown in a
//! notebook cell.

mod attribution;
mod direction;
mod effect;
mod inference;
mod intervals;
mod meters;
mod probe;
mod quantity;
mod subject;
mod units;

pub use attribution::{
    AttributedOutput, Attributions, Differentiable, DifferentiableFn, IntegratedGradients,
    IntegratedGradientsSettings, MAXIMUM_MAP_CORRELATION, NetworkOutput, Occlusion,
    OcclusionSettings, PathRule, Randomization, SanityCheck, SanitySettings, SanityStage,
    SmoothGrad, SmoothGradSettings, gradient, integrated_gradients, map_correlation, occlusion,
    sanity_check, smooth_grad,
};
pub use direction::{Direction, Directions, read_direction};
pub use effect::{Effect, EffectSettings, Effects, QuantityEffect};
pub use meters::{ColumnMeter, ImageMeter, MixtureMeter, PixelMeter, ScoreMeter, SpriteMeter};
pub use probe::{
    Difference, LayerProbe, LayerProbes, LogisticRegression, Probe, ProbeQuantity, ProbeSettings,
    Reduction, RidgeRegression, probe_classes, probe_layers, probe_layers_numeric, probe_numeric,
};
pub use quantity::{Meter, Quantity, Values};
pub use subject::{RealData, Subject};
pub use units::{
    AblationEffect, AblationSettings, ClassSelectivity, ConceptMasks, ConceptSettings, ConceptUnit,
    ConceptUnits, EffectSize, ImageMeasure, NullEffects, Replacement, SelectiveUnit, Selectivity,
    SelectivitySettings, ThresholdRule, Units, ablation_effect, concept_units, selectivity,
};
