//! Which table and index a request means.

use crate::services::dynamodb::error::DynamoError;
use crate::services::dynamodb::table::settings::Status;
use crate::services::dynamodb::table::{Index, Table};
use crate::services::dynamodb::{DynamoDb, Regional};
use crate::world::Cx;

use super::error::DataError;

/// Characters of a table's name, at most.
const NAME_CHARACTERS_MAX: usize = 255;

/// The name of the table that a request names, perhaps by its ARN.
///
/// Documented: TableName may be an ARN (the service model). Assumed: that an ARN of another region or account
/// leads to no table, since policies do not open tables to others here.
pub(super) fn table_name<'a>(cx: &Cx<'_>, given: &'a str) -> Result<&'a str, DynamoError> {
    if let Some(arn) = given.strip_prefix("arn:") {
        let mut parts = arn.splitn(5, ':').skip(2);
        let (region, account, resource) = (parts.next(), parts.next(), parts.next());
        let name = resource.and_then(|resource| resource.strip_prefix("table/"));
        let is_here = region == Some(cx.scope.region.as_str()) && account == Some(cx.scope.account.as_str());
        return name.filter(|_| is_here).ok_or(DynamoError::NoSuchTable);
    }
    if given.len() > NAME_CHARACTERS_MAX {
        return Err(DataError::TableNameTooLong(given.to_owned()).into());
    }
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    if !given.bytes().all(is_allowed) {
        return Err(DataError::TableNamePattern(given.to_owned()).into());
    }
    Ok(given)
}

impl DynamoDb {
    /// The table of this name in the caller's region, to be read.
    pub(super) fn readable(&self, cx: &Cx<'_>, name: &str) -> Result<&Table, DynamoError> {
        let region = self.regions.get(&cx.scope.region).ok_or(DynamoError::NoSuchTable)?;
        region.readable(name)
    }

    /// The same to be written.
    pub(super) fn writable(&mut self, cx: &Cx<'_>, name: &str) -> Result<&mut Table, DynamoError> {
        let region = self.regions.get_mut(&cx.scope.region).ok_or(DynamoError::NoSuchTable)?;
        region.writable(name)
    }
}

impl Regional {
    pub(super) fn readable(&self, name: &str) -> Result<&Table, DynamoError> {
        self.tables.get(name).filter(|table| has_items(table)).ok_or(DynamoError::NoSuchTable)
    }

    pub(super) fn writable(&mut self, name: &str) -> Result<&mut Table, DynamoError> {
        let table = self.tables.get_mut(name).filter(|table| has_items(table));
        let table = table.ok_or(DynamoError::NoSuchTable)?;
        if table.has_clockwork() {
            self.touched.push(name.to_owned());
        }
        Ok(table)
    }
}

/// A table that is not there yet, or almost gone, is none to operations on items.
/// Recorded: dynalite's `index.js` of its store, for a table that is being created or deleted.
const fn has_items(table: &Table) -> bool {
    matches!(table.settings.life.status, Status::Active | Status::Updating)
}

/// The index that a Query or Scan names.
pub(super) fn index<'t>(
    table: &'t Table,
    name: Option<&str>,
    is_consistent: bool,
) -> Result<Option<&'t Index>, DataError> {
    let Some(name) = name else { return Ok(None) };
    let absent = || DataError::NoSuchIndex(name.to_owned());
    let index = table.indexes.get(name).ok_or_else(absent)?;
    if let Some(global) = table.settings.indexes.get(name) {
        match global.life.status {
            Status::Creating => return Err(DataError::IndexBackfilling(name.to_owned())),
            // Assumed: that an index which is being deleted is gone to readers.
            Status::Deleting => return Err(absent()),
            Status::Active | Status::Updating => {}
        }
    }
    if index.is_global && is_consistent {
        return Err(DataError::ConsistentOnGlobal);
    }
    Ok(Some(index))
}
