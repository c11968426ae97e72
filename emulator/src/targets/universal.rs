//! Universal targets: `arn:aws:scheduler:::aws-sdk:glue:startJobRun`, any operation that changes something of any service here.
//!
//! Documented: the ARN, and that operations which only read are refused
//! (docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html, to be verified). Assumed: members are found
//! whatever the case of their letters, which AWS writes in PascalCase and some models do not; the sentences.

use serde_json::{Map, Value};
use wavetank_types::Arn;
use wavetank_wire::codec::from_json;
use wavetank_wire::schema::{Kind, Operation, Service, Shape};
use wavetank_wire::{SERVICES, WireError};

use super::{Ask, NoTarget};
use crate::services::ServiceId;
use crate::world::{Address, Scope};

/// How SDKs name services whose models are named otherwise.
const ALIASES: [(&str, &str); 3] =
    [("cloudwatchlogs", "logs"), ("eventbridge", "events"), ("dynamodbstreams", "dynamodbstreams")];

/// Operations that begin so only read.
const READING: [&str; 12] = [
    "get", "describe", "list", "poll", "receive", "search", "scan", "query", "select", "read", "lookup",
    "batchGet",
];

/// An operation that a target names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Universal {
    schema: &'static Service,
    operation: &'static Operation,
}

impl Universal {
    /// What an ARN names; none if it is not one of these.
    pub(crate) fn parse(arn: &Arn) -> Option<Result<Self, NoTarget>> {
        let named = arn.resource.strip_prefix("aws-sdk:").filter(|_| arn.service == "scheduler")?;
        Some(Self::named(named).ok_or_else(|| refusal(named)))
    }

    fn named(text: &str) -> Option<Self> {
        let (service, action) = text.split_once(':')?;
        let alias = ALIASES.iter().find(|(alias, _)| *alias == service).map_or(service, |(_, name)| name);
        let schema = SERVICES.iter().find(|schema| schema.name == alias)?;
        let operation = schema.operations.iter().find(|one| one.name.eq_ignore_ascii_case(action))?;
        let is_reading = READING.iter().any(|prefix| action.starts_with(prefix));
        (!is_reading).then_some(Self { schema, operation })
    }

    /// Whether the input has members that the operation has not. The rest is looked at when it is sent.
    pub(crate) fn check(self, input: &str) -> Result<(), NoTarget> {
        self.fit(input).map(drop).map_err(NoTarget::Invalid)
    }

    fn fit(self, input: &str) -> Result<Value, String> {
        let value: Value = serde_json::from_str(input)
            .map_err(|why| format!("Invalid RequestJson provided. Reason {why}"))?;
        fit(self.operation.input, value).map_err(|field| {
            format!(
                "Invalid RequestJson provided. Reason The field '{field}' is not supported by api '{}' for the service '{}'",
                self.operation.name, self.schema.name
            )
        })
    }

    /// The request.
    pub(crate) fn ask(self, input: &str, own: &Scope) -> Result<Ask, WireError> {
        let value = self.fit(input).map_err(|why| WireError::client("ValidationException", why))?;
        let input = from_json(self.operation.input, value.to_string().as_bytes())?;
        let to = Address { service: ServiceId::of(self.schema), scope: own.clone() };
        Ok(Ask { to, operation: self.operation.name, input })
    }
}

/// Why an ARN of this kind names nothing that is called: AWS does not, or only this tank does not.
fn refusal(named: &str) -> NoTarget {
    let (service, action) = named.split_once(':').unwrap_or((named, ""));
    let is_reading = READING.iter().any(|prefix| action.starts_with(prefix));
    if is_reading || action.is_empty() {
        return NoTarget::Invalid(format!("Provided Arn is not in correct format: aws-sdk:{named}"));
    }
    NoTarget::NotBuilt(format!("the universal target {service}:{action}"))
}

/// The value with members as the model spells them; or the member that is none.
fn fit(shape: &'static Shape, value: Value) -> Result<Value, String> {
    Ok(match (&shape.kind, value) {
        (Kind::Structure(members), Value::Object(object)) => {
            let mut out = Map::new();
            for (name, value) in object {
                let same = |wanted: &str| wanted.eq_ignore_ascii_case(&name);
                let Some(member) = members.iter().find(|one| same(one.wire) || same(one.name)) else {
                    return Err(name);
                };
                // Members that travel in the path or the query are read by their own name here.
                out.insert(member.wire.to_owned(), fit(member.shape, value)?);
            }
            Value::Object(out)
        }
        (Kind::List { member, .. }, Value::Array(entries)) => {
            Value::Array(entries.into_iter().map(|entry| fit(member, entry)).collect::<Result<_, _>>()?)
        }
        (Kind::Map { value: shape, .. }, Value::Object(entries)) => {
            let fitted = entries.into_iter().map(|(key, value)| Ok((key, fit(shape, value)?)));
            Value::Object(fitted.collect::<Result<_, String>>()?)
        }
        (_, value) => value,
    })
}
