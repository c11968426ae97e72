//! A target that is watched while a scenario's input goes in: each request with the instant at which it was to leave, in real time.
//!
//! It is what `wavetank bench SCENARIO` measures with. While the input goes in, time passes as it does; before and afterwards the
//! target's own pauses hold, which on a tank move its clock on. The stages that a run tells say when that is.
//! Left out: requests of the S3 SDK one by one; an object that is the input counts as one request, from the stage that stores it.

use std::fmt;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use wavetank_types::Timestamp;

use crate::progress::{Progress, Stage};
use crate::target::{Target, left_to};

/// A request and its answer, in the target's time.
#[derive(Debug)]
pub struct Watch<'a> {
    /// When it was to leave. What is tried again keeps its first instant.
    pub due: Timestamp,
    /// When it left.
    pub sent: Timestamp,
    /// When its answer was there.
    pub done: Timestamp,
    /// Bytes of its body.
    pub bytes: u64,
    /// The answer; `None` of an object that the S3 SDK stored.
    pub answer: Option<&'a Response<Bytes>>,
}

/// A target, and what is known of the input that goes there.
pub struct Watched<'a> {
    inner: &'a dyn Target,
    progress: &'a dyn Progress,
    tell: Box<dyn Fn(&Watch<'_>) + Send + Sync + 'a>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    is_sending: bool,
    uploading_since: Option<Timestamp>,
    due: Option<Timestamp>,
    events: Vec<(Timestamp, u64)>,
    queryable: Option<Timestamp>,
}

impl fmt::Debug for Watched<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watched")
            .field("target", &self.inner.name())
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

impl<'a> Watched<'a> {
    /// Watches requests to a target, and draws progress as before.
    pub fn new(
        inner: &'a dyn Target,
        progress: &'a dyn Progress,
        tell: impl Fn(&Watch<'_>) + Send + Sync + 'a,
    ) -> Self {
        Self { inner, progress, tell: Box::new(tell), state: Mutex::default() }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics while it holds this")
    }

    /// How old records were when the scenario's queries could be asked: an age, and how many records had it.
    /// Nothing if it never came to that.
    pub fn ages(&self) -> Vec<(Duration, u64)> {
        let state = self.state();
        let Some(queryable) = state.queryable else { return Vec::new() };
        state.events.iter().map(|(at, records)| (queryable.since(*at), *records)).collect()
    }
}

impl Progress for Watched<'_> {
    fn begin(&self, stage: Stage, total: Option<u64>) {
        let now = self.inner.now();
        let uploaded = {
            let mut state = self.state();
            // Waiting is told as sending, too, without a total.
            state.is_sending = stage == Stage::Send && total.is_some();
            let uploaded = state.uploading_since.take();
            if stage == Stage::Upload {
                state.uploading_since = Some(now);
                state.events.push((now, 1));
            }
            if matches!(stage, Stage::Query | Stage::Observe) && state.queryable.is_none() {
                state.queryable = Some(now);
            }
            uploaded
        };
        if let Some(sent) = uploaded {
            (self.tell)(&Watch { due: sent, sent, done: now, bytes: 0, answer: None });
        }
        self.progress.begin(stage, total);
    }

    fn at(&self, done: u64) {
        self.progress.at(done);
    }

    fn say(&self, line: &str) {
        self.progress.say(line);
    }
}

#[async_trait]
impl Target for Watched<'_> {
    left_to!(inner);

    fn name(&self) -> &str {
        self.inner.name()
    }

    async fn http(&self, request: Request<Bytes>) -> Response<Bytes> {
        let due = {
            let state = self.state();
            state.due.filter(|_| state.is_sending)
        };
        let bytes = request.body().len() as u64;
        let sent = self.inner.now();
        let response = self.inner.http(request).await;
        if let Some(due) = due {
            let done = self.inner.now();
            (self.tell)(&Watch { due, sent, done, bytes, answer: Some(&response) });
        }
        response
    }

    fn s3(&self, region: &str) -> aws_sdk_s3::Client {
        self.inner.s3(region)
    }

    fn stored_at(&self, bucket: &str, key: &str) -> Option<Timestamp> {
        self.inner.stored_at(bucket, key)
    }

    async fn quiesce(&self) {
        self.inner.quiesce().await;
    }

    async fn s3_read(&self, region: &str) -> Result<aws_sdk_s3::Client, String> {
        self.inner.s3_read(region).await
    }

    #[expect(clippy::disallowed_methods, reason = "the input goes in in real time")]
    async fn pause(&self, span: Duration) {
        let is_sending = self.state().is_sending;
        if is_sending {
            tokio::time::sleep(span).await;
        } else {
            self.inner.pause(span).await;
        }
    }

    fn intend(&self, at: Timestamp, records: u64) {
        let mut state = self.state();
        state.due = Some(at);
        if records > 0 {
            state.events.push((at, records));
        }
    }

    fn fresh(&self) -> Option<Box<dyn Target>> {
        self.inner.fresh()
    }

    fn is_own(&self) -> bool {
        self.inner.is_own()
    }
}
