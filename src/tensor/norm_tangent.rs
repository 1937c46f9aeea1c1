//! The tangent of a norm on the numbers x of one group, and its gradients; sums in f64, in one order.
//!
//! With n numbers, c = x − mean x, s = √(mean c² + ε), h = c/s and ċ = ẋ − mean ẋ,
//!
//! $$ t = \frac{\dot c - h\,m}{s}, \qquad m = \overline{h\,\dot c} $$
//!
//! is what h moves by when x moves along ẋ. Given the gradient g of t, with d = g − mean g,
//!
//! $$ q = \overline{h\,d}, \quad p = \overline{\dot c\,d}, \qquad
//!    \nabla_{\dot x} = \frac{d - h\,q}{s}, \qquad
//!    \nabla_x = \frac{h\,(3mq - p) - m\,d - q\,\dot c}{s^2} $$
//!
//! ∇ẋ is the tangent along g: the derivative of a norm is symmetric. ∇x is symmetric in ċ and d, as a
//! second derivative along two directions must be.

/// The moments of one group that its gradients need again.
#[derive(Debug, Clone, Copy)]
pub(super) struct Group {
    mean: f32,
    /// 1/s
    inverse: f32,
    /// mean ẋ
    drift: f32,
    /// m
    along: f32,
}

impl Group {
    /// Writes t.
    pub fn tangent(x: &[f32], dx: &[f32], eps: f32, t: &mut [f32]) -> Self {
        let n = x.len() as f64;
        let [sum_x, sum_dx] = sums(x, dx, dx, |x, dx, _| [x, dx]);
        let (mean, drift) = (sum_x / n, sum_dx / n);
        let [square, product] = sums(x, dx, dx, |x, dx, _| {
            [(x - mean) * (x - mean), (x - mean) * (dx - drift)]
        });
        let s = (square / n + eps as f64).sqrt();
        let group = Group {
            mean: mean as f32,
            inverse: (1.0 / s) as f32,
            drift: drift as f32,
            along: (product / n / s) as f32,
        };
        let Group {
            mean,
            inverse,
            drift,
            along,
        } = group;
        for ((t, x), dx) in t.iter_mut().zip(x).zip(dx) {
            let h = (x - mean) * inverse;
            *t = (dx - drift - h * along) * inverse;
        }
        group
    }

    /// Replaces the gradient g of t by ∇ẋ, and writes ∇x.
    pub fn backward(&self, x: &[f32], dx: &[f32], g: &mut [f32], on_x: &mut [f32]) {
        let Group {
            mean,
            inverse,
            drift,
            along: m,
        } = *self;
        let n = x.len() as f64;
        let centred = |x: f64| (x - mean as f64) * inverse as f64;
        let [sum] = sums(g, g, g, |g, _, _| [g]);
        let level = sum / n;
        let [hd, cd] = sums(x, dx, g, |x, dx, g| {
            let d = g - level;
            [centred(x) * d, (dx - drift as f64) * d]
        });
        let (q, p, level) = ((hd / n) as f32, (cd / n) as f32, level as f32);
        let bend = 3.0 * m * q - p;
        let numbers = x.iter().zip(dx).zip(g.iter_mut().zip(on_x));
        for ((x, dx), (g, on_x)) in numbers {
            let (h, d) = ((x - mean) * inverse, *g - level);
            *g = (d - h * q) * inverse;
            *on_x = (h * bend - m * d - q * (dx - drift)) * (inverse * inverse);
        }
    }
}

/// Running sums of a group: enough that the processor need not wait for the last addition.
const LANES: usize = 8;

/// Σ f over three slices, K sums at once.
fn sums<const K: usize>(
    a: &[f32],
    b: &[f32],
    c: &[f32],
    f: impl Fn(f64, f64, f64) -> [f64; K],
) -> [f64; K] {
    pulp::Arch::new().dispatch(
        #[inline(always)]
        || {
            let mut lanes = [[0.0f64; LANES]; K];
            for ((a, b), c) in a.chunks(LANES).zip(b.chunks(LANES)).zip(c.chunks(LANES)) {
                for (i, ((a, b), c)) in a.iter().zip(b).zip(c).enumerate() {
                    let terms = f(*a as f64, *b as f64, *c as f64);
                    (lanes.iter_mut().zip(terms)).for_each(|(lanes, term)| lanes[i] += term);
                }
            }
            lanes.map(|lanes| lanes.iter().sum())
        },
    )
}
