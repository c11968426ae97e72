//! Whether those whom a bucket is to notify exist and let S3 in: a question across services, which only the world can ask.

use wavetank_types::{Arn, Region};
use wavetank_wire::lambda::{GetPolicy, GetPolicyInput};
use wavetank_wire::sns::{GetTopicAttributes, GetTopicAttributesInput};
use wavetank_wire::sqs::{GetQueueAttributes, GetQueueAttributesInput};
use wavetank_wire::{FromVal as _, Operation, ToVal as _, WireError};

use super::{Address, Answer, Scope, World};
use crate::services::ServiceId;
use crate::services::s3::{Destination, Notification};

impl World {
    /// Whether the functions, queues and topics that a bucket is to notify exist, and let S3 in.
    ///
    /// Services do not see each other, so the world asks. The sentence is AWS's; assumed: that it looks at nothing but the
    /// destination's own policy, and there only for S3's name or for everybody's.
    pub fn check_destinations(&mut self, notification: &Notification) -> Result<(), WireError> {
        let refuse = || {
            WireError::client(
                "InvalidArgument",
                "Unable to validate the following destination configurations",
            )
        };
        for listener in &notification.listeners {
            let arn: Arn = listener.arn.parse().map_err(|_| refuse())?;
            let account = arn.account.parse().map_err(|_| refuse())?;
            let scope = Scope { account, region: Region::new(arn.region.as_str()) };
            let policy = match listener.destination().ok_or_else(refuse)? {
                Destination::Function => {
                    let input =
                        GetPolicyInput { function_name: listener.arn.clone(), ..GetPolicyInput::default() };
                    let answer = self.ask::<GetPolicy>(ServiceId::Lambda, scope, input);
                    answer.map(|output| output.policy)
                }
                Destination::Queue => {
                    let attribute_names = Some(vec!["Policy".to_owned()]);
                    let queue_url = format!("https://sqs/{}/{}", arn.account, arn.resource);
                    let input = GetQueueAttributesInput { queue_url, attribute_names };
                    let answer = self.ask::<GetQueueAttributes>(ServiceId::Sqs, scope, input);
                    answer.map(|output| output.attributes.and_then(|mut all| all.remove("Policy")))
                }
                Destination::Topic => {
                    let input = GetTopicAttributesInput { topic_arn: listener.arn.clone() };
                    let answer = self.ask::<GetTopicAttributes>(ServiceId::Sns, scope, input);
                    answer.map(|output| output.attributes.and_then(|mut all| all.remove("Policy")))
                }
            };
            // Assumed, as often told: FIFO queues and topics cannot be destinations.
            let fifo = arn.resource.ends_with(".fifo");
            match policy {
                Ok(Some(policy)) if !fifo && lets_s3_in(&policy) => {}
                _ => return Err(refuse()),
            }
        }
        Ok(())
    }

    /// A question that a service answers at once, and that changes nothing.
    fn ask<O: Operation>(
        &mut self,
        service: ServiceId,
        scope: Scope,
        input: O::Input,
    ) -> Result<O::Output, WireError> {
        let mut out = Vec::new();
        let address = Address { service, scope };
        let answer =
            self.on_service(&address, "", &mut out, |service, cx| service.call(cx, O::NAME, input.to_val()));
        match answer? {
            Answer::Now(output) => Ok(O::Output::from_val(output)),
            Answer::Later(_) | Answer::Stream(_) => {
                Err(WireError::server("InternalFailure", "The service did not answer at once."))
            }
        }
    }
}

/// Whether a resource's policy may let S3 in: it names S3, or everybody on terms other than the owner's.
fn lets_s3_in(policy: &str) -> bool {
    let policy: serde_json::Value = serde_json::from_str(policy).unwrap_or_default();
    let statements = policy.get("Statement").and_then(|all| all.as_array()).cloned().unwrap_or_default();
    statements.iter().filter(|statement| statement["Effect"] == "Allow").any(|statement| {
        let principal = statement["Principal"].to_string();
        let everybody = principal == "\"*\"" || principal == r#"{"AWS":"*"}"#;
        let owners = statement["Condition"].to_string().contains("AWS:SourceOwner");
        principal.contains("s3.amazonaws.com") || (everybody && !owners)
    })
}
