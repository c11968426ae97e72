//! The Data API's statements: connections to a tank's databases, kept from one call to the next, and open transactions.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::{Mutex, MutexGuard};

use bytes::{Bytes, BytesMut};
use futures::TryStreamExt as _;
use tokio_postgres::error::{DbError, SqlState};
use tokio_postgres::types::{Format, FromSql, IsNull, ToSql, Type};
use tokio_postgres::{Client, Config, NoTls};

use super::cells;
use super::session::told;
use crate::services::rds_data::names::Statement;
use crate::services::rds_data::work::{Bound, Cell, Column, Done, Kind, Login, SqlFailure, SqlTask, SqlWork};

/// Bytes of a result. Documented: docs.aws.amazon.com/rdsdataservice/latest/APIReference/API_ExecuteStatement.html (read
/// 2026-11-28): the call is terminated if the binary response is more than 1 MB.
const RESULT_BYTES_MAX: usize = 1 << 20;
/// Connections that are kept for one login.
const IDLE_MAX: usize = 4;
/// Milliseconds of real time that a statement may run. Documented:
/// docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/data-api.html (read 2026-11-29): 45 seconds.
const STATEMENT_TIMEOUT: &str = "-c statement_timeout=45000";

/// Connections that nobody uses now, and those of open transactions.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    idle: Mutex<BTreeMap<Login, Vec<Client>>>,
    open: Mutex<BTreeMap<String, Client>>,
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("nothing panics while it holds this")
}

impl Sessions {
    pub(super) fn end_all(&self) {
        held(&self.idle).clear();
        held(&self.open).clear();
    }

    pub(super) async fn perform(&self, work: SqlWork) -> Result<Done, SqlFailure> {
        match (work.transaction, work.task) {
            (Some(id), SqlTask::Begin) => {
                let client = self.client(&work.login).await?;
                client.batch_execute("BEGIN").await.map_err(|error| failure(&error, None))?;
                held(&self.open).insert(id, client);
                Ok(Done::default())
            }
            (Some(id), SqlTask::Execute { statement, sets }) => {
                let client = held(&self.open).remove(&id).ok_or(SqlFailure::NoTransaction)?;
                let done = execute(&client, &statement, &sets).await;
                if client.is_closed() {
                    return done.and(Err(SqlFailure::NoTransaction));
                }
                held(&self.open).insert(id, client);
                done
            }
            (Some(id), task) => {
                let client = held(&self.open).remove(&id).ok_or(SqlFailure::NoTransaction)?;
                let word = if task == SqlTask::Commit { "COMMIT" } else { "ROLLBACK" };
                client.batch_execute(word).await.map_err(|error| failure(&error, None))?;
                self.keep(&work.login, client).await;
                Ok(Done::default())
            }
            (None, SqlTask::Execute { statement, sets }) => {
                let client = self.client(&work.login).await?;
                let done = execute(&client, &statement, &sets).await;
                self.keep(&work.login, client).await;
                done
            }
            (None, _) => Err(SqlFailure::NoTransaction),
        }
    }

    async fn client(&self, login: &Login) -> Result<Client, SqlFailure> {
        loop {
            let kept = held(&self.idle).get_mut(login).and_then(Vec::pop);
            match kept {
                Some(client) if !client.is_closed() => return Ok(client),
                Some(_) => {}
                None => break,
            }
        }
        let mut config = Config::new();
        config.host("127.0.0.1").port(login.port).user(&login.user).password(&login.password);
        config.dbname(&login.database).application_name("rds-data").options(STATEMENT_TIMEOUT);
        let (client, connection) =
            config.connect(NoTls).await.map_err(|error| match error.as_db_error() {
                Some(said) if !is_going(said) => {
                    SqlFailure::Refused(format!("{}: {}", said.severity(), said.message()))
                }
                _ => SqlFailure::Gone(told(&error)),
            })?;
        // Ends when the client is dropped, or the server goes.
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection of the Data API ended early");
            }
        });
        Ok(client)
    }

    /// Keeps a connection for the next call, with nothing of this one's.
    async fn keep(&self, login: &Login, client: Client) {
        if client.is_closed() || client.batch_execute("DISCARD ALL").await.is_err() {
            return;
        }
        let mut idle = held(&self.idle);
        let kept = idle.entry(login.clone()).or_default();
        if kept.len() < IDLE_MAX {
            kept.push(client);
        }
    }
}

/// Runs the statement for each set of values. Several sets are one transaction of their own where none is open.
async fn execute(client: &Client, statement: &Statement, sets: &[Vec<Bound>]) -> Result<Done, SqlFailure> {
    let mut all = Done::default();
    for set in sets {
        let types: Vec<Type> = set.iter().map(|bound| type_of(bound.kind)).collect();
        let told = |error: tokio_postgres::Error| failure(&error, Some(statement));
        let prepared = client.prepare_typed(&statement.sql, &types).await.map_err(told)?;
        if let Some(column) = prepared.columns().iter().find(|column| !cells::is_known(column.type_())) {
            return Err(SqlFailure::Unsupported(column.type_().name().to_owned()));
        }
        let columns = prepared.columns().iter().map(|column| Column {
            name: column.name().to_owned(),
            type_name: column.type_().name().to_owned(),
            modifier: column.type_modifier(),
        });
        all.columns = columns.collect();
        let values: Vec<Text> = set.iter().map(|bound| Text(bound.text.clone())).collect();
        let rows = client.query_raw(&prepared, values.iter().map(|value| value as &(dyn ToSql + Sync)));
        let rows = rows.await.map_err(told)?;
        let mut rows = std::pin::pin!(rows);
        let mut bytes = 0;
        while let Some(row) = rows.try_next().await.map_err(told)? {
            let mut cells = Vec::with_capacity(row.len());
            for at in 0..row.len() {
                let Read(cell, size) = row.try_get(at).map_err(told)?;
                bytes += size;
                cells.push(cell);
            }
            if bytes > RESULT_BYTES_MAX {
                return Err(SqlFailure::TooLarge);
            }
            all.rows.push(cells);
        }
        all.affected += rows.rows_affected().unwrap_or_default();
    }
    Ok(all)
}

fn type_of(kind: Kind) -> Type {
    match kind {
        Kind::Unknown => Type::UNKNOWN,
        Kind::Bool => Type::BOOL,
        Kind::Int8 => Type::INT8,
        Kind::Float8 => Type::FLOAT8,
        Kind::Text => Type::TEXT,
        Kind::Bytea => Type::BYTEA,
        Kind::Date => Type::DATE,
        Kind::Time => Type::TIME,
        Kind::Timestamp => Type::TIMESTAMP,
        Kind::Numeric => Type::NUMERIC,
        Kind::Uuid => Type::UUID,
        Kind::Json => Type::JSON,
    }
}

/// Whether a server speaks its last words, or its first: it is ended, has crashed, or recovers.
fn is_going(said: &DbError) -> bool {
    let code = said.code();
    *code == SqlState::ADMIN_SHUTDOWN
        || *code == SqlState::CRASH_SHUTDOWN
        || *code == SqlState::CANNOT_CONNECT_NOW
}

/// What a database's error is, with its place in what the client wrote.
fn failure(error: &tokio_postgres::Error, statement: Option<&Statement>) -> SqlFailure {
    use tokio_postgres::error::ErrorPosition;
    let Some(said) = error.as_db_error().filter(|said| !is_going(said)) else {
        return SqlFailure::Gone(told(error));
    };
    if *said.code() == SqlState::QUERY_CANCELED {
        return SqlFailure::TimedOut;
    }
    let position = match said.position() {
        Some(ErrorPosition::Original(at)) => Some(statement.map_or(*at, |statement| statement.original(*at))),
        _ => None,
    };
    let message = format!("{}: {}", said.severity(), said.message());
    SqlFailure::Database { message, position, state: said.code().code().to_owned() }
}

/// A value that is sent as text, whatever its type: the server reads it as it would in a statement.
#[derive(Debug)]
struct Text(Option<String>);

impl ToSql for Text {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match &self.0 {
            Some(text) => {
                out.extend_from_slice(text.as_bytes());
                Ok(IsNull::No)
            }
            None => Ok(IsNull::Yes),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        Format::Text
    }

    tokio_postgres::types::to_sql_checked!();
}

/// A value of a result, and how many bytes it came in.
#[derive(Debug)]
struct Read(Cell, usize);

impl<'a> FromSql<'a> for Read {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(cells::read(kind, &Bytes::copy_from_slice(raw))?, raw.len()))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(Cell::Null, 0))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}
