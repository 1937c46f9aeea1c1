//! The gradient doctor: decides whether a GAN in training is healthy, and suggests a remedy if it is not.
//!
//! An examination computes the next step without taking it, and reads what the log says about the steps before. It does
//! not change the trainer: the steps that follow are the same bit for bit.
//!
//! * [`LayerSigns`]: gradient, update, spectral norm and saturation of each layer;
//! * [`GameSigns`]: how far D is from its optimum, how much of D's gradient reaches G, the diversity of G's
//!   samples, how far the weights have moved, and whether the training oscillates;
//! * [`rules`]: the thresholds that turn these measurements into a [`Diagnosis`].

mod diagnosis;
pub(super) mod disease;
mod game;
mod layers;
mod oscillation;
pub(super) mod remedy;
pub mod rules;
mod travel;

pub(crate) use remedy::NEW_RUN;

pub use diagnosis::{Ailment, Diagnosis};
pub use disease::Disease;
pub use game::{EXTRA_UPDATES, GameSigns};
pub use layers::LayerSigns;
pub use oscillation::{FEWEST_LINES, Oscillation, oscillation};
pub use travel::Travel;

use super::losses::Losses;
use super::trainer::Trainer;
use crate::error::Result;

impl Trainer {
    /// Examines the GAN as it is now. `history` holds the measurements before, of every step or of the lines of a log,
    /// at equal distances.
    ///
    /// ```
    /// use ganscope::train::{Settings, Trainer};
    /// let (config, data) = Settings::parse("data = \"ring8\"\nbatch = 64")?.resolve()?;
    /// let mut trainer = Trainer::new(config, data)?;
    /// let history = (0..40).map(|_| trainer.step()).collect::<ganscope::Result<Vec<_>>>()?;
    /// let diagnosis = trainer.examine(&history)?;
    /// assert_eq!((diagnosis.step, diagnosis.verdict().as_str()), (40, "healthy"));
    /// // Adam changes the weights of a layer by about the learning rate in each step.
    /// let dense = &diagnosis.layers[0];
    /// assert_eq!((dense.network.as_str(), dense.layer.as_str()), ("generator", "0 (dense 2→128)"));
    /// assert!(dense.update.is_some_and(|ratio| 1e-4 < ratio && ratio < 0.1));
    /// # Ok::<(), ganscope::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Device`](crate::Error::Device) when the device fails; as
    /// [`Dataset::batch`](crate::data::Dataset::batch).
    pub fn examine(&self, history: &[Losses]) -> Result<Diagnosis> {
        let layers = layers::examine(self)?;
        let game = game::examine(self, history)?;
        Ok(Diagnosis {
            step: self.step,
            ailments: rules::judge(&self.config, &layers, &game),
            game,
            layers,
        })
    }
}
