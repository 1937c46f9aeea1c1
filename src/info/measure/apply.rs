//! One estimator on one set of variables.

use rand::seq::SliceRandom;

use super::data::{Data, stacked};
use super::mixture::{mixture, mixture_given};
use super::notes::strong;
use super::{Measure, Method, Quantity};
use crate::error::{Error, Result};
use crate::info::discrete::{self, Counts, Estimator, Symbols};
use crate::info::histogram::{self, Width};
use crate::info::kernel::{self, logspace};
use crate::info::kind::{Repeats, column};
use crate::info::knn::deviations;
use crate::info::resampling::Rows;
use crate::info::{
    Estimate, Knn, Ksg, Nats, Norm, Sample, conditional_information, discrete_continuous,
    divergence_knn, entropy_knn, gaussian, ksg, local_nonuniformity,
};
use crate::random::{Stream, rng};

/// Pseudo-counts of the Dirichlet prior.
pub(super) const JEFFREYS: f64 = 0.5;

impl Measure {
    /// The estimate without resampling. Of a pair of samples: p, q.
    pub(super) fn apply(&self, method: Method, of: &[&Data]) -> Result<Estimate> {
        match (self.quantity, of) {
            (Quantity::Entropy, [x]) => self.entropy(method, &x.sample),
            (Quantity::Kl, [p, q]) => self.divergence(method, &p.sample, &q.sample),
            (Quantity::CrossEntropy, [p, q]) => self.cross_entropy(method, &p.sample, &q.sample),
            (Quantity::Js, [p, q]) => self.jensen_shannon(method, p, q),
            (Quantity::Mi, [x, y]) => self.information(method, x, y),
            (Quantity::ConditionalEntropy, [x, y]) => self.conditional_entropy(method, x, y),
            (Quantity::ConditionalMi, [x, y, z]) => self.conditional(method, x, y, z),
            _ => Err(unfit(self.quantity, method)),
        }
    }

    fn knn(&self) -> Knn {
        match self.jitter {
            false => Knn::new(self.k),
            true => Knn::new(self.k).jittered(self.seed),
        }
    }

    /// What a class is to tell of: by its standard deviations, and with jitter if asked for.
    fn number(&self, x: &Sample) -> Result<Sample> {
        let [number] = self.knn().prepare([&standardised(x)?], ["the number"])?;
        Ok(number)
    }

    fn entropy(&self, method: Method, x: &Sample) -> Result<Estimate> {
        if let Some(by) = method.counts() {
            let found = discrete::entropy(&symbols(x)?.counts()?, by)?;
            return Ok(of_dimension(found, x.dimension()));
        }
        let scaled = || standardised(x);
        match method {
            Method::KozachenkoLeonenko => {
                let found = entropy_knn(&scaled()?, self.knn(), Norm::Euclidean)?;
                Ok(scaled_back(found, x))
            }
            Method::Kernel => {
                let found = kernel::entropy(&scaled()?, &logspace(-2.5, 0.5, 31))?;
                Ok(scaled_back(found, x))
            }
            Method::Histogram => {
                histogram::entropy(x, Width::FreedmanDiaconis, Estimator::MillerMadow)
            }
            Method::Gaussian => gaussian::entropy(x),
            _ => Err(unfit(Quantity::Entropy, method)),
        }
    }

    fn divergence(&self, method: Method, p: &Sample, q: &Sample) -> Result<Estimate> {
        let of_counts = |(p, q): (Counts, Counts)| match method {
            Method::PlugIn => discrete::kullback_leibler(&p, &q),
            Method::Dirichlet => discrete::kullback_leibler_with_prior(&p, &q, JEFFREYS),
            _ => Err(unfit(Quantity::Kl, method)),
        };
        match method {
            Method::WangKulkarniVerdu => {
                let (p, q) = alike(p, q)?;
                let found = divergence_knn(&p, &q, self.knn(), Norm::Euclidean)?;
                Ok(found.with(SCALING, STANDARDISED))
            }
            _ => Ok(of_dimension(of_counts(outcomes(p, q)?)?, p.dimension())),
        }
    }

    /// H(p, q) = H(p) + KL(p‖q).
    fn cross_entropy(&self, method: Method, p: &Sample, q: &Sample) -> Result<Estimate> {
        let more = self.divergence(method, p, q)?;
        let own = match method {
            Method::WangKulkarniVerdu => self.entropy(Method::KozachenkoLeonenko, p)?,
            _ => match method.counts() {
                // Of all outcomes of both.
                Some(by) => discrete::entropy(&outcomes(p, q)?.0, by)?,
                None => return Err(unfit(Quantity::CrossEntropy, method)),
            },
        };
        Ok(combined(&own, 1.0, &more, method))
    }

    /// JSD(p‖q) = I(label; value), when each label is as frequent.
    fn jensen_shannon(&self, method: Method, p: &Data, q: &Data) -> Result<Estimate> {
        if method == Method::PlugIn {
            let (of_p, of_q) = outcomes(&p.sample, &q.sample)?;
            let found = discrete::jensen_shannon(&of_p, &of_q)?;
            return Ok(of_dimension(found, p.dimension()));
        }
        let n = p.count().min(q.count());
        let (p, q) = (self.first(p, n)?, self.first(q, n)?);
        let values = Data {
            sample: stacked(&p.sample, &q.sample)?,
            texts: p.texts.clone(),
        };
        let of_q: Vec<bool> = (0..2 * n).map(|i| i >= n).collect();
        let found = match method {
            Method::Ross => discrete_continuous(&of_q, &self.number(&values.sample)?, self.k)?,
            Method::GaoMixture => {
                let labels = of_q.into_iter().map(|of_q| f64::from(u8::from(of_q)));
                let labels = Data {
                    sample: Sample::new(labels.collect(), 1)?,
                    texts: vec![0],
                };
                mixture(&labels, &values, self.k)?
            }
            _ => return Err(unfit(Quantity::Js, method)),
        };
        let found = of_dimension(found, p.dimension());
        Ok(found.with(SCALING, STANDARDISED).with("n_each", n))
    }

    /// n of the rows, at random.
    fn first(&self, data: &Data, n: usize) -> Result<Data> {
        let mut places: Vec<usize> = (0..data.count()).collect();
        if n < data.count() {
            // Replicates take the streams from 0.
            places.shuffle(&mut rng(self.seed, Stream::Subsample, u64::MAX));
        }
        data.draw(&places[..n])
    }

    fn information(&self, method: Method, of_x: &Data, of_y: &Data) -> Result<Estimate> {
        let (x, y) = (&of_x.sample, &of_y.sample);
        if let Some(by) = method.counts() {
            let found = discrete::mutual_information(&symbols(x)?, &symbols(y)?, by)?;
            return Ok(of_dimension(found, x.dimension() + y.dimension()));
        }
        match method {
            Method::Gaussian => return gaussian::mutual_information(x, y),
            Method::Histogram => {
                return histogram::mutual_information(
                    x,
                    y,
                    Width::FreedmanDiaconis,
                    Estimator::MillerMadow,
                );
            }
            _ => {}
        }
        let found = match method {
            Method::Ross => {
                let text = [of_x, of_y].map(|data| !data.texts.is_empty());
                let is_x = match text {
                    [true, false] => true,
                    [false, true] => false,
                    _ => Repeats::of(x).different <= Repeats::of(y).different,
                };
                let (class, number) = if is_x { (x, y) } else { (y, x) };
                let found =
                    discrete_continuous(symbols(class)?.codes(), &self.number(number)?, self.k);
                found.map(|found| match self.jitter {
                    true => found.with("jitter", self.seed),
                    false => found,
                })
            }
            _ => {
                let (x, y) = (standardised(x)?, standardised(y)?);
                match method {
                    Method::Ksg1 => ksg(&x, &y, Ksg::One, self.knn()),
                    Method::Ksg2 => ksg(&x, &y, Ksg::Two, self.knn()),
                    Method::Lnc => local_nonuniformity(&x, &y, self.knn()),
                    Method::GaoMixture => mixture(of_x, of_y, self.k),
                    _ => Err(unfit(Quantity::Mi, method)),
                }
            }
        };
        Ok(of_dimension(found?, x.dimension() + y.dimension()).with(SCALING, STANDARDISED))
    }

    /// H(y | x) = H(y) − I(x; y).
    fn conditional_entropy(&self, method: Method, x: &Data, y: &Data) -> Result<Estimate> {
        if let Some(by) = method.counts() {
            let found =
                discrete::conditional_entropy(&symbols(&y.sample)?, &symbols(&x.sample)?, by)?;
            return Ok(of_dimension(found, x.dimension() + y.dimension()));
        }
        let of_y = match method {
            Method::Gaussian => Method::Gaussian,
            Method::Ross | Method::GaoMixture if few(&y.sample) => Method::Grassberger,
            _ => Method::KozachenkoLeonenko,
        };
        let mut shared = self.information(method, x, y)?;
        if method.has_neighbours() && of_y == Method::KozachenkoLeonenko {
            let note = strong(&shared);
            let note = note.map(|note| format!("x tells of y {note}, and the entropy left is −∞"));
            shared.notes.extend(note);
        }
        let own = self.entropy(of_y, &y.sample)?;
        Ok(combined(&own, -1.0, &shared, method))
    }

    fn conditional(&self, method: Method, x: &Data, y: &Data, z: &Data) -> Result<Estimate> {
        let dimension = x.dimension() + y.dimension() + z.dimension();
        if let Some(by) = method.counts() {
            let (x, y, z) = (
                symbols(&x.sample)?,
                symbols(&y.sample)?,
                symbols(&z.sample)?,
            );
            let found = discrete::conditional_information(&x, &y, &z, by)?;
            return Ok(of_dimension(found, dimension));
        }
        if method == Method::FrenzelPompe {
            let (x, y, z) = (
                standardised(&x.sample)?,
                standardised(&y.sample)?,
                standardised(&z.sample)?,
            );
            let found = conditional_information(&x, &y, &z, self.knn())?;
            return Ok(found.with(SCALING, STANDARDISED));
        }
        if method == Method::MesnerShalizi {
            let found = mixture_given(x, y, z, self.k)?;
            return Ok(of_dimension(found, dimension).with(SCALING, STANDARDISED));
        }
        // I(x; y, z) − I(x; z), both of the same rows.
        let both = self.information(method, x, &y.beside(z)?)?;
        let found = combined(&both, -1.0, &self.information(method, x, z)?, method);
        Ok(of_dimension(found, dimension).with("formula", "I(x; y, z) − I(x; z)"))
    }
}

const SCALING: &str = "scaling";
const STANDARDISED: &str = "each column divided by its standard deviation";

fn unfit(quantity: Quantity, method: Method) -> Error {
    Error::Usage(format!(
        "{} does not measure {}",
        method.name(),
        quantity.name()
    ))
}

fn of_dimension(found: Estimate, dimension: usize) -> Estimate {
    Estimate { dimension, ..found }
}

/// a ± b. Their errors are not independent, so that of the sum is not known.
fn combined(a: &Estimate, sign: f64, b: &Estimate, method: Method) -> Estimate {
    let mut found = b.clone();
    found.value = Nats(a.value.0 + sign * b.value.0);
    found.standard_error = None;
    found.estimator = method.name();
    for (name, value) in &a.parameters {
        found.parameters.insert(name, value.clone());
    }
    if a.estimator != found.estimator {
        found.parameters.insert("entropy", a.estimator.into());
    }
    for note in &a.notes {
        if !found.notes.contains(note) {
            found.notes.push(note.clone());
        }
    }
    found
}

/// Whether each column is of symbols, whatever the rows that are looked at: of a half of them fewer repeat.
fn few(y: &Sample) -> bool {
    let repeats = |j| Repeats::of(&column(y, j));
    (0..y.dimension()).all(|j| {
        let repeats = repeats(j);
        repeats.repeated * 2 > repeats.n
    })
}

/// By standard deviations σⱼ; 1 for a constant column, which the estimator then refuses.
fn divided(x: &Sample, scales: &[f64]) -> Result<Sample> {
    let values = x.values().iter().zip(scales.iter().cycle());
    Sample::new(values.map(|(x, scale)| x / scale).collect(), x.dimension())
}

fn scales(x: &Sample) -> Vec<f64> {
    let usable = |s: f64| if s.is_normal() { s } else { 1.0 };
    deviations(x).map(usable).collect()
}

pub(super) fn standardised(x: &Sample) -> Result<Sample> {
    divided(x, &scales(x))
}

/// Both by the deviations of all rows.
fn alike(p: &Sample, q: &Sample) -> Result<(Sample, Sample)> {
    let scales = scales(&stacked(p, q)?);
    Ok((divided(p, &scales)?, divided(q, &scales)?))
}

/// H(x) of H(x/σ): + Σ ln σⱼ.
fn scaled_back(found: Estimate, x: &Sample) -> Estimate {
    let logarithms: f64 = scales(x).iter().map(|scale| scale.ln()).sum();
    let value = found.value + Nats(logarithms);
    Estimate { value, ..found }.with(SCALING, STANDARDISED)
}

/// Each row one outcome, of all combinations of the columns' values.
pub(super) fn symbols(x: &Sample) -> Result<Symbols> {
    let column = |j: usize| {
        // The order of numbers is that of these integers; −0 is 0.
        let key = |x: f64| {
            let bits = (x + 0.0).to_bits() as i64;
            bits ^ (((bits >> 63) as u64) >> 1) as i64
        };
        Symbols::new(&x.column(j).map(key).collect::<Vec<i64>>())
    };
    (1..x.dimension()).try_fold(column(0)?, |all, j| all.beside(&column(j)?))
}

/// Counts of the outcomes that either has.
fn outcomes(p: &Sample, q: &Sample) -> Result<(Counts, Counts)> {
    let all = symbols(&stacked(p, q)?)?;
    let (of_p, of_q) = all.codes().split_at(p.len());
    let outcomes = all.codes().iter().max().map_or(0, |top| *top as usize + 1);
    let count = |codes: &[u32]| {
        let mut n = vec![0; outcomes];
        for &code in codes {
            n[code as usize] += 1;
        }
        Counts::new(n)
    };
    Ok((count(of_p)?, count(of_q)?))
}

/// Whether p has outcomes that q never had.
pub(super) fn unseen(p: &Sample, q: &Sample) -> Result<bool> {
    let (p, q) = outcomes(p, q)?;
    let mut pairs = p.values().iter().zip(q.values());
    Ok(pairs.any(|(p, q)| *p > 0 && *q == 0))
}
