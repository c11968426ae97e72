//! A profile's rows sent one by one: over time at a rate, or at once. Made ready, sent, and accounted for afterwards.

use std::ops::Range;

use bytes::Bytes;
use wavetank_generators::kdg::Rate;
use wavetank_generators::{Format, Shop, Table, Trades, write};
use wavetank_scenarios::{Outputs, Scenario};

use crate::check::conserved::Conservation;
use crate::check::items;
use crate::client::Aws;
use crate::input::threads;
use crate::observe::ObserveError;
use crate::oracle::{Truth, table_design, trades};
use crate::progress::{Progress, Stage};
use crate::run::RunError;
use crate::send::{Outgoing, SendError, Sink};
use crate::ticks::ticks;

/// Whose rows.
#[derive(Debug)]
pub(crate) enum Rows {
    Shop(Shop),
    Trades(Trades),
}

impl Rows {
    fn table(&self) -> &dyn Table {
        match self {
            Self::Shop(shop) => shop,
            Self::Trades(trades) => trades,
        }
    }
}

/// Rows as records, ready to go.
#[derive(Debug)]
pub(crate) struct Records {
    rows: Rows,
    outgoing: Vec<Outgoing>,
    rate: Option<Rate>,
}

impl Records {
    /// Writes every row as a line of JSON. The scenario's `key` is the column that decides the shard.
    pub(crate) fn of(rows: Rows, scenario: &Scenario) -> Result<Self, RunError> {
        let mut lines = Vec::new();
        write(rows.table(), Format::Ndjson, threads(), &mut lines)?;
        let lines = Bytes::from(lines);
        let mut outgoing = Vec::new();
        let mut start = 0;
        for end in memchr::memchr_iter(b'\n', &lines) {
            let data = lines.slice(start..end);
            let key = scenario.input.key.as_deref().and_then(|key| member(&data, key)).unwrap_or_default();
            outgoing.push(Outgoing { key, data });
            start = end + 1;
        }
        Ok(Self { rows, outgoing, rate: scenario.input.rate })
    }

    /// How many there are.
    pub(crate) fn len(&self) -> u64 {
        self.outgoing.len() as u64
    }

    /// Sends all of them; those of a second together at its end.
    pub(crate) async fn send(
        &self,
        aws: Aws<'_>,
        sink: &Sink,
        progress: &dyn Progress,
    ) -> Result<(), SendError> {
        progress.begin(Stage::Send, Some(self.outgoing.len() as u64));
        let Some(rate) = self.rate else {
            aws.target().intend(aws.target().now(), self.len());
            return sink.send(aws, &self.outgoing).await;
        };
        let start = aws.target().now();
        for (after, Range { start: from, end: to }) in ticks(rate, self.len()) {
            let at = start + after;
            aws.target().pause(at.since(aws.target().now())).await;
            let range = usize::try_from(from).unwrap_or(0)..usize::try_from(to).unwrap_or(0);
            aws.target().intend(at, to - from);
            sink.send(aws, &self.outgoing[range]).await?;
            progress.at(to);
        }
        Ok(())
    }

    /// What became of them.
    pub(crate) async fn conserve(
        &self,
        aws: Aws<'_>,
        scenario: &Scenario,
        outputs: &Outputs,
    ) -> Result<Conservation, ObserveError> {
        let place = |text: &str, kind: &str| -> Result<String, ObserveError> {
            let filled = outputs.fill(text)?;
            Ok(filled.strip_prefix(kind).unwrap_or(&filled).to_owned())
        };
        let table = place(&scenario.output.data, "dynamodb:")?;
        let group = place(scenario.output.rejects.as_deref().unwrap_or_default(), "logs:")?;
        match &self.rows {
            Rows::Shop(shop) => items::conserve_shop(aws, shop, &table).await,
            Rows::Trades(trades) => items::conserve_trades(aws, trades, &table, &group).await,
        }
    }

    /// What the queries must answer.
    pub(crate) fn truth(&self) -> Truth {
        match &self.rows {
            Rows::Shop(shop) => Truth::TableDesign(table_design::Truth::of(shop)),
            Rows::Trades(trades) => Truth::Trades(trades::Truth::of(trades)),
        }
    }
}

fn member(line: &[u8], name: &str) -> Option<String> {
    let line: serde_json::Value = serde_json::from_slice(line).ok()?;
    Some(line.get(name)?.as_str()?.to_owned())
}
