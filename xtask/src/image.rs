//! `cargo xtask image`: the tank as a container image, from one static program.
//!
//! The program is linked with glibc's static library, so that no other target of the compiler is needed; what only dynamic
//! glibc can do (name services) the tank does not ask for: it names itself by numbers. Whether it really is static shows when
//! an image FROM scratch starts (`tests/tests/e2e/image.rs`).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const VERSION: &str = env!("CARGO_PKG_VERSION");
const FLAGS: &str = "-C target-feature=+crt-static";

/// The Cargo profile of the image's program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    /// What is published: small and fast, and half an hour of compiling on two slow cores.
    Image,
    /// The same program for tests of the image: large and slow, and soon there. The image's label says so.
    Quick,
}

impl Profile {
    fn name(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Quick => "image-quick",
        }
    }
}

/// Builds the program and the image `wavetank:VERSION`, also named `wavetank:latest`.
pub(crate) fn build(root: &Path, profile: Profile) -> Result<(), String> {
    let context = context(root, profile.name())?;
    let (version, latest) = (format!("wavetank:{VERSION}"), "wavetank:latest");
    let dockerfile = root.join("Dockerfile");
    let mut docker = Command::new("docker");
    docker.args(["build", "--quiet", "--tag", &version, "--tag", latest]);
    docker.args(["--label", &format!("wavetank.profile={}", profile.name()), "--file"]).arg(dockerfile);
    run(docker.arg(&context))
        .map_err(|why| format!("{why}\nhint: is Docker installed, and does its engine run?"))?;
    println!("built {version}, also named {latest}: docker run --rm -p 127.0.0.1:4566:4566 {latest}");
    Ok(())
}

/// The folder that the image is built from: the program, and an empty `tmp`.
fn context(root: &Path, profile: &str) -> Result<PathBuf, String> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let host = host()?;
    let mut cargo = Command::new("cargo");
    // With the target named, the flags are not those of build scripts and macros. Only this link leaves the symbols out:
    // `cargo build` with the same arguments gives the program that a profiler can read, from the same parts.
    cargo.args([
        "rustc",
        "--profile",
        profile,
        "--package",
        "wavetank-cli",
        "--bin",
        "wavetank",
        "--target",
        &host,
    ]);
    cargo.args(["--", "-C", "strip=symbols"]);
    run(cargo.current_dir(root).env("RUSTFLAGS", FLAGS).env("CARGO_TARGET_DIR", &target))?;
    let context = target.join("image-context");
    let fail = |why: std::io::Error| format!("{}: {why}", context.display());
    fs::create_dir_all(context.join("tmp")).map_err(fail)?;
    fs::copy(target.join(host).join(profile).join("wavetank"), context.join("wavetank")).map_err(fail)?;
    Ok(context)
}

/// The triple of this machine.
fn host() -> Result<String, String> {
    let said = Command::new("rustc").arg("-vV").output().map_err(|why| format!("rustc: {why}"))?;
    let text = String::from_utf8_lossy(&said.stdout);
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| format!("rustc does not tell its host: {text}"))
}

fn run(command: &mut Command) -> Result<(), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    println!("{command:?}");
    let status = command.status().map_err(|why| format!("{name}: {why}"))?;
    if status.success() { Ok(()) } else { Err(format!("{name} failed: {status}")) }
}
