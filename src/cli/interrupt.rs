//! Ctrl-C: the first lets the step finish and everything be saved, the second ends it at once.

use std::sync::atomic::{AtomicBool, Ordering};

use super::output::note;
use crate::error::{Error, Result};

/// Set by the first Ctrl-C, SIGTERM or SIGHUP.
pub static STOP: AtomicBool = AtomicBool::new(false);

/// Installs the handler; once a process.
pub fn install() -> Result<()> {
    let handler = || {
        if STOP.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
        note("\nstopping after this step, saving… (Ctrl-C again to quit without)");
    };
    ctrlc::set_handler(handler).map_err(|e| Error::Device(format!("signal handler: {e}")))
}
