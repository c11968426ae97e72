//! STS: who a caller is, and temporary credentials that the tank takes.
//!
//! A caller is the account that its access key names (12 digits, else `000000000000`). Credentials from here carry the
//! account as their access key id: a key that looks like AWS's (`ASIA...`) is refused by the tank on purpose, so that
//! nobody's real keys end up in it. Their secret and token are made up and not checked; they do not expire here.
//! Left out: sessions. `GetCallerIdentity` with the credentials of an assumed role names the account's root.
//! Time: none. Everything is in this file.

use std::time::Duration;

use wavetank_types::{AccountId, Arn};
use wavetank_wire::WireError;
use wavetank_wire::sts::{
    AssumeRoleInput, AssumeRoleOutput, AssumedRoleUser, Credentials, GetCallerIdentityOutput,
    GetSessionTokenInput, GetSessionTokenOutput, Request, Response,
};

use super::{AwsError, Service};
use crate::world::{Answer, Cx};

/// Seconds for which an assumed role's credentials are said to be good when none are asked for.
///
/// Documented: docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html (read 2026-11-29).
pub const ASSUME_ROLE_SECONDS_DEFAULT: u64 = 3_600;

/// The same of a session token, for an IAM user.
///
/// Documented: docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html (read 2026-11-29).
pub const SESSION_TOKEN_SECONDS_DEFAULT: u64 = 43_200;

/// STS remembers nothing.
#[derive(Debug, Default)]
pub struct Sts;

/// Why STS refuses.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum StsError {
    /// Not `arn:aws:iam::<account>:role/<name>`.
    #[error("{0} is invalid")]
    NotARole(String),
}

impl AwsError for StsError {
    fn wire(&self) -> WireError {
        match self {
            Self::NotARole(_) => WireError::client("ValidationError", self.to_string()),
        }
    }
}

impl Service for Sts {
    type Request = Request;
    type Response = Response;
    type Error = StsError;

    fn call(&mut self, cx: &mut Cx<'_>, request: Request) -> Result<Answer<Response>, StsError> {
        Ok(Answer::Now(match request {
            Request::AssumeRole(input) => Response::AssumeRole(assume_role(cx, input)?),
            Request::GetCallerIdentity(_) => Response::GetCallerIdentity(caller_identity(cx)),
            Request::GetSessionToken(input) => Response::GetSessionToken(session_token(cx, &input)),
        }))
    }
}

fn caller_identity(cx: &Cx<'_>) -> GetCallerIdentityOutput {
    let account = &cx.scope.account;
    GetCallerIdentityOutput {
        user_id: Some(account.to_string()),
        account: Some(account.to_string()),
        arn: Some(Arn::global("iam", account, "root").to_string()),
    }
}

/// Whether the role exists is IAM's to know and is not asked: a role of another account is as good.
fn assume_role(cx: &mut Cx<'_>, input: AssumeRoleInput) -> Result<AssumeRoleOutput, StsError> {
    let not_a_role = || StsError::NotARole(input.role_arn.clone());
    let arn: Arn = input.role_arn.parse().map_err(|_| not_a_role())?;
    let account: AccountId = arn.account.parse().map_err(|_| not_a_role())?;
    let role = arn.resource.strip_prefix("role/").filter(|_| arn.service == "iam").ok_or_else(not_a_role)?;
    let name = role.rsplit('/').next().unwrap_or(role);
    let session = &input.role_session_name;
    let user = AssumedRoleUser {
        assumed_role_id: format!("AROA{}:{session}", cx.letters(17, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")),
        arn: Arn::global("sts", &account, format!("assumed-role/{name}/{session}")).to_string(),
    };
    let credentials = credentials(cx, &account, input.duration_seconds, ASSUME_ROLE_SECONDS_DEFAULT);
    Ok(AssumeRoleOutput {
        credentials: Some(credentials),
        assumed_role_user: Some(user),
        source_identity: input.source_identity,
        ..AssumeRoleOutput::default()
    })
}

fn session_token(cx: &mut Cx<'_>, input: &GetSessionTokenInput) -> GetSessionTokenOutput {
    let account = cx.scope.account.clone();
    let credentials = credentials(cx, &account, input.duration_seconds, SESSION_TOKEN_SECONDS_DEFAULT);
    GetSessionTokenOutput { credentials: Some(credentials), ..GetSessionTokenOutput::default() }
}

fn credentials(
    cx: &mut Cx<'_>,
    account: &AccountId,
    seconds: Option<i64>,
    seconds_default: u64,
) -> Credentials {
    let seconds = seconds.and_then(|seconds| u64::try_from(seconds).ok()).unwrap_or(seconds_default);
    Credentials {
        access_key_id: account.to_string(),
        secret_access_key: format!("wavetank-{}", cx.hex(31)),
        session_token: format!("wavetank-{}", cx.hex(64)),
        expiration: cx.now + Duration::from_secs(seconds),
    }
}

#[cfg(test)]
mod tests {
    use wavetank_wire::sts;

    use super::*;
    use crate::driver::Tank;
    use crate::world::Scope;

    #[tokio::test]
    async fn a_caller_is_its_account_and_an_assumed_roles_key_is_that_roles_account() {
        let tank = Tank::builder().build();
        let scope = Scope { account: AccountId::of_access_key("111122223333"), ..Scope::default() };
        let me =
            tank.request::<sts::GetCallerIdentity>(&scope, Default::default()).await.expect("it answers");
        assert_eq!(me.arn.as_deref(), Some("arn:aws:iam::111122223333:root"));

        let input = sts::AssumeRoleInput {
            role_arn: "arn:aws:iam::444455556666:role/service/r".to_owned(),
            role_session_name: "s".to_owned(),
            ..Default::default()
        };
        let assumed = tank.request::<sts::AssumeRole>(&scope, input).await.expect("it answers");
        let user = assumed.assumed_role_user.expect("a user");
        assert_eq!(user.arn, "arn:aws:sts::444455556666:assumed-role/r/s");
        assert_eq!(assumed.credentials.expect("credentials").access_key_id, "444455556666");
    }
}
