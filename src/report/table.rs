//! Tables for pages, notebooks, Markdown files and the terminal.

use super::format::escape;

/// A table of text with a caption.
///
/// ```
/// use ganscope::report::Table;
/// let table = Table::new("Losses at step 100", &["player", "loss, nats"])
///     .row(["D", "1.386"])
///     .row(["G", "0.693"]);
/// assert!(table.html().contains("<td class=\"n\">1.386</td>"));
/// assert_eq!(table.to_string().lines().nth(3), Some("D       1.386"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// What the table shows and how it was measured.
    pub caption: String,
    /// Column names.
    pub header: Vec<String>,
    /// Cells of each row.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// Creates a table without rows.
    pub fn new(caption: &str, header: &[&str]) -> Self {
        Table {
            caption: caption.into(),
            header: header.iter().map(|&name| name.into()).collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row.
    pub fn row<S: Into<String>>(mut self, cells: impl IntoIterator<Item = S>) -> Self {
        self.rows.push(cells.into_iter().map(Into::into).collect());
        self
    }

    /// Whether all cells of a column begin like a number. Such a column is aligned to the right.
    fn is_numeric(&self, column: usize) -> bool {
        let cells = self.rows.iter().filter_map(|row| row.get(column));
        let mut present = cells.filter(|cell| *cell != "–").peekable();
        present.peek().is_some()
            && present.all(|cell| {
                let digits = cell.trim_start_matches(['−', '-', '+']);
                digits.starts_with(|c: char| c.is_ascii_digit())
            })
    }

    /// Returns the table as Markdown, without the caption.
    ///
    /// ```
    /// let table = ganscope::report::Table::new("", &["player", "loss"]).row(["D|G", "1.386"]);
    /// assert_eq!(table.markdown(), "| player | loss |\n|---|--:|\n| D\\|G | 1.386 |\n");
    /// ```
    pub fn markdown(&self) -> String {
        let row = |cells: &[String]| {
            let safe = |cell: &String| cell.replace('|', "\\|").replace('<', "&lt;");
            let cells: Vec<String> = cells.iter().map(safe).collect();
            format!("| {} |\n", cells.join(" | "))
        };
        let rule = |column| {
            if self.is_numeric(column) {
                "--:|"
            } else {
                "---|"
            }
        };
        let rules: String = (0..self.header.len()).map(rule).collect();
        let rows: String = self.rows.iter().map(|cells| row(cells)).collect();
        format!("{}|{rules}\n{rows}", row(&self.header))
    }

    /// Returns the table as an HTML `<figure>`.
    pub fn html(&self) -> String {
        let classes: Vec<&str> = (0..self.header.len())
            .map(|column| {
                if self.is_numeric(column) {
                    " class=\"n\""
                } else {
                    ""
                }
            })
            .collect();
        let row = |tag: &str, cells: &[String]| {
            let cell = |(i, text): (usize, &String)| {
                let class = classes.get(i).unwrap_or(&"");
                format!("<{tag}{class}>{}</{tag}>", escape(text))
            };
            let cells: String = cells.iter().enumerate().map(cell).collect();
            format!("<tr>{cells}</tr>\n")
        };
        let rows: String = self.rows.iter().map(|cells| row("td", cells)).collect();
        format!(
            "<figure class=\"table\"><figcaption>{}</figcaption>\n<div class=\"scroll\"><table>\n\
             <thead>{}</thead>\n<tbody>\n{rows}</tbody></table></div></figure>\n",
            escape(&self.caption),
            row("th", &self.header)
        )
    }
}

impl std::fmt::Display for Table {
    /// Writes the caption, then the columns with a fixed width.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let lines = || std::iter::once(&self.header).chain(&self.rows);
        let width = |column: usize| {
            let cells = lines().filter_map(|line| line.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.header.len()).map(width).collect();
        writeln!(f, "{}\n", self.caption)?;
        for (i, line) in lines().enumerate() {
            if i > 0 {
                writeln!(f)?;
            }
            let cells = line
                .iter()
                .zip(&widths)
                .map(|(cell, &w)| format!("{cell:w$}"));
            f.write_str(cells.collect::<Vec<_>>().join("  ").trim_end())?;
        }
        Ok(())
    }
}
