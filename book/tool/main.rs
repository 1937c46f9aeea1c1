//! `mdbook-ganscope`: the mdBook preprocessor for chapters with cells, and `check`, which lists all problems.

use std::io::{self, Read};
use std::process::ExitCode;

use ganscope_book::finding::Finding;
use ganscope_book::page::preprocess;
use ganscope_book::project::Project;

const USAGE: &str =
    "usage: mdbook-ganscope                     preprocess a book ([context, book] on stdin, as mdBook calls it)
       mdbook-ganscope supports RENDERER   tell mdBook whether this renderer is supported
       mdbook-ganscope check [PROJECT]     list all problems of chapters and notebooks";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [] => run_preprocessor(),
        ["supports", renderer] => ExitCode::from(u8::from(renderer != "html")),
        ["check"] => report(&Project::new(".").check()),
        ["check", project] => report(&Project::new(project).check()),
        _ => {
            eprintln!("{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn run_preprocessor() -> ExitCode {
    let mut input = String::new();
    if let Err(error) = io::stdin().read_to_string(&mut input) {
        eprintln!("cannot read the book from standard input: {error}");
        return ExitCode::FAILURE;
    }
    match preprocess(&input) {
        Ok(book) => {
            println!("{book}");
            ExitCode::SUCCESS
        }
        Err(findings) => report(&findings),
    }
}

fn report(findings: &[Finding]) -> ExitCode {
    for finding in findings {
        eprintln!("{finding}");
    }
    ExitCode::from(u8::from(!findings.is_empty()))
}
