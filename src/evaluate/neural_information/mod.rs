//! Lower bounds on mutual information that a network learns: it either distinguishes pairs (x, y) of the same row
//! from pairs of different rows, or predicts one variable from the other.
//!
//! The bounds are in [`gan::bounds`](crate::gan::bounds). The network is trained on one half of the rows, and the
//! bound is evaluated on the other half: on its own training rows, a network could make any bound arbitrarily large.
//!
//! Networks see the normal scores of each column's ranks. Mutual information does not change under an increasing map
//! of a column, and without it one outlier would compress all other values into a range that the network cannot resolve.
//!
//! Rows are assumed to be independent draws. None of the bounds is unbiased. The network is never optimal. InfoNCE
//! stays below the logarithm of the batch size. For large information the values of NWJ and MINE depend on few pairs
//! (McAllester & Stratos 2020: no distribution-free bound from N rows that holds with high confidence exceeds about
//! ln N). The bound of InfoGAN needs an entropy that is known exactly for one column only. So each estimate reports
//! the error of the same network with the same settings on a Gaussian with known information, of the same dimensions
//! and number of rows, for which the estimate is the same, if there is one.

mod barber_agakov;
mod bound;
mod calibration;
mod contrastive;
mod estimate;
mod halves;
mod learner;
mod settings;
mod statistics;

pub use settings::{NeuralBound, NeuralInformation};
