//! Tags and encryption settings. Keys are kept and shown; nothing in a tank is encrypted.

use wavetank_types::Timestamp;
use wavetank_wire::firehose::{
    DeliveryStreamEncryptionConfiguration, DeliveryStreamEncryptionConfigurationInput,
    ListTagsForDeliveryStreamInput, ListTagsForDeliveryStreamOutput, StartDeliveryStreamEncryptionInput,
    StartDeliveryStreamEncryptionOutput, StopDeliveryStreamEncryptionInput,
    StopDeliveryStreamEncryptionOutput, Tag, TagDeliveryStreamInput, TagDeliveryStreamOutput,
    UntagDeliveryStreamInput, UntagDeliveryStreamOutput,
};

use super::super::error::{Argument, Refusal};
use super::super::limits::{ENCRYPTION_CHANGES_MAX, ENCRYPTION_CHANGES_WINDOW, TAGS_MAX, TRANSITION};
use super::{Firehose, Stream, Timer};
use crate::world::Cx;

impl Firehose {
    pub(in super::super) fn tag_delivery_stream(
        &mut self,
        cx: &mut Cx<'_>,
        input: TagDeliveryStreamInput,
    ) -> Result<TagDeliveryStreamOutput, Refusal> {
        let (stream, _) = self.stream_mut(cx, &input.delivery_stream_name)?;
        let mut tags = stream.tags.clone();
        tags.extend(input.tags.into_iter().map(|tag| (tag.key, tag.value.unwrap_or_default())));
        if tags.len() > TAGS_MAX {
            return Err(Refusal::TooMany(TAGS_MAX, "tags"));
        }
        stream.tags = tags;
        Ok(TagDeliveryStreamOutput {})
    }

    pub(in super::super) fn untag_delivery_stream(
        &mut self,
        cx: &mut Cx<'_>,
        input: &UntagDeliveryStreamInput,
    ) -> Result<UntagDeliveryStreamOutput, Refusal> {
        let (stream, _) = self.stream_mut(cx, &input.delivery_stream_name)?;
        stream.tags.retain(|key, _| !input.tag_keys.contains(key));
        Ok(UntagDeliveryStreamOutput {})
    }

    pub(in super::super) fn list_tags_for_delivery_stream(
        &mut self,
        cx: &mut Cx<'_>,
        input: &ListTagsForDeliveryStreamInput,
    ) -> Result<ListTagsForDeliveryStreamOutput, Refusal> {
        let stream = self.stream(cx, &input.delivery_stream_name)?;
        let limit = input.limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(TAGS_MAX);
        let after = input.exclusive_start_tag_key.as_deref();
        let mut rest = stream.tags.iter().filter(|(key, _)| after.is_none_or(|after| key.as_str() > after));
        let tag = |(key, value): (&String, &String)| Tag { key: key.clone(), value: Some(value.clone()) };
        let tags = rest.by_ref().take(limit).map(tag).collect();
        Ok(ListTagsForDeliveryStreamOutput { tags, has_more_tags: rest.next().is_some() })
    }

    pub(in super::super) fn start_delivery_stream_encryption(
        &mut self,
        cx: &mut Cx<'_>,
        input: StartDeliveryStreamEncryptionInput,
    ) -> Result<StartDeliveryStreamEncryptionOutput, Refusal> {
        let (stream, desk) = self.stream_mut(cx, &input.delivery_stream_name)?;
        stream.check_encryptable(cx)?;
        let said = encryption(input.delivery_stream_encryption_configuration_input.as_ref())?;
        stream.encryption_changes.push_back(cx.now);
        stream.encryption =
            Some(DeliveryStreamEncryptionConfiguration { status: Some("ENABLING".to_owned()), ..said });
        desk.at(stream.id, cx.now + TRANSITION, Timer::Encryption);
        Ok(StartDeliveryStreamEncryptionOutput {})
    }

    pub(in super::super) fn stop_delivery_stream_encryption(
        &mut self,
        cx: &mut Cx<'_>,
        input: &StopDeliveryStreamEncryptionInput,
    ) -> Result<StopDeliveryStreamEncryptionOutput, Refusal> {
        let (stream, desk) = self.stream_mut(cx, &input.delivery_stream_name)?;
        stream.check_encryptable(cx)?;
        stream.encryption_changes.push_back(cx.now);
        if let Some(said) = &mut stream.encryption {
            said.status = Some("DISABLING".to_owned());
            desk.at(stream.id, cx.now + TRANSITION, Timer::Encryption);
        }
        Ok(StopDeliveryStreamEncryptionOutput {})
    }
}

impl Stream {
    fn check_encryptable(&mut self, cx: &Cx<'_>) -> Result<(), Refusal> {
        self.check_active()?;
        if self.source.is_some() {
            return Err(Argument::NotDirectPut.into());
        }
        let old = |at: &Timestamp| *at + ENCRYPTION_CHANGES_WINDOW <= cx.now;
        while self.encryption_changes.front().is_some_and(old) {
            self.encryption_changes.pop_front();
        }
        if self.encryption_changes.len() >= ENCRYPTION_CHANGES_MAX {
            return Err(Refusal::TooMany(ENCRYPTION_CHANGES_MAX, "changes of encryption in 24 hours"));
        }
        Ok(())
    }

    /// A change of encryption is complete.
    pub(super) fn settle_encryption(&mut self) {
        match self.encryption.as_mut().map(|said| (said.status.clone(), said)) {
            Some((Some(status), said)) if status == "ENABLING" => said.status = Some("ENABLED".to_owned()),
            Some((Some(status), _)) if status == "DISABLING" => self.encryption = None,
            _ => {}
        }
    }
}

/// The key that is asked for, by default AWS's own.
pub(super) fn encryption(
    said: Option<&DeliveryStreamEncryptionConfigurationInput>,
) -> Result<DeliveryStreamEncryptionConfiguration, Argument> {
    let kind = said.map_or("AWS_OWNED_CMK", |said| said.key_type.as_str()).to_owned();
    let key_arn = said.and_then(|said| said.key_arn.clone());
    match (kind == "CUSTOMER_MANAGED_CMK", &key_arn) {
        (true, None) => Err(Argument::NoKey(kind)),
        (false, Some(_)) => Err(Argument::SurplusKey(kind)),
        _ => Ok(DeliveryStreamEncryptionConfiguration {
            key_arn,
            key_type: Some(kind),
            ..DeliveryStreamEncryptionConfiguration::default()
        }),
    }
}
