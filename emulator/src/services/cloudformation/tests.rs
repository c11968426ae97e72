//! Stacks by example: the engine alone with scripted replies, and then with the tank's own services.

mod change_sets;
mod database;
mod engine;
mod every_type;
mod tables;
mod with_services;

use std::collections::BTreeMap;

use regex::Regex;
use wavetank_types::Timestamp;
use wavetank_wire::cloudformation::{self as api, Request as ApiRequest, Response};
use wavetank_wire::{Val, WireError};

use super::{CloudFormation, CloudFormationError};
use crate::services::{Service, ServiceId};
use crate::world::testing::Bench;
use crate::world::{Answer, Delivery, Effect};

/// CloudFormation, with a script in the place of the other services.
struct Lab {
    service: CloudFormation,
    bench: Bench,
    start: Timestamp,
    /// What an operation answers; others answer nothing at all, which is success.
    script: BTreeMap<String, WireError>,
    /// Operations that were called.
    asked: Vec<String>,
}

impl Lab {
    fn new() -> Self {
        let bench = Bench::new(ServiceId::CloudFormation);
        let start = bench.now;
        Self { service: CloudFormation::default(), bench, start, script: BTreeMap::new(), asked: Vec::new() }
    }

    fn refusing(mut self, operation: &str, code: &str, message: &str) -> Self {
        self.script.insert(operation.to_owned(), WireError::client(code, message));
        self
    }

    fn call(&mut self, request: ApiRequest) -> Result<Response, CloudFormationError> {
        let service = &mut self.service;
        let answer = self.bench.with(|cx| service.call(cx, request))?;
        match answer {
            Answer::Now(response) => Ok(response),
            Answer::Later(_) | Answer::Stream(_) => unreachable!("no template comes from S3 here"),
        }
    }

    /// Lets time pass until nothing is left to happen.
    fn settle(&mut self) {
        while self.step() {}
    }

    /// Goes to the next deadline. Answers false if there is none.
    fn step(&mut self) -> bool {
        let Some(due) = self.service.next_deadline() else { return false };
        self.bench.now = self.bench.now.max(due);
        let service = &mut self.service;
        self.bench.with(|cx| service.tick(cx));
        loop {
            let effects = self.bench.take();
            if effects.is_empty() {
                return true;
            }
            effects.into_iter().for_each(|effect| self.reply(effect));
        }
    }

    fn reply(&mut self, effect: Effect) {
        let (name, reply) = match effect {
            Effect::Call { operation, reply, .. } => (operation.to_owned(), reply),
            Effect::S3 { command, reply } => {
                let text = format!("{command:?}");
                (text.split([' ', '{']).next().unwrap_or_default().to_owned(), reply)
            }
            other => unreachable!("CloudFormation pushes no {other:?}"),
        };
        let result = self.script.get(&name).map_or(Ok(Val::Null), |error| Err(error.clone()));
        self.asked.push(name);
        if let Some(token) = reply {
            let service = &mut self.service;
            self.bench.with(|cx| service.deliver(cx, Delivery::Reply { token, result }));
        }
    }

    fn create(&mut self, template: &str) -> Result<Response, CloudFormationError> {
        self.call(ApiRequest::CreateStack(create_input(template)))
    }

    fn update(&mut self, template: &str) -> Result<Response, CloudFormationError> {
        self.call(ApiRequest::UpdateStack(api::UpdateStackInput {
            stack_name: "s".to_owned(),
            template_body: Some(template.to_owned()),
            capabilities: Some(vec!["CAPABILITY_IAM".to_owned()]),
            ..Default::default()
        }))
    }

    fn delete(&mut self) {
        let input = api::DeleteStackInput { stack_name: "s".to_owned(), ..Default::default() };
        self.call(ApiRequest::DeleteStack(input)).expect("the deletion begins");
    }

    /// How long the newest stack's history is.
    fn events(&self) -> usize {
        self.service.stacks.last().map_or(0, |(_, stack)| stack.events.len())
    }

    /// The history of the newest stack, oldest first, without its first `skip` events.
    fn history(&self, skip: usize) -> String {
        let (_, stack) = self.service.stacks.last().expect("a stack");
        let ids = Regex::new("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f-]{21}").expect("a pattern");
        let mut text = String::new();
        for event in stack.events.iter().skip(skip) {
            let millis = event.at.since(self.start).as_millis();
            let (logical, status) = (&event.logical, event.status.name());
            let reason = event.reason.as_deref().unwrap_or_default().replace('\n', " ");
            let line = format!("{millis:<4} {logical:<6} {status} {reason}");
            text.push_str(ids.replace_all(line.trim_end(), "<id>").as_ref());
            text.push('\n');
        }
        text
    }

    fn status(&self) -> &'static str {
        self.service.stacks.last().map_or("", |(_, stack)| stack.status.name())
    }
}

fn create_input(template: &str) -> api::CreateStackInput {
    api::CreateStackInput {
        stack_name: "s".to_owned(),
        template_body: Some(template.to_owned()),
        capabilities: Some(vec!["CAPABILITY_IAM".to_owned()]),
        ..Default::default()
    }
}
