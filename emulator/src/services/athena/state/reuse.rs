//! Former results: which query may be given one again, and whether it is still there.
//!
//! Documented: docs.aws.amazon.com/athena/latest/ug/reusing-query-results.html (read 2026-11-29): the newest result young enough of the same
//! text, workgroup, database and result configuration, whose file has not gone; queries alone; nothing that is not deterministic.
//! Assumed: texts match to the letter (the page leaves that to Athena), the new query writes its own result file, and any
//! refusal to read the old one counts as its absence.

use std::sync::Arc;
use std::time::Duration;

use wavetank_wire::athena::StartQueryExecutionInput;
use wavetank_wire::{Val, WireError};

use super::super::limits::REUSE_MINUTES_DEFAULT;
use super::super::work::{QueryResult, QueryWork};
use super::prepared::skip_blank;
use super::queries::{Plan, Query, State};
use super::{Athena, Waiting};
use crate::services::s3::Command;
use crate::world::{Cx, Effect};

/// A result that is to be given again.
#[derive(Clone, Debug)]
pub(super) struct Former {
    pub(super) result: Arc<QueryResult>,
    /// Bucket and key of the file that must still be there.
    file: (String, String),
    /// What runs if it is not.
    pub(super) work: Box<QueryWork>,
}

impl Athena {
    /// Runs a query, or gives a former result again if reuse is asked for and there is one.
    pub(super) fn run_or_reuse(
        &self,
        cx: &Cx<'_>,
        input: &StartQueryExecutionInput,
        group: &str,
        work: QueryWork,
    ) -> Plan {
        let former = self.former_query(cx, input, group, &work);
        let former = former.and_then(|query| Some((query.result.clone()?, query.file.clone())));
        let work = Box::new(work);
        match former {
            Some((result, file)) => Plan::Reuse(Former { result, file, work }),
            None => Plan::Run(work),
        }
    }

    fn former_query(
        &self,
        cx: &Cx<'_>,
        input: &StartQueryExecutionInput,
        group: &str,
        work: &QueryWork,
    ) -> Option<&Query> {
        let by_age = input.result_reuse_configuration.as_ref()?.result_reuse_by_age_configuration.as_ref()?;
        if !by_age.enabled || !is_deterministic(&work.sql) {
            return None;
        }
        let minutes = by_age.max_age_in_minutes.unwrap_or(REUSE_MINUTES_DEFAULT);
        let age_max = Duration::from_secs(60 * u64::try_from(minutes).unwrap_or(0));
        let is_own = self.group(group).is_ok_and(|group| !group.enforces());
        let fits = |query: &&Query| {
            let Plan::Run(ran) = &query.plan else { return false };
            query.state == State::Succeeded
                && query.group == group
                && query.substatement == Some("SELECT")
                && (&ran.sql, &ran.parameters, &ran.database) == (&work.sql, &work.parameters, &work.database)
                && ran.output_location == work.output_location
                && (!is_own || query.input.result_configuration == input.result_configuration)
                && query.completed.is_some_and(|at| cx.now.since(at) <= age_max)
        };
        self.queries.values().rev().find(fits)
    }

    /// Asks whether the former result's file is there.
    pub(super) fn look_for(&mut self, cx: &mut Cx<'_>, id: &str, former: &Former) {
        let (bucket, key) = former.file.clone();
        let token = self.wait(cx, Waiting::Former(id.to_owned()));
        cx.push(Effect::S3 { command: Command::GetObject { bucket, key }, reply: Some(token) });
    }

    /// It is, or the query runs after all.
    pub(super) fn former_looked_for(&mut self, cx: &mut Cx<'_>, id: &str, result: &Result<Val, WireError>) {
        let query = self.queries.get_mut(id).expect("queries are never removed");
        if result.is_err()
            && let Plan::Reuse(former) = &query.plan
        {
            query.plan = Plan::Run(former.work.clone());
        }
        self.begin(cx, id);
    }
}

/// Whether a query gives the same each time. Documented: `rand()`, `shuffle()` and LIMIT without ORDER BY do not. Assumed: `random()`
/// and `uuid()` neither, and that times such as `now()` do.
fn is_deterministic(sql: &str) -> bool {
    const DRAWN: [&str; 4] = ["RAND", "RANDOM", "SHUFFLE", "UUID"];
    // Within how many brackets, and whether the query there is ordered.
    let mut ordered = vec![false];
    let mut last = String::new();
    let mut rest = skip_blank(sql);
    while let Some(c) = rest.chars().next() {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let end = match c {
            '\'' | '"' => rest[1..].find(c).map_or(rest.len(), |at| at + 2),
            c if is_word(c) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            c => c.len_utf8(),
        };
        let part = rest[..end].to_ascii_uppercase();
        rest = skip_blank(&rest[end..]);
        match part.as_str() {
            "(" => ordered.push(false),
            ")" if ordered.len() > 1 => drop(ordered.pop()),
            "BY" if last == "ORDER" => *ordered.last_mut().expect("never empty") = true,
            "LIMIT" if ordered.last() == Some(&false) => return false,
            word if DRAWN.contains(&word) && rest.starts_with('(') => return false,
            _ => {}
        }
        last = part;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_and_unordered_limits_are_not_deterministic() {
        let check = |sql: &str, expected: bool| assert_eq!(is_deterministic(sql), expected, "{sql}");
        check("SELECT a FROM t", true);
        check("SELECT a FROM t LIMIT 3", false);
        check("SELECT a FROM t ORDER BY a LIMIT 3", true);
        check("SELECT row_number() OVER (ORDER BY a) FROM t LIMIT 3", false);
        check("SELECT * FROM (SELECT a FROM t LIMIT 3) ORDER BY a", false);
        check("SELECT * FROM (SELECT a FROM t ORDER BY a LIMIT 3)", true);
        check("SELECT rand()", false);
        check("SELECT shuffle (x) FROM t", false);
        check("SELECT rand FROM t WHERE b = 'rand() LIMIT' -- LIMIT 1", true);
        check("SELECT \"limit\" FROM t /* LIMIT */", true);
    }
}
