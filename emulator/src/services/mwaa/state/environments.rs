//! Environments: how they are made, changed, shown and removed, and their tags.
//!
//! Documented: the states (docs.aws.amazon.com/mwaa/latest/API/API_Environment.html, read 2026-11-29); that what is not configured logs
//! tasks at INFO (docs.aws.amazon.com/mwaa/latest/userguide/, to be verified). Assumed: the web server's address, the error codes of
//! `LastUpdate`.

use std::collections::BTreeMap;

use wavetank_types::Arn;
use wavetank_wire::ToVal as _;
use wavetank_wire::mwaa::{self as w, *};

use super::super::error::MwaaError;
use super::super::limits::{
    CLASSES, CREATING, DELETING, MAX_WORKERS_DEFAULT, MIN_WORKERS_DEFAULT, PAGE_MAX, SCHEDULERS_DEFAULT,
    UPDATING,
};
use super::super::work::{AirflowDone, AirflowFailure, AirflowTask};
use super::{Environment, Mwaa, Purpose, Status};
use crate::services::AwsError as _;
use crate::world::{Cx, Effect, Ticket};

impl Mwaa {
    pub(super) fn environment(&self, name: &str) -> Result<&Environment, MwaaError> {
        self.environments.get(name).ok_or_else(|| MwaaError::NoEnvironment(name.to_owned()))
    }

    fn environment_mut(&mut self, name: &str) -> Result<&mut Environment, MwaaError> {
        self.environments.get_mut(name).ok_or_else(|| MwaaError::NoEnvironment(name.to_owned()))
    }

    /// Refuses what AWS would, then asks whether there is an Airflow at all.
    pub(in super::super) fn create_environment(
        &mut self,
        cx: &mut Cx<'_>,
        input: CreateEnvironmentInput,
    ) -> Result<Ticket, MwaaError> {
        if self.environments.contains_key(&input.name) {
            return Err(MwaaError::Exists(input.name));
        }
        if input.teams.is_some() || input.identity_center_configuration.is_some() {
            return Err(MwaaError::NotBuilt("teams and IAM Identity Center in MWAA".to_owned()));
        }
        check_class(input.environment_class.as_deref())?;
        check_path(&input.dag_s3path)?;
        check_versions(&input)?;
        check_options(input.airflow_configuration_options.as_ref())?;
        let network = &input.network_configuration;
        if network.subnet_ids.as_ref().is_none_or(|subnets| subnets.len() != 2) {
            return Err(MwaaError::Invalid(
                "You must specify two subnets in different Availability Zones".to_owned(),
            ));
        }
        if network.security_group_ids.as_ref().is_none_or(Vec::is_empty) {
            return Err(MwaaError::Invalid("You must specify at least one security group".to_owned()));
        }
        let ticket = cx.ticket();
        self.start(cx, "", AirflowTask::Find, Purpose::Find(ticket, Box::new(input)));
        Ok(ticket)
    }

    /// Whether there is an Airflow is known: makes the environment, or refuses.
    pub(super) fn found(
        &mut self,
        cx: &mut Cx<'_>,
        ticket: Ticket,
        input: CreateEnvironmentInput,
        result: Result<AirflowDone, AirflowFailure>,
    ) {
        let answer = match result {
            Ok(AirflowDone::Found(version)) => self.make(cx, input, version),
            Ok(other) => unreachable!("asked for a version, got {other:?}"),
            Err(failure) => Err(MwaaError::NoAirflow(failure.to_string())),
        };
        let answer = answer.map(CreateEnvironmentOutput::to_val).map_err(|error| error.wire());
        cx.push(Effect::Answer(ticket, answer));
    }

    fn make(
        &mut self,
        cx: &mut Cx<'_>,
        input: CreateEnvironmentInput,
        installed: String,
    ) -> Result<CreateEnvironmentOutput, MwaaError> {
        if self.environments.contains_key(&input.name) {
            return Err(MwaaError::Exists(input.name));
        }
        let version = version(input.airflow_version.as_deref(), &installed)?;
        let name = input.name.clone();
        let arn = own_arn(cx, &name);
        let home = format!("{arn}#{}", cx.number());
        let shown = shown(cx, input, &arn, version);
        let environment = Environment {
            shown,
            status: Status::Creating,
            until: None,
            home,
            dags: BTreeMap::new(),
            errors: Vec::new(),
            next_sync: cx.now,
            is_loading: false,
        };
        self.environments.insert(name.clone(), environment);
        self.load(cx, &name, true, Vec::new());
        Ok(CreateEnvironmentOutput { arn: Some(arn) })
    }

    /// Ends the states whose time is over.
    pub(super) fn end_states(&mut self, cx: &Cx<'_>) {
        let is_due = |environment: &Environment| environment.until.is_some_and(|until| until <= cx.now);
        self.environments
            .retain(|_, environment| !(environment.status == Status::Deleting && is_due(environment)));
        for environment in self.environments.values_mut() {
            if is_due(environment) {
                environment.until = None;
                environment.status = Status::Available;
            }
        }
    }

    /// What follows for the environment's state from a first or a new reading of its folder.
    pub(super) fn settle_state(&mut self, cx: &Cx<'_>, home: &str, failure: Option<&AirflowFailure>) {
        let Some(environment) = self.by_home(home) else { return };
        let (span, failed) = match environment.status {
            Status::Creating => (CREATING, Status::CreateFailed),
            Status::Updating => (UPDATING, Status::UpdateFailed),
            _ => return,
        };
        let update = environment.shown.last_update.get_or_insert_default();
        match failure {
            None => {
                update.status = Some(update_status::SUCCESS.to_owned());
                environment.until = Some(environment.since() + span).map(|at| at.max(cx.now));
            }
            Some(failure) => {
                update.status = Some(update_status::FAILED.to_owned());
                let code = Some("INCORRECT_CONFIGURATION".to_owned());
                update.error =
                    Some(UpdateError { error_code: code, error_message: Some(failure.to_string()) });
                environment.status = failed;
            }
        }
    }

    /// What the request leaves out stays as it is.
    pub(in super::super) fn update_environment(
        &mut self,
        cx: &mut Cx<'_>,
        input: UpdateEnvironmentInput,
    ) -> Result<UpdateEnvironmentOutput, MwaaError> {
        if input.teams.is_some() || input.identity_center_configuration.is_some() {
            return Err(MwaaError::NotBuilt("teams and IAM Identity Center in MWAA".to_owned()));
        }
        check_class(input.environment_class.as_deref())?;
        check_options(input.airflow_configuration_options.as_ref())?;
        if let Some(path) = &input.dag_s3path {
            check_path(path)?;
        }
        let log_groups =
            input.logging_configuration.as_ref().map(|logs| logging(cx, &input.name, Some(logs)));
        let environment = self.environment_mut(&input.name)?;
        if !environment.status.schedules() {
            return Err(MwaaError::State(input.name, environment.status.name()));
        }
        let shown = &mut environment.shown;
        if let Some(asked) = &input.airflow_version {
            let installed = shown.airflow_version.clone().unwrap_or_default();
            shown.airflow_version = Some(version(Some(asked), &installed)?);
        }
        let arn = shown.arn.clone();
        let name = input.name.clone();
        shown.logging_configuration = log_groups.or(shown.logging_configuration.take());
        change(shown, input);
        shown.last_update = Some(LastUpdate {
            status: Some(update_status::PENDING.to_owned()),
            created_at: Some(cx.now),
            ..LastUpdate::default()
        });
        environment.status = Status::Updating;
        self.load(cx, &name, true, Vec::new());
        Ok(UpdateEnvironmentOutput { arn })
    }

    pub(in super::super) fn get_environment(
        &self,
        input: &GetEnvironmentInput,
    ) -> Result<GetEnvironmentOutput, MwaaError> {
        let environment = self.environment(&input.name)?;
        let status = Some(environment.status.name().to_owned());
        let shown = w::Environment { status, ..environment.shown.clone() };
        Ok(GetEnvironmentOutput { environment: Some(shown) })
    }

    pub(in super::super) fn list_environments(
        &self,
        input: &ListEnvironmentsInput,
    ) -> Result<ListEnvironmentsOutput, MwaaError> {
        let max = usize::try_from(input.max_results.unwrap_or(PAGE_MAX)).unwrap_or_default();
        let after = input.next_token.as_deref().unwrap_or_default();
        let mut rest = self.environments.keys().filter(|name| name.as_str() > after).cloned().peekable();
        let environments: Vec<String> = rest.by_ref().take(max).collect();
        let next_token = rest.peek().and(environments.last().cloned());
        Ok(ListEnvironmentsOutput { environments, next_token })
    }

    pub(in super::super) fn delete_environment(
        &mut self,
        cx: &mut Cx<'_>,
        input: &DeleteEnvironmentInput,
    ) -> Result<DeleteEnvironmentOutput, MwaaError> {
        let now = cx.now;
        let environment = self.environment_mut(&input.name)?;
        if matches!(environment.status, Status::Creating | Status::Updating | Status::Deleting) {
            return Err(MwaaError::State(input.name.clone(), environment.status.name()));
        }
        environment.status = Status::Deleting;
        environment.until = Some(now + DELETING);
        let home = environment.home.clone();
        self.start(cx, &home, AirflowTask::Destroy, Purpose::Destroy);
        Ok(DeleteEnvironmentOutput {})
    }

    fn tags_of(&mut self, arn: &str) -> Result<&mut BTreeMap<String, String>, MwaaError> {
        let name = arn.rsplit('/').next().unwrap_or_default().to_owned();
        Ok(self.environment_mut(&name)?.shown.tags.get_or_insert_default())
    }

    pub(in super::super) fn list_tags(
        &mut self,
        input: &ListTagsForResourceInput,
    ) -> Result<ListTagsForResourceOutput, MwaaError> {
        let tags = self.tags_of(&input.resource_arn)?.clone();
        Ok(ListTagsForResourceOutput { tags: Some(tags) })
    }

    pub(in super::super) fn tag(&mut self, input: TagResourceInput) -> Result<TagResourceOutput, MwaaError> {
        self.tags_of(&input.resource_arn)?.extend(input.tags);
        Ok(TagResourceOutput {})
    }

    pub(in super::super) fn untag(
        &mut self,
        input: &UntagResourceInput,
    ) -> Result<UntagResourceOutput, MwaaError> {
        self.tags_of(&input.resource_arn)?.retain(|key, _| !input.tag_keys.contains(key));
        Ok(UntagResourceOutput {})
    }
}

impl Environment {
    /// When its present state began.
    fn since(&self) -> wavetank_types::Timestamp {
        let updated = self.shown.last_update.as_ref().and_then(|update| update.created_at);
        updated.or(self.shown.created_at).unwrap_or_default()
    }
}

fn own_arn(cx: &Cx<'_>, name: &str) -> String {
    Arn::new("airflow", &cx.scope.region, &cx.scope.account, format!("environment/{name}")).to_string()
}

/// The version that is shown: what was asked for if the installed one is of the same minor release, and else a refusal.
fn version(asked: Option<&str>, installed: &str) -> Result<String, MwaaError> {
    let minor = |version: &str| version.splitn(3, '.').take(2).map(str::to_owned).collect::<Vec<_>>();
    match asked {
        None => Ok(installed.to_owned()),
        Some(asked) if minor(asked) == minor(installed) => Ok(asked.to_owned()),
        Some(asked) => Err(MwaaError::NoAirflow(format!(
            "Apache Airflow {asked} is not installed on this machine, {installed} is; \
             hint: ask for {installed}, or install that release and set WAVETANK_AIRFLOW to its virtual environment"
        ))),
    }
}

fn check_class(class: Option<&str>) -> Result<(), MwaaError> {
    match class {
        Some(class) if !CLASSES.contains(&class) => Err(MwaaError::Invalid(format!(
            "Environment class {class} is not valid. Valid values: {}",
            CLASSES.join(", ")
        ))),
        _ => Ok(()),
    }
}

fn check_path(path: &str) -> Result<(), MwaaError> {
    if path.trim_matches('/').is_empty() || path.starts_with('/') || path.split('/').any(|part| part == "..")
    {
        return Err(MwaaError::Invalid(format!("DagS3Path {path} is not a relative path of a folder")));
    }
    Ok(())
}

/// Documented: the service model: a file's version must be said with it.
fn check_versions(input: &CreateEnvironmentInput) -> Result<(), MwaaError> {
    let files = [
        ("Plugins", &input.plugins_s3path, &input.plugins_s3object_version),
        ("Requirements", &input.requirements_s3path, &input.requirements_s3object_version),
        ("StartupScript", &input.startup_script_s3path, &input.startup_script_s3object_version),
    ];
    for (what, path, version) in files {
        if path.is_some() && version.is_none() {
            let said = format!("{what}S3ObjectVersion is required when {what}S3Path is specified");
            return Err(MwaaError::Invalid(said));
        }
    }
    Ok(())
}

/// Options are `section.key`; those by which the tank reaches Airflow are its own.
fn check_options(options: Option<&BTreeMap<String, String>>) -> Result<(), MwaaError> {
    for name in options.into_iter().flat_map(BTreeMap::keys) {
        let is_plain =
            |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        let is_formed = name.split_once('.').is_some_and(|(section, key)| is_plain(section) && is_plain(key));
        if !is_formed {
            return Err(MwaaError::Invalid(format!(
                "Apache Airflow configuration option {name} is not of the form section.key"
            )));
        }
        let own = ["core.dags_folder", "core.executor", "core.sql_alchemy_conn", "database.sql_alchemy_conn"];
        if own.contains(&name.as_str()) {
            return Err(MwaaError::Invalid(format!(
                "Apache Airflow configuration option {name} cannot be set"
            )));
        }
    }
    Ok(())
}

/// The logs as they are shown: each module with its group.
fn logging(cx: &Cx<'_>, name: &str, asked: Option<&LoggingConfigurationInput>) -> LoggingConfiguration {
    let module = |asked: Option<&ModuleLoggingConfigurationInput>, what: &str, is_default: bool| {
        let group = format!("log-group:airflow-{name}-{what}:*");
        let arn = Arn::new("logs", &cx.scope.region, &cx.scope.account, group).to_string();
        let (enabled, level) = asked.map_or((is_default, "INFO"), |asked| (asked.enabled, &asked.log_level));
        Some(ModuleLoggingConfiguration {
            enabled: Some(enabled),
            log_level: Some(level.to_owned()),
            cloud_watch_log_group_arn: Some(arn),
        })
    };
    let of = |pick: fn(&LoggingConfigurationInput) -> Option<&ModuleLoggingConfigurationInput>| {
        asked.and_then(pick)
    };
    LoggingConfiguration {
        dag_processing_logs: module(of(|logs| logs.dag_processing_logs.as_ref()), "DAGProcessing", false),
        scheduler_logs: module(of(|logs| logs.scheduler_logs.as_ref()), "Scheduler", false),
        webserver_logs: module(of(|logs| logs.webserver_logs.as_ref()), "WebServer", false),
        worker_logs: module(of(|logs| logs.worker_logs.as_ref()), "Worker", false),
        task_logs: module(of(|logs| logs.task_logs.as_ref()), "Task", asked.is_none()),
    }
}

fn shown(cx: &Cx<'_>, input: CreateEnvironmentInput, arn: &str, version: String) -> w::Environment {
    let or = |text: Option<String>, default: &str| Some(text.unwrap_or_else(|| default.to_owned()));
    let role = "role/aws-service-role/airflow.amazonaws.com/AWSServiceRoleForAmazonMWAA";
    w::Environment {
        logging_configuration: Some(logging(cx, &input.name, input.logging_configuration.as_ref())),
        name: Some(input.name.clone()),
        arn: Some(arn.to_owned()),
        created_at: Some(cx.now),
        webserver_url: Some(format!("{}.airflow.{}.amazonaws.com", input.name, cx.scope.region)),
        execution_role_arn: Some(input.execution_role_arn),
        service_role_arn: Some(format!("arn:aws:iam::{}:{role}", cx.scope.account)),
        kms_key: input.kms_key,
        airflow_version: Some(version),
        source_bucket_arn: Some(input.source_bucket_arn),
        dag_s3path: Some(input.dag_s3path),
        plugins_s3path: input.plugins_s3path,
        plugins_s3object_version: input.plugins_s3object_version,
        requirements_s3path: input.requirements_s3path,
        requirements_s3object_version: input.requirements_s3object_version,
        startup_script_s3path: input.startup_script_s3path,
        startup_script_s3object_version: input.startup_script_s3object_version,
        airflow_configuration_options: input.airflow_configuration_options,
        environment_class: or(input.environment_class, "mw1.small"),
        max_workers: Some(input.max_workers.unwrap_or(MAX_WORKERS_DEFAULT)),
        min_workers: Some(input.min_workers.unwrap_or(MIN_WORKERS_DEFAULT)),
        schedulers: Some(input.schedulers.unwrap_or(SCHEDULERS_DEFAULT)),
        network_configuration: Some(input.network_configuration),
        weekly_maintenance_window_start: or(input.weekly_maintenance_window_start, "SUN:03:30"),
        tags: Some(input.tags.unwrap_or_default()),
        webserver_access_mode: or(input.webserver_access_mode, "PRIVATE_ONLY"),
        endpoint_management: or(input.endpoint_management, "SERVICE"),
        min_webservers: input.min_webservers,
        max_webservers: input.max_webservers,
        ..w::Environment::default()
    }
}

/// Takes over what an update says.
fn change(shown: &mut w::Environment, input: UpdateEnvironmentInput) {
    fn set<T>(place: &mut Option<T>, said: Option<T>) {
        if said.is_some() {
            *place = said;
        }
    }
    set(&mut shown.execution_role_arn, input.execution_role_arn);
    set(&mut shown.airflow_configuration_options, input.airflow_configuration_options);
    set(&mut shown.dag_s3path, input.dag_s3path);
    set(&mut shown.environment_class, input.environment_class);
    set(&mut shown.max_workers, input.max_workers);
    set(&mut shown.min_workers, input.min_workers);
    set(&mut shown.max_webservers, input.max_webservers);
    set(&mut shown.min_webservers, input.min_webservers);
    set(&mut shown.plugins_s3path, input.plugins_s3path);
    set(&mut shown.plugins_s3object_version, input.plugins_s3object_version);
    set(&mut shown.requirements_s3path, input.requirements_s3path);
    set(&mut shown.requirements_s3object_version, input.requirements_s3object_version);
    set(&mut shown.schedulers, input.schedulers);
    set(&mut shown.source_bucket_arn, input.source_bucket_arn);
    set(&mut shown.startup_script_s3path, input.startup_script_s3path);
    set(&mut shown.startup_script_s3object_version, input.startup_script_s3object_version);
    set(&mut shown.webserver_access_mode, input.webserver_access_mode);
    set(&mut shown.weekly_maintenance_window_start, input.weekly_maintenance_window_start);
    if let (Some(network), Some(said)) = (&mut shown.network_configuration, input.network_configuration) {
        network.security_group_ids = Some(said.security_group_ids);
    }
}
