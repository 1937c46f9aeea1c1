//! A data set by name, and its seeded batches.

use std::ops::Range;
use std::path::Path;

use rand::RngExt;
use rayon::prelude::*;
use sha2::{Digest as _, Sha256};

use super::batches::{EVALUATION, Order, check_size};
use super::sprites::{Factors, SPRITE_SIZE, combinations};
use super::{
    DATASETS, DataConfig, Description, Mixture, SampleShape, Table, data_dir, idx, images,
};
use crate::error::{Error, Result, unknown};
use crate::files::hex;
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
    Mixture(Mixture),
    Sprites {
        /// Ascending indices of the factor combinations.
        combinations: Vec<usize>,
        order: Order,
    },
    /// Images as bytes, a quarter of the memory of `f32`.
    Pixels {
        pixels: Vec<u8>,
        labels: Option<Vec<u8>>,
        order: Order,
    },
    Table {
        values: Vec<f32>,
        order: Order,
    },
}

impl Dataset {
    /// Opens a data set by name.
    ///
    /// # Errors
    /// [`Error::Usage`] for a name or setting that cannot be; [`Error::Data`] or [`Error::Io`] for
    /// files that are missing or damaged.
    pub fn open(config: &DataConfig) -> Result<Self> {
        let name = config.name.as_str();
        config.no_factors()?;
        config.no_image_settings()?;
        if let Some(folder) = path_after("images:", name)? {
            config.no_test_split()?;
            return Self::open_images(config, folder);
        }
        if let Some(file) = path_after("csv:", name)? {
            config.no_test_split()?;
            return Self::open_table(name, file);
        }
        match name {
            "mnist" | "fashion-mnist" => Self::open_idx(config),
            "ring8" => config
                .no_test_split()
                .map(|()| Self::from_mixture(Mixture::ring8())),
            "grid25" => config
                .no_test_split()
                .map(|()| Self::from_mixture(Mixture::grid25())),
            "sprites" => Self::open_sprites(config),
            _ => Err(unknown("data set", name, &DATASETS)),
        }
    }

    fn from_mixture(mixture: Mixture) -> Self {
        Dataset {
            description: Description {
                name: mixture.name.clone(),
                shape: SampleShape::Vector { len: 2 },
                columns: vec!["x".into(), "y".into()],
                mean: vec![],
                std: vec![],
            },
            source: Source::Mixture(mixture),
        }
    }

    fn open_sprites(config: &DataConfig) -> Result<Self> {
        config.no_test_split()?;
        let combinations = combinations(&config.factors)?;
        Ok(Dataset {
            description: of_images("sprites", 1, SPRITE_SIZE, SPRITE_SIZE),
            source: Source::Sprites {
                order: Order::new(combinations.len()),
                combinations,
            },
        })
    }

    fn open_idx(config: &DataConfig) -> Result<Self> {
        let name = &config.name;
        let folder = data_dir(config.dir.as_deref())?.join(name);
        if !folder.is_dir() {
            return Err(Error::data(
                &folder,
                format!(
                    "no such folder, so {name} is not there; run: ganscope data fetch {name} \
                     (or say where it is with --data-dir or GANSCOPE_DATA_DIR)"
                ),
            ));
        }
        let read = idx::read_pair(&folder, config.split).map_err(|e| match e {
            Error::Data { path, problem } if path == folder => Error::Data {
                path,
                problem: format!("{problem}; run: ganscope data fetch {name}"),
            },
            other => other,
        })?;
        Ok(Dataset {
            description: of_images(name, 1, read.height, read.width),
            source: Source::Pixels {
                order: Order::new(read.labels.len()),
                pixels: read.pixels,
                labels: Some(read.labels),
            },
        })
    }

    fn open_images(config: &DataConfig, folder: &Path) -> Result<Self> {
        let read = images::read_folder(folder, config.image_size, config.grey)?;
        Ok(Dataset {
            description: of_images(&config.name, read.channels, read.size, read.size),
            source: Source::Pixels {
                order: Order::new(read.len()),
                pixels: read.pixels,
                labels: None,
            },
        })
    }

    fn open_table(name: &str, file: &Path) -> Result<Self> {
        let table = Table::read(file)?;
        let standardised = table.standardise()?;
        Ok(Dataset {
            source: Source::Table {
                order: Order::new(table.len()),
                values: standardised.values,
            },
            description: Description {
                name: name.into(),
                shape: SampleShape::Vector {
                    len: table.columns.len(),
                },
                columns: table.columns,
                mean: standardised.mean,
                std: standardised.std,
            },
        })
    }

    /// What there is to know of the data set without its samples.
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// How many different samples there are; `None` for the mixtures, which never end.
    #[expect(
        clippy::len_without_is_empty,
        reason = "an empty data set cannot be opened"
    )]
    pub fn len(&self) -> Option<usize> {
        self.order().map(Order::len)
    }

    /// The real samples of training step `step` (from 0), row-major [size, numel].
    ///
    /// Images are in channel, row, column order in [−1, 1]; tables are standardised. A function of
    /// (seed, step, size) alone: mixtures and sprites are drawn afresh each step (sprites with
    /// replacement); of the others each sample is seen once per epoch of ⌊len / size⌋ steps, less the
    /// remainder, in an order that depends on the seed and the epoch.
    ///
    /// # Errors
    /// [`Error::Usage`] when `size` is 0, or more than there are samples to permute.
    pub fn batch(&self, seed: u64, step: u64, size: usize) -> Result<Vec<f32>> {
        match &self.source {
            Source::Mixture(mixture) => {
                check_size(size)?;
                self.draw_points(mixture, seed, step, size)
            }
            Source::Sprites { combinations, .. } => {
                check_size(size)?;
                let mut values = self.zeros(size)?;
                let mut rng = rng(seed, Stream::Data, step);
                let drawn: Vec<_> = (0..size)
                    .map(|_| combinations[rng.random_range(0..combinations.len())])
                    .collect();
                draw_sprites(&mut values, &drawn);
                Ok(values)
            }
            Source::Pixels { order, .. } | Source::Table { order, .. } => {
                self.gather(&order.batch(seed, step, size)?)
            }
        }
    }

    /// As [`batch`](Self::batch), with the class of each sample.
    ///
    /// # Errors
    /// As `batch`; [`Error::Usage`] for data without classes.
    pub fn labelled_batch(&self, seed: u64, step: u64, size: usize) -> Result<(Vec<f32>, Vec<u8>)> {
        match &self.source {
            Source::Pixels {
                order,
                labels: Some(labels),
                ..
            } => {
                let indices = order.batch(seed, step, size)?;
                let classes = indices.iter().map(|&i| labels[i]).collect();
                Ok((self.gather(&indices)?, classes))
            }
            _ => Err(Error::Usage(format!(
                "{} has no classes; only mnist and fashion-mnist do",
                self.description.name
            ))),
        }
    }

    /// SHA-256 of the stored pixels and labels, in hexadecimal; `None` for what is drawn or rendered,
    /// and for tables.
    pub fn digest(&self) -> Option<String> {
        match &self.source {
            Source::Pixels { pixels, labels, .. } => {
                let mut hash = Sha256::new();
                hash.update((pixels.len() as u64).to_le_bytes());
                hash.update(pixels);
                hash.update(labels.as_deref().unwrap_or_default());
                Some(hex(&hash.finalize()))
            }
            _ => None,
        }
    }

    /// `n` samples for evaluation, row-major [n, numel]: fresh draws of a mixture, different samples
    /// of anything else, unrelated to what any training step sees.
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
        self.gather(&match (&self.source, self.order()) {
            (Source::Mixture(mixture), _) => return self.draw_points(mixture, seed, EVALUATION, n),
            (_, Some(order)) => order.sample(seed, n)?,
            (_, None) => vec![],
        })
    }

    /// The indices of the samples that [`sample`](Self::sample) returns, for use with
    /// [`labels`](Self::labels) or [`Factors::from_index`]; `None` for the mixtures.
    ///
    /// # Errors
    /// [`Error::Usage`] when there are fewer than `n`.
    pub fn sample_indices(&self, seed: u64, n: usize) -> Result<Option<Vec<usize>>> {
        let indices = self
            .order()
            .map(|order| order.sample(seed, n))
            .transpose()?;
        Ok(match &self.source {
            Source::Sprites { combinations, .. } => {
                indices.map(|indices| indices.iter().map(|&i| combinations[i]).collect())
            }
            _ => indices,
        })
    }

    /// Samples in the order in which they are stored, row-major [range, numel]; those of `sprites`
    /// are in the order of [`Factors::from_index`], less those that
    /// [`factors`](DataConfig::factors) leave out.
    ///
    /// # Errors
    /// [`Error::Usage`] when the range goes beyond the data, and for the mixtures, which have no order.
    pub fn rows(&self, range: Range<usize>) -> Result<Vec<f32>> {
        let Some(len) = self.len() else {
            return Err(Error::Usage(format!(
                "{} is drawn, not stored: it has no rows; ask for samples",
                self.description.name
            )));
        };
        if range.end > len {
            return Err(Error::Usage(format!(
                "rows {} to {} are asked for, but there are only {len}",
                range.start, range.end
            )));
        }
        self.gather(&range.collect::<Vec<_>>())
    }

    /// The training examples of these numbers, row-major [numbers, numel]: in stored order of a finite
    /// data set; of a mixture, whose examples never end, its draws in an order that depends on the seed.
    ///
    /// # Errors
    /// [`Error::Usage`] for a number beyond the data.
    pub fn examples(&self, seed: u64, numbers: &[usize]) -> Result<Vec<f32>> {
        if let Some(len) = self.len()
            && let Some(beyond) = numbers.iter().find(|n| **n >= len)
        {
            return Err(Error::Usage(format!(
                "example {beyond} is asked for, but there are only {len}"
            )));
        }
        let Source::Mixture(mixture) = &self.source else {
            return self.gather(numbers);
        };
        let mut values = Vec::with_capacity(2 * numbers.len());
        for &number in numbers {
            let mut rng = rng(seed, Stream::Examples, number as u64);
            values.extend(mixture.draw(&mut rng).map(|x| x as f32));
        }
        Ok(values)
    }

    /// The class of each sample in stored order, where there are classes (MNIST, Fashion-MNIST).
    pub fn labels(&self) -> Option<&[u8]> {
        match &self.source {
            Source::Pixels { labels, .. } => labels.as_deref(),
            _ => None,
        }
    }

    /// The mixture that the samples come from, if they do.
    pub fn mixture(&self) -> Option<&Mixture> {
        match &self.source {
            Source::Mixture(mixture) => Some(mixture),
            _ => None,
        }
    }

    fn order(&self) -> Option<&Order> {
        match &self.source {
            Source::Mixture(_) => None,
            Source::Sprites { order, .. }
            | Source::Pixels { order, .. }
            | Source::Table { order, .. } => Some(order),
        }
    }

    fn draw_points(&self, mixture: &Mixture, seed: u64, step: u64, n: usize) -> Result<Vec<f32>> {
        let mut rng = rng(seed, Stream::Data, step);
        let mut values = self.zeros(n)?;
        for row in values.chunks_exact_mut(2) {
            row.copy_from_slice(&mixture.draw(&mut rng).map(|x| x as f32));
        }
        Ok(values)
    }

    /// The samples at `indices`, which must be below `len`.
    fn gather(&self, indices: &[usize]) -> Result<Vec<f32>> {
        let numel = self.description.shape.numel();
        let mut values = self.zeros(indices.len())?;
        match &self.source {
            Source::Mixture(_) => {}
            Source::Sprites { combinations, .. } => {
                let indices: Vec<_> = indices.iter().map(|&i| combinations[i]).collect();
                draw_sprites(&mut values, &indices);
            }
            Source::Pixels { pixels, .. } => {
                for (row, &i) in values.chunks_exact_mut(numel).zip(indices) {
                    for (x, &byte) in row.iter_mut().zip(&pixels[i * numel..]) {
                        *x = f32::from(byte) / 127.5 - 1.0;
                    }
                }
            }
            Source::Table { values: table, .. } => {
                for (row, &i) in values.chunks_exact_mut(numel).zip(indices) {
                    row.copy_from_slice(&table[i * numel..][..numel]);
                }
            }
        }
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
                "{n} samples of {} do not fit into memory; ask for fewer",
                self.description.shape
            ))),
        }
    }
}

fn draw_sprites(values: &mut [f32], indices: &[usize]) {
    let (images, _) = values.as_chunks_mut::<{ SPRITE_SIZE * SPRITE_SIZE }>();
    images.par_iter_mut().zip(indices).for_each(|(image, &i)| {
        if let Some(factors) = Factors::from_index(i) {
            factors.sprite().render_into(image);
        }
    });
}

fn path_after<'a>(prefix: &str, name: &'a str) -> Result<Option<&'a Path>> {
    match name.strip_prefix(prefix) {
        Some("") => Err(Error::Usage(format!(
            "\"{prefix}\" needs a path after it, as in {prefix}my-data"
        ))),
        rest => Ok(rest.map(Path::new)),
    }
}

fn of_images(name: &str, channels: usize, height: usize, width: usize) -> Description {
    Description {
        name: name.into(),
        shape: SampleShape::Image {
            channels,
            height,
            width,
        },
        columns: vec![],
        mean: vec![],
        std: vec![],
    }
}
