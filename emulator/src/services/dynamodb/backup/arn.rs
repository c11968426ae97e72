//! ARNs of backups, exports and imports: `table/NAME/backup/01489602797149-73d8d5bc`.

use wavetank_types::{Arn, Timestamp};

use super::BackupError;
use crate::world::Cx;

/// A new id: the time in milliseconds, then eight hexadecimal digits.
pub(super) fn new_id(cx: &mut Cx<'_>) -> String {
    let digits = cx.hex(8);
    id_with(cx.now, &digits)
}

/// An id of this time with these digits.
pub(super) fn id_with(at: Timestamp, digits: &str) -> String {
    format!("{:014}-{digits}", at.millis())
}

/// The ARN of something that hangs below a table of the caller's region.
pub(super) fn below_table(cx: &Cx<'_>, table: &str, kind: &str, id: &str) -> String {
    let resource = format!("table/{table}/{kind}/{id}");
    Arn::new("dynamodb", &cx.scope.region, &cx.scope.account, resource).to_string()
}

/// What such an ARN names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Below {
    pub(super) region: String,
    pub(super) table: String,
    pub(super) id: String,
}

/// Reads the ARN of a backup, an export or an import; `what` is how AWS calls it in its refusal.
pub(super) fn read(cx: &Cx<'_>, text: &str, what: &'static str) -> Result<Below, BackupError> {
    let invalid = || BackupError::NotThisArn(what);
    let arn: Arn = text.parse().map_err(|_| invalid())?;
    let parts: Vec<&str> = arn.resource.split('/').collect();
    let kind = what.to_ascii_lowercase();
    let ["table", table, found, id] = parts[..] else { return Err(invalid()) };
    if arn.service != "dynamodb" || found != kind {
        return Err(invalid());
    }
    if arn.account.as_str() != cx.scope.account.as_str() {
        return Err(BackupError::OtherAccount);
    }
    Ok(Below { region: arn.region.as_str().to_owned(), table: table.to_owned(), id: id.to_owned() })
}
