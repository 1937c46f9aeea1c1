//! A recipe: an objective with the settings that its paper, or practice, trains it with.
//!
//! A configuration names a recipe and overrides what it likes; everything below is a default.

use super::{LeastSquares, NonSaturating, ObjectiveConfig, Saturating};
use crate::data::SampleShape;
use crate::error::{Result, unknown};
use crate::optim::OptimizerConfig;

/// A named way to train a GAN.
#[derive(Debug, Clone)]
pub struct Recipe {
    /// What `--gan` takes.
    pub name: &'static str,
    /// One line for the help.
    pub summary: &'static str,
    /// Where it comes from.
    pub paper: &'static str,
    /// The losses.
    pub objective: ObjectiveConfig,
    /// Updates of D for one of G.
    pub n_critic: usize,
}

/// The names, as `--gan` takes them.
pub const RECIPES: [&str; 3] = ["gan", "nsgan", "lsgan"];

impl Recipe {
    /// The recipe of that name.
    ///
    /// ```
    /// use ganscope::gan::Recipe;
    /// assert_eq!(Recipe::named("lsgan")?.paper, "Mao et al. 2017");
    /// assert!(Recipe::named("lsgna").unwrap_err().to_string().contains("nearest is \"lsgan\""));
    /// # Ok::<(), ganscope::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Usage`](crate::Error::Usage) naming the nearest.
    pub fn named(name: &str) -> Result<Recipe> {
        Ok(match name {
            "gan" => Recipe {
                name: "gan",
                summary: "the minimax game; G's gradient vanishes when D is sure",
                paper: "Goodfellow et al. 2014",
                objective: ObjectiveConfig::Gan(Saturating::default()),
                n_critic: 1,
            },
            "nsgan" => Recipe {
                name: "nsgan",
                summary: "the same D; G maximises log D(G(z))",
                paper: "Goodfellow et al. 2014",
                objective: ObjectiveConfig::Nsgan(NonSaturating::default()),
                n_critic: 1,
            },
            "lsgan" => Recipe {
                name: "lsgan",
                summary: "squared errors in place of cross-entropies",
                paper: "Mao et al. 2017",
                objective: ObjectiveConfig::Lsgan(LeastSquares::default()),
                n_critic: 1,
            },
            _ => return Err(unknown("recipe", name, &RECIPES)),
        })
    }

    /// Adam as DCGAN sets it (Radford et al. 2016): β₁ = 0.5. Points and tables, whose networks are
    /// small, learn faster at a larger rate.
    pub fn optimizer(&self, data: &SampleShape) -> OptimizerConfig {
        let lr = match data {
            SampleShape::Image { .. } => 2e-4,
            SampleShape::Vector { .. } => 1e-3,
        };
        OptimizerConfig::adam(lr, 0.5, 0.999)
    }
}
