//! Where in a TOML file each setting stands, so that an error can name the line.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::error::{Error, Place, Result};

/// Place of each setting by its key path, such as `optimizer.generator.lr` or `generator.layers[1].in`.
///
/// A setting without a place was set on the command line or by code. The empty path stands for the file.
#[derive(Debug, Clone, Default)]
pub(super) struct Origins(BTreeMap<String, Option<Place>>);

impl Origins {
    /// The places of all settings in the text of a file.
    ///
    /// # Errors
    /// [`Error::Config`] with the line, when the text is not valid TOML.
    pub fn of_file(file: &str, text: &str) -> Result<Self> {
        let place = |offset: usize| Place {
            file: file.into(),
            line: Some(text[..offset].matches('\n').count() + 1),
        };
        let root = DeTable::parse(text).map_err(|e| Error::Config {
            key: String::new(),
            // An error at the end of the text belongs to its last line.
            place: Some(place(
                e.span()
                    .map_or(0, |span| span.start)
                    .min(text.trim_end().len()),
            )),
            problem: e.message().into(),
        })?;
        let mut origins = Origins::default();
        let whole = Place {
            file: file.into(),
            line: None,
        };
        origins.0.insert(String::new(), Some(whole));
        origins.add_table("", root.get_ref(), &place);
        Ok(origins)
    }

    fn add_table(&mut self, path: &str, table: &DeTable<'_>, place: &impl Fn(usize) -> Place) {
        for (key, value) in table {
            let path = join(path, key.get_ref());
            self.0.insert(path.clone(), Some(place(key.span().start)));
            self.add_value(&path, value, place);
        }
    }

    fn add_value(
        &mut self,
        path: &str,
        value: &Spanned<DeValue<'_>>,
        place: &impl Fn(usize) -> Place,
    ) {
        match value.get_ref() {
            DeValue::Table(table) => self.add_table(path, table, place),
            DeValue::Array(elements) => {
                for (index, element) in elements.iter().enumerate() {
                    let path = format!("{path}[{index}]");
                    let start = element.span().start;
                    self.0.insert(path.clone(), Some(place(start)));
                    self.add_value(&path, element, place);
                }
            }
            _ => {}
        }
    }

    /// The place of `key`, or else of the innermost table or list around it that has one.
    pub fn place(&self, key: &str) -> Option<Place> {
        let mut path = key;
        loop {
            if let Some(place) = self.0.get(path) {
                return place.clone();
            }
            if path.is_empty() {
                return None;
            }
            path = &path[..path.rfind(['.', '[']).unwrap_or(0)];
        }
    }

    /// Notes that `key`, and all inside it, was not set in a file.
    pub fn set(&mut self, key: &str) {
        self.0.retain(|path, _| below(path, key).is_none());
        self.0.insert(key.into(), None);
    }

    /// The settings inside `from`, as they are named when `from` itself is called `to` (empty: at the top).
    pub fn moved(&self, from: &str, to: &str) -> Origins {
        let moved = self.0.iter().filter_map(|(path, place)| {
            let rest = below(path, from)?;
            let path = if to.is_empty() {
                rest.trim_start_matches('.').into()
            } else {
                format!("{to}{rest}")
            };
            Some((path, place.clone()))
        });
        let mut moved = Origins(moved.collect());
        // What occurs nowhere in the table still belongs to the file as a whole.
        let file = self.0.get("").cloned().flatten();
        moved.0.insert(String::new(), file);
        moved
    }

    /// Takes over the places of settings that override these.
    pub fn override_with(&mut self, over: &Origins) {
        for (path, place) in &over.0 {
            if place.is_none() && !path.is_empty() {
                self.set(path);
            } else {
                self.0.insert(path.clone(), place.clone());
            }
        }
    }
}

/// The path of `key` in the table at `path`.
pub(super) fn join(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.into()
    } else {
        format!("{path}.{key}")
    }
}

/// What follows `table` in `path`, if `path` is that table or inside it.
fn below<'a>(path: &'a str, table: &str) -> Option<&'a str> {
    let rest = path.strip_prefix(table)?;
    (rest.is_empty() || rest.starts_with(['.', '['])).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "a.b = 1\n[recipe.\"wgan-gp\"] # comment\nlr = 1\n[[variants]]\nname = 'x'\n\
                        [variants.optimizer]\nlr = 1\n[[variants]]\nname = 'y'\nlist = [1,\n 2,\n { c = 3 }]\n";

    fn line(origins: &Origins, key: &str) -> Option<usize> {
        origins.place(key).and_then(|place| place.line)
    }

    #[test]
    fn every_key_and_element_has_its_line() {
        let origins = Origins::of_file("f.toml", TEXT).unwrap();
        for (key, expected) in [
            ("a.b", 1),
            ("recipe.wgan-gp", 2),
            ("recipe.wgan-gp.lr", 3),
            ("variants[0]", 4),
            ("variants[0].optimizer.lr", 7),
            ("variants[1]", 8),
            ("variants[1].name", 9),
            ("variants[1].list[1]", 11),
            ("variants[1].list[2].c", 12),
            // A key that is not there is looked for in the table around it.
            ("variants[0].optimizer.beta1", 6),
            ("a.c", 1),
        ] {
            assert_eq!(line(&origins, key), Some(expected), "{key}");
        }
        assert_eq!(origins.place("steps").unwrap().to_string(), "f.toml");
    }

    #[test]
    fn a_table_can_be_moved_and_overridden() {
        let file = Origins::of_file("f.toml", TEXT).unwrap();
        let mut settings = file.moved("variants[0]", "");
        assert_eq!(line(&settings, "optimizer.lr"), Some(7));
        assert_eq!(settings.place("steps").unwrap().to_string(), "f.toml");
        settings.override_with(&file.moved("recipe.wgan-gp", "optimizer"));
        assert_eq!(line(&settings, "optimizer.lr"), Some(3));
        settings.set("optimizer");
        assert_eq!(settings.place("optimizer.lr"), None);
        assert_eq!(line(&settings, "name"), Some(5));
    }
}
