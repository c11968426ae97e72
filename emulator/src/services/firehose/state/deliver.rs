//! From a buffer to an object: prepared by a job, stored, and tried again until it is there.
//!
//! An object keeps its name and content from one attempt to the next. Documented:
//! docs.aws.amazon.com/firehose/latest/dev/retry.html and s3-object-name.html (read 2026-11-20). Assumed: the waits between
//! attempts, and that objects under the error prefix are compressed like the others.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use wavetank_types::{Region, Timestamp};
use wavetank_wire::glue::{
    GetTable, GetTableInput, GetTableOutput, GetTableVersions, GetTableVersionsInput, GetTableVersionsOutput,
    Table as GlueTable,
};
use wavetank_wire::{FromVal as _, Operation as _, ToVal as _, Val, WireError};

use super::super::documents::{ErrorType, Step, document};
use super::super::limits::{S3_RETRY_MAX, S3_WAIT_FIRST, S3_WAIT_MAX};
use super::super::prefix::Evaluation;
use super::super::settings::{S3Target, Settings};
use super::super::work::{
    Bundle, Columns, Content, Conversion, ConvertOutput, Done, Failed, HttpBody, Record, Serializer, Table,
    Task,
};
use super::flow::BufferId;
use super::{Desk, JobFor, Owed, Stream, Timer};
use crate::services::ServiceId;
use crate::services::s3::Command;
use crate::world::{Address, Cx, Effect};

/// Records that are being delivered.
#[derive(Debug)]
pub(super) struct Delivery {
    /// The buffer that they come from, which says where they go.
    buffer: BufferId,
    /// Those in force when it began.
    pub(super) settings: Arc<Settings>,
    /// Given up once the content is ready, unless they may still be needed.
    pub(super) records: Arc<Vec<Record>>,
    /// How many they were.
    count: usize,
    pub(super) oldest: Timestamp,
    pub(super) began: Timestamp,
    pub(super) attempts: u32,
    table: Arc<Table>,
    /// Of the request to an HTTP endpoint; the same in each attempt.
    pub(super) request_id: String,
    /// The object's key, and its content or the request's.
    pub(super) ready: Option<(String, Content)>,
}

impl Delivery {
    fn s3(&self) -> &S3Target {
        match (&self.buffer, &self.settings.backup) {
            (BufferId::Backup, Some(backup)) => backup,
            _ => &self.settings.s3,
        }
    }

    fn is_main(&self) -> bool {
        matches!(self.buffer, BufferId::Main(_))
    }

    /// Whether others wait for it, and it is tried for ever.
    fn blocks(&self) -> bool {
        self.buffer == BufferId::Errors(ErrorType::FormatConversionFailed)
    }

    fn is_http(&self) -> bool {
        self.is_main() && self.settings.http.is_some()
    }

    fn conversion(&self) -> Option<&Arc<Conversion>> {
        self.settings.conversion.as_ref().filter(|_| self.is_main())
    }

    fn extension(&self) -> String {
        let target = self.s3();
        if self.is_main()
            && let Some(extension) = &target.extension
        {
            return extension.clone();
        }
        match self.conversion().map(|conversion| &conversion.serializer) {
            Some(Serializer::Parquet(_)) => ".parquet".to_owned(),
            Some(Serializer::Orc(_)) => ".orc".to_owned(),
            None => target.compression.extension().to_owned(),
        }
    }
}

impl Stream {
    /// Begins a delivery.
    pub(super) fn send(
        &mut self,
        cx: &mut Cx<'_>,
        desk: &mut Desk,
        buffer: BufferId,
        records: Vec<Record>,
        oldest: Timestamp,
    ) {
        let id = cx.number();
        let delivery = Delivery {
            buffer,
            settings: Arc::clone(&self.settings),
            count: records.len(),
            records: Arc::new(records),
            oldest,
            began: cx.now,
            attempts: 0,
            table: Arc::default(),
            request_id: cx.uuid(),
            ready: None,
        };
        self.of_buffers.entry(delivery.buffer.clone()).or_default().insert(id);
        if delivery.blocks() {
            self.blockers.insert(id);
        }
        self.deliveries.insert(id, delivery);
        if self.waits(id) {
            self.held.insert(id);
        } else {
            self.begin(cx, desk, id);
        }
    }

    /// Whether a delivery must not begin yet: documents of what could not be converted go first, and an object that S3 has refused
    /// goes before the next one of its buffer.
    ///
    /// Assumed: the latter, so that a shard's records lie in objects as they came.
    fn waits(&self, id: u64) -> bool {
        let Some(delivery) = self.deliveries.get(&id) else { return false };
        if delivery.is_main() && !self.blockers.is_empty() {
            return true;
        }
        let is_refused = |before: &u64| {
            self.held.contains(before) || self.deliveries.get(before).is_some_and(|it| it.attempts > 0)
        };
        let same = self.of_buffers.get(&delivery.buffer).filter(|_| !delivery.is_http());
        same.is_some_and(|same| same.range(..id).any(is_refused))
    }

    /// Does what is next for a delivery: the first time, or once more.
    pub(super) fn begin(&mut self, cx: &mut Cx<'_>, desk: &mut Desk, id: u64) {
        let Some(delivery) = self.deliveries.get(&id) else { return };
        if delivery.ready.is_some() {
            if delivery.is_http() {
                self.post(cx, desk, id)
            } else {
                self.store(cx, desk, id)
            }
            return;
        }
        if let Some(conversion) = delivery.conversion() {
            let token = desk.token(cx, self.id, Owed::Table(id));
            ask_for_table(cx, conversion, token);
            return;
        }
        let records = Arc::clone(&delivery.records);
        let task = if delivery.is_http() {
            let gzip = delivery.settings.http.as_ref().is_some_and(|http| http.gzip);
            Task::HttpBody(HttpBody { records, request_id: delivery.request_id.clone(), at: cx.now, gzip })
        } else {
            let delimiter =
                if delivery.is_main() { delivery.settings.steps.delimiter.clone() } else { Bytes::new() };
            let name = format!("{}-{}", self.name, delivery.settings.version);
            Task::Bundle(Bundle { records, delimiter, compression: delivery.s3().compression, name })
        };
        desk.convert(cx, self.id, task, JobFor::Prepare(id));
    }

    pub(super) fn table_came(
        &mut self,
        cx: &mut Cx<'_>,
        desk: &mut Desk,
        id: u64,
        result: Result<Val, WireError>,
    ) {
        let Some(delivery) = self.deliveries.get_mut(&id) else { return };
        let Some(conversion) = delivery.conversion().cloned() else { return };
        match result {
            Ok(val) => {
                let Some(table) = found_table(&conversion, val) else {
                    let wanted = conversion.version.as_deref().unwrap_or("LATEST");
                    let message = format!("The table has no version {wanted}.");
                    self.not_converted(cx, desk, id, "DataFormatConversion.InvalidVersionId", &message);
                    return;
                };
                let table = read_table(table);
                delivery.table = Arc::new(table);
                let (records, table) = (Arc::clone(&delivery.records), Arc::clone(&delivery.table));
                let task = Task::Columns(Columns { records, conversion, table });
                desk.convert(cx, self.id, task, JobFor::Prepare(id));
            }
            Err(error) => {
                let code = match error.code.as_str() {
                    "EntityNotFoundException" => "DataFormatConversion.EntityNotFound",
                    _ => "DataFormatConversion.InternalError",
                };
                self.not_converted(cx, desk, id, code, &error.message);
            }
        }
    }

    /// No record can be converted, since there is no schema.
    fn not_converted(
        &mut self,
        cx: &mut Cx<'_>,
        desk: &mut Desk,
        id: u64,
        code: &'static str,
        message: &str,
    ) {
        let Some(delivery) = self.deliveries.get(&id) else { return };
        let failed = |record: &Record| Failed { record: record.clone(), code, message: message.to_owned() };
        let failed = delivery.records.iter().map(failed).collect();
        self.converted(cx, desk, id, None, failed);
    }

    pub(super) fn prepared(&mut self, cx: &mut Cx<'_>, desk: &mut Desk, id: u64, output: ConvertOutput) {
        match output.0 {
            Done::Body(body) => self.ready(cx, desk, id, body),
            Done::Columns { body, failed } => self.converted(cx, desk, id, body, failed),
            Done::Broken(why) => {
                let Some(delivery) = self.deliveries.get_mut(&id) else { return };
                delivery.attempts += 1;
                let (settings, wait) = (Arc::clone(&delivery.settings), wait(delivery.attempts));
                self.log(cx, &settings, "InternalError", &why);
                desk.at(self.id, cx.now + wait, Timer::DeliverAgain(id));
            }
            other @ Done::Sorted(_) => unreachable!("preparing ended with {other:?}"),
        }
    }

    /// What could be converted is stored; what could not blocks the stream until its documents are.
    fn converted(
        &mut self,
        cx: &mut Cx<'_>,
        desk: &mut Desk,
        id: u64,
        body: Option<Content>,
        failed: Vec<Failed>,
    ) {
        let Some(delivery) = self.deliveries.get(&id) else { return };
        let (settings, table) = (Arc::clone(&delivery.settings), Arc::clone(&delivery.table));
        self.count_conversion(cx, &delivery.records, &failed);
        if let (Some(first), Some(conversion)) = (failed.first(), &settings.conversion) {
            self.log(cx, &settings, first.code, &first.message);
            let oldest = failed.iter().map(|one| one.record.arrival).min().unwrap_or(cx.now);
            let step = Step::Conversion(conversion, &table, cx.scope);
            let documents = failed.iter().map(|one| document(one, step, 1, cx.now)).collect();
            let errors = BufferId::Errors(ErrorType::FormatConversionFailed);
            self.send(cx, desk, errors, documents, oldest);
        }
        match body {
            Some(body) => self.ready(cx, desk, id, body),
            None => self.done(cx, desk, id),
        }
    }

    fn ready(&mut self, cx: &mut Cx<'_>, desk: &mut Desk, id: u64, body: Content) {
        let name = self.name.clone();
        let Some(delivery) = self.deliveries.get_mut(&id) else { return };
        if delivery.is_http() {
            delivery.ready = Some((String::new(), body));
            self.post(cx, desk, id);
            return;
        }
        delivery.ready = Some((key(cx, &name, delivery), body));
        delivery.records = Arc::default();
        self.store(cx, desk, id);
    }

    fn store(&mut self, cx: &mut Cx<'_>, desk: &mut Desk, id: u64) {
        let Some(delivery) = self.deliveries.get(&id) else { return };
        let Some((key, Content { body, md5 })) = delivery.ready.clone() else { return };
        let bucket = delivery.s3().bucket.clone();
        let content_type = "application/octet-stream".to_owned();
        let reply = Some(desk.token(cx, self.id, Owed::Stored(id)));
        cx.push(Effect::S3 { command: Command::PutDigested { bucket, key, body, content_type, md5 }, reply });
    }

    pub(super) fn stored(
        &mut self,
        cx: &mut Cx<'_>,
        desk: &mut Desk,
        id: u64,
        result: Result<Val, WireError>,
    ) {
        self.count_stored(cx, id, result.is_ok());
        let Err(error) = result else {
            self.done(cx, desk, id);
            return;
        };
        let retry_max = self.source.as_ref().map_or(S3_RETRY_MAX, |source| source.retention);
        let Some(delivery) = self.deliveries.get_mut(&id) else { return };
        delivery.attempts += 1;
        let settings = Arc::clone(&delivery.settings);
        self.log(cx, &settings, &format!("S3.{}", error.code), &error.message);
        let Some(delivery) = self.deliveries.get(&id) else { return };
        let for_ever = delivery.blocks();
        if !for_ever && cx.now >= delivery.oldest + retry_max {
            let (key, Content { body, .. }) = delivery.ready.clone().unwrap_or_default();
            let lost = format!("{} bytes for {key} are lost: they were refused for too long", body.len());
            self.log(cx, &settings, "DataLost", &lost);
            tracing::warn!(stream = self.name, key, "records are lost: S3 refused them for too long");
            self.done(cx, desk, id);
            return;
        }
        let last = delivery.oldest + retry_max;
        let next = cx.now + wait(delivery.attempts);
        let at = if for_ever { next } else { next.min(last) };
        desk.at(self.id, at, Timer::DeliverAgain(id));
    }

    /// Counts an attempt at storing an object.
    fn count_stored(&self, cx: &mut Cx<'_>, id: u64, stored: bool) {
        let Some(delivery) = self.deliveries.get(&id) else { return };
        let bytes = delivery.ready.as_ref().map_or(0, |(_, content)| content.body.len());
        self.count_object(cx, &delivery.buffer, (bytes, delivery.count), delivery.oldest, stored);
    }

    /// A delivery has ended: what waited for it may go on.
    pub(super) fn done(&mut self, cx: &mut Cx<'_>, desk: &mut Desk, id: u64) {
        let Some(Delivery { buffer, .. }) = self.deliveries.remove(&id) else { return };
        if let Some(same) = self.of_buffers.get_mut(&buffer) {
            same.remove(&id);
            if same.is_empty() {
                self.of_buffers.remove(&buffer);
            }
        }
        let waiting: Vec<u64> = match self.blockers.remove(&id) && self.blockers.is_empty() {
            true => self.held.iter().copied().collect(),
            false => self.of_buffers.get(&buffer).into_iter().flatten().copied().collect(),
        };
        for next in waiting {
            if self.held.contains(&next) && !self.waits(next) {
                self.held.remove(&next);
                self.begin(cx, desk, next);
            }
        }
        self.resume_source(cx, desk);
    }

    /// Whether something is being tried again: a source waits meanwhile, its records are safe where they are.
    pub(super) fn is_failing(&self) -> bool {
        !self.held.is_empty() || self.deliveries.values().any(|delivery| delivery.attempts > 0)
    }
}

/// How long before the next attempt at S3.
fn wait(attempts: u32) -> Duration {
    S3_WAIT_FIRST.saturating_mul(1 << attempts.saturating_sub(1).min(10)).min(S3_WAIT_MAX)
}

/// `<prefix><stream>-<version>-yyyy-MM-dd-HH-mm-ss-<uuid><extension>`, at the arrival of the oldest record.
fn key(cx: &mut Cx<'_>, stream: &str, delivery: &Delivery) -> String {
    let target = delivery.s3();
    let (prefix, keys, error_type) = match &delivery.buffer {
        BufferId::Main(keys) => (&target.prefix, keys.as_deref(), ""),
        BufferId::Backup => (&target.prefix, None, ""),
        BufferId::Errors(kind) => (&target.errors, None, kind.text()),
    };
    let with = Evaluation { at: delivery.oldest, zone: target.zone, keys, error_type };
    let folder = prefix.evaluate(&with, |count| cx.letters(count, b"abcdefghijklmnopqrstuvwxyz0123456789"));
    let time = delivery.oldest.utc().with_timezone(&target.zone).format("%Y-%m-%d-%H-%M-%S");
    let (version, uuid, extension) = (delivery.settings.version, cx.uuid(), delivery.extension());
    format!("{folder}{stream}-{version}-{time}-{uuid}{extension}")
}

fn ask_for_table(cx: &mut Cx<'_>, conversion: &Conversion, token: u64) {
    let mut scope = cx.scope.clone();
    if let Some(region) = &conversion.region {
        scope.region = Region::new(region.clone());
    }
    let to = Address { service: ServiceId::Glue, scope };
    let (catalog_id, database_name) = (conversion.catalog.clone(), conversion.database.clone());
    let (operation, input) = if conversion.version.is_none() {
        let name = conversion.table.clone();
        (GetTable::NAME, GetTableInput { catalog_id, database_name, name, ..Default::default() }.to_val())
    } else {
        let table_name = conversion.table.clone();
        let input = GetTableVersionsInput { catalog_id, database_name, table_name, ..Default::default() };
        (GetTableVersions::NAME, input.to_val())
    };
    cx.push(Effect::Call { to, operation, input, reply: Some(token) });
}

/// The latest table, or its version that was asked for.
fn found_table(conversion: &Conversion, val: Val) -> Option<GlueTable> {
    let Some(wanted) = &conversion.version else { return GetTableOutput::from_val(val).table };
    let versions = GetTableVersionsOutput::from_val(val).table_versions.unwrap_or_default();
    let mut tables = versions.into_iter().filter_map(|version| {
        let id = version.version_id;
        version.table.map(|table| GlueTable { version_id: id.or(table.version_id.clone()), ..table })
    });
    tables.find(|table| table.version_id.as_ref() == Some(wanted))
}

fn read_table(table: GlueTable) -> Table {
    let columns = table.storage_descriptor.and_then(|storage| storage.columns).unwrap_or_default();
    let column = |column: wavetank_wire::glue::Column| (column.name, column.r#type.unwrap_or_default());
    Table {
        columns: columns.into_iter().map(column).collect(),
        version: table.version_id.unwrap_or_default(),
    }
}
