//! From the botocore package to `wire/models/`: the shapes that served operations reach, without prose.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use indexmap::IndexMap;
use serde_json::Value;

use super::model::{Model, Shape};
use super::{ServedService, ops, read};

/// Downloads the pinned botocore with pip and writes one stripped model per service.
pub(crate) fn fetch(root: &Path) -> Result<(), String> {
    let ops = ops(root)?;
    let services: Vec<&str> = ops.service.keys().map(String::as_str).collect();
    let folder = temporary()?;
    download(&ops.botocore.version, &services, folder.path())?;
    for (service, served) in &ops.service {
        take(root, folder.path(), service, served, service)?;
        if let Some(version) = &served.query_model {
            let folder = temporary()?;
            download(version, &[service], folder.path())?;
            take(root, folder.path(), service, served, &format!("{service}.query"))?;
        }
    }
    Ok(())
}

fn temporary() -> Result<tempfile::TempDir, String> {
    tempfile::tempdir().map_err(|why| why.to_string())
}

/// Strips a service's model out of what was unpacked into `folder`, and writes it as `wire/models/{name}.json`.
fn take(root: &Path, folder: &Path, service: &str, served: &ServedService, name: &str) -> Result<(), String> {
    let text = read(&newest_model(folder, service)?)?;
    let model = strip(service, served, &text)?;
    let out = root.join(format!("wire/models/{name}.json"));
    fs::write(&out, render(&model)?).map_err(|why| format!("{}: {why}", out.display()))
}

/// Unpacks the wheel with Python, which pip has brought along anyway.
fn download(version: &str, services: &[&str], folder: &Path) -> Result<(), String> {
    const UNPACK: &str = "
import glob, gzip, os, sys, zipfile
folder, services = sys.argv[1], sys.argv[2:]
wheel = zipfile.ZipFile(glob.glob(folder + '/botocore-*.whl')[0])
for name in wheel.namelist():
    parts = name.split('/')
    if len(parts) == 5 and parts[1] == 'data' and parts[2] in services and parts[4].startswith('service-2.json'):
        data = wheel.read(name)
        data = gzip.decompress(data) if name.endswith('.gz') else data
        os.makedirs(f'{folder}/{parts[2]}/{parts[3]}')
        open(f'{folder}/{parts[2]}/{parts[3]}/service-2.json', 'wb').write(data)
";
    let package = format!("botocore=={version}");
    let run = |command: &mut Command| match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{command:?}: {status}")),
        Err(why) => Err(format!("{command:?}: {why}")),
    };
    run(Command::new("python3")
        .args(["-m", "pip", "download", "--quiet", "--no-deps", &package, "-d"])
        .arg(folder))?;
    run(Command::new("python3").args(["-c", UNPACK]).arg(folder).args(services))
}

fn newest_model(folder: &Path, service: &str) -> Result<PathBuf, String> {
    let home = folder.join(service);
    let entries = fs::read_dir(&home).map_err(|why| format!("botocore has no service `{service}`: {why}"))?;
    let versions: BTreeSet<PathBuf> =
        entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    let newest = versions.last().ok_or_else(|| format!("botocore has no version of `{service}`"))?;
    Ok(newest.join("service-2.json"))
}

fn strip(service: &str, served: &ServedService, text: &str) -> Result<Model, String> {
    let mut whole: Value = serde_json::from_str(text).map_err(|why| format!("{service}: {why}"))?;
    let all = whole["operations"].as_object().cloned().unwrap_or_default();
    for name in &served.operations {
        if !all.contains_key(name) {
            return Err(format!("wire/ops.toml: {service} has no operation `{name}`"));
        }
    }
    let is_served = |name: &str| served.operations.iter().any(|op| op == name);
    whole["unserved"] = all
        .iter()
        .filter(|(name, _)| !is_served(name))
        .map(|(name, op)| (name.clone(), op["http"].clone()))
        .collect();
    whole["operations"] =
        all.into_iter().filter(|(name, _)| is_served(name)).collect::<serde_json::Map<_, _>>().into();
    let mut model: Model = serde_json::from_value(whole).map_err(|why| format!("{service}: {why}"))?;
    let reached = reach(&model, &served.unbuilt);
    model.shapes.retain(|name, _| reached.contains(name));
    for shape in model.shapes.values_mut() {
        for (name, member) in &mut shape.members {
            if served.unbuilt.contains(name) {
                member.shape = "Unbuilt".to_owned();
            }
        }
    }
    model.shapes.insert("Unbuilt".to_owned(), Shape { kind: "unbuilt".to_owned(), ..Shape::default() });
    model.operations.sort_keys();
    model.unserved.sort_keys();
    model.shapes.sort_keys();
    Ok(model)
}

/// Names of every shape that an operation's input, output or errors lead to.
fn reach(model: &Model, unbuilt: &[String]) -> BTreeSet<String> {
    let roots = model.operations.values().flat_map(|op| op.input.iter().chain(&op.output).chain(&op.errors));
    let mut todo: Vec<String> = roots.map(|reference| reference.shape.clone()).collect();
    let mut reached = BTreeSet::new();
    while let Some(name) = todo.pop() {
        let Some(shape) = model.shapes.get(&name) else { continue };
        if !reached.insert(name) {
            continue;
        }
        let members = shape.members.iter().filter(|(member, _)| !unbuilt.contains(member)).map(|(_, r)| r);
        let others = [&shape.member, &shape.key, &shape.value].into_iter().filter_map(|part| part.as_deref());
        todo.extend(members.chain(others).map(|reference| reference.shape.clone()));
    }
    reached
}

/// One line per operation and shape: a change in AWS's model is a change of a line here.
fn render(model: &Model) -> Result<String, String> {
    fn lines<T: serde::Serialize>(map: &IndexMap<String, T>) -> Result<String, String> {
        let line = |(name, value): (&String, &T)| {
            serde_json::to_string(value)
                .map(|text| format!("  \"{name}\": {text}"))
                .map_err(|why| why.to_string())
        };
        Ok(map.iter().map(line).collect::<Result<Vec<_>, _>>()?.join(",\n"))
    }
    let metadata = serde_json::to_string(&model.metadata).map_err(|why| why.to_string())?;
    Ok(format!(
        "{{\n\"metadata\": {metadata},\n\"operations\": {{\n{}\n}},\n\"unserved\": {{\n{}\n}},\n\"shapes\": {{\n{}\n}}\n}}\n",
        lines(&model.operations)?,
        lines(&model.unserved)?,
        lines(&model.shapes)?
    ))
}
