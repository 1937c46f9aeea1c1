//! Writing to stdout and stderr without a panic when the reader has closed them.

use std::io::{ErrorKind, Write};

use crate::error::{Error, Result};

/// Prints a line of the result on stdout. A reader that stops early, such as `head`, is not an error.
pub fn result(line: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{line}").and_then(|()| out.flush()) {
        Err(source) if source.kind() != ErrorKind::BrokenPipe => Err(Error::Io {
            path: "stdout".into(),
            source,
        }),
        _ => Ok(()),
    }
}

/// Prints a message on stderr; when that is closed, nobody can be told.
pub fn note(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Prints a result as JSON on stdout.
pub fn json(value: &impl serde::Serialize) -> Result<()> {
    let text = serde_json::to_string_pretty(value).map_err(|e| Error::Usage(e.to_string()))?;
    result(&text)
}
