//! Running the program and looking at what it said.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

pub fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// The program in `folder`, with nothing of this user's surroundings.
pub fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ganscope"));
    clean(&mut command, folder);
    command
}

pub fn clean(command: &mut Command, folder: &Path) {
    command
        .current_dir(folder)
        .env_remove("GANSCOPE_DATA_DIR")
        .env("XDG_CACHE_HOME", folder.join("cache"));
}

/// How a process ended and what it said.
#[derive(Debug)]
pub struct Outcome {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl From<Output> for Outcome {
    fn from(output: Output) -> Self {
        Outcome {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// Runs the program with arguments separated by spaces.
pub fn ganscope(folder: &Path, arguments: &str) -> Outcome {
    let arguments = arguments.split_whitespace();
    command(folder).args(arguments).output().unwrap().into()
}

impl Outcome {
    #[track_caller]
    pub fn succeeds(self) -> Self {
        assert_eq!(self.code, Some(0), "{}", self.err);
        self
    }

    /// Ends with `code`, and stderr says every one of `parts` and nothing of a panic.
    #[track_caller]
    pub fn fails(self, code: i32, parts: &[&str]) -> Self {
        assert_eq!(self.code, Some(code), "{}", self.err);
        for part in parts {
            assert!(
                self.err.contains(part),
                "\"{part}\" is not in: {}",
                self.err
            );
        }
        assert!(!self.err.contains("panicked"), "{}", self.err);
        self
    }
}

/// Options for a run of small batches on `ring8` that takes an instant.
pub const SMALL: &str = "--data ring8 --set batch=16 --set log_every=5 --set sample_every=10 \
                         --set checkpoint_every=10";

/// A finished run of `steps` in `folder/run`.
pub fn trained(folder: &Path, steps: u64) -> PathBuf {
    ganscope(folder, &format!("train {SMALL} --steps {steps} --out run")).succeeds();
    folder.join("run")
}

pub fn checkpoint(run: &Path, step: u64) -> PathBuf {
    run.join(format!("checkpoints/step-{step:06}.safetensors"))
}

/// The bytes of all tensors of a checkpoint, with the names and shapes they stand under.
pub fn tensors(path: &Path) -> (serde_json::Value, Vec<u8>) {
    let (mut header, data) = parts(path);
    header.as_object_mut().unwrap().remove("__metadata__");
    (header, data)
}

/// The JSON header of a safetensors file, and what follows it.
fn parts(path: &Path) -> (serde_json::Value, Vec<u8>) {
    let bytes = std::fs::read(path).unwrap();
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
    (header, bytes[8 + length..].to_vec())
}

/// Replaces `from` by `to` in one entry of a checkpoint's metadata.
pub fn edit(path: &Path, key: &str, from: &str, to: &str) {
    edit_header(path, |header| {
        let entry = &mut header["__metadata__"][key];
        let text = entry.as_str().unwrap();
        assert!(text.contains(from), "{text}");
        *entry = text.replace(from, to).into();
    });
}

/// Gives a tensor of a checkpoint another name.
pub fn rename(path: &Path, from: &str, to: &str) {
    edit_header(path, |header| {
        let tensor = header.as_object_mut().unwrap().remove(from).unwrap();
        header[to] = tensor;
    });
}

fn edit_header(path: &Path, edit: impl FnOnce(&mut serde_json::Value)) {
    let (mut header, data) = parts(path);
    edit(&mut header);
    let mut text = header.to_string();
    // Tensors begin at a multiple of eight.
    text += &" ".repeat(text.len().next_multiple_of(8) - text.len());
    let length = (text.len() as u64).to_le_bytes();
    std::fs::write(path, [&length[..], text.as_bytes(), &data].concat()).unwrap();
}

/// Names of what is in a folder, sorted.
pub fn entries(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}
