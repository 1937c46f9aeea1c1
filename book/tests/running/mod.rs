//! What a chapter's program stands on: what the notebook's kernel gives it, and what finds its faults.

use std::error::Error;
use std::ffi::OsStr;
use std::fmt::Debug;
use std::panic::{self, Location};
use std::path::Path;
use std::sync::{Mutex, Once, PoisonError};

/// An error that `?` hands out of a cell, with the cell's line.
pub struct Failure {
    line: u32,
    message: String,
}

impl<E: Into<Box<dyn Error>>> From<E> for Failure {
    #[track_caller]
    fn from(error: E) -> Self {
        Self {
            line: Location::caller().line(),
            message: error.into().to_string(),
        }
    }
}

/// The kernel shows a value by its own `evcxr_display`, and by `Debug` where it has none: here a method of
/// the type's own goes before this one.
pub trait Shown {
    fn evcxr_display(&self);
}

impl<T: Debug> Shown for T {
    fn evcxr_display(&self) {
        println!("{self:?}");
    }
}

/// Runs a chapter's program; a fault names the chapter's line.
pub fn run(chapter: &'static str, program: fn() -> Result<(), Failure>) {
    name_lines_of(chapter);
    if let Err(Failure { line, message }) = program() {
        panic!("{chapter}:{line}: this cell failed: {message}");
    }
}

/// A panic in a program is also reported in its chapter: the program's file has the chapter's name and lines.
fn name_lines_of(chapter: &'static str) {
    static CHAPTERS: Mutex<Vec<&str>> = Mutex::new(Vec::new());
    static HOOK: Once = Once::new();

    CHAPTERS
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(chapter);
    HOOK.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            usual(panic);
            let Some(place) = panic.location() else {
                return;
            };
            let chapters = CHAPTERS.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(chapter) = chapters
                .iter()
                .find(|chapter| stem(chapter) == stem(place.file()))
            {
                eprintln!("{chapter}:{}: this cell panicked", place.line());
            }
        }));
    });
}

fn stem(file: &str) -> Option<&OsStr> {
    Path::new(file).file_stem()
}
