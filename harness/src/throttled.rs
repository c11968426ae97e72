//! How each service refuses what comes too fast: one table, for faults of tests and for those of simulations.

/// A service's own code for too many calls, and its status.
///
/// Documented: the exceptions of the service models and each service's list of errors (docs.aws.amazon.com, read 2026-11-29): DynamoDB
/// Streams has `LimitExceededException`, SNS `Throttled`, Athena's `TooManyRequestsException` has status 400 and Lambda's 429. Assumed:
/// `Throttling` of the services with the Query protocol, whose models name none, and Firehose's status, as the tank has it.
pub(crate) fn throttled(service: &str) -> (&'static str, u16) {
    match service {
        "kinesis" | "dynamodb" => ("ProvisionedThroughputExceededException", 400),
        "dynamodbstreams" => ("LimitExceededException", 400),
        "s3" => ("SlowDown", 503),
        "sqs" => ("RequestThrottled", 403),
        "sns" => ("Throttled", 429),
        "firehose" => ("ServiceUnavailableException", 503),
        "lambda" => ("TooManyRequestsException", 429),
        "athena" => ("TooManyRequestsException", 400),
        "scheduler" => ("ThrottlingException", 429),
        "cloudformation" | "cloudwatch" | "iam" | "rds" | "sts" => ("Throttling", 400),
        _ => ("ThrottlingException", 400),
    }
}
