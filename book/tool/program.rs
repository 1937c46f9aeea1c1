//! Turns a chapter into a Rust program that `cargo test` runs: all cells in one function.
//!
//! Each line of code has the same line number as in the chapter, so the messages of the compiler and of a panic point
//! to the chapter.

use syn::parse::Parser;
use syn::spanned::Spanned;
use syn::{Block, MacroDelimiter, Stmt};

use crate::chapter::Chapter;
use crate::finding::Finding;

/// First line of the program; the first line of a chapter never holds code. The names are in `tests/running`.
const HEAD: &str =
    "pub fn run() -> Result<(), crate::running::Failure> { use crate::running::Display as _;";
const TAIL: &str = "Ok(()) }";

/// Returns the program of a chapter.
///
/// # Errors
/// Cells that are not valid Rust, with chapter and line.
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
                let message = format!("this cell is not valid Rust: {error}");
                findings.push(Finding::new(&chapter.file, line, message));
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

/// Removes lines that begin with `:`, which are commands for the kernel.
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

/// Displays the last expression of a cell as the kernel does, by `(expression).evcxr_display()`. The value is not moved.
fn with_display(cell: &str) -> syn::Result<String> {
    let statements = Block::parse_within.parse_str(cell)?;
    let shown = match statements.last() {
        Some(Stmt::Expr(expression, None)) => expression.span(),
        // A macro call in braces is a statement or an item.
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

    #[test]
    fn only_a_last_expression_is_displayed() {
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
    fn commands_for_the_kernel_become_blank_lines() {
        assert_eq!(
            without_commands(":dep a\nlet x = 1;\n:vars"),
            "\nlet x = 1;\n"
        );
    }
}
