//! The tour itself is run in the release build; here is what it refuses.

use std::fs::{create_dir_all, write};

use crate::common::{entries, folder, ganscope};

#[test]
fn a_folder_of_something_else_is_left_alone() {
    let at = folder();
    write(at.path().join("thesis.txt"), "years of work").unwrap();
    ganscope(at.path(), "--out .").fails(2, &["thesis.txt", "--out"]);
    create_dir_all(at.path().join("t/sprites")).unwrap();
    write(at.path().join("t/sprites/metrics.jsonl"), "mine").unwrap();
    ganscope(at.path(), "--out t").fails(2, &["metrics.jsonl", "--out"]);
    ganscope(at.path(), "--force data list").fails(2, &["--force", "tour"]);
    assert_eq!(entries(&at.path().join("t")), ["sprites"]);
}
