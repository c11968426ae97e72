//! DescribeTable, and the description that other operations answer with.
//!
//! ItemCount and sizes are exact at every call; AWS brings them up to date about every six hours. Optional members are
//! shown as AWS shows them: only when they were ever set. Recorded: dynalite's tests.

use wavetank_types::Timestamp;
use wavetank_wire::dynamodb as w;

use crate::services::dynamodb::DynamoDb;
use crate::services::dynamodb::error::DynamoError;
use crate::services::dynamodb::table::settings::{
    BillingMode, GlobalSettings, OnDemandMax, Status, Throughput, Units,
};
use crate::services::dynamodb::table::{Index, KeySchema, Projection, Table};
use crate::world::Cx;

use super::limits::{WARM_READ_MIN, WARM_WRITE_MIN};

impl DynamoDb {
    pub(super) fn describe_table(
        &mut self,
        cx: &mut Cx<'_>,
        input: &w::DescribeTableInput,
    ) -> Result<w::DescribeTableOutput, DynamoError> {
        let table = self.here(cx).described(cx, &input.table_name)?.description(cx.now);
        Ok(w::DescribeTableOutput { table: Some(self.with_replicas(cx, table)) })
    }
}

/// Keys as a request has them.
pub(crate) fn key_schema(keys: &KeySchema) -> Vec<w::KeySchemaElement> {
    let kinds = ["HASH", "RANGE"];
    keys.attributes()
        .zip(kinds)
        .map(|(attribute, kind)| w::KeySchemaElement {
            attribute_name: attribute.name.clone(),
            key_type: kind.to_owned(),
        })
        .collect()
}

/// A projection as a request has it.
pub(crate) fn projection(projection: &Projection) -> w::Projection {
    let (kind, names) = match projection {
        Projection::All => ("ALL", None),
        Projection::KeysOnly => ("KEYS_ONLY", None),
        Projection::Include(names) => ("INCLUDE", Some(names.iter().cloned().collect())),
    };
    w::Projection { projection_type: Some(kind.to_owned()), non_key_attributes: names }
}

fn throughput(throughput: &Throughput, today: Timestamp) -> w::ProvisionedThroughputDescription {
    w::ProvisionedThroughputDescription {
        last_increase_date_time: throughput.last_increase,
        last_decrease_date_time: throughput.last_decrease,
        number_of_decreases_today: Some(throughput.decreases_on(today) as i64),
        read_capacity_units: Some(throughput.units.read),
        write_capacity_units: Some(throughput.units.write),
    }
}

fn on_demand(limits: OnDemandMax) -> Option<w::OnDemandThroughput> {
    (limits != OnDemandMax::default()).then(|| w::OnDemandThroughput {
        max_read_request_units: Some(limits.read.unwrap_or(-1)),
        max_write_request_units: Some(limits.write.unwrap_or(-1)),
    })
}

/// What a table or index takes at once: what was asked for, what is provisioned, or AWS's floor for on-demand tables.
pub(in super::super) fn warm_units(asked: Option<Units>, billing: BillingMode, provisioned: Units) -> Units {
    let floor = match billing {
        BillingMode::PayPerRequest => Units { read: WARM_READ_MIN, write: WARM_WRITE_MIN },
        BillingMode::Provisioned => provisioned,
    };
    let asked = asked.unwrap_or(floor);
    Units { read: asked.read.max(floor.read), write: asked.write.max(floor.write) }
}

impl Table {
    /// As DescribeTable shows it at this instant.
    pub(crate) fn description(&self, now: Timestamp) -> w::TableDescription {
        let settings = &self.settings;
        let is_leaving = settings.life.status == Status::Deleting;
        let global: Vec<_> = if is_leaving { Vec::new() } else { self.global_descriptions(now) };
        let local: Vec<_> =
            (self.indexes.values()).filter(|index| !index.is_global).map(|index| self.local(index)).collect();
        let warm = warm_units(settings.warm, settings.billing, settings.throughput.units);
        w::TableDescription {
            attribute_definitions: Some(self.attribute_definitions()),
            table_name: Some(self.name.clone()),
            key_schema: Some(key_schema(&self.keys)),
            table_status: Some(settings.life.status.name().to_owned()),
            creation_date_time: Some(settings.created),
            provisioned_throughput: Some(throughput(&settings.throughput, now)),
            table_size_bytes: Some(self.rows.bytes().cast_signed()),
            item_count: Some(self.rows.len() as i64),
            table_arn: Some(settings.arn.clone()),
            table_id: Some(settings.id.clone()),
            billing_mode_summary: settings.shows_billing.then(|| w::BillingModeSummary {
                billing_mode: Some(settings.billing.name().to_owned()),
                last_update_to_pay_per_request_date_time: settings.last_to_on_demand,
            }),
            local_secondary_indexes: (!local.is_empty()).then_some(local),
            global_secondary_indexes: (!global.is_empty()).then_some(global),
            stream_specification: self.stream.as_ref().map(|stream| w::StreamSpecification {
                stream_enabled: true,
                stream_view_type: Some(stream.view.name().to_owned()),
            }),
            latest_stream_label: settings.latest_stream.as_ref().map(|(label, _)| label.clone()),
            latest_stream_arn: settings.latest_stream.as_ref().map(|(_, arn)| arn.clone()),
            deletion_protection_enabled: Some(settings.is_protected),
            table_class_summary: settings.class.as_ref().map(|class| w::TableClassSummary {
                table_class: Some(class.clone()),
                last_update_date_time: settings.class_updates.last().copied(),
            }),
            sse_description: settings.key_arn.as_ref().map(|key| w::SSEDescription {
                status: Some("ENABLED".to_owned()),
                sse_type: Some("KMS".to_owned()),
                kms_master_key_arn: Some(key.clone()),
                ..w::SSEDescription::default()
            }),
            restore_summary: self
                .restore
                .as_deref()
                .filter(|_| settings.life.status == Status::Creating)
                .cloned(),
            on_demand_throughput: on_demand(settings.on_demand),
            warm_throughput: Some(w::TableWarmThroughputDescription {
                read_units_per_second: Some(warm.read),
                write_units_per_second: Some(warm.write),
                status: Some(settings.life.status.name().to_owned()),
            }),
            ..w::TableDescription::default()
        }
    }

    fn attribute_definitions(&self) -> Vec<w::AttributeDefinition> {
        self.settings
            .definitions
            .iter()
            .map(|(name, kind)| w::AttributeDefinition {
                attribute_name: name.clone(),
                attribute_type: kind.name().to_owned(),
            })
            .collect()
    }

    fn index_arn(&self, index: &Index) -> String {
        format!("{}/index/{}", self.settings.arn, index.name)
    }

    fn local(&self, index: &Index) -> w::LocalSecondaryIndexDescription {
        w::LocalSecondaryIndexDescription {
            index_name: Some(index.name.clone()),
            key_schema: Some(key_schema(&index.keys)),
            projection: Some(projection(&index.projection)),
            index_size_bytes: Some(index.rows.bytes().cast_signed()),
            item_count: Some(index.rows.len() as i64),
            index_arn: Some(self.index_arn(index)),
        }
    }

    fn global_descriptions(&self, now: Timestamp) -> Vec<w::GlobalSecondaryIndexDescription> {
        let described = |(name, settings): (&String, &GlobalSettings)| {
            let index = self.indexes.get(name).or(settings.pending.as_deref())?;
            Some(self.global(index, settings, now))
        };
        self.settings.indexes.iter().filter_map(described).collect()
    }

    fn global(
        &self,
        index: &Index,
        settings: &GlobalSettings,
        now: Timestamp,
    ) -> w::GlobalSecondaryIndexDescription {
        let warm = warm_units(settings.warm, self.settings.billing, settings.throughput.units);
        w::GlobalSecondaryIndexDescription {
            index_name: Some(index.name.clone()),
            key_schema: Some(key_schema(&index.keys)),
            projection: Some(projection(&index.projection)),
            index_status: Some(settings.life.status.name().to_owned()),
            backfilling: settings.backfilling,
            provisioned_throughput: Some(throughput(&settings.throughput, now)),
            index_size_bytes: Some(index.rows.bytes().cast_signed()),
            item_count: Some(index.rows.len() as i64),
            index_arn: Some(self.index_arn(index)),
            on_demand_throughput: on_demand(settings.on_demand),
            warm_throughput: Some(w::GlobalSecondaryIndexWarmThroughputDescription {
                read_units_per_second: Some(warm.read),
                write_units_per_second: Some(warm.write),
                status: Some(settings.life.status.name().to_owned()),
            }),
        }
    }
}
