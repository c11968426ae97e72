//! What a run on a server that was there before it needs of that server, asked before anything is created.
//!
//! `needs.rs` says what the scenario needs, `probe.rs` asks the server. What only queries and checks ask may be missing: they are
//! then not run, and the report says so.

mod needs;
mod probe;

use std::collections::BTreeMap;

use wavetank_scenarios::Scenario;
use wavetank_wire::WireError;

use crate::client::Aws;
pub use needs::{Need, Needs, asked_by, asked_of, needs, resource_types};
pub use probe::{Presence, probe};

/// By service: why it is not there.
pub type Absent = BTreeMap<&'static str, String>;

/// On what terms a run takes place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// Services that are not there and that only queries and checks ask.
    pub absent: Absent,
    /// The resources that the stack must have: types by logical id. Empty where nobody doubts it.
    pub resources: BTreeMap<String, String>,
}

/// What a scenario needs, and what there is of it.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The target's name.
    pub target: String,
    /// The template's resources: types by logical id.
    pub resources: BTreeMap<String, String>,
    /// What needs each service.
    pub needs: Needs,
    /// What the target says of each.
    pub presence: BTreeMap<&'static str, Presence>,
    /// Why the template's resources are not known, if they are not.
    pub unread: Option<String>,
}

/// Why a scenario cannot run there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// Services are missing.
    #[error(
        "{target} has no {services}\nhint: run it on a target that has them, such as `--target embedded`; nothing has been created"
    )]
    Missing {
        /// Its name.
        target: String,
        /// Each with what needs it.
        services: String,
    },
    /// A service turns the caller away.
    #[error(
        "{target} refuses {service}: {why}\nhint: give credentials that may use it (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN); nothing has been created"
    )]
    Refused {
        /// Its name.
        target: String,
        /// The service.
        service: String,
        /// In its words.
        why: String,
    },
    /// The server has stopped answering.
    #[error(transparent)]
    Api(#[from] WireError),
}

impl Plan {
    /// Finds out. Nothing is created.
    pub async fn of(
        aws: Aws<'_>,
        scenario: &Scenario,
        parameters: &BTreeMap<String, String>,
    ) -> Result<Self, PlanError> {
        let (resources, unread) = match resource_types(scenario, parameters).await {
            Ok(types) => (types, None),
            Err(why) => (BTreeMap::new(), Some(why.to_string())),
        };
        let needs = needs(scenario, &resources);
        let presence = probe(aws, needs.keys().copied()).await?;
        Ok(Self { target: aws.target().name().to_owned(), resources, needs, presence, unread })
    }

    /// The plan in lines, for whoever waits.
    pub fn lines(&self) -> Vec<String> {
        let mut there = Vec::new();
        let mut lines = Vec::new();
        for (service, presence) in &self.presence {
            match presence {
                Presence::There => there.push(*service),
                other => lines.push(format!("  {service}: {other}; needed by {}", self.needs[service].by())),
            }
        }
        lines.insert(0, format!("{}: {}", self.target, there.join(", ")));
        if let Some(why) = &self.unread {
            lines.push(format!("  which services the template needs is not known: {why}"));
        }
        lines
    }

    /// What the run has to do with: queries and checks may lack a service.
    ///
    /// Error: one that the run cannot do without.
    pub fn terms(&self) -> Result<Terms, PlanError> {
        let mut missing = Vec::new();
        let mut absent = Absent::new();
        for (service, presence) in &self.presence {
            let need = &self.needs[service];
            match presence {
                Presence::There => {}
                Presence::Refused(why) if need.is_vital() => {
                    let (target, service) = (self.target.clone(), (*service).to_owned());
                    return Err(PlanError::Refused { target, service, why: why.clone() });
                }
                Presence::Missing(_) if need.is_vital() => {
                    missing.push(format!("{service}, needed by {}", need.by()));
                }
                Presence::Missing(why) | Presence::Refused(why) => {
                    absent.insert(service, why.clone());
                }
            }
        }
        if missing.is_empty() {
            return Ok(Terms { absent, resources: self.resources.clone() });
        }
        Err(PlanError::Missing { target: self.target.clone(), services: missing.join("; no ") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(resources: &[&str], asks: &[&str], presence: Presence) -> Plan {
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let need = Need { resources: set(resources), asks: set(asks), ..Need::default() };
        Plan {
            target: "endpoint http://here".to_owned(),
            resources: BTreeMap::new(),
            needs: Needs::from([("glue", need)]),
            presence: BTreeMap::from([("glue", presence)]),
            unread: None,
        }
    }

    #[test]
    fn what_the_template_needs_is_missed_by_name_and_what_is_only_asked_is_not_run() {
        let missing = Presence::Missing("NotImplemented: glue".to_owned());
        let error = plan(&["Clean (AWS::Glue::Job)"], &["check jobs"], missing.clone()).terms();
        let text = error.expect_err("a job needs Glue").to_string();
        let begins = "endpoint http://here has no glue, needed by Clean (AWS::Glue::Job), check jobs\nhint: ";
        assert!(text.starts_with(begins) && text.ends_with("nothing has been created"), "{text}");
        let absent = plan(&[], &["check schema"], missing.clone()).terms().expect("only a check asks").absent;
        assert_eq!(absent, Absent::from([("glue", "NotImplemented: glue".to_owned())]));
        let lines = plan(&[], &["check schema"], missing).lines();
        assert_eq!(lines[1], "  glue: not there (NotImplemented: glue); needed by check schema");
        assert!(plan(&["Clean"], &[], Presence::There).terms().expect("it is there").absent.is_empty());
    }
}
