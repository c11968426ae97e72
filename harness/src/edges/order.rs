//! At one place: whether records of one key came in the order of their sending, and how soon they came.

use std::time::Duration;

use wavetank_scenarios::{Check, Freshness};
use wavetank_types::{Said, Timestamp};

use super::{Edges, Seen, index};
use crate::check::Finding;
use crate::check::arrivals::{self, Arrival};
use crate::flow::{Ages, Spread};

impl Edges<'_> {
    fn at(&self, edge: &str) -> Option<&Seen<'_>> {
        self.seen.iter().find(|seen| seen.edge.name == edge)
    }

    /// Whether the records of each key lie in the order in which they were sent. Repeats are left out.
    pub(crate) fn order(&self, edge: &str, key: &str) -> Finding {
        let Some(seen) = self.at(edge) else { return Finding::not_run("order", nowhere(edge)) };
        let mut met = vec![false; self.lines.lines.len()];
        let arrivals = seen.found.iter().filter_map(|(number, _)| {
            let at = index((*number)?);
            if std::mem::replace(&mut met[at], true) {
                return None;
            }
            let line = &self.lines.lines[at];
            let key = line.members.get(key).cloned().flatten()?;
            Some(Arrival { key, place: (line.at, at), label: self.shown(at as u64) })
        });
        arrivals::order(arrivals)
    }

    /// How long after its sending each record lay there.
    pub(crate) fn freshness(&self, edge: &str, limits: &Freshness) -> Finding {
        let Some(seen) = self.at(edge) else { return Finding::not_run("freshness", nowhere(edge)) };
        let ages: Vec<Duration> = self.ages_at(seen).collect();
        if ages.is_empty() && !seen.found.is_empty() {
            let why = Said::new(
                format!("{edge} does not say when a record came"),
                format!("{edge} không cho biết bản ghi đến lúc nào"),
            );
            return Finding::not_run("freshness", why);
        }
        arrivals::freshness(&until(edge), ages, limits)
    }

    /// How long after its sending each record that was sent lay at a place, as far as the place tells.
    fn ages_at<'s>(&'s self, seen: &'s Seen<'_>) -> impl Iterator<Item = Duration> + 's {
        let age = |number: u64, at: Timestamp| at.since(self.lines.lines[index(number)].at);
        seen.found.iter().filter_map(move |(number, found)| Some(age((*number)?, found.at?)))
    }

    /// The same of every place, for those who look at the whole.
    pub(crate) fn ages(&self, checks: &[Check]) -> Vec<Ages> {
        let limits = |edge: &str| {
            checks.iter().find_map(|check| match check {
                Check::Freshness(limits) if limits.edge.as_deref() == Some(edge) => Some(limits),
                _ => None,
            })
        };
        let ages = |seen: &Seen<'_>| {
            let name = &seen.edge.name;
            Ages::of(until(name), &self.ages_at(seen).collect::<Spread>(), limits(name))
        };
        self.seen.iter().filter_map(ages).collect()
    }
}

fn until(edge: &str) -> Said {
    Said::new(format!("from sending to {edge}"), format!("từ lúc gửi đến {edge}"))
}

fn nowhere(edge: &str) -> Said {
    Said::new(format!("there is no edge `{edge}`"), format!("không có edge `{edge}`"))
}
