//! Whether a log group says what it should.

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
            Ok(Finding::new("logs", count > 0, format!("{count} lines of {group} say `{text}`")))
        }
        Err(error) if error.code == "ResourceNotFoundException" => {
            let finding = Finding::new("logs", false, format!("{group} does not exist"));
            Ok(finding
                .with_cause("the function has never run; look at the bucket's notification and its filter"))
        }
        Err(error) => Err(error.into()),
    }
}
