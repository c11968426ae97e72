//! `wavetank serve`: the tank on a port of this machine, with real time.

use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use serde_json::json;
use wavetank::natives;
use wavetank_emulator::{Tank, server};
use wavetank_types::Seed;

use crate::args::ServeArgs;
use crate::failure::Failure;
use crate::whole_file::create;

/// How long work that has begun may go on after the end was asked for.
const PATIENCE: Duration = Duration::from_secs(2);

pub(crate) fn serve(args: &ServeArgs) -> Result<ExitCode, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::Environment(format!("cannot start threads: {error}")))?;
    let served = runtime.block_on(listen(args));
    // A PostgreSQL that is still being made ends with us: its guard sees that we have gone.
    runtime.shutdown_timeout(PATIENCE);
    served
}

async fn listen(args: &ServeArgs) -> Result<ExitCode, Failure> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, args.port));
    let listener = tokio::net::TcpListener::bind(address).await.map_err(|cause| {
        let hint = "another program has the port; choose one with --port N, or 0 for any free one";
        Failure::Environment(format!("cannot listen on {address}: {cause}\nhint: {hint}"))
    })?;
    let address = listener.local_addr().map_err(|cause| Failure::Environment(cause.to_string()))?;
    let endpoint = format!("http://{address}");
    // Scripts have a native twin only where a job's argument asks for it; functions run the code that was uploaded.
    let tank = natives::register_scripts(Tank::builder().seed(Seed(args.seed)).real_time()).build();
    tank.set_endpoint(Some(endpoint.clone()));
    if let Some(file) = &args.ready_file {
        let told = json!({
            "endpoint": endpoint, "port": address.port(), "pid": std::process::id(), "seed": args.seed,
        });
        create(file, |out| writeln!(out, "{told}").map_err(|cause| Failure::file(file, &cause)))?;
    }
    println!("wavetank is ready on {endpoint}");
    let served = server::serve(&tank, listener, interrupted()).await;
    served.map_err(|cause| Failure::Environment(format!("the server stopped: {cause}")))?;
    Ok(ExitCode::SUCCESS)
}

/// Comes back on Ctrl-C or when asked to terminate.
async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        },
        Err(_) => drop(tokio::signal::ctrl_c().await),
    }
}
