//! `ganscope evaluate`: measures the quality of samples from a run or a file.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::output::{json, note, result};
use super::sample::{affordable, checkpoint};
use crate::data::{DataConfig, Mixture, SampleShape, Samples, has_images, image_datasets};
use crate::error::{Error, Result, counted, minus};
use crate::evaluate::{
    CodeReading, Comparison, ImageBenchmark, ModeCoverage, PROTOCOL_N, mode_coverage, points,
};
use crate::files::lossy;

const EXAMPLES: &str = "\
Examples:
  ganscope evaluate runs/nsgan-grid25
  ganscope evaluate runs/nsgan-mnist --neighbours nearest.png
  ganscope evaluate --samples points.csv --data ring8 --json
  ganscope evaluate --samples digits.npy --data mnist

Points (ring8, grid25): a sample has high quality if it lies within three standard deviations of the \
centre of a mode. A mode is covered if at least one high-quality sample lies near its centre. The reverse \
KL divergence measures how evenly the samples are spread over the modes; 0 means evenly (Lin et al. 2018).

Images are compared by their features. For mnist and fashion-mnist, the features come from a classifier, \
which the first evaluation trains on the training images. Sprites and your own images have no labels, so \
their features are the principal components of the pixels. The second column of the printed table \
shows the same measures for real images.

For runs with codes (infogan) on mnist or fashion-mnist, the code accuracy is measured as well. Q, the \
network that predicts codes, predicts the code of each real image in the test split. Each value of the \
code is then assigned to one of the classes so that as many images as possible agree. The code accuracy is \
the fraction of images that agree. L_I, which is printed too, is a lower bound on the mutual information \
between a generated image and its code.";

const USAGE: &str = "\
ganscope evaluate [OPTIONS] <DIR>
       ganscope evaluate [OPTIONS] --samples <FILE> --data <DATASET>";

/// Largest absolute value of a pixel: 1, and what rounding may add to it.
const LARGEST_PIXEL: f32 = 1.0 + 1e-4;

/// Measure how good generated samples are.
///
/// The samples come from a run or from a file. For points whose true density is known (ring8,
/// grid25), the measures are the number of modes covered, the fraction of high-quality samples and the
/// reverse KL divergence. For images, they are the Fréchet distance, precision, recall, density and coverage;
/// for mnist and fashion-mnist, the classifier score as well; for sprites, the number of different values of
/// each factor (shape, scale, position, …) that occur in the samples.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, override_usage = USAGE)]
pub struct Evaluate {
    /// Run directory (its latest checkpoint is evaluated) or checkpoint file
    #[arg(conflicts_with_all = ["samples", "data"])]
    dir: Option<PathBuf>,
    /// File of samples to evaluate instead of a run: .csv or .npy with two columns, or .npy with images whose
    /// pixel values lie in [−1, 1]
    #[arg(long, value_name = "FILE")]
    samples: Option<PathBuf>,
    /// Dataset to compare the file with: ring8, grid25, sprites, mnist, fashion-mnist, images:DIR or
    /// dsprites:FILE.npz
    #[arg(long, value_name = "DATASET")]
    data: Option<String>,
    /// Number of samples to draw from a run, or to take from the start of a file [default: 10000 for runs on
    /// mnist and fashion-mnist, 2500 for other runs, all samples of a file]
    #[arg(short, long, value_name = "N", allow_negative_numbers = true,
          value_parser = super::size)]
    n: Option<i64>,
    /// Random seed for the samples that are drawn from a run
    #[arg(
        long,
        value_name = "SEED",
        default_value_t = 1,
        allow_negative_numbers = true,
        value_parser = super::natural::<u64>,
        conflicts_with = "samples"
    )]
    seed: u64,
    /// Also write an image of the first samples, each beside its nearest training images: the five nearest
    /// in feature distance and the five nearest in pixel distance
    #[arg(long, value_name = "FILE.png")]
    neighbours: Option<PathBuf>,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

/// Number of samples in the image of nearest neighbours.
const SAMPLES_WITH_NEIGHBOURS: usize = 10;

/// A measurement, with the samples that it was made on.
#[derive(Debug, Serialize)]
struct Evaluation {
    /// The checkpoint, or the file of samples.
    #[serde(serialize_with = "lossy")]
    source: PathBuf,
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
    #[serde(flatten)]
    measured: Measured,
    /// Present for a run with codes on labelled images.
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
    /// Runs the command.
    pub fn run(self, data_dir: Option<&Path>) -> Result<()> {
        let found = match (&self.dir, &self.samples, &self.data) {
            (Some(dir), ..) => self.of_run(dir, data_dir)?,
            (None, Some(file), Some(data)) => self.of_file(file, data, data_dir)?,
            (None, Some(_), None) => {
                return Err(Error::Usage(
                    "--samples needs --data DATASET, the dataset to compare the file with".into(),
                ));
            }
            (None, None, Some(_)) => {
                return Err(Error::Usage(
                    "--data needs --samples FILE, the file to compare with the dataset; to evaluate a run, give its \
                     directory without --data"
                        .into(),
                ));
            }
            (None, None, None) => {
                return Err(Error::Usage(
                    "nothing to evaluate; give a run directory, or --samples FILE and --data DATASET".into(),
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
                "{} was trained on {}, whose density is not known, so the quality of its samples cannot be \
                 measured; mode coverage needs a run on {}. Look at the samples in report.html instead",
                dir.display(),
                data.name,
                Mixture::names().join(" or ")
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
                        "each sample is {}; mode coverage on {data} needs exactly 2 columns, x and y",
                        samples.shape.of_one_sample()
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
        let SampleShape::Image { height, .. } = samples.shape else {
            return Err(Error::data(
                file,
                format!(
                    "each sample is {}, but {} needs images: a .npy file with four dimensions",
                    samples.shape.of_one_sample(),
                    data.name
                ),
            ));
        };
        check_pixels(file, &samples)?;
        // The images of a directory are resized to those in the file.
        if data.name.starts_with("images:") {
            data.image_size = height;
        }
        let benchmark = ImageBenchmark::open(&data, samples.len(), &mut note)?;
        if samples.shape != *benchmark.shape() {
            return Err(Error::data(
                file,
                format!(
                    "each sample is {}, but each sample of {} is {}; give images of the same shape",
                    samples.shape.of_one_sample(),
                    data.name,
                    benchmark.shape().of_one_sample()
                ),
            ));
        }
        Ok(evaluation(self.images(&benchmark, &samples)?))
    }

    fn images(&self, benchmark: &ImageBenchmark, samples: &Samples) -> Result<Measured> {
        let compared = benchmark.compare(&samples.values)?;
        if let Some(path) = &self.neighbours {
            let first = SAMPLES_WITH_NEIGHBOURS.min(samples.len()) * samples.shape.numel();
            benchmark
                .neighbours(&samples.values[..first])?
                .write(path)?;
            note(&format!(
                "{}: the first samples, each with its nearest training images by features and by pixels",
                path.display()
            ));
        }
        Ok(Measured::Images(Box::new(compared)))
    }

    fn no_neighbours(&self, data: &str) -> Result<()> {
        match &self.neighbours {
            None => Ok(()),
            Some(_) => Err(Error::Usage(format!(
                "--neighbours is only for images, and {data} has none; leave it out"
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
                "-n is larger than the number of samples in the file: {} has {}",
                file.display(),
                counted(all, "sample")
            ))),
        }
    }
}

/// Refuses pixels outside [−1, 1]. Notes when none is below 0, as in images from 0 to 1.
fn check_pixels(file: &Path, samples: &Samples) -> Result<()> {
    let outside = |x: &f32| x.abs() > LARGEST_PIXEL;
    if let Some(at) = samples.values.iter().position(outside) {
        return Err(Error::data(
            file,
            format!(
                "row {}: the pixel value {} is outside [−1, 1]; if the pixels range from 0 to 255, divide them by \
                 127.5 and subtract 1",
                at / samples.shape.numel() + 1,
                minus(samples.values[at].to_string())
            ),
        ));
    }
    if samples.values.iter().all(|x| *x >= 0.0) {
        note(&format!(
            "note: no pixel of {} is below 0: if the pixels range from 0 to 1, multiply them by 2 and subtract 1, or the \
             values below are wrong",
            file.display()
        ));
    }
    Ok(())
}

/// The error for a dataset that samples cannot be compared with.
fn unmeasurable(data: &str) -> Error {
    let known = [Mixture::names(), image_datasets()];
    crate::error::unknown("dataset to compare samples with", data, &known.concat())
}
