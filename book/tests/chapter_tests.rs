//! The syntax of chapters, and the messages for what does not follow it.

use ganscope_book::chapter::{Chapter, SET_UP};

const FILE: &str = "book/src/x.md";

fn findings(text: &str) -> Vec<String> {
    let findings = Chapter::parse(FILE, text).expect_err("a chapter with a problem");
    findings.iter().map(ToString::to_string).collect()
}

#[test]
fn fences_of_every_form_are_parsed() {
    let text = format!(
        "# Title\n\n```rust\n{SET_UP}\n```\n\n   ~~~~ rust\n   let a = 1;\n~~~\n     let b = 2;\n   ~~~~~\n\
         ````text\n```\n````\nSay ```` ```rust ```` in prose.\n```rust,ignore\nx\n```\n```rust\n```\n"
    );
    let chapter = Chapter::parse(FILE, &text).expect("a correct chapter");
    let parsed: Vec<(&str, usize, &str)> = chapter
        .fences
        .iter()
        .map(|f| (f.language.as_str(), f.line, f.code.as_str()))
        .collect();
    let expected = [
        ("rust", 4, SET_UP),
        ("rust", 8, "let a = 1;\n~~~\n  let b = 2;"),
        ("text", 13, "```"),
        ("rust,ignore", 17, "x"),
        ("rust", 20, ""),
    ];
    assert_eq!(parsed, expected);
    assert_eq!(chapter.cells().count(), 3);
    assert_eq!(chapter.stem(), "x");
}

#[test]
fn a_fence_must_name_its_language() {
    let expected = "book/src/x.md:3: this fence does not name a language; write ```rust, or ```text if it is not code";
    assert_eq!(findings("# T\n\n```\ncode\n```\n"), [expected]);
    assert!(Chapter::parse(FILE, "# T\n\n```text\ncode\n```\n").is_ok());
}

#[test]
fn a_fence_must_be_closed() {
    let expected = "book/src/x.md:2: this fence is not closed; close it with ````";
    assert_eq!(findings("# T\n````text\n```\n~~~~\n"), [expected]);
}

#[test]
fn a_fence_must_not_be_nested() {
    for line in [
        "> ```rust",
        "- ```text",
        "    ```rust",
        "1. ~~~text",
        "\t```",
    ] {
        let expected = "book/src/x.md:2: this fence is inside a list, a quotation or an indented block; move it to the start of the line";
        assert_eq!(findings(&format!("# T\n{line}\n")), [expected], "{line}");
    }
}

#[test]
fn the_first_cell_must_be_the_set_up() {
    let expected = format!(
        "book/src/x.md:3: the first rust fence must be the set-up cell, with only the line `{SET_UP}`"
    );
    for code in ["let a = 1;".to_owned(), format!("{SET_UP}\nlet a = 1;")] {
        let text = format!("# T\n```rust\n{code}\n```\n");
        assert_eq!(findings(&text), [expected.as_str()]);
    }
    let correct = format!("# T\n```rust\n{SET_UP}\n```\n");
    assert!(Chapter::parse(FILE, &correct).is_ok());
}

#[test]
fn all_problems_are_listed() {
    let found = findings("```\n```\n> ```rust\n```rust\n1\n```\n```text\n");
    let lines: Vec<&str> = found.iter().filter_map(|f| f.split(':').nth(1)).collect();
    assert_eq!(lines, ["1", "3", "7", "5"]);
}
