//! A chapter as a Rust program that `cargo test` runs: the cells in one function, each line of code at the
//! line where it stands in the chapter, so that what the compiler and a panic say can be found there.

use syn::parse::Parser;
use syn::spanned::Spanned;
use syn::{Block, MacroDelimiter, Stmt};

use crate::chapter::Chapter;
use crate::finding::Finding;

/// Takes the first line, which never holds code. `tests/running` has what it names.
const HEAD: &str =
    "pub fn run() -> Result<(), crate::running::Failure> { use crate::running::Shown as _;";
const TAIL: &str = "Ok(()) }";

/// Writes the program of a chapter.
///
/// # Errors
/// Cells that are no Rust, by chapter and line.
pub fn program(chapter: &Chapter) -> Result<String, Vec<Finding>> {
    let mut lines = vec![String::new(); chapter.lines.len()];
    let mut findings = Vec::new();
    for cell in chapter.cells() {
        match with_display(&without_commands(&cell.code)) {
            Ok(code) => {
                for (line, code) in lines[cell.line - 1..].iter_mut().zip(code.lines()) {
                    code.clone_into(line);
                }
            }
            Err(error) => {
                let line = cell.line + error.span().start().line.saturating_sub(1);
                let what = format!("this cell is no Rust: {error}");
                findings.push(Finding::new(&chapter.file, line, what));
            }
        }
    }
    if !findings.is_empty() {
        return Err(findings);
    }
    if let Some(first) = lines.first_mut() {
        HEAD.clone_into(first);
    }
    lines.push(TAIL.to_owned());
    Ok(lines.join("\n") + "\n")
}

/// Lines that begin with `:` speak to the kernel.
fn without_commands(code: &str) -> String {
    let keep = |line| {
        if str::starts_with(line, ':') {
            ""
        } else {
            line
        }
    };
    code.lines().map(keep).collect::<Vec<_>>().join("\n")
}

/// A cell that ends in an expression displays it. The kernel calls `(expression).evcxr_display()` and so
/// does the program, which leaves the value where it is.
fn with_display(cell: &str) -> syn::Result<String> {
    let statements = Block::parse_within.parse_str(cell)?;
    let shown = match statements.last() {
        Some(Stmt::Expr(expression, None)) => expression.span(),
        // A macro in braces stands for statements or items.
        Some(Stmt::Macro(call))
            if call.semi_token.is_none()
                && !matches!(call.mac.delimiter, MacroDelimiter::Brace(_)) =>
        {
            call.mac.span()
        }
        _ => return Ok(cell.to_owned()),
    };
    let range = shown.byte_range();
    let (before, expression, after) = (
        &cell[..range.start],
        &cell[range.clone()],
        &cell[range.end..],
    );
    Ok(format!("{before}({expression}).evcxr_display();{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The ways a cell can end, and what becomes of them.
    #[test]
    fn a_last_expression_is_displayed() {
        let cases = [
            (
                "let a = f();\na\n  .b()\n  .c()",
                "let a = f();\n(a\n  .b()\n  .c()).evcxr_display();",
            ),
            (
                "format!(\"{}\", 1)",
                "(format!(\"{}\", 1)).evcxr_display();",
            ),
            (
                "Point { x: 1, y: 2 }",
                "(Point { x: 1, y: 2 }).evcxr_display();",
            ),
            (
                "{\n  let a = 1;\n  a\n}",
                "({\n  let a = 1;\n  a\n}).evcxr_display();",
            ),
            (
                "if a { 1 } else { 2 }",
                "(if a { 1 } else { 2 }).evcxr_display();",
            ),
            ("|x: f32| x + 1.0", "(|x: f32| x + 1.0).evcxr_display();"),
            (
                "a + b // their sum; no more",
                "(a + b).evcxr_display(); // their sum; no more",
            ),
            ("let a = 1;", "let a = 1;"),
            ("fn f() -> f32 { 1.0 }", "fn f() -> f32 { 1.0 }"),
            (
                "use a::B;\nfn f() {}\nB::new()?",
                "use a::B;\nfn f() {}\n(B::new()?).evcxr_display();",
            ),
            ("let a = 1; a", "let a = 1; (a).evcxr_display();"),
            ("a;", "a;"),
            ("println!(\"{a}\");", "println!(\"{a}\");"),
            (
                "for i in 0..3 { f(i); }\nlet é = \"é\"; é",
                "for i in 0..3 { f(i); }\nlet é = \"é\"; (é).evcxr_display();",
            ),
            (
                "local! { static A: f32 = 1.0; }",
                "local! { static A: f32 = 1.0; }",
            ),
            ("", ""),
        ];
        for (cell, expected) in cases {
            assert_eq!(with_display(cell).expect("Rust"), expected);
        }
    }

    #[test]
    fn lines_for_the_kernel_are_blank() {
        assert_eq!(
            without_commands(":dep a\nlet x = 1;\n:vars"),
            "\nlet x = 1;\n"
        );
    }
}
