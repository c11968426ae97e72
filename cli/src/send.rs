//! `wavetank generate PROFILE --to SINK`: a profile's rows as records into a running tank.
//!
//! Clicks go at their own time: what is past goes at once, what is to come as the tank's time reaches it. Other rows go at once. The first
//! column is the key that decides the shard. Left out: several tables at once, machines
//! other than this one.

use std::process::ExitCode;
use std::time::Duration;

use bytes::Bytes;
use wavetank::client::Aws;
use wavetank::progress::{Progress as _, Stage};
use wavetank::send::{Outgoing, SendError, Sink};
use wavetank::target::{Endpoint, Pace};
use wavetank_generators::fashion_store::{ClickText, Sent, Store};
use wavetank_generators::table::Rows;
use wavetank_generators::write::row_lines;
use wavetank_generators::{Profile, Table};
use wavetank_types::Timestamp;

use crate::args::GenerateArgs;
use crate::failure::Failure;
use crate::generate::asked_tables;
use crate::progress::Terminal;

/// How far tank time goes between two sendings.
const TICK: Duration = Duration::from_secs(1);

pub(crate) fn send(args: &GenerateArgs, profile: &Profile, sink: &Sink) -> Result<ExitCode, Failure> {
    let tables = asked_tables(args, profile)?;
    let [(_, rows)] = &tables[..] else {
        let names: Vec<&str> = tables.iter().map(|(name, _)| *name).collect();
        let names = names.join(", ");
        return Err(Failure::Usage(format!(
            "profile {} has several tables: {names}\nhint: send one of them with --table NAME",
            args.profile
        )));
    };
    if let Profile::FashionStore(profile) = profile {
        let (made, part) = (profile.part().defects_sent(), profile.part().name());
        let asked = &profile.store().plan().defects;
        let refused = asked.check_made(&format!("sending {part}"), &made);
        refused.map_err(|error| Failure::Usage(error.to_string()))?;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.map_err(|error| Failure::Environment(format!("cannot start: {error}")))?;
    let progress = Terminal::default();
    let sent = runtime.block_on(async {
        let pace = if args.fast { Pace::Tank } else { Pace::Real };
        let tank = Endpoint::tank(args.endpoint_port(), pace).await;
        let tank = tank.map_err(|error| Failure::Environment(error.to_string()))?;
        let aws = Aws::new(&tank, &args.region);
        progress.begin(Stage::Send, None);
        let sent = match (rows, profile) {
            (Rows::Chunks(table), _) => send_rows(aws, sink, table.as_ref()).await,
            (Rows::InTurn(_), Profile::FashionStore(profile)) => {
                send_clicks(aws, sink, profile.store(), &progress).await
            }
            (Rows::InTurn(_), _) => Ok(0),
        };
        sent.map_err(|error| refused(&error))
    });
    progress.end();
    println!("{sink}: {} records sent", sent?);
    Ok(ExitCode::SUCCESS)
}

async fn send_rows(aws: Aws<'_>, sink: &Sink, table: &dyn Table) -> Result<u64, SendError> {
    let mut sent = 0;
    for index in 0..table.chunks() {
        let outgoing: Vec<Outgoing> = row_lines(table, index)
            .into_iter()
            .map(|(key, line)| Outgoing { key, data: Bytes::from(line) })
            .collect();
        sink.send(aws, &outgoing).await?;
        sent += outgoing.len() as u64;
    }
    Ok(sent)
}

/// Sends clicks second by second. Seconds without a click cost nothing.
async fn send_clicks(
    aws: Aws<'_>,
    sink: &Sink,
    store: &Store,
    progress: &Terminal,
) -> Result<u64, SendError> {
    let mut text = ClickText::new(store);
    let mut sends = store.sends();
    let mut batch: Vec<Sent> = Vec::new();
    let mut sent = 0;
    while let Some(second) = sends.next_second() {
        let now: Timestamp = aws.target().now();
        let due = store.instant(second) + TICK;
        aws.target().pause(due.since(now)).await;
        sends.take_some_until(due.max(now), BATCH_MAX, &mut batch);
        let outgoing = |sent: &Sent| Outgoing {
            key: sent.click.user_id.to_string(),
            data: Bytes::from(text.json(&sent.click)),
        };
        let outgoing: Vec<Outgoing> = batch.iter().map(outgoing).collect();
        sink.send(aws, &outgoing).await?;
        sent += outgoing.len() as u64;
        progress.at(sent);
        batch.clear();
    }
    Ok(sent)
}

/// Clicks in memory at a time, when all of them are past.
const BATCH_MAX: usize = 5_000;

/// Records were not taken: why, and what may help.
pub(crate) fn refused(error: &SendError) -> Failure {
    let hint = match error {
        SendError::Api(error) if error.code == "ResourceNotFoundException" => {
            "\nhint: is it there, and in this region? say another with --region"
        }
        _ => "",
    };
    Failure::Failed(format!("{error}{hint}"))
}
