//! Downloads MNIST and Fashion-MNIST: the only place where the program uses the network.

use std::io::{IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use flate2::read::MultiGzDecoder;
use indicatif::{ProgressBar, ProgressStyle};
use md5::Md5;
use sha2::{Digest as _, Sha256};

use crate::error::{Error, Result, unknown};
use crate::files::{hex, write_atomically};

/// More than any of the files has; a server that sends more is not the mirror.
const LARGEST_DOWNLOAD: u64 = 256 << 20;

/// How one knows that a file is the right one; hexadecimal, lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Digest {
    /// SHA-256 of the uncompressed bytes, for files that mirrors compress differently.
    Sha256OfContent(String),
    /// MD5 of the file as it is sent.
    Md5OfFile(String),
}

/// A file that a mirror offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteFile {
    /// Its name on the mirror and on disk; gzipped.
    pub name: String,
    /// What it has to hash to.
    pub digest: Digest,
}

/// Where to get the files of a data set, and how to tell that they are right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mirror {
    /// The address that `/NAME` is appended to.
    pub base_url: String,
    /// What is to be there.
    pub files: Vec<RemoteFile>,
}

const NAMES: [&str; 4] = [
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
];

impl Mirror {
    /// The public mirror of `mnist` or `fashion-mnist`.
    ///
    /// # Errors
    /// [`Error::Usage`] for any other name.
    pub fn of(name: &str) -> Result<Self> {
        // SHA-256 of the original files of Y. LeCun, C. Cortes and C. Burges.
        const MNIST: [&str; 4] = [
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        ];
        // MD5 as the README of Fashion-MNIST gives them.
        const FASHION: [&str; 4] = [
            "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
            "25c81989df183df01b3e8a0aad5dffbe",
            "bef4ecab320f06d8554ea6380940ec79",
            "bb300cfdad3c16e7a12a480ee83cd310",
        ];
        let (base_url, digests, digest): (_, _, fn(String) -> Digest) = match name {
            "mnist" => (
                "https://ossci-datasets.s3.amazonaws.com/mnist",
                MNIST,
                Digest::Sha256OfContent,
            ),
            "fashion-mnist" => (
                "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
                FASHION,
                Digest::Md5OfFile,
            ),
            _ => {
                return Err(unknown(
                    "data set to fetch",
                    name,
                    &["mnist", "fashion-mnist"],
                ));
            }
        };
        let files = NAMES
            .iter()
            .zip(digests)
            .map(|(name, expected)| RemoteFile {
                name: name.to_string(),
                digest: digest(expected.into()),
            });
        Ok(Mirror {
            base_url: base_url.into(),
            files: files.collect(),
        })
    }

    /// Brings every file into `folder`, leaving alone those that are there and right, and returns
    /// the names of those that were downloaded.
    ///
    /// Each file is checked in memory and then written atomically, so that a fault leaves what was
    /// there as it was. Nothing is tried twice.
    ///
    /// # Errors
    /// [`Error::Data`] with file and address when the server cannot be reached, answers with an
    /// error, breaks off, or sends something else than expected; [`Error::Io`] when the file cannot
    /// be written.
    pub fn fetch_into(&self, folder: &Path) -> Result<Vec<String>> {
        let mut downloaded = Vec::new();
        for file in &self.files {
            let path = folder.join(&file.name);
            let right = std::fs::read(&path).is_ok_and(|bytes| file.digest.check(&bytes).is_ok());
            if right {
                note(&format!("{} is there already", path.display()));
                continue;
            }
            let url = format!("{}/{}", self.base_url.trim_end_matches('/'), file.name);
            let failed =
                |problem: String| Error::data(&path, format!("not fetched: {url} {problem}"));
            let bytes = download(&url, &file.name).map_err(failed)?;
            file.digest.check(&bytes).map_err(failed)?;
            write_atomically(&path, |out| out.write_all(&bytes))?;
            note(&format!(
                "{} fetched, {} bytes, digest right",
                path.display(),
                bytes.len()
            ));
            downloaded.push(file.name.clone());
        }
        Ok(downloaded)
    }
}

/// Downloads `mnist` or `fashion-mnist` into the folder of that name in the data folder `dir`, and
/// returns that folder.
///
/// `base_url` names another mirror with the same files. Progress goes to stderr: a bar on a
/// terminal, plain lines elsewhere.
///
/// # Errors
/// As [`Mirror::of`] and [`Mirror::fetch_into`].
///
/// ```
/// let message = ganscope::data::fetch::fetch("cifar", std::path::Path::new("data"), None)
///     .unwrap_err()
///     .to_string();
/// assert!(message.contains("unknown data set to fetch \"cifar\""));
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
                // A writer that hashes: the content itself is never held.
                let unpacked =
                    std::io::copy(&mut MultiGzDecoder::new(file), &mut Hashing(&mut content));
                unpacked.map_err(|e| {
                    format!("sent {} bytes that are no whole gzip file: {e}", file.len())
                })?;
                ("SHA-256 of the content", expected, hex(&content.finalize()))
            }
        };
        if found == *expected {
            return Ok(());
        }
        Err(format!(
            "sent {} bytes that are not the file: {kind} is {found}, expected {expected}; \
             try again later or give another mirror",
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

/// The whole body, or what went wrong, to be read after the address.
fn download(url: &str, name: &str) -> Result<Vec<u8>, String> {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_connect(Some(Duration::from_secs(20)))
        .timeout_recv_response(Some(Duration::from_secs(60)))
        // The digests are of the files as they lie on the server.
        .accept_encoding("identity")
        .build()
        .into();
    let mut response = agent.get(url).call().map_err(|e| match e {
        ureq::Error::StatusCode(code) => format!("answers with HTTP status {code}"),
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
            "broke off after {}{of} bytes: {e}; run it again",
            bytes.len()
        )
    })?;
    if bytes.len() as u64 > LARGEST_DOWNLOAD {
        return Err(format!(
            "sends more than {LARGEST_DOWNLOAD} bytes; give another mirror"
        ));
    }
    if promised.is_some_and(|n| n != bytes.len() as u64) {
        return Err(format!(
            "broke off after {}{of} bytes; run it again",
            bytes.len()
        ));
    }
    Ok(bytes)
}

fn progress(name: &str, url: &str, total: Option<u64>) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        note(&format!("fetching {url}"));
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
    // A closed stderr is no reason to stop a download.
    let _ = writeln!(std::io::stderr(), "{line}");
}
