//! The processing steps and the rules between them.
//!
//! Seen in the wild: the sentence that log messages need decompression (`cdk-preflight`'s rules). Assumed: the order in which
//! processors are listed does not matter.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use wavetank_wire::firehose::{ProcessingConfiguration, Processor};

use super::super::error::{Argument, Refusal};
use super::super::limits::{
    LAMBDA_BUFFER_MB_DEFAULT, LAMBDA_BUFFER_MB_RANGE, LAMBDA_BUFFER_SECS_DEFAULT, LAMBDA_RETRIES_DEFAULT,
};
use super::super::prefix::Prefix;
use super::super::work::{Deaggregation, Opener, Query};
use super::{Buffering, unescaped};

/// What happens to records between their arrival and their buffer.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Steps {
    pub(in super::super) lambda: Option<LambdaStep>,
    pub(in super::super) opener: Option<Opener>,
    pub(in super::super) deaggregation: Option<Deaggregation>,
    pub(in super::super) query: Option<Arc<Query>>,
    /// After each record of an object.
    pub(in super::super) delimiter: Bytes,
    pub(in super::super) query_keys: Arc<[String]>,
    pub(in super::super) lambda_keys: Arc<[String]>,
}

/// A function that changes records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct LambdaStep {
    pub(in super::super) arn: String,
    pub(in super::super) retries: u32,
    pub(in super::super) buffering: Buffering,
}

impl Steps {
    pub(super) fn read(said: Option<&ProcessingConfiguration>, partitioned: bool) -> Result<Self, Refusal> {
        let mut steps = Self::default();
        let said = said.filter(|said| said.enabled.unwrap_or(false));
        let processors = said.and_then(|said| said.processors.as_deref()).unwrap_or_default();
        let mut seen = BTreeSet::new();
        for processor in processors {
            if !seen.insert(processor.r#type.as_str()) {
                return Err(Argument::RepeatedProcessor(processor.r#type.clone()).into());
            }
            steps.take(processor, partitioned)?;
        }
        if seen.contains("CloudWatchLogProcessing") && !seen.contains("Decompression") {
            return Err(Argument::MessagesNeedDecompression.into());
        }
        Ok(steps)
    }

    fn take(&mut self, processor: &Processor, partitioned: bool) -> Result<(), Refusal> {
        let kind = processor.r#type.as_str();
        if matches!(kind, "MetadataExtraction" | "RecordDeAggregation") && !partitioned {
            return Err(Argument::NeedsPartitioning(kind.to_owned()).into());
        }
        let get = |name: &str| {
            let parameters = processor.parameters.as_deref().unwrap_or_default();
            parameters.iter().find(|one| one.parameter_name == name).map(|one| one.parameter_value.as_str())
        };
        let need = |parameter: &'static str| {
            get(parameter).ok_or_else(|| Argument::MissingParameter { processor: kind.to_owned(), parameter })
        };
        let wrong = |parameter: &str| Argument::InvalidParameter {
            processor: kind.to_owned(),
            parameter: parameter.to_owned(),
            value: get(parameter).unwrap_or_default().to_owned(),
        };
        match kind {
            "Lambda" => self.lambda = Some(lambda(need("LambdaArn")?, get, wrong)?),
            "MetadataExtraction" if !cfg!(feature = "jq") => {
                return Err(Refusal::NotBuilt(format!(
                    "the processor {kind} in a build without the feature `jq`"
                )));
            }
            "MetadataExtraction" => {
                if need("JsonParsingEngine")? != "JQ-1.6" {
                    return Err(wrong("JsonParsingEngine").into());
                }
                let query = Query::compile(need("MetadataExtractionQuery")?).map_err(Argument::Query)?;
                self.query = Some(Arc::new(query));
            }
            "RecordDeAggregation" => {
                self.deaggregation = Some(match need("SubRecordType")? {
                    "JSON" => Deaggregation::Json,
                    "DELIMITED" => {
                        let delimiter =
                            STANDARD.decode(need("Delimiter")?).map_err(|_| wrong("Delimiter"))?;
                        Deaggregation::Delimited(delimiter.into())
                    }
                    _ => return Err(wrong("SubRecordType").into()),
                });
            }
            "Decompression" => {
                if get("CompressionFormat").unwrap_or("GZIP") != "GZIP" {
                    return Err(wrong("CompressionFormat").into());
                }
                self.opener.get_or_insert(Opener { extracts: false });
            }
            "CloudWatchLogProcessing" => match need("DataMessageExtraction")? {
                "true" => self.opener = Some(Opener { extracts: true }),
                "false" => {}
                _ => return Err(wrong("DataMessageExtraction").into()),
            },
            "AppendDelimiterToRecord" => self.delimiter = unescaped(get("Delimiter").unwrap_or("\\n")),
            other => return Err(Refusal::NotBuilt(format!("the processor {other}"))),
        }
        Ok(())
    }

    /// Whether records are decompressed or taken apart.
    pub(in super::super) fn takes_apart(&self) -> bool {
        self.opener.is_some() || self.deaggregation.is_some()
    }

    /// The keys of the prefix must come from somewhere.
    pub(super) fn check_keys(&self, prefix: &Prefix, partitioned: bool) -> Result<(), Refusal> {
        if !partitioned {
            return Ok(());
        }
        if self.query.is_none()
            && let Some(key) = prefix.query_keys().next()
        {
            return Err(Argument::UnknownKey(key.to_owned()).into());
        }
        if self.lambda.is_none()
            && let Some(key) = prefix.lambda_keys().next()
        {
            return Err(Argument::UnknownKey(key.to_owned()).into());
        }
        Ok(())
    }

    /// Notes which keys the prefix takes.
    pub(super) fn with_keys_of(mut self, prefix: &Prefix) -> Self {
        self.query_keys = prefix.query_keys().map(str::to_owned).collect();
        self.lambda_keys = prefix.lambda_keys().map(str::to_owned).collect();
        self
    }
}

fn lambda<'a>(
    arn: &str,
    get: impl Fn(&str) -> Option<&'a str>,
    wrong: impl Fn(&str) -> Argument,
) -> Result<LambdaStep, Argument> {
    let number = |name: &str, default: f64| match get(name) {
        None => Ok(default),
        Some(text) => text.trim().parse::<f64>().map_err(|_| wrong(name)),
    };
    let megabytes = number("BufferSizeInMBs", LAMBDA_BUFFER_MB_DEFAULT)?;
    if !(LAMBDA_BUFFER_MB_RANGE.0..=LAMBDA_BUFFER_MB_RANGE.1).contains(&megabytes) {
        return Err(wrong("BufferSizeInMBs"));
    }
    let seconds = number("BufferIntervalInSeconds", LAMBDA_BUFFER_SECS_DEFAULT as f64)?;
    if !(0.0..=900.0).contains(&seconds) {
        return Err(wrong("BufferIntervalInSeconds"));
    }
    let retries = number("NumberOfRetries", f64::from(LAMBDA_RETRIES_DEFAULT))?;
    if !(0.0..=300.0).contains(&retries) {
        return Err(wrong("NumberOfRetries"));
    }
    if !arn.starts_with("arn:") {
        return Err(wrong("LambdaArn"));
    }
    let buffering =
        Buffering { bytes: (megabytes * 1_048_576.0) as usize, interval: Duration::from_secs_f64(seconds) };
    Ok(LambdaStep { arn: arn.to_owned(), retries: retries as u32, buffering })
}
