//! Who may ask S3, by which name it is called, and what is refused before an operation begins.

use std::cell::RefCell;

use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::{S3Auth, SecretKey};
use s3s::host::{S3Host, VirtualHost};
use s3s::path::S3Path;
use s3s::{S3Error, S3ErrorCode, S3Result, s3_error};

use super::convert::{argument, refuse, unbuilt};
use crate::driver::Tank;
use crate::gateway::identity;
use crate::services::s3::error::Refusal;

tokio::task_local! {
    /// The operation that the request of this task turned out to be.
    static OPERATION: RefCell<String>;
}

/// Digits of an account id.
const ACCOUNT_DIGITS: usize = 12;

/// Runs a request and answers with its operation's name too; empty if it never got so far.
pub(in crate::gateway) async fn operation_of<R>(request: impl Future<Output = R>) -> (R, String) {
    let noted = OPERATION.scope(RefCell::default(), async {
        let answer = request.await;
        (answer, OPERATION.with(RefCell::take))
    });
    noted.await
}

/// Every key has the same secret; keys that look like those of a real account are refused.
pub(super) struct Keys;

#[async_trait::async_trait]
impl S3Auth for Keys {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        if identity::looks_real(access_key) {
            return Err(S3Error::with_message(S3ErrorCode::InvalidAccessKeyId, identity::LOOKS_REAL));
        }
        Ok(SecretKey::from(identity::SECRET))
    }
}

/// What is refused before an operation begins.
pub(super) struct Access {
    pub(super) tank: Tank,
}

#[async_trait::async_trait]
impl S3Access for Access {
    async fn check(&self, cx: &mut S3AccessContext<'_>) -> S3Result<()> {
        // Outside of the gateway there is nobody to tell.
        let _ = OPERATION.try_with(|noted| cx.s3_op().name().clone_into(&mut noted.borrow_mut()));
        if cx.credentials().is_none() {
            return Err(s3_error!(AccessDenied, "Access Denied"));
        }
        for (name, value) in
            cx.uri().query().unwrap_or_default().split('&').filter_map(|one| one.split_once('='))
        {
            check_count(name, value)?;
        }
        for (name, value) in cx.headers() {
            if let Some(rest) = name.as_str().strip_prefix("x-amz-") {
                self.check_header(rest, value.as_bytes(), cx)?;
            }
        }
        Ok(())
    }
}

impl Access {
    fn check_header(&self, rest: &str, value: &[u8], cx: &S3AccessContext<'_>) -> S3Result<()> {
        match rest {
            "server-side-encryption-customer-algorithm"
            | "copy-source-server-side-encryption-customer-algorithm" => {
                unbuilt("encryption with keys that the client provides")
            }
            "object-lock-mode" | "object-lock-legal-hold" => unbuilt("object lock"),
            "write-offset-bytes" => unbuilt("appending to an object"),
            "grant-read" | "grant-write" | "grant-read-acp" | "grant-write-acp" | "grant-full-control" => {
                Err(no_acls())
            }
            "acl" => match value {
                b"private" | b"bucket-owner-full-control" => Ok(()),
                _ => Err(no_acls()),
            },
            "expected-bucket-owner" => self.check_owner(value, cx),
            _ => Ok(()),
        }
    }

    fn check_owner(&self, expected: &[u8], cx: &S3AccessContext<'_>) -> S3Result<()> {
        // Recorded: LocalStack's `test_s3.snapshot.json`, 2026-02-21.
        if expected.len() != ACCOUNT_DIGITS || !expected.iter().all(u8::is_ascii_digit) {
            let expected = String::from_utf8_lossy(expected).into_owned();
            return Err(refuse(&Refusal::InvalidBucketOwner(expected)));
        }
        let (S3Path::Bucket { bucket } | S3Path::Object { bucket, .. }) = cx.s3_path() else { return Ok(()) };
        let owns = self.tank.with_world(|world| {
            let found = world.s3_ref().any_bucket(bucket);
            found.is_none_or(|found| found.owner.as_str().as_bytes() == expected)
        });
        if owns { Ok(()) } else { Err(s3_error!(AccessDenied, "Access Denied")) }
    }
}

/// A number of entries that is none. Assumed: the sentence, as other emulators say it; no recording has it.
fn check_count(name: &str, value: &str) -> S3Result<()> {
    let Some(name) = ["max-keys", "max-parts", "max-uploads"].into_iter().find(|count| *count == name) else {
        return Ok(());
    };
    if value.is_empty() || value.parse::<i32>().is_ok() {
        return Ok(());
    }
    let why = format!("Provided {name} not an integer or within integer range");
    Err(argument(name, Some(value), why))
}

/// Documented: docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html (read 2026-11-29).
fn no_acls() -> S3Error {
    s3_error!(AccessControlListNotSupported, "The bucket does not allow ACLs")
}

/// Buckets in host names: `bucket.s3.localhost`, `bucket.localhost`, and AWS's own names for the in-process client.
pub(super) struct Hosts;

/// Domains under which a bucket may stand, and whether it may stand there without `s3` between.
const DOMAINS: [(&str, bool); 4] = [
    ("localhost", true),
    ("localhost.localstack.cloud", true),
    ("amazonaws.com", false),
    ("amazonaws.com.cn", false),
];

impl S3Host for Hosts {
    fn parse_host_header<'a>(&'a self, host: &'a str) -> S3Result<VirtualHost<'a>> {
        let virtual_host = VirtualHost::new(host);
        Ok(match bucket_of(host) {
            Some(bucket) => virtual_host.with_bucket(bucket),
            None => virtual_host,
        })
    }
}

pub(super) fn bucket_of(host: &str) -> Option<&str> {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let under = |domain: &str| name.strip_suffix(domain)?.strip_suffix('.');
    let (rest, bare) = DOMAINS.iter().find_map(|(domain, bare)| Some((under(domain)?, *bare)))?;
    // `s3`, `bucket.s3`, `bucket.s3.us-east-1`, `bucket.s3.dualstack.us-east-1`, `bucket.s3-us-west-2`.
    let mut end = rest.len();
    for segment in rest.rsplit('.').take(3) {
        let start = end - segment.len();
        if segment == "s3" || segment.starts_with("s3-") {
            return rest[..start].strip_suffix('.');
        }
        end = start.saturating_sub(1);
    }
    Some(rest).filter(|rest| bare && !rest.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_may_stand_in_the_host_name() {
        let check = |host: &str, bucket: Option<&str>| assert_eq!(bucket_of(host), bucket, "{host}");
        check("localhost:4566", None);
        check("127.0.0.1:4566", None);
        check("s3.localhost:4566", None);
        check("lake.s3.localhost:4566", Some("lake"));
        check("lake.localhost:4566", Some("lake"));
        check("my.lake.s3.us-east-1.amazonaws.com", Some("my.lake"));
        check("lake.s3.dualstack.us-east-1.amazonaws.com", Some("lake"));
        check("lake.s3-us-west-2.amazonaws.com", Some("lake"));
        check("lake.s3.amazonaws.com", Some("lake"));
        check("s3.eu-west-1.amazonaws.com", None);
        check("glue.us-east-1.amazonaws.com", None);
        check("lake.s3.localhost.localstack.cloud:4566", Some("lake"));
        check("tank", None);
    }
}
