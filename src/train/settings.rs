//! The settings that a user gave in a file and on the command line, and the complete configuration they lead to.

use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;
use toml::{Table, Value};

use super::config::TrainConfig;
use super::deserialize::deserialize;
use super::origins::Origins;
use crate::data::{DataConfig, Dataset, SampleShape};
use crate::error::{AtPath, Error, Result, counted};
use crate::gan::Recipe;

/// The settings that the user gave; later ones override earlier ones.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    table: Table,
    origins: Origins,
}

impl Settings {
    /// Reads settings from the text of a configuration.
    ///
    /// # Errors
    /// [`Error::Config`] with the line, when the text is not valid TOML.
    pub fn parse(text: &str) -> Result<Self> {
        Self::from_text("configuration", text)
    }

    /// Reads settings from a file.
    ///
    /// # Errors
    /// [`Error::Io`], or [`Error::Config`] with file and line.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).at(path)?;
        Self::from_text(&path.display().to_string(), &text)
    }

    fn from_text(file: &str, text: &str) -> Result<Self> {
        let origins = Origins::of_file(file, text)?;
        let table = text
            .parse()
            .map_err(|e: toml::de::Error| Error::setting("", e.message()))?;
        Ok(Settings { table, origins })
    }

    /// Reads the whole as a file of another kind, of which settings are only a part.
    ///
    /// # Errors
    /// As [`resolve`](Self::resolve).
    pub(crate) fn read_as<T: DeserializeOwned>(&self) -> Result<T> {
        deserialize(&Value::Table(self.table.clone()), "").map_err(|e| self.with_place(e))
    }

    /// `table`, which stands under the key `from` of this file, as settings of their own under the key `to`
    /// (empty: at the top).
    pub(crate) fn part(&self, from: &str, to: &str, table: Table) -> Settings {
        Settings {
            table,
            origins: self.origins.moved(from, to),
        }
    }

    /// Overrides these settings with `over`.
    pub(crate) fn override_with(&mut self, over: &Settings) {
        name_to_table(self.table.get_mut("data"));
        overlay(&mut self.table, &over.whole());
        self.origins.override_with(&over.origins);
    }

    /// Whether `key` is set at the top level.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Sets `key` (dotted for tables: `optimizer.generator.lr`) to a value.
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
                break;
            }
            let inner = table
                .entry(part)
                .or_insert_with(|| Value::Table(Table::new()));
            if part == "data" {
                name_to_table(Some(inner));
            }
            table = inner.as_table_mut().ok_or_else(|| {
                Error::Usage(format!("--set {key}: \"{part}\" is a value, not a table"))
            })?;
        }
        self.origins.set(key);
        Ok(())
    }

    /// Sets from `key=value` as on the command line; the value is TOML, or else a string.
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

    /// The complete configuration, and the dataset that it names.
    ///
    /// # Errors
    /// [`Error::Config`] for an unknown key or a value that cannot be used, with file and line where it was
    /// set in a file, and for an unknown name the nearest known one; the errors of [`Dataset::open`].
    pub fn resolve(&self) -> Result<(TrainConfig, Dataset)> {
        self.complete().map_err(|e| self.with_place(e))
    }

    fn complete(&self) -> Result<(TrainConfig, Dataset)> {
        let mut user = self.whole();
        let gan = match user.get("gan") {
            None => "nsgan",
            Some(Value::String(name)) => name,
            Some(other) => {
                return Err(Error::setting(
                    "gan",
                    format!("gan must be a name, not {other}"),
                ));
            }
        };
        let recipe = Recipe::named(gan).map_err(|e| e.of_setting("gan"))?;
        let mut data = table_of(&DataConfig::named("grid25"))?;
        if let Some(given) = user.get("data") {
            let given = given.as_table().ok_or_else(|| {
                Error::setting(
                    "data",
                    format!("data must be a name or a table, not {given}"),
                )
            })?;
            overlay(&mut data, given);
        }
        let data: DataConfig = deserialize(&Value::Table(data), "data")?;
        let data = data.absolute();
        let dataset = Dataset::open(&data).map_err(|e| e.in_table("data"))?;
        let shape = &dataset.description().shape;
        let mut recipe = recipe.on(shape);
        // The preset networks and schedules depend on these settings.
        recipe.objective = overridden(&recipe.objective, "objective", &user)?;
        recipe.codes = overridden(&recipe.codes, "codes", &user)?;
        recipe.boosting = overridden(&recipe.boosting, "boosting", &user)?;
        let spectral_norm = user
            .get("discriminator")
            .and_then(|d| d.get("spectral_norm"));
        if let Some(Value::Boolean(spectral_norm)) = spectral_norm {
            recipe.spectral_norm = *spectral_norm;
        }
        recipe.codes.validate(1 << 16)?;
        recipe.boosting.validate()?;
        let latent = match user.get("latent") {
            None => None,
            Some(Value::Integer(n)) if *n > 0 => Some(*n as usize),
            Some(other) => {
                return Err(Error::setting(
                    "latent",
                    format!("latent must be a whole number of at least 1, not {other}"),
                ));
            }
        };
        let preset = match TrainConfig::preset(&recipe, data.clone(), shape, latent) {
            Ok(preset) => preset,
            // There are no preset networks for this shape, so both must be in the configuration.
            Err(_) if user.contains_key("generator") && user.contains_key("discriminator") => {
                let vector = SampleShape::Vector { len: shape.numel() };
                TrainConfig::preset(&recipe, data, &vector, latent)?
            }
            Err(e) => return Err(e.of_setting("data.image_size")),
        };
        let mut whole = table_of(&preset)?;
        user.remove("data");
        overlay(&mut whole, &user);
        let config: TrainConfig = deserialize(&Value::Table(whole), "")?;
        if let Some(len) = dataset.len()
            && config.batch > len
        {
            let or_less = if len > 1 { " or less" } else { "" };
            let problem = format!(
                "batch is {}, but {} has only {}; choose --set batch={len}{or_less}",
                config.batch,
                config.data.name,
                counted(len, "sample")
            );
            return Err(Error::setting("batch", problem));
        }
        config.validate(shape)?;
        Ok((config, dataset))
    }

    /// The table, with `data = "mnist"` written as a table with that name.
    fn whole(&self) -> Table {
        let mut table = self.table.clone();
        name_to_table(table.get_mut("data"));
        table
    }

    /// `config` with these settings in place of its own.
    pub(super) fn over(&self, config: &TrainConfig) -> Result<TrainConfig> {
        let mut whole = table_of(config)?;
        overlay(&mut whole, &self.whole());
        deserialize(&Value::Table(whole), "").map_err(|e| self.with_place(e))
    }

    /// `steps`, if it was set.
    pub(super) fn steps(&self) -> Option<u64> {
        self.table
            .get("steps")
            .and_then(Value::as_integer)
            .and_then(|n| u64::try_from(n).ok())
    }

    /// The same error with the place where its setting stands.
    pub(crate) fn with_place(&self, error: Error) -> Error {
        match error {
            Error::Config {
                key,
                place: None,
                problem,
            } => Error::Config {
                place: self.origins.place(&key),
                key,
                problem,
            },
            other => other,
        }
    }
}

/// `base` with the settings that the user gave under `key`.
fn overridden<T>(base: &T, key: &str, user: &Table) -> Result<T>
where
    T: Serialize + DeserializeOwned,
{
    let mut table = Table::from_iter([(key.to_string(), Value::Table(table_of(base)?))]);
    if let Some(given) = user.get(key) {
        overlay(
            &mut table,
            &Table::from_iter([(key.to_string(), given.clone())]),
        );
    }
    deserialize(&table[key], key)
}

fn table_of(value: &impl Serialize) -> Result<Table> {
    Table::try_from(value)
        .map_err(|e| Error::Usage(format!("the configuration cannot be written as TOML: {e}")))
}

/// Writes `data = "mnist"` as a table with that name.
fn name_to_table(data: Option<&mut Value>) {
    if let Some(data) = data
        && let Value::String(name) = data
    {
        let name = Value::from(std::mem::take(name));
        *data = Value::Table([("name".into(), name)].into_iter().collect());
    }
}

/// Overrides `base` with `over`, table by table; a table of another `kind` replaces the whole table.
fn overlay(base: &mut Table, over: &Table) {
    for (key, value) in over {
        match (base.get_mut(key), value) {
            (Some(Value::Table(inner)), Value::Table(value))
                if value
                    .get("kind")
                    .is_none_or(|kind| inner.get("kind") == Some(kind)) =>
            {
                overlay(inner, value);
            }
            _ => {
                base.insert(key.clone(), value.clone());
            }
        }
    }
}
