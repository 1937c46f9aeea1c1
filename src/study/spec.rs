//! Reads a study file and plans its runs.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use toml::{Table, Value};

use super::metrics::{self, Metric};
use super::toml_lines::table_lines;
use crate::data::Dataset;
use crate::error::{Error, Result, unknown};
use crate::evaluate::PROTOCOL_N;
use crate::train::{Settings, TrainConfig};

/// The contents of a study file, `STUDY.toml`.
#[derive(PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct StudyFile {
    /// Title of the page; empty for the name of the file.
    title: String,
    /// Text before the table, in Markdown.
    description: String,
    /// Text after the table, in Markdown.
    conclusion: String,
    /// Recipes.
    gan: Vec<String>,
    /// A list of seeds, or N for the seeds 1 to N.
    seeds: Value,
    /// Number of samples of each run that are measured.
    n: usize,
    /// Names of the metrics; empty for the default of the dataset.
    measure: Vec<String>,
    /// Settings of all runs.
    base: Table,
    /// Settings of the runs of one recipe. They override `base`.
    recipe: BTreeMap<String, Table>,
    /// Variants: a name, and settings that override `base` and `recipe`.
    variants: Vec<Table>,
    /// The small version of the study: settings that override all others, and `seeds` and `n`.
    quick: Option<Table>,
    /// Results of others, for comparison.
    published: Vec<PublishedResult>,
}

impl Default for StudyFile {
    fn default() -> Self {
        StudyFile {
            title: String::new(),
            description: String::new(),
            conclusion: String::new(),
            gan: vec!["nsgan".into()],
            seeds: Value::Integer(10),
            n: PROTOCOL_N,
            measure: Vec::new(),
            base: Table::new(),
            recipe: BTreeMap::new(),
            variants: Vec::new(),
            quick: None,
            published: Vec::new(),
        }
    }
}

/// A published result, shown in the table for comparison.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PublishedResult {
    /// Name of the method.
    pub name: String,
    /// Publication.
    pub source: String,
    /// Values by the names of the metrics, as printed there: `"23.8 ± 0.7"`.
    pub values: BTreeMap<String, String>,
}

/// A run of a study, as planned.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedRun {
    /// Name of the run and of its directory: `GAN-VARIANT-seed-N`.
    pub name: String,
    /// Name of the variant; empty if the study has no variants.
    pub variant: String,
    /// Complete configuration.
    pub config: TrainConfig,
}

/// A study with all its runs, each with its complete configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct Study {
    /// Name of the file without its extension.
    pub name: String,
    /// Title of the page.
    pub title: String,
    /// Text before the table, in Markdown.
    pub description: String,
    /// Text after the table, in Markdown.
    pub conclusion: String,
    /// Runs, ordered by recipe, then variant, then seed.
    pub runs: Vec<PlannedRun>,
    /// Number of samples of each run that are measured.
    pub n: usize,
    /// Metrics of each run.
    pub metrics: Vec<&'static Metric>,
    /// Published results for comparison.
    pub published: Vec<PublishedResult>,
}

impl Study {
    /// Reads a study. With `quick`, its table `quick` overrides its other settings. `over` overrides all.
    ///
    /// ```
    /// # use ganscope::{study::Study, train::Settings};
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("rates.toml");
    /// std::fs::write(&path, r#"
    ///     gan = ["nsgan", "lsgan"]
    ///     seeds = 3
    ///     base.data = "ring8"
    ///     [[variants]]
    ///     name = "slow"
    ///     optimizer.generator.lr = 1e-4
    ///     [[variants]]
    ///     name = "usual"
    /// "#)?;
    /// let study = Study::read(&path, false, &Settings::default())?;
    /// assert_eq!((study.runs.len(), study.name.as_str()), (2 * 2 * 3, "rates"));
    /// assert_eq!(study.runs[1].name, "nsgan-slow-seed-2");
    /// assert_eq!(study.runs[1].config.optimizer.generator.lr(), 1e-4);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Config`] with file and line for an unknown key or an invalid value, in the study or in the settings of
    /// one of its runs.
    pub fn read(path: &Path, quick: bool, over: &Settings) -> Result<Self> {
        let file = Settings::read(path)?;
        let name = path
            .file_stem()
            .map_or("study".into(), |s| s.to_string_lossy());
        let study: StudyFile = file.read_as()?;
        let plan = || study.with_quick(quick)?.plan(&name, &file, over);
        plan().map_err(|e| file.located(e))
    }
}

impl StudyFile {
    /// Applies `seeds` and `n` of the table `quick`, or removes this table.
    fn with_quick(mut self, quick: bool) -> Result<Self> {
        if !quick {
            self.quick = None;
        } else if let Some(small) = &mut self.quick {
            self.seeds = small.remove("seeds").unwrap_or(self.seeds);
            self.n = match small.remove("n") {
                None => self.n,
                Some(Value::Integer(n)) if n > 0 => n as usize,
                Some(n) => return Err(Error::Usage(format!("n must be at least 1, not {n}"))),
            };
        } else {
            return Err(Error::Usage(
                "--quick: the study has no table [quick] with the settings of its small version"
                    .into(),
            ));
        }
        Ok(self)
    }

    /// Plans all runs and checks their settings.
    fn plan(self, name: &str, file: &Settings, over: &Settings) -> Result<Study> {
        let refuse = |problem: String| Err(Error::Usage(problem));
        if self == StudyFile::default() {
            return refuse(
                "the file is empty; it needs at least the recipes, such as gan = [\"nsgan\"]"
                    .into(),
            );
        }
        let seeds = seeds(&self.seeds).map_err(Error::Usage)?;
        if self.n == 0 {
            return refuse("n must be at least 1, not 0".into());
        }
        if self.gan.is_empty() {
            return refuse("gan must name at least one recipe".into());
        }
        let names: Vec<&str> = self.gan.iter().map(String::as_str).collect();
        if let Some(other) = self.recipe.keys().find(|r| !names.contains(&r.as_str())) {
            return Err(unknown("recipe", other, &names));
        }
        let mut runs: Vec<PlannedRun> = Vec::new();
        let mut metrics = Vec::new();
        for gan in &self.gan {
            for (variant, settings) in self.settings(gan, file, over)? {
                let (config, data) = settings.resolve()?;
                if runs.is_empty() {
                    metrics = selected_metrics(&self.measure, &data)?;
                }
                metrics.iter().try_for_each(|m| metrics::check(m, &data))?;
                runs.extend(seeds.iter().map(|&seed| PlannedRun {
                    name: run_name(gan, &variant, seed),
                    variant: variant.clone(),
                    config: TrainConfig {
                        seed,
                        ..config.clone()
                    },
                }));
            }
        }
        for (index, run) in runs.iter().enumerate() {
            if let Some(same) = runs[..index].iter().find(|r| r.name == run.name) {
                let [a, b] = [same, run].map(|r| format!("{} {}", r.config.gan, r.variant));
                return refuse(format!(
                    "two runs have the name {}: one of \"{}\" and one of \"{}\"; each recipe and variant may \
                     occur only once",
                    run.name,
                    a.trim(),
                    b.trim()
                ));
            }
        }
        let names: Vec<&str> = metrics.iter().map(|m| m.name).collect();
        for row in &self.published {
            if row.name.is_empty() || row.source.is_empty() {
                return refuse("published: each result needs a name and a source".into());
            }
            if let Some(other) = row.values.keys().find(|v| !names.contains(&v.as_str())) {
                return Err(unknown("measure", other, &names));
            }
        }
        Ok(Study {
            name: name.into(),
            title: if self.title.is_empty() {
                name.into()
            } else {
                self.title
            },
            description: self.description.trim().into(),
            conclusion: self.conclusion.trim().into(),
            runs,
            n: self.n,
            metrics,
            published: self.published,
        })
    }

    /// The settings of the runs of a recipe, as (name of the variant, settings).
    fn settings(
        &self,
        gan: &str,
        file: &Settings,
        over: &Settings,
    ) -> Result<Vec<(String, Settings)>> {
        let lines = |name: &str, nth| table_lines(file.text(), name, nth);
        let none = Table::new();
        let own = Table::from_iter([("gan".to_string(), Value::from(gan))]);
        let base = (&self.base, lines("base", 0));
        let recipe = self.recipe.get(gan).unwrap_or(&none);
        let recipe = (recipe, lines(&format!("recipe.{gan}"), 0));
        let small = (self.quick.as_ref().unwrap_or(&none), lines("quick", 0));
        let with = |name: String, variant: &Table, nth| {
            let variant = (variant, lines("variants", nth));
            let parts = [base.clone(), recipe.clone(), variant, small.clone()];
            for part in &parts {
                check_axes(part.0)
                    .map_err(|e| file.of_parts(std::slice::from_ref(part)).located(e))?;
            }
            let [base, recipe, variant, small] = parts;
            let over = (over.table(), 0..0);
            let parts = [base, (&own, 0..0), recipe, variant, small, over];
            Ok((name, file.of_parts(&parts)))
        };
        if self.variants.is_empty() {
            return Ok(vec![with(String::new(), &none, 0)?]);
        }
        let variants = self.variants.iter().enumerate().map(|(nth, variant)| {
            let mut variant = variant.clone();
            match variant.remove("name") {
                Some(Value::String(name)) if !name.is_empty() => with(name, &variant, nth),
                _ => Err(Error::Usage(format!(
                    "variants: number {} needs a name, such as name = \"slow\"",
                    nth + 1
                ))),
            }
        });
        variants.collect()
    }
}

/// The metrics with these names, or the defaults of the dataset.
fn selected_metrics(names: &[String], data: &Dataset) -> Result<Vec<&'static Metric>> {
    match names {
        [] => Ok(metrics::defaults(data)),
        names => {
            if let Some(at) = (1..names.len()).find(|&i| names[..i].contains(&names[i])) {
                return Err(Error::Usage(format!(
                    "measure: \"{}\" is listed twice",
                    names[at]
                )));
            }
            names.iter().map(|name| metrics::named(name)).collect()
        }
    }
}

/// Returns an error if settings contain `gan` or `seed`, which the study itself lists.
fn check_axes(settings: &Table) -> Result<()> {
    let axes = [("gan", "gan = [\"…\"]"), ("seed", "seeds = N")];
    match axes.iter().find(|(key, _)| settings.contains_key(*key)) {
        None => Ok(()),
        Some((key, axis)) => Err(Error::Usage(format!(
            "{key} cannot be set here; list its values at the top of the study: {axis}"
        ))),
    }
}

/// Reads `seeds`: N for 1 to N, or a list.
fn seeds(value: &Value) -> Result<Vec<u64>, String> {
    let problem = || {
        format!("seeds must be a number of at least 1, or a list of different seeds, not {value}")
    };
    let seeds: Option<Vec<u64>> = match value {
        Value::Integer(n) => u64::try_from(*n).ok().map(|n| (1..=n).collect()),
        Value::Array(list) => {
            let seed = |v: &Value| v.as_integer().and_then(|n| u64::try_from(n).ok());
            list.iter().map(seed).collect()
        }
        _ => None,
    };
    let seeds = seeds
        .filter(|seeds| !seeds.is_empty())
        .ok_or_else(problem)?;
    let repeated = (1..seeds.len()).any(|i| seeds[..i].contains(&seeds[i]));
    if repeated { Err(problem()) } else { Ok(seeds) }
}

/// Name of a run, `GAN-VARIANT-seed-N`, without characters that are not allowed in directory names.
fn run_name(gan: &str, variant: &str, seed: u64) -> String {
    let allowed = |c: char| match c {
        c if c.is_alphanumeric() || "._-".contains(c) => c,
        _ => '-',
    };
    let variant: String = variant.chars().map(allowed).collect();
    match variant.as_str() {
        "" => format!("{gan}-seed-{seed}"),
        variant => format!("{gan}-{variant}-seed-{seed}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_a_number_or_a_list_of_different_numbers() {
        let read = |text: &str| seeds(&format!("s = {text}").parse::<Table>().unwrap()["s"]);
        assert_eq!(read("3"), Ok(vec![1, 2, 3]));
        assert_eq!(read("[7, 0]"), Ok(vec![7, 0]));
        for wrong in [
            "0", "-1", "[]", "[1, 1]", "[1, -2]", "[1.5]", "'many'", "true",
        ] {
            let message = read(wrong).unwrap_err();
            assert!(message.starts_with("seeds must be a number"), "{message}");
        }
    }
}
