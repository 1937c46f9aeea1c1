//! The result of a measurement of the likelihood, and how it is obtained.

use std::fmt;

use serde::Serialize;

use super::held_out::HeldOut;
use super::noise::{SEARCH_N, best_noise, standard_deviation};
use super::protocol::LikelihoodProtocol;
use super::unit::Unit;
use crate::data::{DataConfig, SampleShape};
use crate::error::{Error, Result, counted, thousands};
use crate::evaluate::Decoder;
use crate::info::kernel::{logspace, parzen};
use crate::info::{Bits, Estimate, Nats};
use crate::nn::Network;

/// Number of generated samples in Parzen's estimate.
pub const KERNELS: usize = 10_000;
/// Difference in nats by which Parzen's estimate may exceed the lower bound by chance.
const PARZEN_TOLERANCE: f64 = 0.5;

/// The log-likelihood of held-out samples under a generator, with the protocol of the measurement.
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
/// // The ring of radius 1 under N(0, (¼ + σ²) I): the best variance is E‖x‖²/2 = ½, and then
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
    /// Standard deviation of the noise around G(z), in the unit of the densities.
    pub sigma: f64,
    /// Lower bound on L by annealed importance sampling, with the standard error over the held-out samples.
    pub annealing: Estimate,
    /// Mean difference between the upper and the lower bound on simulated samples, with its standard error.
    pub bracket: Estimate,
    /// Parzen's estimate of L on the same held-out samples.
    pub parzen: Estimate,
    /// Upper bound on the cross-entropy I(p_r, p_θ) of a sample.
    #[serde(rename = "cross_entropy_bits")]
    pub cross_entropy: Bits,
    /// Standard error of the cross-entropy over the held-out samples.
    #[serde(rename = "cross_entropy_bits_standard_error")]
    pub cross_entropy_error: Option<Bits>,
    /// Cross-entropy divided by the number of values of a sample.
    #[serde(rename = "cross_entropy_bits_per_dimension")]
    pub cross_entropy_per_dimension: Bits,
    /// The held-out samples, in words.
    pub held_out: String,
    /// The unit of the densities, in words.
    pub unit: String,
}

impl Likelihood {
    /// Measures the likelihood of held-out samples under `g`, which was trained on `data` and whose z is standard
    /// normal. Parzen's estimate uses `generated`, samples of `g` in the layout of the data, row-major.
    ///
    /// `progress` is called with the name of the current phase and the completed share of it.
    ///
    /// # Errors
    /// [`Error::Usage`] for data without held-out samples or with another width than G's samples, for more samples
    /// than there are, for settings of 0, and for a G whose samples are not finite; those of
    /// [`Dataset::open`](crate::data::Dataset::open); [`Error::Device`].
    pub fn of(
        g: &Network,
        data: &DataConfig,
        generated: &[f32],
        protocol: LikelihoodProtocol,
        progress: &mut dyn FnMut(&str, f64),
    ) -> Result<Self> {
        protocol.validate()?;
        let LikelihoodProtocol {
            n,
            simulated,
            annealing,
        } = protocol;
        let held_out = HeldOut::of(data, n)?;
        let unit = Unit::of(&held_out.shape);
        let d = held_out.shape.numel();
        if g.output().numel() != d {
            return Err(Error::Usage(format!(
                "a sample of G has {} numbers, but {} has samples of {}",
                g.output().numel(),
                data.name,
                held_out.shape
            )));
        }
        let search_n = SEARCH_N.min(held_out.validation.len() / d);
        let (sigma, note) = best_noise(
            g,
            &held_out.shape,
            &held_out.validation[..search_n * d],
            annealing,
            &mut |share| progress("noise", share),
        )?;

        let decoder = Decoder::new(g, sigma)?;
        let with_protocol = |estimate: Estimate| {
            estimate
                .with("sigma", sigma / unit.scale)
                .with("validation", search_n)
                .with("chains", annealing.chains)
                .with("distributions", annealing.distributions)
                .with("leapfrog", annealing.leapfrog)
                .with("seed", annealing.seed)
        };
        let total = annealing.total_progress(n, 1);
        let bounds = annealing.lower_bounds(
            &decoder,
            &held_out.test,
            &mut share_of(total, &mut |share| progress("annealing", share)),
        )?;
        let bounds: Vec<f64> = bounds.iter().map(|l| l.0 + unit.nats(d).0).collect();
        let mut estimate = with_protocol(Estimate::of_mean("ais", &bounds, d));
        estimate.notes.extend(note);

        let total = annealing.total_progress(simulated, 2);
        let bracket = annealing.both_bounds(
            &decoder,
            simulated,
            &mut share_of(total, &mut |share| progress("bracket", share)),
        )?;
        let bounds = bracket.bounds.iter();
        let gaps: Vec<f64> = bounds.map(|(lower, upper)| (*upper - *lower).0).collect();
        let bracket = with_protocol(Estimate::of_mean("bdmc gap", &gaps, d));

        progress("Parzen's estimate", 0.0);
        let sigmas = match held_out.shape {
            // The values of Goodfellow et al. (2014).
            SampleShape::Image { .. } => logspace(-1.0, 0.0, 10),
            SampleShape::Vector { .. } => {
                let deviation = standard_deviation(&held_out.validation);
                let scaled = logspace(-3.0, 0.0, 16).into_iter();
                scaled.map(|s| s * deviation).collect()
            }
        };
        let [generated, validation, test] =
            [generated, &held_out.validation, &held_out.test].map(|x| unit.sample(x, d));
        let parzen = parzen(&generated?, &validation?, &test?, &sigmas)?;
        // Both are estimates of the same model's likelihood, and σ maximises it.
        if parzen.value.0 > estimate.value.0 + PARZEN_TOLERANCE {
            estimate.notes.push(
                "Parzen's estimate is above the lower bound: σ is too large, or the bound is far below the true \
                 log-likelihood; increase --distributions"
                    .into(),
            );
        }
        let cross_entropy = Nats(-estimate.value.0).bits();
        let cross_entropy_error = estimate.standard_error.map(Nats::bits);
        Ok(Likelihood {
            sigma: sigma / unit.scale,
            annealing: estimate,
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

/// Adds up what it is called with, and passes its share of `total` on to `progress`.
fn share_of(total: f64, progress: &mut dyn FnMut(f64)) -> impl FnMut(usize) {
    let mut done = 0.0;
    move |more| {
        done += more as f64;
        progress(done / total);
    }
}

impl fmt::Display for Likelihood {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let with_error = |estimate: &Estimate| match estimate.standard_error {
            Some(error) => {
                format!("{:.2} ± {:.2} nats", estimate.value.0, error.0).replace('-', "−")
            }
            None => format!("{:.2}", estimate.value).replace('-', "−"),
        };
        let parameter = |estimate: &Estimate, name: &str| match estimate.parameters.get(name) {
            Some(serde_json::Value::Number(v)) => v
                .as_u64()
                .map_or(format!("{:.4}", v.as_f64().unwrap_or(f64::NAN)), thousands),
            _ => "?".into(),
        };
        let size = |name: &str, noun: &str| {
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
            with_error(&self.annealing),
            self.sigma
        )?;
        writeln!(
            f,
            "bracket            {} between the lower and the upper bound, on {}",
            with_error(&self.bracket),
            counted(self.bracket.n, "simulated sample")
        )?;
        writeln!(
            f,
            "Parzen             {}, σ = {}, {} kernels",
            with_error(&self.parzen),
            parameter(&self.parzen, "sigma"),
            parameter(&self.parzen, "kernels")
        )?;
        writeln!(
            f,
            "I(p_r, p_θ)        at most {} per sample, {} per dimension",
            cross_entropy,
            bits(self.cross_entropy_per_dimension, 4)
        )?;
        for note in &self.annealing.notes {
            writeln!(f, "note               {note}")?;
        }
        for note in &self.parzen.notes {
            writeln!(f, "note               Parzen's estimate: {note}")?;
        }
        writeln!(f, "unit               {}", self.unit)?;
        writeln!(f, "held out           {}", self.held_out)?;
        write!(
            f,
            "protocol           annealed importance sampling (Wu et al. 2017): {}, {}, {}, seed {}; σ chosen on {}",
            size("chains", "chain"),
            size("distributions", "distribution"),
            size("leapfrog", "leapfrog step"),
            parameter(&self.annealing, "seed"),
            size("validation", "validation sample")
        )
    }
}
