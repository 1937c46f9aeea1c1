//! Minimisation of many functions at once by L-BFGS (Liu & Nocedal 1989).
//!
//! $$ x \leftarrow x + t p, \qquad p = -H\,\nabla f(x) $$
//!
//! H is the estimate of the inverse Hessian from the last [`MEMORY`] pairs of steps s and gradient differences y. The
//! step length t is found by bisection and extrapolation, until both weak Wolfe conditions hold (Lewis & Overton 2013):
//!
//! $$ f(x + tp) \le f(x) + c_1 t\,p^{\top}\nabla f(x), \qquad p^{\top}\nabla f(x + tp) \ge c_2\,p^{\top}\nabla f(x) $$
//!
//! All steps are combinations of gradients. So a component of x on which f does not depend keeps its initial value.

use std::collections::VecDeque;

use super::differentiable_map::dot;
use crate::error::Result;

/// Number of pairs (s, y) that the estimate of the inverse Hessian is made of. Generators are so badly conditioned that 40
/// pairs need half as many evaluations as the usual 10.
pub(super) const MEMORY: usize = 40;

/// Fraction c₁ of the decrease predicted by the slope that a step must achieve.
const C1: f64 = 1e-4;
/// Fraction c₂ of the slope that may remain after a step.
const C2: f64 = 0.9;
/// Largest number of evaluations in one search along a line.
const MAX_TRIALS: usize = 20;
/// Number of steps in succession with a small decrease after which a minimisation ends.
const MAX_SMALL_STEPS: usize = 3;

/// The values `[m]` of m functions, and their gradients `[m, dimension]`.
pub(super) type Evaluation = (Vec<f64>, Vec<f64>);

/// When a minimisation ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lbfgs {
    /// Largest number of evaluations of each function.
    pub evaluations: usize,
    /// Relative decrease of a step that counts as small.
    pub tolerance: f64,
    /// Value that is low enough.
    pub enough: f64,
}

/// What a minimisation found.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Minimum {
    /// The point with the lowest value.
    pub x: Vec<f64>,
    /// The value there.
    pub value: f64,
    /// Number of evaluations.
    pub evaluations: usize,
    /// Whether the minimisation ended before all evaluations were used.
    pub converged: bool,
}

/// A point with its value and gradient.
#[derive(Clone)]
struct Point {
    x: Vec<f64>,
    f: f64,
    gradient: Vec<f64>,
}

/// A search along the line x + tp.
struct Line {
    p: Vec<f64>,
    /// pᵀ∇f at t = 0, negative.
    slope: f64,
    t: f64,
    /// Largest t that is known to be too short.
    low: f64,
    /// Smallest t that is known to be too long.
    high: f64,
    trials: usize,
    /// The point at `low`, unless that is 0.
    lower: Option<Point>,
}

/// The minimisation of one function.
struct Search {
    at: Point,
    pairs: VecDeque<(Vec<f64>, Vec<f64>)>,
    line: Option<Line>,
    small_steps: usize,
    evaluations: usize,
    first_step: f64,
}

impl Lbfgs {
    /// Minimises n functions from the rows of `starts` `[n, dimension]`. The first step that is tried for a function
    /// has the length in `first_steps` `[n]`.
    ///
    /// `evaluate(indices, x)` returns the values `[m]` and gradients `[m, dimension]` of the functions with these
    /// indices at the rows of x.
    pub fn minimise(
        &self,
        starts: &[f64],
        first_steps: &[f64],
        mut evaluate: impl FnMut(&[usize], &[f64]) -> Result<Evaluation>,
    ) -> Result<Vec<Minimum>> {
        let dimension = starts.len() / first_steps.len();
        let all: Vec<usize> = (0..first_steps.len()).collect();
        let (values, gradients) = evaluate(&all, starts)?;
        let rows = starts.chunks(dimension).zip(gradients.chunks(dimension));
        let mut searches: Vec<Search> = rows
            .zip(values.into_iter().zip(first_steps))
            .map(|((x, gradient), (f, first_step))| self.search(x, f, gradient, *first_step))
            .collect();
        for _ in 1..self.evaluations {
            let is_active = |i: &usize| searches[*i].line.is_some();
            let active: Vec<usize> = all.iter().copied().filter(is_active).collect();
            if active.is_empty() {
                break;
            }
            let x: Vec<f64> = active.iter().flat_map(|i| searches[*i].trial()).collect();
            let (values, gradients) = evaluate(&active, &x)?;
            let trials = x.chunks(dimension).zip(gradients.chunks(dimension));
            for ((i, f), (x, gradient)) in active.iter().zip(values).zip(trials) {
                let (x, gradient) = (x.to_vec(), gradient.to_vec());
                searches[*i].receive(Point { x, f, gradient }, self);
            }
        }
        Ok(searches.into_iter().map(Search::finish).collect())
    }

    fn search(&self, x: &[f64], f: f64, gradient: &[f64], first_step: f64) -> Search {
        let mut search = Search {
            at: Point {
                x: x.to_vec(),
                f,
                gradient: gradient.to_vec(),
            },
            pairs: VecDeque::with_capacity(MEMORY),
            line: None,
            small_steps: 0,
            evaluations: 1,
            first_step,
        };
        if f > self.enough {
            search.line = search.next_line();
        }
        search
    }
}

impl Search {
    /// The point to evaluate next.
    fn trial(&self) -> Vec<f64> {
        let x = self.at.x.iter();
        match &self.line {
            Some(line) => x.zip(&line.p).map(|(x, p)| x + line.t * p).collect(),
            None => x.copied().collect(),
        }
    }

    /// Takes the step to `point`, shortens or lengthens it, or ends the minimisation.
    fn receive(&mut self, point: Point, settings: &Lbfgs) {
        self.evaluations += 1;
        let Some(line) = &mut self.line else { return };
        line.trials += 1;
        let is_finite = point.f.is_finite() && point.gradient.iter().all(|v| v.is_finite());
        let slope = dot(&line.p, &point.gradient);
        if !is_finite || point.f > self.at.f + C1 * line.t * line.slope {
            line.high = line.t;
            // The minimum of the parabola through both values with the slope at 0.
            let excess = point.f - self.at.f - line.t * line.slope;
            let parabola = -line.slope * line.t * line.t / (2.0 * excess);
            let width = line.high - line.low;
            let (least, most) = (line.low + 0.1 * width, line.low + 0.5 * width);
            line.t = if is_finite {
                parabola.clamp(least, most)
            } else {
                least
            };
        } else if slope < C2 * line.slope {
            line.low = line.t;
            line.lower = Some(point);
            // The zero of the slope by the secant.
            let secant = line.t * line.slope / (line.slope - slope);
            line.t = if line.high.is_finite() {
                0.5 * (line.low + line.high)
            } else if slope > line.slope {
                secant.clamp(2.0 * line.t, 100.0 * line.t)
            } else {
                10.0 * line.t
            };
        } else {
            return self.accept(point, settings);
        }
        if line.trials >= MAX_TRIALS {
            match line.lower.take() {
                Some(lower) => self.accept(lower, settings),
                // The estimate of the Hessian may be the problem: try once more along the gradient.
                None if !self.pairs.is_empty() => {
                    self.pairs.clear();
                    self.line = self.next_line();
                }
                None => self.line = None,
            }
        }
    }

    fn accept(&mut self, point: Point, settings: &Lbfgs) {
        let difference =
            |a: &[f64], b: &[f64]| -> Vec<f64> { a.iter().zip(b).map(|(a, b)| a - b).collect() };
        let s = difference(&point.x, &self.at.x);
        let y = difference(&point.gradient, &self.at.gradient);
        if dot(&s, &y) > f64::EPSILON * dot(&y, &y).sqrt() * dot(&s, &s).sqrt() {
            if self.pairs.len() == MEMORY {
                self.pairs.pop_front();
            }
            self.pairs.push_back((s, y));
        }
        let is_small = self.at.f - point.f <= settings.tolerance * self.at.f.abs();
        self.small_steps = if is_small { self.small_steps + 1 } else { 0 };
        self.at = point;
        let ends = self.at.f <= settings.enough || self.small_steps >= MAX_SMALL_STEPS;
        self.line = if ends { None } else { self.next_line() };
    }

    /// The line along −H∇f, or along −∇f when that does not descend; `None` at a stationary point.
    fn next_line(&mut self) -> Option<Line> {
        let gradient = &self.at.gradient;
        let steepest = dot(gradient, gradient);
        if !(steepest > 0.0 && steepest.is_finite()) {
            return None;
        }
        let p = self.newton();
        let slope = dot(&p, gradient);
        let descends = !self.pairs.is_empty() && slope < 0.0 && slope.is_finite();
        let (p, slope, t) = if descends {
            (p, slope, 1.0)
        } else {
            self.pairs.clear();
            let p = gradient.iter().map(|g| -g).collect();
            (p, -steepest, self.first_step / steepest.sqrt())
        };
        Some(Line {
            p,
            slope,
            t,
            low: 0.0,
            high: f64::INFINITY,
            trials: 0,
            lower: None,
        })
    }

    /// −H∇f by the two-loop recursion (Nocedal 1980).
    fn newton(&self) -> Vec<f64> {
        let add = |to: &mut [f64], factor: f64, v: &[f64]| {
            to.iter_mut().zip(v).for_each(|(to, v)| *to += factor * v);
        };
        let mut p: Vec<f64> = self.at.gradient.iter().map(|g| -g).collect();
        let mut alphas = Vec::with_capacity(self.pairs.len());
        for (s, y) in self.pairs.iter().rev() {
            let alpha = dot(s, &p) / dot(s, y);
            add(&mut p, -alpha, y);
            alphas.push(alpha);
        }
        if let Some((s, y)) = self.pairs.back() {
            let scale = dot(s, y) / dot(y, y);
            p.iter_mut().for_each(|p| *p *= scale);
        }
        for ((s, y), alpha) in self.pairs.iter().zip(alphas.into_iter().rev()) {
            let beta = dot(y, &p) / dot(s, y);
            add(&mut p, alpha - beta, s);
        }
        p
    }

    fn finish(self) -> Minimum {
        let converged = self.line.is_none();
        let at = match self.line.and_then(|line| line.lower) {
            Some(lower) if lower.f < self.at.f => lower,
            _ => self.at,
        };
        Minimum {
            x: at.x,
            value: at.f,
            evaluations: self.evaluations,
            converged,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: Lbfgs = Lbfgs {
        evaluations: 300,
        tolerance: 1e-14,
        enough: f64::NEG_INFINITY,
    };

    /// Applies one function to all rows.
    fn each(
        dimension: usize,
        f: impl Fn(&[f64]) -> (f64, Vec<f64>),
    ) -> impl FnMut(&[usize], &[f64]) -> Result<Evaluation> {
        move |_, x| {
            let (values, gradients): (Vec<f64>, Vec<Vec<f64>>) =
                x.chunks(dimension).map(&f).unzip();
            Ok((values, gradients.concat()))
        }
    }

    fn rosenbrock(x: &[f64]) -> (f64, Vec<f64>) {
        let (a, b) = (1.0 - x[0], x[1] - x[0] * x[0]);
        (
            a * a + 100.0 * b * b,
            vec![-2.0 * a - 400.0 * x[0] * b, 200.0 * b],
        )
    }

    #[test]
    fn the_minimum_of_the_rosenbrock_function_is_found_from_several_starts() {
        let starts = [-1.2, 1.0, 3.0, -2.0, 0.0, 0.0];
        let minima = SETTINGS
            .minimise(&starts, &[0.1; 3], each(2, rosenbrock))
            .unwrap();
        for minimum in &minima {
            assert!(
                minimum.converged && minimum.evaluations < 150,
                "{minimum:?}"
            );
            for x in &minimum.x {
                assert!((x - 1.0).abs() < 1e-6, "{minimum:?}");
            }
        }
        // Other functions that are minimised at the same time make no difference.
        for (start, minimum) in starts.chunks(2).zip(&minima) {
            let alone = SETTINGS
                .minimise(start, &[0.1], each(2, rosenbrock))
                .unwrap();
            assert_eq!(alone[0], *minimum);
        }
    }

    #[test]
    fn a_quadratic_in_few_dimensions_takes_few_evaluations() {
        // Condition number 10⁴.
        let scales = [1.0, 10.0, 100.0, 1e4];
        let quadratic = move |x: &[f64]| {
            let gradient: Vec<f64> = x.iter().zip(scales).map(|(x, a)| a * x).collect();
            (0.5 * dot(x, &gradient), gradient)
        };
        let settings = Lbfgs {
            enough: 1e-12,
            ..SETTINGS
        };
        let minima = settings
            .minimise(&[1.0; 4], &[0.1], each(4, quadratic))
            .unwrap();
        assert!(minima[0].value < 1e-12, "{minima:?}");
        assert!(minima[0].evaluations < 60, "{minima:?}");
    }

    #[test]
    fn a_function_that_is_not_defined_everywhere_is_minimised() {
        // x − ln x is NaN for x < 0 and has its minimum 1 at x = 1.
        let barrier = |x: &[f64]| (x[0] - x[0].ln(), vec![1.0 - 1.0 / x[0]]);
        let minima = SETTINGS
            .minimise(&[5.0, 0.01], &[100.0, 100.0], each(1, barrier))
            .unwrap();
        for minimum in minima {
            assert!((minimum.value - 1.0).abs() < 1e-12, "{minimum:?}");
            assert!((minimum.x[0] - 1.0).abs() < 1e-6, "{minimum:?}");
        }
    }

    #[test]
    fn a_function_with_a_kink_is_minimised() {
        let kink = |x: &[f64]| {
            (
                x[0].abs() + 2.0 * x[1].abs(),
                vec![x[0].signum(), 2.0 * x[1].signum()],
            )
        };
        let minima = SETTINGS
            .minimise(&[3.1, -1.7], &[0.1], each(2, kink))
            .unwrap();
        assert!(minima[0].value < 1e-3, "{minima:?}");
    }

    #[test]
    fn the_number_of_evaluations_is_limited_and_stationary_points_are_kept() {
        let settings = Lbfgs {
            evaluations: 7,
            ..SETTINGS
        };
        let mut evaluations = 0;
        let minima = settings
            .minimise(&[-1.2, 1.0, 1.0, 1.0], &[0.1; 2], |rows, x| {
                evaluations += 1;
                each(2, rosenbrock)(rows, x)
            })
            .unwrap();
        assert_eq!((evaluations, minima[0].evaluations), (7, 7));
        assert!(!minima[0].converged && minima[0].value < 24.2);
        assert_eq!((minima[1].evaluations, &minima[1].x), (1, &vec![1.0, 1.0]));
        assert!(minima[1].converged);
    }
}
