//! Compares all estimators of information on tasks whose exact value is known: `just estimators`.
//!
//! Writes estimators.csv, and from it the tables and figures that book/src/studies/estimators.md includes. With names of
//! families as arguments, only these are measured again; with `draw`, none. The seeds are fixed, so only the column
//! `seconds` differs between machines.

mod counts;
mod draw;
mod entropy;
mod information;
mod page;
mod trial;

use trial::Row;

fn main() -> ganscope::Result<()> {
    // Times are measured on one thread.
    let one = rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build_global();
    one.expect("no thread pool exists yet");
    let families = [information::family(), entropy::family(), counts::family()];
    // Cargo adds the option --bench.
    let named: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| a != "--bench")
        .collect();
    let previous = if named.is_empty() {
        Vec::new()
    } else {
        page::read()?
    };
    let mut rows: Vec<Row> = Vec::new();
    for family in &families {
        if named.is_empty() || named.iter().any(|name| name == family.name) {
            rows.extend((family.measure)());
        } else {
            let kept = previous.iter().filter(|row| row.family == family.name);
            rows.extend(kept.cloned());
        }
    }
    page::write(&families, &rows)
}
