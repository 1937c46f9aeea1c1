//! Ctrl-C: the first one finishes the current step and saves everything, the second one exits at once.

use std::sync::atomic::{AtomicBool, Ordering};

use super::output::note;
use crate::error::{Error, Result};

/// Set by the first Ctrl-C, SIGTERM or SIGHUP.
pub static STOP: AtomicBool = AtomicBool::new(false);

/// Installs the signal handler; a process can do so only once.
pub fn install() -> Result<()> {
    let handler = || {
        if STOP.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
        note("\nstopping after this step… (press Ctrl-C again to quit at once, without saving)");
    };
    ctrlc::set_handler(handler)
        .map_err(|e| Error::Device(format!("the handler for Ctrl-C cannot be installed: {e}")))
}
