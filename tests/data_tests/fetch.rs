//! Downloads from a local test server; after an error the existing files are unchanged.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;

use ganscope::data::fetch::{Digest, Mirror, RemoteFile, fetch};
use ganscope::data::idx::Idx;
use ganscope::data::{DataConfig, Dataset, Split};
use sha2::Digest as _;

/// The answer of the server for one path.
#[derive(Clone)]
enum Answer {
    Whole(Vec<u8>),
    /// Announces the whole body and sends half of it.
    Half(Vec<u8>),
    Missing,
}

/// Starts a local server that gives these answers until the test process ends, and returns its address.
fn serve(answers: Vec<(&'static str, Answer)>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let request = lines.next().unwrap().unwrap();
            for line in lines.by_ref() {
                if line.unwrap().is_empty() {
                    break;
                }
            }
            let answer = answers
                .iter()
                .find(|(name, _)| request.starts_with(&format!("GET /{name} ")));
            let (status, announced, body) = match answer.map(|(_, answer)| answer) {
                Some(Answer::Whole(body)) => ("200 OK", body.len(), &body[..]),
                Some(Answer::Half(body)) => ("200 OK", body.len(), &body[..body.len() / 2]),
                Some(Answer::Missing) | None => ("404 Not Found", 0, &b""[..]),
            };
            write!(
                stream,
                "HTTP/1.1 {status}\r\nContent-Length: {announced}\r\nConnection: close\r\n\r\n"
            )
            .unwrap();
            stream.write_all(body).unwrap();
        }
    });
    address
}

const NAMES: [&str; 4] = [
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
];

/// The four files of a small dataset in the format of MNIST: name, content, and SHA-256 of the uncompressed bytes.
fn small_mnist() -> Vec<(&'static str, Vec<u8>, String)> {
    let folder = tempfile::tempdir().unwrap();
    let images = Idx {
        dimensions: vec![5, 28, 28],
        bytes: (0..5 * 784).map(|i| (i % 251) as u8).collect(),
    };
    let labels = Idx {
        dimensions: vec![5],
        bytes: vec![3, 1, 4, 1, 5],
    };
    NAMES
        .iter()
        .map(|&name| {
            let array = if name.contains("images") {
                &images
            } else {
                &labels
            };
            let (zipped, plain) = (folder.path().join(name), folder.path().join("plain"));
            array.write(&zipped).unwrap();
            array.write(&plain).unwrap();
            let digest = sha2::Sha256::digest(std::fs::read(plain).unwrap());
            let hex = digest.iter().map(|b| format!("{b:02x}")).collect();
            (name, std::fs::read(zipped).unwrap(), hex)
        })
        .collect()
}

/// A mirror of `small_mnist` that gives the answer `second` for the second file.
fn mirror(second: impl FnOnce(Vec<u8>) -> Answer) -> Mirror {
    let files = small_mnist();
    let mut answers: Vec<_> = files
        .iter()
        .map(|(n, body, _)| (*n, Answer::Whole(body.clone())))
        .collect();
    answers[1].1 = second(files[1].1.clone());
    Mirror {
        base_url: serve(answers),
        files: files
            .into_iter()
            .map(|(name, _, hex)| RemoteFile {
                name: name.into(),
                digest: Digest::Sha256OfContent(hex),
            })
            .collect(),
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Asserts that the download of the second file fails, that the first file stays, and that no second file exists.
#[track_caller]
fn fails(second: impl FnOnce(Vec<u8>) -> Answer, parts: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let mirror = mirror(second);
    let message = mirror.fetch_into(folder.path()).unwrap_err().to_string();
    let url = format!("{}/{}", mirror.base_url, NAMES[1]);
    for part in parts.iter().chain(&[url.as_str(), NAMES[1]]) {
        assert!(message.contains(part), "\"{part}\" is not in: {message}");
    }
    assert_eq!(names(folder.path()), [NAMES[0]]);
}

#[test]
fn files_are_downloaded_once_and_can_be_opened() {
    let data = tempfile::tempdir().unwrap();
    let folder = data.path().join("mnist");
    let mirror = mirror(Answer::Whole);
    assert_eq!(mirror.fetch_into(&folder).unwrap(), NAMES);
    assert!(mirror.fetch_into(&folder).unwrap().is_empty());
    let config = DataConfig {
        dir: Some(data.path().into()),
        split: Split::Test,
        ..DataConfig::named("mnist")
    };
    let dataset = Dataset::open(&config).unwrap();
    assert_eq!(dataset.labels(), Some(&[3, 1, 4, 1, 5][..]));

    // Only a damaged file is downloaded again.
    std::fs::write(folder.join(NAMES[2]), b"damaged").unwrap();
    assert_eq!(mirror.fetch_into(&folder).unwrap(), [NAMES[2]]);
}

#[test]
fn an_interrupted_download_reports_both_byte_counts() {
    let whole = small_mnist().remove(1).1.len();
    let counts = format!("{} of {whole} bytes", whole / 2);
    fails(Answer::Half, &["closed the connection after", &counts]);
}

#[test]
fn a_corrupted_file_reports_its_digest_and_the_expected_one() {
    let expected = small_mnist().remove(1).2;
    let other = small_mnist().remove(0).1;
    let sent = format!("sent {} bytes", other.len());
    fails(|_| Answer::Whole(other), &[&expected, "SHA-256", &sent]);
    fails(
        |_| Answer::Whole(b"<html>busy</html>".to_vec()),
        &["sent 17 bytes", "not a complete gzip file"],
    );
    // A truncated gzip file with a matching content length.
    fails(
        |mut body| {
            body.truncate(body.len() - 9);
            Answer::Whole(body)
        },
        &["not a complete gzip file"],
    );
}

#[test]
fn a_missing_file_reports_the_http_status() {
    fails(|_| Answer::Missing, &["HTTP status 404"]);
}

#[test]
fn an_unreachable_server_is_an_error() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let data = tempfile::tempdir().unwrap();
    let message = fetch("mnist", data.path(), Some(&address))
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("cannot be reached") && message.contains(&address),
        "{message}"
    );
    assert!(names(data.path()).is_empty());
}

#[test]
fn a_failed_download_leaves_the_existing_file_unchanged() {
    let folder = tempfile::tempdir().unwrap();
    let old = folder.path().join(NAMES[1]);
    std::fs::write(&old, b"an older version").unwrap();
    assert!(mirror(Answer::Half).fetch_into(folder.path()).is_err());
    assert_eq!(std::fs::read(&old).unwrap(), b"an older version");
}

#[test]
fn md5_is_computed_over_the_file_as_sent() {
    let mirror = Mirror {
        base_url: serve(vec![("abc", Answer::Whole(b"abc".to_vec()))]),
        // RFC 1321.
        files: vec![RemoteFile {
            name: "abc".into(),
            digest: Digest::Md5OfFile("900150983cd24fb0d6963f7d28e17f72".into()),
        }],
    };
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(mirror.fetch_into(folder.path()).unwrap(), ["abc"]);
}
