//! The program `exp` as a library, so that a binary with plugins of its own is five lines:
//! `exp_cli::run(registry)`.

#[macro_use]
mod out;

mod commands;
mod device;
mod inputs;
mod learner;
mod opened;
mod progress;
mod project;
mod provenance;
mod shown;
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
    Runs(commands::runs::Arguments),
    Show(commands::show::Arguments),
    Diff(commands::diff::Arguments),
    Logs(commands::logs::Arguments),
    Gc(commands::gc::Arguments),
    Repro(commands::repro::Arguments),
    Note(commands::note::Arguments),
    Rm(commands::rm::Arguments),
    #[command(subcommand)]
    Store(commands::store::Command),
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
    Doctor(commands::doctor::Arguments),
    Bench(commands::bench::Arguments),
}

/// The exit status of a program that was asked to stop: 128 and the number of Ctrl-C's signal.
const STOPPED: u8 = 130;

/// How a command ended when nothing stopped it.
enum Outcome {
    /// Everything was done.
    Done,
    /// A run failed and the others went on, or a check found a fault.
    SomeFailed,
    /// Runs had begun, and something stopped them all.
    BrokenOff(anyhow::Error),
    /// Stopped on request; the same command goes on.
    Stopped,
}

/// Runs the program on the command line's arguments.
///
/// Exit status 0: everything was done; 1: a run failed, and the others went
/// on, or all were stopped half-way, or a check found a fault; 2: bad input or
/// surroundings, and nothing was started; 130: stopped on request.
pub fn run(registry: Registry) -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match arguments.command {
        Command::Run(arguments) => commands::run::run(&arguments, &registry),
        Command::Runs(arguments) => commands::runs::run(&arguments),
        Command::Show(arguments) => commands::show::run(&arguments),
        Command::Diff(arguments) => commands::diff::run(&arguments),
        Command::Logs(arguments) => commands::logs::run(&arguments),
        Command::Gc(arguments) => commands::gc::run(&arguments),
        Command::Repro(arguments) => commands::repro::run(&arguments, &registry),
        Command::Note(arguments) => commands::note::run(&arguments),
        Command::Rm(arguments) => commands::rm::run(&arguments),
        Command::Store(command) => commands::store::run(&command),
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
        Command::Doctor(arguments) => commands::doctor::run(&arguments, &registry),
        Command::Bench(arguments) => commands::bench::run(&arguments, &registry),
    };
    match outcome {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::SomeFailed) => ExitCode::from(1),
        Ok(Outcome::Stopped) => ExitCode::from(STOPPED),
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
