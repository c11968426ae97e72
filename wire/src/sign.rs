//! Signature version 4 for the harness's own small client. The server does not check signatures.

use std::time::{Duration, UNIX_EPOCH};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode,
};
use aws_sigv4::sign::v4;
use bytes::Bytes;
use http::Request;

/// Signs `request` with headers, as of `unix_time_s`.
///
/// S3 differs from the rest: its paths are encoded once and not normalised, and the body's hash is a header.
/// Panics: the URI is not absolute, or a header is no text. Neither comes out of `codec::encode_request`.
/// Documented: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>.
pub fn sign(
    request: &mut Request<Bytes>,
    service: &str,
    region: &str,
    access_key: &str,
    secret: &str,
    session_token: Option<&str>,
    unix_time_s: u64,
) {
    let mut settings = SigningSettings::default();
    if service == "s3" {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    }
    let credentials =
        Credentials::new(access_key, secret, session_token.map(str::to_owned), None, "wavetank");
    let identity = credentials.into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(service)
        .time(UNIX_EPOCH + Duration::from_secs(unix_time_s))
        .settings(settings)
        .build()
        .expect("every parameter is set")
        .into();
    let headers = request.headers().iter();
    let headers = headers.map(|(name, value)| (name.as_str(), value.to_str().expect("headers are text")));
    let body = SignableBody::Bytes(request.body());
    let signable = SignableRequest::new(request.method().as_str(), request.uri().to_string(), headers, body)
        .expect("an absolute URI");
    let output = aws_sigv4::http_request::sign(signable, &params).expect("a request that can be signed");
    output.into_parts().0.apply_to_request_http1x(request);
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;
    use crate::route::caller;

    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

    fn signed(service: &str, session_token: Option<&str>) -> HeaderMap {
        let mut request = Request::new(Bytes::new());
        *request.uri_mut() = "https://example.amazonaws.com/".parse().expect("a URI");
        sign(&mut request, service, "us-east-1", "AKIDEXAMPLE", SECRET, session_token, 1_440_938_160);
        request.headers().clone()
    }

    #[test]
    fn the_signature_is_that_of_awss_test_suite() {
        // `get-vanilla` of AWS's Signature Version 4 test suite.
        let headers = signed("service", None);
        let expected = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
                        SignedHeaders=host;x-amz-date, \
                        Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";
        assert_eq!(headers["authorization"], expected);
        assert_eq!(headers["x-amz-date"], "20150830T123600Z");
    }

    #[test]
    fn a_session_token_and_s3s_hash_are_headers_and_the_server_knows_the_caller() {
        let headers = signed("s3", Some("token"));
        assert_eq!(headers["x-amz-security-token"], "token");
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(headers["x-amz-content-sha256"], empty);
        let found = caller(&headers, &"/".parse().expect("a path"));
        let found = [found.access_key, found.region, found.service].map(Option::unwrap_or_default);
        assert_eq!(found, ["AKIDEXAMPLE", "us-east-1", "s3"]);
    }
}
