//! The crate's error type. Every message says what is wrong and, where it is not obvious, what to do next.

use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Result of a fallible function of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Anything that can go wrong in this crate.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A request that cannot be fulfilled: an unknown name, a bad value, a contradiction.
    #[error("{0}")]
    Usage(String),

    /// A setting that does not exist, or whose value cannot be used.
    #[error("{}{problem}", place.as_ref().map_or(String::new(), |place| format!("{place}: ")))]
    Config {
        /// Path of the setting, such as `optimizer.generator.lr` or `generator.layers[1].in`; empty for the
        /// file as a whole.
        key: String,
        /// Where the setting stands; none when it was set on the command line or by code.
        place: Option<Place>,
        /// What is wrong, as a sentence that names the setting.
        problem: String,
    },

    /// Two layers, or a layer and its input, do not fit together.
    #[error("{network} layer {index} ({layer}): expected {expected}, got {got}")]
    Shape {
        /// Name of the network, such as `generator`.
        network: String,
        /// Position of the layer, from 0.
        index: usize,
        /// Short description of the layer, such as `dense 2→128`.
        layer: String,
        /// The input that the layer needs.
        expected: String,
        /// The input that it was given.
        got: String,
    },

    /// A data file whose content is wrong.
    #[error("{}: {problem}", path.display())]
    Data {
        /// Path of the file or directory.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },

    /// A checkpoint that is damaged, or was written by another program or for another network.
    #[error("{}: {problem}", path.display())]
    Checkpoint {
        /// Path of the checkpoint.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },

    /// A failed read or write.
    #[error("{}: {source}{}", path.display(), next_step(source))]
    Io {
        /// Path of the file or directory.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },

    /// Training produced a number that is not finite.
    #[error("step {step}: {network} layer {layer}: {what} is not finite; {remedy}")]
    Diverged {
        /// The step at which it was found.
        step: u64,
        /// Name of the network, such as `generator`.
        network: String,
        /// Position and short description of the layer.
        layer: String,
        /// The quantity that is not finite, such as the gradient.
        what: String,
        /// The diagnosis of the run, and what to try.
        remedy: String,
    },

    /// A claim of the article whose verdict could not be decided.
    #[error("{place}: claim {id} could not be decided: {problem}")]
    Claim {
        /// The file and line of the claim, or the file of verdicts that it was compared with.
        place: String,
        /// Identifier of the claim, such as `3.1.a`.
        id: String,
        /// Why it could not be decided.
        problem: String,
    },

    /// A failure of the hardware or of the operating system: memory, GPU, signals.
    #[error("device: {0}")]
    Device(String),

    /// Training was stopped by Ctrl-C, after everything was saved.
    #[error("interrupted at step {step}; all progress is saved")]
    Interrupted {
        /// Number of steps done.
        step: u64,
    },

    /// An explanation was stopped by Ctrl-C.
    #[error("interrupted; nothing was written")]
    ExplanationInterrupted,

    /// A study was stopped by Ctrl-C, after its workers saved their runs.
    #[error("interrupted with {done} of {runs} runs done; run the same command again to continue")]
    StudyInterrupted {
        /// Number of finished runs.
        done: usize,
        /// Number of runs in the study.
        runs: usize,
    },

    /// All runs of a study diverged, so its table has no values.
    #[error(
        "all {runs} runs diverged, so the table has no values; change the settings in the study file (column `problem` of \
         {} says where each run diverged), and run it with another --out or with --force",
        rows.display()
    )]
    StudyDiverged {
        /// Number of runs in the study.
        runs: usize,
        /// File with one row for each run.
        rows: PathBuf,
    },

    /// Some runs of a study failed; all the others are done.
    #[error("{failed} of {runs} runs failed; run the same command again to retry them")]
    StudyFailed {
        /// Number of failed runs.
        failed: usize,
        /// Number of runs in the study.
        runs: usize,
    },
}

/// Where in a file a setting stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file, as the user named it.
    pub file: String,
    /// The line, from 1; none when the setting does not occur in the file.
    pub line: Option<usize>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}, line {line}", self.file),
            None => write!(f, "{}", self.file),
        }
    }
}

/// What to do about an error of the operating system, to be appended to it; empty for an error with text of its own.
fn next_step(source: &std::io::Error) -> &'static str {
    match source.kind() {
        // `std::fs::read_to_string` gives this error, which has no number.
        ErrorKind::InvalidData => "; save the file as UTF-8 text",
        _ if source.raw_os_error().is_none() => "",
        ErrorKind::NotFound => "; check the path",
        ErrorKind::IsADirectory => "; give the path of a file, not of a directory",
        ErrorKind::NotADirectory => {
            "; a part of this path is a file, not a directory; check the path"
        }
        ErrorKind::AlreadyExists => {
            "; a file with this name is where a directory is needed; move it, or choose another path"
        }
        ErrorKind::PermissionDenied => "; change the permissions, or choose another path",
        ErrorKind::StorageFull => {
            "; the disk is full; free some space, or choose a path on another disk"
        }
        _ => "",
    }
}

impl Error {
    /// Exit code of the process: 2 for bad usage, 130 for Ctrl-C, 1 for everything else.
    pub fn exit_code(&self) -> u8 {
        match self {
            Error::Usage(_) | Error::Config { .. } | Error::Shape { .. } => 2,
            Error::Interrupted { .. }
            | Error::StudyInterrupted { .. }
            | Error::ExplanationInterrupted => 130,
            _ => 1,
        }
    }

    /// An error of the setting `key`; `problem` is a sentence that names it.
    pub(crate) fn setting(key: impl Into<String>, problem: impl Into<String>) -> Self {
        Error::Config {
            key: key.into(),
            place: None,
            problem: problem.into(),
        }
    }

    /// The same error as one of the setting `key`, unless it names a setting already.
    pub(crate) fn of_setting(self, key: impl Into<String>) -> Self {
        match self {
            Error::Usage(problem) => Error::setting(key, problem),
            other => other,
        }
    }

    /// The same error as one of a setting in the table `table`, which the message then names, too.
    pub(crate) fn in_table(self, table: &str) -> Self {
        match self {
            Error::Usage(problem) => Error::setting(table, format!("{table}: {problem}")),
            Error::Config {
                key,
                place: None,
                problem,
            } => {
                let (name, rest) = problem.split_once(' ').unwrap_or((&problem, ""));
                // A problem that begins with the name of the setting gets its full name.
                let problem = if name == key || name.ends_with(&format!(".{key}")) {
                    format!("{table}.{key} {rest}")
                } else {
                    format!("{table}: {problem}")
                };
                Error::setting(format!("{table}.{key}"), problem)
            }
            other => other,
        }
    }

    pub(crate) fn data(path: impl AsRef<Path>, problem: impl Into<String>) -> Self {
        Error::Data {
            path: path.as_ref().into(),
            problem: problem.into(),
        }
    }
}

/// Adds the path to an I/O error.
pub(crate) trait AtPath<T> {
    /// The same result, whose error names `path`.
    fn at(self, path: impl AsRef<Path>) -> Result<T>;
}

impl<T> AtPath<T> for std::io::Result<T> {
    fn at(self, path: impl AsRef<Path>) -> Result<T> {
        self.map_err(|source| Error::Io {
            path: path.as_ref().into(),
            source,
        })
    }
}

/// The error `unknown recipe "wgna"; the nearest is "wgan" (all: gan, nsgan, …)`.
pub(crate) fn unknown(kind: &str, given: &str, known: &[&str]) -> Error {
    let is_similar = |k: &&&str| {
        // Jaro-Winkler gives `rl` and `lr` a similarity of 0; the edit distance finds them close.
        let edits = strsim::damerau_levenshtein(given, k);
        let length = given.chars().count();
        strsim::jaro_winkler(given, k) > 0.7 || (edits < length && edits <= (length / 3).max(1))
    };
    let similarity = |k: &str| {
        let edits = strsim::normalized_damerau_levenshtein(given, k);
        strsim::jaro_winkler(given, k).max(edits)
    };
    let nearest = known
        .iter()
        .filter(is_similar)
        .max_by(|a, b| similarity(a).total_cmp(&similarity(b)))
        .map(|k| format!("; the nearest is \"{k}\""))
        .unwrap_or_default();
    let all = match known {
        [] => "there are none here".into(),
        known => format!("all: {}", known.join(", ")),
    };
    Error::Usage(format!("unknown {kind} \"{given}\"{nearest} ({all})"))
}

/// `1234567` as `1,234,567`.
pub(crate) fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut grouped = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// About three significant digits: `1.38`, `0.0123`, `51,200`, `2.0e-7`.
pub(crate) fn short(v: f64) -> String {
    let size = v.abs();
    if !v.is_finite() {
        "not finite".into()
    } else if size >= 1e9 || (size < 1e-4 && size > 0.0) {
        minus(format!("{v:.1e}"))
    } else if size >= 1000.0 {
        let sign = if v < 0.0 { "−" } else { "" };
        format!("{sign}{}", thousands(size.round() as u64))
    } else {
        let decimals = match size {
            100.0.. => 0,
            10.0.. => 1,
            1.0.. | 0.0 => 2,
            0.1.. => 3,
            _ => 4,
        };
        minus(format!("{v:.decimals$}"))
    }
}

/// The same number with a minus sign (U+2212) in place of the hyphen.
pub(crate) fn minus(digits: impl AsRef<str>) -> String {
    match digits.as_ref() {
        "-0" => "0".into(),
        digits => digits.replace('-', "−"),
    }
}

/// `1 sample`, `2,500 samples`.
pub(crate) fn counted(n: usize, noun: &str) -> String {
    format!(
        "{} {noun}{}",
        thousands(n as u64),
        if n == 1 { "" } else { "s" }
    )
}

/// `1 sample is`, `2,500 samples are`.
pub(crate) fn counted_are(n: usize, noun: &str) -> String {
    format!("{} {}", counted(n, noun), if n == 1 { "is" } else { "are" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_names_the_nearest() {
        let message = unknown("recipe", "nsgna", &["gan", "nsgan", "lsgan"]).to_string();
        assert!(message.contains("the nearest is \"nsgan\""), "{message}");
        let message = unknown("setting", "rl", &["eps", "lr", "beta1"]).to_string();
        assert!(message.contains("the nearest is \"lr\""), "{message}");
        let message = unknown("setting", "foo", &["optimizer", "steps"]).to_string();
        assert_eq!(message, "unknown setting \"foo\" (all: optimizer, steps)");
        let message = unknown("setting", "slope", &[]).to_string();
        assert_eq!(message, "unknown setting \"slope\" (there are none here)");
    }
}
