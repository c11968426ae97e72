//! Examples of Glue: a world without a driver, objects in memory, and what a client sees written down line by line.

mod catalog;
mod crawls;
mod filter;
mod flow_props;
mod flows;
mod inference;
mod runs;
mod tank;
mod triggers;

use std::collections::BTreeMap;
use std::fmt::{Debug, Write as _};
use std::time::Duration;

use bytes::Bytes;
use wavetank_types::{Seed, Timestamp};
use wavetank_wire::glue as wire;
use wavetank_wire::{FromVal, Operation, ToVal, WireError};

use super::{Listed, LookError, Objects, ScriptOutput, ScriptWork, look, look_duration, script_duration};
use crate::services::ServiceId;
use crate::world::{Address, Answer, Call, Outcome, Output, Scope, Work, World};

/// Objects in memory, by bucket and key.
#[derive(Debug, Default, Clone)]
pub(super) struct Memory(pub(super) BTreeMap<String, BTreeMap<String, Bytes>>);

impl Memory {
    pub(super) fn put(&mut self, bucket: &str, key: &str, body: impl Into<Bytes>) {
        self.0.entry(bucket.to_owned()).or_default().insert(key.to_owned(), body.into());
    }
}

impl Objects for Memory {
    fn list(&self, bucket: &str, prefix: &str) -> Result<Vec<Listed>, LookError> {
        let objects = self.0.get(bucket);
        let objects =
            objects.ok_or_else(|| LookError::Refused("The specified bucket does not exist".to_owned()))?;
        let wanted = objects.iter().filter(|(key, _)| key.starts_with(prefix));
        Ok(wanted.map(|(key, body)| Listed { key: key.clone(), size: body.len() as u64 }).collect())
    }

    fn read(&self, bucket: &str, key: &str) -> Result<Bytes, LookError> {
        let body = self.0.get(bucket).and_then(|objects| objects.get(key));
        body.cloned().ok_or_else(|| LookError::Refused("The specified key does not exist.".to_owned()))
    }
}

/// A world with one client, who writes down what it sees.
pub(super) struct Rig {
    world: World,
    pub(super) objects: Memory,
    /// What a script answers.
    script: fn(&ScriptWork) -> ScriptOutput,
    pub(super) seen: String,
}

impl Rig {
    pub(super) fn new() -> Self {
        let world = World::new(Seed(1), Timestamp::TANK_EPOCH);
        Self { world, objects: Memory::default(), script: |_| ScriptOutput::default(), seen: String::new() }
    }

    pub(super) fn call<O: Operation>(&mut self, input: O::Input) -> Result<O::Output, WireError> {
        let to = Address { service: ServiceId::of(O::service()), scope: Scope::default() };
        let call = Call { to, access_key: String::new(), operation: O::NAME, input: input.to_val() };
        match self.world.call(O::service(), call)? {
            Answer::Now(output) => Ok(O::Output::from_val(output)),
            Answer::Later(_) | Answer::Stream(_) => panic!("{} answers at once", O::NAME),
        }
    }

    /// Calls, and writes down whether it was refused.
    pub(super) fn note<O: Operation>(&mut self, input: O::Input) -> Option<O::Output> {
        let answer = self.call::<O>(input);
        let said = answer.as_ref().err().map_or("ok".to_owned(), ToString::to_string);
        self.write(&format!("{}: {said}", O::NAME));
        answer.ok()
    }

    pub(super) fn write(&mut self, line: &str) {
        writeln!(self.seen, "{line}").expect("a text takes any line");
    }

    /// Lets time pass: jobs are done when they are asked for, and what is due happens in order.
    pub(super) fn pass(&mut self, span: Duration) {
        let target = self.world.now() + span;
        loop {
            self.do_jobs();
            match self.world.next_deadline() {
                Some(at) if at <= target => self.world.step_to(at),
                _ => break,
            }
        }
        self.world.step_to(target);
    }

    fn do_jobs(&mut self) {
        for job in self.world.take_jobs() {
            let outcome = match &job.work {
                Work::Crawl(work) => {
                    let output = look(&self.objects, work);
                    Outcome { duration: look_duration(&output), output: Output::Crawl(output) }
                }
                Work::Script(work) => {
                    let output = (self.script)(work);
                    Outcome { duration: script_duration(&output), output: Output::Script(output) }
                }
                other => panic!("Glue asks for no such work: {other:?}"),
            };
            self.world.finish_job(job.id, outcome);
        }
    }

    /// Looks once a second, and writes down each change.
    pub(super) fn watch<T: PartialEq + Debug>(&mut self, secs: u64, look: impl Fn(&mut Self) -> T) {
        let mut last = None;
        for second in 0..=secs {
            let state = look(self);
            if last.as_ref() != Some(&state) {
                self.write(&format!("{second:>3}s {state:?}"));
                last = Some(state);
            }
            self.pass(Duration::from_secs(1));
        }
    }

    pub(super) fn logs(&mut self, group: &str, stream: &str) -> Vec<String> {
        use wavetank_wire::logs::{GetLogEvents, GetLogEventsInput};
        let input = GetLogEventsInput {
            log_group_name: Some(group.to_owned()),
            log_stream_name: stream.to_owned(),
            start_from_head: Some(true),
            ..GetLogEventsInput::default()
        };
        let output = self.call::<GetLogEvents>(input).expect("lines were written");
        output.events.unwrap_or_default().into_iter().filter_map(|event| event.message).collect()
    }
}

pub(super) fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

pub(super) fn column(name: &str, hive: &str) -> wire::Column {
    wire::Column { name: name.to_owned(), r#type: text(hive), ..wire::Column::default() }
}

pub(super) fn database(name: &str) -> wire::CreateDatabaseInput {
    let database_input = wire::DatabaseInput { name: name.to_owned(), ..wire::DatabaseInput::default() };
    wire::CreateDatabaseInput { database_input, ..wire::CreateDatabaseInput::default() }
}

pub(super) fn table(database: &str, name: &str, keys: &[(&str, &str)]) -> wire::CreateTableInput {
    let descriptor = wire::StorageDescriptor {
        columns: Some(vec![column("id", "bigint")]),
        location: text(&format!("s3://lake/{name}/")),
        ..wire::StorageDescriptor::default()
    };
    let table_input = wire::TableInput {
        name: name.to_owned(),
        storage_descriptor: Some(descriptor),
        partition_keys: Some(keys.iter().map(|(name, hive)| column(name, hive)).collect()),
        ..wire::TableInput::default()
    };
    wire::CreateTableInput {
        database_name: database.to_owned(),
        table_input: Some(table_input),
        ..wire::CreateTableInput::default()
    }
}

pub(super) fn values(values: &[&str]) -> Vec<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

pub(super) fn partition(of: &[&str]) -> wire::PartitionInput {
    wire::PartitionInput { values: Some(values(of)), ..wire::PartitionInput::default() }
}
