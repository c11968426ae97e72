//! `wavetank generate kdg`: records by a template of the Kinesis Data Generator, into a file or a running tank.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use wavetank::Target as _;
use wavetank::client::Aws;
use wavetank::events::Events;
use wavetank::progress::{Progress as _, Stage};
use wavetank::send::Sink;
use wavetank::target::{Endpoint, Pace};
use wavetank_generators::fashion_store::StoreOptions;
use wavetank_generators::kdg::Template;
use wavetank_generators::registry::ProfileError;
use wavetank_types::{Seed, Timestamp};

use crate::args::GenerateArgs;
use crate::failure::Failure;
use crate::generate::store_options;
use crate::progress::Terminal;
use crate::send::refused;
use crate::whole_file::create;

/// Records when neither a number nor a time is given.
const COUNT_DEFAULT: u64 = 1_000;

pub(crate) fn generate(args: &GenerateArgs, template: &Path) -> Result<ExitCode, Failure> {
    let asked = args.defects.as_ref().map(|list| list.defects).unwrap_or_default();
    let refused = asked.check_made("profile kdg", &[]);
    refused.map_err(|error| Failure::Usage(error.to_string()))?;
    if store_options(args) != StoreOptions::default() {
        return Err(Failure::Usage(ProfileError::NoStore("kdg").to_string()));
    }
    let text = std::fs::read_to_string(template).map_err(|cause| Failure::file(template, &cause))?;
    let template =
        Template::parse(&text).map_err(|error| Failure::Usage(format!("{}: {error}", template.display())))?;
    let count = match args.span {
        Some(span) => args.rate.records(span),
        None => args.rows.unwrap_or(COUNT_DEFAULT),
    };
    let events = Events { template, seed: Seed(args.seed), count, rate: args.rate, ahead_ms: 0 };
    match (&args.to, &args.out) {
        (Some(sink), _) => send(args, &events, sink),
        (None, Some(out)) => write(&events, out),
        (None, None) => Err(Failure::Usage("say where to: --out FILE or --to SINK".to_owned())),
    }
}

/// The records as they would go out from the tank's first instant on.
fn write(events: &Events, out: &Path) -> Result<ExitCode, Failure> {
    let rows = create(out, |file| {
        let mut rows = 0u64;
        for event in events.iter(Timestamp::TANK_EPOCH) {
            file.write_all(event.line.as_bytes()).map_err(|cause| Failure::file(out, &cause))?;
            rows += 1;
        }
        Ok(rows)
    })?;
    println!("{}: {rows} rows", out.display());
    Ok(ExitCode::SUCCESS)
}

fn send(args: &GenerateArgs, events: &Events, sink: &Sink) -> Result<ExitCode, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.map_err(|error| Failure::Environment(format!("cannot start: {error}")))?;
    let progress = Terminal::default();
    let sent = runtime.block_on(async {
        let pace = if args.fast { Pace::Tank } else { Pace::Real };
        let tank = Endpoint::tank(args.endpoint_port(), pace).await;
        let tank = tank.map_err(|error| Failure::Environment(error.to_string()))?;
        progress.begin(Stage::Send, Some(events.count));
        let sent = events.send(Aws::new(&tank, &args.region), sink, tank.now(), &progress).await;
        sent.map_err(|error| refused(&error))
    });
    progress.end();
    println!("{}: {} records sent", args.to.as_ref().map(ToString::to_string).unwrap_or_default(), sent?);
    Ok(ExitCode::SUCCESS)
}
