//! Both sides asked, and compared.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use wavetank_emulator::Tank;
use wavetank_scenarios::Scenario;
use wavetank_types::{Seed, Timestamp};

use super::align::{Asked, sequences};
use super::conversation::Conversation;
use super::names::Names;
use super::noise::Noise;
use super::recorder::Recorder;
use super::recording::Recording;
use super::report::{Diff, Tally};
use super::talk::{Client, Outcome, PATIENCE, hold};
use crate::client::Aws;
use crate::natives;
use crate::progress::Silent;
use crate::run::{RunError, RunOptions, run};
use crate::stop::Stop;
use crate::target::{Embedded, Target};

/// A tank that noise is learnt from.
#[derive(Clone, Copy, Debug)]
struct Other {
    seed: u64,
    /// How long after the usual instant its time begins.
    later: Duration,
    /// How long a call takes there.
    lag: Duration,
}

const TANKS: [Other; 3] = [
    Other { seed: 7, later: Duration::ZERO, lag: Duration::ZERO },
    Other { seed: 8, later: Duration::from_micros(105_421_003_251), lag: Duration::from_micros(3_251) },
    Other {
        seed: 1_009,
        later: Duration::from_micros(3_471_661_777_007),
        lag: Duration::from_micros(41_007),
    },
];

/// The tank that is compared where no server is named: one that taught nothing.
const STRANGER: Other = Other {
    seed: 40_013,
    later: Duration::from_micros(9_876_543_210_123),
    lag: Duration::from_micros(7_919),
};

/// A side of the comparison.
#[derive(Clone, Copy)]
pub struct Side<'a> {
    /// Where it is; `None`: a tank of this process.
    pub target: Option<&'a dyn Target>,
    /// What the report calls it.
    pub name: &'a str,
    /// The beginning of URLs that it gives for itself, such as `http://10.0.0.1:4566`; empty if there is none.
    pub origin: &'a str,
}

impl std::fmt::Debug for Side<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Side").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What is asked.
#[derive(Clone, Debug)]
pub struct DiffOptions {
    /// Conversations to hold.
    pub conversations: Vec<Conversation>,
    /// A scenario to run, and how.
    pub scenario: Option<(Scenario, RunOptions)>,
    /// Where.
    pub region: String,
    /// How long a call is repeated until its answer is as it should be, in the server's time.
    pub patience: Duration,
    /// By which it is ended early: the conversation under way comes to its end, so that nothing of it is left.
    pub stop: Stop,
}

/// Why there is no comparison.
#[derive(Debug, thiserror::Error)]
pub enum DiffError {
    /// The scenario does not even run on the embedded tank.
    #[error("the scenario does not run on the embedded tank: {0}")]
    Run(#[from] RunError),
}

/// A comparison, and `b`'s answers to the conversations in a form that can be kept.
#[derive(Clone, Debug)]
pub struct Compared {
    /// The report.
    pub diff: Diff,
    /// One of each conversation.
    pub recordings: Vec<Recording>,
}

/// Asks both sides the same, and compares.
///
/// Error: the scenario fails on the embedded tank. Whatever `b` does is in the report.
pub async fn diff(a: Side<'_>, b: Side<'_>, options: &DiffOptions) -> Result<Compared, DiffError> {
    let mut tally = Tally::default();
    let mut notes = Vec::new();
    let mut recordings = Vec::new();
    let region = options.region.as_str();
    let their_names = names(b, region, &mut notes).await;
    let our_names = names(a, region, &mut notes).await;
    if let Some((scenario, run)) = &options.scenario {
        let run = RunOptions { stop: options.stop.clone(), ..run.clone() };
        compare_runs((a, &our_names), (b, &their_names), scenario, &run, &mut tally, &mut notes).await?;
    }
    let mut not_held = Vec::new();
    for conversation in &options.conversations {
        if options.stop.is_asked() {
            not_held.push(conversation.name.clone());
            continue;
        }
        let known = on_tanks(conversation, region).await;
        let ours = match a.target {
            Some(target) => talk(target, &our_names, options, conversation).await,
            None => known[0].clone(),
        };
        let theirs = match b.target {
            Some(target) => talk(target, &their_names, options, conversation).await,
            None => on_tank(STRANGER, conversation, region).await,
        };
        let noise = noise_of(&known);
        for (at, step) in conversation.steps.iter().enumerate() {
            let place = format!("{} {}", conversation.name, at + 1);
            tally.add(step.asks(conversation), &place, &noise[at], &ours[at], &theirs[at]);
        }
        recordings.push(Recording::of(conversation, (b.name, region), &theirs, &noise, &known[0]));
    }
    Ok(Compared { diff: Diff { not_held, ..tally.finish(a.name, b.name, notes) }, recordings })
}

async fn names(side: Side<'_>, region: &str, notes: &mut Vec<String>) -> Names {
    let Some(target) = side.target else { return Names::recorded() };
    match Names::ask(Aws::new(target, region), side.origin).await {
        Ok(names) => names,
        Err(why) => {
            notes.push(format!(
                "{} does not say whose account it is ({why}); {} is taken for it",
                side.name,
                super::names::ACCOUNT
            ));
            Names { origin: side.origin.to_owned(), ..Names::recorded() }
        }
    }
}

async fn talk(
    target: &dyn Target,
    names: &Names,
    options: &DiffOptions,
    conversation: &Conversation,
) -> Vec<Outcome> {
    let aws = Aws::new(target, &options.region);
    hold(Client { aws, names, lag: Duration::ZERO, patience: options.patience }, conversation).await
}

/// A conversation on each of the tanks that noise is learnt from.
pub(super) async fn on_tanks(conversation: &Conversation, region: &str) -> Vec<Vec<Outcome>> {
    let mut known = Vec::with_capacity(TANKS.len());
    for tank in TANKS {
        known.push(on_tank(tank, conversation, region).await);
    }
    known
}

async fn on_tank(tank: Other, conversation: &Conversation, region: &str) -> Vec<Outcome> {
    let Other { seed, later, lag } = tank;
    let target = tank_of(seed, later);
    let names = Names::recorded();
    hold(Client { aws: Aws::new(&target, region), names: &names, lag, patience: PATIENCE }, conversation)
        .await
}

/// What differs between the tanks, step by step.
pub(super) fn noise_of(known: &[Vec<Outcome>]) -> Vec<Noise> {
    let steps = known.iter().map(Vec::len).min().unwrap_or(0);
    let answers =
        |at: usize| known.iter().filter_map(|outcomes| outcomes[at].answer()).collect::<Vec<&Value>>();
    (0..steps).map(|at| Noise::learn(&answers(at))).collect()
}

/// How much later another run's time begins: more than a metric's minute, and less than a schedule would notice.
const RUN_LATER: Duration = Duration::from_millis(307_391);

/// A tank of this seed, whose time begins so much later than usual.
pub(super) fn tank_of(seed: u64, later: Duration) -> Embedded {
    let tank = Tank::builder().seed(Seed(seed)).start(Timestamp::TANK_EPOCH + later);
    Embedded::of(natives::register(tank))
}

/// A side with what it calls itself.
type Named<'n> = (Side<'n>, &'n Names);

/// The scenario on both sides, call by call.
async fn compare_runs(
    a: Named<'_>,
    b: Named<'_>,
    scenario: &Scenario,
    options: &RunOptions,
    tally: &mut Tally,
    notes: &mut Vec<String>,
) -> Result<(), DiffError> {
    // Faults are set by a tank's own API, and looking at what flowed where is for pages.
    let options = RunOptions { without_own_faults: true, look: false, ..options.clone() };
    let mut known = Vec::new();
    for (Other { seed, .. }, later) in TANKS.iter().zip([Duration::ZERO, RUN_LATER]) {
        let tank = tank_of(*seed, later);
        known.push(recorded_run(&tank, &Names::recorded(), scenario, &options).await?);
    }
    let ours = match a.0.target {
        Some(target) => {
            let (calls, ended) = try_run(target, a.1, scenario, &options).await;
            notes.extend(
                ended.err().map(|why| format!("the run of {} on a did not end: {why}", scenario.name)),
            );
            calls
        }
        None => known[0].clone(),
    };
    let theirs = match b.0.target {
        Some(target) => {
            let (calls, ended) = try_run(target, b.1, scenario, &options).await;
            notes.extend(
                ended.err().map(|why| format!("the run of {} on b did not end: {why}", scenario.name)),
            );
            calls
        }
        None => {
            let tank = tank_of(STRANGER.seed, 2 * RUN_LATER);
            recorded_run(&tank, &Names::recorded(), scenario, &options).await?
        }
    };
    let none = Vec::new();
    for (asked, ours) in &ours {
        let theirs = theirs.get(asked).unwrap_or(&none);
        let learnt: Vec<Vec<Outcome>> = known.iter().filter_map(|run| run.get(asked).cloned()).collect();
        let noise = noise_of(&learnt);
        for (at, a) in ours.iter().enumerate() {
            let call = format!("run of {} {}", scenario.name, at + 1);
            let unreached = Outcome::NotRun("its run did not come to this call".to_owned());
            let b = theirs.get(at).unwrap_or(&unreached);
            let quiet = Noise::default();
            tally.add((&asked.0, &asked.1), &call, noise.get(at).unwrap_or(&quiet), a, b);
        }
        if theirs.len() > ours.len() {
            let (service, operation) = asked;
            let counts = format!("{} times on a, {} on b", ours.len(), theirs.len());
            notes.push(format!("the run called {service} {operation} {counts}; the first ones are compared"));
        }
    }
    Ok(())
}

type Answers = BTreeMap<Asked, Vec<Outcome>>;

async fn recorded_run(
    target: &dyn Target,
    names: &Names,
    scenario: &Scenario,
    options: &RunOptions,
) -> Result<Answers, RunError> {
    let recorder = Recorder::new(target);
    run(scenario, &recorder, options, &Silent).await?;
    Ok(sequences(&recorder.calls(), names))
}

/// The same on a server that may not be up to it. What the run has made there, it removes.
async fn try_run(
    target: &dyn Target,
    names: &Names,
    scenario: &Scenario,
    options: &RunOptions,
) -> (Answers, Result<(), RunError>) {
    let recorder = Recorder::new(target);
    let ended = run(scenario, &recorder, options, &Silent).await.map(drop);
    let calls = recorder.calls();
    (sequences(&calls, names), ended)
}
