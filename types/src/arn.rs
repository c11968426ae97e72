//! Accounts, regions and ARNs: parsed once at the edge, then carried as values.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// A 12-digit account number. Copied with every call, so it is short and allocates nothing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AccountId(SmolStr);

impl AccountId {
    /// The account of a caller whose access key does not name one.
    pub fn unnamed() -> Self {
        Self(SmolStr::new_static("000000000000"))
    }

    /// The account that an access key id names: the key itself if it is 12 digits, else [`AccountId::unnamed`].
    pub fn of_access_key(access_key_id: &str) -> Self {
        if is_account(access_key_id) { Self(SmolStr::new(access_key_id)) } else { Self::unnamed() }
    }

    /// The 12 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AccountId {
    type Err = ArnError;

    fn from_str(text: &str) -> Result<Self, ArnError> {
        if is_account(text) {
            return Ok(Self(SmolStr::new(text)));
        }
        Err(ArnError::NotAnAccount(text.to_owned()))
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A region's name, such as `us-east-1`. Copied with every call, as the account is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Region(SmolStr);

impl Region {
    /// Those that are known. Documented: botocore 1.43.11, `endpoints.json`, the partitions `aws`, `aws-cn` and `aws-us-gov`.
    pub const KNOWN: [&str; 38] = [
        "af-south-1",
        "ap-east-1",
        "ap-east-2",
        "ap-northeast-1",
        "ap-northeast-2",
        "ap-northeast-3",
        "ap-south-1",
        "ap-south-2",
        "ap-southeast-1",
        "ap-southeast-2",
        "ap-southeast-3",
        "ap-southeast-4",
        "ap-southeast-5",
        "ap-southeast-6",
        "ap-southeast-7",
        "ca-central-1",
        "ca-west-1",
        "cn-north-1",
        "cn-northwest-1",
        "eu-central-1",
        "eu-central-2",
        "eu-north-1",
        "eu-south-1",
        "eu-south-2",
        "eu-west-1",
        "eu-west-2",
        "eu-west-3",
        "il-central-1",
        "me-central-1",
        "me-south-1",
        "mx-central-1",
        "sa-east-1",
        "us-east-1",
        "us-east-2",
        "us-gov-east-1",
        "us-gov-west-1",
        "us-west-1",
        "us-west-2",
    ];

    /// A region by name. Any name is taken: new regions appear without notice.
    pub fn new(name: impl AsRef<str>) -> Self {
        Self(SmolStr::new(name))
    }

    /// The region's name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Region {
    fn default() -> Self {
        Self::new("us-east-1")
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a text is not an ARN or an account.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArnError {
    /// Fewer than six parts, or the first is not `arn`.
    #[error("`{0}` is not an ARN; the form is arn:partition:service:region:account:resource")]
    NotAnArn(String),
    /// Not 12 digits.
    #[error("`{0}` is not an account number; it has 12 digits")]
    NotAnAccount(String),
}

/// `arn:partition:service:region:account:resource`. Region and account are empty for global things such as buckets.
///
/// Documented: docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Arn {
    /// `aws`, `aws-cn`, `aws-us-gov`.
    pub partition: String,
    /// The service's namespace, such as `lambda`.
    pub service: String,
    /// A region's name, or empty.
    pub region: String,
    /// 12 digits, or empty.
    pub account: String,
    /// All that follows, colons and slashes included.
    pub resource: String,
}

impl Arn {
    /// An ARN of the `aws` partition.
    pub fn new(service: &str, region: &Region, account: &AccountId, resource: impl Into<String>) -> Self {
        Self {
            partition: "aws".to_owned(),
            service: service.to_owned(),
            region: region.as_str().to_owned(),
            account: account.as_str().to_owned(),
            resource: resource.into(),
        }
    }

    /// An ARN without region, such as a role's.
    pub fn global(service: &str, account: &AccountId, resource: impl Into<String>) -> Self {
        Self { region: String::new(), ..Self::new(service, &Region::default(), account, resource) }
    }

    /// A bucket's or object's ARN: neither region nor account.
    pub fn s3(resource: impl Into<String>) -> Self {
        Self { account: String::new(), ..Self::global("s3", &AccountId::unnamed(), resource) }
    }

    /// Partition, service, region, account and resource of a text that is an ARN.
    pub fn parts(text: &str) -> Option<[&str; 5]> {
        let mut parts = text.strip_prefix("arn:")?.splitn(5, ':');
        let mut next = || parts.next();
        let [partition, service, region, account, resource] = [next()?, next()?, next()?, next()?, next()?];
        let is_whole = !partition.is_empty() && !service.is_empty() && !resource.is_empty();
        is_whole.then_some([partition, service, region, account, resource])
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "arn:{}:{}:{}:{}:{}",
            self.partition, self.service, self.region, self.account, self.resource
        )
    }
}

impl FromStr for Arn {
    type Err = ArnError;

    fn from_str(text: &str) -> Result<Self, ArnError> {
        let parts = Self::parts(text).ok_or_else(|| ArnError::NotAnArn(text.to_owned()))?;
        let [partition, service, region, account, resource] = parts.map(str::to_owned);
        Ok(Self { partition, service, region, account, resource })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_prints_as_it_was_read() {
        let check = |text: &str, resource: &str| {
            let arn: Arn = text.parse().expect(text);
            assert_eq!((arn.to_string().as_str(), arn.resource.as_str()), (text, resource));
        };
        check("arn:aws:lambda:us-east-1:123456789012:function:f:1", "function:f:1");
        check("arn:aws:s3:::bucket/a:b", "bucket/a:b");
        check("arn:aws:iam::123456789012:role/service-role/r", "role/service-role/r");
    }

    #[test]
    fn a_text_that_is_not_an_arn_is_refused() {
        for text in ["", "arn", "arn:aws:s3", "arn:aws:s3:::", "aws:arn:s3:::b", "arn::s3:::b"] {
            assert!(text.parse::<Arn>().is_err(), "{text}");
        }
    }

    #[test]
    fn only_twelve_digits_name_an_account() {
        assert_eq!(AccountId::of_access_key("123456789012").as_str(), "123456789012");
        assert_eq!(AccountId::of_access_key("test").as_str(), "000000000000");
    }
}
