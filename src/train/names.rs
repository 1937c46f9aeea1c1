//! Names that the files of a run share with everything that reads them.

/// Name of G in configurations, checkpoints and messages.
pub const GENERATOR: &str = "generator";
/// Name of D in configurations, checkpoints and messages.
pub const DISCRIMINATOR: &str = "discriminator";

/// Keys of a line of `metrics.jsonl`.
///
/// An objective adds [measurements](crate::gan::Objective::measurements) under keys of its own.
pub mod metric {
    /// L_D, the loss of the discriminator.
    pub const D_LOSS: &str = "d_loss";
    /// L_G, the loss of the generator.
    pub const G_LOSS: &str = "g_loss";
    /// Mean output of D on real samples.
    pub const D_REAL: &str = "d_real";
    /// Mean output of D on generated samples.
    pub const D_FAKE: &str = "d_fake";
    /// Value of the penalty on D's gradient.
    pub const PENALTY: &str = "penalty";
    /// Mean of ‖∇D‖ over the samples on which the penalty is computed.
    pub const CRITIC_GRADIENT: &str = "critic_gradient";
    /// λ R_adv.
    pub const R_ADV: &str = "r_adv";
    /// L_I of the categorical codes, in bits.
    pub const INFORMATION_BITS: &str = "information_bits";
    /// L_I of the continuous codes, in bits.
    pub const INFORMATION_BITS_CONTINUOUS: &str = "information_bits_continuous";
    /// L_R, the agreement of the codes of two views of a real sample, in bits.
    pub const INFORMATION_BITS_REAL: &str = "information_bits_real";
}
