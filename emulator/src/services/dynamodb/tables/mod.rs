//! Tables themselves: they are made, described, listed, deleted.
//!
//! Time: each state but ACTIVE lasts [`limits::TRANSITION`]; what a table is set to is in `../table/settings.rs`.
//! Start with `create.rs`.

mod create;
pub(super) mod describe;
mod error;
mod insights;
pub(super) mod limits;
pub(super) mod names;
mod policy;
mod schema;
mod tags;
mod update;

use wavetank_wire::dynamodb::{self as w, Request, Response};

pub(crate) use error::TableError;

use super::DynamoDb;
use super::error::DynamoError;
use super::table::settings::{Life, Status};
use crate::world::{Cx, Scope};

impl DynamoDb {
    /// Operations on tables; others are refused.
    pub(super) fn tables(&mut self, cx: &mut Cx<'_>, request: Request) -> Result<Response, DynamoError> {
        use Request as Q;
        use Response as A;
        Ok(match request {
            Q::CreateTable(input) => A::CreateTable(self.create_table(cx, input)?),
            Q::DescribeTable(input) => A::DescribeTable(self.describe_table(cx, &input)?),
            Q::DeleteTable(input) => A::DeleteTable(self.delete_table(cx, &input)?),
            Q::UpdateTimeToLive(input) => {
                A::UpdateTimeToLive(self.update_time_to_live_everywhere(cx, input)?)
            }
            Q::DescribeTimeToLive(input) => A::DescribeTimeToLive(self.describe_time_to_live(cx, &input)?),
            Q::ListTables(input) => A::ListTables(self.list_tables(cx, &input)?),
            Q::UpdateTable(input) => A::UpdateTable(self.update_table_everywhere(cx, input)?),
            other => self.table_settings(cx, other)?,
        })
    }

    /// Operations on what a table has besides items; others are refused.
    fn table_settings(&mut self, cx: &mut Cx<'_>, request: Request) -> Result<Response, DynamoError> {
        use Request as Q;
        use Response as A;
        Ok(match request {
            Q::TagResource(input) => {
                self.tag_resource(cx, &input)?;
                A::TagResource(w::TagResourceOutput {})
            }
            Q::UntagResource(input) => {
                self.untag_resource(cx, &input)?;
                A::UntagResource(w::UntagResourceOutput {})
            }
            Q::ListTagsOfResource(input) => A::ListTagsOfResource(self.list_tags(cx, &input)?),
            Q::PutResourcePolicy(input) => A::PutResourcePolicy(self.put_resource_policy(cx, input)?),
            Q::GetResourcePolicy(input) => A::GetResourcePolicy(self.get_resource_policy(cx, &input)?),
            Q::DeleteResourcePolicy(input) => {
                A::DeleteResourcePolicy(self.delete_resource_policy(cx, &input)?)
            }
            Q::UpdateContributorInsights(input) => {
                A::UpdateContributorInsights(self.update_contributor_insights(cx, input)?)
            }
            Q::DescribeContributorInsights(input) => {
                A::DescribeContributorInsights(self.describe_contributor_insights(cx, input)?)
            }
            Q::ListContributorInsights(input) => {
                A::ListContributorInsights(self.list_contributor_insights(cx, &input)?)
            }
            Q::EnableKinesisStreamingDestination(input) => {
                A::EnableKinesisStreamingDestination(self.enable_destination(cx, input)?)
            }
            Q::DisableKinesisStreamingDestination(input) => {
                A::DisableKinesisStreamingDestination(self.disable_destination(cx, input)?)
            }
            Q::UpdateKinesisStreamingDestination(input) => {
                A::UpdateKinesisStreamingDestination(self.update_destination(cx, input)?)
            }
            Q::DescribeKinesisStreamingDestination(input) => {
                A::DescribeKinesisStreamingDestination(self.describe_destinations(cx, &input)?)
            }
            Q::DescribeLimits(_) => A::DescribeLimits(limits::described()),
            Q::DescribeEndpoints(_) => A::DescribeEndpoints(describe_endpoints(cx)),
            other => return Err(DynamoError::NotBuilt(other.operation().to_owned())),
        })
    }

    /// Does what is due of all tables.
    pub(super) fn tick_tables(&mut self, cx: &mut Cx<'_>) {
        for (region, regional) in &mut self.regions {
            let scope = Scope { account: cx.scope.account.clone(), region: region.clone() };
            regional.tables.retain(|_, table| !table.come_to(cx.now));
            for table in regional.tables.values_mut() {
                table.sweep(&mut cx.within(&scope));
                table.tick_destinations(cx);
            }
        }
    }

    fn delete_table(
        &mut self,
        cx: &mut Cx<'_>,
        input: &w::DeleteTableInput,
    ) -> Result<w::DeleteTableOutput, DynamoError> {
        self.check_deletion(cx, names::table_name(cx, &input.table_name)?)?;
        let here = self.here(cx);
        let table = here.described_mut(cx, &input.table_name)?;
        table.need_active()?;
        if table.settings.is_protected {
            // Recorded: moto (github.com/getmoto/moto, `tests/test_dynamodb`).
            let why = "Resource cannot be deleted as it is currently protected against deletion. Disable deletion \
                       protection first.";
            return Err(TableError::Request(why.to_owned()).into());
        }
        table.settings.life = Life::until(Status::Deleting, cx.now + limits::TRANSITION);
        let name = table.name.clone();
        here.keep_deleted(cx, &name);
        let table = here.described_mut(cx, &input.table_name)?;
        table.set_ttl(None, cx.now);
        let description = table.description(cx.now);
        here.disable_stream(&name, cx.now);
        Ok(w::DeleteTableOutput { table_description: Some(description) })
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

/// Where the service is: here, if the tank listens anywhere.
fn describe_endpoints(cx: &Cx<'_>) -> w::DescribeEndpointsOutput {
    let here = cx.endpoint.and_then(|url| url.split_once("://")).map(|(_, host)| host.to_owned());
    let address = here.unwrap_or_else(|| format!("dynamodb.{}.amazonaws.com", cx.scope.region));
    let endpoint = w::Endpoint { address, cache_period_in_minutes: limits::ENDPOINT_CACHE_MINUTES };
    w::DescribeEndpointsOutput { endpoints: vec![endpoint] }
}
