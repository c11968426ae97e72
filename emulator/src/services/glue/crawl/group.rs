//! Which folders are tables and which are partitions.
//!
//! Documented: docs.aws.amazon.com/glue/latest/dg/crawler-s3-folder-table-partition.html and repost.aws/knowledge-center/
//! glue-crawler-detect-schema (to be verified): folders of a level whose schemas are alike are partitions of one table named
//! after the folder above them; otherwise each is a table. `k=v` names the partition's column, else it is `partition_0`, ...
//! Assumed: all folders of the level must be alike, at the same depth and with the same names; objects beside folders make
//! a table of their own; unlike objects of one folder each make a table named after the object.

use std::collections::BTreeMap;

use super::schema::{Schema, Stats};

/// One object that was looked at.
#[derive(Clone, Debug)]
pub(super) struct Looked {
    /// Relative to the include path.
    pub(super) key: String,
    pub(super) schema: Schema,
    pub(super) stats: Stats,
}

/// What a level of folders is called.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Level {
    Named(String),
    Unnamed,
}

/// A folder without further folders, or one object.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    pub(super) values: Vec<String>,
    /// Relative to the include path; ends with `/` unless it is an object.
    pub(super) path: String,
    pub(super) schema: Schema,
    pub(super) stats: Stats,
}

/// A table to be.
#[derive(Clone, Debug)]
pub(super) struct Group {
    /// The folder or object, relative to the include path; empty for the include path itself.
    pub(super) path: String,
    pub(super) schema: Schema,
    levels: Vec<Level>,
    pub(super) leaves: Vec<Leaf>,
}

impl Group {
    /// The names of the partition columns, in order.
    pub(super) fn partition_keys(&self) -> Vec<String> {
        let mut unnamed = 0..;
        let name = |level: &Level| match level {
            Level::Named(name) => name.to_lowercase(),
            Level::Unnamed => format!("partition_{}", unnamed.next().unwrap_or(0)),
        };
        self.levels.iter().map(name).collect()
    }

    pub(super) fn stats(&self) -> Stats {
        let mut stats = Stats::default();
        for leaf in &self.leaves {
            stats.add(leaf.stats);
        }
        stats
    }
}

#[derive(Debug, Default)]
struct Folder {
    objects: Vec<Looked>,
    folders: BTreeMap<String, Folder>,
}

/// The tables that these objects make.
pub(super) fn group(objects: Vec<Looked>) -> Vec<Group> {
    let mut root = Folder::default();
    for object in objects {
        let mut folder = &mut root;
        let path: Vec<String> = object.key.split('/').map(str::to_owned).collect();
        for name in &path[..path.len() - 1] {
            folder = folder.folders.entry(name.clone()).or_default();
        }
        folder.objects.push(object);
    }
    tables_of(root, "")
}

/// The tables of a folder: one if everything below is alike.
fn tables_of(folder: Folder, path: &str) -> Vec<Group> {
    let mut tables = tables_of_objects(folder.objects, path);
    let mut below: Vec<(String, Vec<Group>)> = Vec::new();
    for (name, inner) in folder.folders {
        let inner_path = format!("{path}{name}/");
        below.push((name, tables_of(inner, &inner_path)));
    }
    if tables.is_empty() && !below.is_empty() && are_alike(&below) {
        return vec![partitioned(below, path)];
    }
    tables.extend(below.into_iter().flat_map(|(_, groups)| groups));
    tables
}

fn tables_of_objects(objects: Vec<Looked>, path: &str) -> Vec<Group> {
    let Some((first, others)) = objects.split_first() else { return Vec::new() };
    if others.iter().all(|other| first.schema.is_similar(&other.schema)) {
        let mut schema = first.schema.clone();
        let mut stats = first.stats;
        for other in others {
            schema.merge(&other.schema);
            stats.add(other.stats);
        }
        return vec![leaf_table(path.to_owned(), schema, stats)];
    }
    objects.into_iter().map(|object| leaf_table(object.key, object.schema, object.stats)).collect()
}

fn leaf_table(path: String, schema: Schema, stats: Stats) -> Group {
    let leaf = Leaf { values: Vec::new(), path: path.clone(), schema: schema.clone(), stats };
    Group { path, schema, levels: Vec::new(), leaves: vec![leaf] }
}

fn level_of(name: &str) -> Level {
    match name.split_once('=') {
        Some((key, _)) if !key.is_empty() => Level::Named(key.to_owned()),
        _ => Level::Unnamed,
    }
}

fn are_alike(below: &[(String, Vec<Group>)]) -> bool {
    let mut shapes = below.iter().map(|(name, groups)| match groups.as_slice() {
        [only] => Some((level_of(name), &only.levels, &only.schema)),
        _ => None,
    });
    let Some(Some(first)) = shapes.next() else { return false };
    shapes.all(|shape| {
        shape.is_some_and(|shape| shape.0 == first.0 && shape.1 == first.1 && first.2.is_similar(shape.2))
    })
}

/// One table of these folders, each a partition.
fn partitioned(below: Vec<(String, Vec<Group>)>, path: &str) -> Group {
    let mut table: Option<Group> = None;
    for (name, groups) in below {
        let value = match level_of(&name) {
            Level::Named(_) => name.split_once('=').map_or(name.as_str(), |(_, value)| value).to_owned(),
            Level::Unnamed => name.clone(),
        };
        for mut group in groups {
            for leaf in &mut group.leaves {
                leaf.values.insert(0, value.clone());
            }
            match &mut table {
                Some(table) => {
                    table.schema.merge(&group.schema);
                    table.leaves.append(&mut group.leaves);
                }
                None => {
                    group.levels.insert(0, level_of(&name));
                    table = Some(Group { path: path.to_owned(), ..group });
                }
            }
        }
    }
    table.expect("the caller has seen a folder with a table")
}
