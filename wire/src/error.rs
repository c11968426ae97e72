//! An error as it goes over the wire: code, message, HTTP status. Services make them from their own enums.

use crate::val::Document;

/// Codes with which a server turns a caller away whose credentials it does not know.
///
/// Documented: docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html and
/// docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html (read 2026-11-29). Assumed: those that neither has, such as
/// `AuthFailure`, `InvalidSignatureException` and `UnrecognizedClientException`.
pub const TURNED_AWAY: [&str; 13] = [
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "IncompleteSignatureException",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "InvalidToken",
    "MissingAuthenticationToken",
    "RequestExpired",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
];

/// What a client is told when an operation refuses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct WireError {
    /// AWS's code, such as `EntityNotFoundException`.
    pub code: String,
    /// The sentence for people.
    pub message: String,
    /// HTTP status.
    pub status: u16,
    /// Whether the caller caused it (`Sender`) or the service (`Receiver`).
    pub sender: bool,
    /// Further members of the exception, such as Athena's `AthenaErrorCode` or DynamoDB's `CancellationReasons`. JSON
    /// protocols send them, CBOR those that are texts.
    pub fields: Vec<(&'static str, Document)>,
}

impl WireError {
    /// An error that the caller caused: 400.
    pub fn client(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into(), status: 400, sender: true, fields: Vec::new() }
    }

    /// An error that the caller caused, with another status, such as 404 or 409.
    pub fn client_status(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self { status, ..Self::client(code, message) }
    }

    /// An error of the service itself: 500.
    pub fn server(code: &str, message: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            message: message.into(),
            status: 500,
            sender: false,
            fields: Vec::new(),
        }
    }

    /// An operation, member or value that AWS has and this tank does not: 501, naming it.
    pub fn not_implemented(what: &str) -> Self {
        let message = format!("wavetank does not implement {what}.");
        Self { status: 501, ..Self::server("NotImplemented", message) }
    }

    /// The same error with one more member, such as `("Reason", "CONCURRENT_QUERY_LIMIT_EXCEEDED")`.
    #[must_use]
    pub fn with(mut self, field: &'static str, value: impl Into<Document>) -> Self {
        self.fields.push((field, value.into()));
        self
    }
}
