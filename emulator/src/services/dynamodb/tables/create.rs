//! CreateTable: refuse in AWS's order, then make the table.

use std::collections::{BTreeMap, BTreeSet};

use wavetank_types::{Arn, Timestamp};
use wavetank_wire::dynamodb as w;

use super::TableError;
use super::limits::*;
use super::names::table_name;
use super::policy::{check as check_policy, revision};
use super::schema;
use crate::services::dynamodb::DynamoDb;
use crate::services::dynamodb::error::DynamoError;
use crate::services::dynamodb::streams::{Stream, View};
use crate::services::dynamodb::table::settings::{
    BillingMode, GlobalSettings, Life, OnDemandMax, Policy, Settings, Status, Throughput, Units,
};
use crate::services::dynamodb::table::{Index, KeySchema, Table};
use crate::world::Cx;

/// A table as a request wants it, checked and not yet anywhere.
struct Plan {
    keys: KeySchema,
    indexes: Vec<Index>,
    settings: Settings,
}

impl DynamoDb {
    pub(super) fn create_table(
        &mut self,
        cx: &mut Cx<'_>,
        input: w::CreateTableInput,
    ) -> Result<w::CreateTableOutput, DynamoError> {
        let table = self.make_table(cx, input)?;
        Ok(w::CreateTableOutput { table_description: Some(table.description(cx.now)) })
    }

    /// Makes a table as a request says. It is CREATING for a while; who fills it may lengthen that while.
    pub(crate) fn make_table(
        &mut self,
        cx: &mut Cx<'_>,
        input: w::CreateTableInput,
    ) -> Result<&mut Table, DynamoError> {
        if let Some(what) = not_built(&input) {
            return Err(DynamoError::NotBuilt(what.to_owned()));
        }
        let name = table_name(cx, &input.table_name)?.to_owned();
        let plan = plan(&input)?;
        let view = stream_view(input.stream_specification.as_ref())?;
        let policy = input.resource_policy.clone();
        policy.as_deref().map_or(Ok(()), check_policy)?;
        let here = self.here(cx);
        if here.tables.contains_key(&name) {
            return Err(TableError::Exists(name).into());
        }
        if here.tables.len() >= TABLES_MAX {
            // Assumed: the sentence.
            let why =
                format!("Subscriber limit exceeded: There is a limit of {TABLES_MAX} tables per subscriber");
            return Err(TableError::Limit(why).into());
        }
        let moving =
            here.tables.values().filter(|table| table.settings.life.status != Status::Active).count();
        if moving >= TABLES_IN_TRANSITION_MAX {
            let why = format!(
                "Subscriber limit exceeded: Only {TABLES_IN_TRANSITION_MAX} tables can be created, updated, or \
                 deleted simultaneously"
            );
            return Err(TableError::Limit(why).into());
        }
        let id = cx.uuid();
        let arn = Arn::new("dynamodb", &cx.scope.region, &cx.scope.account, format!("table/{name}"));
        let mut table = Table::new(&name, plan.keys, plan.indexes);
        let life = Life::until(Status::Creating, cx.now + TRANSITION);
        table.settings = Settings { arn: arn.to_string(), id, created: cx.now, life, ..plan.settings };
        for index in table.settings.indexes.values_mut() {
            index.life = life;
        }
        table.settings.policy = policy.map(|document| Policy { document, revision: revision(cx.now) });
        table.settings.key_arn = key_arn(cx, input.sse_specification.as_ref())?;
        if let Some(view) = view {
            table.enable_stream(view, cx.now);
        }
        let here = self.here(cx);
        Ok(here.tables.entry(name).or_insert(table))
    }
}

impl Table {
    /// A stream begins.
    pub(crate) fn enable_stream(&mut self, view: View, now: Timestamp) {
        let stream = Stream::new(&self.name, &self.settings, &self.keys, view, now);
        self.settings.latest_stream = Some((stream.label.clone(), stream.arn.clone()));
        self.stream = Some(Box::new(stream));
    }
}

/// What the stream of a request shows; none if it is not to be enabled. Assumed: all sentences.
pub(super) fn stream_view(given: Option<&w::StreamSpecification>) -> Result<Option<View>, TableError> {
    let Some(given) = given else { return Ok(None) };
    match (given.stream_enabled, given.stream_view_type.as_deref()) {
        (true, Some(name)) => {
            let view = View::named(name);
            view.map(Some).ok_or_else(|| TableError::Parameter(format!("Unknown StreamViewType: {name}")))
        }
        (true, None) => Err(TableError::Parameter(
            "StreamEnabled was true, but StreamViewType was not specified".to_owned(),
        )),
        (false, Some(_)) => {
            Err(TableError::Parameter("StreamEnabled was false, but StreamViewType was specified".to_owned()))
        }
        (false, None) => Ok(None),
    }
}

/// The key that a table is encrypted with, if not the service's own. Assumed: the sentences; that the id of a key need not
/// exist, since there is no KMS here.
pub(super) fn key_arn(
    cx: &Cx<'_>,
    given: Option<&w::SSESpecification>,
) -> Result<Option<String>, TableError> {
    let Some(given) = given else { return Ok(None) };
    let refuse = |why: &str| Err(TableError::Parameter(why.to_owned()));
    if given.sse_type.as_deref() == Some("AES256") {
        return refuse("SSEType AES256 is not supported");
    }
    match (given.enabled.unwrap_or(false), given.kms_master_key_id.as_deref()) {
        (false, Some(_)) => refuse("KMSMasterKeyId must not be specified when SSE is not enabled"),
        (false, None) => Ok(None),
        (true, Some(arn)) if arn.starts_with("arn:") => Ok(Some(arn.to_owned())),
        (true, id) => {
            let resource = match id.unwrap_or("alias/aws/dynamodb") {
                alias if alias.starts_with("alias/") => alias.to_owned(),
                id => format!("key/{id}"),
            };
            Ok(Some(Arn::new("kms", &cx.scope.region, &cx.scope.account, resource).to_string()))
        }
    }
}

/// What of a request this tank does not have.
fn not_built(input: &w::CreateTableInput) -> Option<&'static str> {
    let composite = |keys: &[w::KeySchemaElement]| keys.len() > 2;
    let global = input.global_secondary_indexes.iter().flatten();
    if input.vector_indexes.as_ref().is_some_and(|indexes| !indexes.is_empty()) {
        return Some("CreateTable with VectorIndexes");
    }
    if input.global_table_source_arn.is_some() {
        return Some("CreateTable with GlobalTableSourceArn");
    }
    if global.into_iter().any(|index| composite(&index.key_schema)) {
        return Some("CreateTable with an index key of more than two attributes");
    }
    None
}

/// Checks everything that needs no look at other tables.
fn plan(input: &w::CreateTableInput) -> Result<Plan, TableError> {
    let (Some(defined), Some(keys)) = (&input.attribute_definitions, &input.key_schema) else {
        return Err(missing(input));
    };
    let billing = match input.billing_mode.as_deref() {
        Some("PAY_PER_REQUEST") => BillingMode::PayPerRequest,
        _ => BillingMode::Provisioned,
    };
    let units = table_units(billing, input.provisioned_throughput.as_ref())?;
    let definitions = schema::definitions(defined)?;
    let keys = schema::table_keys(keys, &definitions)?;
    if input.local_secondary_indexes.is_none() && input.global_secondary_indexes.is_none() {
        schema::all_used(&definitions, &keys, &[])?;
    }
    let mut names = BTreeSet::new();
    let mut indexes = match &input.local_secondary_indexes {
        Some(given) => schema::local_indexes(given, &keys, &definitions, &mut names)?,
        None => Vec::new(),
    };
    let mut global = BTreeMap::new();
    if let Some(given) = &input.global_secondary_indexes {
        if given.is_empty() {
            return Err(TableError::Parameter("List of GlobalSecondaryIndexes is empty".to_owned()));
        }
        for one in given {
            let name = &one.index_name;
            let index = schema::global_index(name, &one.key_schema, &one.projection, &definitions)?;
            let units = index_units(billing, name, one.provisioned_throughput.as_ref())?;
            schema::unique(&mut names, name)?;
            let settings = GlobalSettings {
                throughput: Throughput::of(units),
                on_demand: on_demand(one.on_demand_throughput.as_ref()),
                warm: warm(one.warm_throughput.as_ref()),
                ..GlobalSettings::default()
            };
            global.insert(name.clone(), settings);
            indexes.push(index);
        }
        if global.len() > GLOBAL_INDEXES_MAX {
            return Err(TableError::Parameter(format!(
                "GlobalSecondaryIndex count exceeds the per-table limit of {GLOBAL_INDEXES_MAX}"
            )));
        }
    }
    schema::all_used(&definitions, &keys, &indexes)?;
    schema::projected(indexes.iter())?;
    let settings = Settings {
        definitions,
        billing,
        shows_billing: billing == BillingMode::PayPerRequest,
        throughput: Throughput::of(units),
        on_demand: on_demand(input.on_demand_throughput.as_ref()),
        warm: warm(input.warm_throughput.as_ref()),
        indexes: global,
        class: input.table_class.clone(),
        tags: super::tags::of(input.tags.as_deref().unwrap_or_default())?,
        is_protected: input.deletion_protection_enabled.unwrap_or(false),
        ..Settings::default()
    };
    Ok(Plan { keys, indexes, settings })
}

/// What the model required before tables could be copied from other accounts.
fn missing(input: &w::CreateTableInput) -> TableError {
    let mut members = Vec::new();
    if input.attribute_definitions.is_none() {
        members.push("attributeDefinitions");
    }
    if input.key_schema.is_none() {
        members.push("keySchema");
    }
    let told: Vec<String> = members
        .iter()
        .map(|name| format!("Value null at '{name}' failed to satisfy constraint: Member must not be null"))
        .collect();
    let errors = if told.len() == 1 { "error" } else { "errors" };
    TableError::Request(format!("{} validation {errors} detected: {}", told.len(), told.join("; ")))
}

/// The units of a table.
pub(super) fn table_units(
    billing: BillingMode,
    given: Option<&w::ProvisionedThroughput>,
) -> Result<Units, TableError> {
    match (billing, given) {
        (BillingMode::PayPerRequest, Some(_)) => Err(TableError::Parameter(
            "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"
                .to_owned(),
        )),
        (BillingMode::PayPerRequest, None) => Ok(Units::default()),
        (BillingMode::Provisioned, None) => Err(TableError::Parameter(
            "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED"
                .to_owned(),
        )),
        (BillingMode::Provisioned, Some(given)) => units(given),
    }
}

/// The units of a global index. Recorded for a change of billing mode: the sentence for units that are missing.
pub(super) fn index_units(
    billing: BillingMode,
    name: &str,
    given: Option<&w::ProvisionedThroughput>,
) -> Result<Units, TableError> {
    match (billing, given) {
        (BillingMode::PayPerRequest, Some(_)) => Err(TableError::Parameter(format!(
            "ProvisionedThroughput should not be specified for index: {name} when BillingMode is PAY_PER_REQUEST"
        ))),
        (BillingMode::PayPerRequest, None) => Ok(Units::default()),
        (BillingMode::Provisioned, None) => {
            Err(TableError::Parameter(format!("ProvisionedThroughput must be specified for index: {name}")))
        }
        (BillingMode::Provisioned, Some(given)) => units(given),
    }
}

/// Units that are within all bounds.
pub(super) fn units(given: &w::ProvisionedThroughput) -> Result<Units, TableError> {
    let units = Units { read: given.read_capacity_units, write: given.write_capacity_units };
    for (name, value) in [("ReadCapacityUnits", units.read), ("WriteCapacityUnits", units.write)] {
        if value > UNITS_MAX {
            return Err(TableError::Request(format!("Given value {value} for {name} is out of bounds")));
        }
    }
    Ok(units)
}

/// Limits of a table or index that is paid by request; -1 takes one away.
pub(super) fn on_demand(given: Option<&w::OnDemandThroughput>) -> OnDemandMax {
    let limit = |value: Option<i64>| value.filter(|value| *value >= 0);
    given.map_or_else(OnDemandMax::default, |given| OnDemandMax {
        read: limit(given.max_read_request_units),
        write: limit(given.max_write_request_units),
    })
}

/// Warm throughput, where both members are said or AWS's own floor.
pub(super) fn warm(given: Option<&w::WarmThroughput>) -> Option<Units> {
    given.map(|given| Units {
        read: given.read_units_per_second.unwrap_or(WARM_READ_MIN),
        write: given.write_units_per_second.unwrap_or(WARM_WRITE_MIN),
    })
}
