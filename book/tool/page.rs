//! The mdBook preprocessor: adds the outputs after the cells of a chapter and the tables of claims.

use std::path::Path;

use serde_json::Value;

use crate::chapter::Chapter;
use crate::claims::{self, Ledger};
use crate::finding::Finding;
use crate::project::Project;

/// Preprocesses a book, from the `[context, book]` that mdBook passes, and returns it.
///
/// # Errors
/// All problems of the chapters, or one in `book.toml` for input that is not from mdBook 0.5.
pub fn preprocess(input: &str) -> Result<Value, Vec<Finding>> {
    let unknown = || {
        vec![Finding::new(
            "book/book.toml",
            1,
            "the input is not what mdBook 0.5 passes to a preprocessor",
        )]
    };
    let (context, mut book): (Value, Value) = serde_json::from_str(input).map_err(|_| unknown())?;
    let root = context["root"].as_str().ok_or_else(unknown)?;
    let root = Path::new(root).parent().ok_or_else(unknown)?;
    let project = Project::new(root);
    let ledger = project.ledger().map_err(|finding| vec![finding])?;
    let mut findings = Vec::new();
    let items = book["items"].as_array_mut().ok_or_else(unknown)?;
    for_each_chapter(items, &mut |chapter| {
        findings.extend(
            rewrite(&project, ledger.as_ref(), chapter)
                .err()
                .unwrap_or_default(),
        );
    });
    if findings.is_empty() {
        Ok(book)
    } else {
        Err(findings)
    }
}

fn for_each_chapter(items: &mut [Value], visit: &mut impl FnMut(&mut Value)) {
    for item in items {
        // Part titles and separators are not chapters.
        let Some(chapter) = item.get_mut("Chapter") else {
            continue;
        };
        visit(chapter);
        if let Some(items) = chapter["sub_items"].as_array_mut() {
            for_each_chapter(items, visit);
        }
    }
}

/// Replaces the content of a chapter. Line numbers in messages are those of the file, because other preprocessors may
/// have changed the content.
fn rewrite(
    project: &Project,
    ledger: Option<&Ledger>,
    chapter: &mut Value,
) -> Result<(), Vec<Finding>> {
    let (Some(path), Some(content)) =
        (chapter["source_path"].as_str(), chapter["content"].as_str())
    else {
        return Ok(()); // A draft has no file.
    };
    let source = project.chapter(&format!("book/src/{path}"))?;
    let outputs = project.outputs(&source)?;
    let tables: Result<Vec<String>, Finding> = claims::markers(&source)
        .iter()
        .map(|marker| claims::table(&source.file, marker, ledger))
        .collect();
    let tables = tables.map_err(|finding| vec![finding])?;
    let content = Chapter::parse(&source.file, content)?;
    if content.cells().count() != outputs.len() || claims::markers(&content).len() != tables.len() {
        let message = "another preprocessor added or removed cells or tables of claims; let ganscope run before it";
        return Err(vec![Finding::new(source.file, 1, message)]);
    }
    chapter["content"] = page(&content, &outputs, &tables).into();
    Ok(())
}

/// Inserts each output after its cell, replaces each marker by its table, and removes the set-up cell.
fn page(chapter: &Chapter, outputs: &[Option<String>], tables: &[String]) -> String {
    let mut blocks: Vec<(usize, &str)> = Vec::new();
    let mut dropped = Vec::new();
    for (number, (fence, output)) in chapter.cells().zip(outputs).enumerate() {
        if number == 0 {
            let followed = chapter
                .lines
                .get(fence.lines.end)
                .is_some_and(|l| l.trim().is_empty());
            dropped.extend(fence.lines.start..fence.lines.end + usize::from(followed));
        }
        blocks.extend(
            output
                .as_deref()
                .map(|output| (fence.lines.end - 1, output)),
        );
    }
    for (marker, table) in claims::markers(chapter).iter().zip(tables) {
        dropped.push(marker.index);
        blocks.push((marker.index, table));
    }
    let mut page = String::new();
    for (index, line) in chapter.lines.iter().enumerate() {
        if !dropped.contains(&index) {
            page.push_str(line);
            page.push('\n');
        }
        for (_, block) in blocks.iter().filter(|(at, _)| *at == index) {
            page.push_str(&format!("\n{block}\n\n"));
        }
    }
    page
}
