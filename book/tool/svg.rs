//! Figures in the SVG output of a cell.
//!
//! The notebook needs the figures of a cell and their captions in one SVG (`src/report/figure_grid.rs`). A page of
//! the book has room for `<figure>` and `<figcaption>`, whose text can be searched, resized and read aloud.

/// Start of a figure, and of the caption in it, as the crate writes them.
const FIGURE: &str = "<g class=\"figure\"";
const CAPTION: &str = "<text class=\"caption\"";

/// Returns the figures of an SVG as HTML. `text` is the caption, as HTML, of an SVG that this crate did not draw.
pub fn figures(svg: &str, text: Option<&str>) -> String {
    let groups: Vec<&str> = svg.split(FIGURE).skip(1).collect();
    let figures: Vec<String> = groups.iter().filter_map(|group| figure(group)).collect();
    match &figures[..] {
        [] => element(svg, text.unwrap_or_default()),
        [figure] => figure.clone(),
        _ => format!("<div class=\"figures\">\n{}\n</div>", figures.join("\n")),
    }
}

/// A figure from the text after `<g class="figure"`.
fn figure(group: &str) -> Option<String> {
    let (_, content) = group.split_once('>')?;
    let (content, _) = content.rsplit_once("</g>")?;
    let (svg, caption) = content.split_once(CAPTION).unwrap_or((content, ""));
    Some(element(svg, &text_content(caption)))
}

/// The text of an element's children, still escaped, from the text after the element's name.
fn text_content(element: &str) -> String {
    let parts = element.split('<').filter_map(|part| part.split_once('>'));
    parts.map(|(_, text)| text).collect()
}

fn element(svg: &str, caption: &str) -> String {
    let caption = match caption.trim() {
        "" => String::new(),
        caption => format!("\n<figcaption>{caption}</figcaption>"),
    };
    format!("<figure>\n{}{caption}\n</figure>", svg.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "<g class=\"figure\" transform=\"translate(0, 0)\">\n<svg width=\"5\"><g><path/></g>\n</svg>\n\
                       <text class=\"caption\" fill=\"x\"><tspan x=\"0\">D &lt; G </tspan><tspan x=\"0\">here.</tspan></text>\n</g>\n";
    const TWO: &str = "<g class=\"figure\" transform=\"translate(9, 0)\">\n<svg/>\n</g>\n";

    #[test]
    fn a_drawn_caption_becomes_a_figcaption() {
        let svg = format!("<svg xmlns=\"x\">\n{ONE}</svg>");
        let expected = "<figure>\n<svg width=\"5\"><g><path/></g>\n</svg>\n\
                        <figcaption>D &lt; G here.</figcaption>\n</figure>";
        assert_eq!(figures(&svg, Some("unused")), expected);
    }

    #[test]
    fn a_grid_becomes_one_figure_for_each_of_its_parts() {
        let html = figures(&format!("<svg xmlns=\"x\">\n{ONE}{TWO}</svg>"), None);
        assert!(
            html.starts_with("<div class=\"figures\">\n<figure>"),
            "{html}"
        );
        assert_eq!(html.matches("<figcaption>").count(), 1, "{html}");
        assert!(
            html.ends_with("<figure>\n<svg/>\n</figure>\n</div>"),
            "{html}"
        );
    }

    #[test]
    fn any_other_svg_is_one_figure_with_the_plain_text_as_its_caption() {
        let html = figures("<svg><text>a</text></svg>\n", Some("A &amp; B"));
        let expected =
            "<figure>\n<svg><text>a</text></svg>\n<figcaption>A &amp; B</figcaption>\n</figure>";
        assert_eq!(html, expected);
    }
}
