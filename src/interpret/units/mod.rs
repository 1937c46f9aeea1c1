//! The units of a layer of a generator: what they respond to, and what they cause (GAN Dissection, Bau et al. 2019).
//!
//! A unit is a channel of an image, or a single number of a vector. [`Units`] divides the generator at a layer,
//! G = f₂ ∘ f₁, and gives the activations f₁(z) and the images without some units.
//!
//! | function | question |
//! |---|---|
//! | [`concept_units`] | Where a unit is active, is there a concept in the image? |
//! | [`selectivity`] | Is a unit more active in images of one class than in the others? |
//! | [`ablation_effect`] | What changes in the image without these units, and is it more than without other units? |

mod ablation;
mod concept;
mod effect;
mod layer;
mod selectivity;
mod threshold;
mod upsample;

pub use ablation::{AblationEffect, AblationSettings, ImageMeasure, ablation_effect};
pub use concept::{ConceptMasks, ConceptSettings, ConceptUnit, ConceptUnits, concept_units};
pub use effect::{EffectSize, NullEffects};
pub use layer::{Replacement, Units};
pub use selectivity::{
    ClassSelectivity, SelectiveUnit, Selectivity, SelectivitySettings, selectivity,
};
pub use threshold::ThresholdRule;
