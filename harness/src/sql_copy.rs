//! Rows into a PostgreSQL table in bulk: `COPY` of CSV through the endpoint that DescribeDBInstances shows, or a URL.
//!
//! For loads that would take minutes by INSERT. It speaks to whatever listens there: a tank's instance, one on AWS, a container.
//! Left out: TLS.

use bytes::Bytes;
use futures::SinkExt as _;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio_postgres::config::Host;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, NoTls};

/// Bytes of CSV that are sent in one message.
const MESSAGE_BYTES: usize = 1 << 20;

/// What is written as it is in a URL's user and database.
const AS_IS: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');
/// Where PostgreSQL listens if nothing else is said.
const PORT: u16 = 5_432;

/// Where a database is, and who enters.
#[derive(Clone, PartialEq, Eq)]
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

/// Why a text names no database. It does not repeat the text, which may have a password.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("no database is named: {0}; write postgres://USER:PASSWORD@HOST:PORT/DATABASE")]
pub struct DatabaseError(String);

impl std::str::FromStr for Database {
    type Err = DatabaseError;

    /// Reads `postgres://user:password@host:port/name`. Without a port it is 5432, without a password there is none.
    fn from_str(url: &str) -> Result<Self, DatabaseError> {
        let refuse = |why: &str| DatabaseError(why.to_owned());
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return Err(refuse("it does not begin with postgres://"));
        }
        // What is said there would be passed over: TLS, options of a session.
        if url.rsplit('@').next().is_some_and(|place| place.contains('?')) {
            return Err(refuse("nothing is read behind `?`, and TLS is not built"));
        }
        let config = url.parse::<Config>().map_err(|error| DatabaseError(told(&error)))?;
        let [Host::Tcp(host)] = config.get_hosts() else { return Err(refuse("it has not one host")) };
        let password = config.get_password().map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        Ok(Self {
            host: host.clone(),
            port: config.get_ports().first().copied().unwrap_or(PORT),
            name: config.get_dbname().ok_or_else(|| refuse("it has no database"))?.to_owned(),
            user: config.get_user().ok_or_else(|| refuse("it has no user"))?.to_owned(),
            password: password.unwrap_or_default(),
        })
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
    /// As a URL, without the password.
    pub fn url(&self) -> String {
        let [user, name] = [&self.user, &self.name].map(|text| utf8_percent_encode(text, AS_IS));
        match self.host.contains(':') {
            true => format!("postgres://{user}@[{}]:{}/{name}", self.host, self.port),
            false => format!("postgres://{user}@{}:{}/{name}", self.host, self.port),
        }
    }

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
    use super::{Database, quoted};

    #[test]
    fn a_database_is_named_by_a_url_whose_password_is_not_repeated() {
        let check = |url: &str, password: &str, again: &str| {
            let database = url.parse::<Database>().expect(url);
            assert_eq!((&*database.password, &*database.url()), (password, again), "{url}");
            let without = Database { password: String::new(), ..database };
            assert_eq!(again.parse::<Database>(), Ok(without), "{url}");
        };
        check("postgres://me:secret@127.0.0.1:5433/shop", "secret", "postgres://me@127.0.0.1:5433/shop");
        check("postgresql://me@localhost/my_shop-2", "", "postgres://me@localhost:5432/my_shop-2");
        check("postgres://a%40b:p%2Fq@[::1]:5432/sh%20op", "p/q", "postgres://a%40b@[::1]:5432/sh%20op");
    }

    #[test]
    fn what_names_no_database_is_refused_with_the_reason() {
        let check = |url: &str, why: &str| {
            let error = url.parse::<Database>().expect_err(url).to_string();
            assert!(error.contains(why) && error.ends_with("@HOST:PORT/DATABASE"), "{url}: {error}");
            assert!(!error.contains("secret"), "{url}: {error}");
        };
        check("mysql://me:secret@localhost/shop", "begin with postgres://");
        check("postgres://me:secret@/shop", "one host");
        check("postgres://me:secret@one,two/shop", "one host");
        check("postgres://localhost/shop", "no user");
        check("postgres://me:secret@localhost", "no database");
        check("postgres://me:secret@localhost/shop?sslmode=require", "TLS");
        check("postgres://me:secret@localhost:many/shop", "option `port`");
    }

    #[test]
    fn names_are_quoted_part_by_part() {
        assert_eq!(quoted("orders"), "\"orders\"");
        assert_eq!(quoted("shop.order details"), "\"shop\".\"order details\"");
        assert_eq!(quoted("a\"b"), "\"a\"\"b\"");
    }
}
