//! What the tank itself says to a server, as its superuser, through the socket in its folder.

use std::path::Path;

use tokio_postgres::{Config, NoTls};

use super::files::SUPERUSER;
use crate::services::rds::work::{Master, PostgresFailure};

/// Runs statements one after the other, from a thread that may block.
pub(super) fn administer(socket: &Path, port: u16, statements: &[String]) -> Result<(), PostgresFailure> {
    tokio::runtime::Handle::current()
        .block_on(run(socket, port, statements))
        .map_err(|error| PostgresFailure::Said(told(&error)))
}

async fn run(socket: &Path, port: u16, statements: &[String]) -> Result<(), tokio_postgres::Error> {
    let mut config = Config::new();
    config.host_path(socket).port(port).user(SUPERUSER).dbname("postgres").application_name("wavetank");
    let (client, connection) = config.connect(NoTls).await?;
    // Ends when the client is dropped.
    let speaking = tokio::spawn(connection);
    for statement in statements {
        client.batch_execute(statement).await?;
    }
    drop(client);
    if let Ok(Err(error)) = speaking.await {
        tracing::debug!(%error, "a connection of the tank's own ended early");
    }
    Ok(())
}

/// What the server has said, or what went wrong before it could.
pub(super) fn told(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(said) => said.message().to_owned(),
        None => std::error::Error::source(error)
            .map_or_else(|| error.to_string(), |source| format!("{error}: {source}")),
    }
}

/// What makes a fresh cluster one of RDS's: the master user is no superuser but one of `rds_superuser`, and owns the databases.
///
/// Documented: docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.PostgreSQL.CommonDBATasks.Roles.rds_superuser.html
/// (read 2026-11-29 as in github.com/awsdocs/amazon-rds-user-guide): which roles it has. Assumed: that it may pass all of them on.
pub(super) fn set_up(master: &Master, database: Option<&str>) -> Vec<String> {
    let user = identifier(&master.user);
    let mut statements = vec![
        "CREATE ROLE rds_superuser NOLOGIN; \
         GRANT pg_monitor, pg_signal_backend TO rds_superuser WITH ADMIN OPTION; \
         CREATE ROLE rds_replication NOLOGIN; CREATE ROLE rds_password NOLOGIN; \
         GRANT rds_replication, rds_password TO rds_superuser WITH ADMIN OPTION"
            .to_owned(),
        format!(
            "CREATE ROLE {user} LOGIN CREATEDB CREATEROLE PASSWORD {} IN ROLE rds_superuser VALID UNTIL 'infinity'",
            literal(&master.password)
        ),
        format!("ALTER DATABASE postgres OWNER TO {user}"),
        format!("ALTER DATABASE template1 OWNER TO {user}"),
    ];
    if let Some(database) = database.filter(|database| *database != "postgres") {
        statements.push(format!("CREATE DATABASE {} OWNER {user}", identifier(database)));
    }
    statements
}

/// Gives the master user another password.
pub(super) fn set_password(master: &Master) -> Vec<String> {
    vec![format!("ALTER ROLE {} PASSWORD {}", identifier(&master.user), literal(&master.password))]
}

/// A name in quotes. RDS keeps names in lower case.
fn identifier(name: &str) -> String {
    format!("\"{}\"", name.to_lowercase().replace('"', "\"\""))
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
