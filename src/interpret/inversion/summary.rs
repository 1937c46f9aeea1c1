//! How well a generator represents sets of images: the PSNR of their inversions.
//!
//! The interval of a median is the percentile interval of the bootstrap over images (Efron 1979).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::invert::{Inversion, InversionSettings, Inversions};
use crate::error::{Error, Result, counted};
use crate::interpret::quantiles::{LEVEL, Quantiles, bootstrap, bootstrap_median, median};

/// How well a generator represents a set of images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InversionSummary {
    /// What the images are, such as `held-out images`.
    pub name: String,
    /// Number of images.
    pub n: usize,
    /// Quantiles of the PSNR in dB over the images.
    pub psnr_db: Quantiles,
    /// Bootstrap interval (95 %, over images) of the median PSNR in dB.
    pub interval: (f64, f64),
    /// Median PSNR in dB of the best starting point, for comparison.
    pub start_psnr_db: f64,
    /// Quantiles of ‖ẑ‖/√latent.
    pub relative_norm: Quantiles,
    /// Quantiles of the distance between the latents of the two best restarts, divided by √latent; `None` for a single
    /// restart.
    pub disagreement: Option<Quantiles>,
    /// Median number of undetermined directions of z.
    pub undetermined: f64,
    /// Number of latent variables.
    pub latent: usize,
    /// How the generator was inverted.
    pub settings: InversionSettings,
    /// Number of resamples of the images.
    pub resamples: usize,
    /// Seed of the resamples.
    pub seed: u64,
}

impl Inversions {
    /// Summarises the inversions of a set of images, which is called `name`, with an interval from `resamples`
    /// resamples of the images.
    ///
    /// # Errors
    /// [`Error::Usage`] if there are no inversions, and for fewer than 2 resamples or more than 100,000.
    pub fn summary(&self, name: &str, resamples: usize, seed: u64) -> Result<InversionSummary> {
        let values = |of: &dyn Fn(&Inversion) -> f64| self.all.iter().map(of).collect::<Vec<f64>>();
        let quantiles = |of: &dyn Fn(&Inversion) -> f64| {
            let problem = || Error::Usage(format!("no image of \"{name}\" was inverted"));
            Quantiles::of(&values(of)).ok_or_else(problem)
        };
        let disagreements = self.all.iter().filter_map(|i| i.disagreement);
        Ok(InversionSummary {
            name: name.into(),
            n: self.all.len(),
            psnr_db: quantiles(&|i| i.psnr_db)?,
            interval: bootstrap_median(&values(&|i| i.psnr_db), resamples, seed)?,
            start_psnr_db: median(&values(&|i| i.start_psnr_db)),
            relative_norm: quantiles(&|i| i.relative_norm)?,
            disagreement: Quantiles::of(&disagreements.collect::<Vec<f64>>()),
            undetermined: median(&values(&|i| i.undetermined as f64)),
            latent: self.latent,
            settings: self.settings,
            resamples,
            seed,
        })
    }

    /// Compares the median PSNR of these images with that of `other` images. The names are plural nouns, such as
    /// `training images` and `held-out images`.
    ///
    /// # Errors
    /// As [`summary`](Self::summary).
    pub fn compare(
        &self,
        name: &str,
        other: &Inversions,
        other_name: &str,
        resamples: usize,
        seed: u64,
    ) -> Result<PsnrDifference> {
        let psnr = |set: &Inversions| set.all.iter().map(|i| i.psnr_db).collect::<Vec<f64>>();
        let (a, b) = (psnr(self), psnr(other));
        if a.is_empty() || b.is_empty() {
            return Err(Error::Usage(
                "two sets of inversions can only be compared if neither is empty".into(),
            ));
        }
        let difference = |sets: &[Vec<f64>]| median(&sets[0]) - median(&sets[1]);
        Ok(PsnrDifference {
            interval: bootstrap(&[&a, &b], resamples, seed, difference)?,
            difference_db: median(&a) - median(&b),
            names: (name.into(), other_name.into()),
            n: (a.len(), b.len()),
            resamples,
            seed,
        })
    }
}

/// The difference between the median PSNR of two sets of images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PsnrDifference {
    /// Median of the first set minus that of the second, in dB.
    pub difference_db: f64,
    /// Bootstrap interval (95 %, both sets resampled) in dB. If it contains 0, no difference was found.
    pub interval: (f64, f64),
    /// What the images of the two sets are.
    pub names: (String, String),
    /// Numbers of images.
    pub n: (usize, usize),
    /// Number of resamples of the images.
    pub resamples: usize,
    /// Seed of the resamples.
    pub seed: u64,
}

impl fmt::Display for PsnrDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (low, high) = self.interval;
        let (first, second) = (&self.names.0, &self.names.1);
        let finding = if low > 0.0 {
            format!("{first} are inverted better than {second}")
        } else if high < 0.0 {
            format!("{first} are inverted worse than {second}")
        } else {
            format!("no difference was found between {first} and {second}")
        };
        write!(
            f,
            "{finding}: {:+.2} dB in the median ({:.0} % interval {low:+.2} to {high:+.2}; n = {} and {})",
            self.difference_db,
            100.0 * LEVEL,
            self.n.0,
            self.n.1
        )
    }
}

impl fmt::Display for InversionSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (psnr, (low, high)) = (&self.psnr_db, self.interval);
        writeln!(
            f,
            "{}: PSNR {:.2} dB (median of {}, {:.0} % interval {low:.2} to {high:.2}; all between {:.1} and {:.1}; \
             best of {} without a search {:.2})",
            self.name,
            psnr.median,
            counted(self.n, "image"),
            100.0 * LEVEL,
            psnr.minimum,
            psnr.maximum,
            counted(self.settings.restarts, "random latent"),
            self.start_psnr_db
        )?;
        if let Some(disagreement) = &self.disagreement {
            writeln!(
                f,
                "the two best restarts differ by {:.3} √latent (median; unrelated latents differ by about 1.41)",
                disagreement.median
            )?;
        }
        writeln!(
            f,
            "norm of z {:.3} √latent (median); {} of {} directions of z are undetermined (σ below {} of the largest)",
            self.relative_norm.median, self.undetermined, self.latent, self.settings.null_fraction
        )?;
        let InversionSettings {
            evaluations,
            lambda,
            range,
            seed,
            ..
        } = self.settings;
        write!(
            f,
            "up to {} from each latent, λ = {lambda}, range of pixels {range}, seed {seed}",
            counted(evaluations, "evaluation")
        )
    }
}
