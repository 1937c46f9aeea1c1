//! Reading settings from TOML values, with errors that name the setting.

use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;
use toml::Value;

use super::config::SIZES;
use super::origins::join;
use crate::error::{Error, Result, unknown};

/// Keys that choose among the variants of a setting, such as the optimisers.
const TAGS: [&str; 2] = ["kind", "type"];

/// Reads a setting from its value; `path` is the key path of that value in the configuration.
///
/// # Errors
/// [`Error::Config`] with the key path of the setting that is wrong and, for an unknown name, the
/// nearest known one.
pub(super) fn deserialize<T: DeserializeOwned>(value: &Value, path: &str) -> Result<T> {
    attempt(value).map_err(|mut failure| {
        failure
            .steps
            .extend(culprit::<T>(value, &failure).map(Step::Key));
        failure.into_error(path)
    })
}

/// One step from a value to a value inside it.
enum Step {
    Key(String),
    Index(usize),
}

/// Why a value could not be read.
struct Failure {
    /// The way to the innermost value that serde knows to be wrong.
    steps: Vec<Step>,
    /// Serde's description of the problem.
    complaint: String,
}

fn attempt<T: DeserializeOwned>(value: &Value) -> Result<T, Failure> {
    serde_path_to_error::deserialize(value.clone()).map_err(|e| Failure {
        steps: e
            .path()
            .iter()
            .filter_map(|segment| match segment {
                Segment::Map { key } => Some(Step::Key(key.clone())),
                Segment::Seq { index } => Some(Step::Index(*index)),
                Segment::Enum { .. } | Segment::Unknown => None,
            })
            .collect(),
        complaint: e.inner().message().trim().replace('\n', " "),
    })
}

/// The key inside the table that serde names whose removal changes serde's complaint.
///
/// Serde buffers a table whose variant a tag chooses, and then names only the table.
fn culprit<T: DeserializeOwned>(value: &Value, failure: &Failure) -> Option<String> {
    if failure.complaint.starts_with("missing field") {
        return None;
    }
    let mut changed = value.clone();
    let table = inside(&mut changed, &failure.steps)?.as_table()?.clone();
    // Without its tag no table can be read, so the tag is the culprit only when no other key is.
    let (tags, others): (Vec<_>, Vec<_>) = table
        .into_iter()
        .partition(|(key, _)| TAGS.contains(&key.as_str()));
    others.into_iter().chain(tags).find_map(|(key, removed)| {
        let table = inside(&mut changed, &failure.steps)?.as_table_mut()?;
        table.remove(&key);
        let differs = attempt::<T>(&changed)
            .err()
            .is_none_or(|other| other.complaint != failure.complaint);
        let table = inside(&mut changed, &failure.steps)?.as_table_mut()?;
        table.insert(key.clone(), removed);
        differs.then_some(key)
    })
}

/// The value at the end of these steps.
fn inside<'a>(value: &'a mut Value, steps: &[Step]) -> Option<&'a mut Value> {
    steps.iter().try_fold(value, |value, step| match step {
        Step::Key(key) => value.get_mut(key),
        Step::Index(index) => value.get_mut(index),
    })
}

impl Failure {
    /// The error, for a value whose own key path is `path`.
    fn into_error(self, path: &str) -> Error {
        let follow = |path: String, step: &Step| match step {
            Step::Key(key) => join(&path, key),
            Step::Index(index) => format!("{path}[{index}]"),
        };
        let before = &self.steps[..self.steps.len().saturating_sub(1)];
        let table = before.iter().fold(path.to_string(), follow);
        let key = self.steps.iter().fold(path.to_string(), follow);
        // As in: unknown field `rl`, expected one of `lr`, `beta1`
        let mut names = self.complaint.split('`').skip(1).step_by(2);
        let given = names.next().unwrap_or_default();
        let known: Vec<&str> = names.collect();
        if self.complaint.starts_with("unknown field") {
            if known.is_empty() && !table.is_empty() {
                let problem = format!(
                    "{table} has no setting \"{given}\", because its current kind has no settings; set {table}.kind as well"
                );
                return Error::setting(key, problem);
            }
            return unknown("setting", given, &known).of_setting(key);
        }
        if self.complaint.starts_with("unknown variant") {
            return unknown("value", given, &known).of_setting(key);
        }
        let least = if SIZES.contains(&&key[..]) || key == "data.image_size" {
            1
        } else {
            0
        };
        let problem = format!("{key} {}", in_plain_words(&self.complaint, least));
        Error::setting(key, problem)
    }
}

/// Serde's complaint about a value without the names of Rust types: `must be a number, not "many"`. A whole number must
/// be at least `least`.
fn in_plain_words(complaint: &str, least: u64) -> String {
    let wrong = ["invalid type: ", "invalid value: "];
    let wrong = wrong.iter().find_map(|start| complaint.strip_prefix(start));
    let Some((given, expected)) = wrong.and_then(|rest| rest.split_once(", expected ")) else {
        return format!("cannot be used: {complaint}");
    };
    let given = match given.split_once(' ') {
        Some((_, value)) => value.trim_start_matches("point ").trim_matches('`'),
        None if given == "map" => "a table",
        None if given == "sequence" => "a list",
        None => given,
    };
    let digits = given.trim_matches('"');
    let expected = match expected {
        // TOML cannot hold a larger integer, so one is passed on as text.
        "usize" | "u64" | "u32" if digits.len() > 18 && digits.parse::<f64>().is_ok() => {
            "a whole number of at most 9223372036854775807".into()
        }
        "usize" | "u64" | "u32" => format!("a whole number of at least {least}"),
        "f64" | "f32" => "a number".into(),
        "a boolean" => "true or false".into(),
        "a string" => "a name".into(),
        "a sequence" => "a list".into(),
        _ if expected.contains("struct ") || expected.contains("enum ") => "a table".into(),
        "a map" => "a table".into(),
        other => other.to_string(),
    };
    format!("must be {expected}, not {given}")
}
