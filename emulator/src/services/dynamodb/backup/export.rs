//! A table's items to S3, all of them as they were at an instant, or what became of them between two.
//!
//! First an empty object shows that the bucket can be written, then a job makes the data files, then they and their manifests
//! are stored. Documented: docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport.Output.html (an older edition
//! read 2026-11-28). Recorded: names of the checksum files, moto's export test, verified on AWS; sentences and which members
//! are shown when, ack-api-quirks, export.md; the incremental manifest, aws_dynamodb_io's tests (of 2023-09-19).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use md5::{Digest as _, Md5};
use serde_json::{Value, json};
use wavetank_types::{Arn, Timestamp};
use wavetank_wire::dynamodb as w;
use wavetank_wire::{Val, WireError};

use super::limits::{INCREMENT_BILLED_MIN, INCREMENT_MAX, INCREMENT_MIN, LIST_JOBS_MAX};
use super::work::{Done, DynamoOutput, DynamoWork, ExportFormat, ExportItems, ExportWork, File, Filter};
use super::{BackupError, Owed, arn, work};
use crate::services::dynamodb::DynamoDb;
use crate::services::dynamodb::error::DynamoError;
use crate::services::dynamodb::table::Table;
use crate::services::s3::Command;
use crate::world::{Cx, Effect, Work};

/// An export, under way or over. It outlives its table.
#[derive(Debug)]
pub(super) struct Export {
    description: w::ExportDescription,
    /// What the client asked for, to know it again by its token.
    asked: w::ExportTableToPointInTimeInput,
    /// The work, until the job has it.
    work: Option<work::Export>,
    format: ExportFormat,
    bytes: i64,
    /// Objects whose storing has not been answered.
    storing: usize,
}

impl Export {
    fn is_over(&self) -> bool {
        self.description.export_status.as_deref() != Some("IN_PROGRESS")
    }

    fn fail(&mut self, now: Timestamp, code: &str, message: String) {
        self.description.export_status = Some("FAILED".to_owned());
        self.description.failure_code = Some(code.to_owned());
        self.description.failure_message = Some(message);
        self.description.end_time = Some(now);
        self.work = None;
    }

    fn bucket(&self) -> &str {
        &self.asked.s3bucket
    }

    /// `PREFIX/AWSDynamoDB/`; without the prefix, as manifests say it.
    fn folder(&self) -> String {
        match self.asked.s3prefix.as_deref().map(|prefix| prefix.trim_end_matches('/')) {
            None | Some("") => "AWSDynamoDB".to_owned(),
            Some(prefix) => format!("{prefix}/AWSDynamoDB"),
        }
    }

    fn id(&self) -> &str {
        let arn = self.description.export_arn.as_deref().unwrap_or_default();
        arn.rsplit('/').next().unwrap_or_default()
    }
}

impl DynamoDb {
    /// Refuses what can be known at once; a bucket that is not there makes the export fail later.
    pub(super) fn export(
        &mut self,
        cx: &mut Cx<'_>,
        input: w::ExportTableToPointInTimeInput,
    ) -> Result<w::ExportTableToPointInTimeOutput, DynamoError> {
        if let Some(export) = self.export_of_token(cx, &input)? {
            return Ok(w::ExportTableToPointInTimeOutput { export_description: Some(export) });
        }
        check_shape(&input)?;
        let format = match input.export_format.as_deref() {
            Some("ION") => ExportFormat::Ion,
            _ => ExportFormat::Json,
        };
        let name = table_of(cx, &input.table_arn)?;
        let missing = || BackupError::NoSuchTable(input.table_arn.clone());
        let table = self.here(cx).kept(cx, &name).map_err(|_| missing())?;
        let (items, time, period) = chosen(table, cx.now, &input)?;
        let filter = input.filter_specification.clone().map(|given| Filter::read(given, &table.keys));
        let (filter, keys) = (filter.transpose()?.unwrap_or_default(), table.keys.clone());
        let bytes = match &items {
            ExportItems::Full(rows) => rows.bytes().cast_signed(),
            ExportItems::Differences { .. } => INCREMENT_BILLED_MIN,
        };
        let (table_arn, table_id) = (table.settings.arn.clone(), table.settings.id.clone());
        let id = arn::new_id(cx);
        let export_arn = arn::below_table(cx, &name, "export", &id);
        let description = w::ExportDescription {
            export_arn: Some(export_arn.clone()),
            export_status: Some("IN_PROGRESS".to_owned()),
            start_time: Some(cx.now),
            table_arn: Some(table_arn),
            table_id: Some(table_id),
            export_time: time,
            client_token: Some(input.client_token.clone().unwrap_or_else(|| cx.uuid())),
            s3bucket: Some(input.s3bucket.clone()),
            s3bucket_owner: input.s3bucket_owner.clone(),
            s3prefix: input.s3prefix.clone(),
            s3sse_algorithm: Some(input.s3sse_algorithm.clone().unwrap_or_else(|| "AES256".to_owned())),
            s3sse_kms_key_id: input.s3sse_kms_key_id.clone(),
            export_format: Some(format.name().to_owned()),
            filter_specification: input.filter_specification.clone(),
            export_type: period.is_some().then(|| "INCREMENTAL_EXPORT".to_owned()),
            incremental_export_specification: period,
            ..w::ExportDescription::default()
        };
        let export = Export {
            description: description.clone(),
            asked: input,
            work: Some(work::Export { items, keys, filter, format }),
            format,
            bytes,
            storing: 0,
        };
        let key = format!("{}/{id}/_started", export.folder());
        self.store(cx, export.bucket(), key, Bytes::new(), Owed::Started(export_arn.clone()));
        self.here(cx).backups.exports.insert(export_arn, export);
        Ok(w::ExportTableToPointInTimeOutput { export_description: Some(description) })
    }

    /// The export that a client's token already began. Another request with the same token is a conflict.
    fn export_of_token(
        &mut self,
        cx: &Cx<'_>,
        input: &w::ExportTableToPointInTimeInput,
    ) -> Result<Option<w::ExportDescription>, BackupError> {
        let Some(token) = &input.client_token else { return Ok(None) };
        let mut exports = self.here(cx).backups.exports.values();
        match exports.find(|export| export.description.client_token.as_ref() == Some(token)) {
            None => Ok(None),
            Some(export) if export.asked == *input => Ok(Some(export.description.clone())),
            Some(_) => Err(BackupError::ExportConflict),
        }
    }

    fn store(&mut self, cx: &mut Cx<'_>, bucket: &str, key: String, body: Bytes, owed: Owed) {
        let token = cx.number();
        self.desk.replies.insert(token, (cx.scope.region.clone(), owed));
        let (bucket, content_type) = (bucket.to_owned(), "application/octet-stream".to_owned());
        let md5 = Md5::digest(&body).into();
        let command = Command::PutDigested { bucket, key, body, content_type, md5 };
        cx.push(Effect::S3 { command, reply: Some(token) });
    }

    pub(super) fn export_started(&mut self, cx: &mut Cx<'_>, arn: &str, result: Result<Val, WireError>) {
        let Some(export) = self.here(cx).backups.exports.get_mut(arn) else { return };
        match (result, export.work.take()) {
            (Ok(_), Some(work)) => {
                let work = DynamoWork::Export(Box::new(ExportWork(work)));
                let job = cx.start(Work::DynamoDb(Box::new(work)));
                let region = cx.scope.region.clone();
                self.desk.jobs.insert(job, (region, Owed::ExportDone(arn.to_owned())));
            }
            (Err(error), _) => {
                let (code, message) = of_s3(&error);
                export.fail(cx.now, &code, message);
            }
            (Ok(_), None) => {}
        }
    }

    pub(super) fn export_prepared(&mut self, cx: &mut Cx<'_>, arn: &str, output: DynamoOutput) {
        let Some(export) = self.here(cx).backups.exports.get_mut(arn) else { return };
        let files = match output.0 {
            Done::Exported(files) => files,
            Done::Broken(why) => {
                tracing::error!(arn, why, "an export broke");
                return export.fail(cx.now, "UNKNOWN", why);
            }
            Done::Imported(_) => unreachable!("an export's work is an export's"),
        };
        let objects = objects(cx, export, &files);
        export.storing = objects.len();
        let bucket = export.bucket().to_owned();
        for (key, body) in objects {
            self.store(cx, &bucket, key, body, Owed::Stored(arn.to_owned()));
        }
    }

    pub(super) fn export_stored(&mut self, cx: &Cx<'_>, arn: &str, result: Result<Val, WireError>) {
        let Some(export) = self.here(cx).backups.exports.get_mut(arn) else { return };
        export.storing -= 1;
        if export.is_over() {
            return;
        }
        if let Err(error) = result {
            let (code, message) = of_s3(&error);
            export.fail(cx.now, &code, message);
        } else if export.storing == 0 {
            export.description.export_status = Some("COMPLETED".to_owned());
        }
    }

    pub(super) fn describe_export(
        &mut self,
        cx: &Cx<'_>,
        input: &w::DescribeExportInput,
    ) -> Result<w::DescribeExportOutput, DynamoError> {
        let at = arn::read(cx, &input.export_arn, "Export")?;
        if at.region != cx.scope.region.as_str() {
            return Err(BackupError::ExportElsewhere.into());
        }
        let export = self.here(cx).backups.exports.get(&input.export_arn);
        let export = export.ok_or_else(|| BackupError::NoSuchExport(input.export_arn.clone()))?;
        let mut shown = export.description.clone();
        if !export.is_over() {
            // What the manifest says of them is not told before it is there.
            (shown.end_time, shown.export_manifest) = (None, None);
            (shown.item_count, shown.billed_size_bytes) = (None, None);
        }
        Ok(w::DescribeExportOutput { export_description: Some(shown) })
    }

    /// Of a table only those of the table that has the name now. Recorded: ack-api-quirks, export.md.
    pub(super) fn list_exports(
        &mut self,
        cx: &Cx<'_>,
        input: &w::ListExportsInput,
    ) -> Result<w::ListExportsOutput, DynamoError> {
        let here = self.here(cx);
        let ids: Option<Option<String>> = input.table_arn.as_ref().map(|arn| {
            let table = here.tables.values().find(|table| table.settings.arn == *arn);
            table.map(|table| table.settings.id.clone())
        });
        let is_wanted = |export: &&Export| ids.as_ref().is_none_or(|id| export.description.table_id == *id);
        let (page, next_token) = page(
            here.backups.exports.iter().filter(|(_, export)| is_wanted(export)),
            input.next_token.as_deref(),
            input.max_results,
        )?;
        let summary = |export: &Export| w::ExportSummary {
            export_arn: export.description.export_arn.clone(),
            export_status: export.description.export_status.clone(),
            export_type: Some(
                export.description.export_type.clone().unwrap_or_else(|| "FULL_EXPORT".to_owned()),
            ),
        };
        let summaries = page.into_iter().map(summary).collect();
        Ok(w::ListExportsOutput { export_summaries: Some(summaries), next_token })
    }
}

/// Some of a list, and the token of what follows: the hexadecimal ARN of the last one.
pub(super) fn page<'a, T>(
    all: impl Iterator<Item = (&'a String, &'a T)>,
    token: Option<&str>,
    limit: Option<i64>,
) -> Result<(Vec<&'a T>, Option<String>), BackupError> {
    let invalid = |token: &str| BackupError::Request(format!("Provided nextToken is invalid: {token}"));
    let after = token
        .map(|token| {
            let bytes = hex::decode(token).ok()?;
            String::from_utf8(bytes).ok().filter(|text| text.starts_with("arn:"))
        })
        .map(|after| after.ok_or_else(|| invalid(token.unwrap_or_default())))
        .transpose()?;
    let limit = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(LIST_JOBS_MAX);
    let mut rest = all.filter(|(arn, _)| after.as_ref().is_none_or(|after| *arn > after));
    let page: Vec<(&String, &T)> = rest.by_ref().take(limit).collect();
    let next = rest.next().and_then(|_| page.last().map(|(arn, _)| hex::encode(arn)));
    Ok((page.into_iter().map(|(_, it)| it).collect(), next))
}

/// Which members go together.
fn check_shape(input: &w::ExportTableToPointInTimeInput) -> Result<(), BackupError> {
    let refuse = |why: &str| Err(BackupError::request(why));
    match (input.export_type.as_deref(), &input.incremental_export_specification) {
        (Some("INCREMENTAL_EXPORT"), None) => {
            return refuse(
                "Incremental Export Specification expected when export type is set as Incremental Export",
            );
        }
        (Some("INCREMENTAL_EXPORT"), Some(period)) if period.export_from_time.is_none() => {
            return refuse("ExportFromTime must be provided in IncrementalExportSpecification");
        }
        (Some("FULL_EXPORT"), Some(_)) => {
            return refuse(
                "When Export Type is Full Export , Incremental Export Specification should not be provided",
            );
        }
        (None, Some(_)) => {
            return refuse(
                "Export Type expected to be Incremental Export when incremental export specification is provided",
            );
        }
        _ => {}
    }
    if input.s3sse_kms_key_id.is_some() && input.s3sse_algorithm.as_deref() != Some("KMS") {
        return refuse("KMS Key Id is not supported for this encryption type");
    }
    Ok(())
}

/// The name of the table whose ARN is given. Recorded: an ARN of another region is that of a table that is not there.
fn table_of(cx: &Cx<'_>, text: &str) -> Result<String, BackupError> {
    let arn: Arn =
        text.parse().map_err(|_| BackupError::Parameter("tableArn is not a valid ARN".to_owned()))?;
    let table = arn.resource.strip_prefix("table/").filter(|table| !table.contains('/'));
    let table = table.ok_or_else(|| BackupError::request("Table ARN is invalid."))?;
    if arn.account.as_str() != cx.scope.account.as_str() {
        return Err(BackupError::OtherAccount);
    }
    if arn.region.as_str() != cx.scope.region.as_str() {
        return Err(BackupError::NoSuchTable(text.to_owned()));
    }
    Ok(table.to_owned())
}

type Chosen = (ExportItems, Option<Timestamp>, Option<w::IncrementalExportSpecification>);

/// The items that are wanted, if their time can be restored.
fn chosen(
    table: &Table,
    now: Timestamp,
    input: &w::ExportTableToPointInTimeInput,
) -> Result<Chosen, BackupError> {
    let history = &table.history;
    let earliest = history.earliest(now);
    let Some(period) = &input.incremental_export_specification else {
        let earliest = earliest.ok_or_else(|| BackupError::NoRecovery(table.name.clone()))?;
        let at = input.export_time.unwrap_or(now);
        if at < earliest || now < at {
            return Err(BackupError::ExportTime("Export Time is invalid".to_owned()));
        }
        return Ok((ExportItems::Full(history.rows_at(&table.rows, at)), Some(at), None));
    };
    let from = period.export_from_time.unwrap_or(now);
    let to = period.export_to_time.unwrap_or(now);
    let shown = |at: Timestamp| at.format("%Y-%m-%dT%H:%M:%SZ");
    let refuse = |why: String| Err(BackupError::ExportTime(why));
    if earliest.is_none_or(|earliest| from < earliest) {
        return refuse(format!(
            "Incremental export period from time cannot be less than the table creation time : {}",
            shown(from)
        ));
    }
    if to > now {
        return refuse(format!(
            "Incremental export period to time cannot be greater than the current time : {}",
            shown(to)
        ));
    }
    let between = "Difference between export period from time and export period to time is";
    if from > to || to.since(from) < INCREMENT_MIN {
        return refuse(format!("{between} less than 15 minutes"));
    }
    if to.since(from) > INCREMENT_MAX {
        // Assumed, after the other one.
        return refuse(format!("{between} greater than 24 hours"));
    }
    let view = period.export_view_type.clone().unwrap_or_else(|| "NEW_AND_OLD_IMAGES".to_owned());
    let items = ExportItems::Differences {
        differences: history.between(&table.rows, from, to),
        old: view == "NEW_AND_OLD_IMAGES",
    };
    let period = w::IncrementalExportSpecification {
        export_from_time: Some(from),
        export_to_time: Some(to),
        export_view_type: Some(view),
    };
    Ok((items, None, Some(period)))
}

/// Everything that is stored: data, manifests and their checksums. The description is completed with what they say.
fn objects(cx: &mut Cx<'_>, export: &mut Export, files: &[File]) -> Vec<(String, Bytes)> {
    let (folder, id) = (export.folder(), export.id().to_owned());
    let is_increment = export.description.incremental_export_specification.is_some();
    let data = if is_increment { format!("{folder}/data") } else { format!("{folder}/{id}/data") };
    let mut objects = Vec::new();
    let mut listed = String::new();
    for file in files {
        let name = cx.letters(26, b"abcdefghijklmnopqrstuvwxyz234567");
        let key = format!("{data}/{name}.{}", export.format.ending());
        let line = json!({
            "itemCount": file.items,
            "md5Checksum": STANDARD.encode(file.md5),
            "etag": hex::encode(file.md5),
            "dataFileS3Key": key,
        });
        listed.push_str(&format!("{line}\n"));
        objects.push((key, file.body.clone()));
    }
    let manifest = |name: &str| format!("{folder}/{id}/{name}");
    let description = &mut export.description;
    description.item_count = Some(files.iter().map(|file| file.items).sum::<u64>().cast_signed());
    description.billed_size_bytes = Some(export.bytes);
    description.end_time = Some(cx.now);
    description.export_manifest = Some(manifest("manifest-summary.json"));
    let summary = summary(description, &manifest("manifest-files.json")).to_string();
    for (name, text) in [("manifest-files", listed), ("manifest-summary", summary)] {
        let sum = STANDARD.encode(Md5::digest(text.as_bytes()));
        objects.push((manifest(&format!("{name}.json")), text.into()));
        objects.push((manifest(&format!("{name}.md5")), sum.into()));
    }
    objects
}

fn summary(it: &w::ExportDescription, files: &str) -> Value {
    let time = |at: Option<Timestamp>| at.map(Timestamp::iso_millis);
    let mut summary = json!({
        "version": "2020-06-30",
        "exportArn": it.export_arn,
        "startTime": time(it.start_time),
        "endTime": time(it.end_time),
        "tableArn": it.table_arn,
        "tableId": it.table_id,
        "exportTime": time(it.export_time),
        "s3Bucket": it.s3bucket,
        "s3Prefix": it.s3prefix,
        "s3SseAlgorithm": it.s3sse_algorithm,
        "s3SseKmsKeyId": it.s3sse_kms_key_id,
        "manifestFilesS3Key": files,
        "billedSizeBytes": it.billed_size_bytes,
        "itemCount": it.item_count,
        "outputFormat": it.export_format,
    });
    if let (Some(period), Some(members)) = (&it.incremental_export_specification, summary.as_object_mut()) {
        members.remove("exportTime");
        members.insert("version".to_owned(), json!("2023-08-01"));
        members.insert("exportFromTime".to_owned(), json!(time(period.export_from_time)));
        members.insert("exportToTime".to_owned(), json!(time(period.export_to_time)));
        members.insert("outputView".to_owned(), json!(period.export_view_type));
        members.insert("exportType".to_owned(), json!("INCREMENTAL_EXPORT"));
    }
    summary
}

/// How a refusal of S3 is told in an export's or import's failure.
pub(super) fn of_s3(error: &WireError) -> (String, String) {
    let WireError { code, message, status, .. } = error;
    let message = format!("{message} (Service: Amazon S3; Status Code: {status}; Error Code: {code})");
    (format!("S3{code}"), message)
}
