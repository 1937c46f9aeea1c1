//! Training: the loop, the run directory, checkpoints and exact resuming, the metric log, and the gradient doctor.

mod best_start;
mod boosting;
mod checkpoint;
mod config;
mod deserialize;
mod divergence;
pub mod doctor;
mod folder;
mod losses;
mod metrics;
mod minibatch;
pub mod names;
mod not_finite;
mod nullable;
mod origins;
mod player;
mod resume;
mod run;
mod score;
mod settings;
mod snapshot;
mod starts;
mod steps;
mod trainer;

pub use checkpoint::{Checkpoint, FORMAT_VERSION};
pub use config::{Players, TrainConfig};
pub use doctor::{
    Ailment, Diagnosis, Disease, GameSigns, LayerSigns, Oscillation, Travel, oscillation,
};
pub use folder::Run;
pub use losses::Losses;
pub use metrics::{Record, read as read_metrics};
pub use player::Player;
pub use resume::resume;
pub(crate) use resume::{difference, foreign};
pub use run::train;
pub use score::Score;
pub use settings::Settings;
pub use starts::Starts;
pub use steps::Progress;
pub use trainer::Trainer;
