//! The scores of disentanglement against closed forms, chance, and values computed independently in Python.

use ganscope::interpret::disentanglement::{
    BetaVaeSettings, BoostedTrees, Dci, DciSettings, ExplicitnessSettings, Factor,
    FactorVaeSettings, Group, InformationSettings, Lasso, Mig, Regressor, Representation,
    SapMethod, SapSettings, beta_vae, completeness_of, dci, dci_intervals, disentanglement_of,
    explicitness, explicitness_interval, factor_vae, gap_of, mig, mig_interval, modularity,
    modularity_interval, modularity_of, sap, sap_interval,
};
use ganscope::random::{Stream, rng};
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};

/// Factors with the given numbers of levels.
fn factors(levels: &[usize]) -> Vec<Factor> {
    let named = levels.iter().enumerate();
    named
        .map(|(k, levels)| Factor::new(format!("factor {k}"), *levels))
        .collect()
}

/// Levels of n samples, row-major, independent and uniform.
fn uniform(n: usize, levels: &[usize], seed: u64) -> Vec<usize> {
    let mut rng = rng(seed, Stream::Data, 0);
    (0..n)
        .flat_map(|_| {
            levels
                .iter()
                .map(|l| rng.random_range(0..*l))
                .collect::<Vec<_>>()
        })
        .collect()
}

/// Independent standard normal numbers.
fn normal(n: usize, seed: u64) -> Vec<f64> {
    let mut rng = rng(seed, Stream::Latent, 0);
    (0..n).map(|_| StandardNormal.sample(&mut rng)).collect()
}

/// A representation whose codes are a function of the levels of a sample and of standard normal numbers, one for each
/// code.
fn represent(
    n: usize,
    levels: &[usize],
    width: usize,
    seed: u64,
    code: impl Fn(&[usize], &[f64]) -> Vec<f64>,
) -> Representation {
    let drawn = uniform(n, levels, seed);
    let noise = normal(n * width, seed);
    let rows = drawn.chunks(levels.len()).zip(noise.chunks(width));
    let codes: Vec<f64> = rows.flat_map(|(v, noise)| code(v, noise)).collect();
    Representation::new(&codes, width, &drawn, &factors(levels)).unwrap()
}

/// Codes that are the levels of the factors.
fn identity(v: &[usize], _: &[f64]) -> Vec<f64> {
    v.iter().map(|v| *v as f64).collect()
}

/// Codes that are independent of the factors.
fn independent(_: &[usize], noise: &[f64]) -> Vec<f64> {
    noise.to_vec()
}

/// Runs on a given number of threads.
fn with_threads<T: Send>(threads: usize, run: impl FnOnce() -> T + Send) -> T {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
    pool.build().unwrap().install(run)
}

#[test]
fn bad_representations_are_refused() {
    let two = factors(&[2, 3]);
    let refuse = |codes: &[f64], width, levels: &[usize], factors: &[Factor], expected: &str| {
        let error = Representation::new(codes, width, levels, factors)
            .unwrap_err()
            .to_string();
        assert!(error.contains(expected), "{error}");
    };
    refuse(
        &[1.0; 4],
        2,
        &[0; 4],
        &[],
        "1 to 1000 codes and at least one factor",
    );
    refuse(
        &[1.0; 4],
        0,
        &[0; 4],
        &two,
        "1 to 1000 codes and at least one factor",
    );
    refuse(&[1.0; 4004], 1001, &[0; 8], &two, "not 1001 and 2");
    refuse(
        &[1.0; 5],
        2,
        &[0; 4],
        &two,
        "5 numbers cannot be divided into rows of 2 codes",
    );
    refuse(
        &[1.0; 4],
        2,
        &[0; 3],
        &two,
        "3 levels into rows of 2 factors",
    );
    refuse(
        &[1.0; 6],
        2,
        &[0; 4],
        &two,
        "codes of 3 samples and factors of 2 samples",
    );
    refuse(&[], 2, &[], &two, "at least 2");
    refuse(
        &[1.0, 2.0, f64::NAN, 0.0],
        2,
        &[0; 4],
        &two,
        "code 0 of sample 1 (both counted from 0) is NaN",
    );
    refuse(&[1.0, 1e101, 0.0, 0.0], 2, &[0; 4], &two, "at most 1e100");
    refuse(
        &[1.0; 4],
        2,
        &[0, 0, 2, 0],
        &two,
        "level 2, but its levels are 0 to 1",
    );
    refuse(&[1.0; 4], 2, &[0; 2], &factors(&[0]), "has 0 levels");
    refuse(&[1.0; 4], 2, &[0; 2], &factors(&[257]), "has 257 levels");
}

#[test]
fn constant_columns_are_listed() {
    let constant = |v: &[usize], _: &[f64]| vec![v[0] as f64, 0.1, 2.0 * v[0] as f64];
    let r = represent(200, &[3, 1, 2], 3, 1, constant);
    assert_eq!(r.constant_codes(), [1]);
    assert_eq!(r.constant_factors(), ["factor 1"]);
    let found = mig(&r, &InformationSettings::default()).unwrap();
    assert_eq!(found.protocol.factors, ["factor 0", "factor 2"]);
    let text = found.to_string();
    assert!(text.contains("constant codes     1\n"), "{text}");
    assert!(
        text.contains("not scored, because all samples have the same level: factor 1"),
        "{text}"
    );
    // The duplicated code takes the whole gap away.
    assert_eq!(found.gaps[0], 0.0);
}

/// Expectation and standard deviation in bits of the mutual information, by counts of n samples, of two independent
/// variables with a and b equally frequent levels: 2n ln 2 times it is χ² with (a − 1)(b − 1) degrees of freedom.
fn by_counting(a: usize, b: usize, n: usize) -> (f64, f64) {
    let degrees = ((a - 1) * (b - 1)) as f64;
    let scale = 2.0 * n as f64 * std::f64::consts::LN_2;
    (degrees / scale, (2.0 * degrees).sqrt() / scale)
}

#[test]
fn mig_of_the_identity_is_1_minus_the_bias_of_counting() {
    let r = represent(10_000, &[10; 5], 5, 2, identity);
    let found = mig(&r, &InformationSettings::default()).unwrap();
    assert_eq!(found.best_codes, [0, 1, 2, 3, 4]);
    let (bias, sd) = by_counting(10, 10, 10_000);
    for (k, gap) in found.gaps.iter().enumerate() {
        // The own code has all of the entropy, because each level has an interval of its own.
        let entropy = found.entropies_bits[k];
        assert!((found.information_bits[k][k] - entropy).abs() < 1e-12);
        assert!((entropy - 10f64.log2()).abs() < 0.01);
        // The second code is the best of four independent ones.
        let second = (1.0 - gap) * entropy;
        assert!(
            second > bias - sd && second < bias + 5.0 * sd,
            "{second} {bias} {sd}"
        );
    }
    assert!((found.score - found.gaps.iter().sum::<f64>() / 5.0).abs() < 1e-15);
    // After a permutation the gap is between two of five independent codes.
    let chance = found.chance.unwrap();
    assert!(chance > 0.0 && chance < 4.0 * sd / 10f64.log2(), "{chance}");
}

#[test]
fn mig_is_0_for_factors_of_a_constant_or_a_duplicated_code() {
    let codes = |v: &[usize], _: &[f64]| vec![v[0] as f64, v[1] as f64, 3.0, -5.0 * v[1] as f64];
    let r = represent(10_000, &[10; 3], 4, 3, codes);
    let found = mig(&r, &InformationSettings::default()).unwrap();
    let (bias, sd) = by_counting(10, 10, 10_000);
    let by_chance = (bias + 5.0 * sd) / 10f64.log2();
    assert!(found.gaps[0] > 1.0 - by_chance);
    // Not exactly 0, because the sums of both codes are in another order.
    assert!(found.gaps[1].abs() < 1e-12, "duplicated: {}", found.gaps[1]);
    assert!(
        found.gaps[2] < by_chance,
        "only a constant code: {}",
        found.gaps[2]
    );
}

#[test]
fn mig_and_modularity_do_not_depend_on_order_sign_and_scale_of_codes() {
    let mixed = |v: &[usize], e: &[f64]| {
        vec![
            v[0] as f64 + e[0],
            v[1] as f64 + 0.3 * e[1],
            (v[0] + v[1]) as f64 + e[2],
        ]
    };
    let changed = |v: &[usize], e: &[f64]| {
        let c = mixed(v, e);
        // Powers of 2 change no digit.
        vec![-4.0 * c[2], c[0], -0.25 * c[1]]
    };
    let (a, b) = (
        represent(5000, &[4, 6], 3, 4, mixed),
        represent(5000, &[4, 6], 3, 4, changed),
    );
    let settings = InformationSettings::default();
    let (found, other) = (mig(&a, &settings).unwrap(), mig(&b, &settings).unwrap());
    assert!((found.score - other.score).abs() < 1e-12);
    assert_eq!(other.best_codes, [1, 2]);
    let (found, other) = (
        modularity(&a, &settings).unwrap(),
        modularity(&b, &settings).unwrap(),
    );
    assert!((found.score - other.score).abs() < 1e-12);
}

#[test]
fn the_gap_of_a_rotated_gaussian_is_the_logarithm_of_the_tangent() {
    for theta in [
        0.05,
        0.3,
        std::f64::consts::FRAC_PI_6,
        0.7,
        std::f64::consts::FRAC_PI_4,
        1.2_f64,
    ] {
        // c = R v for independent standard normal v: the correlations are cos θ and sin θ, and I = −½ ln(1 − ρ²).
        let information = |rho: f64| -0.5 * (1.0 - rho * rho).ln();
        let (own, other) = (information(theta.cos()), information(theta.sin()));
        let gaps = gap_of(&[own, other, other, own], &[1.0, 1.0]).unwrap();
        let expected = theta.tan().ln().abs();
        assert!(
            gaps.iter().all(|gap| (gap - expected).abs() < 1e-12),
            "{theta}: {gaps:?}"
        );
    }
    for (information, entropies, expected) in [
        (
            vec![1.0, 2.0, 3.0],
            vec![1.0, 1.0],
            "3 numbers are not a matrix",
        ),
        (vec![1.0, 2.0], vec![1.0, 1.0], "has one row"),
        (vec![1.0, -2.0], vec![1.0], "contains -2"),
        (vec![1.0, f64::INFINITY], vec![1.0], "contains inf"),
        (vec![1.0, 2.0], vec![0.0], "entropy of a factor is 0"),
        (vec![], vec![], "not a matrix"),
    ] {
        let error = gap_of(&information, &entropies).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

/// 300 samples of 4 codes and 3 factors, all of them integers.
fn integers() -> Representation {
    let (mut codes, mut levels) = (Vec::new(), Vec::new());
    for i in 0..300 {
        let v = [i % 5, i / 5 % 3, i * i % 7 % 4];
        let c = [
            97 * v[0] + i * 31 % 50,
            10 * v[1] * v[1] - 3 * v[0],
            i * i * 13 % 101,
            5 * v[2] + i % 3,
        ];
        codes.extend(c.map(|c| c as f64));
        levels.extend(v.map(|v| v as usize));
    }
    Representation::new(&codes, 4, &levels, &factors(&[5, 3, 4])).unwrap()
}

#[test]
fn information_scores_agree_with_numpy() {
    // Values of this program (NumPy 2.4):
    //
    //     i = np.arange(300)
    //     v = np.stack([i % 5, i // 5 % 3, i*i % 7 % 4], 1)
    //     c = np.stack([97*v[:,0] + i*31 % 50, 10*v[:,1]*v[:,1] - 3*v[:,0], i*i*13 % 101, 5*v[:,2] + i % 3], 1).astype(float)
    //     def H(*a):
    //         p = np.unique(np.stack(a), axis=1, return_counts=True)[1] / 300
    //         return -(p*np.log2(p)).sum()
    //     b = [np.digitize(x, np.histogram(x, 20)[1][:-1]) for x in c.T]
    //     I = np.array([[H(x) + H(f) - H(x, f) for f in v.T] for x in b])
    //     h = np.array([H(f) for f in v.T])
    //     s = np.sort(I, 0)[::-1]; gaps = (s[0] - s[1])/h
    //     q = I**2; m = q.max(1); modularity = 1 - (q.sum(1) - m)/(m*2)
    //     R = np.corrcoef(c.T, v.T)[:4, 4:]**2; r = np.sort(R, 0)[::-1]; sap = (r[0] - r[1]).mean()
    let r = integers();
    let settings = InformationSettings::default();
    let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-11, "{a} {b}");
    let all_close = |a: &[f64], b: &[f64]| a.iter().zip(b).for_each(|(a, b)| close(*a, *b));
    let found = mig(&r, &settings).unwrap();
    let information = [
        [2.321928094887e+00, 0.0, 1.076636617766e-02],
        [2.188594761554e+00, 1.451629167388e+00, 3.365681163388e-03],
        [1.158898792437e-01, 4.224712617012e-02, 1.919379786243e-02],
        [3.501751619853e-03, 6.465671448891e-02, 1.555800975744e+00],
    ];
    for (row, expected) in found.information_bits.iter().zip(information) {
        all_close(row, &expected);
    }
    all_close(
        &found.entropies_bits,
        &[2.321928094887, 1.584962500721, 1.555800975744],
    );
    all_close(
        &found.gaps,
        &[0.057423541076, 0.875082187918, 0.987663076344],
    );
    close(found.score, 0.6400562684459598);
    let found = modularity(&r, &settings).unwrap();
    all_close(
        &found.codes,
        &[
            0.999989249943,
            0.780035295371,
            0.919838155696,
            0.999133913632,
        ],
    );
    close(found.score, 0.9247491536604103);
    let settings = SapSettings {
        method: SapMethod::RSquared,
        ..SapSettings::default()
    };
    let found = sap(&r, &settings).unwrap();
    all_close(
        &found.predictability[0],
        &[9.893763601478e-01, 0.0, 8.637719677259e-06],
    );
    all_close(
        &found.predictability[3],
        &[0.0, 1.134066747929e-03, 9.629727954313e-01],
    );
    close(found.score, 0.9203538292350583);
}

#[test]
fn modularity_is_1_for_the_identity_and_0_for_equal_information() {
    let settings = InformationSettings::default();
    let found = modularity(&represent(10_000, &[10; 5], 5, 5, identity), &settings).unwrap();
    // Information by counting, of at most 5 standard deviations above its expectation, about the other factors.
    let (bias, sd) = by_counting(10, 10, 10_000);
    let least = 1.0 - ((bias + 5.0 * sd) / 3.3).powi(2);
    assert!(found.score <= 1.0 && found.score > least, "{}", found.score);
    assert_eq!(found.best_factors, [0, 1, 2, 3, 4]);
    // Independent codes are far from 0, as the value for chance says.
    let random = modularity(&represent(10_000, &[10; 5], 5, 5, independent), &settings).unwrap();
    assert!((random.score - found.chance.unwrap()).abs() < 0.15);
    assert!(random.score > 0.1);

    // The sum of three factors in a full factorial design.
    let levels: Vec<usize> = (0..64).flat_map(|i| [i % 4, i / 4 % 4, i / 16]).collect();
    let sums: Vec<f64> = levels
        .chunks(3)
        .map(|v| v.iter().sum::<usize>() as f64)
        .collect();
    let r = Representation::new(&sums, 1, &levels, &factors(&[4; 3])).unwrap();
    let found = modularity(&r, &settings).unwrap();
    assert!(found.score.abs() < 1e-12, "{}", found.score);
    assert_eq!(modularity_of(&[0.3; 5], 5).unwrap(), [0.0]);
    assert_eq!(modularity_of(&[0.0, 0.0], 2).unwrap(), [0.0]);
    assert!(modularity_of(&[1.0], 1).is_err());
    assert!(modularity_of(&[1.0, f64::NAN], 2).is_err());
}

#[test]
fn disentanglement_and_completeness_of_known_importances() {
    let diagonal: Vec<f64> = (0..25)
        .map(|i| if i % 6 == 0 { 0.5 + i as f64 } else { 0.0 })
        .collect();
    assert_eq!(disentanglement_of(&diagonal, 5).unwrap().score, 1.0);
    assert_eq!(completeness_of(&diagonal, 5).unwrap().score, 1.0);
    // Each of five codes is equally important for two of ten factors.
    let pairs: Vec<f64> = (0..50)
        .map(|i| f64::from(u8::from(i % 10 / 2 == i / 10)))
        .collect();
    let found = disentanglement_of(&pairs, 10).unwrap();
    assert!((found.score - (1.0 - 2f64.ln() / 10f64.ln())).abs() < 1e-12);
    assert!((completeness_of(&pairs, 10).unwrap().score - 1.0).abs() < 1e-12);
    // All equal, and a code without importance, which has no weight.
    assert!(disentanglement_of(&[2.0; 6], 3).unwrap().score.abs() < 1e-12);
    let dead = disentanglement_of(&[1.0, 0.0, 0.0, 0.0], 2).unwrap();
    assert_eq!((dead.score, dead.weights), (1.0, vec![1.0, 0.0]));
    assert_eq!(disentanglement_of(&[0.0; 4], 2).unwrap().score, 0.0);
    // Sums of such importances are not finite, but their shares are.
    let huge = [f64::MAX, 0.0, f64::MAX, f64::MAX];
    let found = disentanglement_of(&huge, 2).unwrap();
    assert!((found.score - 1.0 / 3.0).abs() < 1e-12, "{}", found.score);
    assert!(disentanglement_of(&[1.0, 2.0], 1).is_err());
    assert!(completeness_of(&[1.0, 2.0], 2).is_err());
    assert!(completeness_of(&[1.0, -2.0], 1).is_err());
}

/// Settings of DCI with the lasso and without the value for chance.
fn lasso() -> DciSettings {
    DciSettings {
        regressor: Regressor::Lasso(Lasso::default()),
        permutations: 0,
        ..DciSettings::default()
    }
}

#[test]
fn the_lasso_recovers_a_sparse_linear_map() {
    // Factor 0 is a sum of two codes; code 2 is factor 1 with noise, and codes 3 to 5 are noise.
    let n = 3000;
    let parts = uniform(n, &[4, 4, 10], 6);
    let noise = normal(4 * n, 6);
    let (mut codes, mut levels) = (Vec::new(), Vec::new());
    for (v, e) in parts.chunks(3).zip(noise.chunks(4)) {
        levels.extend([v[0] + v[1], v[2]]);
        codes.extend([
            v[0] as f64,
            7.0 - 3.0 * v[1] as f64,
            100.0 * v[2] as f64 + 300.0 * e[0],
        ]);
        codes.extend(&e[1..]);
    }
    let r = Representation::new(&codes, 6, &levels, &factors(&[7, 10])).unwrap();
    let found = dci(&r, &lasso()).unwrap();
    // Standardised, factor 0 is (c_0 − c_1)/√2 up to the sampling error of the variances, about 1/√n.
    let root = 0.5_f64.sqrt();
    for j in [0, 1] {
        assert!((found.importances[j][0] - root).abs() < 0.03, "{found:?}");
    }
    // The levels 0 to 9 have variance 8.25, so the correlation with code 2 is √(8.25/(8.25 + 9)).
    let rho = (8.25_f64 / 17.25).sqrt();
    assert!((found.importances[2][1] - rho).abs() < 0.05, "{found:?}");
    assert!(
        (found.errors[1] - (1.0 - rho * rho).sqrt()).abs() < 0.05,
        "{found:?}"
    );
    // Weights that should be 0 are below 4 standard errors √((1 − ρ²)/n) of a least-squares weight.
    assert!(found.errors[0] < 1e-3);
    for (j, row) in found.importances.iter().enumerate() {
        assert!(j < 2 || row[0] < 1e-3, "{found:?}");
        assert!(
            j == 2 || row[1] < 4.0 * ((1.0 - rho * rho) / 2000.0_f64).sqrt(),
            "{found:?}"
        );
    }
    let complete = 1.0 - 2f64.ln() / 6f64.ln();
    assert!((found.completeness.factors[0] - complete).abs() < 0.01);
    assert!(found.disentanglement.codes[0] > 0.8 && found.disentanglement.codes[1] > 0.8);
    assert_eq!(found.penalties.len(), 2);
    let text = found.to_string();
    assert!(
        text.contains("regressor          lasso (30 penalties, from λ_max down to 1e-4 λ_max)"),
        "{text}"
    );
}

#[test]
fn trees_find_the_identity_and_report_chance() {
    // Five factors, and two codes that are noise.
    let codes = |v: &[usize], e: &[f64]| {
        let mut codes = identity(v, e);
        codes.extend(&e[..2]);
        codes
    };
    let r = represent(1500, &[4; 5], 7, 7, codes);
    let settings = DciSettings {
        regressor: Regressor::Trees(BoostedTrees {
            stages: 30,
            ..BoostedTrees::default()
        }),
        ..DciSettings::default()
    };
    let found = dci(&r, &settings).unwrap();
    // After the own code has separated the levels, all residuals of a node are equal, and nothing else is divided.
    assert!((found.disentanglement.score - 1.0).abs() < 1e-9, "{found}");
    assert!((found.completeness.score - 1.0).abs() < 1e-9, "{found}");
    assert_eq!(found.error, 0.0);
    let chance = found.chance.unwrap();
    // 3 of 4 guesses are wrong, with a standard error of √(0.75 · 0.25/(5 · 500)) = 0.009.
    assert!((chance.error - 0.75).abs() < 0.035, "{chance:?}");
    assert!(
        chance.disentanglement < 0.3 && chance.completeness < 0.5,
        "{chance:?}"
    );
    assert!(
        found
            .to_string()
            .contains("regressor          gradient-boosted trees (30 stages, rate 0.1, depth 3)")
    );
}

#[test]
fn trees_see_relations_that_the_lasso_does_not() {
    // The levels in an order that is not monotone, and uncorrelated with the code.
    let shuffled = |v: &[usize], _: &[f64]| vec![[1.0, 3.0, 0.0, 2.0][v[0]], v[1] as f64];
    let r = represent(2000, &[4, 4], 2, 8, shuffled);
    let linear = dci(&r, &lasso()).unwrap();
    assert!(
        linear.errors[0] > 0.95 && linear.errors[1] < 0.01,
        "{linear}"
    );
    let settings = DciSettings {
        permutations: 0,
        ..DciSettings::default()
    };
    let trees = dci(&r, &settings).unwrap();
    assert_eq!((trees.error, trees.chance), (0.0, None));
    assert!((trees.disentanglement.score - 1.0).abs() < 1e-9);
}

#[test]
fn dci_refuses_bad_settings_and_samples() {
    let r = represent(100, &[3, 3], 2, 9, identity);
    let refuse = |r: &Representation, settings: &DciSettings, expected: &str| {
        let error = dci(r, settings).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    };
    let trees = |stages, rate, depth| DciSettings {
        regressor: Regressor::Trees(BoostedTrees {
            stages,
            rate,
            depth,
        }),
        ..DciSettings::default()
    };
    refuse(&r, &trees(0, 0.1, 3), "not 0 stages");
    refuse(&r, &trees(10, f64::NAN, 3), "rate NaN");
    refuse(&r, &trees(10, 0.1, 4), "depth 4");
    let lasso = |penalties, smallest| DciSettings {
        regressor: Regressor::Lasso(Lasso {
            penalties,
            smallest,
        }),
        ..DciSettings::default()
    };
    refuse(&r, &lasso(1, 0.1), "not 1 and 0.1");
    refuse(&r, &lasso(9, 0.0), "not 9 and 0");
    let usual = DciSettings::default();
    refuse(
        &represent(19, &[3, 3], 2, 9, identity),
        &usual,
        "19 samples are too few",
    );
    refuse(
        &represent(99, &[3, 1], 2, 9, identity),
        &usual,
        "only 1 of the 2 factors vary",
    );
    refuse(
        &represent(99, &[3, 3], 1, 9, |v, _| vec![v[0] as f64]),
        &usual,
        "at least 2 codes",
    );
    // Constant codes have no importance with either regressor.
    let constant = represent(300, &[3, 3], 3, 9, |v, _| {
        vec![v[0] as f64, v[1] as f64, 0.7]
    });
    for settings in [usual, lasso(20, 0.01)] {
        let found = dci(&constant, &settings).unwrap();
        assert_eq!(found.importances[2], [0.0, 0.0]);
        assert_eq!(found.protocol.constant_codes, [2]);
    }
}

#[test]
fn sap_of_the_identity_is_1_minus_chance() {
    let r = represent(3000, &[4; 5], 5, 10, identity);
    let found = sap(&r, &SapSettings::default()).unwrap();
    // Balanced accuracy of a code without information on 1,000 held-out samples: ¼ ± √(¼ · ¾/1000) = 0.0137; the second
    // code is the best of four.
    for (k, gap) in found.gaps.iter().enumerate() {
        assert_eq!(found.predictability[k][k], 1.0);
        assert!(
            *gap > 0.75 - 4.0 * 0.0137 && *gap < 0.75 + 2.0 * 0.0137,
            "{gap}"
        );
    }
    assert_eq!(found.protocol.held_out, 1000);
    let chance = found.chance.unwrap();
    assert!(chance > 0.0 && chance < 0.03, "{chance}");

    let settings = SapSettings {
        method: SapMethod::RSquared,
        ..SapSettings::default()
    };
    let found = sap(&r, &settings).unwrap();
    // n R² of an independent code is χ² with 1 degree of freedom, below 20 for the best of four except once in 10⁵.
    assert!(
        found.score <= 1.0 && found.score > 1.0 - 20.0 / 3000.0,
        "{}",
        found.score
    );
}

#[test]
fn sap_of_independent_codes_is_at_chance() {
    let r = represent(3000, &[4; 3], 4, 11, independent);
    let found = sap(&r, &SapSettings::default()).unwrap();
    for accuracy in found.predictability.iter().flatten() {
        assert!((accuracy - 0.25).abs() < 4.0 * 0.0137, "{accuracy}");
    }
    assert!(found.score >= 0.0 && found.score < 0.03, "{}", found.score);
    // A level that is not an interval of the code is found with several thresholds.
    let middle = |v: &[usize], e: &[f64]| vec![[-2.0, 0.0, 2.0][v[0]] + 0.1 * e[0], e[1]];
    let found = sap(
        &represent(600, &[3], 2, 11, middle),
        &SapSettings::default(),
    )
    .unwrap();
    assert_eq!(found.predictability[0], [1.0]);
}

/// Answers requests with codes that are a function of the levels of all factors and of standard normal numbers.
fn sampler(
    levels: &[usize],
    width: usize,
    code: impl Fn(&[usize], &[f64]) -> Vec<f64>,
) -> impl Fn(&Group) -> ganscope::Result<Vec<f64>> {
    let levels = levels.to_vec();
    move |group| {
        let n = group.levels.len();
        let mut drawn = uniform(n, &levels, group.seed);
        for (v, level) in drawn.chunks_mut(levels.len()).zip(&group.levels) {
            v[group.factor] = *level;
        }
        let noise = normal(n * width, group.seed);
        let rows = drawn.chunks(levels.len()).zip(noise.chunks(width));
        Ok(rows.flat_map(|(v, e)| code(v, e)).collect())
    }
}

/// Four standard errors of the fraction of 800 random answers to 5 factors that are right.
const FIVE_BY_CHANCE: f64 = 4.0 * 0.01414;

#[test]
fn factor_vae_scores_of_the_identity_and_of_independent_codes() {
    let levels = [4; 5];
    let settings = FactorVaeSettings::default();
    let r = represent(2000, &levels, 5, 12, identity);
    let found = factor_vae(&r, sampler(&levels, 5, identity), &settings).unwrap();
    assert_eq!((found.score, found.training_accuracy), (1.0, 1.0));
    assert_eq!(found.answers, (0..5).map(Some).collect::<Vec<_>>());
    assert_eq!(found.votes.iter().flatten().sum::<usize>(), 800);
    assert!(found.interval[0] > 0.99 && found.interval[1] == 1.0);

    let r = represent(2000, &levels, 5, 12, independent);
    let found = factor_vae(&r, sampler(&levels, 5, independent), &settings).unwrap();
    assert_eq!(found.chance, 0.2);
    assert!((found.score - 0.2).abs() < FIVE_BY_CHANCE, "{found}");
    assert!(found.interval[0] < found.score && found.score < found.interval[1]);
}

#[test]
fn factor_vae_excludes_dead_codes() {
    // Code 2 hardly varies, and depends on nothing; without the threshold it could win votes. Code 3 is constant.
    let codes = |v: &[usize], e: &[f64]| vec![v[0] as f64, v[1] as f64, 1e-3 * e[2], 1.0];
    let levels = [4, 4];
    let r = represent(2000, &levels, 4, 13, codes);
    let settings = FactorVaeSettings {
        samples: 16,
        ..FactorVaeSettings::default()
    };
    let found = factor_vae(&r, sampler(&levels, 4, codes), &settings).unwrap();
    assert_eq!((found.score, &found.dead_codes), (1.0, &vec![2, 3]));
    assert_eq!(found.answers, [Some(0), Some(1), None, None]);
    assert!(found.to_string().contains("dead codes         2, 3"));
    // A constant code is dead with any threshold.
    let none = FactorVaeSettings {
        dead_below: 0.0,
        ..settings
    };
    assert_eq!(
        factor_vae(&r, sampler(&levels, 4, codes), &none)
            .unwrap()
            .dead_codes,
        [3]
    );
}

#[test]
fn beta_vae_scores_of_the_identity_and_of_independent_codes() {
    let levels = [4; 5];
    let settings = BetaVaeSettings::default();
    let r = represent(200, &levels, 5, 14, identity);
    let found = beta_vae(&r, sampler(&levels, 5, identity), &settings).unwrap();
    assert_eq!(found.score, 1.0, "{found}");
    assert_eq!(found.accuracies, [Some(1.0); 5]);

    let found = beta_vae(&r, sampler(&levels, 5, independent), &settings).unwrap();
    assert_eq!(found.chance, 0.2);
    assert!((found.score - 0.2).abs() < FIVE_BY_CHANCE, "{found}");
}

#[test]
fn a_factor_without_a_code_lowers_the_score_of_factor_vae_but_not_that_of_beta_vae() {
    // The last code is noise, so nothing indicates the last of five factors.
    let codes = |v: &[usize], e: &[f64]| {
        let mut codes = identity(v, e);
        codes[4] = e[4];
        codes
    };
    let levels = [4; 5];
    let r = represent(2000, &levels, 5, 22, codes);
    let found = beta_vae(&r, sampler(&levels, 5, codes), &BetaVaeSettings::default()).unwrap();
    assert!(found.score > 0.99, "{found}");
    // The votes for the last factor are for random codes, and only those for the last code are right.
    let found = factor_vae(
        &r,
        sampler(&levels, 5, codes),
        &FactorVaeSettings::default(),
    )
    .unwrap();
    assert!(found.score > 0.8 && found.score < 0.97, "{found}");
}

#[test]
fn scores_from_groups_refuse_bad_input() {
    let r = represent(100, &[3, 3], 2, 15, identity);
    let draw = sampler(&[3, 3], 2, identity);
    let usual = FactorVaeSettings::default();
    let refused = |result: ganscope::Result<_>, expected: &str| {
        let error: ganscope::Error = result.map(|_: f64| ()).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    };
    let score = |r: &Representation, settings: &FactorVaeSettings| {
        factor_vae(r, &draw, settings).map(|found| found.score)
    };
    refused(
        score(
            &r,
            &FactorVaeSettings {
                samples: 1,
                ..usual.clone()
            },
        ),
        "of 1 sample are out of range",
    );
    refused(
        score(
            &r,
            &FactorVaeSettings {
                test: 0,
                ..usual.clone()
            },
        ),
        "0 test points",
    );
    refused(
        score(
            &r,
            &FactorVaeSettings {
                dead_below: f64::NAN,
                ..usual.clone()
            },
        ),
        "not NaN",
    );
    refused(
        score(&represent(99, &[3, 1], 2, 1, identity), &usual),
        "\"factor 1\" has a single level",
    );
    refused(
        score(
            &represent(99, &[3], 2, 1, |v, e| vec![v[0] as f64, e[1]]),
            &usual,
        ),
        "at least 2 factors",
    );
    refused(
        score(&represent(99, &[3, 3], 1, 1, |_, _| vec![5.0]), &usual),
        "all codes are constant",
    );
    refused(
        factor_vae(&r, |_| Ok(vec![0.0; 3]), &usual).map(|f| f.score),
        "but 3 were returned",
    );
    let nan = |g: &Group| Ok(vec![f64::NAN; 2 * g.levels.len()]);
    refused(factor_vae(&r, nan, &usual).map(|f| f.score), "is NaN");
    let fails = |_: &Group| Err(ganscope::Error::Usage("no sample".into()));
    refused(factor_vae(&r, fails, &usual).map(|f| f.score), "no sample");
    let usual = BetaVaeSettings::default();
    let score = |settings: &BetaVaeSettings| beta_vae(&r, &draw, settings).map(|found| found.score);
    refused(
        score(&BetaVaeSettings {
            penalty: 0.0,
            ..usual.clone()
        }),
        "not 0",
    );
    refused(
        score(&BetaVaeSettings {
            training: 1,
            ..usual.clone()
        }),
        "a single factor",
    );
    refused(
        score(&BetaVaeSettings { pairs: 0, ..usual }),
        "of 0 samples are out of range",
    );
}

#[test]
fn explicitness_of_one_hot_codes_is_1_and_of_independent_codes_0() {
    let one_hot = |v: &[usize], _: &[f64]| -> Vec<f64> {
        v.iter()
            .flat_map(|v| {
                (0..4)
                    .map(|l| f64::from(u8::from(*v == l)))
                    .collect::<Vec<_>>()
            })
            .collect()
    };
    let settings = ExplicitnessSettings::default();
    let found = explicitness(&represent(1500, &[4, 4], 8, 16, one_hot), &settings).unwrap();
    assert_eq!(found.score, 1.0);
    assert!(found.areas.iter().flatten().all(|area| *area == Some(1.0)));

    // The AUC of 1 of 4 levels among 1,000 held-out samples has a standard error of √(1001/(12 · 250 · 750)) = 0.021;
    // the score is twice the mean deviation from ½ of three factors: at most 2 · 0.021/√3 = 0.024.
    let found = explicitness(&represent(3000, &[4; 3], 5, 16, independent), &settings).unwrap();
    assert!(found.score.abs() < 4.0 * 0.024, "{found}");

    // A code that is the level of an ordered factor separates only the first and the last level. Level 1 of 4 is on the
    // other side of two thirds of the other samples, with a standard error of √(⅓ · ⅔/375) = 0.024.
    let found = explicitness(&represent(1500, &[4], 1, 16, identity), &settings).unwrap();
    assert_eq!(
        (found.areas[0][0], found.areas[0][3]),
        (Some(1.0), Some(1.0))
    );
    assert!(found.areas[0][1].is_some_and(|area| (area - 2.0 / 3.0).abs() < 0.1));

    // Levels that never occur have no AUC.
    let levels = uniform(90, &[2], 1);
    let codes: Vec<f64> = levels.iter().map(|v| *v as f64).collect();
    let r = Representation::new(&codes, 1, &levels, &factors(&[3])).unwrap();
    let found = explicitness(&r, &settings).unwrap();
    assert_eq!(found.areas, [vec![Some(1.0), Some(1.0), None]]);
    let penalty = |penalty| ExplicitnessSettings { penalty, seed: 1 };
    assert!(explicitness(&r, &penalty(f64::NAN)).is_err());
    assert!(explicitness(&represent(50, &[1], 1, 1, identity), &settings).is_err());
}

/// Two factors, of which the second is partly in both codes.
fn entangled(v: &[usize], e: &[f64]) -> Vec<f64> {
    let (a, b) = (v[0] as f64, v[1] as f64);
    vec![a + 0.5 * b + 0.5 * e[0], b + 0.7 * e[1], e[2]]
}

#[test]
fn standard_errors_agree_with_those_of_new_samples() {
    let settings = InformationSettings {
        permutations: 0,
        ..InformationSettings::default()
    };
    let squared = SapSettings {
        method: SapMethod::RSquared,
        permutations: 0,
        seed: 1,
    };
    let scores = |seed: u64| {
        let r = represent(1000, &[4, 4], 3, 100 + seed, entangled);
        [
            mig(&r, &settings).unwrap().score,
            modularity(&r, &settings).unwrap().score,
            sap(&r, &squared).unwrap().score,
            dci(&r, &lasso()).unwrap().completeness.score,
        ]
    };
    let all: Vec<[f64; 4]> = (0..60).map(scores).collect();
    let deviation = |s: usize| {
        let mean = all.iter().map(|x| x[s]).sum::<f64>() / 60.0;
        (all.iter().map(|x| (x[s] - mean).powi(2)).sum::<f64>() / 59.0).sqrt()
    };
    let r = represent(1000, &[4, 4], 3, 17, entangled);
    let found = [
        mig_interval(&r, &settings, 200).unwrap(),
        modularity_interval(&r, &settings, 200).unwrap(),
        sap_interval(&r, &squared, 200).unwrap(),
        dci_intervals(&r, &lasso(), 200).unwrap().completeness,
    ];
    for (s, interval) in found.iter().enumerate() {
        // Both standard deviations have relative errors, 1/√120 = 0.09 and 1/√400 = 0.05, and the bootstrap depends on
        // the samples.
        let ratio = interval.standard_error / deviation(s);
        assert!(ratio > 0.6 && ratio < 1.6, "{ratio}: {interval}");
        assert!(interval.lower < interval.mean && interval.mean < interval.upper);
        assert_eq!(interval.replicates, 200);
    }
}

#[test]
fn intervals_do_not_depend_on_threads() {
    let r = represent(300, &[3, 4], 3, 18, entangled);
    let trees = DciSettings {
        regressor: Regressor::Trees(BoostedTrees {
            stages: 5,
            ..BoostedTrees::default()
        }),
        ..DciSettings::default()
    };
    let run = || {
        (
            dci(&r, &trees).unwrap(),
            dci_intervals(&r, &trees, 4).unwrap(),
            explicitness_interval(&r, &ExplicitnessSettings::default(), 8).unwrap(),
            sap_interval(&r, &SapSettings::default(), 8).unwrap(),
            mig_interval(&r, &InformationSettings::default(), 8).unwrap(),
        )
    };
    let one = with_threads(1, run);
    assert_eq!(one, with_threads(3, run));
    assert!(one.1.disentanglement.lower < one.1.disentanglement.upper);
    assert!(mig_interval(&r, &InformationSettings::default(), 1).is_err());
    assert!(mig_interval(&r, &InformationSettings::default(), 10_001).is_err());
    assert!(dci_intervals(&r, &trees, 0).is_err());
}

#[test]
fn few_samples_shift_the_bootstrap_which_the_interval_says() {
    // Mutual information of independent variables from 60 samples is mostly bias, and more so on bootstrap samples.
    let r = represent(60, &[8, 8], 3, 19, independent);
    let interval = mig_interval(&r, &InformationSettings::default(), 200).unwrap();
    let text = interval.to_string();
    assert_eq!(interval.is_shifted(), text.contains("note"), "{text}");
    assert!(
        text.contains("200 bootstrap replicates of the samples; seed 1"),
        "{text}"
    );
}

#[test]
fn results_survive_json() {
    let r = represent(200, &[3, 3], 2, 20, identity);
    let found = mig(&r, &InformationSettings::default()).unwrap();
    let json = serde_json::to_string(&found).unwrap();
    assert_eq!(serde_json::from_str::<Mig>(&json).unwrap(), found);
    let found = dci(&r, &lasso()).unwrap();
    let json = serde_json::to_string(&found).unwrap();
    assert!(json.contains("\"kind\":\"lasso\""), "{json}");
    assert_eq!(serde_json::from_str::<Dci>(&json).unwrap(), found);
    assert!(
        mig(
            &r,
            &InformationSettings {
                bins: 1,
                ..InformationSettings::default()
            }
        )
        .is_err()
    );
}
