//! The dSprites file: its layout, its factors, and the message for every invalid file.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use ganscope::Result;
use ganscope::data::{DataConfig, Dataset};
use ganscope::train::{Settings, Trainer};
use npyz::WriterBuilder as _;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::common::*;

/// Number of images of the small file: 3 shapes, 2 scales, 2 positions.
const N: usize = 12;
/// The member with the pixels.
const IMAGES: &str = "imgs.npy";
/// The member with the levels.
const CLASSES: &str = "latents_classes.npy";
/// The member with the factors as numbers.
const VALUES: &str = "latents_values.npy";

fn array<T: npyz::AutoSerialize>(shape: &[u64], values: impl IntoIterator<Item = T>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = npyz::WriteOptions::new()
        .default_dtype()
        .shape(shape)
        .writer(&mut bytes)
        .begin_nd()
        .unwrap();
    writer.extend(values).unwrap();
    writer.finish().unwrap();
    bytes
}

/// A pattern of diagonal stripes that differs between neighbouring images.
fn pixel(image: usize, at: usize) -> u8 {
    u8::from((at / 64 * 7 + at % 64 * 3 + image * 5).is_multiple_of(4))
}

fn level(image: usize, factor: usize) -> usize {
    [0, image / 4, image / 2 % 2, 0, image % 2, 0][factor]
}

fn images(n: usize) -> Vec<u8> {
    let pixels = (0..n).flat_map(|i| (0..4096).map(move |p| pixel(i, p)));
    array(&[n as u64, 64, 64], pixels)
}

fn classes(n: usize) -> Vec<u8> {
    let levels = (0..n).flat_map(|i| (0..6).map(move |k| level(i, k) as i64));
    array(&[n as u64, 6], levels)
}

fn values(n: usize) -> Vec<u8> {
    array(&[n as u64, 6], vec![0.5f64; n * 6])
}

/// The members of a small file. The metadata are no valid pickle, so reading them would fail.
fn members() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("metadata.npy", b"\x93NUMPY\x01\0 not a pickle".to_vec()),
        (IMAGES, images(N)),
        (CLASSES, classes(N)),
        (VALUES, values(N)),
    ]
}

/// Writes an archive, with the member `name` replaced by `bytes`, or left out if there are none.
fn write(folder: &Path, method: CompressionMethod, name: &str, bytes: Option<&[u8]>) -> PathBuf {
    let path = folder.join("small.npz");
    let mut archive = ZipWriter::new(File::create(&path).unwrap());
    let options = SimpleFileOptions::default().compression_method(method);
    for (member, whole) in members() {
        let content = if member == name {
            bytes
        } else {
            Some(&whole[..])
        };
        if let Some(content) = content {
            archive.start_file(member, options).unwrap();
            archive.write_all(content).unwrap();
        }
    }
    archive.finish().unwrap();
    path
}

fn open(path: &Path) -> Result<Dataset> {
    Dataset::open(&DataConfig::named(format!("dsprites:{}", path.display())))
}

/// Opens the small file with the member `name` replaced.
fn with(name: &str, bytes: impl AsRef<[u8]>) -> Result<Dataset> {
    let folder = folder();
    open(&write(
        folder.path(),
        CompressionMethod::Deflated,
        name,
        Some(bytes.as_ref()),
    ))
}

#[test]
fn images_and_levels_are_those_of_the_file() {
    let folder = folder();
    let mut digests = Vec::new();
    for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
        let dataset = open(&write(folder.path(), method, "", None)).unwrap();
        assert_eq!(dataset.len(), Some(N));
        assert_eq!(dataset.description().shape.to_string(), "1×64×64 image");
        let expected =
            (0..N).flat_map(|i| (0..4096).map(move |p| 2.0 * f32::from(pixel(i, p)) - 1.0));
        assert_eq!(dataset.rows(0..N).unwrap(), expected.collect::<Vec<f32>>());
        let names: Vec<_> = dataset.factors().iter().map(|factor| factor.0).collect();
        assert_eq!(
            names,
            ["color", "shape", "scale", "orientation", "posX", "posY"]
        );
        let levels = (0..N).flat_map(|i| (0..6).map(move |k| level(i, k)));
        let all: Vec<usize> = (0..N).collect();
        assert_eq!(
            dataset.factor_levels(&all).unwrap(),
            levels.collect::<Vec<_>>()
        );
        says(
            dataset.factor_levels(&[N]),
            &["sample 12", "no such sample"],
        );
        digests.push(dataset.digest().unwrap().to_string());
    }
    assert_eq!(digests[0], digests[1]);
}

#[test]
fn a_dataset_can_be_restricted_to_some_levels() {
    let folder = folder();
    let path = write(folder.path(), CompressionMethod::Stored, "", None);
    let restricted = |factor: &str, levels: Vec<usize>| {
        let mut config = DataConfig::named(format!("dsprites:{}", path.display()));
        config.factors.insert(factor.into(), levels);
        Dataset::open(&config)
    };
    let hearts = restricted("shape", vec![2]).unwrap();
    assert_eq!(hearts.len(), Some(4));
    let all = open(&path).unwrap();
    assert_eq!(hearts.rows(0..4).unwrap(), all.rows(8..12).unwrap());
    let numbers = hearts.sample_indices(1, 4).unwrap().unwrap();
    let levels = hearts.factor_levels(&numbers).unwrap();
    assert!(levels.chunks(6).all(|levels| levels[1] == 2));
    says(
        restricted("shape", vec![3]),
        &["shape of dsprites has levels 0 to 2, not 3"],
    );
    says(
        restricted("shap", vec![0]),
        &["factor of dsprites \"shap\"", "\"shape\""],
    );
    says(
        restricted("posY", vec![5]),
        &["small.npz", "no image has the levels"],
    );
}

#[test]
fn factors_of_sprites_are_available_in_the_same_way() {
    let sprites = Dataset::open(&DataConfig::named("sprites")).unwrap();
    assert_eq!(sprites.factors().len(), 5);
    assert_eq!(sprites.factor_levels(&[1]).unwrap(), [0, 0, 0, 0, 1]);
    let ring = Dataset::open(&DataConfig::named("ring8")).unwrap();
    assert!(ring.factors().is_empty());
    says(
        ring.factor_levels(&[0]),
        &["factors of ring8 are not known"],
    );
}

#[test]
fn errors_name_the_file_and_the_member() {
    let folder = folder();
    let at = folder.path();
    for member in [IMAGES, CLASSES, VALUES] {
        let missing = write(at, CompressionMethod::Stored, member, None);
        says(open(&missing), &["small.npz", member, "is missing"]);
        says(
            with(member, vec![]),
            &["small.npz", member, "not a readable .npy array"],
        );
        says(
            with(member, b"text that is not an array"),
            &[member, "mark of a NumPy array"],
        );
        says(
            with(member, array(&[4], [1.0f32; 4])),
            &[member, "<f4", "is needed"],
        );
    }
    says(
        with(IMAGES, array(&[2, 4096], vec![0u8; 8192])),
        &["shape [2, 4096]", "[n, 64, 64]"],
    );
    says(
        with(CLASSES, array(&[2, 5], vec![0i64; 10])),
        &["shape [2, 5]", "[n, 6]"],
    );
    says(with(IMAGES, array(&[0, 64, 64], [0u8; 0])), &["0 rows"]);
    says(
        with(IMAGES, images(N - 1)),
        &[IMAGES, "11 rows", "latents_classes.npy has 12"],
    );
    says(with(VALUES, values(N + 1)), &[VALUES, "13 rows", "has 12"]);
    let mut grey = images(N);
    *grey.last_mut().unwrap() = 255;
    says(
        with(IMAGES, grey),
        &[IMAGES, "value 255 in image 11", "only 0 and 1"],
    );
    let mut unknown = classes(N);
    let last_scale = unknown.len() - 4 * 8;
    unknown[last_scale] = 6;
    says(
        with(CLASSES, unknown),
        &[CLASSES, "image 11", "level 6 of scale", "0 to 5"],
    );
    let mut short = images(N);
    short.truncate(short.len() - 1);
    says(with(IMAGES, short), &[IMAGES, "by its header"]);
}

#[test]
fn headers_that_claim_too_much_are_refused() {
    let header = |shape: &str| {
        let text = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}\n");
        [
            b"\x93NUMPY\x01\0",
            &(text.len() as u16).to_le_bytes()[..],
            text.as_bytes(),
        ]
        .concat()
    };
    says(
        with(IMAGES, header("(1000000, 64, 64)")),
        &[IMAGES, "4096000", "the archive says"],
    );
    says(
        with(IMAGES, header("(100000000000, 64, 64)")),
        &["must have from 1 to 1048576"],
    );
    says(
        with(IMAGES, header("(18446744073709551615, 64, 64)")),
        &["can be counted"],
    );
    says(with(IMAGES, header("(12, 64, 64), 'more': 1")), &[IMAGES]);
    let long = [b"\x93NUMPY\x02\0", &u32::MAX.to_le_bytes()[..], &[b' '; 64]].concat();
    says(with(IMAGES, long), &["the header is too long"]);
    for nested in ["(", "[", "{'descr': ["] {
        says(
            with(IMAGES, header(&nested.repeat(200))),
            &[IMAGES, "too many brackets"],
        );
    }
}

#[test]
fn truncated_and_damaged_files_are_refused() {
    let folder = folder();
    for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
        let path = write(folder.path(), method, "", None);
        let whole = std::fs::read(&path).unwrap();
        for len in [0, 1, 30, whole.len() / 2, whole.len() - 30, whole.len() - 1] {
            std::fs::write(&path, &whole[..len]).unwrap();
            says(open(&path), &["small.npz", "is not a readable .npz file"]);
        }
        // The second half of the file has the pixels' end, the levels and the directory.
        for at in (0..whole.len()).step_by(whole.len() / 97) {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x55;
            std::fs::write(&path, &damaged).unwrap();
            // Only a change of the unread members, or of fields that do not matter, may pass.
            if let Ok(dataset) = open(&path) {
                assert_eq!(dataset.len(), Some(N), "byte {at}");
                let expected = (0..4096).map(|p| 2.0 * f32::from(pixel(0, p)) - 1.0);
                assert_eq!(dataset.rows(0..1).unwrap(), expected.collect::<Vec<f32>>());
            }
        }
    }
    let text = folder.path().join("text.npz");
    std::fs::write(&text, "not a zip archive").unwrap();
    says(open(&text), &["text.npz", "zip archive"]);
    says(
        open(folder.path()),
        &["is a directory; dsprites:FILE.npz needs a file"],
    );
    says(
        open(&folder.path().join("gone.npz")),
        &["gone.npz: does not exist"],
    );
}

#[test]
fn a_gan_is_trained_on_it_for_two_steps() {
    let folder = folder();
    let path = write(folder.path(), CompressionMethod::Deflated, "", None);
    let text = format!(
        "data = {:?}\nbatch = 4\nsteps = 2\nlatent = 4\n\
         [generator]\nlayers = [{{ type = \"dense\", in = 4, out = 4096 }}, {{ type = \"tanh\" }},\n\
         {{ type = \"reshape\", channels = 1, height = 64, width = 64 }}]\n\
         [discriminator]\nlayers = [{{ type = \"flatten\" }}, {{ type = \"dense\", in = 4096, out = 1 }}]",
        format!("dsprites:{}", path.display())
    );
    let (config, data) = Settings::parse(&text).unwrap().resolve().unwrap();
    let mut trainer = Trainer::new(config, data).unwrap();
    for _ in 0..2 {
        trainer.step().unwrap();
    }
}
