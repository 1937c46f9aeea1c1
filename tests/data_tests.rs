//! Data sets: every bad input says what is wrong, every batch is a function of (seed, step).

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use ganscope::data::idx::Idx;
use ganscope::data::{
    Availability, DataConfig, Dataset, Factors, SampleShape, Samples, Split, Table, list, npy,
};
use ganscope::{Error, Result};

// --- what the tests open -------------------------------------------------------------------------

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// `n` images of 4 × 3 pixels, all pixels of image i being i, with label i mod 10.
fn write_digits(data: &Path, n: usize) -> PathBuf {
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

fn images(n: usize) -> Idx {
    Idx {
        dimensions: vec![n, 4, 3],
        bytes: (0..n).flat_map(|i| [i as u8; 12]).collect(),
    }
}

fn labels(n: usize) -> Idx {
    Idx {
        dimensions: vec![n],
        bytes: (0..n).map(|i| (i % 10) as u8).collect(),
    }
}

fn mnist(data: &Path) -> DataConfig {
    DataConfig {
        dir: Some(data.into()),
        ..DataConfig::named("mnist")
    }
}

fn digits(n: usize) -> (tempfile::TempDir, Dataset) {
    let data = folder();
    write_digits(data.path(), n);
    let dataset = Dataset::open(&mnist(data.path())).unwrap();
    (data, dataset)
}

/// Which image each sample of a batch of `write_digits` is.
fn which(batch: &[f32]) -> Vec<usize> {
    batch
        .chunks(12)
        .map(|image| ((image[0] + 1.0) * 127.5).round() as usize)
        .collect()
}

fn message<T>(result: Result<T>) -> String {
    match result {
        Ok(_) => panic!("an error was expected"),
        Err(error) => error.to_string(),
    }
}

#[track_caller]
fn says<T>(result: Result<T>, parts: &[&str]) {
    let message = message(result);
    for part in parts {
        assert!(message.contains(part), "\"{part}\" is not in: {message}");
    }
}

// --- batches -------------------------------------------------------------------------------------

#[test]
fn a_dataset_can_be_shared_between_threads() {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<Dataset>();
}

#[test]
fn a_batch_depends_on_seed_and_step_and_not_on_what_was_asked_before() {
    let (_data, finite) = digits(50);
    let table = folder();
    let csv = table.path().join("t.csv");
    std::fs::write(
        &csv,
        (0..40)
            .map(|i| format!("{i},{}\n", i * i))
            .collect::<String>(),
    )
    .unwrap();
    let open = |name: &str| Dataset::open(&DataConfig::named(name)).unwrap();
    let table = open(&format!("csv:{}", csv.display()));
    for dataset in [
        finite,
        table,
        open("ring8"),
        open("grid25"),
        open("sprites"),
    ] {
        let name = &dataset.description().name;
        let size = 7 * dataset.description().shape.numel();
        let forwards: Vec<_> = (0..20).map(|s| dataset.batch(3, s, 7).unwrap()).collect();
        let mut backwards: Vec<_> = (0..20)
            .rev()
            .map(|s| dataset.batch(3, s, 7).unwrap())
            .collect();
        backwards.reverse();
        assert_eq!(forwards, backwards, "{name}");
        assert!(forwards.iter().all(|b| b.len() == size));
        assert_ne!(forwards[0], forwards[1], "{name}");
        assert_ne!(forwards[0], dataset.batch(4, 0, 7).unwrap(), "{name}");
        assert_ne!(forwards[0], dataset.sample(3, 7).unwrap(), "{name}");
        assert_eq!(dataset.sample(3, 7).unwrap(), dataset.sample(3, 7).unwrap());
    }
}

#[test]
fn threads_that_ask_for_different_epochs_do_not_disturb_each_other() {
    let (_data, dataset) = digits(50);
    let alone: Vec<_> = (0..40).map(|s| dataset.batch(1, s, 25).unwrap()).collect();
    std::thread::scope(|scope| {
        for thread in 0..4usize {
            let (dataset, alone) = (&dataset, &alone);
            scope.spawn(move || {
                for s in (0..40).map(|i| (i * 7 + thread * 11) % 40) {
                    assert_eq!(dataset.batch(1, s as u64, 25).unwrap(), alone[s]);
                }
            });
        }
    });
}

#[test]
fn an_epoch_visits_every_sample_once_and_drops_the_remainder() {
    let (_data, dataset) = digits(50);
    let mut orders = Vec::new();
    for epoch in 0..3 {
        let visited: Vec<_> = (0..10)
            .flat_map(|b| which(&dataset.batch(9, epoch * 10 + b, 5).unwrap()))
            .collect();
        let mut sorted = visited.clone();
        sorted.sort();
        assert_eq!(sorted, (0..50).collect::<Vec<_>>());
        orders.push(visited);
    }
    assert_ne!(orders[0], orders[1]);
    assert_ne!(orders[1], orders[2]);

    // 50 = 3 · 16 + 2: 48 different ones in an epoch of three steps.
    let mut visited: Vec<_> = (0..3)
        .flat_map(|s| which(&dataset.batch(9, s, 16).unwrap()))
        .collect();
    visited.sort();
    visited.dedup();
    assert_eq!(visited.len(), 48);
    // The last step that can be numbered works too.
    assert_eq!(dataset.batch(9, u64::MAX, 16).unwrap().len(), 16 * 12);
}

#[test]
fn impossible_batches_are_refused_with_both_numbers() {
    let (_data, dataset) = digits(50);
    says(dataset.batch(1, 0, 51), &["51", "50"]);
    says(dataset.batch(1, 0, 0), &["batch of 0"]);
    says(dataset.sample(1, 51), &["51", "50"]);
    says(dataset.rows(49..51), &["49 to 51", "only 50"]);
    assert_eq!(dataset.batch(1, 0, 50).unwrap().len(), 600);
    for name in ["ring8", "sprites"] {
        let drawn = Dataset::open(&DataConfig::named(name)).unwrap();
        says(drawn.batch(1, 0, 0), &["batch of 0"]);
        says(drawn.batch(1, 0, usize::MAX), &["do not fit into memory"]);
    }
    let ring = Dataset::open(&DataConfig::named("ring8")).unwrap();
    says(ring.rows(0..1), &["ring8", "no rows"]);
}

#[test]
fn mixtures_are_endless_and_lie_where_they_should() {
    let grid = Dataset::open(&DataConfig::named("grid25")).unwrap();
    assert_eq!(grid.len(), None);
    assert_eq!(grid.description().columns, ["x", "y"]);
    let mixture = grid.mixture().unwrap();
    let batch = grid.batch(5, 3, 5000).unwrap();
    let mut hits = HashMap::new();
    for point in batch.chunks(2) {
        let (mode, distance) = mixture.nearest([point[0].into(), point[1].into()]);
        // 6 σ: one in 6 · 10⁷ would be beyond.
        assert!(distance < 0.3);
        *hits.entry(mode).or_insert(0) += 1;
    }
    // 200 expected of each mode, standard deviation 14; five of them.
    assert_eq!(hits.len(), 25);
    assert!(hits.values().all(|n| (130..270).contains(n)), "{hits:?}");
}

#[test]
fn sprites_are_numbered_as_their_factors_are() {
    let sprites = Dataset::open(&DataConfig::named("sprites")).unwrap();
    assert_eq!(sprites.len(), Some(73_728));
    let rows = sprites.rows(70_000..70_002).unwrap();
    let expected = ganscope::data::render(&Factors::from_index(70_001).unwrap());
    assert_eq!(rows[1024..], expected);
    let indices = sprites.sample_indices(1, 3).unwrap().unwrap();
    let sampled = sprites.sample(1, 3).unwrap();
    for (i, index) in indices.into_iter().enumerate() {
        assert_eq!(
            sampled[i * 1024..][..1024],
            sprites.rows(index..index + 1).unwrap()
        );
    }
}

#[test]
fn unknown_names_name_the_nearest() {
    let open = |name: &str| Dataset::open(&DataConfig::named(name));
    says(
        open("mnits"),
        &[
            "unknown data set \"mnits\"",
            "nearest is \"mnist\"",
            "csv:FILE",
        ],
    );
    says(open("images:"), &["needs a path"]);
    says(open("csv:"), &["needs a path"]);
    assert_eq!(open("mnits").unwrap_err().exit_code(), 2);
    let test = DataConfig {
        split: Split::Test,
        ..DataConfig::named("ring8")
    };
    says(Dataset::open(&test), &["ring8 has no test split"]);
}

// --- IDX -----------------------------------------------------------------------------------------

#[test]
fn mnist_missing_says_how_to_get_it_and_where_it_was_looked_for() {
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
fn truncated_idx_gives_both_byte_counts() {
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
fn swapped_and_mismatched_idx_files_are_told_apart() {
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
    // The other split is as good as before.
    let test = DataConfig {
        split: Split::Test,
        ..mnist(data.path())
    };
    assert_eq!(Dataset::open(&test).unwrap().len(), Some(10));
}

#[test]
fn the_list_tells_present_missing_and_damaged() {
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
    assert_eq!(remedy, "ganscope data fetch fashion-mnist");
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

/// Runs where GANSCOPE_DATA_DIR holds MNIST: facts about it that are known from elsewhere.
#[test]
fn the_real_mnist_is_read_as_it_is_known() {
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
    // Mean grey value 0.1307 of 1, the constant that every MNIST loader normalises with.
    let rows = dataset.rows(0..60_000).unwrap();
    let mean = rows.iter().map(|x| f64::from(x + 1.0) / 2.0).sum::<f64>() / rows.len() as f64;
    assert!((mean - 0.1307).abs() < 5e-5, "{mean}");
}

// --- tables --------------------------------------------------------------------------------------

fn csv(content: &[u8]) -> Result<Table> {
    let folder = folder();
    let path = folder.path().join("table.csv");
    std::fs::write(&path, content).unwrap();
    Table::read(&path)
}

#[test]
fn csv_faults_name_line_and_column() {
    says(csv(b""), &["table.csv", "empty"]);
    says(csv(b"\n\n"), &["empty"]);
    says(csv(b"a,b\n"), &["header of 2 columns", "no rows"]);
    says(
        csv(b"a,b\n1,2\n3\n"),
        &["line 3 has 1 fields", "line 1 has 2"],
    );
    says(
        csv(b"1,2\n3,4,5\n"),
        &["line 2 has 3 fields", "line 1 has 2"],
    );
    says(
        csv(b"a,b\n1,2\n\n3,NaN\n"),
        &["line 4, column \"b\"", "NaN"],
    );
    says(
        csv(b"1,2\n-inf,4\n"),
        &["line 2, column \"1\"", "-inf is not a finite"],
    );
    says(
        csv(b"a,b\n1,two\n"),
        &["line 2, column \"b\"", "\"two\" is not a number"],
    );
    says(csv(b"a,b\n1,\n"), &["line 2, column \"b\"", "missing"]);
    says(csv(b"1,2\n3;4,5\n"), &["line 2", "commas"]);
    says(
        csv(b"1,two\n3,4\n"),
        &["line 1", "both numbers and text", "\"two\""],
    );
    says(csv(b"a,b\n1,\xff\n"), &["line 2", "UTF-8"]);
    says(Table::read(Path::new("no/such.csv")), &["no/such.csv"]);
}

#[test]
fn csv_headers_are_optional() {
    let named = csv("\u{feff}a, b\r\n1, 2.5e1\r\n-3,4\r\n".as_bytes()).unwrap();
    assert_eq!(named.columns, ["a", "b"]);
    assert_eq!(named.values, [1.0, 25.0, -3.0, 4.0]);
    let bare = csv(b"1,2\n3,4").unwrap();
    assert_eq!(bare.columns, ["1", "2"]);
    assert_eq!((bare.len(), bare.column("2").unwrap()), (2, vec![2.0, 4.0]));
    says(named.column("c"), &["unknown column \"c\"", "(all: a, b)"]);
}

#[test]
fn tables_are_standardised_and_come_back_in_their_units() {
    let folder = folder();
    let path = folder.path().join("table.csv");
    std::fs::write(&path, "t,p\n1,1000\n2,1010\n3,1040\n").unwrap();
    let table = Dataset::open(&DataConfig::named(format!("csv:{}", path.display()))).unwrap();
    let description = table.description();
    // Variances with divisor n: 2/3 and 2600/9.
    assert_eq!(description.mean, [2.0, 3050.0 / 3.0]);
    assert!((description.std[0] - 0.816_496_6).abs() < 1e-6);
    assert!((description.std[1] - 16.996_73).abs() < 1e-4);
    let mut rows = table.rows(0..3).unwrap();
    assert!((rows[0] + 1.224_744_9).abs() < 1e-6);
    description.to_units(&mut rows);
    for (found, expected) in rows.iter().zip([1.0, 1000.0, 2.0, 1010.0, 3.0, 1040.0]) {
        assert!((found - expected).abs() < 1e-3, "{found} {expected}");
    }
}

#[test]
fn columns_without_variation_are_refused_by_name() {
    says(
        csv(b"a,b\n0.1,1\n0.1,2\n").unwrap().standardise(),
        &["\"a\" is 0.1 in all 2 rows"],
    );
    says(
        csv(b"a\n4\n").unwrap().standardise(),
        &["\"a\" is 4 in all 1 rows"],
    );
    says(
        csv(b"a\n1e300\n2e300\n").unwrap().standardise(),
        &["\"a\"", "single precision"],
    );
}

// --- samples -------------------------------------------------------------------------------------

#[test]
fn samples_survive_csv_and_npy() {
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
    // Without names there is no header, and 24 numbers in two rows.
    let csv = folder.path().join("i.csv");
    images.write(&csv).unwrap();
    assert_eq!(Samples::read(&csv).unwrap().values, images.values);

    says(
        points.write(&folder.path().join("p.png")),
        &["2 numbers cannot be drawn", ".csv"],
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

/// A version 1.0 file as numpy writes it.
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
fn npy_files_of_other_makers_are_read_or_refused_with_the_reason() {
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
    says(read(npy_bytes("<f8", "(0, 2)", &[])), &["no samples"]);
    says(read(b"not numpy".to_vec()), &["not a readable .npy"]);
    let nan: Vec<u8> = [1.0f32, f32::NAN]
        .iter()
        .flat_map(|x| x.to_le_bytes())
        .collect();
    std::fs::write(&path, npy_bytes("<f4", "(1, 2)", &nan)).unwrap();
    says(Table::read(&path), &["row 1, column 2", "NaN"]);
}

// --- folders of images ---------------------------------------------------------------------------

fn paint(path: &Path, width: u32, height: u32, colour: [u8; 3]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    image::RgbImage::from_pixel(width, height, image::Rgb(colour))
        .save(path)
        .unwrap();
}

fn open_images(folder: &Path, change: impl FnOnce(&mut DataConfig)) -> Result<Dataset> {
    let mut config = DataConfig {
        image_size: 8,
        ..DataConfig::named(format!("images:{}", folder.display()))
    };
    change(&mut config);
    Dataset::open(&config)
}

#[test]
fn folders_are_walked_in_order_and_other_files_skipped() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    paint(&at("b.png"), 20, 10, [10, 20, 30]);
    paint(&at("a/z.jpeg"), 4, 9, [200, 200, 200]);
    paint(&at(".hidden/c.png"), 9, 9, [1, 2, 3]);
    paint(&at("._d.png"), 9, 9, [1, 2, 3]);
    std::fs::write(at("notes.txt"), "not an image").unwrap();
    // What a file is, its content says.
    std::fs::rename(at("a/z.jpeg"), at("a/z.png")).unwrap();

    let dataset = open_images(folder.path(), |_| ()).unwrap();
    assert_eq!((dataset.len(), dataset.labels()), (Some(2), None));
    assert_eq!(dataset.description().shape.to_string(), "3×8×8 image");
    let rows = dataset.rows(0..2).unwrap();
    let byte = |i: usize| (rows[i] + 1.0) * 127.5;
    assert!((byte(0) - 200.0).abs() < 2.0);
    for channel in 0..3 {
        assert!((byte(192 + channel * 64 + 63) - 10.0 * (channel + 1) as f32).abs() < 0.01);
    }
    let grey = open_images(folder.path(), |c| c.grey = true).unwrap();
    assert_eq!(grey.description().shape.to_string(), "1×8×8 image");
}

#[test]
fn grey_folders_have_one_channel_and_images_are_cropped_at_the_centre() {
    let folder = folder();
    // Black, but for the central square of 8 × 8, whose left half is white.
    let mut wide = image::RgbaImage::from_pixel(24, 8, image::Rgba([0, 0, 0, 255]));
    for (x, y) in (8..12).flat_map(|x| (0..8).map(move |y| (x, y))) {
        wide.put_pixel(x, y, image::Rgba([77, 77, 77, 0])); // transparent: white
    }
    wide.save(folder.path().join("wide.png")).unwrap();
    let dataset = open_images(folder.path(), |_| ()).unwrap();
    assert_eq!(dataset.description().shape.to_string(), "1×8×8 image");
    let expected = [1.0, 1.0, 1.0, 1.0, -1.0, -1.0, -1.0, -1.0].repeat(8);
    assert_eq!(dataset.rows(0..1).unwrap(), expected);
}

#[test]
fn bad_folders_and_images_are_named() {
    let folder = folder();
    says(
        open_images(folder.path(), |_| ()),
        &["holds no images", ".png"],
    );
    says(
        open_images(&folder.path().join("nowhere"), |_| ()),
        &["nowhere"],
    );
    says(
        open_images(folder.path(), |c| c.image_size = 0),
        &["image_size is 0"],
    );
    says(
        open_images(folder.path(), |c| c.image_size = 5000),
        &["5000", "1024"],
    );
    paint(&folder.path().join("good.png"), 9, 9, [1, 2, 3]);
    let bad = folder.path().join("bad.png");
    let whole = std::fs::read(folder.path().join("good.png")).unwrap();
    std::fs::write(&bad, &whole[..whole.len() / 2]).unwrap();
    says(
        open_images(folder.path(), |_| ()),
        &["bad.png", "cannot be read as an image"],
    );
    std::fs::write(&bad, "text").unwrap();
    let error = open_images(folder.path(), |_| ()).unwrap_err();
    assert!(matches!(error, Error::Data { .. }), "{error}");
}
