//! Physical plans that are kept from run to run: the same query on the same tables is planned once in a process.
//!
//! A plan stands on the query's tree, the database, the options and the tables that it names, and is found again only if all of them
//! are equal. It is kept without files and objects; each run executes a copy of its own, whose scans look for the files that are there
//! then. What has the time or the seed of its run in it, or a picture of the catalog, is not kept.

use std::collections::HashMap; // looked up only
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use datafusion::catalog::Session;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::execution_plan::replace_children_if_necessary;
use sqlparser::ast::Query;

use crate::catalog::{Catalog, Table};
use crate::engine::{EngineOptions, ResultColumn};
use crate::error::SqlError;
use crate::objects::Counted;
use crate::scan::stream::LakeExec;

/// Queries whose plans are kept. All go when one more comes.
const QUERIES_MAX: usize = 512;
/// Plans of one query, on other tables each.
const PLANS_MAX: usize = 8;

/// What a crawl notes of itself in a table's parameters. It says nothing of how rows are read.
///
/// Documented: docs.aws.amazon.com/glue/latest/dg/table-properties-crawler.html.
const OF_CRAWLS: [&str; 5] = ["CRAWL_RUN_ID", "averageRecordSize", "objectCount", "recordCount", "sizeKey"];

/// What a planner has met that a plan stands on.
#[derive(Debug, Default)]
pub(crate) struct Ground {
    tables: Mutex<Vec<Table>>,
    passing: AtomicBool,
}

impl Ground {
    /// The plan is of this run alone.
    pub(crate) fn is_passing(&self) {
        self.passing.store(true, Ordering::Relaxed);
    }

    /// The plan is of this table or view.
    pub(crate) fn stands_on(&self, table: &Table) {
        let (table, mut tables) = (as_read(table.clone()), locked(&self.tables));
        if !tables.contains(&table) {
            tables.push(table);
        }
    }

    /// The tables; none if the plan is of this run alone.
    fn tables(&self) -> Option<Vec<Table>> {
        (!self.passing.load(Ordering::Relaxed)).then(|| locked(&self.tables).clone())
    }
}

/// What a plan is found by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    query: Query,
    database: String,
    options: EngineOptions,
}

/// A plan, and what its result looks like.
#[derive(Debug, Clone)]
pub(crate) struct Ready {
    pub(crate) plan: Arc<dyn ExecutionPlan>,
    pub(crate) columns: Vec<ResultColumn>,
    pub(crate) names: Vec<String>,
}

#[derive(Debug)]
struct Kept {
    tables: Vec<Table>,
    ready: Ready,
}

/// Where a copy of a plan looks for its files.
pub(crate) struct Site<'a> {
    pub(crate) catalog: &'a dyn Catalog,
    pub(crate) objects: &'a Counted,
    pub(crate) now_ms: i64,
    pub(crate) session: &'a dyn Session,
}

type Plans = HashMap<Key, Vec<Arc<Kept>>>; // looked up only

static PLANS: Mutex<Option<Plans>> = Mutex::new(None);

/// A copy of the kept plan of this query, if its tables are as they were.
pub(crate) fn find(
    query: &Query,
    database: &str,
    options: &EngineOptions,
    site: &Site<'_>,
) -> Result<Option<Ready>, SqlError> {
    let key = Key { query: query.clone(), database: database.to_owned(), options: options.clone() };
    let found = locked(&PLANS).as_ref().and_then(|plans| plans.get(&key).cloned()).unwrap_or_default();
    let is_now = |table: &Table| {
        site.catalog.table(&table.database, &table.name).is_some_and(|now| as_read(now) == *table)
    };
    let Some(kept) = found.iter().find(|kept| kept.tables.iter().all(is_now)) else { return Ok(None) };
    let attach = |scan: &LakeExec| scan.attached(site.catalog, site.objects, site.now_ms, site.session);
    Ok(Some(Ready { plan: copy(&kept.ready.plan, &attach)?, ..kept.ready.clone() }))
}

/// Keeps a plan that has not been run.
pub(crate) fn keep(
    query: &Query,
    database: &str,
    options: &EngineOptions,
    ground: &Ground,
    ready: &Ready,
) -> Result<(), SqlError> {
    let Some(tables) = ground.tables() else { return Ok(()) };
    let plan = copy(&ready.plan, &|scan| Ok(scan.detached()))?;
    let key = Key { query: query.clone(), database: database.to_owned(), options: options.clone() };
    let mut plans = locked(&PLANS);
    let plans = plans.get_or_insert_default();
    if plans.len() >= QUERIES_MAX {
        plans.clear();
    }
    let of_query = plans.entry(key).or_default();
    if of_query.len() >= PLANS_MAX {
        of_query.remove(0);
    }
    of_query.push(Arc::new(Kept { tables, ready: Ready { plan, ..ready.clone() } }));
    Ok(())
}

/// A table as far as it says how its rows are read.
fn as_read(mut table: Table) -> Table {
    for name in OF_CRAWLS {
        table.parameters.remove(name);
    }
    table
}

type Copied = Result<Arc<dyn ExecutionPlan>, SqlError>;

/// A plan with other scans and no state of any run.
fn copy(plan: &Arc<dyn ExecutionPlan>, scan: &dyn Fn(&LakeExec) -> Copied) -> Copied {
    if let Some(found) = plan.downcast_ref::<LakeExec>() {
        return scan(found);
    }
    let children = plan.children().into_iter().map(|child| copy(child, scan)).collect::<Result<_, _>>()?;
    Ok(replace_children_if_necessary(plan.clone(), children)?.reset_state()?)
}

fn locked<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_stands_on_how_a_table_is_read_and_not_on_what_a_crawl_notes_of_itself() {
        let table = |parameters: &[(&str, &str)]| {
            let parameters =
                parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            Table { name: "clicks".to_owned(), parameters, ..Table::default() }
        };
        let ground = Ground::default();
        ground.stands_on(&table(&[("recordCount", "7"), ("CRAWL_RUN_ID", "a")]));
        ground.stands_on(&table(&[("recordCount", "8"), ("objectCount", "2"), ("averageRecordSize", "1")]));
        assert_eq!(ground.tables(), Some(vec![table(&[])]));
        ground.stands_on(&table(&[("skip.header.line.count", "1")]));
        assert_eq!(ground.tables().map(|tables| tables.len()), Some(2));
    }
}
