//! The ledger in the picture: who sends, where records are counted, what the queries were answered, which edges a failed check is of.
//!
//! A place of the ledger counts what came to it; if one edge leads there, the count is that edge's. What a service counted as having
//! come to it is shared out in the same way.

use std::collections::BTreeMap;

use wavetank_scenarios::{Check, Ends, Outputs, Scenario, Step};
use wavetank_types::names::split_s3_uri;

use super::links::{Draft, End, folder};
use super::metrics::Meters;
use super::stack::Stack;
use super::zones::Graph;
use super::{Count, Kind, Node, Unit};
use crate::report::Report;

/// Where a count of the ledger comes from.
const LEDGER: &str = "ledger";

/// Names every place in S3 that the scenario names, so that it is one of its own.
pub(super) fn places(draft: &mut Draft, stack: &mut Stack, scenario: &Scenario, outputs: &Outputs) {
    let input = &scenario.input;
    for said in [Some(&input.to), input.orders.as_ref(), input.catalogue.as_ref()].into_iter().flatten() {
        draft.sent_to.extend(outputs.fill(said).ok().and_then(|at| end_of(stack, &at)));
    }
    let output = &scenario.output;
    let mut named: Vec<&String> = vec![&scenario.input.to, &output.data];
    named.extend(scenario.input.orders.iter().chain(&scenario.input.catalogue));
    named.extend(output.rejects.iter().chain(&output.orders).chain(&output.order_details));
    named.extend(scenario.landing.iter().map(|landing| &landing.within));
    named.extend(scenario.edges.iter().map(|edge| &edge.at));
    for check in &scenario.checks {
        match check {
            Check::Files(files) => named.push(&files.within),
            Check::Partition { within, .. } => named.push(within),
            _ => {}
        }
    }
    for said in named {
        if let Some(End::Place(bucket, prefix)) = outputs.fill(said).ok().and_then(|at| end_of(stack, &at)) {
            draft.prefixes.entry(bucket).or_default().insert(prefix);
        }
    }
}

/// What a place such as `s3://bucket/prefix/` or `sqs:QUEUE` is in the picture.
fn end_of(stack: &Stack, at: &str) -> Option<End> {
    if at.starts_with("s3://") {
        let (bucket, key) = split_s3_uri(at)?;
        return stack.has_bucket(bucket).then(|| End::Place(bucket.to_owned(), folder(key)));
    }
    let (kind, name) = at.split_once(':')?;
    let kind = match kind {
        "kinesis" => Kind::Stream,
        "firehose" => Kind::Delivery,
        "dynamodb" => Kind::Table,
        "sqs" => Kind::Queue,
        "rds" => Kind::Database,
        _ => return None,
    };
    stack.named(kind, name).map(End::Node)
}

/// Everything that is counted once the graph is there.
pub(super) async fn count(
    meters: Meters<'_>,
    graph: &mut Graph,
    stack: &Stack,
    scenario: &Scenario,
    outputs: &Outputs,
    report: &Report,
) {
    let mut book = Book { graph, stack, scenario, outputs, report };
    book.producer();
    book.share_out();
    book.ends();
    book.passed();
    book.answers();
    book.crawled(meters).await;
    book.marks();
}

struct Book<'a> {
    graph: &'a mut Graph,
    stack: &'a Stack,
    scenario: &'a Scenario,
    outputs: &'a Outputs,
    report: &'a Report,
}

impl Book<'_> {
    /// The node of a place of the scenario; a log group becomes one when it is asked for.
    fn node(&mut self, said: &str) -> Option<usize> {
        let at = self.outputs.fill(said).ok()?;
        let Some(group) = at.strip_prefix("logs:") else {
            return end_of(self.stack, &at).and_then(|end| self.graph.end(&end));
        };
        let known = self.graph.nodes.iter().position(|node| node.kind == Kind::Log && node.name == group);
        let function =
            group.strip_prefix("/aws/lambda/").and_then(|name| self.stack.named(Kind::Function, name));
        let function = known.is_none().then_some(function).flatten();
        let node = known.unwrap_or_else(|| self.add(Kind::Log, group));
        if let Some(function) = function {
            self.graph.edge(function, node, false, Vec::new());
        }
        Some(node)
    }

    fn add(&mut self, kind: Kind, name: &str) -> usize {
        let node = Node {
            kind,
            name: name.to_owned(),
            prefixes: Vec::new(),
            counts: Vec::new(),
            failed: Vec::new(),
        };
        self.graph.nodes.push(node);
        self.graph.nodes.len() - 1
    }

    /// The one edge that leads to a node, if there is one alone.
    fn only_edge_to(&self, node: usize, must_trigger: bool) -> Option<usize> {
        let mut to = (0..self.graph.edges.len())
            .filter(|at| self.graph.edges[*at].to == node && (!must_trigger || self.graph.triggers[*at]));
        to.next().filter(|_| to.next().is_none())
    }

    /// So much came to a node: at its place, and on the edge if one alone leads there.
    fn came(&mut self, node: usize, count: Count) {
        if let Some(edge) = self.only_edge_to(node, false) {
            // What was sent comes first.
            let counts = &mut self.graph.edges[edge].counts;
            let is_sent = |count: &Count| matches!(count.unit, Unit::RowsSent | Unit::RecordsSent);
            let at = usize::from(counts.first().is_some_and(is_sent));
            counts.insert(at, count.clone());
        }
        let counts = &mut self.graph.nodes[node].counts;
        match counts.iter_mut().find(|known| known.unit == count.unit && known.source == count.source) {
            Some(known) => known.number += count.number,
            None => counts.insert(0, count),
        }
    }

    /// Who sends, and to where.
    fn producer(&mut self) {
        let input = &self.scenario.input;
        let made_by = [&input.profile, &input.template, &input.file].into_iter().flatten().next();
        let producer = self.add(Kind::Producer, made_by.map_or("producer", String::as_str));
        let unit = if input.to.starts_with("s3://") { Unit::RowsSent } else { Unit::RecordsSent };
        let sent = Count::new(self.report.ledger.generated, unit, LEDGER);
        self.graph.nodes[producer].counts.push(sent.clone());
        let places = [Some(&input.to), input.orders.as_ref(), input.catalogue.as_ref()];
        let is_all = input.orders.is_none();
        for (number, said) in places.into_iter().enumerate() {
            let Some(node) = said.and_then(|said| self.node(said)) else { continue };
            let mut counts = Vec::new();
            // Of several places nobody has said how much went to which.
            if number == 0 && is_all {
                counts.push(sent.clone());
            }
            if self.graph.nodes[node].kind == Kind::Objects {
                counts.extend(self.graph.nodes[node].counts.clone());
            }
            self.graph.edge(producer, node, false, counts);
        }
    }

    /// What a service says came to it belongs to the one edge that leads there.
    fn share_out(&mut self) {
        let started: Vec<String> = self.started_by_the_run();
        for (node, count) in self.graph.arrived.clone() {
            let is_run = matches!(self.graph.nodes[node].kind, Kind::Function | Kind::Job | Kind::Crawler);
            if is_run && started.contains(&self.graph.nodes[node].name) {
                continue;
            }
            let Some(edge) = self.only_edge_to(node, is_run) else { continue };
            let counts = &mut self.graph.edges[edge].counts;
            if !counts.contains(&count) {
                counts.push(count);
            }
        }
    }

    /// What the scenario's own steps and checks start.
    fn started_by_the_run(&self) -> Vec<String> {
        let of_step = |step: &Step| match step {
            Step::Run { run: name, .. } | Step::Invoke { invoke: name } | Step::Crawl { crawl: name, .. } => {
                Some(name.clone())
            }
            _ => None,
        };
        let of_check = |check: &Check| match check {
            Check::Replay(replay) => {
                vec![replay.job.clone()].into_iter().chain(replay.function.clone()).collect()
            }
            _ => Vec::new(),
        };
        let names = self.scenario.steps.iter().filter_map(of_step);
        let names = names.chain(self.scenario.checks.iter().flat_map(of_check));
        names.filter_map(|name| self.outputs.fill(&name).ok()).collect()
    }

    /// Where records end, of a bundled scenario.
    fn ends(&mut self) {
        let (scenario, balance) = (self.scenario, &self.report.ledger);
        let output = &scenario.output;
        if output.data.is_empty() {
            return;
        }
        let rejected: u64 = balance.rejected.values().sum();
        let parts = [Some(&output.data), output.orders.as_ref(), output.order_details.as_ref()];
        let is_one = output.orders.is_none();
        let delivered = balance.delivered;
        for said in parts.into_iter().flatten() {
            let Some(node) = self.node(said) else { continue };
            let found = self.found_in(node);
            // Of several places, each has what was read in it.
            let number = if is_one { Some(delivered) } else { found };
            if let Some(number) = number {
                self.came(node, Count::new(number, Unit::Delivered, LEDGER));
            }
        }
        if let Some(node) = output.rejects.as_ref().filter(|_| rejected > 0).and_then(|said| self.node(said))
        {
            self.came(node, Count::new(rejected, Unit::Rejected, LEDGER));
        }
    }

    /// The rows that conservation has read in the objects of a place.
    fn found_in(&self, node: usize) -> Option<u64> {
        let zone = self.graph.zones.iter().find(|zone| zone.node == Some(node))?;
        Some(zone.objects.iter().filter_map(|object| self.report.found.get(&object.uri())).sum())
    }

    /// The places of a pipeline of one's own.
    fn passed(&mut self) {
        for (edge, seen) in self.scenario.edges.iter().zip(&self.report.edges) {
            let Some(node) = self.node(&edge.at) else { continue };
            let (unit, number) = match edge.ends {
                None => (Unit::Passed, seen.records),
                Some(Ends::Delivered) => (Unit::Delivered, seen.records),
                Some(Ends::Rejected) => (Unit::Rejected, seen.records),
                Some(Ends::DeadLettered) => (Unit::DeadLettered, seen.records),
                Some(Ends::InFlight) => (Unit::InFlight, seen.records),
            };
            self.came(node, Count::new(number, unit, format!("{LEDGER}: edge {}", edge.name)));
        }
    }

    /// What the queries were answered, by whom.
    fn answers(&mut self) {
        let (scenario, report) = (self.scenario, self.report);
        let mut by_node: BTreeMap<usize, (u64, u64, bool)> = BTreeMap::new();
        for (query, answer) in scenario.queries.iter().zip(&report.queries) {
            let from = match &scenario.athena {
                Some(athena) if query.file.ends_with(".sql") => {
                    let workgroup = self.outputs.fill(&athena.workgroup).unwrap_or_default();
                    self.stack.named(Kind::Athena, &workgroup)
                }
                _ => self.table_in(scenario.file(&query.file)),
            };
            let Some(from) = from else { continue };
            let sums = by_node.entry(from).or_default();
            sums.0 += 1;
            sums.1 += u64::from(answer.ok == Some(true));
            sums.2 |= answer.ok == Some(false);
        }
        if by_node.is_empty() {
            return;
        }
        let node = self.add(Kind::Answers, "answers");
        for (from, (asked, right, is_wrong)) in by_node {
            let mut counts = vec![Count::new(asked, Unit::Queries, "the scenario's queries")];
            if right > 0 || is_wrong {
                counts.insert(0, Count::new(right, Unit::RightAnswers, "oracle"));
            }
            let edge = self.graph.edge(from, node, false, counts);
            if is_wrong {
                self.graph.edges[edge].failed.push("oracle".to_owned());
            }
        }
    }

    /// The table whose name stands in a query.
    fn table_in(&self, query: &str) -> Option<usize> {
        let is_named = |at: &usize| {
            let resource = &self.stack.resources[*at];
            resource.kind == Kind::Table && query.contains(&resource.name)
        };
        (0..self.stack.resources.len()).filter(is_named).max_by_key(|at| self.stack.resources[*at].name.len())
    }

    /// The tables that are in the catalog, each at the crawler that it names as its own.
    async fn crawled(&mut self, meters: Meters<'_>) {
        use wavetank_wire::glue::{GetTables, GetTablesInput};
        for at in 0..self.stack.resources.len() {
            if self.stack.resources[at].kind != Kind::Catalog {
                continue;
            }
            let database_name = self.stack.resources[at].name.clone();
            let input = GetTablesInput { database_name, ..GetTablesInput::default() };
            let Ok(found) = meters.aws.call::<GetTables>(input).await else { continue };
            let tables = found.table_list.unwrap_or_default();
            if !tables.is_empty() {
                let count = Count::new(tables.len() as u64, Unit::Tables, "Glue GetTables");
                self.graph.nodes[at].counts.insert(0, count);
            }
            for edge in self.graph.edges.iter_mut().filter(|edge| edge.to == at) {
                let crawler = &self.graph.nodes[edge.from].name;
                let is_own = |table: &&wavetank_wire::glue::Table| {
                    let owner = table.parameters.as_ref().and_then(|it| it.get("UPDATED_BY_CRAWLER"));
                    owner.is_some_and(|owner| owner == crawler)
                };
                let own = tables.iter().filter(is_own).count() as u64;
                if own > 0 {
                    let source = "Glue GetTables (UPDATED_BY_CRAWLER)";
                    edge.counts.insert(0, Count::new(own, Unit::Tables, source));
                }
            }
        }
    }

    /// Marks what failed checks are of.
    fn marks(&mut self) {
        let (scenario, report) = (self.scenario, self.report);
        let checks = scenario.checks.iter().filter(|check| !matches!(check, Check::Metamorphic(_)));
        for (check, finding) in checks.zip(&report.findings) {
            if !finding.is_failed() {
                continue;
            }
            for said in self.places_of(check) {
                if let Some(node) = self.node(&said) {
                    self.mark(node, &finding.name);
                }
            }
            let of_job =
                |name: &str| self.outputs.fill(name).ok().and_then(|name| self.stack.named(Kind::Job, &name));
            let node = match check {
                Check::Jobs { job } => of_job(job),
                Check::Replay(replay) => of_job(&replay.job),
                Check::Logs(logs) => {
                    let group = self.outputs.fill(&logs.group).unwrap_or_default();
                    group.strip_prefix("/aws/lambda/").and_then(|name| self.stack.named(Kind::Function, name))
                }
                Check::Schema(_) | Check::Nulls(_) | Check::Snapshot { .. } => {
                    let database = scenario.athena.as_ref().map(|athena| athena.database.as_str());
                    let database = database.and_then(|said| self.outputs.fill(said).ok());
                    database.and_then(|name| self.stack.named(Kind::Catalog, &name))
                }
                _ => None,
            };
            if let Some(node) = node {
                self.graph.nodes[node].failed.push(finding.name.clone());
            }
        }
    }

    /// The places that a check looks at.
    fn places_of(&self, check: &Check) -> Vec<String> {
        let scenario = self.scenario;
        let at_edge = |name: &Option<String>| {
            let edge = scenario.edges.iter().find(|edge| Some(&edge.name) == name.as_ref());
            let landing = scenario.landing.as_ref().map(|landing| landing.within.clone());
            edge.map(|edge| edge.at.clone()).or(landing).into_iter().collect()
        };
        match check {
            Check::Conserved {} => {
                let ends = scenario.edges.iter().filter(|edge| edge.ends == Some(Ends::Delivered));
                let output = &scenario.output;
                let bundled = output.orders.iter().chain(&output.order_details).chain([&output.data]);
                ends.map(|edge| edge.at.clone()).chain(bundled.cloned()).filter(|at| !at.is_empty()).collect()
            }
            Check::Files(files) => vec![files.within.clone()],
            Check::Partition { within, .. } => vec![within.clone()],
            Check::Landed { .. } => at_edge(&None),
            Check::Order { edge, .. } => at_edge(edge),
            Check::Freshness(limits) => at_edge(&limits.edge),
            _ => Vec::new(),
        }
    }

    /// Marks the edges that lead to a node, or the node if none does.
    fn mark(&mut self, node: usize, check: &str) {
        let mut edges = self.graph.edges.iter_mut().filter(|edge| edge.to == node).peekable();
        if edges.peek().is_none() {
            self.graph.nodes[node].failed.push(check.to_owned());
        }
        for edge in edges.filter(|edge| !edge.failed.iter().any(|known| known == check)) {
            edge.failed.push(check.to_owned());
        }
    }
}
