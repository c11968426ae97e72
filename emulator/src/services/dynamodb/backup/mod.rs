//! Backups: on demand, continuous with recovery to any second of tank time, and tables to S3 and from it.
//!
//! A backup shares the items with the table. Left out: the seconds after a table's creation in which AWS has no backups yet;
//! backups of other accounts; imports of Ion. A table can be recovered up to now, where AWS is
//! some five minutes behind.
//! Time: a backup is there at once; what is restored is CREATING for [`limits::RESTORE`], an export or import takes
//! [`limits::JOB`] and some more for each item.
//! Start with `history.rs`, then `restore.rs`; `export.rs` and `import.rs` start jobs, whose work is in `work/`.

mod arn;
mod continuous;
mod error;
mod export;
mod history;
mod import;
mod limits;
mod on_demand;
#[cfg(test)]
mod props;
mod restore;
mod saved;
#[cfg(test)]
pub(in crate::services) mod tests;
pub(crate) mod work;

use std::collections::BTreeMap;

use wavetank_types::{Region, Timestamp};
use wavetank_wire::dynamodb::{Request, Response};

pub(crate) use error::BackupError;
pub(crate) use history::{History, span};
pub(crate) use saved::{Overrides, SavedTable};

use self::export::Export;
use self::import::Import;
use self::on_demand::Backup;
use super::error::DynamoError;
use super::table::Table;
use super::{DynamoDb, global};
use crate::world::{Cx, Delivery, JobId, Output, Scope};

/// What an account has of backups, exports and imports in one region.
#[derive(Debug, Default)]
pub(crate) struct Backups {
    /// By id and table: ids begin with the time.
    backups: BTreeMap<(String, String), Backup>,
    /// By ARN, which sorts by table and time.
    exports: BTreeMap<String, Export>,
    imports: BTreeMap<String, Import>,
}

/// What an answer or a job's end is for.
#[derive(Clone, Debug)]
enum Owed {
    /// An export's first, empty object: the bucket can be written.
    Started(String),
    /// One of an export's objects.
    Stored(String),
    ExportDone(String),
    ImportDone(String),
}

/// What S3 and executors owe, and for which region.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    replies: BTreeMap<u64, (Region, Owed)>,
    jobs: BTreeMap<JobId, (Region, Owed)>,
}

/// Whether [`DynamoDb::backups`] answers a request.
pub(crate) const fn is_ours(request: &Request) -> bool {
    matches!(
        request,
        Request::CreateBackup(_)
            | Request::DescribeBackup(_)
            | Request::ListBackups(_)
            | Request::DeleteBackup(_)
            | Request::RestoreTableFromBackup(_)
            | Request::UpdateContinuousBackups(_)
            | Request::DescribeContinuousBackups(_)
            | Request::RestoreTableToPointInTime(_)
            | Request::ExportTableToPointInTime(_)
            | Request::DescribeExport(_)
            | Request::ListExports(_)
            | Request::ImportTable(_)
            | Request::DescribeImport(_)
            | Request::ListImports(_)
            | Request::CreateGlobalTable(_)
            | Request::UpdateGlobalTable(_)
            | Request::DescribeGlobalTable(_)
            | Request::ListGlobalTables(_)
    )
}

impl DynamoDb {
    /// Operations on backups, exports and imports, and those of legacy global tables; others are refused.
    pub(super) fn backups(&mut self, cx: &mut Cx<'_>, request: Request) -> Result<Response, DynamoError> {
        use Request as Q;
        use Response as A;
        Ok(match request {
            Q::CreateBackup(input) => A::CreateBackup(self.create_backup(cx, &input)?),
            Q::DescribeBackup(input) => A::DescribeBackup(self.describe_backup(cx, &input)?),
            Q::ListBackups(input) => A::ListBackups(self.list_backups(cx, &input)?),
            Q::DeleteBackup(input) => A::DeleteBackup(self.delete_backup(cx, &input)?),
            Q::RestoreTableFromBackup(input) => {
                A::RestoreTableFromBackup(self.restore_from_backup(cx, input)?)
            }
            Q::UpdateContinuousBackups(input) => {
                A::UpdateContinuousBackups(self.update_continuous_backups(cx, &input)?)
            }
            Q::DescribeContinuousBackups(input) => {
                A::DescribeContinuousBackups(self.describe_continuous_backups(cx, &input)?)
            }
            Q::RestoreTableToPointInTime(input) => {
                A::RestoreTableToPointInTime(self.restore_to_point_in_time(cx, input)?)
            }
            Q::ExportTableToPointInTime(input) => A::ExportTableToPointInTime(self.export(cx, input)?),
            Q::DescribeExport(input) => A::DescribeExport(self.describe_export(cx, &input)?),
            Q::ListExports(input) => A::ListExports(self.list_exports(cx, &input)?),
            Q::ImportTable(input) => A::ImportTable(self.import(cx, input)?),
            Q::DescribeImport(input) => A::DescribeImport(self.describe_import(cx, &input)?),
            Q::ListImports(input) => A::ListImports(self.list_imports(cx, &input)?),
            other => return global::legacy::answer(other),
        })
    }

    /// When an import is complete.
    pub(super) fn next_of_backups(&self) -> Option<Timestamp> {
        let imports = self.regions.values().flat_map(|here| here.backups.imports.values());
        imports.filter_map(Import::due).min()
    }

    /// Completes imports.
    pub(super) fn tick_backups(&mut self, cx: &Cx<'_>) {
        for here in self.regions.values_mut() {
            for import in here.backups.imports.values_mut() {
                import.come_to(cx.now);
            }
        }
    }

    /// Takes what S3 or an executor owes to backups; anything else comes back.
    pub(super) fn deliver_to_backups(&mut self, cx: &mut Cx<'_>, delivery: Delivery) -> Option<Delivery> {
        let owed = match &delivery {
            Delivery::Reply { token, .. } => self.desk.replies.remove(token),
            Delivery::JobDone { job, .. } => self.desk.jobs.remove(job),
            _ => None,
        };
        let Some((region, owed)) = owed else { return Some(delivery) };
        let scope = Scope { account: cx.scope.account.clone(), region };
        let cx = &mut cx.within(&scope);
        match (owed, delivery) {
            (Owed::Started(arn), Delivery::Reply { result, .. }) => self.export_started(cx, &arn, result),
            (Owed::Stored(arn), Delivery::Reply { result, .. }) => self.export_stored(cx, &arn, result),
            (Owed::ExportDone(arn), Delivery::JobDone { outcome, .. }) => {
                if let Output::DynamoDb(output) = outcome.output {
                    self.export_prepared(cx, &arn, output);
                }
            }
            (Owed::ImportDone(arn), Delivery::JobDone { outcome, .. }) => {
                if let Output::DynamoDb(output) = outcome.output {
                    self.import_read(cx, &arn, output);
                }
            }
            (owed, delivery) => unreachable!("{owed:?} ends with {delivery:?}"),
        }
        None
    }
}
