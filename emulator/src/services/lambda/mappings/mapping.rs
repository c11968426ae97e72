//! One mapping: its state, and what its poller is told when the state changes.
//!
//! A mapping that changes reads and starts nothing; what runs is let run, and the change is not over before that. Then
//! the poller takes the new settings and begins anew with what is not done: attempts count from zero.
//! Recorded by LocalStack against AWS, 2024-10-12: `Creating` with `User action` (streams) or `USER_INITIATED` (queues).
//! Assumed: how long changes take, and that nothing which is done is delivered again.

use wavetank_types::{Arn, Timestamp};
use wavetank_wire::lambda as api;

use super::agenda::Part;
use super::config::Settings;
use super::env::{Env, Identity, Out, Progress};
use super::limits;
use super::queue::QueuePoller;
use super::source::Source;
use super::stream::StreamPoller;
use crate::world::{Cx, Scope};

/// In AWS's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Creating,
    Enabling,
    Enabled,
    Disabling,
    Disabled,
    Updating,
    Deleting,
}

/// What a change leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    Enabled,
    Disabled,
    Gone,
}

/// Who reads.
#[derive(Debug)]
pub(super) enum Poller {
    Stream(Box<StreamPoller>),
    Queue(Box<QueuePoller>),
}

/// One mapping.
#[derive(Debug)]
pub(super) struct Mapping {
    pub(super) identity: Identity,
    pub(super) source: Source,
    pub(super) settings: Settings,
    pub(super) state: State,
    /// When the change ends at the earliest, and what it leads to.
    pub(super) then: Option<(Timestamp, Then)>,
    pub(super) modified: Timestamp,
    pub(super) progress: Progress,
    pub(super) poller: Poller,
}

impl Mapping {
    pub(super) fn arn(&self, scope: &Scope) -> String {
        let resource = format!("event-source-mapping:{}", self.identity.uuid);
        Arn::new("lambda", &scope.region, &scope.account, resource).to_string()
    }

    /// Begins a change.
    pub(super) fn change(&mut self, cx: &Cx<'_>, out: &mut Out, state: State, then: Then) {
        let until = cx.now + limits::TRANSITION;
        self.state = state;
        self.then = Some((until, then));
        self.modified = cx.now;
        // The poller's own instants mean nothing until the change is over.
        out.agenda.forget(&self.identity.uuid);
        out.agenda.set((self.identity.uuid.clone(), Part::State), Some(until));
    }

    /// What the change has led to, if it is over now. The poller has the new settings then.
    pub(super) fn settle(&mut self, cx: &Cx<'_>) -> Option<Then> {
        let (_, then) = self.then.filter(|(until, _)| *until <= cx.now && self.progress.running == 0)?;
        self.then = None;
        self.modified = cx.now;
        self.identity.epoch += 1;
        match &mut self.poller {
            Poller::Stream(poller) => poller.restart(&self.settings),
            Poller::Queue(poller) => poller.restart(),
        }
        match then {
            Then::Enabled => self.state = State::Enabled,
            Then::Disabled => self.state = State::Disabled,
            Then::Gone => {}
        }
        Some(then)
    }

    /// The poller, with what it may see of the rest.
    pub(super) fn split<'e, 'c>(
        &'e mut self,
        cx: &'e mut Cx<'c>,
        out: &'e mut Out,
    ) -> (&'e mut Poller, Env<'e, 'c>) {
        let env = Env {
            cx,
            identity: &self.identity,
            settings: &self.settings,
            out,
            progress: &mut self.progress,
            is_paused: self.state != State::Enabled,
        };
        (&mut self.poller, env)
    }

    /// As Get, Create, Update and Delete show it.
    pub(super) fn describe(&self, scope: &Scope) -> api::EventSourceMappingConfiguration {
        let mut out = api::EventSourceMappingConfiguration {
            uuid: Some(self.identity.uuid.to_string()),
            event_source_arn: Some(self.source.arn().to_owned()),
            event_source_mapping_arn: Some(self.arn(scope)),
            function_arn: Some(self.identity.function.arn.clone()),
            last_modified: Some(self.modified.floor_millis()),
            state: Some(format!("{:?}", self.state)),
            ..Default::default()
        };
        self.settings.describe(&self.source, &mut out);
        let reason = match &self.source {
            Source::Stream(_) => {
                out.last_processing_result = Some(self.progress.last_result.clone());
                "User action"
            }
            Source::Queue(_) => "USER_INITIATED",
        };
        out.state_transition_reason = Some(reason.to_owned());
        out
    }
}
