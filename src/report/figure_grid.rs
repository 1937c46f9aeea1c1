//! Several figures and their captions as a single SVG, for notebooks.
//!
//! A notebook keeps one output of each MIME type per cell, and many viewers (GitHub, nbviewer) remove styles
//! from HTML but show SVG. So the figures of a cell become one SVG, and the captions are drawn in it.
//!
//! Each figure is in a `<g class="figure">`, and its caption in a `<text class="caption">` whose text content
//! is the caption. The book's preprocessor (`book/tool/svg.rs`) turns these back into `<figure>` and
//! `<figcaption>`, and `notebooks/tool/compare.py` compares captions without their line breaks.

use std::fmt::Write as _;

use super::canvas::{Role, TEXT, text_width};
use super::figure::{Figure, Figures};
use super::format::escape;

/// Figures in a row.
const COLUMNS: usize = 2;
/// Distances between columns and between rows, in pixels.
const COLUMN_GAP: f64 = 40.0;
const ROW_GAP: f64 = 28.0;
/// Size and line height of a caption, in pixels.
const CAPTION_SIZE: f64 = 13.0;
const CAPTION_LINE: f64 = 18.0;
/// Distance between a figure and its caption, in pixels.
const CAPTION_GAP: f64 = 6.0;

impl Figures {
    /// Returns the figures as one SVG, in rows of two, each with its caption below it.
    ///
    /// ```
    /// use ganscope::report::{Curves, Figure, Figures};
    /// let svg = Curves::new("x", "x", "y").series("x", [(0.0, 0.0), (1.0, 1.0)]).svg()?;
    /// let pair = Figures(vec![Figure::new(svg.clone(), "Rises."), Figure::new(svg, "Rises too.")]);
    /// let grid = pair.svg();
    /// assert!(grid.contains("width=\"1120\""), "two figures of 540 pixels and the gap between them");
    /// assert!(grid.contains(">Rises too.</tspan>"));
    /// # Ok::<(), ganscope::Error>(())
    /// ```
    pub fn svg(&self) -> String {
        let widths = self.0.iter().map(|figure| figure.size().0);
        let column = widths.fold(0.0, f64::max);
        let mut body = String::new();
        let mut top = 0.0;
        for row in self.0.chunks(COLUMNS) {
            let mut row_height: f64 = 0.0;
            for (index, figure) in row.iter().enumerate() {
                let left = index as f64 * (column + COLUMN_GAP);
                let (caption, height) = caption(figure, column);
                let _ = writeln!(
                    body,
                    "<g class=\"figure\" transform=\"translate({left}, {top})\">\n{}\n{caption}</g>",
                    figure.svg.trim_end()
                );
                row_height = row_height.max(height);
            }
            top += row_height + ROW_GAP;
        }
        let columns = self.0.len().clamp(1, COLUMNS) as f64;
        let width = (columns * (column + COLUMN_GAP) - COLUMN_GAP).ceil();
        let height = (top - ROW_GAP).max(0.0).ceil();
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
             height=\"{height}\" font-family=\"system-ui, sans-serif\">\n{body}</svg>"
        )
    }
}

/// The caption of a figure as a `<text>` below it, and the height of both in pixels.
fn caption(figure: &Figure, width: f64) -> (String, f64) {
    let height = figure.size().1;
    let lines = wrapped(&figure.caption, width);
    let Some(last) = lines.len().checked_sub(1) else {
        return (String::new(), height);
    };
    let first_baseline = height + CAPTION_GAP + CAPTION_SIZE;
    let mut spans = String::new();
    for (index, line) in lines.iter().enumerate() {
        // The space between two words is kept, so that the text content is the caption.
        let space = if index == last { "" } else { " " };
        let y = first_baseline + index as f64 * CAPTION_LINE;
        let _ = write!(
            spans,
            "<tspan x=\"0\" y=\"{y}\">{}{space}</tspan>",
            escape(line)
        );
    }
    let text = format!(
        "<text class=\"caption\" font-size=\"{CAPTION_SIZE}\" fill=\"{}\">{spans}</text>\n",
        Role::Ink.css()
    );
    let bottom = height + CAPTION_GAP + lines.len() as f64 * CAPTION_LINE;
    (text, bottom)
}

/// Breaks a text into lines that are at most about `width` pixels wide.
fn wrapped(text: &str, width: f64) -> Vec<String> {
    let width_of = |words: &str| text_width(words) * CAPTION_SIZE / TEXT;
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if width_of(&format!("{line} {word}")) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.into()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(width: u32, height: u32, caption: &str) -> Figure {
        let svg = format!("<svg xmlns=\"x\" width=\"{width}\" height=\"{height}\"><svg/></svg>\n");
        Figure::new(svg, caption)
    }

    #[test]
    fn figures_stand_in_rows_of_two_that_do_not_overlap() {
        let short = || figure(540, 300, "Short.");
        let grid = Figures(vec![short(), figure(540, 440, "Tall."), short()]).svg();
        let expected = ["(0, 0)", "(580, 0)", "(0, 492)"].map(|at| format!("translate{at}"));
        let found: Vec<usize> = expected.iter().filter_map(|at| grid.find(at)).collect();
        assert!(found.len() == 3 && found.is_sorted(), "{grid}");
        // 440 + 6 + 18 for the first row, the gap of 28, and 300 + 6 + 18 for the second.
        assert!(
            grid.contains("viewBox=\"0 0 1120 816\" width=\"1120\" height=\"816\""),
            "{grid}"
        );
    }

    #[test]
    fn the_text_content_of_a_wrapped_caption_is_the_caption() {
        let caption =
            "Of the 2.32 bits in the codes, at least 1.9 < 2 & more can be read. ".repeat(4);
        let grid = Figures(vec![figure(300, 100, &caption)]).svg();
        let (_, text) = grid.split_once("<text class=\"caption\"").unwrap();
        let (text, _) = text.split_once("</text>").unwrap();
        assert!(text.matches("<tspan").count() > 4, "{text}");
        let content: String = text
            .split('<')
            .filter_map(|part| Some(part.split_once('>')?.1))
            .collect();
        assert_eq!(content, escape(caption.trim()));
    }

    #[test]
    fn a_figure_without_a_caption_has_no_text_below_it() {
        let grid = Figures(vec![figure(540, 300, "")]).svg();
        assert!(
            grid.contains("height=\"300\"") && !grid.contains("<text"),
            "{grid}"
        );
    }
}
