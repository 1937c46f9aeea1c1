//! Whether the values of a categorical code correspond to classes (Chen et al. 2016, section 7.2).
//!
//! For an image x, Q predicts the value ĉ(x) = argmax_c Q(c|x) of a categorical code. Let N[c, y] be the
//! number of labelled images of class y for which the value c is predicted. Each value is matched with a
//! different class:
//!
//! $$ \text{accuracy} = \frac1n\,\max_\pi \sum_c N[c, \pi(c)] $$
//!
//! where π ranges over all one-to-one matchings. The maximum is found exactly, by dynamic programming over
//! the sets S of classes that are already matched: after value c,
//!
//! $$ b_c(S) = \max\bigl(b_{c-1}(S),\; \max_{y \in S}\, b_{c-1}(S \setminus y) + N[c, y]\bigr) $$
//!
//! The labels are only used for this measure, not for training.

use std::f64::consts::LN_2;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::data::{DataConfig, Dataset};
use crate::error::{Error, Result, counted, thousands};
use crate::gan::Codes;
use crate::nn::Network;
use crate::tensor::Batch;

/// Number of images that are evaluated at a time.
const CHUNK: usize = 250;

/// Largest number of classes that can be matched. There are 2ⁿ sets of n classes.
const MAXIMUM_CLASSES: usize = 16;
/// Largest number of values of a code that can be matched.
const MAXIMUM_VALUES: usize = 256;

/// How well the values of one categorical code correspond to the classes of labelled images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CodeAccuracy {
    /// Fraction of the images whose class is the one that is matched with their predicted value, 0 to 1.
    pub accuracy: f64,
    /// Class that is matched with each value; `None` for values without a class.
    pub matching: Vec<Option<usize>>,
    /// Number of images for each predicted value (rows) and class (columns).
    pub counts: Vec<Vec<usize>>,
}

impl CodeAccuracy {
    /// The accuracy for the number of images by predicted value (rows) and class (columns).
    ///
    /// ```
    /// use ganscope::evaluate::CodeAccuracy;
    /// let read = CodeAccuracy::of(vec![vec![1, 7], vec![9, 3]])?;
    /// assert_eq!(read.matching, [Some(1), Some(0)]);
    /// assert_eq!(read.accuracy, 16.0 / 20.0);
    /// # Ok::<(), ganscope::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Usage`] if there are no images, for rows of different lengths, and for more than 16 classes
    /// or 256 values.
    pub fn of(counts: Vec<Vec<usize>>) -> Result<Self> {
        let (values, classes) = (counts.len(), counts.first().map_or(0, Vec::len));
        if counts.iter().any(|row| row.len() != classes) {
            return Err(Error::Usage(
                "the table of counts needs one entry for each value of the code and each class"
                    .into(),
            ));
        }
        if classes > MAXIMUM_CLASSES || values > MAXIMUM_VALUES {
            return Err(Error::Usage(format!(
                "a code of {values} values cannot be matched with {classes} classes; the limits are \
                 {MAXIMUM_VALUES} values and {MAXIMUM_CLASSES} classes"
            )));
        }
        let n: usize = counts.iter().flatten().sum();
        if n == 0 {
            return Err(Error::Usage(
                "no image was classified, so the code has no accuracy".into(),
            ));
        }
        let matching = best_matching(&counts, classes);
        let rows = counts.iter().zip(&matching);
        let correct: usize = rows.map(|(row, y)| y.map_or(0, |y| row[y])).sum();
        Ok(CodeAccuracy {
            accuracy: correct as f64 / n as f64,
            matching,
            counts,
        })
    }
}

/// The class of each value for which Σ_c N[c, π(c)] is largest.
fn best_matching(counts: &[Vec<usize>], classes: usize) -> Vec<Option<usize>> {
    // Before the first value no class is matched, so only the empty set has a sum.
    let mut best: Vec<Option<usize>> = vec![None; 1 << classes];
    best[0] = Some(0);
    let mut choices = Vec::with_capacity(counts.len());
    for row in counts {
        let mut choice = vec![None; best.len()];
        // In descending order, smaller sets still have their sums from before this value.
        for set in (0..best.len()).rev() {
            for (y, &count) in row.iter().enumerate().filter(|(y, _)| set >> y & 1 == 1) {
                let sum = best[set ^ (1 << y)].map(|sum| sum + count);
                if sum > best[set] {
                    (best[set], choice[set]) = (sum, Some(y));
                }
            }
        }
        choices.push(choice);
    }
    // Follow the choices back from the best set (the last one, if several are equally good).
    let mut set = (0..best.len()).max_by_key(|&set| best[set]).unwrap_or(0);
    let mut matching = vec![None; counts.len()];
    for (value, choice) in choices.iter().enumerate().rev() {
        matching[value] = choice[set];
        set ^= choice[set].map_or(0, |y| 1 << y);
    }
    matching
}

/// What Q predicts: the categorical codes for labelled images, and their information for generated images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CodeReading {
    /// Accuracy of each categorical code.
    pub codes: Vec<CodeAccuracy>,
    /// Number of labelled images.
    pub n: usize,
    /// The labelled images, in words.
    pub images: String,
    /// L_I of all categorical codes together in bits, at most `entropy_bits`.
    pub information_bits: f64,
    /// Entropy H(c) of the categorical codes in bits.
    pub entropy_bits: f64,
    /// Number of generated images on which L_I was estimated.
    pub n_generated: usize,
}

impl CodeReading {
    /// Evaluates Q, the outputs of `d` besides its score, on the labelled images of `unseen` and on the images
    /// `generated` [n, numel] from the latents `z` [n, latent].
    ///
    /// # Errors
    /// [`Error::Usage`] if there is no categorical code, no label or no generated image, and for images of
    /// another shape than the input of D; those of [`Dataset::open`] and [`CodeAccuracy::of`].
    pub fn of(
        d: &Network,
        codes: &Codes,
        unseen: &DataConfig,
        z: Vec<f32>,
        generated: &[f32],
    ) -> Result<Self> {
        let data = Dataset::open(unseen)?;
        let name = &data.description().name;
        let refuse = |problem: String| Err(Error::Usage(problem));
        let Some(labels) = data.labels() else {
            return refuse(format!(
                "{name} has no labels with which a code could be compared"
            ));
        };
        let numel = d.spec().input.numel();
        let n_generated = generated.len() / numel;
        if n_generated == 0 {
            return refuse("there is no generated image to evaluate Q on".into());
        }
        let mut all = Vec::with_capacity(n_generated * d.output().numel());
        for images in generated.chunks(CHUNK * numel) {
            all.extend(outputs(d, images)?);
        }
        let latent = z.len() / n_generated;
        let z = Batch::new(z, n_generated, latent)?;
        let all = Batch::new(all, n_generated, d.output().numel())?;
        let Some(information) = codes.information(&z, &all)?.and_then(|i| i.categorical) else {
            return refuse("there is no categorical code to evaluate".into());
        };

        let classes = labels.iter().max().map_or(0, |y| usize::from(*y) + 1);
        let zeros = |&values: &usize| vec![vec![0; classes]; values];
        let mut counts: Vec<_> = codes.categorical.iter().map(zeros).collect();
        let mut first = 0;
        for labels in labels.chunks(CHUNK) {
            let outputs = outputs(d, &data.rows(first..first + labels.len())?)?;
            for (outputs, &y) in outputs.chunks_exact(d.output().numel()).zip(labels) {
                for (counts, value) in counts.iter_mut().zip(codes.likeliest(outputs)) {
                    counts[value][usize::from(y)] += 1;
                }
            }
            first += labels.len();
        }
        Ok(CodeReading {
            codes: (counts.into_iter())
                .map(CodeAccuracy::of)
                .collect::<Result<_>>()?,
            n: labels.len(),
            images: format!("{name}'s {} split", unseen.split),
            information_bits: information / LN_2,
            entropy_bits: codes.entropy().0 / LN_2,
            n_generated,
        })
    }
}

/// The outputs of D for images, row-major.
fn outputs(d: &Network, images: &[f32]) -> Result<Vec<f32>> {
    let numel = d.spec().input.numel();
    let batch = Batch::new(images.to_vec(), images.len() / numel, numel)?;
    Ok(d.infer(batch)?.values().to_vec())
}

impl fmt::Display for CodeReading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for code in &self.codes {
            let matching = code.matching.iter().enumerate();
            let matching: Vec<String> = matching
                .map(|(value, y)| match y {
                    Some(y) => format!("{value}→{y}"),
                    None => format!("{value}→–"),
                })
                .collect();
            writeln!(
                f,
                "code accuracy      {:.2} % of {} of {}, best one-to-one matching: {}",
                100.0 * code.accuracy,
                counted(self.n, "image"),
                self.images,
                matching.join(" ")
            )?;
        }
        write!(
            f,
            "code information   at least {:.3} of {:.3} bits, on {} generated images",
            self.information_bits,
            self.entropy_bits,
            thousands(self.n_generated as u64)
        )
    }
}
