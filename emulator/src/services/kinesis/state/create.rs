//! Streams come and go.

use wavetank_types::Arn;
use wavetank_wire::kinesis::*;

use super::stream::{Status, Stream, whose};
use super::{Due, Kinesis};
use crate::services::kinesis::error::KinesisError;
use crate::services::kinesis::limits::*;
use crate::world::Cx;

impl Kinesis {
    pub(in super::super) fn create_stream(
        &mut self,
        cx: &mut Cx<'_>,
        input: CreateStreamInput,
    ) -> Result<CreateStreamOutput, KinesisError> {
        let name = input.stream_name;
        self.pace(cx, "CreateStream", &name)?;
        if self.streams.contains_key(&name) {
            return Err(KinesisError::StreamExists(whose(cx.scope, &name)));
        }
        let is_on_demand = is_on_demand(input.stream_mode_details.as_ref());
        let count = self.check_count(is_on_demand, input.shard_count, input.warm_throughput_mi_bps)?;
        let is_auto = input.record_distribution_strategy.as_deref() == Some("AUTO");
        if is_auto && !is_on_demand {
            return Err(only_on_demand("RecordDistributionStrategy AUTO"));
        }
        if let Some(warm) = input.warm_throughput_mi_bps {
            self.check_warm(cx, is_on_demand, warm)?;
        }
        let creating = self.streams.values().filter(|stream| stream.status == Status::Creating).count();
        if self.strict && creating >= CREATING_MAX {
            // Assumed: the sentence.
            let why = format!(
                "Cannot create stream {}: {CREATING_MAX} streams are in CREATING state.",
                whose(cx.scope, &name)
            );
            return Err(KinesisError::Limit(why));
        }
        let on_demand = self.streams.values().filter(|stream| stream.is_on_demand).count();
        if is_on_demand && on_demand >= ON_DEMAND_STREAMS_MAX {
            let why = format!(
                "This request would exceed the limit of {ON_DEMAND_STREAMS_MAX} on-demand streams for the account {}.",
                cx.scope.account
            );
            return Err(KinesisError::Limit(why));
        }
        self.check_account_shards(cx, count)?;
        let tags = input.tags.unwrap_or_default();
        super::tags::check(&whose(cx.scope, &name), tags.iter().flat_map(|(key, value)| [key, value]))?;
        if tags.len() > TAGS_MAX {
            return Err(super::tags::too_many(&whose(cx.scope, &name)));
        }
        let arn = Arn::new("kinesis", &cx.scope.region, &cx.scope.account, format!("stream/{name}"));
        let mut stream = Stream::new(&name, arn.to_string(), cx.scope.account.as_str(), count, cx.now);
        stream.tags = tags;
        stream.is_on_demand = is_on_demand;
        stream.is_auto = is_auto;
        stream.warm = input.warm_throughput_mi_bps;
        stream.record_kib = input.max_record_size_in_ki_b.unwrap_or(stream.record_kib);
        self.due.insert((stream.until, Due::Stream(name.clone())));
        self.streams.insert(name, stream);
        Ok(CreateStreamOutput {})
    }

    /// How many shards a new stream gets.
    fn check_count(
        &self,
        is_on_demand: bool,
        count: Option<i64>,
        warm: Option<i64>,
    ) -> Result<usize, KinesisError> {
        match (is_on_demand, count) {
            // Assumed: both sentences.
            (true, Some(_)) => Err(KinesisError::Argument(
                "ShardCount must not be specified with the ON_DEMAND capacity mode.".to_owned(),
            )),
            (true, None) => {
                let warm = usize::try_from(warm.unwrap_or(0)).unwrap_or(0).min(STREAM_SHARDS_MAX);
                Ok(warm.max(ON_DEMAND_SHARDS))
            }
            (false, Some(count)) => Ok(usize::try_from(count).unwrap_or(0)),
            (false, None) => Err(KinesisError::Argument(
                "ShardCount must be specified with the PROVISIONED capacity mode.".to_owned(),
            )),
        }
    }

    pub(in super::super) fn delete_stream(
        &mut self,
        cx: &mut Cx<'_>,
        input: &DeleteStreamInput,
    ) -> Result<DeleteStreamOutput, KinesisError> {
        let name = Self::name_of(cx, input.stream_name.as_deref(), input.stream_arn.as_deref())?;
        self.pace(cx, "DeleteStream", name)?;
        let stream = self.named_mut(cx, name)?;
        if !stream.consumers.is_empty() && input.enforce_consumer_deletion != Some(true) {
            return Err(KinesisError::HasConsumers(stream.whose()));
        }
        if stream.status != Status::Deleting {
            stream.status = Status::Deleting;
            stream.change = None;
            stream.until = cx.now + TRANSITION;
            let until = stream.until;
            self.due.insert((until, Due::Stream(name.to_owned())));
        }
        Ok(DeleteStreamOutput {})
    }

    /// The stream and all that belongs to it is gone.
    pub(super) fn remove(&mut self, cx: &mut Cx<'_>, name: &str) {
        let open = self.streams.get(name).map(|stream| stream.subscriptions.clone()).unwrap_or_default();
        for ticket in open {
            let gone = KinesisError::NoSuchStream(whose(cx.scope, name));
            self.end_subscription(cx, ticket, Some(gone));
        }
        self.streams.remove(name);
    }
}

/// Documented: a stream without a mode is provisioned.
pub(super) fn is_on_demand(mode: Option<&StreamModeDetails>) -> bool {
    mode.is_some_and(|mode| mode.stream_mode == "ON_DEMAND")
}

/// Assumed: the sentence.
pub(super) fn only_on_demand(what: &str) -> KinesisError {
    KinesisError::Argument(format!("{what} is only supported for streams with the ON_DEMAND capacity mode."))
}
