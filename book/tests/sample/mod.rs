//! A small correct project, which tests change, and the programs that read it.

#![allow(
    dead_code,
    reason = "each test program uses only a part of this module"
)]

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use ganscope_book::chapter::SET_UP;
use serde_json::{Value, json};
use tempfile::TempDir;

pub const CLAIMS: &str = "{{#claims 3.1}}";

/// Two figures with captions, in the form in which the crate displays them.
const GRID: &str = "<svg xmlns='http://www.w3.org/2000/svg'>\n\
    <g class=\"figure\" transform=\"translate(0, 0)\">\n<svg id='a'><g/></svg>\n\
    <text class=\"caption\" fill=\"#747a83\"><tspan x=\"0\">It &lt; </tspan><tspan x=\"0\">falls.</tspan></text>\n</g>\n\
    <g class=\"figure\" transform=\"translate(580, 0)\">\n<svg id='b'/>\n\
    <text class=\"caption\"><tspan x=\"0\">It rises.</tspan></text>\n</g>\n</svg>";

pub fn chapter() -> String {
    format!(
        "# One\n\n```rust\n{SET_UP}\n```\n\nSee `{CLAIMS}`.\n\n```rust\nlet a = 1;\nprintln!(\"{{a}}\");\n```\n\n\
         {CLAIMS}\n\n```text\n{CLAIMS}\n```\n\n![A picture](images/a.png)\n"
    )
}

pub fn notebook() -> Value {
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
            {"output_type": "display_data", "metadata": {}, "data": {"image/svg+xml": GRID, "text/plain": "unused"}},
         ]},
    ]})
}

pub fn ledger() -> Value {
    json!({"claims": [
        {"id": "3.1.a", "section": "3.1", "paraphrase": "D is p/(p+q) & no more", "verdict": "holds when repaired",
         "rule": "all met", "evidence": [
            {"name": "largest gap", "value": 0.012_345, "unit": "nats", "expectation": "< 0.02", "met": true},
            {"name": "cells", "value": 3.0, "unit": "", "expectation": "4", "met": false}]},
        {"id": "3.2.a", "section": "3.2", "paraphrase": "other", "verdict": "refuted", "rule": "", "evidence": []},
    ]})
}

/// Creates the project and changes it.
pub fn project(change: impl FnOnce(&Path)) -> TempDir {
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

pub fn check(root: &Path) -> (bool, String) {
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

/// Returns the content of the page that mdBook gets for the chapter, or the error messages.
pub fn page(root: &Path, content: &str) -> Result<String, String> {
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
