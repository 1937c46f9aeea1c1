//! What several methods of an explanation need: latents, generated samples, measured quantities and directions.

use std::cell::OnceCell;

use super::found::Found;
use super::settings::ExplainSettings;
use crate::data::{Dataset, SPRITE_FACTORS, SampleShape};
use crate::error::Result;
use crate::interpret::{Directions, Meter, Quantity, Subject, Values};

/// Number of the draw of latents that are independent of those from which something was found.
const NEW_LATENTS: u64 = 2;

/// The GAN with everything that has been computed so far.
pub(super) struct Context<'a> {
    pub subject: &'a Subject,
    pub others: &'a [Subject],
    pub settings: &'a ExplainSettings,
    /// Latents [n, latent]; empty without a generator.
    pub z: Vec<f32>,
    /// Generated samples [n, numel].
    pub generated: Vec<f32>,
    /// What can be measured on a sample.
    pub meter: Vec<Box<dyn Meter>>,
    /// The measurements on the generated samples.
    pub quantities: Vec<Quantity>,
    /// The directions, once they are needed.
    pub found: OnceCell<Found>,
}

/// Real samples with a label each.
pub(super) struct Labelled {
    /// The samples [n, numel].
    pub samples: Vec<f32>,
    /// What the labels are, such as `class`.
    pub name: String,
    /// Label of each sample, from 0.
    pub labels: Vec<usize>,
}

impl<'a> Context<'a> {
    /// `note` is called with messages, such as those of the training of a classifier.
    pub fn new(
        subject: &'a Subject,
        others: &'a [Subject],
        settings: &'a ExplainSettings,
        note: &mut dyn FnMut(&str),
    ) -> Result<Self> {
        let meter = subject.meters(note)?;
        let (mut z, mut generated, mut quantities) = (Vec::new(), Vec::new(), Vec::new());
        if subject.generator.is_some() {
            z = subject.latents(settings.seed, 0, settings.latents)?;
            generated = subject.generate(&z)?;
            quantities = meter.measure(&generated)?;
        }
        Ok(Context {
            subject,
            others,
            settings,
            z,
            generated,
            meter,
            quantities,
            found: OnceCell::new(),
        })
    }

    /// Length of z; 0 without a generator.
    pub fn latent(&self) -> usize {
        let g = self.subject.generator.as_ref();
        g.map_or(0, |g| g.spec().input.numel())
    }

    /// `n` latents that are independent of [`z`](Self::z), so that what was found with these can be tested.
    pub fn new_latents(&self, n: usize) -> Result<Vec<f32>> {
        self.subject.latents(self.settings.seed, NEW_LATENTS, n)
    }

    /// The first `n` latents.
    pub fn first(&self, n: usize) -> &[f32] {
        &self.z[..(n * self.latent()).min(self.z.len())]
    }

    /// The directions of the page, if they were needed.
    pub fn selected(&self) -> Option<&Directions> {
        self.found.get().map(|found| &found.selected)
    }

    /// The quantities with finitely many levels: their names, the level of each generated sample, and the number of
    /// levels.
    pub fn levels(&self) -> impl Iterator<Item = (&str, &[usize], usize)> {
        self.quantities.iter().filter_map(|q| match &q.values {
            Values::Levels { levels, count } => Some((q.name.as_str(), levels.as_slice(), *count)),
            Values::Numbers { .. } => None,
        })
    }

    /// The name of a level, such as `class 3`, `shape square` or `shape not recognised`.
    pub fn level_name(&self, quantity: &str, level: usize) -> String {
        let data = self.subject.data.as_ref();
        if data.is_some_and(|data| data.config.name == "sprites") {
            let shapes = ["square", "ellipse", "heart"];
            let factor = SPRITE_FACTORS.iter().find(|(name, _)| *name == quantity);
            match (factor, shapes.get(level)) {
                // The level after the last one stands for samples that are no sprites.
                (Some((_, count)), _) if level == *count => {
                    return format!("{quantity} not recognised");
                }
                (Some(("shape", _)), Some(shape)) => return format!("{quantity} {shape}"),
                _ => {}
            }
        }
        format!("{quantity} {level}")
    }

    /// Shape of a sample, if it is an image.
    pub fn image(&self) -> Option<&SampleShape> {
        let shape = self.subject.shape();
        shape.filter(|shape| matches!(shape, SampleShape::Image { .. }))
    }
}

/// Whether [`labelled`] finds labels.
pub(super) fn has_labels(subject: &Subject) -> bool {
    subject.data.as_ref().is_some_and(|data| {
        let dataset = &data.dataset;
        dataset.labels().is_some() || dataset.mixture().is_some() || first_factor(dataset).is_some()
    })
}

/// The first factor that varies.
fn first_factor(dataset: &Dataset) -> Option<usize> {
    dataset.factors().iter().position(|(_, levels)| *levels > 1)
}

/// `n` real samples with labels, or fewer if there are not so many; `None` without labels.
pub(super) fn labelled(subject: &Subject, seed: u64, n: usize) -> Result<Option<Labelled>> {
    let Some(data) = &subject.data else {
        return Ok(None);
    };
    let n = data.dataset.len().map_or(n, |len| len.min(n));
    let samples = data.dataset.sample(seed, n)?;
    let indices = data.dataset.sample_indices(seed, n)?;
    let (name, labels) = if let (Some(labels), Some(indices)) = (data.dataset.labels(), &indices) {
        let labels = indices.iter().map(|&i| usize::from(labels[i]));
        ("class", labels.collect())
    } else if let (Some(indices), Some(place)) = (&indices, first_factor(&data.dataset)) {
        let factors = data.dataset.factors();
        let levels = data.dataset.factor_levels(indices)?;
        let of_factor = levels.into_iter().skip(place).step_by(factors.len());
        (factors[place].0, of_factor.collect())
    } else if let Some(mixture) = data.dataset.mixture() {
        let points = samples.chunks_exact(2);
        let nearest = points.map(|p| mixture.nearest([f64::from(p[0]), f64::from(p[1])]).0);
        ("mode", nearest.collect())
    } else {
        return Ok(None);
    };
    Ok(Some(Labelled {
        samples,
        name: name.into(),
        labels,
    }))
}
