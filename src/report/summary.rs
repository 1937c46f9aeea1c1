//! The verdict and the key numbers of a run.

use super::format::{counted, duration, short, thousands};
use super::key_number::KeyNumber;
use crate::evaluate::ModeCoverage;
use crate::train::Record;

/// The last tenth of a log, at least one line. A mean over it is less noisy than the last value.
fn last_tenth(records: &[Record]) -> &[Record] {
    let n = records.len();
    &records[n - (n / 10).clamp(1.min(n), n)..]
}

/// Mean of a quantity over the last tenth of the log; NaN if any of these values is NaN.
pub(super) fn final_mean(records: &[Record], of: impl Fn(&Record) -> f64) -> f64 {
    let lines = last_tenth(records);
    lines.iter().map(of).sum::<f64>() / lines.len() as f64
}

/// The first step at which a loss is not finite.
fn diverged(records: &[Record]) -> Option<u64> {
    let broken = |r: &&Record| !(r.d_loss.is_finite() && r.g_loss.is_finite());
    records.iter().find(broken).map(|r| r.step)
}

/// With fewer steps there is no verdict from D's outputs: an untrained D cannot distinguish anything.
const MIN_STEPS: u64 = 100;

/// Says in one sentence whether training succeeded, from the strongest evidence available: divergence, then mode
/// coverage, then D's outputs.
///
/// The threshold of 90 % of high quality is a choice: GAN, ALI and PacGAN reach 91.3 to 98.2 % (Lin et al. 2018).
pub(super) fn verdict(
    records: &[Record],
    coverage: Option<&ModeCoverage>,
    has_probabilities: bool,
) -> Option<String> {
    if let Some(step) = diverged(records) {
        return Some(format!(
            "Training diverged: a loss is not finite at step {}.",
            thousands(step)
        ));
    }
    if let Some(c) = coverage {
        let share = 100.0 * c.high_quality;
        let total = c.modes_total;
        return Some(match total - c.modes_covered {
            0 if c.high_quality >= 0.9 => {
                format!(
                    "Training succeeded: the generator covers all {total} modes, and {share:.1} % of its samples are of high quality."
                )
            }
            0 => format!(
                "Training succeeded in part: the generator covers all {total} modes, but only {share:.1} % of its samples are of high quality."
            ),
            missed if missed == total => {
                "Training failed: the generator covers none of the modes.".into()
            }
            missed if c.high_quality < 0.5 => format!(
                "The generator has not learnt enough: it misses {missed} of {total} modes, and only {share:.1} % of its samples are of high quality."
            ),
            missed => format!(
                "The generator collapsed: it misses {missed} of {total} modes, and {share:.1} % of its samples are of high quality."
            ),
        });
    }
    let steps = records.last().map_or(0, |r| r.step);
    if steps < MIN_STEPS {
        return Some(format!(
            "After {}, it is too early for a verdict.",
            counted(steps as usize, "step")
        ));
    }
    let (real, fake) = (
        final_mean(records, |r| r.d_real),
        final_mean(records, |r| r.d_fake),
    );
    (has_probabilities && real.is_finite() && fake.is_finite()).then(|| {
        let distinguishes = match real - fake {
            ..0.1 => "can hardly distinguish generated from real samples",
            ..0.5 => "can partly distinguish generated from real samples",
            _ => "can distinguish most generated from real samples",
        };
        format!("At the end, D {distinguishes}: its mean output is {fake:.2} on generated and {real:.2} on real samples.")
    })
}

/// Returns the key numbers of a log and of a measurement of mode coverage.
pub(super) fn key_numbers(records: &[Record], coverage: Option<&ModeCoverage>) -> Vec<KeyNumber> {
    let mut numbers = Vec::new();
    if let Some(c) = coverage {
        let protocol = format!(
            "n = {}, within {}σ",
            thousands(c.n as u64),
            c.threshold_sigmas
        );
        numbers.push(KeyNumber::new(
            "modes covered",
            format!("{} of {}", c.modes_covered, c.modes_total),
            "",
            &*protocol,
        ));
        numbers.push(KeyNumber::new(
            "high quality",
            format!("{:.1}", 100.0 * c.high_quality),
            "%",
            &*protocol,
        ));
        let max = (c.modes_total as f64).ln();
        let protocol = format!("KL(model ‖ data) over the modes, 0 to {max:.2}");
        numbers.push(KeyNumber::new(
            "reverse KL",
            format!("{:.3}", c.reverse_kl_nats),
            "nats",
            protocol,
        ));
    }
    if let Some(last) = records.last() {
        let lines = last_tenth(records);
        let protocol = format!("mean of the last {}", counted(lines.len(), "logged step"));
        for (label, loss) in [
            ("loss of D", final_mean(records, |r| r.d_loss)),
            ("loss of G", final_mean(records, |r| r.g_loss)),
        ] {
            numbers.push(KeyNumber::new(label, short(loss), "", &*protocol));
        }
        let per_second = final_mean(records, |r| r.samples_per_second);
        numbers.push(KeyNumber::new(
            "steps",
            thousands(last.step),
            "",
            "updates of the generator",
        ));
        numbers.push(KeyNumber::new(
            "throughput",
            short(per_second),
            "samples/s",
            protocol,
        ));
        numbers.push(KeyNumber::new(
            "wall time",
            duration(last.seconds),
            "",
            "training time, including resumed parts",
        ));
    }
    numbers
}
