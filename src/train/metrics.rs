//! The metric log of a run: `metrics.jsonl`, an append-only file with one JSON object for each logged step.

use super::losses::Losses;
use super::nullable;
use crate::error::AtPath;
use crate::files::write_atomically;
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

/// One line of `metrics.jsonl`.
///
/// JSON has no NaN: a number that is not finite is written as `null` and read back as NaN, so the
/// log of a diverged run can still be plotted up to the step where it diverged.
///
/// ```
/// use ganscope::train::Record;
/// let line = r#"{"step":100,"d_loss":1.38,"g_loss":0.70,"d_real":0.51,"d_fake":0.49,
///     "lr_g":2e-4,"lr_d":2e-4,"grad_norm_d":0.12,"grad_norm_g":null,
///     "samples_per_second":51200,"seconds":0.5,"penalty":0.03}"#;
/// let record: Record = serde_json::from_str(line)?;
/// assert_eq!((record.step, record.d_loss, record.extra["penalty"]), (100, 1.38, 0.03));
/// assert!(record.grad_norm_g.is_nan());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Number of updates of the generator when the line was written.
    pub step: u64,
    /// Loss of the discriminator (or critic), in the objective's own unit.
    #[serde(deserialize_with = "nullable::number")]
    pub d_loss: f64,
    /// Loss of the generator, in the objective's own unit.
    #[serde(deserialize_with = "nullable::number")]
    pub g_loss: f64,
    /// Mean of P(real) that D assigns to real samples, or the mean score for an objective whose scores determine no
    /// probability.
    #[serde(deserialize_with = "nullable::number")]
    pub d_real: f64,
    /// The same mean for generated samples.
    #[serde(deserialize_with = "nullable::number")]
    pub d_fake: f64,
    /// Learning rate of the generator.
    #[serde(deserialize_with = "nullable::number")]
    pub lr_g: f64,
    /// Learning rate of the discriminator.
    #[serde(deserialize_with = "nullable::number")]
    pub lr_d: f64,
    /// Euclidean norm of the discriminator's gradient over all parameters, before clipping.
    #[serde(deserialize_with = "nullable::number")]
    pub grad_norm_d: f64,
    /// Euclidean norm of the generator's gradient over all parameters, before clipping.
    #[serde(deserialize_with = "nullable::number")]
    pub grad_norm_g: f64,
    /// Number of real samples per second since the previous line. Older logs call it `images_per_second`.
    #[serde(alias = "images_per_second", deserialize_with = "nullable::number")]
    pub samples_per_second: f64,
    /// Seconds of training since the start of the run, over all resumes.
    #[serde(deserialize_with = "nullable::number")]
    pub seconds: f64,
    /// Measurements that only some configurations have, such as a penalty, BEGAN's k or the information of codes.
    #[serde(default, flatten, deserialize_with = "nullable::numbers")]
    pub extra: BTreeMap<String, f64>,
}

impl From<Record> for Losses {
    fn from(record: Record) -> Self {
        Losses {
            d_loss: record.d_loss,
            g_loss: record.g_loss,
            d_real: record.d_real,
            d_fake: record.d_fake,
            grad_norm_d: record.grad_norm_d,
            grad_norm_g: record.grad_norm_g,
            extra: record.extra,
        }
    }
}

/// Reads a metric log and sorts it by step.
///
/// A last line that does not parse and has no line feed was cut off when the process was killed; it is ignored. A
/// step that occurs twice was trained again after a resume, and its later line is used.
///
/// # Errors
/// [`Error::Io`] when the file cannot be read; [`Error::Data`] when it is missing, and naming the line when any
/// other line is damaged.
///
/// ```
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("metrics.jsonl");
/// let line = |step| format!(
///     "{{\"step\":{step},\"d_loss\":1,\"g_loss\":1,\"d_real\":0.5,\"d_fake\":0.5,\"lr_g\":1,\"lr_d\":1,\
///      \"grad_norm_d\":1,\"grad_norm_g\":1,\"samples_per_second\":1,\"seconds\":1}}\n");
/// std::fs::write(&path, line(10) + &line(20) + r#"{"step":30,"d_lo"#)?;
/// let steps: Vec<u64> = ganscope::train::read_metrics(&path)?.iter().map(|r| r.step).collect();
/// assert_eq!(steps, [10, 20]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn read(path: impl AsRef<Path>) -> Result<Vec<Record>> {
    let path = path.as_ref();
    let bytes = match std::fs::read(path) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Err(missing(path)),
        bytes => bytes.at(path)?,
    };
    let lines = lines(&bytes, path)?.into_iter();
    let by_step: BTreeMap<u64, Record> = lines.map(|(_, record)| (record.step, record)).collect();
    Ok(by_step.into_values().collect())
}

/// The error for a run without a log.
pub(super) fn missing(path: &Path) -> Error {
    Error::data(
        path,
        "the log of the run is missing; restore it from a copy, or create an empty file with this name to continue \
         without the measurements so far",
    )
}

/// Returns every complete line with its record.
fn lines<'a>(bytes: &'a [u8], path: &Path) -> Result<Vec<(&'a [u8], Record)>> {
    let mut all = Vec::new();
    for (index, line) in bytes.split_inclusive(|&b| b == b'\n').enumerate() {
        if line.trim_ascii().is_empty() {
            continue;
        }
        match serde_json::from_slice::<Record>(line) {
            Ok(record) => all.push((line.trim_ascii(), record)),
            // Only the last line can be without a line feed.
            Err(_) if !line.ends_with(b"\n") => break,
            Err(problem) => {
                let problem = format!("line {} is damaged: {problem}; remove it", index + 1);
                return Err(Error::data(path, problem));
            }
        }
    }
    Ok(all)
}

/// Removes the lines after `step`, and an incomplete last line.
///
/// # Errors
/// As [`read`]; the file is not changed then.
pub(super) fn keep_until(path: &Path, step: u64) -> Result<()> {
    let bytes = std::fs::read(path).at(path)?;
    let mut kept = Vec::with_capacity(bytes.len());
    for (line, record) in lines(&bytes, path)? {
        if record.step <= step {
            kept.extend_from_slice(line);
            kept.push(b'\n');
        }
    }
    if kept == bytes {
        return Ok(());
    }
    write_atomically(path, |w| w.write_all(&kept))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::names::metric;

    fn record(step: u64, d_loss: f64) -> Record {
        Record {
            step,
            d_loss,
            g_loss: 0.7,
            d_real: 0.5,
            d_fake: 0.5,
            lr_g: 1e-3,
            lr_d: 1e-3,
            grad_norm_d: 0.1,
            grad_norm_g: 0.1,
            samples_per_second: 1e4,
            seconds: 1.0,
            extra: BTreeMap::from([(metric::PENALTY.into(), 0.25)]),
        }
    }

    fn read_text(text: &str) -> Result<Vec<Record>> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        read(file.path())
    }

    fn line(record: &Record) -> String {
        serde_json::to_string(record).unwrap() + "\n"
    }

    #[test]
    fn later_line_of_a_repeated_step_is_used_and_steps_are_sorted() {
        let text: String = [(1, 1.0), (2, 2.0), (3, 3.0), (2, 2.5), (4, 4.0)]
            .map(|(step, loss)| line(&record(step, loss)))
            .concat();
        let losses: Vec<f64> = read_text(&text).unwrap().iter().map(|r| r.d_loss).collect();
        assert_eq!(losses, [1.0, 2.5, 3.0, 4.0]);
    }

    #[test]
    fn last_line_cut_off_anywhere_leaves_the_other_lines() {
        let (first, second) = (line(&record(1, 1.0)), line(&record(2, 2.0)));
        for cut in 0..second.len() - 1 {
            let read = read_text(&format!("{first}{}", &second[..cut])).unwrap();
            assert_eq!(
                read.len(),
                if cut == second.len() - 1 { 2 } else { 1 },
                "{cut}"
            );
        }
        // Only the line feed is missing: the closing brace shows that the line is complete.
        assert_eq!(
            read_text(&format!("{first}{}", second.trim()))
                .unwrap()
                .len(),
            2
        );
    }

    #[test]
    fn error_names_a_damaged_line_in_the_middle() {
        let text = format!(
            "{}{{\"step\":2,\n{}",
            line(&record(1, 1.0)),
            line(&record(3, 1.0))
        );
        let message = read_text(&text).unwrap_err().to_string();
        assert!(message.contains("line 2"), "{message}");
    }

    #[test]
    fn numbers_that_are_not_finite_are_read_back_as_nan() {
        let mut broken = record(1, f64::NAN);
        broken.extra.insert(metric::PENALTY.into(), f64::INFINITY);
        let read = read_text(&line(&broken)).unwrap();
        assert!(read[0].d_loss.is_nan() && read[0].extra[metric::PENALTY].is_nan());
        assert_eq!(read[0].g_loss, 0.7);
    }

    /// Runs of earlier versions can be resumed and reported.
    #[test]
    fn log_with_the_old_name_of_samples_per_second_is_read() {
        let new = line(&record(2, 2.0));
        assert!(new.contains("\"samples_per_second\":10000.0"), "{new}");
        let old = line(&record(1, 1.0)).replace("samples_per_second", "images_per_second");
        let read = read_text(&(old + &new)).unwrap();
        assert_eq!(read, [record(1, 1.0), record(2, 2.0)]);
    }

    #[test]
    fn keys_of_a_line_are_the_names_in_metric() {
        let line = serde_json::to_value(record(1, 1.0)).unwrap();
        for key in [
            metric::D_LOSS,
            metric::G_LOSS,
            metric::D_REAL,
            metric::D_FAKE,
            metric::PENALTY,
        ] {
            assert!(line[key].is_f64(), "{key}");
        }
    }
}
