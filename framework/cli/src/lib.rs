//! The program `exp` as a library, so that a binary with plugins of its own is five lines:
//! `exp_cli::run(registry)`.

mod commands;
mod inputs;
mod learner;
mod progress;
mod project;
mod provenance;
mod strips;
mod trained;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use exp_report::text::visible;
use exp_train::Registry;

/// Runs declarative experiments on DFER-CLIP and tells what made a difference.
#[derive(Parser)]
#[command(name = "exp", version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Run(commands::run::Arguments),
    Report(commands::report::Arguments),
    Serve(commands::serve::Arguments),
    Eval(commands::eval::Arguments),
    Predict(commands::predict::Arguments),
    Plugins(commands::plugins::Arguments),
    Schema(commands::schema::Arguments),
    #[command(subcommand)]
    Prompts(commands::prompts::Command),
    Pretrain(commands::pretrain::Arguments),
    #[command(subcommand)]
    Weights(commands::weights::Command),
    Data(commands::data::Arguments),
    #[command(subcommand)]
    Published(commands::published::Command),
}

/// How a command ended when nothing stopped it.
enum Outcome {
    /// Everything was done.
    Done,
    /// A run failed and the others went on, or a check found a fault.
    SomeFailed,
    /// Runs had begun, and something stopped them all.
    BrokenOff(anyhow::Error),
}

/// Runs the program on the command line's arguments.
///
/// Exit status 0: everything was done; 1: a run failed, and the others went
/// on, or all were stopped half-way, or a check found a fault; 2: bad input or
/// surroundings, and nothing was started.
pub fn run(registry: Registry) -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match arguments.command {
        Command::Run(arguments) => commands::run::run(&arguments, &registry),
        Command::Report(arguments) => commands::report::run(&arguments, &registry),
        Command::Serve(arguments) => commands::serve::run(&arguments, &registry),
        Command::Eval(arguments) => commands::eval::run(&arguments, &registry),
        Command::Predict(arguments) => commands::predict::run(&arguments, &registry),
        Command::Plugins(arguments) => commands::plugins::run(&arguments, &registry),
        Command::Schema(arguments) => commands::schema::run(&arguments, &registry),
        Command::Pretrain(arguments) => commands::pretrain::run(&arguments),
        Command::Prompts(command) => commands::prompts::run(&command, &registry),
        Command::Weights(command) => commands::weights::run(&command),
        Command::Data(arguments) => commands::data::run(&arguments, &registry),
        Command::Published(command) => commands::published::run(&command),
    };
    match outcome {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::SomeFailed) => ExitCode::from(1),
        Ok(Outcome::BrokenOff(error)) => {
            eprintln!("{}", visible(&message(&error)));
            ExitCode::from(1)
        }
        Err(error) => {
            eprintln!("{}", visible(&message(&error)));
            ExitCode::from(2)
        }
    }
}

/// An error with its causes. Diagnostics begin with `error: ` themselves.
fn message(error: &anyhow::Error) -> String {
    let text = format!("{error:#}");
    match text.starts_with("error: ") {
        true => text,
        false => format!("error: {text}"),
    }
}
