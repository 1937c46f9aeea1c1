//! The pool of workers: child processes that train and measure one run each.
//!
//! The standard input of a worker is a pipe. When its other end closes, because the pool stops or because this process
//! has ended for any reason, the worker saves a checkpoint and ends.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use super::worker::{Job, RunResult, WorkerMessage};
use crate::error::{AtPath, Error, Result};

/// Longest time to wait for an event.
const EVENT_TIMEOUT: Duration = Duration::from_millis(100);

/// A message from a worker, with the index of its run.
pub(super) enum Event {
    /// The worker has trained this many steps.
    Step(usize, u64),
    /// The worker has ended.
    Ended(usize, Ending),
}

/// How a worker ended.
pub(super) enum Ending {
    /// It has reported a result.
    Done(RunResult),
    /// It has reported an error.
    Failed(String),
    /// It has reported nothing: it was killed, crashed or was stopped. The text has its exit status.
    Died(String),
}

/// The workers that are running.
pub(super) struct Pool {
    running: BTreeMap<usize, Option<ChildStdin>>,
    sender: Sender<Event>,
    receiver: Receiver<Event>,
}

impl Pool {
    /// Creates a pool without workers.
    pub fn new() -> Self {
        let (sender, receiver) = channel();
        Pool {
            running: BTreeMap::new(),
            sender,
            receiver,
        }
    }

    /// Returns the number of workers.
    pub fn len(&self) -> usize {
        self.running.len()
    }

    /// Starts a worker with a job.
    ///
    /// # Errors
    /// [`Error::Io`] if the program cannot be started.
    pub fn start(&mut self, index: usize, mut command: Command, job: &Job) -> Result<()> {
        let line = serde_json::to_string(job).map_err(|e| Error::Usage(e.to_string()))?;
        command.stdin(Stdio::piped());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().at(command.get_program())?;
        let mut stdin = child.stdin.take();
        if let Some(stdin) = &mut stdin {
            // If this fails, the worker has died, which the thread below reports.
            let _ = stdin.write_all((line + "\n").as_bytes());
        }
        self.running.insert(index, stdin);
        let sender = self.sender.clone();
        std::thread::spawn(move || {
            let ending = wait_for(child, |step| {
                let _ = sender.send(Event::Step(index, step));
            });
            let _ = sender.send(Event::Ended(index, ending));
        });
        Ok(())
    }

    /// Returns the next event; `None` if there is none within 0.1 s, or no worker.
    pub fn next(&mut self) -> Option<Event> {
        if self.running.is_empty() {
            return None;
        }
        let event = self.receiver.recv_timeout(EVENT_TIMEOUT).ok()?;
        if let Event::Ended(index, _) = &event {
            self.running.remove(index);
        }
        Some(event)
    }

    /// Tells all workers to save a checkpoint and end.
    pub fn stop(&mut self) {
        self.running.values_mut().for_each(|stdin| *stdin = None);
    }
}

impl Drop for Pool {
    /// Waits until all workers have ended.
    fn drop(&mut self) {
        self.stop();
        while self.len() > 0 {
            self.next();
        }
    }
}

/// Reads the messages of a worker until it ends.
fn wait_for(mut child: Child, mut step: impl FnMut(u64)) -> Ending {
    let errors = child.stderr.take().map(|mut stderr| {
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            let _ = stderr.read_to_end(&mut bytes);
            String::from_utf8_lossy(&bytes).into_owned()
        })
    });
    let mut last = None;
    if let Some(stdout) = child.stdout.take() {
        let lines = BufReader::new(stdout).lines().map_while(Result::ok);
        for message in lines.filter_map(|line| serde_json::from_str(&line).ok()) {
            match message {
                WorkerMessage::Step(n) => step(n),
                WorkerMessage::Done(result) => last = Some(Ending::Done(result)),
                WorkerMessage::Failed(problem) => last = Some(Ending::Failed(problem)),
            }
        }
    }
    let status = child.wait();
    let errors = errors.and_then(|thread| thread.join().ok());
    last.unwrap_or_else(|| {
        let how = status.map_or_else(|e| e.to_string(), |status| status.to_string());
        Ending::Died(match errors.as_deref().and_then(last_message) {
            Some(message) => format!("{how}, after the message \"{message}\""),
            None => how,
        })
    })
}

/// The last message on standard error: of a panic, its place and its text, without the advice on backtraces that
/// follows.
fn last_message(errors: &str) -> Option<String> {
    let lines: Vec<&str> = errors.lines().collect();
    match lines
        .iter()
        .rposition(|line| line.contains(" panicked at "))
    {
        Some(panic) => Some(
            lines[panic..]
                .iter()
                .take(2)
                .copied()
                .collect::<Vec<_>>()
                .join(" "),
        ),
        None => lines.last().copied().map(String::from),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_message_of_a_panic_is_its_text() {
        let panic = "continuing from step 3\n\nthread 'main' (7) panicked at src/a.rs:1:2:\ncapacity overflow\n\
                     note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\n";
        let expected = "thread 'main' (7) panicked at src/a.rs:1:2: capacity overflow";
        assert_eq!(last_message(panic).as_deref(), Some(expected));
        let killed = "first\nmemory allocation of 9 bytes failed\n";
        assert_eq!(
            last_message(killed).as_deref(),
            Some("memory allocation of 9 bytes failed")
        );
        assert_eq!(last_message(""), None);
    }
}
