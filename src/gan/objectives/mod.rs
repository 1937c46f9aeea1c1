//! The objectives, one file each, and the list of them.
//!
//! To add one, write its file with `impl Objective`, declare the file below, and add a line to the list at the end.

mod began;
mod hinge;
mod least_squares;
mod nonsaturating;
mod relativistic;
mod saturating;
mod wasserstein;

pub use began::Began;
pub use hinge::Hinge;
pub use least_squares::LeastSquares;
pub use nonsaturating::NonSaturating;
pub use relativistic::Relativistic;
pub use saturating::Saturating;
pub use wasserstein::Wasserstein;

use super::objective::{MeanOutputs, Objective};
use crate::error::Result;
use serde::{Deserialize, Serialize};

macro_rules! objectives {
    ($($(#[$documentation:meta])* $variant:ident($objective:ty) = $kind:literal,)+) => {
        /// An objective with its settings, as a configuration holds it.
        ///
        /// ```
        /// use ganscope::gan::{LeastSquares, ObjectiveConfig};
        /// let lsgan: ObjectiveConfig = serde_json::from_str(r#"{ "kind": "lsgan" }"#)?;
        /// assert_eq!(lsgan, ObjectiveConfig::Lsgan(LeastSquares { a: 0.0, b: 1.0, c: 1.0 }));
        /// # Ok::<(), serde_json::Error>(())
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "kind")]
        pub enum ObjectiveConfig {
            $($(#[$documentation])* #[serde(rename = $kind)] $variant($objective),)+
        }

        impl ObjectiveConfig {
            /// Returns the objective.
            pub fn objective(&self) -> &dyn Objective {
                match self {
                    $(ObjectiveConfig::$variant(objective) => objective,)+
                }
            }

            /// Returns the objective of the next step: see [`Objective::next`].
            pub fn next(&self, means: &MeanOutputs) -> Self {
                match self {
                    $(ObjectiveConfig::$variant(o) => ObjectiveConfig::$variant(o.next(means)),)+
                }
            }

            /// Returns the name of the objective in a configuration.
            pub fn kind(&self) -> &'static str {
                match self {
                    $(ObjectiveConfig::$variant(_) => $kind,)+
                }
            }

            /// Checks the settings.
            ///
            /// # Errors
            /// [`Error::Config`](crate::Error::Config) naming the setting.
            pub fn validate(&self) -> Result<()> {
                self.objective().validate()
            }
        }
    };
}

objectives! {
    /// The minimax game.
    Gan(Saturating) = "gan",
    /// The minimax game with the non-saturating loss of G.
    Nsgan(NonSaturating) = "nsgan",
    /// Squared errors in place of cross-entropies.
    Lsgan(LeastSquares) = "lsgan",
    /// A critic that estimates the Wasserstein distance.
    Wgan(Wasserstein) = "wgan",
    /// The hinge loss.
    Hinge(Hinge) = "hinge",
    /// D compares a real sample with a generated one.
    Relativistic(Relativistic) = "relativistic",
    /// D is an auto-encoder.
    Began(Began) = "began",
}
