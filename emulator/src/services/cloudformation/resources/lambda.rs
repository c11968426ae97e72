//! AWS::Lambda::Function and AWS::Lambda::Permission.

use serde_json::Value;
use wavetank_wire::lambda::{self, schema};
use wavetank_wire::{FromVal, Val};

use super::lambda_code::code;
use super::properties::Properties;
use super::shape::{Form, same};
use super::{
    Ask, Existing, Kind, Made, Make, Plan, Property, Readiness, Reason, Spec, TagStyle, Update, tags,
};

/// A function. `Ref`: its name.
pub(super) struct Function;

static FUNCTION: Spec = Spec {
    name: "AWS::Lambda::Function",
    properties: &[
        Property { name: "FunctionName", form: Form::Scalar, update: Update::Replace },
        Property { name: "PackageType", form: Form::Scalar, update: Update::Replace },
        Property { name: "Architectures", form: Form::Scalars, update: Update::InPlace },
        Property {
            name: "Code",
            form: Form::Members(&[
                ("S3Bucket", Form::Scalar),
                ("S3Key", Form::Scalar),
                ("S3ObjectVersion", Form::Scalar),
                ("ZipFile", Form::Scalar),
            ]),
            update: Update::InPlace,
        },
        Property {
            name: "DeadLetterConfig",
            form: Form::Api(&schema::DEAD_LETTER_CONFIG),
            update: Update::InPlace,
        },
        Property { name: "Description", form: Form::Scalar, update: Update::InPlace },
        Property { name: "Environment", form: Form::Api(&schema::ENVIRONMENT), update: Update::InPlace },
        Property {
            name: "EphemeralStorage",
            form: Form::Api(&schema::EPHEMERAL_STORAGE),
            update: Update::InPlace,
        },
        Property { name: "Handler", form: Form::Scalar, update: Update::InPlace },
        Property { name: "KmsKeyArn", form: Form::Scalar, update: Update::InPlace },
        Property { name: "Layers", form: Form::Scalars, update: Update::InPlace },
        Property { name: "LoggingConfig", form: Form::Api(&schema::LOGGING_CONFIG), update: Update::InPlace },
        Property { name: "MemorySize", form: Form::Scalar, update: Update::InPlace },
        Property { name: "ReservedConcurrentExecutions", form: Form::Scalar, update: Update::InPlace },
        Property { name: "Role", form: Form::Scalar, update: Update::InPlace },
        Property { name: "Runtime", form: Form::Scalar, update: Update::InPlace },
        Property { name: "SnapStart", form: Form::Api(&schema::SNAP_START), update: Update::InPlace },
        Property { name: "Tags", form: Form::Tags, update: Update::InPlace },
        Property { name: "Timeout", form: Form::Scalar, update: Update::InPlace },
        Property { name: "TracingConfig", form: Form::Api(&schema::TRACING_CONFIG), update: Update::InPlace },
        Property { name: "VpcConfig", form: Form::Api(&schema::VPC_CONFIG), update: Update::InPlace },
    ],
    attributes: &["Arn"],
    unbuilt: &[
        "CapacityProviderConfig",
        "CodeSigningConfigArn",
        "DurableConfig",
        "FileSystemConfigs",
        "FunctionScalingConfig",
        "ImageConfig",
        "PublishToLatestPublished",
        "RecursiveLoop",
        "RuntimeManagementConfig",
        "SnapStartResponse",
        "TenancyConfig",
    ],
    name_property: Some("FunctionName"),
    tags: TagStyle::List,
};

impl Kind for Function {
    fn spec(&self) -> &'static Spec {
        &FUNCTION
    }

    fn create(&self, make: &Make<'_>, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let name = properties.text("FunctionName").unwrap_or_else(|| make.name(64));
        let code = code(properties)?;
        let and = [
            ("FunctionName", Value::String(name.clone())),
            // Replaced below: a blob has no spelling in a template.
            ("Code", Value::Object(serde_json::Map::new())),
        ];
        let but = ["Tags", "ReservedConcurrentExecutions"];
        let input: lambda::CreateFunctionInput =
            properties.as_input(&schema::CREATE_FUNCTION_REQUEST, &but, &and)?;
        let tags = Some(properties.tags()).filter(|tags| !tags.is_empty());
        let input = lambda::CreateFunctionInput { code, tags, ..input };
        let mut asks = vec![Ask::to::<lambda::CreateFunction>(input), until_active(&name)];
        asks.extend(concurrency(&name, properties)?);
        let made = Made::new(&name).with("Arn", make.arn("lambda", format!("function:{name}")));
        Ok(Plan { made, asks })
    }

    fn update(&self, make: &Make<'_>, old: &Existing, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let name = old.made.physical_id.clone();
        let mut asks = vec![until_active(&name)];
        let moved = |property: &str| !same(old.properties.get(property), properties.get(property));
        if moved("Code") || moved("Architectures") {
            let code = code(properties)?;
            let input = lambda::UpdateFunctionCodeInput {
                function_name: name.clone(),
                zip_file: code.zip_file,
                s3bucket: code.s3bucket,
                s3key: code.s3key,
                s3object_version: code.s3object_version,
                architectures: Some(properties.texts("Architectures")).filter(|all| !all.is_empty()),
                ..Default::default()
            };
            asks.extend([Ask::to::<lambda::UpdateFunctionCode>(input), until_active(&name)]);
        }
        let but = ["Tags", "ReservedConcurrentExecutions", "Code", "Architectures", "PackageType"];
        let mut and = vec![("FunctionName", Value::String(name.clone()))];
        and.extend(reset(old, properties));
        let input = properties.as_input(&schema::UPDATE_FUNCTION_CONFIGURATION_REQUEST, &but, &and)?;
        asks.extend([Ask::to::<lambda::UpdateFunctionConfiguration>(input), until_active(&name)]);
        match concurrency(&name, properties)? {
            Some(ask) if moved("ReservedConcurrentExecutions") => asks.push(ask),
            None if old.properties.contains_key("ReservedConcurrentExecutions") => {
                let input = lambda::DeleteFunctionConcurrencyInput { function_name: name.clone() };
                asks.push(Ask::to::<lambda::DeleteFunctionConcurrency>(input));
            }
            _ => {}
        }
        let resource = make.arn("lambda", format!("function:{name}"));
        let change = tags::change(old, &properties.tags());
        if !change.set.is_empty() {
            let input = lambda::TagResourceInput { resource: resource.clone(), tags: change.set };
            asks.push(Ask::to::<lambda::TagResource>(input));
        }
        if !change.remove.is_empty() {
            let input = lambda::UntagResourceInput { resource, tag_keys: change.remove };
            asks.push(Ask::to::<lambda::UntagResource>(input));
        }
        Ok(Plan { made: old.made.clone(), asks })
    }

    fn delete(&self, _make: &Make<'_>, old: &Existing) -> Vec<Ask> {
        let input =
            lambda::DeleteFunctionInput { function_name: old.made.physical_id.clone(), qualifier: None };
        vec![Ask::to::<lambda::DeleteFunction>(input).or_absent()]
    }
}

/// Lambda's defaults for what the template no longer says.
fn reset(old: &Existing, properties: &Properties<'_>) -> Vec<(&'static str, Value)> {
    let defaults = [
        ("Description", Value::String(String::new())),
        ("Environment", serde_json::json!({"Variables": {}})),
        ("Layers", Value::Array(Vec::new())),
        ("MemorySize", 128.into()),
        ("Timeout", 3.into()),
    ];
    let gone = |name: &str| old.properties.contains_key(name) && properties.get(name).is_none();
    defaults.into_iter().filter(|(name, _)| gone(name)).collect()
}

/// A function takes no other change while one is under way.
fn until_active(name: &str) -> Ask {
    let input =
        lambda::GetFunctionConfigurationInput { function_name: name.to_owned(), ..Default::default() };
    Ask::to::<lambda::GetFunctionConfiguration>(input).until(readiness)
}

fn readiness(reply: Val) -> Readiness {
    let function = <lambda::GetFunctionConfiguration as wavetank_wire::Operation>::Output::from_val(reply);
    let reason =
        |said: Option<String>, else_: &str| Readiness::Failed(said.unwrap_or_else(|| else_.to_owned()));
    match (function.state.as_deref(), function.last_update_status.as_deref()) {
        (Some("Failed"), _) => reason(function.state_reason, "The function has failed."),
        (_, Some("Failed")) => {
            reason(function.last_update_status_reason, "The function's update has failed.")
        }
        (Some("Pending"), _) | (_, Some("InProgress")) => Readiness::NotYet,
        _ => Readiness::Ready,
    }
}

fn concurrency(name: &str, properties: &Properties<'_>) -> Result<Option<Ask>, Reason> {
    let reserved = properties.integer("ReservedConcurrentExecutions")?;
    Ok(reserved.map(|reserved_concurrent_executions| {
        let input = lambda::PutFunctionConcurrencyInput {
            function_name: name.to_owned(),
            reserved_concurrent_executions,
        };
        Ask::to::<lambda::PutFunctionConcurrency>(input)
    }))
}

/// A statement of a function's policy. `Ref`: the statement's id.
pub(super) struct Permission;

static PERMISSION: Spec = Spec {
    name: "AWS::Lambda::Permission",
    properties: &[
        Property { name: "Action", form: Form::Scalar, update: Update::Replace },
        Property { name: "EventSourceToken", form: Form::Scalar, update: Update::Replace },
        Property { name: "FunctionName", form: Form::Scalar, update: Update::Replace },
        Property { name: "Principal", form: Form::Scalar, update: Update::Replace },
        Property { name: "PrincipalOrgID", form: Form::Scalar, update: Update::Replace },
        Property { name: "SourceAccount", form: Form::Scalar, update: Update::Replace },
        Property { name: "SourceArn", form: Form::Scalar, update: Update::Replace },
    ],
    attributes: &["Id"],
    unbuilt: &["FunctionUrlAuthType", "InvokedViaFunctionUrl"],
    name_property: None,
    tags: TagStyle::None,
};

impl Kind for Permission {
    fn spec(&self) -> &'static Spec {
        &PERMISSION
    }

    fn create(&self, make: &Make<'_>, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let id = make.name(100);
        let and = [("StatementId", Value::String(id.clone()))];
        let input: lambda::AddPermissionInput =
            properties.as_input(&schema::ADD_PERMISSION_REQUEST, &[], &and)?;
        Ok(Plan { made: Made::new(&id).with("Id", &id), asks: vec![Ask::to::<lambda::AddPermission>(input)] })
    }

    fn update(&self, _make: &Make<'_>, old: &Existing, _properties: &Properties<'_>) -> Result<Plan, Reason> {
        Ok(Plan { made: old.made.clone(), asks: Vec::new() })
    }

    fn delete(&self, _make: &Make<'_>, old: &Existing) -> Vec<Ask> {
        let before = Properties { entries: &old.properties, logical: "" };
        let input = lambda::RemovePermissionInput {
            function_name: before.text("FunctionName").unwrap_or_default(),
            statement_id: old.made.physical_id.clone(),
            ..Default::default()
        };
        vec![Ask::to::<lambda::RemovePermission>(input).or_absent()]
    }
}
