//! Numbers of tables, with unit and source. Documented, unless a line says otherwise:
//! docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html (an edition of 2023-02 read 2026-11-28; it does not
//! tell of tags, classes and switches).

use std::time::Duration;

use wavetank_wire::dynamodb as w;

/// How long a table or global index is CREATING, UPDATING or DELETING. Assumed: AWS takes seconds to minutes; a tank shows
/// the state and goes on.
pub(crate) const TRANSITION: Duration = Duration::from_millis(500);

/// Letters of a table's or index's name.
pub(super) const NAME_LETTERS: std::ops::RangeInclusive<usize> = 3..=255;
/// Tables of one account and region.
pub(super) const TABLES_MAX: usize = 2_500;
/// Tables that are CREATING, UPDATING or DELETING at once.
pub(super) const TABLES_IN_TRANSITION_MAX: usize = 500;
/// Tables of one ListTables answer.
pub(super) const LIST_TABLES_MAX: usize = 100;
/// Local indexes of a table.
pub(super) const LOCAL_INDEXES_MAX: usize = 5;
/// Global indexes of a table.
pub(super) const GLOBAL_INDEXES_MAX: usize = 20;
/// Attributes that all indexes of a table with projection INCLUDE name, in sum.
pub(super) const PROJECTED_ATTRIBUTES_MAX: usize = 100;
/// Units of throughput that can be asked for at all. Recorded: dynalite's tests.
pub(super) const UNITS_MAX: i64 = 1_000_000_000_000;
/// Tags of a table.
pub(super) const TAGS_MAX: usize = 50;
/// Reads each second that a table takes at once, if nobody says more.
/// Documented: docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html (read 2026-11-28).
pub(super) const WARM_READ_MIN: i64 = 12_000;
/// As [`WARM_READ_MIN`], for writes.
pub(super) const WARM_WRITE_MIN: i64 = 4_000;
/// Decreases of throughput in a UTC day that may follow each other at once.
/// Documented: docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html (an edition of 2023-02 read 2026-11-28).
pub(super) const DECREASES_AT_ONCE: usize = 4;
/// How long each later decrease of a day has to wait after the one before.
pub(super) const DECREASE_PAUSE: Duration = Duration::from_secs(3_600);
/// Switches of a table to on-demand in 24 hours.
/// Documented: docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html (read 2026-11-28).
pub(super) const SWITCHES_PER_DAY: usize = 4;
/// The rolling period of [`SWITCHES_PER_DAY`].
pub(super) const DAY: Duration = Duration::from_secs(24 * 3_600);
/// Changes of a table's class in [`MONTH`].
pub(super) const CLASS_CHANGES_MAX: usize = 2;
/// The rolling period of [`CLASS_CHANGES_MAX`].
pub(super) const MONTH: Duration = Duration::from_secs(30 * 24 * 3_600);
/// How long a client may keep an endpoint. Recorded: dynalite's and moto's answers.
pub(super) const ENDPOINT_CACHE_MINUTES: i64 = 1_440;
/// Units of an account and region, of each kind.
const ACCOUNT_UNITS: i64 = 80_000;
/// Units of a table, of each kind.
const TABLE_UNITS: i64 = 40_000;

/// As DescribeLimits shows them; they are not enforced.
pub(super) fn described() -> w::DescribeLimitsOutput {
    w::DescribeLimitsOutput {
        account_max_read_capacity_units: Some(ACCOUNT_UNITS),
        account_max_write_capacity_units: Some(ACCOUNT_UNITS),
        table_max_read_capacity_units: Some(TABLE_UNITS),
        table_max_write_capacity_units: Some(TABLE_UNITS),
    }
}
