//! Sends, receives, deletes, changes of visibility and waiting, in any order: against a list of messages, nothing is lost,
//! nothing hidden is shown, a FIFO group comes in order, and duplicates count once.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use wavetank_wire::FromVal as _;
use wavetank_wire::sqs::*;

use super::Sqs;
use crate::services::{Service as _, ServiceId};
use crate::world::testing::Bench;
use crate::world::{Answer, Effect};

#[derive(Clone, Debug)]
enum Step {
    /// Group, body, delay in seconds.
    Send(u8, u8, u8),
    /// How many, and for how many seconds they are hidden.
    Receive(i64, u8),
    /// A long poll of so many seconds.
    Poll(u8),
    Delete(usize),
    Hide(usize, u8),
    Wait(u8),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..3_u8, 0..12_u8, 0..4_u8).prop_map(|(group, body, delay)| Step::Send(group, body, delay)),
        4 => (1..4_i64, 0..6_u8).prop_map(|(max, secs)| Step::Receive(max, secs)),
        1 => (1..20_u8).prop_map(Step::Poll),
        2 => (0..8_usize).prop_map(Step::Delete),
        1 => (0..8_usize, 0..6_u8).prop_map(|(which, secs)| Step::Hide(which, secs)),
        3 => (0..120_u8).prop_map(Step::Wait),
    ]
}

/// A message as the model knows it: times are seconds since the start.
#[derive(Clone, Debug)]
struct Known {
    id: String,
    group: u8,
    visible_at: u64,
    receives: u64,
    handle: Option<String>,
}

const MAX_RECEIVES: u64 = 3;

/// The service under test beside a list.
struct Pair {
    sqs: Sqs,
    bench: Bench,
    fifo: bool,
    now: u64,
    alive: Vec<Known>,
    dead: Vec<String>,
    deleted: u64,
    sent: u64,
    /// When each body was sent last, in a FIFO queue.
    bodies: BTreeMap<u8, (u64, String)>,
}

impl Pair {
    fn new(fifo: bool) -> Self {
        let (sqs, bench) = (Sqs::default(), Bench::new(ServiceId::Sqs));
        let mut pair = Self {
            sqs,
            bench,
            fifo,
            now: 0,
            alive: Vec::new(),
            dead: Vec::new(),
            deleted: 0,
            sent: 0,
            bodies: BTreeMap::new(),
        };
        let suffix = if fifo { ".fifo" } else { "" };
        for name in ["dead", "q"] {
            let mut attributes = BTreeMap::new();
            if fifo {
                attributes.insert("FifoQueue".to_owned(), "true".to_owned());
            }
            if name == "q" {
                let target = format!("arn:aws:sqs:us-east-1:000000000000:dead{suffix}");
                let policy =
                    format!(r#"{{"deadLetterTargetArn":"{target}","maxReceiveCount":{MAX_RECEIVES}}}"#);
                attributes.insert("RedrivePolicy".to_owned(), policy);
            }
            let queue_name = format!("{name}{suffix}");
            let input = CreateQueueInput { queue_name, attributes: Some(attributes), tags: None };
            pair.call(Request::CreateQueue(input));
        }
        pair
    }

    fn url(&self, name: &str) -> String {
        format!("http://h/000000000000/{name}{}", if self.fifo { ".fifo" } else { "" })
    }

    fn call(&mut self, request: Request) -> Option<Response> {
        let sqs = &mut self.sqs;
        match self.bench.with(|cx| sqs.call(cx, request)) {
            Ok(Answer::Now(response)) => Some(response),
            Ok(_) => None,
            Err(error) => {
                assert!(error.to_string().contains("receipt handle has expired"), "{error}");
                None
            }
        }
    }

    fn send(&mut self, group: u8, body: u8, delay: u8) {
        let input = SendMessageInput {
            queue_url: self.url("q"),
            message_body: format!("b{body}"),
            delay_seconds: (!self.fifo).then_some(i64::from(delay)),
            message_group_id: self.fifo.then(|| format!("g{group}")),
            message_deduplication_id: self.fifo.then(|| format!("b{body}")),
            ..SendMessageInput::default()
        };
        let Some(Response::SendMessage(sent)) = self.call(Request::SendMessage(input)) else {
            panic!("not sent")
        };
        let id = sent.message_id.expect("an id");
        if self.fifo {
            match self.bodies.get(&body) {
                Some((at, first)) if self.now < at + 300 => return assert_eq!(id, *first),
                _ => drop(self.bodies.insert(body, (self.now, id.clone()))),
            }
        }
        self.sent += 1;
        let delay = if self.fifo { 0 } else { u64::from(delay) };
        self.alive.push(Known { id, group, visible_at: self.now + delay, receives: 0, handle: None });
    }

    /// Whether the model lets this message be seen now.
    fn may_see(&self, id: &str) -> bool {
        let at = self.alive.iter().position(|known| known.id == id).expect("a message that is there");
        let known = &self.alive[at];
        let before = |other: &Known| self.fifo && other.group == known.group && other.visible_at > self.now;
        known.visible_at <= self.now && !self.alive[..at].iter().any(before)
    }

    fn receive(&mut self, max: i64, secs: u8) {
        let input = ReceiveMessageInput {
            queue_url: self.url("q"),
            max_number_of_messages: Some(max),
            visibility_timeout: Some(i64::from(secs)),
            ..ReceiveMessageInput::default()
        };
        let Some(Response::ReceiveMessage(output)) = self.call(Request::ReceiveMessage(input)) else {
            panic!("no answer")
        };
        let waiting =
            self.alive.iter().filter(|known| self.may_see(&known.id) && known.receives < MAX_RECEIVES);
        let waiting = waiting.count();
        let messages = output.messages.unwrap_or_default();
        assert!(messages.len() <= usize::try_from(max).expect("small"));
        // Nothing that can be seen is withheld, unless what is dead stands before it in its group.
        assert_eq!(messages.len(), waiting.min(usize::try_from(max).expect("small")));
        self.take(messages, secs);
    }

    fn take(&mut self, messages: Vec<Message>, secs: u8) {
        let mut last: BTreeMap<u8, usize> = BTreeMap::new();
        let mut taken = Vec::new();
        for message in messages {
            let id = message.message_id.expect("an id");
            assert!(self.may_see(&id), "a hidden message was shown");
            let at = self.alive.iter().position(|known| known.id == id).expect("a message that is there");
            if self.fifo {
                let before = last.insert(self.alive[at].group, at);
                assert!(before.is_none_or(|before| before < at), "a group out of order");
            }
            taken.push((at, message.receipt_handle));
        }
        for (at, handle) in taken {
            let known = &mut self.alive[at];
            known.handle = handle;
            known.receives += 1;
            known.visible_at = self.now + u64::from(secs);
            assert!(known.receives <= MAX_RECEIVES);
        }
        self.bury();
    }

    /// What the service has moved is what the model says is worn out.
    fn bury(&mut self) {
        loop {
            let input = ReceiveMessageInput {
                queue_url: self.url("dead"),
                max_number_of_messages: Some(10),
                ..ReceiveMessageInput::default()
            };
            let Some(Response::ReceiveMessage(output)) = self.call(Request::ReceiveMessage(input)) else {
                return;
            };
            let Some(messages) = output.messages else { return };
            for message in messages {
                let id = message.message_id.expect("an id");
                let at = self.alive.iter().position(|known| known.id == id).expect("dead once");
                assert_eq!(self.alive[at].receives, MAX_RECEIVES, "moved too early");
                self.alive.remove(at);
                self.dead.push(id);
                let receipt_handle = message.receipt_handle.expect("a handle");
                let input = DeleteMessageInput { queue_url: self.url("dead"), receipt_handle };
                self.call(Request::DeleteMessage(input));
            }
        }
    }

    fn delete(&mut self, which: usize) {
        let held: Vec<usize> = (0..self.alive.len()).filter(|at| self.alive[*at].handle.is_some()).collect();
        let Some(at) = held.get(which % held.len().max(1)) else { return };
        let known = self.alive[*at].clone();
        let input =
            DeleteMessageInput { queue_url: self.url("q"), receipt_handle: known.handle.expect("held") };
        let done = self.call(Request::DeleteMessage(input)).is_some();
        assert_eq!(done, !self.fifo || known.visible_at > self.now);
        if done {
            self.alive.remove(*at);
            self.deleted += 1;
        }
    }

    fn hide(&mut self, which: usize, secs: u8) {
        let held: Vec<usize> = (0..self.alive.len()).filter(|at| self.alive[*at].handle.is_some()).collect();
        let Some(at) = held.get(which % held.len().max(1)) else { return };
        let input = ChangeMessageVisibilityInput {
            queue_url: self.url("q"),
            receipt_handle: self.alive[*at].handle.clone().expect("held"),
            visibility_timeout: i64::from(secs),
        };
        if self.call(Request::ChangeMessageVisibility(input)).is_some() {
            self.alive[*at].visible_at = self.now + u64::from(secs);
        }
    }

    fn wait(&mut self, secs: u8) {
        self.now += u64::from(secs);
        self.bench.now += Duration::from_secs(u64::from(secs));
    }

    /// Waits as a long poll does: from deadline to deadline.
    fn poll(&mut self, secs: u8) {
        let input = ReceiveMessageInput {
            queue_url: self.url("q"),
            visibility_timeout: Some(5),
            wait_time_seconds: Some(i64::from(secs)),
            ..ReceiveMessageInput::default()
        };
        let (until, start) = (self.now + u64::from(secs), self.bench.now);
        self.bench.take();
        let mut answer = self.call(Request::ReceiveMessage(input)).map(|response| match response {
            Response::ReceiveMessage(output) => output,
            other => panic!("{other:?}"),
        });
        while answer.is_none() {
            let at = self.sqs.next_deadline().expect("a poll has an end");
            assert!(at <= start + Duration::from_secs(u64::from(secs)));
            self.now += at.since(self.bench.now).as_secs();
            self.bench.now = at;
            let sqs = &mut self.sqs;
            self.bench.with(|cx| sqs.tick(cx));
            answer = self.bench.take().into_iter().find_map(|effect| match effect {
                Effect::Answer(_, result) => {
                    Some(ReceiveMessageOutput::from_val(result.expect("no refusal")))
                }
                _ => None,
            });
        }
        let messages = answer.and_then(|output| output.messages).unwrap_or_default();
        assert!(!messages.is_empty() || self.now == until, "a poll ended early");
        self.take(messages, 5);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn messages_are_seen_deleted_or_dead_and_nothing_else(fifo: bool, steps in vec(step(), 1..80)) {
        let mut pair = Pair::new(fifo);
        for step in steps {
            match step {
                Step::Send(group, body, delay) => pair.send(group, body, delay),
                Step::Receive(max, secs) => pair.receive(max, secs),
                Step::Poll(secs) => pair.poll(secs),
                Step::Delete(which) => pair.delete(which),
                Step::Hide(which, secs) => pair.hide(which, secs),
                Step::Wait(secs) => pair.wait(secs),
            }
        }
        pair.bury();
        let accounted = pair.alive.len() as u64 + pair.dead.len() as u64 + pair.deleted;
        prop_assert_eq!(accounted, pair.sent);
        // What is alive is there: wait until all is visible, and take it.
        pair.wait(60);
        for _ in 0..pair.alive.len() * 4 + 4 {
            pair.receive(3, 0);
        }
        prop_assert!(pair.alive.is_empty());
    }
}
