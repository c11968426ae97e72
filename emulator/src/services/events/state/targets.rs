//! A rule's targets: what each needs, read once when it is put.
//!
//! Documented: streams and workflows are called with a role of the target's
//! (docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html, read 2026-11-29 as in
//! github.com/awsdocs/amazon-eventbridge-user-guide; docs.aws.amazon.com/glue/latest/dg/starting-workflow-eventbridge.html, read
//! 2026-11-29). Recorded, as people were told: the sentences on roles (github.com/hashicorp/terraform-provider-aws/pull/19913)
//! and on FIFO queues (github.com/awslabs/aws-ddk/issues/183).

use std::sync::Arc;

use wavetank_types::Arn;
use wavetank_wire::events::*;

use super::super::error::EventsError;
use super::super::limits;
use super::super::path::Path;
use super::super::transform::Shaping;
use super::{Events, page};
use crate::targets::{Extras, NoTarget, RetryPolicy, ask, scope_of};
use crate::world::Cx;

/// A target, and what is known of it.
#[derive(Debug)]
pub(super) struct Aim {
    pub(super) target: Target,
    pub(super) kind: AimKind,
    pub(super) shaping: Shaping,
    pub(super) dead_letters: Option<Arn>,
    pub(super) retries: RetryPolicy,
}

/// Where a target is.
#[derive(Debug)]
pub(super) enum AimKind {
    /// A bus of this service.
    Bus(String),
    /// A log group.
    Logs(String),
    /// Another service's resource, and where in an event a stream's partition key is.
    Resource(Arn, Option<Path>),
}

impl Aim {
    fn of(cx: &Cx<'_>, target: Target) -> Result<Self, EventsError> {
        let invalid = |why: String| EventsError::Invalid(why);
        let not_an_arn = |text: &str| {
            invalid(format!("Parameter {text} is not valid. Reason: Provided Arn is not in correct format."))
        };
        let arn: Arn = target.arn.parse().map_err(|_| not_an_arn(&target.arn))?;
        check_needs(&arn, &target)?;
        let kind = match (arn.service.as_str(), arn.resource.split_once(['/', ':'])) {
            ("events", Some(("event-bus", name))) => {
                if scope_of(&arn, cx.scope) != *cx.scope {
                    let what = "rules that send events to buses of other accounts and regions";
                    return Err(EventsError::NotBuilt(what.to_owned()));
                }
                AimKind::Bus(name.to_owned())
            }
            ("logs", Some(("log-group", name))) => {
                AimKind::Logs(name.strip_suffix(":*").unwrap_or(name).to_owned())
            }
            _ => {
                ask(&arn, "", Extras { event_id: Some(""), ..Extras::default() }, cx.scope).map_err(
                    |why| match why {
                        NoTarget::NotBuilt(what) => EventsError::NotBuilt(what),
                        NoTarget::Invalid(why) => invalid(why),
                    },
                )?;
                let path = target.kinesis_parameters.as_ref().map(|given| given.partition_key_path.as_str());
                let wrong = |path: &str| invalid(format!("Parameter PartitionKeyPath {path} is not valid."));
                let path = path.map(|path| Path::parse(path).ok_or_else(|| wrong(path))).transpose()?;
                AimKind::Resource(arn, path)
            }
        };
        let queue = target.dead_letter_config.as_ref().and_then(|config| config.arn.as_deref());
        let dead_letters = queue.map(|queue| queue.parse().map_err(|_| not_an_arn(queue))).transpose()?;
        let policy = target.retry_policy.as_ref();
        let retries = RetryPolicy::of(
            policy.and_then(|policy| policy.maximum_retry_attempts),
            policy.and_then(|policy| policy.maximum_event_age_in_seconds),
        );
        let shaping = Shaping::of(&target).map_err(invalid)?;
        Ok(Self { target, kind, shaping, dead_letters, retries })
    }
}

/// Refuses a target without what its kind needs.
fn check_needs(arn: &Arn, target: &Target) -> Result<(), EventsError> {
    let is_fifo = arn.service == "sqs" && arn.resource.ends_with(".fifo");
    if is_fifo && target.sqs_parameters.is_none() {
        let what = format!("Parameter(s) SqsParameters must be specified for target: {}.", target.id);
        return Err(EventsError::Invalid(what));
    }
    let needs_role = matches!(arn.service.as_str(), "kinesis" | "glue");
    if needs_role && target.role_arn.is_none() {
        return Err(EventsError::Invalid(format!("RoleArn is required for target {}.", target.arn)));
    }
    Ok(())
}

impl Events {
    /// All of them, or none.
    pub(in super::super) fn put_targets(
        &mut self,
        cx: &Cx<'_>,
        input: PutTargetsInput,
    ) -> Result<PutTargetsOutput, EventsError> {
        let rule = self.rule_mut(input.event_bus_name.as_deref(), &input.rule)?;
        let aims: Result<Vec<Aim>, _> = input.targets.into_iter().map(|target| Aim::of(cx, target)).collect();
        let aims = aims?;
        let added = aims.iter().filter(|aim| !rule.targets.contains_key(&aim.target.id)).count();
        if rule.targets.len() + added > limits::TARGETS_MAX {
            return Err(EventsError::TooMany);
        }
        for aim in aims {
            rule.targets.insert(aim.target.id.clone(), Arc::new(aim));
        }
        Ok(PutTargetsOutput { failed_entry_count: Some(0), failed_entries: Some(Vec::new()) })
    }

    /// Those that are not there are told.
    pub(in super::super) fn remove_targets(
        &mut self,
        input: &RemoveTargetsInput,
    ) -> Result<RemoveTargetsOutput, EventsError> {
        let rule = self.rule_mut(input.event_bus_name.as_deref(), &input.rule)?;
        let mut failed = Vec::new();
        for id in &input.ids {
            if rule.targets.remove(id).is_none() {
                failed.push(RemoveTargetsResultEntry {
                    target_id: Some(id.clone()),
                    error_code: Some("ResourceNotFoundException".to_owned()),
                    error_message: Some(format!(
                        "Rule {} does not have a target with the Id {id}.",
                        input.rule
                    )),
                });
            }
        }
        let failed_entry_count = i64::try_from(failed.len()).ok();
        Ok(RemoveTargetsOutput { failed_entry_count, failed_entries: Some(failed) })
    }

    pub(in super::super) fn list_targets(
        &self,
        input: &ListTargetsByRuleInput,
    ) -> Result<ListTargetsByRuleOutput, EventsError> {
        let (_, rule) = self.rule(input.event_bus_name.as_deref(), &input.rule)?;
        let all = rule.targets.values().map(|aim| aim.target.clone());
        let (targets, next_token) = page(all, input.next_token.as_deref(), input.limit)?;
        Ok(ListTargetsByRuleOutput { targets: Some(targets), next_token })
    }
}
