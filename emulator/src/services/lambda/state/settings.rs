//! A function's settings: read from a request, checked, and shown as AWS shows them.
//!
//! What the tank cannot honour (networks, layers, images, keys, JSON logs) is refused by name.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use wavetank_wire::lambda as api;

use super::super::error::{Refusal, SettingRefusal};
use super::super::{limits, runtimes};

/// Variables that Lambda sets itself.
///
/// Documented: docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html (read 2026-11-29).
const VARIABLES_RESERVED: [&str; 21] = [
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
    "AWS_DEFAULT_REGION",
    "AWS_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_LAMBDA_RUNTIME_API",
    "LAMBDA_TASK_ROOT",
    "LAMBDA_RUNTIME_DIR",
    "AWS_LAMBDA_MAX_CONCURRENCY",
    "AWS_LAMBDA_METADATA_API",
    "AWS_LAMBDA_METADATA_TOKEN",
];

/// What a function runs on and with. Two versions with equal settings and code are the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Settings {
    pub(super) runtime: String,
    pub(super) handler: String,
    pub(super) role: String,
    pub(super) description: String,
    pub(super) timeout_secs: u32,
    pub(super) memory_mb: u32,
    pub(super) ephemeral_mb: u32,
    pub(super) variables: Option<Arc<BTreeMap<String, String>>>,
    pub(super) architecture: String,
    pub(super) tracing: String,
    pub(super) log_group: String,
}

/// The members that CreateFunction and UpdateFunctionConfiguration share.
#[derive(Debug, Default)]
pub(super) struct Changes {
    runtime: Option<String>,
    handler: Option<String>,
    role: Option<String>,
    description: Option<String>,
    timeout: Option<i64>,
    memory_size: Option<i64>,
    ephemeral: Option<i64>,
    environment: Option<api::Environment>,
    tracing: Option<String>,
    logging: Option<api::LoggingConfig>,
}

/// Refuses by name if the member asks for something that is not built.
fn unbuilt(asked: bool, what: &str) -> Result<(), Refusal> {
    if asked { Err(Refusal::NotBuilt(format!("{what} of Lambda functions"))) } else { Ok(()) }
}

fn in_network(vpc: Option<&api::VpcConfig>) -> bool {
    let any = |ids: &Option<Vec<String>>| ids.as_ref().is_some_and(|ids| !ids.is_empty());
    vpc.is_some_and(|vpc| any(&vpc.subnet_ids) || any(&vpc.security_group_ids))
}

fn has_dead_letters(config: Option<&api::DeadLetterConfig>) -> bool {
    config.and_then(|config| config.target_arn.as_ref()).is_some_and(|arn| !arn.is_empty())
}

impl Changes {
    pub(super) fn of_create(input: &api::CreateFunctionInput) -> Result<Self, Refusal> {
        let image = input.package_type.as_deref() == Some(api::package_type::IMAGE);
        unbuilt(image || input.code.image_uri.is_some(), "container images (PackageType Image)")?;
        unbuilt(in_network(input.vpc_config.as_ref()), "VpcConfig")?;
        unbuilt(has_dead_letters(input.dead_letter_config.as_ref()), "DeadLetterConfig")?;
        unbuilt(input.layers.as_ref().is_some_and(|layers| !layers.is_empty()), "Layers")?;
        unbuilt(
            input.file_system_configs.as_ref().is_some_and(|list| !list.is_empty()),
            "FileSystemConfigs",
        )?;
        unbuilt(input.kms_key_arn.as_ref().is_some_and(|arn| !arn.is_empty()), "KMSKeyArn")?;
        unbuilt(input.code_signing_config_arn.is_some(), "CodeSigningConfigArn")?;
        unbuilt(snaps(input.snap_start.as_ref()), "SnapStart")?;
        unbuilt(input.durable_config.is_some(), "DurableConfig")?;
        unbuilt(input.tenancy_config.is_some(), "TenancyConfig")?;
        unbuilt(input.capacity_provider_config.is_some(), "CapacityProviderConfig")?;
        unbuilt(input.accelerator_config.is_some(), "AcceleratorConfig")?;
        unbuilt(input.publish_to.is_some(), "PublishTo")?;
        Ok(Self {
            runtime: input.runtime.clone(),
            handler: input.handler.clone(),
            role: Some(input.role.clone()),
            description: input.description.clone(),
            timeout: input.timeout,
            memory_size: input.memory_size,
            ephemeral: input.ephemeral_storage.as_ref().map(|storage| storage.size),
            environment: input.environment.clone(),
            tracing: input.tracing_config.as_ref().and_then(|config| config.mode.clone()),
            logging: input.logging_config.clone(),
        })
    }

    pub(super) fn of_update(input: api::UpdateFunctionConfigurationInput) -> Result<Self, Refusal> {
        unbuilt(in_network(input.vpc_config.as_ref()), "VpcConfig")?;
        unbuilt(has_dead_letters(input.dead_letter_config.as_ref()), "DeadLetterConfig")?;
        unbuilt(input.layers.as_ref().is_some_and(|layers| !layers.is_empty()), "Layers")?;
        unbuilt(
            input.file_system_configs.as_ref().is_some_and(|list| !list.is_empty()),
            "FileSystemConfigs",
        )?;
        unbuilt(input.kms_key_arn.as_ref().is_some_and(|arn| !arn.is_empty()), "KMSKeyArn")?;
        unbuilt(input.image_config.is_some(), "ImageConfig")?;
        unbuilt(snaps(input.snap_start.as_ref()), "SnapStart")?;
        unbuilt(input.durable_config.is_some(), "DurableConfig")?;
        unbuilt(input.capacity_provider_config.is_some(), "CapacityProviderConfig")?;
        unbuilt(input.accelerator_config.is_some(), "AcceleratorConfig")?;
        Ok(Self {
            runtime: input.runtime,
            handler: input.handler,
            role: input.role,
            description: input.description,
            timeout: input.timeout,
            memory_size: input.memory_size,
            ephemeral: input.ephemeral_storage.map(|storage| storage.size),
            environment: input.environment,
            tracing: input.tracing_config.and_then(|config| config.mode),
            logging: input.logging_config,
        })
    }
}

fn snaps(config: Option<&api::SnapStart>) -> bool {
    config.and_then(|config| config.apply_on.as_deref()) == Some(api::snap_start_apply_on::PUBLISHED_VERSIONS)
}

impl Settings {
    /// A new function's settings, with AWS's defaults.
    pub(super) fn new(
        name: &str,
        architectures: Option<Vec<String>>,
        changes: Changes,
    ) -> Result<Self, Refusal> {
        if changes.runtime.is_none() || changes.handler.is_none() {
            return Err(SettingRefusal::RuntimeAndHandlerNeeded.into());
        }
        let architecture = architectures.and_then(|list| list.into_iter().next());
        let mut settings = Self {
            runtime: String::new(),
            handler: String::new(),
            role: String::new(),
            description: String::new(),
            timeout_secs: limits::TIMEOUT_SECS_DEFAULT,
            memory_mb: limits::MEMORY_MB_DEFAULT,
            ephemeral_mb: limits::EPHEMERAL_MB_DEFAULT,
            variables: None,
            architecture: architecture.unwrap_or_else(|| api::architecture::X86_64.to_owned()),
            tracing: api::tracing_mode::PASS_THROUGH.to_owned(),
            log_group: format!("/aws/lambda/{name}"),
        };
        settings.apply(changes)?;
        Ok(settings)
    }

    /// Takes over what is given; nothing on refusal.
    pub(super) fn apply(&mut self, changes: Changes) -> Result<(), Refusal> {
        if let Some(name) = &changes.runtime {
            let runtime = runtimes::find(name).ok_or_else(|| SettingRefusal::NoRuntime(name.clone()))?;
            if !runtime.current && *name != self.runtime {
                return Err(SettingRefusal::RuntimeDeprecated(name.clone()).into());
            }
        }
        if let Some(secs) = changes.timeout.filter(|secs| *secs > limits::TIMEOUT_SECS_MAX) {
            return Err(SettingRefusal::TimeoutTooLong(secs).into());
        }
        let variables = changes.environment.map(|environment| environment.variables.unwrap_or_default());
        if let Some(variables) = &variables {
            check_variables(variables)?;
        }
        if let Some(logging) = changes.logging {
            let json = logging.log_format.as_deref() == Some(api::log_format::JSON);
            unbuilt(json, "LoggingConfig with LogFormat JSON")?;
            self.log_group = logging.log_group.unwrap_or_else(|| self.log_group.clone());
        }
        let put =
            |slot: &mut String, value: Option<String>| *slot = value.unwrap_or_else(|| std::mem::take(slot));
        put(&mut self.runtime, changes.runtime);
        put(&mut self.handler, changes.handler);
        put(&mut self.role, changes.role);
        put(&mut self.description, changes.description);
        put(&mut self.tracing, changes.tracing);
        let set = |slot: &mut u32, value: Option<i64>| {
            *slot = value.and_then(|n| u32::try_from(n).ok()).unwrap_or(*slot)
        };
        set(&mut self.timeout_secs, changes.timeout);
        set(&mut self.memory_mb, changes.memory_size);
        set(&mut self.ephemeral_mb, changes.ephemeral);
        self.variables = variables.map(Arc::new).or_else(|| self.variables.take());
        Ok(())
    }

    pub(super) fn set_architectures(&mut self, architectures: Option<Vec<String>>) {
        if let Some(architecture) = architectures.and_then(|list| list.into_iter().next()) {
            self.architecture = architecture;
        }
    }

    /// How long the handler may take.
    pub(super) fn timeout(&self) -> Duration {
        Duration::from_secs(u64::from(self.timeout_secs))
    }

    /// Fills in the members of a description that are settings.
    pub(super) fn describe(&self, out: &mut api::FunctionConfiguration) {
        let variables = self.variables.as_deref().cloned();
        out.runtime = Some(self.runtime.clone());
        out.handler = Some(self.handler.clone());
        out.role = Some(self.role.clone());
        out.description = Some(self.description.clone());
        out.timeout = Some(i64::from(self.timeout_secs));
        out.memory_size = Some(i64::from(self.memory_mb));
        out.ephemeral_storage = Some(api::EphemeralStorage { size: i64::from(self.ephemeral_mb) });
        out.environment =
            variables.map(|variables| api::EnvironmentResponse { variables: Some(variables), error: None });
        out.architectures = Some(vec![self.architecture.clone()]);
        out.tracing_config = Some(api::TracingConfigResponse { mode: Some(self.tracing.clone()) });
        out.package_type = Some(api::package_type::ZIP.to_owned());
        out.snap_start = Some(api::SnapStartResponse {
            apply_on: Some(api::snap_start_apply_on::NONE.to_owned()),
            optimization_status: Some(api::snap_start_optimization_status::OFF.to_owned()),
        });
        out.logging_config = Some(api::LoggingConfig {
            log_format: Some(api::log_format::TEXT.to_owned()),
            log_group: Some(self.log_group.clone()),
            ..Default::default()
        });
    }
}

fn check_variables(variables: &BTreeMap<String, String>) -> Result<(), SettingRefusal> {
    let reserved: Vec<&str> =
        VARIABLES_RESERVED.into_iter().filter(|name| variables.contains_key(*name)).collect();
    if !reserved.is_empty() {
        return Err(SettingRefusal::VariablesReserved(reserved.join(", ")));
    }
    let measured = serde_json::json!(variables).to_string();
    if measured.len() > limits::ENVIRONMENT_BYTES_MAX {
        return Err(SettingRefusal::VariablesTooLong(measured));
    }
    Ok(())
}
