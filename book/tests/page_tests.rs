//! The page that mdBook gets for a chapter with cells.

mod sample;

use std::fs;
use std::process::Command;

use sample::{CLAIMS, chapter, notebook, page, project};
use serde_json::Value;

#[test]
fn a_page_has_outputs_and_claims_but_not_the_set_up_cell() {
    let expected = format!(
        "# One\n\nSee `{CLAIMS}`.\n\n```rust\nlet a = 1;\nprintln!(\"{{a}}\");\n```\n\n\
         <div class=\"output\">\n\
         <pre class=\"output-text\">1 &lt;&#10;&#10;2</pre>\n\
         <svg>\n</svg>\n\
         <figure>\n<img alt=\"a &quot;b&quot;\" src=\"data:image/png;base64,iVBORw0=\">\n</figure>\n\
         <pre class=\"output-text\">only &amp; plain</pre>\n\
         <figure>\n<svg id='s'/>\n</figure>\n\
         <div class=\"figures\">\n\
         <figure>\n<svg id='a'><g/></svg>\n<figcaption>It &lt; falls.</figcaption>\n</figure>\n\
         <figure>\n<svg id='b'/>\n<figcaption>It rises.</figcaption>\n</figure>\n\
         </div>\n\
         </div>\n\n\n\n\
         <div class=\"table-wrapper\"><table class=\"claims\">\n\
         <thead><tr><th>id</th><th>claim</th><th>verdict</th><th>evidence</th></tr></thead>\n\
         <tbody>\n\
         <tr><td>3.1.a</td><td>D is p/(p+q) &amp; no more</td><td class=\"verdict repaired\">holds when repaired</td>\
         <td><ul><li>largest gap: 0.01235 nats (expected &lt; 0.02) ✓</li>\
         <li>cells: 3 (expected 4) ✗</li></ul></td></tr>\n\
         </tbody>\n</table></div>\n\n\n\
         ```text\n{CLAIMS}\n```\n\n![A picture](images/a.png)\n"
    );
    assert_eq!(
        page(project(|_| {}).path(), &chapter()).expect("a page"),
        expected
    );
}

#[test]
fn line_numbers_are_those_of_the_file_even_if_the_content_was_changed() {
    let folder = project(|root| {
        let mut notebook = notebook();
        notebook["cells"][2]["execution_count"] = Value::Null;
        fs::write(root.join("notebooks/one.ipynb"), notebook.to_string()).expect("written");
    });
    let longer = chapter().replace("# One\n", "# One\n\nA formula\nin more lines\n");
    let error = page(folder.path(), &longer).expect_err("refused");
    assert!(
        error.starts_with("book/src/one.md:10: this cell has not been run"),
        "{error}"
    );
    let correct = project(|_| {});
    let error = page(correct.path(), "# One\n").expect_err("refused");
    assert!(
        error.starts_with("book/src/one.md:1: another preprocessor"),
        "{error}"
    );
}

#[test]
fn only_the_html_renderer_is_supported() {
    for (renderer, code) in [("html", 0), ("epub", 1)] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mdbook-ganscope"));
        let status = command
            .args(["supports", renderer])
            .status()
            .expect("it runs");
        assert_eq!(status.code(), Some(code), "{renderer}");
    }
}
