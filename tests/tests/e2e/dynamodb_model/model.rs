//! The model: a map from keys to items of four attributes, so simple that it cannot share DynamoDB's bugs.

use std::collections::{BTreeMap, BTreeSet};

/// `pk` and `sk`.
pub(crate) type Key = (String, i64);

/// What an item has beside its key. An empty set is no attribute.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) n: Option<i64>,
    pub(crate) tag: Option<String>,
    pub(crate) list: Option<Vec<i64>>,
    pub(crate) set: BTreeSet<String>,
}

/// One clause of an update.
#[derive(Clone, Debug)]
pub(crate) enum Edit {
    AddToN(i64),
    /// An error where there is no `n`.
    TakeFromN(i64),
    SetNIfAbsent(i64),
    SetTag(String),
    RemoveTag,
    Append(i64),
    RemoveFirst,
    AddToSet(String),
    DeleteFromSet(String),
}

impl Edit {
    fn takes_away(&self) -> bool {
        matches!(self, Self::RemoveTag | Self::RemoveFirst | Self::DeleteFromSet(_))
    }

    /// The attribute that it is about: an update names each once.
    fn about(&self) -> u8 {
        match self {
            Self::AddToN(_) | Self::TakeFromN(_) | Self::SetNIfAbsent(_) => 0,
            Self::SetTag(_) | Self::RemoveTag => 1,
            Self::Append(_) | Self::RemoveFirst => 2,
            Self::AddToSet(_) | Self::DeleteFromSet(_) => 3,
        }
    }
}

/// The edits of an update: of two about one attribute, the first.
pub(crate) fn distinct(edits: &[Edit]) -> Vec<&Edit> {
    let mut seen = BTreeSet::new();
    edits.iter().filter(|edit| seen.insert(edit.about())).collect()
}

/// What is done to one key.
#[derive(Clone, Debug)]
pub(crate) enum Write {
    Put(Item),
    Update(Vec<Edit>),
    Delete,
}

/// When.
#[derive(Clone, Debug)]
pub(crate) enum Condition {
    None,
    Exists,
    IsNew,
    NBelow(i64),
    SetHas(String),
    ListLongerThan(usize),
}

impl Condition {
    fn holds(&self, item: Option<&Item>) -> bool {
        match self {
            Self::None => true,
            Self::Exists => item.is_some(),
            Self::IsNew => item.is_none(),
            Self::NBelow(bound) => item.and_then(|item| item.n).is_some_and(|n| n < *bound),
            Self::SetHas(tag) => item.is_some_and(|item| item.set.contains(tag)),
            Self::ListLongerThan(size) => {
                item.and_then(|item| item.list.as_ref()).is_some_and(|list| list.len() > *size)
            }
        }
    }
}

/// How a write ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// Done; the item that was there before.
    Done(Option<Item>),
    /// The condition does not hold.
    Refused,
    /// The update cannot be made of this item.
    Impossible,
}

/// The map, and how often an item in it has become another.
#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    items: BTreeMap<Key, Item>,
    pub(crate) changes: usize,
}

impl Model {
    pub(crate) fn get(&self, key: &Key) -> Option<&Item> {
        self.items.get(key)
    }

    pub(crate) fn items(&self) -> impl Iterator<Item = (Key, Item)> + '_ {
        self.items.iter().map(|(key, item)| (key.clone(), item.clone()))
    }

    pub(crate) fn set(&mut self, key: &Key, item: Option<Item>) {
        self.changes += usize::from(self.items.get(key) != item.as_ref());
        match item {
            Some(item) => drop(self.items.insert(key.clone(), item)),
            None => drop(self.items.remove(key)),
        }
    }

    /// What a write would leave there.
    fn next(&self, key: &Key, write: &Write, condition: &Condition) -> Result<Option<Item>, Told> {
        let old = self.items.get(key);
        if !condition.holds(old) {
            return Err(Told::Refused);
        }
        match write {
            Write::Put(item) => Ok(Some(item.clone())),
            Write::Delete => Ok(None),
            // What only takes away makes no item.
            Write::Update(edits) if old.is_none() && distinct(edits).iter().all(|edit| edit.takes_away()) => {
                Ok(None)
            }
            Write::Update(edits) => {
                let mut item = old.cloned().unwrap_or_default();
                for edit in distinct(edits) {
                    apply(&mut item, edit).ok_or(Told::Impossible)?;
                }
                Ok(Some(item))
            }
        }
    }

    pub(crate) fn write(&mut self, key: &Key, write: &Write, condition: &Condition) -> Told {
        match self.next(key, write, condition) {
            Ok(next) => {
                let old = self.items.get(key).cloned();
                self.set(key, next);
                Told::Done(old)
            }
            Err(told) => told,
        }
    }

    /// Whether all was done: all or nothing.
    pub(crate) fn transact(&mut self, writes: &[(Key, Write, Condition)]) -> bool {
        let next: Result<Vec<Option<Item>>, Told> =
            writes.iter().map(|(key, write, condition)| self.next(key, write, condition)).collect();
        let Ok(next) = next else { return false };
        for ((key, ..), item) in writes.iter().zip(next) {
            self.set(key, item);
        }
        true
    }

    pub(crate) fn batch(&mut self, writes: &[(Key, Option<Item>)]) {
        for (key, item) in writes {
            self.set(key, item.clone());
        }
    }
}

/// None where the edit is an error.
fn apply(item: &mut Item, edit: &Edit) -> Option<()> {
    match edit {
        Edit::AddToN(by) => item.n = Some(item.n.unwrap_or(0) + by),
        Edit::TakeFromN(by) => item.n = Some(item.n? - by),
        Edit::SetNIfAbsent(n) => item.n = Some(item.n.unwrap_or(*n)),
        Edit::SetTag(tag) => item.tag = Some(tag.clone()),
        Edit::RemoveTag => item.tag = None,
        Edit::Append(value) => item.list.get_or_insert_default().push(*value),
        Edit::RemoveFirst => {
            // A path into a list that is not there is an error; an index beyond its end is none.
            let list = item.list.as_mut()?;
            if !list.is_empty() {
                list.remove(0);
            }
        }
        Edit::AddToSet(tag) => drop(item.set.insert(tag.clone())),
        Edit::DeleteFromSet(tag) => drop(item.set.remove(tag)),
    }
    Some(())
}
