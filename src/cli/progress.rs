//! Progress of training: a bar on a terminal, about a dozen lines elsewhere.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::output::note;
use crate::report::format::{counted, thousands};
use crate::train::Progress;

/// Number of progress lines for a whole run when there is no terminal.
const LINES: u64 = 12;

/// Shortest time between two updates of the bar.
const REFRESH: Duration = Duration::from_millis(100);

/// Weight of the latest step in the moving averages shown, because the loss of one step is mostly noise.
const LATEST_WEIGHT: f64 = 0.05;

/// Time that is measured before the duration of a run is estimated.
const MEASURED: Duration = Duration::from_secs(1);

/// Shortest duration that is announced, in seconds.
const ANNOUNCED: f64 = 10.0;

/// Shows the progress of a training run, which starts at step `first` when it is resumed.
pub struct Display {
    bar: Option<ProgressBar>,
    first: u64,
    start: Instant,
    /// End of the first step, which takes longer than the others.
    first_step: Option<Instant>,
    is_announced: bool,
    last_update: Option<Instant>,
    averages: Option<[f64; 3]>,
}

impl Display {
    /// Creates the display of a run that has done `first` of `steps`.
    pub fn new(first: u64, steps: u64) -> Self {
        Display {
            bar: bar(first, steps),
            first,
            start: Instant::now(),
            first_step: None,
            is_announced: false,
            last_update: None,
            averages: None,
        }
    }

    /// Updates the display; to be called after every step.
    pub fn show(&mut self, p: &Progress) {
        let now = [p.losses.d_loss, p.losses.g_loss, p.samples_per_second];
        let before = self.averages.unwrap_or(now);
        let averages = [0, 1, 2].map(|i| before[i] + LATEST_WEIGHT * (now[i] - before[i]));
        self.averages = Some(averages);
        if let Some(announcement) = self.announcement(p) {
            match &self.bar {
                Some(bar) => bar.println(announcement),
                None => note(&announcement),
            }
        }
        let last = p.step == p.steps;
        match &self.bar {
            Some(bar) => {
                if last || self.last_update.is_none_or(|at| at.elapsed() >= REFRESH) {
                    self.last_update = Some(Instant::now());
                    bar.set_position(p.step);
                    bar.set_message(self.line(p, averages));
                }
            }
            None => {
                let every = (p.steps - self.first).div_ceil(LINES).max(1);
                if last || (p.step - self.first).is_multiple_of(every) {
                    note(&self.line(p, averages));
                }
            }
        }
    }

    /// Returns how long the run takes, once a second of it has been measured.
    fn announcement(&mut self, p: &Progress) -> Option<String> {
        let measured = self.first_step.get_or_insert_with(Instant::now).elapsed();
        if self.is_announced || measured < MEASURED {
            return None;
        }
        self.is_announced = true;
        let step = measured.as_secs_f64() / p.step.saturating_sub(self.first + 1).max(1) as f64;
        let steps = p.steps.saturating_sub(self.first);
        announcement(steps, step)
    }

    fn line(&self, p: &Progress, [d, g, rate]: [f64; 3]) -> String {
        let done = (p.step - self.first).max(1) as f64;
        let left = self.start.elapsed().as_secs_f64() / done * (p.steps - p.step) as f64;
        let of = thousands(p.steps);
        format!(
            "step {:>width$}/{of}  L_D {}  L_G {}  {} samples/s  ETA {}",
            thousands(p.step),
            loss(d),
            loss(g),
            thousands(rate as u64),
            clock(left),
            width = of.len(),
        )
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        // The last state stays visible, however training ended.
        if let Some(bar) = &self.bar {
            bar.abandon();
        }
    }
}

/// A progress bar at `position` of `length`, or none when stderr is not a terminal.
pub fn bar(position: u64, length: u64) -> Option<ProgressBar> {
    std::io::stderr().is_terminal().then(|| {
        let target = ProgressDrawTarget::stderr_with_hz(10);
        let bar = ProgressBar::with_draw_target(Some(length), target).with_position(position);
        match ProgressStyle::with_template("{bar:24} {msg}") {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        }
    })
}

/// How long so many steps take, each of which takes `step` seconds; nothing for a short time.
fn announcement(steps: u64, step: f64) -> Option<String> {
    let seconds = step * steps as f64;
    let time = match seconds {
        ..ANNOUNCED => return None,
        ..90.0 => format!("{seconds:.0} seconds"),
        ..5400.0 => counted((seconds / 60.0).round() as usize, "minute"),
        _ => format!("{:.1} hours", seconds / 3600.0),
    };
    let steps = thousands(steps);
    Some(format!(
        "training takes about {time} ({steps} steps of {step:.3} s)"
    ))
}

/// A loss such as `1.386`, or `1.6e36` in a run that diverges.
fn loss(value: f64) -> String {
    match value.abs() {
        ..1e5 => format!("{value:.3}"),
        _ => format!("{value:.1e}"),
    }
}

/// A duration as `0:42`, `12:05` or `3:20:00`.
pub fn clock(seconds: f64) -> String {
    let s = seconds.round() as u64;
    match s / 3600 {
        0 => format!("{}:{:02}", s / 60, s % 60),
        hours => format!("{hours}:{:02}:{:02}", s / 60 % 60, s % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::Losses;

    #[test]
    fn durations_are_formatted_like_a_clock() {
        let clocks = [0.4, 42.0, 725.0, 12_000.0].map(clock);
        assert_eq!(clocks, ["0:00", "0:42", "12:05", "3:20:00"]);
    }

    #[test]
    fn the_duration_of_a_run_is_announced() {
        let times = [(100, 0.05), (100, 0.25), (8000, 0.04337), (20_000, 1.0)]
            .map(|(n, s)| announcement(n, s));
        let [short, seconds, minutes, hours] = times.map(Option::unwrap_or_default);
        assert_eq!(short, "");
        assert_eq!(
            seconds,
            "training takes about 25 seconds (100 steps of 0.250 s)"
        );
        assert_eq!(
            minutes,
            "training takes about 6 minutes (8,000 steps of 0.043 s)"
        );
        assert_eq!(
            hours,
            "training takes about 5.6 hours (20,000 steps of 1.000 s)"
        );
    }

    #[test]
    fn a_progress_line_has_step_losses_speed_and_time_left() {
        let display = Display::new(0, 3000);
        let p = Progress {
            step: 500,
            steps: 3000,
            losses: Losses::default(),
            samples_per_second: 8120.4,
        };
        let line = display.line(&p, [1.21, 0.93, 8120.4]);
        assert_eq!(
            line,
            "step   500/3,000  L_D 1.210  L_G 0.930  8,120 samples/s  ETA 0:00"
        );
        assert_eq!([1.6e36, -2.5].map(loss), ["1.6e36", "-2.500"]);
    }
}
