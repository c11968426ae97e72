//! Global tables of version 2017.11.29. AWS makes none any more, so that there are none to show.
//!
//! Recorded: the refusal of making one, ack-api-quirks (see `error.rs`). Assumed: the sentence about one that is not there.

use wavetank_wire::dynamodb::{Request, Response};

use super::GlobalError;
use crate::services::dynamodb::error::DynamoError;

/// The four operations of that version; any other is not ours.
pub(crate) fn answer(request: Request) -> Result<Response, DynamoError> {
    match request {
        Request::CreateGlobalTable(_) | Request::UpdateGlobalTable(_) => Err(GlobalError::Legacy.into()),
        Request::DescribeGlobalTable(input) => {
            Err(GlobalError::NoSuchGlobalTable(input.global_table_name).into())
        }
        Request::ListGlobalTables(_) => Ok(Response::ListGlobalTables(Default::default())),
        other => Err(DynamoError::NotBuilt(other.operation().to_owned())),
    }
}
