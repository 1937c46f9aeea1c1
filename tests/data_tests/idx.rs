//! Valid and damaged files in the format of MNIST, and the list of available datasets.

use std::path::PathBuf;

use ganscope::data::{Availability, DataConfig, Dataset, Split, list};

use crate::common::*;

#[test]
fn the_error_for_missing_mnist_names_the_command_and_the_directory() {
    let data = folder();
    let place = data.path().join("mnist").display().to_string();
    says(
        Dataset::open(&mnist(data.path())),
        &["run: ganscope data fetch mnist", &place],
    );
    std::fs::create_dir(data.path().join("mnist")).unwrap();
    says(
        Dataset::open(&mnist(data.path())),
        &[
            "run: ganscope data fetch mnist",
            &place,
            "train-images-idx3-ubyte.gz",
        ],
    );
}

#[test]
fn idx_files_are_read_in_order_with_their_labels() {
    let (_data, dataset) = digits(20);
    assert_eq!(dataset.len(), Some(20));
    assert_eq!(dataset.description().shape.to_string(), "1×4×3 image");
    assert_eq!(
        dataset.labels().unwrap()[..12],
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]
    );
    assert_eq!(which(&dataset.rows(5..8).unwrap()), [5, 6, 7]);
    assert_eq!(dataset.rows(0..1).unwrap(), [-1.0; 12]);
}

#[test]
fn truncated_idx_files_are_refused_with_both_byte_counts() {
    let data = folder();
    let path = write_digits(data.path(), 10).join("train-images-idx3-ubyte.gz");
    let plain = path.with_extension("");
    images(10).write(&plain).unwrap();
    let (zipped, whole) = (
        std::fs::read(&path).unwrap(),
        std::fs::read(&plain).unwrap(),
    );
    let open = || Dataset::open(&mnist(data.path()));

    std::fs::write(&path, &zipped[..zipped.len() - 20]).unwrap();
    says(open(), &["train-images-idx3-ubyte.gz", "truncated"]);
    std::fs::write(&path, b"").unwrap();
    says(open(), &["train-images-idx3-ubyte.gz", "truncated"]);
    std::fs::write(&path, b"<html>not found</html>").unwrap();
    says(open(), &["cannot be decompressed"]);

    std::fs::remove_file(&path).unwrap();
    std::fs::write(&plain, &whole[..100]).unwrap();
    says(
        open(),
        &["truncated", "[10, 4, 3]", "120 bytes", "84 follow"],
    );
    std::fs::write(&plain, &whole[..9]).unwrap();
    says(open(), &["truncated", "9 bytes", "16"]);
    std::fs::write(&plain, [&whole[..], b"abc"].concat()).unwrap();
    says(open(), &["trailing bytes", "120 bytes", "123 follow"]);
    std::fs::write(&plain, &zipped).unwrap();
    says(open(), &["gzipped", ".gz"]);
    std::fs::write(&plain, [&[0, 0, 8, 3], &[255; 12][..]].concat()).unwrap();
    says(open(), &["train-images-idx3-ubyte", "4294967295"]);
    std::fs::write(&plain, [&[0, 0, 0x0d, 3], &[0; 12][..]].concat()).unwrap();
    says(open(), &["0x0d", "unsigned bytes"]);
    std::fs::write(&plain, [&[0, 0, 8, 3], &[0; 12][..]].concat()).unwrap();
    says(open(), &["[0, 0, 0]"]);
}

#[test]
fn swapped_and_mismatched_idx_files_have_different_errors() {
    let data = folder();
    let folder = write_digits(data.path(), 10);
    let open = || Dataset::open(&mnist(data.path()));

    labels(10)
        .write(&folder.join("train-images-idx3-ubyte.gz"))
        .unwrap();
    says(
        open(),
        &[
            "train-images",
            "mislabelled",
            "0x00000801 means labels",
            "images (0x00000803)",
        ],
    );
    images(10)
        .write(&folder.join("train-images-idx3-ubyte.gz"))
        .unwrap();
    labels(7)
        .write(&folder.join("train-labels-idx1-ubyte"))
        .unwrap();
    says(
        open(),
        &["train-labels", "mismatched", "7 labels", "10 images"],
    );
    // The other split can still be opened.
    let test = DataConfig {
        split: Split::Test,
        ..mnist(data.path())
    };
    assert_eq!(Dataset::open(&test).unwrap().len(), Some(10));
}

#[test]
fn the_list_distinguishes_present_missing_and_damaged() {
    let data = folder();
    let place = write_digits(data.path(), 10);
    let state = |name: &str| {
        let all = list(data.path());
        all.into_iter().find(|l| l.name == name).unwrap()
    };
    let found = state("mnist");
    assert_eq!(
        found.availability,
        Availability::Present {
            folder: place.clone()
        }
    );
    assert_eq!(found.count, Some(10));
    assert_eq!(state("ring8").availability, Availability::BuiltIn);
    assert_eq!(state("csv:FILE").availability, Availability::Yours);
    let Availability::Missing { remedy, .. } = state("fashion-mnist").availability else {
        panic!("fashion-mnist is not there");
    };
    let directory = data.path().display();
    let fetch = format!("ganscope data fetch fashion-mnist --data-dir {directory}");
    assert_eq!(remedy, fetch);
    labels(7)
        .write(&place.join("t10k-labels-idx1-ubyte"))
        .unwrap();
    let Availability::Damaged { problem, .. } = state("mnist").availability else {
        panic!("mnist is damaged");
    };
    assert!(
        problem.contains("t10k-labels") && problem.contains("mismatched"),
        "{problem}"
    );
}

/// Known facts about MNIST; the test runs if GANSCOPE_DATA_DIR contains it.
#[test]
fn the_real_mnist_has_its_known_labels_and_mean() {
    let Some(data) = std::env::var_os("GANSCOPE_DATA_DIR").map(PathBuf::from) else {
        return;
    };
    if !data.join("mnist").is_dir() {
        return;
    }
    let dataset = Dataset::open(&mnist(&data)).unwrap();
    assert_eq!(dataset.len(), Some(60_000));
    assert_eq!(
        dataset.labels().unwrap()[..10],
        [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    );
    // The mean grey value is 0.1307, the usual constant for normalising MNIST.
    let rows = dataset.rows(0..60_000).unwrap();
    let mean = rows.iter().map(|x| f64::from(x + 1.0) / 2.0).sum::<f64>() / rows.len() as f64;
    assert!((mean - 0.1307).abs() < 5e-5, "{mean}");
}
