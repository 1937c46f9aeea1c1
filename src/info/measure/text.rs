//! Text that people read as a number, such as `12 %` and `3,5`.

use crate::data::stands_for_missing;
use crate::info::estimator::Summary;

/// A message for each column of text that looks like numbers.
pub(super) fn numbers_in_text(table: &Summary<'_>) -> Vec<String> {
    let columns = table.variables.iter().flat_map(|v| {
        let name = |j: &usize| &v.columns[*j];
        v.symbols.iter().map(move |(j, texts)| (name(j), texts))
    });
    columns
        .filter_map(|(name, texts)| {
            let mut words = texts.iter().filter(|text| !stands_for_missing(text));
            let first = words.next()?;
            let (plain, unit) = plain_number(first)?;
            let same_unit = |text: &String| plain_number(text).is_some_and(|(_, own)| own == unit);
            words.all(same_unit).then(|| {
                format!(
                    "column \"{name}\" holds text such as {first:?}, which is treated as a symbol; to have it treated \
                     as a number, write {plain}"
                )
            })
        })
        .collect()
}

/// A number that is written for people as it is written for programs, and its unit.
fn plain_number(text: &str) -> Option<(String, String)> {
    let text: String = text.chars().map(half_width).collect();
    let amount = text.trim().trim_start_matches(['$', '€', '£']).trim_start();
    let unit = amount.find(|c: char| !c.is_ascii_digit() && !".,+-".contains(c));
    let (amount, unit) = amount.split_at(unit.unwrap_or(amount.len()));
    let groups: Vec<&str> = amount.split(',').collect();
    let (whole, rest) = groups.split_first()?;
    // In 1,234,567.8 and 1,234 the commas separate thousands; in 0,123 the comma is a decimal one.
    let thousands = !rest.is_empty()
        && !["", "0", "-0"].contains(whole)
        && rest
            .iter()
            .all(|group| group.split('.').next().map(str::len) == Some(3));
    let plain = match (thousands, rest.len()) {
        (true, _) => groups.concat(),
        (false, 0 | 1) => groups.join("."),
        _ => return None,
    };
    plain
        .parse::<f64>()
        .ok()
        .map(|_| (plain, unit.trim().into()))
}

/// The ASCII character of a full-width one (U+FF01 to U+FF5E), as Chinese and Japanese text has them; others unchanged.
fn half_width(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{3000}' => ' ',
        c => c,
    }
}
