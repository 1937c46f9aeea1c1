//! Writes a program for each chapter, and a test that runs it, for `tests/chapters.rs`.

#[path = "tool/chapter.rs"]
#[allow(dead_code, reason = "the build script uses a part of it")]
mod chapter;
#[path = "tool/finding.rs"]
mod finding;
#[path = "tool/program.rs"]
mod program;
#[path = "tool/summary.rs"]
mod summary;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use chapter::Chapter;
use finding::Finding;

fn main() -> io::Result<()> {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    let mut index = String::new();
    let summary = read("SUMMARY.md")?;
    for (line, name) in summary::chapters(&summary) {
        if !Path::new("src").join(&name).exists() {
            let message = format!("book/src/{name} does not exist; write it, or remove this line");
            fail(
                &mut index,
                &[Finding::new("book/src/SUMMARY.md", line, message)],
            );
            continue;
        }
        let text = read(&name)?;
        let chapter = match Chapter::parse(&format!("book/src/{name}"), &text) {
            Ok(chapter) if chapter.cells().next().is_none() => continue,
            Ok(chapter) => chapter,
            Err(findings) => {
                fail(&mut index, &findings);
                continue;
            }
        };
        match program::program(&chapter) {
            Ok(program) => {
                let path = out.join(format!("{}.rs", chapter.stem()));
                fs::write(&path, program)?;
                test(&mut index, &chapter, &path);
            }
            Err(findings) => fail(&mut index, &findings),
        }
    }
    fs::write(out.join("chapters.rs"), index)
}

/// Reads a file of the book. A file that does not exist yet is empty.
fn read(name: &str) -> io::Result<String> {
    let path = Path::new("src").join(name);
    println!("cargo:rerun-if-changed={}", path.display());
    match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        text => text,
    }
}

/// Adds the test of a chapter.
fn test(index: &mut String, chapter: &Chapter, path: &Path) {
    let name = format!(
        "chapter_{}",
        chapter.stem().replace(|c: char| !c.is_alphanumeric(), "_")
    );
    let file = &chapter.file;
    // Code for readers may contain what the compiler warns of, such as unused variables.
    write!(
        index,
        "#[allow(warnings, clippy::all)]\n#[path = {path:?}]\nmod program_of_{name};\n\
         #[test]\nfn {name}() {{ run({file:?}, program_of_{name}::run) }}\n\n"
    )
    .expect("a String takes everything");
}

/// Adds problems as compile errors of the tests. The tool that lists all problems still builds.
fn fail(index: &mut String, findings: &[Finding]) {
    for finding in findings {
        writeln!(index, "compile_error!({:?});", finding.to_string())
            .expect("a String takes everything");
    }
}
