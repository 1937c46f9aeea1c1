//! The columns of a table that an option selects.

use crate::data::Fields;
use crate::error::{Error, Result, unknown};

/// The positions, from 0, of the columns that `text` selects.
///
/// `text` is a comma-separated list of column names, numbers from 1, and ranges of numbers. A column whose name
/// is a number or contains a comma is selected by that name.
///
/// # Errors
/// [`Error::Usage`] for a column that does not exist, that several columns are called, or that is listed twice.
pub fn columns(table: &Fields, text: &str) -> Result<Vec<usize>> {
    if let Some(place) = named(table, text.trim())? {
        return Ok(vec![place]);
    }
    let mut found = Vec::new();
    for part in text.split(',').map(str::trim) {
        let places = match named(table, part)? {
            Some(place) => vec![place],
            None => numbered(table, part)?,
        };
        for place in places {
            if found.contains(&place) {
                return Err(Error::Usage(format!(
                    "column \"{}\" is listed twice; list it once",
                    table.names[place]
                )));
            }
            found.push(place);
        }
    }
    Ok(found)
}

fn named(table: &Fields, name: &str) -> Result<Option<usize>> {
    let mut places = (0..table.names.len()).filter(|&i| table.names[i] == name);
    let first = places.next();
    match places.next() {
        None => Ok(first),
        Some(_) => Err(Error::Usage(format!(
            "{} has several columns called \"{name}\"; select one by its number",
            table.path.display()
        ))),
    }
}

fn numbered(table: &Fields, text: &str) -> Result<Vec<usize>> {
    let number = |text: &str| text.trim().parse::<usize>().ok();
    let range = match text.split_once('-') {
        Some((from, to)) => number(from).zip(number(to)),
        None => number(text).map(|n| (n, n)),
    };
    let width = table.names.len();
    match range {
        Some((from, to)) if 1 <= from && from <= to && to <= width => Ok((from - 1..to).collect()),
        Some(_) => Err(Error::Usage(format!(
            "{} has no column {text}; its columns are numbered 1 to {width}: {}",
            table.path.display(),
            table.names.join(", ")
        ))),
        None => {
            let known: Vec<&str> = table.names.iter().map(String::as_str).collect();
            Err(unknown(
                &format!("column of {}", table.path.display()),
                text,
                &known,
            ))
        }
    }
}
