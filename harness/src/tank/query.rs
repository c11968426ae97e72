//! Athena, asked by a test: a query, awaited, and its rows as text, as objects or as structs.

use std::future::{Future, IntoFuture};
use std::pin::Pin;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::cells::RowCells;
use super::{Tank, TankError};
use crate::observe::{self, Answer};

/// Where results go of a workgroup that names no place.
const RESULTS_BUCKET: &str = "wavetank-athena-results";

/// A query that is about to run: await it.
#[must_use = "nothing is asked until this is awaited"]
#[derive(Clone, Debug)]
pub struct Query {
    tank: Tank,
    sql: String,
    database: String,
    workgroup: String,
}

impl Tank {
    /// Runs a statement of Athena's SQL, waits for it, and answers its rows.
    ///
    /// Results go to a bucket of their own, unless the workgroup has a place for them.
    ///
    /// Error: [`TankError::Query`] with Athena's reason.
    pub fn athena(&self, sql: impl Into<String>) -> Query {
        let (database, workgroup) = ("default".to_owned(), "primary".to_owned());
        Query { tank: self.clone(), sql: sql.into(), database, workgroup }
    }
}

impl Query {
    /// The database of tables that are named without one; `default` otherwise.
    pub fn database(mut self, name: &str) -> Self {
        name.clone_into(&mut self.database);
        self
    }

    /// The workgroup; `primary` otherwise.
    pub fn workgroup(mut self, name: &str) -> Self {
        name.clone_into(&mut self.workgroup);
        self
    }

    /// The rows, each read into a struct whose fields are the columns.
    ///
    /// Error: as [`Tank::athena`]; [`TankError::Row`] with the row, the column and its value.
    pub async fn rows<T: DeserializeOwned>(self) -> Result<Vec<T>, TankError> {
        self.await?.to()
    }

    async fn run(self) -> Result<Rows, TankError> {
        let Self { tank, sql, database, workgroup } = self;
        // It is there after the first query.
        drop(tank.s3().create_bucket().bucket(RESULTS_BUCKET).send().await);
        let place = format!("s3://{RESULTS_BUCKET}/");
        let answer = observe::query_to(tank.aws(), &database, &workgroup, Some(&place), &sql).await?;
        match answer.failure {
            Some(reason) => Err(TankError::Query { sql, reason }),
            None => Ok(Rows { answer }),
        }
    }
}

impl IntoFuture for Query {
    type Output = Result<Rows, TankError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// A query's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows {
    answer: Answer,
}

impl Rows {
    /// The columns' names.
    pub fn columns(&self) -> &[String] {
        &self.answer.columns
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.answer.rows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.answer.rows.is_empty()
    }

    /// A cell by row, from 0, and column, as Athena writes it; `None` is NULL. Panics if there is no such cell.
    #[track_caller]
    pub fn get(&self, row: usize, column: &str) -> Option<&str> {
        let at = self.answer.columns.iter().position(|name| name == column);
        let at = at.unwrap_or_else(|| {
            panic!("the answer has no column `{column}`; it has {}", self.answer.columns.join(", "))
        });
        assert!(row < self.len(), "the answer has {} rows, and row {row} is asked for", self.len());
        self.answer.rows[row][at].as_deref()
    }

    /// The first cell of the first row: the answer of `SELECT count(*) ...`. Panics if there is none.
    #[track_caller]
    pub fn value(&self) -> &str {
        let cell = self.answer.rows.first().and_then(|row| row.first()?.as_deref());
        cell.unwrap_or_else(|| panic!("the answer has no value: {:?}", self.answer.rows))
    }

    /// Each row, read into a struct whose fields are the columns.
    ///
    /// Error: [`TankError::Row`].
    pub fn to<T: DeserializeOwned>(&self) -> Result<Vec<T>, TankError> {
        let columns = &self.answer.columns;
        let read = |(row, cells): (usize, &Vec<Option<String>>)| {
            T::deserialize(RowCells { columns, cells }).map_err(|why| {
                let columns = columns.join(", ");
                TankError::Row { row, cause: why.to_string(), columns }
            })
        };
        (1..).zip(&self.answer.rows).map(read).collect()
    }

    /// Each row as an object of texts and nulls.
    pub fn objects(&self) -> impl Iterator<Item = Map<String, Value>> + '_ {
        let names = &self.answer.columns;
        self.answer.rows.iter().map(move |row| {
            let values = row.iter().map(|cell| cell.clone().map_or(Value::Null, Value::from));
            names.iter().cloned().zip(values).collect()
        })
    }
}
