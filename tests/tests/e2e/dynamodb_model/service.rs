//! The same operations on a tank's DynamoDB, as JSON requests of its public API.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Map, Value, json};
use wavetank::client::Aws;
use wavetank::{Embedded, Target as _};
use wavetank_types::{Seed, Timestamp};
use wavetank_wire::{WireError, dynamodb, dynamodbstreams};

use super::model::{Condition, Edit, Item, Key, Told, Write, distinct};

const TABLE: &str = "model";

/// A tank with the table, its two indexes, its stream and its history.
pub(crate) struct Service {
    target: Embedded,
}

fn key_schema(hash: &str, range: &str) -> Value {
    json!([{ "AttributeName": hash, "KeyType": "HASH" }, { "AttributeName": range, "KeyType": "RANGE" }])
}

impl Service {
    pub(crate) async fn start() -> Self {
        let service = Self { target: Embedded::new(Seed(7)) };
        let index = |name: &str, hash: &str| json!({ "IndexName": name, "KeySchema": key_schema(hash, "n"), "Projection": { "ProjectionType": "ALL" } });
        let attribute = |name: &str, kind: &str| json!({ "AttributeName": name, "AttributeType": kind });
        let table = json!({
            "TableName": TABLE,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [attribute("pk", "S"), attribute("sk", "N"), attribute("tag", "S"), attribute("n", "N")],
            "KeySchema": key_schema("pk", "sk"),
            "LocalSecondaryIndexes": [index("by-n", "pk")],
            "GlobalSecondaryIndexes": [index("by-tag", "tag")],
            "StreamSpecification": { "StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES" },
        });
        service.ask("CreateTable", table).await.unwrap();
        service.wait(Duration::from_secs(60)).await;
        service
    }

    async fn ask(&self, operation: &str, input: Value) -> Result<Value, WireError> {
        Aws::new(&self.target, "us-east-1").json(&dynamodb::SERVICE, operation, &input).await
    }

    pub(crate) async fn wait(&self, span: Duration) {
        self.target.tank().advance(span).await;
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.target.now()
    }

    pub(crate) async fn write(&self, key: &Key, write: &Write, condition: &Condition) -> Told {
        let (operation, mut request) = request(key, write, condition);
        request["ReturnValues"] = json!("ALL_OLD");
        match self.ask(operation, request).await {
            Ok(answer) => Told::Done(answer.get("Attributes").map(|found| read(found).1)),
            Err(error) if error.code == "ConditionalCheckFailedException" => Told::Refused,
            Err(error) if error.code == "ValidationException" => Told::Impossible,
            Err(error) => panic!("{error}"),
        }
    }

    pub(crate) async fn transact(&self, writes: &[(Key, Write, Condition)]) -> bool {
        let action = |(key, write, condition): &(Key, Write, Condition)| {
            let (operation, request) = request(key, write, condition);
            json!({ operation.trim_end_matches("Item"): request })
        };
        let all: Vec<Value> = writes.iter().map(action).collect();
        match self.ask("TransactWriteItems", json!({ "TransactItems": all })).await {
            Ok(_) => true,
            Err(error) if error.code == "TransactionCanceledException" => false,
            Err(error) => panic!("{error}"),
        }
    }

    pub(crate) async fn batch(&self, writes: &[(Key, Option<Item>)]) {
        let write = |(key, item): &(Key, Option<Item>)| match item {
            Some(item) => json!({ "PutRequest": { "Item": whole(key, item) } }),
            None => json!({ "DeleteRequest": { "Key": key_of(key) } }),
        };
        let writes: Vec<Value> = writes.iter().map(write).collect();
        let answer = self.ask("BatchWriteItem", json!({ "RequestItems": { TABLE: writes } })).await.unwrap();
        assert!(answer["UnprocessedItems"].as_object().is_none_or(Map::is_empty), "{answer}");
    }

    /// Every item in order of its key, put together from segments and pages.
    pub(crate) async fn scan(&self, page: usize, segments: usize) -> Vec<(Key, Item)> {
        let mut found = Vec::new();
        for segment in 0..segments {
            let request = json!({ "TableName": TABLE, "Segment": segment, "TotalSegments": segments });
            found.extend(self.pages("Scan", request, page).await);
        }
        sorted(found)
    }

    pub(crate) async fn scan_filtered(&self, page: usize) -> Vec<(Key, Item)> {
        let request = json!({
            "TableName": TABLE,
            "FilterExpression": "n > :three OR contains(#set, :x)",
            "ExpressionAttributeNames": { "#set": "set" },
            "ExpressionAttributeValues": { ":three": { "N": "3" }, ":x": { "S": "x" } },
        });
        sorted(self.pages("Scan", request, page).await)
    }

    pub(crate) async fn query(&self, pk: &str, forward: bool, page: usize) -> Vec<(Key, Item)> {
        let mut request = query("pk", pk);
        request["ScanIndexForward"] = json!(forward);
        self.pages("Query", request, page).await
    }

    pub(crate) async fn query_by_n(&self, pk: &str, page: usize) -> Vec<(Key, Item)> {
        let mut request = query("pk", pk);
        request["IndexName"] = json!("by-n");
        self.pages("Query", request, page).await
    }

    pub(crate) async fn query_by_tag(&self, tag: &str, page: usize) -> Vec<(Key, Item)> {
        let mut request = query("tag", tag);
        request["IndexName"] = json!("by-tag");
        self.pages("Query", request, page).await
    }

    async fn pages(&self, operation: &str, mut request: Value, page: usize) -> Vec<(Key, Item)> {
        request["Limit"] = json!(page);
        let mut found = Vec::new();
        loop {
            let answer = self.ask(operation, request.clone()).await.unwrap();
            assert!(answer["ScannedCount"].as_u64() <= Some(page as u64), "{answer}");
            found.extend(answer["Items"].as_array().unwrap().iter().map(read));
            match answer.get("LastEvaluatedKey") {
                Some(last) => request["ExclusiveStartKey"] = last.clone(),
                None => return found,
            }
        }
    }

    /// Each change that the stream tells: key, before, after. Changes of one key are in order.
    pub(crate) async fn stream(&self) -> Vec<(Key, Option<Item>, Option<Item>)> {
        let aws = Aws::new(&self.target, "us-east-1");
        let ask = async |operation: &str, input: Value| {
            aws.json(&dynamodbstreams::SERVICE, operation, &input).await.unwrap()
        };
        let table = self.ask("DescribeTable", json!({ "TableName": TABLE })).await.unwrap();
        let arn = &table["Table"]["LatestStreamArn"];
        let described = ask("DescribeStream", json!({ "StreamArn": arn })).await;
        let mut told = Vec::new();
        for shard in described["StreamDescription"]["Shards"].as_array().unwrap() {
            let start =
                json!({ "StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON" });
            let mut iterator = ask("GetShardIterator", start).await["ShardIterator"].clone();
            loop {
                let page = ask("GetRecords", json!({ "ShardIterator": iterator, "Limit": 7 })).await;
                let records = page["Records"].as_array().unwrap();
                told.extend(records.iter().map(change));
                match page.get("NextShardIterator") {
                    Some(next) if !records.is_empty() => iterator = next.clone(),
                    _ => break,
                }
            }
        }
        told
    }

    /// What the table was at an instant since [`Service::remember`].
    pub(crate) async fn restored(&self, then: Timestamp) -> Vec<(Key, Item)> {
        // The last five minutes cannot be restored yet.
        self.wait(Duration::from_secs(600)).await;
        let request = json!({
            "SourceTableName": TABLE,
            "TargetTableName": "restored",
            "RestoreDateTime": then.secs(),
        });
        self.ask("RestoreTableToPointInTime", request).await.unwrap();
        self.wait(Duration::from_secs(86_400)).await;
        let found = self.ask("Scan", json!({ "TableName": "restored" })).await.unwrap();
        sorted(found["Items"].as_array().unwrap().iter().map(read).collect())
    }

    /// Keeps the table's history from now on.
    pub(crate) async fn remember(&self) {
        let request = json!({
            "TableName": TABLE,
            "PointInTimeRecoverySpecification": { "PointInTimeRecoveryEnabled": true },
        });
        self.ask("UpdateContinuousBackups", request).await.unwrap();
        self.wait(Duration::from_secs(60)).await;
    }
}

fn sorted(found: Vec<(Key, Item)>) -> Vec<(Key, Item)> {
    let count = found.len();
    let sorted: BTreeMap<Key, Item> = found.into_iter().collect();
    assert_eq!(sorted.len(), count, "an item was read twice");
    sorted.into_iter().collect()
}

fn query(attribute: &str, value: &str) -> Value {
    json!({
        "TableName": TABLE,
        "KeyConditionExpression": "#key = :value",
        "ExpressionAttributeNames": { "#key": attribute },
        "ExpressionAttributeValues": { ":value": { "S": value } },
    })
}

/// The expressions of one request, gathered.
#[derive(Default)]
struct Terms {
    names: Map<String, Value>,
    values: Map<String, Value>,
}

impl Terms {
    fn name(&mut self, name: &str) -> String {
        self.names.insert(format!("#{name}"), json!(name));
        format!("#{name}")
    }

    fn value(&mut self, value: Value) -> String {
        let name = format!(":v{}", self.values.len());
        self.values.insert(name.clone(), value);
        name
    }

    fn number(&mut self, number: impl ToString) -> String {
        self.value(json!({ "N": number.to_string() }))
    }
}

fn request(key: &Key, write: &Write, condition: &Condition) -> (&'static str, Value) {
    let mut terms = Terms::default();
    let mut request = json!({ "TableName": TABLE });
    let operation = match write {
        Write::Put(item) => {
            request["Item"] = whole(key, item);
            "PutItem"
        }
        Write::Delete => {
            request["Key"] = key_of(key);
            "DeleteItem"
        }
        Write::Update(edits) => {
            request["Key"] = key_of(key);
            request["UpdateExpression"] = json!(update(edits, &mut terms));
            "UpdateItem"
        }
    };
    if let Some(text) = expression(condition, &mut terms) {
        request["ConditionExpression"] = json!(text);
    }
    if !terms.names.is_empty() {
        request["ExpressionAttributeNames"] = Value::Object(terms.names);
    }
    if !terms.values.is_empty() {
        request["ExpressionAttributeValues"] = Value::Object(terms.values);
    }
    (operation, request)
}

fn expression(condition: &Condition, terms: &mut Terms) -> Option<String> {
    Some(match condition {
        Condition::None => return None,
        Condition::Exists => "attribute_exists(pk)".to_owned(),
        Condition::IsNew => "attribute_not_exists(pk)".to_owned(),
        Condition::NBelow(bound) => format!("n < {}", terms.number(bound)),
        Condition::SetHas(tag) => {
            format!("contains({}, {})", terms.name("set"), terms.value(json!({ "S": tag })))
        }
        Condition::ListLongerThan(size) => format!("size({}) > {}", terms.name("list"), terms.number(size)),
    })
}

fn update(edits: &[Edit], terms: &mut Terms) -> String {
    let mut clauses: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for edit in distinct(edits) {
        let (clause, text) = match edit {
            Edit::AddToN(by) => ("ADD", format!("n {}", terms.number(by))),
            Edit::TakeFromN(by) => ("SET", format!("n = n - {}", terms.number(by))),
            Edit::SetNIfAbsent(n) => ("SET", format!("n = if_not_exists(n, {})", terms.number(n))),
            Edit::SetTag(tag) => {
                ("SET", format!("{} = {}", terms.name("tag"), terms.value(json!({ "S": tag }))))
            }
            Edit::RemoveTag => ("REMOVE", terms.name("tag")),
            Edit::Append(value) => {
                let (list, none) = (terms.name("list"), terms.value(json!({ "L": [] })));
                let value = terms.value(json!({ "L": [{ "N": value.to_string() }] }));
                ("SET", format!("{list} = list_append(if_not_exists({list}, {none}), {value})"))
            }
            Edit::RemoveFirst => ("REMOVE", format!("{}[0]", terms.name("list"))),
            Edit::AddToSet(tag) => ("ADD", set_edit(tag, terms)),
            Edit::DeleteFromSet(tag) => ("DELETE", set_edit(tag, terms)),
        };
        clauses.entry(clause).or_default().push(text);
    }
    let clause = |(name, parts): (&str, Vec<String>)| format!("{name} {}", parts.join(", "));
    clauses.into_iter().map(clause).collect::<Vec<_>>().join(" ")
}

fn set_edit(tag: &str, terms: &mut Terms) -> String {
    format!("{} {}", terms.name("set"), terms.value(json!({ "SS": [tag] })))
}

fn key_of((pk, sk): &Key) -> Value {
    json!({ "pk": { "S": pk }, "sk": { "N": sk.to_string() } })
}

fn whole(key: &Key, item: &Item) -> Value {
    let mut whole = key_of(key);
    if let Some(n) = item.n {
        whole["n"] = json!({ "N": n.to_string() });
    }
    if let Some(tag) = &item.tag {
        whole["tag"] = json!({ "S": tag });
    }
    if let Some(list) = &item.list {
        let entries: Vec<Value> = list.iter().map(|value| json!({ "N": value.to_string() })).collect();
        whole["list"] = json!({ "L": entries });
    }
    if !item.set.is_empty() {
        whole["set"] = json!({ "SS": item.set });
    }
    whole
}

fn read(whole: &Value) -> (Key, Item) {
    let number = |value: &Value| value["N"].as_str().map(|text| text.parse::<i64>().unwrap());
    let key =
        (whole["pk"]["S"].as_str().unwrap_or_default().to_owned(), number(&whole["sk"]).unwrap_or_default());
    let list = whole["list"]["L"].as_array();
    let set = whole["set"]["SS"].as_array().into_iter().flatten();
    let item = Item {
        n: number(&whole["n"]),
        tag: whole["tag"]["S"].as_str().map(str::to_owned),
        list: list.map(|list| list.iter().filter_map(number).collect()),
        set: set.map(|tag| tag.as_str().unwrap().to_owned()).collect::<BTreeSet<String>>(),
    };
    (key, item)
}

fn change(record: &Value) -> (Key, Option<Item>, Option<Item>) {
    let it = &record["dynamodb"];
    let image = |name: &str| it.get(name).map(|image| read(image).1);
    let (old, new) = (image("OldImage"), image("NewImage"));
    let name = match (&old, &new) {
        (None, Some(_)) => "INSERT",
        (Some(_), Some(_)) => "MODIFY",
        _ => "REMOVE",
    };
    assert_eq!(record["eventName"], name);
    (read(&it["Keys"]).0, old, new)
}
