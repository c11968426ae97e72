//! Keys and indexes of a request: what AWS refuses of them, in its order, and what they become.
//!
//! Recorded: order and sentences, dynalite's tests (github.com/mhart/dynalite, `test/createTable.js`), which run against
//! AWS too; unless a line says otherwise.

use std::collections::BTreeSet;

use wavetank_wire::dynamodb as w;

use super::TableError;
use super::limits::*;
use crate::services::dynamodb::table::{Index, KeyAttribute, KeySchema, Projection, Rows};
use crate::services::dynamodb::value::Type;

/// Types of key attributes by name, in the order of the request.
pub(super) type Definitions = Vec<(String, Type)>;

/// The types that a request gives its key attributes.
pub(super) fn definitions(given: &[w::AttributeDefinition]) -> Result<Definitions, TableError> {
    let mut found: Definitions = Vec::new();
    for definition in given {
        let name = &definition.attribute_name;
        if found.iter().any(|(known, _)| known == name) {
            // Assumed: the sentence.
            return Err(invalid(format!("Duplicate AttributeName in AttributeDefinitions: {name}")));
        }
        let kind = Type::named(&definition.attribute_type).ok_or_else(|| {
            TableError::Request(format!("Unknown AttributeType: {}", definition.attribute_type))
        })?;
        found.push((name.clone(), kind));
    }
    Ok(found)
}

fn invalid(why: impl Into<String>) -> TableError {
    TableError::Parameter(why.into())
}

fn request(why: &str) -> TableError {
    TableError::Request(why.to_owned())
}

/// The keys of a table.
pub(super) fn table_keys(
    keys: &[w::KeySchemaElement],
    definitions: &Definitions,
) -> Result<KeySchema, TableError> {
    if keys.len() > definitions.len() {
        return Err(request("Invalid KeySchema: Some index key attribute have no definition"));
    }
    schema(keys, definitions)
}

/// The keys of a table or index whose attributes are all defined.
fn schema(keys: &[w::KeySchemaElement], definitions: &Definitions) -> Result<KeySchema, TableError> {
    let typed = |element: &w::KeySchemaElement| {
        let (name, kind) = definitions.iter().find(|(name, _)| *name == element.attribute_name)?;
        Some(KeyAttribute { name: name.clone(), kind: *kind })
    };
    let attributes: Option<Vec<KeyAttribute>> = keys.iter().map(typed).collect();
    let Some(attributes) = attributes else {
        let names = keys.iter().map(|key| key.attribute_name.as_str());
        let defined = definitions.iter().map(|(name, _)| name.as_str());
        return Err(invalid(format!(
            "Some index key attributes are not defined in AttributeDefinitions. Keys: {}, AttributeDefinitions: {}",
            listed(names),
            listed(defined)
        )));
    };
    if keys.len() > 1 && keys[0].attribute_name == keys[1].attribute_name {
        return Err(request(
            "Both the Hash Key and the Range Key element in the KeySchema have the same name",
        ));
    }
    if keys.first().is_none_or(|key| key.key_type != "HASH") {
        return Err(request("Invalid KeySchema: The first KeySchemaElement is not a HASH key type"));
    }
    if keys.get(1).is_some_and(|key| key.key_type != "RANGE") {
        return Err(request("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type"));
    }
    let mut attributes = attributes.into_iter();
    let partition = attributes.next().expect("the first key was looked at");
    Ok(KeySchema { partition, sort: attributes.next() })
}

/// `[a, b]`, as Java prints a list.
pub(super) fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    format!("[{}]", names.collect::<Vec<_>>().join(", "))
}

/// What of an item an index keeps.
fn projection(given: &w::Projection) -> Result<Projection, TableError> {
    let names = given.non_key_attributes.as_deref();
    match (given.projection_type.as_deref(), names) {
        (Some("ALL"), None) => Ok(Projection::All),
        (Some("KEYS_ONLY"), None) => Ok(Projection::KeysOnly),
        (Some("INCLUDE"), Some(names)) => Ok(Projection::Include(names.iter().cloned().collect())),
        // Assumed: the sentence, by that of its reverse.
        (Some("INCLUDE"), None) => {
            Err(invalid("ProjectionType is INCLUDE, but NonKeyAttributes is not specified"))
        }
        (Some(kind @ ("ALL" | "KEYS_ONLY")), Some(_)) => {
            Err(invalid(format!("ProjectionType is {kind}, but NonKeyAttributes is specified")))
        }
        (other, _) => Err(invalid(format!("Unknown ProjectionType: {}", other.unwrap_or("null")))),
    }
}

/// Local indexes of a new table.
pub(super) fn local_indexes(
    given: &[w::LocalSecondaryIndex],
    table: &KeySchema,
    definitions: &Definitions,
    names: &mut BTreeSet<String>,
) -> Result<Vec<Index>, TableError> {
    if given.is_empty() {
        return Err(invalid("List of LocalSecondaryIndexes is empty"));
    }
    if table.sort.is_none() {
        return Err(invalid(
            "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex",
        ));
    }
    let mut indexes = Vec::new();
    for index in given {
        let name = &index.index_name;
        let keys = schema(&index.key_schema, definitions)?;
        if keys.sort.is_none() {
            return Err(invalid(format!("Index KeySchema does not have a range key for index: {name}")));
        }
        if keys.partition.name != table.partition.name {
            return Err(invalid(format!(
                "Index KeySchema does not have the same leading hash key as table KeySchema for index: {name}. index \
                 hash key: {}, table hash key: {}",
                keys.partition.name, table.partition.name
            )));
        }
        let projection = projection(&index.projection)?;
        unique(names, name)?;
        indexes.push(Index { name: name.clone(), is_global: false, keys, projection, rows: Rows::default() });
    }
    if indexes.len() > LOCAL_INDEXES_MAX {
        return Err(invalid(format!(
            "Number of LocalSecondaryIndexes exceeds per-table limit of {LOCAL_INDEXES_MAX}"
        )));
    }
    Ok(indexes)
}

/// A global index, which may come with its table or later.
pub(super) fn global_index(
    name: &str,
    keys: &[w::KeySchemaElement],
    given: &w::Projection,
    definitions: &Definitions,
) -> Result<Index, TableError> {
    Ok(Index {
        name: name.to_owned(),
        is_global: true,
        keys: schema(keys, definitions)?,
        projection: projection(given)?,
        rows: Rows::default(),
    })
}

/// Refuses two indexes of one name.
pub(super) fn unique(names: &mut BTreeSet<String>, name: &str) -> Result<(), TableError> {
    if names.insert(name.to_owned()) {
        return Ok(());
    }
    Err(invalid(format!("Duplicate index name: {name}")))
}

/// Refuses attributes that are defined and of no key. Recorded for a table without indexes; the other sentence: moto
/// (github.com/getmoto/moto, `tests/test_dynamodb`).
pub(super) fn all_used(
    definitions: &Definitions,
    table: &KeySchema,
    indexes: &[Index],
) -> Result<(), TableError> {
    let mut used: Vec<&str> = Vec::new();
    for attribute in table.attributes().chain(indexes.iter().flat_map(|index| index.keys.attributes())) {
        if !used.contains(&attribute.name.as_str()) {
            used.push(&attribute.name);
        }
    }
    if used.len() == definitions.len() {
        return Ok(());
    }
    if indexes.is_empty() {
        return Err(invalid(
            "Number of attributes in KeySchema does not exactly match number of attributes defined in \
             AttributeDefinitions",
        ));
    }
    Err(invalid(format!(
        "Some AttributeDefinitions are not used. AttributeDefinitions: {}, keys used: {}",
        listed(definitions.iter().map(|(name, _)| name.as_str())),
        listed(used.into_iter())
    )))
}

/// Refuses more projected attributes than all indexes of a table may name. Assumed: the sentence.
pub(super) fn projected<'a>(indexes: impl Iterator<Item = &'a Index>) -> Result<(), TableError> {
    let named: usize = indexes
        .map(|index| match &index.projection {
            Projection::Include(names) => names.len(),
            _ => 0,
        })
        .sum();
    if named <= PROJECTED_ATTRIBUTES_MAX {
        return Ok(());
    }
    Err(invalid(format!(
        "Number of NonKeyAttributes of all indexes exceeds the per-table limit of {PROJECTED_ATTRIBUTES_MAX}: {named}"
    )))
}
