//! A query as clients see it: its status, its figures, its rows.

use std::time::Duration;

use wavetank_types::Timestamp;
use wavetank_wire::athena::*;

use super::super::error::Refusal;
use super::super::limits::RESULT_ROWS_MAX;
use super::super::work::{FailureKind, ResultColumn};
use super::queries::{Leaves, Plan, Query, State};
use super::{Athena, GLUE_CATALOG};

/// The engine that every query runs on. Documented: docs.aws.amazon.com/athena/latest/ug/engine-versions.html.
pub(super) const ENGINE: &str = "Athena engine version 3";

/// The times of a query so far, in milliseconds.
struct Times {
    queue: i64,
    planning: i64,
    engine: i64,
    total: i64,
}

impl Query {
    /// Times count up to now while the query has not ended. Service times are not modelled: they are zero.
    fn times(&self, now: Timestamp) -> Times {
        let end = self.completed.unwrap_or(now);
        let began = self.began.unwrap_or(end);
        let engine = end.since(began);
        Times {
            queue: millis(began.since(self.submitted)),
            planning: millis(self.planning.min(engine)),
            engine: millis(engine),
            total: millis(end.since(self.submitted)),
        }
    }

    pub(super) fn describe(&self, now: Timestamp) -> QueryExecution {
        let result_configuration = ResultConfiguration {
            output_location: Some(self.output_location()),
            ..self.input.result_configuration.clone().unwrap_or_default()
        };
        let context = self.input.query_execution_context.clone().unwrap_or_default();
        let catalog = context.catalog.map(|_| GLUE_CATALOG.to_lowercase());
        QueryExecution {
            query_execution_id: Some(self.id.clone()),
            query: Some(self.input.query_string.clone()),
            statement_type: Some(self.kind.as_str().to_owned()),
            managed_query_results_configuration: None,
            result_configuration: Some(result_configuration),
            result_reuse_configuration: self.input.result_reuse_configuration.clone(),
            query_execution_context: Some(QueryExecutionContext { database: context.database, catalog }),
            status: Some(self.status()),
            statistics: Some(self.statistics(now)),
            work_group: Some(self.group.clone()),
            engine_version: Some(engine_version()),
            execution_parameters: self.input.execution_parameters.clone(),
            substatement_type: self.substatement.map(str::to_owned),
            query_results_s3access_grants_configuration: None,
        }
    }

    /// The key of the list of what a query wrote, once it has ended.
    fn manifest_key(&self) -> Option<String> {
        let writes = matches!(self.leaves, Leaves::Manifest | Leaves::ManifestInTables);
        (writes && self.state == State::Succeeded).then(|| format!("{}-manifest.csv", self.file.1))
    }

    fn output_location(&self) -> String {
        format!("s3://{}/{}", self.file.0, self.file.1)
    }

    fn status(&self) -> QueryExecutionStatus {
        let athena_error = self.failure.as_ref().map(|failure| {
            let (category, error_type) = failure.kind.category_and_type();
            AthenaError {
                error_category: Some(category),
                error_type: Some(error_type),
                retryable: Some(failure.kind == FailureKind::Passing),
                error_message: Some(failure.reason.clone()),
            }
        });
        QueryExecutionStatus {
            state: Some(self.state.name().to_owned()),
            state_change_reason: self.reason.clone(),
            submission_date_time: Some(self.submitted),
            completion_date_time: self.completed,
            athena_error,
        }
    }

    fn statistics(&self, now: Timestamp) -> QueryExecutionStatistics {
        let times = self.times(now);
        let reused_previous_result = matches!(self.plan, Plan::Reuse(_));
        QueryExecutionStatistics {
            engine_execution_time_in_millis: Some(times.engine),
            data_scanned_in_bytes: Some(count(self.bytes_scanned)),
            data_manifest_location: self.manifest_key().map(|key| format!("s3://{}/{key}", self.file.0)),
            total_execution_time_in_millis: Some(times.total),
            query_queue_time_in_millis: Some(times.queue),
            service_pre_processing_time_in_millis: Some(0),
            query_planning_time_in_millis: Some(times.planning),
            service_processing_time_in_millis: Some(0),
            result_reuse_information: Some(ResultReuseInformation { reused_previous_result }),
            dpu_count: None,
        }
    }

    /// Rows read and stages are not known: they are left out, as AWS does for statements without stages.
    pub(super) fn runtime_statistics(&self, now: Timestamp) -> QueryRuntimeStatistics {
        let times = self.times(now);
        let timeline = QueryRuntimeStatisticsTimeline {
            query_queue_time_in_millis: Some(times.queue),
            service_pre_processing_time_in_millis: Some(0),
            query_planning_time_in_millis: Some(times.planning),
            engine_execution_time_in_millis: Some(times.engine),
            service_processing_time_in_millis: Some(0),
            total_execution_time_in_millis: Some(times.total),
        };
        let rows = self.result.as_ref().map(|result| QueryRuntimeStatisticsRows {
            input_rows: None,
            input_bytes: Some(count(self.bytes_scanned)),
            output_bytes: Some(count(result.file.len() as u64)),
            output_rows: Some(count(result.output_rows)),
        });
        QueryRuntimeStatistics { timeline: Some(timeline), rows, output_stage: None }
    }
}

impl Athena {
    /// A page of rows. For a query the first row of the first page is the header.
    pub(super) fn get_query_results(
        &self,
        input: &GetQueryResultsInput,
    ) -> Result<GetQueryResultsOutput, Refusal> {
        let query = self.query(&input.query_execution_id)?;
        match query.state {
            State::Queued | State::Running => return Err(Refusal::NotFinished(query.state.name())),
            State::Failed | State::Cancelled => return Err(Refusal::NotSuccessful(query.state.name())),
            State::Succeeded => {}
        }
        if input.query_result_type.as_deref() == Some(query_result_type::DATA_MANIFEST) {
            return Err(Refusal::NotBuilt("GetQueryResults of a data manifest"));
        }
        let max = input.max_results.unwrap_or(RESULT_ROWS_MAX as i64);
        let max = usize::try_from(max).unwrap_or(0);
        if max == 0 || max > RESULT_ROWS_MAX {
            return Err(Refusal::Parameters("MaxResults is more than maximum allowed length 1000."));
        }
        let from = match &input.next_token {
            None => 0,
            Some(token) => token.parse::<usize>().map_err(|_| Refusal::BadToken)?,
        };
        let result = query.result.clone().unwrap_or_default();
        let rows: Vec<Row> = result.rows.iter().skip(from).take(max).map(|row| row_of(row)).collect();
        let to = from.saturating_add(rows.len());
        let column_info = result.columns.iter().map(column_info).collect();
        Ok(GetQueryResultsOutput {
            update_count: Some(count(result.update_count.unwrap_or(0))),
            next_token: (to < result.rows.len()).then(|| to.to_string()),
            result_set: Some(ResultSet {
                rows: Some(rows),
                result_set_metadata: Some(ResultSetMetadata { column_info: Some(column_info) }),
            }),
        })
    }
}

/// The only engine version.
pub(super) fn engine_version() -> EngineVersion {
    EngineVersion {
        selected_engine_version: Some("AUTO".to_owned()),
        effective_engine_version: Some(ENGINE.to_owned()),
    }
}

/// NULL is a datum without a value.
fn row_of(cells: &[Option<String>]) -> Row {
    let datum = |cell: &Option<String>| Datum { var_char_value: cell.clone() };
    Row { data: Some(cells.iter().map(datum).collect()) }
}

/// Documented: API_ColumnInfo.html; the catalog is `hive`, schema and table are empty, in every client's recorded answers.
fn column_info(column: &ResultColumn) -> ColumnInfo {
    let is_text = matches!(column.type_name.as_str(), "varchar" | "char" | "string");
    ColumnInfo {
        catalog_name: Some("hive".to_owned()),
        schema_name: Some(String::new()),
        table_name: Some(String::new()),
        name: column.name.clone(),
        label: Some(column.name.clone()),
        r#type: column.type_name.clone(),
        precision: Some(column.precision),
        scale: Some(column.scale),
        nullable: Some(column_nullable::UNKNOWN.to_owned()),
        case_sensitive: Some(is_text),
    }
}

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

fn count(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
