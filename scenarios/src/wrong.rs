//! What the form of a scenario allows and makes no sense, and what names something that there is not: found before anything is
//! started.
//!
//! Each is told with the path of its value, such as `check.3.order.edge`; `source.rs` knows where that stands. Left out: what
//! only the records can tell, such as a member that none of them has.

use std::collections::BTreeSet;
use std::path::Path;

use wavetank_generators::PROFILES;
use wavetank_types::names::split_s3_uri;

use crate::check::{Check, Files, Freshness};
use crate::error::nearest_of;
use crate::known::{FAULT_KINDS, FAULT_PLACES, SKIPPED};
use crate::scenario::{Exclude, Input, Scenario};
use crate::step::Upload;
use crate::template::Template;

/// Where the input may go.
const SINKS: [&str; 5] = ["kinesis", "firehose", "sqs", "dynamodb", "s3"];
/// Where records may be looked for.
const PLACES: [&str; 6] = ["s3", "dynamodb", "sqs", "kinesis", "logs", "athena"];
const OBJECTS: [&str; 1] = ["s3"];

/// Something wrong.
#[derive(Debug)]
pub(crate) struct Wrong {
    /// The path of the value.
    pub(crate) at: String,
    pub(crate) cause: String,
    pub(crate) hint: String,
}

impl Wrong {
    fn new(at: &str, cause: &str, hint: &str) -> Self {
        Self { at: at.to_owned(), cause: cause.to_owned(), hint: hint.to_owned() }
    }
}

/// `name`, unless it is one of these. `cause` says what there is not, and the name goes behind it.
fn unknown<'a>(
    at: String,
    cause: &str,
    name: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<Wrong> {
    let known: Vec<&str> = known.into_iter().collect();
    if known.contains(&name) {
        return None;
    }
    Some(Wrong { at, cause: format!("{cause} `{name}`"), hint: nearest_of(name, known) })
}

/// A place such as `kinesis:NAME` of one of these kinds, unless that is what it is.
fn wrong_place(at: String, place: &str, kinds: &[&str]) -> Option<Wrong> {
    // An output may be a place as a whole.
    if place.starts_with("${") {
        return None;
    }
    let (kind, name) = place.split_once(':').unwrap_or((place, ""));
    let hint = match kind {
        _ if !kinds.contains(&kind) => nearest_of(kind, kinds.iter().copied()),
        "s3" if split_s3_uri(place).is_none() => "write s3://BUCKET/PREFIX/".to_owned(),
        "athena" if !name.contains(':') && !name.starts_with("${") => {
            "write athena:DATABASE/WORKGROUP:SELECT ...".to_owned()
        }
        _ if name.is_empty() => format!("write {kind}:NAME"),
        _ => return None,
    };
    Some(Wrong { at, cause: format!("`{place}` is no place that fits here"), hint })
}

/// A kind of fault that there is not, or a service or operation that no fault of the kind meets: it would exclude nothing.
fn wrong_exclude(number: usize, exclude: &Exclude) -> Option<Wrong> {
    let at = |key: &str| format!("sim.exclude.{number}.{key}");
    let Exclude { kind, service, operation, .. } = exclude;
    let wrong_kind = unknown(at("kind"), "there is no kind of fault", kind, FAULT_KINDS);
    if wrong_kind.is_some() {
        return wrong_kind;
    }
    let places = || FAULT_PLACES.iter().filter(move |(.., kinds)| kinds.contains(&kind.as_str()));
    let services: BTreeSet<&str> = places().map(|(service, ..)| *service).collect();
    if services.is_empty() {
        let named = [("service", service), ("operation", operation)];
        let (key, _) = named.into_iter().find(|(_, name)| name.is_some())?;
        return Some(Wrong::new(&at(key), &format!("`{kind}` is of no service"), "leave it out"));
    }
    let wrong_service = service
        .as_deref()
        .and_then(|service| unknown(at("service"), &format!("`{kind}` meets no service"), service, services));
    wrong_service.or_else(|| {
        let is_there = |of: &str| service.as_deref().is_none_or(|service| service == of);
        let there = places().filter(|(of, operation, _)| is_there(of) && !operation.is_empty());
        let operations: BTreeSet<&str> = there.map(|(_, operation, _)| *operation).collect();
        let cause = format!("`{kind}` meets no operation");
        unknown(at("operation"), &cause, operation.as_deref()?, operations)
    })
}

impl Scenario {
    /// The first thing that is wrong, as far as the folder alone can tell.
    pub(crate) fn wrong(&self) -> Option<Wrong> {
        self.wrong_input()
            .or_else(|| self.wrong_ledger())
            .or_else(|| self.wrong_file())
            .or_else(|| self.wrong_profile())
            .or_else(|| self.wrong_places())
            .or_else(|| self.wrong_reference())
    }

    fn wrong_input(&self) -> Option<Wrong> {
        let Input { profile, template, file, rate, .. } = &self.input;
        let of_input = |cause: &str, hint: &str| Some(Wrong::new("input", cause, hint));
        let is_object = self.input.to.starts_with("s3:");
        let sources = "write one of profile = \"NAME\", template = \"PATH\" and file = \"PATH\"";
        match [profile, template, file].into_iter().flatten().count() {
            0 => return of_input("name a profile, a template or a file", sources),
            1 => {}
            _ => return of_input("name one of profile, template and file, not several", sources),
        }
        if profile.as_deref() == Some("fashion-store") && self.input.orders.is_none() && self.ledger.is_none()
        {
            return of_input("a store needs a place for its orders", "write orders = \"s3://BUCKET/\"");
        }
        if file.is_none() && self.input.rows == 0 {
            return of_input("say how many rows", "write them, such as rows = 1_000");
        }
        if rate.is_some() && is_object {
            return of_input("one object has no rate", "leave the rate out, or send the records to a stream");
        }
        if template.is_some() && rate.is_none() && !is_object {
            return of_input("a template needs a rate, such as 20/s", "write rate = \"20/s\"");
        }
        None
    }

    fn wrong_ledger(&self) -> Option<Wrong> {
        let at = |path: &str, cause: &str, hint: &str| Some(Wrong::new(path, cause, hint));
        let identity = "write [ledger] and below it identity = \"MEMBER\"";
        if self.ledger.is_none() {
            return match (self.edges.is_empty(), self.output.data.is_empty(), &self.input.file) {
                (false, ..) => {
                    at("edge", "[[edge]] needs a [ledger] that says what names a record", identity)
                }
                (_, true, _) => at(
                    "input",
                    "say where records end: [ledger] and [[edge]], or [output]",
                    "docs/scenario.md shows a ledger",
                ),
                (.., Some(_)) => at("input", "a file needs a [ledger] and edges", identity),
                _ => None,
            };
        }
        if self.edges.iter().any(|edge| edge.ends.is_some()) {
            return None;
        }
        let path = if self.edges.is_empty() { "ledger" } else { "edge" };
        at(
            path,
            "no [[edge]] has `ends`: a record must end somewhere",
            "write ends = \"delivered\" where it does",
        )
    }

    /// A file that the folder does not hold.
    fn wrong_file(&self) -> Option<Wrong> {
        let mut named = vec![("template".to_owned(), &self.template)];
        let of_input = [("input.template", &self.input.template), ("input.file", &self.input.file)];
        named.extend(of_input.into_iter().filter_map(|(at, file)| Some((at.to_owned(), file.as_ref()?))));
        for (number, upload) in self.uploads.iter().enumerate() {
            if let Upload::File { file, .. } = upload {
                named.push((format!("upload.{number}.file"), file));
            }
        }
        for (number, query) in self.queries.iter().enumerate() {
            named.push((format!("query.{number}.file"), &query.file));
            named.extend(query.oracle.as_ref().map(|file| (format!("query.{number}.oracle"), file)));
        }
        let (at, missing) = named.into_iter().find(|(_, file)| !self.files.contains_key(*file))?;
        // Of the folder's files those of the same kind: it may hold many.
        let ending = Path::new(missing).extension();
        let alike = self.files.keys().map(String::as_str);
        let alike: Vec<&str> = alike.filter(|file| Path::new(file).extension() == ending).collect();
        let is_alone = alike.is_empty();
        let mut wrong = unknown(at, "the folder has no file", missing, alike)?;
        if is_alone {
            wrong.hint = "put it into the folder".to_owned();
        }
        Some(wrong)
    }

    fn wrong_profile(&self) -> Option<Wrong> {
        let name = self.input.profile.as_deref()?;
        let Some(profile) = PROFILES.iter().find(|profile| profile.name == name) else {
            let known = PROFILES.iter().map(|profile| profile.name);
            return unknown("input.profile".to_owned(), "there is no profile", name, known);
        };
        let table = self.input.table.as_deref()?;
        let cause = format!("profile {name} has no table");
        unknown("input.table".to_owned(), &cause, table, profile.tables.iter().map(|(table, _)| *table))
    }

    /// A place of another kind than can be used there.
    fn wrong_places<'s>(&'s self) -> Option<Wrong> {
        let Self { input, output, .. } = self;
        let mut places: Vec<(String, &'s str, &'static [&'static str])> = Vec::new();
        let mut add = |at: String, place: Option<&'s String>, kinds: &'static [&'static str]| {
            places.extend(place.map(|place| (at, place.as_str(), kinds)));
        };
        add("input.to".to_owned(), Some(&input.to), &SINKS);
        add("input.orders".to_owned(), input.orders.as_ref(), &["s3", "rds"]);
        add("input.catalogue".to_owned(), input.catalogue.as_ref(), &OBJECTS);
        let data = Some(&output.data).filter(|data| !data.is_empty());
        add("output.data".to_owned(), data, &["s3", "dynamodb"]);
        add("output.rejects".to_owned(), output.rejects.as_ref(), &["s3", "logs"]);
        add("output.orders".to_owned(), output.orders.as_ref(), &OBJECTS);
        add("output.order_details".to_owned(), output.order_details.as_ref(), &OBJECTS);
        add("landing.in".to_owned(), self.landing.as_ref().map(|landing| &landing.within), &OBJECTS);
        add("airflow.dags".to_owned(), self.airflow.as_ref().map(|airflow| &airflow.dags), &OBJECTS);
        for (number, upload) in self.uploads.iter().enumerate() {
            let (key, place) = match upload {
                Upload::File { to, .. } => ("to", to),
                Upload::Marker { marker } => ("marker", marker),
            };
            add(format!("upload.{number}.{key}"), Some(place), &OBJECTS);
        }
        for (number, edge) in self.edges.iter().enumerate() {
            add(format!("edge.{number}.at"), Some(&edge.at), &PLACES);
        }
        for (number, check) in self.checks.iter().enumerate() {
            let at = |rest: &str| format!("check.{number}.{rest}");
            match check {
                Check::Partition { within, .. } => add(at("partition.in"), Some(within), &OBJECTS),
                Check::Files(Files { within, .. }) => add(at("files.in"), Some(within), &OBJECTS),
                Check::Replay(replay) => {
                    for (nth, within) in replay.within.iter().enumerate() {
                        add(at(&format!("replay.in.{nth}")), Some(within), &OBJECTS);
                    }
                }
                _ => {}
            }
        }
        places.into_iter().find_map(|(at, place, kinds)| wrong_place(at, place, kinds))
    }

    /// An edge, a query, a check, a kind of fault or a place of one that there is not.
    fn wrong_reference(&self) -> Option<Wrong> {
        let of_checks =
            self.checks.iter().enumerate().find_map(|(number, check)| self.wrong_check(number, check));
        let of_excludes = || {
            self.sim.excludes.iter().enumerate().find_map(|(number, exclude)| wrong_exclude(number, exclude))
        };
        let of_skips = || {
            self.sim.skips.iter().enumerate().find_map(|(number, skip)| {
                unknown(format!("sim.skip.{number}.check"), "a simulation has no check", &skip.check, SKIPPED)
            })
        };
        of_checks.or_else(of_excludes).or_else(of_skips)
    }

    fn wrong_check(&self, number: usize, check: &Check) -> Option<Wrong> {
        let (name, edge) = match check {
            Check::Order { edge, .. } => ("order", edge.as_deref()?),
            Check::Freshness(Freshness { edge, .. }) => ("freshness", edge.as_deref()?),
            Check::Metamorphic(form) => {
                return form.queries.iter().enumerate().find_map(|(nth, query)| {
                    let at = format!("check.{number}.metamorphic.queries.{nth}");
                    unknown(
                        at,
                        "there is no query",
                        query,
                        self.queries.iter().map(|query| query.name.as_str()),
                    )
                });
            }
            _ => return None,
        };
        let edges = self.edges.iter().map(|edge| edge.name.as_str());
        unknown(format!("check.{number}.{name}.edge"), "there is no edge", edge, edges)
    }

    /// A parameter, of a variant or of a change, that the template does not have.
    pub(crate) fn wrong_parameter(&self, template: &Template) -> Option<Wrong> {
        let known = || template.parameters.iter().map(String::as_str);
        let of_variants = self.variants.iter().find_map(|(variant, form)| {
            let at = |name: &str| format!("variant.{variant}.parameters.{name}");
            form.parameters
                .keys()
                .find_map(|name| unknown(at(name), "the template has no parameter", name, known()))
        });
        of_variants.or_else(|| {
            self.checks.iter().enumerate().find_map(|(number, check)| {
                let Check::Metamorphic(form) = check else { return None };
                let at = |name: &str| format!("check.{number}.metamorphic.parameters.{name}");
                form.parameters
                    .keys()
                    .find_map(|name| unknown(at(name), "the template has no parameter", name, known()))
            })
        })
    }
}
