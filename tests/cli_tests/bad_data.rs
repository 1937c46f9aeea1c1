//! Data files that are not what they should be, as `train` says it.

use std::fs::{create_dir, create_dir_all, write};
use std::path::Path;

use crate::common::{folder, ganscope};

/// `train` on it exits with 1, says `parts`, and writes nothing.
#[track_caller]
fn refused(at: &Path, data: &str, parts: &[&str]) {
    let train = format!("train --data {data} --data-dir here --steps 2 --out run");
    ganscope(at, &train).fails(1, parts);
    assert!(!at.join("run").exists());
}

#[test]
fn tables() {
    let at = folder();
    let table = |text: &str, parts: &[&str]| {
        write(at.path().join("t.csv"), text).unwrap();
        refused(at.path(), "csv:t.csv", &[&["t.csv"], parts].concat());
    };
    table("", &["empty"]);
    table("a,b\n", &["no row"]);
    table("a,b\n1,2\n3,4,5\n", &["line 3", "3", "2"]);
    table("a,b\n1,nan\n3,4\n", &["line 2", "\"b\"", "nan"]);
    table("a,b\n1,2\n3,four\n", &["line 3", "\"b\"", "four"]);
    refused(at.path(), "csv:gone.csv", &["gone.csv"]);
}

#[test]
fn folders_of_images() {
    let at = folder();
    create_dir(at.path().join("photos")).unwrap();
    refused(at.path(), "images:photos", &["photos", "no "]);
    write(
        at.path().join("photos/broken.png"),
        b"\x89PNG\r\n\x1a\n and no more",
    )
    .unwrap();
    refused(at.path(), "images:photos", &["broken.png"]);
    refused(at.path(), "images:gone", &["gone"]);
}

/// An IDX file of u8: dimensions and then zeros.
fn idx(dimensions: &[u32], bytes: usize) -> Vec<u8> {
    let mut file = vec![0, 0, 8, dimensions.len() as u8];
    file.extend(dimensions.iter().flat_map(|d| d.to_be_bytes()));
    file.resize(file.len() + bytes, 0);
    file
}

#[test]
fn idx_files() {
    let at = folder();
    let here = at.path().join("here/mnist");
    refused(at.path(), "mnist", &["mnist", "ganscope data fetch mnist"]);
    create_dir_all(&here).unwrap();
    let put = |name: &str, file: &[u8]| write(here.join(name), file).unwrap();
    put("train-labels-idx1-ubyte", &idx(&[3], 3));

    put("train-images-idx3-ubyte", &idx(&[3, 28, 28], 2 * 784));
    let truncated = ["train-images-idx3-ubyte", "2352", "1568"];
    refused(at.path(), "mnist", &truncated);
    // Labels under the name of images.
    put("train-images-idx3-ubyte", &idx(&[3], 3));
    refused(at.path(), "mnist", &["train-images-idx3-ubyte", "images"]);
    // Images and labels of different numbers.
    put("train-images-idx3-ubyte", &idx(&[2, 28, 28], 2 * 784));
    refused(at.path(), "mnist", &["mnist", "2", "3", "labels"]);
    put("train-images-idx3-ubyte", b"PK\x03\x04 something else");
    refused(at.path(), "mnist", &["train-images-idx3-ubyte"]);
}
