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
    let commas = "separate fields with commas (,)";
    table("a，b\n1，2\n3，4\n", &["line 1 is one column", commas]);
    table("1；2\n3；4\n", &["line 1 is one column", commas]);
    // A name may contain a full-width comma.
    table("收入，元\n1\nfour\n", &["line 3", "\"收入，元\"", "four"]);
    let quote = "quotation mark (\") that is not closed";
    table("a,b\n1,2\n\"3,4\n5,6\n", &["line 3", quote]);
    table("\"a,b\n1,2\n3,4\n", &["line 1", quote]);
    table("a,b\n1,\"2\n3,4\n5,6\n", &["line 2", quote]);
    table("a,b\n1,2\n\"3,4", &["line 3", quote]);
    let bytes = |bytes: &[u8], parts: &[&str]| {
        write(at.path().join("t.csv"), bytes).unwrap();
        refused(at.path(), "csv:t.csv", &[&["t.csv"], parts].concat());
    };
    let utf_16 = "a,b\n1,2\n".encode_utf16().flat_map(u16::to_le_bytes);
    let utf_16: Vec<u8> = [0xff, 0xfe].into_iter().chain(utf_16).collect();
    bytes(&utf_16, &["UTF-16", "save it with the encoding UTF-8"]);
    let latin_1 = ["line 2 is not UTF-8", "save it with the encoding UTF-8"];
    bytes(b"a,b\n1,\xe9\n", &latin_1);
    let gone = ["gone.csv: does not exist", "check the path after the colon"];
    refused(at.path(), "csv:gone.csv", &gone);
    create_dir(at.path().join("photos")).unwrap();
    let directory = ["photos: is a directory; csv:FILE needs a file"];
    refused(at.path(), "csv:photos", &directory);
    let file = ["t.csv: is a file; images:DIR needs a directory of PNG or JPEG files"];
    refused(at.path(), "images:t.csv", &file);
}

/// A quotation mark within a field, as for inches, opens nothing.
#[test]
fn a_quotation_mark_in_a_field_is_text() {
    let at = folder();
    write(at.path().join("t.csv"), "size,n\n3,1\n5\",2\n3,4\n").unwrap();
    refused(at.path(), "csv:t.csv", &["line 3", "is not a number"]);
    write(at.path().join("t.csv"), "\"a\nb\",n\n3,1\n5,2\n3,\"4\"\n").unwrap();
    let train = "train --data csv:t.csv --set batch=3 --steps 2 --out run";
    ganscope(at.path(), train).succeeds();
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
    let fetch = "ganscope data fetch mnist --data-dir here";
    let absolute = ["ganscope data fetch mnist --data-dir /", "/here"];
    refused(
        at.path(),
        "mnist",
        &[&absolute[..], &["does not exist"]].concat(),
    );
    let listed = ganscope(at.path(), "data list --data-dir here").succeeds();
    assert!(listed.out.contains(fetch), "{}", listed.out);
    let listed = ganscope(at.path(), "data list").succeeds();
    assert!(
        listed.out.contains("ganscope data fetch mnist\n"),
        "{}",
        listed.out
    );
    create_dir_all(&here).unwrap();
    refused(
        at.path(),
        "mnist",
        &[&absolute[..], &["contains neither"]].concat(),
    );
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
    put("train-images-idx3-ubyte", &idx(&[3, 28, 28], 3 * 784));
    let mut labels = idx(&[3], 3);
    *labels.last_mut().unwrap() = 10;
    put("train-labels-idx1-ubyte", &labels);
    let label = [
        "train-labels-idx1-ubyte",
        "the label of image 2 (counted from 0) is 10",
        "numbered 0 to 9",
    ];
    refused(at.path(), "mnist", &label);
    put("train-images-idx3-ubyte", b"PK\x03\x04 something else");
    refused(at.path(), "mnist", &["train-images-idx3-ubyte"]);
}
