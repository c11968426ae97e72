//! CloudWatch Logs Insights over a million events.

use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group};
use serde_json::json;
use tokio::runtime::Runtime;
use wavetank_benches::{SEED, ask, typed};
use wavetank_emulator::Tank;
use wavetank_wire::logs::*;

const EVENTS: u64 = 1_000_000;
/// Most events of one call. Documented: docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
const BATCH: u64 = 10_000;

async fn filled() -> Tank {
    let tank = Tank::builder().seed(SEED).build();
    let group = json!({ "logGroupName": "app" });
    ask::<CreateLogGroup>(&tank, typed::<CreateLogGroup>(&group)).await;
    let stream = json!({ "logGroupName": "app", "logStreamName": "one" });
    ask::<CreateLogStream>(&tank, typed::<CreateLogStream>(&stream)).await;
    let now = tank.now().millis();
    for batch in 0..EVENTS / BATCH {
        let event = |number: u64| InputLogEvent {
            timestamp: now,
            message: format!(
                "{{\"level\":\"{}\",\"ms\":{},\"path\":\"/p/{}\"}}",
                ["INFO", "ERROR"][number as usize % 2],
                number % 997,
                number % 31
            ),
        };
        let input = PutLogEventsInput {
            log_group_name: "app".to_owned(),
            log_stream_name: "one".to_owned(),
            log_events: (batch * BATCH..(batch + 1) * BATCH).map(event).collect(),
            ..PutLogEventsInput::default()
        };
        ask::<PutLogEvents>(&tank, input).await;
    }
    tank
}

async fn query(tank: &Tank, text: &str) -> usize {
    let input = StartQueryInput {
        log_group_name: Some("app".to_owned()),
        start_time: tank.now().secs() - 86_400,
        end_time: tank.now().secs() + 86_400,
        query_string: text.to_owned(),
        ..StartQueryInput::default()
    };
    let query_id = ask::<StartQuery>(tank, input).await.query_id.unwrap_or_default();
    tank.advance(Duration::from_secs(60)).await;
    let answer =
        ask::<GetQueryResults>(tank, GetQueryResultsInput { query_id, ..GetQueryResultsInput::default() })
            .await;
    assert_eq!(answer.status.as_deref(), Some("Complete"));
    answer.results.unwrap_or_default().len()
}

fn insights(c: &mut Criterion) {
    let runtime = Runtime::new().expect("threads");
    let tank = runtime.block_on(filled());
    let mut group = c.benchmark_group("insights_1M_events");
    group.throughput(Throughput::Elements(EVENTS)).sample_size(10);
    let queries = [
        ("filter", "filter level = \"ERROR\" and ms > 990 | fields @timestamp, path | limit 20", 20),
        ("stats", "stats count(*), avg(ms), pct(ms, 95) by path | sort path", 31),
        ("parse", "parse @message '\"path\":\"*\"' as p | stats count(*) by p", 31),
    ];
    for (name, text, rows) in queries {
        group.bench_function(name, |b| {
            b.iter(|| assert_eq!(runtime.block_on(query(&tank, text)), rows));
        });
    }
    group.finish();
}

criterion_group!(benches, insights);
