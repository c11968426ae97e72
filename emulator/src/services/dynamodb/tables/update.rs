//! UpdateTable: refuse in AWS's order, then begin what takes a while and do the rest at once.
//!
//! Throughput and billing mode become what is asked for when UPDATING ends; streams, protection, encryption and class at
//! once. One global index at a time is created or deleted: see `../table/settings.rs` for its life.
//! Recorded: order and sentences, dynalite's tests (github.com/mhart/dynalite, `test/updateTable.js`), which run against
//! AWS too; unless a line says otherwise.

use std::collections::BTreeSet;

use wavetank_types::Timestamp;
use wavetank_wire::dynamodb as w;

use super::TableError;
use super::create::{index_units, key_arn, on_demand, stream_view, units, warm};
use super::limits::*;
use super::names::table_name;
use super::schema;
use crate::services::dynamodb::DynamoDb;
use crate::services::dynamodb::error::DynamoError;
use crate::services::dynamodb::table::settings::{
    BillingMode, GlobalSettings, Life, Status, Throughput, Units, day,
};
use crate::services::dynamodb::table::{Index, Table};
use crate::world::Cx;

fn invalid(why: impl Into<String>) -> TableError {
    TableError::Parameter(why.into())
}

impl DynamoDb {
    pub(crate) fn update_table(
        &mut self,
        cx: &mut Cx<'_>,
        input: w::UpdateTableInput,
    ) -> Result<w::UpdateTableOutput, DynamoError> {
        if let Some(what) = not_built(&input) {
            return Err(DynamoError::NotBuilt(what.to_owned()));
        }
        let name = table_name(cx, &input.table_name)?.to_owned();
        check_request(&input)?;
        let view = stream_view(input.stream_specification.as_ref())?;
        let key = key_arn(cx, input.sse_specification.as_ref())?;
        let here = self.here(cx);
        let table = here.described_mut(cx, &name)?;
        table.need_active()?;
        // All refusals come before the first change: a copy is what is changed, and kept if nothing refuses.
        let mut changed = table.without_items();
        changed.change_throughput(&input, cx.now)?;
        changed.change_indexes(&input, cx.now)?;
        changed.change_settings(&input, cx.now)?;
        check_stream(table, input.stream_specification.as_ref())?;
        table.take_settings(changed);
        if input.sse_specification.is_some() {
            table.settings.key_arn = key;
        }
        table.settings.life = Life::until(Status::Updating, cx.now + TRANSITION);
        match (&input.stream_specification, view) {
            (Some(_), Some(view)) => table.enable_stream(view, cx.now),
            (Some(_), None) => here.disable_stream(&name, cx.now),
            (None, _) => {}
        }
        let table = here.described(cx, &name)?;
        Ok(w::UpdateTableOutput { table_description: Some(table.description(cx.now)) })
    }
}

/// What of a request this tank does not have.
fn not_built(input: &w::UpdateTableInput) -> Option<&'static str> {
    if input.vector_index_updates.as_ref().is_some_and(|updates| !updates.is_empty()) {
        return Some("UpdateTable with VectorIndexUpdates");
    }
    if input.global_table_witness_updates.as_ref().is_some_and(|updates| !updates.is_empty()) {
        return Some("UpdateTable with GlobalTableWitnessUpdates");
    }
    let creates = input.global_secondary_index_updates.iter().flatten().filter_map(|one| one.create.as_ref());
    if creates.into_iter().any(|create| create.key_schema.len() > 2) {
        return Some("UpdateTable with an index key of more than two attributes");
    }
    None
}

/// The name of the index of an update, if it says one.
fn index_of(update: &w::GlobalSecondaryIndexUpdate) -> Option<&str> {
    let updated = update.update.as_ref().map(|one| one.index_name.as_str());
    let created = update.create.as_ref().map(|one| one.index_name.as_str());
    updated.or(created).or(update.delete.as_ref().map(|one| one.index_name.as_str()))
}

/// Refuses what needs no table to be refused.
fn check_request(input: &w::UpdateTableInput) -> Result<(), TableError> {
    let updates = input.global_secondary_index_updates.as_deref().unwrap_or_default();
    let says_nothing = input.provisioned_throughput.is_none()
        && input.billing_mode.is_none()
        && input.stream_specification.is_none()
        && updates.is_empty()
        && input.sse_specification.is_none()
        && input.table_class.is_none()
        && input.deletion_protection_enabled.is_none()
        && input.on_demand_throughput.is_none()
        && input.warm_throughput.is_none();
    if says_nothing {
        let why = "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, \
                   GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required";
        return Err(TableError::Request(why.to_owned()));
    }
    if input.billing_mode.as_deref() == Some(w::billing_mode::PROVISIONED)
        && input.provisioned_throughput.is_none()
    {
        return Err(invalid("ProvisionedThroughput must be specified when BillingMode is PROVISIONED"));
    }
    input.provisioned_throughput.as_ref().map_or(Ok(()), |given| units(given).map(drop))?;
    let mut names = BTreeSet::new();
    for update in updates {
        let name = index_of(update).ok_or_else(|| {
            invalid(
                "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, \
                 GlobalSecondaryIndexUpdate.Delete must not be null",
            )
        })?;
        if !names.insert(name) {
            return Err(invalid(format!(
                "Only one global secondary index update per index is allowed simultaneously. Index: {name}"
            )));
        }
    }
    Ok(())
}

/// Refuses a stream that is enabled or disabled already.
///
/// Seen in the wild: the first sentence; assumed: the second.
fn check_stream(table: &Table, given: Option<&w::StreamSpecification>) -> Result<(), TableError> {
    match given.map(|given| given.stream_enabled) {
        Some(true) if table.stream.is_some() => Err(TableError::Request(format!(
            "Table already has an enabled stream: TableName: {}",
            table.name
        ))),
        Some(false) if table.stream.is_none() => Err(TableError::Request(format!(
            "Table does not have a stream to disable: TableName: {}",
            table.name
        ))),
        _ => Ok(()),
    }
}

/// Refuses a decrease too many in a day. Seen in the wild: the sentence.
fn check_decrease(throughput: &Throughput, wanted: Units, now: Timestamp) -> Result<(), TableError> {
    let today = throughput.decreases_on(now);
    let Some(last) = throughput.last_decrease.filter(|last| day(*last) == day(now)) else { return Ok(()) };
    if !throughput.is_decrease(wanted) || today < DECREASES_AT_ONCE || now.since(last) >= DECREASE_PAUSE {
        return Ok(());
    }
    let told = |at: Timestamp| at.format("%A, %B %-d, %Y at %-I:%M:%S %p Coordinated Universal Time");
    Err(TableError::Limit(format!(
        "Subscriber limit exceeded: Provisioned throughput decreases are limited within a given UTC day. After the first \
         {DECREASES_AT_ONCE} decreases, each subsequent decrease in the same UTC day can be performed at most once every \
         {} seconds. Number of decreases today: {today}. Last decrease at {}. Next decrease can be made at {}",
        DECREASE_PAUSE.as_secs(),
        told(last),
        told(last + DECREASE_PAUSE)
    )))
}

/// Refuses units that are what there is already.
fn check_differs(current: Units, wanted: Units) -> Result<(), TableError> {
    if current != wanted {
        return Ok(());
    }
    Err(TableError::Request(format!(
        "The provisioned throughput for the table will not change. The requested value equals the current value. Current \
         ReadCapacityUnits provisioned for the table: {read}. Requested ReadCapacityUnits: {read}. Current \
         WriteCapacityUnits provisioned for the table: {write}. Requested WriteCapacityUnits: {write}. Refer to the Amazon \
         DynamoDB Developer Guide for current limits and how to request higher limits.",
        read = current.read,
        write = current.write
    )))
}

impl Table {
    /// The same table with no items in it: what a request is tried on.
    fn without_items(&self) -> Self {
        let indexes = self.indexes.values().map(Index::without_rows).collect();
        let mut copy = Self::new(&self.name, self.keys.clone(), indexes);
        copy.settings = self.settings.clone();
        copy
    }

    /// Becomes what the copy was set to. Indexes themselves come and go with time.
    fn take_settings(&mut self, copy: Self) {
        self.settings = copy.settings;
    }

    /// Provisioned throughput of the table, and the billing mode.
    fn change_throughput(&mut self, input: &w::UpdateTableInput, now: Timestamp) -> Result<(), TableError> {
        let settings = &mut self.settings;
        let mode = match input.billing_mode.as_deref() {
            Some(w::billing_mode::PAY_PER_REQUEST) => BillingMode::PayPerRequest,
            Some(_) => BillingMode::Provisioned,
            None => settings.billing,
        };
        if mode == BillingMode::PayPerRequest && input.provisioned_throughput.is_some() {
            return Err(invalid(
                "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST",
            ));
        }
        let was = settings.billing;
        if let Some(given) = &input.provisioned_throughput {
            let wanted = units(given)?;
            if was == BillingMode::Provisioned {
                check_differs(settings.throughput.units, wanted)?;
                check_decrease(&settings.throughput, wanted, now)?;
            }
            settings.throughput.begin(wanted, now);
        }
        settings.billing = mode;
        settings.shows_billing |= input.billing_mode.is_some();
        match (was, mode) {
            (BillingMode::Provisioned, BillingMode::PayPerRequest) => self.become_on_demand(now),
            (BillingMode::PayPerRequest, BillingMode::Provisioned) => self.become_provisioned(input, now),
            _ => Ok(()),
        }
    }

    /// Seen in the wild: the sentence, for the times when one switch a day was allowed.
    fn become_on_demand(&mut self, now: Timestamp) -> Result<(), TableError> {
        let settings = &mut self.settings;
        settings.switches.retain(|at| now.since(*at) < DAY);
        if settings.switches.len() >= SWITCHES_PER_DAY {
            return Err(TableError::Limit(format!(
                "Subscriber limit exceeded: Update to PayPerRequest mode are limited to {SWITCHES_PER_DAY} times in 1 \
                 day(s). Last update at {}. Next update can be made at {}",
                settings.switches[SWITCHES_PER_DAY - 1].utc().to_rfc2822(),
                (settings.switches[0] + DAY).utc().to_rfc2822()
            )));
        }
        settings.switches.push(now);
        settings.last_to_on_demand = Some(now);
        settings.throughput.units = Units::default();
        settings.throughput.next = None;
        for index in settings.indexes.values_mut() {
            index.throughput.units = Units::default();
            index.throughput.next = None;
        }
        Ok(())
    }

    /// Every index needs units then.
    fn become_provisioned(&mut self, input: &w::UpdateTableInput, now: Timestamp) -> Result<(), TableError> {
        let updates = input.global_secondary_index_updates.as_deref().unwrap_or_default();
        let updated = |name: &str| {
            updates
                .iter()
                .filter_map(|update| update.update.as_ref())
                .find(|update| update.index_name == name)
                .and_then(|update| update.provisioned_throughput.as_ref())
        };
        let missing: Vec<&str> =
            self.settings.indexes.keys().map(String::as_str).filter(|name| updated(name).is_none()).collect();
        if !missing.is_empty() {
            let names = missing.join(",");
            return Err(invalid(format!("ProvisionedThroughput must be specified for index: {names}")));
        }
        if let Some(units) = self.settings.throughput.next.take() {
            self.settings.throughput.units = units;
            self.settings.throughput.last_increase = Some(now);
        }
        Ok(())
    }

    /// Global indexes that are created, changed or deleted.
    fn change_indexes(&mut self, input: &w::UpdateTableInput, now: Timestamp) -> Result<(), TableError> {
        let updates = input.global_secondary_index_updates.as_deref().unwrap_or_default();
        let moving = self
            .settings
            .indexes
            .values()
            .filter(|index| matches!(index.life.status, Status::Creating | Status::Deleting));
        let online =
            updates.iter().filter(|update| update.create.is_some() || update.delete.is_some()).count();
        let is_new = online > 0;
        if is_new && online + moving.count() > 1 {
            let why = "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table";
            return Err(TableError::Limit(why.to_owned()));
        }
        for update in updates {
            if let Some(create) = &update.create {
                self.create_index(input, create, now)?;
            } else if let Some(change) = &update.update {
                self.update_index(change, now)?;
            } else if let Some(delete) = &update.delete {
                let index = self.index_settings(&delete.index_name)?;
                index.life = Life::until(Status::Deleting, now + TRANSITION + TRANSITION);
                index.backfilling = None;
                index.pending = None;
            }
        }
        Ok(())
    }

    /// Assumed: the sentence.
    fn index_settings(&mut self, name: &str) -> Result<&mut GlobalSettings, TableError> {
        let missing = || TableError::ResourceNotFound(format!("Index: {name} not found"));
        self.settings.indexes.get_mut(name).ok_or_else(missing)
    }

    fn create_index(
        &mut self,
        input: &w::UpdateTableInput,
        create: &w::CreateGlobalSecondaryIndexAction,
        now: Timestamp,
    ) -> Result<(), TableError> {
        let name = &create.index_name;
        let given = schema::definitions(input.attribute_definitions.as_deref().unwrap_or_default())?;
        let mut definitions = self.settings.definitions.clone();
        for (attribute, kind) in given {
            match definitions.iter().find(|(known, _)| *known == attribute) {
                // Assumed: the sentence.
                Some((_, known)) if *known != kind => {
                    return Err(invalid(format!("Type of attribute {attribute} cannot be changed")));
                }
                Some(_) => {}
                None => definitions.push((attribute, kind)),
            }
        }
        let index = schema::global_index(name, &create.key_schema, &create.projection, &definitions)?;
        let units = index_units(self.settings.billing, name, create.provisioned_throughput.as_ref())?;
        if self.indexes.contains_key(name) || self.settings.indexes.contains_key(name) {
            // Seen in the wild.
            return Err(TableError::Request("Attempting to create an index which already exists".to_owned()));
        }
        if self.settings.indexes.len() >= GLOBAL_INDEXES_MAX {
            return Err(invalid(format!(
                "GlobalSecondaryIndex count exceeds the per-table limit of {GLOBAL_INDEXES_MAX}"
            )));
        }
        schema::projected(self.indexes.values().chain([&index]))?;
        let settings = GlobalSettings {
            life: Life::until(Status::Creating, now + TRANSITION),
            backfilling: Some(false),
            pending: Some(Box::new(index)),
            throughput: Throughput::of(units),
            on_demand: on_demand(create.on_demand_throughput.as_ref()),
            warm: warm(create.warm_throughput.as_ref()),
        };
        self.settings.definitions = definitions;
        self.settings.indexes.insert(name.clone(), settings);
        self.prune_definitions();
        Ok(())
    }

    fn update_index(
        &mut self,
        change: &w::UpdateGlobalSecondaryIndexAction,
        now: Timestamp,
    ) -> Result<(), TableError> {
        let billing = self.settings.billing;
        let is_new_mode =
            self.settings.throughput.next.is_none() && self.settings.throughput.last_increase == Some(now);
        if let Some(given) = &change.provisioned_throughput
            && (given.read_capacity_units > UNITS_MAX || given.write_capacity_units > UNITS_MAX)
        {
            let why = "This operation cannot be performed with given input values. Please contact DynamoDB service team \
                       for more info: Action Blocked: IndexUpdate";
            return Err(TableError::Request(why.to_owned()));
        }
        let index = self.index_settings(&change.index_name)?;
        if index.life.status != Status::Active {
            let why = format!("Index is being changed: {}", change.index_name);
            return Err(TableError::InUse(why));
        }
        if let Some(given) = &change.provisioned_throughput {
            let wanted = index_units(billing, &change.index_name, Some(given))?;
            if is_new_mode {
                index.throughput.units = wanted;
            } else {
                check_differs(index.throughput.units, wanted)?;
                check_decrease(&index.throughput, wanted, now)?;
                index.throughput.begin(wanted, now);
            }
        }
        if change.on_demand_throughput.is_some() {
            index.on_demand = on_demand(change.on_demand_throughput.as_ref());
        }
        if change.warm_throughput.is_some() {
            index.warm = warm(change.warm_throughput.as_ref());
        }
        index.life = Life::until(Status::Updating, now + TRANSITION);
        Ok(())
    }

    /// All that changes at once.
    fn change_settings(&mut self, input: &w::UpdateTableInput, now: Timestamp) -> Result<(), TableError> {
        let settings = &mut self.settings;
        if let Some(class) = &input.table_class {
            let current = settings.class.as_deref().unwrap_or(w::table_class::STANDARD);
            if current != class {
                settings.class_updates.retain(|at| now.since(*at) < MONTH);
                if settings.class_updates.len() >= CLASS_CHANGES_MAX {
                    // Assumed: the sentence.
                    return Err(TableError::Limit(format!(
                        "Subscriber limit exceeded: Updates to TableClass are limited to {CLASS_CHANGES_MAX} times in 30 day(s)"
                    )));
                }
                settings.class_updates.push(now);
                settings.class = Some(class.clone());
            }
        }
        if let Some(is_protected) = input.deletion_protection_enabled {
            settings.is_protected = is_protected;
        }
        if input.on_demand_throughput.is_some() {
            settings.on_demand = on_demand(input.on_demand_throughput.as_ref());
        }
        if input.warm_throughput.is_some() {
            settings.warm = warm(input.warm_throughput.as_ref());
        }
        Ok(())
    }
}
