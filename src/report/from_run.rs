//! Reports of a run directory and of a GAN in training.

use std::path::Path;

use serde::Deserialize;

use super::contour::Grid;
use super::plane::Plane;
use super::run::{RunReport, page};
use crate::data::Mixture;
use crate::evaluate::{PROTOCOL_N, mode_coverage, points};
use crate::files::write_atomically;
use crate::gan::Objective;
use crate::nn::Network;
use crate::tensor::Batch;
use crate::train::{Run, Trainer, read_metrics};
use crate::{Error, Result};

/// The part of `explain.json` that the report shows.
#[derive(Debug, Default, Deserialize)]
struct Findings {
    main_findings: Vec<String>,
}

/// The main findings of `ganscope explain`; none if it was not run.
fn findings(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let found: Findings = serde_json::from_str(&text).unwrap_or_default();
    found.main_findings
}

/// Nodes along each side of the grid on which D is evaluated.
const NODES: usize = 121;

/// Half the side of the figure, relative to the largest coordinate of a centre.
const MARGIN: f64 = 1.3;

impl RunReport {
    /// Returns the report of a run, from the files in its directory and its latest valid checkpoint.
    ///
    /// # Errors
    /// [`Error::Usage`](crate::Error::Usage) if there is no checkpoint yet; [`Error::Io`](crate::Error::Io),
    /// [`Error::Data`](crate::Error::Data) or [`Error::Checkpoint`](crate::Error::Checkpoint) with the name of a
    /// damaged file.
    pub fn of(run: &Run) -> Result<Self> {
        let (checkpoint, _) = run.newest()?;
        let config = &checkpoint.config;
        let grids = run.samples()?.into_iter();
        let mut report = RunReport {
            title: format!("{} on {}", config.gan, config.data.name),
            settings_toml: config.to_toml(),
            columns: checkpoint.description.columns.clone(),
            records: read_metrics(run.metrics_path())?,
            // The weights of later sample grids are lost.
            grids: grids.filter(|(step, _)| *step <= checkpoint.step).collect(),
            reference: config
                .objective
                .objective()
                .equilibrium()
                .map(|value| ("equilibrium".into(), value)),
            critic: config.objective.objective().probability(0.0).is_none(),
            code_bits: (!config.codes.categorical.is_empty())
                .then(|| config.codes.entropy().0 / std::f64::consts::LN_2),
            notes: run
                .starts()?
                .iter()
                .map(|starts| format!("The run continued from {starts}."))
                .collect(),
            findings: findings(&run.folder().join("explain.json")),
            ..Default::default()
        };
        report.records.retain(|r| r.step <= checkpoint.step);
        if let Some(mixture) = Mixture::named(&config.data.name) {
            let samples = checkpoint.sample(PROTOCOL_N, config.seed)?;
            let samples = points(&samples.values, 2)?;
            report.coverage = Some(mode_coverage(samples, &mixture)?);
            let d = checkpoint.discriminator()?;
            let objective = config.objective.objective();
            report.plane =
                discriminator_grid(&d, objective, &mixture)?.map(|discriminator| Plane {
                    samples: samples.to_vec(),
                    discriminator,
                    mixture,
                });
        }
        Ok(report.summarise())
    }

    /// Writes the page of this run atomically.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) when it cannot be written; the errors of [`page`].
    pub fn write(&self, path: &Path) -> Result<()> {
        write_page(std::slice::from_ref(self), &self.title, path)
    }
}

impl Plane {
    /// Returns the figure of a GAN that is training on a mixture: samples of its generator, and D over the plane.
    ///
    /// ```
    /// use ganscope::{report::Plane, train::{Settings, Trainer}};
    /// let (config, data) = Settings::parse("data = \"ring8\"")?.resolve()?;
    /// let plane = Plane::of(&Trainer::new(config, data)?)?;
    /// assert_eq!(plane.samples.len(), 2500);
    /// # Ok::<(), ganscope::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Usage`] if the data are not a mixture, or if D's scores are not probabilities.
    pub fn of(trainer: &Trainer) -> Result<Self> {
        let config = trainer.config();
        let refuse = |why: &str| Error::Usage(format!("{}: {why}", config.data.name));
        let mixture = trainer.data().mixture();
        let mixture = mixture.ok_or_else(|| {
            refuse("this figure needs a run on a Gaussian mixture, such as ring8 or grid25")
        })?;
        let objective = config.objective.objective();
        let discriminator = discriminator_grid(trainer.discriminator(), objective, mixture)?
            .ok_or_else(|| {
                refuse(
                    "this figure needs an objective whose scores are probabilities, such as nsgan",
                )
            })?;
        let samples = trainer.sample(PROTOCOL_N, config.seed)?;
        Ok(Plane {
            samples: points(&samples.values, 2)?.to_vec(),
            discriminator,
            mixture: mixture.clone(),
        })
    }
}

/// Writes the page of several runs atomically.
///
/// # Errors
/// [`Error::Io`](crate::Error::Io) when it cannot be written; the errors of [`page`].
pub fn write_page(runs: &[RunReport], title: &str, path: &Path) -> Result<()> {
    let html = page(runs, title)?;
    write_atomically(path, |w| w.write_all(html.as_bytes()))
}

/// D's probability of "real" over a square around the mixture; `None` if D's scores are not probabilities.
fn discriminator_grid(
    d: &Network,
    objective: &dyn Objective,
    mixture: &Mixture,
) -> Result<Option<Grid>> {
    let reach = mixture.centres.iter().flatten();
    let reach = reach.fold(0.0, |largest: f64, c| largest.max(c.abs())) * MARGIN;
    let side = (-reach, reach);
    let nodes = Grid::nodes(side, side, NODES, NODES);
    let mut values = Vec::with_capacity(nodes.len());
    for nodes in nodes.chunks(1024) {
        let batch = Batch::new(nodes.as_flattened().to_vec(), nodes.len(), 2)?;
        // The first output of D is the score.
        let outputs = d.infer(batch)?;
        for &score in outputs.values().iter().step_by(outputs.columns()) {
            match objective.probability(score.into()) {
                Some(p) => values.push(p.clamp(0.0, 1.0) as f32),
                None => return Ok(None),
            }
        }
    }
    Grid::new(side, side, NODES, NODES, values).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::{Settings, train};
    use std::sync::atomic::AtomicBool;

    #[test]
    fn the_report_of_a_run_is_complete() {
        let folder = tempfile::tempdir().unwrap();
        let text = "data = \"ring8\"\nsteps = 4\nbatch = 16\nlog_every = 2\nsample_every = 2";
        let (config, data) = Settings::parse(text).unwrap().resolve().unwrap();
        let run = Run::create(folder.path(), &config, false).unwrap();
        // Without a checkpoint there is nothing to report.
        assert!(matches!(RunReport::of(&run), Err(Error::Usage(_))));
        let mut trainer = Trainer::new(config, data).unwrap();
        train(
            &run,
            &mut trainer,
            0.0,
            &AtomicBool::new(false),
            &mut |_| (),
        )
        .unwrap();

        let report = RunReport::of(&run).unwrap();
        assert_eq!(report.title, "nsgan on ring8");
        let steps: Vec<u64> = report.grids.iter().map(|g| g.0).collect();
        assert_eq!((report.records.len(), steps), (2, vec![0, 2, 4]));
        let coverage = report.coverage.as_ref().unwrap();
        assert_eq!((coverage.n, coverage.modes_total), (2500, 8));
        let (name, value) = report.reference.clone().unwrap();
        assert_eq!(name, "equilibrium");
        assert!((value - 4f64.ln()).abs() < 1e-12);
        let plane = report.plane.as_ref().unwrap();
        assert_eq!(plane.discriminator.x(), (-1.3, 1.3));
        // After four steps D has learnt almost nothing, but its outputs are probabilities.
        let d = plane.discriminator.values();
        assert!(d.iter().all(|p| (0.05..0.95).contains(p)));

        report.write(&run.report_path()).unwrap();
        let html = std::fs::read_to_string(run.report_path()).unwrap();
        assert!(html.contains("nsgan on ring8") && html.contains("sample_every = 2"));
    }
}
