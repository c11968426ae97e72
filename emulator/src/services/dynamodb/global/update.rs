//! UpdateTable's ReplicaUpdates: a replica is made, changed or deleted, one at a time.
//!
//! Recorded, for the order of refusals and what is shared: ack-api-quirks, table-replicas.md. AWS enables the stream itself.
//! Documented: the service model, for what a replica may have of its own: reading (provisioned, and the maximum on demand) of
//! table and indexes, class and key. Left out: a table with provisioned throughput would need auto scaling, which a tank has
//! not, so that it is refused as AWS refuses one without; with it, overrides of provisioned reading are kept and shown only.

use wavetank_types::Region;
use wavetank_wire::dynamodb as w;

use super::GlobalError;
use super::group::{Group, Member, ReplicaStatus, TRANSITION};
use super::replica::Replica;
use crate::services::dynamodb::DynamoDb;
use crate::services::dynamodb::backup::{Overrides, SavedTable, span};
use crate::services::dynamodb::error::DynamoError;
use crate::services::dynamodb::streams::View;
use crate::services::dynamodb::table::Rows;
use crate::services::dynamodb::table::settings::{BillingMode, Life, Settings, Status};
use crate::services::dynamodb::tables::names::table_name;
use crate::world::{Cx, Scope};

/// One thing to do with a replica.
#[derive(Clone, Debug, PartialEq)]
enum Action {
    Create(w::CreateReplicationGroupMemberAction),
    Update(w::UpdateReplicationGroupMemberAction),
    Delete(w::DeleteReplicationGroupMemberAction),
}

impl Action {
    fn region(&self) -> &str {
        match self {
            Self::Create(it) => &it.region_name,
            Self::Update(it) => &it.region_name,
            Self::Delete(it) => &it.region_name,
        }
    }

    /// What it says of single indexes.
    const fn indexes(&self) -> Option<&Vec<w::ReplicaGlobalSecondaryIndex>> {
        match self {
            Self::Create(it) => it.global_secondary_indexes.as_ref(),
            Self::Update(it) => it.global_secondary_indexes.as_ref(),
            Self::Delete(_) => None,
        }
    }
}

impl Member {
    /// Takes over what is said of single indexes.
    fn keep_indexes(&mut self, wanted: Option<Vec<w::ReplicaGlobalSecondaryIndex>>) {
        for one in wanted.unwrap_or_default() {
            let kept = self.indexes.entry(one.index_name).or_default();
            if let Some(units) = one.provisioned_throughput_override {
                kept.0 = units.read_capacity_units;
            }
            if let Some(units) = one.on_demand_throughput_override {
                kept.1 = units.max_read_request_units;
            }
        }
    }

    /// Sets its table to what is its own.
    fn apply(&self, settings: &mut Settings) {
        let own = |max: &mut Option<i64>, wanted: Option<i64>| {
            if let Some(units) = wanted {
                *max = (units >= 0).then_some(units);
            }
        };
        own(&mut settings.on_demand.read, self.read_on_demand_max);
        for (name, (_, max)) in &self.indexes {
            if let Some(index) = settings.indexes.get_mut(name) {
                own(&mut index.on_demand.read, *max);
            }
        }
        if self.class.is_some() {
            settings.class.clone_from(&self.class);
        }
        if self.key.is_some() {
            settings.key_arn.clone_from(&self.key);
        }
    }
}

impl DynamoDb {
    /// UpdateTable with ReplicaUpdates and nothing else.
    pub(crate) fn update_replicas(
        &mut self,
        cx: &mut Cx<'_>,
        input: w::UpdateTableInput,
    ) -> Result<w::UpdateTableOutput, DynamoError> {
        let name = table_name(cx, &input.table_name)?.to_owned();
        if input.multi_region_consistency.as_deref() == Some("STRONG") {
            return Err(DynamoError::NotBuilt("UpdateTable with MultiRegionConsistency STRONG".to_owned()));
        }
        let actions = actions(input)?;
        for action in &actions {
            check_region(&cx.scope.region, action.region())?;
        }
        let table = self.here(cx).described(cx, &name)?;
        let (status, billing) = (table.settings.life.status, table.settings.billing);
        let names: Vec<String> = table.settings.indexes.keys().cloned().collect();
        for action in &actions {
            self.check_action(cx, &name, action)?;
            let wanted = action.indexes().into_iter().flatten();
            if let Some(other) = wanted.map(|one| &one.index_name).find(|one| !names.contains(*one)) {
                return Err(GlobalError::NoSuchIndex(other.clone()).into());
            }
        }
        if status != Status::Active {
            return Err(GlobalError::InUse(name).into());
        }
        for action in actions {
            match action {
                Action::Create(_) if billing == BillingMode::Provisioned => {
                    return Err(GlobalError::NotScaled.into());
                }
                Action::Create(wanted) => self.add_replica(cx, &name, wanted)?,
                Action::Update(wanted) => self.change_replica(cx, &name, wanted),
                Action::Delete(wanted) => self.remove_replica(cx, &name, &wanted.region_name),
            }
        }
        let table = self.here(cx).described_mut(cx, &name)?;
        table.settings.life = Life::until(Status::Updating, cx.now + TRANSITION);
        let description = table.description(cx.now);
        let description = self.with_replicas(cx, description);
        Ok(w::UpdateTableOutput { table_description: Some(description) })
    }

    /// Refuses what does not fit the global table as it is.
    fn check_action(&self, cx: &Cx<'_>, name: &str, action: &Action) -> Result<(), GlobalError> {
        let region = Region::new(action.region());
        let group = self.global.of(&cx.scope.region, name);
        let member = group.and_then(|group| group.members.get(&region));
        match action {
            Action::Create(_) => {
                let there = self.regions.get(&region).is_some_and(|there| there.tables.contains_key(name));
                if there || member.is_some() {
                    return Err(GlobalError::Exists(name.to_owned()));
                }
            }
            Action::Update(_) | Action::Delete(_) => {
                let member = member.ok_or_else(|| GlobalError::NotAReplica(region.to_string()))?;
                if member.status == ReplicaStatus::Creating {
                    let (table, region) = (name.to_owned(), region.to_string());
                    return Err(GlobalError::BeingAdded { table, region });
                }
            }
        }
        if let Action::Delete(_) = action {
            self.check_leaf(cx, &region, name)?;
        }
        Ok(())
    }

    /// Refuses to lose a replica that another one was made from lately, as long as that one is there.
    pub(crate) fn check_leaf(&self, cx: &Cx<'_>, region: &Region, name: &str) -> Result<(), GlobalError> {
        let Some(group) = self.global.of(region, name) else { return Ok(()) };
        let is_of = |member: &Member| {
            member.source.as_ref().is_some_and(|(source, at)| source == region && cx.now < *at + span(1))
        };
        if group.members.values().any(is_of) { Err(GlobalError::IsSource) } else { Ok(()) }
    }

    /// The table is made in another region, and filled when it is no longer CREATING.
    fn add_replica(
        &mut self,
        cx: &mut Cx<'_>,
        name: &str,
        wanted: w::CreateReplicationGroupMemberAction,
    ) -> Result<(), DynamoError> {
        let here = cx.scope.region.clone();
        let there = Scope { account: cx.scope.account.clone(), region: Region::new(&*wanted.region_name) };
        let until = cx.now + TRANSITION;
        let table = self.here(cx).described_mut(cx, name)?;
        let saved = SavedTable::of(table, Rows::default(), cx.now);
        let sse = saved.description.sse_description.as_ref().map(|sse| w::SSESpecification {
            enabled: Some(true),
            sse_type: sse.sse_type.clone(),
            kms_master_key_id: wanted.kms_master_key_id.clone(),
        });
        let mut request = saved.request(name, &Overrides { sse, ..Overrides::default() })?;
        let class = table.settings.class.clone();
        request.table_class = wanted.table_class_override.clone().or(class);
        request.stream_specification = Some(w::StreamSpecification {
            stream_enabled: true,
            stream_view_type: Some("NEW_AND_OLD_IMAGES".to_owned()),
        });
        self.make_table(&mut cx.within(&there), request)?.keep_creating(until);
        let table = self.here(cx).described_mut(cx, name)?;
        if table.stream.is_none() {
            table.enable_stream(View::NewAndOldImages, cx.now);
        }
        if table.replica.is_none() {
            table.replica = Some(Box::new(Replica::new(here.clone(), 0)));
            let mut group = Group::new(name.to_owned());
            group.members.insert(here.clone(), Member::new(ReplicaStatus::Active, None));
            self.global.groups.insert(cx.number(), group);
        }
        let mut member = Member {
            source: Some((here.clone(), cx.now)),
            read_units: wanted.provisioned_throughput_override.and_then(|it| it.read_capacity_units),
            read_on_demand_max: wanted.on_demand_throughput_override.and_then(|it| it.max_read_request_units),
            class: wanted.table_class_override,
            key: wanted.kms_master_key_id,
            ..Member::new(ReplicaStatus::Creating, Some(until))
        };
        member.keep_indexes(wanted.global_secondary_indexes);
        if let Some(table) = self.regions.get_mut(&there.region).and_then(|there| there.tables.get_mut(name))
        {
            member.apply(&mut table.settings);
        }
        if let Some(group) = self.global.of_mut(&here, name) {
            group.members.insert(there.region, member);
        }
        Ok(())
    }

    /// What of a replica is otherwise than of the others.
    fn change_replica(&mut self, cx: &Cx<'_>, name: &str, wanted: w::UpdateReplicationGroupMemberAction) {
        let until = Some(cx.now + TRANSITION);
        let Some(group) = self.global.of_mut(&cx.scope.region, name) else { return };
        let region = Region::new(&*wanted.region_name);
        let Some(member) = group.members.get_mut(&region) else { return };
        (member.status, member.until) = (ReplicaStatus::Updating, until);
        if let Some(units) = wanted.provisioned_throughput_override {
            member.read_units = units.read_capacity_units;
        }
        if let Some(units) = wanted.on_demand_throughput_override {
            member.read_on_demand_max = units.max_read_request_units;
        }
        member.class = wanted.table_class_override.or(member.class.take());
        member.key = wanted.kms_master_key_id.or(member.key.take());
        member.keep_indexes(wanted.global_secondary_indexes);
        if let Some(table) = self.regions.get_mut(&region).and_then(|there| there.tables.get_mut(name)) {
            member.apply(&mut table.settings);
        }
    }

    /// The table of another region goes, with all that is in it.
    fn remove_replica(&mut self, cx: &Cx<'_>, name: &str, region: &str) {
        let region = Region::new(region);
        let until = cx.now + TRANSITION;
        if let Some(member) =
            self.global.of_mut(&cx.scope.region, name).and_then(|it| it.members.get_mut(&region))
        {
            (member.status, member.until) = (ReplicaStatus::Deleting, Some(until));
        }
        // A little longer than the member, which is what ends it.
        let ends = until + TRANSITION;
        if let Some(table) = self.regions.get_mut(&region).and_then(|there| there.tables.get_mut(name)) {
            table.settings.life = Life::until(Status::Deleting, ends);
        }
    }
}

/// What a request wants done, one action for each region.
fn actions(input: w::UpdateTableInput) -> Result<Vec<Action>, DynamoError> {
    let updates = input.replica_updates.clone().unwrap_or_default();
    let alone = w::UpdateTableInput {
        table_name: input.table_name.clone(),
        replica_updates: input.replica_updates.clone(),
        multi_region_consistency: input.multi_region_consistency.clone(),
        // Types of attributes that nothing else needs do no harm.
        attribute_definitions: input.attribute_definitions.clone(),
        ..w::UpdateTableInput::default()
    };
    if input != alone {
        return Err(GlobalError::NotAlone.into());
    }
    let mut actions: Vec<Action> = Vec::new();
    for update in updates {
        if update.disassociate.is_some() {
            return Err(DynamoError::NotBuilt("UpdateTable with a replica's Disassociate".to_owned()));
        }
        let found = [
            update.create.map(Action::Create),
            update.update.map(Action::Update),
            update.delete.map(Action::Delete),
        ];
        let mut found = found.into_iter().flatten();
        let action = found.next().ok_or(GlobalError::NoAction)?;
        if found.next().is_some() {
            return Err(GlobalError::SeveralKinds.into());
        }
        if let Action::Update(it) = &action
            && it.kms_master_key_id.is_none()
            && it.provisioned_throughput_override.is_none()
            && it.on_demand_throughput_override.is_none()
            && it.global_secondary_indexes.is_none()
            && it.table_class_override.is_none()
        {
            return Err(GlobalError::NoAction.into());
        }
        if !actions.contains(&action) {
            actions.push(action);
        }
    }
    let come_or_go = |action: &&Action| !matches!(action, Action::Update(_));
    if actions.iter().filter(come_or_go).count() > 1 {
        return Err(GlobalError::SeveralActions.into());
    }
    Ok(actions)
}

fn check_region(here: &Region, region: &str) -> Result<(), GlobalError> {
    if region == here.as_str() {
        return Err(GlobalError::LocalRegion);
    }
    // Those of China are another partition's.
    let regions: Vec<&str> = Region::KNOWN.into_iter().filter(|known| !known.starts_with("cn-")).collect();
    if regions.contains(&region) {
        return Ok(());
    }
    Err(GlobalError::NoSuchRegion { region: region.to_owned(), regions: regions.join(", ") })
}
