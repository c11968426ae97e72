//! Numbers of RDS, with unit and source.

use std::time::Duration;

/// How long an instance is `creating`, at least. Assumed: AWS takes minutes; a tank shows each state and goes on. None is left
/// before the real server has done its part.
pub(super) const CREATING: Duration = Duration::from_secs(2);
/// How long it is `backing-up` after that, if it keeps backups. Assumed.
pub(super) const BACKING_UP: Duration = Duration::from_secs(1);
/// How long it is `modifying`. Assumed.
pub(super) const MODIFYING: Duration = Duration::from_secs(1);
/// How long it is `starting` or `rebooting`. Assumed.
pub(super) const STARTING: Duration = Duration::from_secs(1);
/// How long it is `stopping` or `deleting`. Assumed.
pub(super) const STOPPING: Duration = Duration::from_secs(1);
/// How long a snapshot is `creating`. Assumed.
pub(super) const SNAPSHOT: Duration = Duration::from_secs(1);

/// After how long a stopped instance is started again.
///
/// Documented: docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_StopInstance.html (read 2026-11-29): seven days.
pub(super) const STOPPED_MAX: Duration = Duration::from_secs(7 * 86_400);

/// How long an event is shown. Documented: DescribeEvents, the service model: 14 days.
pub(super) const EVENTS_KEPT: Duration = Duration::from_secs(14 * 86_400);
/// How far back events are shown if nothing else is asked. Documented: DescribeEvents, the service model: 60 minutes.
pub(super) const EVENTS_SHOWN: Duration = Duration::from_secs(3_600);

/// Characters of an instance's identifier.
///
/// Documented: docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html (read 2026-11-29).
pub(super) const IDENTIFIER_CHARS_MAX: usize = 63;
/// Characters of other names. Documented: the pages of the operations (read 2026-11-29).
pub(super) const NAME_CHARS_MAX: usize = 255;
/// Characters of PostgreSQL's master password, at least. Documented: as above.
pub(super) const PASSWORD_CHARS_MIN: usize = 8;
/// Characters of PostgreSQL's master password, at most. Documented: as above.
pub(super) const PASSWORD_CHARS_MAX: usize = 128;
/// Characters of PostgreSQL's master user and database. Documented: as above for the database; that page says 16 for the user
/// of any engine (to be verified).
pub(super) const USER_CHARS_MAX: usize = 63;
/// Least port. Documented: as above.
pub(super) const PORT_MIN: i64 = 1_150;
/// Greatest port. Documented: as above.
pub(super) const PORT_MAX: i64 = 65_535;
/// Days that backups are kept, at most. Documented: as above.
pub(super) const RETENTION_DAYS_MAX: i64 = 35;
/// Gibibytes of general purpose storage, at least. Documented: as above.
pub(super) const STORAGE_GIB_MIN: i64 = 5;
/// Gibibytes of storage, at most. Documented: as above.
pub(super) const STORAGE_GIB_MAX: i64 = 65_536;
/// Entries of an answer, at least. Documented: the service model.
pub(super) const RECORDS_MIN: i64 = 20;
/// Entries of an answer, at most and if nothing is asked. Documented: the service model.
pub(super) const RECORDS_MAX: i64 = 100;
