//! Gradient-boosted classification trees (Friedman 2001).
//!
//! A factor with L observed levels has one function F_l(c) for each level, with probabilities
//!
//! $$ p_l(c) = \frac{e^{F_l(c)}}{\sum_m e^{F_m(c)}}, \qquad F_l^{(0)} = \log \hat p(l) $$
//!
//! In each stage a regression tree is fitted to the residuals r_l = 1\[v = l\] − p_l(c) of each level, and added with
//! the learning rate η:
//!
//! $$ F_l \leftarrow F_l + \eta\,\gamma_R \;\text{ in each leaf } R, \qquad
//!    \gamma_R = \frac{L - 1}{L}\,\frac{\sum_{i \in R} r_{il}}{\sum_{i \in R} |r_{il}| (1 - |r_{il}|)} $$
//!
//! The importance of a code is the sum of the decreases of the sum of squares at its nodes in all trees, divided by that of
//! all codes.
//!
//! The defaults are those of scikit-learn's `GradientBoostingClassifier`: 100 stages, η = 0.1, depth 3. Unlike there,
//! thresholds are taken from at most 255 quantiles of each code; with at most 256 different values all thresholds are
//! tried.

use serde::{Deserialize, Serialize};

use super::binning::Binned;
use super::regression_tree::{MAXIMUM_DEPTH, Tree, TreeBuilder};
use crate::error::{Error, Result};

/// Largest number of stages.
const MAXIMUM_STAGES: usize = 1000;

/// Settings of gradient-boosted trees.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BoostedTrees {
    /// Number of stages; each stage adds one tree for each level of the factor.
    pub stages: usize,
    /// Learning rate η.
    pub rate: f64,
    /// Largest number of divisions between the root and a leaf, 1 to 3.
    pub depth: usize,
}

impl Default for BoostedTrees {
    fn default() -> Self {
        BoostedTrees {
            stages: 100,
            rate: 0.1,
            depth: 3,
        }
    }
}

impl BoostedTrees {
    pub(super) fn check(&self) -> Result<()> {
        let rate = self.rate > 0.0 && self.rate <= 1.0;
        let depth = (1..=MAXIMUM_DEPTH).contains(&self.depth);
        if rate && depth && (1..=MAXIMUM_STAGES).contains(&self.stages) {
            return Ok(());
        }
        Err(Error::Usage(format!(
            "boosted trees need 1 to {MAXIMUM_STAGES} stages, a learning rate in (0, 1] and a depth of 1 to \
             {MAXIMUM_DEPTH}, not {} stages, rate {} and depth {}",
            self.stages, self.rate, self.depth
        )))
    }
}

/// A fitted classifier.
pub(super) struct Classifier {
    /// Levels that occur in the training samples, in ascending order.
    levels: Vec<u16>,
    /// F⁽⁰⁾ of each level.
    prior: Vec<f64>,
    /// Trees, stage by stage, one for each level.
    trees: Vec<Tree>,
    /// Importance of each code; they sum to 1, or are all 0 if no tree has a division.
    pub importances: Vec<f64>,
}

impl Classifier {
    /// Fits the classifier to the levels `factor` of the samples.
    pub(super) fn fit(data: &Binned, factor: &[u16], settings: &BoostedTrees) -> Classifier {
        let mut levels = factor.to_vec();
        levels.sort_unstable();
        levels.dedup();
        let (n, l) = (factor.len(), levels.len());
        let count = |level: &u16| factor.iter().filter(|other| *other == level).count();
        let prior: Vec<f64> = (levels.iter())
            .map(|level| (count(level) as f64 / n as f64).ln())
            .collect();
        let class: Vec<usize> = (factor.iter())
            .map(|level| levels.partition_point(|other| other < level))
            .collect();
        let mut fitted = Classifier {
            levels,
            prior,
            trees: Vec::new(),
            importances: vec![0.0; data.codes.len()],
        };
        if l < 2 {
            return fitted;
        }
        // F_l of all samples, one level after the other, so that each tree reads and writes neighbouring numbers.
        let mut f: Vec<f64> = fitted.prior.iter().flat_map(|p| vec![*p; n]).collect();
        let mut residuals = vec![0.0; l * n];
        let mut builder = TreeBuilder::new(data, n);
        let factor = settings.rate * (l - 1) as f64 / l as f64;
        for _ in 0..settings.stages {
            residuals_of(&f, &class, l, &mut residuals);
            for level in 0..l {
                let residuals = &residuals[level * n..][..n];
                let importances = &mut fitted.importances;
                let tree = builder.grow(data, residuals, settings.depth, factor, importances);
                let f = &mut f[level * n..][..n];
                for (f, leaf) in f.iter_mut().zip(builder.leaves()) {
                    *f += tree.values[usize::from(*leaf)];
                }
                fitted.trees.push(tree);
            }
        }
        let sum: f64 = fitted.importances.iter().sum();
        if sum > 0.0 {
            fitted.importances.iter_mut().for_each(|i| *i /= sum);
        }
        fitted
    }

    /// F_l of one sample for each level.
    fn scores(&self, codes: &[Vec<u8>], sample: usize) -> Vec<f64> {
        let mut f = self.prior.clone();
        for stage in self.trees.chunks_exact(f.len()) {
            for (f, tree) in f.iter_mut().zip(stage) {
                *f += tree.values[tree.leaf(codes, sample)];
            }
        }
        f
    }

    /// The likeliest level of each sample.
    pub(super) fn predict(&self, data: &Binned) -> Vec<u16> {
        let likeliest = |sample: usize| {
            let f = self.scores(&data.codes, sample);
            let better = |best: usize, l: usize| if f[l] > f[best] { l } else { best };
            self.levels[(0..f.len()).fold(0, better)]
        };
        (0..data.samples()).map(likeliest).collect()
    }
}

/// r_il = 1\[v_i = l\] − p_l(c_i), level by level like `f`.
fn residuals_of(f: &[f64], class: &[usize], levels: usize, residuals: &mut [f64]) {
    let n = class.len();
    let mut largest = vec![f64::NEG_INFINITY; n];
    for f in f.chunks_exact(n) {
        largest.iter_mut().zip(f).for_each(|(m, f)| *m = m.max(*f));
    }
    let mut sum = vec![0.0; n];
    for (r, f) in residuals.chunks_exact_mut(n).zip(f.chunks_exact(n)) {
        for (((r, f), largest), sum) in r.iter_mut().zip(f).zip(&largest).zip(&mut sum) {
            *r = (f - largest).exp();
            *sum += *r;
        }
    }
    for level in 0..levels {
        let r = &mut residuals[level * n..][..n];
        for ((r, sum), class) in r.iter_mut().zip(&sum).zip(class) {
            *r = f64::from(u8::from(*class == level)) - *r / sum;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interpret::disentanglement::binning::Borders;

    fn binned(codes: &[Vec<f64>]) -> Binned {
        let borders: Vec<Borders> = codes.iter().map(|c| Borders::of(c)).collect();
        Binned {
            sizes: borders.iter().map(Borders::count).collect(),
            codes: (borders.iter().zip(codes))
                .map(|(borders, code)| borders.bins(code))
                .collect(),
        }
    }

    #[test]
    fn two_levels_follow_the_recursion_of_the_log_odds() {
        // One code determines one of two equally frequent levels, so all samples of a level have the same log-odds d of
        // their own level: γ = ½ (1 − p)/((1 − p) p), added to one F and subtracted from the other, is d ← d + η/p.
        let code: Vec<f64> = (0..40).map(|i| f64::from(i % 2)).collect();
        let noise: Vec<f64> = (0..40).map(|i| f64::from(i / 20)).collect();
        let factor: Vec<u16> = (0..40).map(|i| i % 2).collect();
        let settings = BoostedTrees {
            stages: 30,
            ..BoostedTrees::default()
        };
        let data = binned(&[code, noise]);
        let fitted = Classifier::fit(&data, &factor, &settings);
        let mut d: f64 = 0.0;
        for _ in 0..settings.stages {
            d += settings.rate * (1.0 + (-d).exp());
        }
        let f = fitted.scores(&data.codes, 1);
        assert!((f[1] - f[0] - d).abs() < 1e-12, "{f:?} {d}");
        assert_eq!(fitted.importances, [1.0, 0.0]);
        assert_eq!(fitted.predict(&data), factor);
    }

    #[test]
    fn three_levels_agree_with_an_independent_program() {
        // Values of this program (NumPy 2.4), which tries all thresholds on the numbers themselves:
        //
        //     s = 12345
        //     def draw():
        //         global s
        //         s = (1103515245 * s + 12345) % 2**31
        //         return s // 65536 % 1000
        //     x = np.array([[draw() for _ in range(3)] for _ in range(60)], float)
        //     y = np.minimum((x[:, 0] + x[:, 1] // 2) // 500, 2).astype(int)
        //     def grow(r, rows, depth, leaf):
        //         best = (1e-12, None, None)
        //         for j in range(3 if depth > 0 else 0):
        //             v = np.unique(x[rows, j])
        //             for t in (v[1:] + v[:-1]) / 2:
        //                 a, b = rows[x[rows, j] <= t], rows[x[rows, j] > t]
        //                 g = r[a].sum()**2/len(a) + r[b].sum()**2/len(b) - r[rows].sum()**2/len(rows)
        //                 if g > best[0] + 1e-12: best = (g, j, t)
        //         g, j, t = best
        //         if j is None:
        //             a = np.abs(r[rows])
        //             leaf[rows] = 2/3 * r[rows].sum() / (a*(1-a)).sum()
        //         else:
        //             gains[j] += g
        //             grow(r, rows[x[rows, j] <= t], depth - 1, leaf)
        //             grow(r, rows[x[rows, j] > t], depth - 1, leaf)
        //     F = np.tile(np.log(np.bincount(y)/60), (60, 1)); gains = np.zeros(3)
        //     for stage in range(5):
        //         p = np.exp(F); p /= p.sum(1, keepdims=True)
        //         for l in range(3):
        //             leaf = np.zeros(60)
        //             grow((y == l) - p[:, l], np.arange(60), 3, leaf)
        //             F[:, l] += 0.1 * leaf
        //     print(gains / gains.sum(), F[0])
        let n = 60;
        let mut state: u64 = 12345;
        let mut next = || {
            state = (1_103_515_245 * state + 12345) % 2_147_483_648;
            state / 65536 % 1000
        };
        let rows: Vec<[u64; 3]> = (0..n).map(|_| [next(), next(), next()]).collect();
        let code = |j: usize| -> Vec<f64> { rows.iter().map(|row| row[j] as f64).collect() };
        let factor: Vec<u16> = (rows.iter())
            .map(|row| ((row[0] + row[1] / 2) / 500).min(2) as u16)
            .collect();
        let data = binned(&[code(0), code(1), code(2)]);
        let settings = BoostedTrees {
            stages: 5,
            ..BoostedTrees::default()
        };
        let fitted = Classifier::fit(&data, &factor, &settings);
        let expected = [0.677576269654183, 0.317366262186542, 0.005057468159276];
        for (importance, expected) in fitted.importances.iter().zip(expected) {
            assert!((importance - expected).abs() < 1e-12, "{importance}");
        }
        let expected = [-1.69426542593451, -0.163594142108338, -2.178311919249737];
        for (f, expected) in fitted.scores(&data.codes, 0).iter().zip(expected) {
            assert!((f - expected).abs() < 1e-12, "{f}");
        }
    }

    #[test]
    fn a_single_level_is_predicted_without_trees() {
        let data = binned(&[vec![1.0, 2.0, 3.0]]);
        let fitted = Classifier::fit(&data, &[4, 4, 4], &BoostedTrees::default());
        assert_eq!(fitted.predict(&data), [4, 4, 4]);
        assert_eq!(fitted.importances, [0.0]);
    }
}
