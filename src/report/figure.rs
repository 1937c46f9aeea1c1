//! Figures with their captions.

use super::format::escape;

/// Size in pixels that is assumed for an SVG whose opening tag does not say it.
const DEFAULT_SIZE: (f64, f64) = (540.0, 300.0);

/// An SVG drawn by this crate, with a caption that states its message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// The picture, `<svg …>…</svg>`. It is not escaped when it is put into a page.
    pub svg: String,
    /// Caption as plain text: the message first, then what is drawn.
    pub caption: String,
}

/// Several figures, shown side by side where there is room.
///
/// ```
/// use ganscope::report::{Curves, Figure, Figures};
/// let svg = Curves::new("x", "x", "y").series("x", [(0.0, 0.0), (1.0, 1.0)]).svg()?;
/// let pair = Figures(vec![Figure::new(svg.clone(), "Rises."), Figure::new(svg, "Rises too.")]);
/// assert_eq!(pair.html().matches("<figcaption>").count(), 2);
/// assert_eq!(pair.captions(), "Rises.\nRises too.");
/// # Ok::<(), ganscope::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures(pub Vec<Figure>);

impl Figure {
    /// Creates a figure from an SVG and its caption.
    pub fn new(svg: impl Into<String>, caption: impl Into<String>) -> Self {
        Figure {
            svg: svg.into(),
            caption: caption.into(),
        }
    }

    /// Returns the figure as an HTML `<figure>`.
    pub fn html(&self) -> String {
        // The style sheet of a page gives a figure that is higher than wide two rows of the grid.
        let (width, height) = self.size();
        let class = if height > width {
            " class=\"tall\""
        } else {
            ""
        };
        format!(
            "<figure{class}>{}<figcaption>{}</figcaption></figure>\n",
            self.svg,
            escape(&self.caption)
        )
    }

    /// Width and height in pixels, from the opening tag of the SVG.
    pub(super) fn size(&self) -> (f64, f64) {
        let tag = self.svg.split('>').next().unwrap_or_default();
        let attribute = |name: &str| -> Option<f64> {
            let (_, after) = tag.split_once(&format!(" {name}=\""))?;
            after.split('"').next()?.parse().ok()
        };
        attribute("width")
            .zip(attribute("height"))
            .unwrap_or(DEFAULT_SIZE)
    }
}

impl Figures {
    /// Returns the figures as an HTML `<div>`.
    pub fn html(&self) -> String {
        let figures: String = self.0.iter().map(Figure::html).collect();
        format!("<div class=\"figures\">\n{figures}</div>\n")
    }

    /// Returns the captions, one per line.
    pub fn captions(&self) -> String {
        let captions: Vec<&str> = self.0.iter().map(|f| f.caption.as_str()).collect();
        captions.join("\n")
    }
}
