//! A destination's configuration, read from what the API was told and checked as a whole.
//!
//! `settings/processors.rs` reads the processing steps, `settings/conversion.rs` the format. What the API was told is kept
//! beside it for `DescribeDeliveryStream`; see `state/describe.rs`.

mod conversion;
mod processors;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chrono_tz::Tz;
use wavetank_wire::firehose::{
    BufferingHints, CloudWatchLoggingOptions, ExtendedS3DestinationConfiguration,
    HttpEndpointDestinationConfiguration, S3DestinationConfiguration,
};

use super::error::{Argument, Refusal};
use super::limits::{
    BUFFER_MIB_DEFAULT, BUFFER_MIB_LARGE_DEFAULT, BUFFER_MIB_LARGE_MIN, BUFFER_SECS_DEFAULT,
    HTTP_RETRY_SECS_DEFAULT, RETRY_SECS_MAX,
};
use super::prefix::Prefix;
use super::work::{Compression, Conversion};
pub(super) use processors::{LambdaStep, Steps};

/// One version of a delivery stream's configuration. What is under way keeps the version that it began with.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    /// From 1; it is part of each object's name.
    pub(super) version: u64,
    /// The destination, or where what an HTTP endpoint did not take goes.
    pub(super) s3: S3Target,
    pub(super) http: Option<HttpTarget>,
    /// Where the records go as they came.
    pub(super) backup: Option<S3Target>,
    /// Of the destination.
    pub(super) buffering: Buffering,
    pub(super) steps: Steps,
    pub(super) partitioned: bool,
    pub(super) conversion: Option<Arc<Conversion>>,
    pub(super) logging: Option<Logging>,
}

/// How much, and how long, before records are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Buffering {
    pub(super) bytes: usize,
    pub(super) interval: Duration,
}

/// A bucket and the names of what is put there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct S3Target {
    pub(super) bucket: String,
    pub(super) prefix: Prefix,
    pub(super) errors: Prefix,
    pub(super) buffering: Buffering,
    pub(super) compression: Compression,
    pub(super) extension: Option<String>,
    pub(super) zone: Tz,
}

/// An HTTP endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HttpTarget {
    pub(super) url: String,
    pub(super) access_key: Option<String>,
    pub(super) gzip: bool,
    /// In order.
    pub(super) attributes: Vec<(String, String)>,
    pub(super) retry: Duration,
}

/// Where error lines go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Logging {
    pub(super) group: String,
    pub(super) stream: String,
}

/// What the API was told of a destination, with its defaults filled in.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Told {
    S3(Box<ExtendedS3DestinationConfiguration>),
    Http(Box<HttpEndpointDestinationConfiguration>),
}

impl Told {
    /// Checks the whole and reads it.
    pub(super) fn read(&self, version: u64) -> Result<Settings, Refusal> {
        match self {
            Self::S3(told) => read_s3(told, version),
            Self::Http(told) => read_http(told, version),
        }
    }
}

/// The plain configuration is the extended one with less said.
pub(super) fn extended(told: S3DestinationConfiguration) -> ExtendedS3DestinationConfiguration {
    ExtendedS3DestinationConfiguration {
        role_arn: told.role_arn,
        bucket_arn: told.bucket_arn,
        prefix: told.prefix,
        error_output_prefix: told.error_output_prefix,
        buffering_hints: told.buffering_hints,
        compression_format: told.compression_format,
        encryption_configuration: told.encryption_configuration,
        cloud_watch_logging_options: told.cloud_watch_logging_options,
        ..ExtendedS3DestinationConfiguration::default()
    }
}

fn read_s3(told: &ExtendedS3DestinationConfiguration, version: u64) -> Result<Settings, Refusal> {
    let partitioning = told.dynamic_partitioning_configuration.as_ref();
    let partitioned = partitioning.is_some_and(|said| said.enabled.unwrap_or(false));
    let retry =
        partitioning.and_then(|said| said.retry_options.as_ref()).and_then(|said| said.duration_in_seconds);
    check_retry(retry)?;
    let said = told.data_format_conversion_configuration.as_ref();
    let said = said.filter(|said| said.enabled.unwrap_or(true));
    let conversion = said.map(conversion::read).transpose()?.map(Arc::new);
    let large = [(partitioned, "Dynamic Partitioning"), (conversion.is_some(), "data format conversion")];
    let large = large.into_iter().find(|(is, _)| *is).map(|(_, name)| name);
    let buffering = buffering(told.buffering_hints.as_ref(), large)?;
    let compression = compression(told.compression_format.as_deref());
    if conversion.is_some() && compression != Compression::None {
        return Err(Argument::CompressedTwice.into());
    }
    let steps = Steps::read(told.processing_configuration.as_ref(), partitioned)?;
    let (prefix, errors) =
        prefixes(told.prefix.as_deref(), told.error_output_prefix.as_deref(), partitioned)?;
    steps.check_keys(&prefix, partitioned)?;
    let steps = steps.with_keys_of(&prefix);
    let backup = match told.s3backup_mode.as_deref() {
        Some("Enabled") => {
            let backup = told.s3backup_configuration.as_ref().ok_or(Argument::NoBackup)?;
            Some(target(&extended(backup.clone()))?)
        }
        _ => None,
    };
    let zone = zone(told.custom_time_zone.as_deref())?;
    let extension = told.file_extension.clone().filter(|text| !text.is_empty());
    let bucket = bucket(&told.bucket_arn);
    Ok(Settings {
        version,
        s3: S3Target { bucket, prefix, errors, buffering, compression, extension, zone },
        http: None,
        backup,
        buffering,
        steps,
        partitioned,
        conversion,
        logging: logging(told.cloud_watch_logging_options.as_ref())?,
    })
}

fn read_http(told: &HttpEndpointDestinationConfiguration, version: u64) -> Result<Settings, Refusal> {
    if told.secrets_manager_configuration.as_ref().is_some_and(|said| said.enabled) {
        return Err(Refusal::NotBuilt("SecretsManagerConfiguration".to_owned()));
    }
    let retry = told.retry_options.as_ref().and_then(|said| said.duration_in_seconds);
    check_retry(retry)?;
    let hints = told.buffering_hints.as_ref();
    let hints = hints.map(|said| BufferingHints {
        size_in_mbs: said.size_in_mbs,
        interval_in_seconds: said.interval_in_seconds,
    });
    let request = told.request_configuration.as_ref();
    let attributes = request.and_then(|said| said.common_attributes.as_ref());
    let attributes = attributes.map(|said| {
        said.iter().map(|one| (one.attribute_name.clone(), one.attribute_value.clone())).collect()
    });
    let retry = retry.unwrap_or(HTTP_RETRY_SECS_DEFAULT);
    let http = HttpTarget {
        url: told.endpoint_configuration.url.clone(),
        access_key: told.endpoint_configuration.access_key.clone(),
        gzip: request.is_some_and(|said| said.content_encoding.as_deref() == Some("GZIP")),
        attributes: attributes.unwrap_or_default(),
        retry: Duration::from_secs(retry.unsigned_abs()),
    };
    let s3 = target(&extended(told.s3configuration.clone()))?;
    let backup = (told.s3backup_mode.as_deref() == Some("AllData")).then(|| s3.clone());
    Ok(Settings {
        version,
        s3,
        http: Some(http),
        backup,
        buffering: buffering(hints.as_ref(), None)?,
        steps: Steps::read(told.processing_configuration.as_ref(), false)?,
        partitioned: false,
        conversion: None,
        logging: logging(told.cloud_watch_logging_options.as_ref())?,
    })
}

/// A target that neither partitions nor converts.
fn target(told: &ExtendedS3DestinationConfiguration) -> Result<S3Target, Refusal> {
    let (prefix, errors) = prefixes(told.prefix.as_deref(), told.error_output_prefix.as_deref(), false)?;
    Ok(S3Target {
        bucket: bucket(&told.bucket_arn),
        prefix,
        errors,
        buffering: buffering(told.buffering_hints.as_ref(), None)?,
        compression: compression(told.compression_format.as_deref()),
        extension: None,
        zone: Tz::UTC,
    })
}

fn check_retry(seconds: Option<i64>) -> Result<(), Refusal> {
    match seconds {
        Some(seconds) if !(0..=RETRY_SECS_MAX).contains(&seconds) => Err(Argument::RetryDuration.into()),
        _ => Ok(()),
    }
}

fn bucket(arn: &str) -> String {
    arn.rsplit(":::").next().unwrap_or_default().to_owned()
}

fn zone(name: Option<&str>) -> Result<Tz, Argument> {
    match name {
        None | Some("") => Ok(Tz::UTC),
        Some(name) => name.parse().map_err(|_| Argument::NoSuchZone(name.to_owned())),
    }
}

fn compression(format: Option<&str>) -> Compression {
    match format {
        Some("GZIP") => Compression::Gzip,
        Some("ZIP") => Compression::Zip,
        Some("Snappy") => Compression::Snappy,
        Some("HADOOP_SNAPPY") => Compression::HadoopSnappy,
        _ => Compression::None,
    }
}

/// `large` names what makes a small buffer invalid.
fn buffering(hints: Option<&BufferingHints>, large: Option<&'static str>) -> Result<Buffering, Argument> {
    let (mib, secs) = match hints {
        None => (None, None),
        Some(hints) => (hints.size_in_mbs, hints.interval_in_seconds),
    };
    if mib.is_some() != secs.is_some() {
        return Err(Argument::HalfBuffering);
    }
    let default = if large.is_some() { BUFFER_MIB_LARGE_DEFAULT } else { BUFFER_MIB_DEFAULT };
    let (mib, secs) = (mib.unwrap_or(default), secs.unwrap_or(BUFFER_SECS_DEFAULT));
    if let Some(what) = large {
        if mib < BUFFER_MIB_LARGE_MIN {
            return Err(Argument::BufferTooSmall(what));
        }
        if secs == 0 && what == "Dynamic Partitioning" {
            return Err(Argument::ZeroBuffering(what));
        }
    }
    // The model bounds both far below what overflows.
    Ok(Buffering { bytes: (mib as usize) << 20, interval: Duration::from_secs(secs.unsigned_abs()) })
}

fn logging(said: Option<&CloudWatchLoggingOptions>) -> Result<Option<Logging>, Argument> {
    let Some(said) = said.filter(|said| said.enabled.unwrap_or(false)) else { return Ok(None) };
    match (said.log_group_name.clone(), said.log_stream_name.clone()) {
        (Some(group), Some(stream)) => Ok(Some(Logging { group, stream })),
        _ => Err(Argument::NoLogStream),
    }
}

/// Both prefixes, by the rules between them.
fn prefixes(
    said: Option<&str>,
    errors: Option<&str>,
    partitioned: bool,
) -> Result<(Prefix, Prefix), Argument> {
    let errors = errors.filter(|text| !text.is_empty());
    let mut prefix = Prefix::parse(said.unwrap_or_default(), "Prefix")?;
    if prefix.has_error_type() {
        return Err(Argument::ErrorTypeInPrefix);
    }
    let has_keys = prefix.query_keys().next().is_some() || prefix.lambda_keys().next().is_some();
    if has_keys && !partitioned {
        return Err(Argument::KeysWithoutPartitioning);
    }
    if partitioned && !has_keys {
        return Err(Argument::NoKeys);
    }
    let errors = match errors {
        None if prefix.has_expressions() => return Err(Argument::NoErrorPrefix),
        None => Prefix::default_errors(said),
        Some(text) => {
            let errors = Prefix::parse(text, "ErrorOutputPrefix")?;
            if let Some(key) = errors.query_keys().chain(errors.lambda_keys()).next() {
                return Err(Argument::KeysInErrorPrefix(key.to_owned()));
            }
            if errors.has_expressions() && !errors.has_error_type() {
                return Err(Argument::NoErrorType);
            }
            // Assumed: a prefix without expressions is treated like the one that stands in for none.
            if errors.has_expressions() { errors } else { Prefix::default_errors(Some(text)) }
        }
    };
    if !prefix.has_time() && !partitioned {
        prefix = prefix.with_default_time();
    }
    Ok((prefix, errors))
}

/// A delimiter as parameters spell it: `\n` is two characters there.
fn unescaped(text: &str) -> Bytes {
    Bytes::from(text.replace("\\n", "\n").replace("\\r", "\r").replace("\\t", "\t"))
}
