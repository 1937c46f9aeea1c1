//! The report of one run, or of several side by side.

use std::path::PathBuf;

use super::curves::Curves;
use super::format::{duration, short, thousands};
use super::html::{KeyNumber, Page};
use super::plane::Plane;
use super::summary::{late, numbers, verdict};
use super::{Figure, Table, balance};
use crate::evaluate::ModeCoverage;
use crate::train::Record;
use crate::train::names::metric;
use crate::{Error, Result};

/// A run as read from its folder, ready to be shown. What is empty or `None` is left out.
#[derive(Debug, Clone, Default)]
pub struct RunReport {
    /// What was trained: `Non-saturating GAN on ring8`.
    pub title: String,
    /// Numbers for the first screen; [`RunReport::summarise`] fills in those that are at hand.
    pub summary: Vec<KeyNumber>,
    /// The complete configuration.
    pub settings_toml: String,
    /// The metric log, by step.
    pub records: Vec<Record>,
    /// Sample grids at fixed z: (step, PNG file), by step.
    pub grids: Vec<(u64, PathBuf)>,
    /// What the columns of a sample are called; empty for images.
    pub columns: Vec<String>,
    /// Samples and D in the plane, for two-dimensional data.
    pub plane: Option<Plane>,
    /// Mode coverage, where the modes are known.
    pub coverage: Option<ModeCoverage>,
    /// The loss of D at equilibrium: (`ln 4`, 1.386).
    pub reference: Option<(String, f64)>,
    /// D's scores are no probabilities: a critic's, or errors of an auto-encoder.
    pub critic: bool,
    /// H(c) of categorical codes in bits, which the information that Q reads cannot exceed.
    pub code_bits: Option<f64>,
    /// Paragraphs after the key numbers, as written.
    pub notes: Vec<String>,
}

impl RunReport {
    /// Puts the key numbers that `records` and `coverage` hold in front of `summary`.
    ///
    /// ```
    /// use ganscope::{data::Mixture, evaluate::mode_coverage, report::RunReport};
    /// let coverage = mode_coverage(&[[1.0, 0.0]], &Mixture::ring8())?;
    /// let run = RunReport { coverage: Some(coverage), ..Default::default() }.summarise();
    /// assert_eq!((run.summary[0].label.as_str(), run.summary[0].value.as_str()), ("modes covered", "1 of 8"));
    /// # Ok::<(), ganscope::Error>(())
    /// ```
    pub fn summarise(mut self) -> Self {
        let mut all = numbers(&self.records, self.coverage.as_ref());
        all.append(&mut self.summary);
        self.summary = all;
        self
    }

    /// Whether it worked, in a sentence; `None` where nothing was measured.
    pub fn verdict(&self) -> Option<String> {
        verdict(&self.records, self.coverage.as_ref(), !self.critic)
    }

    fn show(&self, page: &mut Page) -> Result<()> {
        if let Some(verdict) = self.verdict() {
            page.lead(&verdict);
        }
        if !self.summary.is_empty() {
            page.numbers(&self.summary);
        }
        for note in &self.notes {
            page.paragraph(note);
        }
        if !self.grids.is_empty() {
            page.heading("Samples over time");
            page.strip(&self.grids, &self.caption())?;
        }
        let figures = self.figures()?;
        if !figures.is_empty() {
            page.heading("What it learned, and how");
            page.figures(figures);
        }
        if !self.settings_toml.is_empty() {
            page.settings("All settings (TOML)", &self.settings_toml);
        }
        Ok(())
    }

    /// What the pictures of the samples show.
    fn caption(&self) -> String {
        match &self.columns[..] {
            [] if self.code_bits.is_some() => "Every row shows one value of the categorical code, every column one draw of the rest of the latent vector z; they are the same in every picture.".into(),
            [] => "Every picture shows the same latent vectors z, so what becomes of one can be followed through training.".into(),
            [column] => format!(
                "How often {column} takes its values, low to high. Orange: G of the same latent vectors z at every step. Grey: real samples."
            ),
            [x, y, ..] => format!(
                "Across: {x}. Up: {y}. Orange: G of the same latent vectors z at every step. Grey: real samples."
            ),
        }
    }

    /// Every figure there is something to draw for.
    pub(crate) fn figures(&self) -> Result<Vec<Figure>> {
        let mut figures = Vec::new();
        if let Some(plane) = &self.plane {
            figures.push(Figure::new(plane.svg()?, plane.caption()?));
        }
        for (chart, caption) in self.charts() {
            if !chart.is_empty() {
                figures.push(Figure::new(chart.svg()?, caption));
            }
        }
        if let Some(coverage) = &self.coverage {
            let (svg, caption) = (balance::svg(coverage)?, balance::caption(coverage));
            figures.push(Figure::new(svg, caption));
        }
        Ok(figures)
    }

    fn curve(&self, of: impl Fn(&Record) -> f64) -> Vec<(f64, f64)> {
        self.records
            .iter()
            .map(|r| (r.step as f64, of(r)))
            .collect()
    }

    /// The charts and what each is there to show.
    fn charts(&self) -> Vec<(Curves, String)> {
        let mut losses = Curves::new("Losses", "step", "loss, in the objective's unit")
            .series("D", self.curve(|r| r.d_loss))
            .series("G", self.curve(|r| r.g_loss));
        let (d, g) = (
            late(&self.records, |r| r.d_loss),
            late(&self.records, |r| r.g_loss),
        );
        let mut message = format!(
            "The losses end at {} for D and {} for G. ",
            short(d),
            short(g)
        );
        if let Some((name, value)) = &self.reference {
            losses = losses.reference(name, *value);
            message += &format!(
                "Dashed: {name} = {}, the loss of D once it can no longer tell; D ends {} {}. ",
                short(*value),
                short((d - value).abs()),
                if d < *value { "below" } else { "above" }
            );
        }
        if losses.is_noisy() {
            message += "Thin: each logged step. Thick: running mean.";
        }

        let (real, fake) = (self.curve(|r| r.d_real), self.curve(|r| r.d_fake));
        let gap = late(&self.records, |r| r.d_real) - late(&self.records, |r| r.d_fake);
        let (outputs, believes) = match self.critic {
            false => (
                Curves::new("What D believes", "step", "mean D(x), probability of real")
                    .series("real", real)
                    .series("generated", fake)
                    .reference("cannot tell", 0.5)
                    .y_range(0.0, 1.0),
                format!(
                    "The two curves meet at one half when generated samples pass for real; at the end they are {} \
                     apart.",
                    short(gap.abs())
                ),
            ),
            true => (
                Curves::new("How D scores", "step", "mean score, no probability")
                    .series("real", real)
                    .series("generated", fake),
                format!(
                    "Only the distance of the two curves says something: at the end it is {}.",
                    short(gap.abs())
                ),
            ),
        };

        let norms = Curves::new(
            "Gradient norms",
            "step",
            "‖∇‖ over all parameters, log scale",
        )
        .series("D", self.curve(|r| r.grad_norm_d))
        .series("G", self.curve(|r| r.grad_norm_g))
        .log_y();
        let ratio = late(&self.records, |r| r.grad_norm_g) / late(&self.records, |r| r.grad_norm_d);
        let learns = format!(
            "A curve that sinks towards 0 is a network that no longer learns; one that climbs without end is about to \
             diverge. At the end G's norm is {} times D's.",
            short(ratio)
        );
        let mut charts = vec![(losses, message), (outputs, believes), (norms, learns)];
        if let Some(entropy) = self.code_bits {
            let read = |r: &Record| {
                r.extra
                    .get(metric::INFORMATION_BITS)
                    .map_or(f64::NAN, |bits| *bits)
            };
            let last = late(&self.records, read);
            let chart = Curves::new("What Q reads", "step", "L_I of the categorical codes, bits")
                .series("L_I", self.curve(read))
                .reference(&format!("H(c) = {}", short(entropy)), entropy);
            charts.push((
                chart,
                format!(
                    "Of the {} bits in the codes, G shows at least {} so that Q can read them.",
                    short(entropy),
                    short(last)
                ),
            ));
        }
        charts
    }

    fn row(&self) -> Vec<String> {
        let none = || "–".to_owned();
        let coverage =
            |show: fn(&ModeCoverage) -> String| self.coverage.as_ref().map_or_else(none, show);
        let last = |show: fn(&Record) -> String| self.records.last().map_or_else(none, show);
        vec![
            self.title.clone(),
            coverage(|c| format!("{} / {}", c.modes_covered, c.modes_total)),
            coverage(|c| format!("{:.1}", 100.0 * c.high_quality)),
            coverage(|c| format!("{:.3}", c.reverse_kl_nats)),
            last(|r| thousands(r.step)),
            last(|r| duration(r.seconds)),
        ]
    }
}

/// One page for one run, or for several: then with a table of them all and a section for each.
///
/// # Errors
/// [`Error::Usage`] without a run; [`Error::Io`] or [`Error::Data`] for a sample grid that cannot be
/// embedded.
///
/// ```
/// use ganscope::report::{RunReport, page};
/// let run = RunReport { title: "GAN on ring8".into(), settings_toml: "seed = 1".into(), ..Default::default() };
/// assert!(page(&[run], "Report")?.contains("<h2>GAN on ring8</h2>"));
/// assert!(page(&[], "Report").is_err());
/// # Ok::<(), ganscope::Error>(())
/// ```
pub fn page(runs: &[RunReport], title: &str) -> Result<String> {
    let mut page = Page::new(title);
    match runs {
        [] => return Err(Error::Usage("a report needs at least one run".into())),
        [_] => {}
        runs => {
            let header = [
                "run",
                "modes covered",
                "high quality, %",
                "reverse KL, nats",
                "steps",
                "wall time",
            ];
            let table = Table::new(&protocol(runs), &header);
            let table = runs.iter().fold(table, |table, run| table.row(run.row()));
            page.section("All runs").table(&table);
        }
    }
    for run in runs {
        // One run under its own name needs no second heading.
        if runs.len() > 1 || run.title != title {
            page.section(&run.title);
        }
        run.show(&mut page)?;
    }
    Ok(page.html())
}

/// How the numbers of the table were measured, if all were measured alike.
fn protocol(runs: &[RunReport]) -> String {
    let mut measured = runs.iter().filter_map(|r| r.coverage.as_ref());
    let Some(first) = measured.next() else {
        return "Runs in the order in which they were given.".into();
    };
    let alike = measured.all(|c| c.n == first.n && c.threshold_sigmas == first.threshold_sigmas);
    let n = if alike {
        format!("n = {} samples each", thousands(first.n as u64))
    } else {
        "n as given with each run".into()
    };
    format!(
        "High quality: within {}σ of a centre; a mode is covered by one such sample; reverse KL counts every sample for \
         its nearest centre; {n} (Lin et al. 2018).",
        first.threshold_sigmas
    )
}
