//! Making, changing, publishing and deleting functions. A caller whose code is in S3 waits until S3 has replied.

use wavetank_wire::lambda::{self as api, Response};
use wavetank_wire::{ResponseSet, Val, WireError};

use super::super::error::{CodeRefusal, NameRefusal, Refusal, SettingRefusal};
use super::super::limits;
use super::code::{Code, Source};
use super::function::{Function, Update, Version};
use super::names::{LATEST, Target, function_arn};
use super::settings::{Changes, Settings};
use super::{Lambda, Owed};
use crate::services::AwsError;
use crate::services::s3::Command;
use crate::world::{Answer, Cx, Effect, Ticket};

/// A change that waits for its code.
#[derive(Debug)]
pub(super) struct PendingCode {
    change: CodeChange,
    ticket: Ticket,
}

#[derive(Clone, Debug)]
enum CodeChange {
    Create {
        name: String,
        settings: Settings,
        tags: std::collections::BTreeMap<String, String>,
        publish: bool,
    },
    Update {
        target: Target,
        architectures: Option<Vec<String>>,
        publish: bool,
        dry_run: bool,
    },
}

impl Lambda {
    /// Makes a function. It is `Pending` for [`limits::TRANSITION`].
    pub(in super::super) fn create_function(
        &mut self,
        cx: &mut Cx<'_>,
        input: api::CreateFunctionInput,
    ) -> Result<Answer<Response>, Refusal> {
        let target = Target::unqualified(cx.scope, &input.function_name)?;
        let changes = Changes::of_create(&input)?;
        let settings = Settings::new(&target.name, input.architectures, changes)?;
        let tags = input.tags.unwrap_or_default();
        if tags.len() > limits::TAGS_MAX {
            return Err(SettingRefusal::TooManyTags.into());
        }
        if self.functions.contains_key(&target.name) {
            return Err(NameRefusal::Exists(target.name).into());
        }
        let code = input.code;
        let source = Source::of(code.zip_file, code.s3bucket, code.s3key, code.s3object_version.as_ref())?;
        let publish = input.publish.unwrap_or(false);
        self.change_code(cx, CodeChange::Create { name: target.name, settings, tags, publish }, source)
    }

    /// Replaces the code of `$LATEST`.
    pub(in super::super) fn update_function_code(
        &mut self,
        cx: &mut Cx<'_>,
        input: api::UpdateFunctionCodeInput,
    ) -> Result<Answer<Response>, Refusal> {
        if input.image_uri.is_some() {
            return Err(Refusal::NotBuilt("container images of Lambda functions".to_owned()));
        }
        let target = Target::unqualified(cx.scope, &input.function_name)?;
        self.check_changeable(cx, &target, input.revision_id.as_ref())?;
        let source =
            Source::of(input.zip_file, input.s3bucket, input.s3key, input.s3object_version.as_ref())?;
        let change = CodeChange::Update {
            target,
            architectures: input.architectures,
            publish: input.publish.unwrap_or(false),
            dry_run: input.dry_run.unwrap_or(false),
        };
        self.change_code(cx, change, source)
    }

    fn change_code(
        &mut self,
        cx: &mut Cx<'_>,
        change: CodeChange,
        source: Source,
    ) -> Result<Answer<Response>, Refusal> {
        match source {
            Source::Zip(zip) => self.with_code(cx, change, Code::of_zip(zip)?).map(Answer::Now),
            Source::S3 { bucket, key } => {
                let (token, ticket) = (cx.number(), cx.ticket());
                self.owed.insert(token, Owed::Code(Box::new(PendingCode { change, ticket })));
                cx.push(Effect::S3 { command: Command::GetObject { bucket, key }, reply: Some(token) });
                Ok(Answer::Later(ticket))
            }
        }
    }

    /// S3 has replied to a change that waited for its code.
    pub(super) fn code_came(&mut self, cx: &mut Cx<'_>, pending: PendingCode, reply: Result<Val, WireError>) {
        let done = Code::of_s3(reply).and_then(|code| self.with_code(cx, pending.change, code));
        let answer = done.map(ResponseSet::to_val).map_err(|refusal| refusal.wire());
        cx.push(Effect::Answer(pending.ticket, answer));
    }

    fn with_code(&mut self, cx: &mut Cx<'_>, change: CodeChange, code: Code) -> Result<Response, Refusal> {
        match change {
            CodeChange::Create { name, settings, tags, publish } => {
                if self.functions.contains_key(&name) {
                    return Err(NameRefusal::Exists(name).into());
                }
                let mut function = new_function(cx, name, settings, code);
                function.tags = tags;
                let out = if publish {
                    let version = publish_latest(cx, &mut function, None);
                    function.describe(cx.scope, &version, true)
                } else {
                    function.describe(cx.scope, &function.latest, false)
                };
                self.functions.insert(function.name.clone(), function);
                Ok(Response::CreateFunction(out))
            }
            CodeChange::Update { target, architectures, publish, dry_run } => {
                let mut next = self.function(cx, &target)?.latest.clone();
                next.code = code;
                next.settings.set_architectures(architectures);
                let scope = cx.scope;
                if dry_run {
                    let function = self.function(cx, &target)?;
                    return Ok(Response::UpdateFunctionCode(function.describe(scope, &next, false)));
                }
                let function = self.function_mut(cx, &target)?;
                roll_out(cx, function, next);
                if publish {
                    let version = publish_latest(cx, function, None);
                    return Ok(Response::UpdateFunctionCode(function.describe(scope, &version, true)));
                }
                Ok(Response::UpdateFunctionCode(function.describe(scope, &function.latest, false)))
            }
        }
    }

    /// Changes the settings of `$LATEST`.
    pub(in super::super) fn update_function_configuration(
        &mut self,
        cx: &mut Cx<'_>,
        input: api::UpdateFunctionConfigurationInput,
    ) -> Result<api::FunctionConfiguration, Refusal> {
        let target = Target::unqualified(cx.scope, &input.function_name)?;
        self.check_changeable(cx, &target, input.revision_id.as_ref())?;
        let function = self.function_mut(cx, &target)?;
        let mut next = function.latest.clone();
        next.settings.apply(Changes::of_update(input)?)?;
        roll_out(cx, function, next);
        Ok(function.describe(cx.scope, &function.latest, false))
    }

    /// Gives `$LATEST` a number, unless it is still what the last number is.
    ///
    /// Documented: docs.aws.amazon.com/lambda/latest/api/API_PublishVersion.html (read 2026-11-29).
    pub(in super::super) fn publish_version(
        &mut self,
        cx: &mut Cx<'_>,
        input: api::PublishVersionInput,
    ) -> Result<api::FunctionConfiguration, Refusal> {
        if input.publish_to.is_some() {
            return Err(Refusal::NotBuilt("PublishTo of Lambda functions".to_owned()));
        }
        let target = Target::unqualified(cx.scope, &input.function_name)?;
        self.check_changeable(cx, &target, input.revision_id.as_ref())?;
        let function = self.function_mut(cx, &target)?;
        let current = &function.latest.code.sha256;
        if let Some(given) = input.code_sha256.filter(|given| !given.is_empty() && given != current) {
            return Err(CodeRefusal::Differs { given, current: current.clone() }.into());
        }
        let version = publish_latest(cx, function, input.description);
        Ok(function.describe(cx.scope, &version, true))
    }

    /// Deletes a version, or the function with all of them. Invocations that run are not disturbed.
    pub(in super::super) fn delete_function(
        &mut self,
        cx: &mut Cx<'_>,
        input: api::DeleteFunctionInput,
    ) -> Result<api::DeleteFunctionOutput, Refusal> {
        let target = Target::parse(cx.scope, &input.function_name, input.qualifier.as_deref())?;
        let function = self.function_mut(cx, &target)?;
        match target.qualifier.as_deref() {
            Some(LATEST) => return Err(NameRefusal::LatestIsNotDeletable.into()),
            // A version that does not exist is deleted without a word: recorded by LocalStack, 2025-11-25.
            Some(number) => {
                number.parse().ok().and_then(|number: u64| function.published.remove(&number));
                function.event_configs.remove(number);
                function.policies.remove(number);
            }
            None => {
                let ids: Vec<String> = function.environments.keys().cloned().collect();
                self.retired.extend(ids);
                self.functions.remove(&target.name);
                self.queue.retain(|_, event| event.target.name != target.name);
            }
        }
        Ok(api::DeleteFunctionOutput { status_code: Some(204) })
    }

    fn check_changeable(
        &self,
        cx: &Cx<'_>,
        target: &Target,
        revision: Option<&String>,
    ) -> Result<(), Refusal> {
        let function = self.function(cx, target)?;
        if revision.is_some_and(|revision| *revision != function.latest.revision) {
            return Err(SettingRefusal::WrongRevision.into());
        }
        if function.pending_until.is_some() || function.update.is_some() {
            return Err(SettingRefusal::UpdateInProgress(function_arn(cx.scope, &target.name)).into());
        }
        Ok(())
    }
}

fn new_function(cx: &mut Cx<'_>, name: String, settings: Settings, code: Code) -> Function {
    let latest = Version {
        name: LATEST.to_owned(),
        settings,
        code,
        modified: cx.now,
        revision: cx.uuid(),
        deployment: cx.number(),
    };
    Function {
        name,
        latest,
        published: Default::default(),
        next_version: 1,
        pending_until: Some(cx.now + limits::TRANSITION),
        update: None,
        tags: Default::default(),
        policies: Default::default(),
        reserved: None,
        event_configs: Default::default(),
        environments: Default::default(),
    }
}

/// Makes `next` the latest version; invocations get the one before it until the update has ended.
fn roll_out(cx: &mut Cx<'_>, function: &mut Function, mut next: Version) {
    next.modified = cx.now;
    next.revision = cx.uuid();
    next.deployment = cx.number();
    let previous = std::mem::replace(&mut function.latest, next);
    function.update = Some(Update { until: cx.now + limits::TRANSITION, previous });
}

fn publish_latest(cx: &mut Cx<'_>, function: &mut Function, description: Option<String>) -> Version {
    let mut version = function.latest.clone();
    if let Some(last) = function.published.values().next_back() {
        let mut last_settings = last.settings.clone();
        last_settings.description.clone_from(&version.settings.description);
        if last.code == version.code && last_settings == version.settings {
            return last.clone();
        }
    }
    version.settings.description = description.unwrap_or(version.settings.description);
    version.name = function.next_version.to_string();
    version.revision = cx.uuid();
    version.deployment = cx.number();
    function.published.insert(function.next_version, version.clone());
    function.next_version += 1;
    version
}
