//! Small datasets for the tests, and assertions on error messages.

use std::path::{Path, PathBuf};

use ganscope::Result;
use ganscope::data::idx::Idx;
use ganscope::data::{DataConfig, Dataset};

pub fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// Writes `n` images of 4 × 3 pixels. All pixels of image i have the value i, and its label is i mod 10.
pub fn write_digits(data: &Path, n: usize) -> PathBuf {
    let folder = data.join("mnist");
    for prefix in ["train", "t10k"] {
        images(n)
            .write(&folder.join(format!("{prefix}-images-idx3-ubyte.gz")))
            .unwrap();
        labels(n)
            .write(&folder.join(format!("{prefix}-labels-idx1-ubyte")))
            .unwrap();
    }
    folder
}

pub fn images(n: usize) -> Idx {
    Idx {
        dimensions: vec![n, 4, 3],
        bytes: (0..n).flat_map(|i| [i as u8; 12]).collect(),
    }
}

pub fn labels(n: usize) -> Idx {
    Idx {
        dimensions: vec![n],
        bytes: (0..n).map(|i| (i % 10) as u8).collect(),
    }
}

pub fn mnist(data: &Path) -> DataConfig {
    DataConfig {
        dir: Some(data.into()),
        ..DataConfig::named("mnist")
    }
}

pub fn digits(n: usize) -> (tempfile::TempDir, Dataset) {
    let data = folder();
    write_digits(data.path(), n);
    let dataset = Dataset::open(&mnist(data.path())).unwrap();
    (data, dataset)
}

/// The index of the image of `write_digits` that each sample of a batch is.
pub fn which(batch: &[f32]) -> Vec<usize> {
    batch
        .chunks(12)
        .map(|image| ((image[0] + 1.0) * 127.5).round() as usize)
        .collect()
}

pub fn message<T>(result: Result<T>) -> String {
    match result {
        Ok(_) => panic!("an error was expected"),
        Err(error) => error.to_string(),
    }
}

#[track_caller]
pub fn says<T>(result: Result<T>, parts: &[&str]) {
    let message = message(result);
    for part in parts {
        assert!(message.contains(part), "\"{part}\" is not in: {message}");
    }
}
