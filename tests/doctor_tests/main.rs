//! The gradient doctor: its measurements against closed forms, each disease in a network built to have it, and
//! no disease in the recipes.

mod common;
mod diseases;
mod healthy;
mod read_only;
mod series;
mod signs;
