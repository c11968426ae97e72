//! What is refused before any Airflow is asked.

use super::*;

#[tokio::test]
async fn a_request_that_will_not_do_is_refused_with_its_reason() {
    let rig = Rig::new();
    let cases = [
        ("/DagS3Path", json!("../dags"), "DagS3Path ../dags is not a relative path of a folder"),
        ("/EnvironmentClass", json!("mw9.huge"), "Environment class mw9.huge is not valid"),
        ("/NetworkConfiguration/SecurityGroupIds", json!([]), "securityGroupIds"),
        (
            "/AirflowConfigurationOptions",
            json!({ "paused": "1" }),
            "option paused is not of the form section.key",
        ),
        (
            "/AirflowConfigurationOptions",
            json!({ "core.executor": "LocalExecutor" }),
            "option core.executor cannot be set",
        ),
    ];
    for (place, value, expected) in cases {
        let mut input = environment();
        *input.pointer_mut(place).unwrap_or(&mut json!(null)) = value.clone();
        if input.pointer(place).is_none() {
            input["EnvironmentClass"] = value;
        }
        let refusal = rig.ask("CreateEnvironment", input).await.unwrap_err();
        assert!(refusal.contains("ValidationException") && refusal.contains(expected), "{refusal}");
    }
}

#[tokio::test]
async fn an_environment_that_is_not_there_is_not_found() {
    let rig = Rig::new();
    for operation in ["GetEnvironment", "DeleteEnvironment", "UpdateEnvironment"] {
        let refusal = rig.ask(operation, json!({ "Name": "none" })).await.unwrap_err();
        assert_eq!(refusal, "ResourceNotFoundException: Environment none not found", "{operation}");
    }
    let listed = rig.done("ListEnvironments", json!({})).await;
    assert_eq!(listed["Environments"], json!([]));
}

#[tokio::test]
async fn tokens_are_not_built_and_say_so() {
    let rig = Rig::new();
    for operation in ["CreateCliToken", "CreateWebLoginToken"] {
        let refusal = rig.ask(operation, json!({ "Name": "shop" })).await.unwrap_err();
        assert!(refusal.contains("NotImplemented") && refusal.contains(operation), "{refusal}");
    }
}
