//! Delivery to an HTTP endpoint: a request, its answer, and further attempts until the destination's patience ends.
//!
//! Documented: docs.aws.amazon.com/firehose/latest/dev/httpdeliveryrequestresponse.html (read 2026-11-20 as awsdocs): only
//! 200 with the request's own id is success; 413 is final, and its records are not sent to the bucket; what is given up
//! otherwise goes there. Assumed: the codes in documents and log lines.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use wavetank_types::Timestamp;

use super::super::documents::{ErrorType, Step};
use super::super::limits::{HTTP_TIMEOUT, HTTP_WAIT_FIRST, HTTP_WAIT_MAX};
use super::super::work::{Content, Failed, Record};
use super::{Desk, JobFor, Stream, Timer};
use crate::world::{Cx, HttpOutput, HttpWork, Work};

impl Stream {
    /// Sends the request, once more or for the first time.
    pub(super) fn post(&mut self, cx: &mut Cx<'_>, desk: &mut Desk, id: u64) {
        let Some(delivery) = self.deliveries.get(&id) else { return };
        let Some(http) = delivery.settings.http.as_ref() else { return };
        let Some((_, Content { body, .. })) = delivery.ready.clone() else { return };
        let mut headers = vec![
            ("content-type".to_owned(), "application/json".to_owned()),
            ("x-amz-firehose-protocol-version".to_owned(), "1.0".to_owned()),
            ("x-amz-firehose-request-id".to_owned(), delivery.request_id.clone()),
            ("x-amz-firehose-source-arn".to_owned(), self.arn.clone()),
        ];
        if let Some(key) = &http.access_key {
            headers.push(("x-amz-firehose-access-key".to_owned(), key.clone()));
        }
        if !http.attributes.is_empty() {
            let entries =
                http.attributes.iter().map(|(name, value)| (name.clone(), Value::String(value.clone())));
            let said = serde_json::json!({ "commonAttributes": Value::Object(entries.collect()) });
            headers.push(("x-amz-firehose-common-attributes".to_owned(), said.to_string()));
        }
        if http.gzip {
            headers.push(("content-encoding".to_owned(), "gzip".to_owned()));
        }
        let work = HttpWork {
            method: "POST".to_owned(),
            url: http.url.clone(),
            headers,
            body,
            timeout: HTTP_TIMEOUT,
        };
        let job = cx.start(Work::Http(Box::new(work)));
        desk.jobs.insert(job, (self.id, JobFor::Send(id)));
    }

    pub(super) fn sent(&mut self, cx: &mut Cx<'_>, desk: &mut Desk, id: u64, output: HttpOutput) {
        let Some(delivery) = self.deliveries.get_mut(&id) else { return };
        let judged = judge(output, &delivery.request_id);
        let (records, oldest) = (Arc::clone(&delivery.records), delivery.oldest);
        self.count_request(cx, &records, oldest, judged.is_ok());
        let Err((status, why)) = judged else {
            self.done(cx, desk, id);
            return;
        };
        let Some(delivery) = self.deliveries.get_mut(&id) else { return };
        delivery.attempts += 1;
        let (settings, attempts) = (Arc::clone(&delivery.settings), delivery.attempts);
        let retry = settings.http.as_ref().map_or(Duration::ZERO, |http| http.retry);
        let last: Timestamp = delivery.began + retry;
        if status == 413 {
            let lost = format!("{why} The records are not sent again.");
            self.log(cx, &settings, "HttpEndpoint.RequestEntityTooLarge", &lost);
            tracing::warn!(
                stream = self.name,
                "records are lost: the HTTP endpoint says that they are too large"
            );
            self.done(cx, desk, id);
            return;
        }
        if cx.now >= last {
            let failed = |record: &Record| Failed {
                record: record.clone(),
                code: "HttpEndpoint.DeliveryFailed",
                message: why.clone(),
            };
            let failed: Vec<Failed> = delivery.records.iter().map(failed).collect();
            self.fail(cx, desk, &failed, ErrorType::HttpEndpointFailed, Step::Http, attempts);
            self.done(cx, desk, id);
            return;
        }
        self.log(cx, &settings, "HttpEndpoint.Retried", &why);
        let wait = HTTP_WAIT_FIRST.saturating_mul(1 << attempts.saturating_sub(1).min(10)).min(HTTP_WAIT_MAX);
        desk.at(self.id, (cx.now + wait).min(last), Timer::DeliverAgain(id));
    }
}

/// Whether the endpoint took the records. Error: its status, or 0, and why not.
fn judge(output: HttpOutput, request_id: &str) -> Result<(), (u16, String)> {
    let reply = output.result.map_err(|why| (0, why))?;
    let said: Value = serde_json::from_slice(&reply.body).unwrap_or(Value::Null);
    if reply.status != 200 {
        let message = said["errorMessage"].as_str().unwrap_or("without a message");
        return Err((reply.status, format!("The endpoint answered {}: {message}.", reply.status)));
    }
    if said["requestId"].as_str() != Some(request_id) || said["timestamp"].is_null() {
        let why =
            "The response received from the endpoint is invalid: it needs the request's id and a timestamp.";
        return Err((reply.status, why.to_owned()));
    }
    Ok(())
}
