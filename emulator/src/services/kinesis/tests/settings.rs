//! Settings, tags and policies: kept, and shown again.

use wavetank_wire::kinesis as api;

use super::{ARN, MINUTE, Rig, SHARD_0};

fn summary(rig: &mut Rig) -> api::StreamDescriptionSummary {
    let input = api::DescribeStreamSummaryInput { stream_name: Some("s".to_owned()), ..Default::default() };
    rig.ask::<api::DescribeStreamSummary>(input).expect("a stream").stream_description_summary
}

#[test]
fn records_tell_whether_they_came_while_the_stream_was_encrypted() {
    let mut rig = Rig::with_stream(false, 1);
    assert_eq!(rig.put("k", "plain").encryption_type, None);
    let input = api::StartStreamEncryptionInput {
        stream_name: Some("s".to_owned()),
        encryption_type: "KMS".to_owned(),
        key_id: "alias/aws/kinesis".to_owned(),
        ..Default::default()
    };
    rig.ask::<api::StartStreamEncryption>(input).unwrap();
    assert_eq!(summary(&mut rig).stream_status, "UPDATING");
    rig.advance(MINUTE);
    assert_eq!(rig.put("k", "hidden").encryption_type.as_deref(), Some("KMS"));
    let told = summary(&mut rig);
    assert_eq!(
        (told.encryption_type.as_deref(), told.key_id.as_deref()),
        (Some("KMS"), Some("alias/aws/kinesis"))
    );
    let input = api::StopStreamEncryptionInput {
        stream_name: Some("s".to_owned()),
        encryption_type: "KMS".to_owned(),
        key_id: "alias/aws/kinesis".to_owned(),
        ..Default::default()
    };
    rig.ask::<api::StopStreamEncryption>(input).unwrap();
    rig.advance(MINUTE);
    assert_eq!(summary(&mut rig).encryption_type.as_deref(), Some("NONE"));
    let iterator = rig.iterator(SHARD_0, "TRIM_HORIZON");
    let types: Vec<Option<String>> =
        rig.get(&iterator).records.into_iter().map(|record| record.encryption_type).collect();
    assert_eq!(types, [None, Some("KMS".to_owned())]);
}

#[test]
fn monitoring_is_named_metric_by_metric() {
    let mut rig = Rig::with_stream(false, 1);
    let enable = |names: &[&str]| api::EnableEnhancedMonitoringInput {
        stream_name: Some("s".to_owned()),
        shard_level_metrics: names.iter().map(|name| (*name).to_owned()).collect(),
        ..Default::default()
    };
    let output = rig.ask::<api::EnableEnhancedMonitoring>(enable(&["IncomingBytes"])).unwrap();
    assert_eq!(output.current_shard_level_metrics, Some(vec![]));
    assert_eq!(output.desired_shard_level_metrics, Some(vec!["IncomingBytes".to_owned()]));
    let output = rig.ask::<api::EnableEnhancedMonitoring>(enable(&["ALL"])).unwrap();
    assert_eq!(output.desired_shard_level_metrics.map(|all| all.len()), Some(7));
    let disable = api::DisableEnhancedMonitoringInput {
        stream_name: Some("s".to_owned()),
        shard_level_metrics: vec!["ALL".to_owned()],
        ..Default::default()
    };
    let output = rig.ask::<api::DisableEnhancedMonitoring>(disable).unwrap();
    assert_eq!(output.desired_shard_level_metrics, Some(vec![]));
    assert_eq!(summary(&mut rig).enhanced_monitoring[0].shard_level_metrics, Some(vec![]));
}

#[test]
fn tags_are_the_same_by_either_api() {
    let mut rig = Rig::with_stream(false, 1);
    let pair = |key: &str, value: &str| [(key.to_owned(), value.to_owned())].into();
    let input = api::AddTagsToStreamInput {
        stream_name: Some("s".to_owned()),
        tags: pair("team", "data"),
        ..Default::default()
    };
    rig.ask::<api::AddTagsToStream>(input).unwrap();
    let input = api::TagResourceInput {
        resource_arn: format!("{ARN}s"),
        tags: pair("zone", "eu"),
        ..Default::default()
    };
    rig.ask::<api::TagResource>(input).unwrap();
    let input = api::ListTagsForStreamInput {
        stream_name: Some("s".to_owned()),
        limit: Some(1),
        ..Default::default()
    };
    let listed = rig.ask::<api::ListTagsForStream>(input).unwrap();
    assert_eq!((listed.tags[0].key.as_str(), listed.has_more_tags), ("team", true));
    let input = api::UntagResourceInput {
        resource_arn: format!("{ARN}s"),
        tag_keys: vec!["team".to_owned()],
        ..Default::default()
    };
    rig.ask::<api::UntagResource>(input).unwrap();
    let input = api::ListTagsForResourceInput { resource_arn: format!("{ARN}s"), ..Default::default() };
    let left = rig.ask::<api::ListTagsForResource>(input).unwrap().tags.unwrap();
    assert_eq!((left.len(), left[0].key.as_str()), (1, "zone"));
}

#[test]
fn a_policy_is_kept_until_it_is_deleted() {
    let mut rig = Rig::with_stream(false, 1);
    let arn = format!("{ARN}s");
    let get = || api::GetResourcePolicyInput { resource_arn: format!("{ARN}s"), ..Default::default() };
    assert!(rig.refused::<api::GetResourcePolicy>(get()).starts_with("ResourceNotFoundException: "));
    let put = |policy: &str| api::PutResourcePolicyInput {
        resource_arn: arn.clone(),
        policy: policy.to_owned(),
        ..Default::default()
    };
    assert!(rig.refused::<api::PutResourcePolicy>(put("{}")).starts_with("InvalidArgumentException: "));
    rig.ask::<api::PutResourcePolicy>(put(r#"{"Statement": []}"#)).unwrap();
    assert_eq!(rig.ask::<api::GetResourcePolicy>(get()).unwrap().policy, r#"{"Statement": []}"#);
    let input = api::DeleteResourcePolicyInput { resource_arn: arn, ..Default::default() };
    rig.ask::<api::DeleteResourcePolicy>(input).unwrap();
    assert!(rig.refused::<api::GetResourcePolicy>(get()).starts_with("ResourceNotFoundException: "));
}

#[test]
fn warm_throughput_needs_the_commitment_and_opens_shards() {
    let mut rig = Rig::with_stream(false, 1);
    let mode = api::UpdateStreamModeInput {
        stream_arn: format!("{ARN}s"),
        stream_mode_details: api::StreamModeDetails { stream_mode: "ON_DEMAND".to_owned() },
        ..Default::default()
    };
    rig.ask::<api::UpdateStreamMode>(mode).unwrap();
    rig.advance(MINUTE);
    let warm = || api::UpdateStreamWarmThroughputInput {
        stream_name: Some("s".to_owned()),
        warm_throughput_mi_bps: 6,
        ..Default::default()
    };
    assert!(rig.refused::<api::UpdateStreamWarmThroughput>(warm()).starts_with("InvalidArgumentException: "));
    let commit = |status: &str| api::UpdateAccountSettingsInput {
        minimum_throughput_billing_commitment: api::MinimumThroughputBillingCommitmentInput {
            status: status.to_owned(),
        },
    };
    rig.ask::<api::UpdateAccountSettings>(commit("ENABLED")).unwrap();
    rig.ask::<api::UpdateStreamWarmThroughput>(warm()).unwrap();
    rig.advance(MINUTE);
    let told = summary(&mut rig);
    assert_eq!((told.open_shard_count, told.warm_throughput.unwrap().current_mi_bps), (6, Some(6)));
    let ended = rig.ask::<api::UpdateAccountSettings>(commit("DISABLED")).unwrap();
    let status = ended.minimum_throughput_billing_commitment.unwrap().status;
    assert_eq!(status, "ENABLED_UNTIL_EARLIEST_ALLOWED_END");
    rig.advance(24 * super::HOUR);
    let settings = rig.ask::<api::DescribeAccountSettings>(api::DescribeAccountSettingsInput {}).unwrap();
    assert_eq!(settings.minimum_throughput_billing_commitment.unwrap().status, "DISABLED");
}
