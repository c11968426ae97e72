//! Pushes events through the commands of a query, one by one. `sort` and `stats` keep what they get until the last has come.

use std::collections::{HashMap, HashSet}; // looked up only

use super::eval::Env;
use super::row::{Row, Source};
use super::stats::{Aggregate, State};
use super::syntax::{Command, Expr, Plan, SortKey, Stats};
use super::value::Value;

/// Texts that have come before.
type Seen = HashSet<String>; // looked up only
/// Where a group is, by its keys.
type Places = HashMap<String, usize>; // looked up only

/// What a query has looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Counts {
    pub(in super::super) scanned: u64,
    pub(in super::super) matched: u64,
    pub(in super::super) bytes: u64,
}

/// A row of the results: names and texts. What is null is left out.
pub(in super::super) type Line = Vec<(String, String)>;

/// Runs a query on events that come newest first. At most `limit` rows come out.
pub(in super::super) fn run<'a>(
    plan: &'a Plan,
    events: impl Iterator<Item = Source<'a>>,
    limit: usize,
    now: i64,
) -> (Vec<Line>, Counts) {
    let mut runner = Runner::new(plan, limit, now);
    for source in events {
        runner.counts.scanned += 1;
        runner.counts.bytes += source.event.message.len() as u64;
        runner.feed(0, Row::of(source));
    }
    runner.finish()
}

/// A command, and what it remembers.
#[derive(Debug)]
enum Stage<'a> {
    /// Filters, and whatever makes of each row one row.
    Plain(&'a Command),
    Unnest(&'a Expr),
    Stats(Grouped<'a>),
    /// Rows with their keys, and how many of them can come out at all.
    Sort {
        keys: &'a [SortKey],
        rows: Vec<(Vec<Value<'static>>, Row<'a>)>,
        most: Option<usize>,
    },
    Dedup(&'a [Expr], Seen),
    Limit(usize),
}

#[derive(Debug)]
struct Grouped<'a> {
    stats: &'a Stats,
    /// Never walked through: `groups` has the order.
    places: Places,
    groups: Vec<(Vec<Value<'static>>, Vec<State>)>,
    /// The keys of the row at hand.
    key: String,
}

#[derive(Debug)]
struct Runner<'a> {
    plan: &'a Plan,
    stages: Vec<Stage<'a>>,
    /// Rows that come to this stage have matched.
    matched_at: usize,
    counts: Counts,
    limit: usize,
    now: i64,
    lines: Vec<Line>,
}

impl<'a> Runner<'a> {
    fn new(plan: &'a Plan, limit: usize, now: i64) -> Self {
        let commands = &plan.commands;
        let stages =
            (0..commands.len()).map(|at| Stage::of(&commands[at], sort_most(&commands[at + 1..], limit)));
        let is_plain = |command: &&Command| {
            matches!(command, Command::Filter(_) | Command::Make(_) | Command::Parse { .. })
        };
        let matched_at = commands.iter().take_while(is_plain).count();
        Self {
            plan,
            stages: stages.collect(),
            matched_at,
            counts: Counts::default(),
            limit,
            now,
            lines: Vec::new(),
        }
    }

    fn env(&self) -> Env<'a> {
        Env { names: &self.plan.found, now: self.now, aggregates: &[] }
    }

    /// A row comes to the stage of this place.
    fn feed(&mut self, first: usize, mut row: Row<'a>) {
        let env = self.env();
        for at in first..self.stages.len() {
            if at == self.matched_at && row.source.is_some() {
                self.counts.matched += 1;
            }
            let goes_on = match &mut self.stages[at] {
                Stage::Plain(command) => plain(command, &mut row, env),
                Stage::Unnest(list) => {
                    let twins = unnested(list, &row, env);
                    twins.into_iter().for_each(|twin| self.feed(at + 1, twin));
                    false
                }
                Stage::Stats(grouped) => {
                    grouped.add(&row, env);
                    false
                }
                Stage::Sort { keys, rows, most } => {
                    let values = keys.iter().map(|key| key.expr.eval(&row, env).into_owned()).collect();
                    rows.push((values, row));
                    if most.is_some_and(|most| rows.len() >= most.saturating_mul(2).max(1_000)) {
                        order(keys, rows, *most);
                    }
                    return;
                }
                Stage::Dedup(keys, seen) => is_new(keys, seen, &row, env),
                Stage::Limit(left) => {
                    let goes_on = *left > 0;
                    *left = left.saturating_sub(1);
                    goes_on
                }
            };
            if !goes_on {
                return;
            }
        }
        if self.stages.len() == self.matched_at && row.source.is_some() {
            self.counts.matched += 1;
        }
        self.show(&row);
    }

    /// A row has come through.
    fn show(&mut self, row: &Row<'a>) {
        if self.lines.len() >= self.limit {
            return;
        }
        let names = &self.plan.found;
        let shown = self.plan.columns.iter().filter_map(|column| {
            let value = row.value(&column.field, names);
            Some((column.name.clone(), value.as_text()?.into_owned()))
        });
        let mut line: Line = shown.collect();
        let has_pointer = line.iter().any(|(name, _)| name == "@ptr");
        if let Some(source) = row.source.filter(|_| !has_pointer) {
            line.push(("@ptr".to_owned(), source.pointer()));
        }
        self.lines.push(line);
    }

    /// The last event has come.
    fn finish(mut self) -> (Vec<Line>, Counts) {
        for at in 0..self.stages.len() {
            match &mut self.stages[at] {
                Stage::Sort { keys, rows, most } => {
                    order(keys, rows, *most);
                    let rows = std::mem::take(rows);
                    rows.into_iter().for_each(|(_, row)| self.feed(at + 1, row));
                }
                Stage::Stats(grouped) => {
                    let rows = grouped.end(self.plan, self.now);
                    rows.into_iter().for_each(|row| self.feed(at + 1, row));
                }
                _ => {}
            }
        }
        (self.lines, self.counts)
    }
}

impl<'a> Stage<'a> {
    fn of(command: &'a Command, most: Option<usize>) -> Self {
        match command {
            Command::Filter(_) | Command::Make(_) | Command::Parse { .. } => Self::Plain(command),
            Command::Unnest(list) => Self::Unnest(list),
            Command::Stats(stats) => {
                Self::Stats(Grouped { stats, places: Places::new(), groups: Vec::new(), key: String::new() })
            }
            Command::Sort(keys) => Self::Sort { keys, rows: Vec::new(), most },
            Command::Dedup(keys) => Self::Dedup(keys, Seen::new()),
            Command::Limit(count) => Self::Limit(*count),
        }
    }
}

/// How many rows of a sort can come out of a query, if what follows lets all pass up to a limit.
fn sort_most(rest: &[Command], limit: usize) -> Option<usize> {
    for command in rest {
        match command {
            Command::Make(_) | Command::Parse { .. } => {}
            Command::Limit(count) => return Some((*count).min(limit)),
            _ => return None,
        }
    }
    Some(limit)
}

/// Sorts, and forgets what cannot come out. Rows that are equal stay in their order.
fn order(keys: &[SortKey], rows: &mut Vec<(Vec<Value<'static>>, Row<'_>)>, most: Option<usize>) {
    rows.sort_by(|(one, _), (other, _)| {
        let values = keys.iter().zip(one.iter().zip(other));
        let orders = values.map(|(key, (one, other))| one.sort_order(other, key.is_descending));
        orders.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
    });
    if let Some(most) = most {
        rows.truncate(most);
    }
}

/// What makes of a row one row, or none. Answers whether it goes on.
fn plain<'a>(command: &'a Command, row: &mut Row<'a>, env: Env<'a>) -> bool {
    match command {
        Command::Filter(expr) => return expr.eval(row, env).is_true(),
        Command::Make(fields) => {
            for (place, expr) in fields {
                debug_assert_eq!(*place, row.made.len(), "fields are made in the order of their places");
                let value = expr.eval(row, env).into_owned();
                row.made.push(value);
            }
        }
        Command::Parse { text, template, first, count } => {
            debug_assert_eq!(*first, row.made.len(), "fields are made in the order of their places");
            let mut parts = Vec::with_capacity(*count);
            template.take(text.eval(row, env).as_text().as_deref(), &mut parts);
            row.made.append(&mut parts);
        }
        _ => {}
    }
    true
}

/// A row for each entry of a list. Assumed: none for what is not a list.
fn unnested<'a>(list: &Expr, row: &Row<'a>, env: Env<'_>) -> Vec<Row<'a>> {
    let Value::Tree(tree) = list.eval(row, env) else { return Vec::new() };
    let entries = tree.as_array().map(Vec::as_slice).unwrap_or_default();
    let twin = |entry: &serde_json::Value| {
        let mut twin = row.twin();
        twin.made.push(Value::of_json(entry));
        twin
    };
    entries.iter().map(twin).collect()
}

/// Whether no row before had the same values. Documented: CWL_QuerySyntax-Dedup.html: what has a null is always kept.
fn is_new(keys: &[Expr], seen: &mut Seen, row: &Row<'_>, env: Env<'_>) -> bool {
    let mut text = String::new();
    for key in keys {
        let value = key.eval(row, env);
        if value.is_null() {
            return true;
        }
        value.write_key(&mut text);
    }
    seen.insert(text)
}

impl<'a> Grouped<'a> {
    fn add(&mut self, row: &Row<'a>, env: Env<'a>) {
        self.key.clear();
        for key in &self.stats.keys {
            key.eval(row, env).write_key(&mut self.key);
        }
        let place = match self.places.get(&self.key) {
            Some(place) => *place,
            None => {
                let values = self.stats.keys.iter().map(|key| key.eval(row, env).into_owned()).collect();
                let states = self.stats.aggregates.iter().map(Aggregate::begin).collect();
                self.groups.push((values, states));
                self.places.insert(self.key.clone(), self.groups.len() - 1);
                self.groups.len() - 1
            }
        };
        let states = &mut self.groups[place].1;
        for (aggregate, state) in self.stats.aggregates.iter().zip(states) {
            aggregate.add(state, row, env);
        }
    }

    /// A row for each group, in the order in which they began: keys, then results.
    fn end(&mut self, plan: &'a Plan, now: i64) -> Vec<Row<'a>> {
        let stats = self.stats;
        let row = |(mut values, states): (Vec<Value<'static>>, Vec<State>)| {
            let ended = stats.aggregates.iter().zip(states);
            let aggregates: Vec<_> = ended.map(|(aggregate, state)| aggregate.end(state)).collect();
            let env = Env { names: &plan.found, now, aggregates: &aggregates };
            let empty = Row::made(Vec::new());
            let outputs = stats.outputs.iter().map(|output| output.eval(&empty, env).into_owned());
            values.extend(outputs);
            Row::made(values)
        };
        std::mem::take(&mut self.groups).into_iter().map(row).collect()
    }
}
