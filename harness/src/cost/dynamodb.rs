//! What tables are charged for: requests of those on demand, throughput of the others while they are there, what they hold.
//!
//! Requests come from CloudWatch, each table's and its global indexes' own. Left out: reads of streams, since those of
//! functions are free and nothing else here reads them; backups and exports; what replicas write; classes but STANDARD;
//! throughput that was changed.

use wavetank_types::Timestamp;
use wavetank_wire::WireError;
use wavetank_wire::dynamodb::{
    DescribeTable, DescribeTableInput, ProvisionedThroughputDescription, TableDescription,
};

use super::{MONTH_HOURS, Made, metric_sum};
use crate::client::Aws;

/// What is charged, in the units of `prices.toml`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Charged {
    pub(super) write_requests: f64,
    pub(super) read_requests: f64,
    pub(super) write_unit_hours: f64,
    pub(super) read_unit_hours: f64,
    pub(super) gb_months: f64,
}

/// Of a stack's tables.
pub(super) async fn charged(made: &Made<'_>) -> Result<Charged, WireError> {
    let mut charged = Charged::default();
    for table_name in made.of_kind("AWS::DynamoDB::Table").chain(made.of_kind("AWS::DynamoDB::GlobalTable")) {
        let input = DescribeTableInput { table_name: table_name.to_owned() };
        let table = made.aws.call::<DescribeTable>(input).await?.table;
        charged.add(made.aws, table.unwrap_or_default()).await?;
    }
    Ok(charged)
}

impl Charged {
    async fn add(&mut self, aws: Aws<'_>, table: TableDescription) -> Result<(), WireError> {
        let now = aws.target().now();
        let since = table.creation_date_time.unwrap_or(now);
        let hours = now.since(since).as_secs_f64() / 3_600.0;
        let name = table.table_name.unwrap_or_default();
        let mode = table.billing_mode_summary.and_then(|summary| summary.billing_mode);
        let is_on_demand = mode.as_deref() == Some("PAY_PER_REQUEST");
        let mut bytes = table.table_size_bytes.unwrap_or(0);
        let mut all = vec![(None, table.provisioned_throughput)];
        for index in table.global_secondary_indexes.unwrap_or_default() {
            bytes += index.index_size_bytes.unwrap_or(0);
            all.push((index.index_name, index.provisioned_throughput));
        }
        for index in table.local_secondary_indexes.unwrap_or_default() {
            bytes += index.index_size_bytes.unwrap_or(0);
        }
        self.gb_months += bytes as f64 / 1e9 * hours / MONTH_HOURS;
        for (index, throughput) in all {
            if is_on_demand {
                let consumed = async |metric| consumed(aws, metric, &name, index.as_deref(), since).await;
                self.write_requests += consumed("ConsumedWriteCapacityUnits").await?;
                self.read_requests += consumed("ConsumedReadCapacityUnits").await?;
            } else {
                let ProvisionedThroughputDescription { read_capacity_units, write_capacity_units, .. } =
                    throughput.unwrap_or_default();
                self.write_unit_hours += write_capacity_units.unwrap_or(0) as f64 * hours;
                self.read_unit_hours += read_capacity_units.unwrap_or(0) as f64 * hours;
            }
        }
        Ok(())
    }
}

/// The units that a table, or an index of it, has consumed since it was made.
async fn consumed(
    aws: Aws<'_>,
    metric: &str,
    table: &str,
    index: Option<&str>,
    since: Timestamp,
) -> Result<f64, WireError> {
    let table = [("TableName", table)];
    let dimensions: Vec<(&str, &str)> =
        table.into_iter().chain(index.map(|index| ("GlobalSecondaryIndexName", index))).collect();
    metric_sum(aws, ("AWS/DynamoDB", metric), &dimensions, since).await
}
