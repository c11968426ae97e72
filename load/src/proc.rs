//! What the machine says of processes and threads: CPU, memory, who listens on a port, instructions. Linux's `/proc` and counters.
//!
//! What it does not say is `None`; nothing is guessed. Left out: other systems than Linux.

use std::fs;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Ticks of `/proc/PID/stat` a second. Documented: proc(5); 100 where an architecture takes it from
/// asm-generic/param.h, as x86-64 and arm64 do (read 2026-11-29).
const TICKS_A_SECOND: u64 = 100;

/// What a thread took, and how long it waited for a core though it could have run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ThreadTimes {
    pub(crate) cpu: Duration,
    pub(crate) waited: Duration,
}

impl ThreadTimes {
    pub(crate) fn add(&mut self, other: &Self) {
        self.cpu += other.cpu;
        self.waited += other.waited;
    }

    pub(crate) fn since(&self, before: &Self) -> Self {
        Self { cpu: self.cpu.saturating_sub(before.cpu), waited: self.waited.saturating_sub(before.waited) }
    }
}

/// Of the calling thread. Nothing where the kernel does not count it.
pub(crate) fn thread_times() -> ThreadTimes {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let mut nanos =
        text.split_whitespace().map(|word| word.parse().map_or(Duration::ZERO, Duration::from_nanos));
    let (cpu, waited) = (nanos.next().unwrap_or_default(), nanos.next().unwrap_or_default());
    ThreadTimes { cpu, waited }
}

/// User and system time of a process, in milliseconds.
pub(crate) fn cpu_ms(pid: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name, in brackets, may hold anything.
    let rest = text.rsplit_once(')')?.1;
    let field = |at: usize| rest.split_whitespace().nth(at)?.parse::<u64>().ok();
    Some((field(11)? + field(12)?) * 1_000 / TICKS_A_SECOND)
}

/// Resident memory of a process, now and at its peak, in bytes.
pub(crate) fn resident(pid: u32) -> Option<(u64, u64)> {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let kib = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().next()?.parse::<u64>().ok()
    };
    Some((kib("VmRSS:")? << 10, kib("VmHWM:")? << 10))
}

/// The process that listens on this port of this machine, if it is one that we may look at.
pub(crate) fn listener(port: u16) -> Option<u32> {
    const LISTENS: &str = "0A";
    let wanted = format!(":{port:04X}");
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|file| fs::read_to_string(file).unwrap_or_default());
    let inode = tables.iter().flat_map(|table| table.lines().skip(1)).find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let listens = fields.get(1)?.ends_with(&wanted) && *fields.get(3)? == LISTENS;
        listens.then(|| fields.get(9).map(|inode| format!("socket:[{inode}]"))).flatten()
    })?;
    let mut pids: Vec<u32> = fs::read_dir("/proc")
        .ok()?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    pids.sort_unstable();
    pids.into_iter().find(|pid| {
        let Ok(files) = fs::read_dir(format!("/proc/{pid}/fd")) else { return false };
        files
            .flatten()
            .any(|file| fs::read_link(file.path()).is_ok_and(|link| link.as_os_str() == inode.as_str()))
    })
}

/// Programs that listen on a port in place of the server that answers: a container's, or one of another machine. Assumed, from their
/// sources: what each calls itself.
const FORWARDERS: [&str; 9] = [
    "docker-proxy",
    "kubectl",
    "pasta",
    "pasta.avx2",
    "rootlesskit",
    "rootlessport",
    "slirp4netns",
    "socat",
    "ssh",
];

/// Whether a process hands on what comes to its port, so that its CPU and memory are not the server's.
pub(crate) fn forwards(pid: u32) -> bool {
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    FORWARDERS.contains(&name.trim_end())
}

/// The machine, as far as figures depend on it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Machine {
    /// The processor's name.
    pub cpu: String,
    /// Cores that this process may use.
    pub cores: usize,
    /// The kernel's version.
    pub kernel: String,
}

impl Machine {
    /// This one.
    pub(crate) fn this() -> Self {
        let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let name = cpus.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
        Self {
            cpu: name.map(|(_, name)| name.trim().to_owned()).unwrap_or_default(),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            kernel: fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().trim().to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_found_by_its_port_and_says_what_it_takes() {
        let listener_socket = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener_socket.local_addr().expect("its address").port();
        let pid = std::process::id();
        assert_eq!(listener(port), Some(pid));
        let (now, peak) = resident(pid).expect("our own memory");
        assert!(0 < now && now <= peak, "{now} {peak}");
        assert!(cpu_ms(pid).is_some());
        drop(listener_socket);
        assert_eq!(listener(port), None);
        assert_eq!((cpu_ms(u32::MAX), resident(u32::MAX)), (None, None));
    }

    #[test]
    fn what_hands_on_to_a_container_is_known_by_its_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let forwards_as = |name: &str| {
            // A process is called what its file is called.
            let program = folder.path().join(name);
            std::os::unix::fs::symlink("/bin/cat", &program).expect("a link");
            let mut command = std::process::Command::new(&program);
            let mut child = command.stdin(std::process::Stdio::piped()).spawn().expect("it starts");
            let found = forwards(child.id());
            drop(child.stdin.take());
            child.wait().expect("it ends with its input");
            found
        };
        assert!(forwards_as("docker-proxy"));
        assert!(!forwards_as("wavetank"));
        assert!(!forwards(u32::MAX));
    }
}
