//! What G makes: samples, and how often each class or factor level occurs.

use super::context::{Context, labelled};
use super::section::Section;
use crate::error::{Result, counted, thousands};
use crate::report::{Table, strips};

/// Rows of samples in the picture, and samples in a row.
const ROWS: usize = 4;
const COLUMNS: usize = 12;
/// Largest number of levels of a quantity whose frequencies are shown.
const LEVELS: usize = 30;

pub(super) fn run(context: &mut Context<'_>, section: &mut Section) -> Result<()> {
    let settings = context.settings;
    let real = labelled(context.subject, settings.seed, settings.latents)?;
    let mut all = Vec::new();
    for (name, levels, count) in context.levels().filter(|(_, _, count)| *count <= LEVELS) {
        let shares = shares(levels, count);
        let effective = effective_number(&shares);
        let (most, share) = largest(&shares);
        let occurring = shares.iter().filter(|share| **share > 0.0).count();
        section.finding(format!(
            "{} generated samples have {} of {} levels of {name}; the most frequent is {} with {:.0} %. They are spread as over \
             {effective:.1} equally frequent levels (e to the power of the entropy).",
            thousands(levels.len() as u64),
            occurring,
            count,
            context.level_name(name, most),
            100.0 * share
        ));
        let real = real.as_ref().filter(|real| real.name == name);
        let real = real.map(|real| self::shares(&real.labels, count));
        let table = Table::new(
            &format!("Frequency of each level of {name}, in %, among generated and real samples."),
            &["level", "generated", "real"],
        );
        section.table((0..count).fold(table, |table, level| {
            let percent = |share: f64| format!("{:.1}", 100.0 * share);
            table.row([
                context.level_name(name, level),
                percent(shares[level]),
                real.as_ref()
                    .map_or("–".into(), |real| percent(real[level])),
            ])
        }));
        all.push((name.to_string(), shares, real, effective));
    }
    if let Some(shape) = context.image() {
        let row = COLUMNS * shape.numel();
        let rows = context.generated.chunks_exact(row).take(ROWS);
        let rows: Vec<_> = rows.map(|row| (String::new(), row.to_vec())).collect();
        section.figure(
            strips("Generated samples", shape, &rows)?,
            "Samples at random latents, not selected.",
        );
    }
    if section.findings.is_empty() {
        let n = context.z.len() / context.latent().max(1);
        section.finding(format!(
            "What follows is measured on {}; without classes or factors, their frequencies cannot be counted.",
            counted(n, "generated sample")
        ));
    }
    section.record("samples", &(context.z.len() / context.latent().max(1)))?;
    section.record("level_shares_generated_real_effective", &all)
}

/// The fraction of each level.
fn shares(levels: &[usize], count: usize) -> Vec<f64> {
    let mut shares = vec![0.0; count];
    for &level in levels {
        if let Some(share) = shares.get_mut(level) {
            *share += 1.0 / levels.len() as f64;
        }
    }
    shares
}

/// exp H: the number of equally frequent levels with the same entropy.
fn effective_number(shares: &[f64]) -> f64 {
    let terms = shares.iter().filter(|p| **p > 0.0).map(|p| -p * p.ln());
    terms.sum::<f64>().exp()
}

/// The most frequent level with its share.
fn largest(shares: &[f64]) -> (usize, f64) {
    let all = shares.iter().copied().enumerate();
    all.max_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or((0, 0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frequencies_and_their_effective_number() {
        let found = shares(&[0, 0, 2, 2], 4);
        assert_eq!(found, [0.5, 0.0, 0.5, 0.0]);
        assert!((effective_number(&found) - 2.0).abs() < 1e-12);
        assert!((effective_number(&[0.25; 4]) - 4.0).abs() < 1e-12);
        assert_eq!(largest(&shares(&[3, 3, 1], 4)).0, 3);
    }
}
