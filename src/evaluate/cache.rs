//! A cache of trained classifiers on disk: a classifier is trained once for each dataset and recipe.
//!
//! The name of a file contains the digest of recipe and data, so that another recipe or other data lead to
//! another file. Its metadata contain a digest of the weights, so that a damaged file is detected.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::{Classifier, ClassifierRecipe};
use crate::data::{DataConfig, Dataset, Split, cache_folders};
use crate::error::{Error, Result};
use crate::files::hex;
use crate::nn::{StateDict, StateValues};

/// Subdirectory of the data directory that holds the classifiers.
const FOLDER: &str = "classifiers";
/// Prefix of the weights of the feature network.
const FEATURES: &str = "features";
/// Prefix of the weights of the output layer.
const HEAD: &str = "head";

impl Classifier {
    /// The classifier of a dataset with labels and a test split (`mnist`, `fashion-mnist`): read from the data
    /// directory or the user's cache directory, or trained and saved there.
    ///
    /// `note` is called with messages about training, about damaged files, and about files that cannot be saved.
    ///
    /// # Errors
    /// Those of [`Dataset::open`] and [`train`](Self::train). It is not an error if the classifier cannot be saved.
    pub fn of(data: &DataConfig, note: &mut dyn FnMut(&str)) -> Result<Self> {
        let open = |split| {
            let name = data.name.clone();
            let dir = data.dir.clone();
            Dataset::open(&DataConfig {
                split,
                dir,
                ..DataConfig::named(name)
            })
        };
        Self::of_splits(&open(Split::Train)?, &open(Split::Test)?, data, note)
    }

    /// [`of`](Self::of) for splits that are already open.
    pub(super) fn of_splits(
        train: &Dataset,
        test: &Dataset,
        data: &DataConfig,
        note: &mut dyn FnMut(&str),
    ) -> Result<Self> {
        let labels = train.labels().unwrap_or_default();
        let classes = labels.iter().max().map_or(0, |most| usize::from(*most) + 1);
        let recipe = ClassifierRecipe::of(&train.description().shape, classes)?;
        let folders = cache_folders(data.dir.as_deref());
        Self::cached(train, test, &recipe, &folders, note)
    }

    /// The classifier of any labelled data for a recipe, saved in the first of `folders` that can be written to.
    ///
    /// # Errors
    /// Those of [`train`](Self::train).
    pub fn cached(
        train: &Dataset,
        test: &Dataset,
        recipe: &ClassifierRecipe,
        folders: &[PathBuf],
        note: &mut dyn FnMut(&str),
    ) -> Result<Self> {
        let name = &train.description().name;
        let key = key(train, test, recipe)?;
        let short = key.get(..16).unwrap_or(&key);
        let paths: Vec<PathBuf> = folders
            .iter()
            .map(|folder| {
                folder
                    .join(FOLDER)
                    .join(format!("{name}-{short}.safetensors"))
            })
            .collect();
        for path in paths.iter().filter(|path| path.exists()) {
            match read(path, name, &key, recipe) {
                Ok(classifier) => return Ok(classifier),
                Err(e) => note(&format!("warning: {e}; the classifier is trained again")),
            }
        }
        note(&format!(
            "training the classifier that computes the features of {name} ({} epochs; the result is saved)",
            recipe.epochs
        ));
        let started = std::time::Instant::now();
        let classifier = Self::train(train, test, recipe, &mut |epoch| {
            let seconds = started.elapsed().as_secs_f64();
            note(&format!(
                "  epoch {epoch} of {}, {seconds:.0} s",
                recipe.epochs
            ));
        })?;
        let mut first_error = None;
        for path in &paths {
            match write(path, &classifier, &key, recipe) {
                Ok(()) => {
                    note(&format!("saved in {}", path.display()));
                    return Ok(classifier);
                }
                Err(e) => first_error = first_error.or(Some(e)),
            }
        }
        if let Some(e) = first_error {
            note(&format!(
                "warning: the classifier cannot be saved and will be trained again next time: {e}"
            ));
        }
        Ok(classifier)
    }
}

impl Classifier {
    /// Digest of all weights and of the accuracy: the first 16 digits of a SHA-256. Measurements with the features of two
    /// classifiers can be compared if their digests are equal.
    pub fn digest(&self) -> String {
        let mut digest = digest(&self.state(), &self.accuracy.to_string());
        digest.truncate(16);
        digest
    }

    fn state(&self) -> StateDict {
        let mut state = StateDict::default();
        state.add(FEATURES, &self.features);
        state.add(HEAD, &self.head);
        state
    }
}

/// Digest of the recipe and the data that determine a classifier.
fn key(train: &Dataset, test: &Dataset, recipe: &ClassifierRecipe) -> Result<String> {
    let mut hash = Sha256::new();
    hash.update(json(recipe)?);
    for data in [train, test] {
        let digest = data.digest().ok_or_else(|| {
            Error::Usage(format!(
                "{} has no stored images, so no classifier can be trained on it",
                data.description().name
            ))
        })?;
        hash.update(digest);
    }
    Ok(hex(&hash.finalize()))
}

fn json(recipe: &ClassifierRecipe) -> Result<String> {
    serde_json::to_string(recipe).map_err(|e| Error::Usage(e.to_string()))
}

/// Digest of all weights and of the accuracy.
fn digest(state: &StateDict, accuracy: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(accuracy);
    for (name, tensor) in state.iter() {
        hash.update(name);
        match &tensor.values {
            StateValues::F32(values) => values.iter().for_each(|v| hash.update(v.to_le_bytes())),
            StateValues::I64(values) => values.iter().for_each(|v| hash.update(v.to_le_bytes())),
        }
    }
    hex(&hash.finalize())
}

fn write(path: &Path, classifier: &Classifier, key: &str, recipe: &ClassifierRecipe) -> Result<()> {
    let state = classifier.state();
    let accuracy = classifier.accuracy.to_string();
    let metadata: HashMap<String, String> = [
        ("key", key.to_string()),
        ("recipe", json(recipe)?),
        ("digest", digest(&state, &accuracy)),
        ("accuracy", accuracy),
        ("tested_on", classifier.tested_on.to_string()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_string(), value))
    .collect();
    state.write(path, &metadata)
}

fn read(path: &Path, data: &str, key: &str, recipe: &ClassifierRecipe) -> Result<Classifier> {
    let (state, metadata) = StateDict::read(path)?;
    let refuse = |problem: String| Error::Checkpoint {
        path: path.into(),
        problem,
    };
    let text = |name: &str| {
        let found = metadata.get(name);
        found.ok_or_else(|| refuse(format!("has no \"{name}\" in its metadata")))
    };
    if text("key")? != key {
        return Err(refuse(
            "was trained with other settings or on other data".into(),
        ));
    }
    let accuracy = text("accuracy")?;
    if *text("digest")? != digest(&state, accuracy) {
        return Err(refuse(
            "is damaged: its weights do not match its digest".into(),
        ));
    }
    let mut classifier = Classifier::untrained(data, recipe)?;
    let parse = |name: &str, value: &str| refuse(format!("has an invalid {name}, \"{value}\""));
    classifier.accuracy = accuracy.parse().map_err(|_| parse("accuracy", accuracy))?;
    let tested_on = text("tested_on")?;
    classifier.tested_on = tested_on
        .parse()
        .map_err(|_| parse("tested_on", tested_on))?;
    state
        .load(FEATURES, &mut classifier.features)
        .map_err(refuse)?;
    state.load(HEAD, &mut classifier.head).map_err(refuse)?;
    Ok(classifier)
}
