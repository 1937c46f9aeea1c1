//! A sanity check of attribution maps: they must change when the weights do (Adebayo et al. 2018).
//!
//! Let A_θ(x) be the map of a sample for the trained weights θ, and A_θ'(x) that for weights θ' of which some or all
//! layers are random. The two are compared by Spearman's rank correlation over the inputs, averaged over the samples:
//!
//! $$ \bar\rho = \frac1n \sum_x \rho\bigl(|A_\theta(x)|, |A_{\theta'}(x)|\bigr) $$
//!
//! A method whose maps stay the same shows properties of x, such as its edges, rather than what the network has learnt.
//!
//! **Rule.** The check is passed if, with all layers random, the upper end of the 95 % interval of ρ̄ is below
//! [`MAXIMUM_MAP_CORRELATION`] = 0.5: then less than a quarter (0.5²) of the variance of the ranks is common to both
//! maps.
//!
//! Maps with a factor that does not depend on θ, such as x − x⁰ in integrated gradients, have a positive ρ̄ even if the
//! other factor is unrelated: inputs with x = x⁰ have attribution 0 in both maps.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result, counted, minus};
use crate::interpret::intervals::{bootstrap_mean, check_resamples, mean};
use crate::interpret::rows::count_rows;
use crate::nn::{Network, StateDict};
use crate::random::Stream;

/// Largest mean correlation of maps with random weights at which [`sanity_check`] is passed.
pub const MAXIMUM_MAP_CORRELATION: f64 = 0.5;

/// Largest number of networks with random weights.
const MAXIMUM_DRAWS: usize = 1000;

/// Which layers get random weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Randomization {
    /// First the last layer, then the last two, and so on until all layers are random.
    Cascading,
    /// All layers.
    AllAtOnce,
}

/// Settings of [`sanity_check`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SanitySettings {
    /// Which layers get random weights; default cascading.
    pub randomization: Randomization,
    /// Number of networks with random weights, over which the correlation of each sample is averaged; default 3.
    pub draws: usize,
    /// Seed of the random weights; network r has the seed `seed + r`. Default 1.
    pub seed: u64,
    /// Number of bootstrap resamples for the intervals; default 200.
    pub resamples: usize,
}

impl Default for SanitySettings {
    fn default() -> Self {
        SanitySettings {
            randomization: Randomization::Cascading,
            draws: 3,
            seed: 1,
            resamples: 200,
        }
    }
}

/// The correlation of the maps after some layers got random weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SanityStage {
    /// Index of the first layer with random weights; all later layers are random, too.
    pub first_random_layer: usize,
    /// Index and description of this layer.
    pub layer: String,
    /// Mean rank correlation ρ̄ of the |maps|; 0 is expected of unrelated maps.
    pub correlation: f64,
    /// Interval of 95 % for ρ̄ by the bootstrap over the samples. It does not contain the variation between networks
    /// with random weights.
    pub interval: (f64, f64),
    /// Number of samples with a correlation. A map whose values are all equal has none.
    pub n_defined: usize,
}

/// Whether attribution maps depend on the weights of the network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SanityCheck {
    /// One stage for each number of layers with random weights; all layers are random in the last.
    pub stages: Vec<SanityStage>,
    /// Whether the upper end of the interval in the last stage is below [`MAXIMUM_MAP_CORRELATION`].
    pub is_passed: bool,
    /// Name of the network.
    pub network: String,
    /// Number of samples.
    pub n: usize,
    /// Randomisation, number of draws, seed and resamples.
    pub settings: SanitySettings,
}

/// Spearman's rank correlation of |a| and |b| for each row of two sets of maps, row-major [n, width]. It is `None` where
/// all values of a row are equal.
///
/// ```
/// use ganscope::interpret::map_correlation;
/// let a = [1.0, -2.0, 3.0, 4.0, 7.0, 7.0, 7.0, 7.0];
/// let b = [0.1, 0.4, -0.3, 0.9, 1.0, 2.0, 3.0, 4.0];
/// let found = map_correlation(&a, &b, 4)?;
/// // The ranks are 1, 2, 3, 4 and 1, 3, 2, 4: ρ = 1 − 6 (1 + 1)/(4 · 15).
/// assert!(found[0].is_some_and(|rho| (rho - 0.8).abs() < 1e-12));
/// assert_eq!(found[1], None);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] for maps of different lengths, incomplete rows and values that are not finite.
pub fn map_correlation(a: &[f64], b: &[f64], width: usize) -> Result<Vec<Option<f64>>> {
    if a.len() != b.len() || width == 0 || a.is_empty() || !a.len().is_multiple_of(width) {
        return Err(Error::Usage(format!(
            "maps of {} and of {} cannot be compared in rows of {width}; both need the same complete rows",
            counted(a.len(), "number"),
            counted(b.len(), "number")
        )));
    }
    if a.iter().chain(b).any(|v| !v.is_finite()) {
        return Err(Error::Usage(
            "maps with values that are not finite cannot be compared".into(),
        ));
    }
    let rows = a.chunks_exact(width).zip(b.chunks_exact(width));
    Ok(rows.map(|(a, b)| spearman(a, b)).collect())
}

/// The correlation of the ranks of |a| and |b|.
fn spearman(a: &[f64], b: &[f64]) -> Option<f64> {
    let (a, b) = (ranks(a), ranks(b));
    // The mean rank is (n + 1)/2 for both.
    let centre = (a.len() as f64 + 1.0) / 2.0;
    let (mut aa, mut bb, mut ab) = (0.0, 0.0, 0.0);
    for (a, b) in a.iter().zip(&b) {
        let (a, b) = (a - centre, b - centre);
        aa += a * a;
        bb += b * b;
        ab += a * b;
    }
    (aa > 0.0 && bb > 0.0).then(|| ab / (aa.sqrt() * bb.sqrt()))
}

/// The ranks of |values| from 1; equal values share the mean of their ranks.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&i, &j| values[i].abs().total_cmp(&values[j].abs()));
    let mut ranks = vec![0.0; values.len()];
    let mut first = 0;
    for group in order.chunk_by(|&i, &j| values[i].abs() == values[j].abs()) {
        let rank = first as f64 + (group.len() as f64 + 1.0) / 2.0;
        group.iter().for_each(|&i| ranks[i] = rank);
        first += group.len();
    }
    ranks
}

/// Compares the maps of `attribute` for the samples `x` [n, width] between `network` and copies of it with random weights.
///
/// `attribute(network, x)` returns the maps, row-major [n, width of a map]. Random weights are those of
/// `Network::new(…, seed + r, Stream::RandomWeights)`; buffers of batch norm are replaced with the weights of their
/// layer.
///
/// ```
/// use ganscope::{data::SampleShape, nn::{Network, presets}, random::{Stream, standard_normal}};
/// use ganscope::interpret::{AttributedOutput, NetworkOutput, SanitySettings, gradient, sanity_check};
/// let spec = presets::discriminator(&SampleShape::Vector { len: 100 })?;
/// let d = Network::new("discriminator", &spec, 1, Stream::DiscriminatorInit)?;
/// let x = standard_normal(1, Stream::Data, 0, 20 * 100);
/// let check = sanity_check(&d, &x, &SanitySettings::default(), |d, x| {
///     Ok(gradient(&NetworkOutput::new(d, AttributedOutput::Column(0))?, x)?.maps)
/// })?;
/// assert!(check.is_passed);
/// // The four dense layers, the last first.
/// assert_eq!(check.stages.len(), 4);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] for fewer than 2 samples, a network without weights, settings out of range, and maps that cannot be
/// compared; the errors of `attribute`.
pub fn sanity_check(
    network: &Network,
    x: &[f32],
    settings: &SanitySettings,
    attribute: impl Fn(&Network, &[f32]) -> Result<Vec<f64>>,
) -> Result<SanityCheck> {
    let n = count_rows(x, network.spec().input.numel(), "the samples")?;
    if n < 2 {
        return Err(Error::Usage(
            "a sanity check needs at least 2 samples, or the mean correlation has no interval"
                .into(),
        ));
    }
    check_resamples(settings.resamples)?;
    if !(1..=MAXIMUM_DRAWS).contains(&settings.draws) {
        return Err(Error::Usage(format!(
            "draws, the number of networks with random weights, must be between 1 and {MAXIMUM_DRAWS}, not {}",
            settings.draws
        )));
    }
    let mut cuts = layers_with_parameters(network);
    if settings.randomization == Randomization::AllAtOnce {
        cuts.drain(..cuts.len().saturating_sub(1));
    }
    if cuts.is_empty() {
        return Err(Error::Usage(format!(
            "{} has no weights that could be replaced by random ones",
            network.name()
        )));
    }
    let trained = attribute(network, x)?;
    let width = trained.len() / n;
    let mut stages = Vec::with_capacity(cuts.len());
    for cut in cuts {
        // The sum and the number of the correlations of each sample.
        let mut sums = vec![(0.0, 0usize); n];
        for draw in 0..settings.draws {
            let seed = settings.seed.wrapping_add(draw as u64);
            let maps = attribute(&randomized(network, cut, seed)?, x)?;
            let correlations = map_correlation(&trained, &maps, width)?;
            for (sum, rho) in sums.iter_mut().zip(correlations) {
                if let Some(rho) = rho {
                    *sum = (sum.0 + rho, sum.1 + 1);
                }
            }
        }
        let defined = sums.into_iter().filter(|(_, count)| *count > 0);
        let correlations: Vec<f64> = defined.map(|(sum, count)| sum / count as f64).collect();
        let layer = network.describe(&cut.to_string());
        if correlations.is_empty() {
            return Err(Error::Usage(format!(
                "with random weights from layer {layer} on, all values of every map are equal, so the maps have no rank \
                 correlation; use more samples or another method"
            )));
        }
        stages.push(SanityStage {
            first_random_layer: cut,
            layer,
            correlation: mean(&correlations),
            interval: bootstrap_mean(&correlations, settings.resamples, settings.seed),
            n_defined: correlations.len(),
        });
    }
    let is_changed = |stage: &SanityStage| stage.interval.1 < MAXIMUM_MAP_CORRELATION;
    Ok(SanityCheck {
        is_passed: stages.last().is_some_and(is_changed),
        stages,
        network: network.name().into(),
        n,
        settings: *settings,
    })
}

/// The indices of the layers with parameters, the last first.
fn layers_with_parameters(network: &Network) -> Vec<usize> {
    let names = network.parameters().into_iter();
    let mut layers: Vec<usize> = names
        .filter_map(|(name, _)| name.split('.').next()?.parse().ok())
        .collect();
    layers.dedup();
    layers.reverse();
    layers
}

/// The network with random weights in all layers from index `cut` on.
fn randomized(network: &Network, cut: usize, seed: u64) -> Result<Network> {
    let random = Network::new(network.name(), network.spec(), seed, Stream::RandomWeights)?;
    let (mut state, mut random_state) = (StateDict::default(), StateDict::default());
    state.add("network", network);
    random_state.add("network", &random);
    for (name, tensor) in random_state.iter() {
        let inside = name.trim_start_matches("spectral.");
        let layer = inside.split('.').nth(1);
        let layer = layer.and_then(|layer| layer.parse::<usize>().ok());
        // An averaged network has no weights before spectral normalisation, which then must not be added.
        if layer.is_some_and(|layer| layer >= cut) && state.get(name).is_some() {
            state.insert(name, tensor.clone());
        }
    }
    let mut mixed = network.clone();
    state.load("network", &mut mixed).map_err(|problem| {
        Error::Usage(format!(
            "the random weights do not fit into {}: {problem}",
            network.name()
        ))
    })?;
    Ok(mixed)
}

impl fmt::Display for SanityCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.is_passed {
            "passed: the maps change when the weights are random"
        } else {
            "failed: the maps stay similar when the weights are random"
        };
        write!(f, "{verdict}")?;
        for stage in &self.stages {
            let (low, high) = stage.interval;
            write!(
                f,
                "\nrandom from layer {:<24} rank correlation {} (95 % interval {} to {})",
                stage.layer,
                minus(format!("{:.3}", stage.correlation)),
                minus(format!("{low:.3}")),
                minus(format!("{high:.3}"))
            )?;
        }
        write!(
            f,
            "\nmean over {}, each averaged over {} with random weights; unrelated maps have 0; passed if the last interval \
             ends below {MAXIMUM_MAP_CORRELATION}; seed {}",
            counted(self.n, "sample"),
            counted(self.settings.draws, "network"),
            self.settings.seed
        )
    }
}
