//! What `DataFormatConversionConfiguration` asks for.

use wavetank_wire::firehose::{
    DataFormatConversionConfiguration, Deserializer as ToldDeserializer, Serializer as ToldSerializer,
};

use super::super::error::Argument;
use super::super::java_time::Pattern;
use super::super::work::{Conversion, Deserializer, OrcOptions, ParquetOptions, Serializer};

pub(super) fn read(told: &DataFormatConversionConfiguration) -> Result<Conversion, Argument> {
    let schema = told.schema_configuration.as_ref().ok_or(Argument::Conversion("SchemaConfiguration"))?;
    if schema.role_arn.is_none() {
        return Err(Argument::Conversion("SchemaConfiguration.RoleARN"));
    }
    let missing = |what| move || Argument::Conversion(what);
    let input = told.input_format_configuration.as_ref().and_then(|input| input.deserializer.as_ref());
    let input = input.ok_or_else(missing("InputFormatConfiguration.Deserializer"))?;
    let output = told.output_format_configuration.as_ref().and_then(|output| output.serializer.as_ref());
    let output = output.ok_or_else(missing("OutputFormatConfiguration.Serializer"))?;
    Ok(Conversion {
        catalog: schema.catalog_id.clone(),
        database: schema.database_name.clone().ok_or_else(missing("SchemaConfiguration.DatabaseName"))?,
        table: schema.table_name.clone().ok_or_else(missing("SchemaConfiguration.TableName"))?,
        region: schema.region.clone(),
        version: schema.version_id.clone().filter(|version| version != "LATEST"),
        deserializer: deserializer(input)?,
        serializer: serializer(output)?,
    })
}

fn deserializer(told: &ToldDeserializer) -> Result<Deserializer, Argument> {
    if let Some(openx) = &told.open_x_json_ser_de {
        return Ok(Deserializer::OpenX {
            dots_to_underscores: openx.convert_dots_in_json_keys_to_underscores.unwrap_or(false),
            case_insensitive: openx.case_insensitive.unwrap_or(true),
            mappings: openx.column_to_json_key_mappings.clone().unwrap_or_default(),
        });
    }
    let hive = told.hive_json_ser_de.as_ref().ok_or(Argument::Conversion("a deserializer"))?;
    let mut formats = Vec::new();
    for format in hive.timestamp_formats.iter().flatten() {
        let pattern = (format != "millis").then(|| Pattern::to_read(format)).transpose();
        formats.push(pattern.map_err(|why| Argument::Expression { field: "TimestampFormats", why })?);
    }
    Ok(Deserializer::Hive { formats })
}

fn serializer(told: &ToldSerializer) -> Result<Serializer, Argument> {
    let bytes = |said: Option<i64>| said.and_then(|bytes| usize::try_from(bytes).ok());
    if let Some(parquet) = &told.parquet_ser_de {
        return Ok(Serializer::Parquet(ParquetOptions {
            compression: parquet.compression.clone().unwrap_or_else(|| "SNAPPY".to_owned()),
            page_bytes: bytes(parquet.page_size_bytes),
            dictionary: parquet.enable_dictionary_compression.unwrap_or(false),
            version_2: parquet.writer_version.as_deref() == Some("V2"),
        }));
    }
    let orc = told.orc_ser_de.as_ref().ok_or(Argument::Conversion("a serializer"))?;
    Ok(Serializer::Orc(OrcOptions {
        compression: orc.compression.clone().unwrap_or_else(|| "SNAPPY".to_owned()),
        stripe_bytes: bytes(orc.stripe_size_bytes),
    }))
}
