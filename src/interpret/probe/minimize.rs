//! Minimisation of a smooth convex function by L-BFGS (Nocedal 1980; Nocedal & Wright 2006, algorithm 7.4).
//!
//! The step is −H g, where H approximates the inverse Hessian from the last few steps s and changes y of the gradient. The
//! step is halved until the function decreases enough (Armijo's condition).

/// Number of steps from which the inverse Hessian is approximated.
const HISTORY: usize = 12;

/// Largest number of halvings of a step.
const HALVINGS: usize = 40;

/// The result of a minimisation.
#[derive(Debug, Clone)]
pub(super) struct Minimum {
    /// Where the function is smallest.
    pub x: Vec<f64>,
    /// The value there.
    pub value: f64,
    /// Largest |derivative| there.
    pub gradient: f64,
    /// Number of steps.
    pub iterations: usize,
}

/// Minimises `f` from `x` on, until no |derivative| exceeds `tolerance`, or for at most `iterations` steps. `f` writes
/// the gradient and returns the value.
pub(super) fn minimize(
    mut x: Vec<f64>,
    tolerance: f64,
    iterations: usize,
    mut f: impl FnMut(&[f64], &mut [f64]) -> f64,
) -> Minimum {
    let mut g = vec![0.0; x.len()];
    let mut value = f(&x, &mut g);
    let mut history: Vec<(Vec<f64>, Vec<f64>, f64)> = Vec::with_capacity(HISTORY);
    let (mut next, mut next_g) = (x.clone(), g.clone());
    let mut taken = 0;
    while taken < iterations && largest(&g) > tolerance {
        let mut direction = descent(&g, &history);
        let mut slope = dot(&direction, &g);
        // Rounding can spoil the approximation, so that it does not lead downhill.
        if slope >= 0.0 {
            history.clear();
            direction = descent(&g, &history);
            slope = dot(&direction, &g);
        }
        let mut step = if history.is_empty() {
            1.0 / dot(&g, &g).sqrt().max(1.0)
        } else {
            1.0
        };
        let mut decreased = None;
        for _ in 0..HALVINGS {
            for ((next, x), d) in next.iter_mut().zip(&x).zip(&direction) {
                *next = x + step * d;
            }
            let next_value = f(&next, &mut next_g);
            // Near the minimum, the decrease is smaller than the rounding of the value.
            if next_value <= value + 1e-4 * step * slope + 1e-14 * value.abs() {
                decreased = Some(next_value);
                break;
            }
            step *= 0.5;
        }
        let Some(next_value) = decreased else {
            break;
        };
        let s: Vec<f64> = next.iter().zip(&x).map(|(a, b)| a - b).collect();
        let y: Vec<f64> = next_g.iter().zip(&g).map(|(a, b)| a - b).collect();
        let curvature = dot(&s, &y);
        if curvature > 1e-10 * (dot(&s, &s) * dot(&y, &y)).sqrt() {
            if history.len() == HISTORY {
                history.remove(0);
            }
            history.push((s, y, 1.0 / curvature));
        }
        std::mem::swap(&mut x, &mut next);
        std::mem::swap(&mut g, &mut next_g);
        value = next_value;
        taken += 1;
    }
    Minimum {
        gradient: largest(&g),
        x,
        value,
        iterations: taken,
    }
}

/// −H g, by the two-loop recursion.
fn descent(g: &[f64], history: &[(Vec<f64>, Vec<f64>, f64)]) -> Vec<f64> {
    let mut q: Vec<f64> = g.iter().map(|g| -g).collect();
    let mut alphas = Vec::with_capacity(history.len());
    for (s, y, rho) in history.iter().rev() {
        let alpha = rho * dot(s, &q);
        add(&mut q, -alpha, y);
        alphas.push(alpha);
    }
    if let Some((_, y, rho)) = history.last() {
        let scale = 1.0 / (rho * dot(y, y));
        q.iter_mut().for_each(|q| *q *= scale);
    }
    for ((s, y, rho), alpha) in history.iter().zip(alphas.into_iter().rev()) {
        let beta = rho * dot(y, &q);
        add(&mut q, alpha - beta, s);
    }
    q
}

/// a ← a + c b.
pub(super) fn add(a: &mut [f64], c: f64, b: &[f64]) {
    a.iter_mut().zip(b).for_each(|(a, b)| *a += c * b);
}

/// The scalar product, added in eight sums so that the processor can add several at a time.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let (a_chunks, a_rest) = a.as_chunks::<8>();
    let (b_chunks, b_rest) = b.as_chunks::<8>();
    let mut sums = [0.0; 8];
    for (a, b) in a_chunks.iter().zip(b_chunks) {
        for k in 0..8 {
            sums[k] += a[k] * b[k];
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f64>() + rest
}

fn largest(g: &[f64]) -> f64 {
    g.iter().fold(0.0, |m: f64, g| m.max(g.abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quadratic_function_has_its_known_minimum() {
        // Σ c_i (x_i − i)²/2 with a condition number of 1000.
        let n = 40;
        let c = |i: usize| 1000f64.powf(i as f64 / (n - 1) as f64);
        let found = minimize(vec![0.0; n], 1e-9, 500, |x, g| {
            let mut value = 0.0;
            for i in 0..n {
                let d = x[i] - i as f64;
                g[i] = c(i) * d;
                value += 0.5 * c(i) * d * d;
            }
            value
        });
        assert!(found.gradient <= 1e-9, "{}", found.gradient);
        for (i, x) in found.x.iter().enumerate() {
            assert!((x - i as f64).abs() < 1e-8, "{i} {x}");
        }
    }
}
