//! `wavetank run`: a scenario on an embedded tank, and its report.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use bytes::Bytes;
use tokio::runtime::Builder;
use wavetank::run::{Brought, RunError, RunOptions};
use wavetank::sql_copy::Database;
use wavetank::store::OrdersError;
use wavetank::{AirflowError, Orchestrator, OrdersPlace, Report};
use wavetank_emulator::executors::{airflow, postgres};
use wavetank_scenarios::Scenario;
use wavetank_types::ledger::Fate;

use crate::args::{Orchestrate, Orders, RunArgs};
use crate::aws::{self, Outcome};
use crate::failure::Failure;
use crate::place::{On, PlaceArgs};
use crate::progress::Terminal;
use crate::threads;
use crate::whole_file::create;

pub(crate) fn run(args: &RunArgs) -> Result<ExitCode, Failure> {
    let scenario = Scenario::open(&args.scenario).map_err(|error| Failure::Usage(error.to_string()))?;
    if args.clicks.is_some() && scenario.input.orders.is_none() {
        return Err(Failure::Usage(RunError::NoStore(scenario.name).to_string()));
    }
    if args.orders == Orders::Rds {
        postgres::find(None).map_err(|missing| Failure::Environment(missing.to_string()))?;
    }
    let orchestrator = match args.orchestrator {
        Orchestrate::Scheduler => Orchestrator::Scheduler,
        Orchestrate::Airflow => {
            airflow::find_airflow().map_err(|missing| Failure::Environment(missing.to_string()))?;
            Orchestrator::Airflow
        }
    };
    let options = RunOptions {
        rows: args.rows.or(args.clicks),
        users: args.users,
        days: args.days,
        // A database of this machine is none of an account's.
        orders: match args.place.kind() {
            On::Aws => OrdersPlace::Files,
            _ => orders_place(&args.orders, &scenario),
        },
        orchestrator,
        seed: args.seed,
        variant: args.variant.clone(),
        defects: args.defects.clone().unwrap_or_default(),
        swarm: None,
        without_own_faults: false,
        brought: args.input.as_deref().map(bring).transpose()?,
        look: args.html.is_some(),
        keep: args.place.keep,
        replace: args.place.replace,
        place: args.place.flags(),
        ..RunOptions::default()
    };
    let started = wall_clock();
    let mut is_left = false;
    let report = match args.place.kind() {
        On::Aws => match aws::run(args, scenario.clone(), options.clone())? {
            Outcome::Planned => return Ok(ExitCode::SUCCESS),
            Outcome::Ran { report, is_left: left } => {
                is_left = left;
                *report
            }
        },
        On::Embedded | On::Endpoint | On::Containers => report(&scenario, &options, &args.place)?,
    };
    let replay = match &args.input {
        // The report knows the file's name alone.
        Some(path) => {
            let brought = Brought { name: path.display().to_string(), body: Bytes::new() };
            RunOptions { brought: Some(brought), ..options }.command(&scenario, &args.scenario)
        }
        None => options.command(&scenario, &args.scenario),
    };
    let report = Report { wall_ms: started.elapsed().as_millis(), replay, ..report };
    if let Some(path) = &args.ledger {
        create(path, |file| write_fates(file, &report).map_err(|cause| Failure::file(path, &cause)))?;
        eprintln!("{}: what became of each row", path.display());
    }
    write_reports(args, &report)?;
    if args.json {
        println!("{:#}", report.to_json());
    } else {
        print!("{}", report.to_text(args.lang));
        eprintln!("wall time {} ms", report.wall_ms);
    }
    Ok(if report.is_ok() && !is_left { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The report in the forms that CI and people read.
fn write_reports(args: &RunArgs, report: &Report) -> Result<(), Failure> {
    if let Some(path) = &args.junit {
        let text = report.to_junit(args.lang);
        create(path, |file| file.write_all(text.as_bytes()).map_err(|cause| Failure::file(path, &cause)))?;
    }
    if let Some(path) = &args.html {
        let text = report.to_html(args.lang);
        create(path, |file| file.write_all(text.as_bytes()).map_err(|cause| Failure::file(path, &cause)))?;
    }
    if let Some(path) = &args.markdown {
        // A step's summary is one file for all commands of the step.
        let opened = std::fs::OpenOptions::new().create(true).append(true).open(path);
        let written = opened.and_then(|mut file| file.write_all(report.to_markdown(args.lang).as_bytes()));
        written.map_err(|cause| Failure::file(path, &cause))?;
    }
    Ok(())
}

/// A store's orders are in RDS if they are asked for there, or if nothing is asked and a PostgreSQL is found. A database that is named
/// without a password has PostgreSQL's own variable for it.
fn orders_place(asked: &Orders, scenario: &Scenario) -> OrdersPlace {
    let is_there = || postgres::find(None).is_ok();
    match asked {
        Orders::Postgres(database) if database.password.is_empty() => {
            let password = std::env::var("PGPASSWORD").unwrap_or_default();
            OrdersPlace::Postgres(Database { password, ..database.clone() })
        }
        Orders::Postgres(database) => OrdersPlace::Postgres(database.clone()),
        Orders::Rds => OrdersPlace::Rds,
        Orders::Auto if scenario.input.orders.is_some() && is_there() => OrdersPlace::Rds,
        Orders::Auto | Orders::Files => OrdersPlace::Files,
    }
}

fn report(scenario: &Scenario, options: &RunOptions, place: &PlaceArgs) -> Result<Report, Failure> {
    let runtime = threads::start(&mut Builder::new_multi_thread())?;
    let progress = Terminal::of_seed(options.seed);
    let report = runtime.block_on(place.run(scenario, options, &progress));
    progress.end();
    report
}

/// What the failure of a run means for the person at the terminal.
pub(crate) fn failed(error: &RunError) -> Failure {
    match error {
        RunError::Scenario(_)
        | RunError::Profile(_)
        | RunError::NoTruth(_)
        | RunError::NoStore(_)
        | RunError::Airflow(AirflowError::None(_))
        | RunError::NothingToSend(_)
        | RunError::OnlyRecords(_)
        | RunError::Store(_) => Failure::Usage(error.to_string()),
        RunError::Plan(_) | RunError::StackThere { .. } | RunError::Orders(OrdersError::Outside { .. }) => {
            Failure::Environment(error.to_string())
        }
        other => Failure::Failed(other.to_string()),
    }
}

/// One line a row, in the order in which they were sent.
fn write_fates(out: &mut impl Write, report: &Report) -> io::Result<()> {
    writeln!(out, "record,sent,expected,became,right")?;
    for fate in report.fates.fates() {
        let Fate { index, sent, expected, became, is_right } = fate;
        let name =
            report.fates.name_of(index).map_or_else(|| index.to_string(), |name| format!("\"{name}\""));
        writeln!(out, "{name},{sent},\"{expected}\",\"{became}\",{is_right}")?;
    }
    Ok(())
}

fn bring(path: &Path) -> Result<Brought, Failure> {
    let body = std::fs::read(path).map_err(|cause| Failure::file(path, &cause))?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if !name.to_ascii_lowercase().ends_with(".csv") {
        let hint = "the pipeline starts on files that end in .csv; rename it or convert it";
        return Err(Failure::Usage(format!("{}: not a CSV file by its name\nhint: {hint}", path.display())));
    }
    Ok(Brought { name, body: Bytes::from(body) })
}

/// For how long a command took, and how long it may look for a smaller failure; nothing that happens in a tank depends on it.
#[expect(clippy::disallowed_methods, reason = "how long it took and may take, for the person who waits")]
pub(crate) fn wall_clock() -> std::time::Instant {
    std::time::Instant::now()
}
