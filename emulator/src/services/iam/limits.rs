//! IAM's quotas. Unit in the name; source and date beside each.
//!
//! Documented: docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html (read 2026-11-29 as in
//! github.com/awsdocs/iam-user-guide).

/// Managed policies attached to one role: the default, which AWS raises on request.
pub const POLICIES_PER_ROLE_MAX: usize = 10;
/// Versions of one managed policy.
pub const VERSIONS_PER_POLICY_MAX: usize = 5;
/// Tags of a role or policy.
pub const TAGS_PER_ENTITY_MAX: usize = 50;
/// Characters of a trust policy without white space: the default.
pub const TRUST_POLICY_CHARS_MAX: usize = 2_048;
/// Characters of a managed policy without white space.
pub const MANAGED_POLICY_CHARS_MAX: usize = 6_144;
/// Characters of a role's inline policies together, without white space.
pub const INLINE_POLICIES_CHARS_MAX: usize = 10_240;
/// Entries of a page when `MaxItems` is absent.
pub const PAGE_ITEMS_DEFAULT: usize = 100;
/// Seconds of a session when none are asked for.
pub const SESSION_SECONDS_DEFAULT: i64 = 3_600;
