//! DescribeStream and ListStreams.

use wavetank_wire::dynamodbstreams as w;

use super::stream::{Shard, Stream, sequence};
use super::{LIST_MAX, StreamError};
use crate::services::dynamodb::DynamoDb;
use crate::services::dynamodb::tables::describe::key_schema;
use crate::world::Cx;

/// How many of a listing to show.
fn page(limit: Option<i64>) -> usize {
    limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(LIST_MAX).min(LIST_MAX)
}

fn shown(shard: &Shard) -> w::Shard {
    w::Shard {
        shard_id: Some(shard.id.clone()),
        sequence_number_range: Some(w::SequenceNumberRange {
            starting_sequence_number: Some(sequence(shard.first)),
            ending_sequence_number: shard.closed.map(|(number, _)| sequence(number)),
        }),
        parent_shard_id: shard.parent.clone(),
    }
}

impl DynamoDb {
    pub(super) fn describe_stream(
        &mut self,
        cx: &Cx<'_>,
        input: &w::DescribeStreamInput,
    ) -> Result<w::DescribeStreamOutput, StreamError> {
        let stream = self.stream_mut(cx, &input.stream_arn)?;
        stream.trim(cx.now);
        let parent = match &input.shard_filter {
            None => None,
            // Assumed: both sentences.
            Some(filter) if filter.r#type.is_none() => {
                return Err(StreamError::Request("ShardFilter.Type must be specified".to_owned()));
            }
            Some(filter) => Some(filter.shard_id.as_deref().ok_or_else(|| {
                StreamError::Request("ShardFilter.ShardId must be specified for CHILD_SHARDS".to_owned())
            })?),
        };
        let after = input.exclusive_start_shard_id.as_deref().unwrap_or("");
        let is_wanted = |shard: &&Shard| {
            shard.id.as_str() > after && parent.is_none_or(|id| shard.parent.as_deref() == Some(id))
        };
        let mut wanted = stream.shards.iter().filter(is_wanted);
        let shards: Vec<w::Shard> = wanted.by_ref().take(page(input.limit)).map(shown).collect();
        let last = wanted.next().and_then(|_| shards.last()?.shard_id.clone());
        let keys = key_schema(&stream.keys).into_iter().map(|element| w::KeySchemaElement {
            attribute_name: element.attribute_name,
            key_type: element.key_type,
        });
        let description = w::StreamDescription {
            stream_arn: Some(stream.arn.clone()),
            stream_label: Some(stream.label.clone()),
            stream_status: Some(stream.status(cx.now).to_owned()),
            stream_view_type: Some(stream.view.name().to_owned()),
            creation_request_date_time: Some(stream.created),
            table_name: Some(stream.table.clone()),
            key_schema: Some(keys.collect()),
            shards: Some(shards),
            last_evaluated_shard_id: last,
        };
        Ok(w::DescribeStreamOutput { stream_description: Some(description) })
    }

    /// Streams in order of their ARNs, those that were disabled within a day among them.
    pub(super) fn list_streams(&mut self, cx: &Cx<'_>, input: &w::ListStreamsInput) -> w::ListStreamsOutput {
        let here = self.here(cx);
        let enabled = here.tables.values().filter_map(|table| table.stream.as_deref());
        let mut all: Vec<&Stream> =
            enabled.chain(here.disabled_streams.values().filter(|stream| !stream.is_over(cx.now))).collect();
        all.sort_by(|one, other| one.arn.cmp(&other.arn));
        let after = input.exclusive_start_stream_arn.as_deref().unwrap_or("");
        let is_wanted = |stream: &&Stream| {
            stream.arn.as_str() > after && input.table_name.as_ref().is_none_or(|name| *name == stream.table)
        };
        let mut wanted = all.into_iter().filter(is_wanted);
        let streams: Vec<w::Stream> = wanted
            .by_ref()
            .take(page(input.limit))
            .map(|stream| w::Stream {
                stream_arn: Some(stream.arn.clone()),
                table_name: Some(stream.table.clone()),
                stream_label: Some(stream.label.clone()),
            })
            .collect();
        let last = wanted.next().and_then(|_| streams.last()?.stream_arn.clone());
        w::ListStreamsOutput { streams: Some(streams), last_evaluated_stream_arn: last }
    }
}
