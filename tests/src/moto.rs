//! Another emulator to run against: `moto_server` of the Python registry, a process of its own on a free port.
//!
//! `WAVETANK_MOTO` names the program, which must be there then; else it is looked for on `PATH`, and a test skips aloud without it.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking and skips aloud")]

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::on_path;

/// A running server. It ends with this value.
#[derive(Debug)]
pub struct Moto {
    child: Child,
    /// Such as `http://127.0.0.1:40123`.
    pub url: String,
}

impl Moto {
    /// Starts one, if the program is there; says so if the test is skipped.
    ///
    /// Panics if it is named and cannot be started.
    pub fn start() -> Option<Self> {
        let named = std::env::var_os("WAVETANK_MOTO").map(PathBuf::from);
        let Some(program) = named.or_else(|| on_path("moto_server")) else {
            eprintln!("SKIPPED: no moto_server on PATH; .ci/run installs what this test needs");
            return None;
        };
        let mut command = Command::new(&program);
        command.args(["-H", "127.0.0.1", "-p", "0"]).stdin(Stdio::null()).stdout(Stdio::null());
        let child = command.stderr(Stdio::piped()).spawn();
        let mut child = child.unwrap_or_else(|why| panic!("{}: {why}", program.display()));
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let url = lines.by_ref().map_while(Result::ok).find_map(|line| {
            let (_, url) = line.split_once("Running on ")?;
            Some(url.trim().to_owned())
        });
        // What it goes on to say is read, so that it never waits for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        let url = url.unwrap_or_else(|| panic!("{} ended before it listened", program.display()));
        Some(Self { child, url })
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
