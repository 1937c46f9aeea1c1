//! Every chapter with cells runs as a program. `build.rs` writes the programs and the tests that call them.

mod running;

include!(concat!(env!("OUT_DIR"), "/chapters.rs"));
