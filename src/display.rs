//! What a notebook cell shows of our types: HTML where there is a screen, text everywhere else.
//!
//! evcxr calls the method `evcxr_display` of a cell's last value, and reads from standard output
//! what stands between its markers. Each type a reader looks at has one; it is no trait, because a
//! cell would have to import that.

use crate::claims::{Claim, Finding, Ledger};
use crate::data::{Factors, Samples, Sprite, encode_grid};
use crate::evaluate::{Comparison, ImageQuality, ModeCoverage, SpriteCoverage};
use crate::nn::{Network, NetworkSpec};
use crate::train::{Diagnosis, Run};

use crate::report::format::{escape, short, thousands};
use crate::report::{Curves, Figure, Figures, PhasePlane, Plane, RunReport, Table, png};

/// Images to a row of a notebook's grid.
const GRID_COLUMNS: usize = 12;

fn show(html: &str, text: &str) {
    println!(
        "EVCXR_BEGIN_CONTENT text/html\n{html}\nEVCXR_END_CONTENT\n\
         EVCXR_BEGIN_CONTENT text/plain\n{text}\nEVCXR_END_CONTENT"
    );
}

fn show_or_say(made: crate::Result<(String, String)>) {
    match made {
        Ok((html, text)) => show(&html, &text),
        Err(problem) => eprintln!("{problem}"),
    }
}

fn preformatted(text: &str) -> String {
    format!("<pre>{}</pre>", escape(text))
}

macro_rules! display {
    ($($(#[$doc:meta])* $type:ty => |$this:ident| $made:expr;)*) => {$(
        impl $type {
            $(#[$doc])*
            pub fn evcxr_display(&self) {
                fn made($this: &$type) -> crate::Result<(String, String)> {
                    Ok($made)
                }
                show_or_say(made(self));
            }
        }
    )*};
}

display! {
    /// The figure in a notebook cell; its caption where there is only text.
    Figure => |f| (f.html(), f.caption.clone());
    /// The figures side by side; their captions where there is only text.
    Figures => |f| (f.html(), f.captions());
    /// The table in a notebook cell.
    Table => |t| (t.html(), t.to_string());
    /// The chart in a notebook cell.
    Curves => |c| (c.svg()?, format!("{c:?}"));
    /// The figure in a notebook cell.
    Plane => |p| (Figure::new(p.svg()?, p.caption()?).html(), p.caption()?);
    /// The figure in a notebook cell.
    PhasePlane => |p| (p.svg()?, format!("{p:?}"));
    /// The layers as a table.
    NetworkSpec => |spec| {
        let table = layers(spec, "network")?;
        (table.html(), table.to_string())
    };
    /// The layers as a table.
    Network => |network| {
        let table = layers(network.spec(), network.name())?;
        (table.html(), table.to_string())
    };
    /// How many modes, how well, how evenly.
    ModeCoverage => |coverage| (preformatted(&coverage.to_string()), coverage.to_string());
    /// The measures with their protocol.
    ImageQuality => |quality| (preformatted(&quality.to_string()), quality.to_string());
    /// The measures beside those of real images.
    Comparison => |compared| (preformatted(&compared.to_string()), compared.to_string());
    /// How the factors are met.
    SpriteCoverage => |coverage| (preformatted(&coverage.to_string()), coverage.to_string());
    /// Images as a grid, points and rows as a table of the first eight.
    Samples => |samples| of_samples(samples)?;
    /// The sprite's picture.
    Sprite => |sprite| {
        let mut image = [0.0; 1024];
        sprite.render_into(&mut image);
        (picture(&image, &sprite_shape())?, format!("{sprite:?}"))
    };
    /// The picture of that combination.
    Factors => |factors| {
        (picture(&crate::data::render(factors), &sprite_shape())?, format!("{factors:?}"))
    };
    /// The report's figures and key numbers.
    RunReport => |report| of_report(report)?;
    /// The run's figures and key numbers.
    Run => |run| of_report(&RunReport::of(run)?)?;
    /// The verdict with its evidence, and the layers as a table.
    Diagnosis => |found| {
        let (words, table) = (found.words(), found.table());
        (preformatted(&words) + &table.html(), format!("{words}\n\n{table}"))
    };
    /// The claim and how it is decided.
    Claim => |claim| (preformatted(&claim.to_string()), claim.to_string());
    /// The verdict and its evidence.
    Finding => |finding| {
        let table = finding.table();
        (table.html(), table.to_string())
    };
    /// The ledger as a table.
    Ledger => |ledger| {
        let table = ledger.table();
        (table.html(), table.to_string())
    };
}

/// Layer by layer: what it is, what leaves it, how many numbers it learns.
fn layers(spec: &NetworkSpec, name: &str) -> crate::Result<Table> {
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
    let mut table = Table::new(&caption, &["", "layer", "leaves it", "parameters"]);
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

fn picture(values: &[f32], shape: &crate::data::SampleShape) -> crate::Result<String> {
    let (bytes, width, height) = encode_grid(values, shape, GRID_COLUMNS)?;
    let uri = png::uri(&bytes);
    Ok(format!(
        "<img src=\"{uri}\" width=\"{width}\" height=\"{height}\" alt=\"images\" \
         style=\"max-width: 100%; height: auto; image-rendering: pixelated\">"
    ))
}

fn of_samples(samples: &Samples) -> crate::Result<(String, String)> {
    let text = format!("{} samples of {}", samples.len(), samples.shape);
    if matches!(samples.shape, crate::data::SampleShape::Image { .. }) {
        return Ok((picture(&samples.values, &samples.shape)?, text));
    }
    let names: Vec<&str> = samples.columns.iter().map(String::as_str).collect();
    let mut table = Table::new(&format!("{text}, the first eight"), &names);
    for row in (0..samples.len().min(8)).filter_map(|i| samples.row(i)) {
        table = table.row(row.iter().map(|&v| short(v.into())));
    }
    Ok((table.html(), table.to_string()))
}

fn of_report(report: &RunReport) -> crate::Result<(String, String)> {
    let figures = Figures(report.figures()?);
    let mut lines = vec![report.title.clone()];
    lines.extend(report.verdict());
    let summary = report.summary.iter();
    lines.extend(summary.map(|n| format!("{}: {} {}", n.label, n.value, n.unit).trim().into()));
    let text = lines.join("\n");
    Ok((preformatted(&text) + &figures.html(), text))
}
