//! A checkpoint: one `.safetensors` file that PyTorch can load, and that holds all that a run needs
//! to go on exactly.

use super::{TrainConfig, Trainer, metrics};
use crate::data::{DataConfig, Dataset, Description, Samples};
use crate::error::{Error, Result};
use crate::evaluate::{CodeReading, KERNELS, Likelihood, LikelihoodProtocol};
use crate::gan::ObjectiveConfig;
use crate::nn::{Network, NetworkSpec, StateDict, StateTensor, StateValues};
use crate::optim::{Optimizer, ScheduleState};
use crate::random::Stream;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Changes when a checkpoint of an earlier version can no longer be read.
pub const FORMAT_VERSION: u32 = 2;

const GENERATOR: &str = "generator";
const DISCRIMINATOR: &str = "discriminator";
const AVERAGE: &str = "generator_average";
const COMPONENT: &str = "component";
const EXAMPLES: &str = "boosting.example_weights";

/// What a run is chosen by among its checkpoints.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// What was measured.
    pub measure: String,
    /// The lower the better; what cannot be measured is NaN, which is never the best.
    #[serde(deserialize_with = "metrics::number")]
    pub value: f64,
}

/// A checkpoint that was read.
#[derive(Debug, Clone)]
pub struct Checkpoint {
    path: PathBuf,
    state: StateDict,
    /// The configuration it was trained with.
    pub config: TrainConfig,
    /// What is needed of the data to read the samples.
    pub description: Description,
    /// Generator updates done.
    pub step: u64,
    /// Seconds of training so far.
    pub seconds: f64,
    /// How good the samples were.
    pub score: Score,
    /// The losses as they were then: BEGAN's k moves.
    objective: ObjectiveConfig,
    /// AdaGAN's components that are done.
    components: usize,
    interval: super::losses::Interval,
    schedules: [ScheduleState; 2],
    optimizer_steps: [u64; 2],
}

/// Writes a checkpoint of `trainer`.
///
/// # Errors
/// [`Error::Io`]; a file that was there before is kept then.
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
    let json = |value: &dyn erased::Json| value.json(path);
    let metadata: HashMap<String, String> = [
        ("format_version", FORMAT_VERSION.to_string()),
        ("crate_version", env!("CARGO_PKG_VERSION").to_string()),
        ("config", json(&trainer.config)?),
        (GENERATOR, json(&trainer.config.generator)?),
        (DISCRIMINATOR, json(&trainer.config.discriminator)?),
        ("data", json(trainer.data.description())?),
        ("step", trainer.step.to_string()),
        ("seconds", seconds.to_string()),
        ("score", json(score)?),
        ("objective", json(&trainer.objective)?),
        ("components", trainer.ensemble.components.len().to_string()),
        ("interval", json(&trainer.interval)?),
        (
            "schedules",
            json(&[
                trainer.generator.schedule.state(),
                trainer.discriminator.schedule.state(),
            ])?,
        ),
        (
            "optimizer_steps",
            json(&[
                trainer.generator.optimizer.step(),
                trainer.discriminator.optimizer.step(),
            ])?,
        ),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_string(), value))
    .collect();
    state.write(path, &metadata)
}

/// Serialisation of differently typed values by one closure.
mod erased {
    use crate::error::{Error, Result};
    use std::path::Path;

    pub trait Json {
        fn json(&self, path: &Path) -> Result<String>;
    }

    impl<T: serde::Serialize> Json for T {
        fn json(&self, path: &Path) -> Result<String> {
            serde_json::to_string(self).map_err(|e| Error::Checkpoint {
                path: path.into(),
                problem: format!("cannot be written: {e}"),
            })
        }
    }
}

impl Checkpoint {
    /// Reads a checkpoint.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] saying what is wrong: truncated, another version, a tensor that is missing
    /// or of another shape than the networks described in it.
    pub fn read(path: &Path) -> Result<Self> {
        let (state, metadata) = StateDict::read(path)?;
        let refuse = |problem: String| Error::Checkpoint {
            path: path.into(),
            problem,
        };
        let text = |key: &str| {
            metadata.get(key).ok_or_else(|| {
                refuse(format!(
                    "has no \"{key}\" in its metadata; ganscope did not write it"
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
        // What does not fit is found now, not when it is needed.
        checkpoint.generators()?;
        checkpoint.discriminator()?;
        Ok(checkpoint)
    }

    /// The file.
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
                    self.refuse(format!("describes a network that cannot be: {e}"))
                }
                other => other,
            })?;
        self.state
            .load(prefix, &mut network)
            .map_err(|e| self.refuse(e))?;
        Ok(network)
    }

    /// The network that samples are drawn from: G's moving average if there is one.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] when its tensors do not fit its description.
    pub fn generator(&self) -> Result<Network> {
        let prefix = if self.config.ema > 0.0 {
            AVERAGE
        } else {
            GENERATOR
        };
        self.network(GENERATOR, prefix, &self.config.generator)
    }

    /// The networks whose mixture samples are drawn from, in equal parts: AdaGAN's components, and
    /// [the one in training](Self::generator).
    ///
    /// # Errors
    /// [`Error::Checkpoint`] when their tensors do not fit their description.
    pub fn generators(&self) -> Result<Vec<Network>> {
        let mut all = Vec::new();
        for k in 0..self.components {
            let prefix = format!("{COMPONENT}.{k}");
            all.push(self.network(GENERATOR, &prefix, &self.config.generator)?);
        }
        all.push(self.generator()?);
        Ok(all)
    }

    /// D.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] when its tensors do not fit its description.
    pub fn discriminator(&self) -> Result<Network> {
        self.network(DISCRIMINATOR, DISCRIMINATOR, &self.config.discriminator)
    }

    /// `n` generated samples in the data's units, a function of (`seed`, `n`).
    ///
    /// # Errors
    /// As [`generator`](Self::generator).
    pub fn sample(&self, n: usize, seed: u64) -> Result<Samples> {
        let z = self.latents(n, seed);
        let parts = self.generators()?;
        let parts: Vec<&Network> = parts.iter().collect();
        super::snapshot::generate(&parts, &self.description, z, seed)
    }

    fn latents(&self, n: usize, seed: u64) -> Vec<f32> {
        (self.config).latents(seed, Stream::LatentForSampling, 0, n)
    }

    /// What Q reads off the labelled images of `data` that were not learnt from, and off `samples`, which
    /// were [drawn](Self::sample) with `seed`. None without a categorical code, and without such images.
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
        let Some(unseen) = data.unseen().filter(|_| !codes.categorical.is_empty()) else {
            return Ok(None);
        };
        let z = self.latents(samples.len(), seed);
        let d = self.discriminator()?;
        CodeReading::of(&d, codes, &unseen, z, &samples.values).map(Some)
    }

    /// How likely samples of `data` that were not learnt from are under G.
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
                "the likelihood of {} cannot be taken: {problem}",
                self.path.display()
            )))
        };
        if self.components > 0 {
            return refuse(format!(
                "its samples are those of a mixture of {} generators, and annealing moves through the z of one",
                self.components + 1
            ));
        }
        if self.config.codes.width() > 0 {
            return refuse(
                "part of its z are codes, and annealing begins with a z that is normal throughout"
                    .into(),
            );
        }
        let generated = self.sample(KERNELS, protocol.annealing.seed)?.values;
        Likelihood::of(&self.generator()?, data, &generated, protocol, watch)
    }

    /// A trainer that goes on where this checkpoint was taken.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] when tensors do not fit, or the data are not those it was trained on.
    pub fn trainer(&self, data: impl Into<Arc<Dataset>>) -> Result<Trainer> {
        let data = data.into();
        if let Some(difference) = data.description().difference(&self.description) {
            return Err(self.refuse(format!(
                "was trained on {}, which is not what it was then: {difference}",
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
            let weighed = trainer.ensemble.weigh(weights.clone());
            weighed.map_err(|e| self.refuse(e.to_string()))?;
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
