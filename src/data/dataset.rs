//! Real samples in seeded batches.

use std::ops::Range;

use rand::RngExt;

use super::batches::{EVALUATION, Order, check_size};
use super::source::{EndlessSource, FiniteSource};
use super::{Description, Mixture, StoredContent};
use crate::error::{Error, Result};
use crate::random::{Stream, rng};

/// Real samples, in batches that are a function of (seed, step).
///
/// ```
/// use ganscope::data::{DataConfig, Dataset};
/// let ring = Dataset::open(&DataConfig::named("ring8"))?;
/// let batch = ring.batch(1, 0, 64)?;
/// assert_eq!(batch.len(), 64 * 2);
/// assert_eq!(batch, ring.batch(1, 0, 64)?);
/// assert_ne!(batch, ring.batch(1, 1, 64)?);
/// # Ok::<(), ganscope::Error>(())
/// ```
#[derive(Debug)]
pub struct Dataset {
    description: Description,
    source: Source,
}

#[derive(Debug)]
enum Source {
    Endless(Box<dyn EndlessSource>),
    Finite {
        samples: Box<dyn FiniteSource>,
        order: Order,
    },
}

impl Dataset {
    pub(super) fn endless(
        description: Description,
        source: impl EndlessSource + 'static,
    ) -> Dataset {
        Dataset {
            description,
            source: Source::Endless(Box::new(source)),
        }
    }

    pub(super) fn finite(description: Description, samples: impl FiniteSource + 'static) -> Self {
        let count = samples.len();
        let content = samples
            .digest()
            .map(|digest| StoredContent { count, digest });
        Dataset {
            description: Description {
                content,
                ..description
            },
            source: Source::Finite {
                order: Order::new(samples.len()),
                samples: Box::new(samples),
            },
        }
    }

    /// What must be known of the dataset to use a network trained on it: name, shape, columns and units.
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// Number of different samples; `None` for samples that are drawn without end.
    #[expect(
        clippy::len_without_is_empty,
        reason = "an empty dataset cannot be opened"
    )]
    pub fn len(&self) -> Option<usize> {
        match &self.source {
            Source::Endless(_) => None,
            Source::Finite { samples, .. } => Some(samples.len()),
        }
    }

    /// The real samples of training step `step` (from 0), row-major [size, numel].
    ///
    /// Images are in channel, row, column order in [−1, 1]; tables are standardised. The result depends
    /// only on (seed, step, size). Mixtures are drawn anew at each step, sprites are drawn with
    /// replacement. Of other datasets each sample is seen once per epoch of ⌊len / size⌋ steps, except
    /// for the remainder, in an order that depends on the seed and the epoch.
    ///
    /// # Errors
    /// [`Error::Usage`] when `size` is 0, or larger than the number of samples to permute.
    pub fn batch(&self, seed: u64, step: u64, size: usize) -> Result<Vec<f32>> {
        match &self.source {
            Source::Endless(source) => {
                check_size(size)?;
                self.draw(source.as_ref(), seed, step, size)
            }
            Source::Finite { samples, .. } if samples.with_replacement() => {
                check_size(size)?;
                let mut values = self.zeros(size)?;
                let mut rng = rng(seed, Stream::Data, step);
                let indices: Vec<_> = (0..size)
                    .map(|_| rng.random_range(0..samples.len()))
                    .collect();
                samples.read(&indices, &mut values);
                Ok(values)
            }
            Source::Finite { samples, order } => {
                self.gather(samples.as_ref(), &order.batch(seed, step, size)?)
            }
        }
    }

    /// Like [`batch`](Self::batch), with the class of each sample.
    ///
    /// # Errors
    /// Those of `batch`; [`Error::Usage`] for data without class labels.
    pub fn labelled_batch(&self, seed: u64, step: u64, size: usize) -> Result<(Vec<f32>, Vec<u8>)> {
        if let Source::Finite { samples, order } = &self.source
            && let Some(labels) = samples.labels()
        {
            let indices = order.batch(seed, step, size)?;
            let classes = indices.iter().map(|&i| labels[i]).collect();
            return Ok((self.gather(samples.as_ref(), &indices)?, classes));
        }
        Err(Error::Usage(format!(
            "{} has no classes; choose a dataset with class labels, such as mnist",
            self.description.name
        )))
    }

    /// SHA-256 of the stored pixels and labels, in hexadecimal; `None` for samples that are drawn or
    /// rendered, and for tables. It is computed when the dataset is opened.
    pub fn digest(&self) -> Option<&str> {
        let content = self.description.content.as_ref()?;
        Some(&content.digest)
    }

    /// `n` samples for evaluation, row-major [n, numel]: new draws of a mixture, different samples of
    /// other datasets. Their random numbers are independent of those of every training step.
    ///
    /// ```
    /// use ganscope::data::{DataConfig, Dataset};
    /// let sprites = Dataset::open(&DataConfig::named("sprites"))?;
    /// assert_eq!(sprites.sample(1, 10)?.len(), 10 * 32 * 32);
    /// assert!(sprites.sample(1, 80_000).unwrap_err().to_string().contains("73728"));
    /// # Ok::<(), ganscope::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Usage`] when there are fewer than `n`.
    pub fn sample(&self, seed: u64, n: usize) -> Result<Vec<f32>> {
        match &self.source {
            Source::Endless(source) => self.draw(source.as_ref(), seed, EVALUATION, n),
            Source::Finite { samples, order } => {
                self.gather(samples.as_ref(), &order.sample(seed, n)?)
            }
        }
    }

    /// The indices of the samples that [`sample`](Self::sample) returns, for use with
    /// [`labels`](Self::labels) or [`factor_levels`](Self::factor_levels); `None` for samples that are drawn
    /// without end. Those of `sprites` are the numbers of [`Factors::from_index`](super::Factors::from_index).
    ///
    /// # Errors
    /// [`Error::Usage`] when there are fewer than `n`.
    pub fn sample_indices(&self, seed: u64, n: usize) -> Result<Option<Vec<usize>>> {
        let Source::Finite { samples, order } = &self.source else {
            return Ok(None);
        };
        let indices = order.sample(seed, n)?;
        Ok(Some(
            indices.into_iter().map(|i| samples.number(i)).collect(),
        ))
    }

    /// Samples in the order in which they are stored, row-major [range, numel]. Those of `sprites`
    /// are in the order of [`Factors::from_index`](super::Factors::from_index), without those that
    /// [`factors`](super::DataConfig::factors) exclude.
    ///
    /// # Errors
    /// [`Error::Usage`] when the range exceeds the data, and for samples that are drawn without end.
    pub fn rows(&self, range: Range<usize>) -> Result<Vec<f32>> {
        let Some(samples) = self.finite_samples() else {
            return Err(Error::Usage(format!(
                "{} has no stored rows, because each of its samples is generated when it is requested; use \
                 `sample` instead",
                self.description.name
            )));
        };
        if range.end > samples.len() {
            return Err(Error::Usage(format!(
                "rows {} to {} were requested, but there are only {}",
                range.start,
                range.end,
                samples.len()
            )));
        }
        self.gather(samples, &range.collect::<Vec<_>>())
    }

    /// The training examples with these numbers, row-major [numbers, numel]: the stored samples of a
    /// finite dataset; for samples that are drawn without end, draws that are a function of (seed, number).
    ///
    /// # Errors
    /// [`Error::Usage`] for a number beyond the data.
    pub fn examples(&self, seed: u64, numbers: &[usize]) -> Result<Vec<f32>> {
        match &self.source {
            Source::Endless(source) => {
                let numel = self.description.shape.numel();
                let mut values = self.zeros(numbers.len())?;
                for (sample, &number) in values.chunks_exact_mut(numel).zip(numbers) {
                    let mut rng = rng(seed, Stream::Examples, number as u64);
                    source.draw(&mut rng, sample);
                }
                Ok(values)
            }
            Source::Finite { samples, .. } => {
                let len = samples.len();
                if let Some(beyond) = numbers.iter().find(|n| **n >= len) {
                    return Err(Error::Usage(format!(
                        "example {beyond} was requested, but there are only {len}"
                    )));
                }
                self.gather(samples.as_ref(), numbers)
            }
        }
    }

    /// The class of each sample in stored order, where there are class labels (MNIST, Fashion-MNIST).
    pub fn labels(&self) -> Option<&[u8]> {
        self.finite_samples()?.labels()
    }

    /// Name and number of levels of each factor that the samples vary in, such as `("shape", 3)`, for the
    /// datasets whose factors are known (`sprites` and `dsprites:FILE.npz`); empty for all others.
    pub fn factors(&self) -> &'static [(&'static str, usize)] {
        self.finite_samples()
            .map_or(&[], |samples| samples.factors())
    }

    /// The levels of the factors of samples, row-major [numbers, factors], in the order of
    /// [`factors`](Self::factors). `numbers` are as [`sample_indices`](Self::sample_indices) returns them.
    ///
    /// ```
    /// use ganscope::data::{DataConfig, Dataset};
    /// let sprites = Dataset::open(&DataConfig::named("sprites"))?;
    /// assert_eq!(sprites.factors()[0], ("shape", 3));
    /// let numbers = sprites.sample_indices(1, 100)?.unwrap();
    /// let levels = sprites.factor_levels(&numbers)?;
    /// assert_eq!(levels.len(), 100 * sprites.factors().len());
    /// # Ok::<(), ganscope::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Usage`] for data without known factors, and for a number beyond the data.
    pub fn factor_levels(&self, numbers: &[usize]) -> Result<Vec<usize>> {
        let samples = self.finite_samples();
        let Some(samples) = samples.filter(|samples| !samples.factors().is_empty()) else {
            return Err(Error::Usage(format!(
                "the factors of {} are not known; choose a dataset with factors, such as sprites",
                self.description.name
            )));
        };
        let mut all = Vec::with_capacity(numbers.len() * samples.factors().len());
        for &number in numbers {
            let levels = samples.factor_levels(number).ok_or_else(|| {
                Error::Usage(format!(
                    "the factors of sample {number} were requested, but {} has no such sample",
                    self.description.name
                ))
            })?;
            all.extend(levels);
        }
        Ok(all)
    }

    /// The mixture of Gaussians that the samples are drawn from, where they are.
    pub fn mixture(&self) -> Option<&Mixture> {
        match &self.source {
            Source::Endless(source) => source.mixture(),
            Source::Finite { .. } => None,
        }
    }

    fn finite_samples(&self) -> Option<&dyn FiniteSource> {
        match &self.source {
            Source::Endless(_) => None,
            Source::Finite { samples, .. } => Some(samples.as_ref()),
        }
    }

    /// Draws `n` samples.
    fn draw(&self, source: &dyn EndlessSource, seed: u64, step: u64, n: usize) -> Result<Vec<f32>> {
        let mut rng = rng(seed, Stream::Data, step);
        let mut values = self.zeros(n)?;
        for sample in values.chunks_exact_mut(self.description.shape.numel()) {
            source.draw(&mut rng, sample);
        }
        Ok(values)
    }

    /// The samples at `indices`, which must be below `len`.
    fn gather(&self, samples: &dyn FiniteSource, indices: &[usize]) -> Result<Vec<f32>> {
        let mut values = self.zeros(indices.len())?;
        samples.read(indices, &mut values);
        Ok(values)
    }

    fn zeros(&self, n: usize) -> Result<Vec<f32>> {
        let mut values = Vec::new();
        let total = n.checked_mul(self.description.shape.numel());
        let reserved = total.map(|total| values.try_reserve_exact(total).map(|()| total));
        match reserved {
            Some(Ok(total)) => {
                values.resize(total, 0.0);
                Ok(values)
            }
            _ => Err(Error::Usage(format!(
                "{n} samples ({} each) do not fit into memory; request fewer",
                self.description.shape
            ))),
        }
    }
}
