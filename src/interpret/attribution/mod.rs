//! Attribution: how much each input contributes to one output of a network, for each sample x.
//!
//! | function | attribution of f to input i | source |
//! |---|---|---|
//! | [`gradient`] | ∂f/∂xᵢ | Simonyan et al. 2014 |
//! | [`smooth_grad`] | mean of ∂f/∂xᵢ over noisy copies of x | Smilkov et al. 2017 |
//! | [`integrated_gradients`] | (xᵢ − x⁰ᵢ) · mean of ∂f/∂xᵢ between a baseline x⁰ and x | Sundararajan et al. 2017 |
//! | [`occlusion`] | decrease of f when a patch with input i is replaced by a baseline | Zeiler & Fergus 2014 |
//!
//! f is a [`Differentiable`] function: a [`NetworkOutput`], or any other function with its gradient. [`sanity_check`]
//! tests whether the maps of a method depend on the weights of the network at all (Adebayo et al. 2018).

mod function;
mod gradient;
mod integrated_gradients;
mod maps;
mod occlusion;
mod sanity;
mod smooth_grad;

pub use function::{AttributedOutput, Differentiable, DifferentiableFn, NetworkOutput};
pub use gradient::gradient;
pub use integrated_gradients::{
    IntegratedGradients, IntegratedGradientsSettings, PathRule, integrated_gradients,
};
pub use maps::Attributions;
pub use occlusion::{Occlusion, OcclusionSettings, occlusion};
pub use sanity::{
    MAXIMUM_MAP_CORRELATION, Randomization, SanityCheck, SanitySettings, SanityStage,
    map_correlation, sanity_check,
};
pub use smooth_grad::{SmoothGrad, SmoothGradSettings, smooth_grad};
