//! On-demand streams grow: a shard that takes much for a minute is split, within a quarter of an hour.
//!
//! Documented: docs.aws.amazon.com/streams/latest/dev/how-do-i-size-a-stream.html (read 2026-11-28): a stream takes up to
//! double the peak of the last 30 days; a shard that gets more than 500 KB/s is split within 15 minutes; traffic that more
//! than doubles sooner is throttled (with strict limits here, as any shard's); one partition key never gets more than one
//! shard's rates, since halves are of equal width and no hot key is singled out.
//! Assumed: the rate is the mean of a minute; the split comes after all of the 15 minutes, since a pipeline that bears that
//! bears less; the stream stays ACTIVE. Left out: streams never shrink, where AWS may after 30 days without a peak.

use std::collections::BTreeSet;

use wavetank_types::Timestamp;

use super::stream::{Status, Stream};
use super::{Due, Kinesis};
use crate::services::kinesis::limits::*;
use crate::world::{Cx, Effect};

/// What a shard has taken in the minute that began at `since`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Traffic {
    since: Timestamp,
    bytes: u64,
}

impl Traffic {
    pub(super) fn new(now: Timestamp) -> Self {
        Self { since: now, bytes: 0 }
    }

    /// Counts what has come. Answers whether the minute's mean is over what a shard takes unsplit.
    fn count(&mut self, bytes: u64, now: Timestamp) -> bool {
        if now.since(self.since) >= GROWTH_WINDOW {
            *self = Self::new(now);
        }
        self.bytes += bytes;
        self.bytes > GROWTH_BYTES_PER_SECOND * GROWTH_WINDOW.as_secs()
    }
}

/// Shards that are to be split, and when.
#[derive(Debug, Default)]
pub(super) struct Growth {
    hot: BTreeSet<u32>,
    at: Option<Timestamp>,
}

impl Stream {
    /// Counts what a shard has taken; only on-demand streams care.
    pub(super) fn count_traffic(&mut self, shard: u32, bytes: usize, now: Timestamp) {
        if self.is_on_demand && self.shards[shard as usize].traffic.count(bytes as u64, now) {
            self.growth.hot.insert(shard);
        }
    }

    /// Splits the hot shards in the middle, as far as `most` more shards go. Answers whether any was.
    fn grow(&mut self, most: usize, now: Timestamp) -> bool {
        let hot = std::mem::take(&mut self.growth.hot);
        let before = self.shards.len();
        let is_open = |shard: &u32| self.shards[*shard as usize].is_open();
        let open: Vec<u32> = hot.into_iter().filter(is_open).take(most).collect();
        for shard in open {
            let (start, end) = self.shards[shard as usize].range;
            if end - start > 1 {
                self.split(shard, start + (end - start) / 2 + 1, now);
            }
        }
        self.index();
        self.shards.len() > before
    }
}

impl Kinesis {
    /// Says when a stream with hot shards grows, if that is not said yet.
    pub(super) fn plan_growth(&mut self, name: &str, now: Timestamp) {
        let Some(stream) = self.streams.get_mut(name) else { return };
        if stream.growth.hot.is_empty() || stream.growth.at.is_some() {
            return;
        }
        let at = now + GROWTH_DELAY;
        stream.growth.at = Some(at);
        self.due.insert((at, Due::Growth(name.to_owned())));
    }

    pub(super) fn growth_due(&mut self, cx: &mut Cx<'_>, name: &str) {
        let region = cx.scope.region.as_str();
        let room = account_shards_max(region).saturating_sub(self.open_shards());
        let most = growth_shards_max(region);
        let Some(stream) = self.streams.get_mut(name) else { return };
        // A stream of the same name may be a new one.
        if stream.growth.at.is_none_or(|at| at > cx.now) {
            return;
        }
        if stream.status == Status::Updating {
            stream.growth.at = Some(stream.until);
            self.due.insert((stream.until, Due::Growth(name.to_owned())));
            return;
        }
        stream.growth.at = None;
        let room = room.min(most.saturating_sub(stream.open.len()));
        if stream.is_on_demand && stream.status == Status::Active && stream.grow(room, cx.now) {
            // Readers of a shard that has just closed look for its children.
            cx.push(Effect::Signal(stream.arn.clone()));
            self.push_to_subscribers(cx, name);
        }
    }
}
