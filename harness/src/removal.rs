//! Removes what a run has made on a server that stays: what lies in the stack's buckets, the stack, the logs of its functions.

use std::time::Duration;

use wavetank_wire::WireError;
use wavetank_wire::cloudformation::*;
use wavetank_wire::logs::{DeleteLogGroup, DeleteLogGroupInput};

use crate::client::Aws;
use crate::sweep::buckets;

const POLL: Duration = Duration::from_secs(1);
/// Longest time that a stack's deletion may take, in the target's time.
const WITHIN: Duration = Duration::from_secs(3_600);

/// Why something is left.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RemovalError {
    /// A call was refused.
    #[error(transparent)]
    Api(#[from] WireError),
    /// A bucket is not empty.
    #[error(
        "bucket {bucket} cannot be emptied: {cause}\nhint: `aws s3 rm --recursive s3://{bucket}` says why"
    )]
    Bucket {
        /// Which.
        bucket: String,
        /// What S3 said.
        cause: String,
    },
    /// The stack is still there.
    #[error(
        "stack `{stack}` is not deleted: {status}\nhint: `aws cloudformation describe-stack-events --stack-name {stack}` says why"
    )]
    Stack {
        /// Which.
        stack: String,
        /// Its status, with the first reason.
        status: String,
    },
}

/// The status of a stack of this name, if there is one.
pub async fn status(aws: Aws<'_>, stack: &str) -> Result<Option<String>, WireError> {
    let input = DescribeStacksInput { stack_name: Some(stack.to_owned()), ..DescribeStacksInput::default() };
    match aws.call::<DescribeStacks>(input).await {
        Ok(found) => {
            let mut stacks = found.stacks.unwrap_or_default().into_iter().map(|stack| stack.stack_status);
            Ok(stacks.next().filter(|status| status != "DELETE_COMPLETE"))
        }
        Err(error) if error.message.contains("does not exist") => Ok(None),
        Err(error) => Err(error),
    }
}

/// Removes a stack and everything that lies in it. Nothing happens if there is none.
pub async fn remove(aws: Aws<'_>, stack: &str) -> Result<(), RemovalError> {
    if status(aws, stack).await?.is_none() {
        return Ok(());
    }
    let input = DescribeStackResourcesInput { stack_name: Some(stack.to_owned()), ..Default::default() };
    let resources = aws.call::<DescribeStackResources>(input).await?.stack_resources.unwrap_or_default();
    let of_type = |kind: &str| {
        let found = resources.iter().filter(|resource| resource.resource_type == kind);
        found.filter_map(|resource| resource.physical_resource_id.clone()).collect::<Vec<_>>()
    };
    for bucket in of_type("AWS::S3::Bucket") {
        empty(aws, &bucket).await?;
    }
    delete(aws, stack).await?;
    for function in of_type("AWS::Lambda::Function") {
        let log_group_name = format!("/aws/lambda/{function}");
        // A function that never ran has none, and a server without logs neither.
        drop(aws.once().call::<DeleteLogGroup>(DeleteLogGroupInput { log_group_name }).await);
    }
    Ok(())
}

/// Deletes a stack and waits until it has gone. One that was still on its way to another end, as after an interruption, may pass
/// over the first request: it is asked again when it is there.
async fn delete(aws: Aws<'_>, stack: &str) -> Result<(), RemovalError> {
    let deadline = aws.target().now() + WITHIN;
    let request = DeleteStackInput { stack_name: stack.to_owned(), ..DeleteStackInput::default() };
    aws.call::<DeleteStack>(request.clone()).await?;
    let mut was_elsewhere = false;
    loop {
        match status(aws, stack).await? {
            None => return Ok(()),
            Some(status) if status.ends_with("_IN_PROGRESS") && aws.target().now() < deadline => {
                was_elsewhere |= status != "DELETE_IN_PROGRESS";
                aws.target().pause(POLL).await;
            }
            Some(status) if was_elsewhere && status != "DELETE_FAILED" => {
                was_elsewhere = false;
                aws.call::<DeleteStack>(request.clone()).await?;
            }
            Some(status) => {
                let failures = crate::provision::failures(aws, stack).await.unwrap_or_default();
                let first = failures.iter().find(|failure| !failure.reason.is_empty());
                let reason = first.map_or_else(String::new, |it| format!(": {}: {}", it.resource, it.reason));
                let status = format!("{status}{reason}");
                return Err(RemovalError::Stack { stack: stack.to_owned(), status });
            }
        }
    }
}

/// Deletes every version of every object. A bucket that is not there is empty.
pub async fn empty(aws: Aws<'_>, bucket: &str) -> Result<(), RemovalError> {
    let emptied = buckets::empty(aws, bucket).await;
    emptied.map(drop).map_err(|error| RemovalError::Bucket { bucket: bucket.to_owned(), cause: error.cause })
}
