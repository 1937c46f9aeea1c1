//! `ganscope claims`.

use crate::common::*;

#[test]
fn the_ledger_is_printed_and_compared() {
    let folder = folder();
    let ran = ganscope(folder.path(), "claims --section 3.1").succeeds();
    assert!(ran.out.contains("3.1.a") && ran.out.contains("holds when repaired"));
    assert!(
        !ran.out.contains("3.2.a") && ran.err.is_empty(),
        "{}",
        ran.err
    );

    let json = ganscope(folder.path(), "claims --section 3.1 --json").succeeds();
    let ledger: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(ledger["claims"][1]["verdict"], "holds when repaired");
    let path = folder.path().join("ledger.json");
    std::fs::write(&path, &json.out).unwrap();
    ganscope(folder.path(), "claims --section 3.1 --check ledger.json").succeeds();
    std::fs::write(&path, json.out.replace("holds when repaired", "holds")).unwrap();
    ganscope(folder.path(), "claims --section 3.1 --check ledger.json").fails(
        1,
        &[
            "ledger.json:",
            "claim 3.1.b is \"holds\" in this file",
            "`ganscope claims --json > ledger.json`",
        ],
    );
    // The file is read before the claims are decided, whose verdicts would be printed.
    std::fs::write(folder.path().join("rates.toml"), "seeds = 1\n").unwrap();
    let other = ganscope(folder.path(), "claims --section 3.1 --check rates.toml");
    let other = other.fails(
        1,
        &["rates.toml:1", "that `ganscope claims --json` has written"],
    );
    assert_eq!(other.out, "");

    ganscope(folder.path(), "claims --section 3.3 --check missing.json")
        .fails(2, &["unknown section \"3.3\"", "nearest"]);
    ganscope(folder.path(), "claims --section 3.1 --check missing.json")
        .fails(1, &["missing.json"]);
}
