//! Query: a page of one partition of a table or an index.

use std::ops::Bound::{Excluded, Included, Unbounded};

use wavetank_wire::dynamodb::{QueryInput, QueryOutput};

use crate::services::dynamodb::DynamoDb;
use crate::services::dynamodb::error::DynamoError;
use crate::services::dynamodb::expression::{Condition, KeyQuery, SortCondition};
use crate::services::dynamodb::table::{KeySchema, Range, RowKey};
use crate::services::dynamodb::terms::{Operation, Parameters};
use crate::world::Cx;

use super::capacity::Manner;
use super::error::DataError;
use super::find::{self, table_name};
use super::page::{Answered, Parts, Reader, Reading, Selection, Start, check_key_paths, read_start};
use super::single::Source;

impl DynamoDb {
    /// Reads a page of a partition, in the order of its sort keys.
    pub(in super::super) fn query(
        &mut self,
        cx: &mut Cx<'_>,
        input: QueryInput,
    ) -> Result<QueryOutput, DynamoError> {
        let name = table_name(cx, &input.table_name)?;
        let is_legacy = input.attributes_to_get.is_some();
        let filter_parameter = if input.query_filter.is_some() { "QueryFilter" } else { "Filter Expression" };
        let parameters = Parameters {
            key_condition_expression: input.key_condition_expression,
            filter_expression: input.filter_expression,
            projection_expression: input.projection_expression,
            expression_attribute_names: input.expression_attribute_names,
            expression_attribute_values: input.expression_attribute_values,
            key_conditions: input.key_conditions,
            query_filter: input.query_filter,
            attributes_to_get: input.attributes_to_get,
            conditional_operator: input.conditional_operator,
            ..Parameters::default()
        };
        parameters.check(Operation::Query)?;
        let start = read_start(input.exclusive_start_key)?;
        let terms = parameters.read(Operation::Query)?;
        let selection = Selection {
            select: input.select.as_deref(),
            projection: terms.projection.map(Parts::Projection),
            parameter: if is_legacy { "AttributesToGet" } else { "ProjectionExpression" },
        };
        selection.check(input.index_name.as_deref())?;
        let table = self.readable(cx, name)?;
        let is_consistent = input.consistent_read == Some(true);
        let index = find::index(table, input.index_name.as_deref(), is_consistent)?;
        let keys = index.map_or(&table.keys, |index| &index.keys);
        let start = start.map(|start| Start::of(start, table, index)).transpose();
        let start = start.map_err(|why| if index.is_none() { why.of_query() } else { why })?;
        let conditions = terms.key.ok_or(DataError::NoKeyConditions)?;
        let wanted = conditions.query(&keys.terms())?;
        let is_forward = input.scan_index_forward != Some(false);
        let range = range_after(&wanted, start, is_forward)?;
        let hash = RowKey::new(&wanted.partition, None).hash();
        check_key_paths(table, None, selection.projection.as_ref().and_then(Parts::projection))?;
        check_filter(keys, terms.filter.as_ref(), filter_parameter)?;
        check_key_paths(table, terms.filter.as_ref(), None)?;
        let answered = selection.answered(table, index)?;
        let is_count = matches!(answered, Answered::Count);
        let reading = Reading {
            table,
            index,
            range,
            is_forward,
            limit: input.limit,
            filter: terms.filter,
            answered,
            manner: Manner::of_read(input.consistent_read),
        };
        let page = reading.page();
        let reader = Reader {
            given: &input.table_name,
            name,
            operation: "Query",
            source: Source { index: input.index_name.as_deref(), hash: Some(hash) },
            consumed: input.return_consumed_capacity.as_deref(),
            is_count,
        };
        let told = self.settle_page(cx, &reader, page)?;
        Ok(QueryOutput {
            items: told.items,
            count: told.count,
            scanned_count: told.scanned,
            last_evaluated_key: told.last,
            consumed_capacity: told.consumed,
        })
    }
}

/// Where the rows of a query lie.
pub(super) fn range(query: &KeyQuery) -> Range {
    use SortCondition as S;
    let between = |from, to| Range::partition(&query.partition, from, to);
    match &query.sort {
        None => between(Unbounded, Unbounded),
        Some(S::Equal(sort)) => between(Included(sort), Included(sort)),
        Some(S::Less(sort)) => between(Unbounded, Excluded(sort)),
        Some(S::LessOrEqual(sort)) => between(Unbounded, Included(sort)),
        Some(S::Greater(sort)) => between(Excluded(sort), Unbounded),
        Some(S::GreaterOrEqual(sort)) => between(Included(sort), Unbounded),
        Some(S::Between(low, high)) => between(Included(low), Included(high)),
        Some(S::BeginsWith(prefix)) => Range::beginning(&query.partition, prefix),
    }
}

/// What of them comes after a start key.
fn range_after(query: &KeyQuery, start: Option<Start>, is_forward: bool) -> Result<Range, DataError> {
    let range = range(query);
    let Some(start) = start else { return Ok(range) };
    check_bounds(query, &start)?;
    Ok(range.after(start.row, is_forward))
}

/// A start key is one that the query could have read.
/// Recorded: dynalite's tests, for these sentences and when each is said.
fn check_bounds(query: &KeyQuery, start: &Start) -> Result<(), DataError> {
    let is_of_partition = start.key.partition == query.partition;
    let Some(condition) = &query.sort else {
        return if is_of_partition { Ok(()) } else { Err(DataError::StartKeyOutside) };
    };
    if !start.key.sort.as_ref().is_some_and(|sort| condition.holds(sort)) {
        return Err(DataError::StartKeyRange);
    }
    if is_of_partition { Ok(()) } else { Err(DataError::StartKeyOfAnother) }
}

/// A Query's filter is about what is no key.
pub(in super::super) fn check_filter(
    keys: &KeySchema,
    filter: Option<&Condition>,
    parameter: &'static str,
) -> Result<(), DataError> {
    let Some(filter) = filter else { return Ok(()) };
    let mut named = None;
    for attribute in keys.attributes() {
        filter.visit_paths(&mut |path| {
            if named.is_none() && path.attribute == attribute.name {
                named = Some(attribute.name.clone());
            }
        });
    }
    named.map_or(Ok(()), |name| Err(DataError::FilterOfKey { parameter, name }))
}
