//! Every chapter with cells runs as a program. `build.rs` writes the programs and the tests that call them.

// Unused as long as no chapter has cells.
#[allow(dead_code)]
mod running;

/// Where a notebook's kernel stands, so that paths mean the same.
#[allow(dead_code)]
fn run(chapter: &'static str, program: fn() -> Result<(), running::Failure>) {
    let notebooks = concat!(env!("CARGO_MANIFEST_DIR"), "/../notebooks");
    std::fs::create_dir_all(notebooks).expect("a folder beside the book");
    std::env::set_current_dir(notebooks).expect("it exists");
    running::run(chapter, program);
}

include!(concat!(env!("OUT_DIR"), "/chapters.rs"));
