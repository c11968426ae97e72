//! SELECT: pages of some partitions, one after the other, or of a whole table or index.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use wavetank_wire::{Document, Val};

use crate::services::dynamodb::DynamoDb;
use crate::services::dynamodb::error::DynamoError;
use crate::services::dynamodb::limits;
use crate::services::dynamodb::partiql::{Access, Select};
use crate::services::dynamodb::table::Range;
use crate::services::dynamodb::value::{document, item_from_val, val_of_document};
use crate::world::Cx;

use super::super::capacity::{Consumed, Manner};
use super::super::error::DataError;
use super::super::find;
use super::super::meters;
use super::super::page::{Parts, Reading, Selection, Start};
use super::super::query::range;
use super::super::single::{Source, settle_request};
use super::super::transact::Digest;

/// Where a page begins: in which of the partitions, and after which key.
#[derive(Debug)]
pub(super) struct From {
    partition: usize,
    key: Option<Val>,
}

/// Tells statements apart, so that a token is of no use to another.
pub(super) fn mark(statement: &str, parameters: Option<&[Val]>) -> u128 {
    let mut digest = Digest::new();
    digest.text(statement);
    parameters.unwrap_or_default().iter().for_each(|val| digest.val(val));
    digest.finish()
}

impl From {
    /// What a `NextToken` says.
    pub(super) fn of(token: &str, mark: u128) -> Result<Self, DataError> {
        let wrong = DataError::NextToken;
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(token).map_err(|_| wrong.clone())?;
        let said: Document = serde_json::from_slice(&bytes).map_err(|_| wrong.clone())?;
        let partition = said["partition"].as_u64().and_then(|at| usize::try_from(at).ok());
        if said["mark"].as_str() != Some(format!("{mark:x}").as_str()) {
            return Err(wrong);
        }
        let key = match &said["key"] {
            Document::Null => None,
            key => Some(val_of_document(key).ok_or_else(|| wrong.clone())?),
        };
        Ok(Self { partition: partition.ok_or(wrong)?, key })
    }

    /// The same as a token.
    pub(super) fn token(&self, mark: u128) -> String {
        let key = self.key.as_ref().map(document);
        let said = serde_json::json!({"mark": format!("{mark:x}"), "partition": self.partition, "key": key});
        BASE64_URL_SAFE_NO_PAD.encode(said.to_string())
    }

    /// The key after which to go on.
    pub(super) fn into_key(self) -> Option<Val> {
        self.key
    }
}

/// How a client wants to read.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) from: Option<From>,
    /// Items to look at, at most.
    pub(super) limit: Option<i64>,
    pub(super) manner: Manner,
}

/// What was read.
#[derive(Debug, Default)]
pub(super) struct Selected {
    pub(super) items: Vec<Val>,
    pub(super) consumed: Consumed,
    pub(super) next: Option<From>,
}

impl DynamoDb {
    /// Reads a page of a SELECT.
    pub(super) fn select(
        &mut self,
        cx: &mut Cx<'_>,
        name: &str,
        select: Select,
        wanted: Wanted,
    ) -> Result<Selected, DynamoError> {
        let strict = self.strict;
        let table = self.readable(cx, name)?;
        let index = find::index(table, select.index.as_deref(), wanted.manner == Manner::Plain)?;
        let keys = index.map_or(&table.keys, |index| &index.keys);
        let (ranges, is_forward) = match select.access(&keys.terms())? {
            Access::Scan => (vec![Range::ALL], true),
            Access::Queries { queries, forward } => (queries.iter().map(range).collect(), forward),
        };
        let selection = Selection {
            select: None,
            projection: select.columns.map(Parts::Columns),
            parameter: "ProjectionExpression",
        };
        let mut reading = Reading {
            table,
            index,
            range: Range::ALL,
            is_forward,
            limit: wanted.limit,
            filter: select.filter,
            answered: selection.answered(table, index)?,
            manner: wanted.manner,
        };
        let mut selected = Selected::default();
        let from = wanted.from.unwrap_or(From { partition: 0, key: None });
        let (first, mut start) = (from.partition, from.key);
        let mut bytes = 0;
        for (partition, range) in ranges.into_iter().enumerate().skip(first) {
            reading.range = match start.take() {
                None => range,
                Some(key) => {
                    let start = Start::of(item_from_val(key)?, table, index)?;
                    range.after(start.row, is_forward)
                }
            };
            let page = reading.page();
            selected.items.extend(page.items);
            selected.consumed.add(page.consumed);
            bytes += page.bytes;
            reading.limit = reading.limit.map(|limit| limit - page.scanned);
            if let Some(key) = page.last {
                selected.next = Some(From { partition, key: Some(key) });
                break;
            }
            if bytes >= limits::PAGE_BYTES_MAX {
                selected.next = Some(From { partition: partition + 1, key: None });
                break;
            }
        }
        let table = self.writable(cx, name)?;
        settle_request(
            cx,
            table,
            Source::all(select.index.as_deref()),
            "ExecuteStatement",
            &selected.consumed,
            strict,
        )?;
        let items = i64::try_from(selected.items.len()).unwrap_or(i64::MAX);
        meters::returned(cx, &table.name, "ExecuteStatement", items);
        Ok(selected)
    }
}
