//! Writing so that nothing is lost: temporary file in the same folder, sync, rename.

use std::io::Write;
use std::path::Path;

use crate::error::{AtPath, Result};

/// What the names of temporary files begin with.
pub(crate) const TEMPORARY: &str = ".ganscope-";

/// Replaces `path` with what `write` produces, or leaves it untouched.
///
/// The content goes to a temporary file beside `path`, is flushed to disk, and renamed over it, so
/// that a full disk or a crash at any moment leaves either the old file or the new one.
///
/// # Errors
/// [`Error::Io`](crate::Error::Io) with the path when any of it fails; the temporary file is gone then.
pub fn write_atomically(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
) -> Result<()> {
    let folder = match path.parent() {
        Some(p) if !p.as_os_str().is_empty() => p,
        _ => Path::new("."),
    };
    std::fs::create_dir_all(folder).at(folder)?;
    let attempt = || -> std::io::Result<()> {
        let mut builder = tempfile::Builder::new();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(std::fs::Permissions::from_mode(0o644));
        }
        let file = builder.prefix(TEMPORARY).tempfile_in(folder);
        // Its own message would name the temporary file, which nobody has heard of.
        let mut file = file.map_err(|e| e.kind())?;
        {
            let mut buffered = std::io::BufWriter::new(file.as_file_mut());
            write(&mut buffered)?;
            buffered.flush()?;
        }
        file.as_file().sync_all()?;
        file.persist(path)?;
        // The rename itself is durable once the folder is synced.
        #[cfg(unix)]
        std::fs::File::open(folder)?.sync_all()?;
        Ok(())
    };
    attempt().at(path)
}

/// Bytes of a digest as one writes them.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_the_file_that_was_to_be_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a".repeat(300)).join("kept");
        let message = write_atomically(&path, |_| Ok(())).unwrap_err().to_string();
        assert!(!message.contains(TEMPORARY), "{message}");
        // A folder that refuses: nobody, not even root, can write into /proc.
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
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kept");
        write_atomically(&path, |w| w.write_all(b"old")).unwrap();
        let failed = write_atomically(&path, |w| {
            w.write_all(b"half")?;
            Err(std::io::Error::other("disk full"))
        });
        assert!(failed.is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
