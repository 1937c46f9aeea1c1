//! A chapter's program, compiled by rustc alone and run: what it shows, and where its faults are said to be.

use std::path::Path;
use std::process::{Command, Output};
use std::sync::LazyLock;
use std::{env, fs};

use ganscope_book::chapter::Chapter;
use ganscope_book::program::program;
use tempfile::TempDir;

const CHAPTER: &str = include_str!("fixtures/panics.md");
const FILE: &str = "book/src/panics.md";

fn compile(folder: &Path, chapter: &str) -> Output {
    let chapter = Chapter::parse(FILE, chapter).expect("a sound chapter");
    let program = program(&chapter).expect("cells of Rust");
    fs::write(folder.join("panics.rs"), program).expect("written");
    let running = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/running/mod.rs");
    let main = format!(
        "#[path = {running:?}] mod running;\n#[allow(warnings)] #[path = \"panics.rs\"] mod program;\n\
         fn main() {{ running::run({FILE:?}, program::run) }}\n"
    );
    fs::write(folder.join("main.rs"), main).expect("written");
    Command::new(env::var_os("RUSTC").unwrap_or("rustc".into()))
        .args(["--edition", "2024", "main.rs", "-o", "main"])
        .current_dir(folder)
        .output()
        .expect("rustc runs")
}

fn run(arguments: &[&str]) -> (bool, String, String) {
    static COMPILED: LazyLock<TempDir> = LazyLock::new(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let output = compile(folder.path(), CHAPTER);
        assert!(output.status.success(), "{}", text(&output.stderr));
        folder
    });
    let main = COMPILED.path().join("main");
    let output = Command::new(main)
        .args(arguments)
        .output()
        .expect("it runs");
    (
        output.status.success(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The line of a piece of the chapter, counted from 1.
fn line_of(piece: &str) -> usize {
    let line = CHAPTER.lines().position(|line| line.contains(piece));
    line.expect("it is in the fixture") + 1
}

#[test]
fn the_program_has_each_line_where_the_chapter_has_it() {
    let chapter = Chapter::parse(FILE, CHAPTER).expect("a sound chapter");
    let program = program(&chapter).expect("cells of Rust");
    let program: Vec<&str> = program.lines().collect();
    for (index, line) in chapter.prose() {
        assert!(index == 0 || program[index].is_empty(), "{line}");
    }
    for piece in [
        "use std::collections",
        "x / 2.0",
        ".parse()?;",
        "assert_eq!(",
    ] {
        assert!(program[line_of(piece) - 1].contains(piece), "{piece}");
    }
    assert!(!program.iter().any(|line| line.starts_with(':')));
    assert_eq!(program.len(), chapter.lines.len() + 1);
}

#[test]
fn last_expressions_are_shown_as_the_kernel_shows_them() {
    assert_eq!(
        run(&[]),
        (true, "1.5\na curve\n0.75\n".to_owned(), String::new())
    );
}

#[test]
fn a_panic_is_reported_at_the_chapters_line() {
    let (success, _, stderr) = run(&["panic"]);
    let expected = format!("{FILE}:{}: this cell panicked", line_of("assert_eq!("));
    assert!(!success && stderr.contains(&expected), "{stderr}");
}

/// At the line where the expression before the `?` begins.
#[test]
fn an_error_is_reported_at_the_chapters_line() {
    let (success, _, stderr) = run(&["error"]);
    let expected = format!(
        "{FILE}:{}: this cell failed: invalid float literal",
        line_of("let parsed")
    );
    assert!(!success && stderr.contains(&expected), "{stderr}");
}

#[test]
fn the_compiler_names_the_chapters_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let chapter = CHAPTER.replace("half(3.0)", "half(\"3\")");
    let output = compile(folder.path(), &chapter);
    let stderr = text(&output.stderr);
    let expected = format!("panics.rs:{}:", line_of("half(3.0)"));
    assert!(
        !output.status.success() && stderr.contains(&expected),
        "{stderr}"
    );
}

#[test]
fn a_value_that_nothing_can_show_does_not_compile() {
    let folder = tempfile::tempdir().expect("a folder");
    let chapter = CHAPTER.replace("fn evcxr_display(&self)", "fn other(&self)");
    let stderr = text(&compile(folder.path(), &chapter).stderr);
    assert!(
        stderr.contains("`Curve: Debug`") || stderr.contains("evcxr_display"),
        "{stderr}"
    );
}

#[test]
fn a_cell_that_is_no_rust_is_named_by_line() {
    let chapter = CHAPTER.replace("let curve = Curve;", "let curve = Curve");
    let chapter = Chapter::parse(FILE, &chapter).expect("sound fences");
    let findings = program(&chapter).expect_err("no Rust");
    let first = findings[0].to_string();
    let expected = format!(
        "{FILE}:{}: this cell is no Rust: ",
        line_of("let curve = Curve;") + 1
    );
    assert!(first.starts_with(&expected), "{first}");
}
