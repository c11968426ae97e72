//! Rules of composite alarms: `ALARM("a") AND (OK("b") OR NOT INSUFFICIENT_DATA(c))`.
//!
//! Documented: the words, and that `NOT` binds closest, then `AND`, then `OR` (text of `PutCompositeAlarm`, botocore 1.44.5, read
//! 2026-11-28). Left out, refused by name: `AT_LEAST`. Assumed: the sentences of refusals.

use std::collections::BTreeSet;

use super::evaluate::State;

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    Constant(bool),
    /// An alarm, by name or ARN as it is written, is in a state.
    Is(State, String),
    Not(Box<Rule>),
    And(Box<Rule>, Box<Rule>),
    Or(Box<Rule>, Box<Rule>),
}

/// Levels of a rule, at most.
const DEPTH_MAX: usize = 100;

impl Rule {
    /// Reads a rule, or says what is wrong and at which character.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut reader = Reader { text, at: 0, depth: 0 };
        let rule = reader.either()?;
        reader.skip();
        if reader.at < text.len() { Err(reader.unexpected()) } else { Ok(rule) }
    }

    /// Whether it holds when alarms are in these states; an alarm that is not there is in none.
    pub(super) fn holds(&self, state: &impl Fn(&str) -> Option<State>) -> bool {
        match self {
            Self::Constant(holds) => *holds,
            Self::Is(wanted, alarm) => state(name_of(alarm)) == Some(*wanted),
            Self::Not(inner) => !inner.holds(state),
            Self::And(left, right) => left.holds(state) && right.holds(state),
            Self::Or(left, right) => left.holds(state) || right.holds(state),
        }
    }

    /// The names of the alarms that it is about.
    pub(super) fn alarms(&self) -> BTreeSet<&str> {
        match self {
            Self::Constant(_) => BTreeSet::new(),
            Self::Is(_, alarm) => BTreeSet::from([name_of(alarm)]),
            Self::Not(inner) => inner.alarms(),
            Self::And(left, right) | Self::Or(left, right) => &left.alarms() | &right.alarms(),
        }
    }
}

/// The name in an alarm's ARN, or the name itself.
fn name_of(alarm: &str) -> &str {
    if alarm.starts_with("arn:") { alarm.splitn(7, ':').nth(6).unwrap_or(alarm) } else { alarm }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn skip(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn unexpected(&self) -> String {
        let place = self.text[..self.at].chars().count() + 1;
        match self.rest().chars().next() {
            Some(found) => format!("AlarmRule has an unexpected '{found}' at character {place}."),
            None => format!("AlarmRule ends unexpectedly at character {place}."),
        }
    }

    fn word(&self) -> &str {
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        &rest[..end]
    }

    fn take(&mut self, word: &str) -> bool {
        self.skip();
        let is = self.word() == word;
        self.at += if is { word.len() } else { 0 };
        is
    }

    fn sign(&mut self, sign: char) -> bool {
        self.skip();
        let is = self.rest().starts_with(sign);
        self.at += if is { sign.len_utf8() } else { 0 };
        is
    }

    fn either(&mut self) -> Result<Rule, String> {
        let mut left = self.both()?;
        while self.take("OR") {
            left = Rule::Or(Box::new(left), Box::new(self.both()?));
        }
        Ok(left)
    }

    fn both(&mut self) -> Result<Rule, String> {
        let mut left = self.one()?;
        while self.take("AND") {
            left = Rule::And(Box::new(left), Box::new(self.one()?));
        }
        Ok(left)
    }

    fn one(&mut self) -> Result<Rule, String> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err("AlarmRule is nested too deeply.".to_owned());
        }
        let rule = if self.take("NOT") {
            Rule::Not(Box::new(self.one()?))
        } else if self.sign('(') {
            let inner = self.either()?;
            if !self.sign(')') {
                return Err(self.unexpected());
            }
            inner
        } else if self.take("TRUE") {
            Rule::Constant(true)
        } else if self.take("FALSE") {
            Rule::Constant(false)
        } else {
            self.state()?
        };
        self.depth -= 1;
        Ok(rule)
    }

    fn state(&mut self) -> Result<Rule, String> {
        self.skip();
        let Some(state) = State::parse(self.word()) else { return Err(self.unexpected()) };
        self.at += self.word().len();
        if !self.sign('(') {
            return Err(self.unexpected());
        }
        self.skip();
        let quote = self.rest().chars().next().filter(|c| matches!(c, '"' | '\''));
        let alarm = match quote {
            Some(quote) => {
                let inner = &self.rest()[1..];
                let Some(end) = inner.find(quote) else { return Err(self.unexpected()) };
                let alarm = inner[..end].to_owned();
                self.at += end + 2;
                alarm
            }
            None => {
                let rest = self.rest();
                let end =
                    rest.find(|c: char| c == ')' || c == '(' || c.is_whitespace()).unwrap_or(rest.len());
                let alarm = rest[..end].to_owned();
                self.at += end;
                alarm
            }
        };
        if alarm.is_empty() || !self.sign(')') {
            return Err(self.unexpected());
        }
        Ok(Rule::Is(state, alarm))
    }
}
