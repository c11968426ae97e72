//! SNS: topics, standard and FIFO, and their subscriptions of queues, functions, Firehose streams and HTTP endpoints.
//!
//! Left out: SMS, mobile push and data protection (refused by name); message archives and replay; delivery logs;
//! `UnsubscribeConfirmation`. E-mail and SMS subscriptions are kept as pending and never get anything. HTTP endpoints must
//! be on this machine. Policies and keys are kept and shown, not enforced.
//! Nothing is signed: `Signature` and `SigningCertURL` hold words that no client will verify.
//! Time: deliveries happen at once; what an HTTP endpoint refuses is tried again by the delivery policy, what a queue, function or
//! stream refuses for now by AWS's own, in tank time. Of a FIFO topic a message that is tried again falls behind later ones.
//! Start with `state/publish.rs`, then `state/deliver.rs`; `filter/` decides who gets what.

mod error;
mod filter;
mod limits;
mod state;
#[cfg(test)]
mod tests;

use wavetank_types::Timestamp;
use wavetank_wire::sns::{Request, Response};

pub use error::SnsError;
pub use state::Sns;

use super::Service;
use crate::world::{Answer, Cx, Delivery};

impl Service for Sns {
    type Request = Request;
    type Response = Response;
    type Error = SnsError;

    fn call(&mut self, cx: &mut Cx<'_>, request: Request) -> Result<Answer<Response>, SnsError> {
        use Request as Q;
        use Response as A;
        if let Some(answer) = self.forward(cx, &request)? {
            return Ok(answer);
        }
        Ok(Answer::Now(match request {
            Q::Publish(input) => A::Publish(self.publish(cx, input)?),
            Q::PublishBatch(input) => A::PublishBatch(self.publish_batch(cx, input)?),
            Q::CreateTopic(input) => A::CreateTopic(self.create_topic(cx, input)?),
            Q::DeleteTopic(input) => A::DeleteTopic(self.delete_topic(&input)?),
            Q::ListTopics(input) => A::ListTopics(self.list_topics(&input)?),
            Q::GetTopicAttributes(input) => A::GetTopicAttributes(self.get_topic_attributes(cx, &input)?),
            Q::SetTopicAttributes(input) => A::SetTopicAttributes(self.set_topic_attributes(cx, input)?),
            Q::AddPermission(input) => A::AddPermission(self.add_permission(cx, &input)?),
            Q::RemovePermission(input) => A::RemovePermission(self.remove_permission(cx, &input)?),
            Q::ListTagsForResource(input) => A::ListTagsForResource(self.list_tags_for_resource(&input)?),
            Q::TagResource(input) => A::TagResource(self.tag_resource(input)?),
            Q::UntagResource(input) => A::UntagResource(self.untag_resource(&input)?),
            Q::Subscribe(input) => A::Subscribe(self.subscribe(cx, input)?),
            Q::ConfirmSubscription(input) => A::ConfirmSubscription(self.confirm_subscription(cx, &input)?),
            Q::Unsubscribe(input) => A::Unsubscribe(self.unsubscribe(&input)?),
            Q::ListSubscriptions(input) => A::ListSubscriptions(self.list_subscriptions(&input)?),
            Q::ListSubscriptionsByTopic(input) => {
                A::ListSubscriptionsByTopic(self.list_subscriptions_by_topic(&input)?)
            }
            Q::GetSubscriptionAttributes(input) => {
                A::GetSubscriptionAttributes(self.get_subscription_attributes(&input)?)
            }
            Q::SetSubscriptionAttributes(input) => {
                A::SetSubscriptionAttributes(self.set_subscription_attributes(input)?)
            }
        }))
    }

    fn next_deadline(&self) -> Option<Timestamp> {
        Sns::next_deadline(self)
    }

    fn tick(&mut self, cx: &mut Cx<'_>) {
        Sns::tick(self, cx);
    }

    fn deliver(&mut self, cx: &mut Cx<'_>, delivery: Delivery) {
        Sns::deliver(self, cx, delivery);
    }
}
