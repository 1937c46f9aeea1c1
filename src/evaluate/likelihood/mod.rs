//! How likely samples that a generator has not learnt from are under it, as Wu et al. (2017) measure it.
//!
//! G with noise is the model $p_\theta(x) = \int \mathcal{N}(z; 0, I)\,\mathcal{N}(x; G(z), \sigma^2 I)\,dz$ (see
//! [`Decoder`]). Of held-out samples x₁ … x_n
//!
//! $$ L = \frac1n\sum_i \log p_\theta(x_i), \qquad I(p_r, p_\theta) = -\frac{L}{\ln 2}\ \text{bits} $$
//!
//! by annealed importance sampling, which bounds each $\log p_\theta(x_i)$ from below (see [`Annealing`]). So L is
//! at least, and the cross-entropy I at most, what is found. How much is missed can be known of samples that are
//! drawn from the model, and is given beside it: the bracket.
//!
//! **The noise.** No GAN comes with a σ. It is the one that makes samples of a validation set likeliest, as in the
//! paper; a single run of chains tells that for every σ ([`Annealing::by_noise`]).
//!
//! **Parzen's estimate** (Breuleux, Bengio & Vincent 2011), by which GANs were first compared (Goodfellow et al.
//! 2014): kernels $\mathcal{N}(\cdot; G(z_j), \sigma^2 I)$ on 10,000 generated samples. The mean over the kernels
//! is the integral above by draws from the prior, so with the same σ it has the same limit. In 784 dimensions it
//! is nowhere near: hardly one of 10,000 draws lies where the posterior of x does, and the wide σ that makes up
//! for it blurs what is compared. It may rank models wrongly (Theis, van den Oord & Bethge 2016), and is here to be
//! compared with what is published.
//!
//! **Unit.** A density depends on the unit of its variable. Of images it is given per pixel value in [0, 1], as
//! in the literature; images here are in [−1, 1], u = (x + 1)/2, so that
//! $\log p(u) = \log p(x) + d\ln 2$ and σ_u = σ_x/2. Of points it is in their own unit. The grey levels have no
//! noise added to them (Wu et al. add that of rounding): with σ ≫ 1/256 it changes nothing.

mod held_out;

use std::fmt;

use serde::Serialize;

use super::{Annealing, Decoder};
use crate::data::{DataConfig, SampleShape};
use crate::error::{Error, Result, counted, thousands};
use crate::info::kernel::{logspace, parzen};
use crate::info::{Bits, Estimate, Nats};
use crate::nn::Network;
use held_out::{HeldOut, Unit};

/// Kernels of Parzen's estimate: generated samples.
pub const KERNELS: usize = 10_000;
/// Samples that its σ is chosen by.
const VALIDATION: usize = 1000;
/// Those of them that the σ around G(z) is chosen by, ...
const SEARCHED: usize = 50;
/// ... with so many chains each, ...
const SEARCHERS: usize = 4;
/// ... and, of images, one in so many of the distributions. A bound that is a little low for every σ has its maximum where the
/// likelihood has.
const HASTE: usize = 5;
/// The smallest σ that is tried first, in standard deviations of the data; if it is the best, a smaller one is.
const SHARPEST: f64 = 0.125;
/// How much smaller, ...
const SHARPER: f64 = 4.0;
/// ... and how often.
const SEARCHES: usize = 5;
/// More samples than this are a slip of the finger.
const MOST: usize = 1_000_000;
/// Nats by which Parzen's estimate may be above by chance.
const PARZEN_ABOVE: f64 = 0.5;

/// On what, and how carefully.
///
/// With the default the bracket was 0.2 to 0.7 nats wide on generators of MNIST whose weights were averaged, and 4 on
/// one whose weights were not, and whose pixels are nearly all black or white: such a G needs more distributions.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LikelihoodProtocol {
    /// Held-out samples whose likelihood is taken.
    pub n: usize,
    /// Samples drawn from the model, for the bracket.
    pub simulated: usize,
    /// How their likelihood is taken.
    #[serde(flatten)]
    pub annealing: Annealing,
}

impl Default for LikelihoodProtocol {
    fn default() -> Self {
        LikelihoodProtocol {
            n: 50,
            simulated: 10,
            annealing: Annealing {
                chains: 4,
                distributions: 500,
                ..Annealing::default()
            },
        }
    }
}

/// How likely held-out samples are under a generator, with all that is needed to find it again.
///
/// ```
/// use ganscope::data::{DataConfig, Dataset, Mixture};
/// use ganscope::evaluate::{Annealing, Likelihood, LikelihoodProtocol};
/// use ganscope::nn::{Network, NetworkSpec};
/// use ganscope::random::{Stream, standard_normal};
/// let spec: NetworkSpec = serde_json::from_str(r#"{
///     "input": { "kind": "vector", "len": 2 },
///     "layers": [{ "type": "dense", "in": 2, "out": 2, "bias": false }]
/// }"#)?;
/// let mut g = Network::new("generator", &spec, 1, Stream::GeneratorInit)?;
/// g.parameters_mut()[0].1.update(|w| w.copy_from_slice(&[0.5, 0.0, 0.0, 0.5]));
/// let generated: Vec<f32> =
///     standard_normal(1, Stream::LatentForSampling, 0, 4000).iter().map(|z| 0.5 * z).collect();
///
/// // The ring of radius 1 under N(0, (¼ + σ²) I): the best variance is E‖x‖²/2 = ½, where
/// // L = −ln 2π½ − 1.
/// let protocol = LikelihoodProtocol { n: 200, ..LikelihoodProtocol::default() };
/// let found = Likelihood::of(&g, &DataConfig::named("ring8"), &generated, protocol, &mut |_, _| {})?;
/// let exact = -std::f64::consts::PI.ln() - 1.0;
/// assert!((found.annealing.value.0 - exact).abs() < 0.02, "{found}");
/// assert!((found.parzen.value.0 - exact).abs() < 0.05, "{found}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Likelihood {
    /// The σ around G(z), in the unit of the densities.
    pub sigma: f64,
    /// L by annealed importance sampling, at least, with the standard error over the held-out samples.
    pub annealing: Estimate,
    /// Upper − lower bound on simulated samples, with the standard error over them.
    pub bracket: Estimate,
    /// L of the same held-out samples by Parzen's estimate.
    pub parzen: Estimate,
    /// I(p_r, p_θ) of a sample, at most.
    #[serde(rename = "cross_entropy_bits")]
    pub cross_entropy: Bits,
    /// Its standard error, over the held-out samples.
    #[serde(rename = "cross_entropy_bits_standard_error")]
    pub cross_entropy_error: Option<Bits>,
    /// I by the numbers of a sample.
    #[serde(rename = "cross_entropy_bits_per_dimension")]
    pub cross_entropy_per_dimension: Bits,
    /// The held-out samples.
    pub held_out: String,
    /// What the densities are per.
    pub unit: String,
}

impl Likelihood {
    /// Of held-out samples of `data`, which `g` has learnt from, under `g`, whose z is standard normal; by
    /// Parzen's estimate under `generated`, samples of `g`, row-major as those of `data`.
    ///
    /// `watch` is told what is being done, and the share of it that is done.
    ///
    /// # Errors
    /// [`Error::Usage`] for data of which no sample is held out or of another width than G's, for more samples than there are, for settings of
    /// 0, and for a G whose numbers are not finite; those of [`Dataset::open`](crate::data::Dataset::open); [`Error::Device`].
    pub fn of(
        g: &Network,
        data: &DataConfig,
        generated: &[f32],
        protocol: LikelihoodProtocol,
        watch: &mut dyn FnMut(&str, f64),
    ) -> Result<Self> {
        let LikelihoodProtocol {
            n,
            simulated,
            annealing,
        } = protocol;
        let sizes = [("n", n), ("simulated", simulated)];
        if let Some((name, size)) = sizes.iter().find(|(_, size)| !(1..=MOST).contains(size)) {
            return Err(Error::Usage(format!(
                "{name} must be 1 to {}, not {size}",
                thousands(MOST as u64)
            )));
        }
        annealing.validate()?;
        let held_out = HeldOut::of(data, n)?;
        let unit = Unit::of(&held_out.shape);
        let d = held_out.shape.numel();
        if g.output().numel() != d {
            return Err(Error::Usage(format!(
                "G makes {} numbers, and {} has samples of {}",
                g.output().numel(),
                data.name,
                held_out.shape
            )));
        }
        let searched = SEARCHED.min(held_out.validation.len() / d);
        let hasty = Annealing {
            chains: SEARCHERS,
            distributions: match held_out.shape {
                SampleShape::Image { .. } => annealing.distributions.div_ceil(HASTE),
                // Their σ is far below their deviation: few distributions fall short there, and seem to find a larger one.
                SampleShape::Vector { .. } => annealing.distributions,
            },
            ..annealing
        };
        let (sigma, note) = best_noise(g, &held_out.validation[..searched * d], hasty, watch)?;

        let decoder = Decoder::new(g, sigma)?;
        let stated = |found: Estimate| {
            found
                .with("sigma", sigma / unit.scale)
                .with("validation", searched)
                .with("chains", annealing.chains)
                .with("distributions", annealing.distributions)
                .with("leapfrog", annealing.leapfrog)
                .with("seed", annealing.seed)
        };
        let work = annealing.work(n, 1);
        let each = annealing.lower(
            &decoder,
            &held_out.test,
            &mut told("annealing", work, watch),
        )?;
        let each: Vec<f64> = each.iter().map(|l| l.0 + unit.nats(d).0).collect();
        let mut found = stated(Estimate::of_mean("ais", &each, d));
        found.notes.extend(note);

        let work = annealing.work(simulated, 2);
        let bounds = annealing.both(&decoder, simulated, &mut told("bracket", work, watch))?;
        let bounds = bounds.bounds.iter();
        let gaps: Vec<f64> = bounds.map(|(low, high)| (*high - *low).0).collect();
        let bracket = stated(Estimate::of_mean("bdmc gap", &gaps, d));

        watch("Parzen's estimate", 0.0);
        let sigmas = match held_out.shape {
            // Those of Goodfellow et al.
            SampleShape::Image { .. } => logspace(-1.0, 0.0, 10),
            SampleShape::Vector { .. } => {
                let deviation = deviation(&held_out.validation);
                let scaled = logspace(-3.0, 0.0, 16).into_iter();
                scaled.map(|s| s * deviation).collect()
            }
        };
        let [generated, validation, test] =
            [generated, &held_out.validation, &held_out.test].map(|x| unit.sample(x, d));
        let parzen = parzen(&generated?, &validation?, &test?, &sigmas)?;
        // Both are of the same model, and no σ makes the truth smaller than what is found at another one.
        if parzen.value.0 > found.value.0 + PARZEN_ABOVE {
            found.notes.push(
                "Parzen's estimate is above the lower bound: σ was chosen too large, or the annealing falls short: \
                 more --distributions bring it nearer"
                    .into(),
            );
        }
        let cross_entropy = Nats(-found.value.0).bits();
        let cross_entropy_error = found.standard_error.map(Nats::bits);
        Ok(Likelihood {
            sigma: sigma / unit.scale,
            annealing: found,
            bracket,
            parzen,
            cross_entropy,
            cross_entropy_error,
            cross_entropy_per_dimension: Bits(cross_entropy.0 / d as f64),
            held_out: held_out.name,
            unit: unit.name(d),
        })
    }
}

/// Tells the share of `work` that is done.
fn told<'a>(
    what: &'a str,
    work: f64,
    watch: &'a mut dyn FnMut(&str, f64),
) -> impl FnMut(usize) + 'a {
    let mut done = 0.0;
    move |more| {
        done += more as f64;
        watch(what, done / work);
    }
}

/// The σ that makes x likeliest, and what is to be said of it.
fn best_noise(
    g: &Network,
    x: &[f32],
    hasty: Annealing,
    watch: &mut dyn FnMut(&str, f64),
) -> Result<(f64, Option<String>)> {
    let mut sharpest = SHARPEST * deviation(x);
    for _ in 0..SEARCHES {
        let decoder = Decoder::new(g, sharpest)?;
        let work = hasty.work(x.len() / decoder.width(), 1);
        let found = hasty.profile(&decoder, x, &mut told("noise", work, watch))?;
        let finite = found.iter().filter(|(_, bound)| bound.0.is_finite());
        let best = finite.max_by(|a, b| a.1.0.total_cmp(&b.1.0));
        let Some(&(sigma, _)) = best else {
            return Err(Error::Usage(
                "no sample has a finite likelihood, whatever σ: does G make finite numbers?".into(),
            ));
        };
        if sigma > sharpest {
            return Ok((sigma, None));
        }
        sharpest /= SHARPER;
    }
    let note = "σ is the smallest tried: a better one may be beyond";
    Ok((sharpest * SHARPER, Some(note.into())))
}

/// Standard deviation of all numbers together.
fn deviation(x: &[f32]) -> f64 {
    let n = x.len() as f64;
    let mean = x.iter().map(|&x| f64::from(x)).sum::<f64>() / n;
    let squares: f64 = x.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum();
    (squares / n).sqrt()
}

impl fmt::Display for Likelihood {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |found: &Estimate| match found.standard_error {
            Some(error) => format!("{:.2} ± {:.2} nats", found.value.0, error.0).replace('-', "−"),
            None => format!("{:.2}", found.value).replace('-', "−"),
        };
        let stated = |found: &Estimate, name: &str| match found.parameters.get(name) {
            Some(serde_json::Value::Number(v)) => v
                .as_u64()
                .map_or(format!("{:.4}", v.as_f64().unwrap_or(f64::NAN)), thousands),
            _ => "?".into(),
        };
        let some = |name: &str, noun: &str| {
            let size = self.annealing.parameters.get(name);
            let size = size.and_then(serde_json::Value::as_u64).unwrap_or(0);
            counted(size as usize, noun)
        };
        let bits = |bits: Bits, digits: usize| format!("{bits:.digits$}").replace('-', "−");
        let cross_entropy = match self.cross_entropy_error {
            Some(error) => format!("{:.1} ± {error:.1}", self.cross_entropy.0).replace('-', "−"),
            None => bits(self.cross_entropy, 1),
        };
        writeln!(
            f,
            "log-likelihood     at least {}, σ = {:.4}",
            shown(&self.annealing),
            self.sigma
        )?;
        writeln!(
            f,
            "bracket            {} between both bounds, on {}",
            shown(&self.bracket),
            counted(self.bracket.n, "simulated sample")
        )?;
        writeln!(
            f,
            "Parzen             {}, σ = {}, {} kernels",
            shown(&self.parzen),
            stated(&self.parzen, "sigma"),
            stated(&self.parzen, "kernels")
        )?;
        writeln!(
            f,
            "I(p_r, p_θ)        at most {} a sample, {} a dimension",
            cross_entropy,
            bits(self.cross_entropy_per_dimension, 4)
        )?;
        for note in &self.annealing.notes {
            writeln!(f, "note               {note}")?;
        }
        for note in &self.parzen.notes {
            writeln!(f, "note               of Parzen: {note}")?;
        }
        writeln!(f, "unit               {}", self.unit)?;
        writeln!(f, "held out           {}", self.held_out)?;
        write!(
            f,
            "protocol           annealed importance sampling (Wu et al. 2017): {}, {}, {}, seed {}; σ by {}",
            some("chains", "chain"),
            some("distributions", "distribution"),
            some("leapfrog", "leapfrog step"),
            stated(&self.annealing, "seed"),
            some("validation", "validation sample")
        )
    }
}
