//! What servers answer: the end of each piece of work, and the death of a server that nobody asked for.

use wavetank_wire::rds as w;
use wavetank_wire::secretsmanager as secrets;
use wavetank_wire::{FromVal as _, Val, WireError};

use super::clusters::{AURORA, cluster_of};
use super::{Instance, Rds, Status, restart_at};
use crate::services::AwsError as _;
use crate::services::rds::RdsError;
use crate::services::rds::limits::BACKING_UP;
use crate::services::rds::work::{PostgresFailure, PostgresTask, PostgresWork, Running, death_topic};
use crate::world::{Cx, Effect, JobId, Ticket, Work};

/// What a piece of work was for. Instances are named by their resource id, snapshots by their identifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Created(String),
    Restored {
        home: String,
        snapshot: String,
    },
    Started(String),
    Rebooted(String),
    Stopped(String),
    /// A new password; the status ends with it.
    Password(String),
    /// A new port; the status ends with it.
    Moved(String),
    Snapshot(String),
    SnapshotDropped(String),
    Destroyed {
        home: String,
        last: Option<String>,
    },
}

impl Rds {
    /// The major version to look for, if the request needs a server and none is known.
    pub(in super::super) fn needs_server(&self, request: &w::Request) -> Option<Option<u32>> {
        if self.server.is_some() {
            return None;
        }
        match request {
            w::Request::CreateDBInstance(input) if input.engine == "postgres" => {
                Some(input.engine_version.as_deref().and_then(super::create::major_of))
            }
            w::Request::CreateDBCluster(input) if input.engine == AURORA => {
                Some(input.engine_version.as_deref().and_then(super::create::major_of))
            }
            w::Request::RestoreDBInstanceFromDBSnapshot(_) | w::Request::RestoreDBClusterFromSnapshot(_) => {
                Some(None)
            }
            w::Request::DescribeDBEngineVersions(_) | w::Request::DescribeOrderableDBInstanceOptions(_) => {
                Some(None)
            }
            _ => None,
        }
    }

    /// Keeps the request until it is known whether this machine has a PostgreSQL.
    pub(in super::super) fn look_for_server(
        &mut self,
        cx: &mut Cx<'_>,
        major: Option<u32>,
        request: w::Request,
    ) -> Ticket {
        let ticket = cx.ticket();
        let task = PostgresTask::Find { major };
        let work = PostgresWork { home: String::new(), task, takes: std::time::Duration::ZERO };
        let job = cx.start(Work::Postgres(Box::new(work)));
        self.waiting.insert(job, (ticket, request));
        ticket
    }

    pub(in super::super) fn job_done(
        &mut self,
        cx: &mut Cx<'_>,
        job: JobId,
        result: Result<Running, PostgresFailure>,
    ) {
        if let Some((ticket, request)) = self.waiting.remove(&job) {
            match result {
                Ok(found) => {
                    self.server = Some(found.version);
                    self.answer_late(cx, ticket, request);
                }
                Err(why) => {
                    let refusal = RdsError::NoServer(why.to_string()).wire();
                    cx.push(Effect::Answer(ticket, Err(refusal)));
                }
            }
            return;
        }
        match self.jobs.remove(&job) {
            Some(Purpose::Snapshot(name)) => self.snapshot_done(cx, &name, result),
            Some(Purpose::SnapshotDropped(name)) => {
                if let Err(why) = result {
                    tracing::warn!(%name, %why, "a snapshot was not removed");
                }
            }
            Some(Purpose::Destroyed { home, last }) => self.destroyed(cx, &home, last, result),
            Some(purpose) => self.server_changed(cx, &purpose, result),
            None => {}
        }
    }

    fn server_changed(
        &mut self,
        cx: &mut Cx<'_>,
        purpose: &Purpose,
        result: Result<Running, PostgresFailure>,
    ) {
        let (home, said, category) = match purpose {
            Purpose::Created(home) => (home, "DB instance created".to_owned(), "creation"),
            Purpose::Restored { home, snapshot } => {
                (home, format!("Restored from snapshot {snapshot}"), "restoration")
            }
            Purpose::Started(home) => (home, "DB instance started".to_owned(), "notification"),
            Purpose::Rebooted(home) | Purpose::Moved(home) => {
                (home, "DB instance restarted".to_owned(), "availability")
            }
            Purpose::Stopped(home) => (home, "DB instance stopped".to_owned(), "notification"),
            Purpose::Password(home) => (home, "Reset master credentials".to_owned(), "configuration change"),
            Purpose::Snapshot(_) | Purpose::SnapshotDropped(_) | Purpose::Destroyed { .. } => return,
        };
        let now = cx.now;
        let Some(instance) = self.by_home(home) else { return };
        // One that is being deleted meanwhile stays so.
        if instance.status == Status::Deleting {
            return;
        }
        let name = instance.name().to_owned();
        match result {
            Ok(running) => {
                settle(instance, purpose, &running, now);
                if matches!(purpose, Purpose::Created(_) | Purpose::Restored { .. }) {
                    cx.push(Effect::Watch(death_topic(home)));
                }
                self.event_of(cx, &name, &said, category);
                self.note_version(cx, &name);
            }
            Err(why) => self.server_failed(cx, &name, purpose, &why),
        }
    }

    /// Says by an event that the server is of another major version than was asked for.
    fn note_version(&mut self, cx: &mut Cx<'_>, name: &str) {
        let Some(instance) = self.instances.get_mut(name) else { return };
        let runs = instance.shown.engine_version.clone().unwrap_or_default();
        let asked = instance.major.take();
        let real = super::create::major_of(&runs);
        instance.major = real;
        if let Some(asked) = asked
            && real.is_some()
            && Some(asked) != real
        {
            let said = format!("PostgreSQL {asked} was asked for; this machine runs {runs}");
            self.event_of(cx, name, &said, "notification");
        }
    }

    fn server_failed(&mut self, cx: &mut Cx<'_>, name: &str, purpose: &Purpose, why: &PostgresFailure) {
        let said = why.to_string();
        let Some(instance) = self.instances.get_mut(name) else { return };
        instance.until = None;
        let is_of_parameters = said.contains("parameter") && said.contains("configuration")
            || said.contains("invalid value for parameter")
            || said.contains("unrecognized configuration parameter");
        instance.status = match purpose {
            // The server goes on as it was.
            Purpose::Password(_) => Status::Available,
            _ if is_of_parameters => Status::IncompatibleParameters,
            _ => Status::Failed,
        };
        self.event_of(cx, name, &said, "failure");
    }

    fn destroyed(
        &mut self,
        cx: &mut Cx<'_>,
        home: &str,
        last: Option<String>,
        result: Result<Running, PostgresFailure>,
    ) {
        let failure = result.as_ref().err().map(ToString::to_string);
        if let Some(snapshot) = &last {
            self.snapshot_done(cx, snapshot, result);
        }
        let Some(name) = self.by_home(home).map(|instance| instance.name().to_owned()) else { return };
        // What could not be saved is not thrown away.
        if let (Some(why), Some(_)) = (failure, last) {
            if let Some(instance) = self.instances.get_mut(&name) {
                instance.status = Status::Failed;
            }
            self.event_of(cx, &name, &why, "failure");
            return;
        }
        cx.push(Effect::Unwatch(death_topic(home)));
        self.event_of(cx, &name, "DB instance deleted", "deletion");
        if let Some(cluster) = cluster_of(&name) {
            self.clusters.remove(cluster);
        }
        if let Some(instance) = self.instances.remove(&name) {
            self.tags.remove(instance.arn());
            self.delete_secret(cx, &instance);
        }
    }

    fn delete_secret(&mut self, cx: &mut Cx<'_>, instance: &Instance) {
        let Some(arn) =
            instance.shown.master_user_secret.as_ref().and_then(|secret| secret.secret_arn.clone())
        else {
            return;
        };
        let input = secrets::DeleteSecretInput {
            secret_id: arn,
            force_delete_without_recovery: Some(true),
            ..Default::default()
        };
        cx.call::<secrets::DeleteSecret>(crate::services::ServiceId::SecretsManager, input, None);
    }

    pub(in super::super) fn secret_made(
        &mut self,
        cx: &mut Cx<'_>,
        token: u64,
        result: Result<Val, WireError>,
    ) {
        let Some(home) = self.secrets.remove(&token) else { return };
        let Some(instance) = self.by_home(&home) else { return };
        let name = instance.name().to_owned();
        match (result, &mut instance.shown.master_user_secret) {
            (Ok(made), Some(secret)) => {
                secret.secret_arn = secrets::CreateSecretOutput::from_val(made).arn;
                secret.secret_status = Some("active".to_owned());
            }
            (Err(why), _) => {
                let said = format!("The master user's secret could not be made: {}", why.message);
                self.event_of(cx, &name, &said, "failure");
            }
            (Ok(_), None) => {}
        }
    }

    /// A server has ended and nobody had asked for it: it is started again, and an event says both.
    ///
    /// Assumed: that AWS does so for every engine; of Aurora it is said (aws.amazon.com/rds/aurora/details/postgresql-details/, to be
    /// verified). One that cannot start again is `failed`.
    pub(in super::super) fn server_died(&mut self, cx: &mut Cx<'_>, topic: &str) {
        let Some(instance) = self.instances.values_mut().find(|one| death_topic(one.home()) == topic) else {
            return;
        };
        if !matches!(instance.status, Status::Available | Status::BackingUp | Status::Modifying) {
            return;
        }
        let name = instance.name().to_owned();
        let said =
            "The database process has ended unexpectedly; what was committed is kept. It is started again";
        self.event_of(cx, &name, said, "failure");
        self.reboot(cx, &name, Status::Rebooting, Purpose::Rebooted);
    }
}

/// The state of an instance whose server has done what it was told.
fn settle(instance: &mut Instance, purpose: &Purpose, running: &Running, now: wavetank_types::Timestamp) {
    instance.shown.engine_version = Some(running.version.clone());
    if let Some(port) = running.port {
        instance.port = Some(port);
        instance.shown.endpoint = Some(w::Endpoint {
            address: Some("127.0.0.1".to_owned()),
            port: Some(i64::from(port)),
            hosted_zone_id: None,
        });
    }
    for group in instance.shown.db_parameter_groups.iter_mut().flatten() {
        if !matches!(purpose, Purpose::Password(_) | Purpose::Stopped(_)) {
            group.parameter_apply_status = Some("in-sync".to_owned());
        }
    }
    (instance.status, instance.until) = match purpose {
        Purpose::Stopped(_) => (Status::Stopped, Some(restart_at(now))),
        Purpose::Created(_) | Purpose::Restored { .. } if instance.keeps_backups() => {
            (Status::BackingUp, Some(now + BACKING_UP))
        }
        _ => (Status::Available, None),
    };
    instance.shown.automatic_restart_time = instance.until.filter(|_| instance.status == Status::Stopped);
}
