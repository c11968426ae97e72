//! Objects of S3 as a new table.
//!
//! The table is there once the objects have been read. Items that are none make the import FAILED, and the others stay.
//! Recorded: ack-api-quirks, import.md; moto's import test, verified on AWS. Assumed: what a line of the log looks like.

use serde_json::json;
use wavetank_types::{Arn, Timestamp};
use wavetank_wire::dynamodb as w;

use super::export::page;
use super::limits::RESTORE;
use super::work::{
    Compression, Csv, Done, DynamoOutput, DynamoWork, Format, ImportWork, Imported, Source, Target,
};
use super::{BackupError, Owed, arn, work};
use crate::services::dynamodb::DynamoDb;
use crate::services::dynamodb::error::DynamoError;
use crate::services::dynamodb::table::Table;
use crate::services::dynamodb::tables::names::table_name;
use crate::world::{Cx, Work};

/// Where the errors of imports are logged.
const LOG_GROUP: &str = "/aws-dynamodb/imports";

/// An import, under way or over. It outlives its table.
#[derive(Debug)]
pub(super) struct Import {
    description: w::ImportTableDescription,
    /// The table, until it is among the others.
    table: Option<Box<Table>>,
    /// When the table is ACTIVE and the import over, and how it ends then.
    ending: Option<(Timestamp, Ending)>,
}

#[derive(Clone, Debug)]
struct Ending {
    status: &'static str,
    failure: Option<(String, String)>,
}

impl Import {
    pub(super) fn due(&self) -> Option<Timestamp> {
        self.ending.as_ref().map(|(at, _)| *at)
    }

    pub(super) fn come_to(&mut self, now: Timestamp) {
        if let Some((at, ending)) = self.ending.take_if(|(at, _)| *at <= now) {
            self.end(at, ending);
        }
    }

    fn end(&mut self, at: Timestamp, Ending { status, failure }: Ending) {
        self.description.import_status = Some(status.to_owned());
        self.description.end_time = Some(at);
        if let Some((code, message)) = failure {
            self.description.failure_code = Some(code);
            self.description.failure_message = Some(message);
        }
    }

    fn fail(&mut self, now: Timestamp, code: &str, message: String) {
        self.table = None;
        self.end(now, Ending { status: "FAILED", failure: Some((code.to_owned(), message)) });
    }

    fn is_over(&self) -> bool {
        self.description.import_status.as_deref() != Some("IN_PROGRESS")
    }
}

impl DynamoDb {
    pub(super) fn import(
        &mut self,
        cx: &mut Cx<'_>,
        input: w::ImportTableInput,
    ) -> Result<w::ImportTableOutput, DynamoError> {
        let wanted = input.table_creation_parameters.clone();
        if let Some(token) = &input.client_token {
            let mut imports = self.here(cx).backups.imports.values();
            let known = imports.find(|import| import.description.client_token.as_ref() == Some(token));
            if let Some(import) = known {
                let made = import.description.table_creation_parameters.as_ref();
                if made.is_none_or(|made| made.table_name != wanted.table_name) {
                    return Err(BackupError::ImportConflict.into());
                }
                if !import.is_over() {
                    let description = import.description.clone();
                    return Ok(w::ImportTableOutput { import_table_description: description });
                }
            }
        }
        let source = source(&input)?;
        let name = table_name(cx, &wanted.table_name)?.to_owned();
        if self.here(cx).tables.contains_key(&name) {
            return Err(BackupError::ImportTarget(name).into());
        }
        // Made to see whether it can be made; it is not there yet.
        self.make_table(cx, request(&wanted))?;
        let table = self.here(cx).tables.remove(&name).expect("made just above");
        let target = Target {
            keys: table.keys.clone(),
            indexes: table.indexes.values().map(|index| index.keys.clone()).collect(),
        };
        let id = arn::new_id(cx);
        let import_arn = arn::below_table(cx, &name, "import", &id);
        let group = Arn::new("logs", &cx.scope.region, &cx.scope.account, format!("log-group:{LOG_GROUP}:*"));
        let mut bucket = input.s3bucket_source.clone();
        bucket.s3bucket_owner.get_or_insert_with(|| cx.scope.account.as_str().to_owned());
        let description = w::ImportTableDescription {
            import_arn: Some(import_arn.clone()),
            import_status: Some("IN_PROGRESS".to_owned()),
            table_arn: Some(table.settings.arn.clone()),
            table_id: Some(table.settings.id.clone()),
            client_token: Some(input.client_token.unwrap_or_else(|| cx.uuid())),
            s3bucket_source: Some(bucket),
            error_count: Some(0),
            cloud_watch_log_group_arn: Some(group.to_string()),
            input_format: Some(input.input_format),
            input_format_options: input.input_format_options,
            input_compression_type: Some(input.input_compression_type.unwrap_or_else(|| "NONE".to_owned())),
            table_creation_parameters: Some(wanted),
            start_time: Some(cx.now),
            processed_size_bytes: Some(0),
            processed_item_count: Some(0),
            imported_item_count: Some(0),
            ..w::ImportTableDescription::default()
        };
        let import = Import { description: description.clone(), table: Some(Box::new(table)), ending: None };
        let work = DynamoWork::Import(Box::new(ImportWork(work::Import { source, target })));
        let job = cx.start(Work::DynamoDb(Box::new(work)));
        self.desk.jobs.insert(job, (cx.scope.region.clone(), Owed::ImportDone(import_arn.clone())));
        self.here(cx).backups.imports.insert(import_arn, import);
        Ok(w::ImportTableOutput { import_table_description: description })
    }

    /// The objects have been read: the table is there, and ACTIVE a little later.
    pub(super) fn import_read(&mut self, cx: &mut Cx<'_>, arn: &str, output: DynamoOutput) {
        let here = self.here(cx);
        let Some(import) = here.backups.imports.get_mut(arn) else { return };
        let imported = match output.0 {
            Done::Imported(Ok(imported)) => imported,
            Done::Imported(Err(why)) => return import.fail(cx.now, &why.code, why.message),
            Done::Broken(why) => {
                tracing::error!(arn, why, "an import broke");
                return import.fail(cx.now, "UNKNOWN", why);
            }
            Done::Exported(_) => unreachable!("an import's work is an import's"),
        };
        let Some(mut table) = import.table.take() else { return };
        if here.tables.contains_key(&table.name) {
            // Recorded: the code.
            return import.fail(
                cx.now,
                "TableAlreadyExists",
                format!("Table already exists: {}", table.name),
            );
        }
        let description = &mut import.description;
        description.processed_item_count = Some(imported.processed.cast_signed());
        description.imported_item_count = Some(imported.imported.cast_signed());
        description.error_count = Some(imported.errors.cast_signed());
        description.processed_size_bytes = Some(imported.bytes.cast_signed());
        let ending = if imported.errors == 0 {
            Ending { status: "COMPLETED", failure: None }
        } else {
            let why = "Some of the items failed validation checks and were not imported. Please check CloudWatch error \
                       logs for more details.";
            Ending { status: "FAILED", failure: Some(("ItemValidationError".to_owned(), why.to_owned())) }
        };
        let at = cx.now + RESTORE;
        import.ending = Some((at, ending));
        log(cx, arn, description, &imported);
        table.settings.created = cx.now;
        table.keep_creating(at);
        table.load(imported.rows);
        here.tables.insert(table.name.clone(), *table);
    }

    pub(super) fn describe_import(
        &mut self,
        cx: &Cx<'_>,
        input: &w::DescribeImportInput,
    ) -> Result<w::DescribeImportOutput, DynamoError> {
        arn::read(cx, &input.import_arn, "Import")?;
        let import = self.here(cx).backups.imports.get(&input.import_arn);
        let import = import.ok_or_else(|| BackupError::NoSuchImport(input.import_arn.clone()))?;
        Ok(w::DescribeImportOutput { import_table_description: import.description.clone() })
    }

    pub(super) fn list_imports(
        &mut self,
        cx: &Cx<'_>,
        input: &w::ListImportsInput,
    ) -> Result<w::ListImportsOutput, DynamoError> {
        let table = &input.table_arn;
        let is_wanted = |import: &&Import| table.is_none() || import.description.table_arn == *table;
        let imports = &self.here(cx).backups.imports;
        let wanted = imports.iter().filter(|(_, import)| is_wanted(import));
        let (page, next_token) = page(wanted, input.next_token.as_deref(), input.page_size)?;
        let summary = |import: &Import| {
            let it = import.description.clone();
            w::ImportSummary {
                import_arn: it.import_arn,
                import_status: it.import_status,
                table_arn: it.table_arn,
                s3bucket_source: it.s3bucket_source,
                cloud_watch_log_group_arn: it.cloud_watch_log_group_arn,
                input_format: it.input_format,
                start_time: it.start_time,
                end_time: it.end_time,
            }
        };
        let summaries = page.into_iter().map(summary).collect();
        Ok(w::ListImportsOutput { import_summary_list: Some(summaries), next_token })
    }
}

/// What is to be read, and how.
fn source(input: &w::ImportTableInput) -> Result<Source, DynamoError> {
    let csv = input.input_format_options.as_ref().and_then(|options| options.csv.as_ref());
    let format = match input.input_format.as_str() {
        "ION" => return Err(DynamoError::NotBuilt("ImportTable with InputFormat ION".to_owned())),
        "CSV" => Format::Csv(Csv {
            delimiter: csv.and_then(|csv| csv.delimiter.as_ref()).map_or(b',', |text| text.as_bytes()[0]),
            header: csv.and_then(|csv| csv.header_list.clone()),
        }),
        other if csv.is_some() => {
            let why = format!("Unsupported InputFormatOptions for the given input format: {other}.");
            return Err(BackupError::Request(why).into());
        }
        _ => Format::DynamoDbJson,
    };
    let compression = match input.input_compression_type.as_deref() {
        Some("GZIP") => Compression::Gzip,
        Some("ZSTD") => Compression::Zstd,
        _ => Compression::None,
    };
    let bucket = input.s3bucket_source.s3bucket.clone();
    let prefix = input.s3bucket_source.s3key_prefix.clone().unwrap_or_default();
    Ok(Source { bucket, prefix, compression, format })
}

/// The request that makes the table.
fn request(wanted: &w::TableCreationParameters) -> w::CreateTableInput {
    let wanted = wanted.clone();
    w::CreateTableInput {
        attribute_definitions: Some(wanted.attribute_definitions),
        table_name: wanted.table_name,
        key_schema: Some(wanted.key_schema),
        global_secondary_indexes: wanted.global_secondary_indexes,
        billing_mode: wanted.billing_mode,
        provisioned_throughput: wanted.provisioned_throughput,
        sse_specification: wanted.sse_specification,
        on_demand_throughput: wanted.on_demand_throughput,
        vector_indexes: wanted.vector_indexes,
        ..w::CreateTableInput::default()
    }
}

/// One line for each item that is none.
fn log(cx: &mut Cx<'_>, arn: &str, description: &w::ImportTableDescription, imported: &Imported) {
    if imported.told.is_empty() {
        return;
    }
    let bucket = description.s3bucket_source.as_ref().map(|source| source.s3bucket.clone());
    let line = |(key, index, why): &(String, u64, String)| {
        json!({
            "itemS3Pointer": { "bucketName": bucket, "key": key, "itemIndex": index },
            "importArn": arn,
            "errorMessages": [why],
        })
        .to_string()
    };
    let stream = format!("{}/error", arn.rsplit('/').next().unwrap_or_default());
    let lines: Vec<String> = imported.told.iter().map(line).collect();
    cx.log(LOG_GROUP, &stream, lines);
}
