//! docker-compose.yml, without Docker: bound to loopback, with health checks, of the images that the harness starts, and shown in
//! docs/compose.md. `image.rs` runs our own service of it.

use std::fs;

use saphyr_parser::{Event, Parser};
use serde_json::{Map, Value};
use wavetank::containers::{Image, MINIO_LOGIN};
use wavetank_tests::root;

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap()
}

/// A document of YAML without aliases, as a tree in which every scalar is a text.
fn tree(text: &str) -> Value {
    let mut events = Parser::new_from_str(text).map(|next| next.unwrap().0);
    events.find(|event| matches!(event, Event::DocumentStart(_))).unwrap();
    let first = events.next().unwrap();
    value(first, &mut events)
}

fn value<'a>(event: Event<'a>, rest: &mut impl Iterator<Item = Event<'a>>) -> Value {
    match event {
        Event::Scalar(text, ..) => Value::String(text.into_owned()),
        Event::SequenceStart(..) => {
            let mut entries = Vec::new();
            loop {
                match rest.next().unwrap() {
                    Event::SequenceEnd => return Value::Array(entries),
                    entry => entries.push(value(entry, rest)),
                }
            }
        }
        Event::MappingStart(..) => {
            let mut entries = Map::new();
            loop {
                match rest.next().unwrap() {
                    Event::MappingEnd => return Value::Object(entries),
                    Event::Scalar(key, ..) => {
                        let entry = rest.next().unwrap();
                        entries.insert(key.into_owned(), value(entry, rest));
                    }
                    other => panic!("{other:?} is no key"),
                }
            }
        }
        other => panic!("{other:?} is no value"),
    }
}

/// The services by name.
pub(super) fn services() -> Map<String, Value> {
    match tree(&read("docker-compose.yml"))["services"].take() {
        Value::Object(services) => services,
        other => panic!("no services: {other}"),
    }
}

/// The texts of a list; none if it is not there.
pub(super) fn texts(list: &Value) -> Vec<&str> {
    list.as_array().into_iter().flatten().map(|text| text.as_str().unwrap()).collect()
}

/// Where a service listens on this machine, such as `127.0.0.1:5432`.
fn address(service: &Value) -> &str {
    texts(&service["ports"])[0].rsplit_once(':').unwrap().0
}

#[test]
fn a_tree_of_yaml_has_its_lists_maps_and_texts() {
    let found = tree("a: [x, 1]\nb:\n  - {c: true}\n  - \"d:e\"\n");
    assert_eq!(found, serde_json::json!({ "a": ["x", "1"], "b": [{ "c": "true" }, "d:e"] }));
}

#[test]
fn the_services_are_our_own_image_localstack_minio_and_postgresql() {
    let services = services();
    let image = |name: &str| services[name]["image"].as_str().unwrap().to_owned();
    let names: Vec<&str> = services.keys().map(String::as_str).collect();
    assert_eq!(names, ["wavetank", "localstack", "minio", "postgres"]);
    assert_eq!(image("wavetank"), super::image::NAME);
    assert_eq!(image("localstack"), Image::localstack().name());
    assert_eq!(image("minio"), Image::minio().name());
    assert!(image("postgres").starts_with("postgres:") && !image("postgres").ends_with("latest"));
    let minio = &services["minio"]["environment"];
    let login = (minio["MINIO_ROOT_USER"].as_str(), minio["MINIO_ROOT_PASSWORD"].as_str());
    assert_eq!(login, (Some(MINIO_LOGIN.0), Some(MINIO_LOGIN.1)));
}

#[test]
fn every_service_is_published_to_loopback_alone_at_a_port_of_its_own() {
    let services = services();
    let mut addresses = Vec::new();
    for (name, service) in &services {
        let ports = texts(&service["ports"]);
        assert_eq!(ports.len(), 1, "{name}");
        for port in ports {
            let parts: Vec<&str> = port.split(':').collect();
            assert!(parts.len() == 3 && parts[0] == "127.0.0.1", "{name}: {port} is open to others");
        }
        assert!(service["network_mode"].is_null() && service["privileged"].is_null(), "{name}: {service}");
        addresses.push(address(service));
    }
    addresses.sort_unstable();
    addresses.dedup();
    assert_eq!(addresses.len(), services.len(), "two services have one port: {addresses:?}");
}

#[test]
fn every_service_has_a_health_check() {
    for (name, service) in &services() {
        if name == "wavetank" {
            // The image's own.
            assert!(service["healthcheck"].is_null(), "{service}");
            let dockerfile = read("Dockerfile");
            let check = dockerfile.lines().find(|line| line.starts_with("HEALTHCHECK ")).unwrap();
            assert!(check.ends_with(r#"CMD ["/wavetank", "status"]"#), "{check}");
            continue;
        }
        let check = &service["healthcheck"];
        let test = texts(&check["test"]);
        assert!(test.len() > 1 && test[0] == "CMD", "{name}: {check}");
        for limit in ["interval", "timeout", "retries"] {
            assert!(check[limit].is_string(), "{name}: its check has no {limit}");
        }
    }
}

#[test]
fn the_page_shows_how_to_start_each_service_and_a_scenario_against_it() {
    let page = read("docs/compose.md");
    let services = services();
    for (name, service) in &services {
        let image = service["image"].as_str().unwrap();
        for said in [&*format!("docker compose up --wait {name}"), image, address(service)] {
            assert!(page.contains(said), "docs/compose.md does not say `{said}`");
        }
    }
    let postgres = &services["postgres"];
    let of = |variable: &str| postgres["environment"][variable].as_str().unwrap();
    let (user, password, name) = (of("POSTGRES_USER"), of("POSTGRES_PASSWORD"), of("POSTGRES_DB"));
    let url = format!("--orders postgres://{user}:{password}@{}/{name}", address(postgres));
    assert!(page.contains(&url), "docs/compose.md does not say `{url}`");
    for service in ["wavetank", "localstack"] {
        let run = format!("--endpoint http://{}", address(&services[service]));
        assert!(page.contains(&run), "docs/compose.md does not say `{run}`");
    }
    let run = format!("--s3 http://{}", address(&services["minio"]));
    assert!(page.contains(&run), "docs/compose.md does not say `{run}`");
}
