//! Failures word for word. Where AWS's answer is recorded, the test says from where.

mod crossing;

use bytes::Bytes;

use super::*;
use crate::schema::{Member, Place, Service};
use crate::val::ToVal;
use crate::{athena, cloudformation, glue, iam, lambda, logs, sts};

/// What a service answers to an input: `Code: sentence`, or `valid`.
fn answer(service: &'static Service, operation: &str, input: &Val) -> String {
    let shape = service.operation(operation).expect("a served operation").input;
    match validate(shape, input) {
        Ok(()) => "valid".to_owned(),
        Err(failures) => validation_error(service, &failures).to_string(),
    }
}

#[track_caller]
fn check<O: crate::Operation>(input: O::Input, expected: &str) {
    assert_eq!(answer(O::service(), O::NAME, &input.to_val()), expected);
}

const ATHENA: &str = "InvalidRequestException: 1 validation error detected: ";

#[test]
fn a_missing_member_is_null() {
    assert_eq!(
        answer(&athena::SERVICE, "StartQueryExecution", &Val::Struct(Vec::new())),
        format!("{ATHENA}Value null at 'queryString' failed to satisfy constraint: Member must not be null"),
    );
}

#[test]
fn a_text_is_held_to_its_length() {
    let input = |query: &str| athena::StartQueryExecutionInput {
        query_string: query.to_owned(),
        ..Default::default()
    };
    check::<athena::StartQueryExecution>(input("SELECT 1"), "valid");
    check::<athena::StartQueryExecution>(
        input(""),
        &format!(
            "{ATHENA}Value at 'queryString' failed to satisfy constraint: \
             Member must have length greater than or equal to 1"
        ),
    );
    // Recorded: athena-local, 2026-09-17, of `clientRequestToken`.
    check::<athena::StartQueryExecution>(
        input(&"x".repeat(262_145)),
        &format!(
            "{ATHENA}Value at 'queryString' failed to satisfy constraint: \
             Member must have length less than or equal to 262144"
        ),
    );
    check::<athena::StartQueryExecution>(input(&"é".repeat(262_144)), "valid");
}

#[test]
fn athena_says_its_code_twice_and_members_fail_in_the_models_order() {
    // Recorded: athena-local, `docs/dev/measurements/query-results.md`, 2026-09-23.
    let input = athena::GetQueryResultsInput {
        query_execution_id: "id".to_owned(),
        next_token: Some(String::new()),
        max_results: Some(0),
        ..Default::default()
    };
    let failures =
        validate(athena::SERVICE.operation("GetQueryResults").expect("served").input, &input.to_val());
    let error = validation_error(&athena::SERVICE, &failures.expect_err("two failures"));
    assert_eq!(
        error.message,
        "2 validation errors detected: Value at 'nextToken' failed to satisfy constraint: Member must have length \
         greater than or equal to 1; Value at 'maxResults' failed to satisfy constraint: Member must have value \
         greater than or equal to 1"
    );
    let code = "INVALID_INPUT".to_owned();
    assert_eq!(error.fields, [("AthenaErrorCode", code.clone().into()), ("ErrorCode", code.into())]);
}

#[test]
fn a_number_is_held_to_its_range() {
    // Recorded: LocalStack's test_logs_events.snapshot.json, 2026-02-03.
    let input = logs::GetLogEventsInput {
        log_stream_name: "s".to_owned(),
        limit: Some(10_001),
        ..Default::default()
    };
    check::<logs::GetLogEvents>(
        input,
        "InvalidParameterException: 1 validation error detected: Value '10001' at 'limit' failed to satisfy \
         constraint: Member must have value less than or equal to 10000",
    );
}

#[test]
fn a_pattern_is_told_as_the_model_states_it_and_before_the_length() {
    // Recorded: LocalStack's test_sts.snapshot.json, 2025-07-21.
    let input = |name: &str| sts::AssumeRoleInput {
        role_arn: "arn:aws:iam::000000000000:role/r".to_owned(),
        role_session_name: name.to_owned(),
        ..Default::default()
    };
    check::<sts::AssumeRole>(
        input("Session1:2"),
        r"ValidationError: 1 validation error detected: Value 'Session1:2' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]*",
    );
    check::<sts::AssumeRole>(
        input(":"),
        r"ValidationError: 2 validation errors detected: Value ':' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]*; Value ':' at 'roleSessionName' failed to satisfy constraint: Member must have length greater than or equal to 2",
    );
    // Java's `\w` is ASCII.
    check::<sts::AssumeRole>(
        input("sessão"),
        r"ValidationError: 1 validation error detected: Value 'sessão' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]*",
    );
    // Recorded: the sentence, LocalStack's test_stacks.snapshot.json, 2023-04-19, for CreateStack, whose model states
    // no pattern: that one is the emulator's to refuse.
    check::<cloudformation::CreateChangeSet>(
        cloudformation::CreateChangeSetInput {
            stack_name: "*@da591fa3_$".to_owned(),
            change_set_name: "c".to_owned(),
            ..Default::default()
        },
        r"ValidationError: 1 validation error detected: Value '*@da591fa3_$' at 'stackName' failed to satisfy constraint: Member must satisfy regular expression pattern: ([a-zA-Z][-a-zA-Z0-9]*)|(arn:\b(aws|aws-us-gov|aws-cn)\b:[-a-zA-Z0-9:/._+]*)",
    );
}

#[test]
fn entries_of_a_list_are_numbered_from_one() {
    // Recorded: paimon pull 8223 (2026-06-12), and the path of etl_manager issue 90.
    let column = |comment: &str| glue::Column {
        name: "c".to_owned(),
        comment: Some(comment.to_owned()),
        ..Default::default()
    };
    let storage = glue::StorageDescriptor {
        columns: Some(vec![column(""), column(&"x".repeat(256))]),
        ..Default::default()
    };
    let input = glue::CreateTableInput {
        database_name: "lake".to_owned(),
        table_input: Some(glue::TableInput {
            name: "t".to_owned(),
            storage_descriptor: Some(storage),
            ..Default::default()
        }),
        ..Default::default()
    };
    check::<glue::CreateTable>(
        input,
        &format!(
            "ValidationException: 1 validation error detected: Value '{}' at \
             'table.storageDescriptor.columns.2.member.comment' failed to satisfy constraint: Member must have length \
             less than or equal to 255",
            "x".repeat(256)
        ),
    );
}

fn function() -> lambda::CreateFunctionInput {
    lambda::CreateFunctionInput {
        function_name: "clean".to_owned(),
        role: "arn:aws:iam::000000000000:role/r".to_owned(),
        ..Default::default()
    }
}

#[test]
fn a_list_of_texts_fails_as_a_whole_and_tells_every_constraint() {
    check::<lambda::CreateFunction>(function(), "valid");
    // Recorded: LocalStack's test_lambda_api.snapshot.json, 2026-01-12 and 2025-11-25.
    check::<lambda::CreateFunction>(
        lambda::CreateFunctionInput { architectures: Some(vec!["X86_64".to_owned()]), ..function() },
        "ValidationException: 1 validation error detected: Value '[X86_64]' at 'architectures' failed to satisfy \
         constraint: Member must satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64], Member \
         must not be null]",
    );
    let both = vec!["x86_64".to_owned(), "arm64".to_owned()];
    check::<lambda::CreateFunction>(
        lambda::CreateFunctionInput { architectures: Some(both), ..function() },
        "ValidationException: 1 validation error detected: Value '[x86_64, arm64]' at 'architectures' failed to \
         satisfy constraint: Member must have length less than or equal to 1",
    );
    let vpc = lambda::VpcConfig { subnet_ids: Some(vec!["bad-1".to_owned()]), ..Default::default() };
    check::<lambda::CreateFunction>(
        lambda::CreateFunctionInput { vpc_config: Some(vpc), ..function() },
        "ValidationException: 1 validation error detected: Value '[bad-1]' at 'vpcConfig.subnetIds' failed to satisfy \
         constraint: Member must satisfy constraint: [Member must have length less than or equal to 1024, Member must \
         have length greater than or equal to 0, Member must satisfy regular expression pattern: subnet-[0-9a-z]*]",
    );
}

#[test]
fn an_enum_that_lambda_explains_itself_has_its_own_code() {
    // Recorded: LocalStack's test_lambda_api.snapshot.json, 2026-01-12; the set and its order are the model's.
    let told = answer(
        &lambda::SERVICE,
        "CreateFunction",
        &lambda::CreateFunctionInput { runtime: Some("PYTHON3.9".to_owned()), ..function() }.to_val(),
    );
    let start = "InvalidParameterValueException: Value PYTHON3.9 at 'runtime' failed to satisfy constraint: Member \
                 must satisfy enum value set: [nodejs, ";
    assert!(told.starts_with(start), "{told}");
    assert!(told.ends_with("] or be a valid ARN"), "{told}");
}

#[test]
fn secrets_are_not_told() {
    // Recorded: serverless-secrets issue 39, 2018.
    let variables = [("a".to_owned(), "hunter2".to_owned())].into_iter().collect();
    let environment = lambda::Environment { variables: Some(variables) };
    check::<lambda::CreateFunction>(
        lambda::CreateFunctionInput { environment: Some(environment), ..function() },
        "ValidationException: 1 validation error detected: Value at 'environment.variables' failed to satisfy \
         constraint: Map keys must satisfy constraint: [Member must satisfy regular expression pattern: \
         [a-zA-Z]([a-zA-Z0-9_])+]",
    );
}

#[test]
fn iam_tells_no_values() {
    // Recorded: LocalStack's test_iam.snapshot.json, 2025-03-06.
    let list = |scope: &str, max: i64| iam::ListPoliciesInput {
        scope: Some(scope.to_owned()),
        max_items: Some(max),
        ..Default::default()
    };
    check::<iam::ListPolicies>(
        list("Alle", 1),
        "ValidationError: 1 validation error detected: Value at 'scope' failed to satisfy constraint: Member must \
         satisfy enum value set",
    );
    check::<iam::ListPolicies>(
        list("All", 0),
        "ValidationError: 1 validation error detected: Value at 'maxItems' failed to satisfy constraint: Member must \
         have value greater than or equal to 1",
    );
    check::<iam::GetRole>(
        iam::GetRoleInput { role_name: "arn:aws:iam::1:role/r".to_owned() },
        "ValidationError: The specified value for roleName is invalid. It must contain only alphanumeric characters \
         and/or the following: +=,.@_-",
    );
}

#[test]
fn no_more_than_ten_failures_are_told() {
    let entries = (0..12).map(|_| glue::Column::default()).collect();
    let storage = glue::StorageDescriptor { columns: Some(entries), ..Default::default() };
    let input = glue::CreateTableInput {
        database_name: "lake".to_owned(),
        table_input: Some(glue::TableInput {
            name: "t".to_owned(),
            storage_descriptor: Some(storage),
            ..Default::default()
        }),
        ..Default::default()
    };
    let told = answer(&glue::SERVICE, "CreateTable", &input.to_val());
    assert!(told.starts_with("ValidationException: 10 validation errors detected: Value '' at "), "{told}");
    assert!(told.contains("'table.storageDescriptor.columns.10.member.name'"), "{told}");
    assert_eq!(told.matches("; ").count(), 9);
}

// A shape of our own, for what the served operations do not have yet.
static NUMBER: Shape =
    Shape { name: "Weight", sensitive: false, kind: Kind::Double { min: Some(0), max: Some(1) } };
static KEY: Shape = Shape {
    name: "Key",
    sensitive: false,
    kind: Kind::String { min: Some(1), max: Some(3), pattern: None, values: &[] },
};
static DATA: Shape =
    Shape { name: "Data", sensitive: false, kind: Kind::Blob { min: None, max: Some(2), streaming: false } };
static ENTRY: Shape = Shape {
    name: "PutEntry",
    sensitive: false,
    kind: Kind::Structure(&[member("Data", &DATA), member("PartitionKey", &KEY)]),
};
static ENTRIES: Shape = Shape {
    name: "Entries",
    sensitive: false,
    kind: Kind::List { member: &ENTRY, member_name: "member", flattened: false, min: Some(1), max: Some(2) },
};
static BY_KEY: Shape = map("ByKey", &ENTRIES);
static WEIGHTS: Shape = map("Weights", &NUMBER);
static PUT: Shape = Shape {
    name: "PutInput",
    sensitive: false,
    kind: Kind::Structure(&[
        member("Records", &ENTRIES),
        member("ByKey", &BY_KEY),
        member("Weights", &WEIGHTS),
    ]),
};

const fn member(name: &'static str, shape: &'static Shape) -> Member {
    Member { name, wire: name, shape, required: false, place: Place::Body, flattened: false }
}

const fn map(name: &'static str, value: &'static Shape) -> Shape {
    let kind = Kind::Map {
        key: &KEY,
        value,
        key_name: "key",
        value_name: "value",
        flattened: false,
        min: None,
        max: None,
    };
    Shape { name, sensitive: false, kind }
}

#[test]
fn values_print_as_java_prints_them() {
    let entry = |data: &'static [u8], key: &str| {
        Val::Struct(vec![(0, Val::Blob(Bytes::from_static(data))), (1, Val::Str(key.to_owned()))])
    };
    let check = |index: u16, val: Val, expected: &str| {
        let told = validate(&PUT, &Val::Struct(vec![(index, val)])).map_err(|failures| failures.to_string());
        assert_eq!(told, if expected.is_empty() { Ok(()) } else { Err(expected.to_owned()) });
    };
    check(0, Val::List(vec![entry(b"ab", "k")]), "");
    // Recorded: the bytes' form, kinesalite's tests.
    check(
        0,
        Val::List(vec![entry(b"abc", "k")]),
        "1 validation error detected: Value 'java.nio.HeapByteBuffer[pos=0 lim=3 cap=3]' at 'records.1.member.data' \
         failed to satisfy constraint: Member must have length less than or equal to 2",
    );
    // Recorded: the structure's form, LocalStack's test_logs_metric_filters.snapshot.json, 2026-02-05.
    check(
        0,
        Val::List(vec![entry(b"", "a"), entry(b"", "b"), Val::Struct(Vec::new())]),
        "1 validation error detected: Value '[PutEntry(data=java.nio.HeapByteBuffer[pos=0 lim=0 cap=0], \
         partitionKey=a), PutEntry(data=java.nio.HeapByteBuffer[pos=0 lim=0 cap=0], partitionKey=b), \
         PutEntry(data=null, partitionKey=null)]' at 'records' failed to satisfy constraint: Member must have length \
         less than or equal to 2",
    );
    // Recorded: the path under a map, dynalite's tests ('requestItems.a.member.keys').
    check(
        1,
        Val::Map(vec![("a".to_owned(), Val::List(vec![entry(b"", "")]))]),
        "1 validation error detected: Value '' at 'byKey.a.member.1.member.partitionKey' failed to satisfy constraint: \
         Member must have length greater than or equal to 1",
    );
    // Recorded: LocalStack's test_lambda_api.snapshot.json, 2025-11-25.
    check(
        2,
        Val::Map(vec![("2".to_owned(), Val::Float(2.0))]),
        "1 validation error detected: Value '{2=2.0}' at 'weights' failed to satisfy constraint: Map value must satisfy \
         constraint: [Member must have value less than or equal to 1.0, Member must have value greater than or equal \
         to 0.0, Member must not be null]",
    );
    check(
        2,
        Val::Map(vec![("long".to_owned(), Val::Float(0.5))]),
        "1 validation error detected: Value '{long=0.5}' at 'weights' failed to satisfy constraint: Map keys must \
         satisfy constraint: [Member must have length less than or equal to 3, Member must have length greater than or \
         equal to 1]",
    );
}

#[test]
fn every_pattern_of_every_service_compiles() {
    fn patterns<'s>(shape: &'static Shape, seen: &mut Vec<&'s Shape>)
    where
        'static: 's,
    {
        if seen.iter().any(|other| std::ptr::eq(*other, shape)) {
            return;
        }
        seen.push(shape);
        match &shape.kind {
            Kind::Structure(members) => members.iter().for_each(|member| patterns(member.shape, seen)),
            Kind::List { member, .. } => patterns(member, seen),
            Kind::Map { key, value, .. } => [key, value].into_iter().for_each(|part| patterns(part, seen)),
            Kind::String { pattern: Some(pattern), .. } => {
                pattern.matches("");
            }
            _ => {}
        }
    }
    for service in crate::SERVICES {
        for operation in service.operations {
            patterns(operation.input, &mut Vec::new());
        }
    }
}
