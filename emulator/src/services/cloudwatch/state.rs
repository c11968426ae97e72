//! CloudWatch of one account and region.
//!
//! Metrics: `put.rs`, `list.rs`, `statistics.rs`, `data.rs` with `queries.rs` and `labels.rs`. Alarms: `alarm.rs` is what one is,
//! `alarms.rs` and `composite.rs` how it is made, `show.rs` how it is shown, `watch.rs` when it is looked at, `actions.rs` what it does,
//! `history.rs` what it has done, `tell.rs` what EventBridge hears of it. The rest: `dashboards.rs`, `tags.rs`, `token.rs` for pages.

mod actions;
mod alarm;
mod alarms;
mod composite;
mod dashboards;
mod data;
mod history;
mod labels;
mod list;
mod put;
mod queries;
mod show;
mod statistics;
mod tags;
mod tell;
mod token;
mod watch;

use std::collections::BTreeMap;

use wavetank_types::Timestamp;

use super::store::Store;
use actions::Action;
use alarm::Alarm;
use dashboards::Dashboard;
use history::History;

/// CloudWatch of one account and region.
#[derive(Debug, Default)]
pub struct CloudWatch {
    pub(super) store: Store,
    /// By name; metric alarms and composite alarms share their names.
    alarms: BTreeMap<String, Alarm>,
    /// When alarms are looked at next. None while nothing can change them.
    look: Option<Timestamp>,
    history: History,
    /// Actions under way, by the token of their reply.
    acting: BTreeMap<u64, Action>,
    dashboards: BTreeMap<String, Dashboard>,
}
