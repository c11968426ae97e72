//! What all replicas have in common, and how a table's replicas are described.
//!
//! Global indexes, throughput, billing mode, class and TTL are shared; tags, policies, point-in-time recovery and protection
//! are each region's own. Recorded: ack-api-quirks, table-replicas.md. A change arrives at once, on AWS after a while.

use wavetank_types::{Arn, Region};
use wavetank_wire::dynamodb as w;

use super::GlobalError;
use super::group::Member;
use crate::services::dynamodb::DynamoDb;
use crate::services::dynamodb::error::DynamoError;
use crate::services::dynamodb::tables::TableError;
use crate::services::dynamodb::tables::names::table_name;
use crate::world::{Cx, Scope};

impl DynamoDb {
    /// UpdateTable of a table that may have replicas.
    pub(crate) fn update_table_everywhere(
        &mut self,
        cx: &mut Cx<'_>,
        input: w::UpdateTableInput,
    ) -> Result<w::UpdateTableOutput, DynamoError> {
        if input.replica_updates.as_ref().is_some_and(|updates| !updates.is_empty()) {
            return self.update_replicas(cx, input);
        }
        let others = self.other_replicas(cx, &input.table_name)?;
        if !others.is_empty() && input.stream_specification.as_ref().is_some_and(|it| !it.stream_enabled) {
            // Recorded.
            let why = "Disabling Stream is not allowed for a Global Table replica.";
            return Err(TableError::Parameter(why.to_owned()).into());
        }
        let mut output = self.update_table(cx, input.clone())?;
        let shared = w::UpdateTableInput {
            stream_specification: None,
            sse_specification: None,
            deletion_protection_enabled: None,
            ..input
        };
        let nothing =
            w::UpdateTableInput { table_name: shared.table_name.clone(), ..w::UpdateTableInput::default() };
        if shared != nothing {
            for region in others {
                let scope = Scope { account: cx.scope.account.clone(), region };
                if let Err(refusal) = self.update_table(&mut cx.within(&scope), shared.clone()) {
                    tracing::warn!(region = %scope.region, %refusal, "a replica does not follow its table's change");
                }
            }
        }
        output.table_description = output.table_description.map(|shown| self.with_replicas(cx, shown));
        Ok(output)
    }

    /// UpdateTimeToLive of a table that may have replicas.
    pub(crate) fn update_time_to_live_everywhere(
        &mut self,
        cx: &mut Cx<'_>,
        input: w::UpdateTimeToLiveInput,
    ) -> Result<w::UpdateTimeToLiveOutput, DynamoError> {
        let others = self.other_replicas(cx, &input.table_name)?;
        let output = self.update_time_to_live(cx, input.clone())?;
        for region in others {
            let scope = Scope { account: cx.scope.account.clone(), region };
            if let Err(refusal) = self.update_time_to_live(&mut cx.within(&scope), input.clone()) {
                tracing::warn!(region = %scope.region, %refusal, "a replica does not follow its table's TTL");
            }
        }
        Ok(output)
    }

    /// Regions that have a replica of a table of the caller's, besides his.
    fn other_replicas(&self, cx: &Cx<'_>, table: &str) -> Result<Vec<Region>, TableError> {
        let group = self.global.of(&cx.scope.region, table_name(cx, table)?);
        let members = group.into_iter().flat_map(|group| group.members.keys());
        Ok(members.filter(|region| **region != cx.scope.region).cloned().collect())
    }

    /// A table's description, with its replicas if it has any.
    pub(crate) fn with_replicas(&self, cx: &Cx<'_>, mut shown: w::TableDescription) -> w::TableDescription {
        let name = shown.table_name.clone().unwrap_or_default();
        let Some(group) = self.global.of(&cx.scope.region, &name) else { return shown };
        let others = group.members.iter().filter(|(region, _)| **region != cx.scope.region);
        shown.replicas =
            Some(others.map(|(region, member)| self.describe_replica(cx, &name, region, member)).collect());
        shown.global_table_version = Some("2019.11.21".to_owned());
        shown
    }

    fn describe_replica(
        &self,
        cx: &Cx<'_>,
        table: &str,
        region: &Region,
        member: &Member,
    ) -> w::ReplicaDescription {
        let arn = Arn::new("dynamodb", region, &cx.scope.account, format!("table/{table}"));
        let there = self.regions.get(region).and_then(|there| there.tables.get(table));
        let indexes = there.into_iter().flat_map(|there| there.settings.indexes.keys());
        let indexes: Vec<_> = indexes
            .map(|name| {
                let (units, max) = member.indexes.get(name).copied().unwrap_or_default();
                let provisioned =
                    |units| w::ProvisionedThroughputOverride { read_capacity_units: Some(units) };
                let on_demand = |max| w::OnDemandThroughputOverride { max_read_request_units: Some(max) };
                w::ReplicaGlobalSecondaryIndexDescription {
                    index_name: Some(name.clone()),
                    provisioned_throughput_override: units.map(provisioned),
                    on_demand_throughput_override: max.map(on_demand),
                    ..Default::default()
                }
            })
            .collect();
        w::ReplicaDescription {
            region_name: Some(region.to_string()),
            replica_status: Some(member.status.name().to_owned()),
            replica_arn: Some(arn.to_string()),
            kms_master_key_id: member.key.clone(),
            provisioned_throughput_override: member
                .read_units
                .map(|units| w::ProvisionedThroughputOverride { read_capacity_units: Some(units) }),
            on_demand_throughput_override: member
                .read_on_demand_max
                .map(|units| w::OnDemandThroughputOverride { max_read_request_units: Some(units) }),
            global_secondary_indexes: (!indexes.is_empty()).then_some(indexes),
            replica_table_class_summary: member.class.as_ref().map(|class| w::TableClassSummary {
                table_class: Some(class.clone()),
                last_update_date_time: None,
            }),
            ..w::ReplicaDescription::default()
        }
    }

    /// Refuses to delete a table that another region's replica was made from lately.
    pub(crate) fn check_deletion(&self, cx: &Cx<'_>, table: &str) -> Result<(), GlobalError> {
        self.check_leaf(cx, &cx.scope.region, table)
    }
}
