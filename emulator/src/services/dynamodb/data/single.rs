//! PutItem, UpdateItem, DeleteItem, GetItem.

use wavetank_wire::Val;
use wavetank_wire::dynamodb::{
    ConsumedCapacity, DeleteItemInput, DeleteItemOutput, GetItemInput, GetItemOutput, ItemCollectionMetrics,
    PutItemInput, PutItemOutput, UpdateItemInput, UpdateItemOutput,
};

use crate::services::dynamodb::DynamoDb;
use crate::services::dynamodb::error::DynamoError;
use crate::services::dynamodb::expression::Projection;
use crate::services::dynamodb::table::{Key, Range, RowKey, Table};
use crate::services::dynamodb::terms::{Operation, Parameters};
use crate::services::dynamodb::value::{Packed, item_to_val};
use crate::world::Cx;

use super::capacity::{Consumed, Manner, Split, Told, read_units};
use super::error::DataError;
use super::find::table_name;
use super::meters;
use super::throttle::Way;
use super::write::{Done, Write, read_entries, read_item, read_key};

/// What a write answers of the item: `ReturnValues`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Returned {
    None,
    AllOld,
    UpdatedOld,
    AllNew,
    UpdatedNew,
}

impl Returned {
    /// The validator has seen the text.
    fn of(text: Option<&str>) -> Self {
        match text {
            Some("ALL_OLD") => Self::AllOld,
            Some("UPDATED_OLD") => Self::UpdatedOld,
            Some("ALL_NEW") => Self::AllNew,
            Some("UPDATED_NEW") => Self::UpdatedNew,
            _ => Self::None,
        }
    }

    /// The same of an operation that has nothing new to show.
    fn old_only(text: Option<&str>) -> Result<Self, DataError> {
        match Self::of(text) {
            it @ (Self::None | Self::AllOld) => Ok(it),
            _ => Err(DataError::ReturnValues),
        }
    }

    /// The attributes of the answer; none if there is nothing to show.
    fn wire(self, done: &Done, touched: Option<&Projection>) -> Option<Val> {
        let part = |item: &Packed| {
            let part = touched?.of(item);
            (!part.is_empty()).then(|| item_to_val(&part))
        };
        match self {
            Self::None => None,
            Self::AllOld => done.old.as_ref().map(Packed::to_wire),
            Self::AllNew => done.new.as_ref().map(Packed::to_wire),
            Self::UpdatedOld => done.old.as_ref().and_then(part),
            Self::UpdatedNew => done.new.as_ref().and_then(part),
        }
    }
}

/// What PutItem and DeleteItem answer: the old item, what was consumed, the item's collection.
type Written = (Option<Val>, Option<ConsumedCapacity>, Option<ItemCollectionMetrics>);

/// What PutItem and DeleteItem say besides the item or its key.
struct Whole<'a> {
    /// As the client named the table.
    given: &'a str,
    name: &'a str,
    operation: &'static str,
    returned: Returned,
    on_failure: Option<&'a str>,
    consumed: Option<&'a str>,
    metrics: Option<&'a str>,
}

impl DynamoDb {
    /// A write of a whole item, and what is answered of it.
    fn write_whole(
        &mut self,
        cx: &mut Cx<'_>,
        whole: &Whole<'_>,
        write: impl FnOnce(&Table) -> Result<Write, DynamoError>,
    ) -> Result<Written, DynamoError> {
        let strict = self.strict;
        let table = self.writable(cx, whole.name)?;
        let write = write(table)?.showing(whole.on_failure);
        let metrics = Metrics::wanted(whole.metrics, table, &write.key);
        let done = write.perform(cx, table, whole.operation, strict)?;
        let told = Told::of(whole.consumed).wire(whole.given, &done.consumed, Split::None);
        Ok((whole.returned.wire(&done, None), told, metrics.map(|metrics| metrics.wire(table))))
    }

    /// Stores an item in the place of what has its key.
    pub(in super::super) fn put_item(
        &mut self,
        cx: &mut Cx<'_>,
        input: PutItemInput,
    ) -> Result<PutItemOutput, DynamoError> {
        let name = table_name(cx, &input.table_name)?;
        let parameters = Parameters {
            condition_expression: input.condition_expression,
            expression_attribute_names: input.expression_attribute_names,
            expression_attribute_values: input.expression_attribute_values,
            expected: input.expected,
            conditional_operator: input.conditional_operator,
            ..Parameters::default()
        };
        parameters.check_any(Operation::Put)?;
        let returned = Returned::old_only(input.return_values.as_deref())?;
        let item = read_item(input.item)?;
        let terms = parameters.read_any(Operation::Put)?;
        let whole = Whole {
            given: &input.table_name,
            name,
            operation: "PutItem",
            returned,
            on_failure: input.return_values_on_condition_check_failure.as_deref(),
            consumed: input.return_consumed_capacity.as_deref(),
            metrics: input.return_item_collection_metrics.as_deref(),
        };
        let (attributes, consumed_capacity, item_collection_metrics) =
            self.write_whole(cx, &whole, |table| Write::put(table, item, terms.condition))?;
        Ok(PutItemOutput { attributes, consumed_capacity, item_collection_metrics })
    }

    /// Changes parts of an item, which may not have been there.
    pub(in super::super) fn update_item(
        &mut self,
        cx: &mut Cx<'_>,
        input: UpdateItemInput,
    ) -> Result<UpdateItemOutput, DynamoError> {
        let name = table_name(cx, &input.table_name)?;
        let parameters = Parameters {
            update_expression: input.update_expression,
            condition_expression: input.condition_expression,
            expression_attribute_names: input.expression_attribute_names,
            expression_attribute_values: input.expression_attribute_values,
            attribute_updates: input.attribute_updates,
            expected: input.expected,
            conditional_operator: input.conditional_operator,
            ..Parameters::default()
        };
        parameters.check_any(Operation::Update)?;
        let key = read_key(input.key)?;
        let terms = parameters.read_any(Operation::Update)?;
        let returned = Returned::of(input.return_values.as_deref());
        let strict = self.strict;
        let table = self.writable(cx, name)?;
        let update = terms.update.unwrap_or_default();
        let touched =
            matches!(returned, Returned::UpdatedOld | Returned::UpdatedNew).then(|| update.touched());
        let write = Write::update(table, key, update, terms.condition)?
            .showing(input.return_values_on_condition_check_failure.as_deref());
        let metrics = Metrics::wanted(input.return_item_collection_metrics.as_deref(), table, &write.key);
        let done = write.perform(cx, table, "UpdateItem", strict)?;
        Ok(UpdateItemOutput {
            attributes: returned.wire(&done, touched.as_ref()),
            consumed_capacity: Told::of(input.return_consumed_capacity.as_deref()).wire(
                &input.table_name,
                &done.consumed,
                Split::None,
            ),
            item_collection_metrics: metrics.map(|metrics| metrics.wire(table)),
        })
    }

    /// Takes an item away, if it is there.
    pub(in super::super) fn delete_item(
        &mut self,
        cx: &mut Cx<'_>,
        input: DeleteItemInput,
    ) -> Result<DeleteItemOutput, DynamoError> {
        let name = table_name(cx, &input.table_name)?;
        let parameters = Parameters {
            condition_expression: input.condition_expression,
            expression_attribute_names: input.expression_attribute_names,
            expression_attribute_values: input.expression_attribute_values,
            expected: input.expected,
            conditional_operator: input.conditional_operator,
            ..Parameters::default()
        };
        parameters.check_any(Operation::Delete)?;
        let key = read_key(input.key)?;
        let returned = Returned::old_only(input.return_values.as_deref())?;
        let terms = parameters.read_any(Operation::Delete)?;
        let whole = Whole {
            given: &input.table_name,
            name,
            operation: "DeleteItem",
            returned,
            on_failure: input.return_values_on_condition_check_failure.as_deref(),
            consumed: input.return_consumed_capacity.as_deref(),
            metrics: input.return_item_collection_metrics.as_deref(),
        };
        let (attributes, consumed_capacity, item_collection_metrics) =
            self.write_whole(cx, &whole, |table| Write::delete(table, key, terms.condition))?;
        Ok(DeleteItemOutput { attributes, consumed_capacity, item_collection_metrics })
    }

    /// Reads one item.
    pub(in super::super) fn get_item(
        &mut self,
        cx: &mut Cx<'_>,
        input: GetItemInput,
    ) -> Result<GetItemOutput, DynamoError> {
        let name = table_name(cx, &input.table_name)?;
        let parameters = Parameters {
            projection_expression: input.projection_expression,
            expression_attribute_names: input.expression_attribute_names,
            attributes_to_get: input.attributes_to_get,
            ..Parameters::default()
        };
        parameters.check_any(Operation::Get)?;
        let key = read_entries(input.key)?;
        let terms = parameters.read_any(Operation::Get)?;
        let strict = self.strict;
        let table = self.writable(cx, name)?;
        let key = table.keys.of_entries(key)?;
        let row = key.row();
        let found = table.rows.get(&row);
        let units = read_units(found.map_or(0, Packed::item_bytes), Manner::of_read(input.consistent_read));
        let item = found.map(|item| shown(item, terms.projection.as_ref()));
        let consumed = Consumed::of_table(units);
        settle_request(cx, table, Source::of_row(&row), "GetItem", &consumed, strict)?;
        let told = Told::of(input.return_consumed_capacity.as_deref());
        Ok(GetItemOutput { item, consumed_capacity: told.wire(&input.table_name, &consumed, Split::None) })
    }
}

/// What is read: a table or an index, and which partition key of it, if it is one.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Source<'a> {
    pub(super) index: Option<&'a str>,
    /// The hash of the partition key.
    pub(super) hash: Option<u64>,
}

impl<'a> Source<'a> {
    /// One item of the table.
    pub(super) fn of_row(row: &RowKey) -> Self {
        Self { index: None, hash: Some(row.hash()) }
    }

    /// A table or an index, through all its partitions.
    pub(super) const fn all(index: Option<&'a str>) -> Self {
        Self { index, hash: None }
    }
}

/// Counts what has been read of a table or index, or refuses it because that is too busy.
pub(super) fn settle_read(
    cx: &mut Cx<'_>,
    table: &mut Table,
    source: Source<'_>,
    consumed: &Consumed,
    strict: bool,
) -> Result<(), DataError> {
    if strict {
        table.admit_read(cx.now, source).inspect_err(|why| {
            if let DataError::Throttled { way, index, .. } = why {
                meters::throttled(cx, &table.name, index.as_deref(), *way);
            }
        })?;
        table.charge_read(consumed, source);
    }
    meters::consumed(cx, &table.name, consumed, Way::Read);
    Ok(())
}

/// The same for a request that is one read.
pub(super) fn settle_request(
    cx: &mut Cx<'_>,
    table: &mut Table,
    source: Source<'_>,
    operation: &str,
    consumed: &Consumed,
    strict: bool,
) -> Result<(), DataError> {
    match settle_read(cx, table, source, consumed, strict) {
        Ok(()) => meters::granted(cx, &table.name, operation, Way::Read),
        Err(why) => {
            meters::refused(cx, &table.name, operation);
            return Err(why);
        }
    }
    Ok(())
}

/// What is answered of an item.
pub(super) fn shown(item: &Packed, projection: Option<&Projection>) -> Val {
    match projection {
        None => item.to_wire(),
        Some(projection) => item_to_val(&projection.of(item)),
    }
}

/// How large the item's collection is: `ReturnItemCollectionMetrics`, of tables with local indexes only.
/// Documented: docs.aws.amazon.com/amazondynamodb/latest/developerguide/LSI.html (an edition of 2023-02 read 2026-11-28).
#[derive(Debug)]
pub(super) struct Metrics {
    partition: crate::services::dynamodb::value::KeyValue,
}

impl Metrics {
    /// What to measure once the write is made.
    pub(super) fn wanted(text: Option<&str>, table: &Table, key: &Key) -> Option<Self> {
        let has_local = table.indexes.values().any(|index| !index.is_global);
        (text == Some("SIZE") && has_local).then(|| Self { partition: key.partition.clone() })
    }

    /// The answer: whole gigabytes below and above. Assumed: the width of the estimate.
    pub(super) fn wire(self, table: &Table) -> ItemCollectionMetrics {
        use std::ops::Bound::Unbounded;
        let range = Range::partition(&self.partition, Unbounded, Unbounded);
        let rows = table.indexes.values().filter(|index| !index.is_global).map(|index| &index.rows);
        let bytes: usize = std::iter::once(&table.rows)
            .chain(rows)
            .flat_map(|rows| rows.range(&range, true))
            .map(|(_, item)| item.item_bytes())
            .sum();
        let low = (bytes >> 30) as f64;
        let key = (table.keys.partition.name.clone(), self.partition.to_value().to_wire());
        ItemCollectionMetrics {
            item_collection_key: Some(std::collections::BTreeMap::from([key])),
            size_estimate_range_gb: Some(vec![low, low + 1.0]),
        }
    }
}
