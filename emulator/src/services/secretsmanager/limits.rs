//! Numbers of Secrets Manager, with unit and source.

/// Bytes of a secret's value.
///
/// Documented: docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html (read 2026-11-29).
pub(super) const VALUE_BYTES_MAX: usize = 65_536;
/// Days after which a deleted secret is gone, at least. Documented: DeleteSecret, the service model.
pub(super) const RECOVERY_DAYS_MIN: i64 = 7;
/// Days after which a deleted secret is gone, at most and if nothing is asked. Documented: DeleteSecret, the service model.
pub(super) const RECOVERY_DAYS_MAX: i64 = 30;
/// Entries of an answer. Documented: the service model.
pub(super) const LIST_MAX: usize = 100;
/// Characters of a random password if nothing is asked. Documented: GetRandomPassword, the service model.
pub(super) const PASSWORD_CHARS: i64 = 32;
/// Seconds of a day.
pub(super) const DAY_SECONDS: u64 = 86_400;
