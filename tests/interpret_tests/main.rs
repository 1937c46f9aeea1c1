//! Methods that look inside a trained GAN, against known answers.

mod effect;
mod weights;
