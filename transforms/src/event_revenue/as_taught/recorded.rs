//! Our casts and quotes against those of Spark itself: `transforms/recorded/spark-3.3.4`, recorded on 2026-11-20.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Date32Type, Float32Type, Int32Type, Int64Type, TimestampMicrosecondType};

use super::AsTaught;

const INPUT: &[u8] = include_bytes!("../../../recorded/spark-3.3.4/casts.csv");
const OUTPUT: &str = include_str!("../../../recorded/spark-3.3.4/casts.out");

/// A value as `record.py` writes it.
fn shown(batch: &RecordBatch, column: usize, row: usize) -> String {
    let column = batch.column(column);
    if column.is_null(row) {
        return "NULL".to_owned();
    }
    match column.data_type() {
        DataType::Int64 => column.as_primitive::<Int64Type>().value(row).to_string(),
        DataType::Int32 => column.as_primitive::<Int32Type>().value(row).to_string(),
        DataType::Date32 => column.as_primitive::<Date32Type>().value(row).to_string(),
        DataType::Timestamp(..) => column.as_primitive::<TimestampMicrosecondType>().value(row).to_string(),
        DataType::Float32 => format!("{:08x}", column.as_primitive::<Float32Type>().value(row).to_bits()),
        _ => column.as_string::<i32>().value(row).to_owned(),
    }
}

#[test]
fn every_line_reads_as_spark_reads_it() {
    let mut expected = OUTPUT.lines();
    for cleaned in AsTaught::open(INPUT).expect("a good header") {
        let batch = cleaned.expect("memory").batch;
        for row in 0..batch.num_rows() {
            let values: Vec<String> =
                (0..batch.num_columns()).map(|column| shown(&batch, column, row)).collect();
            assert_eq!(Some(values.join("|").as_str()), expected.next());
        }
    }
    assert_eq!(expected.next(), None);
}
