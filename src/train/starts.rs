//! The outcome of several starts of a run.

use serde::{Deserialize, Serialize};
use std::fmt;

/// How well the starts of a run did, and which one was continued: the content of `starts.json` in the run directory.
///
/// ```
/// use ganscope::train::Starts;
/// let starts = Starts { bits: vec![Some(2.31), None, Some(2.49)], chosen: 2 };
/// assert_eq!(starts.to_string(), "start 3 of 3, chosen by its L_R of 2.49 bits (the others: 2.31, diverged)");
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Starts {
    /// L_R of each start in bits, over its last fifth; `None` where it diverged.
    pub bits: Vec<Option<f64>>,
    /// Index, from 0, of the start that was continued.
    pub chosen: usize,
}

impl fmt::Display for Starts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |bits: &Option<f64>| bits.map_or("diverged".into(), |b| format!("{b:.2}"));
        let each: Vec<String> = self.bits.iter().map(text).collect();
        let chosen = each.get(self.chosen).map_or("?", String::as_str);
        let others = each.iter().enumerate().filter(|(k, _)| *k != self.chosen);
        let others: Vec<&str> = others.map(|(_, text)| text.as_str()).collect();
        write!(
            f,
            "start {} of {}, chosen by its L_R of {chosen} bits (the others: {})",
            self.chosen + 1,
            self.bits.len(),
            others.join(", ")
        )
    }
}
