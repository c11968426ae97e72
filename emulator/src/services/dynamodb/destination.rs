//! Kinesis streaming destinations: a table's changes as records of a Kinesis stream.
//!
//! Time: changes gather for [`GATHER`], then go together by PutRecords; what Kinesis refuses is sent again after a pause, in
//! order. A destination whose stream is not there fails and forgets what it has. Changes that come before it is ACTIVE, or
//! after it is not, are not sent.
//! Documented: docs.aws.amazon.com/powertools/typescript/2.15.0, KinesisDynamoDBStreamEvent (read 2026-11-28): the members of a
//! record. Assumed: its partition key, a digest of the item's key; the order of members.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use md5::{Digest as _, Md5};
use wavetank_types::Timestamp;
use wavetank_wire::codec::json_document;
use wavetank_wire::{FromVal as _, Operation, ToVal as _, Val, WireError, dynamodb as w, kinesis};

use super::DynamoDb;
use super::error::DynamoError;
use super::streams::{EXPIRY_PRINCIPAL, Event};
use super::table::{Change, KeySchema, Origin, Table};
use super::tables::TableError;
use super::tables::limits::TRANSITION;
use super::value::{Item, item_bytes, item_to_wire};
use crate::services::ServiceId;
use crate::world::{Address, Cx, Effect, Scope};

/// How long changes gather before they are sent. Assumed.
const GATHER: Duration = Duration::from_millis(100);
/// Records of one PutRecords. Documented: the service model of Kinesis.
const BATCH_RECORDS_MAX: usize = 500;
/// Bytes of one PutRecords that are gathered.
const BATCH_BYTES_MAX: usize = 4 << 20;
/// Longest pause before what was refused is sent again; the first is a second, and each doubles. Assumed.
const PAUSE_MAX: Duration = Duration::from_secs(60);

/// State of a destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    Enabling,
    Active,
    Updating,
    Disabling,
    Disabled,
    EnableFailed,
}

impl Status {
    const fn name(self) -> &'static str {
        match self {
            Self::Enabling => "ENABLING",
            Self::Active => "ACTIVE",
            Self::Updating => "UPDATING",
            Self::Disabling => "DISABLING",
            Self::Disabled => "DISABLED",
            Self::EnableFailed => "ENABLE_FAILED",
        }
    }
}

/// A change that waits to be sent.
#[derive(Clone, Debug)]
struct Entry {
    key: String,
    data: Bytes,
}

/// A stream that gets a table's changes.
#[derive(Clone, Debug)]
pub(crate) struct Destination {
    pub(crate) stream: String,
    /// `MILLISECOND` or `MICROSECOND`.
    precision: String,
    status: Status,
    until: Option<Timestamp>,
    why: Option<String>,
    queue: VecDeque<Entry>,
    /// What has been sent and not answered: the token, and how many are at the head of the queue.
    sent: Option<(u64, usize)>,
    /// Whether the stream is there is being asked.
    asked: Option<u64>,
    send_at: Option<Timestamp>,
    failures: u32,
}

impl Destination {
    fn new(stream: String, precision: String, now: Timestamp) -> Self {
        Self {
            stream,
            precision,
            status: Status::Enabling,
            until: Some(now + TRANSITION),
            why: None,
            queue: VecDeque::new(),
            sent: None,
            asked: None,
            send_at: None,
            failures: 0,
        }
    }

    fn is_live(&self) -> bool {
        matches!(self.status, Status::Active | Status::Updating)
    }

    /// When it has something to do.
    fn next(&self) -> Option<Timestamp> {
        [self.until, self.send_at.filter(|_| self.sent.is_none())].into_iter().flatten().min()
    }

    fn home(&self) -> Option<Address> {
        Some(Address { service: ServiceId::Kinesis, scope: Scope::of(&self.stream)? })
    }

    fn ask<O: Operation>(&self, cx: &mut Cx<'_>, input: O::Input) -> Option<u64> {
        let token = cx.number();
        let to = self.home()?;
        cx.push(Effect::Call { to, operation: O::NAME, input: input.to_val(), reply: Some(token) });
        Some(token)
    }

    /// Does what is due.
    fn tick(&mut self, cx: &mut Cx<'_>) {
        if self.until.is_some_and(|at| at <= cx.now) {
            self.until = None;
            self.status = match self.status {
                Status::Enabling | Status::Updating => Status::Active,
                Status::Disabling => Status::Disabled,
                other => other,
            };
        }
        if self.sent.is_none() && self.send_at.is_some_and(|at| at <= cx.now) {
            self.send(cx);
        }
    }

    fn send(&mut self, cx: &mut Cx<'_>) {
        self.send_at = None;
        let (mut bytes, mut records) = (0, Vec::new());
        for entry in self.queue.iter().take(BATCH_RECORDS_MAX) {
            bytes += entry.data.len() + entry.key.len();
            if bytes > BATCH_BYTES_MAX && !records.is_empty() {
                break;
            }
            records.push(kinesis::PutRecordsRequestEntry {
                data: entry.data.clone(),
                partition_key: Some(entry.key.clone()),
                ..Default::default()
            });
        }
        if records.is_empty() {
            return;
        }
        let count = records.len();
        let input =
            kinesis::PutRecordsInput { records, stream_arn: Some(self.stream.clone()), ..Default::default() };
        self.sent = self.ask::<kinesis::PutRecords>(cx, input).map(|token| (token, count));
    }

    /// Kinesis has answered a PutRecords.
    fn answered(&mut self, cx: &mut Cx<'_>, count: usize, result: &Result<Val, WireError>) {
        self.sent = None;
        match result {
            Ok(reply) => {
                let out = <kinesis::PutRecords as Operation>::Output::from_val(reply.clone());
                let head: Vec<Entry> = self.queue.drain(..count.min(self.queue.len())).collect();
                let refused = head.into_iter().zip(out.records).filter(|(_, one)| one.error_code.is_some());
                let refused: Vec<Entry> = refused.map(|(entry, _)| entry).collect();
                self.failures = if refused.is_empty() { 0 } else { self.failures + 1 };
                for entry in refused.into_iter().rev() {
                    self.queue.push_front(entry);
                }
            }
            Err(error) if error.code == "ResourceNotFoundException" => return self.fail(error),
            Err(_) => self.failures += 1,
        }
        if self.failures == 0 {
            return self.send(cx);
        }
        let pause = Duration::from_secs(1) * 2_u32.saturating_pow(self.failures.saturating_sub(1).min(8));
        self.send_at = Some(cx.now + pause.min(PAUSE_MAX));
    }

    fn fail(&mut self, error: &WireError) {
        self.status = Status::EnableFailed;
        self.until = None;
        self.why = Some(error.message.clone());
        self.queue.clear();
        self.send_at = None;
    }

    fn description(&self) -> w::KinesisDataStreamDestination {
        w::KinesisDataStreamDestination {
            stream_arn: Some(self.stream.clone()),
            destination_status: Some(self.status.name().to_owned()),
            destination_status_description: self.why.clone(),
            approximate_creation_date_time_precision: Some(self.precision.clone()),
        }
    }
}

fn json(item: &Item) -> String {
    let text = json_document(&w::schema::ATTRIBUTE_MAP, &item_to_wire(item).to_val());
    String::from_utf8(text).unwrap_or_default()
}

/// The record of a change.
fn entry(
    cx: &mut Cx<'_>,
    (table, keys, region): (&str, &KeySchema, &str),
    precision: &str,
    change: &Change,
    origin: Origin,
) -> Entry {
    let key = change.key.to_item(keys);
    let images = [("NewImage", &change.new), ("OldImage", &change.old)];
    let bytes = item_bytes(&key)
        + images.iter().filter_map(|(_, one)| Some(one.as_ref()?.item_bytes())).sum::<usize>();
    let shown: String = images
        .iter()
        .filter_map(|(name, image)| Some(format!("\"{name}\":{},", json(&image.as_ref()?.unpack()))))
        .collect();
    let at = if precision == "MICROSECOND" { cx.now.micros() } else { cx.now.millis() };
    let identity = match origin {
        Origin::TimeToLive => format!("{{\"type\":\"Service\",\"principalId\":\"{EXPIRY_PRINCIPAL}\"}}"),
        _ => "null".to_owned(),
    };
    let event = Event::of(change.old.as_ref(), change.new.as_ref()).name();
    let key = json(&key);
    let data = format!(
        "{{\"awsRegion\":\"{region}\",\"eventID\":\"{}\",\"eventName\":\"{event}\",\"userIdentity\":{identity},\
         \"recordFormat\":\"application/json\",\"tableName\":\"{table}\",\"dynamodb\":{{\"ApproximateCreationDateTime\":{at},\
         \"Keys\":{key},{shown}\"SizeBytes\":{bytes},\"ApproximateCreationDateTimePrecision\":\"{precision}\"}},\
         \"eventSource\":\"aws:dynamodb\"}}",
        cx.uuid()
    );
    let digest: String = Md5::digest(key.as_bytes()).iter().map(|byte| format!("{byte:02X}")).collect();
    Entry { key: digest, data: Bytes::from(data) }
}

impl Table {
    /// Tells the destinations.
    pub(crate) fn tell_destinations(&mut self, cx: &mut Cx<'_>, change: &Change, origin: Origin) {
        if self.destinations.iter().all(|destination| !destination.is_live()) {
            return;
        }
        let region = self.settings.arn.split(':').nth(3).unwrap_or_default().to_owned();
        for destination in self.destinations.iter_mut().filter(|one| one.is_live()) {
            let of = (self.name.as_str(), &self.keys, region.as_str());
            let entry = entry(cx, of, &destination.precision, change, origin);
            destination.queue.push_back(entry);
            if destination.sent.is_none() {
                destination.send_at.get_or_insert(cx.now + GATHER);
            }
        }
    }

    /// When a destination has something to do.
    pub(crate) fn next_of_destinations(&self) -> Option<Timestamp> {
        self.destinations.iter().filter_map(Destination::next).min()
    }

    /// Does what is due of the destinations.
    pub(crate) fn tick_destinations(&mut self, cx: &mut Cx<'_>) {
        for destination in &mut self.destinations {
            destination.tick(cx);
        }
    }

    /// The destination of this stream.
    ///
    /// Recorded: LocalStack (github.com/localstack/localstack, its provider of DynamoDB) for the sentences of states.
    fn destination_mut(
        &mut self,
        stream: &str,
        wanted: &'static str,
    ) -> Result<&mut Destination, TableError> {
        let found = self.destinations.iter_mut().find(|one| one.stream == stream && one.is_live());
        found.filter(|one| one.status == Status::Active).ok_or_else(|| {
            TableError::Request(format!(
                "Table is not in a valid state to {} Kinesis Streaming Destination: \
                 {wanted}KinesisStreamingDestination must be ACTIVE to perform {} operation.",
                wanted.to_lowercase(),
                wanted.to_uppercase()
            ))
        })
    }
}

impl DynamoDb {
    pub(super) fn enable_destination(
        &mut self,
        cx: &mut Cx<'_>,
        input: w::KinesisStreamingDestinationInput,
    ) -> Result<w::KinesisStreamingDestinationOutput, DynamoError> {
        let configured = input.enable_kinesis_streaming_configuration.as_ref();
        let precision = configured.and_then(|given| given.approximate_creation_date_time_precision.clone());
        let table = self.here(cx).described_mut(cx, &input.table_name)?;
        table.need_active()?;
        let mut destination = Destination::new(
            input.stream_arn.clone(),
            precision.unwrap_or_else(|| "MILLISECOND".to_owned()),
            cx.now,
        );
        let is_stream = input.stream_arn.contains(":kinesis:") && input.stream_arn.contains(":stream/");
        if !is_stream || destination.home().is_none() {
            // Recorded: as above.
            let why = "User does not have a permission to use kinesis stream";
            return Err(TableError::Request(why.to_owned()).into());
        }
        let is_busy = |one: &Destination| !matches!(one.status, Status::Disabled | Status::EnableFailed);
        if table.destinations.iter().any(is_busy) {
            let why = "Table is not in a valid state to enable Kinesis Streaming Destination: \
                       EnableKinesisStreamingDestination must be DISABLED or ENABLE_FAILED to perform ENABLE operation.";
            return Err(TableError::Request(why.to_owned()).into());
        }
        let asked = kinesis::DescribeStreamSummaryInput {
            stream_arn: Some(input.stream_arn.clone()),
            ..Default::default()
        };
        destination.asked = destination.ask::<kinesis::DescribeStreamSummary>(cx, asked);
        table.destinations.retain(|one| one.stream != input.stream_arn);
        table.destinations.push(destination);
        Ok(w::KinesisStreamingDestinationOutput {
            table_name: Some(table.name.clone()),
            stream_arn: Some(input.stream_arn),
            destination_status: Some(Status::Enabling.name().to_owned()),
            enable_kinesis_streaming_configuration: input.enable_kinesis_streaming_configuration,
        })
    }

    /// What has gathered is still sent.
    pub(super) fn disable_destination(
        &mut self,
        cx: &mut Cx<'_>,
        input: w::KinesisStreamingDestinationInput,
    ) -> Result<w::KinesisStreamingDestinationOutput, DynamoError> {
        let table = self.here(cx).described_mut(cx, &input.table_name)?;
        table.need_active()?;
        let name = table.name.clone();
        let destination = table.destination_mut(&input.stream_arn, "Disable")?;
        destination.status = Status::Disabling;
        destination.until = Some(cx.now + TRANSITION);
        Ok(w::KinesisStreamingDestinationOutput {
            table_name: Some(name),
            stream_arn: Some(input.stream_arn),
            destination_status: Some(Status::Disabling.name().to_owned()),
            enable_kinesis_streaming_configuration: input.enable_kinesis_streaming_configuration,
        })
    }

    pub(super) fn update_destination(
        &mut self,
        cx: &mut Cx<'_>,
        input: w::UpdateKinesisStreamingDestinationInput,
    ) -> Result<w::UpdateKinesisStreamingDestinationOutput, DynamoError> {
        let configured = input.update_kinesis_streaming_configuration.as_ref();
        let precision = configured.and_then(|given| given.approximate_creation_date_time_precision.clone());
        let table = self.here(cx).described_mut(cx, &input.table_name)?;
        table.need_active()?;
        let name = table.name.clone();
        let destination = table.destination_mut(&input.stream_arn, "Update")?;
        let precision =
            precision.filter(|precision| *precision != destination.precision).ok_or_else(|| {
                // Recorded: as above.
                let why = "Invalid Request: Precision is already set to the desired value of \
                       MILLISECOND or was not specified";
                TableError::Request(why.replace("MILLISECOND", &destination.precision))
            })?;
        destination.precision = precision;
        destination.status = Status::Updating;
        destination.until = Some(cx.now + TRANSITION);
        Ok(w::UpdateKinesisStreamingDestinationOutput {
            table_name: Some(name),
            stream_arn: Some(input.stream_arn),
            destination_status: Some(Status::Updating.name().to_owned()),
            update_kinesis_streaming_configuration: input.update_kinesis_streaming_configuration,
        })
    }

    pub(super) fn describe_destinations(
        &mut self,
        cx: &mut Cx<'_>,
        input: &w::DescribeKinesisStreamingDestinationInput,
    ) -> Result<w::DescribeKinesisStreamingDestinationOutput, DynamoError> {
        let table = self.here(cx).described(cx, &input.table_name)?;
        Ok(w::DescribeKinesisStreamingDestinationOutput {
            table_name: Some(table.name.clone()),
            kinesis_data_stream_destinations: Some(
                table.destinations.iter().map(Destination::description).collect(),
            ),
        })
    }

    /// Kinesis has replied: whether a destination waited for this.
    pub(super) fn destination_replied(
        &mut self,
        cx: &mut Cx<'_>,
        token: u64,
        result: &Result<Val, WireError>,
    ) -> bool {
        let tables = self.regions.values_mut().flat_map(|regional| regional.tables.values_mut());
        for destination in tables.flat_map(|table| &mut table.destinations) {
            match (destination.sent, destination.asked) {
                (Some((sent, count)), _) if sent == token => {
                    destination.answered(cx, count, result);
                    return true;
                }
                (_, Some(asked)) if asked == token => {
                    destination.asked = None;
                    if let Err(error) = result {
                        destination.fail(error);
                    }
                    return true;
                }
                _ => {}
            }
        }
        false
    }
}
