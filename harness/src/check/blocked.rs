//! Whether a record keeps those behind it waiting: a poison record under a mapping that never gives up.
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
    let request = Request::builder().method(Method::GET).uri("http://127.0.0.1:4566/_wavetank/status");
    let answer = match request.body(Bytes::new()) {
        Ok(request) => target.http(request).await,
        Err(_) => http::Response::new(Bytes::new()),
    };
    let status: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
    match status["blocked"].as_array().filter(|_| answer.status() == StatusCode::OK) {
        Some(blocked) => of_blocked(blocked),
        None => {
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
}
