//! [`SavedTable`]: a table as it was, and the request that makes another like it.

use wavetank_types::Timestamp;
use wavetank_wire::dynamodb as w;

use super::BackupError;
use crate::services::dynamodb::table::{Rows, Table};

/// A table as it was at some instant. It shares the items.
#[derive(Clone, Debug)]
pub(crate) struct SavedTable {
    pub(crate) description: w::TableDescription,
    pub(crate) ttl: w::TimeToLiveDescription,
    pub(crate) rows: Rows,
}

/// What of a table a restore may make otherwise.
#[derive(Clone, Debug, Default)]
pub(crate) struct Overrides {
    pub(crate) billing_mode: Option<String>,
    pub(crate) throughput: Option<w::ProvisionedThroughput>,
    pub(crate) on_demand: Option<w::OnDemandThroughput>,
    pub(crate) global_indexes: Option<Vec<w::GlobalSecondaryIndex>>,
    pub(crate) local_indexes: Option<Vec<w::LocalSecondaryIndex>>,
    pub(crate) sse: Option<w::SSESpecification>,
}

impl SavedTable {
    /// A table with these items, which may be older than it.
    pub(crate) fn of(table: &Table, rows: Rows, now: Timestamp) -> Self {
        Self { description: table.description(now), ttl: table.ttl.description(now), rows }
    }

    fn billing_mode(&self) -> &str {
        let summary = self.description.billing_mode_summary.as_ref();
        summary.and_then(|summary| summary.billing_mode.as_deref()).unwrap_or("PROVISIONED")
    }

    /// As DescribeBackup shows the table.
    pub(crate) fn details(&self) -> w::SourceTableDetails {
        let it = self.description.clone();
        let billing_mode = Some(self.billing_mode().to_owned());
        w::SourceTableDetails {
            table_name: it.table_name.unwrap_or_default(),
            table_id: it.table_id.unwrap_or_default(),
            table_arn: it.table_arn,
            table_size_bytes: Some(self.rows.bytes().cast_signed()),
            key_schema: it.key_schema.unwrap_or_default(),
            table_creation_date_time: it.creation_date_time.unwrap_or_default(),
            provisioned_throughput: units(it.provisioned_throughput.as_ref()),
            on_demand_throughput: it.on_demand_throughput,
            item_count: Some(self.rows.len() as i64),
            billing_mode,
        }
    }

    /// What the table had that a backup tells of: indexes, and what is only shown while it is enabled.
    pub(crate) fn features(&self) -> w::SourceTableFeatureDetails {
        let it = self.description.clone();
        let local = it.local_secondary_indexes.map(|indexes| {
            let info = |index: w::LocalSecondaryIndexDescription| w::LocalSecondaryIndexInfo {
                index_name: index.index_name,
                key_schema: index.key_schema,
                projection: index.projection,
            };
            indexes.into_iter().map(info).collect()
        });
        let global = it.global_secondary_indexes.map(|indexes| {
            let info = |index: w::GlobalSecondaryIndexDescription| w::GlobalSecondaryIndexInfo {
                provisioned_throughput: Some(units(index.provisioned_throughput.as_ref())),
                index_name: index.index_name,
                key_schema: index.key_schema,
                projection: index.projection,
                on_demand_throughput: index.on_demand_throughput,
            };
            indexes.into_iter().map(info).collect()
        });
        let has_ttl = self.ttl.time_to_live_status.as_deref() == Some("ENABLED");
        w::SourceTableFeatureDetails {
            local_secondary_indexes: local,
            global_secondary_indexes: global,
            stream_description: it.stream_specification,
            time_to_live_description: has_ttl.then(|| self.ttl.clone()),
            sse_description: it.sse_description,
            vector_indexes: None,
        }
    }

    /// The request that makes a table like this one of another name: keys, indexes, billing and encryption are the same, tags,
    /// streams, TTL, policies, protection and class are not. Refuses overrides that do not fit.
    pub(crate) fn request(
        &self,
        name: &str,
        overrides: &Overrides,
    ) -> Result<w::CreateTableInput, BackupError> {
        let it = self.description.clone();
        let wanted = overrides.billing_mode.as_deref();
        let billing = wanted.unwrap_or_else(|| self.billing_mode());
        self.check_throughput(billing, overrides)?;
        let is_on_demand = billing == "PAY_PER_REQUEST";
        let own = units(it.provisioned_throughput.as_ref());
        let local = match &overrides.local_indexes {
            Some(wanted) => self.check_local(wanted)?,
            None => self.local_indexes(),
        };
        let mut global = match &overrides.global_indexes {
            Some(wanted) => self.check_global(wanted)?,
            None => self.global_indexes(),
        };
        for index in &mut global {
            if is_on_demand {
                index.provisioned_throughput = None;
            } else {
                index.on_demand_throughput = None;
                if index.provisioned_throughput.as_ref().is_none_or(|units| units.read_capacity_units == 0) {
                    let why = format!("Must specify provisioned throughput for index {}", index.index_name);
                    return Err(BackupError::Request(why));
                }
            }
        }
        let sse = overrides.sse.clone().or_else(|| {
            it.sse_description.map(|sse| w::SSESpecification {
                enabled: Some(true),
                sse_type: sse.sse_type,
                kms_master_key_id: sse.kms_master_key_arn,
            })
        });
        let mut request = w::CreateTableInput {
            attribute_definitions: it.attribute_definitions,
            table_name: name.to_owned(),
            key_schema: it.key_schema,
            local_secondary_indexes: (!local.is_empty()).then_some(local),
            global_secondary_indexes: (!global.is_empty()).then_some(global),
            billing_mode: Some(billing.to_owned()),
            provisioned_throughput: (!is_on_demand).then(|| overrides.throughput.clone().unwrap_or(own)),
            sse_specification: sse.filter(|sse| sse.enabled != Some(false)),
            on_demand_throughput: if is_on_demand {
                overrides.on_demand.clone().or(it.on_demand_throughput)
            } else {
                None
            },
            ..w::CreateTableInput::default()
        };
        keep_used_definitions(&mut request);
        Ok(request)
    }

    /// Throughput must fit the way in which the restored table is paid for.
    fn check_throughput(&self, billing: &str, overrides: &Overrides) -> Result<(), BackupError> {
        let refuse = |why: &str| Err(BackupError::request(why));
        let becomes = overrides.billing_mode.as_deref();
        if overrides.throughput.is_some() && billing == "PAY_PER_REQUEST" {
            return refuse(match becomes {
                Some(_) => {
                    "Cannot override ProvisionedThroughput if BillingMode is overridden to PAY_PER_REQUEST"
                }
                None => "Cannot override ProvisionedThroughput unless BillingMode is PROVISIONED",
            });
        }
        let was_provisioned = self.billing_mode() == "PROVISIONED";
        if becomes == Some("PROVISIONED") && overrides.throughput.is_none() && !was_provisioned {
            return refuse("Must override ProvisionedThroughput if BillingMode is overridden to PROVISIONED");
        }
        let Some(on_demand) = &overrides.on_demand else { return Ok(()) };
        let given = [
            ("MaxReadRequestUnits", on_demand.max_read_request_units),
            ("MaxWriteRequestUnits", on_demand.max_write_request_units),
        ];
        for (name, units) in given {
            let Some(units) = units else { continue };
            if billing != "PAY_PER_REQUEST" {
                return Err(BackupError::Request(format!(
                    "Cannot override {name} for OnDemandThroughput unless BillingModeOverride is PAY_PER_REQUEST"
                )));
            }
            if units < 1 && units != -1 {
                let why = format!("Requested {name} for OnDemandThroughput is outside of valid range");
                return Err(BackupError::Request(why));
            }
        }
        Ok(())
    }

    /// Local indexes as a request has them.
    pub(crate) fn local_indexes(&self) -> Vec<w::LocalSecondaryIndex> {
        let index = |index: &w::LocalSecondaryIndexDescription| w::LocalSecondaryIndex {
            index_name: index.index_name.clone().unwrap_or_default(),
            key_schema: index.key_schema.clone().unwrap_or_default(),
            projection: index.projection.clone().unwrap_or_default(),
        };
        self.description.local_secondary_indexes.iter().flatten().map(index).collect()
    }

    /// Global indexes as a request has them.
    pub(crate) fn global_indexes(&self) -> Vec<w::GlobalSecondaryIndex> {
        let index = |index: &w::GlobalSecondaryIndexDescription| w::GlobalSecondaryIndex {
            index_name: index.index_name.clone().unwrap_or_default(),
            key_schema: index.key_schema.clone().unwrap_or_default(),
            projection: index.projection.clone().unwrap_or_default(),
            provisioned_throughput: Some(units(index.provisioned_throughput.as_ref())),
            on_demand_throughput: index.on_demand_throughput.clone(),
            warm_throughput: None,
        };
        self.description.global_secondary_indexes.iter().flatten().map(index).collect()
    }

    /// An index may be left out or have another name, but none is new: keys and projection decide.
    fn check_global(
        &self,
        wanted: &[w::GlobalSecondaryIndex],
    ) -> Result<Vec<w::GlobalSecondaryIndex>, BackupError> {
        let own = self.global_indexes();
        for index in wanted {
            let same = |known: &w::GlobalSecondaryIndex| {
                known.key_schema == index.key_schema && known.projection == index.projection
            };
            if !own.iter().any(same) {
                return Err(no_such_index(&index.index_name));
            }
        }
        Ok(wanted.to_vec())
    }

    fn check_local(
        &self,
        wanted: &[w::LocalSecondaryIndex],
    ) -> Result<Vec<w::LocalSecondaryIndex>, BackupError> {
        let own = self.local_indexes();
        for index in wanted {
            let same = |known: &w::LocalSecondaryIndex| {
                known.key_schema == index.key_schema && known.projection == index.projection
            };
            if !own.iter().any(same) {
                return Err(no_such_index(&index.index_name));
            }
        }
        Ok(wanted.to_vec())
    }
}

fn no_such_index(name: &str) -> BackupError {
    BackupError::Request(format!(
        "Index {name} does not match a secondary index that existed in the source table and cannot be created during \
         the restore operation"
    ))
}

/// CreateTable refuses types of attributes that no key has, which an index that is left out leaves behind.
fn keep_used_definitions(request: &mut w::CreateTableInput) {
    let keys = request.key_schema.iter().flatten();
    let local = request.local_secondary_indexes.iter().flatten().flat_map(|index| &index.key_schema);
    let global = request.global_secondary_indexes.iter().flatten().flat_map(|index| &index.key_schema);
    let used: Vec<String> = keys.chain(local).chain(global).map(|key| key.attribute_name.clone()).collect();
    if let Some(definitions) = &mut request.attribute_definitions {
        definitions.retain(|definition| used.contains(&definition.attribute_name));
    }
}

/// Throughput as a request has it.
fn units(shown: Option<&w::ProvisionedThroughputDescription>) -> w::ProvisionedThroughput {
    w::ProvisionedThroughput {
        read_capacity_units: shown.and_then(|shown| shown.read_capacity_units).unwrap_or(0),
        write_capacity_units: shown.and_then(|shown| shown.write_capacity_units).unwrap_or(0),
    }
}
