//! The command line, with one file for each command. Results go to stdout, messages to stderr.

mod arguments;
mod claims;
mod columns;
mod data;
mod doctor;
mod evaluate;
mod explain;
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

use clap::error::ErrorKind;
use clap::{Args, Parser, Subcommand};

use arguments::{natural, size};

use crate::error::{Error, Result};

const EXAMPLES: &str = "\
Examples:
  ganscope                                     the tour: train two GANs and write a report
  ganscope train --data ring8                  train a GAN
  ganscope evaluate runs/nsgan-ring8           measure how good its samples are
  ganscope explain runs/nsgan-ring8            look inside it
  ganscope measure mi table.csv --x a --y b    mutual information of two columns
  ganscope data fetch mnist                    download images to train on";

/// Train GANs, measure them, and look inside them.
///
/// Without a command, ganscope runs the tour: it trains GANs on two built-in datasets, explains what
/// happens, and writes a report. The tour needs no files and no network.
#[derive(Debug, Parser)]
#[command(name = "ganscope", version, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    /// Directory for the runs and the report of the tour [default: runs/tour]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Replace an earlier tour in that directory
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    global: Global,
}

/// Options that every command has.
#[derive(Debug, Args)]
struct Global {
    /// Number of threads (0: one per core). Does not change the results
    #[arg(
        long,
        global = true,
        value_name = "N",
        default_value_t = 0,
        allow_negative_numbers = true,
        value_parser = natural::<usize>
    )]
    threads: usize,
    /// Directory that holds the datasets [default: $GANSCOPE_DATA_DIR if set, otherwise the directory
    /// ganscope in the user's cache directory]
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
    Explain(explain::Explain),
    Measure(measure::Measure),
    Study(study::Study),
    Data(data::Data),
    Claims(claims::Claims),
}

/// Runs the command that the arguments of this process name, and returns the exit code.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        // clap does not say which argument it is.
        Err(e) if e.kind() == ErrorKind::InvalidUtf8 => {
            output::note(&format!("error: {}", invalid_argument()));
            return ExitCode::from(2);
        }
        Err(e) => e.exit(),
    };
    match execute(cli) {
        Ok(()) => ExitCode::SUCCESS,
        // The user asked for it and everything is saved, so this is not an error.
        Err(
            e @ (Error::Interrupted { .. }
            | Error::StudyInterrupted { .. }
            | Error::ExplanationInterrupted),
        ) => {
            output::note(&e.to_string());
            ExitCode::from(e.exit_code())
        }
        Err(e) => {
            output::note(&format!("error: {e}"));
            ExitCode::from(e.exit_code())
        }
    }
}

/// The error for an argument that is not valid UTF-8 where text is needed.
fn invalid_argument() -> Error {
    let invalid = std::env::args_os().filter(|argument| argument.to_str().is_none());
    let invalid: Vec<String> = invalid.map(|a| format!("\"{}\"", a.display())).collect();
    Error::Usage(format!(
        "not valid UTF-8: {}; rename the file, or give its path without the invalid characters (shown as \u{fffd})",
        invalid.join(" and ")
    ))
}

fn execute(cli: Cli) -> Result<()> {
    let Global { threads, data_dir } = &cli.global;
    // `data` computes nothing, so it works whatever the number of threads.
    if !matches!(cli.command, Some(Command::Data(_))) {
        crate::tensor::use_threads(*threads)?;
    }
    let data_dir = data_dir.as_deref();
    let Some(command) = cli.command else {
        return tour::run(cli.out.as_deref(), cli.force);
    };
    let tour_option = match &cli.out {
        Some(out) => Some(format!("--out {}", out.display())),
        None => cli.force.then(|| "--force".into()),
    };
    if let Some(option) = tour_option {
        return Err(Error::Usage(format!(
            "{option} before a command applies to the tour only; write it after the command"
        )));
    }
    match command {
        Command::Train(train) => train.run(data_dir),
        Command::Resume(resume) => resume.run(data_dir),
        Command::Sample(sample) => sample.run(),
        Command::Evaluate(evaluate) => evaluate.run(data_dir),
        Command::Likelihood(likelihood) => likelihood.run(data_dir),
        Command::Doctor(doctor) => doctor.run(data_dir),
        Command::Explain(explain) => explain.run(data_dir),
        Command::Measure(measure) => measure.run(),
        Command::Study(study) => study.run(data_dir),
        Command::Data(data) => data.run(data_dir),
        Command::Claims(claims) => claims.run(),
    }
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
