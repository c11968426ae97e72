//! `UpdateDestination`: what is said replaces what was said, the rest stays, and the version goes up by one.
//!
//! Records that are buffered when it happens are sent off first, by the settings that they arrived under. Assumed: AWS
//! says only that the new settings are effective within a few minutes.

use std::sync::Arc;

use wavetank_wire::firehose::{
    ExtendedS3DestinationConfiguration, ExtendedS3DestinationUpdate, HttpEndpointDestinationConfiguration,
    HttpEndpointDestinationUpdate, S3DestinationConfiguration, S3DestinationUpdate, UpdateDestinationInput,
    UpdateDestinationOutput,
};

use super::super::error::{Argument, Refusal};
use super::super::settings::Told;
use super::Firehose;
use super::describe::DESTINATION_ID;
use crate::world::Cx;

/// Replaces each member that the update says.
macro_rules! replace {
    ($told:expr, $update:expr, $($member:ident),+ $(,)?) => {
        $(if $update.$member.is_some() { $told.$member = $update.$member; })+
    };
}

impl Firehose {
    pub(in super::super) fn update_destination(
        &mut self,
        cx: &mut Cx<'_>,
        input: UpdateDestinationInput,
    ) -> Result<UpdateDestinationOutput, Refusal> {
        let (stream, desk) = self.stream_mut(cx, &input.delivery_stream_name)?;
        stream.check_active()?;
        let current = stream.settings.version;
        if input.current_delivery_stream_version_id != current.to_string() {
            let given = input.current_delivery_stream_version_id;
            return Err(Refusal::Changed { name: stream.name.clone(), current, given });
        }
        if input.destination_id != DESTINATION_ID {
            return Err(Argument::NoSuchDestination(input.destination_id).into());
        }
        check_built(&input)?;
        let mut told = stream.told.clone();
        match (
            &mut told,
            input.s3destination_update,
            input.extended_s3destination_update,
            input.http_endpoint_destination_update,
        ) {
            (Told::S3(told), Some(update), None, None) => merge_plain_into_extended(told, update),
            (Told::S3(told), None, Some(update), None) => merge_extended(told, update),
            (Told::Http(told), None, None, Some(update)) => merge_http(told, update),
            (_, None, None, None) => return Err(Argument::OneDestination.into()),
            _ => return Err(Argument::OtherDestination.into()),
        }
        let settings = told.read(current + 1)?;
        if settings.partitioned != stream.settings.partitioned {
            return Err(Argument::PartitioningStays.into());
        }
        if stream.settings.http.is_none() && stream.settings.backup.is_some() && settings.backup.is_none() {
            return Err(Argument::BackupStays.into());
        }
        stream.drain(cx, desk);
        stream.told = told;
        stream.settings = Arc::new(settings);
        stream.updated = Some(cx.now);
        Ok(UpdateDestinationOutput {})
    }
}

/// Refuses an update of a destination that this tank does not have, by name.
fn check_built(input: &UpdateDestinationInput) -> Result<(), Refusal> {
    let unbuilt = [
        (input.redshift_destination_update.is_some(), "RedshiftDestinationUpdate"),
        (input.elasticsearch_destination_update.is_some(), "ElasticsearchDestinationUpdate"),
        (
            input.amazonopensearchservice_destination_update.is_some(),
            "AmazonopensearchserviceDestinationUpdate",
        ),
        (input.splunk_destination_update.is_some(), "SplunkDestinationUpdate"),
        (
            input.amazon_open_search_serverless_destination_update.is_some(),
            "AmazonOpenSearchServerlessDestinationUpdate",
        ),
        (input.snowflake_destination_update.is_some(), "SnowflakeDestinationUpdate"),
        (input.iceberg_destination_update.is_some(), "IcebergDestinationUpdate"),
    ];
    match unbuilt.iter().find(|(said, _)| *said) {
        Some((_, name)) => Err(Refusal::NotBuilt((*name).to_owned())),
        None => Ok(()),
    }
}

fn merge_extended(told: &mut ExtendedS3DestinationConfiguration, update: ExtendedS3DestinationUpdate) {
    if let Some(role) = update.role_arn {
        told.role_arn = role;
    }
    if let Some(bucket) = update.bucket_arn {
        told.bucket_arn = bucket;
    }
    replace!(
        told,
        update,
        prefix,
        error_output_prefix,
        buffering_hints,
        compression_format,
        encryption_configuration,
        cloud_watch_logging_options,
        processing_configuration,
        s3backup_mode,
        data_format_conversion_configuration,
        dynamic_partitioning_configuration,
        file_extension,
        custom_time_zone,
    );
    if let Some(update) = update.s3backup_update {
        merge_plain(told.s3backup_configuration.get_or_insert_default(), update);
    }
}

fn merge_plain(told: &mut S3DestinationConfiguration, update: S3DestinationUpdate) {
    if let Some(role) = update.role_arn {
        told.role_arn = role;
    }
    if let Some(bucket) = update.bucket_arn {
        told.bucket_arn = bucket;
    }
    replace!(
        told,
        update,
        prefix,
        error_output_prefix,
        buffering_hints,
        compression_format,
        encryption_configuration,
        cloud_watch_logging_options,
    );
}

fn merge_plain_into_extended(told: &mut ExtendedS3DestinationConfiguration, update: S3DestinationUpdate) {
    let update = ExtendedS3DestinationUpdate {
        role_arn: update.role_arn,
        bucket_arn: update.bucket_arn,
        prefix: update.prefix,
        error_output_prefix: update.error_output_prefix,
        buffering_hints: update.buffering_hints,
        compression_format: update.compression_format,
        encryption_configuration: update.encryption_configuration,
        cloud_watch_logging_options: update.cloud_watch_logging_options,
        ..ExtendedS3DestinationUpdate::default()
    };
    merge_extended(told, update);
}

fn merge_http(told: &mut HttpEndpointDestinationConfiguration, update: HttpEndpointDestinationUpdate) {
    if let Some(endpoint) = update.endpoint_configuration {
        told.endpoint_configuration = endpoint;
    }
    if let Some(s3) = update.s3update {
        merge_plain(&mut told.s3configuration, s3);
    }
    replace!(
        told,
        update,
        buffering_hints,
        cloud_watch_logging_options,
        request_configuration,
        processing_configuration,
        role_arn,
        retry_options,
        s3backup_mode,
        secrets_manager_configuration,
    );
}
