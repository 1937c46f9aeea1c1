//! `ganscope evaluate`: how good samples are, of a run or from a file.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::output::{json, note, result};
use super::sample::{affordable, checkpoint};
use crate::data::{DataConfig, Mixture, SampleShape, Samples, has_images, image_datasets};
use crate::error::{Error, Result, counted};
use crate::evaluate::{
    CodeReading, Comparison, ImageBenchmark, ModeCoverage, PROTOCOL_N, mode_coverage, points,
};

const EXAMPLES: &str = "\
Examples:
  ganscope evaluate runs/nsgan-grid25
  ganscope evaluate runs/nsgan-mnist --neighbours nearest.png
  ganscope evaluate --samples points.csv --data ring8 --json
  ganscope evaluate --samples digits.npy --data mnist

A mode is covered when at least one sample lies within 3σ of it; such samples are of high quality.
Reverse KL says how evenly the modes are met: 0 when all alike (Lin et al. 2018).

Images are compared in the features of a classifier that is trained here, once, on the data set's
training images; for sprites and your own images, which have no labels to learn, in the principal
components of their pixels. The second column has real images in the place of generated ones.

Of a run with codes (infogan) on mnist or fashion-mnist, also: how often the value of its code that Q
reads off an unseen image names its class, after the best one-to-one matching, and L_I.";

/// Measure how good generated samples are.
///
/// Where the true density is known (ring8, grid25): modes covered, share of high quality, reverse
/// KL. For images: classifier score, Fréchet distance, precision, recall, density and coverage, and
/// for sprites the factors that are met. Of a run, or of samples from anywhere.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Evaluate {
    /// A run folder, whose newest checkpoint is measured, or a checkpoint
    #[arg(required_unless_present = "samples", conflicts_with_all = ["samples", "data"])]
    dir: Option<PathBuf>,
    /// Samples to measure instead: .csv or .npy with two columns, or .npy with images in [−1, 1]
    #[arg(long, value_name = "FILE", requires = "data")]
    samples: Option<PathBuf>,
    /// What the samples of the file should look like: ring8, grid25, sprites, mnist, fashion-mnist or
    /// images:DIR
    #[arg(long, value_name = "D", requires = "samples")]
    data: Option<String>,
    /// How many samples; of a file, the first [default: 2500, and 10000 for mnist and fashion-mnist;
    /// of a file, all]
    #[arg(short, long, value_name = "N", allow_negative_numbers = true,
          value_parser = super::size)]
    n: Option<i64>,
    /// What a run's samples follow from
    #[arg(
        long,
        value_name = "S",
        default_value_t = 1,
        allow_negative_numbers = true,
        value_parser = super::natural::<u64>,
        conflicts_with = "samples"
    )]
    seed: u64,
    /// Also draw the first samples of a run on images beside the training images nearest to them: five
    /// in features, five in pixels
    #[arg(long, value_name = "FILE.png")]
    neighbours: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Rows of the picture of neighbours.
const PICTURED: usize = 10;

/// A measurement with what it was made on.
#[derive(Debug, Serialize)]
struct Evaluation {
    /// The checkpoint or the file.
    source: PathBuf,
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
    #[serde(flatten)]
    measured: Measured,
    /// Of a run with codes on labelled images.
    #[serde(skip_serializing_if = "Option::is_none")]
    codes: Option<CodeReading>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Measured {
    Modes(ModeCoverage),
    Images(Box<Comparison>),
}

impl Evaluate {
    pub fn run(self, data_dir: Option<&Path>) -> Result<()> {
        let found = match (&self.dir, &self.samples, &self.data) {
            (Some(dir), ..) => self.of_run(dir, data_dir)?,
            (None, Some(file), Some(data)) => self.of_file(file, data, data_dir)?,
            // clap has seen to it; said again rather than trusted.
            _ => {
                return Err(Error::Usage(
                    "give a run folder, or --samples and --data".into(),
                ));
            }
        };
        if self.json {
            return json(&found);
        }
        let source = found.source.display();
        let step = found
            .step
            .map_or(String::new(), |s| format!(" at step {s}"));
        let seed = found.seed.map_or(String::new(), |s| format!(", seed {s}"));
        match &found.measured {
            Measured::Modes(coverage) => {
                result(&format!("{coverage}\nsamples        {source}{step}{seed}"))
            }
            Measured::Images(compared) => {
                let codes = found.codes.as_ref();
                let codes = codes.map_or(String::new(), |codes| format!("\n{codes}"));
                result(&format!(
                    "{compared}{codes}\nsamples            {source}{step}{seed}"
                ))
            }
        }
    }

    fn of_run(&self, dir: &Path, data_dir: Option<&Path>) -> Result<Evaluation> {
        let checkpoint = checkpoint(dir)?;
        let data = &checkpoint.config.data;
        let evaluation = |measured, codes| Evaluation {
            source: checkpoint.path().into(),
            step: Some(checkpoint.step),
            seed: Some(self.seed),
            measured,
            codes,
        };
        if let SampleShape::Image { .. } = checkpoint.description.shape {
            let dir = data_dir.map(Path::to_path_buf).or(data.dir.clone());
            let data = DataConfig {
                dir,
                ..data.clone()
            };
            let n = self.n.unwrap_or(ImageBenchmark::default_n(&data) as i64);
            let n = affordable(n, &checkpoint)?;
            let benchmark = ImageBenchmark::open(&data, n, &mut note)?;
            let samples = checkpoint.sample(n, self.seed)?;
            let codes = checkpoint.read_codes(&data, &samples, self.seed)?;
            return Ok(evaluation(self.images(&benchmark, &samples)?, codes));
        }
        let mixture = Mixture::named(&data.name).ok_or_else(|| {
            Error::Usage(format!(
                "{} was trained on {}, whose density is not known: there is no measure of quality for \
                 it; mode coverage can be evaluated for runs on {}. Look at the samples in its \
                 report.html",
                dir.display(),
                data.name,
                Mixture::names().join(" and ")
            ))
        })?;
        self.no_neighbours(&data.name)?;
        let n = affordable(self.n.unwrap_or(PROTOCOL_N as i64), &checkpoint)?;
        let samples = checkpoint.sample(n, self.seed)?;
        let coverage = mode_coverage(points(&samples.values, 2)?, &mixture)?;
        Ok(evaluation(Measured::Modes(coverage), None))
    }

    fn of_file(&self, file: &Path, data: &str, data_dir: Option<&Path>) -> Result<Evaluation> {
        let evaluation = |measured| Evaluation {
            source: file.into(),
            step: None,
            seed: None,
            measured,
            codes: None,
        };
        if !has_images(data) {
            let mixture = Mixture::named(data).ok_or_else(|| unmeasurable(data))?;
            self.no_neighbours(data)?;
            let samples = self.first_of(file)?;
            if samples.shape != (SampleShape::Vector { len: 2 }) {
                return Err(Error::data(
                    file,
                    format!(
                        "has samples of {}; mode coverage on {data} needs 2 columns, x and y",
                        samples.shape
                    ),
                ));
            }
            let coverage = mode_coverage(points(&samples.values, 2)?, &mixture)?;
            return Ok(evaluation(Measured::Modes(coverage)));
        }
        let samples = self.first_of(file)?;
        let mut data = DataConfig {
            dir: data_dir.map(Path::to_path_buf),
            ..DataConfig::named(data)
        };
        let SampleShape::Image {
            channels, height, ..
        } = samples.shape
        else {
            return Err(Error::data(
                file,
                format!(
                    "has samples of {}; {} are images: a .npy file of four dimensions",
                    samples.shape, data.name
                ),
            ));
        };
        // A folder's images are brought to the size and the channels of those in the file.
        if data.name.starts_with("images:") {
            (data.image_size, data.grey) = (height, channels == 1);
        }
        let benchmark = ImageBenchmark::open(&data, samples.len(), &mut note)?;
        if samples.shape != *benchmark.shape() {
            return Err(Error::data(
                file,
                format!(
                    "has samples of {}; those of {} are {}",
                    samples.shape,
                    data.name,
                    benchmark.shape()
                ),
            ));
        }
        Ok(evaluation(self.images(&benchmark, &samples)?))
    }

    fn images(&self, benchmark: &ImageBenchmark, samples: &Samples) -> Result<Measured> {
        let compared = benchmark.compare(&samples.values)?;
        if let Some(path) = &self.neighbours {
            let first = PICTURED.min(samples.len()) * samples.shape.numel();
            benchmark
                .neighbours(&samples.values[..first])?
                .write(path)?;
            note(&format!(
                "{}: the first samples, the training images nearest in features, and in pixels",
                path.display()
            ));
        }
        Ok(Measured::Images(Box::new(compared)))
    }

    fn no_neighbours(&self, data: &str) -> Result<()> {
        match &self.neighbours {
            None => Ok(()),
            Some(_) => Err(Error::Usage(format!(
                "--neighbours draws images; {data} has none"
            ))),
        }
    }

    /// The samples of the file, or the first `n` of them.
    fn first_of(&self, file: &Path) -> Result<Samples> {
        let mut samples = Samples::read(file)?;
        let all = samples.len();
        match self.n.map_or(Ok(all), usize::try_from) {
            Ok(n) if n <= all => {
                samples.values.truncate(n * samples.shape.numel());
                Ok(samples)
            }
            _ => Err(Error::Usage(format!(
                "-n is more than there is: {} has {}",
                file.display(),
                counted(all, "sample")
            ))),
        }
    }
}

fn unmeasurable(data: &str) -> Error {
    let known = [Mixture::names(), image_datasets()];
    crate::error::unknown(
        "dataset that samples can be measured against",
        data,
        &known.concat(),
    )
}
