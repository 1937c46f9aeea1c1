//! Training of a run from its first step to its last.

use super::best_start;
use super::folder::Run;
use super::steps::{Progress, open_log, save_picture, train_steps};
use super::trainer::Trainer;
use crate::error::Result;
use std::sync::atomic::AtomicBool;

/// Trains until `config.steps` and writes everything into the run directory. A run whose codes have several
/// [starts](crate::gan::Codes::starts) trains these first and continues the best one.
///
/// `stop` is checked after every step: when it is set, everything is saved and the result is
/// [`Error::Interrupted`](crate::Error::Interrupted). `watch` is called after every step.
///
/// # Errors
/// [`Error::Diverged`](crate::Error::Diverged), [`Error::Io`](crate::Error::Io),
/// [`Error::Interrupted`](crate::Error::Interrupted); what was saved before is kept.
pub fn train(
    run: &Run,
    trainer: &mut Trainer,
    mut seconds_before: f64,
    stop: &AtomicBool,
    watch: &mut dyn FnMut(Progress),
) -> Result<()> {
    run.lock()?;
    if trainer.step == 0 && trainer.config.steps_of_a_start() > 0 {
        // A report of the run can be made before a start is chosen; it needs a log and a picture.
        open_log(run)?;
        save_picture(run, trainer)?;
        let steps = trainer.config.updates();
        seconds_before = best_start::choose(run, trainer, stop, &mut |step, p| {
            watch(Progress { step, steps, ..p });
        })?;
    }
    train_steps(run, trainer, seconds_before, stop, watch)
}
