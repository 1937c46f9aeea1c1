//! InfoGAN (Chen et al. 2016): codes that G has to show, and Q, which reads them back.
//!
//! Part of z is a code c of known distribution. Q(c|x) shares D's layers: beside the score D puts out the
//! parameters of Q. For any Q
//!
//! $$ L_I(G, Q) = \mathbb{E}_{c, x \sim G(z, c)}[\log Q(c \mid x)] + H(c) \;\le\; I(c; G(z, c)) $$
//!
//! and D, Q and G all descend −λ L_I beside their own losses. A categorical code is read by a softmax;
//! a continuous one, uniform in [−1, 1], by a normal distribution whose mean and log σ Q puts out.
//!
//! Nothing in this says that a value of the code is what people call a class. Beside the paper D and Q may
//! descend −μ L_R, too, where L_R is what Q's readings of two views x, x' of one *real* sample tell of each
//! other (Ji, Henriques & Vedaldi 2019):
//!
//! $$ P_{cc'} = \mathbb{E}_x[Q(c \mid x)\,Q(c' \mid x')], \qquad
//!    L_R(Q) = \sum_{c,c'} P_{cc'} \ln \frac{P_{cc'}}{P_c P_{c'}} $$
//!
//! (P made symmetric). It is large when all values are used alike, and Q is sure of each sample and reads the
//! same off both views. These differ by D's own random layers: affine maps, dropout. Where D has none, L_R asks
//! for sure and even readings alone, as in CatGAN (Springenberg 2016).

use super::Loss;
use crate::error::{Error, Result};
use crate::random::{Stream, rng, standard_normal};
use crate::tensor::columns::columns;
use crate::tensor::{Batch, Recording, Tensor};
use dfdx::losses::cross_entropy_with_logits_loss;
use dfdx::shapes::{Axes2, Axis, Rank0};
use dfdx::tensor::WithEmptyTape;
use dfdx::tensor_ops::{PermuteTo, SumTo, TryMatMul};
use rand::RngExt;
use serde::{Deserialize, Serialize};
use std::f64::consts::{LN_2, TAU};

/// The codes at the end of z: first the categorical ones, as unit vectors, then the continuous ones.
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
    /// How many values each categorical code takes.
    pub categorical: Vec<usize>,
    /// How many continuous codes there are.
    pub continuous: usize,
    /// λ of the categorical codes.
    pub weight: f64,
    /// λ of the continuous codes.
    pub weight_continuous: f64,
    /// μ, of what Q's readings of two views of a real sample share; 0 in the paper.
    pub weight_real: f64,
    /// How often a run begins from fresh networks, each time for half of its steps, before it goes on from
    /// where L_R was largest; 1 in the paper.
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

/// What Q says of the codes of a batch.
pub struct Information {
    /// −λ L_I up to H(c), which no weight changes: what to add to a loss.
    pub loss: Loss,
    /// L_I of the categorical codes together, in nats.
    pub categorical: Option<f64>,
    /// L_I of the continuous ones, in nats.
    pub continuous: Option<f64>,
}

impl Codes {
    /// Numbers of z that are codes.
    pub fn width(&self) -> usize {
        self.categorical.iter().sum::<usize>() + self.continuous
    }

    /// Numbers that D puts out beside its score: a logit a value, a mean and a log σ a continuous code.
    pub fn parameters(&self) -> usize {
        self.width() + self.continuous
    }

    /// H(c) in nats: (of the categorical codes, of the continuous ones, which is ln 2 each).
    pub fn entropy(&self) -> (f64, f64) {
        let categorical = self.categorical.iter().map(|&k| (k as f64).ln()).sum();
        (categorical, self.continuous as f64 * LN_2)
    }

    /// Refuses codes that mean nothing, or that z cannot hold.
    ///
    /// # Errors
    /// [`Error::Config`] naming the setting.
    pub fn validate(&self, latent: usize) -> Result<()> {
        let refuse = |key: &str, problem: String| Err(Error::setting(key, problem));
        if let Some(k) = self.categorical.iter().find(|k| **k < 2) {
            return refuse(
                "codes.categorical",
                format!(
                    "codes.categorical: a code of {k} values says nothing; each must have at least 2"
                ),
            );
        }
        let too_many = |k: &usize| *k > latent;
        let width = match self.categorical.iter().any(too_many) || self.continuous > latent {
            true => usize::MAX,
            false => self.width(),
        };
        if width > latent {
            return refuse(
                "codes",
                format!(
                    "codes take more numbers of z than latent = {latent} has; raise latent or take fewer codes"
                ),
            );
        }
        for (name, weight) in [
            ("weight", self.weight),
            ("weight_continuous", self.weight_continuous),
            ("weight_real", self.weight_real),
        ] {
            super::weight(&format!("codes.{name}"), weight)?;
        }
        let blind = self.weight_real == 0.0 || self.categorical.is_empty();
        match self.starts {
            1 => {}
            0 => {
                return refuse(
                    "codes.starts",
                    "codes.starts must be at least 1, not 0".into(),
                );
            }
            _ if blind => {
                return refuse(
                    "codes.starts",
                    format!(
                        "codes.starts = {}: what chooses among several is L_R, which needs a categorical code and \
                     codes.weight_real above 0; set these, or codes.starts = 1",
                        self.starts
                    ),
                );
            }
            2..=100 => {}
            _ => {
                return refuse(
                    "codes.starts",
                    format!("codes.starts must be at most 100, not {}", self.starts),
                );
            }
        }
        Ok(())
    }

    /// z `[n, latent]`: normal noise, and the codes at its end. A function of (`seed`, `stream`, `step`).
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

    /// z that shows what the first categorical code means: for each of its first ten values as many rows
    /// as `z` `[columns, latent]` has, the same but for that code. None without one.
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

    /// The likeliest value of each categorical code, argmax_c Q(c|x), by D's outputs
    /// `[1 + parameters]` for one x.
    ///
    /// ```
    /// use ganscope::gan::Codes;
    /// let codes = Codes { categorical: vec![2, 3], ..Default::default() };
    /// // The score, two logits, three logits.
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

    /// L_I of the codes in z `[n, latent]` by D's outputs `[n, 1 + parameters]`, which were recorded;
    /// none without codes.
    ///
    /// # Errors
    /// [`Error::Device`].
    pub fn information(&self, z: &Batch, outputs: &Batch) -> Result<Option<Information>> {
        // Several heads read the outputs: each on a tape of its own, which a sum of losses joins.
        let head = |from: usize, to: usize| -> Result<Tensor<Recording>> {
            columns(outputs.clone().record(), from..to)?.into_tensor()
        };
        let code = |from: usize, len: usize| columns(z.clone(), from..from + len)?.into_tensor();
        let mut place = (1, z.columns() - self.width());
        let mut losses: Vec<Loss> = Vec::new();
        let (entropy, entropy_continuous) = self.entropy();
        let (mut categorical, mut continuous) = (entropy, entropy_continuous);
        for &k in &self.categorical {
            // −E[log Q(c|x)]
            let surprise = Loss(cross_entropy_with_logits_loss(
                head(place.0, place.0 + k)?,
                code(place.1, k)?,
            ));
            categorical -= surprise.value();
            losses.push(surprise * self.weight);
            place = (place.0 + k, place.1 + k);
        }
        let m = self.continuous;
        if m > 0 {
            let c = code(place.1, m)?;
            let mean = head(place.0, place.0 + m)?;
            let log_sigma = head(place.0 + m, place.0 + 2 * m)?;
            let mean = super::bounds::normal_surprise(c, mean, log_sigma);
            let surprise = mean * m as f64;
            continuous -= surprise.value() + m as f64 * TAU.sqrt().ln();
            losses.push(surprise * self.weight_continuous);
        }
        let sum = losses.into_iter().reduce(|sum, loss| sum + loss);
        Ok(sum.map(|loss| Information {
            loss,
            categorical: (!self.categorical.is_empty()).then_some(categorical),
            continuous: (m > 0).then_some(continuous),
        }))
    }

    /// L_R by D's outputs `[n, 1 + parameters]` for two views of real samples: −μ L_R on the tape of the second
    /// (the first was recorded), and L_R in nats. None without a categorical code.
    ///
    /// # Errors
    /// [`Error::Device`].
    pub fn on_real(&self, view: &Batch, other: Batch<Recording>) -> Result<Option<(Loss, f64)>> {
        let (other, mut tape) = other.split();
        let mut sum: Option<Loss> = None;
        let mut from = 1;
        for &k in &self.categorical {
            let read = |outputs: Batch<Recording>| -> Result<Tensor<Recording>> {
                let logits = columns(outputs, from..from + k)?.into_tensor()?;
                Ok(logits.softmax::<Axis<1>>())
            };
            let q = read(view.clone().record())?;
            let other = read(other.clone().with_tape(std::mem::take(&mut tape)))?;
            // P: half from either view's side, so that it is symmetric.
            let transposed =
                |q: &Tensor<Recording>| q.with_empty_tape().permute::<_, Axes2<1, 0>>();
            let (from_q, from_other) = (transposed(&q), transposed(&other));
            let pairs = from_q.matmul(other) + from_other.matmul(q);
            let joint = pairs * (0.5 / view.rows() as f32);
            // Σ p ln p; what no sample has adds 0, not 0 · ∞.
            let marginal = joint.with_empty_tape().sum::<(usize,), Axis<1>>();
            let ln = (marginal.with_empty_tape() + f32::MIN_POSITIVE).ln();
            let of_one = (marginal * ln).sum::<Rank0, Axis<0>>();
            let ln = (joint.with_empty_tape() + f32::MIN_POSITIVE).ln();
            let of_both = (joint * ln).sum::<Rank0, Axes2<0, 1>>();
            let negated = Loss(of_one * 2.0 - of_both);
            sum = Some(match sum {
                Some(sum) => sum + negated,
                None => negated,
            });
            from += k;
        }
        Ok(sum.map(|negated| {
            let found = -negated.value();
            (negated * self.weight_real, found)
        }))
    }
}
