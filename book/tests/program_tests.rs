//! The program of a chapter, compiled with rustc and run: its output, and the line numbers in its error messages.

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
    let chapter = Chapter::parse(FILE, chapter).expect("a correct chapter");
    let program = program(&chapter).expect("valid Rust");
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

/// Line number, from 1, of a text in the chapter.
fn line_of(piece: &str) -> usize {
    let line = CHAPTER.lines().position(|line| line.contains(piece));
    line.expect("it is in the fixture") + 1
}

#[test]
fn the_program_has_the_line_numbers_of_the_chapter() {
    let chapter = Chapter::parse(FILE, CHAPTER).expect("a correct chapter");
    let program = program(&chapter).expect("valid Rust");
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
fn last_expressions_are_displayed_as_by_the_kernel() {
    assert_eq!(
        run(&[]),
        (true, "1.5\na curve\n0.75\n".to_owned(), String::new())
    );
}

#[test]
fn a_panic_is_reported_with_the_line_of_the_chapter() {
    let (success, _, stderr) = run(&["panic"]);
    let expected = format!("{FILE}:{}: this cell panicked", line_of("assert_eq!("));
    assert!(!success && stderr.contains(&expected), "{stderr}");
}

/// The line is the one where the expression before the `?` begins.
#[test]
fn an_error_is_reported_with_the_line_of_the_chapter() {
    let (success, _, stderr) = run(&["error"]);
    let expected = format!(
        "{FILE}:{}: this cell failed: invalid float literal",
        line_of("let parsed")
    );
    assert!(!success && stderr.contains(&expected), "{stderr}");
}

#[test]
fn a_compile_error_has_the_line_of_the_chapter() {
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
fn a_value_that_cannot_be_displayed_does_not_compile() {
    let folder = tempfile::tempdir().expect("a folder");
    let chapter = CHAPTER.replace("fn evcxr_display(&self)", "fn other(&self)");
    let stderr = text(&compile(folder.path(), &chapter).stderr);
    assert!(
        stderr.contains("`Curve: Debug`") || stderr.contains("evcxr_display"),
        "{stderr}"
    );
}

#[test]
fn a_cell_that_is_not_rust_is_reported_with_its_line() {
    let chapter = CHAPTER.replace("let curve = Curve;", "let curve = Curve");
    let chapter = Chapter::parse(FILE, &chapter).expect("a correct chapter");
    let findings = program(&chapter).expect_err("invalid Rust");
    let first = findings[0].to_string();
    let expected = format!(
        "{FILE}:{}: this cell is not valid Rust: ",
        line_of("let curve = Curve;") + 1
    );
    assert!(first.starts_with(&expected), "{first}");
}
