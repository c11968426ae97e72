//! Live tail in a frozen tank: what comes each second, and what becomes of a slow or a patient reader.

use wavetank_wire::{FromVal as _, Operation as _, ToVal as _};

use super::*;
use crate::driver::{EventStream, Opened};
use crate::services::ServiceId;
use crate::world::{Address, Call};

async fn open(tank: &Tank, pattern: &str) -> Result<EventStream, WireError> {
    let input = StartLiveTailInput {
        log_group_identifiers: vec![format!("arn:aws:logs:us-east-1:000000000000:log-group:{GROUP}")],
        log_event_filter_pattern: Some(pattern.to_owned()),
        ..Default::default()
    };
    let to = Address { service: ServiceId::Logs, scope: Scope::default() };
    let call =
        Call { to, access_key: "test".to_owned(), operation: StartLiveTail::NAME, input: input.to_val() };
    match tank.open(StartLiveTail::service(), call).await? {
        Opened::Events(events) => Ok(events),
        Opened::Output(output) => panic!("no stream: {output:?}"),
    }
}

/// What has come: `start`, or the messages of an update.
fn take(events: &mut EventStream) -> Vec<String> {
    let mut taken = Vec::new();
    while let Some(event) = events.try_next() {
        let event = match event {
            Ok(event) => StartLiveTailResponseStream::from_val(event),
            Err(error) => {
                taken.push(error.code);
                continue;
            }
        };
        if event.session_start.is_some() {
            taken.push("start".to_owned());
        }
        if let Some(update) = event.session_update {
            let messages = update.session_results.unwrap().into_iter().filter_map(|event| event.message);
            taken.push(messages.collect::<Vec<_>>().join(","));
        }
    }
    taken
}

#[tokio::test]
async fn each_second_brings_what_matched_in_it() {
    let tank = tank().await;
    let mut events = open(&tank, "?a ?b").await.unwrap();
    assert_eq!(take(&mut events), ["start"]);
    put(&tank, &[(0, "a"), (1, "x"), (2, "b")]).await.unwrap();
    tank.advance(Duration::from_secs(1)).await;
    assert_eq!(take(&mut events), ["a,b"]);
    tank.advance(Duration::from_secs(1)).await;
    assert_eq!(take(&mut events), [""]);
    drop(events);
    assert!(tank.settle(Duration::from_secs(60)).await, "nobody listens any more");
}

#[tokio::test]
async fn a_slow_reader_gets_the_newest_ten_updates_and_a_patient_one_three_hours() {
    let tank = tank().await;
    let mut events = open(&tank, "").await.unwrap();
    for number in 0..15 {
        put(&tank, &[(0, &format!("m{number}"))]).await.unwrap();
        tank.advance(Duration::from_secs(1)).await;
    }
    let taken = take(&mut events);
    assert_eq!((taken.len(), taken[1].as_str(), taken[10].as_str()), (11, "m5", "m14"));
    tank.advance(Duration::from_secs(3 * 3_600)).await;
    let mut rest = Vec::new();
    loop {
        let some = take(&mut events);
        if some.is_empty() {
            break;
        }
        rest.extend(some);
    }
    assert_eq!(rest.last().map(String::as_str), Some("SessionTimeoutException"));
}

#[tokio::test]
async fn more_than_five_hundred_events_of_a_second_are_sampled() {
    let tank = tank().await;
    let mut events = open(&tank, "").await.unwrap();
    take(&mut events);
    let texts: Vec<String> = (0..1_200).map(|number| format!("m{number:04}")).collect();
    let batch: Vec<(i64, &str)> = texts.iter().map(|text| (0, text.as_str())).collect();
    put(&tank, &batch).await.unwrap();
    tank.advance(Duration::from_secs(1)).await;
    let event = events.try_next().unwrap().unwrap();
    let update = StartLiveTailResponseStream::from_val(event).session_update.unwrap();
    assert_eq!(update.session_metadata.unwrap().sampled, Some(true));
    let messages: Vec<String> =
        update.session_results.unwrap().into_iter().filter_map(|event| event.message).collect();
    assert_eq!(messages.len(), 500);
    assert!(messages.windows(2).all(|pair| pair[0] < pair[1]), "in the order in which they came");
    assert!(
        messages.iter().filter(|message| message.as_str() >= "m0600").count() > 150,
        "from the whole second"
    );
}

#[tokio::test]
async fn a_tail_of_what_is_not_there_is_refused() {
    let tank = Tank::builder().build();
    assert_eq!(open(&tank, "").await.unwrap_err().code, "ResourceNotFoundException");
    let tank = super::tank().await;
    assert_eq!(open(&tank, "{").await.unwrap_err().code, "InvalidParameterException");
}
