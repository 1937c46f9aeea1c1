//! The log-likelihood of held-out samples under a generator, as Wu et al. (2017) measure it.
//!
//! G with Gaussian noise is the model
//! $p_\theta(x) = \int \mathcal{N}(z; 0, I)\,\mathcal{N}(x; G(z), \sigma^2 I)\,dz$ (see
//! [`Decoder`](super::Decoder)). For held-out samples x₁ … x_n
//!
//! $$ L = \frac1n\sum_i \log p_\theta(x_i), \qquad I(p_r, p_\theta) = -\frac{L}{\ln 2}\ \text{bits} $$
//!
//! Annealed importance sampling bounds each $\log p_\theta(x_i)$ from below (see [`Annealing`](super::Annealing)).
//! So the result is a lower bound on L and an upper bound on the cross-entropy I. How far a bound is from the truth
//! can be determined for samples that are drawn from the model; this bracket is reported with the result.
//!
//! **The noise.** A GAN has no σ. As in the paper, σ is chosen to maximise the likelihood of a validation set. A
//! single run of chains evaluates it for every σ ([`Annealing::by_noise`](super::Annealing::by_noise)).
//!
//! **Parzen's estimate** (Breuleux, Bengio & Vincent 2011) was used to compare the first GANs (Goodfellow et al.
//! 2014): the mean over kernels $\mathcal{N}(\cdot; G(z_j), \sigma^2 I)$ on 10,000 generated samples. It estimates
//! the integral above by draws from the prior, so with the same σ it has the same limit. In 784 dimensions it is far
//! from this limit: hardly any of 10,000 draws is where the posterior of x is, and the wide σ that compensates for
//! it blurs the differences between models. It may rank models incorrectly (Theis, van den Oord & Bethge 2016), and
//! is reported for comparison with published numbers.
//!
//! **Unit.** A density depends on the unit of its variable. For images it is given for pixel values in [0, 1], as in
//! the literature; images here are in [−1, 1], u = (x + 1)/2, so that $\log p(u) = \log p(x) + d\ln 2$ and
//! σ_u = σ_x/2. For points it is in their own unit. Wu et al. add uniform noise to the grey levels to undo their
//! rounding; for σ ≫ 1/256 this makes no difference, and it is omitted here.

mod held_out;
mod log_likelihood;
mod noise;
mod protocol;
mod unit;

pub use log_likelihood::{KERNELS, Likelihood};
pub use protocol::LikelihoodProtocol;
