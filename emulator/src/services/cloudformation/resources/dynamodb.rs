//! AWS::DynamoDB::Table.
//!
//! A table takes one change at a time: each is waited for. Import from S3 is left out.
//! Documented: docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-table.html (to be
//! verified): one global index is made or removed in an update, and only its throughput changes.

use serde_json::{Map, Value};
use wavetank_wire::dynamodb::{self, schema};
use wavetank_wire::{FromVal as _, Operation, Val};

use super::properties::Properties;
use super::shape::{Form, same};
use super::{
    Ask, Existing, Kind, Made, Make, Plan, Property, Readiness, Reason, Spec, TagStyle, Update, tags,
};

/// A table. `Ref`: its name.
pub(super) struct Table;

/// What a global table's template says in the same words.
pub(super) mod shared {
    use super::{Form, Property, Update, schema};

    pub(crate) const INSIGHTS: Form = Form::Members(&[("Enabled", Form::Scalar), ("Mode", Form::Scalar)]);
    pub(crate) const KINESIS: Form =
        Form::Members(&[("ApproximateCreationDateTimePrecision", Form::Scalar), ("StreamArn", Form::Scalar)]);
    pub(crate) const POLICY: Form = Form::Members(&[("PolicyDocument", Form::Free)]);
    pub(crate) const ATTRIBUTE_DEFINITIONS: Property = Property {
        name: "AttributeDefinitions",
        form: Form::Api(&schema::ATTRIBUTE_DEFINITIONS),
        update: Update::InPlace,
    };
    pub(crate) const BILLING_MODE: Property =
        Property { name: "BillingMode", form: Form::Scalar, update: Update::InPlace };
    pub(crate) const KEY_SCHEMA: Property =
        Property { name: "KeySchema", form: Form::Api(&schema::KEY_SCHEMA), update: Update::Replace };
    pub(crate) const LOCAL_SECONDARY_INDEXES: Property = Property {
        name: "LocalSecondaryIndexes",
        form: Form::Api(&schema::LOCAL_SECONDARY_INDEX_LIST),
        update: Update::Replace,
    };
    pub(crate) const TABLE_NAME: Property =
        Property { name: "TableName", form: Form::Scalar, update: Update::Replace };
    pub(crate) const TIME_TO_LIVE: Property = Property {
        name: "TimeToLiveSpecification",
        form: Form::Api(&schema::TIME_TO_LIVE_SPECIFICATION),
        update: Update::InPlace,
    };
    pub(crate) const WARM_THROUGHPUT: Property = Property {
        name: "WarmThroughput",
        form: Form::Api(&schema::WARM_THROUGHPUT),
        update: Update::InPlace,
    };
}

static TABLE: Spec = Spec {
    name: "AWS::DynamoDB::Table",
    properties: &[
        shared::ATTRIBUTE_DEFINITIONS,
        shared::BILLING_MODE,
        Property {
            name: "ContributorInsightsSpecification",
            form: shared::INSIGHTS,
            update: Update::InPlace,
        },
        Property { name: "DeletionProtectionEnabled", form: Form::Scalar, update: Update::InPlace },
        Property {
            name: "GlobalSecondaryIndexes",
            form: Form::List(&[
                ("ContributorInsightsSpecification", shared::INSIGHTS),
                ("IndexName", Form::Scalar),
                ("KeySchema", Form::Api(&schema::KEY_SCHEMA)),
                ("OnDemandThroughput", Form::Api(&schema::ON_DEMAND_THROUGHPUT)),
                ("Projection", Form::Api(&schema::PROJECTION)),
                ("ProvisionedThroughput", Form::Api(&schema::PROVISIONED_THROUGHPUT)),
                ("WarmThroughput", Form::Api(&schema::WARM_THROUGHPUT)),
            ]),
            update: Update::InPlace,
        },
        shared::KEY_SCHEMA,
        Property { name: "KinesisStreamSpecification", form: shared::KINESIS, update: Update::InPlace },
        shared::LOCAL_SECONDARY_INDEXES,
        Property {
            name: "OnDemandThroughput",
            form: Form::Api(&schema::ON_DEMAND_THROUGHPUT),
            update: Update::InPlace,
        },
        Property {
            name: "PointInTimeRecoverySpecification",
            form: Form::Api(&schema::POINT_IN_TIME_RECOVERY_SPECIFICATION),
            update: Update::InPlace,
        },
        Property {
            name: "ProvisionedThroughput",
            form: Form::Api(&schema::PROVISIONED_THROUGHPUT),
            update: Update::InPlace,
        },
        Property { name: "ResourcePolicy", form: shared::POLICY, update: Update::InPlace },
        Property {
            name: "SSESpecification",
            form: Form::Members(&[
                ("KMSMasterKeyId", Form::Scalar),
                ("SSEEnabled", Form::Scalar),
                ("SSEType", Form::Scalar),
            ]),
            update: Update::InPlace,
        },
        Property {
            name: "StreamSpecification",
            form: Form::Members(&[("ResourcePolicy", shared::POLICY), ("StreamViewType", Form::Scalar)]),
            update: Update::InPlace,
        },
        Property { name: "TableClass", form: Form::Scalar, update: Update::InPlace },
        shared::TABLE_NAME,
        Property { name: "Tags", form: Form::Tags, update: Update::InPlace },
        shared::TIME_TO_LIVE,
        shared::WARM_THROUGHPUT,
    ],
    attributes: &["Arn", "StreamArn"],
    unbuilt: &["ImportSourceSpecification"],
    name_property: Some("TableName"),
    tags: TagStyle::List,
};

/// Properties that are said by other operations than CreateTable, or in another form.
const APART: [&str; 7] = [
    "ContributorInsightsSpecification",
    "KinesisStreamSpecification",
    "PointInTimeRecoverySpecification",
    "ResourcePolicy",
    "SSESpecification",
    "StreamSpecification",
    "TimeToLiveSpecification",
];

fn member<'a>(properties: &Properties<'a>, property: &str, member: &str) -> Option<&'a Value> {
    properties.get(property).and_then(|value| value.get(member))
}

fn text(value: Option<&Value>) -> Option<String> {
    value.and_then(crate::services::cloudformation::template::scalar_text)
}

fn flag(value: Option<&Value>) -> bool {
    text(value).as_deref() == Some("true")
}

/// The encryption of a template, as the API has it.
fn encryption(properties: &Properties<'_>) -> Option<dynamodb::SSESpecification> {
    properties.get("SSESpecification")?;
    Some(dynamodb::SSESpecification {
        enabled: Some(flag(member(properties, "SSESpecification", "SSEEnabled"))),
        sse_type: text(member(properties, "SSESpecification", "SSEType")),
        kms_master_key_id: text(member(properties, "SSESpecification", "KMSMasterKeyId")),
    })
}

/// What the stream shows, if there is to be one.
fn view(properties: &Properties<'_>) -> Option<String> {
    text(member(properties, "StreamSpecification", "StreamViewType"))
}

fn policy(value: Option<&Value>) -> Option<String> {
    match value?.get("PolicyDocument")? {
        Value::String(text) => Some(text.clone()),
        document => Some(document.to_string()),
    }
}

/// The global indexes as the API has them.
fn indexes(properties: &Properties<'_>) -> Vec<Map<String, Value>> {
    let entries = properties.get("GlobalSecondaryIndexes").and_then(Value::as_array);
    let kept = |entry: &Value| {
        let mut entry = entry.as_object()?.clone();
        entry.remove("ContributorInsightsSpecification");
        Some(entry)
    };
    entries.into_iter().flatten().filter_map(kept).collect()
}

impl Kind for Table {
    fn spec(&self) -> &'static Spec {
        &TABLE
    }

    fn create(&self, make: &Make<'_>, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let name = properties.text("TableName").unwrap_or_else(|| make.name(255));
        let mut and = vec![("TableName", Value::String(name.clone()))];
        if properties.get("GlobalSecondaryIndexes").is_some() {
            let all = indexes(properties).into_iter().map(Value::Object).collect();
            and.push(("GlobalSecondaryIndexes", Value::Array(all)));
        }
        let mut input: dynamodb::CreateTableInput =
            properties.as_input(&schema::CREATE_TABLE_INPUT, &APART, &and)?;
        input.sse_specification = encryption(properties);
        input.resource_policy = policy(properties.get("ResourcePolicy"));
        input.stream_specification = view(properties)
            .map(|view| dynamodb::StreamSpecification { stream_enabled: true, stream_view_type: Some(view) });
        let mut asks = vec![Ask::to::<dynamodb::CreateTable>(input), until_active(&name)];
        let none = Map::new();
        let nothing = Properties { entries: &none, logical: make.logical };
        asks.extend(aside(&name, &nothing, properties)?);
        let made = Made::new(&name).with("Arn", make.arn("dynamodb", format!("table/{name}")));
        Ok(Plan { made, asks })
    }

    fn update(&self, make: &Make<'_>, old: &Existing, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let name = old.made.physical_id.clone();
        let before = Properties { entries: &old.properties, logical: make.logical };
        let mut asks = Vec::new();
        for input in changes(&name, &before, properties)? {
            asks.push(Ask::to::<dynamodb::UpdateTable>(input));
            asks.push(until_active(&name));
        }
        asks.extend(aside(&name, &before, properties)?);
        let arn = make.arn("dynamodb", format!("table/{name}"));
        if let Some(ask) = change_policy(&arn, &before, properties) {
            asks.push(ask);
        }
        asks.extend(change_tags(&arn, old, properties));
        Ok(Plan { made: old.made.clone(), asks })
    }

    fn delete(&self, _make: &Make<'_>, old: &Existing) -> Vec<Ask> {
        let name = &old.made.physical_id;
        let input = dynamodb::DeleteTableInput { table_name: name.clone() };
        let gone = dynamodb::DescribeTableInput { table_name: name.clone() };
        vec![
            Ask::to::<dynamodb::DeleteTable>(input).or_absent(),
            Ask::to::<dynamodb::DescribeTable>(gone).until_gone(),
        ]
    }

    /// Only DynamoDB knows the instant that names a stream.
    fn learn(&self, made: &mut Made, operation: &str, reply: Val) {
        let table = match operation {
            dynamodb::CreateTable::NAME => dynamodb::CreateTableOutput::from_val(reply).table_description,
            dynamodb::UpdateTable::NAME => dynamodb::UpdateTableOutput::from_val(reply).table_description,
            _ => None,
        };
        let Some(table) = table else { return };
        match table.latest_stream_arn.filter(|_| table.stream_specification.is_some()) {
            Some(arn) => made.attributes.insert("StreamArn".to_owned(), arn),
            None => made.attributes.remove("StreamArn"),
        };
    }
}

/// The table and its indexes are ACTIVE.
fn until_active(name: &str) -> Ask {
    let input = dynamodb::DescribeTableInput { table_name: name.to_owned() };
    Ask::to::<dynamodb::DescribeTable>(input).until(|reply| {
        let table = dynamodb::DescribeTableOutput::from_val(reply).table.unwrap_or_default();
        let indexes = table.global_secondary_indexes.iter().flatten();
        let mut states =
            indexes.map(|index| index.index_status.as_deref()).chain([table.table_status.as_deref()]);
        if table.table_status.as_deref() == Some("DELETING") {
            return Readiness::Failed("The table is being deleted.".to_owned());
        }
        if states.all(|state| state == Some("ACTIVE")) { Readiness::Ready } else { Readiness::NotYet }
    })
}

/// The calls of UpdateTable, in order; each is waited for.
fn changes(
    name: &str,
    before: &Properties<'_>,
    after: &Properties<'_>,
) -> Result<Vec<dynamodb::UpdateTableInput>, Reason> {
    let blank = || dynamodb::UpdateTableInput { table_name: name.to_owned(), ..Default::default() };
    let differs = |property: &str| !same(before.get(property), after.get(property));
    let mut out = Vec::new();
    let mut gone = None;
    let (made, removed, updated) = index_changes(before, after)?;
    if differs("BillingMode") || differs("ProvisionedThroughput") || !updated.is_empty() {
        let mut input = blank();
        let is_on_demand = after.text("BillingMode").as_deref() == Some("PAY_PER_REQUEST");
        if differs("BillingMode") {
            let mode = if is_on_demand { "PAY_PER_REQUEST" } else { "PROVISIONED" };
            input.billing_mode = Some(mode.to_owned());
        }
        if !is_on_demand && (differs("ProvisionedThroughput") || differs("BillingMode")) {
            let wanted = after.get("ProvisionedThroughput");
            input.provisioned_throughput =
                wanted.map(|value| after.convert(&schema::PROVISIONED_THROUGHPUT, value)).transpose()?;
        }
        if !updated.is_empty() {
            input.global_secondary_index_updates = Some(updated);
        }
        out.push(input);
    }
    if view(before) != view(after) {
        if view(before).is_some() {
            let off = dynamodb::StreamSpecification { stream_enabled: false, stream_view_type: None };
            out.push(dynamodb::UpdateTableInput { stream_specification: Some(off), ..blank() });
        }
        if let Some(view) = view(after) {
            let on = dynamodb::StreamSpecification { stream_enabled: true, stream_view_type: Some(view) };
            out.push(dynamodb::UpdateTableInput { stream_specification: Some(on), ..blank() });
        }
    }
    if let Some(delete) = removed {
        let update = dynamodb::GlobalSecondaryIndexUpdate { delete: Some(delete), ..Default::default() };
        gone = Some(dynamodb::UpdateTableInput {
            global_secondary_index_updates: Some(vec![update]),
            ..blank()
        });
    }
    out.extend(gone);
    if let Some(create) = made {
        let update = dynamodb::GlobalSecondaryIndexUpdate { create: Some(create), ..Default::default() };
        let defined = after.get("AttributeDefinitions");
        out.push(dynamodb::UpdateTableInput {
            attribute_definitions: defined
                .map(|value| after.convert(&schema::ATTRIBUTE_DEFINITIONS, value))
                .transpose()?,
            global_secondary_index_updates: Some(vec![update]),
            ..blank()
        });
    }
    out.extend(settings(before, after, blank())?);
    Ok(out)
}

/// What UpdateTable changes at once.
fn settings(
    before: &Properties<'_>,
    after: &Properties<'_>,
    mut input: dynamodb::UpdateTableInput,
) -> Result<Option<dynamodb::UpdateTableInput>, Reason> {
    let differs = |property: &str| !same(before.get(property), after.get(property));
    let mut is_any = false;
    if differs("SSESpecification") {
        is_any = true;
        let off = dynamodb::SSESpecification { enabled: Some(false), ..Default::default() };
        input.sse_specification = Some(encryption(after).unwrap_or(off));
    }
    if differs("TableClass") {
        is_any = true;
        input.table_class = Some(after.text("TableClass").unwrap_or_else(|| "STANDARD".to_owned()));
    }
    if differs("DeletionProtectionEnabled") {
        is_any = true;
        input.deletion_protection_enabled = Some(after.flag("DeletionProtectionEnabled").unwrap_or(false));
    }
    if let Some(value) = after.get("OnDemandThroughput").filter(|_| differs("OnDemandThroughput")) {
        is_any = true;
        input.on_demand_throughput = Some(after.convert(&schema::ON_DEMAND_THROUGHPUT, value)?);
    }
    if let Some(value) = after.get("WarmThroughput").filter(|_| differs("WarmThroughput")) {
        is_any = true;
        input.warm_throughput = Some(after.convert(&schema::WARM_THROUGHPUT, value)?);
    }
    Ok(is_any.then_some(input))
}

type IndexChanges = (
    Option<dynamodb::CreateGlobalSecondaryIndexAction>,
    Option<dynamodb::DeleteGlobalSecondaryIndexAction>,
    Vec<dynamodb::GlobalSecondaryIndexUpdate>,
);

/// Which global index is made, which is removed, and which get other throughput. Seen in the wild: both sentences.
fn index_changes(before: &Properties<'_>, after: &Properties<'_>) -> Result<IndexChanges, Reason> {
    let name = |index: &Map<String, Value>| text(index.get("IndexName")).unwrap_or_default();
    let (old, new) = (indexes(before), indexes(after));
    let find = |all: &[Map<String, Value>], wanted: &str| all.iter().find(|one| name(one) == wanted).cloned();
    let (mut made, mut removed, mut updated) = (Vec::new(), Vec::new(), Vec::new());
    for index in &new {
        let Some(was) = find(&old, &name(index)) else {
            made.push(index.clone());
            continue;
        };
        if ["KeySchema", "Projection"].iter().any(|part| !same(was.get(*part), index.get(*part))) {
            return Err(
                "CloudFormation cannot update a GSI's properties other than Provisioned Throughput and \
                        Contributor Insights Specification. You can create a new GSI with a different name."
                    .to_owned(),
            );
        }
        let parts = ["ProvisionedThroughput", "OnDemandThroughput", "WarmThroughput"];
        if parts.iter().any(|part| !same(was.get(*part), index.get(*part)) && index.contains_key(*part)) {
            let mut kept = index.clone();
            kept.retain(|part, _| part == "IndexName" || parts.contains(&part.as_str()));
            let update =
                after.convert(&schema::UPDATE_GLOBAL_SECONDARY_INDEX_ACTION, &Value::Object(kept))?;
            updated.push(dynamodb::GlobalSecondaryIndexUpdate { update: Some(update), ..Default::default() });
        }
    }
    for index in &old {
        if find(&new, &name(index)).is_none() {
            removed.push(dynamodb::DeleteGlobalSecondaryIndexAction { index_name: name(index) });
        }
    }
    if made.len() + removed.len() > 1 {
        return Err("Cannot perform more than one GSI creation or deletion in a single update".to_owned());
    }
    let made = made.pop().map(Value::Object);
    let made =
        made.map(|index| after.convert(&schema::CREATE_GLOBAL_SECONDARY_INDEX_ACTION, &index)).transpose()?;
    Ok((made, removed.pop(), updated))
}

/// What other operations than CreateTable and UpdateTable say.
fn aside(name: &str, before: &Properties<'_>, after: &Properties<'_>) -> Result<Vec<Ask>, Reason> {
    let differs = |property: &str| !same(before.get(property), after.get(property));
    let mut asks = Vec::new();
    if differs("TimeToLiveSpecification") {
        asks.extend(time_to_live(name, before, after));
    }
    if differs("PointInTimeRecoverySpecification") {
        let off = || dynamodb::PointInTimeRecoverySpecification::default();
        let wanted = after.get("PointInTimeRecoverySpecification");
        let wanted = wanted.map(|value| after.convert(&schema::POINT_IN_TIME_RECOVERY_SPECIFICATION, value));
        let input = dynamodb::UpdateContinuousBackupsInput {
            table_name: name.to_owned(),
            point_in_time_recovery_specification: wanted.transpose()?.unwrap_or_else(off),
        };
        asks.push(Ask::to::<dynamodb::UpdateContinuousBackups>(input));
    }
    if differs("KinesisStreamSpecification") {
        asks.extend(destination(name, before, after));
    }
    if differs("ContributorInsightsSpecification") {
        let value = after.get("ContributorInsightsSpecification");
        asks.push(insights(name, None, value));
    }
    let indexed = |properties: &Properties<'_>, index: &str| {
        let all = properties.get("GlobalSecondaryIndexes").and_then(Value::as_array).cloned();
        let found =
            all.into_iter().flatten().find(|one| text(one.get("IndexName")).as_deref() == Some(index));
        found.and_then(|one| one.get("ContributorInsightsSpecification").cloned())
    };
    for index in indexes(after) {
        let index = text(index.get("IndexName")).unwrap_or_default();
        let (was, is) = (indexed(before, &index), indexed(after, &index));
        if !same(was.as_ref(), is.as_ref()) {
            asks.push(insights(name, Some(index), is.as_ref()));
        }
    }
    Ok(asks)
}

fn insights(table: &str, index_name: Option<String>, value: Option<&Value>) -> Ask {
    let is_on = flag(value.and_then(|value| value.get("Enabled")));
    let action = if is_on { "ENABLE" } else { "DISABLE" };
    Ask::to::<dynamodb::UpdateContributorInsights>(dynamodb::UpdateContributorInsightsInput {
        table_name: table.to_owned(),
        index_name,
        contributor_insights_action: action.to_owned(),
        contributor_insights_mode: text(value.and_then(|value| value.get("Mode"))),
    })
}

/// Off, then on: one attribute cannot follow another at once, and AWS refuses that for an hour.
fn time_to_live(name: &str, before: &Properties<'_>, after: &Properties<'_>) -> Vec<Ask> {
    let read = |properties: &Properties<'_>| {
        let attribute = text(member(properties, "TimeToLiveSpecification", "AttributeName"));
        attribute.filter(|_| flag(member(properties, "TimeToLiveSpecification", "Enabled")))
    };
    let ask = |attribute_name: String, enabled: bool| {
        Ask::to::<dynamodb::UpdateTimeToLive>(dynamodb::UpdateTimeToLiveInput {
            table_name: name.to_owned(),
            time_to_live_specification: dynamodb::TimeToLiveSpecification { enabled, attribute_name },
        })
    };
    let (was, is) = (read(before), read(after));
    if was == is {
        return Vec::new();
    }
    was.map(|attribute| ask(attribute, false))
        .into_iter()
        .chain(is.map(|attribute| ask(attribute, true)))
        .collect()
}

/// The old stream off, the new one on; another precision of the same stream is said as such.
fn destination(name: &str, before: &Properties<'_>, after: &Properties<'_>) -> Vec<Ask> {
    let stream =
        |properties: &Properties<'_>| text(member(properties, "KinesisStreamSpecification", "StreamArn"));
    let precision = text(member(after, "KinesisStreamSpecification", "ApproximateCreationDateTimePrecision"));
    let (was, is) = (stream(before), stream(after));
    let mut asks = Vec::new();
    if let (Some(stream_arn), true) = (&is, was == is) {
        let configuration = dynamodb::UpdateKinesisStreamingConfiguration {
            approximate_creation_date_time_precision: precision,
        };
        asks.push(Ask::to::<dynamodb::UpdateKinesisStreamingDestination>(
            dynamodb::UpdateKinesisStreamingDestinationInput {
                table_name: name.to_owned(),
                stream_arn: stream_arn.clone(),
                update_kinesis_streaming_configuration: Some(configuration),
            },
        ));
        asks.push(until_streaming(name));
        return asks;
    }
    let input = |stream_arn: String, precision: Option<String>| dynamodb::KinesisStreamingDestinationInput {
        table_name: name.to_owned(),
        stream_arn,
        enable_kinesis_streaming_configuration: precision.map(|precision| {
            dynamodb::EnableKinesisStreamingConfiguration {
                approximate_creation_date_time_precision: Some(precision),
            }
        }),
    };
    if let Some(was) = was {
        asks.push(Ask::to::<dynamodb::DisableKinesisStreamingDestination>(input(was, None)));
        asks.push(until_streaming(name));
    }
    if let Some(is) = is {
        asks.push(Ask::to::<dynamodb::EnableKinesisStreamingDestination>(input(is, precision)));
        asks.push(until_streaming(name));
    }
    asks
}

/// No destination is changing.
fn until_streaming(name: &str) -> Ask {
    let input = dynamodb::DescribeKinesisStreamingDestinationInput { table_name: name.to_owned() };
    Ask::to::<dynamodb::DescribeKinesisStreamingDestination>(input).until(|reply| {
        let out = dynamodb::DescribeKinesisStreamingDestinationOutput::from_val(reply);
        let all = out.kinesis_data_stream_destinations.unwrap_or_default();
        let is = |state: &str| all.iter().find(|one| one.destination_status.as_deref() == Some(state));
        if let Some(failed) = is("ENABLE_FAILED") {
            return Readiness::Failed(failed.destination_status_description.clone().unwrap_or_default());
        }
        let is_moving = ["ENABLING", "DISABLING", "UPDATING"].iter().any(|state| is(state).is_some());
        if is_moving { Readiness::NotYet } else { Readiness::Ready }
    })
}

fn change_policy(arn: &str, before: &Properties<'_>, after: &Properties<'_>) -> Option<Ask> {
    let (was, is) = (policy(before.get("ResourcePolicy")), policy(after.get("ResourcePolicy")));
    if was == is {
        return None;
    }
    Some(match is {
        Some(policy) => Ask::to::<dynamodb::PutResourcePolicy>(dynamodb::PutResourcePolicyInput {
            resource_arn: arn.to_owned(),
            policy,
            ..Default::default()
        }),
        None => Ask::to::<dynamodb::DeleteResourcePolicy>(dynamodb::DeleteResourcePolicyInput {
            resource_arn: arn.to_owned(),
            expected_revision_id: None,
        }),
    })
}

fn change_tags(arn: &str, old: &Existing, properties: &Properties<'_>) -> Vec<Ask> {
    let change = tags::change(old, &properties.tags());
    let mut asks = Vec::new();
    if !change.set.is_empty() {
        let tags = change.set.into_iter().map(|(key, value)| dynamodb::Tag { key, value }).collect();
        asks.push(Ask::to::<dynamodb::TagResource>(dynamodb::TagResourceInput {
            resource_arn: arn.to_owned(),
            tags,
        }));
    }
    if !change.remove.is_empty() {
        asks.push(Ask::to::<dynamodb::UntagResource>(dynamodb::UntagResourceInput {
            resource_arn: arn.to_owned(),
            tag_keys: change.remove,
        }));
    }
    asks
}
