//! A disk that is full while a checkpoint is saved.
#![cfg(unix)]

use std::process::Command;

use crate::common::{Outcome, checkpoint, clean, entries, folder, ganscope, trained};

#[test]
fn a_full_disk_leaves_the_last_checkpoint() {
    let at = folder();
    let run = trained(at.path(), 10);
    let before = std::fs::read(checkpoint(&run, 10)).unwrap();
    // No file may grow beyond 200 KiB, a fifth of a checkpoint. Ignoring the signal makes writing
    // fail as it does on a full disk.
    let script = "trap '' XFSZ; ulimit -f 200; exec \"$0\" resume run --steps 40";
    let mut shell = Command::new("bash");
    clean(&mut shell, at.path());
    shell.args(["-c", script, env!("CARGO_BIN_EXE_ganscope")]);
    let outcome = Outcome::from(shell.output().unwrap());
    outcome.fails(1, &["error: ", "step-000020.safetensors", "File too large"]);
    // Neither half a file nor a temporary one.
    assert_eq!(
        entries(&run.join("checkpoints")),
        ["step-000010.safetensors"]
    );
    assert_eq!(std::fs::read(checkpoint(&run, 10)).unwrap(), before);
    ganscope(at.path(), "sample run --out a.csv").succeeds();
    ganscope(at.path(), "resume run --steps 40").succeeds();
}
