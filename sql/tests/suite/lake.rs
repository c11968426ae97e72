//! A small lake in memory for tests: objects and a catalog that take what a statement returns.
//!
//! Start with `Lake::ask`: run a statement, apply it, get its result as text.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use wavetank_sql::{
    Catalog, CatalogChange, Column, Engine, EngineOptions, ObjectMeta, Objects, ObjectsError, Outcome,
    Partition, RunOptions, SqlError, Table, athena_rows, parse_with_parameters,
};

/// 2024-01-26 10:00:00 UTC.
pub(crate) const NOW_MS: i64 = 1_706_263_200_000;

#[derive(Debug, Default)]
pub(crate) struct Store(pub(crate) Mutex<BTreeMap<(String, String), Bytes>>);

impl Objects for Store {
    fn list(&self, bucket: &str, prefix: &str) -> Result<Vec<ObjectMeta>, ObjectsError> {
        let all = self.0.lock().expect("not poisoned");
        let found = all.iter().filter(|((b, k), _)| b == bucket && k.starts_with(prefix));
        Ok(found
            .map(|((_, k), v)| ObjectMeta {
                key: k.clone(),
                size: v.len() as u64,
                last_modified_ms: 0,
                etag: String::new(),
            })
            .collect())
    }

    fn get(&self, bucket: &str, key: &str) -> Result<Bytes, ObjectsError> {
        let all = self.0.lock().expect("not poisoned");
        let missing = || ObjectsError::NoSuchKey { bucket: bucket.into(), key: key.into() };
        all.get(&(bucket.to_string(), key.to_string())).cloned().ok_or_else(missing)
    }

    fn get_range(&self, bucket: &str, key: &str, range: Range<u64>) -> Result<Bytes, ObjectsError> {
        let whole = self.get(bucket, key)?;
        Ok(whole.slice(range.start as usize..(range.end as usize).min(whole.len())))
    }
}

#[derive(Debug, Default)]
pub(crate) struct Glue {
    pub(crate) databases: Mutex<Vec<String>>,
    pub(crate) tables: Mutex<BTreeMap<(String, String), Table>>,
    pub(crate) partitions: Mutex<BTreeMap<(String, String), Vec<Partition>>>,
}

impl Catalog for Glue {
    fn databases(&self) -> Vec<String> {
        self.databases.lock().expect("not poisoned").clone()
    }

    fn tables(&self, database: &str) -> Vec<String> {
        let all = self.tables.lock().expect("not poisoned");
        all.keys().filter(|(d, _)| d == database).map(|(_, t)| t.clone()).collect()
    }

    fn table(&self, database: &str, name: &str) -> Option<Table> {
        self.tables.lock().expect("not poisoned").get(&(database.to_string(), name.to_string())).cloned()
    }

    fn partitions(&self, database: &str, table: &str) -> Vec<Partition> {
        let all = self.partitions.lock().expect("not poisoned");
        let mut found = all.get(&(database.to_string(), table.to_string())).cloned().unwrap_or_default();
        found.sort_by(|a, b| a.values.cmp(&b.values));
        found
    }
}

impl Glue {
    fn apply(&self, change: CatalogChange) {
        let mut databases = self.databases.lock().expect("not poisoned");
        let mut tables = self.tables.lock().expect("not poisoned");
        let mut partitions = self.partitions.lock().expect("not poisoned");
        match change {
            CatalogChange::CreateDatabase { name, .. } => {
                databases.push(name);
                databases.sort();
            }
            CatalogChange::DropDatabase { name, .. } => {
                databases.retain(|d| *d != name);
                tables.retain(|(d, _), _| *d != name);
            }
            CatalogChange::CreateTable(t) | CatalogChange::ReplaceTable(t) => {
                tables.insert((t.database.clone(), t.name.clone()), *t);
            }
            CatalogChange::DropTable { database, name } => {
                partitions.remove(&(database.clone(), name.clone()));
                tables.remove(&(database, name));
            }
            CatalogChange::AddPartitions { database, table, partitions: new } => {
                partitions.entry((database, table)).or_default().extend(new);
            }
            CatalogChange::DropPartitions { database, table, values } => {
                partitions.entry((database, table)).or_default().retain(|p| !values.contains(&p.values));
            }
            CatalogChange::SetPartitionLocation { database, table, values, location } => {
                for p in
                    partitions.entry((database, table)).or_default().iter_mut().filter(|p| p.values == values)
                {
                    p.location = Some(location.clone());
                }
            }
        }
    }
}

pub(crate) struct Lake {
    pub(crate) store: Arc<Store>,
    pub(crate) glue: Arc<Glue>,
    pub(crate) engine: Engine,
    /// One that keeps its plans: whatever is asked must be answered alike by a plan that is new, and by one that is not.
    kept: Engine,
    pub(crate) runs: usize,
    runtime: tokio::runtime::Runtime,
}

impl Default for Lake {
    fn default() -> Self {
        Lake::with(EngineOptions { threads: 2, ..EngineOptions::default() })
    }
}

impl Lake {
    pub(crate) fn with(options: EngineOptions) -> Self {
        let glue = Glue { databases: Mutex::new(vec!["db".into()]), ..Glue::default() };
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let kept = Engine::new(EngineOptions { on_one_thread: true, ..options.clone() });
        let (store, engine) = (Arc::default(), Engine::new(options));
        Lake { store, glue: Arc::new(glue), engine, kept, runs: 0, runtime }
    }

    pub(crate) fn put(&self, key: &str, bytes: impl Into<Bytes>) {
        self.store.0.lock().expect("not poisoned").insert(("b".into(), key.into()), bytes.into());
    }

    /// Runs without storing anything.
    pub(crate) fn run(&self, sql: &str, parameters: &[&str]) -> Result<Outcome, SqlError> {
        self.run_at(&self.engine, sql, parameters, NOW_MS, 7)
    }

    /// The same by an engine that keeps its plans, at another time and from another seed.
    pub(crate) fn run_kept(&self, sql: &str, now_ms: i64, seed: u64) -> Result<Outcome, SqlError> {
        self.run_at(&self.kept, sql, &[], now_ms, seed)
    }

    fn run_at(
        &self,
        engine: &Engine,
        sql: &str,
        parameters: &[&str],
        now_ms: i64,
        seed: u64,
    ) -> Result<Outcome, SqlError> {
        let parameters: Vec<String> = parameters.iter().map(ToString::to_string).collect();
        let statement = parse_with_parameters(sql, &parameters)?;
        let options = RunOptions {
            database: "db".into(),
            output_location: Some("s3://b/results/".into()),
            execution_id: format!("{:08}-id", self.runs),
            now_ms,
            seed,
        };
        self.runtime.block_on(engine.run(&statement, &options, self.glue.clone(), self.store.clone()))
    }

    /// Runs and stores. The result is lines of `a|b`, NULL as `-`; an error is its text.
    pub(crate) fn ask(&mut self, sql: &str) -> String {
        self.runs += 1;
        let outcome = self.run(sql, &[]);
        // A query that stops early has read what was read ahead: more, where another thread reads.
        let stops_early = sql.to_ascii_uppercase().contains("LIMIT");
        let said = |outcome: &Result<Outcome, SqlError>| match outcome {
            Ok(outcome) => {
                let scanned = if stops_early { 0 } else { outcome.bytes_scanned };
                (text_of(outcome), format!("{:?}", outcome.columns), scanned)
            }
            Err(error) => (error.to_string(), String::new(), 0),
        };
        if parse_with_parameters(sql, &[]).is_ok_and(|statement| statement.writes_csv()) {
            for which in ["a new plan", "a kept plan"] {
                assert_eq!(said(&self.run_kept(sql, NOW_MS, 7)), said(&outcome), "{which}: {sql}");
            }
        }
        match outcome {
            Ok(outcome) => {
                let text = text_of(&outcome);
                self.apply(outcome);
                text
            }
            Err(error) => error.to_string(),
        }
    }

    pub(crate) fn apply(&self, outcome: Outcome) {
        for object in outcome.written {
            self.store.0.lock().expect("not poisoned").insert((object.bucket, object.key), object.bytes);
        }
        for change in outcome.catalog_changes {
            self.glue.apply(change);
        }
    }

    /// A table over the objects under `s3://b/<name>/`.
    pub(crate) fn table(&self, name: &str, columns: &[(&str, &str)], serde: &str) -> Table {
        let parquet = serde.contains("parquet");
        let table = Table {
            database: "db".into(),
            name: name.into(),
            columns: columns.iter().map(|(n, t)| Column::new(*n, *t)).collect(),
            location: Some(format!("s3://b/{name}/")),
            serde: Some(serde.into()),
            input_format: (!parquet).then(|| "org.apache.hadoop.mapred.TextInputFormat".to_string()),
            table_type: Some("EXTERNAL_TABLE".into()),
            ..Table::default()
        };
        self.glue.apply(CatalogChange::CreateTable(Box::new(table.clone())));
        table
    }

    pub(crate) fn replace(&self, table: Table) {
        self.glue.apply(CatalogChange::ReplaceTable(Box::new(table)));
    }
}

/// Rows without the header.
pub(crate) fn text_of(outcome: &Outcome) -> String {
    let rows = athena_rows(outcome);
    let body = rows.into_iter().skip(usize::from(outcome.has_header));
    body.map(|r| r.into_iter().map(|c| c.unwrap_or_else(|| "-".into())).collect::<Vec<_>>().join("|"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Asks each statement in turn and compares; reports every difference at once.
pub(crate) fn check(lake: &mut Lake, cases: &[(&str, &str)]) {
    let mut wrong = Vec::new();
    for (sql, expected) in cases {
        let found = lake.ask(sql);
        if found != *expected {
            wrong.push(format!("{sql}\n  expected: {expected}\n  found:    {found}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}
