//! AWS::DynamoDB::GlobalTable: a table in the stack's region, and replicas in others.
//!
//! Left out, and refused by name: provisioned tables (their throughput scales by itself on AWS), witnesses, strong
//! consistency, what a replica in another region may have of its own but its class.
//! Documented: docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-globaltable.html (an edition
//! of 2023 read 2026-11-28): an update adds or removes one replica; more than one replica need a stream, which can be changed
//! only while there is one. Assumed: the sentences of the last three.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use wavetank_wire::dynamodb::{self, schema};
use wavetank_wire::{FromVal as _, Operation, Val};

use super::dynamodb::{Table, shared};
use super::properties::Properties;
use super::shape::{Form, same};
use super::{Ask, Existing, Kind, Made, Make, Plan, Property, Readiness, Reason, Spec, TagStyle, Update};

/// A global table. `Ref`: its name.
pub(super) struct GlobalTable;

const REPLICA: &[(&str, Form)] = &[
    ("ContributorInsightsSpecification", shared::INSIGHTS),
    ("DeletionProtectionEnabled", Form::Scalar),
    ("KinesisStreamSpecification", shared::KINESIS),
    ("PointInTimeRecoverySpecification", Form::Api(&schema::POINT_IN_TIME_RECOVERY_SPECIFICATION)),
    ("Region", Form::Scalar),
    ("ResourcePolicy", shared::POLICY),
    ("TableClass", Form::Scalar),
    ("Tags", Form::Tags),
];

static GLOBAL_TABLE: Spec = Spec {
    name: "AWS::DynamoDB::GlobalTable",
    properties: &[
        shared::ATTRIBUTE_DEFINITIONS,
        shared::BILLING_MODE,
        Property {
            name: "GlobalSecondaryIndexes",
            form: Form::List(&[
                ("IndexName", Form::Scalar),
                ("KeySchema", Form::Api(&schema::KEY_SCHEMA)),
                ("Projection", Form::Api(&schema::PROJECTION)),
                ("WarmThroughput", Form::Api(&schema::WARM_THROUGHPUT)),
            ]),
            update: Update::InPlace,
        },
        shared::KEY_SCHEMA,
        shared::LOCAL_SECONDARY_INDEXES,
        Property { name: "Replicas", form: Form::List(REPLICA), update: Update::InPlace },
        Property {
            name: "SSESpecification",
            form: Form::Members(&[("SSEEnabled", Form::Scalar), ("SSEType", Form::Scalar)]),
            update: Update::InPlace,
        },
        Property {
            name: "StreamSpecification",
            form: Form::Members(&[("StreamViewType", Form::Scalar)]),
            update: Update::InPlace,
        },
        shared::TABLE_NAME,
        shared::TIME_TO_LIVE,
        shared::WARM_THROUGHPUT,
    ],
    attributes: &["Arn", "StreamArn", "TableId"],
    unbuilt: &[
        "GlobalTableSourceArn",
        "GlobalTableWitnesses",
        "GlobalTableSettingsReplicationMode",
        "MultiRegionConsistency",
        "ReadOnDemandThroughputSettings",
        "ReadProvisionedThroughputSettings",
        "WriteOnDemandThroughputSettings",
        "WriteProvisionedThroughputSettings",
    ],
    name_property: Some("TableName"),
    tags: TagStyle::None,
};

/// The replicas of a template, by region.
fn replicas(properties: &Properties<'_>) -> Vec<(String, Map<String, Value>)> {
    let entries = properties.get("Replicas").and_then(Value::as_array);
    let read = |entry: &Value| {
        let entry = entry.as_object()?.clone();
        Some((entry.get("Region")?.as_str()?.to_owned(), entry))
    };
    entries.into_iter().flatten().filter_map(read).collect()
}

/// Other regions, each with the table class of its replica, if it has one of its own.
type Others = Vec<(String, Option<String>)>;

/// The stack's own replica as a table's template would say it, and the other regions with their classes.
fn split(make: &Make<'_>, properties: &Properties<'_>) -> Result<(Map<String, Value>, Others), Reason> {
    if properties.text("BillingMode").as_deref() != Some("PAY_PER_REQUEST") {
        return Err("wavetank does not implement a global table with the BillingMode PROVISIONED".to_owned());
    }
    let mut own = properties.entries.clone();
    own.remove("Replicas");
    let mut others = Vec::new();
    let mut has_own = false;
    for (region, mut replica) in replicas(properties) {
        replica.remove("Region");
        if region == make.region().as_str() {
            own.extend(replica);
            has_own = true;
            continue;
        }
        let class = replica.remove("TableClass").and_then(|class| class.as_str().map(str::to_owned));
        if let Some(name) = replica.keys().next() {
            return Err(format!(
                "wavetank does not implement {name} of a replica in another region ({region})"
            ));
        }
        others.push((region, class));
    }
    if !has_own {
        // Seen in the wild.
        let region = make.region();
        return Err(properties.invalid(&format!("Replicas must include the stack region {region}")));
    }
    if !others.is_empty() && !own.contains_key("StreamSpecification") {
        return Err(properties.invalid("StreamSpecification is required if there is more than one replica"));
    }
    Ok((own, others))
}

/// One replica more or less, and the wait for it.
fn change(name: &str, update: dynamodb::ReplicationGroupUpdate) -> [Ask; 2] {
    let input = dynamodb::UpdateTableInput {
        table_name: name.to_owned(),
        replica_updates: Some(vec![update]),
        ..Default::default()
    };
    [Ask::to::<dynamodb::UpdateTable>(input), until_replicated(name)]
}

fn add(name: &str, region: String, class: Option<String>) -> [Ask; 2] {
    let create = dynamodb::CreateReplicationGroupMemberAction {
        region_name: region,
        table_class_override: class,
        ..Default::default()
    };
    change(name, dynamodb::ReplicationGroupUpdate { create: Some(create), ..Default::default() })
}

fn remove(name: &str, region: String) -> [Ask; 2] {
    let delete = dynamodb::DeleteReplicationGroupMemberAction { region_name: region };
    change(name, dynamodb::ReplicationGroupUpdate { delete: Some(delete), ..Default::default() })
}

/// The table and its replicas are ACTIVE.
fn until_replicated(name: &str) -> Ask {
    let input = dynamodb::DescribeTableInput { table_name: name.to_owned() };
    Ask::to::<dynamodb::DescribeTable>(input).until(|reply| {
        let table = dynamodb::DescribeTableOutput::from_val(reply).table.unwrap_or_default();
        let replicas = table.replicas.iter().flatten().map(|replica| replica.replica_status.as_deref());
        let mut states = replicas.chain([table.table_status.as_deref()]);
        if states.all(|state| state == Some("ACTIVE")) { Readiness::Ready } else { Readiness::NotYet }
    })
}

impl Kind for GlobalTable {
    fn spec(&self) -> &'static Spec {
        &GLOBAL_TABLE
    }

    fn create(&self, make: &Make<'_>, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let (own, others) = split(make, properties)?;
        let mut plan = Table.create(make, &Properties { entries: &own, logical: make.logical })?;
        let name = plan.made.physical_id.clone();
        plan.asks.extend(others.into_iter().flat_map(|(region, class)| add(&name, region, class)));
        Ok(plan)
    }

    fn update(&self, make: &Make<'_>, old: &Existing, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let before = Properties { entries: &old.properties, logical: make.logical };
        let (was, were) = split(make, &before)?;
        let (own, others) = split(make, properties)?;
        if !were.is_empty() && !same(was.get("StreamSpecification"), own.get("StreamSpecification")) {
            let why = "StreamSpecification can only be changed while there is one replica";
            return Err(properties.invalid(why));
        }
        let table = Existing { made: old.made.clone(), properties: was };
        let mut plan = Table.update(make, &table, &Properties { entries: &own, logical: make.logical })?;
        let name = &old.made.physical_id;
        let old_regions: BTreeSet<&String> = were.iter().map(|(region, _)| region).collect();
        let new_regions: BTreeSet<&String> = others.iter().map(|(region, _)| region).collect();
        if old_regions.symmetric_difference(&new_regions).count() > 1 {
            return Err(properties.invalid("Only one replica can be added or removed in a single update"));
        }
        let gone = old_regions.difference(&new_regions);
        plan.asks.extend(gone.flat_map(|region| remove(name, (**region).clone())));
        let come = others.iter().filter(|(region, _)| !old_regions.contains(region));
        plan.asks.extend(come.flat_map(|(region, class)| add(name, region.clone(), class.clone())));
        Ok(plan)
    }

    fn delete(&self, make: &Make<'_>, old: &Existing) -> Vec<Ask> {
        let before = Properties { entries: &old.properties, logical: make.logical };
        let others = replicas(&before).into_iter().filter(|(region, _)| region != make.region().as_str());
        let name = &old.made.physical_id;
        let mut asks: Vec<Ask> = others.flat_map(|(region, _)| remove(name, region)).collect();
        asks.extend(Table.delete(make, old));
        asks
    }

    fn learn(&self, made: &mut Made, operation: &str, reply: Val) {
        if operation == dynamodb::CreateTable::NAME
            && let Some(table) = dynamodb::CreateTableOutput::from_val(reply.clone()).table_description
        {
            made.attributes.insert("TableId".to_owned(), table.table_id.unwrap_or_default());
        }
        Table.learn(made, operation, reply);
    }
}
