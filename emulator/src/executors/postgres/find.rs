//! Which PostgreSQL servers this machine has, and as whom they may run.
//!
//! Looked for on PATH, then where distributions put the server's programs, which is often not on PATH. Nothing is kept:
//! who installs one while a tank runs need not start it again.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// If this variable is set, only the folder that it names is looked in.
pub const FOLDER_VARIABLE: &str = "WAVETANK_POSTGRES";

/// Folders whose subfolders are one per major version, and what follows below each.
const VERSIONED: [(&str, &str, &str); 6] = [
    ("/usr/lib/postgresql", "", "bin"),
    ("/usr/lib64", "pgsql", "bin"),
    ("/usr", "pgsql-", "bin"),
    ("/usr/libexec", "postgresql", ""),
    ("/opt/homebrew/opt", "postgresql", "bin"),
    ("/usr/local/opt", "postgresql", "bin"),
];

/// Folders that hold the programs themselves.
const PLAIN: [&str; 3] = ["/usr/local/pgsql/bin", "/usr/local/bin", "/usr/bin"];

/// What a server needs.
const PROGRAMS: [&str; 3] = ["postgres", "initdb", "pg_basebackup"];

/// A PostgreSQL server that is installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installation {
    /// The folder of `postgres`, `initdb` and `pg_basebackup`.
    pub bin: PathBuf,
    /// Such as `15.18`.
    pub version: String,
    /// Such as 15.
    pub major: u32,
}

impl Installation {
    /// The PostgreSQL whose programs are in this folder, if it is one that runs.
    fn at(bin: &Path) -> Option<Self> {
        // A link on PATH has not all of the programs beside it.
        let real = bin.join("postgres").canonicalize().ok()?;
        let bin = real.parent().filter(|bin| PROGRAMS.iter().all(|program| bin.join(program).is_file()))?;
        let output =
            Command::new(bin.join("postgres")).arg("--version").stdin(Stdio::null()).output().ok()?;
        Self::said(bin, &String::from_utf8_lossy(&output.stdout))
    }

    /// From `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`.
    fn said(bin: &Path, text: &str) -> Option<Self> {
        let version = text.split_whitespace().nth(2)?;
        let major = version.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()?;
        Some(Self { bin: bin.to_owned(), version: version.to_owned(), major })
    }
}

/// There is none. The message says how to get one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this machine has no PostgreSQL server; hint: {}", INSTALL)]
pub struct Missing;

/// How to install one.
pub const INSTALL: &str = "apt-get install postgresql (Debian, Ubuntu), dnf install postgresql-server postgresql-contrib (Fedora, RHEL), \
     apk add postgresql (Alpine) or brew install postgresql@17 (macOS); its service need not run";

/// Every PostgreSQL server of this machine, the newest first; of equals, the one on PATH.
pub fn installations() -> Vec<Installation> {
    let mut seen = std::collections::BTreeSet::new();
    let mut found: Vec<Installation> =
        folders().iter().filter_map(|folder| Installation::at(folder)).collect();
    found.retain(|installation| seen.insert(installation.bin.clone()));
    found.sort_by_key(|installation| std::cmp::Reverse(installation.major));
    found
}

/// The PostgreSQL of this major version, or the newest there is.
pub fn find(wanted: Option<u32>) -> Result<Installation, Missing> {
    let mut found = installations();
    let at = found.iter().position(|installation| Some(installation.major) == wanted).unwrap_or(0);
    if found.is_empty() { Err(Missing) } else { Ok(found.swap_remove(at)) }
}

fn folders() -> Vec<PathBuf> {
    if let Some(only) = std::env::var_os(FOLDER_VARIABLE) {
        return vec![PathBuf::from(only)];
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    for (parent, start, below) in VERSIONED {
        let Ok(entries) = std::fs::read_dir(parent) else { continue };
        let names = entries.flatten().map(|entry| entry.file_name());
        let mut names: Vec<_> = names.filter(|name| name.to_string_lossy().starts_with(start)).collect();
        names.sort();
        folders.extend(names.into_iter().map(|name| Path::new(parent).join(name).join(below)));
    }
    folders.extend(PLAIN.map(PathBuf::from));
    folders
}

/// As whom the server runs: it refuses to run as root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// Whoever we are.
    Us,
    /// We are root, and become this user and group.
    Other(u32, u32),
}

impl Who {
    /// Whoever runs servers here; root picks `postgres`, then `nobody`.
    pub(super) fn find() -> Result<Self, String> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self::Us);
        }
        let users = std::fs::read_to_string("/etc/passwd").map_err(|why| format!("/etc/passwd: {why}"))?;
        Self::among(&users).ok_or_else(|| {
            "PostgreSQL does not run as root, and there is no user `postgres` or `nobody`".to_owned()
        })
    }

    fn among(users: &str) -> Option<Self> {
        let of = |name: &str| {
            let fields: Vec<&str> = users
                .lines()
                .map(|line| line.split(':').collect())
                .find(|fields: &Vec<&str>| fields[0] == name)?;
            Some(Self::Other(fields.get(2)?.parse().ok()?, fields.get(3)?.parse().ok()?))
        };
        of("postgres").or_else(|| of("nobody"))
    }

    /// The program, run as this user with nothing of our environment but PATH.
    pub(super) fn command(self, program: &Path) -> Command {
        use std::os::unix::process::CommandExt as _;
        let mut command = Command::new(program);
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("LC_ALL", "C").env("TZ", "UTC").current_dir("/").stdin(Stdio::null());
        if let Self::Other(user, group) = self {
            command.uid(user).gid(group);
        }
        command
    }

    /// Gives a file or folder to this user.
    pub(super) fn own(self, path: &Path) -> std::io::Result<()> {
        match self {
            Self::Us => Ok(()),
            Self::Other(user, group) => std::os::unix::fs::chown(path, Some(user), Some(group)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_as_every_packager_writes_it() {
        let check = |text: &str, expected: Option<(&str, u32)>| {
            let found = Installation::said(Path::new("/bin"), text);
            let found = found.as_ref().map(|found| (found.version.as_str(), found.major));
            assert_eq!(found, expected, "{text}");
        };
        check("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n", Some(("15.18", 15)));
        check("postgres (PostgreSQL) 17.2\n", Some(("17.2", 17)));
        check("postgres (PostgreSQL) 19beta1\n", Some(("19beta1", 19)));
        check("postgres (PostgreSQL)\n", None);
        check("", None);
    }

    #[test]
    fn root_becomes_postgres_or_nobody() {
        let check = |users: &str, expected: Option<Who>| assert_eq!(Who::among(users), expected, "{users}");
        let nobody = "nobody:x:65534:65533:nobody:/nonexistent:/usr/sbin/nologin";
        check(&format!("root:x:0:0::/root:/bin/sh\n{nobody}"), Some(Who::Other(65_534, 65_533)));
        check(
            &format!("{nobody}\npostgres:x:101:104::/var/lib/postgresql:/bin/bash"),
            Some(Who::Other(101, 104)),
        );
        check("root:x:0:0::/root:/bin/sh", None);
    }
}
