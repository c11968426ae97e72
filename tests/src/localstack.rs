//! Another emulator to run against: LocalStack 4.14.0 of the Python registry, without containers, in a folder of its own on a free port.
//!
//! `WAVETANK_LOCALSTACK` names the Python that has it; a test skips aloud without it. Kinesis comes from the npm registry when it is
//! first asked for. DynamoDB and functions need what only a container's image has, and are not there.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking and skips aloud")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::on_path;

/// How often a starting or ending server is looked at, and how many times before it is given up or killed: 15 seconds.
const LOOK: Duration = Duration::from_millis(50);
const LOOKS_MAX: u32 = 300;

/// A running server. It ends, with what it has started and its folder, with this value.
#[derive(Debug)]
pub struct LocalStack {
    child: Child,
    /// Such as `http://127.0.0.1:40123`.
    pub url: String,
    _folder: tempfile::TempDir,
}

impl LocalStack {
    /// Starts one, if it is there; says so if the test is skipped.
    ///
    /// Panics if it is named and cannot be started.
    pub fn start() -> Option<Self> {
        let Some(python) = std::env::var_os("WAVETANK_LOCALSTACK").map(PathBuf::from) else {
            eprintln!(
                "SKIPPED: WAVETANK_LOCALSTACK names no Python with LocalStack; .ci/run installs what this test needs"
            );
            return None;
        };
        if on_path("npm").is_none() {
            eprintln!("SKIPPED: no npm on PATH, which LocalStack's Kinesis needs");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        drop(listener);
        let mut command = Command::new(&python);
        command.args(["-u", "-m", "localstack.runtime.main"]);
        command.env("GATEWAY_LISTEN", &address).env("LOCALSTACK_HOST", &address);
        // Not in an image, whatever this machine looks like; nothing is sent or fetched that is not asked for.
        command.env("OVERRIDE_IN_DOCKER", "0").env("FILESYSTEM_ROOT", folder.path());
        command.env("DISABLE_EVENTS", "1").env("SKIP_SSL_CERT_DOWNLOAD", "1").env("DNS_ADDRESS", "0");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let child = command.spawn();
        let mut child = child.unwrap_or_else(|why| panic!("{}: {why}", python.display()));
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let is_ready = lines.by_ref().map_while(Result::ok).any(|line| line.trim() == "Ready.");
        // What it goes on to say is read, so that it never waits for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        assert!(is_ready, "{} ended before LocalStack was ready", python.display());
        assert!(answers(&address), "LocalStack is ready and does not answer");
        Some(Self { child, url: format!("http://{address}"), _folder: folder })
    }
}

/// Waits until the server answers: it says that it is ready a moment before.
fn answers(address: &str) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(address)?;
        stream.write_all(b"GET /_localstack/health HTTP/1.0\r\n\r\n")?;
        let mut answer = [0; 12];
        stream.read_exact(&mut answer)?;
        Ok(answer.ends_with(b" 200"))
    };
    (0..LOOKS_MAX).any(|_| {
        let is_there = matches!(ask(), Ok(true));
        if !is_there {
            std::thread::park_timeout(LOOK);
        }
        is_there
    })
}

impl Drop for LocalStack {
    fn drop(&mut self) {
        // Its Kinesis is a session of its own, and ends only if LocalStack comes to its own end.
        let Some(id) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) else { return };
        if kill_process(id, Signal::TERM).is_ok() {
            for _ in 0..LOOKS_MAX {
                if !matches!(self.child.try_wait(), Ok(None)) {
                    return;
                }
                std::thread::park_timeout(LOOK);
            }
        }
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
