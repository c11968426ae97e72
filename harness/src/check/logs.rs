//! Whether a log group says what it should.

use wavetank_types::Said;
use wavetank_wire::logs::{FilterLogEvents, FilterLogEventsInput};

use super::Finding;
use crate::client::Aws;
use crate::observe::ObserveError;

/// Checks that a line of the group contains `text`.
pub async fn check(aws: Aws<'_>, group: &str, text: &str) -> Result<Finding, ObserveError> {
    let input = FilterLogEventsInput {
        log_group_name: Some(group.to_owned()),
        filter_pattern: Some(format!("\"{text}\"")),
        ..FilterLogEventsInput::default()
    };
    match aws.call::<FilterLogEvents>(input).await {
        Ok(output) => {
            let count = output.events.unwrap_or_default().len();
            let detail = Said::new(
                format!("{count} lines of {group} say `{text}`"),
                format!("{count} dòng log của {group} có `{text}`"),
            );
            Ok(Finding::new("logs", count > 0, detail))
        }
        Err(error) if error.code == "ResourceNotFoundException" => {
            let missing = Said::new(format!("{group} does not exist"), format!("{group} không tồn tại"));
            Ok(Finding::new("logs", false, missing).with_cause(Said::new(
                "the function has never run; look at the bucket's notification and its filter",
                "hàm chưa từng chạy; hãy xem lại notification (thông báo) của bucket và bộ lọc của nó",
            )))
        }
        Err(error) => Err(error.into()),
    }
}
