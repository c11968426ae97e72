//! RDS's state: what there is by name, what is on its way, and what is due.

mod cluster_snapshots;
mod clusters;
mod create;
mod describe;
mod engines;
mod events;
mod jobs;
mod lifecycle;
mod modify;
mod parameters;
mod restore;
mod snapshots;
mod subnets;
mod tags;

use std::collections::BTreeMap;

use wavetank_types::{Arn, Timestamp};
use wavetank_wire::rds::{self as w, Request};

use super::RdsError;
use super::limits::{EVENTS_KEPT, STOPPED_MAX};
use super::work::{Launch, PostgresTask, PostgresWork};
use crate::world::{Cx, JobId, Ticket, Work};
use clusters::{Cluster, cluster_of};
use jobs::Purpose;
use parameters::ParameterGroup;
use snapshots::Snapshot;

/// RDS of one account and region.
#[derive(Debug, Default)]
pub struct Rds {
    /// By identifier, in lower case.
    instances: BTreeMap<String, Instance>,
    snapshots: BTreeMap<String, Snapshot>,
    clusters: BTreeMap<String, Cluster>,
    parameter_groups: BTreeMap<String, ParameterGroup>,
    subnet_groups: BTreeMap<String, w::DBSubnetGroup>,
    /// By ARN.
    tags: BTreeMap<String, BTreeMap<String, String>>,
    /// The oldest first.
    events: Vec<w::Event>,
    /// The PostgreSQL that this machine has, once one has been found.
    server: Option<String>,
    /// Requests that wait to know whether there is one.
    waiting: BTreeMap<JobId, (Ticket, Request)>,
    jobs: BTreeMap<JobId, Purpose>,
    /// Instances whose secret is being made, by the token of the reply.
    secrets: BTreeMap<u64, String>,
}

/// What an instance is doing.
///
/// Documented: docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html (read 2026-11-28).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    Creating,
    BackingUp,
    Available,
    Modifying,
    Starting,
    Stopping,
    Stopped,
    Rebooting,
    Deleting,
    Failed,
    IncompatibleParameters,
}

impl Status {
    fn name(self) -> &'static str {
        match self {
            Self::Creating => "creating",
            Self::BackingUp => "backing-up",
            Self::Available => "available",
            Self::Modifying => "modifying",
            Self::Starting => "starting",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::Rebooting => "rebooting",
            Self::Deleting => "deleting",
            Self::Failed => "failed",
            Self::IncompatibleParameters => "incompatible-parameters",
        }
    }
}

/// A DB instance.
#[derive(Clone, Debug)]
struct Instance {
    /// What is shown of it, but for its status and tags.
    shown: w::DBInstance,
    status: Status,
    /// When the status ends by itself.
    until: Option<Timestamp>,
    /// On which port its server is to run; any if none was asked for. The first that it gets stays.
    port: Option<u16>,
    /// The major version that was asked for.
    major: Option<u32>,
}

impl Instance {
    /// The resource id, which names its folder.
    fn home(&self) -> &str {
        self.shown.dbi_resource_id.as_deref().unwrap_or_default()
    }

    fn name(&self) -> &str {
        self.shown.db_instance_identifier.as_deref().unwrap_or_default()
    }

    fn arn(&self) -> &str {
        self.shown.db_instance_arn.as_deref().unwrap_or_default()
    }

    fn keeps_backups(&self) -> bool {
        self.shown.backup_retention_period.unwrap_or_default() > 0
    }
}

impl Rds {
    pub(super) fn next_deadline(&self) -> Option<Timestamp> {
        self.instances.values().filter_map(|instance| instance.until).min()
    }

    pub(super) fn tick(&mut self, cx: &mut Cx<'_>) {
        let is_due = |instance: &Instance| instance.until.is_some_and(|until| until <= cx.now);
        let due: Vec<String> = self
            .instances
            .iter()
            .filter(|(_, instance)| is_due(instance))
            .map(|(name, _)| name.clone())
            .collect();
        for name in due {
            let Some(instance) = self.instances.get_mut(&name) else { continue };
            instance.until = None;
            if instance.cluster().is_some() {
                self.tick_member(cx, &name);
                continue;
            }
            match instance.status {
                Status::Stopped => self.start_again(cx, &name),
                Status::BackingUp => {
                    instance.status = Status::Available;
                    self.event_of(cx, &name, "Finished DB Instance backup", "backup");
                }
                _ => instance.status = Status::Available,
            }
        }
        let oldest = cx.now - EVENTS_KEPT;
        self.events.retain(|event| event.date.is_none_or(|date| date > oldest));
    }

    /// An instance by its identifier or its ARN.
    fn find(&self, name: &str) -> Result<&Instance, RdsError> {
        let key = key_of(name);
        self.instances.get(&key).filter(|_| cluster_of(&key).is_none()).ok_or(RdsError::NoInstance(key))
    }

    fn find_mut(&mut self, name: &str) -> Result<&mut Instance, RdsError> {
        let key = key_of(name);
        let is_shown = cluster_of(&key).is_none();
        self.instances.get_mut(&key).filter(|_| is_shown).ok_or(RdsError::NoInstance(key))
    }

    fn by_home(&mut self, home: &str) -> Option<&mut Instance> {
        self.instances.values_mut().find(|instance| instance.home() == home)
    }

    /// How an instance's server is to run now.
    fn launch(&self, instance: &Instance) -> Launch {
        let groups = instance.shown.db_parameter_groups.iter().flatten();
        let group = groups.filter_map(|group| group.db_parameter_group_name.as_ref()).next();
        let parameters = group.and_then(|group| self.parameter_groups.get(group));
        Launch {
            port: instance.port,
            major: instance.major,
            parameters: parameters.map(ParameterGroup::settings).unwrap_or_default(),
        }
    }

    /// Hands work on an instance's server to the executor.
    fn start_work(
        &mut self,
        cx: &mut Cx<'_>,
        home: &str,
        task: PostgresTask,
        takes: std::time::Duration,
        purpose: Purpose,
    ) {
        let job = cx.start(Work::Postgres(Box::new(PostgresWork { home: home.to_owned(), task, takes })));
        self.jobs.insert(job, purpose);
    }
}

/// When an instance that stops now is started again.
fn restart_at(now: Timestamp) -> Timestamp {
    now + STOPPED_MAX
}

/// The key of what a name or an ARN's last part says.
fn key_of(name: &str) -> String {
    let name = if name.starts_with("arn:") { name.rsplit(':').next().unwrap_or_default() } else { name };
    name.to_lowercase()
}

/// An ARN of RDS in the caller's region.
fn own_arn(cx: &Cx<'_>, kind: &str, name: &str) -> String {
    Arn::new("rds", &cx.scope.region, &cx.scope.account, format!("{kind}:{name}")).to_string()
}

/// Some of a list, and the marker of what follows: how many there were before it.
fn page<T>(
    all: impl Iterator<Item = T>,
    marker: Option<&str>,
    max: Option<i64>,
) -> Result<(Vec<T>, Option<String>), RdsError> {
    use super::limits::{RECORDS_MAX, RECORDS_MIN};
    let max = max.unwrap_or(RECORDS_MAX);
    if !(RECORDS_MIN..=RECORDS_MAX).contains(&max) {
        let said =
            format!("Invalid value {max} for MaxRecords. Must be between {RECORDS_MIN} and {RECORDS_MAX}");
        return Err(RdsError::Value(said));
    }
    let skip = marker.map_or(Ok(0), str::parse::<usize>);
    let skip = skip.map_err(|_| RdsError::Value("The marker parameter is not valid.".to_owned()))?;
    let mut rest = all.skip(skip).peekable();
    let page: Vec<T> = rest.by_ref().take(usize::try_from(max).unwrap_or_default()).collect();
    let next = rest.peek().map(|_| (skip + page.len()).to_string());
    Ok((page, next))
}

/// Whether a thing passes the filters; each is a name, and what `of` says of the thing by that name. Others are refused.
fn passes<'a>(
    filters: Option<&Vec<w::Filter>>,
    of: impl Fn(&str) -> Option<Option<&'a str>>,
) -> Result<bool, RdsError> {
    for filter in filters.into_iter().flatten() {
        let value = of(&filter.name)
            .ok_or_else(|| RdsError::Value(format!("Unrecognized filter name: {}", filter.name)))?;
        let is_wanted =
            |value: &str| filter.values.iter().any(|wanted| wanted == value || key_of(wanted) == value);
        if !value.is_some_and(is_wanted) {
            return Ok(false);
        }
    }
    Ok(true)
}
