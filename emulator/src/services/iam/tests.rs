//! IAM by example: what is refused and in which words, and what a list shows.

use expect_test::{Expect, expect};
use wavetank_wire::iam::{self, Tag};
use wavetank_wire::{Operation, WireError};

use crate::driver::Tank;
use crate::world::Scope;

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"glue.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
const ALLOW: &str =
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#;

async fn ask<O: Operation>(tank: &Tank, input: O::Input) -> Result<O::Output, WireError> {
    tank.request::<O>(&Scope::default(), input).await
}

fn role(name: &str) -> iam::CreateRoleInput {
    iam::CreateRoleInput {
        role_name: name.to_owned(),
        assume_role_policy_document: TRUST.to_owned(),
        ..Default::default()
    }
}

async fn tank_with_role() -> Tank {
    let tank = Tank::builder().build();
    ask::<iam::CreateRole>(&tank, role("r")).await.expect("a role");
    tank
}

fn check<T: std::fmt::Debug>(result: Result<T, WireError>, expected: Expect) {
    let error = result.expect_err("it is refused");
    expected.assert_eq(&format!("{} {} {}", error.status, error.code, error.message));
}

#[tokio::test]
async fn a_role_has_an_arn_with_its_path_and_gives_its_trust_policy_url_encoded() {
    let tank = Tank::builder().build();
    let input = iam::CreateRoleInput {
        path: Some("/service-role/".to_owned()),
        tags: Some(vec![Tag { key: "a".to_owned(), value: "b".to_owned() }]),
        ..role("r")
    };
    ask::<iam::CreateRole>(&tank, input).await.expect("a role");
    let got =
        ask::<iam::GetRole>(&tank, iam::GetRoleInput { role_name: "r".to_owned() }).await.expect("it").role;
    assert_eq!(got.arn, "arn:aws:iam::000000000000:role/service-role/r");
    assert!(got.role_id.starts_with("AROA") && got.role_id.len() == 21, "{}", got.role_id);
    let trust = got.assume_role_policy_document.expect("a document");
    assert!(trust.starts_with("%7B%22Version%22%3A%222012-10-17%22"), "{trust}");
}

#[tokio::test]
async fn a_role_is_refused_when_it_exists_in_any_case_or_its_trust_policy_is_not_one() {
    let tank = tank_with_role().await;
    check(
        ask::<iam::CreateRole>(&tank, role("R")).await,
        expect!["409 EntityAlreadyExists Role with name R already exists."],
    );
    let trusting =
        |text: &str| iam::CreateRoleInput { assume_role_policy_document: text.to_owned(), ..role("q") };
    check(
        ask::<iam::CreateRole>(&tank, trusting("{")).await,
        expect!["400 MalformedPolicyDocument This policy contains invalid Json"],
    );
    check(
        ask::<iam::CreateRole>(&tank, trusting(ALLOW)).await,
        expect!["400 MalformedPolicyDocument Has prohibited field Resource"],
    );
}

#[tokio::test]
async fn a_role_is_deleted_only_when_nothing_hangs_on_it() {
    let tank = tank_with_role().await;
    let delete = iam::DeleteRoleInput { role_name: "r".to_owned() };
    let arn = "arn:aws:iam::aws:policy/service-role/AWSGlueServiceRole";
    let attach = iam::AttachRolePolicyInput { role_name: "r".to_owned(), policy_arn: arn.to_owned() };
    ask::<iam::AttachRolePolicy>(&tank, attach).await.expect("attached");
    check(
        ask::<iam::DeleteRole>(&tank, delete.clone()).await,
        expect!["409 DeleteConflict Cannot delete entity, must detach all policies first."],
    );
    let attached = iam::ListAttachedRolePoliciesInput { role_name: "r".to_owned(), ..Default::default() };
    let attached = ask::<iam::ListAttachedRolePolicies>(&tank, attached).await.expect("a list");
    let first = &attached.attached_policies.expect("policies")[0];
    assert_eq!(first.policy_name.as_deref(), Some("AWSGlueServiceRole"));

    let detach = iam::DetachRolePolicyInput { role_name: "r".to_owned(), policy_arn: arn.to_owned() };
    ask::<iam::DetachRolePolicy>(&tank, detach).await.expect("detached");
    let put = iam::PutRolePolicyInput {
        role_name: "r".to_owned(),
        policy_name: "p".to_owned(),
        policy_document: ALLOW.to_owned(),
    };
    ask::<iam::PutRolePolicy>(&tank, put).await.expect("put");
    check(
        ask::<iam::DeleteRole>(&tank, delete.clone()).await,
        expect!["409 DeleteConflict Cannot delete entity, must delete policies first."],
    );
    let inline = iam::DeleteRolePolicyInput { role_name: "r".to_owned(), policy_name: "p".to_owned() };
    ask::<iam::DeleteRolePolicy>(&tank, inline).await.expect("deleted");
    ask::<iam::DeleteRole>(&tank, delete).await.expect("deleted");
    check(
        ask::<iam::GetRole>(&tank, iam::GetRoleInput { role_name: "r".to_owned() }).await,
        expect!["404 NoSuchEntity The role with name r cannot be found."],
    );
}

#[tokio::test]
async fn a_managed_policy_keeps_five_versions_and_goes_when_only_the_default_is_left() {
    let tank = tank_with_role().await;
    let create = iam::CreatePolicyInput {
        policy_name: "p".to_owned(),
        policy_document: ALLOW.to_owned(),
        ..Default::default()
    };
    let arn =
        ask::<iam::CreatePolicy>(&tank, create).await.expect("it").policy.and_then(|p| p.arn).expect("arn");
    let version = iam::CreatePolicyVersionInput {
        policy_arn: arn.clone(),
        policy_document: ALLOW.to_owned(),
        set_as_default: Some(true),
    };
    for _ in 0..4 {
        ask::<iam::CreatePolicyVersion>(&tank, version.clone()).await.expect("a version");
    }
    check(
        ask::<iam::CreatePolicyVersion>(&tank, version).await,
        expect![
            "409 LimitExceeded A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version."
        ],
    );
    let delete =
        |id: &str| iam::DeletePolicyVersionInput { policy_arn: arn.clone(), version_id: id.to_owned() };
    check(
        ask::<iam::DeletePolicyVersion>(&tank, delete("v5")).await,
        expect!["409 DeleteConflict Cannot delete the default version of a policy."],
    );
    for id in ["v1", "v2", "v3", "v4"] {
        ask::<iam::DeletePolicyVersion>(&tank, delete(id)).await.expect("deleted");
    }
    ask::<iam::DeletePolicy>(&tank, iam::DeletePolicyInput { policy_arn: arn.clone() })
        .await
        .expect("deleted");
    check(
        ask::<iam::GetPolicy>(
            &tank,
            iam::GetPolicyInput { policy_arn: "arn:aws:iam::0:policy/p".to_owned() },
        )
        .await,
        expect!["404 NoSuchEntity Policy arn:aws:iam::0:policy/p was not found."],
    );
}

#[tokio::test]
async fn a_list_goes_on_at_its_marker() {
    let tank = Tank::builder().build();
    for name in ["a", "b", "c"] {
        ask::<iam::CreateRole>(&tank, role(name)).await.expect("a role");
    }
    let list = |marker| iam::ListRolesInput { marker, max_items: Some(2), ..Default::default() };
    let first = ask::<iam::ListRoles>(&tank, list(None)).await.expect("a page");
    assert_eq!((first.roles.len(), first.is_truncated), (2, Some(true)));
    let last = ask::<iam::ListRoles>(&tank, list(first.marker)).await.expect("a page");
    assert_eq!((last.roles[0].role_name.as_str(), last.is_truncated, last.marker), ("c", Some(false), None));
}
