//! Real PostgreSQL servers for RDS: one process for each instance that runs, on 127.0.0.1, in a folder of the tank's.
//!
//! `find.rs` finds the programs, `files.rs` keeps the folders, `server.rs` starts and ends a process, `session.rs` talks to it,
//! `data.rs` for the Data API.
//! Nothing outlives the tank, however it ends. `fsync` is off unless an instance's parameters turn it on: what was committed
//! survives the death of the server, not that of the machine.
//! Left out: TLS, any engine but PostgreSQL.

mod cells;
mod data;
mod files;
mod find;
mod server;
mod session;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};

use super::Door;
use crate::driver::WeakTank;
use crate::services::rds::work::{
    Launch, Master, PostgresFailure, PostgresOutput, PostgresTask, PostgresWork, Running, death_topic,
};
use crate::services::rds_data::work::{STATEMENT, SqlFailure, SqlOutput, SqlWork};
use crate::world::{Outcome, Output};
use files::{Files, remove, run as run_program};
pub use find::{FOLDER_VARIABLE, INSTALL, Installation, Missing, find, installations};
use server::{End, Server, Start, StartError};

/// The databases of one tank. They end, and their folder goes, when the last handle is dropped.
#[derive(Clone, Debug, Default)]
pub(crate) struct Postgres(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    // Before the files: a server must be gone when its folder goes.
    places: Mutex<BTreeMap<String, Arc<Mutex<Place>>>>,
    files: Mutex<Option<Arc<Files>>>,
    sessions: data::Sessions,
}

/// An instance's folder, and its server while it runs.
#[derive(Debug)]
struct Place {
    server: Option<Server>,
    installation: Installation,
    folder: PathBuf,
}

/// Does the work on a thread that may block.
pub(super) async fn run(postgres: &Postgres, door: Door, work: PostgresWork) -> Outcome {
    let shared = Arc::clone(&postgres.0);
    let tank = door.tank.downgrade();
    drop(door);
    let duration = work.takes;
    let done = tokio::task::spawn_blocking(move || shared.perform(tank, &work)).await;
    let result = done.unwrap_or_else(|error| {
        tracing::error!(%error, "work on a database stopped");
        Err(PostgresFailure::Said(error.to_string()))
    });
    Outcome { duration, output: Output::Postgres(PostgresOutput { result }) }
}

impl Postgres {
    /// Runs the Data API's statement.
    pub(super) async fn run_sql(&self, work: SqlWork) -> Outcome {
        let port = work.login.port;
        let result = self.0.sessions.perform(work).await;
        if matches!(result, Err(SqlFailure::Gone(_))) {
            // Whoever asks again must not find an instance that is `available` and has no server: tank time may run
            // through all his tries before the thread that waits for the process has had its turn.
            let shared = Arc::clone(&self.0);
            let told = tokio::task::spawn_blocking(move || shared.wait_until_death_is_told(port));
            drop(told.await);
        }
        Outcome { duration: STATEMENT, output: Output::Sql(SqlOutput { result }) }
    }

    /// Ends all servers and removes all folders.
    pub(super) fn end_all(&self) {
        self.0.sessions.end_all();
        let places = std::mem::take(&mut *self.0.places());
        drop(places);
        let files = self.0.files.lock().expect("nothing panics while it holds this").take();
        drop(files);
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        let places = std::mem::take(&mut *self.places());
        drop(places);
    }
}

impl Shared {
    fn places(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Mutex<Place>>>> {
        self.places.lock().expect("nothing panics while it holds this")
    }

    fn files(&self) -> Result<Arc<Files>, PostgresFailure> {
        let mut files = self.files.lock().expect("nothing panics while it holds this");
        if let Some(files) = &*files {
            return Ok(Arc::clone(files));
        }
        let made = Arc::new(Files::new().map_err(PostgresFailure::Said)?);
        *files = Some(Arc::clone(&made));
        Ok(made)
    }

    fn perform(&self, tank: WeakTank, work: &PostgresWork) -> Result<Running, PostgresFailure> {
        match &work.task {
            PostgresTask::Find { major } => {
                let installation =
                    find(*major).map_err(|missing| PostgresFailure::Missing(missing.to_string()))?;
                Ok(Running { version: installation.version, port: None })
            }
            PostgresTask::Create { launch, master, database } => {
                self.create(tank, &work.home, launch, master, database.as_deref())
            }
            PostgresTask::Restore { from, launch, password } => {
                self.restore(tank, &work.home, from, launch, password.as_ref())
            }
            PostgresTask::Start { launch } => self.in_place(&work.home, |place| {
                place.stop(End::Fast);
                place.start(self.files()?.as_ref(), tank, &work.home, launch)
            }),
            PostgresTask::Stop => self.in_place(&work.home, |place| {
                place.stop(End::Fast);
                Ok(place.told())
            }),
            PostgresTask::SetPassword(master) => self.in_place(&work.home, |place| {
                let port = place.running()?.port;
                session::administer(&place.folder, port, &session::set_password(master))?;
                Ok(place.told())
            }),
            PostgresTask::Snapshot { to } => self.in_place(&work.home, |place| {
                place.copy_to(self.files()?.as_ref(), to)?;
                Ok(place.told())
            }),
            PostgresTask::CopySnapshot { from, to } => {
                let files = self.files()?;
                files.copy(&files.of(from), &files.of(to)).map_err(PostgresFailure::Said)?;
                Ok(Running::default())
            }
            PostgresTask::DropSnapshot { snapshot } => {
                remove(&self.files()?.of(snapshot));
                Ok(Running::default())
            }
            PostgresTask::Destroy { last } => {
                if let Some(to) = last {
                    self.in_place(&work.home, |place| place.copy_to(self.files()?.as_ref(), to))?;
                }
                let place = self.places().remove(&work.home);
                if let Some(place) = place {
                    let mut place = place.lock().expect("nothing panics while it holds this");
                    place.stop(End::Immediate);
                    remove(&place.folder);
                }
                Ok(Running::default())
            }
        }
    }

    /// Comes back when the tank has heard of the end of the server behind this port. One that runs, or that a task of RDS's is just
    /// starting or ending, is not waited for.
    fn wait_until_death_is_told(&self, port: u16) {
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return;
        }
        let places: Vec<Arc<Mutex<Place>>> = self.places().values().cloned().collect();
        let watch = places.iter().find_map(|place| {
            let place = place.try_lock().ok()?;
            place.server.as_ref().filter(|server| server.port == port).map(Server::watch)
        });
        if let Some(watch) = watch {
            watch.wait_until_told();
        }
    }

    fn in_place<R>(
        &self,
        home: &str,
        act: impl FnOnce(&mut Place) -> Result<R, PostgresFailure>,
    ) -> Result<R, PostgresFailure> {
        let place = self.places().get(home).cloned();
        let place = place.ok_or_else(|| PostgresFailure::Said("its folder is gone".to_owned()))?;
        let mut place = place.lock().expect("nothing panics while it holds this");
        act(&mut place)
    }

    fn create(
        &self,
        tank: WeakTank,
        home: &str,
        launch: &Launch,
        master: &Master,
        database: Option<&str>,
    ) -> Result<Running, PostgresFailure> {
        let installation =
            find(launch.major).map_err(|missing| PostgresFailure::Missing(missing.to_string()))?;
        let files = self.files()?;
        let template = files.template(&installation).map_err(PostgresFailure::Said)?;
        let mut place = Place::new(&files, home, installation, &template)?;
        let made = place.start(&files, tank, home, launch).and_then(|running| {
            session::administer(
                &place.folder,
                running.port.unwrap_or_default(),
                &session::set_up(master, database),
            )?;
            Ok(running)
        });
        self.keep_if(home, place, made)
    }

    fn restore(
        &self,
        tank: WeakTank,
        home: &str,
        from: &str,
        launch: &Launch,
        password: Option<&Master>,
    ) -> Result<Running, PostgresFailure> {
        let files = self.files()?;
        let snapshot = files.of(from);
        let major = std::fs::read_to_string(snapshot.join("PG_VERSION")).unwrap_or_default();
        let installation = find(major.trim().parse().ok())
            .map_err(|missing| PostgresFailure::Missing(missing.to_string()))?;
        let mut place = Place::new(&files, home, installation, &snapshot)?;
        let made = place.start(&files, tank, home, launch).and_then(|running| {
            if let Some(master) = password {
                let port = running.port.unwrap_or_default();
                session::administer(&place.folder, port, &session::set_password(master))?;
            }
            Ok(running)
        });
        self.keep_if(home, place, made)
    }

    /// What has been made is kept; what has failed leaves nothing.
    fn keep_if(
        &self,
        home: &str,
        mut place: Place,
        made: Result<Running, PostgresFailure>,
    ) -> Result<Running, PostgresFailure> {
        if made.is_ok() {
            self.places().insert(home.to_owned(), Arc::new(Mutex::new(place)));
        } else {
            place.stop(End::Immediate);
            remove(&place.folder);
        }
        made
    }
}

impl Place {
    /// A folder whose data is a copy of these.
    fn new(
        files: &Files,
        home: &str,
        installation: Installation,
        data: &std::path::Path,
    ) -> Result<Self, PostgresFailure> {
        let folder = files.make(home).map_err(PostgresFailure::Said)?;
        let place = Self { server: None, installation, folder };
        if let Err(said) = files.copy(data, &place.folder.join("data")) {
            remove(&place.folder);
            return Err(PostgresFailure::Said(said));
        }
        Ok(place)
    }

    fn told(&self) -> Running {
        Running {
            version: self.installation.version.clone(),
            port: self.server.as_ref().map(|server| server.port),
        }
    }

    fn running(&self) -> Result<&Server, PostgresFailure> {
        let server = self.server.as_ref().filter(|server| server.is_alive());
        server.ok_or_else(|| PostgresFailure::Said("its server does not run".to_owned()))
    }

    fn stop(&mut self, how: End) {
        if let Some(server) = self.server.take()
            && server.is_alive()
        {
            server.end(how);
        }
    }

    fn start(
        &mut self,
        files: &Files,
        tank: WeakTank,
        home: &str,
        launch: &Launch,
    ) -> Result<Running, PostgresFailure> {
        let mut settings: Vec<(String, String)> =
            OURS.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        settings.extend(launch.parameters.iter().cloned());
        let start = Start {
            installation: &self.installation,
            who: files.who,
            folder: &self.folder,
            port: launch.port,
            settings: &settings,
        };
        let topic = death_topic(home);
        let server = Server::start(&start, move |how| {
            tracing::warn!(%how, "a PostgreSQL has ended by itself");
            tank.signal(&topic);
        });
        let server = server.map_err(|error| match error {
            StartError::PortTaken(port) => PostgresFailure::PortTaken(port),
            StartError::Said(said) => PostgresFailure::Said(said),
        })?;
        self.server = Some(server);
        Ok(self.told())
    }

    /// Copies the data as it is now: of a running server by its own backup, which is whole; else the files.
    fn copy_to(&self, files: &Files, name: &str) -> Result<(), PostgresFailure> {
        let to = files.of(name);
        let done = match self.running() {
            Ok(server) => {
                let mut command = files.who.command(&self.installation.bin.join("pg_basebackup"));
                command.arg("-D").arg(&to).arg("-h").arg(&self.folder).args(["-p", &server.port.to_string()]);
                command.args([
                    "-U",
                    files::SUPERUSER,
                    "-X",
                    "stream",
                    "-c",
                    "fast",
                    "--no-sync",
                    "--no-password",
                ]);
                run_program(&mut command)
            }
            Err(_) => files.copy(&self.folder.join("data"), &to),
        };
        if done.is_err() {
            remove(&to);
        }
        done.map_err(PostgresFailure::Said)
    }
}

/// Settings of every server; an instance's parameters come after them.
///
/// `synchronous_commit` stays on: with `fsync` off it costs nothing, and what is acknowledged is with the system.
const OURS: [(&str, &str); 8] = [
    ("listen_addresses", "127.0.0.1"),
    ("fsync", "off"),
    ("full_page_writes", "off"),
    ("unix_socket_permissions", "0700"),
    ("logging_collector", "off"),
    ("shared_buffers", "32MB"),
    ("password_encryption", "scram-sha-256"),
    ("timezone", "UTC"),
];
