//! A small project, sound or with one fault, as `check` and mdBook's preprocessor see it.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use ganscope_book::chapter::SET_UP;
use serde_json::{Value, json};
use tempfile::TempDir;

const CLAIMS: &str = "{{#claims 3.1}}";

fn chapter() -> String {
    format!(
        "# One\n\n```rust\n{SET_UP}\n```\n\nSee `{CLAIMS}`.\n\n```rust\nlet a = 1;\nprintln!(\"{{a}}\");\n```\n\n\
         {CLAIMS}\n\n```text\n{CLAIMS}\n```\n\n![A picture](images/a.png)\n"
    )
}

fn notebook() -> Value {
    let digest = json!({"ganscope": {"outputs": "00"}});
    json!({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [
        {"cell_type": "markdown", "metadata": {}, "source": "# One"},
        {"cell_type": "code", "metadata": {}, "execution_count": 1, "source": SET_UP, "outputs": []},
        {"cell_type": "code", "metadata": digest, "execution_count": 2,
         "source": ["let a = 1;\n", "println!(\"{a}\");"],
         "outputs": [
            {"output_type": "stream", "name": "stdout", "text": ["1 <\n", "\n"]},
            {"output_type": "stream", "name": "stdout", "text": "2\n"},
            {"output_type": "stream", "name": "stderr", "text": "   Compiling a v1\n"},
            {"output_type": "execute_result", "execution_count": 2, "metadata": {},
             "data": {"text/plain": "plain", "text/html": ["<svg>\n", "\n", "</svg>"]}},
            {"output_type": "display_data", "metadata": {}, "data": {"text/plain": "a \"b\"", "image/png": "iVBO\nRw0=\n"}},
            {"output_type": "display_data", "metadata": {}, "data": {"text/plain": "only & plain"}},
            {"output_type": "display_data", "metadata": {}, "data": {"image/svg+xml": "<svg id='s'/>"}},
         ]},
    ]})
}

fn ledger() -> Value {
    json!({"claims": [
        {"id": "3.1.a", "section": "3.1", "paraphrase": "D is p/(p+q) & no more", "verdict": "holds when repaired",
         "rule": "all met", "evidence": [
            {"name": "largest gap", "value": 0.012_345, "unit": "nats", "expectation": "< 0.02", "met": true},
            {"name": "cells", "value": 3.0, "unit": "", "expectation": "4", "met": false}]},
        {"id": "3.2.a", "section": "3.2", "paraphrase": "other", "verdict": "refuted", "rule": "", "evidence": []},
    ]})
}

/// A sound project, with a change to it.
fn project(change: impl FnOnce(&Path)) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    fs::create_dir_all(root.join("book/src/images")).expect("made");
    fs::create_dir_all(root.join("notebooks")).expect("made");
    let write = |file: &str, text: &str| fs::write(root.join(file), text).expect("written");
    write(
        "book/src/SUMMARY.md",
        "# Summary\n\n- [Start](start.md)\n- [One](one.md)\n",
    );
    write("book/src/start.md", "# Start\n");
    write("book/src/one.md", &chapter());
    write("book/src/images/a.png", "");
    write("book/src/claims.json", &ledger().to_string());
    write("notebooks/one.ipynb", &notebook().to_string());
    change(root);
    folder
}

fn check(root: &Path) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_mdbook-ganscope"))
        .arg("check")
        .arg(root)
        .output()
        .expect("it runs");
    (
        output.status.success(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

/// What mdBook gets for the chapter, as the content of the page or the messages.
fn page(root: &Path, content: &str) -> Result<String, String> {
    let chapter = |name: &str, content: &str, items: Value| {
        json!({"Chapter": {"name": name, "content": content, "number": null, "sub_items": items,
               "path": name, "source_path": name, "parent_names": []}})
    };
    let one = chapter("one.md", content, json!([]));
    let draft = json!({"Chapter": {"name": "later", "content": "", "number": null, "sub_items": [],
                       "path": null, "source_path": null, "parent_names": []}});
    let items = json!([{"PartTitle": "P"}, "Separator", draft, chapter("start.md", "# Start\n", json!([one]))]);
    let context = json!({"root": root.join("book"), "config": {}, "renderer": "html", "mdbook_version": "0.5.4"});
    let mut process = Command::new(env!("CARGO_BIN_EXE_mdbook-ganscope"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    let input = json!([context, {"items": items}]).to_string();
    let mut stdin = process.stdin.take().expect("piped");
    stdin.write_all(input.as_bytes()).expect("it reads");
    drop(stdin);
    let output = process.wait_with_output().expect("it ends");
    if !output.status.success() {
        assert_eq!(output.status.code(), Some(1));
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let book: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let page = &book["items"][3]["Chapter"]["sub_items"][0]["Chapter"]["content"];
    Ok(page.as_str().expect("a page").to_owned())
}

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
fn the_page_shows_outputs_and_claims_and_no_set_up() {
    let expected = format!(
        "# One\n\nSee `{CLAIMS}`.\n\n```rust\nlet a = 1;\nprintln!(\"{{a}}\");\n```\n\n\
         <div class=\"output\">\n\
         <pre class=\"output-text\">1 &lt;&#10;&#10;2</pre>\n\
         <svg>\n</svg>\n\
         <img alt=\"a &quot;b&quot;\" src=\"data:image/png;base64,iVBORw0=\">\n\
         <pre class=\"output-text\">only &amp; plain</pre>\n\
         <svg id='s'/>\n\
         </div>\n\n\n\n\
         <table class=\"claims\">\n\
         <thead><tr><th>id</th><th>claim</th><th>verdict</th><th>evidence</th></tr></thead>\n\
         <tbody>\n\
         <tr><td>3.1.a</td><td>D is p/(p+q) &amp; no more</td><td class=\"verdict repaired\">holds when repaired</td>\
         <td>largest gap: 0.01235 nats (expected &lt; 0.02) ✓<br>cells: 3 (expected 4) ✗</td></tr>\n\
         </tbody>\n</table>\n\n\n\
         ```text\n{CLAIMS}\n```\n\n![A picture](images/a.png)\n"
    );
    assert_eq!(
        page(project(|_| {}).path(), &chapter()).expect("a page"),
        expected
    );
}

#[test]
fn lines_are_counted_in_the_file_whatever_mdbook_made_of_it() {
    let folder = project(cell(|cell| cell["execution_count"] = Value::Null));
    let longer = chapter().replace("# One\n", "# One\n\nA formula\nin more lines\n");
    let error = page(folder.path(), &longer).expect_err("refused");
    assert!(
        error.starts_with("book/src/one.md:10: this cell never ran"),
        "{error}"
    );
    let sound = project(|_| {});
    let error = page(sound.path(), "# One\n").expect_err("refused");
    assert!(
        error.starts_with("book/src/one.md:1: another preprocessor"),
        "{error}"
    );
}

#[test]
fn the_renderers_it_works_for() {
    for (renderer, code) in [("html", 0), ("linkcheck2", 1)] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mdbook-ganscope"));
        let status = command
            .args(["supports", renderer])
            .status()
            .expect("it runs");
        assert_eq!(status.code(), Some(code), "{renderer}");
    }
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
    let make = "run `ganscope claims --json > book/src/claims.json`";
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
