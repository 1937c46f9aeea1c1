//! The common input of the scores: codes of samples whose factors are known.

use std::fmt;

use crate::random::{Stream, rng};
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result, counted, thousands};

/// Largest number of levels of a factor.
const MAXIMUM_LEVELS: usize = 256;
/// Largest number of codes.
const MAXIMUM_WIDTH: usize = 1000;
/// Largest absolute value of a code, so that squares and their sums are finite.
pub(super) const MAXIMUM_CODE: f64 = 1e100;
/// A code is constant if its range is at most this fraction of its largest absolute value, which is rounding error.
const ROUNDING: f64 = 1e-12;
/// Smallest number of samples from which some can be held out.
const FEWEST_SAMPLES: usize = 20;

/// A factor of the data, such as the shape of a sprite.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Factor {
    /// Name, such as `shape`.
    pub name: String,
    /// Number of levels that the factor can have; they are numbered from 0.
    pub levels: usize,
}

impl Factor {
    /// A factor with its name and number of levels.
    pub fn new(name: impl Into<String>, levels: usize) -> Self {
        Factor {
            name: name.into(),
            levels,
        }
    }
}

/// Codes and true factors of the same samples.
///
/// Codes and factors that are constant are allowed. A constant factor is left out of all scores; a constant code counts
/// as a code without information. Both are listed in the [`Protocol`] of each result.
///
/// ```
/// use ganscope::interpret::disentanglement::{Factor, Representation};
/// let factors = [Factor::new("shape", 3), Factor::new("size", 2)];
/// // Three samples: the second code is constant.
/// let codes = [0.1, 5.0, 0.2, 5.0, 0.3, 5.0];
/// let levels = [0, 1, 1, 0, 2, 1];
/// let representation = Representation::new(&codes, 2, &levels, &factors)?;
/// assert_eq!((representation.len(), representation.constant_codes()), (3, vec![1]));
/// assert!(Representation::new(&codes, 2, &[0, 1, 3, 0, 2, 1], &factors).is_err());
/// # Ok::<(), ganscope::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Representation {
    /// Values of each code, one entry for each sample.
    codes: Vec<Vec<f64>>,
    /// Level of each factor, one entry for each sample.
    levels: Vec<Vec<u16>>,
    factors: Vec<Factor>,
}

impl Representation {
    /// Wraps `codes`, row-major [n, width], and `levels`, row-major [n, number of factors].
    ///
    /// # Errors
    /// [`Error::Usage`] for incomplete rows, different numbers of rows, fewer than 2 rows, more than 1,000 codes, codes
    /// that are not finite or larger than 1e100, levels outside the factor's range, and factors without levels or with
    /// more than 256.
    pub fn new(
        codes: &[f64],
        width: usize,
        levels: &[usize],
        factors: &[Factor],
    ) -> Result<Representation> {
        if width == 0 || width > MAXIMUM_WIDTH || factors.is_empty() {
            return Err(Error::Usage(format!(
                "a representation needs 1 to {MAXIMUM_WIDTH} codes and at least one factor, not {width} and {}",
                factors.len()
            )));
        }
        let of_range = |f: &&Factor| f.levels == 0 || f.levels > MAXIMUM_LEVELS;
        if let Some(factor) = factors.iter().find(of_range) {
            return Err(Error::Usage(format!(
                "factor \"{}\" has {}; the scores need 1 to {MAXIMUM_LEVELS}, so divide a continuous factor into intervals",
                factor.name,
                counted(factor.levels, "level")
            )));
        }
        let k = factors.len();
        if !codes.len().is_multiple_of(width) || !levels.len().is_multiple_of(k) {
            return Err(Error::Usage(format!(
                "{} numbers cannot be divided into rows of {width} codes, or {} levels into rows of {k} factors",
                codes.len(),
                levels.len()
            )));
        }
        let n = codes.len() / width;
        if n != levels.len() / k || n < 2 {
            return Err(Error::Usage(format!(
                "codes of {} and factors of {}: both are needed for the same samples, at least 2",
                counted(n, "sample"),
                counted(levels.len() / k, "sample")
            )));
        }
        let usable = |value: &f64| value.abs() <= MAXIMUM_CODE;
        if let Some(at) = codes.iter().position(|value| !usable(value)) {
            return Err(Error::Usage(format!(
                "code {} of sample {} (both counted from 0) is {}; codes must be finite and at most {MAXIMUM_CODE:e} in size",
                at % width,
                at / width,
                codes[at]
            )));
        }
        let above = |(at, level): (usize, &usize)| *level >= factors[at % k].levels;
        if let Some(at) = levels.iter().enumerate().position(above) {
            let factor = &factors[at % k];
            return Err(Error::Usage(format!(
                "factor \"{}\" of sample {} (counted from 0) has level {}, but its levels are 0 to {}",
                factor.name,
                at / k,
                levels[at],
                factor.levels - 1
            )));
        }
        let column = |j: usize| codes.iter().skip(j).step_by(width).copied().collect();
        let levels_of = |j: usize| {
            let all = levels.iter().skip(j).step_by(k);
            all.map(|level| *level as u16).collect()
        };
        Ok(Representation {
            codes: (0..width).map(column).collect(),
            levels: (0..k).map(levels_of).collect(),
            factors: factors.to_vec(),
        })
    }

    /// Number of samples, at least 2.
    #[expect(clippy::len_without_is_empty, reason = "there are at least 2 samples")]
    pub fn len(&self) -> usize {
        self.codes[0].len()
    }

    /// Number of codes.
    pub fn width(&self) -> usize {
        self.codes.len()
    }

    /// The factors.
    pub fn factors(&self) -> &[Factor] {
        &self.factors
    }

    /// Positions of the codes that have the same value, up to rounding, for all samples.
    pub fn constant_codes(&self) -> Vec<usize> {
        let all = (0..self.width()).filter(|j| is_constant(&self.codes[*j]));
        all.collect()
    }

    /// Names of the factors that have the same level for all samples.
    pub fn constant_factors(&self) -> Vec<String> {
        let constant = |k: &usize| self.levels[*k].windows(2).all(|pair| pair[0] == pair[1]);
        let all = (0..self.factors.len()).filter(constant);
        all.map(|k| self.factors[k].name.clone()).collect()
    }

    /// The same codes with the factors of other samples, in random order, which makes codes and factors independent.
    ///
    /// A score of this representation is a value for chance. The order is a function of `seed` and `step`.
    #[must_use]
    pub fn permuted(&self, seed: u64, step: u64) -> Representation {
        let mut order: Vec<usize> = (0..self.len()).collect();
        order.shuffle(&mut rng(seed, Stream::Permutation, step));
        let permute = |levels: &Vec<u16>| order.iter().map(|i| levels[*i]).collect();
        Representation {
            codes: self.codes.clone(),
            levels: self.levels.iter().map(permute).collect(),
            factors: self.factors.clone(),
        }
    }

    /// The samples at `rows`, which may repeat.
    pub(super) fn rows(&self, rows: &[usize]) -> Representation {
        Representation {
            codes: (0..self.width()).map(|j| self.code_at(j, rows)).collect(),
            levels: (0..self.factors.len())
                .map(|k| self.level_at(k, rows))
                .collect(),
            factors: self.factors.clone(),
        }
    }

    /// Values of code `j`.
    pub(super) fn code(&self, j: usize) -> &[f64] {
        &self.codes[j]
    }

    /// Values of code `j` for the samples at `rows`.
    pub(super) fn code_at(&self, j: usize, rows: &[usize]) -> Vec<f64> {
        rows.iter().map(|i| self.codes[j][*i]).collect()
    }

    /// Levels of factor `k`.
    pub(super) fn level(&self, k: usize) -> &[u16] {
        &self.levels[k]
    }

    /// Levels of factor `k` for the samples at `rows`.
    pub(super) fn level_at(&self, k: usize, rows: &[usize]) -> Vec<u16> {
        rows.iter().map(|i| self.levels[k][*i]).collect()
    }

    /// Positions of the factors that vary among the samples at `rows`, at least `fewest`.
    pub(super) fn varying(&self, rows: &[usize], fewest: usize) -> Result<Vec<usize>> {
        let varies = |k: &usize| {
            let levels = &self.levels[*k];
            rows.iter().any(|i| levels[*i] != levels[rows[0]])
        };
        let varying: Vec<usize> = (0..self.factors.len()).filter(varies).collect();
        if varying.len() < fewest {
            return Err(Error::Usage(format!(
                "only {} of the {} vary among the samples, and this score needs at least {fewest}; sample more levels",
                varying.len(),
                counted(self.factors.len(), "factor")
            )));
        }
        Ok(varying)
    }

    /// Refuses a single code, for scores that compare codes.
    pub(super) fn needs_two_codes(&self) -> Result<()> {
        if self.width() >= 2 {
            return Ok(());
        }
        Err(Error::Usage(
            "this score compares the best code with the others, so it needs at least 2 codes"
                .into(),
        ))
    }

    /// Divides the samples: a third is held out, and a third of the rest is for the choice of a penalty.
    pub(super) fn parts(&self, seed: u64) -> Result<Parts> {
        let n = self.len();
        if n < FEWEST_SAMPLES {
            return Err(Error::Usage(format!(
                "{} are too few for a score on held-out samples: use at least {FEWEST_SAMPLES}, by convention 10,000",
                counted(n, "sample")
            )));
        }
        let mut order: Vec<usize> = (0..n).collect();
        order.shuffle(&mut rng(seed, Stream::Split, 0));
        let held_out = order.split_off(n - n / 3);
        let choice = order.len() / 3;
        Ok(Parts {
            choice,
            training: order,
            held_out,
        })
    }

    /// The protocol of a score of the factors at `used`.
    pub(super) fn protocol(&self, used: &[usize], held_out: usize, seed: u64) -> Protocol {
        let name = |k: usize| self.factors[k].name.clone();
        let unused = (0..self.factors.len()).filter(|k| !used.contains(k));
        Protocol {
            n: self.len(),
            codes: self.width(),
            constant_codes: self.constant_codes(),
            factors: used.iter().map(|k| name(*k)).collect(),
            constant_factors: unused.map(name).collect(),
            held_out,
            seed,
        }
    }
}

/// Whether all values are the same up to rounding.
pub(super) fn is_constant(values: &[f64]) -> bool {
    let (mut least, mut largest) = (f64::INFINITY, f64::NEG_INFINITY);
    for value in values {
        least = least.min(*value);
        largest = largest.max(*value);
    }
    largest - least <= ROUNDING * largest.abs().max(least.abs())
}

/// Rows of the samples for training and of those that are held out.
#[derive(Debug, Clone)]
pub(super) struct Parts {
    /// Rows for training.
    pub training: Vec<usize>,
    /// Number of rows, at the end of `training`, on which a penalty is chosen.
    pub choice: usize,
    /// Rows on which the error is measured.
    pub held_out: Vec<usize>,
}

/// How a score was computed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Protocol {
    /// Number of samples.
    pub n: usize,
    /// Number of codes.
    pub codes: usize,
    /// Positions of the constant codes, which have no information.
    pub constant_codes: Vec<usize>,
    /// Names of the factors that are scored.
    pub factors: Vec<String>,
    /// Names of the factors that are left out because they do not vary.
    pub constant_factors: Vec<String>,
    /// Number of samples that were held out for the errors; 0 if the score needs none.
    pub held_out: usize,
    /// Random seed of the division of the samples and of the permutations.
    pub seed: u64,
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "protocol           n = {}, {}, {}",
            thousands(self.n as u64),
            counted(self.codes, "code"),
            counted(self.factors.len(), "factor")
        )?;
        if self.held_out > 0 {
            write!(f, "; {} held out", thousands(self.held_out as u64))?;
        }
        write!(f, "; seed {}", self.seed)?;
        if !self.constant_codes.is_empty() {
            let all: Vec<String> = (self.constant_codes.iter())
                .map(ToString::to_string)
                .collect();
            write!(f, "\nconstant codes     {}", all.join(", "))?;
        }
        if !self.constant_factors.is_empty() {
            write!(
                f,
                "\nnote               not scored, because all samples have the same level: {}",
                self.constant_factors.join(", ")
            )?;
        }
        Ok(())
    }
}
