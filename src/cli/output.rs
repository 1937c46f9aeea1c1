//! Writing to stdout and stderr without a panic when the other end is closed.

use std::io::{ErrorKind, Write};

use crate::error::{Error, Result};

/// A line of the result, on stdout. A reader that has seen enough, as `head`, is no error.
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

/// A message, on stderr, which may be closed: there is nobody to tell then.
pub fn note(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// A result as JSON.
pub fn json(value: &impl serde::Serialize) -> Result<()> {
    let text = serde_json::to_string_pretty(value).map_err(|e| Error::Usage(e.to_string()))?;
    result(&text)
}
