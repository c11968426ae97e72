//! Secrets by name: made, described, listed, deleted and taken back.

use std::collections::BTreeMap;
use std::time::Duration;

use wavetank_types::{Arn, Timestamp};
use wavetank_wire::secretsmanager as w;

use super::SecretsError;
use super::limits::{DAY_SECONDS, LIST_MAX, RECOVERY_DAYS_MAX, RECOVERY_DAYS_MIN};
use super::versions::{Value, Version};
use crate::world::Cx;

/// Secrets Manager of one account and region.
#[derive(Debug, Default)]
pub struct SecretsManager {
    /// By name.
    pub(super) secrets: BTreeMap<String, Secret>,
}

/// A secret.
#[derive(Clone, Debug)]
pub(super) struct Secret {
    pub(super) arn: String,
    pub(super) name: String,
    description: Option<String>,
    kms_key_id: Option<String>,
    created: Timestamp,
    pub(super) changed: Timestamp,
    pub(super) accessed: Option<Timestamp>,
    /// When it was deleted, and when it is gone.
    deleted: Option<(Timestamp, Timestamp)>,
    tags: BTreeMap<String, String>,
    /// By id.
    pub(super) versions: BTreeMap<String, Version>,
}

/// Refuses what is not built of a new secret.
fn check_built(input: &w::CreateSecretInput) -> Result<(), SecretsError> {
    let what = if input.add_replica_regions.as_ref().is_some_and(|regions| !regions.is_empty()) {
        "AddReplicaRegions"
    } else if input.r#type.is_some() {
        "Type"
    } else if input.cross_account_primary_arn.is_some() {
        "CrossAccountPrimaryArn"
    } else {
        return Ok(());
    };
    Err(SecretsError::NotBuilt(format!("CreateSecret with {what}")))
}

impl SecretsManager {
    pub(super) fn next_deadline(&self) -> Option<Timestamp> {
        self.secrets.values().filter_map(|secret| secret.deleted.map(|(_, gone)| gone)).min()
    }

    pub(super) fn tick(&mut self, now: Timestamp) {
        self.secrets.retain(|_, secret| secret.deleted.is_none_or(|(_, gone)| gone > now));
    }

    pub(super) fn create(
        &mut self,
        cx: &mut Cx<'_>,
        input: w::CreateSecretInput,
    ) -> Result<w::CreateSecretOutput, SecretsError> {
        check_built(&input)?;
        check_name(&input.name)?;
        let value = Value::of(input.secret_string, input.secret_binary)?;
        if let Some(there) = self.secrets.get(&input.name) {
            if there.deleted.is_some() {
                return Err(SecretsError::NameDeleted);
            }
            // The same call twice is one.
            let token = input.client_request_token.as_deref().unwrap_or_default();
            return match (there.versions.get(token), &value) {
                (Some(version), Some(value)) if version.value == *value => Ok(w::CreateSecretOutput {
                    arn: Some(there.arn.clone()),
                    name: Some(there.name.clone()),
                    version_id: Some(token.to_owned()),
                    replication_status: None,
                }),
                _ => Err(SecretsError::Exists(input.name)),
            };
        }
        let suffix = cx.letters(6, b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
        let resource = format!("secret:{}-{suffix}", input.name);
        let arn = Arn::new("secretsmanager", &cx.scope.region, &cx.scope.account, resource).to_string();
        let mut secret = Secret {
            arn: arn.clone(),
            name: input.name.clone(),
            description: input.description,
            kms_key_id: input.kms_key_id,
            created: cx.now,
            changed: cx.now,
            accessed: None,
            deleted: None,
            tags: input.tags.unwrap_or_default().into_iter().filter_map(entry).collect(),
            versions: BTreeMap::new(),
        };
        let version_id = match value {
            Some(value) => Some(secret.put(cx, input.client_request_token, value, None)?),
            None => None,
        };
        self.secrets.insert(input.name.clone(), secret);
        Ok(w::CreateSecretOutput {
            arn: Some(arn),
            name: Some(input.name),
            version_id,
            replication_status: None,
        })
    }

    pub(super) fn update(
        &mut self,
        cx: &mut Cx<'_>,
        input: w::UpdateSecretInput,
    ) -> Result<w::UpdateSecretOutput, SecretsError> {
        if input.r#type.is_some() {
            return Err(SecretsError::NotBuilt("UpdateSecret with Type".to_owned()));
        }
        let value = Value::of(input.secret_string, input.secret_binary)?;
        let secret = self.live_mut(&input.secret_id)?;
        let version_id = match value {
            Some(value) => Some(secret.put(cx, input.client_request_token, value, None)?),
            None => None,
        };
        secret.description = input.description.or(secret.description.take());
        secret.kms_key_id = input.kms_key_id.or(secret.kms_key_id.take());
        secret.changed = cx.now;
        Ok(w::UpdateSecretOutput {
            arn: Some(secret.arn.clone()),
            name: Some(secret.name.clone()),
            version_id,
        })
    }

    pub(super) fn describe(
        &self,
        input: &w::DescribeSecretInput,
    ) -> Result<w::DescribeSecretOutput, SecretsError> {
        let secret = self.find(&input.secret_id)?;
        Ok(w::DescribeSecretOutput {
            arn: Some(secret.arn.clone()),
            name: Some(secret.name.clone()),
            description: secret.description.clone(),
            kms_key_id: secret.kms_key_id.clone(),
            last_changed_date: Some(secret.changed),
            last_accessed_date: secret.accessed,
            deleted_date: secret.deleted.map(|(at, _)| at),
            tags: Some(secret.tag_list()).filter(|tags| !tags.is_empty()),
            version_ids_to_stages: Some(secret.stages()).filter(|stages| !stages.is_empty()),
            created_date: Some(secret.created),
            ..Default::default()
        })
    }

    pub(super) fn list(&self, input: &w::ListSecretsInput) -> Result<w::ListSecretsOutput, SecretsError> {
        let mut found = Vec::new();
        for secret in self.secrets.values() {
            let is_shown = secret.deleted.is_none() || input.include_planned_deletion == Some(true);
            if is_shown && secret.passes(input.filters.as_deref().unwrap_or_default())? {
                found.push(secret);
            }
        }
        found.sort_by_key(|secret| secret.created);
        if input.sort_order.as_deref() == Some("desc") {
            found.reverse();
        }
        let entries = found.into_iter().map(|secret| w::SecretListEntry {
            arn: Some(secret.arn.clone()),
            name: Some(secret.name.clone()),
            description: secret.description.clone(),
            kms_key_id: secret.kms_key_id.clone(),
            last_changed_date: Some(secret.changed),
            last_accessed_date: secret.accessed,
            deleted_date: secret.deleted.map(|(at, _)| at),
            tags: Some(secret.tag_list()),
            secret_versions_to_stages: Some(secret.stages()),
            created_date: Some(secret.created),
            ..Default::default()
        });
        let (secret_list, next_token) = page(entries, input.next_token.as_deref(), input.max_results)?;
        Ok(w::ListSecretsOutput { secret_list: Some(secret_list), next_token })
    }

    pub(super) fn delete(
        &mut self,
        cx: &mut Cx<'_>,
        input: &w::DeleteSecretInput,
    ) -> Result<w::DeleteSecretOutput, SecretsError> {
        let is_forced = input.force_delete_without_recovery == Some(true);
        let parameter = |said: &str| Err(SecretsError::Parameter(said.to_owned()));
        let days = match input.recovery_window_in_days {
            Some(_) if is_forced => {
                return parameter(
                    "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
                );
            }
            Some(days) if !(RECOVERY_DAYS_MIN..=RECOVERY_DAYS_MAX).contains(&days) => {
                return parameter(
                    "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).",
                );
            }
            days => days.unwrap_or(RECOVERY_DAYS_MAX),
        };
        let secret = self.find_mut(&input.secret_id)?;
        if secret.deleted.is_some() && !is_forced {
            return Err(SecretsError::Deleted);
        }
        let span = Duration::from_secs(DAY_SECONDS * days.unsigned_abs());
        let gone = if is_forced { cx.now } else { cx.now + span };
        secret.deleted = Some((cx.now, gone));
        let (arn, name) = (secret.arn.clone(), secret.name.clone());
        if is_forced {
            self.secrets.remove(&name);
        }
        Ok(w::DeleteSecretOutput { arn: Some(arn), name: Some(name), deletion_date: Some(gone) })
    }

    pub(super) fn restore(
        &mut self,
        cx: &mut Cx<'_>,
        input: &w::RestoreSecretInput,
    ) -> Result<w::RestoreSecretOutput, SecretsError> {
        let secret = self.find_mut(&input.secret_id)?;
        secret.deleted = None;
        secret.changed = cx.now;
        Ok(w::RestoreSecretOutput { arn: Some(secret.arn.clone()), name: Some(secret.name.clone()) })
    }

    pub(super) fn tag(&mut self, cx: &mut Cx<'_>, input: w::TagResourceInput) -> Result<(), SecretsError> {
        let secret = self.live_mut(&input.secret_id)?;
        secret.tags.extend(input.tags.into_iter().filter_map(entry));
        secret.changed = cx.now;
        Ok(())
    }

    pub(super) fn untag(
        &mut self,
        cx: &mut Cx<'_>,
        input: &w::UntagResourceInput,
    ) -> Result<(), SecretsError> {
        let secret = self.live_mut(&input.secret_id)?;
        secret.tags.retain(|key, _| !input.tag_keys.contains(key));
        secret.changed = cx.now;
        Ok(())
    }

    /// A secret by its name, its ARN, or its ARN without the letters at the end.
    pub(super) fn find(&self, id: &str) -> Result<&Secret, SecretsError> {
        let name = self.name_of(id).ok_or(SecretsError::NoSecret)?;
        self.secrets.get(&name).ok_or(SecretsError::NoSecret)
    }

    fn find_mut(&mut self, id: &str) -> Result<&mut Secret, SecretsError> {
        let name = self.name_of(id).ok_or(SecretsError::NoSecret)?;
        self.secrets.get_mut(&name).ok_or(SecretsError::NoSecret)
    }

    /// The same, unless it is to be deleted.
    pub(super) fn live_mut(&mut self, id: &str) -> Result<&mut Secret, SecretsError> {
        let secret = self.find_mut(id)?;
        if secret.deleted.is_some() { Err(SecretsError::Deleted) } else { Ok(secret) }
    }

    fn name_of(&self, id: &str) -> Option<String> {
        if self.secrets.contains_key(id) {
            return Some(id.to_owned());
        }
        let rest = id.strip_prefix("arn:")?.split_once(":secret:")?.1;
        let of = |name: &str| self.secrets.get(name).filter(|secret| secret.arn.starts_with(id));
        let without = rest.rsplit_once('-').map(|(name, _)| name);
        of(rest).or_else(|| without.and_then(of)).map(|secret| secret.name.clone())
    }
}

impl Secret {
    fn tag_list(&self) -> Vec<w::Tag> {
        let tags = self.tags.iter();
        tags.map(|(key, value)| w::Tag { key: Some(key.clone()), value: Some(value.clone()) }).collect()
    }

    /// Documented: the service model. A value is a prefix, `!` before it negates.
    fn passes(&self, filters: &[w::Filter]) -> Result<bool, SecretsError> {
        for filter in filters {
            let key = filter.key.as_deref().unwrap_or_default();
            let texts: Vec<&str> = match key {
                "name" => vec![&self.name],
                "description" => self.description.iter().map(String::as_str).collect(),
                "tag-key" => self.tags.keys().map(String::as_str).collect(),
                "tag-value" => self.tags.values().map(String::as_str).collect(),
                "all" => {
                    let tags = self.tags.iter().flat_map(|(key, value)| [key.as_str(), value.as_str()]);
                    tags.chain([self.name.as_str()]).chain(self.description.as_deref()).collect()
                }
                other => return Err(SecretsError::NotBuilt(format!("ListSecrets with the filter {other}"))),
            };
            let has = |wanted: &str| texts.iter().any(|text| text.starts_with(wanted));
            let is_wanted = |wanted: &String| match wanted.strip_prefix('!') {
                Some(unwanted) => !has(unwanted),
                None => has(wanted),
            };
            if !filter.values.iter().flatten().any(is_wanted) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Documented: CreateSecret, the service model: letters, digits and `/_+=.@-`. RDS uses `!` in the names of its own.
fn check_name(name: &str) -> Result<(), SecretsError> {
    if name.chars().all(|c| c.is_ascii_alphanumeric() || "/_+=.@-!".contains(c)) {
        return Ok(());
    }
    let said = "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!";
    Err(SecretsError::Parameter(said.to_owned()))
}

fn entry(tag: w::Tag) -> Option<(String, String)> {
    Some((tag.key?, tag.value.unwrap_or_default()))
}

/// Some of a list, and the token of what follows: how many there were before it.
pub(super) fn page<T>(
    all: impl Iterator<Item = T>,
    token: Option<&str>,
    limit: Option<i64>,
) -> Result<(Vec<T>, Option<String>), SecretsError> {
    let skip = token.map_or(Ok(0), str::parse::<usize>);
    let skip = skip.map_err(|_| SecretsError::Parameter("Invalid NextToken.".to_owned()))?;
    let limit = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(LIST_MAX);
    let mut rest = all.skip(skip).peekable();
    let page: Vec<T> = rest.by_ref().take(limit).collect();
    let next = rest.peek().map(|_| (skip + page.len()).to_string());
    Ok((page, next))
}
