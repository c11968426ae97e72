//! An environment's folder on this machine: a copy of its DAG folder, Airflow's home with its database, its processes that rest.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, MutexGuard};

use tempfile::TempDir;

use super::process::Helper;
use crate::executors::Door;
use crate::services::mwaa::work::{AirflowFailure, Source};

/// Files of a DAG folder. Ours, for the machine's sake.
const FILES_MAX: usize = 10_000;
/// Bytes of a DAG folder. Ours.
const BYTES_MAX: u64 = 256 << 20;

/// One environment's place. Everything goes when it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    // Before the folder: a process must be gone when its folder goes.
    resting: Mutex<Vec<Helper>>,
    /// Processes in the middle of a run that waits, by DAG and run.
    waiting: Mutex<BTreeMap<(String, String), Helper>>,
    state: Mutex<State>,
    folder: TempDir,
}

/// What the folder holds, and which processes are up to date.
#[derive(Debug, Default)]
struct State {
    /// Of each file: the ETag of the object that it is a copy of.
    files: BTreeMap<String, String>,
    options: Vec<(String, String)>,
    /// Counts what processes have to know: one that was started before the last change is not used again.
    generation: u64,
    is_read: bool,
}

impl Place {
    pub(super) fn new() -> std::io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("wavetank-airflow-").tempdir()?;
        for name in ["dags", "home", "tmp"] {
            fs::create_dir(folder.path().join(name))?;
        }
        Ok(Self { resting: Mutex::default(), waiting: Mutex::default(), state: Mutex::default(), folder })
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics while it holds this")
    }

    pub(super) fn options(&self) -> Vec<(String, String)> {
        self.state().options.clone()
    }

    pub(super) fn generation(&self) -> u64 {
        self.state().generation
    }

    /// A process that rests and knows the folder as it is.
    pub(super) fn take(&self) -> Option<Helper> {
        let generation = self.generation();
        let mut resting = self.resting.lock().expect("nothing panics while it holds this");
        let (current, old): (Vec<_>, Vec<_>) =
            resting.drain(..).partition(|helper| helper.generation == generation);
        *resting = current;
        let found = resting.pop();
        drop(resting);
        drop(old);
        found
    }

    /// Puts a process to rest for the next piece of work.
    pub(super) fn rest(&self, helper: Helper) {
        if helper.generation == self.generation() {
            self.resting.lock().expect("nothing panics while it holds this").push(helper);
        }
    }

    /// Keeps the process of a run that waits.
    pub(super) fn keep_waiting(&self, dag_id: &str, run_id: &str, helper: Helper) {
        let run = (dag_id.to_owned(), run_id.to_owned());
        self.waiting.lock().expect("nothing panics while it holds this").insert(run, helper);
    }

    /// The process of a run that has waited.
    pub(super) fn woken(&self, dag_id: &str, run_id: &str) -> Option<Helper> {
        let run = (dag_id.to_owned(), run_id.to_owned());
        self.waiting.lock().expect("nothing panics while it holds this").remove(&run)
    }

    /// Whether the folder as it is has been read.
    pub(super) fn is_read(&self) -> bool {
        self.state().is_read
    }

    pub(super) fn note_read(&self, generation: u64) {
        let mut state = self.state();
        state.is_read |= state.generation == generation;
    }

    /// Makes the folder the copy of the bucket's.
    pub(super) fn sync(&self, door: &Door, source: &Source, anew: bool) -> Result<(), AirflowFailure> {
        let objects = door.list_objects(&source.bucket, &source.prefix);
        let objects = objects.map_err(|error| AirflowFailure::Source(error.message))?;
        let bytes: u64 = objects.iter().map(|object| object.size).sum();
        if objects.len() > FILES_MAX || bytes > BYTES_MAX {
            let said = format!("the DAG folder is over {FILES_MAX} files or {} MB", BYTES_MAX >> 20);
            return Err(AirflowFailure::Source(said));
        }
        let mut wanted = BTreeMap::new();
        for object in objects {
            let name = object.key[source.prefix.len()..].to_owned();
            if is_plain(&name) {
                wanted.insert(name, (object.key, object.etag));
            }
        }
        let mut state = self.state();
        let root = self.path("dags");
        let is_same =
            state.files.iter().eq(wanted.iter().map(|(name, (_, etag))| (name, etag)).collect::<Vec<_>>());
        if is_same && !anew && state.options == source.options && state.generation > 0 {
            return Ok(());
        }
        let said = |error: std::io::Error| AirflowFailure::Said(error.to_string());
        for gone in state.files.keys().filter(|name| !wanted.contains_key(*name)) {
            fs::remove_file(root.join(gone)).map_err(said)?;
        }
        for (name, (key, etag)) in &wanted {
            if state.files.get(name) != Some(etag) {
                let body = door.get_object(&source.bucket, key);
                let body = body.map_err(|error| AirflowFailure::Source(error.message))?;
                let to = root.join(name);
                fs::create_dir_all(to.parent().unwrap_or(&root)).map_err(said)?;
                fs::write(to, &body).map_err(said)?;
            }
        }
        state.files = wanted.into_iter().map(|(name, (_, etag))| (name, etag)).collect();
        state.options.clone_from(&source.options);
        state.generation += 1;
        state.is_read = false;
        Ok(())
    }
}

/// Whether a key names a file below the folder and nothing else: keys never become other paths.
fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && !name.ends_with('/')
        && !name.contains(['\0', '\\'])
        && Path::new(name).components().all(|part| matches!(part, Component::Normal(_)))
        && !name.contains("//")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_keys_below_the_folder_become_files() {
        let check = |name: &str, expected: bool| assert_eq!(is_plain(name), expected, "{name}");
        check("daily.py", true);
        check("shop/daily.py", true);
        check("", false);
        check("shop/", false);
        check("../daily.py", false);
        check("shop/../../daily.py", false);
        check("/etc/daily.py", false);
        check("shop//daily.py", false);
    }
}
