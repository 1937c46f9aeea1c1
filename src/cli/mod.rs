//! The command line: one file a command. Results go to stdout, messages to stderr.

mod claims;
mod columns;
mod data;
mod doctor;
mod evaluate;
mod interrupt;
mod likelihood;
mod measure;
mod output;
mod progress;
mod resume;
mod sample;
mod study;
mod tour;
mod train;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::data::DATASETS;
use crate::error::{Error, Result};
use crate::gan::{RECIPES, Recipe};

const EXAMPLES: &str = "\
Examples:
  ganscope                                     the tour: two GANs in under three minutes, and a report
  ganscope train --data ring8                  a run of your own
  ganscope evaluate runs/nsgan-ring8           how good is it?
  ganscope measure mi table.csv --x a --y b    information in a table of your own
  ganscope data fetch mnist                    real images to train on";

/// Trains GANs, measures them, and lets you look inside them.
///
/// Without a command: the tour, which trains on two built-in data sets, explains what happens, and
/// writes a report. It needs no file and no network.
#[derive(Debug, Parser)]
#[command(name = "ganscope", version, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    /// Folder of the tour [default: runs/tour]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Replace the tour that the folder holds
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    global: Global,
}

/// What every command takes.
#[derive(Debug, Args)]
struct Global {
    /// Threads to compute on; 0 for one a core. Results do not depend on it
    #[arg(
        long,
        global = true,
        value_name = "N",
        default_value_t = 0,
        allow_negative_numbers = true,
        value_parser = natural::<usize>
    )]
    threads: usize,
    /// Where data sets lie [default: $GANSCOPE_DATA_DIR, else the user's cache folder]
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Train(train::Train),
    Resume(resume::Resume),
    Sample(sample::Sample),
    Evaluate(evaluate::Evaluate),
    Likelihood(likelihood::Likelihood),
    Doctor(doctor::Doctor),
    Measure(measure::Measure),
    Study(study::Study),
    Data(data::Data),
    Claims(claims::Claims),
}

/// Does what the arguments of this process say, and returns what it is to exit with.
pub fn run() -> ExitCode {
    match execute(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        // It was asked for, and all is saved: no error.
        Err(e @ (Error::Interrupted { .. } | Error::StudyInterrupted { .. })) => {
            output::note(&e.to_string());
            ExitCode::from(e.exit_code())
        }
        Err(e) => {
            output::note(&format!("error: {e}"));
            ExitCode::from(e.exit_code())
        }
    }
}

fn execute(cli: Cli) -> Result<()> {
    let Global { threads, data_dir } = &cli.global;
    // Looking for data computes nothing.
    if !matches!(cli.command, Some(Command::Data(_))) {
        crate::tensor::use_threads(*threads)?;
    }
    let data_dir = data_dir.as_deref();
    let Some(command) = cli.command else {
        return tour::run(cli.out.as_deref(), cli.force);
    };
    let of_tour = match &cli.out {
        Some(out) => Some(format!("--out {}", out.display())),
        None => cli.force.then(|| "--force".into()),
    };
    if let Some(option) = of_tour {
        return Err(Error::Usage(format!(
            "{option} before a command is for the tour; write it after the command"
        )));
    }
    match command {
        Command::Train(train) => train.run(data_dir),
        Command::Resume(resume) => resume.run(data_dir),
        Command::Sample(sample) => sample.run(),
        Command::Evaluate(evaluate) => evaluate.run(data_dir),
        Command::Likelihood(likelihood) => likelihood.run(data_dir),
        Command::Doctor(doctor) => doctor.run(data_dir),
        Command::Measure(measure) => measure.run(),
        Command::Study(study) => study.run(data_dir),
        Command::Data(data) => data.run(data_dir),
        Command::Claims(claims) => claims.run(),
    }
}

/// The help of `--data` and `--gan` names what there is.
fn names(what: &str, all: &[&str]) -> String {
    format!("{what}: {}", all.join(", "))
}

/// A size: what is not a whole number of at least 1 is refused in words.
fn size(text: &str) -> Result<i64, String> {
    match text.parse() {
        Ok(n) if n >= 1 => Ok(n),
        _ => Err(format!(
            "must be a whole number of at least 1 and at most {}",
            i64::MAX
        )),
    }
}

/// A number that may be 0: what is not a whole one is refused in words.
fn natural<T: std::str::FromStr + PartialOrd + Default>(text: &str) -> Result<T, String> {
    let number = text.parse().ok().filter(|n| *n >= T::default());
    number.ok_or_else(|| "must be a whole number of at least 0".into())
}

fn data_help() -> String {
    names("Data set", &DATASETS)
}

fn gan_help() -> String {
    names("Recipe", &RECIPES)
}

/// The longer help of `--gan`: what each recipe is.
fn gan_long_help() -> String {
    let recipes = RECIPES.iter().filter_map(|name| Recipe::named(name).ok());
    let line = |r: Recipe| format!("\n  {:<18} {} ({})", r.name, r.summary, r.paper);
    format!("Recipe:{}", recipes.map(line).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn every_command_has_an_example_and_every_option_a_help() {
        let mut cli = Cli::command();
        cli.build();
        cli.clone().debug_assert();
        fn check(command: &clap::Command) {
            let name = command.get_name();
            let examples = command.get_after_help().map(ToString::to_string);
            assert!(
                examples.is_some_and(|e| e.contains("Example") && e.contains("ganscope")),
                "{name} has no example"
            );
            for option in command.get_arguments() {
                assert!(option.get_help().is_some(), "{name} {option}");
            }
            let inner = command.get_subcommands();
            inner.filter(|c| c.get_name() != "help").for_each(check);
        }
        check(&cli);
    }
}
