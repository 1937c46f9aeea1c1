//! One fault in a small project, and the one line that names it.

mod sample;

use std::fs;
use std::path::Path;

use sample::{chapter, check, ledger, notebook, page, project};
use serde_json::{Value, json};

/// Both commands refuse a project with this change, and say so in this one line.
fn refused(change: impl FnOnce(&Path), expected: &str) {
    let folder = project(change);
    let (success, stderr) = check(folder.path());
    assert!(!success && stderr == format!("{expected}\n"), "{stderr}");
    let page = page(folder.path(), &chapter()).expect_err("refused");
    assert_eq!(page, format!("{expected}\n"));
}

/// `check` alone sees this: mdBook is not told of it, or finds it itself.
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
fn a_sound_project_passes() {
    assert_eq!(check(project(|_| {}).path()), (true, String::new()));
}

#[test]
fn a_chapter_and_its_notebook_are_the_same() {
    refused(
        cell(|cell| cell["source"] = "let a = 1;\nprintln!(\"other\");".into()),
        "book/src/one.md:11: notebooks/one.ipynb has another text for this cell; run `just notebooks`, or `just sync` if it was edited there",
    );
    refused(
        remove("notebooks/one.ipynb"),
        "book/src/one.md:4: this chapter's notebook notebooks/one.ipynb is missing; run `just notebooks`",
    );
    refused(
        cell(|cell| cell["cell_type"] = "raw".into()),
        "book/src/one.md:10: notebooks/one.ipynb has no such cell; run `just notebooks`",
    );
    let more = |root: &Path| {
        let mut notebook = notebook();
        let cells = notebook["cells"].as_array_mut().expect("cells");
        cells.push(cells[1].clone());
        fs::write(root.join("notebooks/one.ipynb"), notebook.to_string()).expect("written");
    };
    refused(
        more,
        "book/src/one.md:10: notebooks/one.ipynb has more cells than this chapter; run `just notebooks`, or `just sync` if they were added there",
    );
    refused(
        write("notebooks/one.ipynb", "{\"cells\":\n[}"),
        "notebooks/one.ipynb:2: this is no notebook of nbformat 4: expected value at line 2 column 2; run `just notebooks`",
    );
    // A newline at a cell's end is no difference.
    let newline = project(cell(|cell| {
        cell["source"] = "let a = 1;\nprintln!(\"{a}\");\n".into()
    }));
    assert_eq!(check(newline.path()), (true, String::new()));
}

#[test]
fn a_cell_ran_and_did_not_fail() {
    refused(
        cell(|cell| cell["execution_count"] = Value::Null),
        "book/src/one.md:10: this cell never ran in notebooks/one.ipynb; run `just notebooks`",
    );
    refused(
        cell(|cell| {
            cell["outputs"] = json!([{"output_type": "error", "ename": "E", "evalue": "no such type", "traceback": []}]);
        }),
        "book/src/one.md:10: this cell failed in notebooks/one.ipynb: no such type; correct it and run `just notebooks`",
    );
    refused(
        cell(|cell| {
            cell["outputs"][2]["text"] = "   Compiling a v1\n\nthread 'main' panicked\n".into()
        }),
        "book/src/one.md:10: this cell failed in notebooks/one.ipynb: thread 'main' panicked; correct it and run `just notebooks`",
    );
    refused(
        cell(|cell| cell["metadata"] = json!({})),
        "book/src/one.md:10: the outputs in notebooks/one.ipynb are not `just notebooks`' own; run `just notebooks`",
    );
}

#[test]
fn a_picture_exists_and_is_here() {
    let html = |html: &'static str| {
        cell(move |cell| cell["outputs"][3]["data"]["text/html"] = html.into())
    };
    refused(
        html("<img src=\"figures/x.png\">"),
        "book/src/one.md:10: the picture book/src/figures/x.png does not exist; make it, or correct its path",
    );
    refused(
        html("<img src=\"https://example.org/x.png\">"),
        "book/src/one.md:10: the picture `https://example.org/x.png` lies on another host; keep it in book/src",
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
        "book/src/one.md:20: the picture book/src/images/a.png does not exist; make it, or correct its path",
    );
}

#[test]
fn a_table_of_claims_has_its_numbers() {
    let make = "run: just claims";
    refused(
        remove("book/src/claims.json"),
        &format!("book/src/one.md:14: book/src/claims.json does not exist; {make}"),
    );
    refused(
        claims(|claim| claim["section"] = "3.9".into()),
        &format!(
            "book/src/one.md:14: book/src/claims.json has no claim of section `3.1`; correct the number, or {make}"
        ),
    );
    refused(
        claims(|claim| claim["evidence"][1]["value"] = Value::Null),
        &format!(
            "book/src/one.md:14: claim 3.1.a: the evidence `cells` in book/src/claims.json is no number; mend the claim and {make}"
        ),
    );
    let folder = project(write(
        "book/src/claims.json",
        "{\"claims\":\n[{\"value\": NaN}]}",
    ));
    let (success, stderr) = check(folder.path());
    let expected = "book/src/claims.json:2: this is not what `ganscope claims --json` writes: ";
    assert!(!success && stderr.starts_with(expected), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
}

#[test]
fn the_summary_the_chapters_and_the_notebooks_are_complete() {
    found(
        write("notebooks/y.ipynb", "{}"),
        "notebooks/y.ipynb:1: no chapter book/src/y.md in SUMMARY.md has cells; delete this notebook, or add the chapter",
    );
    found(
        write("book/src/y.md", "# Y\n"),
        "book/src/y.md:1: no line of SUMMARY.md links this chapter; add one, or delete it",
    );
    found(
        remove("book/src/start.md"),
        "book/src/SUMMARY.md:3: book/src/start.md does not exist; write it, or take it out of the summary",
    );
    let (success, stderr) = check(project(remove("book/src/SUMMARY.md")).path());
    assert!(
        !success && stderr.starts_with("book/src/SUMMARY.md:1: cannot be read: "),
        "{stderr}"
    );
}

#[test]
fn a_faulty_fence_is_found_and_hides_no_other_fault() {
    let folder = project(write("book/src/one.md", "# One\n\n```\n```\n"));
    fs::write(
        folder.path().join("book/src/start.md"),
        "# Start\n~~~text\n",
    )
    .expect("written");
    let (success, stderr) = check(folder.path());
    let expected = "book/src/one.md:3: a fence without a language; write ```rust, or ```text for what is no code\n\
                    book/src/start.md:2: a fence that is never closed; close it with ~~~\n";
    assert!(!success && stderr == expected, "{stderr}");
}
