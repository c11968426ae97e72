//! Which table a request means: by name or by ARN.

use wavetank_types::Arn;

use super::TableError;
use super::limits::NAME_LETTERS;
use crate::services::dynamodb::Regional;
use crate::services::dynamodb::table::Table;
use crate::services::dynamodb::table::settings::Status;
use crate::world::Cx;

/// The name of the table that a request means, which need not exist.
///
/// Recorded: both sentences, dynalite's tests. Assumed: the one for a table of another region or account.
pub(crate) fn table_name<'a>(cx: &Cx<'_>, text: &'a str) -> Result<&'a str, TableError> {
    let name = match text.strip_prefix("arn:") {
        None => text,
        Some(_) => of_arn(cx, text)?,
    };
    if !NAME_LETTERS.contains(&name.len()) {
        let why = "TableName must be at least 3 characters long and at most 255 characters long";
        return Err(TableError::Request(why.to_owned()));
    }
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte)) {
        return Err(TableError::Request(format!(
            "1 validation error detected: Value '{name}' at 'tableName' failed to satisfy constraint: Member must \
             satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
        )));
    }
    Ok(name)
}

/// The table's name in its ARN or in one of its index or stream.
fn of_arn<'a>(cx: &Cx<'_>, text: &'a str) -> Result<&'a str, TableError> {
    let invalid =
        || TableError::Request(format!("Invalid TableArn: Invalid ResourceArn provided as input {text}"));
    let arn: Arn = text.parse().map_err(|_| invalid())?;
    let (_, resource) = text.split_once(":table/").ok_or_else(invalid)?;
    if (arn.region.as_str(), arn.account.as_str()) != (cx.scope.region.as_str(), cx.scope.account.as_str()) {
        return Err(TableError::NotFound(text.to_owned()));
    }
    Ok(resource.split('/').next().unwrap_or(resource))
}

impl Regional {
    /// The table that a request about tables means, in whatever state.
    pub(crate) fn described(&self, cx: &Cx<'_>, text: &str) -> Result<&Table, TableError> {
        let name = table_name(cx, text)?;
        self.tables.get(name).ok_or_else(|| TableError::NotFound(name.to_owned()))
    }

    /// The same, to change it.
    pub(crate) fn described_mut(&mut self, cx: &Cx<'_>, text: &str) -> Result<&mut Table, TableError> {
        let name = table_name(cx, text)?;
        self.tables.get_mut(name).ok_or_else(|| TableError::NotFound(name.to_owned()))
    }
}

impl Table {
    /// Refuses a change of its settings while another is under way.
    pub(crate) fn need_active(&self) -> Result<(), TableError> {
        let what = match self.settings.life.status {
            Status::Active => return Ok(()),
            Status::Creating => "created",
            Status::Updating => "updated",
            Status::Deleting => "deleted",
        };
        Err(TableError::InUse(format!("Table is being {what}: {}", self.name)))
    }
}
