//! The report of a training run, and the page for one or several runs.

use std::path::PathBuf;

use super::curves::Curves;
use super::figure::Figure;
use super::format::{duration, short, thousands};
use super::html::Page;
use super::key_number::KeyNumber;
use super::plane::Plane;
use super::summary::{final_mean, key_numbers, verdict};
use super::table::Table;
use super::{balance, titles};
use crate::evaluate::ModeCoverage;
use crate::train::Record;
use crate::train::names::metric;
use crate::{Error, Result};

/// Name of the page of `ganscope explain` in a run directory.
const EXPLANATION: &str = "explain.html";

/// What the report of a run shows. Fields that are empty or `None` are left out of the report.
#[derive(Debug, Clone, Default)]
pub struct RunReport {
    /// Recipe and dataset, such as `nsgan on ring8`.
    pub title: String,
    /// Key numbers; [`RunReport::summarise`] adds those that follow from the other fields.
    pub summary: Vec<KeyNumber>,
    /// Complete configuration of the run, in TOML.
    pub settings_toml: String,
    /// Metric log, in the order of the steps.
    pub records: Vec<Record>,
    /// Sample grids as (step, PNG file), in the order of the steps. All show the same latent vectors.
    pub grids: Vec<(u64, PathBuf)>,
    /// Column names of the data; empty for images.
    pub columns: Vec<String>,
    /// Samples and D over the plane, for two-dimensional data.
    pub plane: Option<Plane>,
    /// Mode coverage, for data whose modes are known.
    pub coverage: Option<ModeCoverage>,
    /// Loss of D at equilibrium with its name, such as (`ln 4`, 1.386).
    pub reference: Option<(String, f64)>,
    /// Whether D's scores are not probabilities, as for a critic or for the errors of an auto-encoder.
    pub critic: bool,
    /// Entropy H(c) of the categorical codes, in bits: an upper bound on the information that Q can recover.
    pub code_bits: Option<f64>,
    /// Paragraphs that follow the key numbers.
    pub notes: Vec<String>,
    /// Main findings of `ganscope explain`, if it was run.
    pub findings: Vec<String>,
}

impl RunReport {
    /// Puts the key numbers of `records` and `coverage` in front of `summary`.
    ///
    /// ```
    /// use ganscope::{data::Mixture, evaluate::mode_coverage, report::RunReport};
    /// let coverage = mode_coverage(&[[1.0, 0.0]], &Mixture::ring8())?;
    /// let run = RunReport { coverage: Some(coverage), ..Default::default() }.summarise();
    /// assert_eq!((run.summary[0].label.as_str(), run.summary[0].value.as_str()), ("modes covered", "1 of 8"));
    /// # Ok::<(), ganscope::Error>(())
    /// ```
    pub fn summarise(mut self) -> Self {
        let mut all = key_numbers(&self.records, self.coverage.as_ref());
        all.append(&mut self.summary);
        self.summary = all;
        self
    }

    /// Says in one sentence whether training succeeded; `None` if nothing was measured.
    pub fn verdict(&self) -> Option<String> {
        verdict(&self.records, self.coverage.as_ref(), !self.critic)
    }

    /// Adds the report to a page.
    fn add_to(&self, page: &mut Page) -> Result<()> {
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
            page.heading("Samples during training");
            page.strip(&self.grids, &self.strip_caption())?;
        }
        if !self.findings.is_empty() {
            page.heading("Inside this GAN");
            for finding in &self.findings {
                page.paragraph(finding);
            }
            page.link("All findings", EXPLANATION);
        }
        let figures = self.figures()?;
        if !figures.is_empty() {
            page.heading("Results and training curves");
            page.figures(figures);
        }
        if !self.settings_toml.is_empty() {
            page.settings("All settings (TOML)", &self.settings_toml);
        }
        Ok(())
    }

    /// Caption of the sample grids.
    fn strip_caption(&self) -> String {
        match &self.columns[..] {
            [] if self.code_bits.is_some() => "Each row has one value of the categorical code, each column one \
            draw of the remaining latent variables. The code values and draws are the same in every picture.".into(),
            [] => "The latent vectors z are the same in every picture, so each image can be followed through training.".into(),
            [column] => format!(
                "Distribution of {column}, from low to high values. Orange: generated samples, from the same latent vectors z at every step. Grey: real samples."
            ),
            [x, y, ..] => format!(
                "Horizontal axis: {x}. Vertical axis: {y}. Orange: generated samples, from the same latent vectors z at every step. Grey: real samples."
            ),
        }
    }

    /// Returns the figures that there are data for.
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

    /// A quantity of the log as points (step, value).
    fn curve(&self, of: impl Fn(&Record) -> f64) -> Vec<(f64, f64)> {
        self.records
            .iter()
            .map(|r| (r.step as f64, of(r)))
            .collect()
    }

    /// The charts of the metric log, each with its caption.
    fn charts(&self) -> Vec<(Curves, String)> {
        let mut charts = vec![self.losses(), self.outputs(), self.gradient_norms()];
        charts.extend(self.code_bits.map(|entropy| self.code_information(entropy)));
        charts
    }

    fn losses(&self) -> (Curves, String) {
        let mut chart = Curves::new(titles::LOSSES, "step", "loss, in the objective's unit")
            .series("D", self.curve(|r| r.d_loss))
            .series("G", self.curve(|r| r.g_loss));
        let d = final_mean(&self.records, |r| r.d_loss);
        let g = final_mean(&self.records, |r| r.g_loss);
        let mut caption = format!(
            "At the end, the loss is {} for D and {} for G. ",
            short(d),
            short(g)
        );
        if let Some((name, value)) = &self.reference {
            chart = chart.reference(name, *value);
            caption += &format!(
                "Dashed line: {name} = {}, the loss of D when it cannot distinguish generated from real samples; \
                 the final loss of D is {} {} it. ",
                short(*value),
                short((d - value).abs()),
                if d < *value { "below" } else { "above" }
            );
        }
        if chart.is_noisy() {
            caption += "Thin lines: logged values. Thick lines: running means.";
        }
        (chart, caption.trim_end().into())
    }

    fn outputs(&self) -> (Curves, String) {
        let real = self.curve(|r| r.d_real);
        let generated = self.curve(|r| r.d_fake);
        let difference =
            final_mean(&self.records, |r| r.d_real) - final_mean(&self.records, |r| r.d_fake);
        let difference = short(difference.abs());
        if self.critic {
            let chart = Curves::new(titles::SCORES, "step", "mean score, not a probability")
                .series("real", real)
                .series("generated", generated);
            let caption = format!(
                "At the end, the mean scores of real and generated samples differ by {difference}. Only this \
                 difference is meaningful, not the scores themselves."
            );
            (chart, caption)
        } else {
            let chart = Curves::new(
                titles::PROBABILITIES,
                "step",
                "mean D(x), probability of real",
            )
            .series("real", real)
            .series("generated", generated)
            .reference("chance", 0.5)
            .y_range(0.0, 1.0);
            let caption = format!(
                "At the end, the mean outputs of D on real and generated samples differ by {difference}. They meet at \
                 one half when D cannot distinguish the two."
            );
            (chart, caption)
        }
    }

    fn gradient_norms(&self) -> (Curves, String) {
        let label = "‖∇‖ over all parameters, log scale";
        let chart = Curves::new(titles::GRADIENT_NORMS, "step", label)
            .series("D", self.curve(|r| r.grad_norm_d))
            .series("G", self.curve(|r| r.grad_norm_g))
            .log_y();
        let ratio = final_mean(&self.records, |r| r.grad_norm_g)
            / final_mean(&self.records, |r| r.grad_norm_d);
        let caption = format!(
            "At the end, the gradient norm of G is {} times that of D. If a norm falls towards 0, the network \
             stops learning; if it keeps growing, training usually diverges soon.",
            short(ratio)
        );
        (chart, caption)
    }

    /// `entropy` is that of the codes, in bits.
    fn code_information(&self, entropy: f64) -> (Curves, String) {
        let bits = |r: &Record| {
            r.extra
                .get(metric::INFORMATION_BITS)
                .map_or(f64::NAN, |bits| *bits)
        };
        let label = "lower bound L_I of the categorical codes, bits";
        let chart = Curves::new(titles::CODE_INFORMATION, "step", label)
            .series("L_I", self.curve(bits))
            .reference(&format!("H(c) = {}", short(entropy)), entropy);
        let caption = format!(
            "At the end, Q recovers at least {} of the {} bits of the categorical codes from the generated samples.",
            short(final_mean(&self.records, bits)),
            short(entropy)
        );
        (chart, caption)
    }

    /// Row of the run in the table of several runs.
    fn table_row(&self) -> Vec<String> {
        let missing = || "–".to_owned();
        let coverage =
            |show: fn(&ModeCoverage) -> String| self.coverage.as_ref().map_or_else(missing, show);
        let last = |show: fn(&Record) -> String| self.records.last().map_or_else(missing, show);
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

/// Returns the HTML page for one or several runs. With several, it begins with a table and has a section for each.
///
/// # Errors
/// [`Error::Usage`] if there is no run; [`Error::Io`] or [`Error::Data`] for a sample grid that cannot be embedded.
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
            let table = runs
                .iter()
                .fold(table, |table, run| table.row(run.table_row()));
            page.section("All runs").table(&table);
        }
    }
    for run in runs {
        // The heading of a single run would repeat the page's title.
        if runs.len() > 1 || run.title != title {
            page.section(&run.title);
        }
        run.add_to(&mut page)?;
    }
    Ok(page.html())
}

/// How the numbers of the table were measured.
fn protocol(runs: &[RunReport]) -> String {
    let mut measured = runs.iter().filter_map(|r| r.coverage.as_ref());
    let Some(first) = measured.next() else {
        return "The runs, in the order given.".into();
    };
    let same = measured.all(|c| c.n == first.n && c.threshold_sigmas == first.threshold_sigmas);
    let n = if same {
        format!("n = {} samples of each run", thousands(first.n as u64))
    } else {
        "n differs and is given with each run".into()
    };
    format!(
        "Mode coverage after Lin et al. (2018), {n}. A sample has high quality if it lies within {}σ of the \
         nearest centre; a mode \
         is covered if it has at least one such sample. The reverse KL counts each sample for the mode with the nearest \
         centre.",
        first.threshold_sigmas
    )
}
