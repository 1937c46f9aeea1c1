//! Measures of image quality on cases whose answer is known: closed forms, brute force, SciPy.

mod classifier;
mod codes;
mod common;
mod frechet;
mod nearest;
mod scores;
mod whole;
