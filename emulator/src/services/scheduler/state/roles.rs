//! Whether a schedule's role is there and lets EventBridge Scheduler assume it: IAM is asked before a schedule is made or changed.
//!
//! Recorded, as people were told: the sentence (github.com/aws/aws-sdk-js-v3/issues/6494, 2024). Assumed: a role that does not exist gets the
//! same; the conditions of a trust policy are not looked at, and what the role may do neither.

use serde_json::Value;
use wavetank_types::Arn;
use wavetank_wire::iam::{GetRole, GetRoleInput, GetRoleOutput};
use wavetank_wire::scheduler::{CreateScheduleInput, Response, UpdateScheduleInput};
use wavetank_wire::{FromVal as _, ResponseSet as _, Val, WireError};

use super::super::error::SchedulerError;
use super::Scheduler;
use super::run::Owed;
use crate::services::{AwsError as _, ServiceId};
use crate::targets::{Ask, scope_of};
use crate::world::{Answer, Cx, Effect, Ticket};

/// Who must be let in.
const PRINCIPAL: &str = "scheduler.amazonaws.com";

/// What a client wants to be done with a schedule.
#[derive(Clone, Debug)]
pub(in super::super) enum Change {
    Create(CreateScheduleInput),
    Update(UpdateScheduleInput),
}

/// A change that waits for IAM's answer.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    ticket: Ticket,
    change: Change,
}

impl Scheduler {
    /// Refuses what can be refused at once, and asks IAM for the role.
    pub(in super::super) fn propose(
        &mut self,
        cx: &mut Cx<'_>,
        change: Change,
    ) -> Result<Answer<Response>, SchedulerError> {
        let role_arn = match &change {
            Change::Create(input) => {
                if let Some(known) = self.made_before(input)? {
                    return Ok(Answer::Now(Response::CreateSchedule(known)));
                }
                self.check(cx, input.clone())?;
                &input.target.role_arn
            }
            Change::Update(input) => {
                self.check_update(cx, input.clone())?;
                &input.target.role_arn
            }
        };
        let arn: Arn = role_arn.parse().map_err(|_| SchedulerError::Role)?;
        let name = arn.resource.strip_prefix("role/").ok_or(SchedulerError::Role)?;
        let role_name = name.rsplit('/').next().unwrap_or_default().to_owned();
        let asked = Ask::of::<GetRole>(ServiceId::Iam, scope_of(&arn, cx.scope), GetRoleInput { role_name });
        let (ticket, token) = (cx.ticket(), cx.number());
        self.owed.insert(token, Owed::Role(Box::new(Pending { ticket, change })));
        cx.push(asked.effect(Some(token)));
        Ok(Answer::Later(ticket))
    }

    /// IAM has answered: the change is made, or refused.
    pub(super) fn role_seen(&mut self, cx: &mut Cx<'_>, pending: Pending, result: Result<Val, WireError>) {
        let Pending { ticket, change } = pending;
        let answer = self.change(cx, change, result.ok()).map(|response| response.to_val());
        cx.push(Effect::Answer(ticket, answer.map_err(|refusal| refusal.wire())));
    }

    fn change(
        &mut self,
        cx: &Cx<'_>,
        change: Change,
        found: Option<Val>,
    ) -> Result<Response, SchedulerError> {
        let role = GetRoleOutput::from_val(found.ok_or(SchedulerError::Role)?).role;
        let wanted = match &change {
            Change::Create(input) => &input.target.role_arn,
            Change::Update(input) => &input.target.role_arn,
        };
        let trust = role.assume_role_policy_document.unwrap_or_default();
        if role.arn != *wanted || !lets_in(&trust) {
            return Err(SchedulerError::Role);
        }
        Ok(match change {
            Change::Create(input) => Response::CreateSchedule(self.create_schedule(cx, input)?),
            Change::Update(input) => Response::UpdateSchedule(self.update_schedule(cx, input)?),
        })
    }
}

/// Whether a trust policy, as IAM shows it, lets EventBridge Scheduler assume the role.
fn lets_in(trust: &str) -> bool {
    let text = percent_encoding::percent_decode_str(trust).decode_utf8_lossy();
    let document: Value = serde_json::from_str(&text).unwrap_or_default();
    let one_or_more = |value: &Value| match value {
        Value::Array(all) => all.clone(),
        one => vec![one.clone()],
    };
    one_or_more(&document["Statement"]).iter().any(|statement| {
        let has = |value: &Value, wanted: &[&str]| {
            one_or_more(value).iter().filter_map(Value::as_str).any(|text| wanted.contains(&text))
        };
        statement["Effect"] == "Allow"
            && has(&statement["Action"], &["sts:AssumeRole", "sts:*", "*"])
            && (has(&statement["Principal"]["Service"], &[PRINCIPAL]) || statement["Principal"] == "*")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trust_policy_lets_scheduler_in_by_name() {
        let check = |statement: &str, expected: bool| {
            assert_eq!(lets_in(&format!(r#"{{"Statement":{statement}}}"#)), expected, "{statement}");
        };
        let allow = |principal: &str, action: &str| {
            format!(r#"{{"Effect":"Allow","Principal":{principal},"Action":{action}}}"#)
        };
        let named = r#"{"Service":"scheduler.amazonaws.com"}"#;
        check(&allow(named, r#""sts:AssumeRole""#), true);
        check(&format!("[{}]", allow(named, r#"["sts:AssumeRole","sts:TagSession"]"#)), true);
        check(&allow(r#"{"Service":["glue.amazonaws.com","scheduler.amazonaws.com"]}"#, r#""sts:*""#), true);
        check(&allow(r#"{"Service":"events.amazonaws.com"}"#, r#""sts:AssumeRole""#), false);
        check(&allow(r#"{"AWS":"arn:aws:iam::000000000000:root"}"#, r#""sts:AssumeRole""#), false);
        check(&allow(named, r#""sts:TagSession""#), false);
        check(&allow(named, r#""sts:AssumeRole""#).replace("Allow", "Deny"), false);
        check("[]", false);
    }
}
