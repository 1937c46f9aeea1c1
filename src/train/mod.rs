//! Training: the loop, the run folder, checkpoints and exact resume, the metric log.

mod boosting;
mod checkpoint;
mod config;
mod deserialize;
mod diverged;
pub mod doctor;
mod folder;
mod losses;
mod metrics;
mod origins;
mod player;
mod run;
mod settings;
mod snapshot;
mod starts;
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
pub use run::{Progress, resume, train};
pub(crate) use run::{difference, foreign};
pub use settings::Settings;
pub use starts::Starts;
pub use trainer::Trainer;
