//! HTML that a Markdown processor leaves unchanged.

/// Escapes text for HTML. Braces are escaped too, so that mdBook does not expand `{{#include}}` in the output of a cell.
pub fn escape(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '{' => html.push_str("&#123;"),
            '\r' => {}
            c => html.push(c),
        }
    }
    html
}

/// Returns text as a `<pre>` block on one line. Line breaks become character references, because in Markdown a blank
/// line would end the HTML.
pub fn preformatted(text: &str) -> String {
    let lines = escape(text.trim_end_matches('\n')).replace('\n', "&#10;");
    format!("<pre class=\"output-text\">{lines}</pre>")
}

/// Removes blank lines from HTML. Within a `<pre>`, line breaks become character references instead.
pub fn without_blank_lines(html: &str) -> String {
    let html = html.replace("{{#", "&#123;{#").replace('\r', "");
    let mut packed = String::with_capacity(html.len());
    let mut rest = html.as_str();
    while let Some(start) = rest.find("<pre") {
        let length = rest[start..].find("</pre>").unwrap_or(rest.len() - start);
        packed.push_str(&rest[..start]);
        packed.push_str(&rest[start..start + length].replace('\n', "&#10;"));
        rest = &rest[start + length..];
    }
    packed.push_str(rest);
    let lines = packed.lines().filter(|line| !line.trim().is_empty());
    lines.collect::<Vec<_>>().join("\n")
}

/// Returns the sources of the images in HTML.
pub fn pictures(html: &str) -> Vec<&str> {
    let tags = ["<img", "<image", "<video", "<source"];
    let starts = |tag| html.match_indices(tag).map(|(at, _)| at);
    let mut starts: Vec<usize> = tags.into_iter().flat_map(starts).collect();
    starts.sort_unstable();
    starts.dedup();
    let sources = starts.into_iter().flat_map(|start| {
        let tag = html[start..].split('>').next().unwrap_or_default();
        ["src", "href"]
            .into_iter()
            .filter_map(|name| attribute(tag, name))
    });
    sources.collect()
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let (_, value) = tag.split_once(&format!("{name}="))?;
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    value[1..].split(quote).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_and_keeps_its_blank_lines() {
        let html = preformatted("a < b && \"c\"\n\n{{#include x}}\n");
        assert_eq!(
            html,
            "<pre class=\"output-text\">a &lt; b &amp;&amp; &quot;c&quot;&#10;&#10;&#123;&#123;#include x}}</pre>"
        );
    }

    #[test]
    fn blank_lines_are_removed_except_in_pre() {
        let html = "<table>\n\n  \n<tr>\n</table>\n<pre>a\n\nb</pre>\n\n<i>{{#x}}</i>\n";
        let expected = "<table>\n<tr>\n</table>\n<pre>a&#10;&#10;b</pre>\n<i>&#123;{#x}}</i>";
        assert_eq!(without_blank_lines(html), expected);
        assert_eq!(without_blank_lines("<pre>a\n\nb"), "<pre>a&#10;&#10;b");
    }

    #[test]
    fn only_images_count_as_pictures() {
        let html = r#"<a href="a.html"><img alt="x" src="figures/a.png"></a><svg><image href='b.png'/></svg>"#;
        assert_eq!(pictures(html), ["figures/a.png", "b.png"]);
    }
}
