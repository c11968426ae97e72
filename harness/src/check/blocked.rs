//! Whether a record keeps those behind it waiting: a poison record under a mapping that never gives up. And whether one was
//! given up and has reached no destination: nobody but the tank remembers it.
//!
//! The tank's control API tells; other targets have none, and the check is not run there.

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use serde_json::Value;
use wavetank_types::Said;

use super::Finding;
use crate::target::Target;

/// Asks the tank what is blocked.
pub async fn check(target: &dyn Target) -> Finding {
    let request = Request::builder().method(Method::GET).uri("/_wavetank/status");
    let answer = match request.body(Bytes::new()) {
        Ok(request) => target.http(request).await,
        Err(_) => http::Response::new(Bytes::new()),
    };
    let status: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
    let lists = (status["blocked"].as_array(), status["undelivered"].as_array());
    match lists {
        (Some(blocked), Some(given_up)) if answer.status() == StatusCode::OK => match given_up.as_slice() {
            [] => of_blocked(blocked),
            _ if !blocked.is_empty() => of_blocked(blocked),
            given_up => of_given_up(given_up),
        },
        _ => {
            let target = target.name();
            let why = Said::new(
                format!("target {target} does not tell what is blocked"),
                format!("target {target} không cho biết cái gì bị chặn"),
            );
            Finding::not_run("unblocked", why)
        }
    }
}

fn of_blocked(blocked: &[Value]) -> Finding {
    let count = blocked.len();
    let detail = Said::new(
        format!("{count} records keep those behind them waiting"),
        format!("{count} bản ghi đang chặn các bản ghi phía sau"),
    );
    let text = |it: &Value, name: &str| it[name].as_str().unwrap_or_default().to_owned();
    let example = |it: &Value| {
        let (consumer, place, key, cause) =
            (text(it, "consumer"), text(it, "place"), text(it, "key"), text(it, "cause"));
        let (attempts, since) = (it["attempts"].as_u64().unwrap_or(0), text(it, "since"));
        Said::new(
            format!("{consumer} at {place}, key {key}: {attempts} attempts since {since}, last: {cause}"),
            format!("{consumer} tại {place}, khóa {key}: {attempts} lần thử từ {since}, lần cuối: {cause}"),
        )
    };
    let finding = Finding::new("unblocked", count == 0, detail).with_examples(blocked.iter().map(example));
    let Some(first) = blocked.first() else { return finding };
    finding.with_cause(match text(first, "cause").contains("modulo by zero") {
        true => Said::new(
            "the function divides by what a sub-category's size leaves over five, which is zero where it is a multiple of \
             five; one such click fails its batch for ever, since a stream's mapping tries again until the record expires: mend \
             the function, and set MaximumRetryAttempts, BisectBatchOnFunctionError and a failure destination",
            "hàm chia cho phần dư của số sản phẩm trong sub-category khi chia cho năm, bằng không khi số đó là bội của năm; một \
             lượt click như vậy làm hỏng batch mãi mãi, vì mapping của stream thử lại đến khi bản ghi hết hạn: hãy sửa hàm, và \
             đặt MaximumRetryAttempts, BisectBatchOnFunctionError cùng đích cho lỗi (failure destination)",
        ),
        false => Said::new(
            "the function fails on a record, and its mapping tries the batch again until the record expires; set \
             MaximumRetryAttempts and a failure destination",
            "hàm bị lỗi ở một bản ghi, và mapping thử lại batch đến khi bản ghi hết hạn; hãy đặt MaximumRetryAttempts và đích \
             cho lỗi (failure destination)",
        ),
    })
}

fn of_given_up(given_up: &[Value]) -> Finding {
    let records: u64 = given_up.iter().filter_map(|it| it["records"].as_u64()).sum();
    let detail = Said::new(
        format!("{records} records were given up and reached no destination"),
        format!("{records} bản ghi bị bỏ và không đến được đích nào"),
    );
    let text = |it: &Value, name: &str| it[name].as_str().unwrap_or_default().to_owned();
    let example = |it: &Value| {
        let (who, place, first, last) =
            (text(it, "who"), text(it, "place"), text(it, "first"), text(it, "last"));
        let (condition, cause, until) =
            (text(it, "condition"), text(it, "cause"), text(it, "readable_until"));
        Said::new(
            format!("{who} at {place}, {first}..{last}: {condition}; {cause}; readable until {until}"),
            format!("{who} tại {place}, {first}..{last}: {condition}; {cause}; còn đọc được đến {until}"),
        )
    };
    Finding::new("unblocked", false, detail).with_examples(given_up.iter().map(example)).with_cause(Said::new(
        "a mapping gives records up after its retries or their age, and its failure destination is missing or refuses them: \
         name a queue, topic or bucket that takes them, and read them again from the stream before its retention ends",
        "mapping bỏ bản ghi sau số lần thử hoặc tuổi tối đa, mà đích cho lỗi (failure destination) không có hoặc từ chối: hãy \
         đặt một queue, topic hoặc bucket nhận được chúng, và đọc lại từ stream trước khi hết thời gian lưu giữ",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_poison_record_is_named_with_its_cause() {
        assert!(!of_blocked(&[]).is_failed());
        let poison = json!({ "consumer": "recommend", "place": "shardId-000000000000", "key": "7", "attempts": 9,
            "cause": "ZeroDivisionError: integer modulo by zero" });
        let found = of_blocked(&[poison]);
        let cause = found.cause.clone().expect("a cause");
        assert!(found.is_failed() && found.examples[0].en.contains("key 7: 9 attempts"), "{found:?}");
        assert!(cause.en.contains("multiple of") && cause.vi.contains("bội của năm"), "{cause:?}");
    }

    #[test]
    fn records_that_were_given_up_are_counted_and_say_until_when_they_can_be_read() {
        let lost = json!({ "who": "mapping", "place": "shardId-000000000000", "first": "1", "last": "3", "records": 3,
            "condition": "RetryAttemptsExhausted", "cause": "AccessDenied", "readable_until": "2025-01-02T00:00:00.000Z" });
        let found = of_given_up(&[lost]);
        assert!(found.is_failed() && found.detail.en.starts_with("3 records"), "{found:?}");
        assert!(found.examples[0].en.ends_with("readable until 2025-01-02T00:00:00.000Z"), "{found:?}");
    }
}
