//! Writes `schema.rs` of a service: its operations and shapes as statics, for codecs and the validator.

use std::fmt::Write as _;

use super::model::{Http, Model, Operation, Reference, Shape};
use super::names::static_name;
use super::{HEAD, ServedService};

/// The service in its model's own protocol, with what else it speaks.
pub(crate) fn write(service: &str, served: &ServedService, model: &Model) -> Result<String, String> {
    let mut out = String::from(HEAD);
    out.push_str("//! What AWS publishes of this service's shapes and operations.\n\n");
    out.push_str("use crate::schema::*;\n\n");
    let mut also = Vec::new();
    if served.query_model.is_some() {
        also.push("&super::query::SERVICE".to_owned());
    }
    let others: Vec<(&str, &str)> =
        served.also.iter().map(|name| variant(service, name)).collect::<Result<_, _>>()?;
    also.extend(others.iter().map(|(name, _)| format!("&{name}")));
    let fields = fields(service, served, model)?;
    if others.is_empty() {
        out.push_str(&format!(
            "/// The service.\npub static SERVICE: Service = Service {{ {fields}, also: &[{}] }};\n",
            also.join(", ")
        ));
    } else {
        out.push_str(&format!("const COMMON: Service = Service {{ {fields}, also: &[] }};\n\n"));
        out.push_str(&format!(
            "/// The service.\npub static SERVICE: Service = Service {{ also: &[{}], ..COMMON }};\n\n",
            also.join(", ")
        ));
        for (name, protocol) in others {
            let body = format!("Service {{ protocol: {protocol}, ..COMMON }}");
            out.push_str(&format!("static {name}: Service = {body};\n\n"));
        }
    }
    shapes(&mut out, served, model)?;
    Ok(out)
}

/// The service as the query protocol spells it.
pub(crate) fn write_query(service: &str, served: &ServedService, model: &Model) -> Result<String, String> {
    let mut out = String::from(HEAD);
    out.push_str(
        "//! The same shapes and operations, by the names that the query protocol has for them.\n\n",
    );
    out.push_str("#![allow(dead_code, reason = \"generated: what only JSON names is here too\")]\n\n");
    out.push_str("use crate::schema::*;\n\n");
    let fields = fields(service, served, model)?;
    out.push_str(&format!("pub(super) static SERVICE: Service = Service {{ {fields}, also: &[] }};\n"));
    shapes(&mut out, served, model)?;
    // One of these is the service's public face; this is the other.
    Ok(out.replace("pub static ", "static "))
}

fn variant(service: &str, name: &str) -> Result<(&'static str, &'static str), String> {
    match name {
        "cbor" => Ok(("CBOR", "Protocol::AwsCbor11")),
        "rpc-v2-cbor" => Ok(("RPC_V2_CBOR", "Protocol::RpcV2Cbor")),
        "query" => Ok(("QUERY", "Protocol::Query")),
        other => Err(format!("wire/ops.toml: {service} also speaks `{other}`, which has no codec")),
    }
}

fn shapes(out: &mut String, served: &ServedService, model: &Model) -> Result<(), String> {
    let carried = model.nested();
    for (name, shape) in &model.shapes {
        if shape.exception && !carried.contains(name.as_str()) {
            continue;
        }
        let mut shape = shape.clone();
        if served.unchecked_enums {
            shape.values.clear();
        }
        writeln!(
            out,
            "pub static {}: Shape = Shape {{ name: {name:?}, sensitive: {}, kind: {} }};",
            static_name(name),
            shape.sensitive,
            kind(name, &shape, model)?
        )
        .map_err(|why| why.to_string())?;
    }
    if out.contains("&UNIT") {
        out.push_str(
            "static UNIT: Shape = Shape { name: \"Unit\", sensitive: false, kind: Kind::Structure(&[]) };\n",
        );
    }
    Ok(())
}

/// The fields of a service but for what it also speaks.
fn fields(service: &str, served: &ServedService, model: &Model) -> Result<String, String> {
    let meta = &model.metadata;
    let protocol = match (meta.protocol.as_str(), meta.json_version.as_deref()) {
        // A model that prefers rpcv2Cbor and has a version of JSON speaks that too: its first protocol here is JSON.
        ("json" | "smithy-rpc-v2-cbor", Some("1.0")) => "Protocol::AwsJson10",
        ("json", _) => "Protocol::AwsJson11",
        ("rest-json", _) => "Protocol::RestJson",
        ("query", _) => "Protocol::Query",
        (other, _) => return Err(format!("{service}: protocol `{other}` has no codec")),
    };
    let operations: Vec<String> =
        model.operations.iter().map(|(name, op)| operation(name, op, model)).collect::<Result<_, _>>()?;
    let unserved: Vec<String> = model.unserved.iter().map(|(name, http)| unserved(name, http)).collect();
    let is_silent = served.query_model.is_some();
    let exceptions = model.shapes.iter().filter(|(_, shape)| shape.exception);
    let errors: Vec<String> = exceptions.map(|(name, shape)| error(name, shape, is_silent)).collect();
    Ok(format!(
        "name: {service:?}, signing_name: {:?}, api_version: {:?}, protocol: {protocol}, \
         target_prefix: {:?}, xml_namespace: {:?}, operations: &[{}], unserved: &[{}], errors: &[{}], event_streams: &[{}]",
        meta.signing_name.as_deref().unwrap_or(&meta.endpoint_prefix),
        meta.api_version,
        meta.target_prefix.as_deref().unwrap_or_default(),
        meta.xml_namespace.as_deref().unwrap_or_default(),
        operations.join(", "),
        unserved.join(", "),
        errors.join(", "),
        event_streams(model).join(", "),
    ))
}

/// `("SubscribeToShard", &SUBSCRIBE_TO_SHARD_EVENT_STREAM)`: operations that answer with a stream of events.
fn event_streams(model: &Model) -> Vec<String> {
    let stream = |(name, op): (&String, &Operation)| {
        let output = &model.shapes[&op.output.as_ref()?.shape];
        let carried = output.members.values().find(|member| model.shapes[&member.shape].eventstream)?;
        Some(format!("({name:?}, &{})", static_name(&carried.shape)))
    };
    model.operations.iter().filter_map(stream).collect()
}

fn operation(name: &str, op: &Operation, model: &Model) -> Result<String, String> {
    let shape = |reference: &Option<Reference>| match reference {
        Some(reference) => format!("&{}", static_name(&reference.shape)),
        None => "&UNIT".to_owned(),
    };
    let payload = |reference: &Option<Reference>| {
        reference.as_ref().and_then(|r| model.shapes.get(&r.shape)).and_then(|shape| shape.payload.clone())
    };
    let wrapper = op.output.as_ref().and_then(|output| output.result_wrapper.clone());
    Ok(format!(
        "Operation {{ name: {name:?}, method: {:?}, uri: {:?}, status: {}, input: {}, output: {}, input_payload: {}, output_payload: {}, result_wrapper: {wrapper:?} }}",
        op.http.method,
        op.http.request_uri,
        op.http.response_code.unwrap_or(200),
        shape(&op.input),
        shape(&op.output),
        literal(&payload(&op.input)),
        literal(&payload(&op.output)),
    ))
}

fn literal(text: &Option<String>) -> String {
    format!("{:?}", text.as_deref())
}

fn unserved(name: &str, http: &Http) -> String {
    format!("Unserved {{ name: {name:?}, method: {:?}, uri: {:?} }}", http.method, http.request_uri)
}

fn error(name: &str, shape: &Shape, is_silent: bool) -> String {
    let traits = shape.error.clone().unwrap_or_default();
    let status = match (traits.http_status_code, shape.fault) {
        (Some(status), _) => status,
        (None, true) => 500,
        // An older model that spells errors out, but not this one, says nothing of its status.
        (None, false) if is_silent => 0,
        (None, false) => 400,
    };
    let code = traits.code.unwrap_or_else(|| name.to_owned());
    let message = shape.members.keys().find(|member| member.eq_ignore_ascii_case("message"));
    let message = message.map_or("", String::as_str);
    format!("ErrorShape {{ name: {name:?}, code: {code:?}, status: {status}, message: {message:?} }}")
}

fn kind(name: &str, shape: &Shape, model: &Model) -> Result<String, String> {
    let range = |value: Option<f64>| match value {
        Some(number) => format!("Some({})", number as i64),
        None => "None".to_owned(),
    };
    let (min, max) = (range(shape.min), range(shape.max));
    let target = |part: &Option<Box<Reference>>| -> Result<Reference, String> {
        part.as_deref().cloned().ok_or_else(|| format!("shape `{name}` lacks a part"))
    };
    Ok(match shape.kind.as_str() {
        _ if shape.document => "Kind::Document".to_owned(),
        "structure" => {
            let members: Vec<String> = shape
                .members
                .iter()
                .map(|(member, r)| self::member(member, r, shape, model))
                .collect::<Result<_, _>>()?;
            format!("Kind::Structure(&[{}])", members.join(", "))
        }
        "list" => {
            let member = target(&shape.member)?;
            format!(
                "Kind::List {{ member: &{}, member_name: {:?}, flattened: {}, min: {min}, max: {max} }}",
                static_name(&member.shape),
                member.location_name.as_deref().unwrap_or("member"),
                shape.flattened,
            )
        }
        "map" => {
            let (key, value) = (target(&shape.key)?, target(&shape.value)?);
            format!(
                "Kind::Map {{ key: &{}, value: &{}, key_name: {:?}, value_name: {:?}, flattened: {}, min: {min}, max: {max} }}",
                static_name(&key.shape),
                static_name(&value.shape),
                key.location_name.as_deref().unwrap_or("key"),
                value.location_name.as_deref().unwrap_or("value"),
                shape.flattened,
            )
        }
        "string" | "character" => format!(
            "Kind::String {{ min: {min}, max: {max}, pattern: {}, values: &{:?} }}",
            pattern(name, shape.pattern.as_deref())?,
            shape.values,
        ),
        "blob" => format!("Kind::Blob {{ min: {min}, max: {max}, streaming: {} }}", shape.streaming),
        "boolean" => "Kind::Boolean".to_owned(),
        "integer" => format!("Kind::Integer {{ min: {min}, max: {max} }}"),
        "long" => format!("Kind::Long {{ min: {min}, max: {max} }}"),
        "float" | "double" => format!("Kind::Double {{ min: {min}, max: {max} }}"),
        "timestamp" => {
            format!("Kind::Timestamp {{ format: {} }}", timestamp(shape.timestamp_format.as_deref())?)
        }
        "unbuilt" => "Kind::Unbuilt".to_owned(),
        other => return Err(format!("shape `{name}` is of kind `{other}`, which has no codec")),
    })
}

fn member(name: &str, reference: &Reference, shape: &Shape, model: &Model) -> Result<String, String> {
    let wire = reference.location_name.clone().unwrap_or_else(|| name.to_owned());
    let place = match reference.location.as_deref() {
        _ if shape.payload.as_deref() == Some(name) => "Place::Payload",
        None => "Place::Body",
        Some("header") => "Place::Header",
        Some("headers") => "Place::Headers",
        Some("querystring") => "Place::Query",
        Some("uri") => "Place::Uri",
        Some("statusCode") => "Place::Status",
        Some(other) => return Err(format!("member `{name}` travels in `{other}`, which is not known")),
    };
    // Where the member says how its time is written, its own shape's saying does not count.
    if reference.timestamp_format.is_some() && model.shapes[&reference.shape].timestamp_format.is_some() {
        return Err(format!("member `{name}` and its shape both give a timestamp format"));
    }
    Ok(format!(
        "Member {{ name: {name:?}, wire: {wire:?}, shape: &{}, required: {}, place: {place}, flattened: {} }}",
        static_name(&reference.shape),
        shape.required.iter().any(|required| required == name),
        reference.flattened,
    ))
}

fn timestamp(format: Option<&str>) -> Result<&'static str, String> {
    match format {
        None => Ok("None"),
        Some("iso8601") => Ok("Some(TimeFormat::Iso8601)"),
        Some("unixTimestamp") => Ok("Some(TimeFormat::Unix)"),
        Some("rfc822") => Ok("Some(TimeFormat::Rfc822)"),
        Some(other) => Err(format!("timestamp format `{other}` is not known")),
    }
}

/// AWS's patterns are Java's; the `regex` crate has no surrogates, and writes `\u0020` as `\x{0020}`.
fn pattern(shape: &str, pattern: Option<&str>) -> Result<String, String> {
    let Some(stated) = pattern else { return Ok("None".to_owned()) };
    if stated == r"[\s\S]*" {
        return Ok("None".to_owned()); // It accepts everything.
    }
    let mut compiled = stated
        .replace(r"\uD800\uDC00-\uDBFF\uDFFF", r"\x{10000}-\x{10FFFF}")
        .replace(r"\ud800\udc00-\udbff\udfff", r"\x{10000}-\x{10FFFF}");
    while let Some(at) = compiled.find(r"\u") {
        let digits =
            compiled.get(at + 2..at + 6).ok_or_else(|| format!("{shape}: pattern `{stated}`"))?.to_owned();
        compiled.replace_range(at..at + 6, &format!(r"\x{{{digits}}}"));
    }
    compiled = from_java(&compiled).replace(r"\/", "/").replace(r"\p{IsAlphabetic}", r"\p{Alphabetic}");
    let compiled = format!("^(?:{compiled})$");
    match regex::Regex::new(&compiled) {
        Ok(_) => Ok(format!("Some(Pattern::new({stated:?}, {compiled:?}))")),
        Err(_) if stated.contains("(?!") || stated.contains("(?=") || stated.contains("(?<") => {
            Ok("None".to_owned())
        }
        Err(why) => Err(format!("{shape}: pattern `{stated}` does not compile: {why}")),
    }
}

/// In Java `[a[b]` needs no escape in AWS's use of it; in `regex` a bracket inside a class opens another.
/// In Java `\w`, `\d` and `\s` are ASCII only: <https://docs.oracle.com/javase/8/docs/api/java/util/regex/Pattern.html>.
fn from_java(pattern: &str) -> String {
    let mut out = String::new();
    let (mut inside, mut escaped) = (false, false);
    for c in pattern.chars() {
        if escaped {
            escaped = false;
            match c {
                'w' => out.push_str(&class("0-9A-Za-z_", inside)),
                'd' => out.push_str(&class("0-9", inside)),
                's' => out.push_str(&class(r" \t\n\x0B\f\r", inside)),
                'W' => out.push_str("[^0-9A-Za-z_]"),
                'D' => out.push_str("[^0-9]"),
                'S' => out.push_str(r"[^ \t\n\x0B\f\r]"),
                _ => out.extend(['\\', c]),
            }
            continue;
        }
        match c {
            '\\' => {
                escaped = true;
                continue;
            }
            '[' if inside => out.push('\\'),
            '[' => inside = true,
            ']' => inside = false,
            '&' | '~' | '-' if inside && out.ends_with(c) => out.push('\\'),
            _ => {}
        }
        out.push(c);
    }
    out
}

/// A set of characters, as it stands inside a class or on its own.
fn class(set: &str, inside: bool) -> String {
    if inside { set.to_owned() } else { format!("[{set}]") }
}
