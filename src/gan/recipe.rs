//! Recipes: an objective with the settings that its paper, or practice, trains it with.
//!
//! A configuration names a recipe and overrides single settings; everything in this file is a default. A new recipe
//! is one entry in [`LIST`]. The trials behind the settings that differ from the papers are in the book, under
//! "How the default settings were chosen".

use super::adagan::Boosting;
use super::infogan::Codes;
use super::objectives::{
    Began, Hinge, LeastSquares, NonSaturating, ObjectiveConfig, Relativistic, Saturating,
    Wasserstein,
};
use super::penalty::PenaltyConfig;
use crate::data::SampleShape;
use crate::error::{Result, unknown};
use crate::nn::layers::Scale;
use crate::nn::{LayerSpec, NetworkSpec, presets};
use crate::optim::{Decay, OptimizerConfig};

/// A named way to train a GAN.
#[derive(Debug, Clone)]
pub struct Recipe {
    /// Name that `--gan` takes.
    pub name: &'static str,
    /// One line of description for the help text.
    pub summary: &'static str,
    /// Paper that the recipe comes from.
    pub paper: &'static str,
    /// Objective of D and G.
    pub objective: ObjectiveConfig,
    /// Number of updates of D for each update of G.
    pub n_critic: usize,
    /// Penalty on D's gradient.
    pub penalty: PenaltyConfig,
    /// Largest absolute value of D's weights; 0 for no bound.
    pub weight_clip: f64,
    /// Whether each weight of D is divided by the norm of its operator.
    pub spectral_norm: bool,
    /// Codes that Q recovers.
    pub codes: Codes,
    /// Mixture of generators.
    pub boosting: Boosting,
}

/// Lipschitz constant of D for images in recipes with spectral norm.
const LIPSCHITZ_CONSTANT: f32 = 10.0;

/// The name of a recipe, and how it differs from [`Recipe::base`].
type Entry = (&'static str, fn(Recipe) -> Recipe);

/// Every recipe.
const LIST: [Entry; 11] = [
    ("gan", |base| Recipe {
        summary: "minimax game; G has no gradient when D is certain",
        objective: ObjectiveConfig::Gan(Saturating::default()),
        ..base
    }),
    ("nsgan", |base| base),
    ("lsgan", |base| Recipe {
        summary: "squared errors in place of cross-entropies",
        paper: "Mao et al. 2017",
        objective: ObjectiveConfig::Lsgan(LeastSquares::default()),
        ..base
    }),
    ("wgan", |base| Recipe {
        summary: "critic with clipped weights; estimates the distance W₁",
        paper: "Arjovsky et al. 2017",
        objective: ObjectiveConfig::Wgan(Wasserstein {}),
        n_critic: 5,
        weight_clip: 0.01,
        ..base
    }),
    ("wgan-gp", |base| Recipe {
        summary: "critic with a penalty that keeps its gradient norm near 1",
        paper: "Gulrajani et al. 2017",
        objective: ObjectiveConfig::Wgan(Wasserstein {}),
        n_critic: 5,
        penalty: PenaltyConfig::Gradient {
            weight: 10.0,
            target: 1.0,
        },
        ..base
    }),
    ("sngan", |base| Recipe {
        summary: "nsgan with spectral normalisation of D",
        paper: "Miyato et al. 2018",
        spectral_norm: true,
        ..base
    }),
    ("began", |base| Recipe {
        summary: "auto-encoder as D; a controller balances D and G",
        paper: "Berthelot et al. 2017",
        objective: ObjectiveConfig::Began(Began::default()),
        ..base
    }),
    ("infogan", |base| Recipe {
        summary: "nsgan with codes: parts of z that Q predicts from G(z)",
        paper: "Chen et al. 2016",
        codes: Codes {
            categorical: vec![10],
            continuous: 2,
            ..Codes::default()
        },
        ..base
    }),
    ("adagan", |base| Recipe {
        summary: "mixture of generators; each learns what earlier ones miss",
        paper: "Tolstikhin et al. 2017",
        boosting: Boosting {
            components: 5,
            ..Boosting::default()
        },
        ..base
    }),
    ("hinge", |base| Recipe {
        summary: "hinge loss; D ignores samples beyond the margin",
        paper: "Lim & Ye 2017",
        objective: ObjectiveConfig::Hinge(Hinge {}),
        spectral_norm: true,
        ..base
    }),
    ("relativistic-r1r2", |base| Recipe {
        summary: "real samples scored relative to generated ones; R1, R2",
        paper: "Huang et al. 2024",
        objective: ObjectiveConfig::Relativistic(Relativistic {}),
        penalty: PenaltyConfig::R1R2 { gamma: 1.0 },
        ..base
    }),
];

/// Names of all recipes, as `--gan` takes them.
pub const RECIPES: [&str; LIST.len()] = {
    let mut names = [""; LIST.len()];
    let mut i = 0;
    while i < names.len() {
        names[i] = LIST[i].0;
        i += 1;
    }
    names
};

impl Recipe {
    /// Returns the recipe `nsgan` under another name; every other recipe changes some of its settings.
    fn base(name: &'static str) -> Self {
        Recipe {
            name,
            summary: "as gan, but G maximises log D(G(z))",
            paper: "Goodfellow et al. 2014",
            objective: ObjectiveConfig::Nsgan(NonSaturating::default()),
            n_critic: 1,
            penalty: PenaltyConfig::None {},
            weight_clip: 0.0,
            spectral_norm: false,
            codes: Codes::default(),
            boosting: Boosting::default(),
        }
    }

    /// Returns the recipe of that name with the settings of its paper.
    ///
    /// ```
    /// use ganscope::gan::Recipe;
    /// assert_eq!(Recipe::named("lsgan")?.paper, "Mao et al. 2017");
    /// assert!(Recipe::named("lsgna").unwrap_err().to_string().contains("nearest is \"lsgan\""));
    /// # Ok::<(), ganscope::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Usage`](crate::Error::Usage) naming the most similar recipe.
    pub fn named(name: &str) -> Result<Recipe> {
        match LIST.iter().find(|(known, _)| *known == name) {
            Some((name, change)) => Ok(change(Recipe::base(name))),
            None => Err(unknown("recipe", name, &RECIPES)),
        }
    }

    /// Returns the recipe with the settings that data of this shape need in place of those of the paper.
    pub fn on(mut self, data: &SampleShape) -> Recipe {
        match (self.name, matches!(data, SampleShape::Image { .. })) {
            // A small λ lets images form before the code gets its meaning. μ > 0 lets real images influence that
            // meaning, and the best of several starts is chosen by L_R, without labels.
            ("infogan", true) => {
                self.codes.weight = 0.15;
                self.codes.weight_continuous = 0.02;
                self.codes.weight_real = 1.0;
                self.codes.starts = 5;
            }
            // With the weights of the paper, the clusters smear out along the continuous codes.
            ("infogan", false) => {
                self.codes.weight = 0.1;
                self.codes.weight_continuous = 0.01;
            }
            // A critic of points needs weights of about 0.1; within the paper's 0.01 it is almost linear.
            ("wgan", false) => {
                self.n_critic = 2;
                self.weight_clip = 0.3;
            }
            // The critic learns at ten times the paper's rate, so fewer updates keep it ahead of G.
            ("wgan-gp", true) => self.n_critic = 2,
            // The paper's weight of 10 smooths clusters that are small relative to their distance into one hill.
            ("wgan-gp", false) => {
                self.n_critic = 2;
                self.penalty = PenaltyConfig::Gradient {
                    weight: 0.1,
                    target: 1.0,
                };
            }
            // A γ below 1 makes G prefer the few samples that D reconstructs best. The paper's λ_k of 0.001 is meant
            // for a hundred times as many steps.
            ("began", images) => {
                self.objective = ObjectiveConfig::Began(Began {
                    gamma: 1.0,
                    lambda_k: if images { 0.05 } else { 0.001 },
                    ..Began::default()
                });
            }
            _ => {}
        }
        self
    }

    /// Returns the default length of z.
    pub fn latent(&self, data: &SampleShape) -> usize {
        let noise = match data {
            // With more noise beside it, the code would explain only a small part of an image.
            SampleShape::Image { .. } if self.codes.width() > 0 => 6,
            SampleShape::Image { .. } => 16,
            SampleShape::Vector { .. } => 2,
        };
        noise + self.codes.width()
    }

    /// Returns the default number of samples in a batch.
    pub fn batch(&self, data: &SampleShape) -> usize {
        match data {
            SampleShape::Vector { .. } => 256,
            SampleShape::Image { .. } if self.codes.width() > 0 => 64,
            SampleShape::Image { .. } => 32,
        }
    }

    /// Returns how the learning rates fall over the default number of updates, `over`. With codes for images, Q has to
    /// learn until the end what the codes mean.
    pub fn decay(&self, data: &SampleShape, over: u64) -> Decay {
        match data {
            SampleShape::Image { .. } if self.codes.width() > 0 => Decay::Constant {},
            _ => Decay::Cosine { over, floor: 0.02 },
        }
    }

    /// Returns the default number of updates of G. For images they take about six minutes on two cores.
    pub fn steps(&self, data: &SampleShape) -> u64 {
        match (data, self.name) {
            (SampleShape::Vector { .. }, _) => 5000,
            (SampleShape::Image { .. }, "infogan") => 3000,
            (SampleShape::Image { .. }, "wgan" | "wgan-gp") => 2200,
            (SampleShape::Image { .. }, "relativistic-r1r2") => 3000,
            (SampleShape::Image { .. }, "sngan" | "hinge" | "began") => 6000,
            (SampleShape::Image { .. }, _) => 8500,
        }
    }

    /// Returns the optimisers of G and D.
    ///
    /// For images it is Adam with ten times DCGAN's learning rate (Radford et al. 2016), which falls to almost 0 within the
    /// default number of steps. For points and tables it is Adam without momentum and with a shorter memory (Mescheder
    /// et al. 2018), with a higher learning rate for G than for D: a D that learns faster than G makes G lose modes.
    pub fn optimizers(&self, data: &SampleShape) -> (OptimizerConfig, OptimizerConfig) {
        let both = |optimizer: OptimizerConfig| (optimizer.clone(), optimizer);
        let images = matches!(data, SampleShape::Image { .. });
        match (self.name, images) {
            ("wgan", true) => both(OptimizerConfig::rmsprop(2e-3)),
            ("wgan-gp", true) => both(OptimizerConfig::adam(1e-3, 0.0, 0.9)),
            // The auto-encoder has no normalisation.
            ("began", true) => both(OptimizerConfig::adam(5e-4, 0.5, 0.999)),
            ("infogan", true) => (
                OptimizerConfig::adam(2e-3, 0.5, 0.999),
                OptimizerConfig::adam(5e-4, 0.5, 0.999),
            ),
            (_, true) => both(OptimizerConfig::adam(2e-3, 0.5, 0.999)),
            ("wgan", false) => (
                OptimizerConfig::rmsprop(3e-3),
                OptimizerConfig::rmsprop(1e-3),
            ),
            // The penalty allows higher learning rates for both than other recipes do.
            ("wgan-gp", false) => (
                OptimizerConfig::adam(1e-2, 0.0, 0.99),
                OptimizerConfig::adam(3e-3, 0.0, 0.99),
            ),
            (_, false) => (
                OptimizerConfig::adam(3e-3, 0.0, 0.99),
                OptimizerConfig::adam(1e-3, 0.0, 0.99),
            ),
        }
    }

    /// Returns the networks of G and D.
    ///
    /// # Errors
    /// [`Error::Usage`](crate::Error::Usage) when there is no preset for the shape.
    pub fn networks(
        &self,
        data: &SampleShape,
        latent: usize,
    ) -> Result<(NetworkSpec, NetworkSpec)> {
        let codes = self.codes.parameters();
        let images = matches!(data, SampleShape::Image { .. });
        let (g, mut d) = if self.objective.objective().reconstructs() {
            // The code of the auto-encoder must be narrower than the data, or D could copy any input.
            let code = (data.numel() / 2).clamp(1, 64);
            (
                presets::generator(data, latent)?,
                presets::autoencoder(data, code)?,
            )
        } else if images && codes > 0 {
            presets::with_codes(data, latent, codes)?
        } else {
            (
                presets::generator(data, latent)?,
                presets::with_heads(presets::discriminator(data)?, codes),
            )
        };
        d.spectral_norm = self.spectral_norm;
        if d.spectral_norm {
            // The norm bounds D's slope, and layer norm would scale it up again.
            d.layers
                .retain(|layer| !matches!(layer, LayerSpec::LayerNorm(_)));
            if images {
                // With Lipschitz constant 1, D's scores of real and generated images are almost equal.
                let factor = LIPSCHITZ_CONSTANT;
                d.layers.push(Scale { factor }.into());
            }
        }
        Ok((g, d))
    }
}
