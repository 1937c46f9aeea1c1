//! Methods that look inside a trained GAN, against known answers.

mod attribution;
mod effect;
mod probe;
mod units;
mod weights;
