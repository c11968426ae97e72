//! A secret's versions: their values, and which has which label.
//!
//! A label is at one version. Who gets `AWSCURRENT` leaves `AWSPREVIOUS` with the one before. A version without labels is
//! deprecated; AWS deletes those beyond a hundred, a tank keeps all.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use wavetank_types::Timestamp;
use wavetank_wire::secretsmanager as w;

use super::SecretsError;
use super::limits::VALUE_BYTES_MAX;
use super::state::{Secret, SecretsManager, page};
use crate::world::Cx;

const CURRENT: &str = "AWSCURRENT";
const PREVIOUS: &str = "AWSPREVIOUS";
const DAY_S: i64 = 86_400;

/// What a version holds.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Value {
    Text(String),
    Binary(Bytes),
}

/// Nobody prints a secret by accident.
impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(a secret)")
    }
}

impl Value {
    pub(super) fn of(text: Option<String>, binary: Option<Bytes>) -> Result<Option<Self>, SecretsError> {
        let parameter = |said: &str| Err(SecretsError::Parameter(said.to_owned()));
        let value = match (text, binary) {
            (Some(_), Some(_)) => {
                return parameter(
                    "You can't specify both a binary secret value and a string secret value in the same secret.",
                );
            }
            (Some(text), None) => Self::Text(text),
            (None, Some(binary)) => Self::Binary(binary),
            (None, None) => return Ok(None),
        };
        let bytes = match &value {
            Self::Text(text) => text.len(),
            Self::Binary(binary) => binary.len(),
        };
        if bytes > VALUE_BYTES_MAX {
            return parameter("The secret value is longer than 65536 bytes.");
        }
        Ok(Some(value))
    }
}

/// One version.
#[derive(Clone, Debug)]
pub(super) struct Version {
    pub(super) value: Value,
    stages: BTreeSet<String>,
    created: Timestamp,
    /// The day on which it was last read.
    accessed: Option<Timestamp>,
}

impl Secret {
    /// A new version with these labels, `AWSCURRENT` if none are named. The id comes back.
    pub(super) fn put(
        &mut self,
        cx: &mut Cx<'_>,
        token: Option<String>,
        value: Value,
        stages: Option<Vec<String>>,
    ) -> Result<String, SecretsError> {
        let id = token.unwrap_or_else(|| cx.uuid());
        if let Some(there) = self.versions.get(&id) {
            // The same call twice is one.
            return if there.value == value {
                Ok(id)
            } else {
                Err(SecretsError::TokenUsed(id, self.arn.clone()))
            };
        }
        let stages: BTreeSet<String> =
            stages.unwrap_or_else(|| vec![CURRENT.to_owned()]).into_iter().collect();
        if stages.contains(CURRENT)
            && let Some(before) = self.at(CURRENT).map(|(id, _)| id.to_owned())
        {
            self.take(PREVIOUS);
            if let Some(before) = self.versions.get_mut(&before) {
                before.stages.insert(PREVIOUS.to_owned());
            }
        }
        for stage in &stages {
            self.take(stage);
        }
        self.versions.insert(id.clone(), Version { value, stages, created: cx.now, accessed: None });
        self.changed = cx.now;
        Ok(id)
    }

    fn take(&mut self, stage: &str) {
        for version in self.versions.values_mut() {
            version.stages.remove(stage);
        }
    }

    /// The version with this label.
    fn at(&self, stage: &str) -> Option<(&str, &Version)> {
        let mut versions = self.versions.iter().map(|(id, version)| (id.as_str(), version));
        versions.find(|(_, version)| version.stages.contains(stage))
    }

    /// Versions that have labels, with them.
    pub(super) fn stages(&self) -> BTreeMap<String, Vec<String>> {
        let labelled = self.versions.iter().filter(|(_, version)| !version.stages.is_empty());
        labelled.map(|(id, version)| (id.clone(), version.stages.iter().cloned().collect())).collect()
    }
}

impl SecretsManager {
    pub(super) fn get_value(
        &mut self,
        cx: &mut Cx<'_>,
        input: &w::GetSecretValueInput,
    ) -> Result<w::GetSecretValueOutput, SecretsError> {
        let secret = self.live_mut(&input.secret_id)?;
        let stage = input.version_stage.as_deref();
        let found = match &input.version_id {
            Some(id) => {
                let found = secret.versions.get_key_value(id).map(|(id, version)| (id.as_str(), version));
                let is_asked = |version: &Version| stage.is_none_or(|stage| version.stages.contains(stage));
                let found = found.filter(|(_, version)| is_asked(version));
                found.ok_or_else(|| SecretsError::NoVersion("VersionId", id.clone()))?
            }
            None => {
                let stage = stage.unwrap_or(CURRENT);
                secret.at(stage).ok_or_else(|| SecretsError::NoVersion("staging label", stage.to_owned()))?
            }
        };
        let (version_id, version) = (found.0.to_owned(), found.1.clone());
        // Documented: the resolution is a date, without the time
        // (docs.aws.amazon.com/secretsmanager/latest/apireference/API_SecretVersionsListEntry.html). Assumed: of the secret, too.
        let today = Some(Timestamp::from_secs(cx.now.secs().div_euclid(DAY_S) * DAY_S));
        secret.accessed = today;
        if let Some(version) = secret.versions.get_mut(&version_id) {
            version.accessed = today;
        }
        let (secret_string, secret_binary) = match version.value {
            Value::Text(text) => (Some(text), None),
            Value::Binary(binary) => (None, Some(binary)),
        };
        Ok(w::GetSecretValueOutput {
            arn: Some(secret.arn.clone()),
            name: Some(secret.name.clone()),
            version_id: Some(version_id),
            secret_binary,
            secret_string,
            version_stages: Some(version.stages.into_iter().collect()),
            created_date: Some(version.created),
        })
    }

    pub(super) fn put_value(
        &mut self,
        cx: &mut Cx<'_>,
        input: w::PutSecretValueInput,
    ) -> Result<w::PutSecretValueOutput, SecretsError> {
        let value = Value::of(input.secret_string, input.secret_binary)?;
        let secret = self.live_mut(&input.secret_id)?;
        let value = value.ok_or_else(|| {
            SecretsError::Parameter("You must provide either SecretString or SecretBinary.".to_owned())
        })?;
        let id = secret.put(cx, input.client_request_token, value, input.version_stages)?;
        let stages = secret.versions.get(&id).map(|version| version.stages.iter().cloned().collect());
        Ok(w::PutSecretValueOutput {
            arn: Some(secret.arn.clone()),
            name: Some(secret.name.clone()),
            version_id: Some(id),
            version_stages: stages,
        })
    }

    pub(super) fn list_versions(
        &self,
        input: &w::ListSecretVersionIdsInput,
    ) -> Result<w::ListSecretVersionIdsOutput, SecretsError> {
        let secret = self.find(&input.secret_id)?;
        let is_shown =
            |version: &&Version| !version.stages.is_empty() || input.include_deprecated == Some(true);
        let found = secret.versions.iter().filter(|(_, version)| is_shown(version));
        let entries = found.map(|(id, version)| w::SecretVersionsListEntry {
            version_id: Some(id.clone()),
            version_stages: Some(version.stages.iter().cloned().collect()),
            created_date: Some(version.created),
            last_accessed_date: version.accessed,
            ..Default::default()
        });
        let (versions, next_token) = page(entries, input.next_token.as_deref(), input.max_results)?;
        Ok(w::ListSecretVersionIdsOutput {
            versions: Some(versions),
            next_token,
            arn: Some(secret.arn.clone()),
            name: Some(secret.name.clone()),
        })
    }
}
