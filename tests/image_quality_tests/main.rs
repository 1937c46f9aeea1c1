//! Measures of image quality in cases with a known result: closed forms, brute force, SciPy.

mod classifier;
mod codes;
mod common;
mod frechet;
mod nearest;
mod scores;
mod whole;
