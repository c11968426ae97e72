//! EventBridge Scheduler on a frozen tank: when targets are called and with what, and what clients are told.

mod operations;
mod runs;

use std::time::Duration;

use serde_json::json;
use wavetank_types::{Seed, Timestamp};
use wavetank_wire::scheduler::*;
use wavetank_wire::{Operation, WireError, iam, sqs};

use crate::world::testing::refusal;
use crate::{Scope, Tank};

const ROLE: &str = "arn:aws:iam::000000000000:role/r";

/// A tank, and short words for what clients do.
struct Bench {
    tank: Tank,
}

fn queue_arn(name: &str) -> String {
    format!("arn:aws:sqs:us-east-1:000000000000:{name}")
}

/// A schedule of this expression that sends its scheduled time to the queue `q`.
fn schedule(expression: &str) -> CreateScheduleInput {
    CreateScheduleInput {
        name: "s".to_owned(),
        schedule_expression: expression.to_owned(),
        target: Target {
            arn: queue_arn("q"),
            role_arn: ROLE.to_owned(),
            input: Some("<aws.scheduler.scheduled-time>".to_owned()),
            ..Target::default()
        },
        flexible_time_window: FlexibleTimeWindow { mode: "OFF".to_owned(), maximum_window_in_minutes: None },
        ..CreateScheduleInput::default()
    }
}

impl Bench {
    async fn new() -> Self {
        let bench = Self { tank: Tank::builder().seed(Seed(7)).build() };
        bench.queue("q").await;
        bench.role("r", "scheduler.amazonaws.com").await;
        bench
    }

    /// A role that this service may assume.
    async fn role(&self, name: &str, service: &str) {
        let statement = json!({
            "Effect": "Allow", "Principal": { "Service": service }, "Action": "sts:AssumeRole"
        });
        let input = iam::CreateRoleInput {
            role_name: name.to_owned(),
            assume_role_policy_document: json!({ "Version": "2012-10-17", "Statement": [statement] })
                .to_string(),
            ..iam::CreateRoleInput::default()
        };
        self.call::<iam::CreateRole>(input).await.unwrap();
    }

    async fn call<O: Operation>(&self, input: O::Input) -> Result<O::Output, WireError> {
        self.tank.request::<O>(&Scope::default(), input).await
    }

    async fn create(&self, input: CreateScheduleInput) {
        self.call::<CreateSchedule>(input).await.unwrap();
    }

    async fn advance(&self, secs: u64) {
        self.tank.advance(Duration::from_secs(secs)).await;
    }

    async fn queue(&self, name: &str) {
        let input = sqs::CreateQueueInput { queue_name: name.to_owned(), ..sqs::CreateQueueInput::default() };
        self.call::<sqs::CreateQueue>(input).await.unwrap();
    }

    /// All messages of a queue, in order of their bodies, which are gone then.
    async fn read(&self, name: &str) -> Vec<sqs::Message> {
        let mut all = Vec::new();
        loop {
            let input = sqs::ReceiveMessageInput {
                queue_url: format!("http://h/000000000000/{name}"),
                max_number_of_messages: Some(10),
                message_attribute_names: Some(vec!["All".to_owned()]),
                ..sqs::ReceiveMessageInput::default()
            };
            let found = self.call::<sqs::ReceiveMessage>(input).await.unwrap().messages;
            let found = found.unwrap_or_default();
            if found.is_empty() {
                all.sort_by_key(|message: &sqs::Message| message.body.clone());
                return all;
            }
            all.extend(found);
        }
    }

    async fn bodies(&self, name: &str) -> Vec<String> {
        self.read(name).await.into_iter().map(|message| message.body.unwrap_or_default()).collect()
    }
}

fn at(text: &str) -> Timestamp {
    Timestamp::from_secs(chrono::DateTime::parse_from_rfc3339(text).expect("a time").timestamp())
}
