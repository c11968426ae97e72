//! Subnet and parameter groups, and tags.

use serde_json::{Value, json};

use super::{Rig, shop_with};

#[tokio::test]
async fn a_subnet_group_is_kept_until_nobody_is_in_it() {
    let Some(rig) = Rig::with_postgres() else { return };
    let one = json!({"DBSubnetGroupName": "Net", "DBSubnetGroupDescription": "d", "SubnetIds": ["subnet-1"]});
    let refused = rig.ask("CreateDBSubnetGroup", one.clone()).await.unwrap_err();
    assert!(refused.starts_with("DBSubnetGroupDoesNotCoverEnoughAZs: "), "{refused}");
    let mut two = one;
    two["SubnetIds"] = json!(["subnet-1", "subnet-2"]);
    let made = rig.done("CreateDBSubnetGroup", two.clone()).await;
    assert_eq!(made["DBSubnetGroup"]["DBSubnetGroupName"], "net");
    let refused = rig.ask("CreateDBSubnetGroup", two).await.unwrap_err();
    assert_eq!(refused, "DBSubnetGroupAlreadyExists: The DB subnet group 'net' already exists.");
    rig.done("CreateDBInstance", shop_with(json!({"DBSubnetGroupName": "net"}))).await;
    rig.wait(5).await;
    assert_eq!(rig.instance("shop").await["DBSubnetGroup"]["DBSubnetGroupName"], "net");
    let refused = rig.ask("DeleteDBSubnetGroup", json!({"DBSubnetGroupName": "net"})).await.unwrap_err();
    assert!(refused.starts_with("InvalidDBSubnetGroupStateFault: "), "{refused}");
    rig.done("DeleteDBInstance", json!({"DBInstanceIdentifier": "shop", "SkipFinalSnapshot": true})).await;
    rig.wait(5).await;
    rig.done("DeleteDBSubnetGroup", json!({"DBSubnetGroupName": "net"})).await;
    assert_eq!(rig.done("DescribeDBSubnetGroups", json!({})).await["DBSubnetGroups"], json!([]));
}

#[tokio::test]
async fn parameters_are_kept_and_reset() {
    let rig = Rig::new();
    let group =
        json!({"DBParameterGroupName": "tuned", "DBParameterGroupFamily": "postgres15", "Description": "d"});
    rig.done("CreateDBParameterGroup", group.clone()).await;
    let refused = rig.ask("CreateDBParameterGroup", group).await.unwrap_err();
    assert_eq!(refused, "DBParameterGroupAlreadyExists: Parameter group tuned already exists");
    let set = |name: &str, value: &str| {
        json!({"DBParameterGroupName": "tuned", "Parameters": [
            {"ParameterName": name, "ParameterValue": value, "ApplyMethod": "pending-reboot"},
        ]})
    };
    rig.done("ModifyDBParameterGroup", set("work_mem", "8192")).await;
    rig.done("ModifyDBParameterGroup", set("max_connections", "30")).await;
    let names = async || {
        let shown = rig
            .done("DescribeDBParameters", json!({"DBParameterGroupName": "tuned", "Source": "user"}))
            .await;
        let shown = shown["Parameters"].as_array().cloned().unwrap_or_default();
        shown.iter().map(|one| one["ParameterName"].clone()).collect::<Vec<Value>>()
    };
    assert_eq!(names().await, ["max_connections", "work_mem"]);
    let refused = rig.ask("ModifyDBParameterGroup", set("port", "1")).await.unwrap_err();
    assert_eq!(refused, "InvalidParameterValue: The parameter port cannot be modified.");
    let reset = json!({"DBParameterGroupName": "tuned", "ResetAllParameters": false, "Parameters": [
        {"ParameterName": "work_mem", "ApplyMethod": "pending-reboot"},
    ]});
    rig.done("ResetDBParameterGroup", reset).await;
    assert_eq!(names().await, ["max_connections"]);
    rig.done("ResetDBParameterGroup", json!({"DBParameterGroupName": "tuned"})).await;
    assert!(names().await.is_empty());
    let refused =
        rig.ask("DeleteDBParameterGroup", json!({"DBParameterGroupName": "default.postgres15"})).await;
    assert!(refused.unwrap_err().starts_with("InvalidDBParameterGroupState: "));
    rig.done("DeleteDBParameterGroup", json!({"DBParameterGroupName": "tuned"})).await;
}

#[tokio::test]
async fn what_a_parameter_does_not_take_is_refused_at_once() {
    let rig = Rig::new();
    let family = |family: &str| json!({"DBParameterGroupName": "g", "DBParameterGroupFamily": family, "Description": "d"});
    let check = async |wanted: &str, expected: &str| {
        assert_eq!(
            rig.ask("CreateDBParameterGroup", family(wanted)).await.unwrap_err(),
            expected,
            "{wanted}"
        );
    };
    for wanted in ["postgres99", "postgres15.2", "postgres"] {
        let expected = format!(
            "InvalidParameterValue: ParameterGroupFamily {wanted} is not a valid parameter group family"
        );
        check(wanted, &expected).await;
    }
    rig.done("CreateDBParameterGroup", family("postgres15")).await;
    let check = async |name: &str, value: &str, method: &str, expected: &str| {
        let one = json!({"ParameterName": name, "ParameterValue": value, "ApplyMethod": method});
        let input = json!({"DBParameterGroupName": "g", "Parameters": [one]});
        let said = rig.ask("ModifyDBParameterGroup", input).await.err().unwrap_or_default();
        assert_eq!(said, expected, "{name}={value} {method}");
    };
    let not_there = |name: &str| format!("InvalidParameterValue: Could not find parameter with name: {name}");
    let not_taken = |name: &str, value: &str, allowed: &str| {
        format!(
            "InvalidParameterValue: Invalid parameter value: {value} for: {name} allowed values are: {allowed}"
        )
    };
    check("nope", "1", "immediate", &not_there("nope")).await;
    check("scram_iterations", "1", "immediate", &not_there("scram_iterations")).await;
    check("work_mem", "abc", "immediate", &not_taken("work_mem", "abc", "64-2147483647")).await;
    check("work_mem", "8MB", "immediate", &not_taken("work_mem", "8MB", "64-2147483647")).await;
    check("work_mem", "63", "immediate", &not_taken("work_mem", "63", "64-2147483647")).await;
    check("log_statement", "some", "immediate", &not_taken("log_statement", "some", "none,ddl,mod,all"))
        .await;
    check("rds.force_ssl", "2", "immediate", &not_taken("rds.force_ssl", "2", "0,1")).await;
    let immediate = "InvalidParameterCombination: cannot use immediate apply method for static parameter";
    check("max_connections", "30", "immediate", immediate).await;
    check(
        "rds.extensions",
        "a",
        "immediate",
        "InvalidParameterValue: The parameter rds.extensions cannot be modified.",
    )
    .await;
    for (name, value, method) in [
        ("max_connections", "LEAST({DBInstanceClassMemory/9531392},5000)", "pending-reboot"),
        ("shared_preload_libraries", "pg_stat_statements,auto_explain", "pending-reboot"),
        ("auto_explain.log_min_duration", "-1", "immediate"),
        ("random_page_cost", "1.1", "immediate"),
        ("autovacuum", "off", "immediate"),
    ] {
        check(name, value, method, "").await;
    }
    let all = json!({"DBParameterGroupName": "default.postgres18", "Source": "engine-default"});
    let shown = rig.done("DescribeDBParameters", all).await;
    assert_eq!(shown["Parameters"].as_array().map(Vec::len), Some(100));
    assert_eq!(shown["Marker"], "100");
}

#[tokio::test]
async fn tags_are_by_arn() {
    let rig = Rig::new();
    let group = json!({
        "DBParameterGroupName": "tuned", "DBParameterGroupFamily": "postgres15", "Description": "d",
        "Tags": [{"Key": "team", "Value": "shop"}],
    });
    let made = rig.done("CreateDBParameterGroup", group).await;
    let arn = made["DBParameterGroup"]["DBParameterGroupArn"].clone();
    assert_eq!(arn, "arn:aws:rds:us-east-1:000000000000:pg:tuned");
    let add = json!({"ResourceName": arn, "Tags": [{"Key": "a", "Value": "b"}]});
    rig.done("AddTagsToResource", add).await;
    rig.done("RemoveTagsFromResource", json!({"ResourceName": arn, "TagKeys": ["team"]})).await;
    let shown = rig.done("ListTagsForResource", json!({"ResourceName": arn})).await;
    assert_eq!(shown["TagList"], json!([{"Key": "a", "Value": "b"}]));
    let none = json!({"ResourceName": "arn:aws:rds:us-east-1:000000000000:db:none"});
    assert!(rig.ask("ListTagsForResource", none).await.unwrap_err().starts_with("DBInstanceNotFound: "));
}
