//! What is refused, in AWS's words where they are recorded.

use wavetank_wire::kinesis as api;

use super::{Rig, SHARD_0, get_input, put_input};

/// In each sentence, `{of}` is the stream `s` and its account.
fn check(refusal: &str, expected: &str) {
    assert_eq!(refusal, expected.replace("{of}", "s under account 000000000000"));
}

#[test]
fn positions_that_cannot_be_are_refused() {
    let mut rig = Rig::with_stream(false, 3);
    let number = rig.put("a", "x").sequence_number;
    let mut check_at = |shard: &str, kind: &str, sequence: Option<&str>, expected: &str| {
        let input = api::GetShardIteratorInput {
            stream_name: Some("s".to_owned()),
            shard_id: shard.to_owned(),
            shard_iterator_type: kind.to_owned(),
            starting_sequence_number: sequence.map(str::to_owned),
            ..Default::default()
        };
        check(&rig.refused::<api::GetShardIterator>(input), expected);
    };
    let either = "InvalidArgumentException: Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and \
                  StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request specified ";
    check_at(
        "shardId-0",
        "AT_SEQUENCE_NUMBER",
        None,
        &format!("{either}AT_SEQUENCE_NUMBER and no StartingSequenceNumber."),
    );
    check_at("shardId-0", "LATEST", Some("5"), &format!("{either}LATEST and also a StartingSequenceNumber."));
    check_at(
        "shardId-5",
        "LATEST",
        None,
        "ResourceNotFoundException: Shard shardId-000000000005 in stream {of} does not exist",
    );
    check_at(
        "nothing",
        "LATEST",
        None,
        "ResourceNotFoundException: Could not find shard nothing in stream {of}.",
    );
    check_at(
        "shardId-0",
        "AT_SEQUENCE_NUMBER",
        Some("5"),
        "InvalidArgumentException: Invalid StartingSequenceNumber. It encodes shardId-000000000005, while it was used \
         in a call to a shard with shardId-000000000000",
    );
    check_at("shardId-0", "AT_SEQUENCE_NUMBER", Some("0"), "InternalFailure: Internal service failure.");
    check_at(
        "shardId-1",
        "AFTER_SEQUENCE_NUMBER",
        Some(&number),
        "InvalidArgumentException: Invalid StartingSequenceNumber. It encodes shardId-000000000000, while it was used \
         in a call to a shard with shardId-000000000001",
    );
    check_at(
        "shardId-0",
        "AT_SEQUENCE_NUMBER",
        Some("26227199374822427428162556223570313216"),
        "InvalidArgumentException: StartingSequenceNumber 26227199374822427428162556223570313216 used in \
         GetShardIterator on shard shardId-000000000000 in stream {of} is invalid.",
    );
    // Of another stream: the shard is the same, its creation is not.
    check_at(
        "shardId-0",
        "AT_SEQUENCE_NUMBER",
        Some("49594189147623985939251953501666965394405037144469929986"),
        "InvalidArgumentException: StartingSequenceNumber 49594189147623985939251953501666965394405037144469929986 used \
         in GetShardIterator on shard shardId-000000000000 in stream {of} is invalid because it did not come from this \
         stream.",
    );
    check_at(
        "shardId-0",
        "AT_TIMESTAMP",
        None,
        "InvalidArgumentException: Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. Current \
         request has no timestamp parameter.",
    );
}

#[test]
fn an_instant_in_the_future_and_a_made_up_iterator_are_refused() {
    let mut rig = Rig::with_stream(false, 1);
    let now = rig.now();
    let input = api::GetShardIteratorInput {
        stream_name: Some("s".to_owned()),
        shard_id: SHARD_0.to_owned(),
        shard_iterator_type: "AT_TIMESTAMP".to_owned(),
        timestamp: Some(now + std::time::Duration::from_secs(1)),
        ..Default::default()
    };
    let millis = now.millis();
    let expected = format!(
        "InvalidArgumentException: The timestampInMillis parameter cannot be greater than the \
         currentTimestampInMillis. timestampInMillis: {}, currentTimestampInMillis: {millis}",
        millis + 1_000
    );
    check(&rig.refused::<api::GetShardIterator>(input), &expected);
    for iterator in ["AAAA", "not base64", ""] {
        let refusal = rig.refused::<api::GetRecords>(get_input(iterator));
        check(&refusal, "InvalidArgumentException: Invalid ShardIterator.");
    }
}

#[test]
fn records_that_cannot_be_are_refused() {
    let mut rig = Rig::with_stream(false, 1);
    let mut input = put_input("k", "x");
    input.explicit_hash_key = Some("340282366920938463463374607431768211456".to_owned());
    check(
        &rig.refused::<api::PutRecord>(input),
        "InvalidArgumentException: Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified \
         value was 340282366920938463463374607431768211456",
    );
    let mut input = put_input("k", "x");
    input.partition_key = None;
    check(
        &rig.refused::<api::PutRecord>(input),
        "ValidationException: 1 validation error detected: Value null at 'partitionKey' failed to satisfy constraint: \
         Member must not be null",
    );
    let mut input = put_input("k", "x");
    input.sequence_number_for_ordering = Some("26227199374822427428162556223570313216".to_owned());
    check(
        &rig.refused::<api::PutRecord>(input),
        "InvalidArgumentException: ExclusiveMinimumSequenceNumber 26227199374822427428162556223570313216 used in \
         PutRecord on stream {of} is invalid.",
    );
    let first = rig.put("k", "x").sequence_number;
    let mut input = put_input("k", "y");
    input.sequence_number_for_ordering = Some(first.clone());
    let second = rig.ask::<api::PutRecord>(input).expect("in order").sequence_number;
    assert!(second > first);
}

#[test]
fn shards_that_cannot_be_changed_are_refused() {
    let mut rig = Rig::with_stream(false, 3);
    let split = |shard: &str, at: &str| api::SplitShardInput {
        stream_name: Some("s".to_owned()),
        shard_to_split: shard.to_owned(),
        new_starting_hash_key: at.to_owned(),
        ..Default::default()
    };
    for at in ["1", "113427455640312821154458202477256070484", "999999999999999999999999999999999999999"] {
        let expected = format!(
            "InvalidArgumentException: NewStartingHashKey {at} used in SplitShard() on shard shardId-000000000000 in \
             stream {{of}} is not both greater than one plus the shard's StartingHashKey 0 and less than the shard's \
             EndingHashKey 113427455640312821154458202477256070484."
        );
        check(&rig.refused::<api::SplitShard>(split("shard-0", at)), &expected);
    }
    check(
        &rig.refused::<api::SplitShard>(split("shard-5", "2")),
        "ResourceNotFoundException: Could not find shard shardId-000000000005 in stream {of}.",
    );
    let merge = |lower: &str, upper: &str| api::MergeShardsInput {
        stream_name: Some("s".to_owned()),
        shard_to_merge: lower.to_owned(),
        adjacent_shard_to_merge: upper.to_owned(),
        ..Default::default()
    };
    for (lower, upper) in [(0, 2), (1, 0)] {
        let refusal =
            rig.refused::<api::MergeShards>(merge(&format!("shard-{lower}"), &format!("shard-{upper}")));
        let expected = format!(
            "InvalidArgumentException: Shards shardId-00000000000{lower} and shardId-00000000000{upper} in stream {{of}} \
             are not an adjacent pair of shards eligible for merging"
        );
        check(&refusal, &expected);
    }
    rig.ask::<api::MergeShards>(merge("shard-0", "shard-1")).expect("neighbours");
    check(
        &rig.refused::<api::SplitShard>(split("shard-2", "2")),
        "ResourceInUseException: Stream {of} not ACTIVE, instead in state UPDATING",
    );
}

#[test]
fn tags_with_other_characters_are_refused() {
    let mut rig = Rig::with_stream(false, 1);
    let input = |key: &str| api::AddTagsToStreamInput {
        stream_name: Some("s".to_owned()),
        tags: [(key.to_owned(), "v".to_owned())].into(),
        ..Default::default()
    };
    check(
        &rig.refused::<api::AddTagsToStream>(input("a;b")),
        "InvalidArgumentException: Some tags contain invalid characters. Valid characters: Unicode letters, digits, \
         white space, _ . / = + - % @.",
    );
    check(
        &rig.refused::<api::AddTagsToStream>(input("a%b")),
        "InvalidArgumentException: Failed to add tags to stream {of} because some tags contained illegal characters. \
         The allowed characters are Unicode letters, white-spaces, '_',',','/','=','+','-','@'.",
    );
}
