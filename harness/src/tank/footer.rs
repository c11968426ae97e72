//! What is printed under a failed test: the seed, the time, the last calls, what waits, whose code failed, how to repeat it.

use bytes::Bytes;
use serde_json::Value;
use wavetank_types::Timestamp;

use super::cause::{failing, status_lines};
use super::{Tank, TankError};
use crate::target::Target as _;

/// Calls that are shown.
const CALLS_MAX: usize = 12;
/// Lines of a failing function's log that are shown.
const LINES_MAX: usize = 20;

/// The footer, as text.
pub(crate) async fn footer(tank: &Tank) -> Result<String, TankError> {
    let mut text = String::new();
    let since = |at: Timestamp| at.since(tank.shared.started);
    let mut line = |said: String| {
        text.push_str(&said);
        text.push('\n');
    };
    line(format!("--- the tank of this test: seed {}", tank.seed()));
    line(format!("tank time {}, {:?} after its start", tank.now(), since(tank.now())));
    let calls = tank.calls(CALLS_MAX);
    if !calls.is_empty() {
        line("the last calls:".to_owned());
    }
    for call in calls {
        let (n, time, status) = (call.n, since(call.time), call.status);
        let error = call.error.unwrap_or_default();
        line(format!("  #{n:<5} {time:>12.3?}  {} {} {status} {error}", call.service, call.operation));
    }
    for fault in tank.shared.faults.lock().map(|faults| faults.clone()).unwrap_or_default() {
        line(format!("fault: {fault}"));
    }
    let request = http::Request::builder().uri("/_wavetank/status");
    let request = request.body(Bytes::new()).map_err(|why| TankError::Records(why.to_string()))?;
    let status = tank.target().http(request).await;
    let status: Value = serde_json::from_slice(status.body()).unwrap_or_default();
    status_lines(&status).into_iter().for_each(&mut line);
    for function in failing(tank, LINES_MAX).await {
        line(format!("function `{}` failed; its last lines:", function.name));
        function.last.iter().for_each(|logged| line(format!("  | {logged}")));
    }
    if !tank.shared.replay.is_empty() {
        line(format!("replay: {}", tank.shared.replay));
    }
    Ok(text)
}
