//! Which of the services that a scenario needs a server has: one cheap read of each.

use std::collections::BTreeMap;
use std::fmt;

use aws_sdk_s3::error::ProvideErrorMetadata as _;
use serde_json::json;
use wavetank_wire::schema::Service;
use wavetank_wire::{SERVICES, WireError};

use crate::client::{Aws, causes};
use crate::target::{NoAnswer, turns_away};

/// The read by which each service is asked whether it is there. None of them needs anything to exist.
const READS: [(&str, &str); 20] = [
    ("athena", "ListWorkGroups"),
    ("backup", "ListBackupVaults"),
    ("cloudformation", "ListStacks"),
    ("cloudwatch", "DescribeAlarms"),
    ("dynamodb", "ListTables"),
    ("dynamodbstreams", "ListStreams"),
    ("events", "ListEventBuses"),
    ("firehose", "ListDeliveryStreams"),
    ("glue", "GetDatabases"),
    ("iam", "ListRoles"),
    ("kinesis", "ListStreams"),
    ("lambda", "ListFunctions"),
    ("logs", "DescribeLogGroups"),
    ("mwaa", "ListEnvironments"),
    ("rds", "DescribeDBInstances"),
    ("scheduler", "ListSchedules"),
    ("secretsmanager", "ListSecrets"),
    ("sns", "ListTopics"),
    ("sqs", "ListQueues"),
    ("sts", "GetCallerIdentity"),
];

/// What a server says of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It answers.
    There,
    /// It is not built there, not switched on, or fails whatever it is asked: in the server's words.
    Missing(String),
    /// It is there, and not for this caller.
    Refused(String),
}

impl Presence {
    /// Whether it answers.
    pub fn is_there(&self) -> bool {
        *self == Self::There
    }
}

impl fmt::Display for Presence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::There => f.write_str("there"),
            Self::Missing(why) => write!(f, "not there ({why})"),
            Self::Refused(why) => write!(f, "refused ({why})"),
        }
    }
}

/// Asks for each of these services.
///
/// Error: the server has stopped answering.
pub async fn probe(
    aws: Aws<'_>,
    services: impl Iterator<Item = &'static str>,
) -> Result<BTreeMap<&'static str, Presence>, WireError> {
    let mut found = BTreeMap::new();
    for name in services {
        let presence = if name == "s3" { of_s3(aws).await } else { of(aws, name).await };
        found.insert(name, presence?);
    }
    Ok(found)
}

async fn of(aws: Aws<'_>, name: &'static str) -> Result<Presence, WireError> {
    // An error of the server's own may pass; one that is there each time does not.
    let service: Option<&&'static Service> = SERVICES.iter().find(|service| service.name == name);
    let read = READS.iter().find(|(service, _)| *service == name);
    let (Some(service), Some((_, operation))) = (service, read) else { return Ok(Presence::There) };
    match aws.json(service, operation, &json!({})).await {
        Ok(_) => Ok(Presence::There),
        Err(error) if error.code == NoAnswer::CODE => Err(error),
        Err(error) => Ok(judged(&error)),
    }
}

async fn of_s3(aws: Aws<'_>) -> Result<Presence, WireError> {
    let Err(error) = aws.target().s3(aws.region()).list_buckets().send().await else {
        return Ok(Presence::There);
    };
    let status = error.raw_response().map_or(0, |answer| answer.status().as_u16());
    if status == 0 {
        return Err(WireError::server(NoAnswer::CODE, causes(&error)));
    }
    let code = error.code().unwrap_or("UnreadableResponse");
    Ok(judged(&WireError { status, ..WireError::server(code, error.message().unwrap_or_default()) }))
}

/// What an error says of the service that answered with it.
fn judged(error: &WireError) -> Presence {
    const NOT_BUILT: [&str; 6] = [
        "NotImplemented",
        "NotImplementedError",
        "NotImplementedException",
        "InvalidAction",
        "UnknownOperationException",
        "UnreadableResponse",
    ];
    let message = error.message.lines().next().unwrap_or_default();
    let told: String = format!("{}: {message}", error.code).chars().take(120).collect();
    if turns_away(&error.code) || error.code.starts_with("AccessDenied") {
        return Presence::Refused(told);
    }
    let is_busy = error.status == 503 || error.code.contains("Throttl") || error.code == "SlowDown";
    let is_missing = NOT_BUILT.contains(&error.code.as_str()) || (error.status >= 500 && !is_busy);
    if is_missing { Presence::Missing(told) } else { Presence::There }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_service_has_a_read_that_wire_knows() {
        for (name, operation) in READS {
            let service = SERVICES.iter().find(|service| service.name == name);
            let service = service.unwrap_or_else(|| panic!("no service {name}"));
            assert!(service.operation(operation).is_some(), "{name} has no {operation}");
        }
        for service in SERVICES {
            let is_asked = READS.iter().any(|(name, _)| *name == service.name);
            // Of RDS's Data API each call needs a database.
            assert!(is_asked || service.name == "rds-data", "nothing asks {}", service.name);
        }
    }

    #[test]
    fn an_error_tells_whether_the_service_is_there() {
        let error = |code: &str, status, message: &str| WireError {
            status,
            message: message.to_owned(),
            ..WireError::server(code, "")
        };
        let check = |error: WireError, kind: &str| {
            let found = judged(&error);
            let word = match &found {
                Presence::There => "there",
                Presence::Missing(_) => "missing",
                Presence::Refused(_) => "refused",
            };
            assert_eq!(word, kind, "{error:?}");
        };
        check(error("NotImplemented", 501, "glue"), "missing");
        check(error("UnreadableResponse", 404, "<html>"), "missing");
        check(error("InternalFailure", 501, "API for service 'glue' not yet implemented"), "missing");
        check(error("InternalFailure", 500, "Service 'sns' is not enabled"), "missing");
        check(error("InternalError", 500, "exception while calling dynamodb.ListTables"), "missing");
        check(error("ServiceUnavailable", 503, "later"), "there");
        check(error("ThrottlingException", 500, "too many"), "there");
        check(error("ValidationException", 400, "1 error"), "there");
        check(error("InvalidClientTokenId", 403, "no"), "refused");
        check(error("AccessDeniedException", 400, "no"), "refused");
    }
}
