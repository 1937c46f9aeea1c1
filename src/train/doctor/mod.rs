//! The gradient doctor: is a GAN in training healthy, and if not, what has it and what helps?
//!
//! An examination looks at the next step without taking it, and at what the log says of the steps before.
//! Nothing of the trainer changes, and the steps that follow are the same bit for bit.
//!
//! * [`LayerSigns`]: gradient, update, spectral norm and saturation of each layer;
//! * [`GameSigns`]: how far D is from its best, what L_G lets through, what G's samples leave out, how far
//!   each player has come, and whether the game goes in circles;
//! * the rules, in [`rules`], that make a [`Diagnosis`] of them: healthy, or what ails it, the worst first.

pub(super) mod divergence;
mod game;
mod layers;
mod oscillation;
mod remedy;
pub mod rules;
mod travel;

pub use game::{GameSigns, MORE};
pub use layers::LayerSigns;
pub use oscillation::{FEWEST_LINES, Oscillation, oscillation};
pub use travel::Travel;

use super::{Losses, Trainer};
use crate::error::Result;
use serde::{Serialize, Serializer};
use std::fmt;

/// What can ail a GAN in training, the worst first: where an earlier one reigns, the later ones may be
/// its consequences.
///
/// ```
/// use ganscope::train::Disease;
/// assert!(Disease::Exploding < Disease::Vanishing);
/// assert_eq!(Disease::DTooStrong.to_string(), "D too strong");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Disease {
    /// A player has hardly left where it began: its learning rate is far too small.
    StandingStill,
    /// Gradients or updates grow beyond what a network survives.
    Exploding,
    /// No gradient arrives where it is needed.
    Vanishing,
    /// G makes a part of what there is, or always the same.
    Collapsing,
    /// The players go round each other.
    Oscillating,
    /// D is sure, and no longer says in which direction G should go.
    DTooStrong,
}

impl fmt::Display for Disease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Disease::StandingStill => "standing still",
            Disease::Exploding => "exploding",
            Disease::Vanishing => "vanishing",
            Disease::Collapsing => "collapsing",
            Disease::Oscillating => "oscillating",
            Disease::DTooStrong => "D too strong",
        })
    }
}

impl Serialize for Disease {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

/// A disease that was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ailment {
    /// What it is.
    pub disease: Disease,
    /// The numbers that say so, and where they were measured.
    pub evidence: String,
    /// What to try, as settings of `ganscope train`.
    pub remedy: String,
}

/// What an examination found.
#[derive(Debug, Clone, Serialize)]
pub struct Diagnosis {
    /// Updates of G before it.
    pub step: u64,
    /// What ails the run, the worst first; nothing where it is healthy.
    pub ailments: Vec<Ailment>,
    /// The game as a whole.
    pub game: GameSigns,
    /// Layer by layer, those of G first.
    pub layers: Vec<LayerSigns>,
}

impl Diagnosis {
    /// `healthy`, or the worst disease.
    pub fn verdict(&self) -> String {
        let worst = self.ailments.first();
        worst.map_or("healthy".into(), |a| a.disease.to_string())
    }

    /// What ails the run, the worst first.
    pub fn diseases(&self) -> Vec<Disease> {
        self.ailments.iter().map(|a| a.disease).collect()
    }
}

impl Trainer {
    /// Examines the GAN as it is, and what was measured on the way here: the steps so far, or the lines
    /// of a log, at equal distances.
    ///
    /// ```
    /// use ganscope::train::{Settings, Trainer};
    /// let (config, data) = Settings::parse("data = \"ring8\"\nbatch = 64")?.resolve()?;
    /// let mut trainer = Trainer::new(config, data)?;
    /// let history = (0..40).map(|_| trainer.step()).collect::<ganscope::Result<Vec<_>>>()?;
    /// let diagnosis = trainer.examine(&history)?;
    /// assert_eq!((diagnosis.step, diagnosis.verdict().as_str()), (40, "healthy"));
    /// // Adam moves the weights of a layer by about lr a step.
    /// let dense = &diagnosis.layers[0];
    /// assert_eq!((dense.network.as_str(), dense.layer.as_str()), ("generator", "0 (dense 2→128)"));
    /// assert!(dense.update.is_some_and(|ratio| 1e-4 < ratio && ratio < 0.1));
    /// # Ok::<(), ganscope::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Device`](crate::Error::Device); as [`Dataset::batch`](crate::data::Dataset::batch).
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
