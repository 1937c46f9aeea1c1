//! InfoGAN (Chen et al. 2016): a part of z, the codes, that a network Q can recover from a generated sample.
//!
//! Part of z is a code c of known distribution. Q(c|x) shares D's layers: D has the parameters of Q as further
//! outputs beside the score. For any Q
//!
//! $$ L_I(G, Q) = \mathbb{E}_{c, x \sim G(z, c)}[\log Q(c \mid x)] + H(c) \;\le\; I(c; G(z, c)) $$
//!
//! and −λ L_I is added to the losses of D, Q and G. For a categorical code Q is a softmax; for a continuous
//! one, which is uniform in [−1, 1], it is a normal distribution whose mean and log σ are outputs of D.
//!
//! L_I alone does not make a value of the code correspond to what people call a class. As an extension of the
//! paper, −μ L_R can be added to the loss of D and Q, where L_R is the mutual information of the codes that Q
//! assigns to two views x, x' of one *real* sample (Ji, Henriques & Vedaldi 2019):
//!
//! $$ P_{cc'} = \mathbb{E}_x[Q(c \mid x)\,Q(c' \mid x')], \qquad
//!    L_R(Q) = \sum_{c,c'} P_{cc'} \ln \frac{P_{cc'}}{P_c P_{c'}} $$
//!
//! (P is made symmetric). L_R is large when all values occur equally often and Q is certain about each sample and
//! assigns the same code to both views. The views differ by the random layers of D: affine maps and dropout. If D
//! has none, L_R only rewards certain and evenly distributed codes, as in CatGAN (Springenberg 2016).

use super::term_weight;
use crate::error::{Error, Result};
use crate::random::{Stream, rng, standard_normal};
use crate::tensor::columns::columns;
use crate::tensor::mutual_information::negative_mutual_information;
use crate::tensor::normal::negative_log_density;
use crate::tensor::softmax::cross_entropy_with_probabilities;
use crate::tensor::{Batch, Loss, Recording};
use rand::RngExt;
use serde::{Deserialize, Serialize};
use std::f64::consts::{LN_2, TAU};

/// The codes at the end of z: first the categorical codes as unit vectors, then the continuous codes.
///
/// ```
/// use ganscope::gan::Codes;
/// let codes = Codes { categorical: vec![10], continuous: 2, ..Default::default() };
/// assert_eq!((codes.width(), codes.parameters()), (12, 14));
/// assert!((codes.entropy().0 - 10f64.ln()).abs() < 1e-12); // log₂ 10 = 3.32 bits
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Codes {
    /// Number of values of each categorical code.
    pub categorical: Vec<usize>,
    /// Number of continuous codes.
    pub continuous: usize,
    /// Weight λ of L_I of the categorical codes.
    pub weight: f64,
    /// Weight λ of L_I of the continuous codes.
    pub weight_continuous: f64,
    /// Weight μ of L_R; 0 in the paper.
    pub weight_real: f64,
    /// Number of times that a run starts from new networks. Each start trains for half of the steps, and the run
    /// continues from the one with the largest L_R; 1 in the paper.
    pub starts: usize,
}

impl Default for Codes {
    fn default() -> Self {
        Codes {
            categorical: vec![],
            continuous: 0,
            weight: 1.0,
            weight_continuous: 0.1,
            weight_real: 0.0,
            starts: 1,
        }
    }
}

/// L_I, the information about the codes that Q recovers from a generated batch.
pub struct Information {
    /// −λ L_I without the constant H(c); to be added to a loss.
    pub loss: Loss,
    /// L_I of all categorical codes together, in nats; `None` without categorical codes.
    pub categorical: Option<f64>,
    /// L_I of all continuous codes together, in nats; `None` without continuous codes.
    pub continuous: Option<f64>,
}

/// L_R, how well the codes agree that Q assigns to two views of the same real samples.
pub struct Agreement {
    /// −μ L_R, to be added to the loss of D.
    pub loss: Loss,
    /// L_R in nats.
    pub nats: f64,
}

impl Codes {
    /// Returns how many numbers of z the codes take.
    pub fn width(&self) -> usize {
        self.categorical.iter().sum::<usize>() + self.continuous
    }

    /// Returns the number of D's outputs beside its score: one logit for each value of a categorical code, and a
    /// mean and a log σ for each continuous code.
    pub fn parameters(&self) -> usize {
        self.width() + self.continuous
    }

    /// Returns H(c) in nats, for the categorical codes and for the continuous ones, which have ln 2 each.
    pub fn entropy(&self) -> (f64, f64) {
        let categorical = self.categorical.iter().map(|&k| (k as f64).ln()).sum();
        (categorical, self.continuous as f64 * LN_2)
    }

    /// Checks the codes, and that a z of `latent` numbers can hold them.
    ///
    /// # Errors
    /// [`Error::Config`] naming the setting.
    pub fn validate(&self, latent: usize) -> Result<()> {
        let refuse = |key: &str, problem: String| Err(Error::setting(key, problem));
        if let Some(k) = self.categorical.iter().find(|k| **k < 2) {
            return refuse(
                "codes.categorical",
                format!("codes.categorical: a code needs at least 2 values, not {k}"),
            );
        }
        // The single sizes are compared first, because the sum of huge ones would overflow.
        let too_many = |k: &usize| *k > latent;
        if self.categorical.iter().any(too_many)
            || self.continuous > latent
            || self.width() > latent
        {
            return refuse(
                "codes",
                format!(
                    "the codes need more numbers than z has (latent = {latent}); increase latent or use fewer codes"
                ),
            );
        }
        for (name, weight) in [
            ("weight", self.weight),
            ("weight_continuous", self.weight_continuous),
            ("weight_real", self.weight_real),
        ] {
            term_weight::check(&format!("codes.{name}"), weight)?;
        }
        let without_l_r = self.weight_real == 0.0 || self.categorical.is_empty();
        let problem = match self.starts {
            1 => return Ok(()),
            0 => "codes.starts must be at least 1, not 0".into(),
            starts if without_l_r => format!(
                "codes.starts = {starts}: the best of several starts is chosen by L_R, which needs a categorical \
                 code and codes.weight_real above 0; set both, or codes.starts = 1"
            ),
            2..=100 => return Ok(()),
            starts => format!("codes.starts must be at most 100, not {starts}"),
        };
        refuse("codes.starts", problem)
    }

    /// Returns z `[n, latent]`: normal noise with the codes at the end of each row. It is a function of
    /// (`seed`, `stream`, `step`).
    pub fn latents(
        &self,
        seed: u64,
        stream: Stream,
        step: u64,
        n: usize,
        latent: usize,
    ) -> Vec<f32> {
        let mut z = standard_normal(seed, stream, step, n * latent);
        let width = self.width();
        if width > 0 {
            let mut rng = rng(seed, Stream::Codes, step << 4 | stream as u64);
            for row in z.chunks_exact_mut(latent) {
                let mut rest = &mut row[latent - width..];
                for &k in &self.categorical {
                    let (unit, after) = rest.split_at_mut(k);
                    unit.fill(0.0);
                    unit[rng.random_range(0..k)] = 1.0;
                    rest = after;
                }
                rest.iter_mut()
                    .for_each(|c| *c = rng.random_range(-1.0..1.0));
            }
        }
        z
    }

    /// Returns latents that show the effect of the first categorical code: for each of its first ten values, the
    /// rows of `z` `[columns, latent]` with that value in the place of their own. `None` without a categorical code.
    ///
    /// ```
    /// use ganscope::gan::Codes;
    /// let codes = Codes { categorical: vec![2], ..Default::default() };
    /// assert_eq!(codes.by_value(&[0.5, 0.0, 1.0], 3).unwrap(), [0.5, 1.0, 0.0, 0.5, 0.0, 1.0]);
    /// # assert_eq!(Codes::default().by_value(&[0.5], 1), None);
    /// ```
    pub fn by_value(&self, z: &[f32], latent: usize) -> Option<Vec<f32>> {
        let values = *self.categorical.first()?;
        let first = latent - self.width();
        let mut all = z.repeat(values.min(10));
        for (value, rows) in all.chunks_exact_mut(z.len()).enumerate() {
            for row in rows.chunks_exact_mut(latent) {
                let unit = &mut row[first..first + values];
                unit.fill(0.0);
                unit[value] = 1.0;
            }
        }
        Some(all)
    }

    /// Returns the most likely value of each categorical code, argmax_c Q(c|x), from D's outputs
    /// `[1 + parameters]` for one x.
    ///
    /// ```
    /// use ganscope::gan::Codes;
    /// let codes = Codes { categorical: vec![2, 3], ..Default::default() };
    /// // The score, two logits, then three logits.
    /// assert!(codes.likeliest(&[9.0, 0.1, 0.2, 3.0, -1.0, 2.0]).eq([1, 0]));
    /// ```
    pub fn likeliest(&self, outputs: &[f32]) -> impl Iterator<Item = usize> {
        let mut rest = outputs.get(1..).unwrap_or_default();
        self.categorical.iter().map(move |&k| {
            let (logits, after) = rest.split_at(k.min(rest.len()));
            rest = after;
            let largest = (0..logits.len()).max_by(|&a, &b| logits[a].total_cmp(&logits[b]));
            largest.unwrap_or(0)
        })
    }

    /// Returns L_I of the codes in z `[n, latent]` from D's recorded outputs `[n, 1 + parameters]`, or `None` without
    /// codes.
    ///
    /// # Errors
    /// [`Error::Device`] when the device is out of memory.
    pub fn information(&self, z: &Batch, outputs: &Batch) -> Result<Option<Information>> {
        // Each code reads its columns on a tape of its own; adding the losses joins the tapes.
        let outputs_of = |from: usize, to: usize| columns(outputs.clone().record(), from..to);
        let code = |from: usize, len: usize| columns(z.clone(), from..from + len);
        // Next column of the outputs, and of z.
        let (mut output, mut latent) = (1, z.columns() - self.width());
        let mut losses: Vec<Loss> = Vec::new();
        let (entropy, entropy_continuous) = self.entropy();
        let (mut categorical, mut continuous) = (entropy, entropy_continuous);
        for &k in &self.categorical {
            // −E[log Q(c|x)]
            let logits = outputs_of(output, output + k)?;
            let cross_entropy = cross_entropy_with_probabilities(logits, code(latent, k)?)?;
            categorical -= cross_entropy.value();
            losses.push(cross_entropy * self.weight);
            output += k;
            latent += k;
        }
        let m = self.continuous;
        if m > 0 {
            let c = code(latent, m)?;
            let mean = outputs_of(output, output + m)?;
            let log_sigma = outputs_of(output + m, output + 2 * m)?;
            let cross_entropy = negative_log_density(c, mean, log_sigma)? * m as f64;
            continuous -= cross_entropy.value() + m as f64 * TAU.sqrt().ln();
            losses.push(cross_entropy * self.weight_continuous);
        }
        let sum = losses.into_iter().reduce(|sum, loss| sum + loss);
        Ok(sum.map(|loss| Information {
            loss,
            categorical: (!self.categorical.is_empty()).then_some(categorical),
            continuous: (m > 0).then_some(continuous),
        }))
    }

    /// Returns L_R from D's outputs `[n, 1 + parameters]` for two views of the same real samples, or `None` without a
    /// categorical code. The outputs for the first view were recorded before; the loss is on the tape of the second.
    ///
    /// # Errors
    /// [`Error::Device`] when the device is out of memory.
    pub fn agreement(&self, view: &Batch, other: Batch<Recording>) -> Result<Option<Agreement>> {
        let (other, mut tape) = other.split();
        let mut sum: Option<Loss> = None;
        let mut from = 1;
        for &k in &self.categorical {
            let logits = columns(view.clone().record(), from..from + k)?;
            let other = other.clone().with_tape(std::mem::take(&mut tape));
            let negated = negative_mutual_information(logits, columns(other, from..from + k)?)?;
            sum = Some(match sum {
                Some(sum) => sum + negated,
                None => negated,
            });
            from += k;
        }
        Ok(sum.map(|negated| {
            let nats = -negated.value();
            let loss = negated * self.weight_real;
            Agreement { loss, nats }
        }))
    }
}
