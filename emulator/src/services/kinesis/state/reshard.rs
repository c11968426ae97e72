//! Split, merge, and a new number of shards: which shards close, which open, and who descends from whom.
//!
//! Recorded (kinesalite's tests): children open when the stream becomes ACTIVE again; until then the parents take records.

use wavetank_types::Timestamp;
use wavetank_wire::kinesis::*;

use super::Kinesis;
use super::sequence::{shard_id, shard_number};
use super::shard::{HashRange, Shard};
use super::stream::{Change, Stream, uniform_start};
use crate::services::kinesis::error::KinesisError;
use crate::services::kinesis::limits::*;
use crate::world::Cx;

/// A start that is nearer than this to an existing one is taken for it: rounding is no reason to cut a sliver.
const SAME_START: u128 = 1 << 32;

impl Stream {
    /// Answers the lower and the upper child.
    pub(super) fn split(&mut self, shard: u32, at: u128, now: Timestamp) -> (u32, u32) {
        let (start, end) = self.shards[shard as usize].range;
        (self.descend(&[shard], (start, at - 1), now), self.descend(&[shard], (at, end), now))
    }

    pub(super) fn merge(&mut self, lower: u32, upper: u32, now: Timestamp) -> u32 {
        let range = (self.shards[lower as usize].range.0, self.shards[upper as usize].range.1);
        self.descend(&[lower, upper], range, now)
    }

    /// Opens a child and closes its parents.
    fn descend(&mut self, parents: &[u32], range: HashRange, now: Timestamp) -> u32 {
        let number = self.shards.len() as u32;
        let of: Vec<&Shard> = parents.iter().map(|parent| &self.shards[*parent as usize]).collect();
        let child = Shard::new(number, range, &of, now);
        self.shards.push(child);
        for parent in parents {
            self.shards[*parent as usize].close(now);
        }
        number
    }

    /// Makes `count` shards of equal width by splits and merges. Those made on the way live for no time.
    ///
    /// Documented: that it is splits and merges, with short-lived shards. Assumed: their order.
    pub(super) fn rescale(&mut self, count: usize, now: Timestamp) {
        self.index();
        let open = self.open.clone();
        let wanted: Vec<u128> = (0..count).map(|index| near(&open, uniform_start(index, count))).collect();
        let mut pieces = Vec::with_capacity(open.len() + count);
        let mut cuts = wanted.iter().copied().peekable();
        for (start, number) in open {
            let mut rest = number;
            let end = self.shards[number as usize].range.1;
            while let Some(at) = cuts.next_if(|at| *at <= end) {
                if at > start {
                    let (low, high) = self.split(rest, at, now);
                    pieces.push(low);
                    rest = high;
                }
            }
            pieces.push(rest);
        }
        let mut whole = pieces[0];
        for piece in pieces.into_iter().skip(1) {
            let begins = wanted.binary_search(&self.shards[piece as usize].range.0).is_ok();
            whole = if begins { piece } else { self.merge(whole, piece, now) };
        }
        self.index();
    }

    /// The shard that a client wants to change: it must be there and open.
    fn to_change(&self, id: &str, now: Timestamp) -> Result<&Shard, KinesisError> {
        let found = shard_number(id).ok_or_else(|| id.to_owned());
        let number = found.map_err(|shard| KinesisError::NoSuchShard { shard, of: self.whose() })?;
        let missing = || KinesisError::NoSuchShard { shard: shard_id(i64::from(number)), of: self.whose() };
        self.shard(number, now).ok_or_else(missing)
    }

    /// Only streams whose shards are the owner's business. Assumed: the sentence.
    fn need_provisioned(&self, operation: &str) -> Result<(), KinesisError> {
        if self.is_on_demand {
            let why = format!(
                "Request is invalid. {operation} is not supported for the stream {} with the ON_DEMAND capacity mode.",
                self.whose()
            );
            return Err(KinesisError::Validation(why));
        }
        Ok(())
    }
}

/// The start of an open shard that is as good as `exact`, or `exact`.
fn near(open: &[(u128, u32)], exact: u128) -> u128 {
    let after = open.partition_point(|(start, _)| *start < exact);
    let around = open[after.saturating_sub(1)..].iter().take(2).map(|(start, _)| *start);
    around.into_iter().find(|start| start.abs_diff(exact) < SAME_START).unwrap_or(exact)
}

/// Reads a name first: what is no shard's name anywhere is told before the stream is looked for.
fn check_shard_name(cx: &Cx<'_>, stream: &str, id: &str) -> Result<(), KinesisError> {
    let of = || super::stream::whose(cx.scope, stream);
    shard_number(id).map(drop).ok_or_else(|| KinesisError::NoSuchShard { shard: id.to_owned(), of: of() })
}

impl Kinesis {
    pub(in super::super) fn split_shard(
        &mut self,
        cx: &mut Cx<'_>,
        input: &SplitShardInput,
    ) -> Result<SplitShardOutput, KinesisError> {
        let name = Self::name_of(cx, input.stream_name.as_deref(), input.stream_arn.as_deref())?;
        check_shard_name(cx, name, &input.shard_to_split)?;
        self.pace(cx, "SplitShard", name)?;
        let stream = self.named(cx, name)?;
        stream.need_active()?;
        stream.need_provisioned("SplitShard")?;
        let shard = stream.to_change(&input.shard_to_split, cx.now)?;
        let number = shard.number;
        self.check_account_shards(cx, 1)?;
        let stream = self.named(cx, name)?;
        let shard = &stream.shards[number as usize];
        let at: u128 = input.new_starting_hash_key.parse().unwrap_or(u128::MAX);
        if at <= shard.range.0.saturating_add(1) || at >= shard.range.1 {
            return Err(KinesisError::Argument(format!(
                "NewStartingHashKey {} used in SplitShard() on shard {} in stream {} is not both greater than one plus \
                 the shard's StartingHashKey {} and less than the shard's EndingHashKey {}.",
                input.new_starting_hash_key,
                shard.id,
                stream.whose(),
                shard.range.0,
                shard.range.1
            )));
        }
        if !shard.is_open() {
            return Err(already_closed(stream, &shard.id, "SplitShard"));
        }
        self.change(cx, name, Change::Split { shard: number, at });
        Ok(SplitShardOutput {})
    }

    pub(in super::super) fn merge_shards(
        &mut self,
        cx: &mut Cx<'_>,
        input: &MergeShardsInput,
    ) -> Result<MergeShardsOutput, KinesisError> {
        let name = Self::name_of(cx, input.stream_name.as_deref(), input.stream_arn.as_deref())?;
        check_shard_name(cx, name, &input.shard_to_merge)?;
        check_shard_name(cx, name, &input.adjacent_shard_to_merge)?;
        self.pace(cx, "MergeShards", name)?;
        let stream = self.named(cx, name)?;
        stream.need_active()?;
        stream.need_provisioned("MergeShards")?;
        let lower = stream.to_change(&input.shard_to_merge, cx.now)?;
        let upper = stream.to_change(&input.adjacent_shard_to_merge, cx.now)?;
        if lower.range.1.checked_add(1) != Some(upper.range.0) {
            return Err(KinesisError::Argument(format!(
                "Shards {} and {} in stream {} are not an adjacent pair of shards eligible for merging",
                lower.id,
                upper.id,
                stream.whose()
            )));
        }
        for shard in [lower, upper] {
            if !shard.is_open() {
                return Err(already_closed(stream, &shard.id, "MergeShards"));
            }
        }
        let change = Change::Merge { lower: lower.number, upper: upper.number };
        self.change(cx, name, change);
        Ok(MergeShardsOutput {})
    }

    pub(in super::super) fn update_shard_count(
        &mut self,
        cx: &mut Cx<'_>,
        input: &UpdateShardCountInput,
    ) -> Result<UpdateShardCountOutput, KinesisError> {
        let name = Self::name_of(cx, input.stream_name.as_deref(), input.stream_arn.as_deref())?;
        self.pace(cx, "UpdateShardCount", name)?;
        let stream = self.named_mut(cx, name)?;
        stream.need_active()?;
        stream.need_provisioned("UpdateShardCount")?;
        let (current, target) = (stream.open.len(), input.target_shard_count);
        check_target(current, target)?;
        let target = usize::try_from(target).unwrap_or(0);
        if stream.count_updates.count(cx.now) >= SHARD_COUNT_UPDATES_PER_DAY {
            return Err(KinesisError::Limit(format!(
                "UpdateShardCount cannot be called more than {SHARD_COUNT_UPDATES_PER_DAY} times in a rolling 24 hour \
                 period for stream {}.",
                stream.whose()
            )));
        }
        let output = UpdateShardCountOutput {
            stream_name: Some(stream.name.clone()),
            current_shard_count: Some(current as i64),
            target_shard_count: Some(target as i64),
            stream_arn: Some(stream.arn.clone()),
        };
        self.check_account_shards(cx, target.saturating_sub(current))?;
        self.named_mut(cx, name)?.count_updates.add(cx.now);
        self.change(cx, name, Change::Count(target));
        Ok(output)
    }
}

/// Documented: no more than double, no fewer than half, at most [`STREAM_SHARDS_MAX`]. Assumed: the sentences, and that a half
/// is not rounded.
fn check_target(current: usize, target: i64) -> Result<(), KinesisError> {
    let (open, most) = (current as i64, STREAM_SHARDS_MAX as i64);
    let counts = format!("Current open shard count: {open} Target shard count: {target}");
    if target > most {
        let why = format!("UpdateShardCount cannot scale a stream beyond {most} shards. {counts}");
        return Err(KinesisError::Limit(why));
    }
    if target > open * 2 {
        let why =
            format!("UpdateShardCount cannot scale up over double your current open shard count. {counts}");
        return Err(KinesisError::Limit(why));
    }
    if target * 2 < open {
        let why =
            format!("UpdateShardCount cannot scale down below half your current open shard count. {counts}");
        return Err(KinesisError::Limit(why));
    }
    Ok(())
}

/// Assumed: the sentence.
fn already_closed(stream: &Stream, shard: &str, operation: &str) -> KinesisError {
    let why = format!(
        "Shard {shard} in stream {} has already been closed and cannot be used in {operation}.",
        stream.whose()
    );
    KinesisError::Argument(why)
}
