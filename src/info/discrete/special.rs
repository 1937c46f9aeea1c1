//! Functions related to Γ that `statrs` lacks.

use statrs::function::gamma::ln_gamma;

/// ψ'(x) for x > 0: by ψ'(x) = ψ'(x + 1) + 1/x² up to 20, then by
/// 1/x + 1/2x² + 1/6x³ − 1/30x⁵ + 1/42x⁷ − 1/30x⁹ + 5/66x¹¹.
pub(super) fn trigamma(mut x: f64) -> f64 {
    let mut sum = 0.0;
    while x < 20.0 {
        sum += 1.0 / (x * x);
        x += 1.0;
    }
    let y = 1.0 / (x * x);
    let tail =
        1.0 / 6.0 - y * (1.0 / 30.0 - y * (1.0 / 42.0 - y * (1.0 / 30.0 - y * (5.0 / 66.0))));
    sum + 1.0 / x + y / 2.0 + y / x * tail
}

/// −ln B(x, y) = ln Γ(x + y)/Γ(x)Γ(y); by Stirling's series where two large logarithms would cancel.
pub(super) fn minus_ln_beta(x: f64, y: f64) -> f64 {
    let (x, y) = (x.max(y), x.min(y));
    let rising = if x < 1e4 {
        ln_gamma(x + y) - ln_gamma(x)
    } else {
        y * x.ln() + (x + y - 0.5) * (y / x).ln_1p() - y + (1.0 / (x + y) - 1.0 / x) / 12.0
    };
    rising - ln_gamma(y)
}

/// G(n) = ψ(n) + ½(−1)ⁿ(ψ((n + 1)/2) − ψ(n/2)), by Grassberger's recurrence in closed form:
/// G(1) = −γ − ln 2, G(2) = 2 + G(1), G(2m + 1) = G(2m), G(2m + 2) = G(2m) + 2/(2m + 1).
pub(super) fn grassberger(n: u64) -> f64 {
    // ψ(m + ½) = −γ − 2 ln 2 + 2 Σ_{k<m} 1/(2k + 1), so G(2m) = ψ(m + ½) + ln 2.
    let m = (n / 2) as f64;
    statrs::function::gamma::digamma(m + 0.5) + std::f64::consts::LN_2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trigamma_has_known_values() {
        // π²/2, π²/6, and ψ'(10) and ψ'(0.01) of SciPy 1.17.1 (`polygamma(1, x)`).
        let square = std::f64::consts::PI * std::f64::consts::PI;
        assert!((trigamma(0.5) - square / 2.0).abs() < 1e-13);
        assert!((trigamma(1.0) - square / 6.0).abs() < 1e-14);
        assert!((trigamma(10.0) - 0.105_166_335_681_685_71).abs() < 1e-15);
        assert!((trigamma(0.01) - 10_001.621_213_528_313).abs() < 1e-9);
    }

    #[test]
    fn beta_equals_a_quotient_of_products() {
        for x in [0.5, 3.0, 9_999.0, 1e4, 1e8, 1e15] {
            for n in [1, 2, 17, 300] {
                let factor = |j: i32| (x + f64::from(j)).ln() - f64::from(j.max(1)).ln();
                let product: f64 = (0..n).map(factor).sum();
                for found in [
                    minus_ln_beta(x, f64::from(n)),
                    minus_ln_beta(f64::from(n), x),
                ] {
                    assert!(
                        (found - product).abs() < 1e-10 * product.abs().max(1.0),
                        "{x} {n}"
                    );
                }
            }
        }
    }

    #[test]
    fn grassberger_satisfies_its_recurrence() {
        let mut even = -0.577_215_664_901_532_9 - std::f64::consts::LN_2;
        assert!((grassberger(1) - even).abs() < 1e-9);
        for m in 0..200u64 {
            even += 2.0 / (2 * m + 1) as f64;
            assert!((grassberger(2 * m + 2) - even).abs() < 1e-9);
            assert!((grassberger(2 * m + 3) - even).abs() < 1e-9);
        }
    }
}
