//! One scenario on one target: generators, target, checks, report.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use wavetank_generators::fashion_store::StoreError;
use wavetank_generators::registry::ProfileError;
use wavetank_generators::write::WriteError;
use wavetank_scenarios::{Change, Check, Outputs, Scenario, ScenarioError, Step};
use wavetank_types::{Said, Seed};
use wavetank_wire::WireError;

use crate::airflow::{self, AirflowError, Dags, Orchestrator};
use crate::check::{self, Finding};
use crate::client::Aws;
use crate::defects::DefectList;
use crate::drive::{self, DriveError};
use crate::elsewhere;
use crate::ended::{Allowed, Ended};
use crate::estimate;
use crate::failing;
use crate::faults::{self, FaultError};
use crate::flow;
use crate::input::Input;
use crate::observe::ObserveError;
use crate::oracle::sent::SentError;
use crate::plan::{PlanError, Terms};
use crate::progress::{Progress, Silent, Stage};
use crate::provision::{self, ProvisionError};
use crate::removal::RemovalError;
use crate::report::Report;
use crate::send::{SendError, SinkError};
use crate::sim::force::{Hits, InForce, Timed};
use crate::sim::kind::Kind;
use crate::sim::swarm::Swarm;
use crate::stop::Stop;
use crate::store::{OrdersError, OrdersPlace};
use crate::target::Target;

/// What a run is told beside its scenario.
#[derive(Clone, Debug, Default)]
pub struct RunOptions {
    /// Rows to generate, clicks of a store; the scenario's own number if not given.
    pub rows: Option<u64>,
    /// Of a store: its users.
    pub users: Option<u64>,
    /// Of a store: its products.
    pub products: Option<u64>,
    /// Of a store: the time whose clicks go out together.
    pub tick: Option<Duration>,
    /// Of a store: its days.
    pub days: Option<u32>,
    /// Of a store: where its orders are kept.
    pub orders: OrdersPlace,
    /// Who starts the pipeline's work.
    pub orchestrator: Orchestrator,
    /// The seed of data and tank.
    pub seed: u64,
    /// A variant of the scenario.
    pub variant: Option<String>,
    /// Defects to put into the generated rows.
    pub defects: DefectList,
    /// A change of what should not matter, of a run that another is compared with.
    pub change: Option<Change>,
    /// Parameters of the template, in place of the variant's.
    pub parameters: BTreeMap<String, String>,
    /// A file that a person brings instead of generated rows.
    pub brought: Option<Brought>,
    /// Faults of a simulation, in force while the input arrives. The harness's own client is patient then.
    pub swarm: Option<Swarm>,
    /// Whether the scenario's own faults are left out.
    pub without_own_faults: bool,
    /// Whether to look at what flowed where, for the page.
    pub look: bool,
    /// Whether the stack stays when the run has ended, on a server that stays too.
    pub keep: bool,
    /// Whether a stack of the scenario's name that is there already is deleted first, with what lies in it.
    pub replace: bool,
    /// The flags that say where it runs, for the command that makes the same run.
    pub place: String,
    /// By which a run on a server that stays is ended early.
    pub stop: Stop,
    /// What the stack is called and tagged, where it is not the scenario's name: who says so also removes it (`sweep/`).
    pub stack: Option<StackOptions>,
}

/// A stack that no other run has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StackOptions {
    /// Its name.
    pub name: String,
    /// Its tags, which CloudFormation hands on to what it makes.
    pub tags: BTreeMap<String, String>,
}

impl RunOptions {
    /// The stack's name.
    pub(crate) fn stack_name(&self, scenario: &Scenario) -> String {
        self.stack.as_ref().map_or_else(|| scenario.stack_name(), |stack| stack.name.clone())
    }

    /// The command that makes the same run: the seed, where orders are (an empty machine would choose otherwise), and what differs
    /// from the scenario's own. `called` is the scenario's name or folder.
    pub fn command(&self, scenario: &Scenario, called: &str) -> String {
        use std::fmt::Write as _;
        let of = &scenario.input;
        let mut command = format!("wavetank run {} --seed {}", quoted(called), self.seed);
        // Writing to a String cannot fail.
        let mut say = |option: &str, value: &dyn std::fmt::Display| {
            let _ = write!(command, " --{option} {value}");
        };
        let has_store = of.profile.as_deref() == Some(crate::store::PROFILE);
        if has_store {
            say("orders", &quoted(&self.orders.argument()));
        }
        if self.orchestrator == Orchestrator::Airflow {
            say("orchestrator", &"airflow");
        }
        if let Some(days) = self.days.filter(|days| of.days != Some(*days)) {
            say("days", &days);
        }
        if let Some(users) = self.users.filter(|users| of.users != Some(*users)) {
            say("users", &users);
        }
        if let Some(rows) = self.rows.filter(|rows| of.rows != *rows) {
            say(if has_store { "clicks" } else { "rows" }, &rows);
        }
        if let Some(brought) = &self.brought {
            say("input", &quoted(&brought.name));
        }
        if !self.defects.text.is_empty() {
            say("defects", &quoted(&self.defects.text));
        }
        if let Some(variant) = &self.variant {
            say("variant", variant);
        }
        if !self.place.is_empty() {
            command.push(' ');
            command.push_str(&self.place);
        }
        command
    }
}

/// As a shell takes it for one word.
pub fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./=,+:".contains(c);
    match text.chars().all(is_plain) && !text.is_empty() {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', "'\\''")),
    }
}

/// A file that a person brings.
#[derive(Clone, Debug)]
pub struct Brought {
    /// Its name, without folders.
    pub name: String,
    /// Its content.
    pub body: Bytes,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The scenario, or a name in it.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// The profile or its defects.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// Rows could not be written.
    #[error("cannot generate: {0}")]
    Generate(#[from] WriteError),
    /// The scenario's profile has no truth to check against.
    #[error(
        "profile `{0}` has no truth, so a run of it proves nothing\nhint: `wavetank list` shows the profiles that have one"
    )]
    NoTruth(String),
    /// The infrastructure is not there.
    #[error(transparent)]
    Provision(#[from] ProvisionError),
    /// The pipeline did not come to its end.
    #[error(transparent)]
    Drive(#[from] DriveError),
    /// The scenario's DAGs.
    #[error(transparent)]
    Airflow(#[from] AirflowError),
    /// What came out cannot be seen.
    #[error(transparent)]
    Observe(#[from] ObserveError),
    /// A file or defects for a scenario that is fed with records.
    #[error("scenario `{0}` is fed with records of its own\nhint: leave out --input and --defects")]
    OnlyRecords(String),
    /// Users or days for a scenario that has none.
    #[error(
        "scenario `{0}` has no store\nhint: leave out --clicks, --users, --days and --orders; --rows is the size of it"
    )]
    NoStore(String),
    /// No rows and no clicks.
    #[error("nothing would be sent, and nothing proved\nhint: give `{0}` one row or click at least")]
    NothingToSend(String),
    /// The store of these sizes.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The store's database.
    #[error(transparent)]
    Orders(#[from] OrdersError),
    /// `to` of the scenario's input.
    #[error(transparent)]
    Sink(#[from] SinkError),
    /// A fault of the scenario.
    #[error(transparent)]
    Fault(#[from] FaultError),
    /// The records were not taken.
    #[error(transparent)]
    Send(#[from] SendError),
    /// An oracle of the scenario does not answer.
    #[error(transparent)]
    Sent(#[from] SentError),
    /// The target lacks what the scenario needs.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The stack's name is taken.
    #[error(
        "{target} has a stack `{stack}` already ({status})\nhint: --replace deletes it first, with everything in its buckets; nothing has been created"
    )]
    StackThere {
        /// Its name.
        stack: String,
        /// The target's name.
        target: String,
        /// Its status.
        status: String,
    },
    /// The caller asked it to end.
    #[error("interrupted")]
    Interrupted,
    /// The stack that is to be replaced cannot be removed.
    #[error(transparent)]
    Removal(#[from] RemovalError),
    /// An API call was refused.
    #[error(transparent)]
    Api(#[from] WireError),
}

/// The parameters of the template: the variant's, the caller's, and those that say where orders are and who orchestrates.
pub(crate) fn parameters(
    scenario: &Scenario,
    options: &RunOptions,
) -> Result<BTreeMap<String, String>, RunError> {
    let variant = options.variant.as_deref().map(|name| scenario.variant(name)).transpose()?;
    let mut parameters = variant.map(|variant| variant.parameters.clone()).unwrap_or_default();
    parameters.extend(options.parameters.clone());
    if options.orders != OrdersPlace::default() {
        parameters.insert("Orders".to_owned(), options.orders.parameter().to_owned());
    }
    if options.orchestrator == Orchestrator::Airflow {
        parameters.insert("Orchestrator".to_owned(), "airflow".to_owned());
    }
    Ok(parameters)
}

/// Runs a scenario and reports. An `Err` means that there is nothing to report on; a failed check is in the report.
pub async fn run(
    scenario: &Scenario,
    target: &dyn Target,
    options: &RunOptions,
    progress: &dyn Progress,
) -> Result<Report, RunError> {
    match target.is_own() {
        true => run_on(scenario, target, options, progress, &Terms::default()).await,
        false => elsewhere::run(scenario, target, options, progress).await,
    }
}

/// The run itself.
pub(crate) async fn run_on(
    scenario: &Scenario,
    target: &dyn Target,
    options: &RunOptions,
    progress: &dyn Progress,
    terms: &Terms,
) -> Result<Report, RunError> {
    let started = target.now();
    let timed = options.swarm.as_ref().map(|_| Timed::new(target, &scenario.region));
    let target = timed.as_ref().map_or(target, |timed| timed as &dyn Target);
    let parameters = parameters(scenario, options)?;
    let section = match options.orchestrator {
        Orchestrator::Scheduler => None,
        Orchestrator::Airflow => {
            Some(scenario.airflow.as_ref().ok_or_else(|| AirflowError::None(scenario.name.clone()))?)
        }
    };
    let mut input = Input::prepare(scenario, options, progress)?;
    let aws = Aws::new(target, &scenario.region);
    let aws = if options.swarm.is_some() { aws.patient() } else { aws };

    progress.begin(Stage::Provision, None);
    let template = scenario.file(&scenario.template);
    let as_scenario = || StackOptions { name: scenario.stack_name(), ..StackOptions::default() };
    let stack = options.stack.clone().unwrap_or_else(as_scenario);
    let outputs = provision::create_stack(aws, &stack, template, &parameters).await?;
    provision::check_made(aws, &stack.name, &terms.resources).await?;
    let outputs = Outputs::of(scenario, outputs);
    drive::upload_files(aws, scenario, &outputs).await?;
    let dags = match section {
        Some(section) => Some(Dags::begin(aws, scenario, section, &outputs).await?),
        None => None,
    };
    let own_faults = if options.without_own_faults { &[] } else { scenario.faults.as_slice() };
    let (own_faults, no_faults) = match target.is_own() || faults::are_taken(target).await {
        true => (own_faults, Vec::new()),
        false => (&[][..], own_faults.iter().map(|fault| faults::not_run(target, fault)).collect()),
    };
    let faults = faults::set(target, own_faults, &outputs).await?;
    let mut in_force = match (&options.swarm, &timed) {
        (Some(swarm), Some(timed)) => {
            Some(InForce::begin(timed, swarm, input.span(scenario, timed.now())).await?)
        }
        _ => None,
    };
    let sent_from = target.now();
    let span = input.span(scenario, sent_from);
    input.send(aws, scenario, &outputs, progress).await?;
    let sent = (sent_from, target.now());
    let mut hits = match (&mut in_force, &timed) {
        (Some(in_force), Some(timed)) => in_force.end(timed, input.is_askew()).await?,
        _ => Hits::new(),
    };

    for step in &scenario.steps {
        progress.begin(stage_of(step), None);
        progress.waits(&said_of(step, &outputs));
        if let Step::Dag { dag, within } = step {
            match &dags {
                // What the check of the DAGs will say better, with the task's log.
                Some(dags) if !dags.await_runs(dag, *within).await? => break,
                _ => continue,
            }
        }
        match drive::take_step(aws, step, &outputs).await {
            // What a check of the scenario will say better, with its cause.
            Err(DriveError::JobFailed { .. }) if scenario.checks.iter().any(is_of_jobs) => break,
            taken => taken?,
        }
    }
    let ran = match &dags {
        Some(dags) => Some(check::dags::check(dags).await?),
        None => None,
    };
    let own_faults = if options.look { faults::hits(target, &faults).await? } else { Vec::new() };
    let lifted = target.now();
    faults::lift(target, &faults).await?;
    if options.swarm.is_some() {
        come_to_rest(target).await;
    }
    let allowed = match &options.swarm {
        Some(_) => {
            Allowed { repeats: may_repeat(&hits), late: scenario.sim.late, skips: &scenario.sim.skips }
        }
        None => Allowed::default(),
    };
    // Nobody asks what thousands of runs would have cost.
    // In an account that others use, too, what was used would be theirs as well.
    let is_priced = options.swarm.is_none() && options.stack.is_none();
    let ended = Ended {
        aws,
        scenario,
        outputs,
        input: &input,
        sent_at: sent.0,
        allowed,
        is_priced,
        absent: &terms.absent,
    };
    let mut report = ended.report(progress).await?;
    if let Some(in_force) = in_force {
        hits.extend(in_force.end_of_jobs(target).await?);
    }
    report.fault_hits = hits;
    if options.look {
        let swarm = options.swarm.clone().map(|swarm| (swarm, span));
        let stack = stack.name.clone();
        let known = flow::Known { stack, begin: started, sent, lifted, swarm, own_faults };
        report.flow = Some(flow::look(aws, scenario, &ended.outputs, &known, &report).await);
    }
    let vi = scenario.summary_vi.as_ref().unwrap_or(&scenario.summary);
    report.summary = Said::new(&scenario.summary, vi);
    report.seed = Seed(options.seed);
    report.rows = report.ledger.generated;
    report.variant = options.variant.clone();
    report.defects = options.defects.text.clone();
    report.replay = options.command(scenario, &scenario.name);
    if let Some(store) = input.store() {
        report.notes.extend(store.notes(aws).await?);
    }
    if scenario.airflow.is_some() {
        report.notes.push(dags.as_ref().map_or_else(airflow::scheduler_note, Dags::note));
    }
    report.findings.extend(ran);
    report.findings.extend(no_faults);
    failing::tell(aws, &stack.name, &mut report.findings).await;
    report.input = options.brought.as_ref().map(|brought| brought.name.clone());
    report.tank_ms = target.now().since(started).as_millis();
    metamorphic(scenario, target, options, &mut report).await?;
    Ok(report)
}

/// Runs the scenario again under each change that it names, and compares.
async fn metamorphic(
    scenario: &Scenario,
    target: &dyn Target,
    options: &RunOptions,
    report: &mut Report,
) -> Result<(), RunError> {
    // Under faults two runs differ by more than the change.
    if options.change.is_some() || options.swarm.is_some() {
        return Ok(());
    }
    for check in &scenario.checks {
        let Check::Metamorphic(form) = check else { continue };
        if form.change != Change::Parameters && scenario.ledger.is_none() {
            let why = Said::new(
                "only a pipeline with a [ledger] can be sent its records in another way",
                "chỉ pipeline có [ledger] mới gửi được bản ghi theo cách khác",
            );
            report.findings.push(Finding::not_run(&format!("metamorphic: {}", form.change.name()), why));
            continue;
        }
        let Some(fresh) = target.fresh() else {
            let why =
                Said::new("this target cannot be started anew", "không thể khởi động lại target này từ đầu");
            report.findings.push(Finding::not_run(&format!("metamorphic: {}", form.change.name()), why));
            continue;
        };
        let change = Some(form.change);
        let again =
            RunOptions { change, parameters: form.parameters.clone(), look: false, ..options.clone() };
        let second = Box::pin(run(scenario, fresh.as_ref(), &again, &Silent)).await?;
        report.findings.push(check::metamorphic::compare(form, report, &second));
    }
    Ok(())
}

/// Waits until nothing is under way: a run that a fault holds up may outlast the last step.
async fn come_to_rest(target: &dyn Target) {
    const STEP: Duration = Duration::from_secs(10);
    const STEPS_MAX: u32 = 360;
    for _ in 0..STEPS_MAX {
        if target.is_at_rest() != Some(false) {
            return;
        }
        target.pause(STEP).await;
    }
}

/// Whether a call did its work and its caller may have called again.
fn may_repeat(hits: &Hits) -> bool {
    hits.keys().any(|(kind, _)| matches!(kind, Kind::Lost | Kind::Duplicate))
}

fn is_of_jobs(check: &Check) -> bool {
    matches!(check, Check::Jobs { .. })
}

/// What a step waits for, in words.
fn said_of(step: &Step, outputs: &Outputs) -> String {
    // A name that the stack does not know fails in the step itself.
    let named = |text: &String| outputs.fill(text).unwrap_or_else(|_| text.clone());
    let at_most = |what: String, span: &Duration| format!("{what}, at most {}", estimate::said(*span));
    match step {
        Step::Wait { wait } => format!("{} to pass", estimate::said(*wait)),
        Step::Job { job, within } => at_most(format!("the runs of job {}", named(job)), within),
        Step::Run { run, within } => at_most(format!("a run of job {}", named(run)), within),
        Step::Crawl { crawl, within } => at_most(format!("a crawl by {}", named(crawl)), within),
        Step::Crawled { crawled, within } => at_most(format!("the crawl of {}", named(crawled)), within),
        Step::Dag { dag, within } => at_most(format!("DAG {dag}"), within),
        Step::Invoke { invoke } => format!("the answer of function {}", named(invoke)),
    }
}

fn stage_of(step: &Step) -> Stage {
    match step {
        Step::Job { .. } | Step::Run { .. } | Step::Invoke { .. } | Step::Dag { .. } => Stage::Job,
        Step::Wait { .. } => Stage::Send,
        Step::Crawl { .. } | Step::Crawled { .. } => Stage::Crawl,
    }
}
