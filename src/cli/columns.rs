//! Columns of a table as a user names them.

use crate::data::Fields;
use crate::error::{Error, Result, unknown};

/// The places, from 0, of the columns in `text`: names, numbers from 1 and ranges of them, separated by commas.
/// A name goes before a number, and one with a comma before two.
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
                    "column \"{}\" is there twice",
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
            "more than one column of {} is called \"{name}\"; give its number",
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
            "{} has no column {text}; its columns are 1 to {width}: {}",
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
