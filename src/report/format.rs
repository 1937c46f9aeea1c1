//! Formats numbers and text for figures and pages.

pub(crate) use crate::error::{counted, minus, short, thousands};

/// Escapes text for use in an HTML element or in a quoted attribute.
pub(crate) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            // HTML allows no control characters; a file name or a log may contain some.
            c if c.is_control() && !c.is_whitespace() => safe.push('\u{fffd}'),
            c => safe.push(c),
        }
    }
    safe
}

/// Formats the label of a tick with as few digits as possible: `0.3`, `2.5k`, `1e−5`.
pub(super) fn tick(v: f64) -> String {
    let size = v.abs();
    let scaled = |by: f64, suffix: &str| {
        let digits = format!("{:.2}", v / by);
        minus(
            digits
                .trim_end_matches('0')
                .trim_end_matches('.')
                .to_owned()
                + suffix,
        )
    };
    if size >= 1e9 {
        minus(format!("{v:.0e}"))
    } else if size >= 1e6 {
        scaled(1e6, "M")
    } else if size >= 1e3 {
        scaled(1e3, "k")
    } else if size >= 1e-3 || size == 0.0 {
        let digits = format!("{v:.4}");
        minus(digits.trim_end_matches('0').trim_end_matches('.'))
    } else {
        minus(format!("{v:.0e}"))
    }
}

/// Formats a wall time: `48 s`, `3 min 05 s`, `2 h 07 min`.
pub(crate) fn duration(seconds: f64) -> String {
    if !seconds.is_finite() || seconds < 0.0 {
        return "unknown".into();
    }
    let whole = seconds.round() as u64;
    match whole {
        0..10 => format!("{seconds:.1} s"),
        10..60 => format!("{whole} s"),
        60..3600 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", whole / 3600, whole % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_times_are_formatted() {
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(thousands(999), "999");
        let shorts = [1.386, 0.0123, 51_200.4, -0.5, 0.0, 2e-7, f64::NAN].map(short);
        assert_eq!(
            shorts,
            [
                "1.39",
                "0.0123",
                "51,200",
                "−0.500",
                "0.00",
                "2.0e−7",
                "not finite"
            ]
        );
        let ticks = [0.0, 0.1 + 0.2, 2500.0, 20_000.0, 1.5e6, -4.0, 1e-5, 1e38].map(tick);
        let expected = ["0", "0.3", "2.5k", "20k", "1.5M", "−4", "1e−5", "1e38"];
        assert_eq!(ticks, expected);
        let times = [0.42, 48.2, 185.0, 7620.0, f64::NAN].map(duration);
        assert_eq!(
            times,
            ["0.4 s", "48 s", "3 min 05 s", "2 h 07 min", "unknown"]
        );
    }

    #[test]
    fn special_and_control_characters_are_escaped() {
        assert_eq!(
            escape("<a b='\"&'>\u{0}"),
            "&lt;a b=&#39;&quot;&amp;&#39;&gt;\u{fffd}"
        );
    }
}
