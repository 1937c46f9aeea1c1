//! The table of a study: means and standard deviations over the seeds.
//!
//! For the finished runs x₁ … x_k of a recipe and a variant, the mean is x̄ = Σ xᵢ / k and the standard deviation is
//! s = √(Σ (xᵢ − x̄)² / (k − 1)), for k > 1.

use std::collections::BTreeMap;

use serde::Serialize;

use super::log::Row;
use super::metrics::SAMPLING_SEED;
use super::spec::{PlannedRun, Study};
use super::worker::Outcome;
use crate::error::{counted, thousands};
use crate::report::Table;
use crate::train::TrainConfig;

/// A mean over runs with its standard deviation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Mean {
    /// Mean over the runs.
    pub mean: f64,
    /// Standard deviation with k − 1; `None` for a single run.
    pub sd: Option<f64>,
    /// Number of runs, k.
    pub runs: usize,
}

impl Mean {
    /// Returns the mean and standard deviation of values; `None` if there are no values.
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

    /// The cell of a table: `mean ± standard deviation`.
    fn cell(mean: Option<&Mean>, decimals: usize) -> String {
        let large = mean.is_some_and(|m| m.mean.abs().max(m.sd.unwrap_or(0.0)) >= NO_DECIMALS_FROM);
        let decimals = if large { 0 } else { decimals };
        let number = |v: f64| {
            let text = if v.abs() < EXPONENT_FROM {
                format!("{v:.decimals$}")
            } else {
                format!("{v:.1e}")
            };
            text.replace('-', "−")
        };
        match mean {
            None => MISSING.into(),
            Some(Mean { mean, sd: None, .. }) => number(*mean),
            Some(Mean {
                mean, sd: Some(sd), ..
            }) => format!("{} ± {}", number(*mean), number(*sd)),
        }
    }
}

/// Cell without a value.
const MISSING: &str = "–";

/// What the seconds were measured on.
const SECONDS: &str = if cfg!(feature = "cuda") {
    "on a GPU that the runs share"
} else {
    "on one thread"
};
/// Numbers from this size on are shown without decimals, and those from the next size on with an exponent.
const NO_DECIMALS_FROM: f64 = 1e3;
const EXPONENT_FROM: f64 = 1e6;

/// The runs of one recipe and one variant, which differ only in their seeds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Group {
    /// Name of the recipe.
    pub gan: String,
    /// Name of the variant; empty if the study has no variants.
    pub variant: String,
    /// Number of runs that finished.
    pub finished: usize,
    /// Number of runs that diverged.
    pub diverged: usize,
    /// Number of runs that failed.
    pub failed: usize,
    /// Means over the finished runs, by the names of the metrics.
    #[serde(rename = "measures")]
    pub metrics: BTreeMap<String, Mean>,
    /// Training time of the finished runs.
    pub seconds: Option<Mean>,
    #[serde(skip)]
    config: TrainConfig,
}

/// Groups the rows by recipe and variant, in the order of the study.
pub fn groups(study: &Study, rows: &[Row]) -> Vec<Group> {
    let groups = rows.chunk_by(Row::same_variant).map(|rows| {
        let count = |outcome| rows.iter().filter(|r| r.result.outcome == outcome).count();
        let finished = rows
            .iter()
            .filter(|r| r.result.outcome == Outcome::Finished);
        let metrics = study.metrics.iter().filter_map(|metric| {
            let value = |row: &Row| *row.result.metrics.get(metric.name)?;
            let values: Vec<f64> = finished.clone().filter_map(value).collect();
            Some((metric.name.to_string(), Mean::of(&values)?))
        });
        let seconds: Vec<f64> = finished.clone().map(|r| r.result.seconds).collect();
        Group {
            gan: rows[0].config.gan.clone(),
            variant: rows[0].variant.clone(),
            finished: count(Outcome::Finished),
            diverged: count(Outcome::Diverged),
            failed: count(Outcome::Failed),
            metrics: metrics.collect(),
            seconds: Mean::of(&seconds),
            config: rows[0].config.clone(),
        }
    });
    groups.collect()
}

type Setting = fn(&TrainConfig) -> String;

/// Settings that are always shown: in the protocol if all runs have the same value, else as a column each.
const SHOWN_SETTINGS: [(&str, Setting); 4] = [
    ("data", |c| c.data.name.clone()),
    ("steps", |c| thousands(c.steps)),
    ("batch", |c| thousands(c.batch as u64)),
    ("n_critic", |c| c.n_critic.to_string()),
];

/// The value of a setting if all groups have the same.
fn common(groups: &[Group], value: Setting) -> Option<String> {
    let mut values = groups.iter().map(|g| value(&g.config));
    let first = values.next()?;
    values.all(|v| v == first).then_some(first)
}

/// Returns the protocol of a study: how the numbers of its table were measured.
pub fn protocol(study: &Study, rows: &[Row]) -> String {
    let groups = groups(study, rows);
    let settings = SHOWN_SETTINGS.iter().filter_map(|(name, value)| {
        let value = common(&groups, *value)?;
        Some(format!("{name} {value}"))
    });
    let mut parts: Vec<String> = settings.collect();
    let first = study.runs.first();
    let in_first_group = |run: &&PlannedRun| {
        first.is_some_and(|f| f.config.gan == run.config.gan && f.variant == run.variant)
    };
    let seeds = study
        .runs
        .iter()
        .filter(in_first_group)
        .map(|run| run.config.seed);
    parts.push(list(&seeds.collect::<Vec<_>>()));
    parts.push(format!(
        "{} of each run (sampled with seed {SAMPLING_SEED})",
        counted(study.n, "sample")
    ));
    format!(
        "{}. Mean ± standard deviation (n − 1) over the seeds that finished; times are in seconds, {SECONDS}. \
         ganscope {}.",
        parts.join(", "),
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

/// Returns the table of a study: one row with means over the seeds for each recipe and variant, then the published
/// results.
pub fn table(study: &Study, rows: &[Row]) -> Table {
    let groups = groups(study, rows);
    let has_variants = groups.iter().any(|g| !g.variant.is_empty());
    let differing: Vec<_> = SHOWN_SETTINGS
        .iter()
        .filter(|(_, value)| common(&groups, *value).is_none())
        .collect();
    let mut header = vec!["recipe"];
    header.extend(has_variants.then_some("variant"));
    header.extend(differing.iter().map(|(name, _)| name));
    header.push("runs");
    header.extend(study.metrics.iter().map(|m| m.heading));
    header.push("seconds");
    let mut table = Table::new(&protocol(study, rows), &header);
    for group in &groups {
        let mut cells = vec![group.gan.clone()];
        cells.extend(has_variants.then(|| group.variant.clone()));
        cells.extend(differing.iter().map(|(_, value)| value(&group.config)));
        let others = [(group.diverged, "diverged"), (group.failed, "failed")];
        let others = others.iter().filter(|(n, _)| *n > 0);
        let others: String = others.map(|(n, how)| format!(", {n} {how}")).collect();
        cells.push(format!("{}{others}", group.finished));
        for metric in &study.metrics {
            cells.push(Mean::cell(group.metrics.get(metric.name), metric.decimals));
        }
        cells.push(Mean::cell(group.seconds.as_ref(), 1));
        table = table.row(cells);
    }
    for row in &study.published {
        let mut cells = vec![format!("{} ({})", row.name, row.source)];
        // A publication has no value for variant, settings and runs.
        let unknown = usize::from(has_variants) + differing.len() + 1;
        cells.extend(std::iter::repeat_n(MISSING.to_string(), unknown));
        for metric in &study.metrics {
            let value = row.values.get(metric.name);
            cells.push(value.cloned().unwrap_or_else(|| MISSING.into()));
        }
        cells.push(MISSING.into());
        table = table.row(cells);
    }
    table
}
