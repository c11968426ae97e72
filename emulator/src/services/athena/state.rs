//! The state machine: what Athena remembers, what is due, and who waits for which reply.
//!
//! Families: `state/queries.rs` (start, stop, look), `state/finish.rs` (what a query's end does), `state/results.rs`
//! (pages of rows), `state/workgroups.rs`, `state/named.rs`, `state/prepared.rs`, `state/catalog.rs` (Glue seen from
//! here), `state/changes.rs` (a statement's changes as Glue requests).

mod catalog;
mod changes;
mod finish;
mod named;
mod prepared;
mod queries;
mod results;
mod reuse;
mod settings;
mod workgroups;

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use wavetank_types::Timestamp;
use wavetank_wire::athena::{NamedQuery, StartQueryExecutionInput};
use wavetank_wire::{Val, WireError};

use super::error::Refusal;
use super::limits::LIST_MAX;
use super::work::QueryOutput;
use crate::world::{Cx, JobId};
use catalog::Question;
use queries::Query;
use workgroups::Group;

/// The workgroup that every account has.
pub(super) const PRIMARY: &str = "primary";
/// The catalog that every account has: Glue's.
pub(super) const GLUE_CATALOG: &str = "AwsDataCatalog";

/// Queries, workgroups and what is kept in them, of one account and region.
#[derive(Debug, Default)]
pub struct Athena {
    groups: BTreeMap<String, Group>,
    /// In the order of submission. Never removed: AWS keeps them 45 days, a tank longer.
    queries: IndexMap<String, Query>,
    /// By client token: with what it came, and which query it began.
    tokens: BTreeMap<String, (StartQueryExecutionInput, String)>,
    named: IndexMap<String, NamedQuery>,
    named_tokens: BTreeMap<String, String>,
    catalog_tags: BTreeMap<String, String>,
    /// Queries by place, at the instant of their next step.
    due: BTreeSet<(Timestamp, usize)>,
    jobs: BTreeMap<JobId, String>,
    waiting: BTreeMap<u64, Waiting>,
}

/// What a reply is for.
#[derive(Debug)]
enum Waiting {
    /// Whether the bucket for a query's result is there.
    Bucket(String),
    /// Whether a former result is still there.
    Former(String),
    /// One step of a query's end.
    Step(String),
    /// A client's question that Glue answers.
    Question(Box<Question>),
}

impl Athena {
    /// Makes what every account has from its beginning.
    pub(super) fn be_there(&mut self, now: Timestamp) {
        self.groups.entry(PRIMARY.to_owned()).or_insert_with(|| Group::primary(now));
    }

    /// When a query's next step is due.
    pub(super) fn first_due(&self) -> Option<Timestamp> {
        self.due.first().map(|(at, _)| *at)
    }

    /// Takes the steps that are due.
    pub(super) fn do_due(&mut self, cx: &mut Cx<'_>) {
        while let Some((at, place)) = self.due.first().copied() {
            if at > cx.now {
                break;
            }
            self.due.pop_first();
            let (id, _) = self.queries.get_index(place).expect("queries are never removed");
            let id = id.clone();
            self.step(cx, &id);
        }
    }

    /// A query's work has ended. One that was stopped meanwhile is not touched.
    pub(super) fn job_done(&mut self, cx: &mut Cx<'_>, job: JobId, output: QueryOutput) {
        if let Some(id) = self.jobs.remove(&job) {
            self.ran(cx, &id, output);
        }
    }

    /// Another service has answered.
    pub(super) fn replied(&mut self, cx: &mut Cx<'_>, token: u64, result: Result<Val, WireError>) {
        match self.waiting.remove(&token) {
            Some(Waiting::Bucket(id)) => self.bucket_looked_at(cx, &id, result),
            Some(Waiting::Former(id)) => self.former_looked_for(cx, &id, &result),
            Some(Waiting::Step(id)) => self.step_taken(cx, &id, result),
            Some(Waiting::Question(question)) => catalog::answer(cx, *question, result),
            None => unreachable!("a reply to token {token}, which nobody waits for"),
        }
    }

    /// Remembers what the reply to an effect is for.
    fn wait(&mut self, cx: &mut Cx<'_>, what: Waiting) -> u64 {
        let token = cx.number();
        self.waiting.insert(token, what);
        token
    }
}

/// Entries from the token's place, at most `max` of them or [`LIST_MAX`], and where the next page begins.
fn page<T>(
    entries: Vec<T>,
    max: Option<i64>,
    token: Option<&str>,
) -> Result<(Vec<T>, Option<String>), Refusal> {
    let from: usize = match token {
        None => 0,
        Some(token) => token.parse().map_err(|_| Refusal::BadToken)?,
    };
    let max = max.and_then(|max| usize::try_from(max).ok()).unwrap_or(LIST_MAX).clamp(1, LIST_MAX);
    let total = entries.len();
    let page: Vec<T> = entries.into_iter().skip(from).take(max).collect();
    let next = (from + page.len() < total).then(|| (from + page.len()).to_string());
    Ok((page, next))
}
