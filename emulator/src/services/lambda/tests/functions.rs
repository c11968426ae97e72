//! Functions, versions, permissions, tags: what is shown and what is refused.

use expect_test::{Expect, expect};
use sha2::{Digest, Sha256};

use super::*;

fn plain() -> api::CreateFunctionInput {
    create_input("f", "python3.12", "index.handler", zip_of(&[("index.py", 0o644, "")]))
}

fn summary(out: &api::FunctionConfiguration) -> String {
    let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
    format!(
        "{} {} {} {} {} {}",
        text(&out.function_arn),
        text(&out.version),
        text(&out.state),
        text(&out.state_reason_code),
        text(&out.last_update_status),
        text(&out.last_modified),
    )
}

#[tokio::test]
async fn a_new_function_is_shown_with_the_defaults_of_aws() {
    let tank = tank().build();
    let mut out = request::<api::CreateFunction>(&tank, plain()).await.expect("the input is complete");
    // How a zip is packed is not ours to fix here.
    let sha256 = STANDARD.encode(Sha256::digest(plain().code.zip_file.unwrap_or_default()));
    assert_eq!(out.code_sha256.take(), Some(sha256));
    out.code_size = None;
    // What is absent is left out, so that the list is what AWS sends.
    let text = format!("{out:?}");
    let members: Vec<&str> = text.split(", ").filter(|member| !member.ends_with(": None")).collect();
    expect![[r#"
        FunctionConfiguration { function_name: Some("f")
        function_arn: Some("arn:aws:lambda:us-east-1:000000000000:function:f")
        runtime: Some("python3.12")
        role: Some("arn:aws:iam::000000000000:role/lambda")
        handler: Some("index.handler")
        description: Some("")
        timeout: Some(3)
        memory_size: Some(128)
        last_modified: Some("2026-01-05T00:00:00.000+0000")
        version: Some("$LATEST")
        tracing_config: Some(TracingConfigResponse { mode: Some("PassThrough") })
        revision_id: Some("fa595d5b-c1b3-4a48-848d-0ef38a871aa4")
        state: Some("Pending")
        state_reason: Some("The function is being created.")
        state_reason_code: Some("Creating")
        package_type: Some("Zip")
        architectures: Some(["x86_64"])
        ephemeral_storage: Some(EphemeralStorage { size: 512 })
        snap_start: Some(SnapStartResponse { apply_on: Some("None")
        optimization_status: Some("Off") })
        runtime_version_config: Some(RuntimeVersionConfig { runtime_version_arn: Some("arn:aws:lambda:us-east-1::runtime:42f2b28d8258c41a63374ac4365007738900f66a9b62a7eb1a2041a2e091d41b")
        error: None })
        logging_config: Some(LoggingConfig { log_format: Some("Text")
        log_group: Some("/aws/lambda/f") })
        accelerator_config: None }"#]].assert_eq(&members.join("\n"));
}

#[tokio::test]
async fn creation_is_refused_in_the_words_of_aws() {
    let check = async |change: fn(&mut api::CreateFunctionInput), expected: Expect| {
        let tank = tank().build();
        let mut input = plain();
        change(&mut input);
        let error = request::<api::CreateFunction>(&tank, input).await.expect_err("it is refused");
        expected.assert_eq(&format!("{} {error}", error.status));
    };
    check(|input| input.runtime = None, expect!["400 InvalidParameterValueException: Runtime and Handler are mandatory parameters for functions created with deployment packages."]).await;
    check(|input| input.handler = None, expect!["400 InvalidParameterValueException: Runtime and Handler are mandatory parameters for functions created with deployment packages."]).await;
    check(|input| input.runtime = Some("python4".to_owned()), expect!["400 InvalidParameterValueException: Value python4 at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [nodejs20.x, python3.14, provided.al2023, python3.12, python3.13, nodejs24.x, nodejs22.x, java25, python3.10, python3.11, java21, ruby3.3, ruby3.4, ruby3.2, python3.8, python3.9, java17, nodejs16.x, dotnet10, dotnet8, java11, dotnet6, nodejs18.x, provided.al2, java8.al2] or be a valid ARN"]).await;
    check(|input| input.runtime = Some("nodejs14.x".to_owned()), expect!["400 InvalidParameterValueException: The runtime parameter of nodejs14.x is no longer supported for creating or updating AWS Lambda functions. We recommend you use a supported runtime while creating or updating functions."]).await;
    check(|input| input.timeout = Some(901), expect!["400 ValidationException: 1 validation error detected: Value '901' at 'timeout' failed to satisfy constraint: Member must have value less than or equal to 900"]).await;
    check(|input| input.code.zip_file = Some(Bytes::from_static(b"no zip")), expect!["400 InvalidParameterValueException: Could not unzip uploaded file. Please check your file, then try to upload again."]).await;
    check(
        |input| input.code.zip_file = None,
        expect!["400 InvalidParameterValueException: Please provide a source for function code."],
    )
    .await;
    check(|input| input.package_type = Some("Image".to_owned()), expect!["501 NotImplemented: wavetank does not implement container images (PackageType Image) of Lambda functions."]).await;
    check(
        |input| input.layers = Some(vec!["arn:aws:lambda:x".to_owned()]),
        expect!["501 NotImplemented: wavetank does not implement Layers of Lambda functions."],
    )
    .await;
    check(|input| input.function_name = "n".repeat(65), expect!["400 InvalidParameterValueException: 1 validation error detected: Value 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn' at 'functionName' failed to satisfy constraint: Member must have length less than or equal to 64"]).await;
    check(
        |input| {
            let names = ["AWS_ACCESS_KEY", "AWS_LAMBDA_METADATA_API", "LAMBDA_TASK_ROOT", "LANG"];
            let variables = names.map(|name| (name.to_owned(), "x".to_owned())).into();
            input.environment = Some(api::Environment { variables: Some(variables) });
        },
        expect!["400 InvalidParameterValueException: Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: AWS_ACCESS_KEY, LAMBDA_TASK_ROOT, AWS_LAMBDA_METADATA_API"],
    )
    .await;
    check(
        |input| {
            let variables = [("AWS_REGION".to_owned(), "x".to_owned())].into();
            input.environment = Some(api::Environment { variables: Some(variables) });
        },
        expect!["400 InvalidParameterValueException: Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: AWS_REGION"],
    )
    .await;
    check(
        |input| {
            let logging = api::LoggingConfig { log_format: Some("JSON".to_owned()), ..Default::default() };
            input.logging_config = Some(logging);
        },
        expect!["501 NotImplemented: wavetank does not implement LoggingConfig with LogFormat JSON of Lambda functions."],
    )
    .await;
}

#[tokio::test]
async fn a_function_is_pending_then_active_and_an_update_is_in_progress_then_done() {
    let tank = tank().build();
    let get = async || {
        let input = api::GetFunctionConfigurationInput { function_name: "f".to_owned(), qualifier: None };
        summary(&request::<api::GetFunctionConfiguration>(&tank, input).await.expect("it exists"))
    };
    request::<api::CreateFunction>(&tank, plain()).await.expect("the input is complete");
    let mut seen = vec![get().await];
    tank.advance(Duration::from_millis(500)).await;
    seen.push(get().await);
    let input = api::UpdateFunctionCodeInput {
        function_name: "f".to_owned(),
        zip_file: Some(zip_of(&[("index.py", 0o644, "x = 1\n")])),
        ..Default::default()
    };
    request::<api::UpdateFunctionCode>(&tank, input.clone()).await.expect("it is active");
    seen.push(get().await);
    let error = request::<api::UpdateFunctionCode>(&tank, input).await.expect_err("one at a time");
    seen.push(error.to_string());
    tank.advance(Duration::from_millis(500)).await;
    seen.push(get().await);
    expect![[r#"
        arn:aws:lambda:us-east-1:000000000000:function:f $LATEST Pending Creating - 2026-01-05T00:00:00.000+0000
        arn:aws:lambda:us-east-1:000000000000:function:f $LATEST Active - Successful 2026-01-05T00:00:00.000+0000
        arn:aws:lambda:us-east-1:000000000000:function:f $LATEST Active - InProgress 2026-01-05T00:00:00.500+0000
        ResourceConflictException: The operation cannot be performed at this time. An update is in progress for resource: arn:aws:lambda:us-east-1:000000000000:function:f
        arn:aws:lambda:us-east-1:000000000000:function:f $LATEST Active - Successful 2026-01-05T00:00:00.500+0000"#]].assert_eq(&seen.join("\n"));
}

#[tokio::test]
async fn code_that_s3_does_not_give_is_refused_with_its_code() {
    let tank = tank().build();
    let mut input = plain();
    input.code = api::FunctionCode {
        s3bucket: Some("no-such-bucket".to_owned()),
        s3key: Some("code.zip".to_owned()),
        ..Default::default()
    };
    let error = request::<api::CreateFunction>(&tank, input).await.expect_err("there is no such bucket");
    let beginning = "InvalidParameterValueException: Error occurred while GetObject. S3 Error Code: ";
    assert!(error.to_string().starts_with(beginning), "{error}");
}

#[tokio::test]
async fn a_name_is_taken_once_and_free_again_after_deletion() {
    let tank = tank().build();
    create(&tank, "f", "test.echo").await;
    let error = request::<api::CreateFunction>(&tank, plain()).await.expect_err("it exists");
    expect!["409 ResourceConflictException: Function already exist: f"]
        .assert_eq(&format!("{} {error}", error.status));
    let input = api::DeleteFunctionInput { function_name: "f".to_owned(), qualifier: None };
    request::<api::DeleteFunction>(&tank, input.clone()).await.expect("it exists");
    let error = request::<api::DeleteFunction>(&tank, input).await.expect_err("it is gone");
    expect![
        "404 ResourceNotFoundException: Function not found: arn:aws:lambda:us-east-1:000000000000:function:f"
    ]
    .assert_eq(&format!("{} {error}", error.status));
    request::<api::CreateFunction>(&tank, plain()).await.expect("the name is free");
}

#[tokio::test]
async fn publishing_numbers_what_has_changed_and_only_that() {
    let tank = tank().build();
    create(&tank, "f", "test.echo").await;
    let publish = async || {
        let input = api::PublishVersionInput { function_name: "f".to_owned(), ..Default::default() };
        let out = request::<api::PublishVersion>(&tank, input).await.expect("it is active");
        out.version.unwrap_or_default()
    };
    assert_eq!([publish().await, publish().await], ["1", "1"]);
    let input = api::UpdateFunctionConfigurationInput {
        function_name: "f".to_owned(),
        timeout: Some(9),
        ..Default::default()
    };
    request::<api::UpdateFunctionConfiguration>(&tank, input).await.expect("it is active");
    tank.advance(Duration::from_secs(1)).await;
    assert_eq!(publish().await, "2");
    let input = api::ListVersionsByFunctionInput { function_name: "f".to_owned(), ..Default::default() };
    let out = request::<api::ListVersionsByFunction>(&tank, input).await.expect("it exists");
    let versions = out.versions.unwrap_or_default();
    let shown: Vec<String> = versions
        .iter()
        .map(|v| format!("{} timeout {}", v.function_arn.clone().unwrap_or_default(), v.timeout.unwrap_or(0)))
        .collect();
    expect![[r#"
        arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST timeout 9
        arn:aws:lambda:us-east-1:000000000000:function:f:1 timeout 3
        arn:aws:lambda:us-east-1:000000000000:function:f:2 timeout 9"#]]
    .assert_eq(&shown.join("\n"));
    let said = shown_of(&tank, "f:1").await;
    assert!(said.starts_with("200 1 ok"), "{said}");
}

async fn shown_of(tank: &Tank, name: &str) -> String {
    shown(tank, name, &json!({})).await
}

#[tokio::test]
async fn permissions_are_kept_as_statements() {
    let tank = tank().build();
    create(&tank, "f", "test.echo").await;
    let add = async |id: &str, principal: &str| {
        let input = api::AddPermissionInput {
            function_name: "f".to_owned(),
            statement_id: id.to_owned(),
            action: "lambda:InvokeFunction".to_owned(),
            principal: principal.to_owned(),
            source_arn: Some("arn:aws:s3:::raw".to_owned()),
            source_account: Some("000000000000".to_owned()),
            ..Default::default()
        };
        match request::<api::AddPermission>(&tank, input).await {
            Ok(out) => out.statement.unwrap_or_default(),
            Err(error) => format!("{} {error}", error.status),
        }
    };
    let remove = async |id: &str| {
        let input = api::RemovePermissionInput {
            function_name: "f".to_owned(),
            statement_id: id.to_owned(),
            ..Default::default()
        };
        request::<api::RemovePermission>(&tank, input)
            .await
            .map_or_else(|error| error.to_string(), |_| "removed".to_owned())
    };
    let get = async || {
        let input = api::GetPolicyInput { function_name: "f".to_owned(), qualifier: None };
        let out = request::<api::GetPolicy>(&tank, input).await;
        out.map_or_else(|error| error.to_string(), |out| out.policy.unwrap_or_default())
    };
    let said = [
        get().await,
        add("s3", "s3.amazonaws.com").await,
        add("s3", "s3.amazonaws.com").await,
        add("who", "nobody").await,
        get().await,
        remove("other").await,
        remove("s3").await,
        get().await,
    ];
    expect![[r#"
        ResourceNotFoundException: The resource you requested does not exist.
        {"Sid":"s3","Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},"Action":"lambda:InvokeFunction","Resource":"arn:aws:lambda:us-east-1:000000000000:function:f","Condition":{"StringEquals":{"AWS:SourceAccount":"000000000000"},"ArnLike":{"AWS:SourceArn":"arn:aws:s3:::raw"}}}
        409 ResourceConflictException: The statement id (s3) provided already exists. Please provide a new statement id, or remove the existing statement.
        400 InvalidParameterValueException: The provided principal was invalid. Please check the principal and try again.
        {"Version":"2012-10-17","Id":"default","Statement":[{"Sid":"s3","Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},"Action":"lambda:InvokeFunction","Resource":"arn:aws:lambda:us-east-1:000000000000:function:f","Condition":{"StringEquals":{"AWS:SourceAccount":"000000000000"},"ArnLike":{"AWS:SourceArn":"arn:aws:s3:::raw"}}}]}
        ResourceNotFoundException: Statement other is not found in resource policy.
        removed
        ResourceNotFoundException: The resource you requested does not exist."#]].assert_eq(&said.join("\n"));
}

#[tokio::test]
async fn tags_belong_to_functions() {
    let tank = tank().build();
    create(&tank, "f", "test.echo").await;
    let arn = "arn:aws:lambda:us-east-1:000000000000:function:f".to_owned();
    let tags = [("team", "lake"), ("env", "dev")].map(|(k, v)| (k.to_owned(), v.to_owned())).into();
    let input = api::TagResourceInput { resource: arn.clone(), tags };
    request::<api::TagResource>(&tank, input).await.expect("it exists");
    let input = api::UntagResourceInput { resource: arn.clone(), tag_keys: vec!["env".to_owned()] };
    request::<api::UntagResource>(&tank, input).await.expect("it exists");
    let input = api::ListTagsInput { resource: format!("{arn}:1") };
    let error = request::<api::ListTags>(&tank, input).await.expect_err("a version");
    expect!["InvalidParameterValueException: Tags on function aliases and versions are not supported. Please specify a function ARN."].assert_eq(&error.to_string());
    let out = request::<api::ListTags>(&tank, api::ListTagsInput { resource: arn }).await.expect("it exists");
    assert_eq!(out.tags, Some([("team".to_owned(), "lake".to_owned())].into()));
}
