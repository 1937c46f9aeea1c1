//! Reads a study file and plans its runs.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use serde::Deserialize;
use toml::{Table, Value};

use super::metrics::{self, Metric};
use crate::data::Dataset;
use crate::error::{Error, Result, counted, thousands, unknown};
use crate::evaluate::PROTOCOL_N;
use crate::train::{Settings, TrainConfig};

/// Largest number of runs in a study.
const MAX_RUNS: usize = 10_000;

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
    /// Names of the recipes to train.
    gan: Vec<String>,
    /// A list of seeds, or N for the seeds 1 to N.
    seeds: Value,
    /// Number of samples of each run that are measured.
    n: Value,
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
            n: Value::Integer(PROTOCOL_N as i64),
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
    /// Paper in which the result was published.
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
        plan().map_err(|e| file.with_place(e))
    }
}

impl StudyFile {
    /// Removes the table `quick`, unless the small version is asked for.
    fn with_quick(mut self, quick: bool) -> Result<Self> {
        if self == StudyFile::default() {
            return Err(Error::setting(
                "",
                "the file is empty; it needs at least the recipes, such as gan = [\"nsgan\"]",
            ));
        }
        if !quick {
            self.quick = None;
        } else if self.quick.is_none() {
            return Err(Error::Usage(
                "--quick: the study has no table [quick] with the settings of its small version"
                    .into(),
            ));
        }
        Ok(self)
    }

    /// Takes the seeds and the number of samples from the table `quick` where it sets them, and from the top of the
    /// file otherwise; each with the key that sets it.
    fn sizes(&mut self) -> Result<Sizes> {
        let mut small = |key| self.quick.as_mut().and_then(|table| table.remove(key));
        let (given, seeds_key) = match small("seeds") {
            Some(given) => (given, "quick.seeds"),
            None => (self.seeds.clone(), "seeds"),
        };
        let seeds = seeds(&given, seeds_key)?;
        let (n, n_key) = match small("n") {
            Some(given) => (given, "quick.n"),
            None => (self.n.clone(), "n"),
        };
        match n {
            Value::Integer(n) if n > 0 => Ok(Sizes {
                seeds: (seeds, seeds_key),
                n: (n as usize, n_key),
            }),
            n => Err(Error::setting(
                n_key,
                format!("{n_key} must be a whole number of at least 1, not {n}"),
            )),
        }
    }

    /// Returns an error if the study would have more runs than [`MAX_RUNS`].
    fn check_number_of_runs(&self, seeds: usize, key: &str) -> Result<()> {
        let (recipes, variants) = (self.gan.len(), self.variants.len().max(1));
        let runs = recipes.saturating_mul(variants).saturating_mul(seeds);
        if runs <= MAX_RUNS {
            return Ok(());
        }
        let problem = format!(
            "the study would have {} ({} × {} × {}), but it can have at most {}; use fewer {key}",
            counted(runs, "run"),
            counted(recipes, "recipe"),
            counted(variants, "variant"),
            counted(seeds, "seed"),
            thousands(MAX_RUNS as u64)
        );
        Err(Error::setting(key, problem))
    }

    /// Plans all runs and checks their settings.
    fn plan(mut self, name: &str, file: &Settings, over: &Settings) -> Result<Study> {
        let Sizes {
            seeds: (seeds, seeds_key),
            n: (n, n_key),
        } = self.sizes()?;
        if self.gan.is_empty() {
            return Err(Error::setting("gan", "gan must name at least one recipe"));
        }
        self.check_number_of_runs(seeds.len(), seeds_key)?;
        let names: Vec<&str> = self.gan.iter().map(String::as_str).collect();
        if let Some(other) = self.recipe.keys().find(|r| !names.contains(&r.as_str())) {
            return Err(unknown("recipe", other, &names).of_setting(format!("recipe.{other}")));
        }
        let mut runs: Vec<PlannedRun> = Vec::new();
        let mut metrics = Vec::new();
        for (index, gan) in self.gan.iter().enumerate() {
            for (variant, settings) in self.settings(index, file, over)? {
                let (config, data) = settings.resolve()?;
                let most = config.max_samples(&data.description().shape);
                if n > most {
                    let problem = format!(
                        "{n_key} is {n}, but that many samples do not fit into memory; use at most {most}"
                    );
                    return Err(Error::setting(n_key, problem));
                }
                if runs.is_empty() {
                    metrics = selected_metrics(&self.measure, &data)?;
                }
                metrics
                    .iter()
                    .try_for_each(|m| metrics::check(m, &data))
                    .map_err(|e| e.of_setting("measure"))?;
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
        let mut by_name: HashMap<&str, &PlannedRun> = HashMap::new();
        for run in &runs {
            if let Some(same) = by_name.insert(&run.name, run) {
                let [a, b] = [same, run].map(|r| format!("{} {}", r.config.gan, r.variant));
                // Only variants can have different names that lead to the same directory.
                let key = if same.config.gan == run.config.gan && !self.variants.is_empty() {
                    "variants"
                } else {
                    "gan"
                };
                let problem = format!(
                    "two runs would be called {}: \"{}\" and \"{}\"; list every recipe once, and give every \
                     variant a name of its own",
                    run.name,
                    a.trim(),
                    b.trim()
                );
                return Err(Error::setting(key, problem));
            }
        }
        let names: Vec<&str> = metrics.iter().map(|m| m.name).collect();
        for (index, row) in self.published.iter().enumerate() {
            let key = format!("published[{index}]");
            if row.name.is_empty() || row.source.is_empty() {
                let problem = "published: each result needs a name and a source";
                return Err(Error::setting(key, problem));
            }
            if let Some(other) = row.values.keys().find(|v| !names.contains(&v.as_str())) {
                let key = format!("{key}.values.{other}");
                return Err(unknown("measure", other, &names).of_setting(key));
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
            n,
            metrics,
            published: self.published,
        })
    }

    /// The settings of the runs of the recipe `gan[index]`, as (name of the variant, settings).
    fn settings(
        &self,
        index: usize,
        file: &Settings,
        over: &Settings,
    ) -> Result<Vec<(String, Settings)>> {
        let gan = self.gan[index].as_str();
        let part = |path: &str, table: &Table| {
            let part = file.part(path, "", table.clone());
            check_axes(&part).map_err(|e| part.with_place(e))?;
            Ok::<_, Error>(part)
        };
        let none = Table::new();
        let own = Table::from_iter([("gan".to_string(), Value::from(gan))]);
        let own = file.part(&format!("gan[{index}]"), "gan", own);
        let base = part("base", &self.base)?;
        let recipe = self.recipe.get(gan).unwrap_or(&none);
        let recipe = part(&format!("recipe.{gan}"), recipe)?;
        let small = part("quick", self.quick.as_ref().unwrap_or(&none))?;
        let with = |variant: &Settings| {
            let mut settings = base.clone();
            for part in [&own, &recipe, variant, &small, over] {
                settings.override_with(part);
            }
            settings
        };
        if self.variants.is_empty() {
            return Ok(vec![(String::new(), with(&Settings::default()))]);
        }
        let variants = self.variants.iter().enumerate().map(|(nth, variant)| {
            let path = format!("variants[{nth}]");
            let mut variant = variant.clone();
            match variant.remove("name") {
                Some(Value::String(name)) if !name.is_empty() => {
                    Ok((name, with(&part(&path, &variant)?)))
                }
                _ => Err(Error::setting(
                    path,
                    format!(
                        "variants: number {} needs a name, such as name = \"slow\"",
                        nth + 1
                    ),
                )),
            }
        });
        variants.collect()
    }
}

/// The sizes of a study, each with the key that sets it.
struct Sizes {
    seeds: (Vec<u64>, &'static str),
    n: (usize, &'static str),
}

/// The metrics with these names, or the defaults of the dataset.
fn selected_metrics(names: &[String], data: &Dataset) -> Result<Vec<&'static Metric>> {
    if names.is_empty() {
        return Ok(metrics::defaults(data));
    }
    let indexed = names.iter().enumerate();
    let selected = indexed.map(|(index, name)| {
        let key = format!("measure[{index}]");
        if names[..index].contains(name) {
            let problem = format!("measure: \"{name}\" is listed twice");
            return Err(Error::setting(key, problem));
        }
        metrics::named(name).map_err(|e| e.of_setting(key))
    });
    selected.collect()
}

/// Returns an error if settings contain `gan` or `seed`, which the study itself lists.
fn check_axes(settings: &Settings) -> Result<()> {
    let axes = [("gan", "gan = [\"…\"]"), ("seed", "seeds = N")];
    match axes.into_iter().find(|(key, _)| settings.has(key)) {
        None => Ok(()),
        Some((key, axis)) => Err(Error::setting(
            key,
            format!("{key} cannot be set here; list its values at the top of the study: {axis}"),
        )),
    }
}

/// Reads the seeds from the value of the setting `key`: N for 1 to N, or a list.
fn seeds(value: &Value, key: &str) -> Result<Vec<u64>> {
    let seeds: Option<Vec<u64>> = match value {
        Value::Integer(n) if *n > MAX_RUNS as i64 => {
            let most = thousands(MAX_RUNS as u64);
            let problem = format!("{key} is {n}, but a study can have at most {most} runs");
            return Err(Error::setting(key, problem + "; use a smaller number"));
        }
        Value::Integer(n) => u64::try_from(*n).ok().map(|n| (1..=n).collect()),
        Value::Array(list) => {
            let seed = |v: &Value| v.as_integer().and_then(|n| u64::try_from(n).ok());
            let seeds: Option<Vec<u64>> = list.iter().map(seed).collect();
            let distinct =
                |seeds: &Vec<u64>| seeds.iter().collect::<BTreeSet<_>>().len() == seeds.len();
            seeds.filter(distinct)
        }
        _ => None,
    };
    seeds.filter(|seeds| !seeds.is_empty()).ok_or_else(|| {
        let problem = format!(
            "{key} must be a number of at least 1, or a list of different seeds, not {value}"
        );
        Error::setting(key, problem)
    })
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
        let read = |text: &str| {
            let table = format!("s = {text}").parse::<Table>().unwrap();
            seeds(&table["s"], "seeds")
        };
        assert_eq!(read("3").unwrap(), [1, 2, 3]);
        assert_eq!(read("[7, 0]").unwrap(), [7, 0]);
        for wrong in [
            "0", "-1", "[]", "[1, 1]", "[1, -2]", "[1.5]", "'many'", "true",
        ] {
            let message = read(wrong).unwrap_err().to_string();
            assert!(message.starts_with("seeds must be a number"), "{message}");
        }
        assert_eq!(read("10000").unwrap().len(), 10_000);
        for wrong in ["10001", "1000000000000", "9223372036854775807"] {
            let message = read(wrong).unwrap_err().to_string();
            let expected = format!(
                "seeds is {wrong}, but a study can have at most 10,000 runs; use a smaller number"
            );
            assert_eq!(message, expected);
        }
    }
}
