//! Everything CI checks besides the README's test command.

use std::path::Path;
use std::process::Command;

use crate::{coverage, wire};

/// Format, lints, and generated files. Stops at the first that fails.
pub(crate) fn run(root: &Path) -> Result<(), String> {
    cargo(root, &["fmt", "--all", "--check"])?;
    wire::check(root)?;
    coverage::check(root)?;
    cargo(root, &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])?;
    // The build without SQL, as a user's test crate takes it.
    cargo(root, &["clippy", "-p", "wavetank", "--lib", "--no-default-features", "--", "-D", "warnings"])
}

fn cargo(root: &Path, args: &[&str]) -> Result<(), String> {
    println!("cargo {}", args.join(" "));
    let status =
        Command::new("cargo").args(args).current_dir(root).status().map_err(|why| why.to_string())?;
    if status.success() { Ok(()) } else { Err(format!("cargo {} failed", args.join(" "))) }
}
