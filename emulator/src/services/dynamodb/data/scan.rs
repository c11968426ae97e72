//! Scan: a page of a whole table or index, or of one of the segments that share it.

use wavetank_wire::dynamodb::{ScanInput, ScanOutput};

use crate::services::dynamodb::DynamoDb;
use crate::services::dynamodb::error::DynamoError;
use crate::services::dynamodb::table::Range;
use crate::services::dynamodb::terms::{Operation, Parameters};
use crate::world::Cx;

use super::capacity::Manner;
use super::error::DataError;
use super::find::{self, table_name};
use super::page::{Answered, Parts, Reader, Reading, Selection, Start, check_key_paths, read_start};
use super::single::Source;

/// A share of all rows.
#[derive(Clone, Copy, Debug)]
struct Segment {
    number: i64,
    total: i64,
}

impl Segment {
    fn of(number: Option<i64>, total: Option<i64>) -> Result<Self, DataError> {
        match (number, total) {
            (None, None) => Ok(Self { number: 0, total: 1 }),
            (Some(_), None) => Err(DataError::NoTotalSegments),
            (None, Some(_)) => Err(DataError::NoSegment),
            (Some(number), Some(total)) if number >= total => Err(DataError::SegmentRange { number, total }),
            (Some(number), Some(total)) => Ok(Self { number, total }),
        }
    }

    /// The validator has seen that both are positive.
    fn range(self) -> Range {
        if self.total == 1 {
            return Range::ALL;
        }
        Range::segment(self.number.unsigned_abs(), self.total.unsigned_abs())
    }
}

impl DynamoDb {
    /// Reads a page of a table or index, in the order of the hashes of their keys.
    pub(in super::super) fn scan(
        &mut self,
        cx: &mut Cx<'_>,
        input: ScanInput,
    ) -> Result<ScanOutput, DynamoError> {
        let name = table_name(cx, &input.table_name)?;
        let is_legacy = input.attributes_to_get.is_some();
        let parameters = Parameters {
            filter_expression: input.filter_expression,
            projection_expression: input.projection_expression,
            expression_attribute_names: input.expression_attribute_names,
            expression_attribute_values: input.expression_attribute_values,
            scan_filter: input.scan_filter,
            attributes_to_get: input.attributes_to_get,
            conditional_operator: input.conditional_operator,
            ..Parameters::default()
        };
        parameters.check_any(Operation::Scan)?;
        let start = read_start(input.exclusive_start_key)?;
        let segment = Segment::of(input.segment, input.total_segments)?;
        let terms = parameters.read_any(Operation::Scan)?;
        let selection = Selection {
            select: input.select.as_deref(),
            projection: terms.projection.map(Parts::Projection),
            parameter: if is_legacy { "AttributesToGet" } else { "ProjectionExpression" },
        };
        selection.check(input.index_name.as_deref())?;
        let table = self.readable(cx, name)?;
        let is_consistent = input.consistent_read == Some(true);
        let index = find::index(table, input.index_name.as_deref(), is_consistent)?;
        let start = start.map(|start| Start::of(start, table, index)).transpose()?;
        let mut range = segment.range();
        if let Some(start) = start {
            if !range.contains(&start.row) {
                let Segment { number, total } = segment;
                return Err(DataError::StartKeySegment { number, total }.into());
            }
            range = range.after(start.row, true);
        }
        check_key_paths(table, None, selection.projection.as_ref().and_then(Parts::projection))?;
        check_key_paths(table, terms.filter.as_ref(), None)?;
        let answered = selection.answered(table, index)?;
        let is_count = matches!(answered, Answered::Count);
        let reading = Reading {
            table,
            index,
            range,
            is_forward: true,
            limit: input.limit,
            filter: terms.filter,
            answered,
            manner: Manner::of_read(input.consistent_read),
        };
        let page = reading.page();
        let reader = Reader {
            given: &input.table_name,
            name,
            operation: "Scan",
            source: Source::all(input.index_name.as_deref()),
            consumed: input.return_consumed_capacity.as_deref(),
            is_count,
        };
        let told = self.settle_page(cx, &reader, page)?;
        Ok(ScanOutput {
            items: told.items,
            count: told.count,
            scanned_count: told.scanned,
            last_evaluated_key: told.last,
            consumed_capacity: told.consumed,
        })
    }
}
