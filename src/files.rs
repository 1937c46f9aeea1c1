//! Atomic writing of files, by a temporary file in the same directory that is synced and renamed.

use std::io::Write;
use std::path::Path;

use serde::Serializer;

use crate::error::{AtPath, Result};

/// Prefix of the names of temporary files.
pub(crate) const TEMPORARY: &str = ".ganscope-";

/// Replaces the file `path` by what `write` writes, or leaves it unchanged if anything fails.
///
/// The content is written to a temporary file in the same directory, synced to disk, and renamed to
/// `path`. So a full disk or a crash at any moment leaves either the old file or the new one.
///
/// # Errors
/// [`Error::Io`](crate::Error::Io) with the path when any step fails; the temporary file is then removed.
pub fn write_atomically(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
) -> Result<()> {
    let directory = match path.parent() {
        Some(p) if !p.as_os_str().is_empty() => p,
        _ => Path::new("."),
    };
    std::fs::create_dir_all(directory).at(directory)?;
    let attempt = || -> std::io::Result<()> {
        let mut builder = tempfile::Builder::new();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(std::fs::Permissions::from_mode(0o644));
        }
        let file = builder.prefix(TEMPORARY).tempfile_in(directory);
        // The original error names the temporary file, which the user does not know: only its kind is kept.
        let mut file = file.map_err(|e| {
            let kind = e.kind();
            let problem =
                format!("no file can be created in this directory ({kind}); choose another path");
            std::io::Error::new(kind, problem)
        })?;
        {
            let mut buffered = std::io::BufWriter::new(file.as_file_mut());
            write(&mut buffered)?;
            buffered.flush()?;
        }
        file.as_file().sync_all()?;
        file.persist(path)?;
        // The rename is on disk only after the directory is synced.
        #[cfg(unix)]
        std::fs::File::open(directory)?.sync_all()?;
        Ok(())
    };
    attempt().at(path)
}

/// Serializes a path that may not be valid UTF-8, with U+FFFD in place of invalid bytes.
pub(crate) fn lossy<S: Serializer>(
    path: impl AsRef<Path>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&path.as_ref().display())
}

/// Formats the bytes of a digest in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_the_destination_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a".repeat(300)).join("kept");
        let message = write_atomically(&path, |_| Ok(())).unwrap_err().to_string();
        assert!(!message.contains(TEMPORARY), "{message}");
        // Not even root can create a file in /proc.
        #[cfg(target_os = "linux")]
        {
            let path = Path::new("/proc/kept");
            let message = write_atomically(path, |_| Ok(())).unwrap_err().to_string();
            assert!(message.starts_with("/proc/kept: "), "{message}");
            assert!(!message.contains(TEMPORARY), "{message}");
        }
    }

    #[test]
    fn a_failed_write_leaves_the_old_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("kept");
        write_atomically(&path, |w| w.write_all(b"old")).unwrap();
        let failed = write_atomically(&path, |w| {
            w.write_all(b"half")?;
            Err(std::io::Error::other("disk full"))
        });
        assert!(failed.is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
    }
}
