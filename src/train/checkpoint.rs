//! Checkpoints: a `.safetensors` file that PyTorch can load and that holds everything needed to resume a run exactly.

use super::config::TrainConfig;
use super::losses::Interval;
use super::names::{DISCRIMINATOR, GENERATOR};
use super::score::Score;
use super::snapshot;
use super::trainer::Trainer;
use crate::data::{DataConfig, Dataset, Description, Samples};
use crate::error::{Error, Result};
use crate::evaluate::{CodeReading, KERNELS, Likelihood, LikelihoodProtocol};
use crate::gan::ObjectiveConfig;
use crate::nn::{Network, NetworkSpec, StateDict, StateTensor, StateValues};
use crate::optim::{Optimizer, ScheduleState};
use crate::random::Stream;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Version of the file format. It changes when checkpoints of earlier versions can no longer be read.
pub const FORMAT_VERSION: u32 = 2;

const AVERAGE: &str = "generator_average";
const COMPONENT: &str = "component";
const EXAMPLES: &str = "boosting.example_weights";

/// A checkpoint read from a file.
#[derive(Debug, Clone)]
pub struct Checkpoint {
    path: PathBuf,
    state: StateDict,
    /// Configuration of the run.
    pub config: TrainConfig,
    /// Description of the data, which is needed to read the samples.
    pub description: Description,
    /// Number of updates of G so far.
    pub step: u64,
    /// Seconds of training so far.
    pub seconds: f64,
    /// Quality of the samples.
    pub score: Score,
    /// Objective of the next step: BEGAN's k changes from step to step.
    objective: ObjectiveConfig,
    /// Number of AdaGAN's finished components.
    components: usize,
    interval: Interval,
    schedules: [ScheduleState; 2],
    optimizer_steps: [u64; 2],
}

/// Writes a checkpoint of `trainer`.
///
/// # Errors
/// [`Error::Io`] when the file cannot be written; an existing file is kept then.
pub(super) fn write(trainer: &Trainer, path: &Path, seconds: f64, score: &Score) -> Result<()> {
    let mut state = StateDict::default();
    state.add(GENERATOR, &trainer.generator.network);
    state.add(DISCRIMINATOR, &trainer.discriminator.network);
    if let Some(average) = &trainer.average {
        state.add(AVERAGE, average);
    }
    for (k, component) in trainer.ensemble.components.iter().enumerate() {
        state.add(&format!("{COMPONENT}.{k}"), component);
    }
    let weights = &trainer.ensemble.weights;
    if !weights.is_empty() {
        let tensor = StateTensor::f32(weights.clone(), &[weights.len()]);
        state.insert(EXAMPLES, tensor);
    }
    for (name, player) in [
        (GENERATOR, &trainer.generator),
        (DISCRIMINATOR, &trainer.discriminator),
    ] {
        for (moment, values) in player.optimizer.moments() {
            let tensor = StateTensor::f32(values.to_vec(), &[values.len()]);
            state.insert(format!("optimizer.{name}.{moment}"), tensor);
        }
    }
    let players = [&trainer.generator, &trainer.discriminator];
    let schedules = players.map(|player| player.schedule.state());
    let optimizer_steps = players.map(|player| player.optimizer.step());
    let metadata: HashMap<String, String> = [
        ("format_version", FORMAT_VERSION.to_string()),
        ("crate_version", env!("CARGO_PKG_VERSION").to_string()),
        ("config", json(&trainer.config, path)?),
        (GENERATOR, json(&trainer.config.generator, path)?),
        (DISCRIMINATOR, json(&trainer.config.discriminator, path)?),
        ("data", json(trainer.data.description(), path)?),
        ("step", trainer.step.to_string()),
        ("seconds", seconds.to_string()),
        ("score", json(score, path)?),
        ("objective", json(&trainer.objective, path)?),
        ("components", trainer.ensemble.components.len().to_string()),
        ("interval", json(&trainer.interval, path)?),
        ("schedules", json(&schedules, path)?),
        ("optimizer_steps", json(&optimizer_steps, path)?),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_string(), value))
    .collect();
    state.write(path, &metadata)
}

fn json(value: &impl Serialize, path: &Path) -> Result<String> {
    serde_json::to_string(value).map_err(|e| Error::Checkpoint {
        path: path.into(),
        problem: format!("cannot be written: {e}"),
    })
}

impl Checkpoint {
    /// Reads a checkpoint.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] when the file is truncated, has another format version, or lacks a tensor of the networks
    /// that it describes or has it in another shape.
    pub fn read(path: &Path) -> Result<Self> {
        let (state, metadata) = StateDict::read(path)?;
        let refuse = |problem: String| Error::Checkpoint {
            path: path.into(),
            problem,
        };
        let text = |key: &str| {
            metadata.get(key).ok_or_else(|| {
                refuse(format!(
                    "has no \"{key}\" in its metadata, so it was not written by ganscope"
                ))
            })
        };
        let version = text("format_version")?;
        if *version != FORMAT_VERSION.to_string() {
            return Err(refuse(format!(
                "has format version {version}, written by ganscope {}; this is ganscope {}, which reads \
                 version {FORMAT_VERSION}",
                metadata.get("crate_version").map_or("?", String::as_str),
                env!("CARGO_PKG_VERSION"),
            )));
        }
        fn parse<T: DeserializeOwned>(key: &str, text: &str) -> Result<T, String> {
            serde_json::from_str(text).map_err(|e| format!("\"{key}\" in its metadata: {e}"))
        }
        let checkpoint = Checkpoint {
            path: path.into(),
            config: parse("config", text("config")?).map_err(refuse)?,
            description: parse("data", text("data")?).map_err(refuse)?,
            step: parse("step", text("step")?).map_err(refuse)?,
            seconds: parse("seconds", text("seconds")?).map_err(refuse)?,
            score: parse("score", text("score")?).map_err(refuse)?,
            components: parse("components", text("components")?).map_err(refuse)?,
            objective: parse("objective", text("objective")?).map_err(refuse)?,
            interval: parse("interval", text("interval")?).map_err(refuse)?,
            schedules: parse("schedules", text("schedules")?).map_err(refuse)?,
            optimizer_steps: parse("optimizer_steps", text("optimizer_steps")?).map_err(refuse)?,
            state,
        };
        // A tensor that does not fit is an error of reading, not of a later use.
        checkpoint.generators()?;
        checkpoint.discriminator()?;
        Ok(checkpoint)
    }

    /// Returns the path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn refuse(&self, problem: String) -> Error {
        Error::Checkpoint {
            path: self.path.clone(),
            problem,
        }
    }

    fn network(&self, name: &str, prefix: &str, spec: &NetworkSpec) -> Result<Network> {
        let mut network =
            Network::new(name, spec, 0, Stream::GeneratorInit).map_err(|e| match e {
                Error::Shape { .. } | Error::Config { .. } | Error::Usage(_) => {
                    self.refuse(format!("describes a network that cannot be built: {e}"))
                }
                other => other,
            })?;
        self.state
            .load(prefix, &mut network)
            .map_err(|e| self.refuse(e))?;
        Ok(network)
    }

    /// Returns the network that samples are drawn from: the moving average of G if there is one, else G.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] when the tensors do not fit the description of the network.
    pub fn generator(&self) -> Result<Network> {
        let prefix = if self.config.ema > 0.0 {
            AVERAGE
        } else {
            GENERATOR
        };
        self.network(GENERATOR, prefix, &self.config.generator)
    }

    /// Returns the networks of the mixture that samples are drawn from in equal parts: AdaGAN's finished components
    /// and [the one in training](Self::generator).
    ///
    /// # Errors
    /// [`Error::Checkpoint`] when the tensors do not fit the description of the network.
    pub fn generators(&self) -> Result<Vec<Network>> {
        let mut all = Vec::new();
        for k in 0..self.components {
            let prefix = format!("{COMPONENT}.{k}");
            all.push(self.network(GENERATOR, &prefix, &self.config.generator)?);
        }
        all.push(self.generator()?);
        Ok(all)
    }

    /// Returns D.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] when the tensors do not fit the description of the network.
    pub fn discriminator(&self) -> Result<Network> {
        self.network(DISCRIMINATOR, DISCRIMINATOR, &self.config.discriminator)
    }

    /// Returns `n` generated samples in the data's units. They are a function of (`seed`, `n`).
    ///
    /// # Errors
    /// As [`generator`](Self::generator).
    pub fn sample(&self, n: usize, seed: u64) -> Result<Samples> {
        self.sample_at(&self.latents(n, seed), seed)
    }

    /// Returns the generated samples of latents z `[n, latent]` in the data's units. For a mixture, `seed` determines
    /// which generator makes which sample.
    ///
    /// # Errors
    /// As [`generator`](Self::generator).
    pub fn sample_at(&self, z: &[f32], seed: u64) -> Result<Samples> {
        let parts = self.generators()?;
        let parts: Vec<&Network> = parts.iter().collect();
        snapshot::generate(&parts, &self.description, z, seed)
    }

    /// Returns the latents z `[n, latent]` of [`sample`](Self::sample).
    pub fn latents(&self, n: usize, seed: u64) -> Vec<f32> {
        (self.config).latents(seed, Stream::LatentForSampling, 0, n)
    }

    /// Evaluates the codes that Q assigns to the labelled held-out images of `data`, and to `samples`, which were
    /// [drawn](Self::sample) with `seed`. Returns `None` without a categorical code and without such images.
    ///
    /// # Errors
    /// As [`CodeReading::of`].
    pub fn read_codes(
        &self,
        data: &DataConfig,
        samples: &Samples,
        seed: u64,
    ) -> Result<Option<CodeReading>> {
        let codes = &self.config.codes;
        let Some(held_out) = data.unseen().filter(|_| !codes.categorical.is_empty()) else {
            return Ok(None);
        };
        let z = self.latents(samples.len(), seed);
        let d = self.discriminator()?;
        CodeReading::of(&d, codes, &held_out, z, &samples.values).map(Some)
    }

    /// Estimates the likelihood of held-out samples of `data` under G.
    ///
    /// # Errors
    /// [`Error::Usage`] for a mixture of generators and for a z with codes; as [`Likelihood::of`].
    pub fn likelihood(
        &self,
        data: &DataConfig,
        protocol: LikelihoodProtocol,
        watch: &mut dyn FnMut(&str, f64),
    ) -> Result<Likelihood> {
        let refuse = |problem: String| {
            Err(Error::Usage(format!(
                "the likelihood of {} cannot be estimated: {problem}",
                self.path.display()
            )))
        };
        if self.components > 0 {
            return refuse(format!(
                "its samples come from a mixture of {} generators, and annealing needs a single generator",
                self.components + 1
            ));
        }
        if self.config.codes.width() > 0 {
            return refuse(
                "part of its z consists of codes, and annealing needs a z that is normal in every component"
                    .into(),
            );
        }
        let generated = self.sample(KERNELS, protocol.annealing.seed)?.values;
        Likelihood::of(&self.generator()?, data, &generated, protocol, watch)
    }

    /// Returns a trainer that continues from this checkpoint.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] when tensors do not fit, or when the data differ from those of the run.
    pub fn trainer(&self, data: impl Into<Arc<Dataset>>) -> Result<Trainer> {
        let data = data.into();
        if let Some(difference) = data.description().difference(&self.description) {
            return Err(self.refuse(format!(
                "was trained on {}, which has changed since: {difference}",
                self.description.name
            )));
        }
        let mut trainer = Trainer::new(self.config.clone(), data)?;
        let load = |prefix: &str, network: &mut Network| {
            self.state.load(prefix, network).map_err(|e| self.refuse(e))
        };
        load(GENERATOR, &mut trainer.generator.network)?;
        load(DISCRIMINATOR, &mut trainer.discriminator.network)?;
        if let Some(average) = &mut trainer.average {
            load(AVERAGE, average)?;
        }
        let players = [
            (GENERATOR, &mut trainer.generator),
            (DISCRIMINATOR, &mut trainer.discriminator),
        ];
        for (i, (name, player)) in players.into_iter().enumerate() {
            player.schedule.set_state(self.schedules[i].clone());
            player.optimizer.set_step(self.optimizer_steps[i]);
            self.load_moments(name, &mut player.optimizer)?;
        }
        trainer.step = self.step;
        trainer.ensemble.components = self.generators()?;
        trainer.ensemble.components.pop();
        if let Some(StateValues::F32(weights)) = self.state.get(EXAMPLES).map(|t| &t.values) {
            let weighted = trainer.ensemble.set_weights(weights.clone());
            weighted.map_err(|e| self.refuse(e.to_string()))?;
        }
        trainer.objective = self.objective;
        trainer.interval = self.interval.clone();
        Ok(trainer)
    }

    fn load_moments(&self, name: &str, optimizer: &mut Optimizer) -> Result<()> {
        let prefix = format!("optimizer.{name}.");
        for (key, tensor) in self.state.iter() {
            if let (Some(moment), StateValues::F32(values)) =
                (key.strip_prefix(&prefix), &tensor.values)
            {
                optimizer.set_moments(moment, values.clone())?;
            }
        }
        Ok(())
    }
}
