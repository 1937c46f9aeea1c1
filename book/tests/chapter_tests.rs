//! What a chapter may look like, and what is said of one that does not.

use ganscope_book::chapter::{Chapter, SET_UP};

const FILE: &str = "book/src/x.md";

fn findings(text: &str) -> Vec<String> {
    let findings = Chapter::parse(FILE, text).expect_err("a faulty chapter");
    findings.iter().map(ToString::to_string).collect()
}

#[test]
fn fences_of_every_shape_are_read() {
    let text = format!(
        "# Title\n\n```rust\n{SET_UP}\n```\n\n   ~~~~ rust\n   let a = 1;\n~~~\n     let b = 2;\n   ~~~~~\n\
         ````text\n```\n````\nSay ```` ```rust ```` in prose.\n```rust,ignore\nx\n```\n```rust\n```\n"
    );
    let chapter = Chapter::parse(FILE, &text).expect("a sound chapter");
    let read: Vec<(&str, usize, &str)> = chapter
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
    assert_eq!(read, expected);
    assert_eq!(chapter.cells().count(), 3);
    assert_eq!(chapter.stem(), "x");
}

#[test]
fn a_fence_names_its_language() {
    let expected = "book/src/x.md:3: a fence without a language; write ```rust, or ```text for what is no code";
    assert_eq!(findings("# T\n\n```\ncode\n```\n"), [expected]);
    assert!(Chapter::parse(FILE, "# T\n\n```text\ncode\n```\n").is_ok());
}

#[test]
fn a_fence_is_closed() {
    let expected = "book/src/x.md:2: a fence that is never closed; close it with ````";
    assert_eq!(findings("# T\n````text\n```\n~~~~\n"), [expected]);
}

#[test]
fn a_fence_stands_at_the_margin() {
    for line in [
        "> ```rust",
        "- ```text",
        "    ```rust",
        "1. ~~~text",
        "\t```",
    ] {
        let expected = "book/src/x.md:2: a fence inside a list, a quotation or an indented block; move it to the margin";
        assert_eq!(findings(&format!("# T\n{line}\n")), [expected], "{line}");
    }
}

#[test]
fn cells_begin_with_the_set_up() {
    let expected = format!(
        "book/src/x.md:3: the first rust fence is the set-up cell and holds only `{SET_UP}`"
    );
    for code in ["let a = 1;".to_owned(), format!("{SET_UP}\nlet a = 1;")] {
        let text = format!("# T\n```rust\n{code}\n```\n");
        assert_eq!(findings(&text), [expected.as_str()]);
    }
    let sound = format!("# T\n```rust\n{SET_UP}\n```\n");
    assert!(Chapter::parse(FILE, &sound).is_ok());
}

#[test]
fn all_faults_are_listed() {
    let found = findings("```\n```\n> ```rust\n```rust\n1\n```\n```text\n");
    let lines: Vec<&str> = found.iter().filter_map(|f| f.split(':').nth(1)).collect();
    assert_eq!(lines, ["1", "3", "7", "5"]);
}
