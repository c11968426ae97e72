//! EventBridge Scheduler of one account and region: what there is, and when something is due.
//!
//! `groups.rs` has groups and their tags, `schedules.rs` makes and shows schedules, `roles.rs` looks at their roles first, `run.rs` runs them.

mod groups;
mod roles;
mod run;
mod schedules;

use std::collections::{BTreeMap, BTreeSet};

use wavetank_types::{Arn, Timestamp};

use super::error::SchedulerError;
use super::limits;
use crate::world::Cx;
use groups::Group;
pub(super) use roles::Change;
use run::{Invocation, Owed};
use schedules::Planned;

/// The group that is always there.
const DEFAULT: &str = "default";

/// A schedule's group and name.
type Key = (String, String);

/// EventBridge Scheduler of one account and region.
#[derive(Debug, Default)]
pub struct Scheduler {
    groups: BTreeMap<String, Group>,
    schedules: BTreeMap<Key, Planned>,
    /// When schedules that recur run next.
    recurring: BTreeSet<(Timestamp, Key)>,
    /// The same of schedules that run once.
    once: BTreeSet<(Timestamp, Key)>,
    /// Invocations that wait: in their flexible window, or to be tried again. By instant and number.
    waiting: BTreeMap<(Timestamp, u64), Invocation>,
    /// What targets and queues owe an answer for, by token.
    owed: BTreeMap<u64, Owed>,
}

impl Scheduler {
    /// What a client sees of a fresh account: one group.
    pub(super) fn begin(&mut self, cx: &Cx<'_>) {
        if self.groups.is_empty() {
            let default = Group::new(cx, DEFAULT, None);
            self.groups.insert(DEFAULT.to_owned(), default);
        }
    }

    /// What happens once: it keeps the tank from rest.
    pub(super) fn next_work(&self) -> Option<Timestamp> {
        let waiting = self.waiting.keys().next().map(|(at, _)| *at);
        let once = self.once.first().map(|(at, _)| *at);
        [waiting, once].into_iter().flatten().min()
    }

    pub(super) fn next_recurring(&self) -> Option<Timestamp> {
        self.recurring.first().map(|(at, _)| *at)
    }
}

/// An ARN of this service in the caller's region.
fn own_arn(cx: &Cx<'_>, resource: String) -> String {
    Arn::new("scheduler", &cx.scope.region, &cx.scope.account, resource).to_string()
}

/// Some of a list, and the token of what follows: how many there were before it.
fn page<T>(
    all: impl Iterator<Item = T>,
    token: Option<&str>,
    limit: Option<i64>,
) -> Result<(Vec<T>, Option<String>), SchedulerError> {
    let skip = token.map_or(Ok(0), str::parse::<usize>);
    let skip = skip.map_err(|_| SchedulerError::Invalid("Invalid pagination token.".to_owned()))?;
    let limit = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(limits::LIST_MAX);
    let mut rest = all.skip(skip).peekable();
    let page: Vec<T> = rest.by_ref().take(limit).collect();
    let next = rest.peek().map(|_| (skip + page.len()).to_string());
    Ok((page, next))
}
