//! The outputs that a notebook saved: whether they are the chapter's, and how the book shows them.

use crate::chapter::Chapter;
use crate::finding::Finding;
use crate::html::{escape, preformatted, without_blank_lines};
use crate::notebook::{Cell, Data, Output};

const MAKE: &str = "run `just notebooks`";

/// Holds a notebook against its chapter: the same cells, all run, none with a fault.
pub fn agree(chapter: &Chapter, notebook: &[Cell]) -> Vec<Finding> {
    let name = format!("notebooks/{}.ipynb", chapter.stem());
    let mut findings = Vec::new();
    let mut fault = |line, what| findings.push(Finding::new(&chapter.file, line, what));
    let mut cells = notebook.iter();
    for fence in chapter.cells() {
        let Some(cell) = cells.next() else {
            fault(fence.line, format!("{name} has no such cell; {MAKE}"));
            continue;
        };
        if let Some(offset) = first_difference(&fence.code, &cell.source) {
            let what = format!(
                "{name} has another text for this cell; {MAKE}, or `just sync` if it was edited there"
            );
            fault(fence.line + offset, what);
            continue;
        }
        if cell.execution_count.is_none() {
            fault(fence.line, format!("this cell never ran in {name}; {MAKE}"));
            continue;
        }
        if cell.digest.is_none() && !cell.outputs.is_empty() {
            fault(
                fence.line,
                format!("the outputs in {name} are not `just notebooks`' own; {MAKE}"),
            );
        }
        for output in &cell.outputs {
            if let Some(complaint) = complaint(output) {
                fault(
                    fence.line,
                    format!("this cell failed in {name}: {complaint}; correct it and {MAKE}"),
                );
            }
        }
    }
    if cells.next().is_some() {
        let line = chapter.cells().last().map_or(1, |last| last.line);
        fault(
            line,
            format!(
                "{name} has more cells than this chapter; {MAKE}, or `just sync` if they were added there"
            ),
        );
    }
    findings
}

/// The first line at which two texts differ, but for a newline at their end.
fn first_difference(a: &str, b: &str) -> Option<usize> {
    let (a, b) = (a.trim_end_matches('\n'), b.trim_end_matches('\n'));
    if a == b {
        return None;
    }
    let same = a.split('\n').zip(b.split('\n')).take_while(|(a, b)| a == b);
    Some(same.count().min(a.split('\n').count() - 1))
}

/// What a cell says went wrong. The kernel calls a panic a success; it shows on stderr, where cargo
/// reports its progress as well.
fn complaint(output: &Output) -> Option<&str> {
    match output {
        Output::Error { ename, evalue } => Some(if evalue.is_empty() { ename } else { evalue }),
        Output::Stream { name, text } if name == "stderr" => {
            let mut lines = text.0.lines().map(str::trim);
            lines.find(|line| !line.is_empty() && !line.starts_with("Compiling "))
        }
        _ => None,
    }
}

/// All a cell shows, as one block of HTML without a blank line; `None` where it shows nothing.
pub fn render(cell: &Cell) -> Option<String> {
    let mut printed = String::new();
    let mut parts = Vec::new();
    for output in &cell.outputs {
        match output {
            Output::Stream { name, text } if name == "stdout" => printed.push_str(&text.0),
            Output::DisplayData { data } | Output::ExecuteResult { data } => {
                parts.extend(preformatted_once(&mut printed));
                parts.extend(richest(data));
            }
            Output::Stream { .. } | Output::Error { .. } => {}
        }
    }
    parts.extend(preformatted_once(&mut printed));
    let block = format!("<div class=\"output\">\n{}\n</div>", parts.join("\n"));
    (!parts.is_empty()).then_some(block)
}

/// What was printed so far, which often comes in pieces.
fn preformatted_once(printed: &mut String) -> Option<String> {
    let text = std::mem::take(printed);
    (!text.trim().is_empty()).then(|| preformatted(&text))
}

fn richest(data: &Data) -> Option<String> {
    let plain = data.plain.as_ref().map(|text| text.0.trim_end());
    if let Some(html) = data.html.as_ref().or(data.svg.as_ref()) {
        return Some(without_blank_lines(&html.0));
    }
    if let Some(png) = &data.png {
        let bytes: String = png.0.split_whitespace().collect();
        let alt = escape(plain.unwrap_or("a picture made by the cell above")).replace('\n', " ");
        return Some(format!(
            "<img alt=\"{alt}\" src=\"data:image/png;base64,{bytes}\">"
        ));
    }
    plain.map(preformatted)
}
