//! Fields of what Lambda writes: START, END and REPORT lines, and the request id in a line of a runtime's logger.
//!
//! Documented: CWL_AnalyzeLogData-discoverable-fields.html (the names); CWL_QuerySyntax-examples.html divides sizes by
//! 1000 twice to get megabytes. Assumed: sizes as `1.28E8`. Left out: Lambda's JSON log format.

use super::value::Value;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LambdaField {
    RequestId,
    Type,
    Duration,
    BilledDuration,
    InitDuration,
    MemorySize,
    MaxMemoryUsed,
    XrayTraceId,
    XraySegmentId,
}

/// All, with their names and the labels of a REPORT line.
pub(in super::super) const LAMBDA_FIELDS: [(&str, LambdaField, &str); 9] = [
    ("@requestId", LambdaField::RequestId, "RequestId"),
    ("@type", LambdaField::Type, ""),
    ("@duration", LambdaField::Duration, "Duration"),
    ("@billedDuration", LambdaField::BilledDuration, "Billed Duration"),
    ("@initDuration", LambdaField::InitDuration, "Init Duration"),
    ("@memorySize", LambdaField::MemorySize, "Memory Size"),
    ("@maxMemoryUsed", LambdaField::MaxMemoryUsed, "Max Memory Used"),
    ("@xrayTraceId", LambdaField::XrayTraceId, "XRAY TraceId"),
    ("@xraySegmentId", LambdaField::XraySegmentId, "SegmentId"),
];

const TYPES: [&str; 3] = ["REPORT", "START", "END"];

impl LambdaField {
    pub(super) fn of(name: &str) -> Option<Self> {
        LAMBDA_FIELDS.iter().find(|(known, ..)| *known == name).map(|(_, field, _)| *field)
    }

    pub(super) fn read(self, message: &str, is_lambda: bool) -> Value<'_> {
        if !is_lambda {
            return Value::Null;
        }
        let kind = TYPES.into_iter().find_map(|kind| {
            message.strip_prefix(kind)?.strip_prefix(" RequestId: ").map(|rest| (kind, rest))
        });
        let Some((kind, rest)) = kind else {
            let logged = message.split('\t').take(3).find(|part| is_uuid(part));
            return match self {
                Self::RequestId => logged.map_or(Value::Null, Value::text),
                _ => Value::Null,
            };
        };
        match self {
            Self::Type => Value::text(kind),
            Self::RequestId => Value::text(rest.split_whitespace().next().unwrap_or_default()),
            _ if kind != "REPORT" => Value::Null,
            _ => self.reported(rest),
        }
    }

    /// The part of a REPORT line that this field's label stands before.
    fn reported(self, line: &str) -> Value<'_> {
        let label = LAMBDA_FIELDS.iter().find(|(_, field, _)| *field == self).map_or("", |(.., label)| label);
        let part = line.split(['\t', '\n']).find_map(|part| part.strip_prefix(label)?.strip_prefix(": "));
        let Some(text) = part.map(str::trim) else { return Value::Null };
        match self {
            Self::MemorySize | Self::MaxMemoryUsed => {
                let megabytes = text.strip_suffix(" MB").and_then(|text| text.parse::<f64>().ok());
                megabytes.map_or(Value::Null, |megabytes| Value::owned(scientific(megabytes * 1e6)))
            }
            Self::XrayTraceId | Self::XraySegmentId => Value::text(text),
            _ => Value::text(text.strip_suffix(" ms").unwrap_or(text)),
        }
    }
}

/// As Java writes a number of ten million or more.
fn scientific(number: f64) -> String {
    if number < 1e7 {
        return format!("{number:.1}");
    }
    let text = format!("{number:E}");
    match text.split_once('E') {
        Some((digits, exponent)) if !digits.contains('.') => format!("{digits}.0E{exponent}"),
        _ => text,
    }
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}
