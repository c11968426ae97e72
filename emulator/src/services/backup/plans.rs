//! Plans: rules that say when, into which vault and for how long; and selections, which say what.

use std::collections::BTreeMap;

use wavetank_types::Timestamp;
use wavetank_wire::backup as w;

use super::jobs::check_lifecycle;
use super::schedule::Schedule;
use super::selection::check_selection;
use super::{Backup, BackupError, own_arn, page};
use crate::world::Cx;

/// The schedule of a rule that names none. Documented: the service model's examples. Assumed: that it is the default.
const SCHEDULE: &str = "cron(0 5 ? * * *)";

/// A plan.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) id: String,
    pub(super) arn: String,
    version: String,
    created: Timestamp,
    request_id: Option<String>,
    last_run: Option<Timestamp>,
    body: w::BackupPlan,
    /// When each rule runs next, in their order.
    runs: Vec<(Schedule, Option<Timestamp>)>,
    pub(super) selections: BTreeMap<String, Selection>,
}

/// What a plan backs up.
#[derive(Clone, Debug)]
pub(super) struct Selection {
    pub(super) body: w::BackupSelection,
    created: Timestamp,
    request_id: Option<String>,
}

/// When each rule of a plan runs next.
type Runs = Vec<(Schedule, Option<Timestamp>)>;

impl Plan {
    pub(super) fn next_run(&self) -> Option<Timestamp> {
        if self.selections.is_empty() {
            // Nothing would be backed up.
            return None;
        }
        self.runs.iter().filter_map(|(_, at)| *at).min()
    }

    /// Which plan and rule a recovery point is from.
    pub(super) fn creator(&self, rule: &w::BackupRule) -> w::RecoveryPointCreator {
        w::RecoveryPointCreator {
            backup_plan_id: Some(self.id.clone()),
            backup_plan_arn: Some(self.arn.clone()),
            backup_plan_name: Some(self.body.backup_plan_name.clone()),
            backup_plan_version: Some(self.version.clone()),
            backup_rule_id: rule.rule_id.clone(),
            backup_rule_name: Some(rule.rule_name.clone()),
            backup_rule_cron: rule.schedule_expression.clone(),
            backup_rule_timezone: rule.schedule_expression_timezone.clone(),
        }
    }
}

impl Backup {
    pub(super) fn plan(&self, id: &str) -> Result<&Plan, BackupError> {
        self.plans.get(id).ok_or_else(|| BackupError::NoSuch("Backup plan", id.to_owned()))
    }

    fn plan_mut(&mut self, id: &str) -> Result<&mut Plan, BackupError> {
        self.plans.get_mut(id).ok_or_else(|| BackupError::NoSuch("Backup plan", id.to_owned()))
    }

    /// A plan's rules, checked and with ids, and their schedules.
    fn checked(
        &self,
        cx: &mut Cx<'_>,
        input: w::BackupPlanInput,
    ) -> Result<(w::BackupPlan, Runs), BackupError> {
        let mut rules = Vec::new();
        let mut runs = Vec::new();
        for rule in input.rules {
            if rule.copy_actions.as_ref().is_some_and(|actions| !actions.is_empty()) {
                return Err(BackupError::NotBuilt("a backup plan with CopyActions".to_owned()));
            }
            check_lifecycle(rule.lifecycle.as_ref())?;
            if !self.vaults.contains_key(&rule.target_backup_vault_name) {
                return Err(BackupError::Parameter(format!(
                    "Invalid parameter: the backup vault {} does not exist",
                    rule.target_backup_vault_name
                )));
            }
            let expression = rule.schedule_expression.unwrap_or_else(|| SCHEDULE.to_owned());
            let zone = rule.schedule_expression_timezone;
            let schedule = Schedule::parse(&expression, zone.as_deref());
            let schedule = schedule.map_err(|why| BackupError::Parameter(why.to_string()))?;
            let next = schedule.after(cx.now);
            runs.push((schedule, next));
            rules.push(w::BackupRule {
                rule_name: rule.rule_name,
                target_backup_vault_name: rule.target_backup_vault_name,
                schedule_expression: Some(expression),
                start_window_minutes: Some(rule.start_window_minutes.unwrap_or(480)),
                completion_window_minutes: Some(rule.completion_window_minutes.unwrap_or(10_080)),
                lifecycle: rule.lifecycle,
                recovery_point_tags: rule.recovery_point_tags,
                rule_id: Some(cx.uuid()),
                copy_actions: None,
                enable_continuous_backup: Some(rule.enable_continuous_backup.unwrap_or(false)),
                schedule_expression_timezone: Some(zone.unwrap_or_else(|| "Etc/UTC".to_owned())),
            });
        }
        let advanced_backup_settings = input.advanced_backup_settings;
        let body =
            w::BackupPlan { backup_plan_name: input.backup_plan_name, rules, advanced_backup_settings };
        Ok((body, runs))
    }

    pub(super) fn create_plan(
        &mut self,
        cx: &mut Cx<'_>,
        input: w::CreateBackupPlanInput,
    ) -> Result<w::CreateBackupPlanOutput, BackupError> {
        let name = &input.backup_plan.backup_plan_name;
        if self.plans.values().any(|plan| plan.body.backup_plan_name == *name) {
            return Err(BackupError::PlanExists(name.clone()));
        }
        let (body, runs) = self.checked(cx, input.backup_plan)?;
        let id = cx.uuid();
        let arn = own_arn(cx, format!("backup-plan:{id}"));
        let version = cx.letters(48, b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");
        if let Some(tags) = input.backup_plan_tags {
            self.tags.insert(arn.clone(), tags);
        }
        let plan = Plan {
            id: id.clone(),
            arn: arn.clone(),
            version: version.clone(),
            created: cx.now,
            request_id: input.creator_request_id,
            last_run: None,
            body,
            runs,
            selections: BTreeMap::new(),
        };
        self.plans.insert(id.clone(), plan);
        Ok(w::CreateBackupPlanOutput {
            backup_plan_id: Some(id),
            backup_plan_arn: Some(arn),
            creation_date: Some(cx.now),
            version_id: Some(version),
            advanced_backup_settings: None,
        })
    }

    pub(super) fn get_plan(
        &self,
        input: &w::GetBackupPlanInput,
    ) -> Result<w::GetBackupPlanOutput, BackupError> {
        let plan = self.plan(&input.backup_plan_id)?;
        if input.version_id.as_ref().is_some_and(|version| *version != plan.version) {
            return Err(BackupError::NotBuilt("GetBackupPlan of an earlier version".to_owned()));
        }
        Ok(w::GetBackupPlanOutput {
            backup_plan: Some(plan.body.clone()),
            backup_plan_id: Some(plan.id.clone()),
            backup_plan_arn: Some(plan.arn.clone()),
            version_id: Some(plan.version.clone()),
            creator_request_id: plan.request_id.clone(),
            creation_date: Some(plan.created),
            last_execution_date: plan.last_run,
            ..w::GetBackupPlanOutput::default()
        })
    }

    pub(super) fn list_plans(
        &self,
        input: &w::ListBackupPlansInput,
    ) -> Result<w::ListBackupPlansOutput, BackupError> {
        let shown = |plan: &Plan| w::BackupPlansListMember {
            backup_plan_arn: Some(plan.arn.clone()),
            backup_plan_id: Some(plan.id.clone()),
            creation_date: Some(plan.created),
            version_id: Some(plan.version.clone()),
            backup_plan_name: Some(plan.body.backup_plan_name.clone()),
            creator_request_id: plan.request_id.clone(),
            last_execution_date: plan.last_run,
            ..w::BackupPlansListMember::default()
        };
        let (list, next_token) =
            page(self.plans.values().map(shown), input.next_token.as_deref(), input.max_results)?;
        Ok(w::ListBackupPlansOutput { next_token, backup_plans_list: Some(list) })
    }

    pub(super) fn update_plan(
        &mut self,
        cx: &mut Cx<'_>,
        input: w::UpdateBackupPlanInput,
    ) -> Result<w::UpdateBackupPlanOutput, BackupError> {
        self.plan(&input.backup_plan_id)?;
        let (body, runs) = self.checked(cx, input.backup_plan)?;
        let version = cx.letters(48, b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");
        let plan = self.plan_mut(&input.backup_plan_id)?;
        (plan.body, plan.runs, plan.version) = (body, runs, version.clone());
        Ok(w::UpdateBackupPlanOutput {
            backup_plan_id: Some(plan.id.clone()),
            backup_plan_arn: Some(plan.arn.clone()),
            creation_date: Some(plan.created),
            version_id: Some(version),
            advanced_backup_settings: None,
        })
    }

    pub(super) fn delete_plan(
        &mut self,
        cx: &Cx<'_>,
        input: &w::DeleteBackupPlanInput,
    ) -> Result<w::DeleteBackupPlanOutput, BackupError> {
        let plan = self.plan(&input.backup_plan_id)?;
        if !plan.selections.is_empty() {
            return Err(BackupError::Request(
                "Related backup plan selections must be deleted prior to backup plan deletion",
            ));
        }
        let output = w::DeleteBackupPlanOutput {
            backup_plan_id: Some(plan.id.clone()),
            backup_plan_arn: Some(plan.arn.clone()),
            deletion_date: Some(cx.now),
            version_id: Some(plan.version.clone()),
        };
        let arn = plan.arn.clone();
        self.tags.remove(&arn);
        self.plans.remove(&input.backup_plan_id);
        Ok(output)
    }

    /// Rules whose time has come look for what they select.
    pub(super) fn run_plans(&mut self, cx: &mut Cx<'_>) {
        let mut due = Vec::new();
        for plan in self.plans.values_mut().filter(|plan| !plan.selections.is_empty()) {
            for (rule, (schedule, next)) in plan.body.rules.iter().zip(&mut plan.runs) {
                if let Some(at) = next.take_if(|at| *at <= cx.now) {
                    *next = schedule.after(at.max(cx.now));
                    plan.last_run = Some(cx.now);
                    let ids = plan.selections.keys();
                    due.extend(ids.map(|selection| (plan.id.clone(), rule.clone(), selection.clone())));
                }
            }
        }
        for (plan, rule, selection) in due {
            self.search(cx, &plan, rule, &selection);
        }
    }

    pub(super) fn create_selection(
        &mut self,
        cx: &mut Cx<'_>,
        input: w::CreateBackupSelectionInput,
    ) -> Result<w::CreateBackupSelectionOutput, BackupError> {
        check_selection(&input.backup_selection)?;
        let id = cx.uuid();
        let now = cx.now;
        let plan = self.plan_mut(&input.backup_plan_id)?;
        let name = &input.backup_selection.selection_name;
        if plan.selections.values().any(|selection| selection.body.selection_name == *name) {
            return Err(BackupError::SelectionExists(name.clone()));
        }
        if plan.selections.is_empty() {
            // Runs that selected nothing are not made up for.
            for (schedule, next) in &mut plan.runs {
                *next = schedule.after(now);
            }
        }
        let (body, request_id) = (input.backup_selection, input.creator_request_id);
        plan.selections.insert(id.clone(), Selection { body, created: now, request_id });
        Ok(w::CreateBackupSelectionOutput {
            selection_id: Some(id),
            backup_plan_id: Some(input.backup_plan_id),
            creation_date: Some(now),
        })
    }

    pub(super) fn get_selection(
        &self,
        input: &w::GetBackupSelectionInput,
    ) -> Result<w::GetBackupSelectionOutput, BackupError> {
        let found = self.plan(&input.backup_plan_id)?.selections.get(&input.selection_id);
        let found =
            found.ok_or_else(|| BackupError::NoSuch("Backup selection", input.selection_id.clone()))?;
        Ok(w::GetBackupSelectionOutput {
            backup_selection: Some(found.body.clone()),
            selection_id: Some(input.selection_id.clone()),
            backup_plan_id: Some(input.backup_plan_id.clone()),
            creation_date: Some(found.created),
            creator_request_id: found.request_id.clone(),
        })
    }

    pub(super) fn list_selections(
        &self,
        input: &w::ListBackupSelectionsInput,
    ) -> Result<w::ListBackupSelectionsOutput, BackupError> {
        let plan = self.plan(&input.backup_plan_id)?;
        let shown = |(id, selection): (&String, &Selection)| w::BackupSelectionsListMember {
            selection_id: Some(id.clone()),
            selection_name: Some(selection.body.selection_name.clone()),
            backup_plan_id: Some(plan.id.clone()),
            creation_date: Some(selection.created),
            creator_request_id: selection.request_id.clone(),
            iam_role_arn: Some(selection.body.iam_role_arn.clone()),
        };
        let (list, next_token) =
            page(plan.selections.iter().map(shown), input.next_token.as_deref(), input.max_results)?;
        Ok(w::ListBackupSelectionsOutput { next_token, backup_selections_list: Some(list) })
    }

    pub(super) fn delete_selection(
        &mut self,
        input: &w::DeleteBackupSelectionInput,
    ) -> Result<(), BackupError> {
        let plan = self.plan_mut(&input.backup_plan_id)?;
        let gone = plan.selections.remove(&input.selection_id);
        gone.map(drop).ok_or_else(|| BackupError::NoSuch("Backup selection", input.selection_id.clone()))
    }
}
