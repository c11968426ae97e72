//! TransactGetItems: items as they are all at one instant.

use wavetank_wire::dynamodb::{ItemResponse, TransactGetItemsInput, TransactGetItemsOutput};

use crate::services::dynamodb::error::DynamoError;
use crate::services::dynamodb::terms::{Operation, Parameters};
use crate::services::dynamodb::value::Packed;
use crate::services::dynamodb::{DynamoDb, limits};
use crate::world::Cx;

use super::super::capacity::{Consumed, Manner, Split, Told, read_units};
use super::super::error::DataError;
use super::super::find::table_name;
use super::super::page::check_key_paths;
use super::super::single::{Source, settle_read, shown};
use super::super::write::read_key;

impl DynamoDb {
    /// Reads up to a hundred items, none twice.
    pub(in super::super::super) fn transact_get_items(
        &mut self,
        cx: &mut Cx<'_>,
        input: TransactGetItemsInput,
    ) -> Result<TransactGetItemsOutput, DynamoError> {
        let count = input.transact_items.len();
        let mut gets = Vec::with_capacity(count);
        for item in input.transact_items {
            let get = item.get;
            table_name(cx, &get.table_name)?;
            let parameters = Parameters {
                projection_expression: get.projection_expression,
                expression_attribute_names: get.expression_attribute_names,
                ..Parameters::default()
            };
            parameters.check_any(Operation::Get)?;
            let key = read_key(get.key)?;
            gets.push((get.table_name, key, parameters.read_any(Operation::Get)?.projection));
        }
        let mut found = Vec::with_capacity(count);
        let mut rows = std::collections::BTreeSet::new();
        for (at, (given, key, projection)) in gets.into_iter().enumerate() {
            let name = table_name(cx, &given)?.to_owned();
            let table = self.readable(cx, &name)?;
            let misfit = |why: DynamoError| super::misfit(count, at, &why);
            check_key_paths(table, None, projection.as_ref()).map_err(|why| misfit(why.into()))?;
            let key = table.keys.of_request(key).map_err(|why| misfit(why.into()))?;
            let row = key.row();
            let item = table.rows.get(&row).cloned();
            if !rows.insert((name, row)) {
                return Err(DataError::OneItemTwice.into());
            }
            found.push((given, item, projection));
        }
        let bytes: usize = found.iter().filter_map(|(_, item, _)| Some(item.as_ref()?.item_bytes())).sum();
        if bytes > limits::TRANSACTION_BYTES_MAX {
            return Err(DataError::PayloadTooLarge { bytes }.into());
        }
        let mut consumed: Vec<(String, Consumed)> = Vec::new();
        let mut responses = Vec::with_capacity(count);
        for (given, item, projection) in found {
            let units = read_units(item.as_ref().map_or(0, Packed::item_bytes), Manner::Transactional);
            self.settle_get(cx, &given, &mut consumed, units)?;
            let item = item.map(|item| shown(&item, projection.as_ref()));
            responses.push(ItemResponse { item });
        }
        let told = Told::of(input.return_consumed_capacity.as_deref());
        Ok(TransactGetItemsOutput {
            consumed_capacity: told.wire_all(&consumed, Split::Reads),
            responses: Some(responses),
        })
    }

    /// Counts one item that was read in a transaction.
    ///
    /// Assumed: that a transaction of reads whose table is too busy is refused as a single read would be.
    pub(in super::super) fn settle_get(
        &mut self,
        cx: &mut Cx<'_>,
        given: &str,
        consumed: &mut Vec<(String, Consumed)>,
        units: f64,
    ) -> Result<(), DynamoError> {
        let (name, strict, units) = (table_name(cx, given)?, self.strict, Consumed::of_table(units));
        settle_read(cx, self.writable(cx, name)?, Source::default(), &units, strict)?;
        super::write::count(consumed, given, units);
        Ok(())
    }
}
