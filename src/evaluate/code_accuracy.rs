//! Whether a code whose values nobody named names the classes (Chen et al. 2016, section 7.2).
//!
//! Q reads an image x as the value ĉ(x) = argmax_c Q(c|x) of a categorical code. Of n labelled images
//! let N[c, y] be those of class y that are read as c. Each value is given a class of its own:
//!
//! $$ \text{accuracy} = \frac1n\,\max_\pi \sum_c N[c, \pi(c)] $$
//!
//! over one-to-one matchings π. The maximum is exact, by dynamic programming over the sets S of classes
//! that are given away: after value c,
//!
//! $$ b_c(S) = \max\bigl(b_{c-1}(S),\; \max_{y \in S}\, b_{c-1}(S \setminus y) + N[c, y]\bigr) $$
//!
//! The labels serve to measure; nothing that trains has seen them.

use std::f64::consts::LN_2;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::data::{DataConfig, Dataset};
use crate::error::{Error, Result, counted, thousands};
use crate::gan::Codes;
use crate::nn::Network;
use crate::tensor::Batch;

/// Images that go through Q at a time.
const CHUNK: usize = 250;

/// More classes, or more values, than this are not matched: there are 2ⁿ sets of n classes.
const MOST: (usize, usize) = (16, 256);

/// How the values of one categorical code name the classes of labelled images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CodeAccuracy {
    /// Share of the images whose class is that of the value they are read as, 0 to 1.
    pub accuracy: f64,
    /// The class of each value; none for values that are left over.
    pub matching: Vec<Option<usize>>,
    /// N: images by value, then by class.
    pub counts: Vec<Vec<usize>>,
}

impl CodeAccuracy {
    /// From the images by value, then by class.
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
    /// [`Error::Usage`] without an image, for rows of different lengths, and for more than 16 classes or
    /// 256 values.
    pub fn of(counts: Vec<Vec<usize>>) -> Result<Self> {
        let (values, classes) = (counts.len(), counts.first().map_or(0, Vec::len));
        if counts.iter().any(|row| row.len() != classes) {
            return Err(Error::Usage(
                "every value of a code needs a count for each class".into(),
            ));
        }
        if classes > MOST.0 || values > MOST.1 {
            return Err(Error::Usage(format!(
                "a code of {values} values cannot be matched with {classes} classes; at most {} values \
                 and {} classes can",
                MOST.1, MOST.0
            )));
        }
        let n: usize = counts.iter().flatten().sum();
        if n == 0 {
            return Err(Error::Usage("no image was read".into()));
        }
        let matching = best_matching(&counts, classes);
        let named = counts.iter().zip(&matching);
        let named: usize = named.map(|(row, y)| y.map_or(0, |y| row[y])).sum();
        Ok(CodeAccuracy {
            accuracy: named as f64 / n as f64,
            matching,
            counts,
        })
    }
}

/// The class of each value such that Σ_c N[c, π(c)] is largest.
fn best_matching(counts: &[Vec<usize>], classes: usize) -> Vec<Option<usize>> {
    // Without a value, no class is given away: what cannot be has no sum.
    let mut best: Vec<Option<usize>> = vec![None; 1 << classes];
    best[0] = Some(0);
    let mut given = Vec::with_capacity(counts.len());
    for row in counts {
        let mut gives = vec![None; best.len()];
        // Smaller sets still hold what they held before this value.
        for set in (0..best.len()).rev() {
            for (y, &count) in row.iter().enumerate().filter(|(y, _)| set >> y & 1 == 1) {
                let sum = best[set ^ (1 << y)].map(|sum| sum + count);
                if sum > best[set] {
                    (best[set], gives[set]) = (sum, Some(y));
                }
            }
        }
        given.push(gives);
    }
    // Back from the best set, the largest of those that are as good.
    let mut set = (0..best.len()).max_by_key(|&set| best[set]).unwrap_or(0);
    let mut matching = vec![None; counts.len()];
    for (value, gives) in given.iter().enumerate().rev() {
        matching[value] = gives[set];
        set ^= gives[set].map_or(0, |y| 1 << y);
    }
    matching
}

/// What Q reads: the categorical codes off labelled images, and all codes off generated ones.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CodeReading {
    /// One for each categorical code.
    pub codes: Vec<CodeAccuracy>,
    /// Labelled images read.
    pub n: usize,
    /// Which they are.
    pub images: String,
    /// L_I of the categorical codes together, in bits; at most `entropy_bits`.
    pub information_bits: f64,
    /// H(c) of these.
    pub entropy_bits: f64,
    /// Generated images that L_I was estimated on.
    pub n_generated: usize,
}

impl CodeReading {
    /// What Q, the outputs of `d` beside its score, reads off the labelled images of `unseen`, and off
    /// `generated` [n, numel] = G(z) of latents `z` [n, latent].
    ///
    /// # Errors
    /// [`Error::Usage`] without a categorical code, for images without labels or of another shape than
    /// those that D takes, and when there is no generated one; those of [`Dataset::open`] and
    /// [`CodeAccuracy::of`].
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
            return refuse(format!("{name} has no labels that a code could name"));
        };
        let numel = d.spec().input.numel();
        let n_generated = generated.len() / numel;
        if n_generated == 0 {
            return refuse("there is no generated image to read".into());
        }
        let mut all = Vec::with_capacity(n_generated * d.output().numel());
        for images in generated.chunks(CHUNK * numel) {
            all.extend(outputs(d, images)?);
        }
        let latent = z.len() / n_generated;
        let z = Batch::new(z, n_generated, latent)?;
        let all = Batch::new(all, n_generated, d.output().numel())?;
        let Some(information) = codes.information(&z, &all)?.and_then(|i| i.categorical) else {
            return refuse("there is no categorical code to read".into());
        };

        let classes = labels.iter().max().map_or(0, |y| usize::from(*y) + 1);
        let none = |&values: &usize| vec![vec![0; classes]; values];
        let mut counts: Vec<_> = codes.categorical.iter().map(none).collect();
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

/// D's outputs for some images, row-major.
fn outputs(d: &Network, images: &[f32]) -> Result<Vec<f32>> {
    let numel = d.spec().input.numel();
    let batch = Batch::new(images.to_vec(), images.len() / numel, numel)?;
    Ok(d.infer(batch)?.values().to_vec())
}

impl fmt::Display for CodeReading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for code in &self.codes {
            let named = code.matching.iter().enumerate();
            let named: Vec<String> = named
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
                named.join(" ")
            )?;
        }
        write!(
            f,
            "code information   L_I = {:.3} of {:.3} bits, on {} generated images",
            self.information_bits,
            self.entropy_bits,
            thousands(self.n_generated as u64)
        )
    }
}
