//! Rows into a PostgreSQL table in bulk: `COPY` of CSV through the endpoint that DescribeDBInstances shows.
//!
//! For loads that would take minutes by INSERT. It speaks to whatever listens there: a tank's instance, or one on AWS.
//! Left out: TLS.

use bytes::Bytes;
use futures::SinkExt as _;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, NoTls};

/// Bytes of CSV that are sent in one message.
const MESSAGE_BYTES: usize = 1 << 20;

/// Where a database is, and who enters.
#[derive(Clone)]
pub struct Database {
    /// As `Endpoint.Address` says.
    pub host: String,
    /// As `Endpoint.Port` says.
    pub port: u16,
    /// The database's name.
    pub name: String,
    /// Who.
    pub user: String,
    /// His password.
    pub password: String,
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { host, port, name, user, .. } = self;
        write!(f, "{user}@{host}:{port}/{name}")
    }
}

/// Why rows are not in the table; none of the call's are.
#[derive(Debug, thiserror::Error)]
pub enum SqlError {
    /// The database did not let us in.
    #[error("cannot join {database}: {why}; hint: DescribeDBInstances shows its status and endpoint")]
    Join {
        /// Which.
        database: String,
        /// What was said.
        why: String,
    },
    /// The database has gone away. What it has not acknowledged may be there all the same.
    #[error("{database} is gone: {why}")]
    Gone {
        /// Which.
        database: String,
        /// What was said.
        why: String,
    },
    /// The database has refused.
    #[error("{database} refuses: {why}")]
    Refused {
        /// Which.
        database: String,
        /// What was said, with the line of the CSV where there is one.
        why: String,
    },
}

/// An open connection.
#[derive(Debug)]
pub struct Session {
    client: Client,
    database: String,
}

impl Database {
    /// Joins.
    pub async fn join(&self) -> Result<Session, SqlError> {
        let mut config = Config::new();
        config.host(&self.host).port(self.port).user(&self.user).password(&self.password);
        config.dbname(&self.name).application_name("wavetank");
        let database = format!("{self:?}");
        let joined = config.connect(NoTls).await;
        let (client, connection) =
            joined.map_err(|error| SqlError::Join { database: database.clone(), why: told(&error) })?;
        // Ends when the session is dropped, or the server goes: the next statement hears of that.
        tokio::spawn(async move { drop(connection.await) });
        Ok(Session { client, database })
    }
}

impl Session {
    /// Runs statements that give no rows back.
    pub async fn run(&self, statements: &str) -> Result<(), SqlError> {
        self.client.batch_execute(statements).await.map_err(|error| self.refused(&error))
    }

    /// Rows of a query, as text.
    pub async fn rows(&self, query: &str) -> Result<Vec<Vec<Option<String>>>, SqlError> {
        use tokio_postgres::SimpleQueryMessage as Message;
        let messages = self.client.simple_query(query).await.map_err(|error| self.refused(&error))?;
        let rows = messages.iter().filter_map(|message| match message {
            Message::Row(row) => Some((0..row.len()).map(|at| row.get(at).map(str::to_owned)).collect()),
            _ => None,
        });
        Ok(rows.collect())
    }

    /// Copies CSV with a header into a table, whole or not at all. Answers how many rows came in.
    pub async fn copy_csv(&self, table: &str, columns: &[&str], csv: Bytes) -> Result<u64, SqlError> {
        let columns = columns.iter().map(|column| quoted(column)).collect::<Vec<_>>().join(", ");
        let list = if columns.is_empty() { String::new() } else { format!(" ({columns})") };
        let statement = format!("COPY {}{list} FROM STDIN (FORMAT csv, HEADER)", quoted(table));
        let refused = |error| self.refused(&error);
        let sink = self.client.copy_in::<_, Bytes>(&statement).await.map_err(refused)?;
        let mut sink = std::pin::pin!(sink);
        let mut rest = csv;
        while !rest.is_empty() {
            let message = rest.split_to(rest.len().min(MESSAGE_BYTES));
            sink.feed(message).await.map_err(refused)?;
        }
        sink.as_mut().finish().await.map_err(refused)
    }

    fn refused(&self, error: &tokio_postgres::Error) -> SqlError {
        let (database, why) = (self.database.clone(), told(error));
        // A server that is ended says so, if it still can.
        let ends = [SqlState::ADMIN_SHUTDOWN, SqlState::CRASH_SHUTDOWN, SqlState::CANNOT_CONNECT_NOW];
        match error.as_db_error() {
            Some(said) if !ends.contains(said.code()) => SqlError::Refused { database, why },
            _ => SqlError::Gone { database, why },
        }
    }
}

/// A name, with its schema if it has one, in quotes.
fn quoted(name: &str) -> String {
    let parts = name.split('.').map(|part| format!("\"{}\"", part.replace('"', "\"\"")));
    parts.collect::<Vec<_>>().join(".")
}

fn told(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(said) => match said.where_() {
            Some(place) => format!("{} ({place})", said.message()),
            None => said.message().to_owned(),
        },
        None => std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string),
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn names_are_quoted_part_by_part() {
        assert_eq!(quoted("orders"), "\"orders\"");
        assert_eq!(quoted("shop.order details"), "\"shop\".\"order details\"");
        assert_eq!(quoted("a\"b"), "\"a\"\"b\"");
    }
}
