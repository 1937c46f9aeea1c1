//! A table as a page, a notebook and a terminal show it.

use super::format::escape;

/// Text in rows and columns, with the sentence that says what it shows.
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
    /// What the table shows, and how it was measured.
    pub caption: String,
    /// Names of the columns.
    pub header: Vec<String>,
    /// Cells, row by row.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// An empty table.
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

    /// A column whose cells all begin like a number is aligned to the right, heading included.
    fn numeric(&self, column: usize) -> bool {
        let cells = self.rows.iter().filter_map(|row| row.get(column));
        let mut given = cells.filter(|cell| *cell != "–").peekable();
        given.peek().is_some()
            && given.all(|cell| {
                let digits = cell.trim_start_matches(['−', '-', '+']);
                digits.starts_with(|c: char| c.is_ascii_digit())
            })
    }

    /// As Markdown, without the caption: a page sets that in its own words.
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
        let rule = |column| if self.numeric(column) { "--:|" } else { "---|" };
        let rules: String = (0..self.header.len()).map(rule).collect();
        let rows: String = self.rows.iter().map(|cells| row(cells)).collect();
        format!("{}|{rules}\n{rows}", row(&self.header))
    }

    /// As a `<figure>`, for a page or a notebook.
    pub fn html(&self) -> String {
        let classes: Vec<&str> = (0..self.header.len())
            .map(|column| {
                if self.numeric(column) {
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
    /// The caption, then the columns in fixed width under their names.
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
