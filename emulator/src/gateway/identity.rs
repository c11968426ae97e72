//! Access keys: each names an account, all share one secret, and those of real accounts are turned away.

/// The secret of every access key.
pub const SECRET: &str = "test";

/// Why a key that looks real is refused.
pub(super) const LOOKS_REAL: &str = "This access key id looks like one of a real AWS account, and this is not AWS: nothing was done with it. \
hint: use AWS_ACCESS_KEY_ID=test (or a 12-digit account number) and AWS_SECRET_ACCESS_KEY=test";

/// Whether a key id has the form of AWS's own: `AKIA` or `ASIA` and 16 more. Those of AWS's documentation, which end in
/// `EXAMPLE`, belong to nobody.
///
/// Documented: docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html (read 2026-11-29).
pub fn looks_real(access_key: &str) -> bool {
    let rest = access_key.strip_prefix("AKIA").or_else(|| access_key.strip_prefix("ASIA"));
    let is_key = |rest: &str| {
        rest.len() == 16 && rest.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    };
    rest.is_some_and(|rest| is_key(rest) && !rest.ends_with("EXAMPLE"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_real_accounts_are_told_from_made_up_ones() {
        let check = |key: &str, real: bool| assert_eq!(looks_real(key), real, "{key}");
        check("AKIAQWERTYUIOPASDFGH", true);
        check("ASIAQWERTYUIOPASDF22", true);
        check("AKIAIOSFODNN7EXAMPLE", false);
        check("AKIA", false);
        check("test", false);
        check("123456789012", false);
    }
}
