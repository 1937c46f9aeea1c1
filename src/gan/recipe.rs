//! A recipe: an objective with the settings that its paper, or practice, trains it with.
//!
//! A configuration names a recipe and overrides what it likes; everything below is a default.

use super::{
    Began, Boosting, Codes, Hinge, LeastSquares, NonSaturating, ObjectiveConfig, PenaltyConfig,
    Relativistic, Saturating, Wasserstein,
};
use crate::data::SampleShape;
use crate::error::{Result, unknown};
use crate::nn::{NetworkSpec, presets};
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
    /// What D pays for its gradient.
    pub penalty: PenaltyConfig,
    /// Bound on D's weights; 0 is none.
    pub weight_clip: f64,
    /// Whether D's weights are divided by their operators' norms.
    pub spectral_norm: bool,
    /// What Q reads.
    pub codes: Codes,
    /// Components of a mixture.
    pub boosting: Boosting,
}

/// The names, as `--gan` takes them.
pub const RECIPES: [&str; 11] = [
    "gan",
    "nsgan",
    "lsgan",
    "wgan",
    "wgan-gp",
    "sngan",
    "began",
    "infogan",
    "adagan",
    "hinge",
    "relativistic-r1r2",
];

impl Recipe {
    /// The recipe of that name, for data of this shape.
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
        let plain = Recipe {
            name: "nsgan",
            summary: "the same D; G maximises log D(G(z))",
            paper: "Goodfellow et al. 2014",
            objective: ObjectiveConfig::Nsgan(NonSaturating::default()),
            n_critic: 1,
            penalty: PenaltyConfig::None {},
            weight_clip: 0.0,
            spectral_norm: false,
            codes: Codes::default(),
            boosting: Boosting::default(),
        };
        let wasserstein = ObjectiveConfig::Wgan(Wasserstein {});
        Ok(match name {
            "gan" => Recipe {
                name: "gan",
                summary: "the minimax game; G's gradient vanishes when D is sure",
                objective: ObjectiveConfig::Gan(Saturating::default()),
                ..plain
            },
            "nsgan" => plain,
            "lsgan" => Recipe {
                name: "lsgan",
                summary: "squared errors in place of cross-entropies",
                paper: "Mao et al. 2017",
                objective: ObjectiveConfig::Lsgan(LeastSquares::default()),
                ..plain
            },
            "wgan" => Recipe {
                name: "wgan",
                summary: "a critic whose weights are clipped estimates W₁",
                paper: "Arjovsky et al. 2017",
                objective: wasserstein,
                n_critic: 5,
                weight_clip: 0.01,
                ..plain
            },
            "wgan-gp" => Recipe {
                name: "wgan-gp",
                summary: "the critic's gradient is held to norm 1 instead",
                paper: "Gulrajani et al. 2017",
                objective: wasserstein,
                n_critic: 5,
                penalty: PenaltyConfig::Gradient {
                    weight: 10.0,
                    target: 1.0,
                },
                ..plain
            },
            "sngan" => Recipe {
                name: "sngan",
                summary: "every layer of D is held to norm 1",
                paper: "Miyato et al. 2018",
                spectral_norm: true,
                ..plain
            },
            "hinge" => Recipe {
                name: "hinge",
                summary: "the same D; what it tells by a margin teaches it nothing",
                paper: "Lim & Ye 2017",
                objective: ObjectiveConfig::Hinge(Hinge {}),
                spectral_norm: true,
                ..plain
            },
            "began" => Recipe {
                name: "began",
                summary: "D is an auto-encoder, and a controller keeps the balance",
                paper: "Berthelot et al. 2017",
                objective: ObjectiveConfig::Began(Began::default()),
                ..plain
            },
            "infogan" => Recipe {
                name: "infogan",
                summary: "G has to show part of z, a code, so that Q can read it",
                paper: "Chen et al. 2016",
                codes: Codes {
                    categorical: vec![10],
                    continuous: 2,
                    ..Codes::default()
                },
                ..plain
            },
            "adagan" => Recipe {
                name: "adagan",
                summary: "generators one after another, each for what the others lack",
                paper: "Tolstikhin et al. 2017",
                boosting: Boosting {
                    components: 5,
                    ..Boosting::default()
                },
                ..plain
            },
            "relativistic-r1r2" => Recipe {
                name: "relativistic-r1r2",
                summary: "D compares pairs, and pays for its gradient on both sides",
                paper: "Huang et al. 2024",
                objective: ObjectiveConfig::Relativistic(Relativistic {}),
                penalty: PenaltyConfig::R1R2 { gamma: 1.0 },
                ..plain
            },
            _ => return Err(unknown("recipe", name, &RECIPES)),
        })
    }

    /// With what such data need otherwise than the paper says.
    ///
    /// With InfoGAN's λ = 1, Q reads most of the code before there is a digit to name, and what it then
    /// stands for changes slowly. With 0.15 it comes while digits do. That alone is no guarantee: two digits share a
    /// value, and one is split by its slant. With μ = 1, the real images have their say in what a value is.
    /// (MNIST, 3,000 steps, networks of 16 channels, seeds 201 and 202, by labels of training images that none
    /// was trained on: 77 and 69 % of digits named with μ = 0, 87 and 97 with 0.3, 97 and 97 with 1.) Of runs with
    /// the preset networks half still end with one digit split and two together, and L_R tells which without a label,
    /// so that a run begins five times (`book/studies/infogan.toml`: test images, seeds 1 to 3, 96, 97 and 97 %;
    /// seeds 1 and 2 alone 84 and 83).
    ///
    /// WGAN-GP's λ = 10 makes of clusters that are small beside their distance one smooth hill. For points
    /// and tables it is 0.1, as in its authors' own trials with points, and two updates of the critic are
    /// enough. (`grid25`, 10,000 steps, seeds 201 and 202: all 25 modes, 95 and 97 % of high quality, a
    /// reverse KL of 0.005 nats. With λ = 1, 5,000 steps and three updates 83 %.)
    ///
    /// Of points, codes with λ = 1 and 0.1 take all there is: clusters smear along the continuous ones.
    /// (The same 10,000 steps, seed 201: 54 % of high quality, and 91 % with a tenth of both.)
    ///
    /// BEGAN's γ = 1/2 asks G for points that D restores better than real ones, which are few: 5 of 25 modes;
    /// γ = 1, all 25. (The same.) On MNIST γ = 0.7 leaves ones and sevens, which are easy to restore. There λ_k is
    /// 0.05: with the paper's 0.001, meant for a hundred times as many steps, k is still small at the end. (3,000
    /// steps, networks of half the channels, seed 201: classifier scores of 2.0 with 0.001, 5.3 with 0.01 and 5.5 with
    /// 0.05, Fréchet distances of 762, 226 and 186.)
    ///
    /// A critic for points has weights of about 0.1; within WGAN's bound of 0.01 it is next to linear.
    /// (The same 10,000 steps, seed 201, two updates of the critic: of high quality 60 % within 0.03, 79 %
    /// within 0.1, 91 % within 0.3 and 94 % within 0.5.)
    pub fn on(mut self, data: &SampleShape) -> Recipe {
        match (self.name, matches!(data, SampleShape::Image { .. })) {
            ("infogan", true) => {
                self.codes.weight = 0.15;
                self.codes.weight_continuous = 0.02;
                self.codes.weight_real = 1.0;
                self.codes.starts = 5;
            }
            ("wgan", false) => {
                self.n_critic = 2;
                self.weight_clip = 0.3;
            }
            ("infogan", false) => {
                self.codes.weight = 0.1;
                self.codes.weight_continuous = 0.01;
            }
            ("began", images) => {
                self.objective = ObjectiveConfig::Began(Began {
                    gamma: 1.0,
                    lambda_k: if images { 0.05 } else { 0.001 },
                    ..Began::default()
                });
            }
            ("wgan-gp", false) => {
                self.n_critic = 2;
                self.penalty = PenaltyConfig::Gradient {
                    weight: 0.1,
                    target: 1.0,
                };
            }
            _ => {}
        }
        self
    }

    /// Numbers of z when nothing is said.
    pub fn latent(&self, data: &SampleShape) -> usize {
        let noise = match data {
            // With as much noise as others have, the code is a small part of z, and takes a small part
            // of what there is to see.
            SampleShape::Image { .. } if self.codes.width() > 0 => 6,
            SampleShape::Image { .. } => 64,
            SampleShape::Vector { .. } => 2,
        };
        noise + self.codes.width()
    }

    /// The optimisers of G and D. For images as DCGAN has them (Radford et al. 2016), but at 5e-4: with
    /// their 2e-4, MNIST took twice the steps to look the same (500 and 1,000). For points and
    /// tables Adam without momentum and with a shorter memory (Mescheder et al. 2018), G three times
    /// as fast as D: a D that learns faster than G lets it lose modes. On `grid25`, 10,000 steps with
    /// cosine decay, seed 3, G at 2e-3 left 24 of 25 modes at a reverse KL of 0.16 nats; 3e-3 found
    /// all 25 at 0.01.
    ///
    /// Images keep the settings of the paper where it gives any, but for BEGAN's 1e-4, which is for a hundred times as
    /// many steps.
    pub fn optimizers(&self, data: &SampleShape) -> (OptimizerConfig, OptimizerConfig) {
        let both = |optimizer: OptimizerConfig| (optimizer.clone(), optimizer);
        let images = matches!(data, SampleShape::Image { .. });
        match (self.name, images) {
            ("wgan", true) => both(OptimizerConfig::rmsprop(5e-5)),
            ("wgan-gp", true) => both(OptimizerConfig::adam(1e-4, 0.0, 0.9)),
            ("sngan" | "hinge", true) => both(OptimizerConfig::adam(2e-4, 0.5, 0.999)),
            ("infogan", true) => (
                OptimizerConfig::adam(2e-3, 0.5, 0.999),
                OptimizerConfig::adam(5e-4, 0.5, 0.999),
            ),
            (_, true) => both(OptimizerConfig::adam(5e-4, 0.5, 0.999)),
            ("wgan", false) => (
                OptimizerConfig::rmsprop(3e-3),
                OptimizerConfig::rmsprop(1e-3),
            ),
            // The penalty lets both learn faster than the others can.
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

    /// The networks of G and D.
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
        let (g, mut d) = match self.objective.objective().restores() {
            // Less than the data have, or it would restore anything.
            true => (
                presets::generator(data, latent)?,
                presets::autoencoder(data, (data.numel() / 2).clamp(1, 64))?,
            ),
            false if images && codes > 0 => presets::with_codes(data, latent, codes)?,
            false => (
                presets::generator(data, latent)?,
                presets::with_heads(presets::discriminator(data)?, codes),
            ),
        };
        d.spectral_norm = self.spectral_norm;
        Ok((g, d))
    }
}
