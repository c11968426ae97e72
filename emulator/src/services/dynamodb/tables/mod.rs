//! Tables themselves: they are made, described, listed, deleted.
//!
//! Time: each state but ACTIVE lasts [`limits::TRANSITION`]; what a table is set to is in `../table/settings.rs`.
//! Start with `create.rs`.

mod create;
pub(super) mod describe;
mod error;
pub(super) mod limits;
pub(super) mod names;
mod schema;

use wavetank_types::Timestamp;
use wavetank_wire::dynamodb::{self as w, Request, Response};

pub(crate) use error::TableError;

use super::DynamoDb;
use super::error::DynamoError;
use super::table::settings::{Life, Status};
use crate::world::Cx;

impl DynamoDb {
    /// Operations on tables; others are refused.
    pub(super) fn tables(&mut self, cx: &mut Cx<'_>, request: Request) -> Result<Response, DynamoError> {
        use Request as Q;
        use Response as A;
        Ok(match request {
            Q::CreateTable(input) => A::CreateTable(self.create_table(cx, input)?),
            Q::DescribeTable(input) => A::DescribeTable(self.describe_table(cx, &input)?),
            Q::DeleteTable(input) => A::DeleteTable(self.delete_table(cx, &input)?),
            Q::ListTables(input) => A::ListTables(self.list_tables(cx, &input)?),
            other => return Err(DynamoError::NotBuilt(other.operation().to_owned())),
        })
    }

    /// When a table next has something to do.
    pub(super) fn next_of_tables(&self) -> Option<Timestamp> {
        self.regions
            .values()
            .flat_map(|regional| regional.tables.values())
            .filter_map(|table| table.next_change())
            .min()
    }

    /// Does what is due of all tables.
    pub(super) fn tick_tables(&mut self, cx: &mut Cx<'_>) {
        for regional in self.regions.values_mut() {
            regional.tables.retain(|_, table| !table.come_to(cx.now));
        }
    }

    fn delete_table(
        &mut self,
        cx: &mut Cx<'_>,
        input: &w::DeleteTableInput,
    ) -> Result<w::DeleteTableOutput, DynamoError> {
        let table = self.here(cx).described_mut(cx, &input.table_name)?;
        table.need_active()?;
        if table.settings.is_protected {
            // Recorded: moto (github.com/getmoto/moto, `tests/test_dynamodb`).
            let why = "Resource cannot be deleted as it is currently protected against deletion. Disable deletion \
                       protection first.";
            return Err(TableError::Request(why.to_owned()).into());
        }
        table.settings.life = Life::until(Status::Deleting, cx.now + limits::TRANSITION);
        Ok(w::DeleteTableOutput { table_description: Some(table.description(cx.now)) })
    }

    fn list_tables(
        &mut self,
        cx: &mut Cx<'_>,
        input: &w::ListTablesInput,
    ) -> Result<w::ListTablesOutput, DynamoError> {
        let limit = input
            .limit
            .and_then(|limit| usize::try_from(limit).ok())
            .unwrap_or(limits::LIST_TABLES_MAX)
            .min(limits::LIST_TABLES_MAX);
        let start = input.exclusive_start_table_name.as_deref().unwrap_or("");
        let here = self.here(cx);
        let mut after = here.tables.keys().filter(|name| name.as_str() > start);
        let names: Vec<String> = after.by_ref().take(limit).cloned().collect();
        let last = after.next().and_then(|_| names.last().cloned());
        Ok(w::ListTablesOutput { table_names: Some(names), last_evaluated_table_name: last })
    }
}
