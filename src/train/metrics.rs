//! The metric log of a run: `metrics.jsonl`, one JSON object a logged step, append-only.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Deserializer, Serialize};

use crate::error::AtPath;
use crate::files::write_atomically;
use crate::train::Losses;
use crate::{Error, Result};

/// One line of `metrics.jsonl`.
///
/// JSON has no NaN: a number that is not finite is written as `null` and read back as NaN, so the
/// log of a diverged run can still be drawn up to the step where it broke.
///
/// ```
/// use ganscope::train::Record;
/// let line = r#"{"step":100,"d_loss":1.38,"g_loss":0.70,"d_real":0.51,"d_fake":0.49,
///     "lr_g":2e-4,"lr_d":2e-4,"grad_norm_d":0.12,"grad_norm_g":null,
///     "images_per_second":51200,"seconds":0.5,"penalty":0.03}"#;
/// let record: Record = serde_json::from_str(line)?;
/// assert_eq!((record.step, record.d_loss, record.extra["penalty"]), (100, 1.38, 0.03));
/// assert!(record.grad_norm_g.is_nan());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Generator steps taken when the line was written.
    pub step: u64,
    /// The discriminator's (critic's) loss, in the objective's own unit.
    #[serde(deserialize_with = "number")]
    pub d_loss: f64,
    /// The generator's loss, in the objective's own unit.
    #[serde(deserialize_with = "number")]
    pub g_loss: f64,
    /// Mean of D's probability of "real" on real samples; for a critic, of σ(score).
    #[serde(deserialize_with = "number")]
    pub d_real: f64,
    /// The same on generated samples.
    #[serde(deserialize_with = "number")]
    pub d_fake: f64,
    /// Learning rate of the generator.
    #[serde(deserialize_with = "number")]
    pub lr_g: f64,
    /// Learning rate of the discriminator.
    #[serde(deserialize_with = "number")]
    pub lr_d: f64,
    /// Euclidean norm of the discriminator's gradient over all parameters, before clipping.
    #[serde(deserialize_with = "number")]
    pub grad_norm_d: f64,
    /// The same for the generator.
    #[serde(deserialize_with = "number")]
    pub grad_norm_g: f64,
    /// Real samples seen per second since the previous line.
    #[serde(deserialize_with = "number")]
    pub images_per_second: f64,
    /// Wall time in training since the start of the run, over all resumes.
    #[serde(deserialize_with = "number")]
    pub seconds: f64,
    /// What only some recipes log: a penalty, BEGAN's k, an information bound.
    #[serde(default, flatten, deserialize_with = "numbers")]
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

/// A number, or `null` for one that was not finite.
pub(super) fn number<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    Ok(Option::<f64>::deserialize(from)?.unwrap_or(f64::NAN))
}

pub(super) fn numbers<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<BTreeMap<String, f64>, D::Error> {
    let read = BTreeMap::<String, Option<f64>>::deserialize(from)?;
    let or_nan = |(name, value): (String, Option<f64>)| (name, value.unwrap_or(f64::NAN));
    Ok(read.into_iter().map(or_nan).collect())
}

/// Reads a metric log, sorted by step.
///
/// A last line without its line feed that does not parse was torn by a kill and is left out. A step
/// that occurs twice was trained again after a resume: the later line wins.
///
/// # Errors
/// [`Error::Io`] when the file cannot be read, [`Error::Data`] naming the line when any other line
/// is damaged.
///
/// ```
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("metrics.jsonl");
/// let line = |step| format!(
///     "{{\"step\":{step},\"d_loss\":1,\"g_loss\":1,\"d_real\":0.5,\"d_fake\":0.5,\"lr_g\":1,\"lr_d\":1,\
///      \"grad_norm_d\":1,\"grad_norm_g\":1,\"images_per_second\":1,\"seconds\":1}}\n");
/// std::fs::write(&path, line(10) + &line(20) + r#"{"step":30,"d_lo"#)?;
/// let steps: Vec<u64> = ganscope::train::read_metrics(&path)?.iter().map(|r| r.step).collect();
/// assert_eq!(steps, [10, 20]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn read(path: impl AsRef<Path>) -> Result<Vec<Record>> {
    let path = path.as_ref();
    let bytes = std::fs::read(path).at(path)?;
    let lines = lines(&bytes, path)?.into_iter();
    let by_step: BTreeMap<u64, Record> = lines.map(|(_, record)| (record.step, record)).collect();
    Ok(by_step.into_values().collect())
}

/// Every whole line and what it says.
fn lines<'a>(bytes: &'a [u8], path: &Path) -> Result<Vec<(&'a [u8], Record)>> {
    let mut all = Vec::new();
    for (index, line) in bytes.split_inclusive(|&b| b == b'\n').enumerate() {
        if line.trim_ascii().is_empty() {
            continue;
        }
        match serde_json::from_slice::<Record>(line) {
            Ok(record) => all.push((line.trim_ascii(), record)),
            // Only the last line can lack its line feed.
            Err(_) if !line.ends_with(b"\n") => break,
            Err(problem) => {
                let problem = format!("line {} is damaged: {problem}; remove it", index + 1);
                return Err(Error::data(path, problem));
            }
        }
    }
    Ok(all)
}

/// Drops what was logged after `step`, and a torn last line.
///
/// # Errors
/// As [`read`]; the file is as it was then.
pub(super) fn keep_until(path: &Path, step: u64) -> Result<()> {
    let bytes = std::fs::read(path).at(path)?;
    let mut kept = Vec::with_capacity(bytes.len());
    for (line, record) in lines(&bytes, path)? {
        if record.step <= step {
            kept.extend_from_slice(line);
            kept.push(b'\n');
        }
    }
    match kept == bytes {
        true => Ok(()),
        false => write_atomically(path, |w| w.write_all(&kept)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            images_per_second: 1e4,
            seconds: 1.0,
            extra: BTreeMap::from([("penalty".into(), 0.25)]),
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
    fn the_last_of_a_repeated_step_wins_and_steps_are_sorted() {
        let text: String = [(1, 1.0), (2, 2.0), (3, 3.0), (2, 2.5), (4, 4.0)]
            .map(|(step, loss)| line(&record(step, loss)))
            .concat();
        let losses: Vec<f64> = read_text(&text).unwrap().iter().map(|r| r.d_loss).collect();
        assert_eq!(losses, [1.0, 2.5, 3.0, 4.0]);
    }

    #[test]
    fn every_way_of_tearing_the_last_line_leaves_the_others() {
        let (first, second) = (line(&record(1, 1.0)), line(&record(2, 2.0)));
        for cut in 0..second.len() - 1 {
            let read = read_text(&format!("{first}{}", &second[..cut])).unwrap();
            assert_eq!(
                read.len(),
                if cut == second.len() - 1 { 2 } else { 1 },
                "{cut}"
            );
        }
        // Whole but for its line feed: the closing brace says that nothing is missing.
        assert_eq!(
            read_text(&format!("{first}{}", second.trim()))
                .unwrap()
                .len(),
            2
        );
    }

    #[test]
    fn a_damaged_line_in_the_middle_is_named() {
        let text = format!(
            "{}{{\"step\":2,\n{}",
            line(&record(1, 1.0)),
            line(&record(3, 1.0))
        );
        let message = read_text(&text).unwrap_err().to_string();
        assert!(message.contains("line 2"), "{message}");
    }

    #[test]
    fn what_is_not_finite_survives_as_nan() {
        let mut broken = record(1, f64::NAN);
        broken.extra.insert("penalty".into(), f64::INFINITY);
        let read = read_text(&line(&broken)).unwrap();
        assert!(read[0].d_loss.is_nan() && read[0].extra["penalty"].is_nan());
        assert_eq!(read[0].g_loss, 0.7);
    }
}
