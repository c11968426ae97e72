//! Records on their way in, and the ledger's memory of them: what was accepted, where, under which identity.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;

use bytes::Bytes;
use serde_json::Value;
use wavetank_types::names::split_s3_uri;

use super::ledger::{Expectation, Sent, SentRecord};
use super::records::{IntoRecords, Records};
use super::rows::{self, Row};
use super::{Tank, TankError};
use crate::drive;
use crate::send::{Outgoing, Sink};

type Predicate = Box<dyn Fn(&Value) -> bool + Send>;

/// Records that are about to be sent: await it.
#[must_use = "nothing is sent until this is awaited"]
pub struct Sending {
    tank: Tank,
    place: String,
    records: Result<Records, TankError>,
    id: Vec<String>,
    key: Option<String>,
    rejected: Option<Predicate>,
    may_be_rejected: bool,
}

impl fmt::Debug for Sending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sending").field("place", &self.place).field("id", &self.id).finish_non_exhaustive()
    }
}

impl Tank {
    /// Sends records, in order and in batches, and remembers them for [`Tank::ledger`].
    ///
    /// `place` is `kinesis:NAME`, `firehose:NAME`, `sqs:NAME`, `dynamodb:NAME` (one item each), or `s3://bucket/key`, which
    /// becomes one object with a record a line. What a batch refuses is sent again until it is taken; nothing that was taken is.
    ///
    /// Error: [`TankError::Place`], [`TankError::Send`], [`TankError::Records`] if a record has no identity.
    pub fn send(&self, place: &str, records: impl IntoRecords) -> Sending {
        let records = records.into_records();
        let id = records.as_ref().map(|records| records.identity.clone()).unwrap_or_default();
        let (tank, place) = (self.clone(), place.to_owned());
        Sending { tank, place, records, id, key: None, rejected: None, may_be_rejected: false }
    }
}

impl Sending {
    /// The member that tells records apart, or several with commas between: `order_id`, `pk,sk`. Generated rows bring theirs.
    pub fn id(mut self, members: &str) -> Self {
        self.id = members_of(members);
        self
    }

    /// The member that decides the shard of a Kinesis stream; the identity otherwise.
    pub fn key(mut self, member: &str) -> Self {
        self.key = Some(member.to_owned());
        self
    }

    /// Which records the pipeline must refuse: they belong in [`super::LedgerCheck::rejected_in`]'s place, the others do not.
    pub fn rejected_if(mut self, is_rejected: impl Fn(&Value) -> bool + Send + 'static) -> Self {
        self.rejected = Some(Box::new(is_rejected));
        self
    }

    /// Each record may be delivered or refused, once: for input whose fate the test does not know.
    pub fn may_be_rejected(mut self) -> Self {
        self.may_be_rejected = true;
        self
    }

    async fn run(self) -> Result<(), TankError> {
        let records = self.records?;
        if self.id.is_empty() {
            let why =
                "say which member tells the records apart\nhint: tank.send(place, records).id(\"order_id\")";
            return Err(TankError::Records(why.to_owned()));
        }
        let (mut outgoing, mut kept) = (Vec::new(), Vec::new());
        for line in &records.lines {
            let value: Value = serde_json::from_slice(line).unwrap_or_default();
            let row = value.as_object().cloned().unwrap_or_default();
            let id = rows::identity(&row, &self.id).ok_or_else(|| {
                let (line, id) = (String::from_utf8_lossy(line), self.id.join(", "));
                TankError::Records(format!("a record has no `{id}`: {line}"))
            })?;
            let key = self.key.as_ref().and_then(|key| rows::text(rows::get(&row, key)?));
            outgoing.push(Outgoing { key: key.unwrap_or_else(|| id.clone()), data: line.clone() });
            let expected = match &self.rejected {
                _ if self.may_be_rejected => Expectation::Either,
                Some(is_rejected) if is_rejected(&value) => Expectation::Rejected,
                _ => Expectation::Delivered,
            };
            kept.push(SentRecord { id, row, expected });
        }
        put(&self.tank, &self.place, &outgoing, records.ndjson()).await?;
        let (place, id, at) = (self.place, self.id, self.tank.now());
        let sent = Sent { place, id, at, records: kept.into() };
        self.tank.shared.sent.lock().expect("nothing panics while it holds this").push(sent);
        Ok(())
    }
}

impl IntoFuture for Sending {
    type Output = Result<(), TankError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

async fn put(tank: &Tank, place: &str, records: &[Outgoing], file: Bytes) -> Result<(), TankError> {
    if split_s3_uri(place).is_none() {
        let sink: Sink = place.parse().map_err(|_| TankError::Place(place.to_owned()))?;
        return Ok(sink.send(tank.aws().patient(), records).await?);
    }
    let uri = if place.ends_with('/') { format!("{place}records.ndjson") } else { place.to_owned() };
    drive::put(tank.aws(), &uri, file).await.map_err(|why| TankError::Records(why.to_string()))
}

/// `pk,sk` as names.
pub(super) fn members_of(text: &str) -> Vec<String> {
    text.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
}

/// A row as the ledger remembers it.
pub(super) fn show(row: &Row) -> String {
    const SHOWN_MAX: usize = 200;
    let text = Value::Object(row.clone()).to_string();
    match text.char_indices().nth(SHOWN_MAX) {
        Some((at, _)) => format!("{}...", &text[..at]),
        None => text,
    }
}
