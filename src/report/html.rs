//! One HTML file that holds everything it shows: style, script, figures and pictures.
//!
//! The page asks nothing of any host, and its content policy forbids it to. Everything given as
//! text is escaped; only figures are taken as they are, because this crate drew them.

use std::fmt::Write as _;
use std::path::Path;

use super::format::{escape, thousands};
use super::{Figure, Figures, Table, png};
use crate::Result;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// A strip keeps at most this many pictures, evenly spaced, the last always among them.
const MOST_FRAMES: usize = 16;

/// A number for the first screen: what, how much, in which unit, measured how.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeyNumber {
    /// What is measured: `modes covered`.
    pub label: String,
    /// The number as it is to be read: `8 of 8`.
    pub value: String,
    /// Its unit, or nothing: `nats`.
    pub unit: String,
    /// How it was measured: `n = 2,500, within 3σ`.
    pub protocol: String,
}

impl KeyNumber {
    /// A key number from its four parts.
    pub fn new(
        label: &str,
        value: impl Into<String>,
        unit: &str,
        protocol: impl Into<String>,
    ) -> Self {
        Self {
            label: label.into(),
            value: value.into(),
            unit: unit.into(),
            protocol: protocol.into(),
        }
    }
}

/// A self-contained page, put together from top to bottom.
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
    open: bool,
}

impl Page {
    /// An empty page.
    pub fn new(title: &str) -> Self {
        Self {
            title: title.into(),
            contents: Vec::new(),
            body: String::new(),
            open: false,
        }
    }

    /// The sentence under the title, or under a section's heading, that says what came out.
    pub fn lead(&mut self, text: &str) -> &mut Self {
        self.element("p class=\"lead\"", text)
    }

    /// Opens a section; with more than two, the page begins with links to them.
    pub fn section(&mut self, heading: &str) -> &mut Self {
        if self.open {
            self.body.push_str("</section>\n");
        }
        self.open = true;
        let id = self.anchor();
        let _ = writeln!(
            self.body,
            "<section id=\"{id}\">\n<h2>{}</h2>",
            escape(heading)
        );
        self.contents.push((id, heading.into()));
        self
    }

    /// The `id` the next section will have.
    fn anchor(&self) -> String {
        format!("section-{}", self.contents.len() + 1)
    }

    /// A heading inside a section.
    pub fn heading(&mut self, heading: &str) -> &mut Self {
        self.element("h3", heading)
    }

    /// A paragraph.
    pub fn paragraph(&mut self, text: &str) -> &mut Self {
        self.element("p", text)
    }

    /// A row of key numbers.
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

    /// A figure of this crate, with the caption that carries its message.
    pub fn figure(&mut self, svg: &str, caption: &str) -> &mut Self {
        self.figures(vec![Figure::new(svg, caption)])
    }

    /// Figures side by side where there is room.
    pub fn figures(&mut self, figures: Vec<Figure>) -> &mut Self {
        self.body.push_str(&Figures(figures).html());
        self
    }

    /// A table; columns of numbers are aligned to the right.
    pub fn table(&mut self, table: &Table) -> &mut Self {
        self.body.push_str(&table.html());
        self
    }

    /// A PNG file; `alt` says what it shows to who cannot see it.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) when it cannot be read, [`Error::Data`](crate::Error::Data) when it is not a PNG.
    pub fn image(&mut self, path: &Path, alt: &str, caption: &str) -> Result<&mut Self> {
        let image = tag(path, alt)?;
        let _ = writeln!(
            self.body,
            "<figure class=\"picture\">{image}<figcaption>{}</figcaption></figure>",
            escape(caption)
        );
        Ok(self)
    }

    /// Pictures of the same latent vectors over time: (step, PNG file), to be flipped through with
    /// a slider or the arrow keys; without a script, the last is shown large and the others small.
    ///
    /// At most 16 are embedded, evenly spaced.
    ///
    /// # Errors
    /// As [`Page::image`].
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
        for index in evenly(frames.len(), MOST_FRAMES) {
            let (step, path) = &frames[index];
            let step = thousands(*step);
            let image = tag(path.as_ref(), &format!("generated samples at step {step}"))?;
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

    /// Text folded away, such as a run's complete configuration.
    pub fn settings(&mut self, summary: &str, text: &str) -> &mut Self {
        let _ = writeln!(
            self.body,
            "<details><summary>{}</summary>\n<pre>{}</pre></details>",
            escape(summary),
            escape(text)
        );
        self
    }

    /// The finished page.
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
        if self.open {
            html.push_str("</section>\n");
        }
        let _ = write!(
            html,
            "</main>\n<footer>Made by ganscope {}. This file holds all it shows and asks nothing of the network.</footer>\n\
             <script>\n{SCRIPT}</script>\n</body>\n</html>\n",
            env!("CARGO_PKG_VERSION")
        );
        html
    }

    fn element(&mut self, open: &str, text: &str) -> &mut Self {
        let name = open.split(' ').next().unwrap_or(open);
        let _ = writeln!(self.body, "<{open}>{}</{name}>", escape(text));
        self
    }
}

fn tag(path: &Path, alt: &str) -> Result<String> {
    let image = png::file(path)?;
    Ok(format!(
        "<img src=\"{}\" width=\"{}\" height=\"{}\" alt=\"{}\">",
        image.uri,
        image.width,
        image.height,
        escape(alt)
    ))
}

/// At most `most` of `0..n`, evenly spaced, first and last included.
fn evenly(n: usize, most: usize) -> Vec<usize> {
    if n <= most {
        return (0..n).collect();
    }
    (0..most).map(|i| i * (n - 1) / (most - 1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_thinned_evenly() {
        assert_eq!(evenly(3, 16), [0, 1, 2]);
        assert_eq!(evenly(101, 5), [0, 25, 50, 75, 100]);
    }

    #[test]
    fn a_picture_that_is_none_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), b"GIF89a").unwrap();
        let refused = Page::new("t").image(file.path(), "a", "c").map(|_| ());
        assert!(matches!(refused, Err(crate::Error::Data { .. })));
    }
}
