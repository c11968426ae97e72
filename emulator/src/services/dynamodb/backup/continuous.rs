//! Continuous backups: point-in-time recovery on and off.

use wavetank_types::Timestamp;
use wavetank_wire::dynamodb as w;

use super::BackupError;
use super::history::{History, RECOVERY_DAYS_MAX};
use crate::services::dynamodb::DynamoDb;
use crate::services::dynamodb::error::DynamoError;
use crate::world::Cx;

impl DynamoDb {
    /// Takes effect at once; asking for what is so already changes nothing. Recorded: ack-api-quirks, table-subresources.md.
    pub(super) fn update_continuous_backups(
        &mut self,
        cx: &Cx<'_>,
        input: &w::UpdateContinuousBackupsInput,
    ) -> Result<w::UpdateContinuousBackupsOutput, DynamoError> {
        let wanted = &input.point_in_time_recovery_specification;
        let history = &mut self.here(cx).kept(cx, &input.table_name)?.history;
        if wanted.point_in_time_recovery_enabled {
            let before = history.recovery().map(|recovery| recovery.days);
            let days = wanted.recovery_period_in_days.or(before).unwrap_or(RECOVERY_DAYS_MAX);
            history.enable(cx.now, days);
        } else if wanted.recovery_period_in_days.is_some() {
            let why = "Cannot specify RecoveryPeriodInDays when disabling point-in-time recovery.";
            return Err(BackupError::request(why).into());
        } else {
            history.disable();
        }
        let shown = description(history, cx.now);
        Ok(w::UpdateContinuousBackupsOutput { continuous_backups_description: Some(shown) })
    }

    pub(super) fn describe_continuous_backups(
        &mut self,
        cx: &Cx<'_>,
        input: &w::DescribeContinuousBackupsInput,
    ) -> Result<w::DescribeContinuousBackupsOutput, DynamoError> {
        let history = &self.here(cx).kept(cx, &input.table_name)?.history;
        let shown = description(history, cx.now);
        Ok(w::DescribeContinuousBackupsOutput { continuous_backups_description: Some(shown) })
    }
}

/// Continuous backups themselves are always on.
fn description(history: &History, now: Timestamp) -> w::ContinuousBackupsDescription {
    let recovery = history.recovery();
    w::ContinuousBackupsDescription {
        continuous_backups_status: "ENABLED".to_owned(),
        point_in_time_recovery_description: Some(w::PointInTimeRecoveryDescription {
            point_in_time_recovery_status: Some(
                if recovery.is_some() { "ENABLED" } else { "DISABLED" }.to_owned(),
            ),
            recovery_period_in_days: recovery.map(|recovery| recovery.days),
            earliest_restorable_date_time: history.earliest(now),
            latest_restorable_date_time: recovery.map(|_| now),
        }),
    }
}
