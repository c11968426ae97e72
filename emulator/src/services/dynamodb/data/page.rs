//! [`Reading`]: a page of a table or an index, for Query, Scan and PartiQL; and where a page begins and ends.
//!
//! A page ends after `Limit` items or with the item that brings it to 1 MB, counted before the filter; it then tells the key
//! of its last item, whether more follows or not.
//! Documented: docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.html (an edition of 2023-02 read 2026-11-28).
//! Assumed: that a page's bytes are the items' weights; AWS seems to count an inner form of them (dynalite's `db/index.js`).

use wavetank_wire::Val;
use wavetank_wire::dynamodb::ConsumedCapacity;

use crate::services::dynamodb::DynamoDb;
use crate::services::dynamodb::error::DynamoError;
use crate::services::dynamodb::expression::{Condition, Projection};
use crate::services::dynamodb::limits;
use crate::services::dynamodb::partiql::Columns;
use crate::services::dynamodb::table::{self, Index, Key, KeyError, KeySchema, Range, RowKey, Table};
use crate::services::dynamodb::value::{Item, Packed, ValueError, item_from_val, item_to_val};
use crate::world::Cx;

use super::capacity::{self, Consumed, IndexConsumed, Manner, Split, read_units};
use super::error::DataError;
use super::meters;
use super::single::{Source, settle_request};

/// What to read, and what to do with it.
#[derive(Debug)]
pub(super) struct Reading<'t> {
    pub(super) table: &'t Table,
    pub(super) index: Option<&'t Index>,
    pub(super) range: Range,
    pub(super) is_forward: bool,
    /// Items to look at, at most.
    pub(super) limit: Option<i64>,
    pub(super) filter: Option<Condition>,
    pub(super) answered: Answered,
    pub(super) manner: Manner,
}

/// What is answered of the items that pass.
#[derive(Debug)]
pub(super) enum Answered {
    /// How many there are.
    Count,
    /// What the table or index has of them, or these parts.
    Found(Option<Parts>),
    /// What the table has of them, or these parts, though they were found in a local index that has less.
    Fetched(Option<Parts>),
}

/// Parts of items.
#[derive(Debug)]
pub(super) enum Parts {
    Projection(Projection),
    /// PartiQL's.
    Columns(Columns),
}

impl Parts {
    fn of(&self, item: &Packed) -> Val {
        match self {
            Self::Projection(projection) => item_to_val(&projection.of(item)),
            Self::Columns(columns) => item_to_val(&columns.of(item)),
        }
    }

    fn attributes(&self) -> Vec<&str> {
        match self {
            Self::Projection(projection) => projection.attributes().collect(),
            Self::Columns(columns) => columns.attributes().collect(),
        }
    }

    /// Of these, if any are named.
    pub(super) fn projection(&self) -> Option<&Projection> {
        match self {
            Self::Projection(projection) => Some(projection),
            Self::Columns(_) => None,
        }
    }
}

/// What was read.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) items: Vec<Val>,
    pub(super) count: i64,
    pub(super) scanned: i64,
    /// The key of the last item that was looked at, if the page ended there.
    pub(super) last: Option<Val>,
    pub(super) consumed: Consumed,
    /// What was looked at.
    pub(super) bytes: usize,
}

impl Reading<'_> {
    /// Reads a page.
    pub(super) fn page(&self) -> Page {
        let rows = self.index.map_or(&self.table.rows, |index| &index.rows);
        let limit = self.limit.unwrap_or(i64::MAX);
        let (mut page, mut bytes, mut fetched) = (Page::default(), 0, 0.0);
        for (_, found) in rows.range(&self.range, self.is_forward) {
            page.scanned += 1;
            bytes += found.item_bytes();
            let whole = match self.answered {
                Answered::Fetched(_) => self.fetch(found),
                _ => None,
            };
            if let Some(item) = whole {
                fetched += read_units(item.item_bytes(), self.manner);
            }
            self.take(whole.unwrap_or(found), &mut page);
            if page.scanned >= limit || bytes >= limits::PAGE_BYTES_MAX {
                page.last = Some(found.wire_of(key_names(self.table, self.index)));
                break;
            }
        }
        page.consumed = self.consumed(bytes, fetched);
        page.bytes = bytes;
        page
    }

    fn take(&self, item: &Packed, page: &mut Page) {
        if self.filter.as_ref().is_some_and(|filter| !filter.holds(item)) {
            return;
        }
        page.count += 1;
        if let Answered::Found(parts) | Answered::Fetched(parts) = &self.answered {
            page.items.push(parts.as_ref().map_or_else(|| item.to_wire(), |parts| parts.of(item)));
        }
    }

    /// The table's item of an index's.
    fn fetch(&self, found: &Packed) -> Option<&Packed> {
        let key = self.table.keys.in_index(found)?;
        self.table.rows.get(&key.row())
    }

    /// An index is read at its own cost; each item that is fetched is a read of the table.
    /// Documented: docs.aws.amazon.com/amazondynamodb/latest/developerguide/LSI.html (an edition of 2023-02 read 2026-11-28).
    fn consumed(&self, bytes: usize, fetched: f64) -> Consumed {
        let units = read_units(bytes, self.manner);
        match self.index {
            None => Consumed::of_table(units),
            Some(index) => {
                let (name, is_global) = (index.name.clone(), index.is_global);
                Consumed { table: fetched, indexes: vec![IndexConsumed { name, is_global, units }] }
            }
        }
    }
}

/// A page as Query and Scan answer it.
pub(super) struct Told {
    pub(super) items: Option<Vec<Val>>,
    pub(super) count: Option<i64>,
    pub(super) scanned: Option<i64>,
    pub(super) last: Option<Val>,
    pub(super) consumed: Option<ConsumedCapacity>,
}

/// Of whom a page is told, and how.
pub(super) struct Reader<'a> {
    /// As the client named the table.
    pub(super) given: &'a str,
    pub(super) name: &'a str,
    pub(super) operation: &'static str,
    pub(super) source: Source<'a>,
    pub(super) consumed: Option<&'a str>,
    /// Whether only the number of items is wanted.
    pub(super) is_count: bool,
}

impl DynamoDb {
    /// Counts a page that was read, or refuses it because its table is too busy.
    pub(super) fn settle_page(
        &mut self,
        cx: &mut Cx<'_>,
        reader: &Reader<'_>,
        page: Page,
    ) -> Result<Told, DynamoError> {
        let strict = self.strict;
        let table = self.writable(cx, reader.name)?;
        settle_request(cx, table, reader.source, reader.operation, &page.consumed, strict)?;
        meters::returned(cx, &table.name, reader.operation, page.count);
        let consumed = capacity::Told::of(reader.consumed).wire(reader.given, &page.consumed, Split::None);
        Ok(Told {
            items: (!reader.is_count).then_some(page.items),
            count: Some(page.count),
            scanned: Some(page.scanned),
            last: page.last,
            consumed,
        })
    }
}

/// The attributes of a start key: the index's, then what the table's key has besides.
fn key_names<'t>(table: &'t Table, index: Option<&'t Index>) -> impl Iterator<Item = &'t str> {
    let of = |keys: &'t KeySchema| keys.attributes().map(|attribute| attribute.name.as_str());
    let own = index.into_iter().flat_map(move |index| of(&index.keys));
    let others = move |name: &&str| index.is_none_or(|index| !index.keys.contains(name));
    own.chain(of(&table.keys).filter(others))
}

/// The values of a request's start key. Of what is wrong with a value, most is told as wrong with the key.
/// Recorded: dynalite's tests, for which is and which is not.
pub(super) fn read_start(start: Option<Val>) -> Result<Option<Item>, DynamoError> {
    let Some(start) = start else { return Ok(None) };
    match item_from_val(start) {
        Ok(item) => Ok(Some(item)),
        Err(
            why @ (ValueError::Duplicates(_)
            | ValueError::DuplicateNumbers
            | ValueError::EmptyNumberSet
            | ValueError::Number(_)),
        ) => Err(why.into()),
        Err(why) => Err(DataError::StartKeyBecause(why.to_string()).into()),
    }
}

/// A start key that fits its table or index.
#[derive(Debug)]
pub(super) struct Start {
    /// The key that is read along.
    pub(super) key: Key,
    pub(super) row: RowKey,
}

impl Start {
    /// Holds a start key against the schema.
    pub(super) fn of(mut start: Item, table: &Table, index: Option<&Index>) -> Result<Self, DynamoError> {
        let names = key_names(table, index).count();
        let because = |why: KeyError| DataError::StartKeyBecause(why.to_string());
        let Some(index) = index else {
            let key = table.keys.of_request(start).map_err(because)?;
            let row = key.row();
            return Ok(Self { key, row });
        };
        if start.len() != names {
            return Err(DataError::StartKey.into());
        }
        let mut of_index = Item::new();
        for attribute in index.keys.attributes() {
            let value = start.get(&attribute.name).ok_or(DataError::StartKey)?;
            of_index.insert(attribute.name.clone(), value.clone());
        }
        let key = index.keys.of_request(of_index)?;
        start.retain(|name, _| table.keys.contains(name));
        let base = table.keys.of_request(start).map_err(because)?;
        let row = RowKey::in_index(&key.partition, key.sort.as_ref(), &base.row());
        Ok(Self { key, row })
    }
}

/// What a request wants of the items: `Select`, held against projection and index.
#[derive(Debug)]
pub(super) struct Selection<'a> {
    pub(super) select: Option<&'a str>,
    pub(super) projection: Option<Parts>,
    /// The parameter that the projection came in.
    pub(super) parameter: &'static str,
}

impl Selection<'_> {
    /// What is wrong with it before any table is known.
    /// Recorded: moto's tests of the sentences (`test_dynamodb_select.py`). Assumed: that Scan says the same.
    pub(super) fn check(&self, index: Option<&str>) -> Result<(), DataError> {
        let has_projection = self.projection.is_some();
        let refused = |wanted| Err(DataError::ProjectionBeside { parameter: self.parameter, wanted });
        match self.select {
            Some("SPECIFIC_ATTRIBUTES") if !has_projection => Err(DataError::NothingSpecified),
            Some("COUNT") if has_projection => refused("only the Count"),
            Some("ALL_ATTRIBUTES") if has_projection => refused("ALL_ATTRIBUTES"),
            Some("ALL_PROJECTED_ATTRIBUTES") if has_projection => refused("ALL_PROJECTED_ATTRIBUTES"),
            Some("ALL_PROJECTED_ATTRIBUTES") if index.is_none() => Err(DataError::ProjectedWithoutIndex),
            _ => Ok(()),
        }
    }

    /// What is answered, once table and index are known.
    pub(super) fn answered(self, table: &Table, index: Option<&Index>) -> Result<Answered, DataError> {
        let Some(index) = index else {
            return Ok(if self.select == Some("COUNT") {
                Answered::Count
            } else {
                Answered::Found(self.projection)
            });
        };
        let is_whole = matches!(index.projection, table::Projection::All);
        match (self.select, &self.projection) {
            (Some("COUNT"), _) => return Ok(Answered::Count),
            (Some("ALL_ATTRIBUTES"), _) if !is_whole && index.is_global => {
                return Err(DataError::AllOfGlobal(index.name.clone()));
            }
            (Some("ALL_ATTRIBUTES"), _) if !is_whole => return Ok(Answered::Fetched(None)),
            (_, None) => return Ok(Answered::Found(None)),
            (_, Some(_)) => {}
        }
        let wanted = self.projection.as_ref().into_iter().flat_map(Parts::attributes);
        let absent: Vec<String> =
            wanted.filter(|name| !index.projects(&table.keys, name)).map(str::to_owned).collect();
        match absent.is_empty() {
            true => Ok(Answered::Found(self.projection)),
            false if index.is_global => {
                Err(DataError::NotProjected { index: index.name.clone(), attributes: absent })
            }
            false => Ok(Answered::Fetched(self.projection)),
        }
    }
}

/// Attributes of keys hold scalars: nothing can be within them.
/// Recorded: dynalite's tests.
pub(super) fn check_key_paths(
    table: &Table,
    filter: Option<&Condition>,
    projection: Option<&Projection>,
) -> Result<(), DataError> {
    let mut nested: Vec<&str> = Vec::new();
    if let Some(filter) = filter {
        filter.visit_paths(&mut |path| {
            if path.is_nested() {
                nested.push(&path.attribute);
            }
        });
    }
    nested.extend(projection.into_iter().flat_map(Projection::nested_attributes));
    if nested.is_empty() {
        return Ok(());
    }
    if let Some(name) = nested.iter().find(|name| table.keys.contains(name)) {
        return Err(DataError::WithinKey { what: "Key", name: (*name).to_owned() });
    }
    let is_index_key = |name: &&&str| table.indexes.values().any(|index| index.keys.contains(name));
    match nested.iter().find(is_index_key) {
        Some(name) => Err(DataError::WithinKey { what: "IndexKey", name: (*name).to_owned() }),
        None => Ok(()),
    }
}
