//! Entropy, divergence and mutual information of symbols, from how often each was seen.
//!
//! With n_i of N observations of outcome i, K outcomes possible and K⁺ seen, p̂_i = n_i/N:
//!
//! | estimator | | |
//! |---|---|---|
//! | plug-in | $-\sum \hat p_i\ln\hat p_i$ | biased by about −(K⁺ − 1)/2N |
//! | Miller–Madow | plug-in + (K⁺ − 1)/2N | Miller 1955 |
//! | Grassberger | $\ln N - \frac1N\sum n_i G(n_i)$ | Grassberger 2003 |
//! | Chao–Shen | $-\sum \frac{\tilde p_i\ln\tilde p_i}{1-(1-\tilde p_i)^N}$, $\tilde p = (1 - f_1/N)\hat p$ | Chao & Shen 2003 |
//! | Dirichlet | posterior mean after a prior of a per outcome | Wolpert & Wolf 1995 |
//! | NSB | the same, a mixed so that H is about uniform before | Nemenman, Shafee & Bialek 2002 |
//!
//! All assume independent observations of one distribution. What was never seen is not counted among the outcomes
//! unless [`Counts`] name it. Joint quantities sort the rows once, in O(d N log N) for d variables of N rows;
//! divergences go through the counts once, in O(K).

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
