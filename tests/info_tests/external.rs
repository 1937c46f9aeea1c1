//! Estimators by nearest neighbours against programs of others on the same rows.
//!
//! scikit-learn 1.x has KSG 1 and Ross's estimator (`_compute_mi_cc`, `_compute_mi_cd`); the others were written in
//! NumPy and SciPy from the definitions, which the authors' own programs agree with (Mixed-KSG, NPEET_LNC), or the
//! papers' readers (Wang et al.'s equation 5).

use ganscope::info::{
    Knn, Ksg, Norm, Sample, discrete_continuous, divergence_knn, entropy_knn, ksg,
    local_nonuniformity, mixture_information,
};

use super::checks::close;
use super::draws::{Draws, mapped, sample};

const N: usize = 400;

/// Numbers in (0, 1) by the MINSTD generator s ← 48271 s mod (2³¹ − 1), which gives the same numbers in any language.
fn draws(seed: u64, n: usize) -> Vec<f64> {
    let modulus = (1u64 << 31) - 1;
    let next = move |s: &u64| Some(s * 48271 % modulus);
    let states = std::iter::successors(next(&seed), next).take(n);
    states.map(|s| s as f64 / modulus as f64).collect()
}

fn both(f: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    let (u, v) = (draws(1, N), draws(2024, N));
    u.into_iter().zip(v).map(|(u, v)| f(u, v)).collect()
}

/// y = u² + v/5.
fn curve() -> (Sample, Sample) {
    (
        sample(draws(1, N), 1),
        sample(both(|u, v| u * u + 0.2 * v), 1),
    )
}

#[test]
fn ksg_agrees_with_scikit_learn_and_numpy() {
    let (x, y) = curve();
    let of = |algorithm| ksg(&x, &y, algorithm, Knn::new(3)).unwrap().value.0;
    close(of(Ksg::One), 1.542_445_716_526_343, 1e-12);
    close(of(Ksg::Two), 1.530_254_754_085_611, 1e-12);
}

#[test]
fn ross_agrees_with_scikit_learn() {
    let mut class: Vec<i64> = draws(1, N).iter().map(|u| (3.0 * u) as i64).collect();
    let shifts = class.iter().zip(draws(2024, N));
    let y = sample(shifts.map(|(c, v)| *c as f64 * 0.3 + v), 1);
    // Alone in its class, and left out.
    class[0] = 7;
    let found = discrete_continuous(&class, &y, 3).unwrap().value.0;
    close(found, 0.397_113_605_909_750_64, 1e-12);
}

#[test]
fn mixture_agrees_with_the_authors_program() {
    // Copies of two kinds, and no others at one distance: ties count differently there.
    let copied = |f: fn(f64, f64) -> f64| {
        both(|u, v| match u {
            ..0.2 => 5.0,
            ..0.3 => 9.0,
            _ => f(u, v),
        })
    };
    let (x, y) = (copied(|u, _| u), copied(|u, v| u * u + 0.2 * v));
    let found = mixture_information(&sample(x, 1), &sample(y, 1), 3);
    close(found.unwrap().value.0, 1.872_907_736_707_193_8, 1e-12);
}

/// Independent normal variables, rounded to a tenth, seem to share 0.6 nats if k of the rows that are exactly ρ away are
/// counted in the joint space, and none in the margins.
#[test]
fn mixture_of_rounded_numbers() {
    let mut draws = Draws::new(12);
    for (rho, truth) in [(0.0, 0.0), (0.6, 0.223_144), (0.9, 0.830_366)] {
        let (x, y) = draws.correlated(2000, 1, rho);
        let round = |v: f64| (v * 10.0).round();
        let found = mixture_information(&mapped(&x, round), &mapped(&y, round), 3);
        let error = found.unwrap().value.0 - truth;
        assert!((-0.05..0.15).contains(&error), "{rho}: {error}");
        // A class far off, of 8 rows a value, and a number that is 0 seven times in ten: independent.
        let class = sample((0..2000).map(|i| 1e4 * f64::from(i / 8)), 1);
        let zeros = mapped(&y, |v| if v < 0.53 { 0.0 } else { v });
        let found = mixture_information(&class, &zeros, 3).unwrap().value.0;
        close(found, 0.0, 0.05);
    }
}

#[test]
fn entropy_and_divergence_agree_with_scipy() {
    let rows = |x: Vec<f64>, y: Vec<f64>| sample(x.into_iter().zip(y).flat_map(|(x, y)| [x, y]), 2);
    let p = rows(draws(1, N), draws(2024, N));
    let q = rows(
        draws(77, 300).iter().map(|u| u * 1.2 - 0.1).collect(),
        draws(99, 300).iter().map(|u| u * 1.1).collect(),
    );
    let (knn, norm) = (Knn::new(3), Norm::Euclidean);
    let entropy = entropy_knn(&p, knn, norm).unwrap().value.0;
    close(entropy, -0.012_523_800_161_369_891, 1e-12);
    let divergence = divergence_knn(&p, &q, knn, norm).unwrap().value.0;
    close(divergence, 0.276_935_057_678_823_54, 1e-12);
}

#[test]
fn local_nonuniformity_agrees_with_numpy() {
    let (x, y) = (
        sample(draws(1, N), 1),
        sample(both(|u, v| u + 0.002 * v), 1),
    );
    let found = local_nonuniformity(&x, &y, Knn::new(5)).unwrap();
    // α of 500,000 boxes; ours is of 20,000.
    close(found.parameters["alpha"].as_f64().unwrap(), 0.3220, 0.01);
    close(found.value.0, 5.933_351_930_476_092, 0.01);
}

/// Where symbols are far apart, KSG 1 equals Ross's estimator. KSG 2 would be 1/k and about 1/N_c too low, and refuses.
#[test]
fn ksg_1_of_a_class_equals_ross_and_ksg_2_refuses() {
    let class: Vec<i64> = draws(1, N).iter().map(|u| (3.0 * u) as i64).collect();
    let shifts = class.iter().zip(draws(2024, N));
    let y = sample(shifts.map(|(c, v)| *c as f64 * 0.3 + v), 1);
    let x = sample(class.iter().map(|c| 10.0 * *c as f64), 1);
    for k in [1, 3, 5] {
        let ross = discrete_continuous(&class, &y, k).unwrap().value.0;
        close(
            ksg(&x, &y, Ksg::One, Knn::new(k)).unwrap().value.0,
            ross,
            1e-12,
        );
        let refused = ksg(&x, &y, Ksg::Two, Knn::new(k)).unwrap_err().to_string();
        assert!(
            refused.contains(&format!(
                "at 400 of 400 rows, the {k} nearest neighbours all have the same x"
            )) && refused.contains("use ksg-1"),
            "{refused}"
        );
    }
    // If a tenth of the rows have the same y, a note gives the size of the error.
    let some = y.values().iter().enumerate();
    let some = some.map(|(i, y)| match i % 10 {
        0 => 50.0,
        _ => y + 0.1 * (i as f64).sin(),
    });
    let noted = ksg(&sample(some, 1), &y, Ksg::Two, Knn::new(3)).unwrap();
    let explained =
        |note: &String| note.contains("at 40 of 400 rows") && note.contains("0.0333 nats");
    assert!(noted.notes.iter().any(explained), "{:?}", noted.notes);
}
