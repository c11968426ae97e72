//! `wavetank serve`: the tank on a port of this machine, with real time.

use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use serde_json::json;
use tokio::runtime::Builder;
use wavetank::natives;
use wavetank::target::{Mirror, MirrorError};
use wavetank_emulator::server::{self, ServerOptions};
use wavetank_emulator::{Gateway, Tank};
use wavetank_types::Seed;

use crate::args::ServeArgs;
use crate::failure::Failure;
use crate::place::{connect, environment_credentials};
use crate::threads;
use crate::whole_file::create;

/// How long work that has begun may go on after the end was asked for.
const PATIENCE: Duration = Duration::from_secs(2);

/// How often it is looked whether there are objects to be kept elsewhere as well.
const CARRY_EVERY: Duration = Duration::from_millis(20);
/// The region of requests to the other S3, unless a bucket says another.
const REGION: &str = "us-east-1";

pub(crate) fn serve(args: &ServeArgs) -> Result<ExitCode, Failure> {
    let runtime = threads::start(&mut Builder::new_multi_thread())?;
    let served = runtime.block_on(listen(args));
    // A PostgreSQL that is still being made ends with us: its guard sees that we have gone.
    runtime.shutdown_timeout(PATIENCE);
    served
}

async fn listen(args: &ServeArgs) -> Result<ExitCode, Failure> {
    let address = SocketAddr::from((args.listen, args.port));
    let listener = tokio::net::TcpListener::bind(address).await.map_err(|cause| {
        let hint = "another program has the port; choose one with --port N, or 0 for any free one";
        Failure::Environment(format!("cannot listen on {address}: {cause}\nhint: {hint}"))
    })?;
    let address = listener.local_addr().map_err(|cause| Failure::Environment(cause.to_string()))?;
    // Who starts here reaches a tank that listens everywhere at this machine's own address.
    let local = if args.listen.is_unspecified() { Ipv4Addr::LOCALHOST.into() } else { args.listen };
    let endpoint = format!("http://{}", SocketAddr::from((local, address.port())));
    // Scripts have a native twin only where a job's argument asks for it; functions run the code that was uploaded.
    let tank = natives::register_scripts(Tank::builder().seed(Seed(args.seed)).real_time()).build();
    tank.set_endpoint(Some(endpoint.clone()));
    tank.set_public_endpoint(args.url.clone());
    let mirror = match &args.s3 {
        Some(origin) => {
            let store = connect(origin, environment_credentials(), REGION).await?;
            Some(Mirror::new(&tank, store, REGION, false))
        }
        None => None,
    };
    if let Some(file) = &args.ready_file {
        let told = json!({
            "endpoint": endpoint, "port": address.port(), "pid": std::process::id(), "seed": args.seed,
        });
        create(file, |out| writeln!(out, "{told}").map_err(|cause| Failure::file(file, &cause)))?;
    }
    if !args.listen.is_loopback() {
        eprintln!(
            "note: whoever reaches port {} of this machine can use the tank, and run code in it",
            address.port()
        );
    }
    println!("wavetank is ready on {endpoint}");
    let options = ServerOptions { hosts: args.host.clone() };
    let serve = server::serve_gateway(Gateway::new(&tank), listener, options, interrupted());
    let served = match &mirror {
        None => serve.await,
        Some(mirror) => tokio::select! {
            served = serve => {
                mirror.carry().await.map_err(|failed| Failure::Failed(failed.to_string()))?;
                served
            }
            failed = carry_on(mirror) => return Err(Failure::Failed(failed.to_string())),
        },
    };
    served.map_err(|cause| Failure::Environment(format!("the server stopped: {cause}")))?;
    Ok(ExitCode::SUCCESS)
}

/// Carries objects over as they come, until that fails.
#[expect(clippy::disallowed_methods, reason = "clients store objects in real time")]
async fn carry_on(mirror: &Mirror) -> MirrorError {
    loop {
        if let Err(failed) = mirror.carry().await {
            return failed;
        }
        tokio::time::sleep(CARRY_EVERY).await;
    }
}

/// Comes back on Ctrl-C or when asked to terminate.
pub(crate) async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        },
        Err(_) => drop(tokio::signal::ctrl_c().await),
    }
}
