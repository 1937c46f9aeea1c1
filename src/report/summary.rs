//! What a run comes to, in a sentence and a row of numbers.

use super::format::{counted, duration, short, thousands};
use super::html::KeyNumber;
use crate::evaluate::ModeCoverage;
use crate::train::Record;

/// The last tenth of a log, at least one line: a single GAN loss is mostly noise.
fn tail(records: &[Record]) -> &[Record] {
    let n = records.len();
    &records[n - (n / 10).clamp(1.min(n), n)..]
}

/// Mean of a quantity over the last tenth of the log; NaN when any of it is.
pub(super) fn late(records: &[Record], of: impl Fn(&Record) -> f64) -> f64 {
    let tail = tail(records);
    tail.iter().map(of).sum::<f64>() / tail.len() as f64
}

/// The first step whose losses are not both finite.
fn diverged(records: &[Record]) -> Option<u64> {
    let broken = |r: &&Record| !(r.d_loss.is_finite() && r.g_loss.is_finite());
    records.iter().find(broken).map(|r| r.step)
}

/// Before this many steps D has hardly learnt to tell anything, and its doubt is no success of G's.
const FEW: u64 = 100;

/// Did it work? One sentence, from the strongest evidence there is.
///
/// Divergence first; then modes; without modes, what D says. That 90 % of high quality is enough is
/// a threshold of ours: GAN, ALI and PacGAN lie between 91.3 and 98.2 % (Lin et al. 2018).
pub(super) fn verdict(
    records: &[Record],
    coverage: Option<&ModeCoverage>,
    probabilities: bool,
) -> Option<String> {
    if let Some(step) = diverged(records) {
        return Some(format!(
            "It did not work: at step {} a loss is no longer finite.",
            thousands(step)
        ));
    }
    if let Some(c) = coverage {
        let share = 100.0 * c.high_quality;
        let total = c.modes_total;
        return Some(match total - c.modes_covered {
            0 if c.high_quality >= 0.9 => {
                format!(
                    "It worked: the generator reaches all {total} modes, and {share:.1} % of its samples are good."
                )
            }
            0 => format!(
                "It half worked: the generator reaches all {total} modes, but only {share:.1} % of its samples are good."
            ),
            missed if missed == total => {
                "It did not work: the generator reaches none of the modes.".into()
            }
            missed if c.high_quality < 0.5 => format!(
                "It has not learnt enough: the generator misses {missed} of {total} modes, and only {share:.1} % of its samples are good."
            ),
            missed => format!(
                "The generator collapsed: it misses {missed} of {total} modes; {share:.1} % of its samples are good."
            ),
        });
    }
    let steps = records.last().map_or(0, |r| r.step);
    if steps < FEW {
        return Some(format!(
            "It is too early to say: it has made {}.",
            counted(steps as usize, "step")
        ));
    }
    let (real, fake) = (late(records, |r| r.d_real), late(records, |r| r.d_fake));
    (probabilities && real.is_finite() && fake.is_finite()).then(|| {
        let tells = match real - fake {
            ..0.1 => "can hardly tell generated samples from real ones",
            ..0.5 => "can partly tell generated samples from real ones",
            _ => "can tell most generated samples from real ones",
        };
        format!("At the end D {tells}: it gives {fake:.2} to generated samples and {real:.2} to real ones.")
    })
}

/// The key numbers that a log and a measurement hold.
pub(super) fn numbers(records: &[Record], coverage: Option<&ModeCoverage>) -> Vec<KeyNumber> {
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
        let most = (c.modes_total as f64).ln();
        let protocol = format!("KL(model ‖ truth) over modes, 0 to {most:.2}");
        numbers.push(KeyNumber::new(
            "reverse KL",
            format!("{:.3}", c.reverse_kl_nats),
            "nats",
            protocol,
        ));
    }
    if let Some(last) = records.last() {
        let lines = tail(records);
        let protocol = format!("mean of the last {}", counted(lines.len(), "logged step"));
        for (label, loss) in [
            ("loss of D", late(records, |r| r.d_loss)),
            ("loss of G", late(records, |r| r.g_loss)),
        ] {
            numbers.push(KeyNumber::new(label, short(loss), "", &*protocol));
        }
        let per_second = late(records, |r| r.samples_per_second);
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
            "in training, over all resumes",
        ));
    }
    numbers
}
