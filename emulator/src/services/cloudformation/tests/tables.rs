//! Stacks of tables that are updated, step by step: what is changed in place, one at a time, or replaced, and what is refused.

use std::time::Duration;

use wavetank_wire::{Operation, cloudformation as api, dynamodb};

use crate::driver::Tank;
use crate::world::Scope;

async fn ask<O: Operation>(tank: &Tank, input: O::Input) -> O::Output {
    tank.request::<O>(&Scope::default(), input).await.expect("an answer")
}

fn template(kind: &str, properties: &str) -> String {
    let indented: String = properties.trim().lines().map(|line| format!("      {}\n", line.trim())).collect();
    format!("Resources:\n  Items:\n    Type: AWS::DynamoDB::{kind}\n    Properties:\n{indented}")
}

/// A stack of one table, and what it is said to be so far.
struct Stack {
    tank: Tank,
    kind: &'static str,
}

impl Stack {
    async fn new(kind: &'static str, properties: &str) -> Self {
        let stack = Self { tank: Tank::builder().build(), kind };
        let input = api::CreateStackInput {
            stack_name: "s".to_owned(),
            template_body: Some(template(kind, properties)),
            ..Default::default()
        };
        ask::<api::CreateStack>(&stack.tank, input).await;
        assert_eq!(stack.settled().await, "CREATE_COMPLETE");
        stack
    }

    /// The stack's state, and why something failed.
    async fn settled(&self) -> String {
        assert!(self.tank.settle(Duration::from_secs(600)).await, "something is always left to happen");
        let input = api::DescribeStacksInput { stack_name: Some("s".to_owned()), ..Default::default() };
        let state = ask::<api::DescribeStacks>(&self.tank, input).await.stacks.expect("stacks").remove(0);
        let input = api::DescribeStackEventsInput { stack_name: "s".to_owned(), ..Default::default() };
        let events =
            ask::<api::DescribeStackEvents>(&self.tank, input).await.stack_events.unwrap_or_default();
        // The newest first: those of the last update.
        let own = events.iter().take_while(|event| {
            !(event.resource_type.as_deref() == Some("AWS::CloudFormation::Stack")
                && event.resource_status.as_deref() == Some("UPDATE_IN_PROGRESS"))
        });
        let failed = own.filter(|event| event.resource_status.as_deref() == Some("UPDATE_FAILED"));
        let why = failed.filter_map(|event| event.resource_status_reason.clone()).last();
        format!("{}{}", state.stack_status, why.map(|why| format!(": {why}")).unwrap_or_default())
    }

    /// The one table there is: its keys, how it is paid, its indexes, what else it has.
    async fn shown(&self) -> String {
        let names =
            ask::<dynamodb::ListTables>(&self.tank, dynamodb::ListTablesInput::default()).await.table_names;
        let [table_name] = &names.unwrap_or_default()[..] else { panic!("one table") };
        let table_name = table_name.clone();
        let input = dynamodb::DescribeTableInput { table_name: table_name.clone() };
        let table = ask::<dynamodb::DescribeTable>(&self.tank, input).await.table.expect("a table");
        let keys = table.key_schema.unwrap_or_default().into_iter().map(|key| key.attribute_name);
        let units = table.provisioned_throughput.and_then(|units| units.write_capacity_units).unwrap_or(0);
        let indexes = table.global_secondary_indexes.unwrap_or_default().into_iter();
        let indexes: Vec<String> = indexes.filter_map(|index| index.index_name).collect();
        let replicas =
            table.replicas.unwrap_or_default().into_iter().filter_map(|replica| replica.region_name);
        let view = table.stream_specification.and_then(|stream| stream.stream_view_type);
        let input = dynamodb::DescribeTimeToLiveInput { table_name: table_name.clone() };
        let ttl = ask::<dynamodb::DescribeTimeToLive>(&self.tank, input).await.time_to_live_description;
        let input = dynamodb::DescribeContinuousBackupsInput { table_name };
        let backups = ask::<dynamodb::DescribeContinuousBackups>(&self.tank, input).await;
        let recovery =
            backups.continuous_backups_description.and_then(|it| it.point_in_time_recovery_description);
        let mut parts = vec![keys.collect::<Vec<_>>().join("+"), format!("{units} units")];
        parts.extend(indexes.into_iter().map(|index| format!("index {index}")));
        parts.extend(view.map(|view| format!("stream {view}")));
        parts.extend(ttl.and_then(|ttl| ttl.attribute_name).map(|name| format!("ttl {name}")));
        let status = recovery.and_then(|it| it.point_in_time_recovery_status);
        parts.extend(status.filter(|status| status == "ENABLED").map(|_| "recovery".to_owned()));
        parts.extend(replicas.map(|region| format!("replica {region}")));
        parts.join(", ")
    }

    /// Updates the stack; its state, and the table afterwards.
    async fn check(&self, properties: &str, state: &str, table: &str) {
        let input = api::UpdateStackInput {
            stack_name: "s".to_owned(),
            template_body: Some(template(self.kind, properties)),
            ..Default::default()
        };
        ask::<api::UpdateStack>(&self.tank, input).await;
        assert_eq!(self.settled().await, state, "{properties}");
        assert_eq!(self.shown().await, table, "{properties}");
    }
}

const BARE: &str = "
    AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
    KeySchema: [{AttributeName: id, KeyType: HASH}]
    BillingMode: PAY_PER_REQUEST
";

/// With global indexes of these attributes.
fn indexed(attributes: &[&str]) -> String {
    let definitions: String =
        attributes.iter().map(|one| format!(", {{AttributeName: {one}, AttributeType: S}}")).collect();
    let index = |one: &&str| {
        format!(
            "{{IndexName: by-{one}, KeySchema: [{{AttributeName: {one}, KeyType: HASH}}], Projection: {{ProjectionType: ALL}}}}"
        )
    };
    let indexes = attributes.iter().map(index).collect::<Vec<_>>().join(", ");
    format!(
        "AttributeDefinitions: [{{AttributeName: id, AttributeType: S}}{definitions}]
         KeySchema: [{{AttributeName: id, KeyType: HASH}}]
         BillingMode: PAY_PER_REQUEST
         GlobalSecondaryIndexes: [{indexes}]"
    )
}

#[tokio::test]
async fn indexes_come_and_go_one_at_a_time() {
    let stack = Stack::new("Table", BARE).await;
    stack.check(&indexed(&["a"]), "UPDATE_COMPLETE", "id, 0 units, index by-a").await;
    let refused =
        "UPDATE_ROLLBACK_COMPLETE: Cannot perform more than one GSI creation or deletion in a single update";
    stack.check(&indexed(&["a", "b", "c"]), refused, "id, 0 units, index by-a").await;
    stack.check(&indexed(&["b"]), refused, "id, 0 units, index by-a").await;
    stack.check(&indexed(&["a", "b"]), "UPDATE_COMPLETE", "id, 0 units, index by-a, index by-b").await;
    stack.check(&indexed(&["b"]), "UPDATE_COMPLETE", "id, 0 units, index by-b").await;
    stack.check(BARE, "UPDATE_COMPLETE", "id, 0 units").await;
}

#[tokio::test]
async fn settings_change_in_place_and_keys_by_another_table() {
    let stack = Stack::new("Table", BARE).await;
    let paid = BARE.replace(
        "BillingMode: PAY_PER_REQUEST",
        "ProvisionedThroughput: {ReadCapacityUnits: 3, WriteCapacityUnits: 4}",
    );
    stack.check(&paid, "UPDATE_COMPLETE", "id, 4 units").await;
    stack.check(BARE, "UPDATE_COMPLETE", "id, 0 units").await;
    let more = format!("{BARE}TimeToLiveSpecification: {{AttributeName: gone, Enabled: true}}\n");
    stack.check(&more, "UPDATE_COMPLETE", "id, 0 units, ttl gone").await;
    let more = format!("{more}PointInTimeRecoverySpecification: {{PointInTimeRecoveryEnabled: true}}\n");
    stack.check(&more, "UPDATE_COMPLETE", "id, 0 units, ttl gone, recovery").await;
    let streamed = format!("{more}StreamSpecification: {{StreamViewType: KEYS_ONLY}}\n");
    stack.check(&streamed, "UPDATE_COMPLETE", "id, 0 units, stream KEYS_ONLY, ttl gone, recovery").await;
    let streamed = format!("{more}StreamSpecification: {{StreamViewType: NEW_IMAGE}}\n");
    stack.check(&streamed, "UPDATE_COMPLETE", "id, 0 units, stream NEW_IMAGE, ttl gone, recovery").await;
    stack.check(&BARE.replace("id", "name"), "UPDATE_COMPLETE", "name, 0 units").await;
}

/// A global table with replicas in these regions besides the stack's.
fn global(regions: &[&str], stream: &str) -> String {
    let replicas: String = regions.iter().map(|region| format!(", {{Region: {region}}}")).collect();
    format!("{BARE}{stream}\nReplicas: [{{Region: us-east-1}}{replicas}]\n")
}

const STREAM: &str = "StreamSpecification: {StreamViewType: NEW_AND_OLD_IMAGES}";

#[tokio::test]
async fn replicas_come_and_go_one_at_a_time_and_need_a_stream() {
    let stack = Stack::new("GlobalTable", &global(&[], "")).await;
    let refused = |why: &str| {
        format!(
            "UPDATE_ROLLBACK_COMPLETE: Properties validation failed for resource Items with message:\n{why}"
        )
    };
    let no_stream = refused("StreamSpecification is required if there is more than one replica");
    stack.check(&global(&["eu-west-1"], ""), &no_stream, "id, 0 units").await;
    let alone = "id, 0 units, stream NEW_AND_OLD_IMAGES";
    stack.check(&global(&[], STREAM), "UPDATE_COMPLETE", alone).await;
    let one = format!("{alone}, replica eu-west-1");
    stack.check(&global(&["eu-west-1"], STREAM), "UPDATE_COMPLETE", &one).await;
    let several = refused("Only one replica can be added or removed in a single update");
    stack.check(&global(&["eu-west-2", "sa-east-1", "eu-west-1"], STREAM), &several, &one).await;
    stack.check(&global(&["eu-west-2"], STREAM), &several, &one).await;
    let fixed = refused("StreamSpecification can only be changed while there is one replica");
    let other = "StreamSpecification: {StreamViewType: KEYS_ONLY}";
    stack.check(&global(&["eu-west-1"], other), &fixed, &one).await;
    stack.check(&global(&[], STREAM), "UPDATE_COMPLETE", alone).await;
}
