//! The end of a query: objects first, then Glue, and only then SUCCEEDED. What is refused is undone.
//!
//! Each step is an effect whose reply brings the next; all of them happen at one instant. Undone are objects, and tables,
//! databases and partitions that were created. A drop or a replacement that came before a refusal stays: no statement
//! asks for one before something that can be refused.
//! Start with `Athena::ran`, then `step_taken`.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use bytes::Bytes;
use wavetank_sql::CatalogChange;
use wavetank_types::Timestamp;
use wavetank_wire::{Val, WireError};

use super::super::work::{FailureKind, QueryFailure, QueryOutput, QueryResult, WrittenObject};
use super::changes::{self, GlueStep};
use super::queries::{Leaves, Plan, Query, State};
use super::{Athena, Waiting};
use crate::services::s3::Command;
use crate::world::{Cx, Effect};

/// One thing that has to be done before a query is SUCCEEDED.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// An object of the result or of a table.
    Put(WrittenObject),
    /// A change in Glue.
    Glue(Box<GlueStep>),
}

/// What a query's end still has to do, and what would undo what is done.
#[derive(Debug)]
pub(super) struct Finishing {
    steps: VecDeque<Step>,
    current: Option<Step>,
    written: Vec<(String, String)>,
    undo: Vec<GlueStep>,
    result: Arc<QueryResult>,
}

impl Query {
    pub(super) fn fail(&mut self, now: Timestamp, failure: QueryFailure) {
        self.end(now, State::Failed);
        self.reason = Some(failure.reason.clone());
        self.failure = Some(failure);
    }

    pub(super) fn cancel(&mut self, now: Timestamp, reason: &str) {
        self.end(now, State::Cancelled);
        self.reason = Some(reason.to_owned());
    }

    fn end(&mut self, now: Timestamp, state: State) {
        assert!(self.state.is_active(), "a query ends once");
        self.state = state;
        self.completed = Some(now);
    }
}

impl Athena {
    /// The executor has answered.
    pub(super) fn ran(&mut self, cx: &mut Cx<'_>, id: &str, output: QueryOutput) {
        let query = self.queries.get_mut(id).expect("queries are never removed");
        if query.state != State::Running {
            return;
        }
        query.planning = output.planning;
        query.bytes_scanned = output.bytes_scanned;
        let limit = match &query.plan {
            Plan::Run(work) => work.bytes_scanned_max,
            Plan::Reuse(_) | Plan::Prepare(..) | Plan::Deallocate(_) => None,
        };
        if let Some(limit) = limit.filter(|limit| output.bytes_scanned > *limit) {
            // Assumed: that no more than the limit is shown. The reason is documented by a client's log,
            // github.com/dbt-labs/dbt-adapters/pull/1221 (2025).
            query.bytes_scanned = limit;
            query.cancel(cx.now, "Bytes scanned limit was exceeded");
            return;
        }
        match output.result {
            Ok(result) => self.finish(cx, id, result),
            Err(failure) => query.fail(cx.now, failure),
        }
    }

    /// The turn of a query that needs no engine has ended.
    pub(super) fn ran_here(&mut self, cx: &mut Cx<'_>, id: &str) {
        let query = self.queries.get_mut(id).expect("queries are never removed");
        let mut none = BTreeMap::new();
        let prepared = self.groups.get_mut(&query.group).map_or(&mut none, |group| &mut group.prepared);
        let failed = match &query.plan {
            Plan::Prepare(name, _) if prepared.contains_key(name) => {
                Some(format!("Prepared statement already exists: {name}"))
            }
            Plan::Prepare(name, kept) => {
                prepared.insert(name.clone(), kept.clone());
                None
            }
            Plan::Deallocate(name) => {
                let removed = prepared.remove(name);
                removed.is_none().then(|| format!("Prepared statement not found: {name}"))
            }
            Plan::Reuse(_) | Plan::Run(_) => None,
        };
        if let Some(reason) = failed {
            query.fail(cx.now, QueryFailure::new(FailureKind::Statement, reason));
            return;
        }
        let result = match &query.plan {
            Plan::Reuse(former) => Arc::clone(&former.result),
            _ => Arc::default(),
        };
        self.finish(cx, id, result);
    }

    fn finish(&mut self, cx: &mut Cx<'_>, id: &str, result: Arc<QueryResult>) {
        let query = self.queries.get_mut(id).expect("queries are never removed");
        let mut steps: VecDeque<Step> = result.written.iter().cloned().map(Step::Put).collect();
        steps.push_back(Step::Put(result_file(query, &result)));
        let changes = result.changes.iter().cloned().map(GlueStep::Change);
        steps.extend(changes.map(|change| Step::Glue(Box::new(change))));
        let (written, undo) = (Vec::new(), Vec::new());
        query.finishing = Some(Finishing { steps, current: None, written, undo, result });
        self.next_step(cx, id);
    }

    /// Asks for the next step, or ends the query when none is left.
    fn next_step(&mut self, cx: &mut Cx<'_>, id: &str) {
        let query = self.queries.get_mut(id).expect("queries are never removed");
        let Some(finishing) = &mut query.finishing else { return };
        let Some(step) = finishing.steps.pop_front() else {
            query.result = query.finishing.take().map(|finishing| finishing.result);
            query.end(cx.now, State::Succeeded);
            return;
        };
        finishing.current = Some(step.clone());
        let token = self.wait(cx, Waiting::Step(id.to_owned()));
        match step {
            Step::Put(object) => cx.push(Effect::S3 { command: put(object), reply: Some(token) }),
            Step::Glue(step) => changes::ask(cx, &step, Some(token)),
        }
    }

    /// A step has been answered: on with the next, or back with all of them.
    pub(super) fn step_taken(&mut self, cx: &mut Cx<'_>, id: &str, reply: Result<Val, WireError>) {
        let query = self.queries.get_mut(id).expect("queries are never removed");
        let Some(finishing) = &mut query.finishing else { return };
        let step = finishing.current.take().expect("a reply follows a step");
        let outcome = match (&step, reply) {
            (Step::Put(object), Ok(_)) => {
                finishing.written.push((object.bucket.clone(), object.key.clone()));
                Ok(())
            }
            (Step::Put(object), Err(error)) => Err(not_stored(object, &error)),
            (Step::Glue(step), reply) => {
                let is_ctas = query.leaves == Leaves::ManifestInTables;
                changes::taken(step, reply, is_ctas).map(|taken| {
                    finishing.undo.extend(taken.undo);
                    for next in taken.next.into_iter().rev() {
                        finishing.steps.push_front(Step::Glue(Box::new(next)));
                    }
                })
            }
        };
        if query.state != State::Running {
            // Stopped between two steps: nothing of it may stay.
            undo(cx, query.finishing.take());
            return;
        }
        match outcome {
            Ok(()) => self.next_step(cx, id),
            Err(failure) => {
                undo(cx, query.finishing.take());
                query.fail(cx.now, failure);
            }
        }
    }
}

/// Takes back what was done, the last first. Nobody waits: what cannot be undone is logged by the world.
fn undo(cx: &mut Cx<'_>, finishing: Option<Finishing>) {
    let Some(finishing) = finishing else { return };
    for step in finishing.undo.iter().rev() {
        changes::ask(cx, step, None);
    }
    for (bucket, key) in finishing.written.into_iter().rev() {
        cx.push(Effect::S3 { command: Command::DeleteObject { bucket, key }, reply: None });
    }
}

fn put(object: WrittenObject) -> Command {
    let WrittenObject { bucket, key, body, content_type } = object;
    Command::PutObject { bucket, key, body, content_type }
}

/// The result file, or the list of what was written.
fn result_file(query: &Query, result: &QueryResult) -> WrittenObject {
    let (bucket, key) = query.file.clone();
    let (key, body, content_type) = match query.leaves {
        Leaves::Csv => (key, result.file.clone(), "application/octet-stream"),
        Leaves::Text => (key, result.file.clone(), "text/plain"),
        Leaves::Manifest | Leaves::ManifestInTables => {
            let line = |object: &WrittenObject| format!("s3://{}/{}\n", object.bucket, object.key);
            let lines: String = result.written.iter().map(line).collect();
            (format!("{key}-manifest.csv"), Bytes::from(lines), "text/csv")
        }
    };
    WrittenObject { bucket, key, body, content_type: content_type.to_owned() }
}

/// Assumed wording: the console's, `Unable to verify/create output bucket`.
pub(super) fn no_bucket(bucket: &str) -> QueryFailure {
    QueryFailure::new(FailureKind::Results, format!("Unable to verify/create output bucket {bucket}"))
}

fn not_stored(object: &WrittenObject, error: &WireError) -> QueryFailure {
    if error.code == "NoSuchBucket" {
        return no_bucket(&object.bucket);
    }
    let reason = format!(
        "[ErrorCode: {}] Failed to write s3://{}/{}: {}",
        error.code, object.bucket, object.key, error.message
    );
    QueryFailure::new(FailureKind::Results, reason)
}

/// The name of what a change is about, for a refusal's reason.
pub(super) fn subject(change: &CatalogChange) -> String {
    match change {
        CatalogChange::CreateDatabase { name, .. } | CatalogChange::DropDatabase { name, .. } => name.clone(),
        CatalogChange::CreateTable(table) | CatalogChange::ReplaceTable(table) => {
            format!("{}.{}", table.database, table.name)
        }
        CatalogChange::DropTable { database, name } => format!("{database}.{name}"),
        CatalogChange::AddPartitions { database, table, .. }
        | CatalogChange::DropPartitions { database, table, .. }
        | CatalogChange::SetPartitionLocation { database, table, .. } => format!("{database}.{table}"),
    }
}
