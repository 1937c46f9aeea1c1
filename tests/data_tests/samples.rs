//! Sample files, and arrays that were written by other programs.

use ganscope::Result;
use ganscope::data::{SampleShape, Samples, Table, npy};

use crate::common::*;

#[test]
fn samples_are_unchanged_after_writing_and_reading() {
    let folder = folder();
    let points = Samples {
        shape: SampleShape::Vector { len: 2 },
        columns: vec!["x".into(), "y".into()],
        values: vec![0.1, f32::MIN_POSITIVE, -1.0 / 3.0, 1e30],
    };
    let csv = folder.path().join("p.csv");
    points.write(&csv).unwrap();
    assert_eq!(Samples::read(&csv).unwrap(), points);
    assert!(
        std::fs::read_to_string(&csv)
            .unwrap()
            .starts_with("x,y\n0.1,")
    );
    let npy_path = folder.path().join("p.NPY");
    points.write(&npy_path).unwrap();
    assert_eq!(Samples::read(&npy_path).unwrap().values, points.values);

    let images = Samples {
        shape: SampleShape::Image {
            channels: 3,
            height: 2,
            width: 2,
        },
        columns: vec![],
        values: (0..24).map(|i| i as f32 / 24.0).collect(),
    };
    for name in ["i.npy", "i.png"] {
        images.write(&folder.path().join(name)).unwrap();
    }
    assert_eq!(Samples::read(&folder.path().join("i.npy")).unwrap(), images);
    // Images have no column names, so the file has no header.
    let csv = folder.path().join("i.csv");
    images.write(&csv).unwrap();
    assert_eq!(Samples::read(&csv).unwrap().values, images.values);

    says(
        points.write(&folder.path().join("p.png")),
        &["2 numbers cannot be written", ".csv"],
    );
    says(
        points.write(&folder.path().join("p")),
        &[".png, .csv or .npy"],
    );
    says(
        Samples::read(&folder.path().join("p.png")),
        &[".csv or .npy"],
    );
    says(csv_of(&folder, "1,1e39\n"), &["row 1, number 2", "1e39"]);
}

fn csv_of(folder: &tempfile::TempDir, content: &str) -> Result<Samples> {
    let path = folder.path().join("wide.csv");
    std::fs::write(&path, content).unwrap();
    Samples::read(&path)
}

/// A file of format version 1.0, like those of NumPy.
fn npy_bytes(descr: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let mut header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}");
    while (10 + header.len() + 1) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let length = (header.len() as u16).to_le_bytes();
    [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), data].concat()
}

#[test]
fn npy_files_are_read_or_refused_with_the_reason() {
    let folder = folder();
    let path = folder.path().join("a.npy");
    let read = |bytes: Vec<u8>| {
        std::fs::write(&path, bytes).unwrap();
        npy::read(&path)
    };
    let doubles: Vec<u8> = [1.5f64, -2.0]
        .iter()
        .flat_map(|x| x.to_le_bytes())
        .collect();
    let swapped: Vec<u8> = [1.5f64, -2.0]
        .iter()
        .flat_map(|x| x.to_be_bytes())
        .collect();
    assert_eq!(
        read(npy_bytes("<f8", "(1, 2)", &doubles)).unwrap().values,
        [1.5, -2.0]
    );
    assert_eq!(
        read(npy_bytes(">f8", "(1, 2)", &swapped)).unwrap().values,
        [1.5, -2.0]
    );
    says(
        read(npy_bytes("<f8", "(2, 2)", &doubles)),
        &["[2, 2]", "32 bytes", "16 follow"],
    );
    says(
        read(npy_bytes("<f8", "(1, 1)", &doubles)),
        &["8 bytes", "16 follow"],
    );
    says(
        read(npy_bytes("<i8", "(1, 2)", &doubles)),
        &["<i8", "f32 and f64"],
    );
    says(
        read(npy_bytes("<f8", "(2,)", &doubles)),
        &["[2]", "two dimensions"],
    );
    let vast = "(4294967296, 4294967296, 1, 1)";
    says(
        read(npy_bytes("<f8", vast, &[])),
        &["more elements than can be counted"],
    );
    says(read(npy_bytes("<f8", "(0, 2)", &[])), &["no samples"]);
    says(read(b"not numpy".to_vec()), &["not a readable .npy"]);
    let nested = npy_bytes("<f4", &"[".repeat(200), &[]);
    says(read(nested), &["not a readable .npy", "too many brackets"]);
    let nan: Vec<u8> = [1.0f32, f32::NAN]
        .iter()
        .flat_map(|x| x.to_le_bytes())
        .collect();
    std::fs::write(&path, npy_bytes("<f4", "(1, 2)", &nan)).unwrap();
    says(Table::read(&path), &["row 1, column 2", "NaN"]);
}
