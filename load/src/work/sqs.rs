//! SendMessage, or SendMessageBatch where a request has several messages. Nobody receives: the queue grows.

use serde_json::{Value, json};
use wavetank_wire::sqs;

use super::records::{lines, pool_size};
use super::{Form, Resource};
use crate::api::{Api, ApiError};
use crate::engine::{Gun, Outcome, Taken, Work};
use crate::shot::Shot;

pub(super) struct Messages {
    pool: Vec<Shot>,
    batch: u64,
}

/// A queue of one's own.
pub(super) fn prepare(api: &Api, form: &Form, made: &mut Vec<Resource>) -> Result<Messages, ApiError> {
    let name = form.resource_name();
    let asked = json!({ "QueueName": name });
    let operation = if form.is_own() { "CreateQueue" } else { "GetQueueUrl" };
    let url = api.json(&sqs::SERVICE, operation, &asked)?["QueueUrl"].as_str().unwrap_or_default().to_owned();
    if form.is_own() {
        made.push(Resource::Queue(url.clone()));
    }
    let batch = form.batch as usize;
    let shot = |request: u64| {
        let texts = lines(form.seed, request, form.batch, form.record_bytes);
        match &texts[..] {
            [text] => {
                let body = json!({ "QueueUrl": url, "MessageBody": text });
                Shot::json(&sqs::SERVICE, "SendMessage", body.to_string())
            }
            texts => {
                let entry =
                    |(at, text): (usize, &String)| json!({ "Id": at.to_string(), "MessageBody": text });
                let entries: Vec<Value> = texts.iter().enumerate().map(entry).collect();
                let body = json!({ "QueueUrl": url, "Entries": entries });
                Shot::json(&sqs::SERVICE, "SendMessageBatch", body.to_string())
            }
        }
    };
    let count = pool_size(batch * form.record_bytes as usize, form.requests) as u64;
    Ok(Messages { pool: (0..count).map(shot).collect(), batch: u64::from(form.batch) })
}

impl Work for Messages {
    fn records(&self) -> u64 {
        self.batch
    }

    fn shoot(&self, gun: &mut Gun<'_>, number: u64) -> Outcome {
        let shot = &self.pool[(number % self.pool.len() as u64) as usize];
        let answer = match gun.answered(shot) {
            Ok(answer) => answer,
            Err(outcome) => return outcome,
        };
        let mut taken = Taken { accepted: self.batch, ..Taken::default() };
        if self.batch > 1 {
            let read: Value = serde_json::from_slice(answer.body).unwrap_or_default();
            for entry in read["Failed"].as_array().into_iter().flatten() {
                taken.accepted = taken.accepted.saturating_sub(1);
                taken.refused.push((entry["Code"].as_str().unwrap_or("(no code)").to_owned(), 1));
            }
        }
        Outcome::Taken(taken)
    }
}
