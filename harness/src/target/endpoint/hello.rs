//! What a server is asked before it is used: whether it is there, whether it is of AWS's kind, whether it takes the caller.
//!
//! Only reads. A tank tells its time; STS, or else S3, says what it thinks of the credentials.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use wavetank_wire::sts::{GetCallerIdentity, GetCallerIdentityInput, GetCallerIdentityOutput};
use wavetank_wire::{FromVal as _, Operation as _, TURNED_AWAY, ToVal as _, WireError, codec};

use super::pool::{NoTls, OnlyReads, Unheard};
use super::{Endpoint, Silence};
use crate::client::sign_as;
use crate::target::Target as _;
use crate::target::address::OriginError;

/// How long a server may take for its first answers.
const HELLO_WITHIN: Duration = Duration::from_secs(20);

/// Why a server cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// What should be its address is none.
    #[error(transparent)]
    Address(#[from] OriginError),
    /// No answer.
    #[error(
        "nothing answers at {url}: {cause}\nhint: start the server, or give its address; a tank is started by `wavetank serve`"
    )]
    Down {
        /// Its address.
        url: String,
        /// What the connection said.
        cause: String,
    },
    /// It is there, and is not who it should be.
    #[error(
        "the certificate of {url} is not trusted: {cause}\nhint: name the file of its authority's certificate in AWS_CA_BUNDLE or SSL_CERT_FILE, and the server by a host name that its certificate has"
    )]
    Untrusted {
        /// Its address.
        url: String,
        /// What is wrong with the certificate.
        cause: String,
    },
    /// It is there, and speaks something else.
    #[error(
        "what answers at {url} does not speak TLS: {cause}\nhint: write http:// if it is asked without TLS"
    )]
    NoTls {
        /// Its address.
        url: String,
        /// What was heard instead.
        cause: String,
    },
    /// An answer, but not one of AWS's kind.
    #[error(
        "what answers at {url} is no AWS-compatible server: {answer}\nhint: is it another program's port? give the address that AWS clients would take as their endpoint"
    )]
    NotAws {
        /// Its address.
        url: String,
        /// How its answer begins.
        answer: String,
    },
    /// It does not know the caller.
    #[error(
        "{url} refuses the credentials: {code}: {message}\nhint: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN of temporary ones) to those of this server; nothing has been created"
    )]
    Credentials {
        /// Its address.
        url: String,
        /// What it answered.
        code: String,
        /// In its words.
        message: String,
    },
    /// It tells no time.
    #[error(
        "what answers at {url} is no tank: it does not tell its time\nhint: `wavetank serve` starts a tank"
    )]
    NoTank {
        /// Its address.
        url: String,
    },
}

/// Whether this is how a server refuses credentials.
pub(crate) fn turns_away(code: &str) -> bool {
    TURNED_AWAY.contains(&code)
}

/// Asks a tank for its time. Whether it is one.
pub(super) async fn clock(endpoint: &Endpoint) -> Result<bool, EndpointError> {
    if endpoint.0.config.addresses.one().is_none() {
        return Ok(false);
    }
    // The first answer comes soon or never; what moves time later may take long.
    Ok(endpoint.read_clock("GET", "/_wavetank/clock", Bytes::new(), HELLO_WITHIN).await?)
}

impl From<Silence> for EndpointError {
    fn from(silence: Silence) -> Self {
        let Silence { url, cause } = silence;
        match cause {
            Unheard::Said(cause) => Self::Down { url, cause },
            Unheard::Tls(NoTls::Untrusted(cause)) => Self::Untrusted { url, cause },
            Unheard::Tls(NoTls::Unspoken(cause)) => Self::NoTls { url, cause },
        }
    }
}

/// Whether it is a tank, and the account that it takes the caller for.
pub(super) async fn greet(endpoint: &Endpoint) -> Result<(bool, Option<String>), EndpointError> {
    let is_tank = clock(endpoint).await?;
    let identity = identity(endpoint).await;
    let asked = endpoint.address("sts", &endpoint.0.config.region).origin.to_string();
    match identity {
        Ok(account) => return Ok((is_tank, account)),
        Err(Told::Silent(silence)) => return Err(silence.into()),
        Err(Told::Error(error)) if turns_away(&error.code) => {
            let WireError { code, message, .. } = error;
            return Err(EndpointError::Credentials { url: asked, code, message });
        }
        Err(Told::Error(error)) => by_s3(endpoint, error).await?,
    }
    Ok((is_tank, None))
}

const UNREADABLE: &str = "UnreadableResponse";

/// No identity: an error in a service's words, or no answer at all.
enum Told {
    Silent(Silence),
    Error(WireError),
}

async fn identity(endpoint: &Endpoint) -> Result<Option<String>, Told> {
    let service = GetCallerIdentity::service();
    let operation = service.operation(GetCallerIdentity::NAME).expect("it is in its service's list");
    let address = endpoint.address(service.name, &endpoint.0.config.region);
    let input = GetCallerIdentityInput::default().to_val();
    let mut request = codec::encode_request(service, operation, input, &address.origin.to_string());
    sign_as(endpoint, &mut request, service.signing_name, &address);
    request.extensions_mut().insert(OnlyReads);
    let answer = endpoint.send_within(request, HELLO_WITHIN).await.map_err(Told::Silent)?;
    let found = codec::decode_response(service, operation, answer).map_err(Told::Error)?;
    let account = GetCallerIdentityOutput::from_val(found).account;
    // An answer without it is no answer of STS.
    let account = account.ok_or_else(|| WireError::server(UNREADABLE, "an answer without an account"));
    account.map(Some).map_err(Told::Error)
}

/// A server without STS: what its S3 says. `first` is what it said when it was asked for STS.
async fn by_s3(endpoint: &Endpoint, first: WireError) -> Result<(), EndpointError> {
    let address = endpoint.address("s3", &endpoint.0.config.region);
    let url = address.origin.to_string();
    let mut request = Request::new(Bytes::new());
    *request.uri_mut() = format!("{url}/").parse().expect("an origin is an absolute address");
    sign_as(endpoint, &mut request, "s3", &address);
    let answer = endpoint.send_within(request, HELLO_WITHIN).await?;
    match s3_code(&answer) {
        Some(code) if turns_away(&code) => {
            let message = tag(&String::from_utf8_lossy(answer.body()), "Message").unwrap_or_default();
            Err(EndpointError::Credentials { url, code, message })
        }
        // Whatever it refuses, it speaks of it as AWS does.
        Some(_) => Ok(()),
        None if lists_buckets(&answer) || first.code != UNREADABLE => Ok(()),
        None if first.status == 403 => {
            Err(EndpointError::Credentials { url, code: "HTTP 403".to_owned(), message: first.message })
        }
        None => Err(EndpointError::NotAws { url, answer: first.message }),
    }
}

fn lists_buckets(answer: &Response<Bytes>) -> bool {
    answer.status().is_success() && String::from_utf8_lossy(answer.body()).contains("<ListAllMyBucketsResult")
}

/// The code of an error of S3.
fn s3_code(answer: &Response<Bytes>) -> Option<String> {
    if answer.status().is_success() {
        return None;
    }
    tag(&String::from_utf8_lossy(answer.body()), "Code")
}

fn tag(text: &str, name: &str) -> Option<String> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    Some(rest.split_once(&format!("</{name}>"))?.0.to_owned())
}
