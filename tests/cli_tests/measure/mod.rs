//! `measure`, on tables whose entropy and information are known in closed form.

mod doubts;
mod numbers;
mod protocol;
mod refusals;
mod text;

use std::fmt::Write;
use std::path::Path;

use ganscope::random::{Stream, standard_normal};
use serde_json::Value;

use crate::common::{Outcome, ganscope};

/// −½ ln(1 − 0.6²).
const LINEAR: f64 = 0.223_143_551_314_209_76;
/// ½ ln 2πe.
const NORMAL: f64 = 1.418_938_533_204_672_7;
const LN_2: f64 = std::f64::consts::LN_2;

fn normal(step: u64, n: usize) -> Vec<f64> {
    let draws = standard_normal(5, Stream::Data, step, n);
    draws.into_iter().map(f64::from).collect()
}

fn write(folder: &Path, name: &str, header: &str, rows: impl IntoIterator<Item = Vec<f64>>) {
    let mut text = format!("{header}\n");
    for row in rows {
        let fields: Vec<String> = row.iter().map(f64::to_string).collect();
        writeln!(text, "{}", fields.join(",")).unwrap();
    }
    std::fs::write(folder.join(name), text).unwrap();
}

/// Two normal columns of correlation 0.6.
fn line(folder: &Path) {
    let rows = normal(0, 10_000).into_iter().zip(normal(1, 10_000));
    let rows = rows.map(|(a, own)| vec![a, 0.6 * a + 0.8 * own]);
    write(folder, "line.csv", "father,son", rows);
}

/// Two independent normal columns, the first with mean 1.
fn moved(folder: &Path) {
    let rows = normal(2, 8000).into_iter().zip(normal(3, 8000));
    write(
        folder,
        "moved.csv",
        "father,son",
        rows.map(|(a, b)| vec![a + 1.0, b]),
    );
}

/// Two coins that agree with probability ¾, and their parity: 320 rows.
fn coins(folder: &Path) {
    let rows = (0..320).map(|i| {
        let (x, agree) = (i % 2, i / 2 % 4 != 0);
        let y = if agree { x } else { 1 - x };
        vec![f64::from(x), f64::from(y), f64::from(x ^ y)]
    });
    write(folder, "coins.csv", "first,second,parity", rows);
}

/// Two classes, and a normal number whose mean is 3 higher in the second.
fn class(folder: &Path) {
    let rows = normal(4, 3000).into_iter().enumerate();
    let rows = rows.map(|(i, z)| vec![(i % 2) as f64, z + 3.0 * (i % 2) as f64]);
    write(folder, "class.csv", "species,petal", rows);
}

/// The JSON output of the command, in nats.
#[track_caller]
fn found(folder: &Path, arguments: &str) -> Value {
    let arguments = format!("measure {arguments} --json --unit nats");
    serde_json::from_str(&ganscope(folder, &arguments).succeeds().out).unwrap()
}

#[track_caller]
fn near(found: &Value, estimator: &str, truth: f64, tolerance: f64) {
    let value = found["value"].as_f64().unwrap();
    assert!((value - truth).abs() < tolerance, "{truth}: {found}");
    assert_eq!(found["estimator"], estimator, "{found}");
}

fn refused(folder: &Path, arguments: &str, parts: &[&str]) -> Outcome {
    ganscope(folder, &format!("measure {arguments}")).fails(2, parts)
}

/// Whether a note contains these words.
fn noted(found: &Value, words: &str) -> bool {
    let mut notes = found["notes"].as_array().unwrap().iter();
    notes.any(|note| note.as_str().unwrap().contains(words))
}
