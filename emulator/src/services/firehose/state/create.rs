//! `CreateDeliveryStream` and `DeleteDeliveryStream`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use wavetank_types::Arn;
use wavetank_wire::firehose::{
    CreateDeliveryStreamInput, CreateDeliveryStreamOutput, DeleteDeliveryStreamInput,
    DeleteDeliveryStreamOutput, DeliveryStreamEncryptionConfiguration, Tag,
};

use super::super::error::{Argument, Refusal};
use super::super::limits::{STREAMS_MAX, TAGS_MAX};
use super::super::settings::{Told, extended};
use super::flow::Line;
use super::manage::encryption;
use super::put::Budget;
use super::source::Source;
use super::transform::Transform;
use super::{Firehose, Status, Stream};
use crate::world::Cx;

impl Firehose {
    pub(in super::super) fn create_delivery_stream(
        &mut self,
        cx: &mut Cx<'_>,
        input: CreateDeliveryStreamInput,
    ) -> Result<CreateDeliveryStreamOutput, Refusal> {
        let name = input.delivery_stream_name.clone();
        if self.names.contains_key(&name) {
            return Err(Refusal::Exists { name, account: cx.scope.account.to_string() });
        }
        if self.streams.len() >= STREAMS_MAX {
            return Err(Refusal::TooMany(STREAMS_MAX, "delivery streams"));
        }
        let source = source(cx, &input)?;
        let encryption = match &input.delivery_stream_encryption_configuration_input {
            Some(_) if source.is_some() => return Err(Argument::NotDirectPut.into()),
            Some(said) => {
                let said = encryption(Some(said))?;
                Some(DeliveryStreamEncryptionConfiguration { status: Some("ENABLED".to_owned()), ..said })
            }
            None => None,
        };
        let tags = tags(input.tags)?;
        let told = match (
            input.s3destination_configuration,
            input.extended_s3destination_configuration,
            input.http_endpoint_destination_configuration,
        ) {
            (Some(plain), None, None) => Told::S3(Box::new(extended(plain))),
            (None, Some(said), None) => Told::S3(Box::new(said)),
            (None, None, Some(said)) => Told::Http(Box::new(said)),
            _ => return Err(Argument::OneDestination.into()),
        };
        let settings = Arc::new(told.read(1)?);
        let arn = Arn::new("firehose", &cx.scope.region, &cx.scope.account, format!("deliverystream/{name}"));
        let id = cx.number();
        let stream = Stream {
            id,
            name: name.clone(),
            arn: arn.to_string(),
            status: Status::Creating,
            created: cx.now,
            updated: None,
            told,
            settings,
            source,
            throughput_hint: input.direct_put_source_configuration.map(|said| said.throughput_hint_in_mbs),
            tags,
            encryption,
            encryption_changes: VecDeque::new(),
            budget: Budget::default(),
            transform: Transform::default(),
            opening: Line::default(),
            sorting: Line::default(),
            buffers: BTreeMap::new(),
            partitions: 0,
            deliveries: BTreeMap::new(),
            blockers: Default::default(),
            of_buffers: BTreeMap::new(),
            held: BTreeSet::new(),
        };
        stream.settle_after(cx, &mut self.desk);
        self.streams.insert(id, stream);
        self.names.insert(name, id);
        Ok(CreateDeliveryStreamOutput { delivery_stream_arn: Some(arn.to_string()) })
    }

    /// What has not been delivered is lost. Documented: the operation's text in the service model.
    pub(in super::super) fn delete_delivery_stream(
        &mut self,
        cx: &mut Cx<'_>,
        input: &DeleteDeliveryStreamInput,
    ) -> Result<DeleteDeliveryStreamOutput, Refusal> {
        let (stream, desk) = self.stream_mut(cx, &input.delivery_stream_name)?;
        match stream.status {
            Status::Creating => return Err(stream.check_active().expect_err("it is being created")),
            Status::Active => {
                stream.status = Status::Deleting;
                stream.settle_after(cx, desk);
            }
            Status::Deleting => {}
        }
        Ok(DeleteDeliveryStreamOutput {})
    }
}

fn source(cx: &Cx<'_>, input: &CreateDeliveryStreamInput) -> Result<Option<Source>, Refusal> {
    let kind = input.delivery_stream_type.as_deref().unwrap_or("DirectPut");
    match (kind, &input.kinesis_stream_source_configuration) {
        ("DirectPut", None) => Ok(None),
        ("KinesisStreamAsSource", Some(said)) => {
            let arn: Option<Arn> = said.kinesis_stream_arn.parse().ok();
            let is_stream = |arn: &Arn| arn.service == "kinesis" && arn.resource.starts_with("stream/");
            if !arn.as_ref().is_some_and(is_stream) {
                return Err(Argument::NotAStream(said.kinesis_stream_arn.clone()).into());
            }
            Ok(Some(Source::new(said.kinesis_stream_arn.clone(), said.role_arn.clone(), cx.now)))
        }
        ("DirectPut" | "KinesisStreamAsSource", _) => {
            Err(Argument::SourceOfAnotherType(kind.to_owned()).into())
        }
        _ => Err(Refusal::NotBuilt(format!("the delivery stream type {kind}"))),
    }
}

fn tags(said: Option<Vec<Tag>>) -> Result<BTreeMap<String, String>, Refusal> {
    let entries = said.unwrap_or_default().into_iter();
    let tags: BTreeMap<String, String> =
        entries.map(|tag| (tag.key, tag.value.unwrap_or_default())).collect();
    if tags.len() > TAGS_MAX { Err(Refusal::TooMany(TAGS_MAX, "tags")) } else { Ok(tags) }
}
