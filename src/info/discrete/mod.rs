//! Entropy, divergence and mutual information of symbols, from counts.
//!
//! Of N observations, n_i have outcome i; K outcomes are possible, K⁺ were observed, and p̂_i = n_i/N:
//!
//! | estimator | | |
//! |---|---|---|
//! | plug-in | $-\sum \hat p_i\ln\hat p_i$ | biased by about −(K⁺ − 1)/2N |
//! | Miller–Madow | plug-in + (K⁺ − 1)/2N | Miller 1955 |
//! | Grassberger | $\ln N - \frac1N\sum n_i G(n_i)$ | Grassberger 2003 |
//! | Chao–Shen | $-\sum \frac{\tilde p_i\ln\tilde p_i}{1-(1-\tilde p_i)^N}$, $\tilde p = (1 - f_1/N)\hat p$ | Chao & Shen 2003 |
//! | Dirichlet | posterior mean after a prior of a pseudo-counts per outcome | Wolpert & Wolf 1995 |
//! | NSB | the same, mixed over a so that the prior of H is nearly uniform | Nemenman, Shafee & Bialek 2002 |
//!
//! All assume independent observations of one distribution. An outcome that was never observed is not among the K outcomes
//! unless [`Counts`] contain it. Joint quantities sort the rows once, in O(d N log N) for d variables of N rows; divergences
//! read the counts once, in O(K).

mod bayes;
mod counts;
mod descriptors;
mod entropy;
mod joint;
mod outcomes;
mod special;
mod symbols;
mod two;

pub use counts::Counts;
pub use entropy::{Estimator, entropy};
pub use joint::{
    conditional_entropy, conditional_information, joint_entropy, mutual_information,
    total_correlation,
};
pub use symbols::Symbols;
pub use two::{jensen_shannon, kullback_leibler, kullback_leibler_with_prior};

pub(in crate::info) use descriptors::{DESCRIPTORS, ROWS_PER_OUTCOME};
pub(in crate::info) use outcomes::symbols;
