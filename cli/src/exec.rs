//! `wavetank exec -- COMMAND`: a command against a fresh tank, whose environment leads AWS's clients there, and an account
//! of what happened.
//!
//! Standard output is the command's own; the account goes to standard error, with a ledger of every record if `--sent` names where
//! they entered. The command's exit code is ours: 127 if there is no such command, 128 and the signal's number if a signal ended
//! it; 1 if it succeeded and the ledger does not hold. Ctrl-C and a request to terminate reach
//! everything that the command has started; what is still there after [`GRACE`] is killed.

use std::io::IsTerminal as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{ExitCode, ExitStatus};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::process::{Child, Command};
use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};
use wavetank::account::{Account, Fates};
use wavetank::tank::LedgerCheck;
use wavetank::{Embedded, natives};
use wavetank_emulator::{Tank, server};
use wavetank_types::Seed;

use crate::args::{ExecArgs, LedgerArgs};
use crate::control::environment;
use crate::failure::Failure;
use crate::threads;

/// How long a command may take to end after it was told to, in real time.
const GRACE: Duration = Duration::from_secs(5);
const REGION: &str = "us-east-1";
/// What a shell adds to a signal's number.
const BY_SIGNAL: i32 = 128;
/// With `--settle`: tank time after which waiting ends.
const SETTLE_WITHIN: Duration = Duration::from_secs(86_400);

pub(crate) fn exec(args: &ExecArgs) -> Result<ExitCode, Failure> {
    let runtime = threads::start(&mut Builder::new_multi_thread())?;
    runtime.block_on(run(args))
}

async fn run(args: &ExecArgs) -> Result<ExitCode, Failure> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, args.port));
    let listener = tokio::net::TcpListener::bind(address).await.map_err(|cause| {
        let hint = "another program has the port; leave --port out for any free one";
        Failure::Environment(format!("cannot listen on {address}: {cause}\nhint: {hint}"))
    })?;
    let address = listener.local_addr().map_err(|cause| Failure::Environment(cause.to_string()))?;
    let endpoint = format!("http://{address}");
    let target = Embedded::of(natives::register_scripts(Tank::builder().seed(Seed(args.seed)).real_time()));
    target.tank().set_endpoint(Some(endpoint.clone()));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let gateway = target.gateway().clone();
    let serving = tokio::spawn(async move {
        let options = server::ServerOptions::default();
        server::serve_gateway(gateway, listener, options, async { drop(stopped.await) }).await
    });

    let status = spawn(args, &endpoint)?.wait().await?;
    if args.settle {
        target.tank().settle(SETTLE_WITHIN).await;
    }
    let mut account = Account::of(&target, REGION).await;
    if !args.ledger.sent.is_empty() {
        account.ledger = Some(fates(&args.ledger, target).await?);
    }
    drop(stop);
    drop(serving.await);
    tell(args, &account)?;
    match account.ledger {
        Some(ledger) if status.success() && !ledger.is_conserved => Ok(ExitCode::FAILURE),
        _ => Ok(exit_code(status)),
    }
}

/// What became of every record of the places that are named.
async fn fates(args: &LedgerArgs, target: Embedded) -> Result<Fates, Failure> {
    let mut check = wavetank::Tank::from(target).ledger();
    for place in &args.sent {
        check = check.sent_in(place, args.id.as_deref().unwrap_or_default());
    }
    check = args.delivered.iter().fold(check, LedgerCheck::expect_in);
    check = args.rejected.iter().fold(check, LedgerCheck::rejected_in);
    check = args.dead_letters.iter().fold(check, LedgerCheck::dead_letters_in);
    if let Some(members) = &args.same {
        check = check.same(members);
    }
    if args.at_least_once {
        check = check.at_least_once();
    }
    let closed = check.check().await;
    let conserved =
        closed.map_err(|error| Failure::Failed(format!("the ledger cannot be closed: {error}")))?;
    Ok(Fates::of(&conserved))
}

/// The command while it runs, and how its descendants are reached.
struct Running {
    child: Child,
    /// Of a group of its own; a terminal tells the whole group by itself.
    group: Option<Pid>,
}

fn spawn(args: &ExecArgs, endpoint: &str) -> Result<Running, Failure> {
    let (program, rest) = args.command.split_first().expect("clap asks for one");
    let mut command = Command::new(program);
    command.args(rest);
    for (name, value) in environment(endpoint) {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    // A command that reads the terminal has to stay in the terminal's group.
    let has_group = !std::io::stdin().is_terminal();
    if has_group {
        command.process_group(0);
    }
    let child = command.spawn().map_err(|cause| {
        let hint = "write the command after `--`, as in `wavetank exec -- pytest tests/`";
        Failure::NotFound(format!("{}: {cause}\nhint: {hint}", program.to_string_lossy()))
    })?;
    let pid = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
    Ok(Running { child, group: pid.filter(|_| has_group) })
}

impl Running {
    /// Comes back when the command has ended, by itself or because it was told to.
    async fn wait(mut self) -> Result<ExitStatus, Failure> {
        let fail = |cause: std::io::Error| Failure::Environment(format!("the command is lost: {cause}"));
        let mut terminate = signal(SignalKind::terminate()).map_err(fail)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(fail)?;
        let told = tokio::select! {
            ended = self.child.wait() => return ended.map_err(fail),
            _ = terminate.recv() => Signal::TERM,
            _ = interrupt.recv() => Signal::INT,
        };
        // Of a terminal's group, the terminal has told all by now, but only of Ctrl-C.
        if self.group.is_some() || told == Signal::TERM {
            self.tell(told);
        }
        let ended = tokio::time::timeout(GRACE, self.child.wait()).await;
        let status = match ended {
            Ok(ended) => ended.map_err(fail)?,
            Err(_) => {
                self.tell(Signal::KILL);
                self.child.wait().await.map_err(fail)?
            }
        };
        // What the command has left behind.
        if let Some(group) = self.group {
            let _ = kill_process_group(group, Signal::KILL);
        }
        Ok(status)
    }

    fn tell(&self, signal: Signal) {
        let pid = self.child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        // One that has gone meanwhile need not be told.
        match (self.group, pid) {
            (Some(group), _) => _ = kill_process_group(group, signal),
            (None, Some(pid)) => _ = kill_process(pid, signal),
            (None, None) => {}
        }
    }
}

fn tell(args: &ExecArgs, account: &Account) -> Result<(), Failure> {
    let json = || serde_json::to_string(account).unwrap_or_default();
    if let Some(path) = &args.report {
        std::fs::write(path, json() + "\n").map_err(|cause| Failure::file(path, &cause))?;
    }
    match args.json {
        true => eprintln!("{}", json()),
        false => eprint!("{account}"),
    }
    Ok(())
}

fn exit_code(status: ExitStatus) -> ExitCode {
    let code = status.code().or_else(|| status.signal().map(|signal| BY_SIGNAL + signal));
    ExitCode::from(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}
