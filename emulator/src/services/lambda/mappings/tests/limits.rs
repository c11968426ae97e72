//! Every number of event source mappings has its test: what crosses it here, or where it is crossed.
//!
//! What the model alone says (a batch of 10,001, a window of 301 s) is crossed with all other constraints of models:
//! `wire/src/validate/tests/crossing.rs`.

use expect_test::expect;
use wavetank_wire::lambda as api;

use super::lab::Lab;
use crate::services::crossing::Crossed;

type Input = api::CreateEventSourceMappingInput;

fn of_queue(name: &str, change: impl FnOnce(&mut Input)) -> impl FnOnce(&mut Input) {
    let arn = format!("arn:aws:sqs:us-east-1:000000000000:{name}");
    move |input| {
        input.event_source_arn = Some(arn);
        input.starting_position = None;
        change(input);
    }
}

#[test]
fn every_limit_is_crossed() {
    let mut lab = Lab::new(1, |_| Ok(serde_json::Value::Null));
    let mut crossed = Crossed::default();
    let found = lab.create(|input| input.maximum_record_age_in_seconds = Some(59));
    crossed.refused("RECORD_AGE_SECS_MIN", found, expect![]);
    let filters = |count: usize| {
        let filter = api::Filter { pattern: Some(r#"{"partitionKey":["x"]}"#.to_owned()) };
        Some(api::FilterCriteria { filters: Some(vec![filter; count]) })
    };
    let found = lab.create(|input| input.filter_criteria = filters(6));
    crossed.refused("FILTERS_MAX", found, expect![]);
    let found = lab.create(of_queue("q", |input| input.batch_size = Some(11)));
    crossed.refused("BATCH_WITHOUT_WINDOW_MAX", found, expect![]);
    let found = lab.create(of_queue("q.fifo", |input| input.batch_size = Some(11)));
    crossed.refused("BATCH_WITHOUT_WINDOW_MAX", found, expect![]);
    for (test, limits) in [
        (
            "a_new_mapping_of_a_stream_is_shown_with_the_defaults_of_aws",
            &["STREAM_BATCH_RECORDS_DEFAULT", "QUEUE_BATCH_MESSAGES_DEFAULT"][..],
        ),
        ("a_batch_stays_under_the_payload_limit", &["PAYLOAD_BYTES_MAX"]),
        ("a_state_over_the_limit_ends_the_window_early_and_it_goes_on_empty", &["WINDOW_STATE_BYTES_MAX"]),
        ("latest_starts_when_the_mapping_is_enabled_and_survives_being_idle", &["ITERATOR_AGE_MAX"]),
        ("a_consumer_is_read_without_waiting_for_the_second_and_a_topic_hears_of_failures", &["FAN_OUT_DELAY"]),
        ("a_poison_record_blocks_its_shard_and_the_mapping_says_which", &["RETRY_WAIT_FIRST", "RETRY_WAIT_MAX"]),
        (
            "what_a_destination_refuses_is_kept_by_name_and_the_shard_goes_on",
            &["DELIVERY_ATTEMPTS_MAX"],
        ),
        ("maximum_concurrency_bounds_the_batches_that_run", &["QUEUE_CONCURRENCY_FIRST"]),
        ("mappings_are_listed_by_source_and_function_a_page_at_a_time", &["PAGE_MAPPINGS_MAX"]),
    ] {
        crossed.elsewhere(test, limits);
    }
    let tests = [
        include_str!("settings.rs"), include_str!("streams.rs"), include_str!("windows.rs"), include_str!("tank.rs"),
    ];
    let ours = [
        "READ_AHEAD_RECORDS_MAX", "READ_RECORDS_MAX", "READ_EVERY", "TABLE_READ_EVERY", "RECEIVE_MESSAGES_MAX", "TRANSITION",
        "UNDELIVERED_KEPT_MAX", "QUEUE_CONCURRENCY_PER_MINUTE", "QUEUE_CONCURRENCY_MAX",
    ];
    crossed.finish_but(include_str!("../limits.rs"), &tests, &ours);
}
