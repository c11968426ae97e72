//! A scenario's faults, set and lifted through the tank's control API. Other targets have none.

use bytes::Bytes;
use http::{Method, Request};
use serde_json::{Value, json};
use wavetank_scenarios::{Fault, Outputs, ScenarioError};
use wavetank_types::Said;

use crate::check::Finding;
use crate::target::Target;

const PLACE: &str = "/_wavetank/faults";

/// Why a fault is not in force.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    /// A name in the scenario.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// The target has no control API, or refuses the rule.
    #[error("target {target} takes no faults: {cause}\nhint: run the scenario on a tank")]
    Refused {
        /// Its name.
        target: String,
        /// What it answered.
        cause: String,
    },
}

/// Whether the target has a control API that takes faults.
pub async fn are_taken(target: &dyn Target) -> bool {
    ask(target, Method::GET, PLACE, "").await.is_ok_and(|answer| answer["faults"].is_array())
}

/// What is said of a fault that the target does not take.
pub(crate) fn not_run(target: &dyn Target, fault: &Fault) -> Finding {
    let (target, function) = (target.name(), &fault.function);
    let why = Said::new(
        format!("{function} does not fail: {target} has no control API, which takes faults"),
        format!("{function} không bị lỗi: {target} không có control API để nhận fault (lỗi cố ý)"),
    );
    Finding::not_run("fault", why)
}

/// Puts faults in force from now on, and answers their ids.
pub async fn set(target: &dyn Target, faults: &[Fault], outputs: &Outputs) -> Result<Vec<u64>, FaultError> {
    let mut ids = Vec::new();
    for fault in faults {
        let mut rule = json!({
            "function": outputs.fill(&fault.function)?,
            "share": fault.share,
            "verdict": { "fail_after": { "code": "Fault", "message": "the function fails after its work" } },
        });
        if let Some(window) = &fault.window {
            rule["window"] = json!(window);
        }
        ids.extend(add(target, &rule).await?);
    }
    Ok(ids)
}

/// Puts a rule in force, in the control API's own words. Answers its id.
pub(crate) async fn add(target: &dyn Target, rule: &Value) -> Result<Option<u64>, FaultError> {
    Ok(ask(target, Method::POST, PLACE, &rule.to_string()).await?["id"].as_u64())
}

/// Every rule in force.
pub(crate) async fn all(target: &dyn Target) -> Result<Vec<Value>, FaultError> {
    let mut answer = ask(target, Method::GET, PLACE, "").await?;
    Ok(answer["faults"].as_array_mut().map(std::mem::take).unwrap_or_default())
}

/// How often each of these was met.
pub(crate) async fn hits(target: &dyn Target, ids: &[u64]) -> Result<Vec<u64>, FaultError> {
    let rules = if ids.is_empty() { Vec::new() } else { all(target).await? };
    let of = |id: &u64| {
        let rule = rules.iter().find(|rule| rule["id"].as_u64() == Some(*id));
        let hits = rule.and_then(|rule| rule["hits"].as_object());
        hits.into_iter().flatten().filter_map(|(_, count)| count.as_u64()).sum()
    };
    Ok(ids.iter().map(of).collect())
}

/// Takes faults back.
pub async fn lift(target: &dyn Target, ids: &[u64]) -> Result<(), FaultError> {
    for id in ids {
        ask(target, Method::DELETE, &format!("{PLACE}/{id}"), "").await?;
    }
    Ok(())
}

async fn ask(target: &dyn Target, method: Method, place: &str, body: &str) -> Result<Value, FaultError> {
    let refuse = |cause: String| FaultError::Refused { target: target.name().to_owned(), cause };
    let request = Request::builder().method(method).uri(place);
    let request = request.header("content-type", "application/json");
    let request = request.body(Bytes::from(body.to_owned())).map_err(|why| refuse(why.to_string()))?;
    let response = target.http(request).await;
    let text = String::from_utf8_lossy(response.body()).trim().to_owned();
    if !response.status().is_success() {
        return Err(refuse(text));
    }
    serde_json::from_str(&text).map_err(|why| refuse(why.to_string()))
}
