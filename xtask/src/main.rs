//! `cargo xtask`: what is generated from AWS's models, and the checks that keep the repository as it says it is.
//!
//! `wire` writes, `wire --check` compares; `coverage` writes the operation table; `ci` is all that CI does besides
//! the README's test command. Start with `wire/mod.rs`.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool talks to its terminal")]

mod ci;
mod coverage;
mod image;
mod wire;

use std::path::PathBuf;
use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask <command>

  wire             write wire/src/gen from wire/models
  wire --fetch     first write wire/models from the botocore package (needs the Python registry)
  wire --check     fail if wire/src/gen is not what wire/models gives
  coverage         write docs/operations.md, the table of operations
  coverage --check fail if docs/operations.md is out of date
  image            build the tank's container image, wavetank:latest (needs Docker)
  image --quick    the same, compiled in a fraction of the time, large and slow: for the tests of the image
  ci               fmt, clippy, and every check above";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let root = root();
    let outcome = match words.as_slice() {
        ["wire"] => wire::write(&root),
        ["wire", "--fetch"] => wire::fetch(&root).and_then(|()| wire::write(&root)),
        ["wire", "--check"] => wire::check(&root),
        ["coverage"] => coverage::write(&root),
        ["coverage", "--check"] => coverage::check(&root),
        ["image"] => image::build(&root, image::Profile::Image),
        ["image", "--quick"] => image::build(&root, image::Profile::Quick),
        ["ci"] => ci::run(&root),
        _ => Err(USAGE.to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

/// The repository's root: the parent of this crate's folder.
fn root() -> PathBuf {
    let mut root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    root.pop();
    root
}
