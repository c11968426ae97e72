//! When somebody who did not take a message is asked again: an HTTP endpoint by its policy, a service of AWS by AWS's own.
//!
//! Documented: docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html (read 2026-11-28, of services 2026-11-30): retries
//! without delay, then at the least delay, then growing, then at the greatest delay. Recorded: the defaults.
//! Left out: that all retries together may take 3,600 s at most, and jitter (same page).
//! Simplified: each back-off function but `linear` grows by the same factor from retry to retry.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::super::limits;

/// The topic's delivery policy with AWS's defaults. Recorded (LocalStack's `test_topic_delivery_policy_crud`).
pub(super) fn effective_policy(set: Option<&str>) -> Value {
    let set: Value = set.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let mut retry = json!({
        "minDelayTarget": 20,
        "maxDelayTarget": 20,
        "numRetries": 3,
        "numMaxDelayRetries": 0,
        "numNoDelayRetries": 0,
        "numMinDelayRetries": 0,
        "backoffFunction": "linear",
    });
    merge(&mut retry, set["http"]["defaultHealthyRetryPolicy"].as_object());
    let mut request = json!({ "headerContentType": "text/plain; charset=UTF-8" });
    merge(&mut request, set["http"]["defaultRequestPolicy"].as_object());
    let fixed = set["http"]["disableSubscriptionOverrides"].as_bool().unwrap_or(false);
    json!({ "http": {
        "defaultHealthyRetryPolicy": retry,
        "disableSubscriptionOverrides": fixed,
        "defaultRequestPolicy": request,
    } })
}

/// Refuses a retry policy over its limits; `place` is where in its document it stands.
///
/// Recorded: the first sentence (module-ballerinax-aws.sns's tests against AWS, read 2026-11-28). Assumed: the second, which
/// comb's cns imitates.
pub(super) fn check_retries(place: &str, policy: &Value) -> Result<(), String> {
    let number = |name: &str| policy[name].as_u64().unwrap_or(0);
    let said = policy["numRetries"].as_u64();
    if said.is_some_and(|retries| retries > limits::RETRIES_MAX) {
        let most = limits::RETRIES_MAX;
        return Err(format!("DeliveryPolicy: {place}.numRetries must be less than or equal to {most}"));
    }
    let phases = number("numMinDelayRetries") + number("numNoDelayRetries") + number("numMaxDelayRetries");
    if said.is_some_and(|retries| retries < phases) {
        return Err(format!(
            "DeliveryPolicy: {place}.numRetries must be greater than or equal to total of numMinDelayRetries, \
             numNoDelayRetries and numMaxDelayRetries"
        ));
    }
    Ok(())
}

fn merge(defaults: &mut Value, set: Option<&Map<String, Value>>) {
    for (name, value) in set.into_iter().flatten() {
        defaults[name] = value.clone();
    }
}

/// How long to wait after this many failures; `None` to give up. `healthy` is a `healthyRetryPolicy`.
pub(super) fn delay(healthy: &Value, failures: u64) -> Option<Duration> {
    let number = |name: &str| healthy[name].as_u64().unwrap_or(0);
    let retries = number("numRetries").min(limits::RETRIES_MAX);
    let (none, least, most) =
        (number("numNoDelayRetries"), number("numMinDelayRetries"), number("numMaxDelayRetries"));
    let (shortest, longest) = (number("minDelayTarget"), number("maxDelayTarget"));
    let retry = failures.checked_sub(1)?;
    if retry >= retries {
        return None;
    }
    let growing = retries.saturating_sub(none + least + most);
    let secs = if retry < none {
        0
    } else if retry < none + least {
        shortest
    } else if retry < none + least + growing {
        let step = (retry - none - least) as f64 / growing.saturating_sub(1).max(1) as f64;
        let (shortest, longest) = (shortest as f64, longest.max(shortest) as f64);
        let secs = if healthy["backoffFunction"] == "linear" {
            shortest + (longest - shortest) * step
        } else {
            shortest.max(1.0) * (longest.max(1.0) / shortest.max(1.0)).powf(step)
        };
        secs.round() as u64
    } else {
        longest
    };
    Some(Duration::from_secs(secs))
}

/// How often a service of AWS is asked again in each phase: at once, after the least seconds, after more and more of them up to the
/// most, after the most.
#[derive(Debug)]
pub(super) struct Phases {
    at_once: u64,
    early: u64,
    growing: u64,
    late: u64,
    secs: (f64, f64),
}

/// Of queues, functions and delivery streams: over 23 days.
pub(super) const SOON: Phases =
    Phases { at_once: 3, early: 2, growing: 10, late: 100_000, secs: (1.0, 20.0) };
/// Of a delivery stream that is throttled: over six hours.
pub(super) const SELDOM: Phases = Phases { at_once: 0, early: 2, growing: 10, late: 38, secs: (10.0, 600.0) };

impl Phases {
    /// How long to wait after this many failures; `None` to give up.
    pub(super) fn delay(&self, failures: u64) -> Option<Duration> {
        let retry = failures.checked_sub(1)?;
        let (least, most) = self.secs;
        let begin = self.at_once + self.early;
        let secs = if retry < self.at_once {
            0.0
        } else if retry < begin {
            least
        } else if retry < begin + self.growing {
            let step = (retry - begin) as f64 / self.growing.saturating_sub(1).max(1) as f64;
            least * (most / least).powf(step)
        } else if retry < begin + self.growing + self.late {
            most
        } else {
            return None;
        };
        Some(Duration::from_secs(secs.round() as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_asked_again_as_often_as_aws_says() {
        let check = |phases: &Phases, count: usize, first: &[u64]| {
            let all: Vec<Duration> = (1..).map_while(|failures| phases.delay(failures)).collect();
            let secs: Vec<u64> = all.iter().take(first.len()).map(Duration::as_secs).collect();
            assert_eq!((all.len(), secs.as_slice()), (count, first));
            assert_eq!(all.last(), all.get(first.len()), "{phases:?}");
        };
        check(&SOON, 100_015, &[0, 0, 0, 1, 1, 1, 1, 2, 3, 4, 5, 7, 10, 14, 20]);
        check(&SELDOM, 50, &[10, 10, 10, 16, 25, 39, 62, 97, 153, 242, 381, 600]);
    }

    #[test]
    fn retries_follow_the_phases_of_the_policy() {
        let check = |policy: &str, expected: &[u64]| {
            let policy: Value = serde_json::from_str(policy).unwrap();
            let found: Vec<u64> =
                (1..).map_while(|failures| delay(&policy, failures)).map(|d| d.as_secs()).collect();
            assert_eq!(found, expected, "{policy}");
        };
        let default = effective_policy(None)["http"]["defaultHealthyRetryPolicy"].to_string();
        check(&default, &[20, 20, 20]);
        check(
            r#"{"numRetries": 7, "numNoDelayRetries": 1, "numMinDelayRetries": 1, "numMaxDelayRetries": 2,
                "minDelayTarget": 1, "maxDelayTarget": 9, "backoffFunction": "linear"}"#,
            &[0, 1, 1, 5, 9, 9, 9],
        );
        check(r#"{"numRetries": 0}"#, &[]);
    }
}
