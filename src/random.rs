//! Random numbers without state: each is a function of (seed, stream, step).
//!
//! A generator is made where it is needed and thrown away, so there is nothing to save in a
//! checkpoint, and a resumed run draws exactly what an unbroken one would have drawn.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal};

/// What a random number is for. Two streams never share a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub enum Stream {
    /// Initial weights of the generator.
    GeneratorInit = 1,
    /// Initial weights of the discriminator.
    DiscriminatorInit = 2,
    /// Real samples, or the order in which they are visited.
    Data = 3,
    /// Latent vectors of a training step.
    Latent = 4,
    /// The fixed latent vectors of the sample grids.
    LatentFixed = 6,
    /// Latent vectors for `sample` and `evaluate`.
    LatentForSampling = 7,
    /// Dropout masks.
    Dropout = 8,
    /// Where between a real and a generated sample a gradient penalty looks.
    Interpolation = 9,
    /// InfoGAN's codes.
    Codes = 10,
    /// Which component of a mixture makes a sample.
    Component = 12,
    /// The examples that AdaGAN weights, where data are drawn.
    Examples = 13,
    /// Random affine maps of images.
    Affine = 15,
    /// Initial weights of the classifier whose features images are compared in.
    ClassifierInit = 40,
    /// How far each image is shifted while that classifier learns.
    ClassifierShift = 41,
    /// Samples drawn from a generator that is seen through noise.
    Simulation = 42,
    /// Chains of annealed importance sampling: those that look for a step size, ...
    AnnealingScouts = 43,
    /// ... from the prior to the posterior, ...
    AnnealingForward = 44,
    /// ... and back.
    AnnealingBackward = 45,
    /// Initial weights of a critic that bounds mutual information, ...
    CriticInit = 46,
    /// ... what it learns from, ...
    Critic = 47,
    /// ... and the pairs that its bound is taken on.
    CriticShuffle = 48,
    /// Where power iteration starts when a network is only looked at, and what it is compared with.
    Examination = 50,
    /// Noise that breaks ties before neighbours are looked for.
    Jitter = 60,
    /// Neighbours of one density, from which the shape of their box is known by chance.
    UniformBox = 61,
    /// Orders of one variable, where it is asked whether another depends on it.
    Permutation = 70,
    /// Observations drawn with replacement.
    Bootstrap = 71,
    /// Observations drawn without replacement.
    Subsample = 72,
}

/// The generator for one purpose at one step.
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

/// `n` draws from N(0, 1).
pub fn standard_normal(seed: u64, stream: Stream, step: u64, n: usize) -> Vec<f32> {
    let mut rng = rng(seed, stream, step);
    (0..n).map(|_| StandardNormal.sample(&mut rng)).collect()
}
