//! [`Write`]: the one write that all operations are made of: decided first ([`Write::plan`]), then made ([`Write::make`]).
//!
//! A transaction decides all its writes before it makes the first.

use wavetank_wire::Val;

use crate::services::dynamodb::error::DynamoError;
use crate::services::dynamodb::expression::{Condition, Source, Update};
use crate::services::dynamodb::limits;
use crate::services::dynamodb::table::{Key, KeyAttribute, Origin, Table};
use crate::services::dynamodb::value::{AttributeValue, Item, Packed, ValueError, item_bytes, item_from_val};
use crate::world::Cx;

use super::capacity::{Consumed, Manner, write_units};
use super::error::DataError;
use super::meters;
use super::throttle::Way;

/// What a client wants of one item, checked as far as that goes without looking at the item.
#[derive(Debug)]
pub(super) struct Write {
    pub(super) key: Key,
    pub(super) action: Action,
    pub(super) condition: Option<Condition>,
    /// Whether the client wants to see the item if the condition fails.
    pub(super) shows_failed: bool,
    /// Whether nothing happens to an item that is absent, whatever the condition.
    pub(super) spares_absent: bool,
}

#[derive(Debug)]
pub(super) enum Action {
    Put(Packed),
    /// A put where no item is yet.
    Insert(Packed),
    Update(Update),
    Delete,
    /// Nothing but the condition.
    Check,
}

/// What a write comes to.
#[derive(Debug)]
pub(super) struct Plan {
    /// The item before, where that had to be looked up.
    pub(super) old: Option<Packed>,
    outcome: Outcome,
}

#[derive(Debug)]
enum Outcome {
    Set(Option<Packed>),
    Leave,
}

/// What a write did.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) old: Option<Packed>,
    pub(super) new: Option<Packed>,
    pub(super) consumed: Consumed,
}

/// An item that a client sent to be stored, checked by itself.
pub(super) fn read_item(item: Val) -> Result<Packed, DynamoError> {
    let item = Packed::from_wire(item)?;
    if item.item_bytes() > limits::ITEM_BYTES_MAX {
        return Err(DataError::ItemTooLarge.into());
    }
    Ok(item)
}

/// A key that a client sent.
pub(super) fn read_key(key: Val) -> Result<Item, ValueError> {
    item_from_val(key)
}

/// The same without a map, for reads that need none.
pub(super) fn read_entries(key: Val) -> Result<Vec<(String, AttributeValue)>, ValueError> {
    let Val::Map(entries) = key.opened() else { return Ok(Vec::new()) };
    entries.into_iter().map(|(name, val)| Ok((name, AttributeValue::from_wire(val)?))).collect()
}

impl Write {
    /// A write of the whole item.
    pub(super) fn put(
        table: &Table,
        item: Packed,
        condition: Option<Condition>,
    ) -> Result<Self, DynamoError> {
        let key = table.keys.of_item(&item)?;
        check_index_keys(table, &item)?;
        Ok(Self { key, action: Action::Put(item), condition, shows_failed: false, spares_absent: false })
    }

    /// A change of parts of an item.
    pub(super) fn update(
        table: &Table,
        key: Item,
        update: Update,
        condition: Option<Condition>,
    ) -> Result<Self, DynamoError> {
        let key = table.keys.of_request(key)?;
        update.check_keys(&table.keys.terms())?;
        check_index_updates(table, &update)?;
        Ok(Self { key, action: Action::Update(update), condition, shows_failed: false, spares_absent: false })
    }

    /// A put of an item that must not be there yet.
    pub(super) fn insert(table: &Table, item: Packed) -> Result<Self, DynamoError> {
        let mut write = Self::put(table, item, None)?;
        if let Action::Put(item) = write.action {
            write.action = Action::Insert(item);
        }
        Ok(write)
    }

    /// The end of an item.
    pub(super) fn delete(
        table: &Table,
        key: Item,
        condition: Option<Condition>,
    ) -> Result<Self, DynamoError> {
        let key = table.keys.of_request(key)?;
        Ok(Self { key, action: Action::Delete, condition, shows_failed: false, spares_absent: false })
    }

    /// No more than a look.
    pub(super) fn check(table: &Table, key: Item, condition: Option<Condition>) -> Result<Self, DynamoError> {
        let key = table.keys.of_request(key)?;
        Ok(Self { key, action: Action::Check, condition, shows_failed: false, spares_absent: false })
    }

    /// The same, and the item is shown if the condition fails and the client wants that.
    pub(super) fn showing(mut self, return_values_on_failure: Option<&str>) -> Self {
        self.shows_failed = return_values_on_failure == Some("ALL_OLD");
        self
    }

    /// What it comes to. Nothing changes here.
    pub(super) fn plan(&self, table: &Table) -> Result<Plan, DynamoError> {
        let looks = matches!(self.action, Action::Update(_) | Action::Insert(_));
        let needs_old = looks || self.condition.is_some() || self.spares_absent;
        let old = if needs_old { table.rows.get(&self.key.row()).cloned() } else { None };
        if self.spares_absent && old.is_none() {
            return Ok(Plan { old, outcome: Outcome::Leave });
        }
        if let Some(condition) = &self.condition {
            let holds = match &old {
                Some(item) => condition.holds(item),
                None => condition.holds(&Item::new()),
            };
            if !holds {
                let item = old.filter(|_| self.shows_failed).map(Box::new);
                return Err(DataError::ConditionFailed { item }.into());
            }
        }
        let outcome = match &self.action {
            Action::Put(item) => Outcome::Set(Some(item.clone())),
            Action::Insert(_) if old.is_some() => return Err(DataError::DuplicateItem.into()),
            Action::Insert(item) => Outcome::Set(Some(item.clone())),
            Action::Delete => Outcome::Set(None),
            Action::Check => Outcome::Leave,
            Action::Update(update) if old.is_none() && !update.creates() => Outcome::Leave,
            Action::Update(update) => Outcome::Set(Some(self.updated(table, update, old.as_ref())?)),
        };
        Ok(Plan { old, outcome })
    }

    fn updated(&self, table: &Table, update: &Update, old: Option<&Packed>) -> Result<Packed, DynamoError> {
        let before = old.map_or_else(|| self.key.to_item(&table.keys), Packed::unpack);
        let after = update.apply(&before)?;
        if item_bytes(&after) > limits::ITEM_BYTES_MAX {
            return Err(DataError::UpdatedTooLarge.into());
        }
        for (_, attribute) in index_keys(table) {
            let Some(value) = after.get(&attribute.name) else { continue };
            if value.kind() != attribute.kind {
                return Err(DataError::UpdatedIndexKeyType.into());
            }
            if let Some(kind) = empty(value) {
                return Err(DataError::UpdatedIndexKeyEmpty { kind }.into());
            }
        }
        Ok(Packed::of(&after))
    }

    /// Decides and makes it, if the table is not too busy.
    pub(super) fn perform(
        self,
        cx: &mut Cx<'_>,
        table: &mut Table,
        operation: &str,
        strict: bool,
    ) -> Result<Done, DynamoError> {
        let plan = match self.admitted_plan(cx, table, Manner::Plain, strict) {
            Ok(plan) => plan,
            Err(why) => {
                if matches!(&why, DynamoError::Data(DataError::Throttled { .. })) {
                    meters::refused(cx, &table.name, operation);
                }
                return Err(why);
            }
        };
        let done = self.make(cx, table, plan, Manner::Plain, strict);
        meters::granted(cx, &table.name, operation, Way::Write);
        Ok(done)
    }

    /// The plan, unless the table or an index that it reaches is too busy. What failed costs too.
    pub(super) fn admitted_plan(
        &self,
        cx: &mut Cx<'_>,
        table: &mut Table,
        manner: Manner,
        strict: bool,
    ) -> Result<Plan, DynamoError> {
        let planned = self.plan(table);
        if strict {
            let now = cx.now;
            let new = match &planned {
                Ok(Plan { outcome: Outcome::Set(Some(item)), .. }) => Some(item.clone()),
                _ => None,
            };
            let row = self.key.row();
            let old = table.rows.get(&row).cloned();
            if let Err(why) = table.admit_write(now, row.hash(), old.as_ref(), new.as_ref()) {
                if let DataError::Throttled { way, index, .. } = &why {
                    meters::throttled(cx, &table.name, index.as_deref(), *way);
                }
                return Err(why.into());
            }
        }
        if let Err(DynamoError::Data(DataError::ConditionFailed { .. })) = &planned {
            self.pay_for_failure(cx, table, manner, strict);
        }
        planned
    }

    /// A write whose condition fails costs what the item that is there would cost, and twice that in a transaction.
    /// Documented: docs.aws.amazon.com/amazondynamodb/latest/developerguide/WorkingWithItems.html (an edition of 2023-02 read 2026-11-28).
    /// Documented: transaction-apis.html, for what each item of a transaction costs. Assumed: that one which fails costs so too.
    fn pay_for_failure(&self, cx: &mut Cx<'_>, table: &mut Table, manner: Manner, strict: bool) {
        let row = self.key.row();
        let bytes = table.rows.get(&row).map_or(0, Packed::item_bytes);
        let consumed = Consumed::of_table(write_units(bytes, manner));
        meters::condition_failed(cx, &table.name);
        meters::consumed(cx, &table.name, &consumed, Way::Write);
        if strict {
            table.charge_write(&consumed, row.hash(), None);
        }
    }

    /// Makes the write that was planned.
    pub(super) fn make(
        self,
        cx: &mut Cx<'_>,
        table: &mut Table,
        plan: Plan,
        manner: Manner,
        strict: bool,
    ) -> Done {
        let hash = if strict { self.key.row().hash() } else { 0 };
        let done = match plan.outcome {
            Outcome::Set(new) => {
                let change = table.change_packed(cx, self.key, new, Origin::Client);
                let consumed = Consumed::of_change(table, &change, manner);
                Done { old: change.old, new: change.new, consumed }
            }
            Outcome::Leave => {
                let bytes = plan.old.as_ref().map_or(0, Packed::item_bytes);
                let consumed = Consumed::of_table(write_units(bytes, manner));
                Done { new: plan.old.clone(), old: plan.old, consumed }
            }
        };
        meters::consumed(cx, &table.name, &done.consumed, Way::Write);
        if strict {
            table.charge_write(&done.consumed, hash, done.new.as_ref().or(done.old.as_ref()));
        }
        done
    }
}

/// The key attributes of all indexes, each with its index's name.
fn index_keys(table: &Table) -> impl Iterator<Item = (&str, &KeyAttribute)> {
    let indexes = table.indexes.values();
    indexes.flat_map(|index| index.keys.attributes().map(|attribute| (index.name.as_str(), attribute)))
}

/// What is empty, as messages call it; nothing if the value is not.
fn empty(value: &AttributeValue) -> Option<&'static str> {
    match value {
        AttributeValue::S(text) if text.is_empty() => Some("string"),
        AttributeValue::B(bytes) if bytes.is_empty() => Some("binary"),
        _ => None,
    }
}

/// An item may lack an index's key, but not have it of another type, or empty.
fn check_index_keys(table: &Table, item: &Packed) -> Result<(), DataError> {
    for (index, attribute) in index_keys(table) {
        if table.keys.contains(&attribute.name) {
            continue;
        }
        let Some(value) = item.attribute(&attribute.name) else { continue };
        let (index, name) = (index.to_owned(), attribute.name.clone());
        if value.kind() != attribute.kind {
            let (expected, actual) = (attribute.kind.name(), value.kind().name());
            return Err(DataError::IndexKeyType { name, expected, actual, index });
        }
        if let Some(kind) = empty(&value) {
            return Err(DataError::IndexKeyEmpty { kind, index, name });
        }
    }
    Ok(())
}

/// The same of values that an update sets, as far as they stand in the request.
fn check_index_updates(table: &Table, update: &Update) -> Result<(), DataError> {
    for (index, attribute) in index_keys(table) {
        let set =
            update.sets.iter().find(|(path, _)| path.attribute == attribute.name && path.steps.is_empty());
        let added =
            update.adds.iter().find(|(path, _)| path.attribute == attribute.name && path.steps.is_empty());
        let value = match set {
            Some((_, Source::Value(value))) => Some(value),
            _ => added.map(|(_, value)| value),
        };
        let Some(value) = value.filter(|value| value.kind() != attribute.kind) else { continue };
        return Err(DataError::IndexKeyType {
            name: attribute.name.clone(),
            expected: attribute.kind.name(),
            actual: value.kind().name(),
            index: index.to_owned(),
        });
    }
    Ok(())
}
