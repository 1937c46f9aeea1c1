//! The program as a user meets it: what it writes, what it prints, and what it exits with.
#![cfg(feature = "cli")]

mod bad_checkpoints;
mod bad_data;
mod bad_settings;
mod changed_data;
mod claims;
mod common;
mod doctor;
mod evaluate;
mod explain;
mod foreign;
mod interruption;
mod likelihood;
mod measure;
mod run_folder;
mod sample;
mod study;
mod study_settings;
mod study_survival;
mod survival;
mod tour;
