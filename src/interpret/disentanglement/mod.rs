//! Scores of disentanglement: whether each code of a representation describes one factor of the data.
//!
//! A representation has codes c₁ … c_C for samples whose true factors v₁ … v_K are known. The scores differ in what
//! they require:
//!
//! | score | high if | source |
//! |---|---|---|
//! | [`mig()`] | one code has much more information about a factor than any other code | Chen et al. 2018 |
//! | [`dci()`] | each code predicts one factor, and each factor is predicted by one code | Eastwood & Williams 2018 |
//! | [`sap()`] | one code alone predicts a factor much better than any other code alone | Kumar et al. 2018 |
//! | [`factor_vae()`] | the code that varies least tells which factor is fixed | Kim & Mnih 2018 |
//! | [`beta_vae()`] | a linear classifier sees which factor is fixed | Higgins et al. 2017 |
//! | [`modularity()`] | each code has information about at most one factor | Ridgeway & Mozer 2018 |
//! | [`explicitness()`] | a linear classifier on all codes predicts each value of a factor | Ridgeway & Mozer 2018 |
//!
//! The protocols are those of the papers and of `disentanglement_lib` (Locatello et al. 2019); each page lists the
//! differences. Each result has the value for chance: what the score is if codes and factors are independent. It is
//! often far from 0.
//!
//! The scores of a [`Representation`] need codes and factors of the same samples, by convention 10,000.
//! [`factor_vae()`] and [`beta_vae()`] also ask for new samples in which one factor is fixed ([`Group`]). The functions
//! `…_interval` give bootstrap intervals.

mod beta_vae;
mod binning;
mod dci;
mod explicitness;
mod factor_vae;
mod groups;
mod importances;
mod information;
mod intervals;
mod lasso;
mod logistic;
mod mig;
mod modularity;
mod regression_tree;
mod representation;
mod sap;
mod trees;

pub use beta_vae::{BetaVae, BetaVaeSettings, beta_vae};
pub use dci::{Dci, DciChance, DciSettings, Regressor, dci};
pub use explicitness::{Explicitness, ExplicitnessSettings, explicitness};
pub use factor_vae::{FactorVae, FactorVaeSettings, factor_vae};
pub use groups::Group;
pub use importances::{Completeness, Disentanglement, completeness_of, disentanglement_of};
pub use information::InformationSettings;
pub use intervals::{
    DciIntervals, Interval, REPLICATES, REPLICATES_TREES, dci_intervals, explicitness_interval,
    mig_interval, modularity_interval, sap_interval,
};
pub use lasso::Lasso;
pub use mig::{Mig, gap_of, mig};
pub use modularity::{Modularity, modularity, modularity_of};
pub use representation::{Factor, Protocol, Representation};
pub use sap::{Sap, SapMethod, SapSettings, sap};
pub use trees::BoostedTrees;
