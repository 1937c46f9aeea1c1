//! The one error type: every variant names what was wrong and what to do about it.

use std::path::{Path, PathBuf};

/// What a public function of this crate returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Anything that can go wrong, said so that a person can act on it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Something the user asked for cannot be: an unknown name, a bad value, a contradiction.
    #[error("{0}")]
    Usage(String),

    /// A configuration that cannot be read or cannot work; `place` is a file and line, or a flag.
    #[error("{place}: {problem}")]
    Config { place: String, problem: String },

    /// Two layers, or a layer and its input, do not fit.
    #[error("{network} layer {index} ({layer}): expected {expected}, got {got}")]
    Shape {
        network: String,
        index: usize,
        layer: String,
        expected: String,
        got: String,
    },

    /// A data file that is not what it should be.
    #[error("{}: {problem}", path.display())]
    Data { path: PathBuf, problem: String },

    /// A checkpoint that is damaged, foreign, or of another network.
    #[error("{}: {problem}", path.display())]
    Checkpoint { path: PathBuf, problem: String },

    /// The operating system refused to read or write.
    #[error("{}: {source}", path.display())]
    Io {
        path: PathBuf,
        source: std::io::Error,
    },

    /// Training produced a number that is not finite; `remedy` is the doctor's verdict and what to try.
    #[error("step {step}: {network} layer {layer}: {what} is not finite; {remedy}")]
    Diverged {
        step: u64,
        network: String,
        layer: String,
        what: String,
        remedy: String,
    },

    /// A claim of the article that cannot be decided.
    #[error("{place}: claim {id} is not decided: {problem}")]
    Claim {
        place: String,
        id: String,
        problem: String,
    },

    /// The device (memory, CUDA) failed.
    #[error("device: {0}")]
    Device(String),

    /// Ctrl-C, after everything was saved.
    #[error("interrupted at step {step}; everything up to there is saved")]
    Interrupted { step: u64 },

    /// Ctrl-C, after the workers of a study saved their runs.
    #[error("interrupted with {done} of {runs} runs done; the same command goes on")]
    StudyInterrupted { done: usize, runs: usize },

    /// Runs of a study that could not be done; the others are.
    #[error("{failed} of {runs} runs failed; the same command tries them again")]
    StudyFailed { failed: usize, runs: usize },
}

impl Error {
    /// What the process exits with: 2 for bad usage, 130 for Ctrl-C, 1 for everything else.
    pub fn exit_code(&self) -> u8 {
        match self {
            Error::Usage(_) | Error::Config { .. } | Error::Shape { .. } => 2,
            Error::Interrupted { .. } | Error::StudyInterrupted { .. } => 130,
            _ => 1,
        }
    }

    pub(crate) fn data(path: impl AsRef<Path>, problem: impl Into<String>) -> Self {
        Error::Data {
            path: path.as_ref().into(),
            problem: problem.into(),
        }
    }
}

/// Attaches the path to an I/O error.
pub(crate) trait AtPath<T> {
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

/// `unknown recipe "wgna"; the nearest is "wgan" (all: gan, nsgan, …)`
pub(crate) fn unknown(kind: &str, given: &str, known: &[&str]) -> Error {
    let near = |k: &&&str| {
        // Jaro-Winkler sees no likeness between `rl` and `lr`; the edit distance does.
        let edits = strsim::damerau_levenshtein(given, k);
        let length = given.chars().count();
        strsim::jaro_winkler(given, k) > 0.7 || (edits < length && edits <= (length / 3).max(1))
    };
    let likeness = |k: &str| {
        let edits = strsim::normalized_damerau_levenshtein(given, k);
        strsim::jaro_winkler(given, k).max(edits)
    };
    let nearest = known
        .iter()
        .filter(near)
        .max_by(|a, b| likeness(a).total_cmp(&likeness(b)))
        .map(|k| format!("; the nearest is \"{k}\""))
        .unwrap_or_default();
    let all = match known {
        [] => "there is none here".into(),
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

/// A hyphen is too short beside digits.
pub(crate) fn minus(digits: String) -> String {
    match digits.as_str() {
        "-0" => "0".into(),
        _ => digits.replace('-', "−"),
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
        assert_eq!(message, "unknown setting \"slope\" (there is none here)");
    }
}
