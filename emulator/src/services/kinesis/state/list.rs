//! Listings of streams and shards, page by page.

use wavetank_types::Timestamp;
use wavetank_wire::kinesis::*;

use super::Kinesis;
use super::shard::Shard;
use super::stream::{Status, Stream, whose};
use super::token::Token;
use crate::services::kinesis::error::KinesisError;
use crate::services::kinesis::limits::*;
use crate::world::Cx;

/// Which shards a listing shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Filter {
    /// Those whose data can still be read: the default.
    FromTrimHorizon,
    /// Those open at that instant, in milliseconds.
    At(i64),
    /// Those open at that instant, in milliseconds, or later.
    From(i64),
    /// Those open now.
    AtLatest,
}

impl Filter {
    fn shows(self, shard: &Shard) -> bool {
        let opened = shard.opened.millis();
        let ends_since = |at| shard.closed.is_none_or(|closed| closed.millis() >= at);
        match self {
            Self::FromTrimHorizon => true,
            Self::At(at) => opened <= at && ends_since(at),
            Self::From(at) => ends_since(at),
            Self::AtLatest => shard.is_open(),
        }
    }

    /// As a token keeps it.
    fn text(self) -> String {
        match self {
            Self::FromTrimHorizon => "all".to_owned(),
            Self::At(at) => format!("at {at}"),
            Self::From(at) => format!("from {at}"),
            Self::AtLatest => "latest".to_owned(),
        }
    }

    fn read(text: &str) -> Option<Self> {
        Some(match text.split_once(' ') {
            None if text == "all" => Self::FromTrimHorizon,
            None if text == "latest" => Self::AtLatest,
            Some(("at", at)) => Self::At(at.parse().ok()?),
            Some(("from", at)) => Self::From(at.parse().ok()?),
            _ => return None,
        })
    }

    /// What a client asks for, and after which shard. Assumed: the sentences, and that an instant before the oldest data is
    /// taken for that of the oldest data.
    fn of(filter: &ShardFilter, stream: &Stream, now: Timestamp) -> Result<(Self, String), KinesisError> {
        let refuse =
            |what: &str| Err(KinesisError::Argument(format!("{what} for ShardFilter {}.", filter.r#type)));
        let horizon = stream.horizon(now).max(stream.created.millis());
        let wants_shard = filter.r#type == "AFTER_SHARD_ID";
        let wants_time = matches!(filter.r#type.as_str(), "AT_TIMESTAMP" | "FROM_TIMESTAMP");
        match (&filter.shard_id, filter.timestamp) {
            (None, _) if wants_shard => return refuse("ShardId must be specified"),
            (Some(_), _) if !wants_shard => return refuse("ShardId cannot be specified"),
            (_, None) if wants_time => return refuse("Timestamp must be specified"),
            (_, Some(_)) if !wants_time => return refuse("Timestamp cannot be specified"),
            (_, Some(at)) if at > now => return refuse("Timestamp cannot be in the future"),
            _ => {}
        }
        let at = filter.timestamp.map_or(horizon, |at| at.millis().max(horizon));
        let shown = match filter.r#type.as_str() {
            "AT_TRIM_HORIZON" | "AT_TIMESTAMP" => Self::At(at),
            "FROM_TIMESTAMP" => Self::From(at),
            "AT_LATEST" => Self::AtLatest,
            _ => Self::FromTrimHorizon,
        };
        Ok((shown, filter.shard_id.clone().unwrap_or_default()))
    }
}

/// Recorded (kinesalite): both sentences about the stream's name. Assumed: the others, after their model.
fn check_list_shards(input: &ListShardsInput) -> Result<(), KinesisError> {
    let named = input.stream_name.is_some() || input.stream_arn.is_some();
    let why = match &input.next_token {
        None if !named => "Either NextToken or StreamName should be provided.",
        Some(_) if named => "NextToken and StreamName cannot be provided together.",
        Some(_) if input.exclusive_start_shard_id.is_some() => {
            "NextToken and ExclusiveStartShardId cannot be provided together."
        }
        Some(_) if input.stream_creation_timestamp.is_some() => {
            "NextToken and StreamCreationTimestamp cannot be provided together."
        }
        Some(_) if input.shard_filter.is_some() => "NextToken and ShardFilter cannot be provided together.",
        _ => return Ok(()),
    };
    Err(KinesisError::Argument(why.to_owned()))
}

impl Kinesis {
    pub(in super::super) fn list_shards(
        &mut self,
        cx: &mut Cx<'_>,
        input: &ListShardsInput,
    ) -> Result<ListShardsOutput, KinesisError> {
        check_list_shards(input)?;
        let token = match &input.next_token {
            Some(token) => Some(Token::read(token, "shards", cx.now)?),
            None => None,
        };
        let (name, arn) = (input.stream_name.as_deref(), input.stream_arn.as_deref());
        let name = match &token {
            Some(token) => token.stream.as_str(),
            None => Self::name_of(cx, name, arn)?,
        };
        self.pace(cx, "ListShards", name)?;
        let stream = self.named(cx, name)?;
        if input.stream_creation_timestamp.is_some_and(|at| at.secs() != stream.created.secs()) {
            return Err(KinesisError::NoSuchStream(whose(cx.scope, name)));
        }
        let (filter, after) = match (&token, &input.shard_filter) {
            (Some(token), _) => {
                (Filter::read(&token.filter).unwrap_or(Filter::FromTrimHorizon), token.after.clone())
            }
            (None, Some(filter)) => Filter::of(filter, stream, cx.now)?,
            (None, None) => (Filter::FromTrimHorizon, String::new()),
        };
        let after = input.exclusive_start_shard_id.clone().unwrap_or(after);
        let most = usize::try_from(input.max_results.unwrap_or(i64::MAX)).unwrap_or(0).min(LIST_SHARDS_MAX);
        let mut rest = stream
            .seen(cx.now)
            .filter(|shard| stream.status != Status::Creating && shard.id > after && filter.shows(shard));
        let page: Vec<_> = rest.by_ref().take(most).map(Shard::describe).collect();
        let more = rest.next().is_some();
        let last = page.last().filter(|_| more).map(|last| last.shard_id.clone());
        let next_token =
            last.map(|after| Token::new(name, after, cx.now).with_filter(filter.text()).write("shards"));
        Ok(ListShardsOutput { shards: Some(page), next_token })
    }

    pub(in super::super) fn list_streams(
        &mut self,
        cx: &mut Cx<'_>,
        input: &ListStreamsInput,
    ) -> Result<ListStreamsOutput, KinesisError> {
        self.pace(cx, "ListStreams", "")?;
        let after = match (&input.next_token, &input.exclusive_start_stream_name) {
            (Some(token), _) => Some(Token::read(token, "streams", cx.now)?.after),
            (None, start) => start.clone(),
        };
        let most = usize::try_from(input.limit.unwrap_or(i64::MAX)).unwrap_or(0).min(LIST_STREAMS_MAX);
        let mut rest =
            self.streams.values().filter(|stream| after.as_ref().is_none_or(|after| stream.name > *after));
        let page: Vec<&Stream> = rest.by_ref().take(most).collect();
        let has_more_streams = rest.next().is_some();
        let summary = |stream: &&Stream| StreamSummary {
            stream_name: stream.name.clone(),
            stream_arn: stream.arn.clone(),
            stream_status: stream.status.name().to_owned(),
            stream_mode_details: Some(stream.mode()),
            stream_creation_timestamp: Some(stream.created),
        };
        let last = page.last().filter(|_| has_more_streams).map(|last| last.name.clone());
        Ok(ListStreamsOutput {
            stream_names: page.iter().map(|stream| stream.name.clone()).collect(),
            has_more_streams,
            next_token: last.map(|after| Token::new("", after, cx.now).write("streams")),
            stream_summaries: Some(page.iter().map(summary).collect()),
        })
    }
}
