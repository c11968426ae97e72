//! A tank that is asked in JSON.

use std::time::Duration;

use serde_json::{Value, json};
use wavetank_types::Region;
use wavetank_wire::codec::{from_json, json_document};
use wavetank_wire::schema::{Place, Service as Schema, Shape};
use wavetank_wire::{Val, WireError, backup, dynamodb};

use crate::services::ServiceId;
use crate::services::s3::Command;
use crate::world::{Address, Call};
use crate::{Scope, Tank};

/// A tank, and the region that is called.
#[derive(Clone, Debug)]
pub(in crate::services) struct Rig {
    pub(in crate::services) tank: Tank,
    scope: Scope,
}

/// One member of each entry of a list.
pub(in crate::services) fn names(list: &Value, member: &str) -> Vec<String> {
    let entries = list.as_array().into_iter().flatten();
    entries.map(|entry| entry[member].as_str().unwrap_or_default().to_owned()).collect()
}

/// A request, whose members may travel elsewhere than in the body.
fn read(shape: &'static Shape, mut input: Value) -> Result<Val, WireError> {
    let mut elsewhere = Vec::new();
    for (at, member) in (0..).zip(shape.members()).filter(|(_, member)| member.place != Place::Body) {
        match input.as_object_mut().and_then(|input| input.remove(member.name)) {
            Some(Value::String(text)) => elsewhere.push((at, Val::Str(text))),
            Some(other) => panic!("{} is {other}", member.name),
            None => {}
        }
    }
    let mut members = from_json(shape, input.to_string().as_bytes())?.into_members();
    members.extend(elsewhere);
    members.sort_by_key(|(at, _)| *at);
    Ok(Val::Struct(members))
}

impl Rig {
    /// With the bucket `lake`.
    pub(in crate::services) async fn new() -> Self {
        let rig = Self { tank: Tank::builder().build(), scope: Scope::default() };
        rig.s3(Command::CreateBucket { bucket: "lake".to_owned() }).expect("the name is free");
        rig
    }

    /// The same tank, called in another region.
    pub(in crate::services) fn in_region(&self, region: &str) -> Self {
        let scope = Scope { region: Region::new(region), ..self.scope.clone() };
        Self { tank: self.tank.clone(), scope }
    }

    async fn call(&self, schema: &'static Schema, operation: &str, input: Value) -> Result<Value, WireError> {
        let found = schema.operation(operation).expect("an operation");
        let input = read(found.input, input)?;
        let service = ServiceId::of(schema);
        if let Some(refusal) = service.refuses(operation, &input) {
            return Err(refusal);
        }
        let to = Address { service, scope: self.scope.clone() };
        let call = Call { to, access_key: String::new(), operation: found.name, input };
        let output = self.tank.call(schema, call).await?;
        Ok(serde_json::from_slice(&json_document(found.output, &output)).expect("JSON"))
    }

    /// What DynamoDB answers.
    pub(in crate::services) async fn ask(&self, operation: &str, input: Value) -> Value {
        let answer = self.call(&dynamodb::SERVICE, operation, input.clone()).await;
        answer.unwrap_or_else(|error| panic!("{operation} {input}: {error}"))
    }

    /// Why DynamoDB refuses.
    pub(in crate::services) async fn refused(&self, operation: &str, input: Value) -> String {
        match self.call(&dynamodb::SERVICE, operation, input.clone()).await {
            Ok(answer) => panic!("{operation} {input} is not refused, but answered {answer}"),
            Err(error) => error.to_string(),
        }
    }

    /// What AWS Backup answers, or why it refuses.
    pub(in crate::services) async fn backup(&self, operation: &str, input: Value) -> Result<Value, String> {
        self.call(&backup::SERVICE, operation, input).await.map_err(|error| error.to_string())
    }

    pub(in crate::services) async fn wait(&self, secs: u64) {
        self.tank.advance(Duration::from_secs(secs)).await;
    }

    /// Tank time in seconds.
    pub(in crate::services) fn now(&self) -> f64 {
        self.tank.now().secs_f64()
    }

    /// An item of `tab` with this key and value.
    pub(in crate::services) async fn put(&self, name: &str, v: i64) {
        let item = json!({"p": {"S": name}, "s": {"N": "0"}, "v": {"N": v.to_string()}});
        self.ask("PutItem", json!({"TableName": "tab", "Item": item})).await;
    }

    /// `p=v` of each item, sorted.
    pub(in crate::services) async fn items(&self, table: &str) -> Vec<String> {
        let found = self.ask("Scan", json!({"TableName": table, "ConsistentRead": true})).await;
        let text = |value: &Value| {
            ["S", "N"].into_iter().find_map(|kind| value[kind].as_str()).unwrap_or("-").to_owned()
        };
        let items = found["Items"].as_array().into_iter().flatten();
        let mut items: Vec<String> =
            items.map(|item| format!("{}={}", text(&item["p"]), text(&item["v"]))).collect();
        items.sort();
        items
    }

    /// Point-in-time recovery on.
    pub(in crate::services) async fn recoverable(&self, table: &str) {
        let on = json!({"TableName": table, "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true}});
        self.ask("UpdateContinuousBackups", on).await;
    }

    pub(in crate::services) fn s3(&self, command: Command) -> Result<Val, WireError> {
        self.tank.s3(&self.scope, "", "Test", |s3, cx| s3.perform(cx, command.clone()))
    }

    /// Stores an object in `lake`.
    pub(in crate::services) fn store(&self, key: &str, body: &[u8]) {
        let (bucket, content_type) = ("lake".to_owned(), "text/plain".to_owned());
        let body = bytes::Bytes::copy_from_slice(body);
        self.s3(Command::PutObject { bucket, key: key.to_owned(), body, content_type })
            .expect("the bucket is there");
    }

    /// Keys and contents of the objects in `lake`.
    pub(in crate::services) fn objects(&self) -> Vec<(String, bytes::Bytes)> {
        let door = crate::executors::Door::new(self.tank.clone(), self.scope.clone());
        let objects = door.list_objects("lake", "").expect("the bucket is there");
        let body = |key: String| (key.clone(), door.get_object("lake", &key).expect("it was listed"));
        objects.into_iter().map(|object| body(object.key)).collect()
    }
}
