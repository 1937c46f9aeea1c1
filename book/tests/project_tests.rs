//! Each problem in a small project is reported in one line.

mod sample;

use std::fs;
use std::path::Path;

use sample::{chapter, check, ledger, notebook, page, project};
use serde_json::{Value, json};

/// Checks that both commands reject a project with this change, with this one line.
fn refused(change: impl FnOnce(&Path), expected: &str) {
    let folder = project(change);
    let (success, stderr) = check(folder.path());
    assert!(!success && stderr == format!("{expected}\n"), "{stderr}");
    let page = page(folder.path(), &chapter()).expect_err("refused");
    assert_eq!(page, format!("{expected}\n"));
}

/// Checks that `check` reports this problem, which the preprocessor does not look for.
fn found(change: impl FnOnce(&Path), expected: &str) {
    let (success, stderr) = check(project(change).path());
    assert!(!success && stderr == format!("{expected}\n"), "{stderr}");
}

/// Changes the notebook's second code cell.
fn cell(change: impl FnOnce(&mut Value)) -> impl FnOnce(&Path) {
    |root| {
        let mut notebook = notebook();
        change(&mut notebook["cells"][2]);
        fs::write(root.join("notebooks/one.ipynb"), notebook.to_string()).expect("written");
    }
}

fn claims(change: impl FnOnce(&mut Value)) -> impl FnOnce(&Path) {
    |root| {
        let mut ledger = ledger();
        change(&mut ledger["claims"][0]);
        fs::write(root.join("book/src/claims.json"), ledger.to_string()).expect("written");
    }
}

fn write(file: &str, text: &str) -> impl FnOnce(&Path) {
    move |root| fs::write(root.join(file), text).expect("written")
}

fn remove(file: &str) -> impl FnOnce(&Path) {
    move |root| fs::remove_file(root.join(file)).expect("removed")
}

#[test]
fn a_correct_project_passes() {
    assert_eq!(check(project(|_| {}).path()), (true, String::new()));
}

#[test]
fn a_notebook_has_the_same_cells_as_its_chapter() {
    refused(
        cell(|cell| cell["source"] = "let a = 1;\nprintln!(\"other\");".into()),
        "book/src/one.md:11: this cell has a different text in notebooks/one.ipynb; run `just notebooks`, or `just sync` if it was edited in the notebook",
    );
    refused(
        remove("notebooks/one.ipynb"),
        "book/src/one.md:4: the notebook notebooks/one.ipynb of this chapter is missing; run `just notebooks`",
    );
    refused(
        cell(|cell| cell["cell_type"] = "raw".into()),
        "book/src/one.md:10: notebooks/one.ipynb does not have this cell; run `just notebooks`",
    );
    let more = |root: &Path| {
        let mut notebook = notebook();
        let cells = notebook["cells"].as_array_mut().expect("cells");
        cells.push(cells[1].clone());
        fs::write(root.join("notebooks/one.ipynb"), notebook.to_string()).expect("written");
    };
    refused(
        more,
        "book/src/one.md:10: notebooks/one.ipynb has more cells than this chapter; run `just notebooks`, or `just sync` if they were added in the notebook",
    );
    refused(
        write("notebooks/one.ipynb", "{\"cells\":\n[}"),
        "notebooks/one.ipynb:2: this is not a notebook of nbformat 4: expected value at line 2 column 2; run `just notebooks`",
    );
    // A newline at the end of a cell is ignored.
    let newline = project(cell(|cell| {
        cell["source"] = "let a = 1;\nprintln!(\"{a}\");\n".into();
    }));
    assert_eq!(check(newline.path()), (true, String::new()));
}

#[test]
fn every_cell_has_been_run_and_did_not_fail() {
    refused(
        cell(|cell| cell["execution_count"] = Value::Null),
        "book/src/one.md:10: this cell has not been run in notebooks/one.ipynb; run `just notebooks`",
    );
    refused(
        cell(|cell| {
            cell["outputs"] = json!([{"output_type": "error", "ename": "E", "evalue": "no such type", "traceback": []}]);
        }),
        "book/src/one.md:10: this cell failed in notebooks/one.ipynb: no such type; correct it, then run `just notebooks`",
    );
    refused(
        cell(|cell| {
            cell["outputs"][2]["text"] = "   Compiling a v1\n\nthread 'main' panicked\n".into();
        }),
        "book/src/one.md:10: this cell failed in notebooks/one.ipynb: thread 'main' panicked; correct it, then run `just notebooks`",
    );
    refused(
        cell(|cell| cell["metadata"] = json!({})),
        "book/src/one.md:10: the outputs of this cell in notebooks/one.ipynb were not saved by `just notebooks`; run `just notebooks`",
    );
}

#[test]
fn images_exist_and_are_not_on_another_host() {
    let html = |html: &'static str| {
        cell(move |cell| cell["outputs"][3]["data"]["text/html"] = html.into())
    };
    refused(
        html("<img src=\"figures/x.png\">"),
        "book/src/one.md:10: the image book/src/figures/x.png does not exist; add it, or correct its path",
    );
    refused(
        html("<img src=\"https://example.org/x.png\">"),
        "book/src/one.md:10: the image `https://example.org/x.png` is on another host; put it into book/src",
    );
    assert!(
        check(
            project(html(
                "<img src=\"images/a.png\"> <img src=\"data:image/png;base64,a\">"
            ))
            .path()
        )
        .0
    );
    found(
        remove("book/src/images/a.png"),
        "book/src/one.md:20: the image book/src/images/a.png does not exist; add it, or correct its path",
    );
}

#[test]
fn a_table_of_claims_is_complete() {
    let make = "run `just claims`";
    refused(
        remove("book/src/claims.json"),
        &format!("book/src/one.md:14: book/src/claims.json does not exist; {make}"),
    );
    refused(
        claims(|claim| claim["section"] = "3.9".into()),
        &format!(
            "book/src/one.md:14: book/src/claims.json has no claim of section `3.1`; correct the section, or {make}"
        ),
    );
    refused(
        claims(|claim| claim["evidence"][1]["value"] = Value::Null),
        &format!(
            "book/src/one.md:14: claim 3.1.a: the evidence `cells` in book/src/claims.json is not a finite number; correct the claim, then {make}"
        ),
    );
    let folder = project(write(
        "book/src/claims.json",
        "{\"claims\":\n[{\"value\": NaN}]}",
    ));
    let (success, stderr) = check(folder.path());
    let expected = "book/src/claims.json:2: this is not the output of `ganscope claims --json`: ";
    assert!(!success && stderr.starts_with(expected), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
}

#[test]
fn the_summary_lists_all_chapters_and_every_notebook_has_one() {
    found(
        write("notebooks/y.ipynb", "{}"),
        "notebooks/y.ipynb:1: SUMMARY.md has no chapter book/src/y.md with cells; delete this notebook, or add the chapter",
    );
    found(
        write("book/src/y.md", "# Y\n"),
        "book/src/y.md:1: SUMMARY.md does not link to this chapter; add a line, or delete the chapter",
    );
    found(
        remove("book/src/start.md"),
        "book/src/SUMMARY.md:3: book/src/start.md does not exist; write it, or remove this line",
    );
    let (success, stderr) = check(project(remove("book/src/SUMMARY.md")).path());
    assert!(
        !success && stderr.starts_with("book/src/SUMMARY.md:1: the file cannot be read: "),
        "{stderr}"
    );
}

#[test]
fn a_wrong_fence_hides_no_other_problem() {
    let folder = project(write("book/src/one.md", "# One\n\n```\n```\n"));
    fs::write(
        folder.path().join("book/src/start.md"),
        "# Start\n~~~text\n",
    )
    .expect("written");
    let (success, stderr) = check(folder.path());
    let expected = "book/src/one.md:3: this fence does not name a language; write ```rust, or ```text if it is not code\n\
                    book/src/start.md:2: this fence is not closed; close it with ~~~\n";
    assert!(!success && stderr == expected, "{stderr}");
}
