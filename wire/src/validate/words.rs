//! Which error carries validation failures, and in which words: services differ.

use super::failure::{Constraint, Failure, Shown, ValidationFailures};
use crate::error::WireError;
use crate::schema::{Protocol, Service};

/// The error with which a service answers a request that breaks its model's constraints. Status 400 everywhere.
///
/// | service | code | how we know |
/// |---|---|---|
/// | athena | `InvalidRequestException`, with two members `INVALID_INPUT` | recorded: athena-local, 2026-09-17 |
/// | glue | `ValidationException` | recorded: etl_manager issue 90, 2019; paimon pull 8223, 2026-06-12 |
/// | lambda | `ValidationException` | recorded: LocalStack `test_lambda_api.snapshot.json`, 2026-01-12 |
/// | logs | `InvalidParameterException` | recorded: LocalStack `test_logs_events.snapshot.json`, 2026-02-03 |
/// | cloudformation | `ValidationError` | recorded: LocalStack `test_stacks.snapshot.json`, 2023-04-19 |
/// | iam | `ValidationError` | recorded: LocalStack `test_iam.snapshot.json`, 2025-03-06 |
/// | sts | `ValidationError` | recorded: LocalStack `test_sts.snapshot.json`, 2025-07-21 |
/// | sqs | `MissingRequiredParameterException`, the only one: the model has no other constraints | recorded: LocalStack |
/// | others | `ValidationError` for query, else `ValidationException` | recorded for Kinesis and KMS |
pub fn validation_error(service: &Service, failures: &ValidationFailures) -> WireError {
    match service.name {
        "athena" => WireError::client("InvalidRequestException", hidden(failures).to_string())
            .with("AthenaErrorCode", "INVALID_INPUT")
            .with("ErrorCode", "INVALID_INPUT"),
        "dynamodb" => WireError::client("ValidationException", dynamodb(failures)),
        "glue" => WireError::client("ValidationException", glue_paths(failures).to_string()),
        "iam" => iam(failures),
        "lambda" => lambda(failures),
        "sqs" => sqs(failures),
        "logs" => WireError::client("InvalidParameterException", failures.to_string()),
        _ if service.protocol == Protocol::Query => {
            WireError::client("ValidationError", failures.to_string())
        }
        _ => WireError::client("ValidationException", failures.to_string()),
    }
}

/// DynamoDB has a sentence of its own for a batch of nothing. It names two of its members as they stand in requests, and
/// does not tell their values.
///
/// Recorded: github.com/mhart/dynalite, `test/batchWriteItem.js` and `test/batchGetItem.js`, for the sentence;
/// github.com/nubo-db/dynamodb-conformance, `tests/tier3/error-messages` (`query.test.ts`, `batchGetItem.test.ts`), for the rest:
/// both run against AWS too (read 2026-11-28).
fn dynamodb(failures: &ValidationFailures) -> String {
    if failures.failures.iter().any(|failure| failure.path == "requestItems" && is_of_nothing(failure)) {
        let operation = failures.shape.trim_end_matches("Input");
        return format!("The requestItems parameter is required for {operation}");
    }
    let told = |failure: &Failure| {
        let keys = failure.path.strip_prefix("requestItems.").and_then(|rest| rest.strip_suffix(".keys"));
        let path = match keys {
            Some(table) => format!("RequestItems.{table}.Keys"),
            None if failure.path == "limit" => "Limit".to_owned(),
            None => return failure.clone(),
        };
        let shown = if failure.shown == Shown::Null { Shown::Null } else { Shown::Hidden };
        Failure { path, shown, constraint: failure.constraint.clone() }
    };
    let failures = failures.failures.iter().map(told).collect();
    ValidationFailures { shape: "", failures }.to_string()
}

/// Whether what is missing is all there is to be.
fn is_of_nothing(failure: &Failure) -> bool {
    failure.shown == Shown::Null || failure.shown == Shown::Text("{}".to_owned())
}

/// Glue's own name for `TableInput` is `table`: `'table.storageDescriptor.columns.5.member.comment'`.
///
/// Recorded: etl_manager issue 90 (2019), LBHackney Data-Platform pull 2369 (2025-08-04), paimon pull 8223 (2026-06-12).
/// Not known: whether `PartitionInput` and `DatabaseInput` have such names too.
fn glue_paths(failures: &ValidationFailures) -> ValidationFailures {
    let renamed = |failure: &Failure| match failure.path.strip_prefix("tableInput") {
        Some(rest) => Failure { path: format!("table{rest}"), ..failure.clone() },
        None => failure.clone(),
    };
    ValidationFailures { shape: failures.shape, failures: failures.failures.iter().map(renamed).collect() }
}

/// Athena and IAM tell no values, and IAM no enums: `Value at 'clientRequestToken' failed to satisfy ..`.
///
/// Recorded: github.com/aoyagikouhei/athena-local `docs/dev/measurements/client-request-token.md`, 2026-09-17 (in 2022
/// Athena still told them: dbt-athena issue 136); `Value at 'status' failed to satisfy constraint: Member must satisfy
/// enum value set`, LocalStack's `test_iam.snapshot.json`, 2025-03-06. Assumed: that Athena is as silent on enums.
fn hidden(failures: &ValidationFailures) -> ValidationFailures {
    let hide = |failure: &Failure| Failure {
        path: failure.path.clone(),
        shown: if failure.shown == Shown::Null { Shown::Null } else { Shown::Hidden },
        constraint: match &failure.constraint {
            Constraint::Enum(_) => Constraint::HiddenEnum,
            other => other.clone(),
        },
    };
    ValidationFailures { shape: failures.shape, failures: failures.failures.iter().map(hide).collect() }
}

/// SQS names the first parameter that is missing: `The request must contain the parameter QueueUrl.`
///
/// Recorded: the sentence, for an empty `MessageBody` (LocalStack's SQS snapshots, 2024-04-30).
/// Assumed: for parameters of batch entries, by their own name.
fn sqs(failures: &ValidationFailures) -> WireError {
    let path = failures.failures.first().map(|failure| failure.path.as_str()).unwrap_or_default();
    let name = path.rsplit('.').next().unwrap_or_default();
    let (head, tail) = name.split_at(name.len().min(1));
    let message = format!("The request must contain the parameter {}{tail}.", head.to_ascii_uppercase());
    WireError::client("MissingRequiredParameterException", message)
}

/// IAM has a sentence of its own for names.
///
/// Recorded: terraform-provider-aws issue 3087 (2018), kubecost docs pull 36 (2020), torchserve-examples issue 7
/// (2021). Assumed: that it is said alone, and still.
fn iam(failures: &ValidationFailures) -> WireError {
    let is_name = |failure: &&Failure| matches!(failure.constraint, Constraint::Pattern(r"[\w+=,.@-]+"));
    if let Some(failure) = failures.failures.iter().find(is_name) {
        let message = format!(
            "The specified value for {} is invalid. It must contain only alphanumeric characters and/or the \
             following: +=,.@_-",
            failure.path
        );
        return WireError::client("ValidationError", message);
    }
    WireError::client("ValidationError", hidden(failures).to_string())
}

/// A runtime that Lambda does not know has an error of its own, without quotes around the value.
///
/// Recorded: LocalStack's `test_lambda_api.snapshot.json`, 2026-01-12 (`invalid_runtime_exc`), where the set is of
/// the runtimes that can be created. Assumed: that the model's set does for it, and that other failures come first.
fn lambda(failures: &ValidationFailures) -> WireError {
    if let [Failure { path, shown: Shown::Text(value), constraint: constraint @ Constraint::Enum(_) }] =
        failures.failures.as_slice()
        && path == "runtime"
    {
        let message = format!(
            "Value {value} at 'runtime' failed to satisfy constraint: {constraint} or be a valid ARN"
        );
        return WireError::client("InvalidParameterValueException", message);
    }
    WireError::client("ValidationException", failures.to_string())
}
