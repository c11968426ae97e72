//! The Java class names that say how a table's files are written, and the tables of delimiters that go with them.

/// Plain delimited text; quotes are characters like any other.
pub(crate) const LAZY_SIMPLE: &str = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe";
/// Quoted CSV.
pub(crate) const OPEN_CSV: &str = "org.apache.hadoop.hive.serde2.OpenCSVSerde";
/// JSON lines.
pub(crate) const OPENX_JSON: &str = "org.openx.data.jsonserde.JsonSerDe";
/// JSON lines, Hive's reader.
pub(crate) const HIVE_JSON: &str = "org.apache.hive.hcatalog.data.JsonSerDe";
/// Parquet.
pub(crate) const PARQUET: &str = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe";
/// Reads text files, gzipped or not.
pub(crate) const TEXT_INPUT: &str = "org.apache.hadoop.mapred.TextInputFormat";
/// Writes text files.
pub(crate) const TEXT_OUTPUT: &str = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat";

/// The three classes behind a `STORED AS` word.
pub(crate) struct Format {
    pub(crate) name: &'static str,
    pub(crate) serde: &'static str,
    pub(crate) input: &'static str,
    pub(crate) output: &'static str,
}

/// Documented: docs.aws.amazon.com/athena/latest/ug/create-table.html and supported-serdes.html
const FORMATS: [Format; 8] = [
    Format { name: "textfile", serde: LAZY_SIMPLE, input: TEXT_INPUT, output: TEXT_OUTPUT },
    Format {
        name: "parquet",
        serde: PARQUET,
        input: "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
        output: "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    },
    Format { name: "json", serde: HIVE_JSON, input: TEXT_INPUT, output: TEXT_OUTPUT },
    Format {
        name: "orc",
        serde: "org.apache.hadoop.hive.ql.io.orc.OrcSerde",
        input: "org.apache.hadoop.hive.ql.io.orc.OrcInputFormat",
        output: "org.apache.hadoop.hive.ql.io.orc.OrcOutputFormat",
    },
    Format {
        name: "avro",
        serde: "org.apache.hadoop.hive.serde2.avro.AvroSerDe",
        input: "org.apache.hadoop.hive.ql.io.avro.AvroContainerInputFormat",
        output: "org.apache.hadoop.hive.ql.io.avro.AvroContainerOutputFormat",
    },
    Format {
        name: "ion",
        serde: "com.amazon.ionhiveserde.IonHiveSerDe",
        input: "com.amazon.ionhiveserde.formats.IonInputFormat",
        output: "com.amazon.ionhiveserde.formats.IonOutputFormat",
    },
    Format {
        name: "rcfile",
        serde: "org.apache.hadoop.hive.serde2.columnar.LazyBinaryColumnarSerDe",
        input: "org.apache.hadoop.hive.ql.io.RCFileInputFormat",
        output: "org.apache.hadoop.hive.ql.io.RCFileOutputFormat",
    },
    Format {
        name: "sequencefile",
        serde: LAZY_SIMPLE,
        input: "org.apache.hadoop.mapred.SequenceFileInputFormat",
        output: "org.apache.hadoop.hive.ql.io.HiveSequenceFileOutputFormat",
    },
];

/// The classes of `STORED AS <name>`.
pub(crate) fn by_name(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|f| f.name.eq_ignore_ascii_case(name))
}

/// A delimiter as DDL writes it: `\t`, `\001` (octal), `\u0001`, or the character itself.
pub(crate) fn unescape(text: &str) -> String {
    match text {
        "\\t" => return "\t".into(),
        "\\n" => return "\n".into(),
        "\\r" => return "\r".into(),
        "\\\\" => return "\\".into(),
        _ => {}
    }
    let code = if let Some(hex) = text.strip_prefix("\\u") {
        u32::from_str_radix(hex, 16).ok()
    } else if let Some(octal) = text.strip_prefix('\\').filter(|o| !o.is_empty()) {
        u32::from_str_radix(octal, 8).ok()
    } else {
        None
    };
    match code.and_then(char::from_u32) {
        Some(c) => c.to_string(),
        None => text.to_string(),
    }
}

/// A string of Hive's DDL, whose escapes (tab, newline, backslash, octal and `u` codes) stand for one character each.
pub(crate) fn unescape_text(text: &str) -> String {
    let mut made = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        made.push_str(&rest[..at]);
        rest = &rest[at..];
        let width = match rest.as_bytes().get(1) {
            Some(b'u') => 6,
            Some(b'0'..=b'3') => 4,
            _ => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
        };
        let piece = rest.get(..width).unwrap_or(rest);
        let meant = unescape(piece);
        // An escape of anything else stands for that character.
        made.push_str(if meant == piece {
            piece.strip_prefix('\\').filter(|p| !p.is_empty()).unwrap_or(piece)
        } else {
            &meant
        });
        rest = &rest[piece.len()..];
    }
    made.push_str(rest);
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delimiters_are_read_as_hive_reads_them() {
        for (written, meant) in [
            (",", ","),
            ("\\t", "\t"),
            ("\\001", "\u{1}"),
            ("\\u0002", "\u{2}"),
            ("||", "||"),
            ("\\|", "\\|"),
        ] {
            assert_eq!(unescape(written), meant, "{written}");
        }
    }
}
