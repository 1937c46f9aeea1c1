//! Figures with their captions, alone and in a row.

use super::format::escape;

/// An SVG of this crate with the caption that carries its message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// `<svg …>…</svg>`, put into pages as it is.
    pub svg: String,
    /// What one is to see in it.
    pub caption: String,
}

/// Figures side by side where there is room.
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
    /// A figure.
    pub fn new(svg: impl Into<String>, caption: impl Into<String>) -> Self {
        Figure {
            svg: svg.into(),
            caption: caption.into(),
        }
    }

    /// As a `<figure>`.
    pub fn html(&self) -> String {
        format!(
            "<figure{}>{}<figcaption>{}</figcaption></figure>\n",
            if self.is_tall() {
                " class=\"tall\""
            } else {
                ""
            },
            self.svg,
            escape(&self.caption)
        )
    }

    /// Whether the figure is about as tall as two charts, going by its own opening tag.
    fn is_tall(&self) -> bool {
        let size = |name: &str| -> Option<f64> {
            let (_, after) = self.svg.split_once(&format!(" {name}=\""))?;
            after.split('"').next()?.parse().ok()
        };
        size("height") > size("width")
    }
}

impl Figures {
    /// As a `<div>` of figures. The style beside the class is for notebooks, which have no sheet of
    /// ours.
    pub fn html(&self) -> String {
        let figures: String = self.0.iter().map(Figure::html).collect();
        format!(
            "<div class=\"figures\" style=\"display: grid; gap: 28px 40px; \
             grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr))\">\n{figures}</div>\n"
        )
    }

    /// The captions, one to a line.
    pub fn captions(&self) -> String {
        let captions: Vec<&str> = self.0.iter().map(|f| f.caption.as_str()).collect();
        captions.join("\n")
    }
}
