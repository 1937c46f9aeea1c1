//! Every estimator of information on tasks whose truth is known: `just estimators`.
//!
//! Writes estimators.csv and, from that, what book/src/studies/estimators.md includes. With names of families it
//! measures those anew and keeps the others; `draw` names none. With fixed seeds: only the column `seconds` differs
//! from one machine to another.

mod counts;
mod draw;
mod entropy;
mod information;
mod page;
mod trial;

use trial::Row;

fn main() -> ganscope::Result<()> {
    // Times are those of one thread.
    let one = rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build_global();
    one.expect("rayon has not been used yet");
    let families = [information::family(), entropy::family(), counts::family()];
    // Cargo adds an option of its own.
    let named: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| a != "--bench")
        .collect();
    let before = if named.is_empty() {
        Vec::new()
    } else {
        page::read()?
    };
    let mut rows: Vec<Row> = Vec::new();
    for family in &families {
        match named.is_empty() || named.iter().any(|name| name == family.name) {
            true => rows.extend((family.measure)()),
            false => rows.extend(
                before
                    .iter()
                    .filter(|row| row.family == family.name)
                    .cloned(),
            ),
        }
    }
    page::write(&families, &rows)
}
