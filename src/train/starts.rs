//! Several beginnings, of which one goes on.
//!
//! What a value of a code stands for is settled in the first half of a run, and not always for the best: one
//! digit is split by its slant, and two share a value. L_R, which needs no label, tells such a beginning from a
//! good one. So, as k-means does, a run with codes begins several times from fresh networks, each time for
//! half of its steps, and goes on from where L_R was largest.

use super::checkpoint::Score;
use super::{Progress, Record, Run, Settings, TrainConfig, Trainer, read_metrics, resume, train};
use crate::data::Dataset;
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// L_R in the log.
pub(super) const BITS: &str = "information_bits_real";

/// What the beginnings of a run came to: `starts.json` of its folder.
///
/// ```
/// use ganscope::train::Starts;
/// let starts = Starts { bits: vec![Some(2.31), None, Some(2.49)], chosen: 2 };
/// assert_eq!(starts.to_string(), "start 3 of 3, chosen by its L_R of 2.49 bits (the others: 2.31, diverged)");
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Starts {
    /// L_R of each in bits, over its last fifth; none where it diverged.
    pub bits: Vec<Option<f64>>,
    /// The one that went on, counted from 0.
    pub chosen: usize,
}

impl std::fmt::Display for Starts {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        let said = |bits: &Option<f64>| bits.map_or("diverged".into(), |b| format!("{b:.2}"));
        let each: Vec<String> = self.bits.iter().map(said).collect();
        let chosen = each.get(self.chosen).map_or("?", String::as_str);
        let others = each.iter().enumerate().filter(|(k, _)| *k != self.chosen);
        let others: Vec<&str> = others.map(|(_, said)| said.as_str()).collect();
        write!(
            f,
            "start {} of {}, chosen by its L_R of {chosen} bits (the others: {})",
            self.chosen + 1,
            self.bits.len(),
            others.join(", ")
        )
    }
}

impl TrainConfig {
    /// Updates of G that each beginning takes; 0 when there is one alone.
    pub fn steps_of_a_start(&self) -> u64 {
        match self.codes.starts {
            0 | 1 => 0,
            _ => self.steps / 2,
        }
    }

    /// Updates of G in all, those of beginnings that do not go on included.
    ///
    /// ```
    /// use ganscope::train::Settings;
    /// let text = "data = 'ring8'\ngan = 'infogan'\nsteps = 30\ncodes = { starts = 5, weight_real = 1.0 }";
    /// let (config, _) = Settings::parse(text)?.resolve()?;
    /// assert_eq!((config.steps_of_a_start(), config.updates()), (15, 90));
    /// # Ok::<(), ganscope::Error>(())
    /// ```
    pub fn updates(&self) -> u64 {
        let lost = (self.codes.starts as u64).saturating_sub(1);
        lost.saturating_mul(self.steps_of_a_start())
            .saturating_add(self.steps)
    }
}

/// Makes `trainer`, which is at step 0, the best of its beginnings, and the run folder that of its run so far.
/// Returns the seconds that they all took.
///
/// Each is a run in a folder of its own, `starts/K`, until the choice is made: so one that was stopped goes on.
/// `watch` is told the updates so far, of all of them, beside each one's progress.
///
/// # Errors
/// [`Error::Diverged`] when they all do; as [`train`].
pub(super) fn choose(
    run: &Run,
    trainer: &mut Trainer,
    stop: &AtomicBool,
    watch: &mut dyn FnMut(u64, Progress),
) -> Result<f64> {
    let config = trainer.config.clone();
    let steps = config.steps_of_a_start();
    let mut own = config.clone();
    (own.steps, own.codes.starts) = (steps, 1);
    if run.checkpoints()?.is_empty() {
        // From here `resume` goes on when this is stopped.
        let measure = "nothing yet".into();
        let score = Score {
            measure,
            value: f64::NAN,
        };
        run.save(trainer, 0.0, &score)?;
    }
    let (mut bits, mut seconds, mut diverged) = (Vec::new(), 0.0, None);
    for k in 0..config.codes.starts {
        let (start, mut beginning, before) = begin(run, &own, trainer.data.clone(), k)?;
        let done = k as u64 * steps;
        let outcome = train(&start, &mut beginning, before, stop, &mut |p| {
            watch(done + p.step, p);
        });
        let log = read_metrics(start.metrics_path())?;
        seconds += log.last().map_or(0.0, |last| last.seconds);
        bits.push(match outcome {
            Ok(()) => Some(late_bits(&log, steps)),
            Err(e @ Error::Diverged { .. }) => {
                diverged = Some(e);
                None
            }
            Err(e) => return Err(e),
        });
        // Set in the last step of one, which then is done.
        if stop.load(Ordering::Relaxed) {
            let step = beginning.step;
            return Err(Error::Interrupted { step });
        }
    }
    let reached = bits.iter().enumerate();
    let reached = reached.filter_map(|(k, bits)| bits.map(|bits| (bits, k)));
    // Of two that are equal the earlier.
    let best = reached.rev().max_by(|a, b| a.0.total_cmp(&b.0));
    let chosen = match (best, diverged) {
        (Some((_, chosen)), _) => chosen,
        (None, Some(diverged)) => return Err(diverged),
        (None, None) => 0,
    };
    let start = Run::open(&run.start(chosen))?;
    let (checkpoint, _) = start.newest()?;
    let mut begun = checkpoint.trainer(trainer.data.clone())?;
    begun.config = config;
    *trainer = begun;
    run.adopt(&start, &Starts { bits, chosen })?;
    let score = checkpoint.score;
    run.save(trainer, seconds, &score)?;
    run.forget_starts()?;
    Ok(seconds)
}

/// Beginning `k` as far as it is: its run, its trainer, and the seconds that it has trained.
fn begin(
    run: &Run,
    config: &TrainConfig,
    data: Arc<Dataset>,
    k: usize,
) -> Result<(Run, Trainer, f64)> {
    let folder = run.start(k);
    if let Ok(start) = Run::open(&folder)
        && !start.checkpoints()?.is_empty()
    {
        let mut changes = Settings::default();
        changes.set("steps", config.steps as i64)?;
        let (trainer, seconds, _) = resume(&start, &changes)?;
        return Ok((start, trainer, seconds));
    }
    let trainer = Trainer::beginning(config.clone(), data, k as u64)?;
    Ok((Run::create(&folder, config, true)?, trainer, 0.0))
}

/// L_R over the last fifth of a beginning of `steps`, in bits.
fn late_bits(log: &[Record], steps: u64) -> f64 {
    let late = log.iter().filter(|record| record.step >= steps - steps / 5);
    let bits: Vec<f64> = late
        .filter_map(|record| record.extra.get(BITS).copied())
        .collect();
    bits.iter().sum::<f64>() / bits.len() as f64
}
