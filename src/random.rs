//! Random numbers without state: each is a function of (seed, stream, step).
//!
//! A generator is created where it is needed and not kept, so a checkpoint has no generator to save, and
//! a resumed run draws exactly the numbers that an uninterrupted run draws.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal};

/// The purpose of a random number. The numbers of two streams are independent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub enum Stream {
    /// Initial weights of the generator.
    GeneratorInit = 1,
    /// Initial weights of the discriminator.
    DiscriminatorInit = 2,
    /// Real samples, or the order in which a dataset is visited.
    Data = 3,
    /// Latent vectors of a training step.
    Latent = 4,
    /// The fixed latent vectors of the sample grids.
    LatentFixed = 6,
    /// Latent vectors of the commands `sample` and `evaluate`.
    LatentForSampling = 7,
    /// Dropout masks.
    Dropout = 8,
    /// Points between real and generated samples at which a gradient penalty is computed.
    Interpolation = 9,
    /// InfoGAN's codes.
    Codes = 10,
    /// The component of a mixture that generates each sample.
    Component = 12,
    /// The examples that AdaGAN weights, for data that are drawn from a distribution.
    Examples = 13,
    /// Random affine maps of images.
    Affine = 15,
    /// Initial weights of the classifier whose features are used to compare images.
    ClassifierInit = 40,
    /// Shifts of the images on which that classifier is trained.
    ClassifierShift = 41,
    /// Samples simulated from a generator with observation noise.
    Simulation = 42,
    /// Chains of annealed importance sampling by which the step size is chosen.
    AnnealingScouts = 43,
    /// Chains of annealed importance sampling from the prior to the posterior.
    AnnealingForward = 44,
    /// Chains of annealed importance sampling from the posterior to the prior.
    AnnealingBackward = 45,
    /// Initial weights of a critic that bounds mutual information.
    CriticInit = 46,
    /// Pairs on which such a critic is trained.
    Critic = 47,
    /// Pairs on which the bound of such a critic is computed.
    CriticShuffle = 48,
    /// Starting vectors of the power iteration when a network is inspected, and random networks to compare
    /// it with.
    Examination = 50,
    /// Noise that breaks ties before a search for nearest neighbours.
    Jitter = 60,
    /// Neighbours in a uniform density, which give the null distribution of the shape of their bounding box.
    UniformBox = 61,
    /// Permutations of one variable in a test of independence.
    Permutation = 70,
    /// Observations drawn with replacement.
    Bootstrap = 71,
    /// Observations drawn without replacement.
    Subsample = 72,
    /// Latent vectors at which a trained generator is examined.
    Exploration = 80,
    /// Random directions, with which the directions of a method are compared.
    RandomDirection = 81,
    /// Starting points of an optimisation over z.
    Restart = 82,
    /// Noise that is added to an input before its gradient is computed.
    InputNoise = 83,
    /// Division of samples into training and held-out ones.
    Split = 84,
    /// Random weights in place of trained ones.
    RandomWeights = 85,
    /// Groups of samples that have one factor in common.
    Group = 86,
}

/// Returns the generator for one purpose at one step.
///
/// ```
/// use ganscope::random::{Stream, rng};
/// use rand::Rng;
/// assert_eq!(rng(1, Stream::Data, 7).next_u64(), rng(1, Stream::Data, 7).next_u64());
/// assert_ne!(rng(1, Stream::Data, 7).next_u64(), rng(1, Stream::Data, 8).next_u64());
/// ```
pub fn rng(seed: u64, stream: Stream, step: u64) -> ChaCha8Rng {
    let mut key = [0u8; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..16].copy_from_slice(&(stream as u64).to_le_bytes());
    key[16..24].copy_from_slice(&step.to_le_bytes());
    ChaCha8Rng::from_seed(key)
}

/// Draws `n` numbers from N(0, 1).
pub fn standard_normal(seed: u64, stream: Stream, step: u64, n: usize) -> Vec<f32> {
    let mut rng = rng(seed, stream, step);
    (0..n).map(|_| StandardNormal.sample(&mut rng)).collect()
}
