//! `DescribeDeliveryStream` and `ListDeliveryStreams`: what was told, with AWS's defaults filled in.

use wavetank_wire::firehose::{
    BufferingHints, CloudWatchLoggingOptions, DeliveryStreamDescription,
    DeliveryStreamEncryptionConfiguration, DescribeDeliveryStreamInput, DescribeDeliveryStreamOutput,
    DestinationDescription, DirectPutSourceDescription, EncryptionConfiguration,
    ExtendedS3DestinationConfiguration, ExtendedS3DestinationDescription, HttpEndpointDescription,
    HttpEndpointDestinationConfiguration, HttpEndpointDestinationDescription, KinesisStreamSourceDescription,
    ListDeliveryStreamsInput, ListDeliveryStreamsOutput, ProcessingConfiguration, S3DestinationDescription,
    SourceDescription,
};

use super::super::error::Refusal;
use super::super::limits::{BUFFER_MIB_DEFAULT, BUFFER_SECS_DEFAULT};
use super::super::settings::{Told, extended};
use super::{Firehose, Stream};
use crate::world::Cx;

/// The one destination that a stream has.
pub(super) const DESTINATION_ID: &str = "destinationId-000000000001";

/// Streams on one page of a list that does not say.
const PAGE_STREAMS_DEFAULT: usize = 10;

impl Firehose {
    pub(in super::super) fn describe_delivery_stream(
        &mut self,
        cx: &mut Cx<'_>,
        input: &DescribeDeliveryStreamInput,
    ) -> Result<DescribeDeliveryStreamOutput, Refusal> {
        let delivery_stream_description = self.stream(cx, &input.delivery_stream_name)?.description();
        Ok(DescribeDeliveryStreamOutput { delivery_stream_description })
    }

    pub(in super::super) fn list_delivery_streams(
        &mut self,
        input: &ListDeliveryStreamsInput,
    ) -> ListDeliveryStreamsOutput {
        let limit = input.limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(PAGE_STREAMS_DEFAULT);
        let after = input.exclusive_start_delivery_stream_name.as_deref().unwrap_or_default();
        let wanted = |id: &u64| {
            let kind = input.delivery_stream_type.as_deref();
            self.streams.get(id).is_some_and(|stream| kind.is_none_or(|kind| kind == stream.kind()))
        };
        let mut names = self.names.iter().filter(|(name, id)| name.as_str() > after && wanted(id));
        let delivery_stream_names = names.by_ref().take(limit).map(|(name, _)| name.clone()).collect();
        ListDeliveryStreamsOutput { delivery_stream_names, has_more_delivery_streams: names.next().is_some() }
    }
}

impl Stream {
    fn kind(&self) -> &'static str {
        if self.source.is_some() { "KinesisStreamAsSource" } else { "DirectPut" }
    }

    fn description(&self) -> DeliveryStreamDescription {
        let kinesis = self.source.as_ref().map(|source| KinesisStreamSourceDescription {
            kinesis_stream_arn: Some(source.arn.clone()),
            role_arn: Some(source.role.clone()),
            delivery_start_timestamp: Some(source.start),
        });
        let direct = self
            .throughput_hint
            .map(|hint| DirectPutSourceDescription { throughput_hint_in_mbs: Some(hint) });
        let source = SourceDescription {
            kinesis_stream_source_description: kinesis,
            direct_put_source_description: direct,
            ..SourceDescription::default()
        };
        let disabled = || DeliveryStreamEncryptionConfiguration {
            status: Some("DISABLED".to_owned()),
            ..DeliveryStreamEncryptionConfiguration::default()
        };
        DeliveryStreamDescription {
            delivery_stream_name: self.name.clone(),
            delivery_stream_arn: self.arn.clone(),
            delivery_stream_status: self.status.text().to_owned(),
            failure_description: None,
            delivery_stream_encryption_configuration: Some(self.encryption.clone().unwrap_or_else(disabled)),
            delivery_stream_type: self.kind().to_owned(),
            version_id: self.settings.version.to_string(),
            create_timestamp: Some(self.created),
            last_update_timestamp: self.updated,
            source: (source != SourceDescription::default()).then_some(source),
            destinations: vec![self.destination()],
            has_more_destinations: false,
        }
    }

    fn destination(&self) -> DestinationDescription {
        let destination_id = DESTINATION_ID.to_owned();
        match &self.told {
            Told::S3(told) => DestinationDescription {
                destination_id,
                s3destination_description: Some(plain(told, self.hints())),
                extended_s3destination_description: Some(self.extended_description(told)),
                ..DestinationDescription::default()
            },
            Told::Http(told) => DestinationDescription {
                destination_id,
                http_endpoint_destination_description: Some(http(told)),
                ..DestinationDescription::default()
            },
        }
    }

    /// The buffer in force, said as hints.
    fn hints(&self) -> BufferingHints {
        let buffering = self.settings.buffering;
        BufferingHints {
            size_in_mbs: Some((buffering.bytes >> 20) as i64),
            interval_in_seconds: Some(buffering.interval.as_secs() as i64),
        }
    }

    fn extended_description(
        &self,
        told: &ExtendedS3DestinationConfiguration,
    ) -> ExtendedS3DestinationDescription {
        let said = plain(told, self.hints());
        let backup = told.s3backup_configuration.clone();
        ExtendedS3DestinationDescription {
            role_arn: said.role_arn,
            bucket_arn: said.bucket_arn,
            prefix: said.prefix,
            error_output_prefix: said.error_output_prefix,
            buffering_hints: said.buffering_hints,
            compression_format: said.compression_format,
            encryption_configuration: said.encryption_configuration,
            cloud_watch_logging_options: said.cloud_watch_logging_options,
            processing_configuration: Some(processing(told.processing_configuration.as_ref())),
            s3backup_mode: Some(told.s3backup_mode.clone().unwrap_or_else(|| "Disabled".to_owned())),
            s3backup_description: backup
                .map(|backup| plain(&extended(backup.clone()), default_hints(backup.buffering_hints))),
            data_format_conversion_configuration: told.data_format_conversion_configuration.clone(),
            dynamic_partitioning_configuration: told.dynamic_partitioning_configuration.clone(),
            file_extension: told.file_extension.clone(),
            custom_time_zone: Some(told.custom_time_zone.clone().unwrap_or_else(|| "UTC".to_owned())),
        }
    }
}

fn default_hints(told: Option<BufferingHints>) -> BufferingHints {
    told.unwrap_or(BufferingHints {
        size_in_mbs: Some(BUFFER_MIB_DEFAULT),
        interval_in_seconds: Some(BUFFER_SECS_DEFAULT),
    })
}

fn processing(told: Option<&ProcessingConfiguration>) -> ProcessingConfiguration {
    told.cloned().unwrap_or(ProcessingConfiguration { enabled: Some(false), processors: Some(Vec::new()) })
}

fn logging(told: Option<&CloudWatchLoggingOptions>) -> CloudWatchLoggingOptions {
    let off = || CloudWatchLoggingOptions { enabled: Some(false), ..CloudWatchLoggingOptions::default() };
    told.cloned().unwrap_or_else(off)
}

fn plain(told: &ExtendedS3DestinationConfiguration, hints: BufferingHints) -> S3DestinationDescription {
    let none = || EncryptionConfiguration {
        no_encryption_config: Some("NoEncryption".to_owned()),
        kms_encryption_config: None,
    };
    S3DestinationDescription {
        role_arn: told.role_arn.clone(),
        bucket_arn: told.bucket_arn.clone(),
        prefix: told.prefix.clone(),
        error_output_prefix: told.error_output_prefix.clone(),
        buffering_hints: hints,
        compression_format: told.compression_format.clone().unwrap_or_else(|| "UNCOMPRESSED".to_owned()),
        encryption_configuration: told.encryption_configuration.clone().unwrap_or_else(none),
        cloud_watch_logging_options: Some(logging(told.cloud_watch_logging_options.as_ref())),
    }
}

/// An endpoint's access key is not shown.
fn http(told: &HttpEndpointDestinationConfiguration) -> HttpEndpointDestinationDescription {
    let s3 = told.s3configuration.clone();
    let hints = default_hints(s3.buffering_hints.clone());
    HttpEndpointDestinationDescription {
        endpoint_configuration: Some(HttpEndpointDescription {
            url: Some(told.endpoint_configuration.url.clone()),
            name: told.endpoint_configuration.name.clone(),
        }),
        buffering_hints: told.buffering_hints.clone(),
        cloud_watch_logging_options: Some(logging(told.cloud_watch_logging_options.as_ref())),
        request_configuration: told.request_configuration.clone(),
        processing_configuration: Some(processing(told.processing_configuration.as_ref())),
        role_arn: told.role_arn.clone(),
        retry_options: told.retry_options.clone(),
        s3backup_mode: Some(told.s3backup_mode.clone().unwrap_or_else(|| "FailedDataOnly".to_owned())),
        s3destination_description: Some(plain(&extended(s3), hints)),
        secrets_manager_configuration: told.secrets_manager_configuration.clone(),
    }
}
