//! The files of a study's results: its page, one row per run as CSV, and a figure.

use std::path::{Path, PathBuf};

use super::gallery::gallery;
use super::log::Row;
use super::spec::Study;
use super::table::table;
use super::worker::Outcome;
use crate::error::{Error, Result};
use crate::files::write_atomically;

/// Returns the page of a study in Markdown.
///
/// Table and protocol are between the anchors `table`, so that a chapter can include them alone. With `has_figure`, the
/// page shows the figure as well.
pub fn markdown(study: &Study, rows: &[Row], has_figure: bool) -> String {
    let table = table(study, rows);
    let name = &study.name;
    let paragraphs = |text: &str| match text {
        "" => String::new(),
        text => format!("{text}\n\n"),
    };
    let (description, conclusion) = (&study.description, &study.conclusion);
    let [before, after] = [description, conclusion].map(|text| paragraphs(text));
    let figure = if has_figure {
        format!("![Samples of each row of the table]({name}.svg)\n\n")
    } else {
        String::new()
    };
    format!(
        "# {}\n\n{before}<!-- ANCHOR: table -->\n{}\nProtocol: {}\n<!-- ANCHOR_END: table -->\n\n{figure}{after}\
         [One row per run]({name}.csv), made by `ganscope study` from `{name}.toml`.\n",
        study.title,
        table.markdown(),
        table.caption
    )
}

/// Returns the results as CSV, with one row per run in the order of the study. A missing value is an empty cell.
///
/// # Errors
/// [`Error::Usage`] if the results cannot be written as CSV.
pub fn csv(study: &Study, rows: &[Row]) -> Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let before = [
        "gan", "variant", "seed", "data", "steps", "n_critic", "batch", "n",
    ];
    let after = ["outcome", "step", "seconds", "version", "problem"];
    let names = study.metrics.iter().map(|m| m.name);
    let failed = |e: csv::Error| Error::Usage(format!("the results cannot be written as CSV: {e}"));
    let header = before.into_iter().chain(names).chain(after);
    writer.write_record(header).map_err(failed)?;
    for row in rows {
        let (config, result) = (&row.config, &row.result);
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
        let value = |name: &str| result.metrics.get(name).copied().flatten();
        let cell = |name: &str| value(name).map_or(String::new(), |v| v.to_string());
        let values = study.metrics.iter().map(|m| cell(m.name));
        let outcome = match result.outcome {
            Outcome::Finished => "finished",
            Outcome::Diverged => "diverged",
            Outcome::Failed => "failed",
        };
        let after = [
            outcome.to_string(),
            result.step.to_string(),
            format!("{:.1}", result.seconds),
            row.version.clone(),
            result.problem.clone().unwrap_or_default(),
        ];
        let record = before.into_iter().chain(values).chain(after);
        writer.write_record(record).map_err(failed)?;
    }
    let bytes = writer
        .into_inner()
        .map_err(|e| failed(e.into_error().into()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Paths of the files of a study's results.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultFiles {
    /// `NAME.md`: the page with the table.
    pub table: PathBuf,
    /// `NAME.csv`: one row per run.
    pub rows: PathBuf,
    /// `NAME.svg`: samples of each recipe and variant, for image datasets and mixtures.
    pub picture: Option<PathBuf>,
}

/// Writes the results into `folder`, the directory of the study, and returns their paths.
///
/// # Errors
/// The errors of [`csv`](csv()); [`Error::Device`] when sampling fails; [`Error::Io`].
pub fn write(study: &Study, rows: &[Row], folder: &Path) -> Result<ResultFiles> {
    let put = |ending: &str, text: String| {
        let path = folder.join(format!("{}.{ending}", study.name));
        write_atomically(&path, |w| w.write_all(text.as_bytes()))?;
        Ok::<_, Error>(path)
    };
    let picture = gallery(rows, &folder.join("runs"))?;
    let picture = picture.map(|svg| put("svg", svg)).transpose()?;
    Ok(ResultFiles {
        table: put("md", markdown(study, rows, picture.is_some()))?,
        rows: put("csv", csv(study, rows)?)?,
        picture,
    })
}
