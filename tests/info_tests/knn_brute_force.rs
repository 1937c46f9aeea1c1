//! Estimators by nearest neighbours against the definitions in the papers, by looking at every pair.

use ganscope::info::{
    Estimate, Knn, Ksg, Norm, Sample, conditional_information, discrete_continuous, divergence_knn,
    entropy_knn, ksg, local_nonuniformity, mixture_conditional_information, mixture_information,
};

use super::draws::{Draws, mapped, sample};

/// ψ(n) = Σ_{i<n} 1/i − γ.
fn psi(n: usize) -> f64 {
    const GAMMA: f64 = 0.577_215_664_901_532_9;
    (1..n).rev().map(|i| 1.0 / i as f64).sum::<f64>() - GAMMA
}

type Distance = fn(&[f64], &[f64]) -> f64;

fn maximum(a: &[f64], b: &[f64]) -> f64 {
    let gaps = a.iter().zip(b).map(|(a, b)| (a - b).abs());
    gaps.fold(0.0, f64::max)
}

fn euclidean(a: &[f64], b: &[f64]) -> f64 {
    let squares = a.iter().zip(b).map(|(a, b)| (a - b) * (a - b));
    squares.sum::<f64>().sqrt()
}

/// The other rows with their distances, nearest first; rows at the same distance in their order.
fn sorted(i: usize, n: usize, distance: impl Fn(usize) -> f64) -> Vec<(f64, usize)> {
    let mut others: Vec<(f64, usize)> = (0..n)
        .filter(|&j| j != i)
        .map(|j| (distance(j), j))
        .collect();
    others.sort_by(|a, b| a.0.partial_cmp(&b.0).unwrap());
    others
}

/// The number of other rows j for which `near` holds.
fn others(i: usize, n: usize, near: impl Fn(usize) -> bool) -> usize {
    (0..n).filter(|&j| j != i && near(j)).count()
}

fn brute_ksg(x: &Sample, y: &Sample, k: usize, algorithm: Ksg) -> f64 {
    let n = x.len();
    let d_x = |i: usize, j: usize| maximum(x.row(i), x.row(j));
    let d_y = |i: usize, j: usize| maximum(y.row(i), y.row(j));
    let mut mean = 0.0;
    for i in 0..n {
        let near = sorted(i, n, |j| d_x(i, j).max(d_y(i, j)));
        mean += match algorithm {
            Ksg::One => {
                let half = near[k - 1].0;
                psi(others(i, n, |j| d_x(i, j) < half) + 1)
                    + psi(others(i, n, |j| d_y(i, j) < half) + 1)
            }
            Ksg::Two => {
                let (mut half_x, mut half_y) = (0.0f64, 0.0f64);
                for &(_, j) in &near[..k] {
                    half_x = half_x.max(d_x(i, j));
                    half_y = half_y.max(d_y(i, j));
                }
                psi(others(i, n, |j| d_x(i, j) <= half_x))
                    + psi(others(i, n, |j| d_y(i, j) <= half_y))
                    + 1.0 / k as f64
            }
        } / n as f64;
    }
    psi(k) + psi(n) - mean
}

/// Correlated rows of d_x + d_y columns, rounded to multiples of `step` if it is given.
fn pair(n: usize, d_x: usize, d_y: usize, step: Option<f64>) -> (Sample, Sample) {
    let mut draws = Draws::new((d_x * 10 + d_y) as u64);
    let x = draws.normals(n, d_x);
    let y = (0..n).flat_map(|i| {
        let first = x.row(i)[0];
        (0..d_y)
            .map(|_| 0.7 * first + 0.7 * draws.normal())
            .collect::<Vec<f64>>()
    });
    let y = sample(y, d_y);
    match step {
        None => (x, y),
        Some(step) => {
            let round = |v: f64| (v / step).round() * step;
            (mapped(&x, round), mapped(&y, round))
        }
    }
}

fn close(found: &Estimate, brute: f64, what: &str) {
    let difference = (found.value.0 - brute).abs();
    assert!(difference < 1e-10, "{what}: {} and {brute}", found.value.0);
}

#[test]
fn both_ksg_follow_the_paper() {
    for (d_x, d_y) in [(1, 1), (2, 2), (1, 3)] {
        for step in [None, Some(0.1)] {
            let (x, y) = pair(300, d_x, d_y, step);
            for k in [1, 3, 5, 10] {
                for algorithm in [Ksg::One, Ksg::Two] {
                    let what = format!("{algorithm:?} {d_x}+{d_y} {step:?} k {k}");
                    let found = ksg(&x, &y, algorithm, Knn::new(k)).expect(&what);
                    close(&found, brute_ksg(&x, &y, k, algorithm), &what);
                    let says_ties = found
                        .notes
                        .iter()
                        .any(|note| note.contains("different value"));
                    assert_eq!(says_ties, step.is_some(), "{what}: {:?}", found.notes);
                }
            }
        }
    }
}

#[test]
fn copies_and_ties_on_a_lattice() {
    // 150 places, two of which are there twice: with k = 1 their ε is 0.
    let place = |i: usize| (i % 15, i / 15);
    let rows: Vec<(usize, usize)> = (0..150).chain([3, 77]).map(place).collect();
    let x = sample(rows.iter().map(|r| r.0 as f64), 1);
    let y = sample(rows.iter().map(|r| (r.0 + 2 * r.1) as f64), 1);
    for k in [1, 2, 3, 5] {
        for algorithm in [Ksg::One, Ksg::Two] {
            let found = ksg(&x, &y, algorithm, Knn::new(k)).unwrap();
            close(
                &found,
                brute_ksg(&x, &y, k, algorithm),
                &format!("{algorithm:?} {k}"),
            );
            let says_copies = found
                .notes
                .iter()
                .any(|note| note.contains("4 of 152 rows"));
            assert_eq!(says_copies, k == 1, "{:?}", found.notes);
        }
    }
}

#[test]
fn entropy_follows_the_paper() {
    for d in [1, 2, 3] {
        for step in [None, Some(1.0 / 512.0)] {
            let (s, _) = pair(300, d, 1, step);
            for k in [3, 5, 10] {
                for norm in [Norm::Maximum, Norm::Euclidean] {
                    let (distance, ball): (Distance, f64) = match norm {
                        Norm::Maximum => (maximum, 2f64.powi(d as i32)),
                        Norm::Euclidean => {
                            let pi = std::f64::consts::PI;
                            (euclidean, [2.0, pi, 4.0 / 3.0 * pi][d - 1])
                        }
                    };
                    let n = s.len();
                    let log =
                        |i: usize| sorted(i, n, |j| distance(s.row(i), s.row(j)))[k - 1].0.ln();
                    let mean = (0..n).map(log).sum::<f64>() / n as f64;
                    let brute = psi(n) - psi(k) + ball.ln() + d as f64 * mean;
                    let found = entropy_knn(&s, Knn::new(k), norm).unwrap();
                    close(&found, brute, &format!("{d} {k} {norm:?} {step:?}"));
                }
            }
        }
    }
}

#[test]
fn divergence_follows_the_paper() {
    for d in [1, 2, 3] {
        let (p, _) = pair(250, d, 1, Some(1.0 / 1024.0));
        let (q, _) = pair(400, d, 2, None);
        for k in [2, 5] {
            for norm in [Norm::Maximum, Norm::Euclidean] {
                let distance = match norm {
                    Norm::Maximum => maximum,
                    Norm::Euclidean => euclidean,
                };
                let log = |i: usize| {
                    let rho = sorted(i, p.len(), |j| distance(p.row(i), p.row(j)))[k - 1].0;
                    let far = |j| distance(p.row(i), q.row(j));
                    let nu = sorted(usize::MAX, q.len(), far)[k - 1].0;
                    (nu / rho).ln()
                };
                let sum: f64 = (0..p.len()).map(log).sum();
                let brute = d as f64 / 250.0 * sum + (400.0f64 / 249.0).ln();
                let found = divergence_knn(&p, &q, Knn::new(k), norm).unwrap();
                close(&found, brute, &format!("{d} {k} {norm:?}"));
            }
        }
    }
}

#[test]
fn conditional_information_follows_the_paper() {
    for (d_x, d_z, step) in [(1, 1, None), (2, 1, Some(0.125)), (1, 3, None)] {
        let (x, z) = pair(250, d_x, d_z, step);
        let (y, _) = pair(250, 1, 2, step);
        let n = x.len();
        for k in [2, 3, 10] {
            let mut mean = 0.0;
            for i in 0..n {
                let d_x = |j: usize| maximum(x.row(i), x.row(j));
                let d_y = |j: usize| maximum(y.row(i), y.row(j));
                let d_z = |j: usize| maximum(z.row(i), z.row(j));
                let epsilon = sorted(i, n, |j| d_x(j).max(d_y(j)).max(d_z(j)))[k - 1].0;
                let n_xz = others(i, n, |j| d_x(j).max(d_z(j)) < epsilon);
                let n_yz = others(i, n, |j| d_y(j).max(d_z(j)) < epsilon);
                let n_z = others(i, n, |j| d_z(j) < epsilon);
                mean += (psi(n_xz + 1) + psi(n_yz + 1) - psi(n_z + 1)) / n as f64;
            }
            let found = conditional_information(&x, &y, &z, Knn::new(k)).unwrap();
            close(&found, psi(k) - mean, &format!("{d_x} {d_z} {k}"));
        }
    }
}

#[test]
fn estimators_for_mixtures_follow_the_papers() {
    for d in [1, 2] {
        let (y, other) = pair(300, d, 1, None);
        // Classes of very different sizes, one of a single row.
        let class: Vec<i64> = other
            .values()
            .iter()
            .map(|v| (v * 1.4).round() as i64)
            .collect();
        let size = |i: usize| class.iter().filter(|c| **c == class[i]).count();
        let kept: Vec<usize> = (0..300).filter(|&i| size(i) > 1).collect();
        for k in [1, 3, 10] {
            let mut mean = 0.0;
            for &i in &kept {
                let gap = |j: usize| maximum(y.row(i), y.row(j));
                let own = |j: usize| {
                    if class[j] == class[i] {
                        gap(j)
                    } else {
                        f64::INFINITY
                    }
                };
                let k = k.min(size(i) - 1);
                let distance = sorted(i, 300, own)[k - 1].0;
                let m = kept
                    .iter()
                    .filter(|&&j| j != i && gap(j) <= distance)
                    .count();
                mean += (psi(k) - psi(size(i)) - psi(m)) / kept.len() as f64;
            }
            let found = discrete_continuous(&class, &y, k).unwrap();
            close(&found, psi(kept.len()) + mean, &format!("Ross {d} {k}"));
            let left_out = found.notes.iter().any(|note| note.contains("left out"));
            assert_eq!(left_out, kept.len() < 300);
        }
        // Numbers up to 0 are all 0: a mixture.
        let (x, y) = (mapped(&y, |v| v.max(0.0)), mapped(&other, |v| v.max(0.0)));
        for k in [1, 3, 10] {
            let mut mean = 0.0;
            for i in 0..300 {
                let d_x = |j: usize| maximum(x.row(i), x.row(j));
                let d_y = |j: usize| maximum(y.row(i), y.row(j));
                let rho = sorted(i, 300, |j| d_x(j).max(d_y(j)))[k - 1].0;
                // With the point itself, as in the authors' program.
                let count = |near: &dyn Fn(usize) -> bool| psi(1 + others(i, 300, near));
                mean += 300f64.ln()
                    + if rho == 0.0 {
                        count(&|j| d_x(j) == 0.0 && d_y(j) == 0.0)
                            - count(&|j| d_x(j) == 0.0)
                            - count(&|j| d_y(j) == 0.0)
                    } else {
                        let side = |d: &dyn Fn(usize) -> f64| {
                            let nearer = others(i, 300, |j| d(j) < rho);
                            psi(others(i, 300, |j| d(j) <= rho).max(nearer + 1))
                        };
                        psi(others(i, 300, |j| d_x(j).max(d_y(j)) <= rho)) - side(&d_x) - side(&d_y)
                    };
            }
            let found = mixture_information(&x, &y, k).unwrap();
            close(&found, mean / 300.0, &format!("Gao {d} {k}"));
        }
    }
}

/// Mesner & Shalizi (2021), counted over all pairs: numbers, numbers half of which are 0, and rounded numbers.
#[test]
fn conditional_information_of_mixtures_follows_the_paper() {
    let mut draws = Draws::new(11);
    let (x, y) = draws.correlated(200, 1, 0.6);
    let z = draws.normals(200, 2);
    let maps: [fn(f64) -> f64; 3] = [|v| v, |v| v.max(0.0), |v| (v * 2.0).round()];
    for (map, name) in maps.into_iter().zip(["numbers", "zeros", "rounded"]) {
        let [x, y, z] = [&x, &y, &z].map(|of| mapped(of, map));
        for k in [1, 3, 10] {
            let mut mean = 0.0;
            for i in 0..200 {
                let d_x = |j: usize| maximum(x.row(i), x.row(j));
                let d_y = |j: usize| maximum(y.row(i), y.row(j));
                let d_z = |j: usize| maximum(z.row(i), z.row(j));
                let d_xz = |j: usize| d_x(j).max(d_z(j));
                let d_yz = |j: usize| d_y(j).max(d_z(j));
                let all = |j: usize| d_x(j).max(d_yz(j));
                let rho = sorted(i, 200, all)[k - 1].0;
                let count = |d: &dyn Fn(usize) -> f64| {
                    let at_most = others(i, 200, |j| d(j) <= rho);
                    if rho == 0.0 {
                        psi(at_most + 1)
                    } else {
                        psi(at_most.max(others(i, 200, |j| d(j) < rho) + 1))
                    }
                };
                let together = others(i, 200, |j| all(j) <= rho) + usize::from(rho == 0.0);
                mean += (psi(together) + count(&d_z) - count(&d_xz) - count(&d_yz)) / 200.0;
            }
            let found = mixture_conditional_information(&x, &y, &z, k).unwrap();
            close(&found, mean, &format!("Mesner {name} {k}"));
        }
    }
}

#[test]
fn local_nonuniformity_follows_the_paper() {
    let mut draws = Draws::new(5);
    let (x, y) = draws.noisy_uniform(400, 0.001);
    for k in [3, 5, 10] {
        let found = local_nonuniformity(&x, &y, Knn::new(k)).unwrap();
        let alpha = found.parameters["alpha"].as_f64().unwrap();
        let mut brute = brute_ksg(&x, &y, k, Ksg::Two);
        for i in 0..400 {
            let offset = |j: usize| (x.row(j)[0] - x.row(i)[0], y.row(j)[0] - y.row(i)[0]);
            let far = |j: usize| offset(j).0.abs().max(offset(j).1.abs());
            let near: Vec<(f64, f64)> = sorted(i, 400, far)[..k]
                .iter()
                .map(|n| offset(n.1))
                .collect();
            let sum = |f: &dyn Fn(&(f64, f64)) -> f64| near.iter().map(f).sum::<f64>();
            let longest = |f: &dyn Fn(&(f64, f64)) -> f64| {
                near.iter().map(|o| f(o).abs()).fold(0.0, f64::max)
            };
            // The angle of the principal axes of a symmetric 2 × 2 matrix.
            let (a, b, c) = (
                sum(&|o| o.0 * o.0),
                sum(&|o| o.0 * o.1),
                sum(&|o| o.1 * o.1),
            );
            let (sine, cosine) = (0.5 * (2.0 * b).atan2(a - c)).sin_cos();
            let turned =
                longest(&|o| cosine * o.0 + sine * o.1) * longest(&|o| cosine * o.1 - sine * o.0);
            let ratio = turned / (longest(&|o| o.0) * longest(&|o| o.1));
            if ratio < alpha {
                brute -= ratio.ln() / 400.0;
            }
        }
        close(&found, brute, &format!("k {k}"));
        assert!(
            brute > brute_ksg(&x, &y, k, Ksg::Two) + 0.2,
            "hardly corrected: {brute}"
        );
    }
}
