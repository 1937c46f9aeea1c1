//! Parsers and help texts that several commands share.

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

/// Parses a whole number of at least 0.
pub fn natural<T: FromStr + PartialOrd + Default>(text: &str) -> Result<T, String> {
    let number = text.parse().ok().filter(|n| *n >= T::default());
    number.ok_or_else(|| "must be a whole number of at least 0".into())
}

/// Help of `--data` for training: the names of the datasets.
pub fn data_help() -> String {
    format!("Dataset: {} [default: grid25]", DATASETS.join(", "))
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
