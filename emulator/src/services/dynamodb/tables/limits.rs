//! Numbers of tables, with unit and source. Documented, unless a line says otherwise:
//! docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html (to be verified).

use std::time::Duration;

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
/// Documented: docs.aws.amazon.com/amazondynamodb/latest/developerguide/warm-throughput.html (to be verified).
pub(super) const WARM_READ_MIN: i64 = 12_000;
/// As [`WARM_READ_MIN`], for writes.
pub(super) const WARM_WRITE_MIN: i64 = 4_000;
