//! BatchGetItem and BatchWriteItem: many reads or writes in one request, each for itself.
//!
//! Whatever is wrong with one of them refuses all. What does not fit into the answer comes back unprocessed.

use std::collections::{BTreeMap, BTreeSet};

use wavetank_wire::Val;
use wavetank_wire::dynamodb::{
    BatchGetItemInput, BatchGetItemOutput, BatchWriteItemInput, BatchWriteItemOutput, DeleteRequest,
    ItemCollectionMetrics, KeysAndAttributes, PutRequest, WriteRequest,
};

use crate::services::dynamodb::error::DynamoError;
use crate::services::dynamodb::expression::Projection;
use crate::services::dynamodb::table::{RowKey, Table};
use crate::services::dynamodb::terms::{Operation, Parameters};
use crate::services::dynamodb::value::{Item, Packed, item_to_val};
use crate::services::dynamodb::{DynamoDb, limits};
use crate::world::Cx;

use super::capacity::{Consumed, Manner, Split, Told, read_units};
use super::error::DataError;
use super::find::table_name;
use super::meters;
use super::page::check_key_paths;
use super::single::{Metrics, Source, settle_read, shown};
use super::throttle::Way;
use super::write::{Action, Write, read_item, read_key};

/// What is wanted of one table.
struct Gets {
    /// As the client named the table.
    given: String,
    keys: Vec<Item>,
    projection: Option<Projection>,
    manner: Manner,
    /// What to send again for keys that are not answered.
    again: KeysAndAttributes,
}

/// The keys of one table, before it is looked for.
fn read_gets(given: String, mut request: KeysAndAttributes) -> Result<Gets, DynamoError> {
    let parameters = Parameters {
        projection_expression: request.projection_expression.clone(),
        expression_attribute_names: request.expression_attribute_names.clone(),
        attributes_to_get: request.attributes_to_get.clone(),
        ..Parameters::default()
    };
    let terms = parameters.read_any(Operation::BatchGet)?;
    let mut keys: Vec<Item> = Vec::with_capacity(request.keys.len());
    for key in std::mem::take(&mut request.keys) {
        let key = read_key(key)?;
        if keys.contains(&key) {
            return Err(DataError::DuplicateKeys.into());
        }
        keys.push(key);
    }
    let manner = Manner::of_read(request.consistent_read);
    Ok(Gets { given, keys, projection: terms.projection, manner, again: request })
}

/// What a batch of reads has come to.
#[derive(Default)]
struct Gotten {
    bytes: usize,
    responses: BTreeMap<String, Vec<Val>>,
    unprocessed: BTreeMap<String, KeysAndAttributes>,
    consumed: Vec<(String, Consumed)>,
    processed: usize,
    /// Why a key was not read, if one was not because its table was too busy.
    throttled: Option<DataError>,
}

impl Gotten {
    /// Reads the rows of one table, as long as they fit and the table is not too busy.
    fn take(&mut self, cx: &mut Cx<'_>, table: &mut Table, gets: Gets, rows: Vec<RowKey>, strict: bool) {
        let Gets { given, keys, projection, manner, mut again } = gets;
        let (mut items, mut of_partition, mut units) = (Vec::with_capacity(keys.len()), 0, 0.0);
        for (key, row) in keys.into_iter().zip(rows) {
            let found = table.rows.get(&row).cloned();
            let bytes = found.as_ref().map_or(0, Packed::item_bytes);
            let is_full = self.bytes + bytes > limits::BATCH_GET_BYTES_MAX
                || of_partition >= limits::BATCH_GET_PARTITION_BYTES_MAX;
            if is_full && bytes > 0 {
                again.keys.push(item_to_val(&key));
                continue;
            }
            let consumed = Consumed::of_table(read_units(bytes, manner));
            if let Err(why) = settle_read(cx, table, Source::of_row(&row), &consumed, strict) {
                again.keys.push(item_to_val(&key));
                self.throttled = Some(why);
                continue;
            }
            self.bytes += bytes;
            of_partition += bytes;
            units += consumed.table;
            self.processed += 1;
            items.extend(found.map(|item| shown(&item, projection.as_ref())));
        }
        meters::granted(cx, &table.name, "BatchGetItem", Way::Read);
        self.consumed.push((given.clone(), Consumed::of_table(units)));
        if !again.keys.is_empty() {
            self.unprocessed.insert(given.clone(), again);
        }
        self.responses.insert(given, items);
    }
}

impl DynamoDb {
    /// Reads up to a hundred items of any tables.
    pub(in super::super) fn batch_get_item(
        &mut self,
        cx: &mut Cx<'_>,
        input: BatchGetItemInput,
    ) -> Result<BatchGetItemOutput, DynamoError> {
        if input.request_items.is_empty() {
            return Err(DataError::NoRequests("BatchGetItem").into());
        }
        let mut all = Vec::with_capacity(input.request_items.len());
        let mut count = 0;
        for (given, request) in input.request_items {
            table_name(cx, &given)?;
            count += request.keys.len();
            all.push(read_gets(given, request)?);
        }
        if count > limits::BATCH_GET_KEYS_MAX {
            return Err(DataError::TooManyRequests("BatchGetItem").into());
        }
        let mut checked = Vec::with_capacity(all.len());
        for gets in all {
            let table = self.readable(cx, table_name(cx, &gets.given)?)?;
            check_key_paths(table, None, gets.projection.as_ref())?;
            let row = |key: &Item| table.keys.of_request(key.clone()).map(|key| key.row());
            let rows: Vec<RowKey> = gets.keys.iter().map(row).collect::<Result<_, _>>()?;
            checked.push((gets, rows));
        }
        let mut gotten = Gotten::default();
        let strict = self.strict;
        for (gets, rows) in checked {
            let name = table_name(cx, &gets.given)?.to_owned();
            gotten.take(cx, self.writable(cx, &name)?, gets, rows, strict);
        }
        if let Some(why) = gotten.throttled.filter(|_| gotten.processed == 0) {
            return Err(why.into());
        }
        let told = Told::of(input.return_consumed_capacity.as_deref());
        Ok(BatchGetItemOutput {
            responses: Some(gotten.responses),
            unprocessed_keys: Some(gotten.unprocessed),
            consumed_capacity: told.wire_all(&gotten.consumed, Split::None),
        })
    }

    /// Puts and deletes up to 25 items of any tables.
    pub(in super::super) fn batch_write_item(
        &mut self,
        cx: &mut Cx<'_>,
        input: BatchWriteItemInput,
    ) -> Result<BatchWriteItemOutput, DynamoError> {
        if input.request_items.is_empty() {
            return Err(DataError::NoRequests("BatchWriteItem").into());
        }
        let mut all = Vec::with_capacity(input.request_items.len());
        let mut count = 0;
        for (given, requests) in input.request_items {
            table_name(cx, &given)?;
            count += requests.len();
            let asked: Vec<Asked> = requests.into_iter().map(Asked::of).collect::<Result<_, _>>()?;
            all.push((given, asked));
        }
        if count > limits::BATCH_WRITE_REQUESTS_MAX {
            return Err(DataError::TooManyRequests("BatchWriteItem").into());
        }
        let mut planned = Vec::with_capacity(all.len());
        for (given, asked) in all {
            let table = self.readable(cx, table_name(cx, &given)?)?;
            planned.push((given, writes(table, asked)?));
        }
        let mut collections = BTreeMap::new();
        let mut consumed = Vec::with_capacity(planned.len());
        let (mut unprocessed, mut throttled, mut processed) = (BTreeMap::new(), None, 0);
        let strict = self.strict;
        let wanted = input.return_item_collection_metrics.as_deref();
        for (given, writes) in planned {
            let table = self.writable(cx, table_name(cx, &given)?)?;
            let metrics: Vec<Metrics> =
                writes.iter().filter_map(|write| Metrics::wanted(wanted, table, &write.key)).collect();
            let mut of_table = Consumed::default();
            for write in writes {
                let again = if strict { write.again(table) } else { None };
                match write.admitted_plan(cx, table, Manner::Plain, strict) {
                    Ok(plan) => {
                        let done = write.make(cx, table, plan, Manner::Plain, strict);
                        of_table.add(done.consumed);
                        processed += 1;
                    }
                    Err(why) => {
                        unprocessed.entry(given.clone()).or_insert_with(Vec::new).extend(again);
                        throttled = Some(why);
                    }
                }
            }
            meters::granted(cx, &table.name, "BatchWriteItem", Way::Write);
            if !metrics.is_empty() {
                let metrics: Vec<ItemCollectionMetrics> =
                    metrics.into_iter().map(|metrics| metrics.wire(table)).collect();
                collections.insert(given.clone(), metrics);
            }
            consumed.push((given, of_table));
        }
        if let Some(why) = throttled.filter(|_| processed == 0) {
            return Err(why);
        }
        let told = Told::of(input.return_consumed_capacity.as_deref());
        Ok(BatchWriteItemOutput {
            unprocessed_items: Some(unprocessed),
            item_collection_metrics: (!collections.is_empty()).then_some(collections),
            consumed_capacity: told.wire_all(&consumed, Split::None),
        })
    }
}

impl Write {
    /// The request of a batch that it is.
    fn again(&self, table: &Table) -> Option<WriteRequest> {
        match &self.action {
            Action::Put(item) => Some(WriteRequest {
                put_request: Some(PutRequest { item: item.to_wire() }),
                ..WriteRequest::default()
            }),
            Action::Delete => Some(WriteRequest {
                delete_request: Some(DeleteRequest { key: item_to_val(&self.key.to_item(&table.keys)) }),
                ..WriteRequest::default()
            }),
            Action::Insert(_) | Action::Update(_) | Action::Check => None,
        }
    }
}

/// One request of a batch of writes.
enum Asked {
    Put(Packed),
    Delete(Item),
}

impl Asked {
    fn of(request: WriteRequest) -> Result<Self, DynamoError> {
        match (request.put_request, request.delete_request) {
            (Some(put), None) => Ok(Self::Put(read_item(put.item)?)),
            (None, Some(delete)) => Ok(Self::Delete(read_key(delete.key)?)),
            _ => Err(DataError::NotOneRequest.into()),
        }
    }
}

/// The writes of one table, each of another item.
///
/// Recorded: dynalite's `actions/batchWriteItem.js`, for the sentence about keys that are missing or of another type.
fn writes(table: &Table, asked: Vec<Asked>) -> Result<Vec<Write>, DynamoError> {
    use crate::services::dynamodb::table::KeyError;
    let mut rows = BTreeSet::new();
    let mut writes = Vec::with_capacity(asked.len());
    for asked in asked {
        let write = match asked {
            Asked::Put(item) => Write::put(table, item, None).map_err(|why| match why {
                DynamoError::Key(KeyError::Missing(_) | KeyError::Mismatch { .. }) => {
                    KeyError::NotTheSchema.into()
                }
                why => why,
            }),
            Asked::Delete(key) => Write::delete(table, key, None),
        }?;
        if !rows.insert(write.key.row()) {
            return Err(DataError::DuplicateKeys.into());
        }
        writes.push(write);
    }
    Ok(writes)
}
