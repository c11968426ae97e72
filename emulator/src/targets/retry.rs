//! When a target that refused is asked again, and what a dead-letter queue gets in the end.
//!
//! Documented: 24 hours and 185 attempts by default, exponential back-off with jitter
//! (docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html, read 2026-11-28); only 5xx and 429 are tried again
//! (repost.aws/knowledge-center/eventbridge-resolve-failedinvocation-errors, read 2026-11-28).
//! Assumed: the first wait is two seconds, each is twice the last up to ten minutes, and the jitter takes up to half of it.

use std::collections::BTreeMap;
use std::time::Duration;

use wavetank_types::{Arn, Timestamp};
use wavetank_wire::{WireError, sqs};

use super::{Ask, queue_url, scope_of};
use crate::services::ServiceId;
use crate::world::Scope;

/// Attempts after the first, by default and at most.
const ATTEMPTS_MAX: u32 = 185;
/// Age at which an event is given up, by default and at most.
const AGE_SECS_MAX: u64 = 24 * 3_600;
/// The longest wait between attempts.
const WAIT_SECS_MAX: u64 = 600;

/// How long and how often a target is asked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RetryPolicy {
    attempts_max: u32,
    age_max: Duration,
}

impl RetryPolicy {
    /// As a client has set it; the defaults where it has not.
    pub(crate) fn of(attempts: Option<i64>, age_secs: Option<i64>) -> Self {
        let attempts_max = attempts.and_then(|count| u32::try_from(count).ok()).unwrap_or(ATTEMPTS_MAX);
        let secs = age_secs.and_then(|secs| u64::try_from(secs).ok()).unwrap_or(AGE_SECS_MAX);
        Self { attempts_max, age_max: Duration::from_secs(secs) }
    }

    /// What follows the `failures`th refusal of something that was first sent at `since`.
    pub(crate) fn next(
        self,
        failures: u32,
        (since, now): (Timestamp, Timestamp),
        error: &WireError,
        draw: u64,
    ) -> Next {
        if !is_passing(error) {
            return Next::GiveUp(None);
        }
        if failures > self.attempts_max {
            return Next::GiveUp(Some(Exhausted::Attempts));
        }
        let wait = (1_u64 << failures.min(10)).min(WAIT_SECS_MAX) * 1_000;
        let at = now + Duration::from_millis(wait - draw % (wait / 2));
        if at.since(since) > self.age_max {
            return Next::GiveUp(Some(Exhausted::Age));
        }
        Next::Again(at)
    }
}

/// What follows a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    Again(Timestamp),
    /// For which limit; none if nobody tried again.
    GiveUp(Option<Exhausted>),
}

/// Which limit has ended the attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exhausted {
    Attempts,
    Age,
}

impl Exhausted {
    /// As letters name it. Documented: docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html (read 2026-11-29).
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Attempts => "MaximumRetryAttempts",
            Self::Age => "MaximumEventAgeInSeconds",
        }
    }
}

/// Whether the same request may succeed later.
pub(crate) fn is_passing(error: &WireError) -> bool {
    is_throttled(error) || (error.status >= 500 && error.code != "NotImplemented")
}

fn is_throttled(error: &WireError) -> bool {
    error.status == 429
        || error.code.contains("Throttl")
        || error.code == "TooManyRequestsException"
        || error.code == "ProvisionedThroughputExceededException"
}

/// A refusal in the words of EventBridge's letters.
///
/// Documented: the words, docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html (read 2026-11-29), "a sample of the error
/// codes". Assumed: which refusal has which; the page does not say.
pub(crate) fn error_code(error: &WireError) -> &'static str {
    let code = error.code.as_str();
    let says = |words: &[&str]| words.iter().any(|word| code.contains(word));
    if is_throttled(error) {
        "THROTTLING"
    } else if says(&["NotFound", "DoesNotExist", "NonExistent", "NoSuch"]) {
        "NO_RESOURCE"
    } else if error.status == 403 || says(&["AccessDenied", "AuthorizationError"]) {
        "NO_PERMISSIONS"
    } else if matches!(error.status, 408 | 504) || says(&["Timeout", "TimedOut"]) {
        "TIMEOUT"
    } else if says(&["LimitExceeded"]) {
        "RESOURCE_LIMIT_EXCEEDED"
    } else if says(&["InvalidJson"]) {
        "INVALID_JSON"
    } else if says(&["Validation", "InvalidParameter", "InvalidArgument"]) {
        "INVALID_PARAMETER"
    } else {
        "ERROR_FROM_TARGET"
    }
}

/// A message to a dead-letter queue.
pub(crate) fn letter(queue: &Arn, body: &str, attributes: &[(&str, String)], own: &Scope) -> Ask {
    let attribute = |(name, value): &(&str, String)| {
        let value = sqs::MessageAttributeValue {
            // An attribute is not empty.
            string_value: Some(if value.is_empty() { "-".to_owned() } else { value.clone() }),
            data_type: "String".to_owned(),
            ..sqs::MessageAttributeValue::default()
        };
        ((*name).to_owned(), value)
    };
    let attributes: BTreeMap<_, _> = attributes.iter().map(attribute).collect();
    let input = sqs::SendMessageInput {
        queue_url: queue_url(queue),
        message_body: body.to_owned(),
        message_attributes: Some(attributes),
        ..sqs::SendMessageInput::default()
    };
    Ask::of::<sqs::SendMessage>(ServiceId::Sqs, scope_of(queue, own), input)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_until_a_limit_ends_them() {
        let error = WireError::server("InternalFailure", "");
        let check = |policy: RetryPolicy, expected: (u32, Option<Exhausted>)| {
            let since = Timestamp::TANK_EPOCH;
            let (mut now, mut failures) = (since, 1);
            let end = loop {
                match policy.next(failures, (since, now), &error, 12_345) {
                    Next::Again(at) => now = at,
                    Next::GiveUp(end) => break end,
                }
                failures += 1;
            };
            assert_eq!((failures, end), expected, "{policy:?}");
        };
        check(RetryPolicy::of(Some(3), None), (4, Some(Exhausted::Attempts)));
        check(RetryPolicy::of(Some(0), None), (1, Some(Exhausted::Attempts)));
        check(RetryPolicy::of(None, Some(60)), (6, Some(Exhausted::Age)));
    }

    #[test]
    fn letters_have_eventbridges_own_codes() {
        let check = |error: WireError, expected: &str| assert_eq!(error_code(&error), expected, "{error}");
        check(WireError::client_status(404, "ResourceNotFoundException", ""), "NO_RESOURCE");
        check(WireError::client("AWS.SimpleQueueService.NonExistentQueue", ""), "NO_RESOURCE");
        check(WireError::client("QueueDoesNotExist", ""), "NO_RESOURCE");
        check(WireError::client_status(403, "AccessDeniedException", ""), "NO_PERMISSIONS");
        check(WireError::client_status(429, "TooManyRequestsException", ""), "THROTTLING");
        check(WireError::client("ProvisionedThroughputExceededException", ""), "THROTTLING");
        check(WireError::client_status(504, "GatewayTimeout", ""), "TIMEOUT");
        check(WireError::client("ValidationException", ""), "INVALID_PARAMETER");
        check(WireError::client("LimitExceededException", ""), "RESOURCE_LIMIT_EXCEEDED");
        check(WireError::server("InternalFailure", ""), "ERROR_FROM_TARGET");
    }

    #[test]
    fn what_will_not_pass_is_not_tried_again() {
        let check = |error: WireError, is_tried: bool| {
            let now = Timestamp::TANK_EPOCH;
            let next = RetryPolicy::of(None, None).next(1, (now, now), &error, 0);
            assert_eq!(matches!(next, Next::Again(_)), is_tried, "{error}");
        };
        check(WireError::client("ResourceNotFoundException", ""), false);
        check(WireError::client_status(429, "TooManyRequestsException", ""), true);
        check(WireError::client("ThrottlingException", ""), true);
        check(WireError::server("ServiceException", ""), true);
        check(WireError::not_implemented("that"), false);
    }
}
