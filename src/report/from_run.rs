//! A report from a run folder: everything shown is read, or drawn from the newest checkpoint.

use std::path::Path;

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

/// Nodes along each side of the grid that D is asked on.
const NODES: usize = 121;

/// The figure reaches this far beyond the outermost centre, as a factor.
const MARGIN: f64 = 1.3;

impl RunReport {
    /// The report of a run, from the files in its folder and its newest whole checkpoint.
    ///
    /// # Errors
    /// [`Error::Usage`](crate::Error::Usage) when there is no checkpoint yet; [`Error::Io`](crate::Error::Io), [`Error::Data`](crate::Error::Data) or
    /// [`Error::Checkpoint`](crate::Error::Checkpoint) naming the file that is damaged.
    pub fn of(run: &Run) -> Result<Self> {
        let (checkpoint, _) = run.newest()?;
        let config = &checkpoint.config;
        let grids = run.samples()?.into_iter();
        let mut report = RunReport {
            title: format!("{} on {}", config.gan, config.data.name),
            settings_toml: config.to_toml(),
            columns: checkpoint.description.columns.clone(),
            records: read_metrics(run.metrics_path())?,
            // Pictures after the checkpoint are of weights that are lost.
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
                .map(|starts| format!("It went on from {starts}."))
                .collect(),
            ..Default::default()
        };
        report.records.retain(|r| r.step <= checkpoint.step);
        if let Some(mixture) = Mixture::named(&config.data.name) {
            let samples = checkpoint.sample(PROTOCOL_N, config.seed)?;
            let samples = points(&samples.values, 2)?;
            report.coverage = Some(mode_coverage(samples, &mixture)?);
            let d = checkpoint.discriminator()?;
            let objective = config.objective.objective();
            report.plane = beliefs(&d, objective, &mixture)?.map(|discriminator| Plane {
                samples: samples.to_vec(),
                discriminator,
                mixture,
            });
        }
        Ok(report.summarise())
    }

    /// Writes the page of this run alone, atomically.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) when it cannot be written; as [`page`].
    pub fn write(&self, path: &Path) -> Result<()> {
        write_page(std::slice::from_ref(self), &self.title, path)
    }
}

impl Plane {
    /// A GAN in training on a mixture, as it is now: samples of its generator and D over the plane.
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
    /// [`Error::Usage`] when the data are no mixture, or D's scores say nothing of a probability.
    pub fn of(trainer: &Trainer) -> Result<Self> {
        let config = trainer.config();
        let nothing = |what: &str| Error::Usage(format!("{}: {what}", config.data.name));
        let mixture = trainer.data().mixture();
        let mixture = mixture.ok_or_else(|| nothing("only mixtures can be drawn in the plane"))?;
        let objective = config.objective.objective();
        let discriminator = beliefs(trainer.discriminator(), objective, mixture)?
            .ok_or_else(|| nothing("D's scores are no probabilities"))?;
        let samples = trainer.sample(PROTOCOL_N, config.seed)?;
        Ok(Plane {
            samples: points(&samples.values, 2)?.to_vec(),
            discriminator,
            mixture: mixture.clone(),
        })
    }
}

/// Writes the page of several runs, atomically.
///
/// # Errors
/// [`Error::Io`](crate::Error::Io) when it cannot be written; as [`page`].
pub fn write_page(runs: &[RunReport], title: &str, path: &Path) -> Result<()> {
    let html = page(runs, title)?;
    write_atomically(path, |w| w.write_all(html.as_bytes()))
}

/// D's probability of "real" over a square around the mixture; `None` where a score says no such
/// thing.
fn beliefs(d: &Network, objective: &dyn Objective, mixture: &Mixture) -> Result<Option<Grid>> {
    let reach = mixture.centres.iter().flatten();
    let reach = reach.fold(0.0, |far: f64, c| far.max(c.abs())) * MARGIN;
    let side = (-reach, reach);
    let nodes = Grid::nodes(side, side, NODES, NODES);
    let mut values = Vec::with_capacity(nodes.len());
    for nodes in nodes.chunks(1024) {
        let batch = Batch::new(nodes.as_flattened().to_vec(), nodes.len(), 2)?;
        // The first of D's outputs is the score.
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
    fn a_run_is_read_whole() {
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
        // D hardly knows anything after four steps, but it is a probability.
        let d = plane.discriminator.values();
        assert!(d.iter().all(|p| (0.05..0.95).contains(p)));

        report.write(&run.report_path()).unwrap();
        let html = std::fs::read_to_string(run.report_path()).unwrap();
        assert!(html.contains("nsgan on ring8") && html.contains("sample_every = 2"));
    }
}
