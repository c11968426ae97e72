//! What conversations would make, take and cost on an account: each is held with a tank of this process first, and deletes nothing.
//!
//! Nothing of it leaves the process. Left out: what the estimate of a run leaves out, and what an unusually slow server costs more.

use std::collections::BTreeMap;
use std::time::Duration;

use super::conversation::Conversation;
use super::makes::makes;
use super::names::{ACCOUNT, Names};
use super::side::tank_of;
use super::talk::{Client, PATIENCE, hold};
use crate::client::Aws;
use crate::cost::{self, Cost, Usage};
use crate::estimate::Estimate;
use crate::sweep::there;
use crate::target::Target as _;

/// The tank's seed. Any would do.
const SEED: u64 = 7;

/// Why there is no estimate. Nothing has been asked of any server.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpendError {
    /// The tank does not tell.
    #[error(
        "a tank does not tell what {conversation} would cost: {cause}\nhint: this is an error of wavetank; please report it"
    )]
    Tank {
        /// Which conversation was held with it.
        conversation: String,
        /// What it said.
        cause: String,
    },
    /// The estimate would be too low.
    #[error(
        "there is no price for {0}, so that no budget can be kept\nhint: harness/src/cost/prices.toml has the prices; name other --services"
    )]
    Unpriced(String),
}

/// Holds the conversations with tanks and tells what they took.
pub async fn estimate(conversations: &[Conversation], region: &str) -> Result<Estimate, SpendError> {
    let (mut all, mut resources, mut takes) = (Cost::default(), BTreeMap::new(), Duration::ZERO);
    for conversation in conversations {
        let target = tank_of(SEED, Duration::ZERO);
        let (aws, names, began) = (Aws::new(&target, region), Names::recorded(), target.now());
        let client = Client { aws, names: &names, lag: Duration::ZERO, patience: PATIENCE };
        hold(client, &without_deletions(conversation)).await;
        takes += target.now().since(began);
        let failed = |said: String| {
            let cause = said.lines().next().unwrap_or_default().to_owned();
            SpendError::Tank { conversation: conversation.name.clone(), cause }
        };
        let asked = makes(std::slice::from_ref(conversation), aws, ACCOUNT);
        let made = there(aws, &asked).await.map_err(|error| failed(error.to_string()))?;
        for resource in &made {
            *resources.entry(resource.kind.clone()).or_default() += 1;
        }
        let cost = cost::estimate_of(aws, made, &usage(conversation)).await;
        all.take(cost.map_err(|error| failed(error.to_string()))?);
    }
    if let Some(name) = all.unpriced.first() {
        return Err(SpendError::Unpriced(name.clone()));
    }
    Ok(Estimate { resources, cost: all, takes_s: takes.as_secs() })
}

/// The same conversation, after which all that it has made is there.
pub(super) fn without_deletions(conversation: &Conversation) -> Conversation {
    let mut left = conversation.clone();
    left.steps.retain(|step| !step.asks(conversation).1.starts_with("Delete"));
    left
}

/// What the calls themselves are charged for: S3's by their method, and each query of Athena for the least that a query costs.
fn usage(conversation: &Conversation) -> Usage {
    let mut usage = Usage::default();
    for step in &conversation.steps {
        match &step.s3 {
            Some(line) if line.starts_with("GET ") || line.starts_with("HEAD ") => usage.gets += 1,
            Some(_) => usage.puts += 1,
            None if step.asks(conversation).1 == "StartQueryExecution" => usage.query_bytes.push(0),
            None => {}
        }
    }
    usage
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::battery;
    use super::*;

    #[tokio::test]
    async fn conversations_cost_what_their_things_cost_and_are_told_before_they_are_held() {
        let of = |service: &str| battery::conversations(&BTreeSet::from([service.to_owned()]));
        let kinesis = estimate(&of("kinesis"), "us-east-1").await.unwrap();
        assert_eq!(kinesis.resources, BTreeMap::from([("AWS::Kinesis::Stream".to_owned(), 3)]));
        let hours = kinesis.cost.items.iter().find(|item| item.name == "kinesis_shard_hour").unwrap();
        assert!(hours.quantity >= 3.0 && kinesis.cost.usd() >= 0.045, "{kinesis:?}");
        let sqs = estimate(&of("sqs"), "us-east-1").await.unwrap();
        assert!(sqs.resources["AWS::SQS::Queue"] >= 3 && sqs.cost.usd() < 0.001, "{sqs:?}");
        assert_eq!(sqs, estimate(&of("sqs"), "us-east-1").await.unwrap());
    }

    #[tokio::test]
    async fn all_of_the_battery_has_a_price() {
        let all = battery::conversations(&BTreeSet::new());
        let found = estimate(&all, "us-east-1").await.unwrap();
        assert!(found.cost.usd() > 0.05 && found.cost.usd() < 5.0, "{found:?}");
    }

    #[test]
    fn requests_to_s3_and_queries_are_counted() {
        let all = battery::conversations(&BTreeSet::from(["s3".to_owned(), "athena".to_owned()]));
        let (mut puts, mut queries) = (0, 0);
        for Usage { puts: stored, query_bytes, .. } in all.iter().map(usage) {
            puts += stored;
            queries += query_bytes.len();
        }
        assert!(puts > 50 && queries == 2, "{puts} {queries}");
    }
}
