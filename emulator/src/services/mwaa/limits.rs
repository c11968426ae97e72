//! Numbers of MWAA, with unit and source.

use std::time::Duration;

/// How long an environment is `CREATING`, at least. Assumed: AWS takes 20 to 30 minutes; a tank shows the state and goes on. It is not
/// left before Airflow has read the DAG folder.
pub(super) const CREATING: Duration = Duration::from_secs(5);
/// How long it is `UPDATING`, at least. Assumed: AWS takes 10 to 30 minutes.
pub(super) const UPDATING: Duration = Duration::from_secs(3);
/// How long it is `DELETING`. Assumed.
pub(super) const DELETING: Duration = Duration::from_secs(2);

/// How often the DAG folder is looked at.
///
/// Assumed: Airflow's `scheduler.dag_dir_list_interval`, 300 s by default. Who asks for the list of DAGs or for one that is not known
/// has it looked at at once.
pub(super) const SYNC_EVERY: Duration = Duration::from_secs(300);

/// DAG runs of one environment at one time; further ones wait. Ours, for the machine's sake: each needs a process.
pub(super) const RUNS_MAX: usize = 4;

/// Runs that are known ahead below which a timetable is asked for more. Ours.
pub(super) const UPCOMING_MIN: usize = 4;

/// Finished runs of a DAG that are shown. Ours.
pub(super) const RUNS_KEPT: usize = 10_000;

/// Workers if nothing is said. Documented: CreateEnvironment, docs.aws.amazon.com/mwaa/latest/API/API_CreateEnvironment.html (to be
/// verified).
pub(super) const MAX_WORKERS_DEFAULT: i64 = 10;
/// The same for the fewest.
pub(super) const MIN_WORKERS_DEFAULT: i64 = 1;
/// Schedulers if nothing is said. Documented: the service model.
pub(super) const SCHEDULERS_DEFAULT: i64 = 2;
/// Environments of one answer. Documented: the service model.
pub(super) const PAGE_MAX: i64 = 25;

/// Classes. Documented: the service model.
pub(super) const CLASSES: [&str; 6] =
    ["mw1.micro", "mw1.small", "mw1.medium", "mw1.large", "mw1.xlarge", "mw1.2xlarge"];
