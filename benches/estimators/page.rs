//! The tables and figures that the book includes.

use std::path::{Path, PathBuf};

use ganscope::files::write_atomically;
use ganscope::report::{HeatMap, Table};
use ganscope::{Error, Result};

use crate::trial::{Family, Row};

/// Allowed mean error, in nats.
const ALLOWED_ERROR: f64 = 0.02;

fn studies() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("book/src/studies")
}

fn csv_error(problem: &csv::Error) -> Error {
    Error::Usage(format!("estimators.csv: {problem}"))
}

/// Reads estimators.csv.
pub fn read() -> Result<Vec<Row>> {
    let mut reader =
        csv::Reader::from_path(studies().join("estimators.csv")).map_err(|e| csv_error(&e))?;
    reader
        .deserialize()
        .map(|row| row.map_err(|e| csv_error(&e)))
        .collect()
}

/// Writes estimators.csv, and in estimators/ a heat map and a table of each family.
pub fn write(families: &[Family], rows: &[Row]) -> Result<()> {
    let write =
        |name: &str, text: &[u8]| write_atomically(&studies().join(name), |w| w.write_all(text));
    let mut csv = csv::Writer::from_writer(Vec::new());
    for row in rows {
        csv.serialize(row).map_err(|e| csv_error(&e))?;
    }
    let csv = csv
        .into_inner()
        .map_err(|e| csv_error(&e.into_error().into()))?;
    write("estimators.csv", &csv)?;
    for family in families {
        let rows: Vec<&Row> = rows
            .iter()
            .filter(|row| row.family == family.name)
            .collect();
        // Rows of the same task are consecutive.
        let tasks = rows.chunk_by(|a, b| (&a.group, &a.task) == (&b.group, &b.task));
        let tasks: Vec<&[&Row]> = tasks.collect();
        let name = |ending| format!("estimators/{}.{ending}", family.name);
        // A blank line would end the HTML block in the page.
        let svg = heat_map(family, &tasks).svg()?.replace("\n\n", "\n");
        write(&name("svg"), svg.as_bytes())?;
        write(&name("md"), table(family, &tasks).markdown().as_bytes())?;
    }
    Ok(())
}

/// Returns the row of each method of the family; `None` for a method that does not apply.
fn by_method<'a>(family: &Family, task: &'a [&Row]) -> impl Iterator<Item = Option<&'a Row>> {
    let of = |[name, _]: &[&str; 2]| task.iter().find(|row| row.estimator == *name).copied();
    family.methods.iter().map(of)
}

fn heat_map(family: &Family, tasks: &[&[&Row]]) -> HeatMap {
    let headings: Vec<&str> = family.methods.iter().map(|[_, heading]| *heading).collect();
    let mut map = HeatMap::new(family.title, &headings, ALLOWED_ERROR);
    for group in tasks.chunk_by(|a, b| a[0].group == b[0].group) {
        map = map.group(&group[0][0].group);
        for task in group {
            let errors = by_method(family, task).map(|row| row?.mean_error);
            map = map.row(&task[0].task, errors);
        }
    }
    map
}

/// Table of the mean errors ± their standard deviations over the seeds.
fn table(family: &Family, tasks: &[&[&Row]]) -> Table {
    let headings = family.methods.iter().map(|[_, heading]| {
        // Joins words that were hyphenated for the heat map.
        heading
            .replace("-\n", "")
            .replace("–\n", "–")
            .replace('\n', "\u{a0}")
    });
    let headings: Vec<String> = headings.collect();
    let mut header = vec!["task", "truth"];
    header.extend(headings.iter().map(String::as_str));
    let mut table = Table::new("", &header);
    for task in tasks {
        let first = task[0];
        let mut cells = vec![
            format!("{}: {}", first.group, without_breaks(&first.task)),
            format!("{:.4}", first.truth).replace('-', "−"),
        ];
        cells.extend(by_method(family, task).map(cell));
        table = table.row(cells);
    }
    table
}

fn cell(row: Option<&Row>) -> String {
    let Some((row, mean)) = row.and_then(|row| Some((row, row.mean_error?))) else {
        return "–".into();
    };
    let number = |v: f64| match format!("{v:.3}").as_str() {
        "-0.000" => "0.000".into(),
        digits => digits.replace('-', "−"),
    };
    match row.sd {
        None => number(mean),
        Some(sd) => without_breaks(&format!("{} ± {sd:.3}", number(mean))),
    }
}

/// Replaces spaces by non-breaking spaces.
fn without_breaks(words: &str) -> String {
    words.replace(' ', "\u{a0}")
}
