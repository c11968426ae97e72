//! The `wavetank` binary: arguments in, data on stdout, everything else on stderr, and an exit code that means something.
//!
//! 0: done, every check holds. 1: a check failed, or the pipeline did. 2: wrong usage. 3: something is missing around
//! it (a free port, a running tank, a program). Start with `args.rs`.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool talks to its terminal")]

mod args;
mod aws;
mod bench;
mod control;
mod diff;
mod doctor;
mod exec;
mod failure;
mod generate;
mod kdg;
mod place;
mod progress;
mod run;
mod send;
mod serve;
mod signals;
mod sim;
mod sweep;
mod threads;
mod whole_file;

use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command};

/// A request is hundreds of small allocations: glibc's own takes a fifth of the server's time (docs/figures.md).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let args = Args::parse();
    let outcome = match args.command {
        Command::Run(options) => run::run(&options),
        Command::Sim(options) => sim::sim(&options),
        Command::Serve(options) => serve::serve(&options),
        Command::Exec(options) => exec::exec(&options),
        Command::Bench(options) => bench::bench(&options),
        Command::Diff(options) => diff::run(&options),
        Command::Env(at) => control::env(&at),
        Command::Clock(options) => control::clock(&options),
        Command::Status(at) => control::status(&at),
        Command::Doctor => doctor::doctor(),
        Command::List => generate::list(),
        Command::Generate(options) => generate::generate(&options),
        Command::Sweep(options) => sweep::sweep(&options),
    };
    match outcome {
        Ok(code) => code,
        Err(failure) => {
            if !matches!(failure, failure::Failure::Told(_)) {
                eprintln!("error: {failure}");
            }
            failure.exit_code()
        }
    }
}
