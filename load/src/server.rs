//! What is put under load: a tank in a process of its own, any server at an address, or a sink that answers at once.
//!
//! A process of its own makes CPU and memory the server's alone. It ends with us, also after Ctrl-C: it is a process group of its own, so that
//! the terminal does not end it before its resources are asked for the last time.

use std::net::SocketAddr;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

use perf_event::events::Hardware;
use perf_event::{Builder, Counter};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::api::Endpoint;
use crate::clock;
use crate::proc;

/// Longest time until a server of ours answers.
const READY_WITHIN: Duration = Duration::from_secs(30);
/// Longest time that a server of ours may take to end.
const END_WITHIN: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_millis(5);

/// Which server.
#[derive(Clone, Debug)]
pub enum Against {
    /// `wavetank serve` of this binary.
    Tank(PathBuf),
    /// `wavetank bench sink` of this binary: what the generator can do.
    Sink(PathBuf),
    /// Whatever answers there.
    Endpoint(Endpoint),
}

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The binary does not start.
    #[error("{binary} does not start: {cause}\nhint: is it a wavetank, and may it be executed?")]
    NoStart {
        /// Which.
        binary: PathBuf,
        /// What the machine said.
        cause: String,
    },
    /// It started and did not say that it is ready.
    #[error("{binary} did not become ready: {cause}\nhint: try `{binary} serve --port 0` by hand")]
    NotReady {
        /// Which.
        binary: PathBuf,
        /// What it did instead.
        cause: String,
    },
}

/// The server of ours that is up, by its process; 0 if there is none. There is one at a time.
static OWN: AtomicI32 = AtomicI32::new(0);

/// Ends the server of ours that is up, if there is one, without waiting for anything: for who leaves at once.
pub fn end_own() {
    end(&OWN);
}

fn end(own: &AtomicI32) {
    if let Some(pid) = Pid::from_raw(own.swap(0, Ordering::Relaxed)) {
        // It may have gone already.
        let _ = kill_process(pid, Signal::KILL);
    }
}

/// A server that is up.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) endpoint: Endpoint,
    pub(crate) pid: Option<u32>,
    child: Option<Child>,
    instructions: Option<Counter>,
}

/// What a server has taken so far.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Taken {
    pub(crate) cpu_ms: Option<u64>,
    pub(crate) instructions: Option<u64>,
}

impl Server {
    pub(crate) fn start(against: &Against, seed: u64) -> Result<Self, ServerError> {
        let seed = seed.to_string();
        match against {
            Against::Endpoint(endpoint) => {
                Ok(Self { endpoint: endpoint.clone(), pid: None, child: None, instructions: None })
            }
            Against::Tank(binary) => Self::child(binary, &["serve", "--port", "0", "--seed", &seed]),
            Against::Sink(binary) => Self::child(binary, &["bench", "sink"]),
        }
    }

    fn child(binary: &Path, args: &[&str]) -> Result<Self, ServerError> {
        let no_start = |cause: String| ServerError::NoStart { binary: binary.to_owned(), cause };
        let folder = tempfile::tempdir().map_err(|error| no_start(error.to_string()))?;
        let ready = folder.path().join("ready.json");
        let instructions = counter();
        let mut command = Command::new(binary);
        command.args(args).arg("--ready-file").arg(&ready);
        command.stdin(Stdio::null()).stdout(Stdio::null()).process_group(0);
        let child = command.spawn().map_err(|error| no_start(error.to_string()))?;
        let pid = Some(child.id());
        OWN.store(i32::try_from(child.id()).unwrap_or_default(), Ordering::Relaxed);
        let endpoint = Endpoint {
            url: String::new(),
            region: "us-east-1".to_owned(),
            access_key: "000000000000".to_owned(),
            secret_key: "test".to_owned(),
            session_token: None,
        };
        // From here on dropping it ends the child.
        let mut server = Self { endpoint, pid, child: Some(child), instructions };
        server.endpoint.url = server.await_ready(binary, &ready)?;
        Ok(server)
    }

    fn await_ready(&mut self, binary: &Path, ready: &Path) -> Result<String, ServerError> {
        let fail = |cause: String| ServerError::NotReady { binary: binary.to_owned(), cause };
        let deadline = clock::now() + READY_WITHIN;
        loop {
            let text = std::fs::read_to_string(ready).unwrap_or_default();
            let told: Value = serde_json::from_str(&text).unwrap_or_default();
            if let Some(url) = told["endpoint"].as_str() {
                return Ok(url.to_owned());
            }
            if let Some(Ok(Some(status))) = self.child.as_mut().map(Child::try_wait) {
                return Err(fail(format!("it ended with {status}")));
            }
            if clock::now() >= deadline {
                return Err(fail(format!("it said nothing for {READY_WITHIN:?}")));
            }
            clock::sleep(POLL);
        }
    }

    /// Finds the process of a server that was there before, so that its CPU and memory can be told. Only this machine's own address
    /// belongs to a process of this machine, and not to one that hands on what comes to a container or to another machine.
    pub(crate) fn find(&mut self, address: SocketAddr) {
        if self.child.is_none() && address.ip().is_loopback() {
            self.pid = proc::listener(address.port()).filter(|pid| !proc::forwards(*pid));
        }
    }

    /// Whether it ends with us, and everything in it.
    pub(crate) fn is_own(&self) -> bool {
        self.child.is_some()
    }

    pub(crate) fn taken(&mut self) -> Taken {
        let cpu_ms = self.pid.and_then(proc::cpu_ms);
        let instructions = self.instructions.as_mut().and_then(|counter| counter.read().ok());
        Taken { cpu_ms, instructions }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        if let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
            // It may have gone already.
            let _ = kill_process(pid, Signal::TERM);
        }
        let deadline = clock::now() + END_WITHIN;
        while matches!(child.try_wait(), Ok(None)) && clock::now() < deadline {
            clock::sleep(POLL);
        }
        let _ = child.kill();
        OWN.store(0, Ordering::Relaxed);
        let _ = child.wait();
    }
}

/// Counts the instructions, outside the kernel, of the next process that this thread starts, and of its threads. `None` where the
/// kernel or the machine does not let us: virtual machines often have no such counter.
fn counter() -> Option<Counter> {
    counter_of(Hardware::INSTRUCTIONS)
}

fn counter_of(event: impl perf_event::events::Event) -> Option<Counter> {
    Builder::new(event).inherit(true).enable_on_exec(true).build().ok()
}

#[cfg(test)]
mod tests {
    use perf_event::events::Software;

    use super::*;

    #[test]
    fn a_counter_counts_the_next_process_and_not_this_one() {
        // Every kernel that lets us count at all has this event.
        let Some(mut counter) = counter_of(Software::TASK_CLOCK) else {
            eprintln!("SKIPPED: this kernel lets nobody count");
            return;
        };
        assert_eq!(counter.read().expect("a counter that can be read"), 0);
        let counted = (0..200_000u64).fold(0, |sum: u64, n| sum.wrapping_mul(31).wrapping_add(n));
        assert_ne!(counted, 1);
        assert_eq!(counter.read().expect("as before"), 0, "this process is not counted");
        let script = "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done";
        let status = Command::new("sh").args(["-c", script]).status().expect("a shell");
        assert!(status.success());
        assert!(counter.read().expect("as before") > 0, "the child is");
    }

    #[test]
    fn a_process_is_found_behind_this_machines_own_address_alone() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("its address").port();
        let found = |host: &str| {
            let url = format!("http://{host}:{port}");
            let endpoint = Endpoint {
                url,
                region: "us-east-1".to_owned(),
                access_key: "test".to_owned(),
                secret_key: "test".to_owned(),
                session_token: None,
            };
            let mut server = Server::start(&Against::Endpoint(endpoint), 7).expect("nothing is started");
            server.find(SocketAddr::new(host.parse().expect("an address"), port));
            server.pid
        };
        assert_eq!(found("127.0.0.1"), Some(std::process::id()));
        // Somebody else's server on the same port: what listens there here is not it. (An address of documentation: RFC 5737.)
        assert_eq!(found("192.0.2.7"), None);
    }

    #[test]
    fn who_leaves_at_once_takes_the_server_along() {
        use std::os::unix::process::ExitStatusExt as _;
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().expect("a process that waits");
        let own = AtomicI32::new(i32::try_from(child.id()).expect("a process id"));
        end(&own);
        assert_eq!(child.wait().expect("it has ended").signal(), Some(Signal::KILL.as_raw()));
        assert_eq!(own.load(Ordering::Relaxed), 0);
        // There is none any more.
        end(&own);
    }

    #[test]
    fn what_is_no_server_is_said() {
        let start = |binary: &str| {
            Server::start(&Against::Tank(binary.into()), 7).map(|_| ()).expect_err("no server")
        };
        assert!(matches!(start("/nowhere/wavetank"), ServerError::NoStart { .. }));
        let told = start("/bin/true").to_string();
        assert!(told.contains("it ended with exit status: 0"), "{told}");
    }
}
