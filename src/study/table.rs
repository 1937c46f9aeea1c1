//! The tables of a study: one row a run as CSV; means over seeds as Markdown.
//!
//! Over the finished runs x₁ … x_k of a recipe and a variant: mean x̄ = Σ xᵢ / k, and standard deviation
//! s = √(Σ (xᵢ − x̄)² / (k − 1)), which one run has not.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::gallery::gallery;
use super::{MEASURES_SEED, Outcome, Row, Study};
use crate::error::{Error, Result, counted, thousands};
use crate::files::write_atomically;
use crate::report::Table;
use crate::train::TrainConfig;

/// A mean over runs, with their standard deviation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Mean {
    pub mean: f64,
    /// With k − 1; none of a single run.
    pub sd: Option<f64>,
    /// How many runs, k.
    pub runs: usize,
}

impl Mean {
    /// None of nothing.
    ///
    /// ```
    /// use ganscope::study::Mean;
    /// let mean = Mean::of(&[1.0, 2.0, 3.0, 6.0]).unwrap();
    /// // (4 + 1 + 0 + 9) / 3
    /// assert!((mean.mean - 3.0).abs() < 1e-15 && (mean.sd.unwrap() - (14f64 / 3.0).sqrt()).abs() < 1e-15);
    /// assert_eq!(Mean::of(&[5.0]).unwrap().sd, None);
    /// assert_eq!(Mean::of(&[]), None);
    /// ```
    pub fn of(values: &[f64]) -> Option<Mean> {
        let runs = values.len();
        let k = runs as f64;
        let mean = values.iter().sum::<f64>() / k;
        let squares: f64 = values.iter().map(|x| (x - mean).powi(2)).sum();
        (runs > 0).then(|| Mean {
            mean,
            sd: (runs > 1).then(|| (squares / (k - 1.0)).sqrt()),
            runs,
        })
    }

    fn shown(mean: Option<&Mean>, decimals: usize) -> String {
        let large = mean.is_some_and(|m| m.mean.abs().max(m.sd.unwrap_or(0.0)) >= LARGE);
        let decimals = if large { 0 } else { decimals };
        let number = |v: f64| {
            let text = match v.abs() < MANY {
                true => format!("{v:.decimals$}"),
                false => format!("{v:.1e}"),
            };
            text.replace('-', "−")
        };
        match mean {
            None => NONE.into(),
            Some(Mean { mean, sd: None, .. }) => number(*mean),
            Some(Mean {
                mean, sd: Some(sd), ..
            }) => format!("{} ± {}", number(*mean), number(*sd)),
        }
    }
}

const NONE: &str = "–";

/// What the column of seconds is of.
const SECONDS: &str = match cfg!(feature = "cuda") {
    false => "of one thread",
    true => "on a GPU that the runs share",
};
/// From here on a number has more digits than mean something: none behind the point, then an exponent.
const LARGE: f64 = 1e3;
const MANY: f64 = 1e6;

/// The runs of one recipe and one variant, which differ in their seeds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Group {
    pub gan: String,
    pub variant: String,
    pub finished: usize,
    pub diverged: usize,
    pub failed: usize,
    /// Over the finished ones, by the measures' names.
    pub measures: BTreeMap<String, Mean>,
    pub seconds: Option<Mean>,
    #[serde(skip)]
    config: TrainConfig,
}

/// The rows by recipe and variant, in the order of the study.
pub fn groups(study: &Study, rows: &[Row]) -> Vec<Group> {
    let groups = rows.chunk_by(Row::differs_in_seed).map(|rows| {
        let count = |outcome| rows.iter().filter(|r| r.done.outcome == outcome).count();
        let finished = rows.iter().filter(|r| r.done.outcome == Outcome::Finished);
        let measures = study.measures.iter().filter_map(|measure| {
            let value = |row: &Row| *row.done.measures.get(measure.name)?;
            let values: Vec<f64> = finished.clone().filter_map(value).collect();
            Some((measure.name.to_string(), Mean::of(&values)?))
        });
        let seconds: Vec<f64> = finished.clone().map(|r| r.done.seconds).collect();
        Group {
            gan: rows[0].config.gan.clone(),
            variant: rows[0].variant.clone(),
            finished: count(Outcome::Finished),
            diverged: count(Outcome::Diverged),
            failed: count(Outcome::Failed),
            measures: measures.collect(),
            seconds: Mean::of(&seconds),
            config: rows[0].config.clone(),
        }
    });
    groups.collect()
}

type Setting = fn(&TrainConfig) -> String;

/// Settings that a reader has to know: stated once where all runs have the same, else a column each.
const STATED: [(&str, Setting); 4] = [
    ("data", |c| c.data.name.clone()),
    ("steps", |c| thousands(c.steps)),
    ("batch", |c| thousands(c.batch as u64)),
    ("n_critic", |c| c.n_critic.to_string()),
];

fn common(groups: &[Group], value: Setting) -> Option<String> {
    let mut values = groups.iter().map(|g| value(&g.config));
    let first = values.next()?;
    values.all(|v| v == first).then_some(first)
}

/// How the numbers were made, in a sentence.
pub fn protocol(study: &Study, rows: &[Row]) -> String {
    let groups = groups(study, rows);
    let stated = STATED.iter().filter_map(|(name, value)| {
        let value = common(&groups, *value)?;
        Some(format!("{name} {value}"))
    });
    let mut stated: Vec<String> = stated.collect();
    let first = study.runs.first();
    let alike = |run: &&super::Planned| {
        first.is_some_and(|f| f.config.gan == run.config.gan && f.variant == run.variant)
    };
    let seeds = study.runs.iter().filter(alike).map(|run| run.config.seed);
    stated.push(list(&seeds.collect::<Vec<_>>()));
    stated.push(format!(
        "{} of each run (sampled with seed {MEASURES_SEED})",
        counted(study.n, "sample")
    ));
    format!(
        "{}. Mean ± standard deviation (n − 1) over the seeds that finished; seconds {SECONDS}. \
         ganscope {}.",
        stated.join(", "),
        env!("CARGO_PKG_VERSION")
    )
}

/// `seeds 1 to 10`, or `seeds 3, 5, 8`.
fn list(seeds: &[u64]) -> String {
    match seeds {
        [first, .., last] if seeds.windows(2).all(|w| w[1] == w[0] + 1) => {
            format!("seeds {first} to {last}")
        }
        [seed] => format!("seed {seed}"),
        seeds => {
            let seeds: Vec<String> = seeds.iter().map(u64::to_string).collect();
            format!("seeds {}", seeds.join(", "))
        }
    }
}

/// Means over seeds, a row for each recipe and variant, and the published rows beside them.
pub fn table(study: &Study, rows: &[Row]) -> Table {
    let groups = groups(study, rows);
    let variants = groups.iter().any(|g| !g.variant.is_empty());
    let differing: Vec<_> = STATED
        .iter()
        .filter(|(_, value)| common(&groups, *value).is_none())
        .collect();
    let mut header = vec!["recipe"];
    header.extend(variants.then_some("variant"));
    header.extend(differing.iter().map(|(name, _)| name));
    header.push("runs");
    header.extend(study.measures.iter().map(|m| m.heading));
    header.push("seconds");
    let mut table = Table::new(&protocol(study, rows), &header);
    for group in &groups {
        let mut cells = vec![group.gan.clone()];
        cells.extend(variants.then(|| group.variant.clone()));
        cells.extend(differing.iter().map(|(_, value)| value(&group.config)));
        let lost = [(group.diverged, "diverged"), (group.failed, "failed")];
        let lost = lost.iter().filter(|(n, _)| *n > 0);
        let lost: String = lost.map(|(n, what)| format!(", {n} {what}")).collect();
        cells.push(format!("{}{lost}", group.finished));
        for measure in &study.measures {
            cells.push(Mean::shown(
                group.measures.get(measure.name),
                measure.decimals,
            ));
        }
        cells.push(Mean::shown(group.seconds.as_ref(), 1));
        table = table.row(cells);
    }
    for row in &study.published {
        let mut cells = vec![format!("{} ({})", row.name, row.source)];
        // Variant, settings and runs.
        let unsaid = usize::from(variants) + differing.len() + 1;
        cells.extend(std::iter::repeat_n(NONE.to_string(), unsaid));
        for measure in &study.measures {
            let value = row.values.get(measure.name);
            cells.push(value.cloned().unwrap_or_else(|| NONE.into()));
        }
        cells.push(NONE.into());
        table = table.row(cells);
    }
    table
}

/// The page of a study: its table with what it was made under. Table and protocol stand between the
/// anchors `table`, for a chapter that includes them alone; the picture, if there is one, follows.
pub fn markdown(study: &Study, rows: &[Row], picture: bool) -> String {
    let table = table(study, rows);
    let name = &study.name;
    let paragraphs = |text: &str| match text {
        "" => String::new(),
        text => format!("{text}\n\n"),
    };
    let (description, conclusion) = (&study.description, &study.conclusion);
    let [before, after] = [description, conclusion].map(|text| paragraphs(text));
    let picture = match picture {
        true => format!("![Samples of each row of the table]({name}.svg)\n\n"),
        false => String::new(),
    };
    format!(
        "# {}\n\n{before}<!-- ANCHOR: table -->\n{}\nProtocol: {}\n<!-- ANCHOR_END: table -->\n\n{picture}{after}\
         [One row a run]({name}.csv), made by `ganscope study` from `{name}.toml`.\n",
        study.title,
        table.markdown(),
        table.caption
    )
}

/// One row a run, in the order of the study. A measure that there is not is empty.
///
/// # Errors
/// [`Error::Usage`] when it cannot be written as CSV.
pub fn csv(study: &Study, rows: &[Row]) -> Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let before = [
        "gan", "variant", "seed", "data", "steps", "n_critic", "batch", "n",
    ];
    let after = ["outcome", "step", "seconds", "version", "problem"];
    let names = study.measures.iter().map(|m| m.name);
    let refuse = |e: csv::Error| Error::Usage(format!("the table cannot be written as CSV: {e}"));
    let header = before.into_iter().chain(names).chain(after);
    writer.write_record(header).map_err(refuse)?;
    for row in rows {
        let (config, done) = (&row.config, &row.done);
        let before = [
            config.gan.clone(),
            row.variant.clone(),
            config.seed.to_string(),
            config.data.name.clone(),
            config.steps.to_string(),
            config.n_critic.to_string(),
            config.batch.to_string(),
            row.n.to_string(),
        ];
        let value = |name: &str| done.measures.get(name).copied().flatten();
        let shown = |name: &str| value(name).map_or(String::new(), |v| v.to_string());
        let values = study.measures.iter().map(|m| shown(m.name));
        let outcome = match done.outcome {
            Outcome::Finished => "finished",
            Outcome::Diverged => "diverged",
            Outcome::Failed => "failed",
        };
        let after = [
            outcome.to_string(),
            done.step.to_string(),
            format!("{:.1}", done.seconds),
            row.version.clone(),
            done.problem.clone().unwrap_or_default(),
        ];
        let record = before.into_iter().chain(values).chain(after);
        writer.write_record(record).map_err(refuse)?;
    }
    let bytes = writer
        .into_inner()
        .map_err(|e| refuse(e.into_error().into()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The files of a study's results.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// `NAME.md`: the page.
    pub table: PathBuf,
    /// `NAME.csv`: a row a run.
    pub rows: PathBuf,
    /// `NAME.svg`: samples of each recipe and variant, of images and of points whose density is known.
    pub picture: Option<PathBuf>,
}

/// Writes the results into `folder`, where the study was conducted, and returns where they are.
///
/// # Errors
/// As [`csv`](csv()); [`Error::Device`]; [`Error::Io`].
pub fn write(study: &Study, rows: &[Row], folder: &Path) -> Result<Written> {
    let put = |ending: &str, text: String| {
        let path = folder.join(format!("{}.{ending}", study.name));
        write_atomically(&path, |w| w.write_all(text.as_bytes()))?;
        Ok::<_, Error>(path)
    };
    let picture = gallery(rows, &folder.join("runs"))?;
    let picture = picture.map(|svg| put("svg", svg)).transpose()?;
    Ok(Written {
        table: put("md", markdown(study, rows, picture.is_some()))?,
        rows: put("csv", csv(study, rows)?)?,
        picture,
    })
}
