//! What mdBook makes a page of: the chapter with the outputs after its cells and the tables in their places.

use std::path::Path;

use serde_json::Value;

use crate::chapter::Chapter;
use crate::claims::{self, Ledger};
use crate::finding::Finding;
use crate::project::Project;

/// Does a preprocessor's work: `[context, book]` in, the book out.
///
/// # Errors
/// All that is wrong with the chapters, or a line 1 of `book.toml` for input that mdBook 0.5 does not write.
pub fn preprocess(input: &str) -> Result<Value, Vec<Finding>> {
    let unknown = || {
        vec![Finding::new(
            "book/book.toml",
            1,
            "this is not what mdBook 0.5 hands a preprocessor",
        )]
    };
    let (context, mut book): (Value, Value) = serde_json::from_str(input).map_err(|_| unknown())?;
    let root = context["root"].as_str().ok_or_else(unknown)?;
    let root = Path::new(root).parent().ok_or_else(unknown)?;
    let project = Project::new(root);
    let ledger = project.ledger().map_err(|finding| vec![finding])?;
    let mut findings = Vec::new();
    let items = book["items"].as_array_mut().ok_or_else(unknown)?;
    walk(items, &mut |chapter| {
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

fn walk(items: &mut [Value], visit: &mut impl FnMut(&mut Value)) {
    for item in items {
        // Parts and separators have no chapter.
        let Some(chapter) = item.get_mut("Chapter") else {
            continue;
        };
        visit(chapter);
        if let Some(items) = chapter["sub_items"].as_array_mut() {
            walk(items, visit);
        }
    }
}

/// Lines are counted in the file, since other preprocessors may have changed the content before.
fn rewrite(
    project: &Project,
    ledger: Option<&Ledger>,
    chapter: &mut Value,
) -> Result<(), Vec<Finding>> {
    let (Some(path), Some(content)) =
        (chapter["source_path"].as_str(), chapter["content"].as_str())
    else {
        return Ok(()); // a draft
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
        let what =
            "another preprocessor added or removed cells or claims; let ganscope run before it";
        return Err(vec![Finding::new(source.file, 1, what)]);
    }
    chapter["content"] = page(&content, &outputs, &tables).into();
    Ok(())
}

/// Puts each output after its cell and each table in its marker's place, and leaves the set-up cell out.
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
