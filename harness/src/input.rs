//! What comes in: rows in one object, rows as records, or records of a template, over time or at once. Made ready, sent, and accounted for afterwards.

use std::num::NonZeroUsize;
use std::sync::OnceLock;
use std::time::Duration;

use bytes::Bytes;
use wavetank_generators::event_revenue::Oracle;
use wavetank_generators::kdg::{self, Template};
use wavetank_generators::{EventRevenue, Format, Profile, write};
use wavetank_scenarios::{Outputs, Scenario, ScenarioError};
use wavetank_types::{Seed, Timestamp};

use crate::check::conserved::{self, Conservation, Sent};
use crate::check::{self, sent_events};
use crate::client::Aws;
use crate::drive;
use crate::edges;
use crate::events::Events;
use crate::lines::Lines;
use crate::observe::{self, Object, ObserveError};
use crate::oracle::{Truth, data_lake_iot, fashion_store};
use crate::progress::{Progress, Stage};
use crate::records::{Records, Rows};
use crate::run::{RunError, RunOptions};
use crate::send::Sink;
use crate::sim::swarm::Swarm;
use crate::store::OrdersPlace;
use crate::store::{self, StoreInput};

/// What a scenario is fed with.
#[derive(Debug)]
pub(crate) enum Input {
    /// Generated rows, as one object.
    Rows { profile: EventRevenue, body: Bytes },
    /// A file that a person brings, as one object.
    Brought { name: String, body: Bytes },
    /// A profile's rows, one record each.
    Records(Records),
    /// What goes into a pipeline of one's own.
    Lines(Box<Lines>),
    /// A store's days.
    Store(Box<StoreInput>),
    /// Records by a template, from `start` on.
    Events { events: Events, start: Timestamp },
}

impl Input {
    /// Makes the input ready. Nothing is sent.
    pub(crate) fn prepare(
        scenario: &Scenario,
        options: &RunOptions,
        progress: &dyn Progress,
    ) -> Result<Self, RunError> {
        if scenario.ledger.is_some() {
            let lines = Lines::prepare(scenario, options)?;
            edges::check_members(scenario, &lines)?;
            return Ok(Self::Lines(Box::new(lines)));
        }
        let rows = options.rows.unwrap_or(scenario.input.rows);
        if rows == 0 && options.brought.is_none() {
            return Err(RunError::NothingToSend(scenario.name.clone()));
        }
        if scenario.input.profile.as_deref() == Some(store::PROFILE) {
            return match &options.brought {
                Some(_) => Err(RunError::OnlyRecords(scenario.name.clone())),
                None => Ok(Self::Store(Box::new(StoreInput::open(scenario, options)?))),
            };
        }
        if options.users.is_some() || options.days.is_some() || options.orders != OrdersPlace::default() {
            return Err(RunError::NoStore(scenario.name.clone()));
        }
        // A file is one object.
        if options.brought.is_some() && !scenario.input.to.starts_with("s3://") {
            return Err(RunError::OnlyRecords(scenario.name.clone()));
        }
        if let Some(template) = &scenario.input.template {
            return Self::events(scenario, template, rows, options);
        }
        if let Some(brought) = &options.brought {
            return Ok(Self::Brought { name: brought.name.clone(), body: brought.body.clone() });
        }
        let name = scenario.input.profile.as_deref().unwrap_or_default();
        match Profile::open(name, Some(rows), Seed(options.seed), options.defects.defects)? {
            Profile::EventRevenue(profile) => {
                let body = csv_of(&profile, progress)?;
                Ok(Self::Rows { profile, body })
            }
            Profile::PeopleVi(_) | Profile::FashionStore(_) => Err(RunError::NoTruth(name.to_owned())),
            Profile::Shop(shop) => Ok(Self::Records(Records::of(Rows::Shop(shop), scenario)?)),
            Profile::Trades(trades) => Ok(Self::Records(Records::of(Rows::Trades(trades), scenario)?)),
        }
    }

    fn events(scenario: &Scenario, file: &str, count: u64, options: &RunOptions) -> Result<Self, RunError> {
        if options.brought.is_some() || !options.defects.text.is_empty() {
            return Err(RunError::OnlyRecords(scenario.name.clone()));
        }
        let named = |cause: String| ScenarioError::File { file: format!("{}/{file}", scenario.name), cause };
        let template = Template::parse(scenario.file(file)).map_err(|error| named(error.to_string()))?;
        let rate = scenario.input.rate.unwrap_or(kdg::Rate::Constant(0.0));
        let ahead_ms = options.swarm.as_ref().map_or(0, Swarm::askew_ms);
        let events = Events { template, seed: Seed(options.seed), count, rate, ahead_ms };
        Ok(Self::Events { events, start: Timestamp::TANK_EPOCH })
    }

    /// Sends everything.
    pub(crate) async fn send(
        &mut self,
        aws: Aws<'_>,
        scenario: &Scenario,
        outputs: &Outputs,
        progress: &dyn Progress,
    ) -> Result<(), RunError> {
        let to = outputs.fill(&scenario.input.to)?;
        match self {
            Self::Rows { body, .. } => {
                progress.begin(Stage::Upload, None);
                drive::put(aws, &to, body.clone()).await?;
            }
            // A brought file keeps its own name.
            Self::Brought { name, body } => {
                progress.begin(Stage::Upload, None);
                let folder = to.rsplit_once('/').map_or("", |(folder, _)| folder);
                drive::put(aws, &format!("{folder}/{name}"), body.clone()).await?;
            }
            Self::Records(records) => records.send(aws, &to.parse()?, progress).await?,
            Self::Lines(lines) => lines.send(aws, &to, progress).await?,
            Self::Store(store) => store.send(aws, scenario, outputs, progress).await?,
            Self::Events { events, start } => {
                progress.begin(Stage::Send, Some(events.count));
                let sink: Sink = to.parse()?;
                *start = aws.target().now();
                events.send(aws, &sink, *start, progress).await?;
            }
        }
        Ok(())
    }

    /// How long it takes to send, in tank time from `now` on; at least as long as Lambda's first two tries of an event last,
    /// so that the third meets no fault.
    pub(crate) fn span(&self, scenario: &Scenario, now: Timestamp) -> Duration {
        const AT_ONCE: Duration = Duration::from_secs(110);
        let at_rate = scenario.input.rate.map(|rate| {
            let second = rate.records(Duration::from_secs(1_000)).max(1) as f64 / 1_000.0;
            Duration::from_secs_f64((self.one_by_one() as f64 / second).min(86_400.0))
        });
        match self {
            Self::Store(input) => input.store.end().since(now),
            _ => at_rate.unwrap_or_default().max(AT_ONCE),
        }
    }

    /// How many records go one by one.
    fn one_by_one(&self) -> u64 {
        match self {
            Self::Records(records) => records.len(),
            Self::Lines(lines) => lines.len(),
            Self::Events { events, .. } => events.count,
            Self::Rows { .. } | Self::Brought { .. } | Self::Store(_) => 0,
        }
    }

    /// What became of it.
    pub(crate) async fn conserve(
        &self,
        aws: Aws<'_>,
        scenario: &Scenario,
        outputs: &Outputs,
        data: &[Object],
    ) -> Result<Conservation, ObserveError> {
        let sent = match self {
            Self::Events { events, start } => {
                return sent_events::conserve(aws, events, *start, &scenario.output.identity, data).await;
            }
            Self::Records(records) => return records.conserve(aws, scenario, outputs).await,
            Self::Store(input) => {
                return check::store::conserve(aws, &input.store, scenario, outputs, data).await;
            }
            Self::Lines(_) => unreachable!("its edges have been looked at"),
            Self::Rows { profile, .. } => Sent::Generated(profile),
            Self::Brought { body, .. } => Sent::Brought(body),
        };
        let refusals = match &scenario.output.rejects {
            Some(rejects) => observe::refusals(aws, &outputs.fill(rejects)?).await?,
            None => Default::default(),
        };
        conserved::conserve(aws, sent, data, &refusals).await
    }

    /// What the queries must answer.
    pub(crate) fn truth(&self, scenario: &Scenario) -> Result<Truth, RunError> {
        Ok(match self {
            Self::Rows { profile, .. } => Truth::EventRevenue(Box::new(Oracle::of(profile, threads()))),
            Self::Events { events, start } if scenario.name == "data-lake-iot" => {
                let file = "data/tracks_list.json";
                let truth = data_lake_iot::Truth::of(events, *start, scenario.file(file));
                let named = |cause: String| ScenarioError::File { file: file.to_owned(), cause };
                Truth::DataLakeIot(truth.map_err(|error| named(error.to_string()))?)
            }
            Self::Records(records) => records.truth(),
            Self::Store(input) => Truth::FashionStore(Box::new(fashion_store::Truth::of(input))),
            Self::Lines(_) | Self::Brought { .. } | Self::Events { .. } => Truth::Unknown,
        })
    }

    /// Whether the producer's clock was ahead or behind and that changed a record. Known when it has been sent.
    pub(crate) fn is_askew(&self) -> bool {
        match self {
            Self::Events { events, start } => events.is_askew(*start),
            Self::Lines(lines) => lines.is_askew(),
            Self::Store(input) => input.is_askew(),
            Self::Rows { .. } | Self::Brought { .. } | Self::Records(_) => false,
        }
    }

    /// The records of a pipeline of one's own, if these are.
    pub(crate) fn lines(&self) -> Option<&Lines> {
        match self {
            Self::Lines(lines) => Some(lines),
            _ => None,
        }
    }

    /// The store, if this is one.
    pub(crate) fn store(&self) -> Option<&StoreInput> {
        match self {
            Self::Store(input) => Some(input),
            _ => None,
        }
    }
}

fn csv_of(profile: &EventRevenue, progress: &dyn Progress) -> Result<Bytes, RunError> {
    progress.begin(Stage::Generate, Some(profile.rows_total()));
    let mut body = Vec::new();
    write(profile, Format::Csv, threads(), &mut body)?;
    progress.at(profile.rows_total());
    Ok(Bytes::from(body))
}

/// As many as the machine has; the bytes are the same with any number.
pub(crate) fn threads() -> NonZeroUsize {
    // Asked once: the answer is read from files.
    static FOUND: OnceLock<NonZeroUsize> = OnceLock::new();
    *FOUND.get_or_init(|| std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN))
}
