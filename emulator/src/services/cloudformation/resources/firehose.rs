//! AWS::KinesisFirehose::DeliveryStream.
//!
//! Properties are the API's members. An update says what the template says now; what it no longer says stays, as it does
//! for `UpdateDestination`. That call needs the stream's version: it is counted here, so a destination that was updated
//! behind the stack's back refuses the stack's next update.

use serde_json::{Map, Value};
use wavetank_wire::firehose::{self as api, schema};
use wavetank_wire::{FromVal as _, Val};

use super::properties::Properties;
use super::shape::{Form, same};
use super::{
    Ask, Existing, Kind, Made, Make, Plan, Property, Readiness, Reason, Spec, TagStyle, Update, tags,
};

/// A delivery stream. `Ref`: its name.
pub(super) struct DeliveryStream;

static DELIVERY_STREAM: Spec = Spec {
    name: "AWS::KinesisFirehose::DeliveryStream",
    properties: &[
        Property { name: "DeliveryStreamName", form: Form::Scalar, update: Update::Replace },
        Property {
            name: "DeliveryStreamEncryptionConfigurationInput",
            form: Form::Api(&schema::DELIVERY_STREAM_ENCRYPTION_CONFIGURATION_INPUT),
            update: Update::InPlace,
        },
        Property { name: "DeliveryStreamType", form: Form::Scalar, update: Update::Replace },
        Property {
            name: "DirectPutSourceConfiguration",
            form: Form::Api(&schema::DIRECT_PUT_SOURCE_CONFIGURATION),
            update: Update::Replace,
        },
        Property {
            name: "ExtendedS3DestinationConfiguration",
            form: Form::Api(&schema::EXTENDED_S3DESTINATION_CONFIGURATION),
            update: Update::InPlace,
        },
        Property {
            name: "HttpEndpointDestinationConfiguration",
            form: Form::Api(&schema::HTTP_ENDPOINT_DESTINATION_CONFIGURATION),
            update: Update::InPlace,
        },
        Property {
            name: "KinesisStreamSourceConfiguration",
            form: Form::Api(&schema::KINESIS_STREAM_SOURCE_CONFIGURATION),
            update: Update::Replace,
        },
        Property {
            name: "S3DestinationConfiguration",
            form: Form::Api(&schema::S3DESTINATION_CONFIGURATION),
            update: Update::InPlace,
        },
        Property { name: "Tags", form: Form::Tags, update: Update::InPlace },
    ],
    attributes: &["Arn"],
    unbuilt: &[
        "AmazonOpenSearchServerlessDestinationConfiguration",
        "AmazonopensearchserviceDestinationConfiguration",
        "DatabaseSourceConfiguration",
        "ElasticsearchDestinationConfiguration",
        "IcebergDestinationConfiguration",
        "MSKSourceConfiguration",
        "RedshiftDestinationConfiguration",
        "SnowflakeDestinationConfiguration",
        "SplunkDestinationConfiguration",
    ],
    name_property: Some("DeliveryStreamName"),
    tags: TagStyle::List,
};

/// Which property becomes which member of an update, and which of its members has another name there.
type Destination = (&'static str, &'static str, Option<(&'static str, &'static str)>);

const DESTINATIONS: [Destination; 3] = [
    ("S3DestinationConfiguration", "S3DestinationUpdate", None),
    (
        "ExtendedS3DestinationConfiguration",
        "ExtendedS3DestinationUpdate",
        Some(("S3BackupConfiguration", "S3BackupUpdate")),
    ),
    (
        "HttpEndpointDestinationConfiguration",
        "HttpEndpointDestinationUpdate",
        Some(("S3Configuration", "S3Update")),
    ),
];

/// The version that the destination is at, as far as this stack has moved it.
const VERSION: &str = "VersionId";

impl Kind for DeliveryStream {
    fn spec(&self) -> &'static Spec {
        &DELIVERY_STREAM
    }

    fn create(&self, make: &Make<'_>, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let name = properties.text("DeliveryStreamName").unwrap_or_else(|| make.name(64));
        let and = [("DeliveryStreamName", Value::String(name.clone()))];
        let input: api::CreateDeliveryStreamInput =
            properties.as_input(&schema::CREATE_DELIVERY_STREAM_INPUT, &[], &and)?;
        let asks = vec![Ask::to::<api::CreateDeliveryStream>(input), until_active(&name)];
        let arn = make.arn("firehose", format!("deliverystream/{name}"));
        Ok(Plan { made: Made::new(name).with("Arn", arn).with(VERSION, "1"), asks })
    }

    fn update(&self, _make: &Make<'_>, old: &Existing, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let name = old.made.physical_id.clone();
        let mut made = old.made.clone();
        let mut asks = Vec::new();
        let moved = |name: &str| !same(old.properties.get(name), properties.get(name));
        if let Some((from, to, renamed)) = DESTINATIONS.iter().find(|(from, ..)| moved(from)) {
            let said = properties.get(from).ok_or_else(|| properties.missing(from))?;
            let version = old.made.attribute(VERSION);
            let input = Map::from_iter([
                ("DeliveryStreamName".to_owned(), Value::String(name.clone())),
                ("CurrentDeliveryStreamVersionId".to_owned(), Value::String(version.to_owned())),
                ("DestinationId".to_owned(), Value::String("destinationId-000000000001".to_owned())),
                ((*to).to_owned(), as_update(said, *renamed)),
            ]);
            let input: api::UpdateDestinationInput =
                properties.convert(&schema::UPDATE_DESTINATION_INPUT, &Value::Object(input))?;
            asks.push(Ask::to::<api::UpdateDestination>(input));
            let next = version.parse::<u64>().unwrap_or(1) + 1;
            made = made.with(VERSION, next.to_string());
        }
        if moved("DeliveryStreamEncryptionConfigurationInput") {
            asks.push(encryption(&name, properties)?);
        }
        asks.extend(retag(&name, old, properties));
        Ok(Plan { made, asks })
    }

    fn delete(&self, _make: &Make<'_>, old: &Existing) -> Vec<Ask> {
        let input = api::DeleteDeliveryStreamInput {
            delivery_stream_name: old.made.physical_id.clone(),
            allow_force_delete: None,
        };
        let delivery_stream_name = old.made.physical_id.clone();
        let gone = api::DescribeDeliveryStreamInput { delivery_stream_name, ..Default::default() };
        vec![
            Ask::to::<api::DeleteDeliveryStream>(input).or_absent(),
            Ask::to::<api::DescribeDeliveryStream>(gone).until_gone(),
        ]
    }
}

/// A destination's configuration, spelled as its update.
fn as_update(said: &Value, renamed: Option<(&str, &str)>) -> Value {
    let mut said = said.clone();
    if let (Some((from, to)), Value::Object(entries)) = (renamed, &mut said)
        && let Some(inner) = entries.remove(from)
    {
        entries.insert(to.to_owned(), inner);
    }
    said
}

fn encryption(name: &str, properties: &Properties<'_>) -> Result<Ask, Reason> {
    let delivery_stream_name = name.to_owned();
    Ok(match properties.get("DeliveryStreamEncryptionConfigurationInput") {
        Some(said) => {
            let said = properties.convert(&schema::DELIVERY_STREAM_ENCRYPTION_CONFIGURATION_INPUT, said)?;
            Ask::to::<api::StartDeliveryStreamEncryption>(api::StartDeliveryStreamEncryptionInput {
                delivery_stream_name,
                delivery_stream_encryption_configuration_input: Some(said),
            })
        }
        None => {
            let input = api::StopDeliveryStreamEncryptionInput { delivery_stream_name };
            Ask::to::<api::StopDeliveryStreamEncryption>(input)
        }
    })
}

fn retag(name: &str, old: &Existing, properties: &Properties<'_>) -> Vec<Ask> {
    let change = tags::change(old, &properties.tags());
    let mut asks = Vec::new();
    if !change.set.is_empty() {
        let tag = |(key, value)| api::Tag { key, value: Some(value) };
        let tags = change.set.into_iter().map(tag).collect();
        let input = api::TagDeliveryStreamInput { delivery_stream_name: name.to_owned(), tags };
        asks.push(Ask::to::<api::TagDeliveryStream>(input));
    }
    if !change.remove.is_empty() {
        let input =
            api::UntagDeliveryStreamInput { delivery_stream_name: name.to_owned(), tag_keys: change.remove };
        asks.push(Ask::to::<api::UntagDeliveryStream>(input));
    }
    asks
}

fn until_active(name: &str) -> Ask {
    let input =
        api::DescribeDeliveryStreamInput { delivery_stream_name: name.to_owned(), ..Default::default() };
    Ask::to::<api::DescribeDeliveryStream>(input).until(readiness)
}

fn readiness(reply: Val) -> Readiness {
    let described = api::DescribeDeliveryStreamOutput::from_val(reply).delivery_stream_description;
    match described.delivery_stream_status.as_str() {
        "ACTIVE" => Readiness::Ready,
        "CREATING" => Readiness::NotYet,
        other => Readiness::Failed(format!("The delivery stream is {other}")),
    }
}
