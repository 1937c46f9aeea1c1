//! Continuing a run, and comparing its settings with those that are asked for.

use super::checkpoint::Checkpoint;
use super::config::TrainConfig;
use super::folder::Run;
use super::metrics;
use super::settings::Settings;
use super::trainer::Trainer;
use crate::data::Dataset;
use crate::error::{Error, Result};
use crate::files::write_atomically;
use std::collections::BTreeMap;

/// Continues a run from its latest undamaged checkpoint. Returns the trainer, the seconds of training so far, and
/// what was wrong with later checkpoints.
///
/// `changes` may set `steps`; any other setting that differs from the run's is an error.
///
/// # Errors
/// [`Error::Usage`] naming the setting that differs; [`Error::Data`] for a missing or damaged log;
/// [`Error::Checkpoint`] if the dataset has changed; as [`Run::newest`]. Nothing is changed then.
pub fn resume(run: &Run, changes: &Settings) -> Result<(Trainer, f64, Vec<Error>)> {
    run.lock()?;
    let (mut checkpoint, damaged) = run.newest()?;
    // The dataset is opened below, where a change since the start of the run is noticed.
    let in_file = Settings::read(&run.config_path())?.over(&checkpoint.config)?;
    let steps = in_file.steps;
    let requested = changes.over(&in_file)?;
    for (config, place) in [
        (in_file, "is set in config.toml"),
        (requested, "was requested"),
    ] {
        if let Some((key, value, trained)) = difference_except_steps(&config, &checkpoint.config) {
            return Err(Error::Usage(format!(
                "{key} = {value} {place}, but {} was trained with {key} = {trained}; a resumed run can only change \
                 steps. To change {key}, start a new run",
                run.folder().display()
            )));
        }
    }
    checkpoint.config.steps = changes.steps().unwrap_or(steps);
    if checkpoint.config.steps < checkpoint.step {
        return Err(Error::Usage(format!(
            "steps is {}, but {} has already done {}; give a larger --steps",
            checkpoint.config.steps,
            run.folder().display(),
            checkpoint.step
        )));
    }
    let data = Dataset::open(&checkpoint.config.data)?;
    let trainer = checkpoint.trainer(data)?;
    if checkpoint.step > 0 && !run.metrics_path().exists() {
        return Err(metrics::missing(&run.metrics_path()));
    }
    run.rewind_to(checkpoint.step)?;
    let text = checkpoint.config.to_toml();
    write_atomically(&run.config_path(), |w| w.write_all(text.as_bytes()))?;
    Ok((trainer, checkpoint.seconds, damaged))
}

/// Describes a setting in which config.toml differs from what a checkpoint in the same directory was trained with, if
/// there is one: then one of the two files belongs to another run.
///
/// # Errors
/// As [`Settings::resolve`].
pub(crate) fn foreign(run: &Run, checkpoint: &Checkpoint) -> Result<Option<String>> {
    let config = Settings::read(&run.config_path())?.over(&checkpoint.config)?;
    let differing = difference_except_steps(&config, &checkpoint.config);
    Ok(differing.map(|(key, value, trained)| {
        format!(
            "{} was trained with {key} = {trained}, but config.toml has {value}; one of the two files belongs to \
             another run",
            checkpoint.path().display()
        )
    }))
}

fn difference_except_steps(
    config: &TrainConfig,
    trained: &TrainConfig,
) -> Option<(String, String, String)> {
    let mut differing = difference(config, trained).into_iter();
    differing.find(|(key, ..)| key != "steps")
}

/// Returns the settings in which two configurations differ: the dotted name, the value in `config`, and the value in
/// `other`.
pub(crate) fn difference(
    config: &TrainConfig,
    other: &TrainConfig,
) -> Vec<(String, String, String)> {
    let other = by_dotted_name(other);
    let settings = by_dotted_name(config).into_iter();
    let differing = settings.filter_map(|(key, value)| {
        let in_other = other.get(&key);
        let text = in_other.map_or("nothing".into(), std::string::ToString::to_string);
        (in_other != Some(&value)).then(|| (key, value.to_string(), text))
    });
    differing.collect()
}

/// Returns every setting by its dotted name.
fn by_dotted_name(config: &TrainConfig) -> BTreeMap<String, toml::Value> {
    fn collect(prefix: &str, value: toml::Value, out: &mut BTreeMap<String, toml::Value>) {
        match value {
            toml::Value::Table(table) => {
                for (key, value) in table {
                    let name = if prefix.is_empty() {
                        key
                    } else {
                        format!("{prefix}.{key}")
                    };
                    collect(&name, value, out);
                }
            }
            value => {
                out.insert(prefix.to_string(), value);
            }
        }
    }
    let mut out = BTreeMap::new();
    if let Ok(value) = toml::Value::try_from(config) {
        collect("", value, &mut out);
    }
    out
}
