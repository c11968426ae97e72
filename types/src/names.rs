//! Rules that AWS sets for names. Each answers with the rule that was broken, in a sentence.

/// Which rule a bucket name breaks.
///
/// Documented: docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html (read 2026-11-29).
/// Left out: that only names of an account's regional namespace end with `-an`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BucketNameError {
    /// 3 to 63 characters.
    #[error("a bucket name has 3 to 63 characters")]
    Length,
    /// Lower-case letters, digits, dots and hyphens.
    #[error("a bucket name holds only lower-case letters, digits, dots and hyphens")]
    Character,
    /// Begins and ends with a letter or digit.
    #[error("a bucket name begins and ends with a letter or a digit")]
    Edge,
    /// No two dots in a row.
    #[error("a bucket name has no two dots in a row")]
    DoubleDot,
    /// Not formatted as an IP address.
    #[error("a bucket name is not formatted as an IP address")]
    IpAddress,
    /// Reserved prefixes and suffixes.
    #[error("this beginning or ending of a bucket name is reserved")]
    Reserved,
}

const BUCKET_PREFIXES_RESERVED: [&str; 3] = ["xn--", "sthree-", "amzn-s3-demo-"];
const BUCKET_SUFFIXES_RESERVED: [&str; 5] = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"];

/// Checks a general purpose bucket's name.
pub fn check_bucket_name(name: &str) -> Result<(), BucketNameError> {
    let edge = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    if !(3..=63).contains(&name.len()) {
        return Err(BucketNameError::Length);
    }
    if !name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'.' || b == b'-') {
        return Err(BucketNameError::Character);
    }
    if !edge(name.bytes().next()) || !edge(name.bytes().last()) {
        return Err(BucketNameError::Edge);
    }
    if name.contains("..") {
        return Err(BucketNameError::DoubleDot);
    }
    if name.parse::<std::net::Ipv4Addr>().is_ok() {
        return Err(BucketNameError::IpAddress);
    }
    let reserved = BUCKET_PREFIXES_RESERVED.iter().any(|prefix| name.starts_with(prefix))
        || BUCKET_SUFFIXES_RESERVED.iter().any(|suffix| name.ends_with(suffix));
    if reserved { Err(BucketNameError::Reserved) } else { Ok(()) }
}

/// Splits `s3://bucket/key` into bucket and key; the key may be empty.
pub fn split_s3_uri(uri: &str) -> Option<(&str, &str)> {
    let rest = uri.strip_prefix("s3://").or_else(|| uri.strip_prefix("s3a://"))?;
    let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
    if bucket.is_empty() { None } else { Some((bucket, key)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bucket_names_follow_the_published_rules() {
        let check = |name: &str, expected: Result<(), BucketNameError>| {
            assert_eq!(check_bucket_name(name), expected, "{name}");
        };
        check("my-bucket.1", Ok(()));
        check("ab", Err(BucketNameError::Length));
        check(&"a".repeat(64), Err(BucketNameError::Length));
        check("My-bucket", Err(BucketNameError::Character));
        check("a_b", Err(BucketNameError::Character));
        check("-abc", Err(BucketNameError::Edge));
        check("abc.", Err(BucketNameError::Edge));
        check("a..b", Err(BucketNameError::DoubleDot));
        check("192.168.0.1", Err(BucketNameError::IpAddress));
        check("xn--abc", Err(BucketNameError::Reserved));
        check("abc-s3alias", Err(BucketNameError::Reserved));
    }

    #[test]
    fn an_s3_uri_splits_at_the_first_slash() {
        assert_eq!(split_s3_uri("s3://b/k/x"), Some(("b", "k/x")));
        assert_eq!(split_s3_uri("s3://b"), Some(("b", "")));
        assert_eq!(split_s3_uri("s3:///k"), None);
        assert_eq!(split_s3_uri("b/k"), None);
    }
}
