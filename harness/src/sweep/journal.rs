//! What a run has begun to make, written down before the first call that makes anything, so that a killed run can be swept.
//!
//! A file of plain JSON for each run, `RUN.json`, below `$XDG_STATE_HOME/wavetank/runs` (`~/.local/state/wavetank/runs`); beside
//! it `RUN.lock`, which the run holds locked as long as its process lives. Both go once everything has been removed.
//! Each writing replaces the file as a whole: a process that dies while it writes leaves the one before.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::traces::Traces;

/// The form of the file.
pub const VERSION: u32 = 1;

/// What is to be removed, and where.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Journal {
    /// The form of this file.
    pub version: u32,
    /// The run's id, as the tag `wavetank:run` has it.
    pub run: String,
    /// The target's name: `aws` or `endpoint`.
    pub target: String,
    /// Where requests go, if not to AWS itself.
    pub endpoint: Option<String>,
    /// The account that everything is in.
    pub account: String,
    /// The region that everything is in.
    pub region: String,
    /// The stack's name; empty where things are made without one, which are then in the traces from the beginning.
    pub stack: String,
    /// Its id, once it is known.
    pub stack_id: Option<String>,
    /// The scenario's name.
    pub scenario: String,
    /// The seed of data.
    pub seed: u64,
    /// When it began, in the target's time: milliseconds since the epoch.
    pub began_ms: i64,
    /// The stack's buckets, once they are known.
    pub buckets: Vec<String>,
    /// What the stack's services have made beside it, once that is known.
    pub traces: Traces,
}

/// Why a journal is of no use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// There is no place for it.
    #[error(
        "there is no folder for what a run has to remember: neither XDG_STATE_HOME nor HOME is set\nhint: set XDG_STATE_HOME to a folder that outlives the run"
    )]
    NoFolder,
    /// The file system.
    #[error("{path}: {cause}\nhint: a run on a real account needs a folder to write to: set XDG_STATE_HOME")]
    File {
        /// Which.
        path: String,
        /// Why.
        cause: String,
    },
    /// Not a journal.
    #[error(
        "{path} is no journal of this version: {cause}\nhint: `wavetank sweep --account ID --region REGION` finds what it told of by its tags"
    )]
    Unreadable {
        /// Which.
        path: String,
        /// Why.
        cause: String,
    },
}

/// The folder of journals, by the variables of the environment.
pub fn folder(vars: &BTreeMap<String, String>) -> Result<PathBuf, JournalError> {
    let var = |name: &str| vars.get(name).filter(|value| Path::new(value).is_absolute()).map(PathBuf::from);
    let state = var("XDG_STATE_HOME").or_else(|| Some(var("HOME")?.join(".local/state")));
    Ok(state.ok_or(JournalError::NoFolder)?.join("wavetank/runs"))
}

/// A journal and its file, locked against others while this value lives.
#[derive(Debug)]
pub struct Kept {
    journal: Journal,
    path: PathBuf,
    /// Held, never read.
    _lock: File,
}

impl Kept {
    /// Writes a new one.
    pub fn begin(folder: &Path, journal: Journal) -> Result<Self, JournalError> {
        fs::create_dir_all(folder).map_err(|cause| failed(folder, &cause))?;
        let path = folder.join(format!("{}.json", journal.run));
        let Some(lock) = lock(&path)? else {
            let cause = std::io::Error::other("another process holds it");
            return Err(failed(&path, &cause));
        };
        let kept = Self { journal, path, _lock: lock };
        kept.write()?;
        Ok(kept)
    }

    /// One that another process has left. `None` while that process lives.
    pub fn open(path: &Path) -> Result<Option<Self>, JournalError> {
        let Some(lock) = lock(path)? else { return Ok(None) };
        let unreadable = |cause: String| JournalError::Unreadable { path: path.display().to_string(), cause };
        let text = fs::read_to_string(path).map_err(|cause| failed(path, &cause))?;
        let journal: Journal = serde_json::from_str(&text).map_err(|cause| unreadable(cause.to_string()))?;
        if journal.version != VERSION {
            return Err(unreadable(format!("version {}", journal.version)));
        }
        Ok(Some(Self { journal, path: path.to_owned(), _lock: lock }))
    }

    /// What it says.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Changes what it says, and writes it.
    pub fn note(&mut self, change: impl FnOnce(&mut Journal)) -> Result<(), JournalError> {
        change(&mut self.journal);
        self.write()
    }

    /// Everything that it told of has been removed.
    pub fn end(self) -> Result<(), JournalError> {
        fs::remove_file(&self.path).map_err(|cause| failed(&self.path, &cause))?;
        // One that cannot be removed is in nobody's way.
        drop(fs::remove_file(self.path.with_extension("lock")));
        Ok(())
    }

    fn write(&self) -> Result<(), JournalError> {
        let beside = self.path.with_extension("new");
        let text = serde_json::to_string_pretty(&self.journal).unwrap_or_default() + "\n";
        let write = || {
            let mut file = File::create(&beside)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&beside, &self.path)
        };
        write().map_err(|cause| failed(&self.path, &cause))
    }
}

/// Every journal in the folder, in the order of their names.
pub fn all(folder: &Path) -> Result<Vec<PathBuf>, JournalError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(cause) => return Err(failed(folder, &cause)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(|cause| failed(folder, &cause))?.path();
        if path.extension().is_some_and(|ending| ending == "json") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// The lock beside a journal. `None` if another process has it.
fn lock(path: &Path) -> Result<Option<File>, JournalError> {
    let path = path.with_extension("lock");
    let file = File::create(&path).map_err(|cause| failed(&path, &cause))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(cause)) => Err(failed(&path, &cause)),
    }
}

fn failed(path: &Path, cause: &std::io::Error) -> JournalError {
    JournalError::File { path: path.display().to_string(), cause: cause.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn journal() -> Journal {
        Journal {
            version: VERSION,
            run: "ab12".to_owned(),
            stack: "wavetank-trades-ab12".to_owned(),
            ..Journal::default()
        }
    }

    #[test]
    fn a_journal_is_there_until_its_end_and_is_nobody_elses_while_its_run_lives() {
        let folder = tempfile::tempdir().unwrap();
        let mut kept = Kept::begin(folder.path(), journal()).unwrap();
        kept.note(|journal| journal.buckets.push("lake".to_owned())).unwrap();
        let found = all(folder.path()).unwrap();
        assert_eq!(found, [kept.path()]);
        assert!(Kept::open(&found[0]).unwrap().is_none(), "its run lives");
        drop(kept);
        let left = Kept::open(&found[0]).unwrap().unwrap();
        assert_eq!(left.journal().buckets, ["lake"]);
        left.end().unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_is_no_journal_is_named_with_another_way() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.json");
        for text in ["{", "{\"version\": 99}"] {
            fs::write(&path, text).unwrap();
            let said = Kept::open(&path).unwrap_err().to_string();
            assert!(said.contains("x.json") && said.contains("hint: `wavetank sweep --account"), "{said}");
        }
        assert_eq!(all(&folder.path().join("nothing")).unwrap(), Vec::<PathBuf>::new());
    }

    #[test]
    fn the_folder_is_the_states_of_the_user() {
        let check = |vars: &[(&str, &str)], expected: Option<&str>| {
            let vars = vars.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            assert_eq!(folder(&vars).ok(), expected.map(PathBuf::from));
        };
        check(&[("HOME", "/h"), ("XDG_STATE_HOME", "/s")], Some("/s/wavetank/runs"));
        check(&[("HOME", "/h"), ("XDG_STATE_HOME", "relative")], Some("/h/.local/state/wavetank/runs"));
        check(&[], None);
    }
}
