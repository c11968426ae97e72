//! One conversation held with one server.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Value, json};
use wavetank_types::Timestamp;
use wavetank_wire::{SERVICES, WireError, codec};

use super::answer;
use super::compare::prepare;
use super::conversation::{Conversation, Step, as_text, fill, fill_text, part};
use super::names::Names;
use crate::client::{Aws, sign_as};

/// What all conversations call their things, so that they can be found and removed.
pub(super) const RUN: &str = "wavetank-diff";
const POLL: Duration = Duration::from_secs(1);

/// What came of a step.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Outcome {
    /// The answer, written as `names.rs` does, without what the step leaves out.
    Answered(Value),
    /// The server has not got the operation; what it said.
    Lacking(String),
    /// It was not asked, and why.
    NotRun(String),
}

impl Outcome {
    /// The answer, if there is one.
    pub(super) fn answer(&self) -> Option<&Value> {
        match self {
            Self::Answered(answer) => Some(answer),
            Self::Lacking(_) | Self::NotRun(_) => None,
        }
    }
}

/// A client and what it knows of its server.
#[derive(Clone, Copy, Debug)]
pub(super) struct Client<'a> {
    pub(super) aws: Aws<'a>,
    pub(super) names: &'a Names,
    /// Time that passes after each call, of a tank whose time would stand still.
    pub(super) lag: Duration,
    /// How long a call is repeated until its answer is as it should be.
    pub(super) patience: Duration,
}

/// What AWS needs for most of what it makes.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Holds a conversation to its end, whatever is refused on the way.
pub(super) async fn hold(client: Client<'_>, conversation: &Conversation) -> Vec<Outcome> {
    let mut bound = BTreeMap::from([
        ("run".to_owned(), json!(RUN)),
        ("account".to_owned(), json!(client.names.account)),
        ("region".to_owned(), json!(client.aws.region())),
    ]);
    let mut outcomes = Vec::with_capacity(conversation.steps.len());
    for step in &conversation.steps {
        outcomes.push(take(client, conversation, step, &mut bound).await);
    }
    outcomes
}

async fn take(
    client: Client<'_>,
    conversation: &Conversation,
    step: &Step,
    bound: &mut BTreeMap<String, Value>,
) -> Outcome {
    let target = client.aws.target();
    if let Some(seconds) = step.after_s {
        target.pause(Duration::from_secs(seconds)).await;
    }
    let mut waited = Duration::ZERO;
    let answer = loop {
        bind_time(target.now(), bound);
        let answer = match ask(client, conversation, step, bound).await {
            Ok(answer) => answer,
            Err(why) => return Outcome::NotRun(why),
        };
        if !client.lag.is_zero() {
            target.pause(client.lag).await;
        }
        if step.until.is_empty() || waited >= client.patience || is_so(step, &answer) {
            break answer;
        }
        target.pause(POLL).await;
        waited += POLL;
    };
    for (name, path) in &step.bind {
        if let Some(value) = look(&answer, path) {
            bound.insert(name.clone(), value.clone());
        }
    }
    match answer::lack(&answer) {
        Some(why) => Outcome::Lacking(why),
        None => Outcome::Answered(prepare(step, &client.names.normalise(&answer))),
    }
}

fn bind_time(now: Timestamp, bound: &mut BTreeMap<String, Value>) {
    bound.insert("now_ms".to_owned(), json!(now.millis()));
    bound.insert("now_s".to_owned(), json!(now.secs()));
}

/// Whether there is no more to wait for: it is as it should be, or it is refused, which no waiting mends.
fn is_so(step: &Step, answer: &Value) -> bool {
    let is_about_errors = step.until.keys().any(|path| path.starts_with("error."));
    let is_refused = answer.get("error").is_some() && !is_about_errors;
    is_refused || step.until.iter().all(|(path, value)| look(answer, path) == Some(value))
}

/// The part of an answer: of its body, if the path does not begin with `error`, `headers` or `status`.
fn look<'v>(answer: &'v Value, path: &str) -> Option<&'v Value> {
    let is_of_answer = ["error.", "headers.", "status"].iter().any(|start| path.starts_with(start));
    if is_of_answer { part(answer, path) } else { part(answer.get("body")?, path) }
}

/// One request. Error: why it cannot be made.
async fn ask(
    client: Client<'_>,
    conversation: &Conversation,
    step: &Step,
    bound: &BTreeMap<String, Value>,
) -> Result<Value, String> {
    let unbound = |name: String| format!("no earlier answer gave `{name}`");
    let (service, operation) = step.asks(conversation);
    let aws = client.aws;
    if service == "s3" {
        let request = s3_request(aws, step, bound).map_err(unbound)?;
        return Ok(answer::of_s3(&aws.target().http(request).await));
    }
    let service =
        SERVICES.iter().copied().find(|known| known.name == service).ok_or("wire has no such service")?;
    let operation = service.operation(operation).ok_or("wire has no such operation")?;
    let input = if step.input.is_null() { json!({}) } else { fill(&step.input, bound).map_err(unbound)? };
    let refused = |why: WireError| format!("the input is not of its shape: {why}");
    let input = codec::from_json(operation.input, input.to_string().as_bytes()).map_err(refused)?;
    let address = aws.target().address(service.name, aws.region());
    let mut request = codec::encode_request(service, operation, input, &address.origin.to_string());
    sign_as(aws.target(), &mut request, service.signing_name, &address);
    let response: Response<Bytes> = aws.target().http(request).await;
    Ok(answer::of_service(service, operation, response))
}

fn s3_request(aws: Aws<'_>, step: &Step, bound: &BTreeMap<String, Value>) -> Result<Request<Bytes>, String> {
    let line = as_text(fill_text(step.s3.as_deref().unwrap_or("GET /"), bound)?);
    let (method, path) = line.split_once(' ').unwrap_or(("GET", &line));
    let address = aws.target().address("s3", aws.region());
    let mut request = Request::builder().method(method).uri(format!("{}{path}", address.origin));
    for (name, value) in &step.headers {
        request = request.header(name, as_text(fill_text(value, bound)?));
    }
    let body = Bytes::from(as_text(fill_text(&step.body, bound)?));
    let mut request = request.body(body).map_err(|why| why.to_string())?;
    sign_as(aws.target(), &mut request, "s3", &address);
    Ok(request)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_ends_when_it_is_so_or_is_refused() {
        let until = BTreeMap::from([("Stream.Status".to_owned(), json!("ACTIVE"))]);
        let step = Step { until, ..Step::default() };
        assert!(!is_so(&step, &json!({"status": 200, "body": {"Stream": {"Status": "CREATING"}}})));
        assert!(is_so(&step, &json!({"status": 200, "body": {"Stream": {"Status": "ACTIVE"}}})));
        assert!(is_so(&step, &json!({"status": 400, "error": {"code": "ResourceNotFoundException"}})));
        let gone = BTreeMap::from([("error.code".to_owned(), json!("Gone"))]);
        let step = Step { until: gone, ..Step::default() };
        assert!(!is_so(&step, &json!({"status": 400, "error": {"code": "InUse"}})));
    }
}
