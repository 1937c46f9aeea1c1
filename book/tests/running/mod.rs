//! Support for the programs of chapters: what the kernel of a notebook provides, and errors with line numbers.

use std::error::Error;
use std::ffi::OsStr;
use std::fmt::Debug;
use std::panic::{self, Location};
use std::path::Path;
use std::sync::{Mutex, Once, PoisonError};

/// An error that `?` returned from a cell, with its line.
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

/// Displays a value with `Debug`, as the kernel does for types without a method `evcxr_display`. Where a type has this
/// method, Rust prefers it to that of the trait.
pub trait Display {
    fn evcxr_display(&self);
}

impl<T: Debug> Display for T {
    fn evcxr_display(&self) {
        println!("{self:?}");
    }
}

/// Runs the program of a chapter. Errors are reported with the line of the chapter.
pub fn run(chapter: &'static str, program: fn() -> Result<(), Failure>) {
    report_panics_in(chapter);
    if let Err(Failure { line, message }) = program() {
        panic!("{chapter}:{line}: this cell failed: {message}");
    }
}

/// Reports a panic with the line of the chapter as well. The file of the program has the name and the line numbers of
/// the chapter.
fn report_panics_in(chapter: &'static str) {
    static CHAPTERS: Mutex<Vec<&str>> = Mutex::new(Vec::new());
    static HOOK: Once = Once::new();

    CHAPTERS
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(chapter);
    HOOK.call_once(|| {
        let default_hook = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            default_hook(panic);
            let Some(location) = panic.location() else {
                return;
            };
            let chapters = CHAPTERS.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(chapter) = chapters
                .iter()
                .find(|chapter| stem(chapter) == stem(location.file()))
            {
                eprintln!("{chapter}:{}: this cell panicked", location.line());
            }
        }));
    });
}

fn stem(file: &str) -> Option<&OsStr> {
    Path::new(file).file_stem()
}
