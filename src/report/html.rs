//! A self-contained HTML page: style, script, figures and images are in one file.
//!
//! The page loads nothing from the network, and its content security policy forbids it. All text is escaped; only
//! the SVG of figures, which this crate draws, is not.

use std::fmt::Write as _;
use std::path::Path;

use super::figure::{Figure, Figures};
use super::format::{escape, thousands};
use super::key_number::KeyNumber;
use super::png;
use super::table::Table;
use crate::Result;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// Most images in a strip. If there are more, evenly spaced ones are kept, including the first and the last.
const MAX_FRAMES: usize = 16;

/// A self-contained page that is built from top to bottom.
///
/// ```
/// use ganscope::report::{Curves, Page};
/// let chart = Curves::new("Loss", "step", "nats").series("D", [(0.0, 1.0), (1.0, 0.5)]).svg()?;
/// let mut page = Page::new("Ring of <8>");
/// page.section("Training").figure(&chart, "The loss falls.").settings("Settings", "seed = 1");
/// let html = page.html();
/// assert!(html.contains("<title>Ring of &lt;8&gt;</title>") && html.ends_with("</html>\n"));
/// assert!(!html.contains("https://"));
/// # Ok::<(), ganscope::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Page {
    title: String,
    contents: Vec<(String, String)>,
    body: String,
    in_section: bool,
}

impl Page {
    /// Creates an empty page.
    pub fn new(title: &str) -> Self {
        Self {
            title: title.into(),
            contents: Vec::new(),
            body: String::new(),
            in_section: false,
        }
    }

    /// Adds the sentence below the title or the heading of a section that states the main result.
    pub fn lead(&mut self, text: &str) -> &mut Self {
        self.element("p class=\"lead\"", text)
    }

    /// Begins a section. A page with more than two sections has a table of contents.
    pub fn section(&mut self, heading: &str) -> &mut Self {
        if self.in_section {
            self.body.push_str("</section>\n");
        }
        self.in_section = true;
        let id = self.anchor();
        let _ = writeln!(
            self.body,
            "<section id=\"{id}\">\n<h2>{}</h2>",
            escape(heading)
        );
        self.contents.push((id, heading.into()));
        self
    }

    /// The `id` of the next section.
    fn anchor(&self) -> String {
        format!("section-{}", self.contents.len() + 1)
    }

    /// Adds a heading within a section.
    pub fn heading(&mut self, heading: &str) -> &mut Self {
        self.element("h3", heading)
    }

    /// Adds a paragraph.
    pub fn paragraph(&mut self, text: &str) -> &mut Self {
        self.element("p", text)
    }

    /// Adds a link to a file beside the page.
    pub fn link(&mut self, text: &str, file: &str) -> &mut Self {
        let _ = writeln!(
            self.body,
            "<p><a href=\"{}\">{}</a></p>",
            escape(file),
            escape(text)
        );
        self
    }

    /// Adds a row of key numbers.
    pub fn numbers(&mut self, numbers: &[KeyNumber]) -> &mut Self {
        self.body.push_str("<dl class=\"numbers\">\n");
        for number in numbers {
            let _ = write!(
                self.body,
                "<div><dt>{}</dt><dd><b>{}</b>",
                escape(&number.label),
                escape(&number.value)
            );
            if !number.unit.is_empty() {
                let _ = write!(self.body, " <span>{}</span>", escape(&number.unit));
            }
            let _ = writeln!(
                self.body,
                "</dd><dd class=\"protocol\">{}</dd></div>",
                escape(&number.protocol)
            );
        }
        self.body.push_str("</dl>\n");
        self
    }

    /// Adds a figure with its caption.
    pub fn figure(&mut self, svg: &str, caption: &str) -> &mut Self {
        self.figures(vec![Figure::new(svg, caption)])
    }

    /// Adds figures, side by side where there is room.
    pub fn figures(&mut self, figures: Vec<Figure>) -> &mut Self {
        self.body.push_str(&Figures(figures).html());
        self
    }

    /// Adds a table. Columns of numbers are aligned to the right.
    pub fn table(&mut self, table: &Table) -> &mut Self {
        self.body.push_str(&table.html());
        self
    }

    /// Adds a PNG file. `alt` describes it to readers who cannot see it.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) when the file cannot be read, [`Error::Data`](crate::Error::Data) when it is
    /// not a PNG.
    pub fn image(&mut self, path: &Path, alt: &str, caption: &str) -> Result<&mut Self> {
        let image = img(path, alt)?;
        let _ = writeln!(
            self.body,
            "<figure class=\"picture\">{image}<figcaption>{}</figcaption></figure>",
            escape(caption)
        );
        Ok(self)
    }

    /// Adds sample grids of the same latent vectors, given as (step, PNG file), with a slider to choose the step.
    /// Without scripts the last one is shown large and the others small.
    ///
    /// At most 16 are embedded, evenly spaced.
    ///
    /// # Errors
    /// The errors of [`Page::image`].
    pub fn strip(
        &mut self,
        frames: &[(u64, impl AsRef<Path>)],
        caption: &str,
    ) -> Result<&mut Self> {
        if frames.is_empty() {
            return Ok(self);
        }
        self.body
            .push_str("<figure class=\"strip\">\n<div class=\"frames\">\n");
        for index in evenly_spaced(frames.len(), MAX_FRAMES) {
            let (step, path) = &frames[index];
            let step = thousands(*step);
            let image = img(path.as_ref(), &format!("generated samples at step {step}"))?;
            let _ = writeln!(
                self.body,
                "<div class=\"frame\">{image}<p>step {step}</p></div>"
            );
        }
        let _ = writeln!(
            self.body,
            "</div>\n<figcaption>{}</figcaption>\n</figure>",
            escape(caption)
        );
        Ok(self)
    }

    /// Adds text that is hidden until the reader unfolds it, such as the complete configuration of a run.
    pub fn settings(&mut self, summary: &str, text: &str) -> &mut Self {
        let _ = writeln!(
            self.body,
            "<details><summary>{}</summary>\n<pre>{}</pre></details>",
            escape(summary),
            escape(text)
        );
        self
    }

    /// Returns the page as HTML.
    pub fn html(&self) -> String {
        let title = escape(&self.title);
        let mut html = format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; \
             style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"icon\" href=\"data:,\">\n\
             <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<header>\n<h1>{title}</h1>\n</header>\n"
        );
        if self.contents.len() > 2 {
            html.push_str("<nav aria-label=\"Contents\">");
            for (id, heading) in &self.contents {
                let _ = write!(html, "<a href=\"#{id}\">{}</a>", escape(heading));
            }
            html.push_str("</nav>\n");
        }
        let _ = write!(html, "<main>\n{}", self.body);
        if self.in_section {
            html.push_str("</section>\n");
        }
        let _ = write!(
            html,
            "</main>\n<footer>Made by ganscope {}. This page is a single file and works without an internet \
             connection.</footer>\n\
             <script>\n{SCRIPT}</script>\n</body>\n</html>\n",
            env!("CARGO_PKG_VERSION")
        );
        html
    }

    /// Adds an element with text; `open` is the tag's name with its attributes.
    fn element(&mut self, open: &str, text: &str) -> &mut Self {
        let name = open.split(' ').next().unwrap_or(open);
        let _ = writeln!(self.body, "<{open}>{}</{name}>", escape(text));
        self
    }
}

/// An `<img>` with an embedded PNG file.
fn img(path: &Path, alt: &str) -> Result<String> {
    let image = png::file(path)?;
    Ok(format!(
        "<img src=\"{}\" width=\"{}\" height=\"{}\" alt=\"{}\">",
        image.uri,
        image.width,
        image.height,
        escape(alt)
    ))
}

/// At most `count` of the indices `0..n`, evenly spaced, including the first and the last.
fn evenly_spaced(n: usize, count: usize) -> Vec<usize> {
    if n <= count {
        return (0..n).collect();
    }
    (0..count).map(|i| i * (n - 1) / (count - 1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_a_strip_are_evenly_spaced() {
        assert_eq!(evenly_spaced(3, 16), [0, 1, 2]);
        assert_eq!(evenly_spaced(101, 5), [0, 25, 50, 75, 100]);
    }

    #[test]
    fn a_file_that_is_not_a_png_is_an_error() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), b"GIF89a").unwrap();
        let refused = Page::new("t").image(file.path(), "a", "c").map(|_| ());
        assert!(matches!(refused, Err(crate::Error::Data { .. })));
    }
}
