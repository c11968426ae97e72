//! Executors: the only doors to the outside. Each takes work, and always answers with an outcome.
//!
//! `native.rs` runs Rust functions registered under a name; `process/` runs uploaded code; `query.rs` runs SQL;
//! `crawl.rs` looks into objects; `convert.rs` works on Firehose's records, `dynamodb.rs` on exports and imports; `http.rs` sends a request to this machine; `postgres/` runs RDS's servers, `airflow/` MWAA's DAGs. None
//! holds the world's lock while it works: it calls the tank as a client would.

pub mod airflow;
mod convert;
mod crawl;
mod dynamodb;
mod function;
mod http;
mod native;
mod port;
pub mod postgres;
mod process;
#[cfg(feature = "sql")]
mod query;
#[cfg(not(feature = "sql"))]
#[path = "no_query.rs"]
mod query;
mod script;

use std::sync::{Arc, RwLock};
use std::task::{Context, Poll, Wake, Waker};

use serde_json::Value;
use wavetank_types::Timestamp;
use wavetank_wire::codec::{from_json, to_json};
use wavetank_wire::validate::{validate, validation_error};
use wavetank_wire::{Operation, SERVICES, WireError};

use crate::driver::Tank;
pub use crate::services::lambda::{KinesisRecord, Payload};
use crate::services::s3::ListRequest;
use crate::services::s3::error::Refusal;
use crate::services::s3::object::{Found, Object};
use crate::services::{AwsError as _, ServiceId};
use crate::world::{Address, Call, Job, Outcome, Scope, Work, World};
pub use native::{FunctionError, NativeContext, NativeFunction, NativeScript, Natives, ScriptError, Staged};

/// Tank time and the tank's chance for uploaded Python in a frozen tank: modules by the names of their files.
const TANK_PY: [(&str, &str); 2] =
    [("wavetank_clock.py", include_str!("clock.py")), ("wavetank_chance.py", include_str!("chance.py"))];
/// Python's own variable: sets of texts have the same order in every process.
const HASH_SEED: (&str, &str) = ("PYTHONHASHSEED", "0");

/// What jobs run on.
#[derive(Debug)]
pub(crate) struct Executors {
    pub(crate) natives: RwLock<Natives>,
    pub(crate) processes: process::Processes,
    pub(crate) postgres: postgres::Postgres,
    pub(crate) airflows: airflow::Airflows,
    /// Where functions and scripts reach a tank that listens nowhere.
    ports: port::Ports,
    #[cfg(feature = "sql")]
    pub(crate) engines: query::Engines,
}

impl Executors {
    pub(crate) fn new(natives: Natives) -> Self {
        Self {
            natives: RwLock::new(natives),
            processes: process::Processes::new(),
            postgres: postgres::Postgres::default(),
            airflows: airflow::Airflows::default(),
            ports: port::Ports::default(),
            #[cfg(feature = "sql")]
            engines: query::Engines::default(),
        }
    }

    /// The Rust function of this handler, or else of this function's name.
    pub(crate) fn native_function(&self, handler: &str, name: &str) -> Option<Arc<dyn NativeFunction>> {
        let natives = self.natives.read().expect("nothing panics while it holds this");
        natives.functions.get(handler).or_else(|| natives.functions.get(name)).cloned()
    }

    /// The Rust script of this name.
    pub(crate) fn native_script(&self, name: &str) -> Option<Arc<dyn NativeScript>> {
        self.natives.read().expect("nothing panics while it holds this").scripts.get(name).cloned()
    }

    /// Registers a Rust function; one of the same name makes way.
    pub(crate) fn register(&self, name: &str, function: Arc<dyn NativeFunction>) {
        let mut natives = self.natives.write().expect("nothing panics while it holds this");
        natives.functions.insert(name.to_owned(), function);
    }

    /// Lets every Rust function go.
    pub(crate) fn unregister_all(&self) {
        let functions = {
            let mut natives = self.natives.write().expect("nothing panics while it holds this");
            std::mem::take(&mut natives.functions)
        };
        // Outside the lock: one may hold the last handle to something that comes back here.
        drop(functions);
    }

    /// Ends what is kept from one job to the next: the world that it belonged to is gone.
    pub(crate) fn forget(&self) {
        self.processes.end_all();
        self.postgres.end_all();
        self.airflows.end_all();
    }

    /// Does the work. Comes back only when it is done, has failed or was stopped at its limit.
    pub(crate) async fn run(&self, tank: &Tank, job: Job) -> Outcome {
        let door = Door::new(tank.clone(), job.owner.scope.clone());
        match job.work {
            Work::Function(work) => function::run(self, door, job.started, *work).await,
            Work::Convert(work) => convert::run(door, *work).await,
            // Elsewhere in memory: what waits for the frequent ones would be as large as for the largest of these.
            other => Box::pin(self.run_other(door, job.started, other)).await,
        }
    }

    async fn run_other(&self, door: Door, started: Timestamp, work: Work) -> Outcome {
        match work {
            Work::Function(_) | Work::Convert(_) => unreachable!("`run` does the frequent ones"),
            Work::Script(work) => script::run(self, door, started, *work).await,
            Work::Query(work) => query::run(self, door, started, *work).await,
            Work::Crawl(work) => crawl::run(door, *work).await,
            Work::Http(work) => http::run(*work).await,
            Work::DynamoDb(work) => dynamodb::run(door, *work).await,
            Work::Postgres(work) => postgres::run(&self.postgres, door, *work).await,
            Work::Sql(work) => self.postgres.run_sql(*work).await,
            Work::Airflow(work) => airflow::run(&self.airflows, door, started, *work).await,
        }
    }
}

/// Waits on this thread. A call may run a job that waits for a call of its own, so this may stand within itself.
fn wait_here<F: Future>(call: F) -> F::Output {
    struct Unpark(std::thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let mut call = std::pin::pin!(call);
    // Most calls are answered at the first look.
    if let Poll::Ready(answer) = call.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        return answer;
    }
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    loop {
        match call.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(answer) => return answer,
            Poll::Pending => std::thread::park(),
        }
    }
}

/// What is known of an object without reading it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectMeta {
    /// Its key.
    pub key: String,
    /// In bytes.
    pub size: u64,
    /// Without quotes.
    pub etag: String,
    /// When it was stored.
    pub last_modified: Timestamp,
}

impl ObjectMeta {
    fn of(key: String, object: &Object, last_modified: Timestamp) -> Self {
        Self { key, size: object.size(), etag: object.etag.clone(), last_modified }
    }
}

/// A job's way back into the tank: API calls in the job's own account and region, and reads of S3.
#[derive(Clone, Debug)]
pub struct Door {
    pub(crate) tank: Tank,
    pub(crate) scope: Scope,
    /// Keeps the tank's port answering, for the processes of this job.
    reach: Option<port::Reach>,
}

impl Door {
    /// A way into this tank as this account and region.
    pub(crate) fn new(tank: Tank, scope: Scope) -> Self {
        Self { tank, scope, reach: None }
    }

    /// For a job that is a process: it can call the tank as long as this door is kept. Without a port it runs all the same.
    async fn reachable(mut self, ports: &port::Ports) -> Self {
        match ports.reach(&self).await {
            Ok(reach) => self.reach = Some(reach),
            Err(why) => tracing::warn!(%why, "no port is free: functions cannot call the tank"),
        }
        self
    }

    /// Where processes of this job call the tank.
    fn endpoint(&self) -> Option<&str> {
        self.reach.as_ref().map(port::Reach::endpoint)
    }

    /// One API request, awaited.
    pub async fn request<O: Operation>(&self, input: O::Input) -> Result<O::Output, WireError> {
        self.tank.request::<O>(&self.scope, input).await
    }

    /// One API request from a thread that may block.
    pub fn request_blocking<O: Operation>(&self, input: O::Input) -> Result<O::Output, WireError> {
        self.block_on(self.request::<O>(input))
    }

    /// Waits here. On a tank's only thread nearly every call is answered at once, and what is not moves the tank itself.
    fn block_on<F: Future>(&self, call: F) -> F::Output {
        match self.tank.is_on_one_thread() {
            true => wait_here(call),
            false => tokio::runtime::Handle::current().block_on(call),
        }
    }

    /// Does what may block: on a thread of its own, so that the runtime's stay free for callers, or here if there is but one.
    /// `Err` says why it did not end; a panic of the tank's only thread goes on.
    pub(super) async fn blocking<R: Send + 'static>(
        &self,
        act: impl FnOnce() -> R + Send + 'static,
    ) -> Result<R, tokio::task::JoinError> {
        match self.tank.is_on_one_thread() {
            true => Ok(act()),
            false => tokio::task::spawn_blocking(act).await,
        }
    }

    /// One API request as JSON both ways, in the members of AWS's API, checked as a client's would be.
    pub async fn call(&self, service: &str, operation: &str, input: &Value) -> Result<Value, WireError> {
        let missing = || WireError::not_implemented(&format!("{service} {operation}"));
        let schema = SERVICES.iter().find(|known| known.name == service).ok_or_else(missing)?;
        let shape = schema.operation(operation).ok_or_else(missing)?;
        let input = from_json(shape.input, input.to_string().as_bytes())?;
        validate(shape.input, &input).map_err(|failures| validation_error(schema, &failures))?;
        let to = Address { service: ServiceId::of(schema), scope: self.scope.clone() };
        let call = Call { to, access_key: String::new(), operation: shape.name, input };
        let output = self.tank.call(schema, call).await?;
        Ok(serde_json::from_slice(&to_json(shape.output, &output)).unwrap_or_default())
    }

    /// The same from a thread that may block.
    pub fn call_blocking(&self, service: &str, operation: &str, input: &Value) -> Result<Value, WireError> {
        self.block_on(self.call(service, operation, input))
    }

    /// An object's content, in one piece.
    pub fn get_object(&self, bucket: &str, key: &str) -> Result<bytes::Bytes, WireError> {
        // The copy into one piece, if one is needed, is made outside the lock.
        Ok(self.find(bucket, key)?.object.body.whole())
    }

    /// The same for code that stands for a client's: fault rules meet it.
    fn get_object_as_client(&self, bucket: &str, key: &str) -> Result<bytes::Bytes, WireError> {
        let found = self.tank.with_world(|world| match world.s3_refusal(&self.scope, "GetObject") {
            Some(refusal) => Err(refusal),
            None => find(world, bucket, key),
        })?;
        Ok(found.object.body.whole())
    }

    /// Some bytes of an object, without the rest of it. A range beyond the end is cut.
    pub fn get_range(
        &self,
        bucket: &str,
        key: &str,
        range: std::ops::Range<u64>,
    ) -> Result<bytes::Bytes, WireError> {
        let body = self.find(bucket, key)?.object.body.clone();
        let range = range.start.min(body.size())..range.end.min(body.size());
        let mut chunks = body.slice(range);
        Ok(if chunks.len() == 1 { chunks.remove(0) } else { chunks.concat().into() })
    }

    /// What is known of an object without reading it.
    pub fn head_object(&self, bucket: &str, key: &str) -> Result<ObjectMeta, WireError> {
        let found = self.find(bucket, key)?;
        Ok(ObjectMeta::of(key.to_owned(), &found.object, found.modified))
    }

    /// Objects under a prefix, in the order of their keys. All of them: there are no pages here.
    pub fn list_objects(&self, bucket: &str, prefix: &str) -> Result<Vec<ObjectMeta>, WireError> {
        let request =
            ListRequest { prefix: prefix.to_owned(), entries_max: usize::MAX, ..ListRequest::default() };
        self.tank.with_world(|world| {
            let found = world.s3_ref().any_bucket(bucket);
            let found = found.ok_or_else(|| Refusal::NoSuchBucket(bucket.to_owned()).wire())?;
            let entries = found.list(&request).entries.into_iter();
            Ok(entries.map(|entry| ObjectMeta::of(entry.key, &entry.object, entry.modified)).collect())
        })
    }

    fn find(&self, bucket: &str, key: &str) -> Result<Found, WireError> {
        self.tank.with_world(|world| find(world, bucket, key))
    }

    /// The account and region of the job.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// The tank itself.
    pub fn tank(&self) -> &Tank {
        &self.tank
    }
}

fn find(world: &World, bucket: &str, key: &str) -> Result<Found, WireError> {
    let found = world.s3_ref().any_bucket(bucket);
    let found = found.ok_or_else(|| Refusal::NoSuchBucket(bucket.to_owned()).wire())?;
    found.find(key, None).map_err(|refusal| refusal.wire())
}
