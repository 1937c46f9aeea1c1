//! Checkpoints that are damaged, foreign, or of another network.

use std::fs::{File, OpenOptions};

use crate::common::{checkpoint, edit, folder, ganscope, rename, tensors, trained};

#[test]
fn a_truncated_one_is_passed_over_for_an_older() {
    let at = folder();
    let run = trained(at.path(), 20);
    let newest = checkpoint(&run, 20);
    let whole = tensors(&newest);
    let file = OpenOptions::new().write(true).open(&newest).unwrap();
    file.set_len(1000).unwrap();
    let by_name = format!("sample {} --out a.csv", newest.display());
    ganscope(at.path(), &by_name).fails(1, &["step-000020.safetensors", "truncated", "1000 bytes"]);
    let outcome = ganscope(at.path(), "evaluate run").succeeds();
    assert!(outcome.err.contains("warning: ") && outcome.err.contains("step-000020"));
    assert!(outcome.out.contains("at step 10"), "{}", outcome.out);
    // The step that was lost is trained again, to the same weights.
    let outcome = ganscope(at.path(), "resume run").succeeds();
    for part in [
        "warning: ",
        "step-000020.safetensors",
        "continuing from step 10 of 20",
    ] {
        assert!(outcome.err.contains(part), "{}", outcome.err);
    }
    assert!(tensors(&newest) == whole);
}

#[test]
fn without_a_whole_one_there_is_nothing_to_go_on_from() {
    let at = folder();
    let run = trained(at.path(), 10);
    File::create(checkpoint(&run, 10)).unwrap();
    for command in [
        "resume run --steps 20",
        "evaluate run",
        "sample run --out a.csv",
    ] {
        ganscope(at.path(), command).fails(1, &["step-000010.safetensors", "truncated", "0 bytes"]);
    }
    std::fs::remove_file(checkpoint(&run, 10)).unwrap();
    ganscope(at.path(), "resume run").fails(2, &["no checkpoint yet"]);
}

#[test]
fn one_of_another_version_or_another_network() {
    let at = folder();
    let path = checkpoint(&trained(at.path(), 10), 10);
    let sample = || ganscope(at.path(), "sample run --out a.csv");
    let file = "step-000010.safetensors";
    edit(&path, "format_version", "2", "77");
    sample().fails(1, &[file, "format version 77", "reads version 2"]);
    edit(&path, "format_version", "77", "2");
    sample().succeeds();
    edit(&path, "config", "\"out\":128", "\"out\":64");
    sample().fails(1, &[file, "cannot be", "generator layer 2"]);
    edit(&path, "config", "\"out\":64", "\"out\":128");
    edit(&path, "config", "\"in\":128", "\"in\":64");
    edit(&path, "config", "\"out\":128", "\"out\":64");
    // A network that fits together, but not with the weights.
    sample().fails(1, &[file, "generator", "0.weight", "[128, 2]", "[64, 2]"]);
    ganscope(at.path(), "resume run --steps 20").fails(1, &[file, "0.weight"]);
    edit(&path, "config", "\"out\":64", "\"out\":128");
    edit(&path, "config", "\"in\":64", "\"in\":128");
    sample().succeeds();
    rename(&path, "generator_average.0.weight", "elsewhere");
    sample().fails(1, &[file, "generator_average.0.weight is missing"]);
}
