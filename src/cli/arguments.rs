//! Parsers and help texts that several commands share.

use std::fmt::Display;
use std::str::FromStr;

use crate::data::DATASETS;
use crate::gan::{RECIPES, Recipe};

/// Parses a whole number of at least 1.
pub fn size(text: &str) -> Result<i64, String> {
    match text.parse() {
        Ok(n) if n >= 1 => Ok(n),
        _ => Err(format!(
            "must be a whole number of at least 1 and at most {}",
            i64::MAX
        )),
    }
}

/// A type of whole numbers.
pub trait Whole: FromStr + PartialOrd + Default + Display {
    /// Largest number.
    const MAX: Self;
}

impl Whole for i64 {
    const MAX: i64 = i64::MAX;
}

impl Whole for u64 {
    const MAX: u64 = u64::MAX;
}

impl Whole for usize {
    const MAX: usize = usize::MAX;
}

/// Parses a whole number of at least 0.
pub fn natural<T: Whole>(text: &str) -> Result<T, String> {
    let number = text.parse().ok().filter(|n| *n >= T::default());
    number.ok_or_else(|| {
        format!(
            "must be a whole number of at least 0 and at most {}",
            T::MAX
        )
    })
}

/// Help of `--data` for training: the names of the datasets.
pub fn data_help() -> String {
    format!(
        "Dataset: {}. images:DIR reads the PNG and JPEG files in DIR and all its subdirectories; \
         dsprites:FILE.npz reads the public dSprites file [default: grid25]",
        DATASETS.join(", ")
    )
}

/// Short help of `--gan`: the names of the recipes.
pub fn gan_help() -> String {
    format!(
        "Recipe (objective and default settings): {} [default: nsgan]",
        RECIPES.join(", ")
    )
}

/// Long help of `--gan`: one line for each recipe.
pub fn gan_long_help() -> String {
    let recipes = RECIPES.iter().filter_map(|name| Recipe::named(name).ok());
    let line = |r: Recipe| format!("\n  {:<18} {} ({})", r.name, r.summary, r.paper);
    format!(
        "Recipe: an objective with its default settings [default: nsgan]{}",
        recipes.map(line).collect::<String>()
    )
}
