//! Buckets divided into places: by the prefixes that something names, each object in the longest that it has.
//!
//! Whoever was told of a place has written there if objects appeared while it ran. Otherwise it is taken to read what lies there,
//! and the count is that of the listing.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use wavetank_types::Timestamp;

use super::links::{Draft, End, Touch};
use super::stack::Stack;
use super::times::Runs;
use super::{Count, Edge, Files, Kind, Node, Unit};
use crate::client::Aws;
use crate::observe::{self, Object};

/// How far the two times may be off that are compared: logs tell milliseconds, and durations are rounded.
const OFF_MAX: Duration = Duration::from_millis(2);
/// Where a count of objects comes from.
const LISTING: &str = "S3 listing at the end";

/// One place of a bucket.
#[derive(Debug)]
pub(super) struct Zone {
    pub(super) bucket: String,
    pub(super) prefix: String,
    /// Its node; nothing for programs and for what holds nothing.
    pub(super) node: Option<usize>,
    pub(super) objects: Vec<Object>,
}

impl Zone {
    fn bytes(&self) -> u64 {
        self.objects.iter().map(|object| object.size).sum()
    }

    fn counts(&self) -> Vec<Count> {
        let objects = Count::new(self.objects.len() as u64, Unit::Objects, LISTING);
        vec![objects, Count::new(self.bytes(), Unit::Bytes, LISTING)]
    }
}

/// Nodes and edges while they are being counted.
#[derive(Debug, Default)]
pub(super) struct Graph {
    pub(super) nodes: Vec<Node>,
    pub(super) edges: Vec<Edge>,
    /// Of each edge, whether it starts what it leads to.
    pub(super) triggers: Vec<bool>,
    pub(super) zones: Vec<Zone>,
    pub(super) files: Vec<Files>,
    pub(super) arrived: BTreeMap<usize, Count>,
}

/// Divides the buckets, and turns a draft into a graph.
pub(super) async fn resolve(aws: Aws<'_>, draft: Draft, stack: &mut Stack, runs: &Runs) -> Graph {
    let mut graph = Graph { arrived: draft.arrived.clone(), ..Graph::default() };
    for (at, resource) in stack.resources.iter().enumerate() {
        let mut counts: Vec<Count> = draft.arrived.get(&at).cloned().into_iter().collect();
        counts.extend(draft.counts.get(&at).cloned().unwrap_or_default());
        graph.nodes.push(Node {
            kind: resource.kind,
            name: resource.name.clone(),
            prefixes: Vec::new(),
            counts,
            failed: Vec::new(),
        });
    }
    for (at, resource) in stack.resources.iter().enumerate().filter(|(_, it)| it.kind == Kind::Crawler) {
        let crawls = runs.of(at).len() as u64;
        if crawls > 0 {
            let count = Count::new(crawls, Unit::Crawls, format!("Glue ListCrawls of {}", resource.name));
            graph.nodes[at].counts.push(count.clone());
            graph.arrived.insert(at, count);
        }
    }
    graph.divide(aws, &draft, stack).await;
    for link in &draft.links {
        if let (Some(from), Some(to)) = (graph.end(&link.from), graph.end(&link.to)) {
            let mut counts = link.counts.clone();
            // What a delivery stream wrote, or what lies where a reader looks.
            for end in [&link.to, &link.from] {
                if let End::Place(..) = end
                    && !link.is_trigger
                {
                    counts.extend(graph.zone(end).map(Zone::counts).unwrap_or_default());
                }
            }
            graph.edge(from, to, link.is_trigger, counts);
        }
    }
    graph.touch(&draft, runs);
    graph
}

impl Graph {
    /// Lists every bucket that somebody names, and makes a node of each place that holds something.
    async fn divide(&mut self, aws: Aws<'_>, draft: &Draft, stack: &mut Stack) {
        let mut named = draft.prefixes.clone();
        for (bucket, prefix) in &draft.code {
            named.entry(bucket.clone()).or_default().insert(prefix.clone());
        }
        named.retain(|bucket, _| stack.has_bucket(bucket));
        for (bucket, prefixes) in named {
            let objects = match observe::list(aws, &format!("s3://{bucket}/")).await {
                Ok(objects) => objects,
                Err(error) => {
                    stack.unknown.push(error.to_string());
                    continue;
                }
            };
            let first = self.zones.len();
            for prefix in prefixes {
                self.zones.push(Zone { bucket: bucket.clone(), prefix, node: None, objects: Vec::new() });
            }
            for object in objects {
                let zones =
                    self.zones[first..].iter_mut().filter(|zone| object.key.starts_with(&zone.prefix));
                if let Some(zone) = zones.max_by_key(|zone| zone.prefix.len()) {
                    zone.objects.push(object);
                }
            }
        }
        for zone in &mut self.zones {
            let is_code = draft.code.contains(&(zone.bucket.clone(), zone.prefix.clone()));
            if is_code || zone.objects.is_empty() {
                continue;
            }
            zone.node = Some(self.nodes.len());
            self.nodes.push(Node {
                kind: Kind::Objects,
                name: zone.bucket.clone(),
                prefixes: vec![zone.prefix.clone()],
                counts: zone.counts(),
                failed: Vec::new(),
            });
            let mut sizes: Vec<u64> = zone.objects.iter().map(|object| object.size).collect();
            sizes.sort_unstable();
            self.files.push(Files { place: format!("{}/{}", zone.bucket, zone.prefix), sizes });
        }
    }

    pub(super) fn zone(&self, end: &End) -> Option<&Zone> {
        let End::Place(bucket, prefix) = end else { return None };
        self.zones.iter().find(|zone| zone.bucket == *bucket && zone.prefix == *prefix)
    }

    pub(super) fn end(&self, end: &End) -> Option<usize> {
        match end {
            End::Node(at) => Some(*at),
            End::Place(..) => self.zone(end)?.node,
        }
    }

    /// One more edge, or more counts of one that is there.
    pub(super) fn edge(&mut self, from: usize, to: usize, is_trigger: bool, counts: Vec<Count>) -> usize {
        let known = self.edges.iter().position(|edge| edge.from == from && edge.to == to);
        let at = known.unwrap_or_else(|| {
            self.edges.push(Edge { from, to, counts: Vec::new(), is_seen: true, failed: Vec::new() });
            self.triggers.push(is_trigger);
            self.edges.len() - 1
        });
        self.triggers[at] |= is_trigger;
        for count in counts {
            if !self.edges[at].counts.contains(&count) {
                self.edges[at].counts.push(count);
            }
        }
        at
    }

    /// Decides for every place that somebody was told of whether it was written or read.
    fn touch(&mut self, draft: &Draft, runs: &Runs) {
        let mut filled: BTreeSet<usize> = self.edges.iter().map(|edge| edge.to).collect();
        // What the producer fills was not written by whoever ran at that time.
        filled.extend(draft.sent_to.iter().filter_map(|end| self.end(end)));
        let mut found = Vec::new();
        let mut read = Vec::new();
        for touch in &draft.touches {
            let windows = runs.of(touch.node);
            let is_job = self.nodes[touch.node].kind == Kind::Job;
            let below = self
                .zones
                .iter()
                .filter(|zone| zone.bucket == touch.bucket && zone.prefix.starts_with(&touch.prefix));
            for zone in below {
                let Some(node) = zone.node else { continue };
                let written: Vec<u64> = zone
                    .objects
                    .iter()
                    .filter(|object| is_within(windows, object.modified, is_job))
                    .map(|object| object.size)
                    .collect();
                // What a delivery stream fills is its work, whatever ran at the time.
                if !written.is_empty() && !filled.contains(&node) {
                    let source = "S3 listing: objects written while it ran";
                    let counts = vec![
                        Count::new(written.len() as u64, Unit::Objects, source),
                        Count::new(written.iter().sum(), Unit::Bytes, source),
                    ];
                    found.push((touch.node, node, counts));
                } else if !windows.is_empty() {
                    read.push((touch, zone, node));
                }
            }
        }
        // Who was told of a whole bucket, and writes there, is not taken to read all that others have there.
        let writes_in = |touch: &Touch| {
            let mut written = found.iter().filter(|(from, ..)| *from == touch.node);
            written.any(|(_, to, _)| self.nodes[*to].name == touch.bucket)
        };
        let read: Vec<_> = read
            .into_iter()
            .filter(|(touch, zone, _)| zone.prefix == touch.prefix || !writes_in(touch))
            .map(|(touch, zone, node)| (node, touch.node, zone.counts()))
            .collect();
        for (from, to, counts) in found.into_iter().chain(read) {
            // Who writes a place and was told of it twice does not read it too.
            if !self.edges.iter().any(|edge| edge.from == to && edge.to == from) {
                self.edge(from, to, false, counts);
            }
        }
    }

    /// Nodes that something leads to or that lead somewhere, places of a bucket that are used alike as one; and the names of the rest.
    pub(super) fn finish(mut self) -> (Vec<Node>, Vec<Edge>, Vec<String>) {
        self.join();
        for edge in &mut self.edges {
            let is_read = matches!(self.nodes[edge.from].kind, Kind::Objects | Kind::Database)
                && matches!(self.nodes[edge.to].kind, Kind::Function | Kind::Job);
            let is_listed = edge.counts.iter().all(|count| count.source == LISTING);
            edge.is_seen = !(edge.counts.is_empty() || (is_read && is_listed));
        }
        let used: BTreeSet<usize> = self.edges.iter().flat_map(|edge| [edge.from, edge.to]).collect();
        let (mut nodes, mut apart, mut places) = (Vec::new(), Vec::new(), BTreeMap::new());
        for (at, node) in self.nodes.into_iter().enumerate() {
            if used.contains(&at) {
                places.insert(at, nodes.len());
                nodes.push(node);
            } else if node.kind != Kind::Objects && !node.name.is_empty() {
                apart.push(node.name);
            }
        }
        let edges = self.edges.into_iter().map(|edge| Edge {
            from: places[&edge.from],
            to: places[&edge.to],
            ..edge
        });
        (nodes, edges.collect(), apart)
    }

    /// Makes one node of the places of a bucket that the same things lead to and that lead to the same things.
    fn join(&mut self) {
        let around = |edges: &[Edge], at: usize| {
            let from: BTreeSet<usize> =
                edges.iter().filter(|edge| edge.to == at).map(|edge| edge.from).collect();
            let to: BTreeSet<usize> =
                edges.iter().filter(|edge| edge.from == at).map(|edge| edge.to).collect();
            (from, to)
        };
        // What the ledger has counted, or a check names, is a place of its own.
        let is_plain = |edges: &[Edge], at: usize| {
            edges.iter().filter(|edge| edge.from == at || edge.to == at).all(|edge| {
                edge.failed.is_empty() && edge.counts.iter().all(|count| !count.unit.is_of_ledger())
            })
        };
        let mut first: BTreeMap<_, usize> = BTreeMap::new();
        let mut joined: BTreeMap<usize, usize> = BTreeMap::new();
        for at in 0..self.nodes.len() {
            let node = &self.nodes[at];
            if node.kind != Kind::Objects || !node.failed.is_empty() || !is_plain(&self.edges, at) {
                continue;
            }
            let key = (node.name.clone(), around(&self.edges, at));
            match first.get(&key) {
                Some(into) => {
                    joined.insert(at, *into);
                }
                None => {
                    first.insert(key, at);
                }
            }
        }
        for (at, into) in &joined {
            let prefixes = std::mem::take(&mut self.nodes[*at].prefixes);
            let counts = std::mem::take(&mut self.nodes[*at].counts);
            self.nodes[*into].prefixes.extend(prefixes);
            add(&mut self.nodes[*into].counts, counts);
        }
        let place = |at: usize| joined.get(&at).copied().unwrap_or(at);
        let mut edges: Vec<Edge> = Vec::new();
        for edge in std::mem::take(&mut self.edges) {
            let (from, to) = (place(edge.from), place(edge.to));
            match edges.iter_mut().find(|known| known.from == from && known.to == to) {
                Some(known) => add(&mut known.counts, edge.counts),
                None => edges.push(Edge { from, to, ..edge }),
            }
        }
        self.edges = edges;
    }
}

fn add(counts: &mut Vec<Count>, more: Vec<Count>) {
    for count in more {
        match counts.iter_mut().find(|known| known.unit == count.unit && known.source == count.source) {
            Some(known) => known.number += count.number,
            None => counts.push(count),
        }
    }
}

/// Whether an instant lies in one of the windows, which are in order of their beginnings. A function may store something at the
/// instant at which it begins; a job's objects appear later, and what appears as it begins is what it was begun for.
fn is_within(windows: &[(Timestamp, Timestamp)], at: Timestamp, is_job: bool) -> bool {
    /// Runs that may go on side by side.
    const LOOKED_BACK_MAX: usize = 64;
    let begun = windows.partition_point(|(from, _)| if is_job { *from < at } else { *from <= at + OFF_MAX });
    let last = &windows[begun.saturating_sub(LOOKED_BACK_MAX)..begun];
    last.iter().any(|(_, until)| *until + OFF_MAX >= at)
}

impl Unit {
    /// Whether the ledger counts it.
    pub fn is_of_ledger(self) -> bool {
        self <= Self::Passed
    }
}
