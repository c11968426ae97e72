//! AWS::Glue::Database, AWS::Glue::Table and AWS::Glue::Partition.

use serde_json::{Map, Value, json};
use wavetank_wire::glue::{self, schema};

use super::properties::Properties;
use super::shape::Form;
use super::{Ask, Existing, Kind, Made, Make, Plan, Property, Reason, Spec, TagStyle, Update};
use crate::services::cloudformation::template::scalar_text;

/// A database. `Ref`: its name.
pub(super) struct Database;

static DATABASE: Spec = Spec {
    name: "AWS::Glue::Database",
    properties: &[
        Property { name: "CatalogId", form: Form::Scalar, update: Update::Replace },
        Property { name: "DatabaseName", form: Form::Scalar, update: Update::Replace },
        Property { name: "DatabaseInput", form: Form::Api(&schema::DATABASE_INPUT), update: Update::InPlace },
    ],
    attributes: &[],
    unbuilt: &[],
    name_property: None,
    tags: TagStyle::None,
};

impl Kind for Database {
    fn spec(&self) -> &'static Spec {
        &DATABASE
    }

    fn create(&self, make: &Make<'_>, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let given = properties.text("DatabaseName").or_else(|| named_in(properties.get("DatabaseInput")));
        let name = given.unwrap_or_else(|| make.lower_name(255));
        let input = glue::CreateDatabaseInput {
            catalog_id: properties.text("CatalogId"),
            database_input: input_of(properties, "DatabaseInput", &schema::DATABASE_INPUT, &name)?,
            tags: None,
        };
        Ok(Plan { made: Made::new(name), asks: vec![Ask::to::<glue::CreateDatabase>(input)] })
    }

    fn update(&self, _make: &Make<'_>, old: &Existing, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let name = old.made.physical_id.clone();
        refuse_renaming(properties, "DatabaseInput", &name)?;
        let input = glue::UpdateDatabaseInput {
            catalog_id: properties.text("CatalogId"),
            database_input: input_of(properties, "DatabaseInput", &schema::DATABASE_INPUT, &name)?,
            name,
        };
        Ok(Plan { made: old.made.clone(), asks: vec![Ask::to::<glue::UpdateDatabase>(input)] })
    }

    fn delete(&self, _make: &Make<'_>, old: &Existing) -> Vec<Ask> {
        let input = glue::DeleteDatabaseInput {
            catalog_id: text(old, "CatalogId"),
            name: old.made.physical_id.clone(),
        };
        vec![Ask::to::<glue::DeleteDatabase>(input).or_absent()]
    }
}

/// A table. `Ref`: its name.
pub(super) struct Table;

static TABLE: Spec = Spec {
    name: "AWS::Glue::Table",
    properties: &[
        Property { name: "CatalogId", form: Form::Scalar, update: Update::Replace },
        Property { name: "DatabaseName", form: Form::Scalar, update: Update::Replace },
        Property { name: "TableInput", form: Form::Api(&schema::TABLE_INPUT), update: Update::InPlace },
    ],
    attributes: &[],
    unbuilt: &["Name", "OpenTableFormatInput"],
    name_property: None,
    tags: TagStyle::None,
};

impl Kind for Table {
    fn spec(&self) -> &'static Spec {
        &TABLE
    }

    fn create(&self, make: &Make<'_>, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let name = named_in(properties.get("TableInput")).unwrap_or_else(|| make.lower_name(255));
        let input = glue::CreateTableInput {
            catalog_id: properties.text("CatalogId"),
            database_name: properties.required("DatabaseName")?,
            table_input: Some(input_of(properties, "TableInput", &schema::TABLE_INPUT, &name)?),
            ..Default::default()
        };
        Ok(Plan { made: Made::new(name), asks: vec![Ask::to::<glue::CreateTable>(input)] })
    }

    fn update(&self, _make: &Make<'_>, old: &Existing, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let name = old.made.physical_id.clone();
        refuse_renaming(properties, "TableInput", &name)?;
        let input = glue::UpdateTableInput {
            catalog_id: properties.text("CatalogId"),
            database_name: properties.required("DatabaseName")?,
            table_input: Some(input_of(properties, "TableInput", &schema::TABLE_INPUT, &name)?),
            ..Default::default()
        };
        Ok(Plan { made: old.made.clone(), asks: vec![Ask::to::<glue::UpdateTable>(input)] })
    }

    fn delete(&self, _make: &Make<'_>, old: &Existing) -> Vec<Ask> {
        let input = glue::DeleteTableInput {
            catalog_id: text(old, "CatalogId"),
            database_name: text(old, "DatabaseName").unwrap_or_default(),
            name: old.made.physical_id.clone(),
            transaction_id: None,
        };
        vec![Ask::to::<glue::DeleteTable>(input).or_absent()]
    }
}

/// A partition. `Ref`: its values, joined. Assumed: the separator.
pub(super) struct Partition;

static PARTITION: Spec = Spec {
    name: "AWS::Glue::Partition",
    properties: &[
        Property { name: "CatalogId", form: Form::Scalar, update: Update::Replace },
        Property { name: "DatabaseName", form: Form::Scalar, update: Update::Replace },
        Property { name: "TableName", form: Form::Scalar, update: Update::Replace },
        Property {
            name: "PartitionInput",
            form: Form::Api(&schema::PARTITION_INPUT),
            update: Update::InPlace,
        },
    ],
    attributes: &[],
    unbuilt: &[],
    name_property: None,
    tags: TagStyle::None,
};

impl Kind for Partition {
    fn spec(&self) -> &'static Spec {
        &PARTITION
    }

    fn create(&self, _make: &Make<'_>, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let input: glue::CreatePartitionInput = properties
            .convert(&schema::CREATE_PARTITION_REQUEST, &Value::Object(properties.entries.clone()))?;
        let values = values_of(properties.entries).join("|");
        Ok(Plan { made: Made::new(values), asks: vec![Ask::to::<glue::CreatePartition>(input)] })
    }

    fn update(&self, _make: &Make<'_>, old: &Existing, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let partition =
            properties.get("PartitionInput").ok_or_else(|| properties.missing("PartitionInput"))?;
        let input = glue::UpdatePartitionInput {
            catalog_id: properties.text("CatalogId"),
            database_name: properties.required("DatabaseName")?,
            table_name: properties.required("TableName")?,
            partition_value_list: values_of(&old.properties),
            partition_input: properties.convert(&schema::PARTITION_INPUT, partition)?,
        };
        let made = Made::new(values_of(properties.entries).join("|"));
        Ok(Plan { made, asks: vec![Ask::to::<glue::UpdatePartition>(input)] })
    }

    fn delete(&self, _make: &Make<'_>, old: &Existing) -> Vec<Ask> {
        let input = glue::DeletePartitionInput {
            catalog_id: text(old, "CatalogId"),
            database_name: text(old, "DatabaseName").unwrap_or_default(),
            table_name: text(old, "TableName").unwrap_or_default(),
            partition_values: values_of(&old.properties),
        };
        vec![Ask::to::<glue::DeletePartition>(input).or_absent()]
    }
}

fn text(old: &Existing, name: &str) -> Option<String> {
    old.properties.get(name).and_then(scalar_text)
}

fn named_in(input: Option<&Value>) -> Option<String> {
    input?.get("Name").and_then(scalar_text)
}

/// The input structure with its name filled in.
fn input_of<T: wavetank_wire::FromVal>(
    properties: &Properties<'_>,
    property: &str,
    shape: &'static wavetank_wire::schema::Shape,
    name: &str,
) -> Result<T, Reason> {
    let mut input = properties.get(property).cloned().ok_or_else(|| properties.missing(property))?;
    if let Value::Object(members) = &mut input {
        members.insert("Name".to_owned(), json!(name));
    }
    properties.convert(shape, &input)
}

/// A name inside an input cannot be followed: AWS replaces the resource, which this does not. Said, not done wrong.
fn refuse_renaming(properties: &Properties<'_>, property: &str, name: &str) -> Result<(), Reason> {
    match named_in(properties.get(property)) {
        Some(new) if new != name => Err(format!(
            "wavetank does not implement replacing {name} by {new}: rename the logical id as well."
        )),
        _ => Ok(()),
    }
}

fn values_of(properties: &Map<String, Value>) -> Vec<String> {
    let values = properties.get("PartitionInput").and_then(|input| input.get("Values"));
    values
        .and_then(Value::as_array)
        .map(|all| all.iter().filter_map(scalar_text).collect())
        .unwrap_or_default()
}
