//! The folder of a tank's databases: a template, an instance's data, snapshots.
//!
//! `initdb` takes half a second, a copy of what it makes a twentieth: each tank makes one template for each PostgreSQL and
//! copies it. A shell of the tank's waits for its end and removes what is left, so that `kill -9` leaves no folder either.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::find::{Installation, Who};

/// `$1`: the folder. Waits for the end of its input, then removes the folder; servers may still write into it for a moment.
const KEEPER: &str = r#"
read -r _; tries=0
while [ -e "$1" ] && [ $tries -lt 200 ]; do
  rm -rf "$1" 2>/dev/null; tries=$((tries + 1)); [ -e "$1" ] && sleep 0.1
done
"#;

/// Who may join. The socket is in a folder that only the server's user and root can enter.
///
/// Documented: docs.aws.amazon.com/AmazonRDS/latest/UserGuide/PostgreSQL_Password_Encryption_configuration.html (to be
/// verified): passwords are SCRAM-SHA-256's since version 14.
const ACCESS: &str = "local all rdsadmin trust\n\
     local replication rdsadmin trust\n\
     host all all 127.0.0.1/32 scram-sha-256\n";

/// The superuser, whom nobody can be by a password: as on RDS, the master user is none.
pub(super) const SUPERUSER: &str = "rdsadmin";

/// The folder. It goes with everything in it when it is dropped.
#[derive(Debug)]
pub(super) struct Files {
    folder: TempDir,
    pub(super) who: Who,
    keeper: Child,
}

impl Files {
    pub(super) fn new() -> Result<Self, String> {
        let who = Who::find()?;
        let told = |why: std::io::Error| format!("no folder for databases: {why}");
        let folder = tempfile::Builder::new().prefix("wavetank-postgres-").tempdir().map_err(told)?;
        who.own(folder.path()).map_err(told)?;
        let mut keeper = Command::new("/bin/sh");
        keeper.arg("-c").arg(KEEPER).arg("wavetank-postgres-keeper").arg(folder.path()).current_dir("/");
        keeper.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        let keeper = keeper.spawn().map_err(told)?;
        Ok(Self { folder, who, keeper })
    }

    /// Where something of this name lies.
    pub(super) fn of(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A folder of an instance, still without `data`.
    pub(super) fn make(&self, name: &str) -> Result<PathBuf, String> {
        let path = self.of(name);
        let made = fs::create_dir(&path)
            .and_then(|()| fs::set_permissions(&path, fs::Permissions::from_mode(0o700)))
            .and_then(|()| self.who.own(&path));
        made.map(|()| path.clone()).map_err(|why| format!("{}: {why}", path.display()))
    }

    /// A fresh cluster of this PostgreSQL, made once and then copied.
    pub(super) fn template(&self, installation: &Installation) -> Result<PathBuf, String> {
        let path = self.of(&format!("template-{}", installation.version));
        if path.exists() {
            return Ok(path);
        }
        let half = self.of("template-half");
        remove(&half);
        // Sorted by code points, with the classes of all of Unicode where the system has such a locale.
        let mut made = Ok(());
        for locale in ["C.UTF-8", "C"] {
            remove(&half);
            made = self.initdb(installation, &half, locale);
            if made.is_ok() {
                break;
            }
        }
        made?;
        let written = fs::write(half.join("pg_hba.conf"), ACCESS).and_then(|()| fs::rename(&half, &path));
        written.map(|()| path).map_err(|why| format!("{}: {why}", half.display()))
    }

    fn initdb(&self, installation: &Installation, data: &Path, locale: &str) -> Result<(), String> {
        let mut command = self.who.command(&installation.bin.join("initdb"));
        command.arg("-D").arg(data).args(["-U", SUPERUSER, "-E", "UTF8", "--auth=trust", "--no-sync"]);
        run(command.arg(format!("--locale={locale}")))
    }

    /// Copies a folder with all that is in it. Nobody may write there meanwhile.
    pub(super) fn copy(&self, from: &Path, to: &Path) -> Result<(), String> {
        run(self.who.command(Path::new("cp")).arg("-Rp").arg(from).arg(to))
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        remove(self.folder.path());
        drop(self.keeper.stdin.take());
        if let Err(error) = self.keeper.wait() {
            tracing::debug!(%error, "the keeper of a tank's databases was waited for elsewhere");
        }
    }
}

/// Removes a folder if it is there.
pub(super) fn remove(path: &Path) {
    if path.exists()
        && let Err(error) = fs::remove_dir_all(path)
    {
        tracing::warn!(%error, path = %path.display(), "a folder of a database was not removed");
    }
}

/// Runs a program to its end. Its last words are the error.
pub(super) fn run(command: &mut Command) -> Result<(), String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|why| format!("{program}: {why}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it failed without a word");
    Err(format!("{program}: {}", last.trim()))
}
