//! The ledger: each claim of the article, decided by computed evidence.
//!
//! Evidence is measured for the article's words and formulas *as written* and, where there is one, for a
//! *repaired* reading. Every measurement states the value that is expected if its reading is true. If all
//! measurements as written meet their expectation, the claim **holds**; otherwise, if all measurements of
//! the repaired reading do, it **holds when repaired**; otherwise it is **refuted**. Measurements that are
//! marked as context do not affect the verdict. A measurement that is not finite is an error.
//!
//! To add a claim, write its constant in the file of its section and add it to the list in `list.rs`.

mod claim;
mod ledger;
mod list;
mod loss_functions;
mod measurement;
mod model_structure;
mod one_dimensional;

pub use claim::{Claim, Finding, Verdict};
pub use ledger::{Ledger, RecordedLedger, selected};
pub use list::CLAIMS;
pub use measurement::{Expected, Measurement, Reading};
