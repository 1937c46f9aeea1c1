//! Downloads MNIST and Fashion-MNIST: the only place where the program uses the network.

use std::io::{IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use flate2::read::MultiGzDecoder;
use indicatif::{ProgressBar, ProgressStyle};
use md5::Md5;
use sha2::{Digest as _, Sha256};

use super::datasets::KINDS;
use super::kind::Origin;
pub use super::mirror::{Digest, Mirror, RemoteFile};
use crate::error::{Error, Result, unknown};
use crate::files::{hex, write_atomically};

/// Largest download in bytes. No file of a mirror is that large, so a longer answer is an error.
const LARGEST_DOWNLOAD: u64 = 256 << 20;

impl Mirror {
    /// The public mirror of `mnist` or `fashion-mnist`.
    ///
    /// # Errors
    /// [`Error::Usage`] for any other name.
    pub fn of(name: &str) -> Result<Self> {
        let mirrors = KINDS.iter().filter_map(|kind| match kind.origin {
            Origin::Download { mirror, .. } => Some((kind.name, mirror)),
            _ => None,
        });
        let mirrors: Vec<_> = mirrors.collect();
        match mirrors.iter().find(|(known, _)| *known == name) {
            Some((_, mirror)) => Ok(mirror()),
            None => {
                let known: Vec<&str> = mirrors.iter().map(|(known, _)| *known).collect();
                Err(unknown("dataset to fetch", name, &known))
            }
        }
    }

    /// Downloads the files into `folder` and returns the names of those that were downloaded. A file
    /// that is already there with the right digest is skipped.
    ///
    /// Each file is verified in memory and then written atomically, so that after an error the old file
    /// is unchanged. A failed download is not repeated.
    ///
    /// # Errors
    /// [`Error::Data`] with file and address when the server cannot be reached, answers with an
    /// error, closes the connection early, or sends another file; [`Error::Io`] when the file cannot
    /// be written.
    pub fn fetch_into(&self, folder: &Path) -> Result<Vec<String>> {
        let mut downloaded = Vec::new();
        for file in &self.files {
            let path = folder.join(&file.name);
            let is_valid =
                std::fs::read(&path).is_ok_and(|bytes| file.digest.check(&bytes).is_ok());
            if is_valid {
                note(&format!("{} already exists", path.display()));
                continue;
            }
            let url = format!("{}/{}", self.base_url.trim_end_matches('/'), file.name);
            let failed =
                |problem: String| Error::data(&path, format!("not fetched: {url} {problem}"));
            let bytes = download(&url, &file.name).map_err(failed)?;
            file.digest.check(&bytes).map_err(failed)?;
            write_atomically(&path, |out| out.write_all(&bytes))?;
            note(&format!(
                "{} downloaded: {} bytes, digest verified",
                path.display(),
                bytes.len()
            ));
            downloaded.push(file.name.clone());
        }
        Ok(downloaded)
    }
}

/// Downloads `mnist` or `fashion-mnist` into the directory of that name in the data directory `dir`, and
/// returns that directory.
///
/// `base_url` is the address of another mirror with the same files. Progress goes to stderr: a bar on a
/// terminal, plain lines elsewhere.
///
/// # Errors
/// Those of [`Mirror::of`] and [`Mirror::fetch_into`].
///
/// ```
/// let message = ganscope::data::fetch::fetch("cifar", std::path::Path::new("data"), None)
///     .unwrap_err()
///     .to_string();
/// assert!(message.contains("unknown dataset to fetch \"cifar\""));
/// ```
pub fn fetch(name: &str, dir: &Path, base_url: Option<&str>) -> Result<PathBuf> {
    let mut mirror = Mirror::of(name)?;
    if let Some(base_url) = base_url {
        mirror.base_url = base_url.into();
    }
    let folder = dir.join(name);
    mirror.fetch_into(&folder)?;
    Ok(folder)
}

impl Digest {
    fn check(&self, file: &[u8]) -> Result<(), String> {
        let (kind, expected, found) = match self {
            Digest::Md5OfFile(expected) => ("MD5", expected, hex(&Md5::digest(file))),
            Digest::Sha256OfContent(expected) => {
                let mut content = Sha256::new();
                // The content is hashed while it is unpacked, so it is never held in memory.
                let unpacked =
                    std::io::copy(&mut MultiGzDecoder::new(file), &mut Hashing(&mut content));
                unpacked.map_err(|e| {
                    format!(
                        "sent {} bytes that are not a complete gzip file: {e}; run the command again or use \
                         another mirror",
                        file.len()
                    )
                })?;
                ("SHA-256 of the content", expected, hex(&content.finalize()))
            }
        };
        if found == *expected {
            return Ok(());
        }
        Err(format!(
            "sent {} bytes with the wrong digest: {kind} is {found}, expected {expected}; \
             try again later or use another mirror",
            file.len()
        ))
    }
}

struct Hashing<'a>(&'a mut Sha256);

impl Write for Hashing<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Downloads the whole body. The error completes a sentence that begins with the address.
fn download(url: &str, name: &str) -> Result<Vec<u8>, String> {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_connect(Some(Duration::from_secs(20)))
        .timeout_recv_response(Some(Duration::from_secs(60)))
        // The digests are of the files as they are stored on the server.
        .accept_encoding("identity")
        .build()
        .into();
    let mut response = agent.get(url).call().map_err(|e| match e {
        ureq::Error::StatusCode(code) => {
            format!("answered with HTTP status {code}; try again later or use another mirror")
        }
        other => format!("cannot be reached: {other}"),
    })?;
    let promised = response.body().content_length();
    let bar = progress(name, url, promised);
    let mut body = response.body_mut().as_reader().take(LARGEST_DOWNLOAD + 1);
    let mut bytes = Vec::new();
    let read = std::io::copy(&mut body, &mut bar.wrap_write(&mut bytes));
    bar.finish_and_clear();
    let of = promised.map_or(String::new(), |n| format!(" of {n}"));
    read.map_err(|e| {
        format!(
            "closed the connection after {}{of} bytes: {e}; run the command again",
            bytes.len()
        )
    })?;
    if bytes.len() as u64 > LARGEST_DOWNLOAD {
        return Err(format!(
            "sends more than {LARGEST_DOWNLOAD} bytes; use another mirror"
        ));
    }
    if promised.is_some_and(|n| n != bytes.len() as u64) {
        return Err(format!(
            "closed the connection after {}{of} bytes; run the command again",
            bytes.len()
        ));
    }
    Ok(bytes)
}

fn progress(name: &str, url: &str, total: Option<u64>) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        note(&format!("downloading {url}"));
        return ProgressBar::hidden();
    }
    let bar = match total {
        Some(total) => ProgressBar::new(total),
        None => ProgressBar::new_spinner(),
    };
    let template = "{msg} {wide_bar} {bytes}/{total_bytes} {eta}";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.with_message(name.to_string())
}

fn note(line: &str) {
    // The download goes on when stderr is closed.
    let _ = writeln!(std::io::stderr(), "{line}");
}
