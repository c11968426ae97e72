//! Calls on their way (which instance, which login, then the work), and open transactions.

use std::collections::BTreeMap;
use std::time::Duration;

use wavetank_types::Timestamp;
use wavetank_wire::rds;
use wavetank_wire::rds_data::{self as w, Request, Response};
use wavetank_wire::secretsmanager as secrets;
use wavetank_wire::{FromVal as _, ResponseSet as _, Val, WireError};

use super::names::Statement;
use super::work::{Done, Login, SqlFailure, SqlTask, SqlWork};
use super::{DataError, values};
use crate::services::{AwsError as _, ServiceId};
use crate::world::{Cx, Effect, JobId, Ticket, Work};

/// How long a transaction may wait for its next call.
///
/// Documented: docs.aws.amazon.com/rdsdataservice/latest/APIReference/API_BeginTransaction.html (read 2026-11-29): three minutes.
const IDLE_MAX: Duration = Duration::from_secs(180);
/// How long a transaction may last. Documented: as above: 24 hours.
const AGE_MAX: Duration = Duration::from_secs(86_400);

/// The Data API of one account and region.
#[derive(Debug, Default)]
pub struct RdsData {
    calls: BTreeMap<u64, Pending>,
    /// What a reply is for: the call, and which of its questions.
    asked: BTreeMap<u64, (u64, Question)>,
    jobs: BTreeMap<JobId, u64>,
    transactions: BTreeMap<String, Transaction>,
}

#[derive(Clone, Copy, Debug)]
enum Question {
    Instance,
    Cluster,
    Secret,
}

/// A call that is not answered yet.
#[derive(Debug)]
struct Pending {
    ticket: Ticket,
    request: Request,
    port: Option<u16>,
    database: Option<String>,
    user: Option<(String, String)>,
    /// The transaction that it opens or is part of.
    transaction: Option<String>,
}

#[derive(Debug)]
struct Transaction {
    login: Login,
    begun: Timestamp,
    /// When its last call was answered; none while one runs.
    idle: Option<Timestamp>,
}

impl Transaction {
    fn ends_at(&self) -> Option<Timestamp> {
        self.idle.map(|idle| (idle + IDLE_MAX).min(self.begun + AGE_MAX))
    }
}

/// What every request names.
struct Common<'a> {
    resource: &'a str,
    secret: &'a str,
    database: Option<&'a String>,
    transaction: Option<&'a String>,
    schema: Option<&'a String>,
}

fn common(request: &Request) -> Common<'_> {
    let (resource, secret, database, transaction, schema) = match request {
        Request::ExecuteStatement(one) => (
            &one.resource_arn,
            &one.secret_arn,
            one.database.as_ref(),
            one.transaction_id.as_ref(),
            one.schema.as_ref(),
        ),
        Request::BatchExecuteStatement(one) => (
            &one.resource_arn,
            &one.secret_arn,
            one.database.as_ref(),
            one.transaction_id.as_ref(),
            one.schema.as_ref(),
        ),
        Request::BeginTransaction(one) => {
            (&one.resource_arn, &one.secret_arn, one.database.as_ref(), None, one.schema.as_ref())
        }
        Request::CommitTransaction(one) => {
            (&one.resource_arn, &one.secret_arn, None, Some(&one.transaction_id), None)
        }
        Request::RollbackTransaction(one) => {
            (&one.resource_arn, &one.secret_arn, None, Some(&one.transaction_id), None)
        }
    };
    Common { resource, secret, database, transaction, schema }
}

impl RdsData {
    pub(super) fn next_deadline(&self) -> Option<Timestamp> {
        self.transactions.values().filter_map(Transaction::ends_at).min()
    }

    /// Rolls back what has waited for too long.
    pub(super) fn tick(&mut self, cx: &mut Cx<'_>) {
        let is_over = |one: &Transaction| one.ends_at().is_some_and(|end| end <= cx.now);
        let over: Vec<String> =
            self.transactions.iter().filter(|(_, one)| is_over(one)).map(|(id, _)| id.clone()).collect();
        for id in over {
            if let Some(transaction) = self.transactions.remove(&id) {
                let task = SqlTask::Rollback;
                let work = SqlWork { login: transaction.login, transaction: Some(id), task };
                cx.start(Work::Sql(Box::new(work)));
            }
        }
    }

    /// Takes a request, and asks where its database is and who may enter.
    pub(super) fn begin(&mut self, cx: &mut Cx<'_>, request: Request) -> Result<Ticket, DataError> {
        let common = common(&request);
        if common.schema.is_some() {
            return Err(DataError::Request("Database schema is not supported.".to_owned()));
        }
        if let Some(id) = common.transaction {
            let transaction =
                self.transactions.get_mut(id).ok_or_else(|| DataError::NoTransaction(id.clone()))?;
            if common.database.is_some_and(|database| *database != transaction.login.database) {
                let said = "Database name is not the same as transaction";
                return Err(DataError::Request(said.to_owned()));
            }
            transaction.idle = None;
        }
        let (call, ticket) = (cx.number(), cx.ticket());
        let (instance, secret) = (cx.number(), cx.number());
        let is_cluster = common.resource.contains(":cluster:");
        let question = if is_cluster { Question::Cluster } else { Question::Instance };
        self.asked.insert(instance, (call, question));
        self.asked.insert(secret, (call, Question::Secret));
        let resource = Some(common.resource.to_owned());
        if is_cluster {
            let input =
                rds::DescribeDBClustersInput { db_cluster_identifier: resource, ..Default::default() };
            cx.call::<rds::DescribeDBClusters>(ServiceId::Rds, input, Some(instance));
        } else {
            let input =
                rds::DescribeDBInstancesInput { db_instance_identifier: resource, ..Default::default() };
            cx.call::<rds::DescribeDBInstances>(ServiceId::Rds, input, Some(instance));
        }
        let input =
            secrets::GetSecretValueInput { secret_id: common.secret.to_owned(), ..Default::default() };
        cx.call::<secrets::GetSecretValue>(ServiceId::SecretsManager, input, Some(secret));
        let database = common.database.cloned();
        let transaction = common.transaction.cloned();
        let pending = Pending { ticket, request, port: None, database, user: None, transaction };
        self.calls.insert(call, pending);
        Ok(ticket)
    }

    /// One of the answers that a call waits for.
    pub(super) fn heard(&mut self, cx: &mut Cx<'_>, token: u64, result: Result<Val, WireError>) {
        let Some((call, question)) = self.asked.remove(&token) else { return };
        let Some(pending) = self.calls.get_mut(&call) else { return };
        let learned = match question {
            Question::Instance => learn_instance(pending, result),
            Question::Cluster => learn_cluster(pending, result),
            Question::Secret => learn_secret(pending, result),
        };
        if let Err(why) = learned {
            self.fail(cx, call, &why);
            return;
        }
        if let (Some(port), Some((user, password))) = (pending.port, pending.user.clone()) {
            let database = pending.database.clone().unwrap_or_else(|| "postgres".to_owned());
            let login = Login { port, user, password, database };
            if let Err(why) = self.work(cx, call, login) {
                self.fail(cx, call, &why);
            }
        }
    }

    fn work(&mut self, cx: &mut Cx<'_>, call: u64, login: Login) -> Result<(), DataError> {
        let Some(pending) = self.calls.get_mut(&call) else { return Ok(()) };
        let task = match &pending.request {
            Request::ExecuteStatement(input) => {
                let statement = Statement::read(&input.sql);
                let set = values::bind(&statement, input.parameters.as_deref().unwrap_or_default())?;
                SqlTask::Execute { statement, sets: vec![set] }
            }
            Request::BatchExecuteStatement(input) => {
                let statement = Statement::read(&input.sql);
                let sets = input.parameter_sets.clone().unwrap_or_default();
                let sets: Result<Vec<_>, DataError> =
                    sets.iter().map(|set| values::bind(&statement, set)).collect();
                let mut sets = sets?;
                if sets.is_empty() {
                    sets.push(values::bind(&statement, &[])?);
                }
                SqlTask::Execute { statement, sets }
            }
            Request::BeginTransaction(_) => SqlTask::Begin,
            Request::CommitTransaction(_) => SqlTask::Commit,
            Request::RollbackTransaction(_) => SqlTask::Rollback,
        };
        if task == SqlTask::Begin {
            const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
            let id = cx.letters(184, ALPHABET);
            let transaction = Transaction { login: login.clone(), begun: cx.now, idle: None };
            self.transactions.insert(id.clone(), transaction);
            pending.transaction = Some(id);
        }
        // In a transaction it is the login of its beginning that counts.
        let of = pending.transaction.as_ref().and_then(|id| self.transactions.get(id));
        let login = of.map_or(login, |transaction| transaction.login.clone());
        let work = SqlWork { login, transaction: pending.transaction.clone(), task };
        let job = cx.start(Work::Sql(Box::new(work)));
        self.jobs.insert(job, call);
        Ok(())
    }

    pub(super) fn job_done(&mut self, cx: &mut Cx<'_>, job: JobId, result: Result<Done, SqlFailure>) {
        let Some(call) = self.jobs.remove(&job) else { return };
        let done = match result {
            Ok(done) => done,
            Err(failure) => {
                let id = self.calls.get(&call).and_then(|pending| pending.transaction.clone());
                let is_over = failure == SqlFailure::NoTransaction
                    || matches!(failure, SqlFailure::Refused(_) | SqlFailure::Gone(_))
                    || self.calls.get(&call).is_some_and(|one| {
                        !matches!(
                            one.request,
                            Request::ExecuteStatement(_) | Request::BatchExecuteStatement(_)
                        )
                    });
                if let Some(id) = id.as_ref().filter(|_| is_over) {
                    self.transactions.remove(id);
                }
                self.fail(cx, call, &DataError::of(failure, id.as_deref()));
                return;
            }
        };
        let Some(pending) = self.calls.remove(&call) else { return };
        let id = pending.transaction;
        let response = match pending.request {
            Request::ExecuteStatement(input) => Response::ExecuteStatement(values::answer(&input, done)),
            Request::BatchExecuteStatement(input) => {
                let count = input.parameter_sets.map_or(0, |sets| sets.len());
                let update_results =
                    Some(vec![w::UpdateResult { generated_fields: Some(Vec::new()) }; count]);
                Response::BatchExecuteStatement(w::BatchExecuteStatementOutput { update_results })
            }
            Request::BeginTransaction(_) => {
                Response::BeginTransaction(w::BeginTransactionOutput { transaction_id: id.clone() })
            }
            Request::CommitTransaction(_) => Response::CommitTransaction(w::CommitTransactionOutput {
                transaction_status: Some("Transaction Committed".to_owned()),
            }),
            Request::RollbackTransaction(_) => Response::RollbackTransaction(w::RollbackTransactionOutput {
                transaction_status: Some("Rollback Complete".to_owned()),
            }),
        };
        let is_over = matches!(response, Response::CommitTransaction(_) | Response::RollbackTransaction(_));
        if let Some(id) = id {
            if is_over {
                self.transactions.remove(&id);
            } else {
                self.rest(&id, cx.now);
            }
        }
        cx.push(Effect::Answer(pending.ticket, Ok(response.to_val())));
    }

    fn rest(&mut self, transaction: &str, now: Timestamp) {
        if let Some(transaction) = self.transactions.get_mut(transaction) {
            transaction.idle = Some(now);
        }
    }

    fn fail(&mut self, cx: &mut Cx<'_>, call: u64, why: &DataError) {
        let Some(pending) = self.calls.remove(&call) else { return };
        if let Some(id) = &pending.transaction {
            self.rest(id, cx.now);
        }
        cx.push(Effect::Answer(pending.ticket, Err(why.wire())));
    }
}

fn learn_instance(pending: &mut Pending, result: Result<Val, WireError>) -> Result<(), DataError> {
    let resource = common(&pending.request).resource.to_owned();
    let missing = || DataError::NoResource(resource.clone());
    let found = result.map_err(|_| missing())?;
    let found = rds::DescribeDBInstancesOutput::from_val(found).db_instances.unwrap_or_default();
    let instance = found.into_iter().next().filter(|one| one.db_instance_arn.as_ref() == Some(&resource));
    let instance = instance.ok_or_else(missing)?;
    let status = instance.db_instance_status.unwrap_or_default();
    let port = instance.endpoint.and_then(|endpoint| endpoint.port).and_then(|port| u16::try_from(port).ok());
    match port.filter(|_| matches!(status.as_str(), "available" | "backing-up" | "modifying")) {
        None => Err(DataError::State(status)),
        Some(port) => {
            pending.port = Some(port);
            pending.database = pending.database.take().or(instance.db_name);
            Ok(())
        }
    }
}

/// The same of a cluster, which must have its HTTP endpoint enabled.
fn learn_cluster(pending: &mut Pending, result: Result<Val, WireError>) -> Result<(), DataError> {
    let resource = common(&pending.request).resource.to_owned();
    let missing = || DataError::NoResource(resource.clone());
    let found = result.map_err(|_| missing())?;
    let found = rds::DescribeDBClustersOutput::from_val(found).db_clusters.unwrap_or_default();
    let cluster = found.into_iter().next().filter(|one| one.db_cluster_arn.as_ref() == Some(&resource));
    let cluster = cluster.ok_or_else(missing)?;
    if cluster.http_endpoint_enabled != Some(true) {
        return Err(DataError::Request(format!("HttpEndpoint is not enabled for resource {resource}")));
    }
    let status = cluster.status.unwrap_or_default();
    let port = cluster.port.and_then(|port| u16::try_from(port).ok());
    match port.filter(|_| matches!(status.as_str(), "available" | "backing-up" | "modifying")) {
        None => Err(DataError::State(status)),
        Some(port) => {
            pending.port = Some(port);
            pending.database = pending.database.take().or(cluster.database_name);
            Ok(())
        }
    }
}

fn learn_secret(pending: &mut Pending, result: Result<Val, WireError>) -> Result<(), DataError> {
    let secret = common(&pending.request).secret.to_owned();
    let value = result.map_err(|why| DataError::Secret(secret.clone(), why.message))?;
    let text = secrets::GetSecretValueOutput::from_val(value).secret_string.unwrap_or_default();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    match (value["username"].as_str(), value["password"].as_str()) {
        (Some(user), Some(password)) => {
            pending.user = Some((user.to_owned(), password.to_owned()));
            Ok(())
        }
        _ => Err(DataError::NoLogin(secret)),
    }
}
