//! Output of this crate's types in a notebook cell.
//!
//! evcxr calls the method `evcxr_display` of a cell's last value and reads the output between the markers that
//! this prints, for each MIME type. Each type that a reader looks at has such a method. It is not a trait, because
//! a cell would have to import the trait.
//!
//! Figures are `image/svg+xml` and images `image/png`, so that they are visible where HTML is removed (GitHub,
//! nbviewer). Every output has a `text/plain` form as well.

use std::fmt;

use crate::claims::{Claim, Finding, Ledger};
use crate::data::{Factors, Samples, Sprite, encode_grid};
use crate::error::Result;
use crate::evaluate::{Comparison, ImageQuality, ModeCoverage, SpriteCoverage};
use crate::explain::{Explanation, Section};
use crate::nn::{Network, NetworkSpec};
use crate::report::format::{escape, short, thousands};
use crate::report::{Curves, Figure, Figures, PhasePlane, Plane, RunReport, Table, png};
use crate::train::{Diagnosis, Run};

/// Images per row of a grid of samples.
const GRID_COLUMNS: usize = 12;

/// Rows of a table of samples.
const TABLE_ROWS: usize = 8;

/// Output of a cell in two forms.
#[derive(Debug)]
struct Output {
    /// Text that is printed before the output.
    printed: String,
    /// MIME type of `content`.
    mime: &'static str,
    /// The form that a notebook shows.
    content: String,
    /// The form that is shown where there is only text.
    text: String,
}

impl Output {
    fn new(mime: &'static str, content: String, text: String) -> Self {
        Output {
            printed: String::new(),
            mime,
            content,
            text,
        }
    }

    fn table(table: &Table) -> Self {
        Output::new("text/html", table.html(), table.to_string())
    }

    fn preformatted(text: String) -> Self {
        Output::new("text/html", preformatted(&text), text)
    }

    fn figures(figures: &Figures) -> Self {
        Output::new("image/svg+xml", figures.svg(), figures.captions())
    }

    /// A chart without a caption: its title is part of the drawing.
    fn chart(svg: String, description: String) -> Self {
        let grid = Figures(vec![Figure::new(svg, "")]).svg();
        Output::new("image/svg+xml", grid, description)
    }

    /// Images [n, channels, height, width] as a grid.
    fn images(values: &[f32], shape: &crate::data::SampleShape, text: String) -> Result<Self> {
        let (bytes, _, _) = encode_grid(values, shape, GRID_COLUMNS)?;
        Ok(Output::new("image/png", png::base64(&bytes), text))
    }
}

/// evcxr's protocol.
impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.printed.is_empty() {
            writeln!(f, "{}", self.printed)?;
        }
        for (mime, content) in [(self.mime, &self.content), ("text/plain", &self.text)] {
            writeln!(
                f,
                "EVCXR_BEGIN_CONTENT {mime}\n{}\nEVCXR_END_CONTENT",
                content.trim_end()
            )?;
        }
        Ok(())
    }
}

fn preformatted(text: &str) -> String {
    format!("<pre>{}</pre>", escape(text))
}

macro_rules! display {
    ($($(#[$doc:meta])* $type:ty => |$value:ident| $output:expr;)*) => {$(
        impl $type {
            $(#[$doc])*
            pub fn evcxr_display(&self) {
                fn output($value: &$type) -> Result<Output> {
                    Ok($output)
                }
                match output(self) {
                    Ok(output) => print!("{output}"),
                    Err(problem) => eprintln!("{problem}"),
                }
            }
        }
    )*};
}

display! {
    /// Shows the figure with its caption in a notebook cell.
    Figure => |figure| Output::figures(&Figures(vec![figure.clone()]));
    /// Shows the figures in rows of two, each with its caption, in a notebook cell.
    Figures => |figures| Output::figures(figures);
    /// Shows the findings of every method in a notebook cell.
    Explanation => |found| Output::preformatted(found.to_string());
    /// Shows the figures of one method, each with its caption, in a notebook cell.
    Section => |section| Output::figures(&section.figures());
    /// Shows the table in a notebook cell.
    Table => |table| Output::table(table);
    /// Shows the chart in a notebook cell.
    Curves => |chart| Output::chart(chart.svg()?, chart.description());
    /// Shows the figure with its caption in a notebook cell.
    Plane => |plane| Output::figures(&Figures(vec![Figure::new(plane.svg()?, plane.caption()?)]));
    /// Shows the phase portrait in a notebook cell.
    PhasePlane => |plane| Output::chart(plane.svg()?, plane.description());
    /// Shows the layers as a table in a notebook cell.
    NetworkSpec => |spec| Output::table(&layers(spec, "network")?);
    /// Shows the layers as a table in a notebook cell.
    Network => |network| Output::table(&layers(network.spec(), network.name())?);
    /// Shows the measurements with their protocol in a notebook cell.
    ModeCoverage => |coverage| Output::preformatted(coverage.to_string());
    /// Shows the measurements with their protocol in a notebook cell.
    ImageQuality => |quality| Output::preformatted(quality.to_string());
    /// Shows the measurements of generated images next to those of real ones in a notebook cell.
    Comparison => |comparison| Output::preformatted(comparison.to_string());
    /// Shows how well each factor is reproduced in a notebook cell.
    SpriteCoverage => |coverage| Output::preformatted(coverage.to_string());
    /// Shows images as a grid, and points or rows as a table of the first eight, in a notebook cell.
    Samples => |samples| samples_output(samples)?;
    /// Shows the sprite as an image in a notebook cell.
    Sprite => |sprite| {
        let mut image = [0.0; 1024];
        sprite.render_into(&mut image);
        Output::images(&image, &sprite_shape(), format!("{sprite:?}"))?
    };
    /// Shows the sprite with these factors as an image in a notebook cell.
    Factors => |factors| {
        Output::images(&crate::data::render(factors), &sprite_shape(), format!("{factors:?}"))?
    };
    /// Prints the verdict and the key numbers, and shows the figures of the report in a notebook cell.
    RunReport => |report| report_output(report)?;
    /// Prints the verdict and the key numbers of the run, and shows its figures in a notebook cell.
    Run => |run| report_output(&RunReport::of(run)?)?;
    /// Shows the verdict with its evidence and the layers as a table in a notebook cell.
    Diagnosis => |diagnosis| {
        let (summary, table) = (diagnosis.summary(), diagnosis.table());
        let html = preformatted(&summary) + &table.html();
        Output::new("text/html", html, format!("{summary}\n\n{table}"))
    };
    /// Shows the claim and the rule that decides it in a notebook cell.
    Claim => |claim| Output::preformatted(claim.to_string());
    /// Shows the verdict and its evidence in a notebook cell.
    Finding => |finding| Output::table(&finding.table());
    /// Shows the ledger as a table in a notebook cell.
    Ledger => |ledger| Output::table(&ledger.table());
}

/// Table of the layers with their output shapes and numbers of parameters.
fn layers(spec: &NetworkSpec, name: &str) -> Result<Table> {
    let shapes = spec.shapes(name)?;
    let network = Network::new(name, spec, 0, crate::random::Stream::GeneratorInit)?;
    let mut counts = vec![0; spec.layers.len()];
    for (parameter, values) in network.parameters() {
        let layer = parameter.split('.').next().and_then(|i| i.parse().ok());
        if let Some(count) = layer.and_then(|i: usize| counts.get_mut(i)) {
            *count += values.values().len();
        }
    }
    let total = thousands(counts.iter().sum::<usize>() as u64);
    let caption = format!("{name}: input {}, {total} parameters", spec.input);
    let mut table = Table::new(&caption, &["", "layer", "output", "parameters"]);
    for (i, ((layer, shape), count)) in spec.layers.iter().zip(shapes).zip(counts).enumerate() {
        let count = match count {
            0 => "–".into(),
            n => thousands(n as u64),
        };
        table = table.row([i.to_string(), layer.to_string(), shape.to_string(), count]);
    }
    Ok(table)
}

fn sprite_shape() -> crate::data::SampleShape {
    crate::data::SampleShape::Image {
        channels: 1,
        height: 32,
        width: 32,
    }
}

fn samples_output(samples: &Samples) -> Result<Output> {
    let text = format!("{} samples of {}", samples.len(), samples.shape);
    if matches!(samples.shape, crate::data::SampleShape::Image { .. }) {
        return Output::images(&samples.values, &samples.shape, text);
    }
    let names: Vec<&str> = samples.columns.iter().map(String::as_str).collect();
    let caption = if samples.len() > TABLE_ROWS {
        format!("{text}, of which the first {TABLE_ROWS} are shown")
    } else {
        text
    };
    let mut table = Table::new(&caption, &names);
    for row in (0..samples.len().min(TABLE_ROWS)).filter_map(|i| samples.row(i)) {
        table = table.row(row.iter().map(|&v| short(v.into())));
    }
    Ok(Output::table(&table))
}

/// A notebook shows either HTML or SVG. So the text of a report is printed and its figures are shown.
fn report_output(report: &RunReport) -> Result<Output> {
    let mut lines = vec![report.title.clone()];
    lines.extend(report.verdict());
    let numbers = report.summary.iter();
    lines.extend(numbers.map(|n| format!("{}: {} {}", n.label, n.value, n.unit).trim().into()));
    let printed = lines.join("\n");
    let figures = Figures(report.figures()?);
    Ok(if figures.0.is_empty() {
        Output::preformatted(printed)
    } else {
        Output {
            printed,
            ..Output::figures(&figures)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::SampleShape;

    /// The parts of a printed output as (MIME type, content), as evcxr reads them.
    fn parts(output: &Output) -> Vec<(String, String)> {
        let printed = output.to_string();
        let parts = printed.split("EVCXR_BEGIN_CONTENT ").skip(1);
        let part = |part: &str| {
            let (mime, content) = part.split_once('\n').unwrap();
            let content = content.strip_suffix("\nEVCXR_END_CONTENT\n").unwrap();
            (mime.into(), content.into())
        };
        parts.map(part).collect()
    }

    fn chart() -> Curves {
        Curves::new("Losses", "step", "nats").series("D", [(0.0, 1.0), (1.0, 0.5)])
    }

    #[test]
    fn figures_are_svg_with_their_captions_and_plain_text_is_the_captions() {
        let figure = |caption: &str| Figure::new(chart().svg().unwrap(), caption);
        let figures = Figures(vec![figure("It falls."), figure("It falls again.")]);
        let parts = parts(&Output::figures(&figures));
        let mimes: Vec<&str> = parts.iter().map(|(mime, _)| mime.as_str()).collect();
        assert_eq!(mimes, ["image/svg+xml", "text/plain"]);
        let (svg, text) = (&parts[0].1, &parts[1].1);
        assert!(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""));
        assert!(svg.ends_with("</svg>") && svg.contains(">It falls again.</tspan>"));
        assert_eq!(text, "It falls.\nIt falls again.");
    }

    #[test]
    fn the_plain_text_of_a_chart_is_a_description_and_not_its_points() {
        let many = (0..5000).map(|i| (f64::from(i), f64::from(i)));
        let chart = chart().series("G", many);
        let output = Output::chart(chart.svg().unwrap(), chart.description());
        assert_eq!(output.mime, "image/svg+xml");
        assert_eq!(
            output.text,
            "Losses. Vertical axis: nats. Horizontal axis: step. Curves: D, G."
        );
    }

    #[test]
    fn images_are_png_and_points_a_table() {
        let image = SampleShape::Image {
            channels: 1,
            height: 2,
            width: 2,
        };
        let mut samples = Samples {
            shape: image,
            columns: vec![],
            values: vec![0.0; 8],
        };
        let output = samples_output(&samples).unwrap();
        assert_eq!(
            (output.mime, &output.content[..8]),
            ("image/png", "iVBORw0K")
        );
        samples.shape = SampleShape::Vector { len: 2 };
        samples.columns = vec!["x".into(), "y".into()];
        let output = samples_output(&samples).unwrap();
        assert!(output.mime == "text/html" && output.text.starts_with("4 samples of"));
    }

    #[test]
    fn a_report_prints_its_key_numbers_before_its_figures() {
        let coverage =
            crate::evaluate::mode_coverage(&[[1.0, 0.0]; 9], &crate::data::Mixture::ring8());
        let report = RunReport {
            title: "nsgan on ring8".into(),
            coverage: Some(coverage.unwrap()),
            ..RunReport::default()
        };
        let output = report_output(&report.summarise()).unwrap();
        let printed = output.to_string();
        let (before, _) = printed
            .split_once("EVCXR_BEGIN_CONTENT image/svg+xml")
            .unwrap();
        assert!(before.starts_with("nsgan on ring8\n") && before.contains("modes covered: 1 of 8"));
    }
}
