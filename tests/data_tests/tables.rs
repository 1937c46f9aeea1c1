//! Valid and damaged tables.

use std::path::Path;

use ganscope::Result;
use ganscope::data::{DataConfig, Dataset, Table};

use crate::common::*;

fn csv(content: &[u8]) -> Result<Table> {
    let folder = folder();
    let path = folder.path().join("table.csv");
    std::fs::write(&path, content).unwrap();
    Table::read(&path)
}

#[test]
fn csv_errors_name_line_and_column() {
    says(csv(b""), &["table.csv", "empty"]);
    says(csv(b"\n\n"), &["empty"]);
    says(csv(b"a,b\n"), &["header of 2 columns", "no rows"]);
    says(
        csv(b"a,b\n1,2\n3\n"),
        &["line 3 has 1 field,", "line 1 has 2"],
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
fn tables_are_standardised_and_converted_back() {
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
fn constant_columns_are_refused_by_name() {
    says(
        csv(b"a,b\n0.1,1\n0.1,2\n").unwrap().standardise(),
        &["\"a\" is constant (0.1 in 2 rows)"],
    );
    says(
        csv(b"a\n4\n").unwrap().standardise(),
        &["\"a\" is constant (4 in 1 row)"],
    );
    says(
        csv(b"a\n1e300\n2e300\n").unwrap().standardise(),
        &["\"a\"", "single precision"],
    );
}
