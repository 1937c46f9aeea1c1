//! Methods that look inside a trained GAN, against known answers.

mod agreement;
mod attribution;
mod closed_form;
mod codes;
mod conditional;
mod controls;
mod copying;
mod disentanglement;
mod effect;
mod geodesic;
mod geometry;
mod inversion;
mod jacobian_directions;
mod paths;
mod principal;
mod probe;
mod reparametrisation;
mod significance;
mod spectrum;
mod supervised;
mod units;
mod weights;
