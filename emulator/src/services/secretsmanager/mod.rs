//! Secrets Manager: secrets with versions and their labels, tags, deletion with a time for regret, random passwords.
//!
//! Values are kept as they come, in memory. Left out: rotation, replicas, resource policies, batches; those answer
//! `NotImplemented`. Keys are stored and shown.
//! Time: a deleted secret is gone when its days are over.
//! Start with `state.rs`; `versions.rs` moves labels.

mod error;
mod limits;
mod random;
mod state;
#[cfg(test)]
mod tests;
mod versions;

use wavetank_types::Timestamp;
use wavetank_wire::secretsmanager::{self as w, Request, Response};

pub use error::SecretsError;
pub use state::SecretsManager;

use super::Service;
use crate::world::{Answer, Cx};

impl Service for SecretsManager {
    type Request = Request;
    type Response = Response;
    type Error = SecretsError;

    fn call(&mut self, cx: &mut Cx<'_>, request: Request) -> Result<Answer<Response>, SecretsError> {
        use Request as Q;
        use Response as A;
        Ok(Answer::Now(match request {
            Q::CreateSecret(input) => A::CreateSecret(self.create(cx, input)?),
            Q::GetSecretValue(input) => A::GetSecretValue(self.get_value(cx, &input)?),
            Q::PutSecretValue(input) => A::PutSecretValue(self.put_value(cx, input)?),
            Q::UpdateSecret(input) => A::UpdateSecret(self.update(cx, input)?),
            Q::DescribeSecret(input) => A::DescribeSecret(self.describe(&input)?),
            Q::ListSecrets(input) => A::ListSecrets(self.list(&input)?),
            Q::ListSecretVersionIds(input) => A::ListSecretVersionIds(self.list_versions(&input)?),
            Q::DeleteSecret(input) => A::DeleteSecret(self.delete(cx, &input)?),
            Q::RestoreSecret(input) => A::RestoreSecret(self.restore(cx, &input)?),
            Q::GetRandomPassword(input) => A::GetRandomPassword(random::password(cx, &input)?),
            Q::TagResource(input) => {
                self.tag(cx, input)?;
                A::TagResource(w::TagResourceOutput {})
            }
            Q::UntagResource(input) => {
                self.untag(cx, &input)?;
                A::UntagResource(w::UntagResourceOutput {})
            }
        }))
    }

    fn next_deadline(&self) -> Option<Timestamp> {
        SecretsManager::next_deadline(self)
    }

    fn tick(&mut self, cx: &mut Cx<'_>) {
        SecretsManager::tick(self, cx.now);
    }
}
