//! Workers: child processes that do a run each.
//!
//! A worker holds one end of a pipe as its standard input. When the other end closes, because it was
//! told to stop or because this process died in whatever way, it saves what it has and ends.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use super::worker::{Done, Job, Said};
use crate::error::{AtPath, Error, Result};

/// So long an event is waited for at most.
const TICK: Duration = Duration::from_millis(100);

/// What a worker did; the number is that of its run.
pub(super) enum Event {
    Step(usize, u64),
    Ended(usize, Ending),
}

/// How a worker ended.
pub(super) enum Ending {
    Done(Done),
    Failed(String),
    /// Without a word of its own: killed, crashed, or stopped. How, as far as is known.
    Died(String),
}

/// The workers that are at work.
pub(super) struct Pool {
    running: BTreeMap<usize, Option<ChildStdin>>,
    sender: Sender<Event>,
    receiver: Receiver<Event>,
}

impl Pool {
    pub fn new() -> Self {
        let (sender, receiver) = channel();
        Pool {
            running: BTreeMap::new(),
            sender,
            receiver,
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.running.len()
    }

    /// Sets a worker to a job.
    ///
    /// # Errors
    /// [`Error::Io`] when the program cannot be started.
    pub fn start(&mut self, index: usize, mut command: Command, job: &Job) -> Result<()> {
        let line = serde_json::to_string(job).map_err(|e| Error::Usage(e.to_string()))?;
        command.stdin(Stdio::piped());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().at(command.get_program())?;
        let mut stdin = child.stdin.take();
        if let Some(stdin) = &mut stdin {
            // One that has died already is seen to have ended.
            let _ = stdin.write_all((line + "\n").as_bytes());
        }
        self.running.insert(index, stdin);
        let sender = self.sender.clone();
        std::thread::spawn(move || {
            let ending = listen(child, |step| {
                let _ = sender.send(Event::Step(index, step));
            });
            let _ = sender.send(Event::Ended(index, ending));
        });
        Ok(())
    }

    /// The next thing that happens, if it does so soon; without workers nothing does.
    pub fn next(&mut self) -> Option<Event> {
        if self.running.is_empty() {
            return None;
        }
        let event = self.receiver.recv_timeout(TICK).ok()?;
        if let Event::Ended(index, _) = &event {
            self.running.remove(index);
        }
        Some(event)
    }

    /// Tells all workers to save and end.
    pub fn stop(&mut self) {
        self.running.values_mut().for_each(|stdin| *stdin = None);
    }
}

impl Drop for Pool {
    /// No worker outlives its pool, whatever ended that.
    fn drop(&mut self) {
        self.stop();
        while self.len() > 0 {
            self.next();
        }
    }
}

/// Hears a worker out.
fn listen(mut child: Child, mut step: impl FnMut(u64)) -> Ending {
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
        for said in lines.filter_map(|line| serde_json::from_str(&line).ok()) {
            match said {
                Said::Step(n) => step(n),
                Said::Done(done) => last = Some(Ending::Done(done)),
                Said::Failed(problem) => last = Some(Ending::Failed(problem)),
            }
        }
    }
    let status = child.wait();
    let errors = errors.and_then(|thread| thread.join().ok());
    last.unwrap_or_else(|| {
        let how = status.map_or_else(|e| e.to_string(), |status| status.to_string());
        let said = errors.as_deref().and_then(|text| text.lines().last());
        Ending::Died(said.map_or(how.clone(), |said| format!("{how}, after \"{said}\"")))
    })
}
