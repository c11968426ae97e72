//! Which program on this machine runs a runtime: a Python of the right or the nearest minor, Node, or the zip's own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;
use tokio::sync::Mutex;

/// Oldest Python 3 minor that can run our client.
const PYTHON_MINOR_MIN: u32 = 8;

/// How a runtime is run here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Launch {
    /// This Python.
    Python { program: PathBuf, note: Option<String> },
    /// This Node.
    Node { program: PathBuf, note: Option<String> },
    /// The zip's own `bootstrap`.
    Own,
}

impl Launch {
    /// A line for the log if this is not exactly what was asked for.
    pub(super) fn note(&self) -> Option<&str> {
        match self {
            Self::Python { note, .. } | Self::Node { note, .. } => note.as_deref(),
            Self::Own => None,
        }
    }
}

/// What has been found on this machine, so that each runtime is looked for once, whatever the number of tanks.
static FOUND: Mutex<BTreeMap<String, Result<Launch, String>>> = Mutex::const_new(BTreeMap::new());

/// How to run this runtime, or a sentence that says why it cannot be run here.
pub(super) async fn find(runtime: &str) -> Result<Launch, String> {
    let mut known = FOUND.lock().await;
    if let Some(found) = known.get(runtime) {
        return found.clone();
    }
    let found = look_for(runtime).await;
    known.insert(runtime.to_owned(), found.clone());
    found
}

async fn look_for(runtime: &str) -> Result<Launch, String> {
    if let Some(minor) = runtime.strip_prefix("python3.").and_then(|minor| minor.parse().ok()) {
        return find_python(minor).await.ok_or_else(|| missing(runtime, "python3"));
    }
    if let Some(major) = runtime.strip_prefix("nodejs").and_then(|rest| rest.strip_suffix(".x")) {
        return find_node(major).await.ok_or_else(|| missing(runtime, "node"));
    }
    if runtime.starts_with("provided.") {
        return Ok(Launch::Own);
    }
    Err(format!(
        "wavetank runs no `{runtime}`; hint: register a Rust function under the handler's name, or use python3.x, nodejs or provided.al2023"
    ))
}

fn missing(runtime: &str, program: &str) -> String {
    format!(
        "`{runtime}` needs `{program}`, which does not run on this machine; hint: install it and see that it is on PATH"
    )
}

async fn find_python(wanted: u32) -> Option<Launch> {
    let mut minors: Vec<u32> = on_path("python3.").iter().filter_map(|minor| minor.parse().ok()).collect();
    minors.retain(|minor| *minor >= PYTHON_MINOR_MIN);
    // The nearest first; of two as near, the newer.
    minors.sort_by_key(|minor| (minor.abs_diff(wanted), u32::MAX - minor));
    minors.dedup();
    let names = minors.into_iter().map(|minor| format!("python3.{minor}"));
    for name in names.chain(["python3".to_owned()]) {
        // A name on PATH may be a stub of a version manager: only one that answers counts.
        let script = "import sys; print(sys.executable); print('%d.%d.%d' % sys.version_info[:3])";
        let Some(said) = ask(&name, &["-c", script]).await else { continue };
        let mut lines = said.lines();
        let (Some(program), Some(version)) = (lines.next(), lines.next()) else { continue };
        let exact = version.starts_with(&format!("3.{wanted}."));
        let note = format!("wavetank: python3.{wanted} is not on this machine; running on Python {version}");
        return Some(Launch::Python { program: program.into(), note: (!exact).then_some(note) });
    }
    None
}

async fn find_node(wanted: &str) -> Option<Launch> {
    let said = ask("node", &["-p", "process.execPath + '\\n' + process.versions.node"]).await?;
    let mut lines = said.lines();
    let (program, version) = (lines.next()?, lines.next()?);
    let exact = version.split('.').next() == Some(wanted);
    let note = format!("wavetank: Node {wanted} is not on this machine; running on Node {version}");
    Some(Launch::Node { program: program.into(), note: (!exact).then_some(note) })
}

/// What follows `prefix` in the names of programs on PATH.
fn on_path(prefix: &str) -> Vec<String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let names = |folder: PathBuf| std::fs::read_dir(folder).into_iter().flatten().flatten();
    let entries = std::env::split_paths(&path).flat_map(names);
    let rest =
        entries.filter_map(|entry| entry.file_name().to_str()?.strip_prefix(prefix).map(str::to_owned));
    rest.collect()
}

/// What a program prints, if it runs and succeeds.
async fn ask(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program)
        .args(arguments)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether the zip's own `bootstrap` can be run; if not, AWS's type and sentence.
pub(super) fn check_own(task: &Path) -> Result<PathBuf, (&'static str, String)> {
    use std::os::unix::fs::PermissionsExt;
    let program = task.join("bootstrap");
    match std::fs::metadata(&program) {
        Err(_) => Err((
            "Runtime.InvalidEntrypoint",
            "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]".to_owned(),
        )),
        Ok(found) if found.permissions().mode() & 0o111 == 0 => Err((
            "Runtime.InvalidEntrypoint",
            "fork/exec /var/task/bootstrap: permission denied; hint: `chmod +x bootstrap` before zipping"
                .to_owned(),
        )),
        Ok(_) => Ok(program),
    }
}
