//! A study as its file describes it, and the runs that it consists of.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use toml::{Table, Value};

use super::measure::{self, Measure};
use crate::data::Dataset;
use crate::error::{Error, Result, unknown};
use crate::evaluate::PROTOCOL_N;
use crate::train::{Settings, TrainConfig};

/// The content of `STUDY.toml`.
#[derive(PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Written {
    title: String,
    description: String,
    conclusion: String,
    /// Names of the recipes.
    gan: Vec<String>,
    /// A list of seeds, or N for the seeds 1 to N.
    seeds: Value,
    /// Number of samples that are measured in each run.
    n: usize,
    /// Names of the measures; empty for the usual ones of the dataset.
    measure: Vec<String>,
    /// Settings of all runs.
    base: Table,
    /// Settings of the runs of one recipe, which override those of all runs.
    recipe: BTreeMap<String, Table>,
    /// Variants, each a name and settings that override both.
    variants: Vec<Table>,
    /// The small version of the study: settings that override all others, `seeds` and `n`.
    quick: Option<Table>,
    published: Vec<Published>,
}

impl Default for Written {
    fn default() -> Self {
        Written {
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

/// Published results of one method, shown as a row of the table.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Published {
    /// Name of the method.
    pub name: String,
    /// Citation of the publication.
    pub source: String,
    /// Printed value of each measure by its name, such as `"23.8 ± 0.7"`.
    pub values: BTreeMap<String, String>,
}

/// A run of a study.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// Name of its run directory: `GAN-VARIANT-seed-N`.
    pub name: String,
    /// Name of the variant; empty when the study has none.
    pub variant: String,
    /// Complete configuration.
    pub config: TrainConfig,
}

/// A complete study: every run with every setting.
#[derive(Debug, Clone, PartialEq)]
pub struct Study {
    /// Name of the study: its file name without the extension.
    pub name: String,
    /// Title of its table.
    pub title: String,
    /// What the study examines, in Markdown.
    pub description: String,
    /// What the author concludes from the table, in Markdown.
    pub conclusion: String,
    /// All runs, by recipe, then variant, then seed.
    pub runs: Vec<Planned>,
    /// Number of samples that are measured in each run.
    pub n: usize,
    /// Measures of each run, in the order of the table.
    pub measures: Vec<&'static Measure>,
    /// Published results to compare with.
    pub published: Vec<Published>,
}

impl Study {
    /// Reads a study. With `quick` it is the small version that its table `quick` describes; the settings `over`
    /// override all others.
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
    /// [`Error::Config`] with file and line for an unknown key or a value that cannot be used, in the study or in
    /// the settings of any of its runs.
    pub fn read(path: &Path, quick: bool, over: &Settings) -> Result<Self> {
        let file = Settings::read(path)?;
        let name = path
            .file_stem()
            .map_or("study".into(), |s| s.to_string_lossy());
        let written: Written = file.read_as()?;
        let plan = || written.reduced(quick)?.plan(&name, &file, over);
        plan().map_err(|e| file.with_place(e))
    }
}

impl Written {
    /// Without the table `quick`, unless the small version is asked for.
    fn reduced(mut self, quick: bool) -> Result<Self> {
        if self == Written::default() {
            return Err(Error::setting(
                "",
                "the file is empty; name at least the recipes, as in gan = [\"nsgan\"]",
            ));
        }
        if !quick {
            self.quick = None;
        } else if self.quick.is_none() {
            return Err(Error::Usage(
                "--quick: the study has no table [quick], which holds the settings of its small version"
                    .into(),
            ));
        }
        Ok(self)
    }

    /// The seeds and the number of samples, both as the table `quick` has them if it does.
    fn sizes(&mut self) -> Result<(Vec<u64>, usize)> {
        let mut small = |key| self.quick.as_mut().and_then(|table| table.remove(key));
        let seeds = match small("seeds") {
            Some(given) => seeds(&given, "quick.seeds"),
            None => seeds(&self.seeds, "seeds"),
        }?;
        let (n, key) = match small("n") {
            Some(given) => (given, "quick.n"),
            None => (Value::Integer(self.n as i64), "n"),
        };
        match n {
            Value::Integer(n) if n > 0 => Ok((seeds, n as usize)),
            n => Err(Error::setting(
                key,
                format!("{key} must be at least 1, not {n}"),
            )),
        }
    }

    fn plan(mut self, name: &str, file: &Settings, over: &Settings) -> Result<Study> {
        let (seeds, n) = self.sizes()?;
        if self.gan.is_empty() {
            return Err(Error::setting("gan", "gan must name at least one recipe"));
        }
        let names: Vec<&str> = self.gan.iter().map(String::as_str).collect();
        if let Some(other) = self.recipe.keys().find(|r| !names.contains(&r.as_str())) {
            return Err(unknown("recipe", other, &names).of_setting(format!("recipe.{other}")));
        }
        let mut runs: Vec<Planned> = Vec::new();
        let mut measures = Vec::new();
        for (index, gan) in self.gan.iter().enumerate() {
            for (variant, settings) in self.settings(index, file, over)? {
                let (config, data) = settings.resolve()?;
                if runs.is_empty() {
                    measures = wanted(&self.measure, &data)?;
                }
                measures
                    .iter()
                    .try_for_each(|m| measure::fits(m, &data))
                    .map_err(|e| e.of_setting("measure"))?;
                runs.extend(seeds.iter().map(|&seed| Planned {
                    name: folder(gan, &variant, seed),
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
                // Variants alone can have names that differ and lead to the same directory.
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
        let names: Vec<&str> = measures.iter().map(|m| m.name).collect();
        for (index, row) in self.published.iter().enumerate() {
            let key = format!("published[{index}]");
            if row.name.is_empty() || row.source.is_empty() {
                let problem = "published: every row needs a name and a source";
                return Err(Error::setting(key, problem));
            }
            if let Some(other) = row.values.keys().find(|v| !names.contains(&v.as_str())) {
                let key = format!("{key}.values.{other}");
                return Err(unknown("measure", other, &names).of_setting(key));
            }
        }
        Ok(Study {
            name: name.into(),
            title: match self.title.as_str() {
                "" => name.into(),
                title => title.into(),
            },
            description: self.description.trim().into(),
            conclusion: self.conclusion.trim().into(),
            runs,
            n,
            measures,
            published: self.published,
        })
    }

    /// The settings of the runs of the recipe `gan[index]`, for each variant with its name.
    fn settings(
        &self,
        index: usize,
        file: &Settings,
        over: &Settings,
    ) -> Result<Vec<(String, Settings)>> {
        let gan = self.gan[index].as_str();
        let part = |path: &str, table: &Table| {
            let part = file.part(path, "", table.clone());
            no_axes(&part).map_err(|e| part.with_place(e))?;
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

/// The measures of these names, or the usual ones for the dataset when there are no names.
fn wanted(names: &[String], data: &Dataset) -> Result<Vec<&'static Measure>> {
    if names.is_empty() {
        return Ok(measure::usual(data));
    }
    let indexed = names.iter().enumerate();
    let measures = indexed.map(|(index, name)| {
        let key = format!("measure[{index}]");
        if names[..index].contains(name) {
            let problem = format!("measure: \"{name}\" is listed twice");
            return Err(Error::setting(key, problem));
        }
        measure::named(name).map_err(|e| e.of_setting(key))
    });
    measures.collect()
}

/// Refuses settings that vary between the runs of a study, which the study itself lists.
fn no_axes(settings: &Settings) -> Result<()> {
    let axes = [("gan", "gan = [\"…\"]"), ("seed", "seeds = N")];
    match axes.into_iter().find(|(key, _)| settings.has(key)) {
        None => Ok(()),
        Some((key, axis)) => Err(Error::setting(
            key,
            format!("{key} is an axis of the study; write {axis} at the top of the file instead"),
        )),
    }
}

/// The seeds 1 to N, or those of a list, from the value of the setting `key`.
fn seeds(value: &Value, key: &str) -> Result<Vec<u64>> {
    let seeds: Option<Vec<u64>> = match value {
        Value::Integer(n) => u64::try_from(*n).ok().map(|n| (1..=n).collect()),
        Value::Array(list) => {
            let seed = |v: &Value| v.as_integer().and_then(|n| u64::try_from(n).ok());
            list.iter().map(seed).collect()
        }
        _ => None,
    };
    let distinct = |seeds: &Vec<u64>| (1..seeds.len()).all(|i| !seeds[..i].contains(&seeds[i]));
    seeds
        .filter(|seeds| !seeds.is_empty() && distinct(seeds))
        .ok_or_else(|| {
            let problem = format!(
                "{key} must be a number of at least 1 or a list of different seeds, not {value}"
            );
            Error::setting(key, problem)
        })
}

/// The directory name `GAN-VARIANT-seed-N`, with every unusual character of the variant as a hyphen.
fn folder(gan: &str, variant: &str, seed: u64) -> String {
    let plain = |c: char| match c {
        c if c.is_alphanumeric() || "._-".contains(c) => c,
        _ => '-',
    };
    let variant: String = variant.chars().map(plain).collect();
    match variant.as_str() {
        "" => format!("{gan}-seed-{seed}"),
        variant => format!("{gan}-{variant}-seed-{seed}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_a_number_or_a_list() {
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
    }
}
