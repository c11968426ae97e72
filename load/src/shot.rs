//! A request made ready before the clock starts: body, its hash, and a signed head that is sent as it lies.
//!
//! A signature lives for some minutes, so a head is signed anew when it is older than `SIGNED_FOR_S`; the body's hash stays.
//! Start with [`Shot::head`].

use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use wavetank_wire::schema::{Protocol, Service};

use crate::clock;

/// How long a signature is used. AWS takes those of the last five minutes.
///
/// Documented: docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-signing.html (read 2026-11-29).
const SIGNED_FOR_S: u64 = 240;

/// Who signs, for where.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    /// `127.0.0.1:4566`.
    pub(crate) host: String,
    pub(crate) region: String,
    pub(crate) access: String,
    pub(crate) secret: String,
    pub(crate) token: Option<String>,
}

/// A request, ready to go any number of times.
#[derive(Debug)]
pub(crate) struct Shot {
    method: &'static str,
    path: String,
    /// Besides `host` and those of the signature.
    headers: Vec<(&'static str, String)>,
    signing_name: &'static str,
    pub(crate) body: Bytes,
    hash: String,
    signed: Mutex<Option<(u64, Arc<[u8]>)>>,
}

impl Shot {
    /// A call of a service that speaks JSON.
    pub(crate) fn json(service: &'static Service, operation: &str, body: impl Into<Bytes>) -> Self {
        let version = if service.protocol == Protocol::AwsJson10 { "1.0" } else { "1.1" };
        let headers = vec![
            ("content-type", format!("application/x-amz-json-{version}")),
            ("x-amz-target", format!("{}.{operation}", service.target_prefix)),
        ];
        Self::new("POST", "/".to_owned(), headers, service.signing_name, body.into())
    }

    /// A request to S3; `path` is encoded already.
    pub(crate) fn s3(method: &'static str, path: String, body: Bytes) -> Self {
        Self::new(method, path, Vec::new(), "s3", body)
    }

    fn new(
        method: &'static str,
        path: String,
        headers: Vec<(&'static str, String)>,
        signing_name: &'static str,
        body: Bytes,
    ) -> Self {
        let hash = Sha256::digest(&body).iter().map(|byte| format!("{byte:02x}")).collect();
        Self { method, path, headers, signing_name, body, hash, signed: Mutex::new(None) }
    }

    /// The head's bytes, signed lately.
    pub(crate) fn head(&self, keys: &Keys) -> Arc<[u8]> {
        let now_s = clock::since_epoch().as_secs();
        let mut signed = self.signed.lock().expect("nothing panics while it holds this");
        match &*signed {
            Some((at_s, head)) if now_s.saturating_sub(*at_s) < SIGNED_FOR_S => Arc::clone(head),
            _ => {
                let head: Arc<[u8]> = self.sign(keys, now_s).into();
                *signed = Some((now_s, Arc::clone(&head)));
                head
            }
        }
    }

    fn sign(&self, keys: &Keys, now_s: u64) -> Vec<u8> {
        let mut settings = SigningSettings::default();
        if self.signing_name == "s3" {
            settings.percent_encoding_mode = PercentEncodingMode::Single;
            settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
            settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        }
        let credentials = Credentials::new(&keys.access, &keys.secret, keys.token.clone(), None, "wavetank");
        let identity = credentials.into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&keys.region)
            .name(self.signing_name)
            .time(UNIX_EPOCH + Duration::from_secs(now_s))
            .settings(settings)
            .build()
            .expect("every parameter is set")
            .into();
        let headers = self.headers.iter().map(|(name, value)| (*name, value.as_str()));
        let uri = format!("http://{}{}", keys.host, self.path);
        let body = SignableBody::Precomputed(self.hash.clone());
        let signable = SignableRequest::new(self.method, uri, headers, body).expect("an absolute URI");
        let output = sign(signable, &params).expect("a request that can be signed");
        let mut head = format!("{} {} HTTP/1.1\r\nhost: {}\r\n", self.method, self.path, keys.host);
        let (instructions, _) = output.into_parts();
        let own = self.headers.iter().map(|(name, value)| (*name, value.as_str()));
        for (name, value) in own.chain(instructions.headers()) {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("content-length: {}\r\n\r\n", self.body.len()));
        head.into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use http::Request;
    use wavetank_wire::kinesis;

    use super::*;

    #[test]
    fn a_head_made_before_is_signed_as_the_other_client_signs() {
        let keys = Keys {
            host: "127.0.0.1:4566".to_owned(),
            region: "us-east-1".to_owned(),
            access: "000000000000".to_owned(),
            secret: "test".to_owned(),
            token: None,
        };
        let check = |shot: Shot, name: &str| {
            let mut request = Request::new(shot.body.clone());
            *request.uri_mut() = format!("http://{}{}", keys.host, shot.path).parse().expect("a URI");
            *request.method_mut() = shot.method.parse().expect("a method");
            for (name, value) in &shot.headers {
                request.headers_mut().insert(*name, value.parse().expect("a value"));
            }
            wavetank_wire::sign::sign(
                &mut request,
                name,
                "us-east-1",
                "000000000000",
                "test",
                None,
                1_700_000_000,
            );
            let head = String::from_utf8(shot.sign(&keys, 1_700_000_000)).expect("text");
            for (name, value) in request.headers() {
                let line = format!("{name}: {}\r\n", value.to_str().expect("text"));
                assert!(head.contains(&line), "{line} is not in {head}");
            }
            assert!(head.ends_with(&format!("content-length: {}\r\n\r\n", shot.body.len())), "{head}");
        };
        check(Shot::json(&kinesis::SERVICE, "PutRecords", "{\"Records\":[]}"), "kinesis");
        check(Shot::s3("PUT", "/bucket/key-1".to_owned(), Bytes::from_static(b"hello")), "s3");
    }
}
