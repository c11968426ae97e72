//! The ledger of a pipeline of one's own: what was sent against what lies in each place that the scenario names.
//!
//! A record is found by its identity alone, wherever it lies. What is lost is told with the last place that saw it.
//! Start with [`look`], then [`Edges::conserve`]; `order.rs` has order and freshness at one place.

mod order;

use std::collections::{BTreeMap, BTreeSet};

use wavetank_scenarios::{Check, Edge, Ends, LedgerForm, Outputs, Repeats, Scenario, ScenarioError};
use wavetank_types::ledger::{Expected, Sighting};
use wavetank_types::{Checksum, Ledger, Said, nearest};

use crate::check::conserved::{Conservation, Mutated};
use crate::client::Aws;
use crate::lines::Lines;
use crate::observe::ObserveError;
use crate::places::{self, Found, Held, Members, says_the_same};

/// One place, and the records of it that were sent.
#[derive(Debug)]
struct Seen<'a> {
    edge: &'a Edge,
    /// In the place's order: the record's number, if it was sent, and what lies there.
    found: Vec<(Option<u64>, Found)>,
    unreadable: Vec<String>,
    /// How often each record lies there.
    counts: BTreeMap<u64, u64>,
    /// Lines of a log that refuse a record once more, for the same reason. They are in none of the above.
    refused_again: u64,
}

impl Seen<'_> {
    /// Whether what lies there was given up.
    fn is_dead(&self) -> bool {
        self.edge.ends == Some(Ends::DeadLettered)
    }
}

/// All places of a scenario, looked at once.
#[derive(Debug)]
pub(crate) struct Edges<'a> {
    form: &'a LedgerForm,
    lines: &'a Lines,
    seen: Vec<Seen<'a>>,
    /// The number of each name.
    numbers: BTreeMap<String, u64>,
    /// How often each record was sent.
    copies: BTreeMap<u64, u64>,
}

/// How many records one place holds.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct EdgeCount {
    /// The edge's name.
    pub name: String,
    /// What it means to lie there, in the words of the ledger; `passed` if it means nothing.
    pub ends: &'static str,
    /// Everything that lies there.
    pub records: u64,
    /// Of what was sent, how many different records lie there.
    pub distinct: u64,
    /// What could not be read as a record.
    pub unreadable: u64,
}

/// Looks at every place.
pub(crate) async fn look<'a>(
    aws: Aws<'_>,
    scenario: &'a Scenario,
    form: &'a LedgerForm,
    outputs: &Outputs,
    lines: &'a Lines,
) -> Result<Edges<'a>, ObserveError> {
    check_members(scenario, lines)?;
    let mut edges =
        Edges { form, lines, seen: Vec::new(), numbers: BTreeMap::new(), copies: BTreeMap::new() };
    edges.number();
    for edge in &scenario.edges {
        let held = places::read(aws, &outputs.fill(&edge.at)?).await?;
        edges.hold(edge, held);
    }
    Ok(edges)
}

/// Refuses a member that the scenario names, compares, routes or orders records by and that no record has: on both sides it would be
/// nothing, which is equal.
pub(crate) fn check_members(scenario: &Scenario, lines: &Lines) -> Result<(), ScenarioError> {
    let Some(form) = &scenario.ledger else { return Ok(()) };
    let compared = scenario.edges.iter().flat_map(|edge| edge.compare.iter().flatten().map(String::as_str));
    let routed = scenario.edges.iter().filter_map(|edge| edge.route.as_deref()).flat_map(named_in);
    let ordered = scenario.checks.iter().filter_map(|check| match check {
        Check::Order { key, .. } => key.as_deref(),
        _ => None,
    });
    let identity = form.identity.split('+').map(str::trim);
    let mut named = identity.chain(compared).chain(routed).chain(ordered);
    let is_unknown = |name: &&str| !lines.lines.iter().any(|line| line.members.contains_key(*name));
    match named.find(is_unknown).filter(|_| !lines.lines.is_empty()) {
        Some(name) => {
            let known: BTreeSet<&str> =
                lines.lines.iter().flat_map(|line| line.members.keys()).map(String::as_str).collect();
            let known: Vec<&str> = known.into_iter().collect();
            let cause = format!("no record that is sent has a member `{name}`; {}", nearest(name, &known));
            Err(scenario.wrong_name(name, cause))
        }
        None => Ok(()),
    }
}

/// The members that a route such as `country={country}/` is filled with.
fn named_in(route: &str) -> impl Iterator<Item = &str> {
    route.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0))
}

/// A record's name: the members of its identity, joined by `+`. Nothing if one of them is missing.
fn name_of(members: &Members, identity: &str) -> Option<String> {
    let parts: Option<Vec<&str>> =
        identity.split('+').map(|name| members.get(name.trim())?.as_deref()).collect();
    Some(parts?.join("+"))
}

impl<'a> Edges<'a> {
    /// Takes what a place holds.
    ///
    /// A refusal in a log counts as often as its record was sent: who is invoked again writes its lines again, and no code can
    /// write a line over itself.
    fn hold(&mut self, edge: &'a Edge, held: Held) {
        let identity = edge.identity.as_deref().unwrap_or(&self.form.identity);
        let (found, counts) = Default::default();
        let mut seen = Seen { edge, found, unreadable: held.unreadable, counts, refused_again: 0 };
        let is_log_of_refusals = edge.ends == Some(Ends::Rejected) && edge.at.starts_with("logs:");
        let mut refused: BTreeMap<(u64, String), u64> = BTreeMap::new();
        for found in held.records {
            let number = name_of(&found.members, identity).and_then(|name| self.numbers.get(&name).copied());
            if let Some(number) = number.filter(|_| is_log_of_refusals) {
                let times = refused.entry((number, reason(edge, &found.members))).or_default();
                *times += 1;
                if *times > self.copies.get(&number).copied().unwrap_or(0) {
                    seen.refused_again += 1;
                    continue;
                }
            }
            if let Some(number) = number {
                *seen.counts.entry(number).or_default() += 1;
            }
            seen.found.push((number, found));
        }
        self.seen.push(seen);
    }

    /// Gives every name a number: that of the first record that has it.
    fn number(&mut self) {
        for (index, line) in (0..).zip(&self.lines.lines) {
            // A record without a name can only be found missing: its place in the input names it.
            let name =
                name_of(&line.members, &self.form.identity).unwrap_or_else(|| format!("line {}", index + 1));
            let number = *self.numbers.entry(name).or_insert(index);
            let copies = self.copies.entry(number).or_default();
            if *copies == 0 || self.form.repeats == Repeats::Kept {
                *copies += 1;
            }
        }
    }

    /// What lies where.
    pub(crate) fn counts(&self) -> Vec<EdgeCount> {
        let count = |seen: &Seen<'_>| EdgeCount {
            name: seen.edge.name.clone(),
            ends: ends_word(seen.edge.ends),
            records: seen.found.len() as u64 + seen.refused_again,
            distinct: seen.counts.len() as u64,
            unreadable: seen.unreadable.len() as u64,
        };
        self.seen.iter().map(count).collect()
    }

    /// Fills the ledger from what was sent and what lies where, and closes it.
    pub(crate) fn conserve(&self, is_at_rest: bool) -> Conservation {
        let mut ledger = Ledger::default();
        for (number, copies) in &self.copies {
            (0..*copies).for_each(|_| ledger.generate(*number, Expected::Either));
            ledger.name(*number, &self.shown(*number));
        }
        let mut mutated: BTreeMap<String, Mutated> = BTreeMap::new();
        // The dead last: a batch is given up as a whole, and what of it has arrived too is no repeat.
        let (dead, others): (Vec<_>, Vec<_>) = self.seen.iter().partition(|seen| seen.is_dead());
        for seen in others.into_iter().chain(dead) {
            let Some(ends) = seen.edge.ends else { continue };
            for (ordinal, (number, found)) in (1..).zip(&seen.found) {
                let Some(number) = *number else {
                    ledger.observe_phantom(|| self.phantom(seen, found));
                    continue;
                };
                // What lay twice before was sent twice; what did not was made two by who read it.
                let copies = self.copies.get(&number).copied().unwrap_or(0);
                let before = self.before(seen).filter_map(|other| other.counts.get(&number));
                if before.max().is_none_or(|count| *count <= copies) {
                    ledger.observe_sent_once(number);
                }
                match ends {
                    Ends::Delivered => {
                        self.delivered(&mut ledger, seen, number, (ordinal, found));
                        self.compare(&mut mutated, &mut ledger, seen, number, found);
                    }
                    Ends::Rejected => ledger.observe_rejected(number, &reason(seen.edge, &found.members)),
                    Ends::DeadLettered if ledger.is_found(number) => {}
                    Ends::DeadLettered => ledger.observe_dead_lettered(number),
                    Ends::InFlight => ledger.observe_in_flight(number, is_at_rest),
                }
            }
            for what in &seen.unreadable {
                ledger.observe_phantom(|| Said::plain(what.clone()));
            }
        }
        let conservation = Conservation::of(ledger);
        let cause = (!conservation.balance.is_conserved()).then(|| self.cause(&mutated)).flatten();
        Conservation { mutated, cause, ..conservation }
    }

    /// `delivery` is the finding's place among those of its edge.
    fn delivered(&self, ledger: &mut Ledger, seen: &Seen<'_>, number: u64, (delivery, found): (u64, &Found)) {
        let (place, route) = (&found.place, seen.edge.route.as_deref());
        let wanted = route.map(|route| filled(route, &self.lines.lines[index(number)].members));
        let misrouted = wanted.filter(|wanted| !place.contains(wanted.as_str()));
        ledger.observe_delivered(number, &Sighting { checksum: Checksum::default(), route: None, delivery });
        if let Some(wanted) = misrouted {
            ledger.observe_misrouted(number, &wanted, place);
        }
    }

    /// The places that records pass before this one.
    fn before(&self, seen: &Seen<'_>) -> impl Iterator<Item = &Seen<'_>> {
        self.seen
            .iter()
            .take_while(move |other| !std::ptr::eq(*other, seen))
            .filter(|other| other.edge.ends.is_none())
    }

    /// Members that do not say what was sent.
    fn compare(
        &self,
        mutated: &mut BTreeMap<String, Mutated>,
        ledger: &mut Ledger,
        seen: &Seen<'_>,
        number: u64,
        found: &Found,
    ) {
        let sent = &self.lines.lines[index(number)].members;
        let identity = seen.edge.identity.as_deref().unwrap_or(&self.form.identity);
        let names: Vec<&String> = match &seen.edge.compare {
            Some(names) => names.iter().collect(),
            None => sent.keys().filter(|name| found.members.contains_key(*name)).collect(),
        };
        let mut is_mutated = false;
        for name in names.into_iter().filter(|name| !identity.split('+').any(|part| part.trim() == **name)) {
            let value = |members: &Members| members.get(name).cloned().flatten();
            let (should, is) = (value(sent), value(&found.members));
            if says_the_same(should.as_deref(), is.as_deref()) {
                continue;
            }
            is_mutated = true;
            let entry = mutated.entry(name.clone()).or_insert_with(|| {
                let name = self.shown(number);
                let show = |value: Option<String>| value.unwrap_or_else(|| "null".to_owned());
                let (is_null, should, is, edge) = (is.is_none(), show(should), show(is), &seen.edge.name);
                let example = Said::new(
                    format!("{name} in {edge} should say {should}, says {is}"),
                    format!("{name} ở {edge} lẽ ra là {should}, thực tế là {is}"),
                );
                Mutated { rows: 0, is_null, example }
            });
            entry.rows += 1;
        }
        if is_mutated {
            ledger.observe_mutated(number);
        }
    }

    /// `order_id 17`.
    fn shown(&self, number: u64) -> String {
        let name = name_of(&self.lines.lines[index(number)].members, &self.form.identity);
        match name {
            Some(name) => format!("{} {name}", self.form.identity),
            None => format!("line {} without {}", number + 1, self.form.identity),
        }
    }

    fn phantom(&self, seen: &Seen<'_>, found: &Found) -> Said {
        let identity = seen.edge.identity.as_deref().unwrap_or(&self.form.identity);
        let (edge, place) = (&seen.edge.name, &found.place);
        match name_of(&found.members, identity) {
            Some(name) => Said::new(
                format!("{identity} {name} in {edge} ({place}) was never sent"),
                format!("{identity} {name} ở {edge} ({place}) chưa từng được gửi"),
            ),
            None => {
                let names = found.members.keys().cloned().collect::<Vec<_>>().join(", ");
                Said::new(
                    format!("a record in {edge} ({place}) has no `{identity}`; it has {names}"),
                    format!("một bản ghi ở {edge} ({place}) không có `{identity}`; nó có {names}"),
                )
            }
        }
    }

    /// Where records were seen last that are nowhere at the end, or where they became two.
    fn cause(&self, mutated: &BTreeMap<String, Mutated>) -> Option<Said> {
        let ended = |number: &u64, copies: u64| {
            let count = |is_dead: bool| {
                let ends =
                    self.seen.iter().filter(|seen| seen.edge.ends.is_some() && seen.is_dead() == is_dead);
                ends.filter_map(|seen| seen.counts.get(number)).sum::<u64>()
            };
            let others = count(false);
            others + count(true).min(copies.saturating_sub(others))
        };
        let mut last_seen: BTreeMap<usize, (u64, u64)> = BTreeMap::new();
        let mut doubled: BTreeMap<usize, (u64, u64)> = BTreeMap::new();
        let mut in_two_places: BTreeMap<(usize, usize), (u64, u64)> = BTreeMap::new();
        for (number, copies) in &self.copies {
            let has = |at: &usize| self.seen[*at].counts.get(number).is_some_and(|count| *count > *copies);
            match ended(number, *copies).cmp(copies) {
                std::cmp::Ordering::Less => {
                    let mut passes = (0..self.seen.len()).filter(|at| self.seen[*at].edge.ends.is_none());
                    let last = passes.rfind(|at| self.seen[*at].counts.contains_key(number));
                    last_seen.entry(last.map_or(0, |at| at + 1)).or_insert((0, *number)).0 += 1;
                }
                std::cmp::Ordering::Greater => {
                    let is_end = |at: &usize| {
                        let seen = &self.seen[*at];
                        seen.edge.ends.is_some() && !seen.is_dead() && seen.counts.contains_key(number)
                    };
                    let mut ends = (0..self.seen.len()).filter(is_end);
                    match ((0..self.seen.len()).find(has), ends.next(), ends.next()) {
                        (Some(first), ..) => doubled.entry(first).or_insert((0, *number)).0 += 1,
                        (None, Some(one), Some(other)) => {
                            in_two_places.entry((one, other)).or_insert((0, *number)).0 += 1;
                        }
                        _ => {}
                    }
                }
                std::cmp::Ordering::Equal => {}
            }
        }
        if let Some((at, (count, number))) = last_seen.iter().max_by_key(|(_, (count, _))| *count) {
            return Some(self.lost(*at, *count, *number));
        }
        if let Some((at, (count, number))) = doubled.iter().next() {
            let (edge, name) = (&self.seen[*at].edge.name, self.shown(*number));
            return Some(Said::new(
                format!(
                    "{count} records are two from {edge} on, the first {name}: what writes there did it again after a failure, or a retry was taken for news; write under a key that the record decides"
                ),
                format!(
                    "{count} bản ghi bị nhân đôi từ {edge}, đầu tiên là {name}: bước ghi vào đó đã chạy lại sau lỗi, hoặc lần gửi lại bị xem là bản ghi mới; hãy ghi theo khóa do chính bản ghi quyết định"
                ),
            ));
        }
        if let Some(((one, other), (count, number))) = in_two_places.iter().next() {
            let name = self.shown(*number);
            let (one, other) = (&self.seen[*one].edge.name, &self.seen[*other].edge.name);
            return Some(Said::new(
                format!(
                    "{count} records ended in {one} and in {other}, the first {name}: the code goes on with what it has refused"
                ),
                format!(
                    "{count} bản ghi kết thúc ở cả {one} và {other}, đầu tiên là {name}: mã vẫn xử lý tiếp bản ghi mà nó đã từ chối"
                ),
            ));
        }
        let (column, Mutated { rows, .. }) = mutated.iter().max_by_key(|(_, mutated)| mutated.rows)?;
        Some(Said::new(
            format!(
                "`{column}` says something else in {rows} records: a conversion of its type, or of its name, loses what was sent"
            ),
            format!(
                "`{column}` có giá trị khác ở {rows} bản ghi: việc chuyển kiểu, hoặc đổi tên, làm mất giá trị đã gửi"
            ),
        ))
    }

    fn lost(&self, after: usize, count: u64, number: u64) -> Said {
        let name = self.shown(number);
        let next = self.seen[after..].iter().next().map_or("the end", |seen| seen.edge.name.as_str());
        match after {
            0 => Said::new(
                format!(
                    "{count} lost records were seen nowhere, the first {name}: they went missing before {next}"
                ),
                format!(
                    "{count} bản ghi bị mất không xuất hiện ở đâu, đầu tiên là {name}: chúng mất trước {next}"
                ),
            ),
            _ => {
                let last = &self.seen[after - 1].edge.name;
                Said::new(
                    format!(
                        "{count} lost records were seen last in {last}, the first {name}: they went missing between {last} and {next}"
                    ),
                    format!(
                        "{count} bản ghi bị mất được thấy lần cuối ở {last}, đầu tiên là {name}: chúng mất giữa {last} và {next}"
                    ),
                )
            }
        }
    }
}

fn ends_word(ends: Option<Ends>) -> &'static str {
    match ends {
        None => "passed",
        Some(Ends::Delivered) => "delivered",
        Some(Ends::Rejected) => "rejected",
        Some(Ends::DeadLettered) => "dead-lettered",
        Some(Ends::InFlight) => "in flight",
    }
}

fn reason(edge: &Edge, members: &Members) -> String {
    let told = edge.reason.as_ref().and_then(|member| members.get(member).cloned().flatten());
    told.unwrap_or_else(|| edge.name.clone())
}

/// `country={country}/` with a record's own members.
fn filled(route: &str, members: &Members) -> String {
    let mut filled = String::new();
    let mut rest = route;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, tail)) = after.split_once('}') else { break };
        filled.push_str(before);
        filled.push_str(members.get(name).and_then(|value| value.as_deref()).unwrap_or_default());
        rest = tail;
    }
    filled.push_str(rest);
    filled
}

fn index(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests;
