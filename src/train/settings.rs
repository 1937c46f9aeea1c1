//! Settings from a file and from the command line, and the complete configuration made from them.

use super::config::TrainConfig;
use crate::data::{DataConfig, Dataset};
use crate::error::{AtPath, Error, Result, counted};
use crate::gan::Recipe;
use serde::de::DeserializeOwned;
use std::ops::Range;
use std::path::Path;
use toml::{Table, Value};

/// The settings that the user gave. Later settings override earlier ones.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    table: Table,
    /// Name and text of the file, for errors that name the line.
    file: Option<(String, String)>,
    /// Lines of the file, counted from 0, that are searched first for the setting an error is about.
    parts: Vec<Range<usize>>,
}

impl Settings {
    /// Parses the text of a configuration.
    ///
    /// # Errors
    /// [`Error::Config`] with the line when the text is not valid TOML.
    pub fn parse(text: &str) -> Result<Self> {
        Self::named("configuration", text)
    }

    /// Reads a configuration file.
    ///
    /// # Errors
    /// [`Error::Io`] when the file cannot be read; [`Error::Config`] with file and line when it is not valid TOML.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).at(path)?;
        Self::named(&path.display().to_string(), &text)
    }

    fn named(name: &str, text: &str) -> Result<Self> {
        let table = text.parse::<Table>().map_err(|e| {
            let line = e
                .span()
                .map_or(1, |span| text[..span.start].lines().count().max(1));
            Error::Config {
                place: format!("{name}, line {line}"),
                problem: e.message().into(),
            }
        })?;
        Ok(Settings {
            table,
            file: Some((name.into(), text.into())),
            parts: Vec::new(),
        })
    }

    /// Deserialises the whole file, of which settings are only a part.
    ///
    /// # Errors
    /// As [`resolve`](Self::resolve).
    pub(crate) fn read_as<T: DeserializeOwned>(&self) -> Result<T> {
        let whole = Value::Table(self.table.clone());
        whole.try_into().map_err(|e| self.refuse(&e))
    }

    /// Merges tables from the given lines of the file into settings. Later tables override earlier ones.
    pub(crate) fn of_parts(&self, parts: &[(&Table, Range<usize>)]) -> Settings {
        let mut made = Settings {
            table: Table::new(),
            ..self.clone()
        };
        for (table, lines) in parts {
            let mut table = (*table).clone();
            table.get_mut("data").into_iter().for_each(named);
            overlay(&mut made.table, &table);
            // The last table overrides the others, so an error is most likely about it.
            made.parts.insert(0, lines.clone());
        }
        made
    }

    /// Returns the settings as a TOML table.
    pub(crate) fn table(&self) -> &Table {
        &self.table
    }

    /// Returns the text of the file.
    pub(crate) fn text(&self) -> &str {
        self.file.as_ref().map_or("", |(_, text)| text)
    }

    /// Sets `key` to a value. The key is dotted for a setting in a table, as in `optimizer.generator.lr`.
    ///
    /// ```
    /// use ganscope::train::Settings;
    /// let mut settings = Settings::default();
    /// settings.set("optimizer.generator.lr", 5e-4)?;
    /// let (config, _) = settings.resolve()?;
    /// assert_eq!(config.optimizer.generator.lr(), 5e-4);
    /// # Ok::<(), ganscope::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Usage`] when a part of the key before the last is not a table.
    pub fn set(&mut self, key: &str, value: impl Into<Value>) -> Result<()> {
        let mut table = &mut self.table;
        let mut parts = key.split('.').peekable();
        while let Some(part) = parts.next() {
            if parts.peek().is_none() {
                table.insert(part.into(), value.into());
                return Ok(());
            }
            let inner = table
                .entry(part)
                .or_insert_with(|| Value::Table(Table::new()));
            if part == "data" {
                named(inner);
            }
            table = inner.as_table_mut().ok_or_else(|| {
                Error::Usage(format!("--set {key}: \"{part}\" is a value, not a table"))
            })?;
        }
        Ok(())
    }

    /// Sets a key from `key=value`, as on the command line. A value that is not valid TOML is taken as a string.
    ///
    /// # Errors
    /// [`Error::Usage`] when there is no `=`.
    pub fn assign(&mut self, assignment: &str) -> Result<()> {
        let (key, value) = assignment
            .split_once('=')
            .ok_or_else(|| Error::Usage(format!("--set {assignment}: write it as key=value")))?;
        let parsed = format!("v = {}", value.trim()).parse::<Table>().ok();
        let value = parsed
            .and_then(|mut t| t.remove("v"))
            .unwrap_or_else(|| value.trim().into());
        self.set(key.trim(), value)
    }

    /// Returns the complete configuration and its dataset.
    ///
    /// # Errors
    /// [`Error::Config`] with file and line (or the option) for an invalid key or value, with the most similar valid
    /// one; as [`Dataset::open`].
    pub fn resolve(&self) -> Result<(TrainConfig, Dataset)> {
        let mut user = self.whole();
        let known = |key: &str, default: &str| match user.get(key) {
            None => Ok(default.to_string()),
            Some(Value::String(s)) => Ok(s.clone()),
            Some(other) => Err(self.misplaced(key, format!("must be a name, not {other}"))),
        };
        let recipe = Recipe::named(&known("gan", "nsgan")?).map_err(|e| self.located(e))?;
        let mut data = Table::try_from(DataConfig::named("grid25")).map_err(|e| self.refuse(&e))?;
        if let Some(given) = user.get("data") {
            overlay(
                &mut data,
                given.as_table().ok_or_else(|| {
                    self.misplaced("data", format!("must be a name or a table, not {given}"))
                })?,
            );
        }
        let data: DataConfig = Value::Table(data).try_into().map_err(|e| self.refuse(&e))?;
        let data = data.absolute();
        let dataset = Dataset::open(&data).map_err(|e| self.located(e))?;
        let shape = &dataset.description().shape;
        let mut recipe = recipe.on(shape);
        // The preset networks and schedules depend on these settings.
        recipe.objective = self.laid_over(recipe.objective, "objective", &user)?;
        recipe.codes = self.laid_over(recipe.codes, "codes", &user)?;
        recipe.boosting = self.laid_over(recipe.boosting, "boosting", &user)?;
        recipe
            .codes
            .validate(1 << 16)
            .map_err(|e| self.located(e))?;
        recipe.boosting.validate().map_err(|e| self.located(e))?;
        let latent = match user.get("latent") {
            None => None,
            Some(Value::Integer(n)) if *n > 0 => Some(*n as usize),
            Some(other) => {
                return Err(self.misplaced("latent", format!("must be at least 1, not {other}")));
            }
        };
        let preset = match TrainConfig::preset(&recipe, data.clone(), shape, latent) {
            Ok(preset) => preset,
            // Without preset networks the user has to describe both.
            Err(e) => match ["generator", "discriminator"].map(|n| user.get(n).is_some()) {
                [true, true] => {
                    let flat = crate::data::SampleShape::Vector { len: shape.numel() };
                    TrainConfig::preset(&recipe, data, &flat, latent)?
                }
                _ => return Err(e),
            },
        };
        let mut whole = Table::try_from(&preset).map_err(|e| self.refuse(&e))?;
        user.remove("data");
        overlay(&mut whole, &user);
        let config: TrainConfig = Value::Table(whole)
            .try_into()
            .map_err(|e| self.refuse(&e))?;
        if let Some(len) = dataset.len()
            && config.batch > len
        {
            return Err(self.located(Error::Usage(format!(
                "batch is {}, but {} has only {}; choose --set batch={len} or less",
                config.batch,
                config.data.name,
                counted(len, "sample")
            ))));
        }
        config.validate(shape).map_err(|e| self.located(e))?;
        Ok((config, dataset))
    }

    /// Returns `base` with the user's settings in it replaced.
    fn laid_over<T>(&self, base: T, key: &str, user: &Table) -> Result<T>
    where
        T: serde::Serialize + DeserializeOwned,
    {
        let mut whole = Table::new();
        let base = Value::try_from(base).map_err(|e| self.refuse(&e))?;
        whole.insert("value".into(), base);
        if let Some(given) = user.get(key) {
            let given = [("value".to_string(), given.clone())];
            overlay(&mut whole, &given.into_iter().collect());
        }
        let value = whole.remove("value").unwrap_or_else(|| Table::new().into());
        value.try_into().map_err(|e| self.refuse(&e))
    }

    /// Returns the settings, with `data = "mnist"` replaced by a table with that name.
    fn whole(&self) -> Table {
        let mut table = self.table.clone();
        if let Some(data) = table.get_mut("data") {
            named(data);
        }
        table
    }

    /// Returns `config` with these settings replaced.
    pub(super) fn over(&self, config: &TrainConfig) -> Result<TrainConfig> {
        let mut whole = Table::try_from(config).map_err(|e| self.refuse(&e))?;
        overlay(&mut whole, &self.whole());
        Value::Table(whole).try_into().map_err(|e| self.refuse(&e))
    }

    /// Returns `steps` if it was set.
    pub(super) fn steps(&self) -> Option<u64> {
        self.table
            .get("steps")
            .and_then(Value::as_integer)
            .and_then(|n| u64::try_from(n).ok())
    }

    /// Adds to an error the line of the setting it is about: the first line with a name that the message quotes, or
    /// else with one of its words.
    pub(crate) fn located(&self, error: Error) -> Error {
        let Error::Usage(problem) = error else {
            return error;
        };
        let quoted = problem.split('"').skip(1).step_by(2).take(1);
        let words = problem.split([' ', ':', ',']);
        let place = quoted.chain(words).find_map(|word| self.place(word));
        place.map_or(Error::Usage(problem.clone()), |place| Error::Config {
            place,
            problem,
        })
    }

    fn misplaced(&self, key: &str, problem: String) -> Error {
        Error::Config {
            place: self.place(key).unwrap_or_else(|| "--set".into()),
            problem: format!("{key} {problem}"),
        }
    }

    /// Converts an error of serde: adds the place, and for an unknown key the most similar known one.
    fn refuse(&self, error: &dyn std::fmt::Display) -> Error {
        let text = error.to_string();
        let message = text.trim().replace('\n', " ");
        // serde ends its message with "in `the.key`".
        let (said, table) = message.rsplit_once(" in `").unwrap_or((&message, ""));
        let mut quoted = said.split('`').skip(1).step_by(2);
        let key = quoted.next().unwrap_or_default();
        if message.starts_with("unknown field") || message.starts_with("unknown variant") {
            let known: Vec<&str> = quoted.collect();
            let kind = if message.starts_with("unknown field") {
                "setting"
            } else {
                "value"
            };
            let table = table.trim_end_matches('`');
            let problem = match known.is_empty() && !table.is_empty() {
                // A table whose `kind` has no settings, such as `none`.
                true => format!(
                    "{table} has no setting \"{key}\": of its present kind it has none at all; set {table}.kind, too"
                ),
                false => crate::error::unknown(kind, key, &known).to_string(),
            };
            let place = self.place(key).unwrap_or_else(|| "--set".into());
            return Error::Config { place, problem };
        }
        // "in `steps`": the setting that is wrong.
        let inside = message
            .rsplit_once(" in `")
            .map(|(_, path)| path.trim_end_matches('`'));
        // Tables with a `kind` are read in two passes, and serde then names only the table.
        let culprit = inside.and_then(|path| self.culprit(path, &message));
        let key = culprit.as_deref().or(inside);
        let place = key.and_then(|key| self.place(key.rsplit('.').next().unwrap_or(key)));
        Error::Config {
            place: place.unwrap_or_else(|| "--set".into()),
            problem: format!("{} {}", key.unwrap_or("a setting"), plainly(said)),
        }
    }

    /// Returns the setting in the table `path` whose value the message quotes.
    fn culprit(&self, path: &str, complaint: &str) -> Option<String> {
        let mut table = &self.table;
        for part in path.split('.') {
            table = table.get(part)?.as_table()?;
        }
        let quoted = |value: &Value| match value {
            Value::String(s) => complaint.contains(&format!("string {s:?}")),
            Value::Table(_) | Value::Array(_) => false,
            plain => complaint.contains(&format!("`{plain}`")),
        };
        let (key, _) = table.iter().find(|(_, value)| quoted(value))?;
        Some(format!("{path}.{key}"))
    }

    /// Returns the file and the first line with a key, or with a value in quotes.
    fn place(&self, key: &str) -> Option<String> {
        let (name, text) = self.file.as_ref()?;
        let stands = |line: &str| {
            let line = line.split('#').next().unwrap_or_default();
            // A line without a key continues a list.
            let (left, right) = line.split_once('=').unwrap_or((line, line));
            let left = left.trim().trim_matches(['[', ']', '"']);
            left.split('.').any(|part| part.trim() == key)
                || right.contains(&format!("\"{key}\""))
                || right.contains(&format!("'{key}'"))
                || right.contains(&format!("{key} ="))
        };
        let first = self.parts.iter().flat_map(|part| {
            let lines = text.lines().enumerate().skip(part.start);
            lines.take(part.len())
        });
        let (line, _) = first
            .chain(text.lines().enumerate())
            .find(|(_, line)| stands(line))?;
        Some(format!("{name}, line {}", line + 1))
    }
}

/// Rewrites serde's message about a value without Rust's names of types: `must be a number, not "many"`.
fn plainly(complaint: &str) -> String {
    let wrong = ["invalid type: ", "invalid value: "];
    let wrong = wrong.iter().find_map(|start| complaint.strip_prefix(start));
    let Some((given, expected)) = wrong.and_then(|rest| rest.split_once(", expected ")) else {
        return format!("cannot be: {complaint}");
    };
    let given = match given.split_once(' ') {
        Some((_, value)) => value.trim_start_matches("point ").trim_matches('`'),
        None if given == "map" => "a table",
        None if given == "sequence" => "a list",
        None => given,
    };
    let digits = given.trim_matches('"');
    let expected = match expected {
        // TOML has no larger integers, so they are read as text.
        "usize" | "u64" | "u32" if digits.len() > 18 && digits.parse::<f64>().is_ok() => {
            "a whole number of at most 9223372036854775807"
        }
        "usize" | "u64" | "u32" => "a whole number of at least 0",
        "f64" | "f32" => "a number",
        "a boolean" => "true or false",
        "a string" => "a name",
        "a sequence" => "a list",
        _ if expected.contains("struct ") || expected.contains("enum ") => "a table",
        "a map" => "a table",
        other => other,
    };
    format!("must be {expected}, not {given}")
}

/// Replaces a name by a table with that name.
fn named(data: &mut Value) {
    if let Value::String(name) = data {
        let name = Value::from(std::mem::take(name));
        *data = Value::Table([("name".into(), name)].into_iter().collect());
    }
}

/// Replaces values of `base` by those of `user`, table by table. A table with another `kind` replaces the whole table.
fn overlay(base: &mut Table, user: &Table) {
    for (key, value) in user {
        match (base.get_mut(key), value) {
            (Some(Value::Table(under)), Value::Table(over))
                if over
                    .get("kind")
                    .is_none_or(|kind| under.get("kind") == Some(kind)) =>
            {
                overlay(under, over);
            }
            _ => {
                base.insert(key.clone(), value.clone());
            }
        }
    }
}
