//! What RDS asks of the executor that runs real servers, and what it hears back.

use std::time::Duration;

/// One piece of work on one instance's server and folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostgresWork {
    /// The instance's resource id: names its folder.
    pub home: String,
    /// What is to be done.
    pub task: PostgresTask,
    /// How long it takes in tank time, at least.
    pub takes: Duration,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PostgresTask {
    /// Look whether there is a PostgreSQL on this machine, of this major version if there is one.
    Find {
        /// Such as 16.
        major: Option<u32>,
    },
    /// Make a cluster, start its server, make the master user.
    Create {
        /// How the server runs.
        launch: Launch,
        /// Who owns it.
        master: Master,
        /// A database besides `postgres`.
        database: Option<String>,
    },
    /// The same from a snapshot; the master user is the snapshot's.
    Restore {
        /// Names the snapshot.
        from: String,
        /// How the server runs.
        launch: Launch,
        /// Another password, if there is to be one.
        password: Option<Master>,
    },
    /// Start the server; one that runs is stopped first.
    Start {
        /// How the server runs.
        launch: Launch,
    },
    /// Stop the server.
    Stop,
    /// Give the master user another password.
    SetPassword(Master),
    /// Copy the data as they are now.
    Snapshot {
        /// Names the copy.
        to: String,
    },
    /// Copy a snapshot.
    CopySnapshot {
        /// Names what is copied.
        from: String,
        /// Names the copy.
        to: String,
    },
    /// Remove a snapshot.
    DropSnapshot {
        /// Names it.
        snapshot: String,
    },
    /// Stop the server and remove its folder.
    Destroy {
        /// Names a last snapshot, if there is to be one.
        last: Option<String>,
    },
}

/// How a server runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Launch {
    /// On which port; any if none is asked for.
    pub port: Option<u16>,
    /// Which major version is asked for.
    pub major: Option<u32>,
    /// Of the parameter group, what a user has set.
    pub parameters: Vec<(String, String)>,
}

/// The master user.
#[derive(Clone, PartialEq, Eq)]
pub struct Master {
    /// His name.
    pub user: String,
    /// His password.
    pub password: String,
}

impl std::fmt::Debug for Master {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Master").field("user", &self.user).finish_non_exhaustive()
    }
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostgresOutput {
    /// The server as it is now, or why the work was not done.
    pub result: Result<Running, PostgresFailure>,
}

/// A server as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Running {
    /// Of PostgreSQL, such as `15.18`; empty if the work was about no server.
    pub version: String,
    /// Where it accepts connections; none if it does not run.
    pub port: Option<u16>,
}

/// Why work on a server was not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PostgresFailure {
    /// This machine has none. The text says how to get one.
    #[error("{0}")]
    Missing(String),
    /// Somebody else listens there.
    #[error("port {0} of 127.0.0.1 is taken by another process")]
    PortTaken(u16),
    /// What the server or the system has said.
    #[error("{0}")]
    Said(String),
}

/// At which topic the executor signals that an instance's server has ended unasked.
pub fn death_topic(home: &str) -> String {
    format!("postgres/{home}")
}
