//! `fashion-store` whose PostgreSQL is killed while the day goes on: the report says so, nothing is lost, no process is left.
//!
//! A program of its own: the server is found among this program's children, and there must be one alone. Needs a PostgreSQL and Linux's
//! `/proc`; skips aloud.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking and skips aloud")]

use std::sync::Mutex;

use rustix::process::{Pid, Signal, kill_process};
use wavetank::progress::{Progress, Stage};
use wavetank::report::Lang;
use wavetank::{Embedded, OrdersPlace, Report, RunOptions, Tank};
use wavetank_emulator::executors::postgres;
use wavetank_scenarios::Scenario;
use wavetank_types::Seed;

/// Kills the server as soon as this many clicks have been sent: always at the same instant of the tank's time.
struct KillsAt {
    clicks: u64,
    killed: Mutex<Option<Pid>>,
}

impl Progress for KillsAt {
    fn begin(&self, _stage: Stage, _total: Option<u64>) {}

    fn at(&self, done: u64) {
        let mut killed = self.killed.lock().unwrap();
        if done >= self.clicks && killed.is_none() {
            let server = servers().pop().unwrap();
            kill_process(server, Signal::KILL).unwrap();
            *killed = Some(server);
        }
    }
}

/// The servers whose guards are children of this program.
fn servers() -> Vec<Pid> {
    let us = i32::try_from(std::process::id()).unwrap();
    let all = processes();
    let guards: Vec<i32> = all.iter().filter(|(_, parent, _)| *parent == us).map(|(id, ..)| *id).collect();
    let is_server = |(_, parent, name): &&(i32, i32, String)| guards.contains(parent) && name == "postgres";
    all.iter().filter(is_server).filter_map(|(id, ..)| Pid::from_raw(*id)).collect()
}

/// Each process of this machine with its parent and its name.
fn processes() -> Vec<(i32, i32, String)> {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let stat = |entry: std::fs::DirEntry| std::fs::read_to_string(entry.path().join("stat")).ok();
    let read = |text: String| {
        let (id, rest) = text.split_once(" (")?;
        let (name, rest) = rest.rsplit_once(") ")?;
        let parent = rest.split(' ').nth(1)?;
        Some((id.parse().ok()?, parent.parse().ok()?, name.to_owned()))
    };
    entries.filter_map(stat).filter_map(read).collect()
}

async fn report(kill_at: u64) -> (Report, Option<Pid>) {
    let options = RunOptions {
        seed: 3,
        rows: Some(2_000),
        users: Some(80),
        orders: OrdersPlace::Rds,
        ..RunOptions::default()
    };
    let progress = KillsAt { clicks: kill_at, killed: Mutex::default() };
    let scenario = Scenario::open("fashion-store").unwrap();
    let tank = Tank::from(Embedded::new(Seed(options.seed)));
    let report = wavetank::run(&scenario, &tank, &options, &progress).await;
    let killed = *progress.killed.lock().unwrap();
    (report.unwrap_or_else(|error| panic!("{error}")), killed)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_in_the_middle_of_the_day_loses_nothing_and_the_report_says_so() {
    if let Err(missing) = postgres::find(None) {
        eprintln!("SKIPPED: {missing}");
        return;
    }
    if !std::path::Path::new("/proc/self/stat").exists() {
        eprintln!("SKIPPED: there is no /proc");
        return;
    }
    let (whole, none) = report(u64::MAX).await;
    let (killed, server) = report(1_000).await;
    assert!(none.is_none() && server.is_some());
    assert!(killed.is_ok(), "{}", killed.to_text(Lang::En));
    let said = killed.to_text(Lang::En);
    assert!(
        said.contains("PostgreSQL died in the middle of the run and was started again, 1 times"),
        "{said}"
    );
    assert!(!whole.to_text(Lang::En).contains("died"));
    assert_eq!(killed.to_json()["queries"], whole.to_json()["queries"]);
    assert_eq!(killed.ledger, whole.ledger);
    // After the last order: nobody asks for the server until the night's export.
    let (late, server) = report(2_000).await;
    assert!(server.is_some() && late.is_ok(), "{}", late.to_text(Lang::En));
    assert!(late.to_text(Lang::En).contains("was started again, 1 times"));
    assert_eq!(late.ledger, whole.ledger);
    assert_eq!(servers(), [], "no server is left");
}
