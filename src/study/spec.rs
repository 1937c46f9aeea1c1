//! A study as it is written, and the runs that follow from it.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use toml::{Table, Value};

use super::measure::{self, Measure};
use super::section::lines;
use crate::data::Dataset;
use crate::error::{Error, Result, unknown};
use crate::evaluate::PROTOCOL_N;
use crate::train::{Settings, TrainConfig};

/// `STUDY.toml`.
#[derive(PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Written {
    title: String,
    description: String,
    conclusion: String,
    /// The recipes.
    gan: Vec<String>,
    /// A list, or N for 1 to N.
    seeds: Value,
    /// Samples that are measured of each run.
    n: usize,
    /// What is measured; empty for what is usual on the data.
    measure: Vec<String>,
    /// Settings of every run.
    base: Table,
    /// Settings of the runs of one recipe, over those.
    recipe: BTreeMap<String, Table>,
    /// A name each, and settings over all others.
    variants: Vec<Table>,
    /// What makes it a small one: settings over all, `seeds` and `n`.
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

/// A row of somebody else's table.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Published {
    /// Of the method.
    pub name: String,
    /// Where it was published.
    pub source: String,
    /// By the measures' names, as it was printed: `"23.8 ± 0.7"`.
    pub values: BTreeMap<String, String>,
}

/// A run of a study.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// `GAN-VARIANT-seed-N`: its folder.
    pub name: String,
    /// Empty when the study has no variants.
    pub variant: String,
    pub config: TrainConfig,
}

/// A study, complete: every run with every setting.
#[derive(Debug, Clone, PartialEq)]
pub struct Study {
    /// The file's name without its ending.
    pub name: String,
    pub title: String,
    /// Markdown.
    pub description: String,
    /// Markdown: what its author reads in the table.
    pub conclusion: String,
    /// By recipe, then variant, then seed.
    pub runs: Vec<Planned>,
    /// Samples that are measured of each run.
    pub n: usize,
    pub measures: Vec<&'static Measure>,
    pub published: Vec<Published>,
}

impl Study {
    /// Reads a study; `quick` lays its table `quick` over it, and `over` is laid over all.
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
    /// [`Error::Config`] with file and line for a key or value that cannot be, in the study or in the
    /// settings of any of its runs.
    pub fn read(path: &Path, quick: bool, over: &Settings) -> Result<Self> {
        let file = Settings::read(path)?;
        let name = path
            .file_stem()
            .map_or("study".into(), |s| s.to_string_lossy());
        let written: Written = file.read_as()?;
        let plan = || written.reduced(quick)?.plan(&name, &file, over);
        plan().map_err(|e| file.located(e))
    }
}

impl Written {
    /// With `quick` laid over it, if that is asked for.
    fn reduced(mut self, quick: bool) -> Result<Self> {
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
                "--quick: the study has no table [quick] that says what makes it small".into(),
            ));
        }
        Ok(self)
    }

    fn plan(self, name: &str, file: &Settings, over: &Settings) -> Result<Study> {
        let refuse = |problem: String| Err(Error::Usage(problem));
        if self == Written::default() {
            return refuse(
                "the file is empty; name at least the recipes, as in gan = [\"nsgan\"]".into(),
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
        let mut runs: Vec<Planned> = Vec::new();
        let mut measures = Vec::new();
        for gan in &self.gan {
            for (variant, settings) in self.settings(gan, file, over)? {
                let (config, data) = settings.resolve()?;
                if runs.is_empty() {
                    measures = wanted(&self.measure, &data)?;
                }
                measures.iter().try_for_each(|m| measure::fits(m, &data))?;
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
                return refuse(format!(
                    "two runs would be called {}: of \"{}\" and of \"{}\"; name every recipe and \
                     variant once",
                    run.name,
                    a.trim(),
                    b.trim()
                ));
            }
        }
        let names: Vec<&str> = measures.iter().map(|m| m.name).collect();
        for row in &self.published {
            if row.name.is_empty() || row.source.is_empty() {
                return refuse("published: every row needs a name and a source".into());
            }
            if let Some(other) = row.values.keys().find(|v| !names.contains(&v.as_str())) {
                return Err(unknown("measure", other, &names));
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
            n: self.n,
            measures,
            published: self.published,
        })
    }

    /// The settings of a recipe's runs, for each variant with its name.
    fn settings(
        &self,
        gan: &str,
        file: &Settings,
        over: &Settings,
    ) -> Result<Vec<(String, Settings)>> {
        let lines = |name: &str, nth| lines(file.text(), name, nth);
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
                axes(part.0).map_err(|e| file.of_parts(std::slice::from_ref(part)).located(e))?;
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

/// The measures of these names, or those that are usual.
fn wanted(names: &[String], data: &Dataset) -> Result<Vec<&'static Measure>> {
    match names {
        [] => Ok(measure::usual(data)),
        names => {
            if let Some(at) = (1..names.len()).find(|&i| names[..i].contains(&names[i])) {
                return Err(Error::Usage(format!(
                    "measure: \"{}\" stands there twice",
                    names[at]
                )));
            }
            names.iter().map(|name| measure::named(name)).collect()
        }
    }
}

/// Refuses axes among settings.
fn axes(settings: &Table) -> Result<()> {
    let axes = [("gan", "gan = [\"…\"]"), ("seed", "seeds = N")];
    match axes.iter().find(|(key, _)| settings.contains_key(*key)) {
        None => Ok(()),
        Some((key, axis)) => Err(Error::Usage(format!(
            "{key} is an axis of the study; write {axis} at its top"
        ))),
    }
}

/// 1 to N, or those of a list.
fn seeds(written: &Value) -> Result<Vec<u64>, String> {
    let refused = || {
        format!("seeds must be a number of at least 1, or a list of different ones, not {written}")
    };
    let seeds: Option<Vec<u64>> = match written {
        Value::Integer(n) => u64::try_from(*n).ok().map(|n| (1..=n).collect()),
        Value::Array(list) => {
            let seed = |v: &Value| v.as_integer().and_then(|n| u64::try_from(n).ok());
            list.iter().map(seed).collect()
        }
        _ => None,
    };
    let seeds = seeds
        .filter(|seeds| !seeds.is_empty())
        .ok_or_else(refused)?;
    let repeated = (1..seeds.len()).any(|i| seeds[..i].contains(&seeds[i]));
    match repeated {
        true => Err(refused()),
        false => Ok(seeds),
    }
}

/// `GAN-VARIANT-seed-N`, tame enough for a folder.
fn folder(gan: &str, variant: &str, seed: u64) -> String {
    let tame = |c: char| match c {
        c if c.is_alphanumeric() || "._-".contains(c) => c,
        _ => '-',
    };
    let variant: String = variant.chars().map(tame).collect();
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
