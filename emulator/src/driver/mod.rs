//! A [`Tank`]: a world with a clock, executors and callers who wait.
//!
//! Frozen (the default): time stands still, and moves only by [`Tank::advance`], by [`Tank::settle`], or as far as a
//! waiting caller needs. Jobs run one at a time in the order in which they were asked for, so that a run can be repeated.
//! Served: real time plus an offset; jobs run side by side. See `served.rs`.

mod events;
mod served;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::time::Duration;

use tokio::sync::{Notify, mpsc, oneshot};
use wavetank_types::{Seed, Timestamp};
use wavetank_wire::schema::Service as Schema;
use wavetank_wire::{FromVal, Operation, ToVal, Val, WireError};

use crate::executors::{Executors, NativeFunction, NativeScript, Natives};
use crate::services::ServiceId;
use crate::services::s3::S3;
use crate::world::{Address, Answer, Call, Cx, Job, Scope, StreamEvent, Ticket, World};
pub use events::{EventStream, Opened};
pub use served::RealTime;
pub(crate) use served::machine_time;

/// Deadlines at one instant after which the world is taken to be spinning.
const STEPS_PER_INSTANT_MAX: u32 = 100_000;

/// How a tank's time passes.
#[derive(Debug)]
pub(crate) enum Clock {
    /// Only when moved.
    Frozen,
    /// With the machine's clock, plus an offset.
    Real(RealTime),
}

/// The world and those who wait for it, under one lock.
#[derive(Debug)]
struct Core {
    world: World,
    waiters: BTreeMap<Ticket, oneshot::Sender<Result<Val, WireError>>>,
    ready: BTreeMap<Ticket, Result<Val, WireError>>,
    /// Where the events of open streams go.
    streams: BTreeMap<Ticket, mpsc::UnboundedSender<Result<Val, WireError>>>,
    /// Until when the served driver's background task sleeps; `None` for until it is woken.
    asleep_until: Option<Timestamp>,
}

impl Core {
    /// Gives answers and events to those who wait; keeps answers whose caller has not come yet. Answers whether anybody
    /// was told anything.
    fn hand_out(&mut self) -> bool {
        let mut told = false;
        for (ticket, result) in self.world.take_answers() {
            match self.waiters.remove(&ticket) {
                // A caller who has gone away does not want the answer any more.
                Some(waiter) => told |= waiter.send(result).is_ok(),
                None => drop(self.ready.insert(ticket, result)),
            }
        }
        for (ticket, event) in self.world.take_events() {
            told = true;
            let Some(stream) = self.streams.get(&ticket) else { continue };
            let ends = !matches!(event, StreamEvent::Event(Ok(_)));
            if let StreamEvent::Event(event) = event {
                drop(stream.send(event));
            }
            if ends {
                self.streams.remove(&ticket);
            }
        }
        told
    }

    /// Whether the background task has something to do before it would wake. Most requests leave nothing to be done
    /// later, and waking it for each would cost more than they do.
    fn needs_waking(&self) -> bool {
        let is_sooner = |at| self.asleep_until.is_none_or(|until| at < until);
        self.world.has_waiting_jobs() || self.world.next_deadline().is_some_and(is_sooner)
    }
}

#[derive(Debug)]
pub(crate) struct Inner {
    core: Mutex<Core>,
    clock: Clock,
    executors: Executors,
    /// A deadline may have changed, or a job waits: for the served driver.
    wake: Arc<Notify>,
    /// A job has ended: for those who wait until none runs.
    job_ended: Notify,
    start: Timestamp,
    seed: Seed,
    strict: bool,
    /// Whether jobs run on the thread that moves time.
    on_one_thread: bool,
    any_order: bool,
    /// Where the tank listens, for processes that call back.
    endpoint: Mutex<Option<String>>,
    /// Where others reach it, if that is another address.
    public_endpoint: Mutex<Option<String>>,
}

/// A running tank. Clones are handles to the same one.
#[derive(Clone, Debug)]
pub struct Tank(Arc<Inner>);

/// A tank as seen by what must not keep it: the thread that waits for a process of it.
#[derive(Clone, Debug)]
pub(crate) struct WeakTank(Weak<Inner>);

impl WeakTank {
    /// Tells those who watch the topic, if the tank is still there.
    pub(crate) fn signal(&self, topic: &str) {
        if let Some(inner) = self.0.upgrade() {
            Tank(inner).with_world(|world| world.signal(topic));
        }
    }
}

/// What a tank is made of.
#[derive(Clone, Debug, Default)]
pub struct TankBuilder {
    seed: Option<Seed>,
    start: Option<Timestamp>,
    real_time: bool,
    strict: bool,
    on_one_thread: bool,
    any_order: bool,
    natives: Natives,
}

impl TankBuilder {
    /// The seed of every random stream. Default 0.
    #[must_use]
    pub fn seed(mut self, seed: Seed) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Where tank time begins. Default [`Timestamp::TANK_EPOCH`] when frozen, the machine's time when real.
    #[must_use]
    pub fn start(mut self, start: Timestamp) -> Self {
        self.start = Some(start);
        self
    }

    /// Time passes with the machine's clock. Needs a tokio runtime when the tank is built.
    #[must_use]
    pub fn real_time(mut self) -> Self {
        self.real_time = true;
        self
    }

    /// Services throttle as AWS does: rates per shard and per second. Without it a tank takes and gives as fast as it can.
    #[must_use]
    pub fn strict_limits(mut self) -> Self {
        self.strict = true;
        self
    }

    /// Jobs run on the thread that moves time, and not on others that may block: a simulation's, whose own code is quick and of which
    /// as many run as the machine has cores. Whoever moves a frozen tank's time must stay until it has moved.
    #[must_use]
    pub fn on_one_thread(mut self) -> Self {
        self.on_one_thread = true;
        self
    }

    /// What falls at one instant happens in any order that AWS allows, drawn from the seed: for simulations.
    #[must_use]
    pub fn any_order(mut self, any_order: bool) -> Self {
        self.any_order = any_order;
        self
    }

    /// Registers a Rust function under a Lambda handler's name.
    #[must_use]
    pub fn function(mut self, handler: &str, function: Arc<dyn NativeFunction>) -> Self {
        self.natives.functions.insert(handler.to_owned(), function);
        self
    }

    /// Registers a Rust script under the name that a Glue job's `--wavetank-native` argument gives.
    #[must_use]
    pub fn script(mut self, name: &str, script: Arc<dyn NativeScript>) -> Self {
        self.natives.scripts.insert(name.to_owned(), script);
        self
    }

    /// The tank.
    pub fn build(self) -> Tank {
        let seed = self.seed.unwrap_or(Seed(0));
        let clock = if self.real_time { Clock::Real(RealTime::default()) } else { Clock::Frozen };
        let start = self.start.unwrap_or(match &clock {
            Clock::Frozen => Timestamp::TANK_EPOCH,
            Clock::Real(real) => real.now(),
        });
        let core = Core {
            world: World::new(seed, start).with_strict_limits(self.strict).with_any_order(self.any_order),
            waiters: BTreeMap::new(),
            ready: BTreeMap::new(),
            streams: BTreeMap::new(),
            asleep_until: None,
        };
        let tank = Tank(Arc::new(Inner {
            core: Mutex::new(core),
            clock,
            executors: Executors::new(self.natives),
            wake: Arc::new(Notify::new()),
            job_ended: Notify::new(),
            start,
            seed,
            strict: self.strict,
            on_one_thread: self.on_one_thread && !self.real_time,
            any_order: self.any_order,
            endpoint: Mutex::new(None),
            public_endpoint: Mutex::new(None),
        }));
        if self.real_time {
            served::run_in_background(&tank);
        }
        tank
    }
}

impl Tank {
    /// What a tank is made of, to be chosen.
    pub fn builder() -> TankBuilder {
        TankBuilder::default()
    }

    pub(crate) fn downgrade(&self) -> WeakTank {
        WeakTank(Arc::downgrade(&self.0))
    }

    /// Tank time.
    pub fn now(&self) -> Timestamp {
        self.catch_up();
        self.core().world.now()
    }

    /// Tank time by the clock alone: what has become due may not have been done yet. Cheaper than [`Tank::now`].
    pub(crate) fn clock_now(&self) -> Timestamp {
        match &self.0.clock {
            Clock::Real(real) => real.now(),
            Clock::Frozen => self.core().world.now(),
        }
    }

    /// Whether time stands still unless it is moved.
    pub fn is_frozen(&self) -> bool {
        matches!(self.0.clock, Clock::Frozen)
    }

    /// Whether jobs run on the thread that moves time.
    pub(crate) fn is_on_one_thread(&self) -> bool {
        self.0.on_one_thread
    }

    /// The seed of every random stream.
    pub fn seed(&self) -> Seed {
        self.0.seed
    }

    /// Where the tank listens, such as `http://127.0.0.1:4566`; none while it is only in-process.
    pub fn endpoint(&self) -> Option<String> {
        self.0.endpoint.lock().expect("nothing panics while it holds this").clone()
    }

    /// Says where the tank listens. A function's process gets it as `AWS_ENDPOINT_URL`.
    pub fn set_endpoint(&self, endpoint: Option<String>) {
        *self.0.endpoint.lock().expect("nothing panics while it holds this") = endpoint;
        let told = self.told_endpoint();
        self.core().world.set_endpoint(told);
    }

    /// Says under which address others reach the tank, where that is not where it listens: behind a container's port. Queue URLs
    /// and their like name it.
    pub fn set_public_endpoint(&self, endpoint: Option<String>) {
        *self.0.public_endpoint.lock().expect("nothing panics while it holds this") = endpoint;
        let told = self.told_endpoint();
        self.core().world.set_endpoint(told);
    }

    /// The address that answers name.
    fn told_endpoint(&self) -> Option<String> {
        let public = self.0.public_endpoint.lock().expect("nothing panics while it holds this").clone();
        public.or_else(|| self.endpoint())
    }

    /// Registers a Rust function under a Lambda handler's name, or a function's own; one of that name makes way.
    pub fn register_function(&self, name: &str, function: Arc<dyn NativeFunction>) {
        self.0.executors.register(name, function);
    }

    /// Lets every Rust function go. One that holds the tank would keep it for ever.
    pub fn forget_functions(&self) {
        self.0.executors.unregister_all();
    }

    /// Forgets everything: an empty world with the same seed, and time where it is (real) or where it began (frozen).
    pub fn reset(&self) {
        let start = if self.is_frozen() { self.0.start } else { self.now() };
        let mut core = self.core();
        core.world =
            World::new(self.0.seed, start).with_strict_limits(self.0.strict).with_any_order(self.0.any_order);
        core.world.set_endpoint(self.told_endpoint());
        core.waiters.clear();
        core.ready.clear();
        core.streams.clear();
        drop(core);
        self.0.executors.forget();
        self.0.wake.notify_one();
    }

    /// One typed request, as a client in this scope.
    pub async fn request<O: Operation>(
        &self,
        scope: &Scope,
        input: O::Input,
    ) -> Result<O::Output, WireError> {
        let to = Address { service: ServiceId::of(O::service()), scope: scope.clone() };
        let call = Call { to, access_key: String::new(), operation: O::NAME, input: input.to_val() };
        self.call(O::service(), call).await.map(O::Output::from_val)
    }

    /// One request to a service other than S3; comes back when it is answered.
    pub async fn call(&self, schema: &Schema, call: Call) -> Result<Val, WireError> {
        match self.open(schema, call).await? {
            Opened::Output(output) => Ok(output),
            Opened::Events(_) => Err(WireError::not_implemented("event streams over this connection")),
        }
    }

    /// The same for a request that may be answered by a stream of events.
    pub async fn open(&self, schema: &Schema, call: Call) -> Result<Opened, WireError> {
        let answer = {
            let mut core = self.core_now();
            let answer = core.world.call(schema, call).map(|answer| match answer {
                Answer::Stream(ticket) => Err(Opened::Events(self.listen(&mut core, ticket))),
                Answer::Now(output) => Err(Opened::Output(output)),
                Answer::Later(ticket) => Ok(ticket),
            });
            self.settle_up(core);
            answer?
        };
        match answer {
            Err(opened) => Ok(opened),
            Ok(ticket) => self.wait_for(ticket).await.map(Opened::Output),
        }
    }

    /// One request to S3, under the lock: `act` changes the state and is short.
    pub fn s3<R, E: From<WireError>>(
        &self,
        scope: &Scope,
        access_key: &str,
        operation: &str,
        act: impl FnMut(&mut S3, &mut Cx<'_>) -> Result<R, E>,
    ) -> Result<R, E> {
        let mut core = self.core_now();
        let answer = core.world.s3(scope, access_key, operation, act);
        self.settle_up(core);
        answer
    }

    /// After a request: hands out what it led to, and wakes the background task if it has to know.
    fn settle_up(&self, mut core: MutexGuard<'_, Core>) {
        core.hand_out();
        let needs_waking = core.needs_waking();
        drop(core);
        if needs_waking {
            self.0.wake.notify_one();
        }
    }

    /// Looks at the world, or changes it, under the lock.
    pub fn with_world<R>(&self, act: impl FnOnce(&mut World) -> R) -> R {
        let mut core = self.core();
        let answer = act(&mut core.world);
        core.hand_out();
        drop(core);
        self.0.wake.notify_one();
        answer
    }

    /// Moves time on by `span`. Everything due on the way happens in order, and its jobs run before time goes on.
    pub async fn advance(&self, span: Duration) {
        let target = self.now() + span;
        while self.next_step(target).await {}
        if let Clock::Real(real) = &self.0.clock {
            real.be_at(target);
        }
    }

    /// Moves time on to whatever is still to happen, until nothing is, or until `limit` has passed.
    ///
    /// What recurs for ever, a schedule's next run, is not waited for: it happens on the way to other things, or by `advance`.
    /// Answers whether nothing is left to happen.
    pub async fn settle(&self, limit: Duration) -> bool {
        let at_rest = self.settle_until(self.now() + limit).await;
        if let Clock::Real(real) = &self.0.clock {
            real.be_at(self.core().world.now());
        }
        at_rest
    }

    async fn settle_until(&self, target: Timestamp) -> bool {
        loop {
            self.run_jobs().await;
            let next = self.core().world.next_work();
            match next {
                None if !self.core().world.has_running_jobs() => return true,
                Some(at) if at > target => return false,
                Some(at) => drop(self.next_step(at).await),
                // The end of a job is not known before it comes, and time must not run past it.
                None => self.jobs_ended().await,
            }
        }
    }

    /// Runs the jobs that wait, then goes to the next deadline up to `target`. Answers false once time is at `target`.
    async fn next_step(&self, target: Timestamp) -> bool {
        let mut steps_here = 0;
        loop {
            if self.run_jobs().await {
                continue;
            }
            self.jobs_ended().await;
            let (told, moved, done) = {
                let mut core = self.core();
                let next = core.world.next_deadline().filter(|at| *at <= target);
                let at = next.unwrap_or(target);
                let moved = at > core.world.now();
                core.world.step_to(at);
                (core.hand_out(), moved, next.is_none())
            };
            // Who was told of something gets his turn before time goes on.
            if told {
                tokio::task::yield_now().await;
            }
            if moved || done {
                return !done;
            }
            steps_here += 1;
            assert!(
                steps_here < STEPS_PER_INSTANT_MAX,
                "something is due for ever at {:?}",
                self.clock_now()
            );
        }
    }

    /// Waits for an answer. A frozen tank moves on as far as it takes.
    async fn wait_for(&self, ticket: Ticket) -> Result<Val, WireError> {
        let mut receiver = {
            let mut core = self.core();
            if let Some(result) = core.ready.remove(&ticket) {
                return result;
            }
            let (sender, receiver) = oneshot::channel();
            core.waiters.insert(ticket, sender);
            receiver
        };
        let gone = || Err(WireError::server("InternalFailure", "The tank was reset while this call waited."));
        if !self.is_frozen() {
            return receiver.await.unwrap_or_else(|_| gone());
        }
        loop {
            match receiver.try_recv() {
                Ok(result) => return result,
                Err(oneshot::error::TryRecvError::Closed) => return gone(),
                Err(oneshot::error::TryRecvError::Empty) => {}
            }
            if self.run_jobs().await {
                continue;
            }
            let stuck = {
                let mut core = self.core();
                // What recurs for ever would carry time away while somebody else runs the job.
                let waits = core.world.next_work().is_none() && core.world.has_running_jobs();
                let next = core.world.next_deadline().filter(|_| !waits);
                if let Some(at) = next {
                    core.world.step_to(at);
                    core.hand_out();
                }
                next.is_none()
            };
            if stuck {
                // Somebody else runs the job that the answer hangs on.
                tokio::select! {
                    result = &mut receiver => return result.unwrap_or_else(|_| gone()),
                    () = self.0.job_ended.notified() => {}
                }
            }
        }
    }

    /// Runs the jobs that wait: one after the other when frozen, side by side when served. Answers whether there were any.
    async fn run_jobs(&self) -> bool {
        let jobs = self.core().world.take_jobs();
        let any = !jobs.is_empty();
        if self.is_on_one_thread() {
            for job in jobs {
                self.run_job_here(job).await;
            }
            return any;
        }
        if any && self.is_frozen() {
            // A task of its own: a caller who goes away must not take the jobs of others along.
            let tank = self.clone();
            let running = tokio::spawn(async move {
                for job in jobs {
                    tank.run_job(job).await;
                }
            });
            if let Err(error) = running.await
                && let Ok(panic) = error.try_into_panic()
            {
                std::panic::resume_unwind(panic);
            }
            return any;
        }
        for job in jobs {
            let tank = self.clone();
            tokio::spawn(async move { tank.run_job(job).await });
        }
        any
    }

    /// The same behind a pointer: a job may wait for others of its tank.
    fn run_job_here(&self, job: Job) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(self.run_job(job))
    }

    async fn run_job(&self, job: Job) {
        let id = job.id;
        let outcome = self.0.executors.run(self, job).await;
        self.with_world(|world| world.finish_job(id, outcome));
        self.0.job_ended.notify_waiters();
    }

    /// Comes back when no executor is at work.
    async fn jobs_ended(&self) {
        loop {
            let ended = self.0.job_ended.notified();
            tokio::pin!(ended);
            ended.as_mut().enable();
            if !self.core().world.has_running_jobs() {
                return;
            }
            ended.await;
            // What just ended may have asked for more.
            self.run_jobs().await;
        }
    }

    /// With a real clock: does what has become due since the last call.
    fn catch_up(&self) {
        drop(self.core_now());
    }

    /// The world, after what has become due with a real clock.
    fn core_now(&self) -> MutexGuard<'_, Core> {
        let mut core = self.core();
        let Clock::Real(real) = &self.0.clock else { return core };
        let now = real.now();
        while let Some(at) = core.world.next_deadline() {
            if at > now {
                break;
            }
            core.world.step_to(at);
        }
        core.world.step_to(now);
        core.hand_out();
        core
    }

    fn core(&self) -> MutexGuard<'_, Core> {
        self.0.core.lock().expect("a service panicked while it held the world")
    }
}
