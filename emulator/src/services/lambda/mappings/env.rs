//! What the parts of a mapping see of the rest: the world, the mapping's settings, and where they leave their wishes.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use bytes::Bytes;

use super::agenda::Agenda;
use super::config::Settings;
use super::create::Pending;
use super::letter::Letter;
use super::limits;
use crate::world::{Cx, Undelivered};

/// Which function a mapping calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct FunctionRef {
    pub(in super::super) name: String,
    pub(in super::super) qualifier: Option<String>,
    pub(in super::super) arn: String,
    /// Its role when the mapping was made or last given a function.
    pub(in super::super) role: String,
}

/// Where in a mapping an invocation belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Slot {
    /// The batch that is first in line there.
    Lane { shard: Arc<str>, lane: usize },
    /// A batch of messages, by its number.
    Messages(u64),
}

/// An invocation of a mapping: what it was started for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Call {
    pub(in super::super) uuid: Arc<str>,
    /// Answers to calls of an earlier epoch are of no use: the mapping has begun anew since.
    pub(in super::super) epoch: u64,
    pub(in super::super) slot: Slot,
}

/// An invocation that a mapping wants.
#[derive(Clone, Debug)]
pub(in super::super) struct Want {
    pub(in super::super) call: Call,
    pub(in super::super) function: Arc<FunctionRef>,
}

/// How an invocation ended.
#[derive(Clone, Debug)]
pub(in super::super) enum Report {
    Answered {
        payload: Bytes,
        has_failed: bool,
        version: String,
        request_id: String,
    },
    /// It was not accepted. A throttled invocation does not count as an attempt.
    Refused {
        why: String,
        counts: bool,
    },
}

/// A reply that another service owes.
#[derive(Debug)]
pub(super) enum Owed {
    Create(Box<Pending>),
    Retention {
        uuid: Arc<str>,
        epoch: u64,
    },
    Shards {
        uuid: Arc<str>,
        epoch: u64,
    },
    Iterator {
        uuid: Arc<str>,
        epoch: u64,
        shard: Arc<str>,
    },
    Records {
        uuid: Arc<str>,
        epoch: u64,
        shard: Arc<str>,
    },
    /// Of a shard that has ended.
    Children {
        uuid: Arc<str>,
        epoch: u64,
        shard: Arc<str>,
    },
    Messages {
        uuid: Arc<str>,
        epoch: u64,
    },
    Destination(Box<Letter>),
}

/// Where all mappings leave what they want.
#[derive(Debug, Default)]
pub(super) struct Out {
    pub(super) wants: VecDeque<Want>,
    pub(super) owed: BTreeMap<u64, Owed>,
    pub(super) agenda: Agenda,
    /// Records of failure that are sent again later, by their numbers.
    pub(super) letters: BTreeMap<u64, Letter>,
    /// What was given up and is told nowhere else, the latest last.
    pub(super) lost: VecDeque<Undelivered>,
}

impl Out {
    /// Keeps by name what is told nowhere else.
    pub(super) fn lose(&mut self, notice: Undelivered) {
        if self.lost.len() == limits::UNDELIVERED_KEPT_MAX {
            self.lost.pop_front();
        }
        self.lost.push_back(notice);
    }
}

/// Who a mapping is.
#[derive(Clone, Debug)]
pub(super) struct Identity {
    pub(super) uuid: Arc<str>,
    pub(super) epoch: u64,
    pub(super) function: Arc<FunctionRef>,
}

/// How a mapping fares.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// `LastProcessingResult`.
    pub(super) last_result: String,
    /// Invocations that run.
    pub(super) running: usize,
}

/// All of these, for as long as something happens to one mapping.
pub(super) struct Env<'e, 'c> {
    pub(super) cx: &'e mut Cx<'c>,
    pub(super) identity: &'e Identity,
    pub(super) settings: &'e Settings,
    pub(super) out: &'e mut Out,
    pub(super) progress: &'e mut Progress,
    /// Nothing is read or started: the mapping is disabled, or changing.
    pub(super) is_paused: bool,
}

impl Env<'_, '_> {
    /// A token for a reply.
    pub(super) fn owe(&mut self, owed: Owed) -> u64 {
        let token = self.cx.number();
        self.out.owed.insert(token, owed);
        token
    }

    /// Asks for an invocation.
    pub(super) fn invoke(&mut self, slot: Slot) {
        self.progress.running += 1;
        let call = Call { uuid: self.identity.uuid.clone(), epoch: self.identity.epoch, slot };
        self.out.wants.push_back(Want { call, function: self.identity.function.clone() });
    }

    /// `OK`, or a problem in AWS's form.
    pub(super) fn note(&mut self, result: &str) {
        if self.progress.last_result != result {
            result.clone_into(&mut self.progress.last_result);
        }
    }
}
