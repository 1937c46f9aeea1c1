//! The outputs that a notebook saved: checks that they belong to the chapter, and turns them into HTML.

use crate::chapter::Chapter;
use crate::finding::Finding;
use crate::html::{escape, preformatted, without_blank_lines};
use crate::notebook::{Cell, Data, Output};
use crate::svg::figures;

/// What to do about a notebook that is out of date.
const MAKE: &str = "run `just notebooks`";

/// Lists what is wrong with a chapter's notebook: cells that differ from the chapter, did not run, or failed.
pub fn mismatches(chapter: &Chapter, notebook: &[Cell]) -> Vec<Finding> {
    let name = format!("notebooks/{}.ipynb", chapter.stem());
    let mut findings = Vec::new();
    let mut add = |line, message| findings.push(Finding::new(&chapter.file, line, message));
    let mut cells = notebook.iter();
    for fence in chapter.cells() {
        let Some(cell) = cells.next() else {
            add(
                fence.line,
                format!("{name} does not have this cell; {MAKE}"),
            );
            continue;
        };
        if let Some(offset) = first_difference(&fence.code, &cell.source) {
            let message = format!(
                "this cell has a different text in {name}; {MAKE}, or `just sync` if it was edited in the notebook"
            );
            add(fence.line + offset, message);
            continue;
        }
        if cell.execution_count.is_none() {
            add(
                fence.line,
                format!("this cell has not been run in {name}; {MAKE}"),
            );
            continue;
        }
        if cell.digest.is_none() && !cell.outputs.is_empty() {
            add(
                fence.line,
                format!(
                    "the outputs of this cell in {name} were not saved by `just notebooks`; {MAKE}"
                ),
            );
        }
        for output in &cell.outputs {
            if let Some(failure) = failure(output) {
                add(
                    fence.line,
                    format!("this cell failed in {name}: {failure}; correct it, then {MAKE}"),
                );
            }
        }
    }
    if cells.next().is_some() {
        let line = chapter.cells().last().map_or(1, |last| last.line);
        add(
            line,
            format!(
                "{name} has more cells than this chapter; {MAKE}, or `just sync` if they were added in the notebook"
            ),
        );
    }
    findings
}

/// Index of the first line in which two texts differ. A newline at the end is ignored.
fn first_difference(a: &str, b: &str) -> Option<usize> {
    let (a, b) = (a.trim_end_matches('\n'), b.trim_end_matches('\n'));
    if a == b {
        return None;
    }
    let equal = a.split('\n').zip(b.split('\n')).take_while(|(a, b)| a == b);
    Some(equal.count().min(a.split('\n').count() - 1))
}

/// The error message in an output. The kernel reports a panic as a success, but the message is on stderr, where
/// cargo writes its progress as well.
fn failure(output: &Output) -> Option<&str> {
    match output {
        Output::Error { ename, evalue } => Some(if evalue.is_empty() { ename } else { evalue }),
        Output::Stream { name, text } if name == "stderr" => {
            let mut lines = text.0.lines().map(str::trim);
            lines.find(|line| !line.is_empty() && !line.starts_with("Compiling "))
        }
        _ => None,
    }
}

/// Returns the outputs of a cell as one block of HTML without blank lines; `None` if there are none.
pub fn render(cell: &Cell) -> Option<String> {
    let mut printed = String::new();
    let mut parts = Vec::new();
    for output in &cell.outputs {
        match output {
            Output::Stream { name, text } if name == "stdout" => printed.push_str(&text.0),
            Output::DisplayData { data } | Output::ExecuteResult { data } => {
                parts.extend(take_preformatted(&mut printed));
                parts.extend(richest_form(data));
            }
            Output::Stream { .. } | Output::Error { .. } => {}
        }
    }
    parts.extend(take_preformatted(&mut printed));
    let block = format!("<div class=\"output\">\n{}\n</div>", parts.join("\n"));
    (!parts.is_empty()).then_some(block)
}

/// The text printed so far, as one block. A notebook often saves it in several pieces.
fn take_preformatted(printed: &mut String) -> Option<String> {
    let text = std::mem::take(printed);
    (!text.trim().is_empty()).then(|| preformatted(&text))
}

/// The first form of a value that it has: HTML, SVG, PNG, plain text.
fn richest_form(data: &Data) -> Option<String> {
    let plain = data.plain.as_ref().map(|text| text.0.trim_end());
    let one_line = plain.map(|text| escape(text).replace('\n', " "));
    if let Some(html) = &data.html {
        return Some(without_blank_lines(&html.0));
    }
    if let Some(svg) = &data.svg {
        return Some(without_blank_lines(&figures(&svg.0, one_line.as_deref())));
    }
    if let Some(png) = &data.png {
        let bytes: String = png.0.split_whitespace().collect();
        let alt = one_line.unwrap_or("an image made by the cell above".into());
        return Some(format!(
            "<figure>\n<img alt=\"{alt}\" src=\"data:image/png;base64,{bytes}\">\n</figure>"
        ));
    }
    plain.map(preformatted)
}
