//! Calls beside the load: making what it needs, asking whether that is ready, removing it. One connection, one call at a time.

use std::net::{SocketAddr, ToSocketAddrs as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{Response, StatusCode};
use serde_json::{Value, json};
use wavetank_wire::schema::Service;
use wavetank_wire::{TURNED_AWAY, WireError, codec};

use crate::clock;
use crate::http::{Answer, Connection, HttpError};
use crate::shot::{Keys, Shot};

/// Longest time that a call beside the load may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Tries of a call that is throttled.
const TRIES_MAX: u32 = 6;
const FIRST_BACK_OFF: Duration = Duration::from_millis(100);
/// Longest time that what was made may take until it can be used.
const READY_WITHIN: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(200);

/// Where the server is, and how to sign for it.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// `http://127.0.0.1:4566`.
    pub url: String,
    /// Region of every call.
    pub region: String,
    /// Access key id.
    pub access_key: String,
    /// Its secret.
    pub secret_key: String,
    /// Of temporary credentials.
    pub session_token: Option<String>,
}

/// What stands in the way of a call.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// It is no address that can be used.
    #[error("`{0}` is no address for a load\nhint: write http://127.0.0.1:4566; there is no TLS here")]
    Address(String),
    /// AWS itself: a load there costs money, and this is no way to ask for it.
    #[error(
        "`{0}` is AWS itself, which is not put under load from here\nhint: leave out --endpoint, or name a server of your own"
    )]
    Aws(String),
    /// Nobody answers.
    #[error(
        "nothing answers on {url}: {cause}\nhint: is the server up? `wavetank serve` starts one; without --endpoint the benchmark does"
    )]
    Down {
        /// The endpoint.
        url: String,
        /// What the connection said.
        cause: String,
    },
    /// It does not know us.
    #[error(
        "{url} does not take these credentials: {code}: {message}\nhint: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to a key that it knows"
    )]
    Credentials {
        /// The endpoint.
        url: String,
        /// AWS's name.
        code: String,
        /// Its sentence.
        message: String,
    },
    /// It does not have the service or the operation.
    #[error(
        "{url} has no {what}: {message}\nhint: choose another server, or another service; `wavetank serve` has all six"
    )]
    Lacks {
        /// The endpoint.
        url: String,
        /// Service and operation.
        what: String,
        /// What it answered.
        message: String,
    },
    /// The call was refused.
    #[error("{what} was refused: {code}: {message}\nhint: {}", what_to_do(.code))]
    Refused {
        /// Service and operation.
        what: String,
        /// AWS's name.
        code: String,
        /// Its sentence.
        message: String,
    },
    /// It never became ready.
    #[error(
        "{what} is not ready after {within:?}, it stays {state}\nhint: the server's log may say why; try again, or choose another server"
    )]
    NotReady {
        /// What.
        what: String,
        /// The state it is in.
        state: String,
        /// How long it was waited for.
        within: Duration,
    },
    /// Somebody asked to stop.
    #[error("interrupted")]
    Interrupted,
}

/// Where AWS is.
const AWS: [&str; 3] = ["amazonaws.com", "amazonaws.com.cn", "api.aws"];

/// Codes that say that the caller is known, and may not.
const FORBIDDEN: [&str; 2] = ["AccessDenied", "AccessDeniedException"];

/// Codes that say that there is no such service or operation: those of `plan/probe.rs` of the crate `wavetank`, and LocalStack's.
const LACKING: [&str; 7] = [
    "InternalFailure",
    "InvalidAction",
    "NotImplemented",
    "NotImplementedError",
    "NotImplementedException",
    "UnknownOperationException",
    "UnreadableResponse",
];

/// What to do about a refusal.
fn what_to_do(code: &str) -> &'static str {
    let has = |words: &[&str]| words.iter().any(|word| code.contains(word));
    if has(&["NotFound", "NoSuch", "NonExistent", "DoesNotExist"]) {
        return "is what --resource names there, in the region of --region? without --resource the benchmark makes its own";
    }
    if has(&["InUse", "AlreadyExists", "AlreadyOwned", "NameExists", "DeletedRecently"]) {
        return "it is another load's, or was left by one that was killed: remove it, or name things anew with another --seed";
    }
    if has(&["LimitExceeded", "Throttl", "TooMany", "SlowDown"]) {
        return "the server is at a limit of its own: remove what it no longer needs, or try again later";
    }
    "the server's log may say more; `wavetank serve` takes every request of a benchmark"
}

/// A connection for calls beside the load.
#[derive(Debug)]
pub(crate) struct Api {
    pub(crate) url: String,
    pub(crate) address: SocketAddr,
    pub(crate) keys: Keys,
    connection: Mutex<Connection>,
    stop: Arc<AtomicBool>,
}

impl Api {
    /// Connects, so that a server that is down is known before anything else happens.
    pub(crate) fn open(endpoint: &Endpoint, stop: Arc<AtomicBool>) -> Result<Self, ApiError> {
        let refuse = || ApiError::Address(endpoint.url.clone());
        let host = endpoint.url.strip_prefix("http://").ok_or_else(refuse)?.trim_end_matches('/');
        let name = host.split(':').next().unwrap_or(host).to_ascii_lowercase();
        if AWS.iter().any(|domain| name.ends_with(domain)) {
            return Err(ApiError::Aws(endpoint.url.clone()));
        }
        let named = if host.contains(':') { host.to_owned() } else { format!("{host}:80") };
        let down = |cause: String| ApiError::Down { url: endpoint.url.clone(), cause };
        let mut found = named.to_socket_addrs().map_err(|error| down(error.to_string()))?;
        let address = found.next().ok_or_else(refuse)?;
        let mut connection = Connection::new(address, TIMEOUT);
        connection.open().map_err(|error| down(error.to_string()))?;
        let keys = Keys {
            host: host.to_owned(),
            region: endpoint.region.clone(),
            access: endpoint.access_key.clone(),
            secret: endpoint.secret_key.clone(),
            token: endpoint.session_token.clone(),
        };
        Ok(Self { url: endpoint.url.clone(), address, keys, connection: Mutex::new(connection), stop })
    }

    /// One call as JSON, in the members of AWS's API; tried again while it is throttled.
    pub(crate) fn json(
        &self,
        service: &'static Service,
        operation: &str,
        input: &Value,
    ) -> Result<Value, ApiError> {
        let shape = service.operation(operation).expect("an operation that is called here is in ops.toml");
        let shot = Shot::json(service, operation, input.to_string());
        let what = format!("{} {operation}", service.name);
        let mut back_off = FIRST_BACK_OFF;
        for attempt in 1.. {
            let answer = self.exchange(&shot)?;
            let output = match codec::decode_response(service, shape, answer.clone()) {
                // Members that our shapes lack are of no use here, so the answer is taken as it is.
                Ok(_) => return Ok(serde_json::from_slice(answer.body()).unwrap_or_default()),
                Err(error) => error,
            };
            if attempt == TRIES_MAX || !is_throttle(output.status, &output.code) {
                return Err(self.refusal(&what, output));
            }
            clock::sleep(back_off);
            back_off *= 2;
        }
        unreachable!("the last attempt returns")
    }

    /// One request to S3. Statuses that are no success are refusals.
    pub(crate) fn s3(&self, method: &'static str, path: &str, body: Bytes) -> Result<Bytes, ApiError> {
        let answer = self.exchange(&Shot::s3(method, path.to_owned(), body))?;
        let (status, body) = (answer.status(), answer.into_body());
        if status.is_success() {
            return Ok(body);
        }
        let text = String::from_utf8_lossy(&body);
        let code = between(&text, "<Code>", "</Code>").unwrap_or("UnreadableResponse");
        let message = between(&text, "<Message>", "</Message>").unwrap_or(status.as_str());
        let error = WireError::client_status(status.as_u16(), code, message);
        Err(self.refusal(&format!("s3 {method} {path}"), error))
    }

    /// One request to a tank's own control API; `None` if it is no tank.
    pub(crate) fn control(&self, method: &'static str, place: &str, body: &Value) -> Option<Value> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let (host, length) = (&self.keys.host, body.len());
        let head = format!(
            "{method} /_wavetank/{place} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
        );
        let mut connection = self.connection.lock().expect("nothing panics while it holds this");
        let answer = connection.exchange(head.as_bytes(), body.as_bytes()).ok()?;
        (answer.status == 200).then(|| serde_json::from_slice(answer.body).ok()).flatten()
    }

    /// Asks until something is ready; on a tank time is moved on meanwhile. `state` answers `None` when it is.
    pub(crate) fn until_ready(
        &self,
        what: &str,
        mut state: impl FnMut() -> Result<Option<String>, ApiError>,
    ) -> Result<(), ApiError> {
        let deadline = clock::now() + READY_WITHIN;
        loop {
            let Some(state) = state()? else { return Ok(()) };
            if self.stop.load(Ordering::Relaxed) {
                return Err(ApiError::Interrupted);
            }
            if clock::now() >= deadline {
                return Err(ApiError::NotReady { what: what.to_owned(), state, within: READY_WITHIN });
            }
            if self.control("POST", "clock/advance", &json!({ "by": "5s" })).is_none() {
                clock::sleep(POLL);
            }
        }
    }

    fn exchange(&self, shot: &Shot) -> Result<Response<Bytes>, ApiError> {
        let mut connection = self.connection.lock().expect("nothing panics while it holds this");
        let answer = connection.exchange(&shot.head(&self.keys), &shot.body);
        answer.map(own).map_err(|error| self.down(&error))
    }

    fn down(&self, error: &HttpError) -> ApiError {
        ApiError::Down { url: self.url.clone(), cause: error.to_string() }
    }

    fn refusal(&self, what: &str, error: WireError) -> ApiError {
        refusal(&self.url, what, error)
    }
}

fn refusal(url: &str, what: &str, error: WireError) -> ApiError {
    let WireError { code, message, status, .. } = error;
    let (url, what) = (url.to_owned(), what.to_owned());
    if TURNED_AWAY.contains(&code.as_str()) || FORBIDDEN.contains(&code.as_str()) {
        return ApiError::Credentials { url, code, message };
    }
    if status == 501 || LACKING.contains(&code.as_str()) {
        return ApiError::Lacks { url, what, message: format!("{code} ({status}) {message}") };
    }
    ApiError::Refused { what, code, message }
}

fn own(answer: Answer<'_>) -> Response<Bytes> {
    let mut response = Response::new(Bytes::copy_from_slice(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::BAD_GATEWAY);
    if let Some(error_type) = answer.error_type.and_then(|text| text.parse().ok()) {
        response.headers_mut().insert("x-amzn-errortype", error_type);
    }
    response
}

/// What stands between two marks.
pub(crate) fn between<'t>(text: &'t str, from: &str, until: &str) -> Option<&'t str> {
    let rest = &text[text.find(from)? + from.len()..];
    Some(&rest[..rest.find(until)?])
}

/// The name of an error, as the service spells it.
pub(crate) fn error_name(answer: Answer<'_>) -> String {
    let plain = |name: &str| {
        let name = name.rsplit('#').next().unwrap_or(name);
        name.split(':').next().unwrap_or(name).to_owned()
    };
    if let Some(name) = answer.error_type {
        return plain(name);
    }
    let text = String::from_utf8_lossy(answer.body);
    if let Some(code) = between(&text, "<Code>", "</Code>") {
        return code.to_owned();
    }
    let read: Value = serde_json::from_slice(answer.body).unwrap_or_default();
    let name = read["__type"].as_str().or_else(|| read["code"].as_str());
    name.map_or_else(|| format!("(status {})", answer.status), plain)
}

/// Whether an error says that there was too much, as AWS's services spell that.
pub(crate) fn is_throttle(status: u16, code: &str) -> bool {
    const NAMES: [&str; 14] = [
        "ThrottlingException",
        "Throttling",
        "ThrottledException",
        "TooManyRequestsException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "ProvisionedThroughputExceededException",
        "LimitExceededException",
        "KMSThrottlingException",
        "BandwidthLimitExceeded",
        "SlowDown",
        "ServiceUnavailableException",
        "ServiceUnavailable",
    ];
    status == 429 || NAMES.contains(&code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_called_as_their_service_calls_them() {
        let check = |status, error_type, body: &str, expected: &str| {
            let answer = Answer { status, error_type, body: body.as_bytes() };
            assert_eq!(error_name(answer), expected, "{body}");
        };
        check(
            400,
            None,
            r#"{"__type":"com.amazonaws.kinesis#ResourceNotFoundException"}"#,
            "ResourceNotFoundException",
        );
        check(400, Some("SlowDown:http://internal.amazon.com/"), "{}", "SlowDown");
        check(503, None, "<Error><Code>SlowDown</Code></Error>", "SlowDown");
        check(502, None, "bad gateway", "(status 502)");
    }

    #[test]
    fn a_refusal_says_whether_the_caller_the_service_or_the_request_is_wrong_and_what_to_do() {
        let check = |status: u16, code: &str, words: &[&str]| {
            let said =
                refusal("http://here", "kinesis CreateStream", WireError::client_status(status, code, "no"));
            let said = said.to_string();
            for word in [code, "hint: "].iter().chain(words) {
                assert!(said.contains(word), "{code}: {said}");
            }
        };
        check(400, "ExpiredToken", &["http://here does not take these credentials", "AWS_ACCESS_KEY_ID"]);
        check(403, "MissingAuthenticationToken", &["does not take these credentials"]);
        check(400, "NotImplementedException", &["has no kinesis CreateStream", "choose another server"]);
        check(501, "Whatever", &["has no kinesis CreateStream"]);
        check(400, "ResourceNotFoundException", &["kinesis CreateStream was refused", "--resource"]);
        check(400, "QueueDoesNotExist", &["was refused", "--resource"]);
        check(400, "ResourceInUseException", &["was refused", "another --seed"]);
        check(409, "BucketAlreadyOwnedByYou", &["was refused", "another --seed"]);
        check(400, "LimitExceededException", &["was refused", "at a limit of its own"]);
        check(400, "ValidationException", &["was refused", "the server's log may say more"]);
    }

    #[test]
    fn what_is_no_address_is_refused_and_what_is_down_is_said() {
        let open = |url: &str| {
            let endpoint = Endpoint {
                url: url.to_owned(),
                region: "us-east-1".to_owned(),
                access_key: "test".to_owned(),
                secret_key: "test".to_owned(),
                session_token: None,
            };
            Api::open(&endpoint, Arc::default()).map(|_| ())
        };
        assert!(matches!(open("https://127.0.0.1:1"), Err(ApiError::Address(_))));
        assert!(matches!(open("127.0.0.1:1"), Err(ApiError::Address(_))));
        assert!(matches!(open("http://kinesis.us-east-1.amazonaws.com"), Err(ApiError::Aws(_))));
        assert!(matches!(open("http://127.0.0.1:1"), Err(ApiError::Down { .. })));
    }
}
