//! Secrets in a tank, by what a client sees.

use std::time::Duration;

use serde_json::{Value, json};

use crate::driver::Tank;
use crate::executors::Door;
use crate::world::Scope;

async fn ask(tank: &Tank, operation: &str, input: Value) -> Result<Value, String> {
    let door = Door::new(tank.clone(), Scope::default());
    let answer = door.call("secretsmanager", operation, &input).await;
    answer.map_err(|error| format!("{}: {}", error.code, error.message))
}

async fn done(tank: &Tank, operation: &str, input: Value) -> Value {
    ask(tank, operation, input.clone()).await.unwrap_or_else(|error| panic!("{operation} {input}: {error}"))
}

#[tokio::test]
async fn a_new_value_becomes_current_and_the_one_before_it_previous() {
    let tank = Tank::builder().build();
    let made = done(&tank, "CreateSecret", json!({"Name": "db/login", "SecretString": "one"})).await;
    done(&tank, "PutSecretValue", json!({"SecretId": "db/login", "SecretString": "two"})).await;
    done(&tank, "UpdateSecret", json!({"SecretId": made["ARN"], "SecretString": "three"})).await;
    let value = async |stage: &str| {
        done(&tank, "GetSecretValue", json!({"SecretId": "db/login", "VersionStage": stage})).await["SecretString"].clone()
    };
    assert_eq!(value("AWSCURRENT").await, "three");
    assert_eq!(value("AWSPREVIOUS").await, "two");
    let first = json!({"SecretId": "db/login", "VersionId": made["VersionId"]});
    assert_eq!(done(&tank, "GetSecretValue", first).await["SecretString"], "one");
    let all =
        done(&tank, "ListSecretVersionIds", json!({"SecretId": "db/login", "IncludeDeprecated": true})).await;
    assert_eq!(all["Versions"].as_array().map(Vec::len), Some(3));
    let partial = made["ARN"].as_str().unwrap().rsplit_once('-').unwrap().0;
    assert_eq!(done(&tank, "DescribeSecret", json!({"SecretId": partial})).await["Name"], "db/login");
}

#[tokio::test]
async fn a_version_says_the_day_on_which_it_was_last_read() {
    let tank = Tank::builder().build();
    done(&tank, "CreateSecret", json!({"Name": "s", "SecretString": "x"})).await;
    tank.advance(Duration::from_secs(86_400 + 3_600)).await;
    let listed =
        async || done(&tank, "ListSecretVersionIds", json!({"SecretId": "s"})).await["Versions"][0].clone();
    assert_eq!(listed().await["LastAccessedDate"], Value::Null);
    done(&tank, "GetSecretValue", json!({"SecretId": "s"})).await;
    // 2026-01-06: a day after the tank's first instant, without the hour.
    assert_eq!(listed().await["LastAccessedDate"].as_f64(), Some(1_767_657_600.0));
    let secret = done(&tank, "DescribeSecret", json!({"SecretId": "s"})).await;
    assert_eq!(secret["LastAccessedDate"].as_f64(), Some(1_767_657_600.0));
}

#[tokio::test]
async fn a_deleted_secret_can_be_taken_back_until_its_days_are_over() {
    let tank = Tank::builder().build();
    done(&tank, "CreateSecret", json!({"Name": "s", "SecretString": "x"})).await;
    done(&tank, "DeleteSecret", json!({"SecretId": "s", "RecoveryWindowInDays": 7})).await;
    let refused = ask(&tank, "GetSecretValue", json!({"SecretId": "s"})).await.unwrap_err();
    assert!(refused.starts_with("InvalidRequestException: You can't perform"), "{refused}");
    done(&tank, "RestoreSecret", json!({"SecretId": "s"})).await;
    assert_eq!(done(&tank, "GetSecretValue", json!({"SecretId": "s"})).await["SecretString"], "x");
    done(&tank, "DeleteSecret", json!({"SecretId": "s", "RecoveryWindowInDays": 7})).await;
    tank.advance(Duration::from_secs(7 * 86_400)).await;
    let gone = ask(&tank, "DescribeSecret", json!({"SecretId": "s"})).await.unwrap_err();
    assert_eq!(gone, "ResourceNotFoundException: Secrets Manager can't find the specified secret.");
}

#[tokio::test]
async fn what_will_not_do_is_refused_in_awss_words() {
    let tank = Tank::builder().build();
    done(&tank, "CreateSecret", json!({"Name": "there", "SecretString": "x"})).await;
    let check = async |operation: &str, input: Value, expected: &str| {
        assert_eq!(ask(&tank, operation, input).await.unwrap_err(), expected, "{operation}");
    };
    check(
        "CreateSecret",
        json!({"Name": "there", "SecretString": "y"}),
        "ResourceExistsException: The operation failed because the secret there already exists.",
    )
    .await;
    check(
        "GetSecretValue",
        json!({"SecretId": "there", "VersionStage": "mine"}),
        "ResourceNotFoundException: Secrets Manager can't find the specified secret value for staging label: mine",
    ).await;
    check(
        "DeleteSecret",
        json!({"SecretId": "there", "RecoveryWindowInDays": 3}),
        "InvalidParameterException: The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).",
    ).await;
    check(
        "CreateSecret",
        json!({"Name": "what is this"}),
        "InvalidParameterException: Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!",
    ).await;
}

#[tokio::test]
async fn a_random_password_has_each_class_that_is_not_excluded() {
    let tank = Tank::builder().build();
    let input = json!({"PasswordLength": 8, "ExcludePunctuation": true});
    let password =
        done(&tank, "GetRandomPassword", input).await["RandomPassword"].as_str().unwrap().to_owned();
    assert_eq!(password.len(), 8);
    let has = |is: fn(&char) -> bool| password.chars().any(|c| is(&c));
    assert!(
        has(char::is_ascii_lowercase) && has(char::is_ascii_uppercase) && has(char::is_ascii_digit),
        "{password}"
    );
    assert!(!has(char::is_ascii_punctuation), "{password}");
}
