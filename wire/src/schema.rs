//! What AWS's models say, as statics: services, operations, shapes. Written by `cargo xtask wire`, read by codecs.

use std::fmt;
use std::sync::OnceLock;

use regex::Regex;

/// How a service's messages travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// `application/x-amz-json-1.0`, operation in `X-Amz-Target`.
    AwsJson10,
    /// `application/x-amz-json-1.1`, operation in `X-Amz-Target`.
    AwsJson11,
    /// JSON bodies, operation by method and path.
    RestJson,
    /// Form-encoded requests with `Action=`, XML responses.
    Query,
    /// `application/x-amz-cbor-1.1`, operation in `X-Amz-Target`: Kinesis, as Java's SDK speaks to it.
    AwsCbor11,
    /// `application/cbor`, service and operation in the path: smithy's rpcv2Cbor.
    RpcV2Cbor,
}

/// One AWS service, in one protocol.
///
/// A service that speaks several has several of these, of one name, with the same operations, shapes and places of members:
/// a value is the same in each. The first is in [`crate::SERVICES`]; the others hang on its `also`.
pub struct Service {
    /// The name of its model, such as `glue`.
    pub name: &'static str,
    /// The name in signing scopes, such as `monitoring` for CloudWatch.
    pub signing_name: &'static str,
    /// Such as `2017-03-31`.
    pub api_version: &'static str,
    /// How its messages travel.
    pub protocol: Protocol,
    /// What stands before the dot in `X-Amz-Target`; empty for other protocols.
    pub target_prefix: &'static str,
    /// The namespace of XML answers; empty for JSON protocols.
    pub xml_namespace: &'static str,
    /// What is served, sorted by name.
    pub operations: &'static [Operation],
    /// What exists on AWS and is not served, sorted by name.
    pub unserved: &'static [Unserved],
    /// The exceptions of the served operations.
    pub errors: &'static [ErrorShape],
    /// Operations that answer with a stream of events, and the union of these.
    pub event_streams: &'static [(&'static str, &'static Shape)],
    /// The same service in other protocols.
    pub also: &'static [&'static Service],
}

impl Service {
    /// The served operation of this name.
    pub fn operation(&self, name: &str) -> Option<&'static Operation> {
        self.operations.binary_search_by(|op| op.name.cmp(name)).ok().map(|at| &self.operations[at])
    }

    /// The modelled exception that goes by this name, or else by this code: CloudWatch has two of one code.
    pub fn error(&self, code: &str) -> Option<&'static ErrorShape> {
        let named = self.errors.iter().find(|error| error.name == code);
        named.or_else(|| self.errors.iter().find(|error| error.code == code))
    }

    /// The union of the events that this operation answers with, if it does.
    pub fn event_stream(&self, operation: &str) -> Option<&'static Shape> {
        self.event_streams.iter().find(|(name, _)| *name == operation).map(|(_, shape)| *shape)
    }

    /// This service in this protocol, if it speaks it.
    pub fn speaking(&'static self, protocol: Protocol) -> Option<&'static Self> {
        std::iter::once(self).chain(self.also.iter().copied()).find(|spoken| spoken.protocol == protocol)
    }

    /// Whether it speaks JSON and is also asked in the query protocol, as SQS is. Its errors then carry both names.
    pub fn is_query_compatible(&self) -> bool {
        self.protocol != Protocol::Query && self.also.iter().any(|spoken| spoken.protocol == Protocol::Query)
    }

    /// Whether AWS has an operation of this name that is not served.
    pub fn is_unserved(&self, name: &str) -> bool {
        self.unserved.iter().any(|op| op.name == name)
    }
}

/// One served operation.
pub struct Operation {
    /// Such as `GetTable`.
    pub name: &'static str,
    /// HTTP method.
    pub method: &'static str,
    /// URI template with `{Name}` and `{Name+}` labels, and perhaps a literal query.
    pub uri: &'static str,
    /// HTTP status of success.
    pub status: u16,
    /// What is sent.
    pub input: &'static Shape,
    /// What comes back.
    pub output: &'static Shape,
    /// The input's member that is the whole body, if one is.
    pub input_payload: Option<&'static str>,
    /// The output's member that is the whole body, if one is.
    pub output_payload: Option<&'static str>,
    /// The element around a query answer.
    pub result_wrapper: Option<&'static str>,
}

/// An operation that AWS has and we do not serve.
#[derive(Debug)]
pub struct Unserved {
    /// Its name.
    pub name: &'static str,
    /// HTTP method.
    pub method: &'static str,
    /// URI template.
    pub uri: &'static str,
}

/// An exception of the model.
#[derive(Debug)]
pub struct ErrorShape {
    /// The exception's name, sent by JSON protocols.
    pub name: &'static str,
    /// The code that the query protocol sends.
    pub code: &'static str,
    /// HTTP status; 0 where no model says it, and the service does.
    pub status: u16,
    /// The member that carries the sentence, `message` or `Message`; empty where the model has none.
    pub message: &'static str,
}

/// A named type.
pub struct Shape {
    /// The name in AWS's model.
    pub name: &'static str,
    /// Whether AWS keeps its values out of messages.
    pub sensitive: bool,
    /// What it is.
    pub kind: Kind,
}

/// A pattern, as AWS states it and as the `regex` crate reads it.
#[derive(Debug)]
pub struct Pattern {
    /// AWS's text, printed in validation messages.
    pub stated: &'static str,
    /// The anchored text for the `regex` crate.
    pub compiled: &'static str,
    asked: OnceLock<Asked>,
}

/// A pattern that has been asked.
#[derive(Debug)]
struct Asked {
    regex: Regex,
    /// Of one that allows some characters, in any number: bit n says whether it allows the ASCII character n.
    allowed: Option<u128>,
}

impl Pattern {
    /// A pattern that is compiled when it is first asked.
    pub const fn new(stated: &'static str, compiled: &'static str) -> Self {
        Self { stated, compiled, asked: OnceLock::new() }
    }

    /// Whether the whole of `text` is of this pattern.
    pub fn matches(&self, text: &str) -> bool {
        let Asked { regex, allowed } = self.asked.get_or_init(|| Asked::new(self.compiled));
        match allowed {
            // Names are most of what is asked, and a look at each byte is less than the engine's preparations.
            Some(allowed) if !text.is_empty() && text.is_ascii() => {
                text.bytes().all(|byte| allowed >> byte & 1 == 1)
            }
            _ => regex.is_match(text),
        }
    }
}

impl Asked {
    fn new(compiled: &str) -> Self {
        let regex = Regex::new(compiled).expect("`cargo xtask wire` has compiled every pattern");
        let allows = |byte: &u8| regex.is_match(char::from(*byte).encode_utf8(&mut [0; 4]));
        let allowed = is_set(compiled).then(|| (0..128).filter(allows).fold(0, |set, byte| set | 1 << byte));
        Self { regex, allowed }
    }
}

/// Whether a pattern is one set of characters, repeated: `^(?:[a-z.]+)$`.
fn is_set(compiled: &str) -> bool {
    let inner = compiled.strip_prefix("^(?:").and_then(|inner| inner.strip_suffix(")$")).unwrap_or_default();
    let inner = inner.strip_prefix('^').and_then(|inner| inner.strip_suffix('$')).unwrap_or(inner);
    let set = inner.strip_suffix(['+', '*']).and_then(|set| set.strip_prefix('[')?.strip_suffix(']'));
    let mut is_escaped = false;
    let plain = |c: char| {
        let is_bracket = matches!(c, '[' | ']') && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        !is_bracket
    };
    // An escaped bracket at the end would leave the set open, which no pattern that compiles does.
    set.is_some_and(|set| set.chars().all(plain))
}

/// How a timestamp is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeFormat {
    /// `2026-01-05T00:00:00Z`.
    Iso8601,
    /// Seconds since the epoch, with fraction.
    Unix,
    /// `Mon, 05 Jan 2026 00:00:00 GMT`.
    Rfc822,
}

/// What a shape is, with its constraints. Lengths count characters of strings, bytes of blobs, entries of lists and maps.
#[derive(Debug)]
#[expect(missing_docs, reason = "the constraints' names say it")]
pub enum Kind {
    Structure(&'static [Member]),
    List {
        member: &'static Shape,
        member_name: &'static str,
        flattened: bool,
        min: Option<i64>,
        max: Option<i64>,
    },
    Map {
        key: &'static Shape,
        value: &'static Shape,
        key_name: &'static str,
        value_name: &'static str,
        flattened: bool,
        min: Option<i64>,
        max: Option<i64>,
    },
    String {
        min: Option<i64>,
        max: Option<i64>,
        pattern: Option<Pattern>,
        values: &'static [&'static str],
    },
    Blob {
        min: Option<i64>,
        max: Option<i64>,
        streaming: bool,
    },
    Boolean,
    Integer {
        min: Option<i64>,
        max: Option<i64>,
    },
    Long {
        min: Option<i64>,
        max: Option<i64>,
    },
    Double {
        min: Option<i64>,
        max: Option<i64>,
    },
    Timestamp {
        format: Option<TimeFormat>,
    },
    Document,
    /// Known and not built: a value here is refused by the member's name.
    Unbuilt,
}

/// Where a member travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the body's document.
    Body,
    /// In one header.
    Header,
    /// In all headers that begin with the wire name.
    Headers,
    /// In the query string.
    Query,
    /// In the path.
    Uri,
    /// The status of the answer.
    Status,
    /// The whole body.
    Payload,
}

/// A member of a structure.
#[derive(Debug)]
pub struct Member {
    /// The name in the model.
    pub name: &'static str,
    /// The name on the wire.
    pub wire: &'static str,
    /// Its type.
    pub shape: &'static Shape,
    /// Whether it must be sent.
    pub required: bool,
    /// Where it travels.
    pub place: Place,
    /// Whether its entries stand without an element around them (query and XML).
    pub flattened: bool,
}

impl Shape {
    /// The members of a structure; none of anything else.
    pub fn members(&self) -> &'static [Member] {
        match self.kind {
            Kind::Structure(members) => members,
            _ => &[],
        }
    }
}

// Shapes form cycles (a Glue table holds tables), and a service is pages long: each prints as its name.

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Service({})", self.name)
    }
}

impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Operation({})", self.name)
    }
}

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Shape({})", self.name)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_set_of_characters_is_told_from_other_patterns() {
        for set in
            ["^(?:[a-zA-Z0-9_.-]+)$", "^(?:^[^:*]*$)$", r"^(?:[\[\]\\]+)$", r"^(?:[\x{0001}-\x{FFFF}]*)$"]
        {
            assert!(is_set(set), "{set}");
        }
        for other in
            ["^(?:.*)$", "^(?:[a-z][a-z0-9]*)$", "^(?:[a-z]{3})$", "^(?:[a[b]]+)$", "^(?:sg-[a-z]+)$", ""]
        {
            assert!(!is_set(other), "{other}");
        }
    }

    proptest! {
        /// A set that is looked up answers as the engine does.
        #[test]
        fn a_set_answers_as_the_engine(text in r"[a-z:*_.\\\[\]-]{0,6}|\PC{0,6}|[\x00-\x7f]{0,3}") {
            for compiled in ["^(?:[a-zA-Z0-9_.-]+)$", "^(?:^[^:*]*$)$", r"^(?:[\[\]\\]+)$", r"^(?:[\x{0001}-\x{FFFF}]*)$"] {
                let wanted = Regex::new(compiled).expect("a pattern").is_match(&text);
                prop_assert_eq!(Pattern::new("", compiled).matches(&text), wanted, "{} {:?}", compiled, text);
            }
        }
    }
}
