//! One server process, and the shell that guards it.
//!
//! The guard holds the reading end of a pipe of which we hold the other. It ends the server when it reads the name of a
//! signal, and when the pipe closes: so the server goes however we go, by `kill -9` too, and no unsafe code is needed. A
//! thread waits for the guard; what it learns comes to whoever waits here, or to `on_exit` if nobody asked for the end.

use std::fs;
use std::io::Write as _;
use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use super::find::{Installation, Who};

/// `$1`: the log. The rest: the server's command line. Exits as the server does.
const GUARD: &str = r#"
log=$1; shift
exec 3<&0 </dev/null
"$@" >>"$log" 2>&1 3<&- &
server=$!
( word=; read -r word <&3; kill -"${word:-QUIT}" $server ) 2>/dev/null &
reader=$!
wait $server; status=$?
kill $reader 2>/dev/null
exit $status
"#;

/// How often a starting server is looked at.
const LOOK: Duration = Duration::from_millis(10);
/// Looks after which a server that is not ready is given up: a minute.
const LOOKS_MAX: u32 = 6_000;
/// How long the end of a server whose port refuses is waited for.
const TOLD_MAX: Duration = Duration::from_secs(10);
/// How long a server may take to end before it is killed.
const END_MAX: Duration = Duration::from_secs(30);
/// Starts that are tried while the sessions of one that was killed still end: about five seconds.
const REMAINS_MAX: u32 = 50;
/// Ports that are tried when any will do: another process can take one before the server does.
const PORTS_MAX: u32 = 5;

/// Why a server does not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum StartError {
    /// Somebody else listens there.
    PortTaken(u16),
    /// The server or the system has said why.
    Said(String),
}

impl From<std::io::Error> for StartError {
    fn from(error: std::io::Error) -> Self {
        Self::Said(error.to_string())
    }
}

/// How a server is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Sessions are cut and everything is written down.
    Fast,
    /// At once; the next start recovers what was committed.
    Immediate,
}

/// What the waiting thread and we share.
#[derive(Debug, Default)]
pub(super) struct Watch {
    state: Mutex<Watched>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Watched {
    exit: Option<ExitStatus>,
    is_asked: bool,
    /// Whoever wanted to know of its end knows.
    is_told: bool,
}

impl Watch {
    fn state(&self) -> MutexGuard<'_, Watched> {
        self.state.lock().expect("nothing panics while it holds this")
    }

    /// Waits until the server's end has been told. Not for ever: a port that refuses may be of a server that only stumbles.
    pub(super) fn wait_until_told(&self) {
        let state = self.state();
        let untold = |state: &mut Watched| !state.is_told;
        drop(self.changed.wait_timeout_while(state, TOLD_MAX, untold));
    }
}

/// A server that accepts connections. It ends when this is dropped.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) port: u16,
    guard: rustix::process::Pid,
    pipe: Mutex<Option<ChildStdin>>,
    watch: Arc<Watch>,
    data: PathBuf,
}

/// What is started, and how.
#[derive(Clone, Debug)]
pub(super) struct Start<'a> {
    pub(super) installation: &'a Installation,
    pub(super) who: Who,
    /// Has `data`, and gets the log and the socket.
    pub(super) folder: &'a Path,
    /// Any will do if none is asked for.
    pub(super) port: Option<u16>,
    /// Settings over those of its configuration file.
    pub(super) settings: &'a [(String, String)],
}

impl Server {
    /// Starts one and waits until it accepts connections.
    pub(super) fn start(
        start: &Start<'_>,
        on_exit: impl Fn(String) + Send + Sync + 'static,
    ) -> Result<Self, StartError> {
        let on_exit = Arc::new(on_exit);
        let mut tries = 0;
        loop {
            tries += 1;
            let port = match start.port {
                Some(port) if is_free(port) => port,
                Some(port) => return Err(StartError::PortTaken(port)),
                None => any_port()?,
            };
            match Self::try_start(start, port, Arc::clone(&on_exit)) {
                Err(StartError::PortTaken(_)) if start.port.is_none() && tries < PORTS_MAX => {}
                // The sessions of a server that was killed need a moment to see it.
                Err(StartError::Said(said)) if said.contains("still in use") && tries < REMAINS_MAX => {
                    std::thread::park_timeout(LOOK * 10);
                }
                done => return done,
            }
        }
    }

    fn try_start(
        start: &Start<'_>,
        port: u16,
        on_exit: Arc<impl Fn(String) + Send + Sync + 'static>,
    ) -> Result<Self, StartError> {
        let log = start.folder.join("log");
        let data = start.folder.join("data");
        // One that was killed leaves its file behind.
        let stale = head(&data);
        let logged = fs::metadata(&log).map_or(0, |log| log.len());
        let mut command = start.who.command(Path::new("/bin/sh"));
        command.arg("-c").arg(GUARD).arg("wavetank-postgres").arg(&log);
        command.arg(start.installation.bin.join("postgres")).arg("-D").arg(&data);
        command.arg("-p").arg(port.to_string()).arg("-k").arg(start.folder);
        for (name, value) in start.settings {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        let mut child = command.spawn()?;
        let pipe = child.stdin.take();
        let id = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw);
        let guard = id.expect("a child has a positive id");
        let watch = Arc::new(Watch::default());
        let watching = Arc::clone(&watch);
        let waiter = std::thread::Builder::new().name(format!("postgres-{port}"));
        waiter.spawn(move || {
            let Ok(status) = child.wait() else { return };
            let mut state = watching.state();
            state.exit = Some(status);
            let is_asked = std::mem::replace(&mut state.is_asked, true);
            drop(state);
            watching.changed.notify_all();
            if !is_asked {
                on_exit(told(status));
            }
            watching.state().is_told = true;
            watching.changed.notify_all();
        })?;
        let server = Self { port, guard, pipe: Mutex::new(pipe), watch, data };
        server.wait_until_ready(&log, logged, &stale).map(|()| server)
    }

    fn wait_until_ready(&self, log: &Path, logged: u64, stale: &[String]) -> Result<(), StartError> {
        // Until it is ready its end is no news but the answer.
        let mut state = self.watch.state();
        state.is_asked = true;
        for _ in 0..LOOKS_MAX {
            if let Some(status) = state.exit {
                drop(state);
                return Err(self.refused(log, logged, status));
            }
            if is_ready(&self.data, stale) {
                state.is_asked = false;
                return Ok(());
            }
            state =
                self.watch.changed.wait_timeout(state, LOOK).expect("nothing panics while it holds this").0;
        }
        Err(StartError::Said("the server did not become ready within a minute".to_owned()))
    }

    /// What the server has said before it went.
    fn refused(&self, log: &Path, logged: u64, status: ExitStatus) -> StartError {
        let text = fs::read(log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text[usize::try_from(logged).unwrap_or(0).min(text.len())..])
            .into_owned();
        if text.contains("Address already in use") {
            return StartError::PortTaken(self.port);
        }
        let said = text.lines().filter_map(|line| line.split_once("FATAL:").or(line.split_once("sh:")));
        let said: Vec<&str> = said.map(|(_, said)| said.trim()).collect();
        StartError::Said(if said.is_empty() { told(status) } else { said.join("; ") })
    }

    /// What is known of its end.
    pub(super) fn watch(&self) -> Arc<Watch> {
        Arc::clone(&self.watch)
    }

    /// Whether its process still runs.
    pub(super) fn is_alive(&self) -> bool {
        self.watch.state().exit.is_none()
    }

    /// Ends it and waits until it has.
    pub(super) fn end(&self, how: End) {
        self.watch.state().is_asked = true;
        let pipe = self.pipe.lock().expect("nothing panics while it holds this").take();
        if let Some(mut pipe) = pipe {
            let word: &[u8] = match how {
                End::Fast => b"INT\n",
                End::Immediate => b"QUIT\n",
            };
            // A guard that has gone needs no word.
            drop(pipe.write_all(word));
        }
        let state = self.watch.state();
        let running = |state: &mut Watched| state.exit.is_none();
        let (state, waited) = self
            .watch
            .changed
            .wait_timeout_while(state, END_MAX, running)
            .expect("nothing panics while it holds this");
        drop(state);
        if waited.timed_out() {
            tracing::warn!(port = self.port, "a PostgreSQL did not end when it was told to, and is killed");
            if let Err(error) = rustix::process::kill_process_group(self.guard, rustix::process::Signal::KILL)
            {
                tracing::debug!(%error, "nothing was left of a PostgreSQL's process group");
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.is_alive() {
            self.end(End::Immediate);
        }
    }
}

/// Lines of the file that a server keeps in its folder.
fn head(data: &Path) -> Vec<String> {
    let text = fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
    text.lines().map(|line| line.trim().to_owned()).collect()
}

/// Whether the server in this folder accepts connections: the eighth line says so. The first is its process, the third when it
/// was started.
fn is_ready(data: &Path, stale: &[String]) -> bool {
    let lines = head(data);
    let is_new = lines.first() != stale.first() || lines.get(2) != stale.get(2);
    is_new && lines.get(7).is_some_and(|line| line == "ready")
}

fn is_free(port: u16) -> bool {
    TcpListener::bind(("127.0.0.1", port)).is_ok()
}

fn any_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// How a process ended; the shell adds 128 to the number of a signal.
fn told(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt as _;
    match (status.code(), status.signal()) {
        (Some(code), _) if code > 128 => format!("signal {}", code - 128),
        (Some(code), _) => format!("exit status {code}"),
        (None, signal) => format!("signal {}", signal.unwrap_or_default()),
    }
}
