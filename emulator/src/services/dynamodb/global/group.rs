//! [`Group`]: which regions a global table has replicas in, and what goes between them as time passes.

use std::collections::BTreeMap;
use std::time::Duration;

use wavetank_types::{AccountId, Arn, Region, Timestamp};

use super::replica::{CONFLICTS_MAX, Conflict, OfLink, Replica};
use crate::services::dynamodb::DynamoDb;
use crate::services::dynamodb::table::KeySchema;
use crate::services::dynamodb::value::{document, item_to_val};
use crate::world::{Cx, Scope, Undelivered};

/// How long a replica is CREATING, UPDATING or DELETING. Assumed: AWS takes from seconds to minutes; a tank shows the state
/// and goes on.
pub(crate) const TRANSITION: Duration = Duration::from_secs(1);

/// State of a replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReplicaStatus {
    Creating,
    Updating,
    Deleting,
    Active,
}

impl ReplicaStatus {
    /// Its name on the wire.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Creating => "CREATING",
            Self::Updating => "UPDATING",
            Self::Deleting => "DELETING",
            Self::Active => "ACTIVE",
        }
    }
}

/// A replica, as the others see it.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) status: ReplicaStatus,
    /// When that ends; ACTIVE has no end.
    pub(crate) until: Option<Timestamp>,
    /// Whose items it was made from, and when.
    pub(crate) source: Option<(Region, Timestamp)>,
    /// Capacity units of reading that differ from the table's.
    pub(crate) read_units: Option<i64>,
    pub(crate) read_on_demand_max: Option<i64>,
    pub(crate) class: Option<String>,
    pub(crate) key: Option<String>,
    /// Of its global indexes, by name: what of reading differs from the table's, provisioned and on demand.
    pub(crate) indexes: BTreeMap<String, (Option<i64>, Option<i64>)>,
}

impl Member {
    pub(super) const fn new(status: ReplicaStatus, until: Option<Timestamp>) -> Self {
        let (source, class, key) = (None, None, None);
        let indexes = BTreeMap::new();
        Self { status, until, source, read_units: None, read_on_demand_max: None, class, key, indexes }
    }
}

/// A global table.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) table: String,
    pub(crate) members: BTreeMap<Region, Member>,
    /// Writes that were given up, the latest last.
    pub(crate) conflicts: Vec<Conflict>,
}

impl Group {
    pub(super) const fn new(table: String) -> Self {
        Self { table, members: BTreeMap::new(), conflicts: Vec::new() }
    }

    pub(super) fn has(&self, region: &Region, table: &str) -> bool {
        self.table == table && self.members.contains_key(region)
    }

    /// Remembers a conflict, which several regions may see, and says it aloud.
    fn note(&mut self, conflict: Conflict) {
        let same = |known: &Conflict| {
            (&known.key, &known.winner, &known.loser) == (&conflict.key, &conflict.winner, &conflict.loser)
        };
        if self.conflicts.iter().any(same) {
            return;
        }
        tracing::warn!(
            table = self.table,
            key = ?conflict.key,
            winner = %conflict.winner.0,
            loser = %conflict.loser.0,
            "two regions wrote one item; the later write stays"
        );
        if self.conflicts.len() == CONFLICTS_MAX {
            self.conflicts.remove(0);
        }
        self.conflicts.push(conflict);
    }
}

impl Conflict {
    /// The write that was given up, as the control API shows what is lost.
    fn told(&self, account: &AccountId, table: &str, keys: &KeySchema) -> Undelivered {
        let arn =
            |region: &Region| Arn::new("dynamodb", region, account, format!("table/{table}")).to_string();
        let (winner, loser) = (&self.winner, &self.loser);
        Undelivered {
            who: arn(&loser.0),
            destination: Some(arn(&winner.0)),
            source: arn(&loser.0),
            place: document(&item_to_val(&self.key.to_item(keys))).to_string(),
            first: self.lost.as_ref().map_or("null".to_owned(), |item| document(&item.to_wire()).to_string()),
            last: String::new(),
            records: 1,
            condition: "ReplicationConflict".to_owned(),
            since: loser.1,
            attempts: 1,
            cause: format!(
                "a write of {} at {} stays, neither of which knew of the other",
                winner.0,
                winner.1.iso_millis()
            ),
            retry: None,
            until: loser.1,
        }
    }
}

impl DynamoDb {
    /// Writes that were given up because another region wrote the item too.
    pub(crate) fn conflicts(&self, account: &AccountId) -> Vec<Undelivered> {
        let groups =
            self.global.groups.values().flat_map(|group| group.conflicts.iter().map(move |it| (group, it)));
        groups
            .filter_map(|(group, conflict)| {
                let mut tables = self.regions.values().filter_map(|here| here.tables.get(&group.table));
                Some(conflict.told(account, &group.table, &tables.next()?.keys))
            })
            .collect()
    }

    /// When something of a global table is due: a write arrives, a replica's state ends.
    pub(crate) fn next_of_global(&self) -> Option<Timestamp> {
        let replica = |group: &Group, region: &Region| self.replica(region, &group.table)?.next_due();
        let due = |group: &Group| {
            let members = group.members.iter();
            members.flat_map(|(region, member)| [member.until, replica(group, region)]).flatten().min()
        };
        self.global.groups.values().filter_map(due).min()
    }

    /// Does what is due between replicas.
    pub(crate) fn tick_global(&mut self, cx: &mut Cx<'_>) {
        let ids: Vec<u64> = self.global.groups.keys().copied().collect();
        for id in ids {
            let Some(group) = self.global.groups.get(&id) else { continue };
            let members = group.members.iter();
            let over: Vec<(Region, ReplicaStatus)> = members
                .filter(|(_, member)| member.until.is_some_and(|until| until <= cx.now))
                .map(|(region, member)| (region.clone(), member.status))
                .collect();
            for (region, status) in over {
                self.move_member_on(cx, id, &region, status);
            }
            self.exchange(cx, id);
        }
    }

    /// The fault rules have changed: what waited for that goes on.
    pub(crate) fn faults_changed(&mut self, cx: &Cx<'_>) {
        for group in self.global.groups.values() {
            for region in group.members.keys() {
                let table = self.regions.get_mut(region).and_then(|here| here.tables.get_mut(&group.table));
                if let Some(replica) = table.and_then(|table| table.replica.as_mut()) {
                    replica.try_again(cx.now);
                }
            }
        }
    }

    fn replica(&self, region: &Region, table: &str) -> Option<&Replica> {
        self.regions.get(region)?.tables.get(table)?.replica.as_deref()
    }

    fn replica_mut(&mut self, region: &Region, table: &str) -> Option<&mut Replica> {
        self.regions.get_mut(region)?.tables.get_mut(table)?.replica.as_deref_mut()
    }

    /// Writes that are due arrive.
    fn exchange(&mut self, cx: &mut Cx<'_>, id: u64) {
        let Some(group) = self.global.groups.get(&id) else { return };
        let (table, regions) = (group.table.clone(), group.members.keys().cloned().collect::<Vec<_>>());
        for from in &regions {
            while let Some(to) = self.replica(from, &table).and_then(|replica| replica.due(cx.now)) {
                self.pass(cx, id, from, &to);
            }
        }
    }

    /// Everything that a region has written arrives, but where the way is not open.
    fn flush(&mut self, cx: &mut Cx<'_>, id: u64, from: &Region) {
        let Some(group) = self.global.groups.get(&id) else { return };
        let (table, regions) = (group.table.clone(), group.members.keys().cloned().collect::<Vec<_>>());
        for to in regions.iter().filter(|to| *to != from) {
            while let Some(replica) = self.replica_mut(from, &table) {
                replica.hurry(to, cx.now);
                if !self.pass(cx, id, from, to) {
                    break;
                }
            }
        }
    }

    /// One write goes from one region to another. Whether it went.
    fn pass(&mut self, cx: &mut Cx<'_>, id: u64, from: &Region, to: &Region) -> bool {
        let Some(group) = self.global.groups.get(&id) else { return false };
        let table = group.table.clone();
        let Some(write) = self.replica_mut(from, &table).and_then(|replica| replica.take(cx, to)) else {
            return false;
        };
        let Some(there) = self.regions.get_mut(to).and_then(|there| there.tables.get_mut(&table)) else {
            // Its table has been deleted by itself.
            self.leave(id, to);
            return false;
        };
        // Kept where the write is from, the only metric of this version of global tables; what waits is not counted.
        // Documented: V2globaltables_HowItWorks.html (an edition of 2023-02 read 2026-11-28).
        let here = Scope { account: cx.scope.account.clone(), region: from.clone() };
        let latency = write.age(cx.now).as_secs_f64() * 1_000.0;
        cx.within(&here).meter::<OfLink>(&[&table, to.as_str()]).add(OfLink::Latency, latency);
        let scope = Scope { account: cx.scope.account.clone(), region: to.clone() };
        let conflict = there.receive(&mut cx.within(&scope), &write);
        if let (Some(conflict), Some(group)) = (conflict, self.global.groups.get_mut(&id)) {
            group.note(conflict);
        }
        true
    }

    /// A replica's state ends.
    fn move_member_on(&mut self, cx: &mut Cx<'_>, id: u64, region: &Region, status: ReplicaStatus) {
        match status {
            ReplicaStatus::Creating => self.join(cx, id, region),
            ReplicaStatus::Deleting => {
                // What it wrote goes out before it goes, but where the way is shut.
                self.flush(cx, id, region);
                let table = self.global.groups.get(&id).map(|group| group.table.clone());
                self.leave(id, region);
                if let (Some(table), Some(here)) = (table, self.regions.get_mut(region)) {
                    let scope = Scope { account: cx.scope.account.clone(), region: region.clone() };
                    here.keep_deleted(&cx.within(&scope), &table);
                    here.disable_stream(&table, cx.now);
                    here.tables.remove(&table);
                }
            }
            ReplicaStatus::Updating | ReplicaStatus::Active => {}
        }
        let member = self.global.groups.get_mut(&id).and_then(|group| group.members.get_mut(region));
        if let Some(member) = member {
            member.status = ReplicaStatus::Active;
            member.until = None;
        }
    }

    /// A new replica takes over the items of its source, and is sent from now on what every region writes.
    pub(super) fn join(&mut self, cx: &mut Cx<'_>, id: u64, region: &Region) {
        let Some(group) = self.global.groups.get(&id) else { return };
        let table = group.table.clone();
        let others = group.members.keys().filter(|other| *other != region);
        let others: Vec<Region> =
            others.filter(|other| self.replica(other, &table).is_some()).cloned().collect();
        let named =
            group.members.get(region).and_then(|member| member.source.as_ref()).map(|(source, _)| source);
        let named = named.filter(|source| others.contains(source));
        let Some(source) = named.or(others.first()).cloned() else { return };
        let known = others.iter().filter_map(|other| self.replica(other, &table));
        let next = known.map(|replica| replica.has(region)).max().unwrap_or(0);
        let Some(from) = self.regions.get(&source).and_then(|here| here.tables.get(&table)) else { return };
        let Some(replica) = &from.replica else { return };
        let ttl = from.ttl.attribute().map(str::to_owned);
        let (rows, mut made) = (from.rows.clone(), replica.copy_for(region.clone(), next));
        let has: Vec<(Region, u64)> =
            others.iter().map(|other| (other.clone(), replica.has(other))).collect();
        for (other, has) in has {
            if let Some(replica) = self.replica_mut(&other, &table) {
                replica.link(cx, region.clone(), has);
                made.link(cx, other, next);
            }
        }
        if let Some(there) = self.regions.get_mut(region).and_then(|there| there.tables.get_mut(&table)) {
            there.seed(rows, made);
            if ttl.is_some() {
                there.set_ttl(ttl, cx.now);
            }
        }
    }

    /// A region is no longer part of a global table; one that is left alone is a table like any other.
    pub(super) fn leave(&mut self, id: u64, region: &Region) {
        let Some(group) = self.global.groups.get_mut(&id) else { return };
        group.members.remove(region);
        let table = group.table.clone();
        let left: Vec<Region> = group.members.keys().cloned().collect();
        for other in &left {
            if let Some(replica) = self.replica_mut(other, &table) {
                replica.unlink(region);
            }
        }
        if let [last] = &left[..] {
            if let Some(table) = self.regions.get_mut(last).and_then(|here| here.tables.get_mut(&table)) {
                table.replica = None;
            }
            self.global.groups.remove(&id);
        }
    }
}
