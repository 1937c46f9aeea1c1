//! Runs every chapter with cells as a program. `build.rs` writes the programs and the tests that call them.

#[allow(dead_code, reason = "unused while no chapter has cells")]
mod running;

/// Runs a program in the directory of the notebooks' kernel, so that relative paths mean the same.
#[allow(dead_code, reason = "unused while no chapter has cells")]
fn run(chapter: &'static str, program: fn() -> Result<(), running::Failure>) {
    let notebooks = concat!(env!("CARGO_MANIFEST_DIR"), "/../notebooks");
    std::fs::create_dir_all(notebooks).expect("the directory of the notebooks");
    std::env::set_current_dir(notebooks).expect("it exists");
    running::run(chapter, program);
}

include!(concat!(env!("OUT_DIR"), "/chapters.rs"));
