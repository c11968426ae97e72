//! `AttributeUpdates`: what becomes of whole attributes.

use std::collections::BTreeMap;

pub(crate) use wavetank_wire::dynamodb::AttributeValueUpdate as UpdateEntry;

use super::super::expression::{Dialect, Path, Source, Update};
use super::super::value::{AttributeValue, Type};
use super::LegacyError;

/// What `AttributeUpdates` says. An entry without an action is a PUT.
///
/// Recorded: Alternator's `test_item.py`: ADD also appends to lists, as UpdateExpression's ADD does not.
pub(crate) fn update(entries: BTreeMap<String, UpdateEntry>) -> Result<Update, LegacyError> {
    let mut update = Update { dialect: Dialect::Legacy, ..Update::default() };
    for (attribute, entry) in entries {
        let path = Path::attribute(attribute);
        let value = entry.value.map(AttributeValue::from_wire).transpose()?;
        match (entry.action.as_deref(), value) {
            (Some("DELETE"), None) => update.removes.push(path),
            (_, None) => return Err(LegacyError::NoValue),
            (Some("DELETE"), Some(value)) => match value.kind() {
                Type::Ss | Type::Ns | Type::Bs => update.deletes.push((path, value)),
                kind => return Err(LegacyError::DeleteType(kind)),
            },
            (Some("ADD"), Some(value)) => match value.kind() {
                Type::N | Type::L | Type::Ss | Type::Ns | Type::Bs => update.adds.push((path, value)),
                kind => return Err(LegacyError::AddType(kind)),
            },
            (_, Some(value)) => update.sets.push((path, Source::Value(value))),
        }
    }
    Ok(update)
}
