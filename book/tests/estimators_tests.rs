//! The table of estimators in the guide to the commands is that of the library.

use std::path::Path;

#[test]
fn the_table_of_estimators_is_up_to_date() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("estimators.md");
    let expected = ganscope::info::measure::markdown();
    let found = std::fs::read_to_string(&file).unwrap_or_default();
    if found != expected {
        let new = Path::new(env!("CARGO_TARGET_TMPDIR")).join("estimators.md");
        std::fs::write(&new, expected).unwrap();
        panic!(
            "{} is out of date; replace it with {}",
            file.display(),
            new.display()
        );
    }
}
